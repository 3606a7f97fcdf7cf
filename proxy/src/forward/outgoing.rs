//! The request as it goes to S3: written once, then signed exactly as written.
//!
//! Input: an admitted request, credentials, now. Output: the bytes of a head. Must not: sign one thing and send another.

pub mod spare;

pub use spare::Written;

use crate::{
    admit::{Admitted, Precondition},
    credentials::Issued,
    sign::{self, CanonicalRequest, EMPTY_PAYLOAD_SHA256, KeyCache},
    upstream::Endpoint,
};
use contract::ids::Region;
use jiff::Timestamp;
use spare::Spare;

/// Writes and signs requests for one endpoint and region.
pub struct Outgoing {
    endpoint: Endpoint,
    region: Region,
    keys: KeyCache,
    spare: Spare,
}

/// Names and values, in ascending order.
type Fields<'a> = Vec<(&'static str, &'a str)>;

impl Outgoing {
    /// For this endpoint and region.
    pub fn new(endpoint: Endpoint, region: Region) -> Self {
        Self { endpoint, region, keys: KeyCache::default(), spare: Spare::default() }
    }

    /// The request for one try, stamped with `now` whatever the client's date was.
    pub fn write(&self, wanted: &Admitted, issued: &Issued, now: Timestamp) -> Written<'_> {
        let Issued { generation, access_key_id, secret_access_key, .. } = issued;
        let amz_date = sign::amz_date(now);
        let key = self.keys.key(*generation, &amz_date, self.region.as_str(), secret_access_key);
        let signed = self.signed_headers(wanted, issued, &amz_date);
        let Admitted { verb, path, query, .. } = wanted;
        let request = CanonicalRequest { method: verb.as_str(), path, query, headers: &signed };
        let mut head = self.spare.take();
        let signature = sign::signature(&request, &amz_date, &key, &mut head);
        put_line(&mut head, wanted);
        let agent = wanted.headers.get(Precondition::UserAgent).map(|agent| ("user-agent", agent));
        for (name, value) in signed.iter().copied().chain(agent) {
            put(&mut head, &[name, ": ", value, "\r\n"]);
        }
        put(&mut head, &["authorization: "]);
        sign::put_authorization(&mut head, &request, access_key_id, &key, &signature);
        put(&mut head, &["\r\n\r\n"]);
        Written { head, spare: &self.spare }
    }

    /// All but the user agent, in ascending order.
    fn signed_headers<'a>(
        &'a self,
        wanted: &'a Admitted,
        issued: &'a Issued,
        amz_date: &'a str,
    ) -> Fields<'a> {
        let mut signed = Vec::with_capacity(10);
        signed.push(("host", self.endpoint.host()));
        signed.extend(wanted.headers.iter().filter(|(name, _)| *name != Precondition::UserAgent.name()));
        signed.extend([("x-amz-content-sha256", EMPTY_PAYLOAD_SHA256), ("x-amz-date", amz_date)]);
        if !issued.token().is_empty() {
            signed.push(("x-amz-security-token", issued.token()));
        }
        signed
    }
}

fn put_line(head: &mut Vec<u8>, wanted: &Admitted) {
    put(head, &[wanted.verb.as_str(), " ", &wanted.path]);
    if !wanted.query.is_empty() {
        put(head, &["?", &wanted.query]);
    }
    put(head, &[" HTTP/1.1\r\n"]);
}

fn put(head: &mut Vec<u8>, pieces: &[&str]) {
    for piece in pieces {
        head.extend_from_slice(piece.as_bytes());
    }
}
