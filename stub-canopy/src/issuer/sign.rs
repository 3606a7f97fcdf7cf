//! The signed request of `AssumeRole`.
//!
//! Input: a form, keys, region and time. Output: the request as it goes out, signed with `SigV4` for service "sts".
//! Must not: send anything, or ask the clock.

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningError, SigningSettings, sign},
    sign::v4,
};
use http::{HeaderValue, Method, Request, header};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use std::time::SystemTime;
use url::Url;

/// Who signs, for where and when.
pub(super) struct Signer<'a> {
    pub access_key: &'a str,
    pub secret_key: &'a SecretString,
    pub region: &'a str,
    pub now: Timestamp,
}

/// A request that could not be signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignError {
    #[error("failed to collect what a signature needs")]
    Collect(#[from] v4::signing_params::BuildError),
    #[error("failed to sign the request")]
    Sign(#[from] SigningError),
    #[error("failed to build the request")]
    Build(#[from] http::Error),
}

/// `form` as a signed POST to `endpoint`.
pub(super) fn signed_form(
    endpoint: &Url,
    form: String,
    signer: &Signer,
) -> Result<Request<String>, SignError> {
    let content_type = "application/x-www-form-urlencoded";
    let identity = Credentials::new(
        signer.access_key,
        signer.secret_key.expose_secret(),
        None,
        None,
        "the stub's own settings",
    )
    .into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(signer.region)
        .name("sts")
        .time(SystemTime::from(signer.now))
        .settings(SigningSettings::default())
        .build()?
        .into();
    let headers = [("content-type", content_type)].into_iter();
    let body = SignableBody::Bytes(form.as_bytes());
    let (instructions, _signature) =
        sign(SignableRequest::new("POST", endpoint.as_str(), headers, body)?, &params)?.into_parts();
    let mut request = Request::builder().method(Method::POST).uri(endpoint.as_str()).body(form)?;
    request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    instructions.apply_to_request_http1x(&mut request);
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::{Signer, signed_form};
    use secrecy::SecretString;
    use url::Url;

    fn authorization(secret: &str) -> String {
        let signer = Signer {
            access_key: "AKID",
            secret_key: &SecretString::from(secret),
            region: "eu-1",
            now: "2026-01-02T03:04:05Z".parse().unwrap(),
        };
        let endpoint = Url::parse("http://minio.test:9000").unwrap();
        let request = signed_form(&endpoint, "Action=AssumeRole".to_owned(), &signer).unwrap();
        assert_eq!(request.headers()["x-amz-date"], "20260102T030405Z");
        request.headers()["authorization"].to_str().unwrap().to_owned()
    }

    #[test]
    fn the_signature_is_for_service_sts_in_the_region_at_the_time() {
        let header = authorization("secret");
        let scope = "AWS4-HMAC-SHA256 Credential=AKID/20260102/eu-1/sts/aws4_request, ";
        assert!(header.starts_with(scope), "{header}");
        assert!(header.contains("SignedHeaders=content-type;host;x-amz-date"), "{header}");
    }

    #[test]
    fn the_signature_depends_on_the_secret_and_does_not_show_it() {
        assert_ne!(authorization("canary-1"), authorization("canary-2"));
        assert!(!authorization("canary-1").contains("canary"));
    }
}
