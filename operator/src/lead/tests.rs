//! Several candidates before one API server that fails each of them in its own way.

mod chaos;
mod faults;
mod handover;
mod rig;
