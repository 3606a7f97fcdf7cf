//! The request as it goes to S3: written once, then signed exactly as written.
//!
//! Input: an admitted request, credentials, now. Output: an HTTP request. Must not: sign one thing and send another.

use crate::{
    admit::Admitted,
    credentials::Issued,
    sign::{self, CanonicalRequest, EMPTY_PAYLOAD_SHA256, KeyCache},
    upstream::Endpoint,
};
use bytes::Bytes;
use contract::ids::Region;
use http::{
    HeaderMap, HeaderValue, Request,
    header::{AUTHORIZATION, HOST, USER_AGENT},
};
use http_body_util::Empty;
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

    /// The request for one try, stamped with `now` whatever the client's date was.
    pub fn write(
        &self,
        wanted: &Admitted,
        issued: &Issued,
        now: Timestamp,
    ) -> Result<Request<Empty<Bytes>>, http::Error> {
        let amz_date = sign::amz_date(now);
        let mut headers = wanted.headers.clone();
        headers.insert(HOST, self.endpoint.host().clone());
        headers.insert("x-amz-content-sha256", HeaderValue::from_static(EMPTY_PAYLOAD_SHA256));
        headers.insert("x-amz-date", HeaderValue::try_from(&amz_date)?);
        if let Some(token) = &issued.session_token {
            headers.insert("x-amz-security-token", token.clone());
        }
        headers.insert(AUTHORIZATION, self.authorization(wanted, &headers, issued, &amz_date)?);
        let mut request = Request::builder()
            .method(wanted.verb.as_str())
            .uri(self.endpoint.uri(&wanted.path, &wanted.query)?)
            .body(Empty::new())?;
        *request.headers_mut() = headers;
        Ok(request)
    }

    fn authorization(
        &self,
        wanted: &Admitted,
        headers: &HeaderMap,
        issued: &Issued,
        amz_date: &str,
    ) -> Result<HeaderValue, http::Error> {
        let Issued { generation, access_key_id, secret_access_key, .. } = issued;
        let signed = signed_headers(headers);
        let method = wanted.verb.as_str();
        let (path, query) = (wanted.path.as_str(), wanted.query.as_str());
        let request = CanonicalRequest { method, path, query, headers: &signed };
        let key = self.keys.key(*generation, amz_date, self.region.as_str(), secret_access_key);
        let value = sign::authorization(&request, access_key_id, amz_date, &key);
        let mut value = HeaderValue::try_from(value)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// All but the user agent, which proxies on the way may change.
fn signed_headers(headers: &HeaderMap) -> Vec<(&str, &str)> {
    let mut signed: Vec<_> = headers
        .iter()
        .filter(|(name, _)| *name != USER_AGENT)
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
        .collect();
    signed.sort_unstable();
    signed
}
