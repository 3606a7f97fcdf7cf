//! S3's side, from its documentation: reads a request as it was sent and says whether its signature is good. Shares
//! nothing with the signer, neither canonicalisation nor mathematics.

use hmac::{Hmac, Mac};
use http::Request;
use sha2::{Digest, Sha256};

const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The reason why S3 would refuse it.
pub(super) fn verify<B>(request: &Request<B>, secret: &str, region: &str) -> Result<(), String> {
    let header = |name: &str| request.headers().get(name).map_or("", |value| value.to_str().unwrap());
    let date = header("x-amz-date");
    let scope = format!("{}/{region}/s3/aws4_request", date.get(..8).ok_or("no date")?);
    let rest =
        header("authorization").strip_prefix("AWS4-HMAC-SHA256 Credential=").ok_or("another algorithm")?;
    let (credential, rest) = rest.split_once(",SignedHeaders=").ok_or("no list of headers")?;
    let (signed, signature) = rest.split_once(",Signature=").ok_or("no signature")?;
    if credential.split_once('/').is_none_or(|(_, theirs)| theirs != scope) {
        return Err(format!("the scope is {credential}"));
    }
    all_that_must_be_is_signed(request, signed)?;
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", sha256(&canonical(request, signed)));
    let steps = [&scope[..8], region, "s3", "aws4_request", text.as_str()];
    let key = steps.iter().fold(format!("AWS4{secret}").into_bytes(), |key, step| mac(&key, step));
    if hex::encode(key) == signature { Ok(()) } else { Err("SignatureDoesNotMatch".to_owned()) }
}

fn all_that_must_be_is_signed<B>(request: &Request<B>, signed: &str) -> Result<(), String> {
    let signed: Vec<_> = signed.split(';').collect();
    let sent = request.headers().keys().map(http::HeaderName::as_str);
    let must = |name: &&str| *name == "host" || name.starts_with("x-amz-") || *name == "range";
    match sent.filter(must).find(|name| !signed.contains(name)) {
        Some(name) => Err(format!("{name} is not signed")),
        None if signed.is_sorted() && signed.contains(&"host") => Ok(()),
        None => Err("the list of headers is out of order".to_owned()),
    }
}

fn canonical<B>(request: &Request<B>, signed: &str) -> String {
    let mut text = format!("{}\n{}\n", request.method(), recoded(request.uri().path(), true));
    let mut pairs: Vec<_> =
        request.uri().query().unwrap_or_default().split('&').filter(|p| !p.is_empty()).collect();
    pairs.sort_unstable();
    let pairs: Vec<_> = pairs
        .into_iter()
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| format!("{}={}", recoded(name, false), recoded(value, false)))
        .collect();
    text += &pairs.join("&");
    for name in signed.split(';') {
        let value = request.headers()[name].to_str().unwrap();
        let words: Vec<_> = value.split(' ').filter(|word| !word.is_empty()).collect();
        text.extend(["\n", name, ":", &words.join(" ")]);
    }
    text + "\n\n" + signed + "\n" + EMPTY
}

/// Decoded and encoded again, byte by byte.
fn recoded(text: &str, is_path: bool) -> String {
    let (mut out, mut bytes) = (String::new(), text.bytes());
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'%' => (digit(bytes.next().unwrap()) << 4) | digit(bytes.next().unwrap()),
            plain => plain,
        };
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte.into()),
            b'/' if is_path => out.push('/'),
            other => out.extend(["%", &hex::encode_upper([other])]),
        }
    }
    out
}

fn digit(byte: u8) -> u8 {
    u8::try_from(char::from(byte).to_digit(16).unwrap()).unwrap()
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(text).finalize().into_bytes().to_vec()
}

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}
