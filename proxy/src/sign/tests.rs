mod differential;
mod verifier;

use super::{
    CanonicalRequest, EMPTY_PAYLOAD_SHA256, SigningKey, amz_date, encode, put_authorization, signature,
};
use jiff::Timestamp;

/// The keys of the examples in S3's documentation.
const ACCESS_KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const HOST: &str = "examplebucket.s3.amazonaws.com";
const DATE: &str = "20130524T000000Z";

/// The value of `Authorization`.
fn authorization(request: &CanonicalRequest<'_>, id: &str, date: &str, key: &SigningKey) -> String {
    let signature = signature(request, date, key, &mut Vec::new());
    let mut value = Vec::new();
    put_authorization(&mut value, request, id, key, &signature);
    String::from_utf8(value).unwrap()
}

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

/// One of the published vectors: what is asked for, its canonical form, and the signature.
#[derive(serde::Deserialize)]
struct Vector {
    name: String,
    target: String,
    canonical: String,
    signature: String,
}

/// Those of AWS' suite that are of reads whose paths stand as they are, as S3's do.
fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("tests/vectors.json")).unwrap()
}

/// Reads a canonical text back and signs what it describes.
fn signed(canonical: &str) -> String {
    let mut lines = canonical.split('\n');
    let (method, path, query) = (lines.next().unwrap(), lines.next().unwrap(), lines.next().unwrap());
    let headers: Vec<_> =
        lines.take_while(|line| !line.is_empty()).map(|line| line.split_once(':').unwrap()).collect();
    let date = headers.iter().find(|(name, _)| *name == "x-amz-date").unwrap().1;
    let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into();
    let key = SigningKey::of_service(&secret, date, "us-east-1", "service");
    let request = CanonicalRequest { method, path, query, headers: &headers };
    authorization(&request, "AKIDEXAMPLE", date, &key)
}

#[test]
fn fault_d16_the_published_vectors_are_signed_as_published() {
    assert_eq!(vectors().len(), 21);
    for Vector { name, canonical, signature, .. } in vectors() {
        let authorization = signed(&canonical);
        assert!(authorization.ends_with(&format!("Signature={signature}")), "{name}: {authorization}");
    }
}

#[test]
fn fault_d16_the_published_paths_are_encoded_as_published() {
    for Vector { name, target, canonical, .. } in vectors() {
        let path = target.split('?').next().unwrap();
        assert_eq!(
            encode::encode_path(&encode::decode(path).unwrap()),
            canonical.split('\n').nth(1).unwrap(),
            "{name}"
        );
    }
}
