//! Signatures of requests to S3. Pure: the time is a parameter.

use anyhow::Result;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use contract::secret::{ExposeSecret, SecretString};
use jiff::Timestamp;
use std::time::SystemTime;

/// Keys that may write.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Public half.
    pub access_key: SecretString,
    /// Secret half.
    pub secret_key: SecretString,
}

/// `request` with its signature for service "s3".
pub(super) fn signed(
    mut request: http::Request<Vec<u8>>,
    keys: &Keys,
    now: Timestamp,
) -> Result<http::Request<Vec<u8>>> {
    let (access, secret) = (keys.access_key.expose_secret(), keys.secret_key.expose_secret());
    let identity = Credentials::new(access, secret, None, None, "the harness").into();
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let params = v4::SigningParams::builder().identity(&identity).region("us-east-1").name("s3");
    let params = params.time(SystemTime::from(now)).settings(settings).build()?.into();
    let (method, uri) = (request.method().to_string(), request.uri().to_string());
    let signable =
        SignableRequest::new(&method, uri, std::iter::empty(), SignableBody::Bytes(request.body()))?;
    let (instructions, _signature) = sign(signable, &params)?.into_parts();
    instructions.apply_to_request_http1x(&mut request);
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_and_the_time_are_signed_and_the_secret_is_not_shown() {
        let keys = Keys { access_key: "AKID".into(), secret_key: "canary".into() };
        let request = http::Request::put("http://127.0.0.1:9000/b/k").body(b"x".to_vec()).unwrap();
        let signed = signed(request, &keys, "2026-01-02T03:04:05Z".parse().unwrap()).unwrap();
        let header = |name: &str| signed.headers()[name].to_str().unwrap().to_owned();
        assert!(header("authorization").contains("AKID/20260102/us-east-1/s3/aws4_request"));
        assert!(header("authorization").contains("SignedHeaders=host;x-amz-content-sha256;x-amz-date"));
        assert!(header("x-amz-content-sha256").starts_with("2d711642"));
        assert!(!format!("{signed:?}").contains("canary"));
    }
}
