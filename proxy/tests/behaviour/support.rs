//! server → proxy → client: a fake S3 that verifies signatures, a fake broker, and clients, all on loopback.

pub(crate) mod broker;
pub(crate) mod client;
pub(crate) mod http;
pub(crate) mod memory;
pub(crate) mod oracle;
pub(crate) mod s3;
pub(crate) mod wire;
pub(crate) mod world;
