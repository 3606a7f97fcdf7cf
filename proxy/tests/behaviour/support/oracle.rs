//! Judges signatures as S3 does, with aws-sigv4 as the judge's mathematics.

use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use http::{HeaderMap, request::Parts};
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::time::SystemTime;

/// What S3 knows of one grant.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) access_key_id: String,
    pub(crate) secret: String,
    pub(crate) token: String,
    /// None where no test waits for it.
    pub(crate) expires: Option<Timestamp>,
}

const UNRESERVED_KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The access key a request is signed with.
pub(crate) fn access_key_id(headers: &HeaderMap) -> String {
    let authorization = headers["authorization"].to_str().unwrap();
    let credential = authorization.split("Credential=").nth(1).unwrap();
    credential.split('/').next().unwrap().to_owned()
}

/// Panics unless S3 would accept the signature: as it decodes and encodes the target anew, so does this.
pub(crate) fn verify(head: &Parts, grant: &Grant, region: &str) {
    let headers = &head.headers;
    let authorization = headers["authorization"].to_str().unwrap();
    let signed = authorization.split("SignedHeaders=").nth(1).unwrap().split(',').next().unwrap();
    let signed: Vec<&str> = signed.split(';').collect();
    for name in headers.keys().map(http::HeaderName::as_str) {
        let must = name == "host" || name.starts_with("x-amz-") || name == "range" || name.starts_with("if-");
        assert!(!must || signed.contains(&name), "{name} was sent and not signed");
    }
    let uri = format!("http://{}{}", headers["host"].to_str().unwrap(), canonical_target(head));
    let carried = ["authorization", "host", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token"];
    let others = signed.iter().filter(|name| !carried.contains(name));
    let others = others.map(|name| (*name, headers[*name].to_str().unwrap()));
    let request = SignableRequest::new(head.method.as_str(), uri, others, SignableBody::Bytes(&[])).unwrap();
    let (instructions, _) = sign(request, &parameters(headers, grant, region)).unwrap().into_parts();
    let expected: HeaderMap = instructions
        .headers()
        .map(|(name, value)| (name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap()))
        .collect();
    for name in ["x-amz-date", "x-amz-content-sha256", "x-amz-security-token"] {
        assert_eq!(headers.get(name), expected.get(name), "{name}");
    }
    assert_eq!(authorization, expected["authorization"].to_str().unwrap().replace(", ", ","));
}

fn parameters<'a>(
    headers: &HeaderMap,
    grant: &Grant,
    region: &'a str,
) -> aws_sigv4::http_request::SigningParams<'a> {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let token = (!grant.token.is_empty()).then(|| grant.token.clone());
    let keys =
        aws_credential_types::Credentials::new(&grant.access_key_id, &grant.secret, token, None, "test");
    let identity = Box::leak(Box::new(keys.into()));
    aws_sigv4::sign::v4::SigningParams::builder()
        .identity(identity)
        .region(region)
        .name("s3")
        .time(SystemTime::from(date(headers["x-amz-date"].to_str().unwrap())))
        .settings(settings)
        .build()
        .unwrap()
        .into()
}

/// How long ago a request was signed, by S3's clock.
pub(crate) fn age(head: &Parts, now: Timestamp) -> SignedDuration {
    now.duration_since(date(head.headers["x-amz-date"].to_str().unwrap()))
}

fn date(amz: &str) -> Timestamp {
    let at = |from: usize, to: usize| &amz[from..to];
    let (day, time) = ((at(0, 4), at(4, 6), at(6, 8)), (at(9, 11), at(11, 13), at(13, 15)));
    format!("{}-{}-{}T{}:{}:{}Z", day.0, day.1, day.2, time.0, time.1, time.2).parse().unwrap()
}

/// The object key or query text that a target means.
pub(crate) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

fn canonical_target(head: &Parts) -> String {
    let encoded = |text: &str| utf8_percent_encode(&decoded(text), UNRESERVED_KEPT).to_string();
    let path: Vec<_> = head.uri.path().split('/').map(encoded).collect();
    let path = path.join("/");
    let mut pairs: Vec<_> =
        head.uri.query().unwrap_or_default().split('&').filter(|p| !p.is_empty()).collect();
    pairs.sort_unstable();
    let pairs: Vec<_> = pairs
        .into_iter()
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    if pairs.is_empty() { path } else { format!("{path}?{}", pairs.join("&")) }
}
