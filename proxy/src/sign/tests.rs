use super::{CanonicalRequest, EMPTY_PAYLOAD_SHA256, SigningKey, amz_date, authorization, encode};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use jiff::Timestamp;
use proptest::prelude::*;
use std::time::{Duration, UNIX_EPOCH};

/// The keys of the examples in S3's documentation.
const ACCESS_KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const HOST: &str = "examplebucket.s3.amazonaws.com";
const DATE: &str = "20130524T000000Z";

fn documented(path: &str, query: &str, range: Option<&str>) -> String {
    let mut headers = vec![("host", HOST)];
    headers.extend(range.map(|range| ("range", range)));
    headers.extend([("x-amz-content-sha256", EMPTY_PAYLOAD_SHA256), ("x-amz-date", DATE)]);
    let request = CanonicalRequest { method: "GET", path, query, headers: &headers };
    authorization(&request, ACCESS_KEY_ID, DATE, &SigningKey::derive(&SECRET.into(), DATE, "us-east-1"))
}

#[test]
fn the_documented_get_of_a_range_is_signed_as_documented() {
    let expected = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
                    SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,\
                    Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
    assert_eq!(documented("/test.txt", "", Some("bytes=0-9")), expected);
}

#[test]
fn the_documented_sub_resource_is_signed_as_documented() {
    let signed = documented("/", "lifecycle=", None);
    assert!(
        signed.ends_with("=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        "{signed}"
    );
}

#[test]
fn the_documented_list_is_signed_as_documented() {
    let signed = documented("/", "max-keys=2&prefix=J", None);
    assert!(
        signed.ends_with("=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
        "{signed}"
    );
}

#[test]
fn the_date_is_written_in_utc() {
    let instant: Timestamp = "2026-12-31T23:30:00-02:00".parse().unwrap();
    assert_eq!(amz_date(instant), "20270101T013000Z");
}

/// One request in the form both signers take.
#[derive(Debug)]
struct Case {
    method: &'static str,
    path: String,
    query: String,
    range: Option<String>,
    secret: String,
    token: Option<String>,
    epoch_seconds: u32,
}

fn ours(case: &Case) -> String {
    let date = amz_date(Timestamp::from_second(i64::from(case.epoch_seconds)).unwrap());
    let mut headers = vec![("host", HOST)];
    headers.extend(case.range.as_deref().map(|range| ("range", range)));
    headers.extend([("x-amz-content-sha256", EMPTY_PAYLOAD_SHA256), ("x-amz-date", &date)]);
    headers.extend(case.token.as_deref().map(|token| ("x-amz-security-token", token)));
    let request =
        CanonicalRequest { method: case.method, path: &case.path, query: &case.query, headers: &headers };
    let key = SigningKey::derive(&case.secret.as_str().into(), &date, "eu-west-2");
    authorization(&request, "AKID", &date, &key)
}

fn theirs(case: &Case) -> String {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let identity =
        aws_credential_types::Credentials::new("AKID", &case.secret, case.token.clone(), None, "test").into();
    let parameters = aws_sigv4::sign::v4::SigningParams::builder()
        .identity(&identity)
        .region("eu-west-2")
        .name("s3")
        .time(UNIX_EPOCH + Duration::from_secs(u64::from(case.epoch_seconds)))
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let query = if case.query.is_empty() { String::new() } else { format!("?{}", case.query) };
    let uri = format!("https://{HOST}{}{query}", case.path);
    let headers = case.range.as_deref().map(|range| ("range", range));
    let request =
        SignableRequest::new(case.method, uri, headers.into_iter(), SignableBody::Bytes(&[])).unwrap();
    let (instructions, _) = sign(request, &parameters).unwrap().into_parts();
    instructions.headers().find(|(name, _)| *name == "authorization").unwrap().1.replace(", ", ",")
}

fn path() -> impl Strategy<Value = String> {
    "[ -~é€😀/%+=:~]{0,80}".prop_map(|key| format!("/bucket/{}", encode::encode_path(&key)))
}

fn query() -> impl Strategy<Value = String> {
    proptest::collection::btree_map("[a-z-]{1,12}", "[ -~é€]{0,30}", 0..5).prop_map(|pairs| {
        let pair = |(name, value): (String, String)| format!("{name}={}", encode::encode_query(&value));
        pairs.into_iter().map(pair).collect::<Vec<_>>().join("&")
    })
}

fn case() -> impl Strategy<Value = Case> {
    let method = prop_oneof![Just("GET"), Just("HEAD")];
    let range = proptest::option::of("bytes=[0-9]{1,9}-[0-9]{0,9}");
    let token = proptest::option::of("[A-Za-z0-9/+=]{1,900}");
    let secret = "[A-Za-z0-9/+]{40}";
    (method, path(), query(), range, secret, token, any::<u32>()).prop_map(
        |(method, path, query, range, secret, token, epoch_seconds)| Case {
            method,
            path,
            query,
            range,
            secret,
            token,
            epoch_seconds,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn fault_d16_every_request_is_signed_as_an_independent_signer_does(case in case()) {
        prop_assert_eq!(ours(&case), theirs(&case));
    }
}
