//! The request as it goes to S3: written once, then signed exactly as written.
//!
//! Input: an admitted request, credentials, now. Output: the bytes of a head. Must not: sign one thing and send another.

use crate::{
    admit::{Admitted, Precondition},
    credentials::Issued,
    sign::{self, CanonicalRequest, EMPTY_PAYLOAD_SHA256, KeyCache},
    upstream::Endpoint,
};
use contract::ids::Region;
use jiff::Timestamp;

/// Writes and signs requests for one endpoint and region.
pub struct Outgoing {
    endpoint: Endpoint,
    region: Region,
    keys: KeyCache,
}

impl Outgoing {
    /// For this endpoint and region.
    pub fn new(endpoint: Endpoint, region: Region) -> Self {
        Self { endpoint, region, keys: KeyCache::default() }
    }

    /// The request for one try, stamped with `now` whatever the client's date was. It holds a token: not to be logged.
    pub fn write(&self, wanted: &Admitted, issued: &Issued, now: Timestamp) -> Vec<u8> {
        let amz_date = sign::amz_date(now);
        let signed = self.signed_headers(wanted, issued, &amz_date);
        let authorization = self.authorization(wanted, &signed, issued, &amz_date);
        let mut head =
            Vec::with_capacity(1024 + wanted.path.len() + authorization.len() + issued.token().len());
        let mut put =
            |pieces: &[&str]| pieces.iter().for_each(|piece| head.extend_from_slice(piece.as_bytes()));
        put(&[wanted.verb.as_str(), " ", &wanted.path]);
        if !wanted.query.is_empty() {
            put(&["?", &wanted.query]);
        }
        put(&[" HTTP/1.1\r\n"]);
        let agent = wanted.headers.get(Precondition::UserAgent).map(|agent| ("user-agent", agent));
        for (name, value) in
            signed.into_iter().chain(agent).chain([("authorization", authorization.as_str())])
        {
            put(&[name, ": ", value, "\r\n"]);
        }
        put(&["\r\n"]);
        head
    }

    /// All but the user agent, in ascending order.
    fn signed_headers<'a>(
        &'a self,
        wanted: &'a Admitted,
        issued: &'a Issued,
        amz_date: &'a str,
    ) -> Vec<(&'static str, &'a str)> {
        let mut signed = Vec::with_capacity(10);
        signed.push(("host", self.endpoint.host()));
        signed.extend(wanted.headers.iter().filter(|(name, _)| *name != Precondition::UserAgent.name()));
        signed.extend([("x-amz-content-sha256", EMPTY_PAYLOAD_SHA256), ("x-amz-date", amz_date)]);
        if !issued.token().is_empty() {
            signed.push(("x-amz-security-token", issued.token()));
        }
        signed
    }

    fn authorization(
        &self,
        wanted: &Admitted,
        headers: &[(&str, &str)],
        issued: &Issued,
        amz_date: &str,
    ) -> String {
        let Issued { generation, access_key_id, secret_access_key, .. } = issued;
        let Admitted { verb, path, query, .. } = wanted;
        let request = CanonicalRequest { method: verb.as_str(), path, query, headers };
        let key = self.keys.key(*generation, amz_date, self.region.as_str(), secret_access_key);
        sign::authorization(&request, access_key_id, amz_date, &key)
    }
}
