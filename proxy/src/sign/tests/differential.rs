//! Random requests, from a client's target to what goes over the wire: judged by aws-sigv4 and by a verifier.

use super::verifier::verify;
use crate::{
    admit::{Admitted, Territory},
    credentials::Issued,
    forward::outgoing::Outgoing,
    http1::RequestHead,
    random::Random,
    sign::encode::{encode_path, encode_query},
    upstream::Endpoint,
};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use http::{HeaderValue, Request};
use jiff::{SignedDuration, Timestamp};
use std::time::SystemTime;

const REGION: &str = "eu-west-2";
/// Ten million of them take minutes in a release build: `PGRO_TEST_SIGNATURES=10000000`.
const CASES_VARIABLE: &str = "PGRO_TEST_SIGNATURES";
const CASES: u64 = 100_000;

/// What other proxies are known to stumble over.
const ODD: [&str; 30] = [
    "a", "Z", "0", "-", ".x", "_", "~", " ", "+", "=", ":", "%", "%2F", "%25", "//", "/", "@", ",", "$", "!",
    "*", "'", "(", ")", "&", "?", "#", "é", "€", "😀",
];
const SECRET: [&str; 6] = ["a", "Z", "0", "/", "+", "k7"];
const TOKEN: [&str; 8] = ["IQoJb3JpZ2luX2Vj", "FwoG", "/", "+", "=", "Z", "0", "AbCdEfGhIjKlMnOpQrStUvWx"];

/// One request of a client, and what it is to be signed with.
struct Case {
    target: String,
    verb: &'static str,
    headers: Vec<(&'static str, String)>,
    secret: String,
    token: String,
    now: Timestamp,
}

impl Case {
    fn of(seed: u64) -> Self {
        let mut random = Random(seed);
        let is_list = random.one_in(4);
        let (verb, target) = if is_list {
            ("GET", list(&mut random))
        } else {
            let key = key(&mut random);
            (*random.pick(&["GET", "HEAD"]), format!("/bucket/{}", written(&key, &mut random)))
        };
        let mut headers = vec![("user-agent", "kopia".to_owned())];
        if random.one_in(2) {
            headers.push(("range", format!("bytes={}-{}", random.below(1 << 40), random.next())));
        }
        if random.one_in(8) {
            headers.push(("if-match", "\"5d41402abc4b2a76b9719d911017c592\" ,  \"x\"".to_owned()));
        }
        let secret = random.text(&SECRET, 40) + "x";
        let token = if random.one_in(4) { String::new() } else { random.text(&TOKEN, 90) };
        Self { target, verb, headers, secret, token, now: instant(&mut random) }
    }

    fn admitted(&self) -> Admitted {
        let territory =
            Territory { bucket: "bucket".parse().unwrap(), prefix: "".parse().unwrap(), target_bytes: 4096 };
        let fields: Vec<_> = self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        territory.admit(&RequestHead::new(self.verb, &self.target, &fields)).unwrap()
    }

    fn issued(&self, generation: u64) -> Issued {
        Issued {
            generation,
            access_key_id: "ASIAEXAMPLE".to_owned(),
            secret_access_key: self.secret.as_str().into(),
            session_token: (!self.token.is_empty()).then(|| HeaderValue::from_str(&self.token).unwrap()),
            received_at: self.now,
            expires_at: self.now,
        }
    }
}

/// Any second of ninety years, and often the last one of a day or the first.
fn instant(random: &mut Random) -> Timestamp {
    let second = i64::try_from(random.below(2_840_000_000)).unwrap();
    let midnight = second - second % 86_400;
    let second = if random.one_in(4) { midnight - i64::from(random.one_in(2)) } else { second };
    Timestamp::from_second(second.max(0)).unwrap() + SignedDuration::from_millis(999)
}

fn key(random: &mut Random) -> String {
    format!("k{}", random.text(&ODD, 20))
}

/// As clients write it: encoded in full, or as little as a target allows.
fn written(key: &str, random: &mut Random) -> String {
    let whole = encode_path(key);
    match random.below(3) {
        0 => whole,
        1 => whole.replace("%3A", ":").replace("%3D", "=").replace("%2B", "+").replace("%40", "@"),
        _ => whole.replace("%2C", "%2c").replace("%24", "$").replace("%2A", "*").replace("%27", "'"),
    }
}

fn list(random: &mut Random) -> String {
    let mut pairs = vec!["list-type=2".to_owned(), format!("prefix={}", encode_query(&key(random)))];
    if random.one_in(2) {
        pairs.push("delimiter=%2F".to_owned());
    }
    if random.one_in(2) {
        pairs.push(format!("continuation-token={}", encode_query(&random.text(&ODD, 20))));
    }
    if random.one_in(3) {
        pairs.push(format!("start-after={}", encode_query(&key(random)).to_lowercase()));
    }
    if random.one_in(2) {
        pairs.reverse();
    }
    format!("/bucket?{}", pairs.join("&"))
}

/// `Authorization` of aws-sigv4 for a request as it was sent.
fn theirs(case: &Case, sent: &Request<()>) -> String {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let token = (!case.token.is_empty()).then(|| case.token.clone());
    let identity =
        aws_credential_types::Credentials::new("ASIAEXAMPLE", &case.secret, token, None, "test").into();
    let parameters = aws_sigv4::sign::v4::SigningParams::builder()
        .identity(&identity)
        .region(REGION)
        .name("s3")
        .time(SystemTime::from(case.now))
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let own = ["range", "if-match"];
    let headers = own.iter().filter_map(|name| Some((*name, sent.headers().get(*name)?.to_str().unwrap())));
    let uri = sent.uri().to_string();
    let request = SignableRequest::new(case.verb, uri, headers, SignableBody::Bytes(&[])).unwrap();
    let (instructions, _) = sign(request, &parameters).unwrap().into_parts();
    instructions.headers().find(|(name, _)| *name == "authorization").unwrap().1.replace(", ", ",")
}

/// What went over the wire, read by a parser that is not ours.
fn sent(case: &Case, outgoing: &Outgoing, generation: u64) -> Request<()> {
    let bytes = outgoing.write(&case.admitted(), &case.issued(generation), case.now);
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut head = httparse::Request::new(&mut headers);
    assert_eq!(head.parse(&bytes), Ok(httparse::Status::Complete(bytes.len())), "case {generation}");
    let host = head.headers.iter().find(|header| header.name == "host").unwrap().value;
    let uri = format!("https://{}{}", std::str::from_utf8(host).unwrap(), head.path.unwrap());
    let request = Request::builder().method(head.method.unwrap()).uri(uri);
    let fields = head.headers.iter();
    fields.fold(request, |request, field| request.header(field.name, field.value)).body(()).unwrap()
}

fn cases() -> u64 {
    std::env::var(CASES_VARIABLE).map_or(CASES, |cases| cases.parse().unwrap())
}

#[test]
fn fault_d16_a_hundred_thousand_requests_are_signed_as_two_judges_demand() {
    let region = REGION.parse().unwrap();
    let outgoing = Outgoing::new(Endpoint::new(None, &region).unwrap(), region);
    for seed in 0..cases() {
        let case = Case::of(seed);
        let sent = sent(&case, &outgoing, seed);
        assert_eq!(sent.headers()["authorization"], theirs(&case, &sent), "case {seed}: {}", case.target);
        assert_eq!(verify(&sent, &case.secret, REGION), Ok(()), "case {seed}: {}", case.target);
    }
}

#[test]
fn the_verifier_notices_each_change_of_what_was_signed() {
    let region = REGION.parse().unwrap();
    let outgoing = Outgoing::new(Endpoint::new(None, &region).unwrap(), region);
    let case = Case { target: "/bucket/a%20b".into(), ..Case::of(2) };
    let change = |change: fn(&mut Request<()>)| {
        let mut sent = sent(&case, &outgoing, 1);
        change(&mut sent);
        verify(&sent, &case.secret, REGION)
    };
    assert_eq!(change(|_| ()), Ok(()));
    assert!(change(|sent| *sent.uri_mut() = "https://h/bucket/a%20c".parse().unwrap()).is_err());
    assert!(
        change(|sent| drop(sent.headers_mut().insert("range", HeaderValue::from_static("bytes=0-1"))))
            .is_err()
    );
    assert!(
        change(|sent| drop(sent.headers_mut().insert("x-amz-acl", HeaderValue::from_static("x")))).is_err()
    );
    assert!(change(|sent| drop(sent.headers_mut().insert("host", HeaderValue::from_static("x")))).is_err());
    assert!(verify(&sent(&case, &outgoing, 2), "other", REGION).is_err());
    assert!(verify(&sent(&case, &outgoing, 2), &case.secret, "us-east-1").is_err());
}
