//! A bucket at MinIO, for what a test does to one: make it, look into it, damage what is in it, remove it.
//!
//! Input: an address on this machine and keys. Output: plain calls. Must not: be used by anything under test.

mod sign;

use anyhow::{Context, Result, ensure};
use contract::ids::{Bucket, Prefix};
use reqwest::Method;
use url::Url;

use crate::clock;
pub use sign::Keys;

/// One bucket.
#[derive(Clone, Debug)]
pub struct S3Bucket {
    base: Url,
    bucket: Bucket,
    keys: Keys,
    http: reqwest::Client,
}

impl S3Bucket {
    /// The bucket `bucket` at `base`, which need not exist.
    pub fn new(base: Url, bucket: Bucket, keys: Keys) -> Result<Self> {
        stub_canopy::use_ring();
        let http = reqwest::Client::builder().no_proxy().build().context("failed to make an HTTP client")?;
        Ok(Self { base, bucket, keys, http })
    }

    /// Makes it, in place of one that is there.
    pub async fn create_anew(&self) -> Result<()> {
        // Mostly there is none; what could not be removed is in the way now, and said so.
        let _ = self.remove().await;
        self.call(Method::PUT, "", Vec::new()).await.map(drop)
    }

    /// Keys of the objects under `prefix`; no more than fit on one page, which a test's repository does.
    pub async fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let query = format!("?list-type=2&prefix={}", prefix.replace('/', "%2F"));
        let page = String::from_utf8(self.call(Method::GET, &query, Vec::new()).await?)?;
        ensure!(
            !page.contains("<IsTruncated>true"),
            "bucket {} holds more than one page of objects",
            self.bucket
        );
        Ok(texts(&page, "Key"))
    }

    /// An object's content.
    pub async fn get(&self, key: &str) -> Result<Vec<u8>> {
        self.call(Method::GET, key, Vec::new()).await
    }

    /// Writes an object.
    pub async fn put(&self, key: &str, content: Vec<u8>) -> Result<()> {
        self.call(Method::PUT, key, content).await.map(drop)
    }

    /// Removes it with everything in it.
    pub async fn remove(&self) -> Result<()> {
        for key in self.list("").await? {
            self.call(Method::DELETE, &key, Vec::new()).await?;
        }
        self.call(Method::DELETE, "", Vec::new()).await.map(drop)
    }

    /// Flips a bit in the middle of each of the repository's data blobs, and returns how many there were.
    pub async fn damage(&self, prefix: &Prefix) -> Result<usize> {
        let keys = self.list(&format!("{prefix}p")).await?;
        for key in &keys {
            let mut content = self.get(key).await?;
            let middle = content.len() / 2;
            *content.get_mut(middle).context("an empty blob cannot be damaged")? ^= 1;
            self.put(key, content).await?;
        }
        Ok(keys.len())
    }

    async fn call(&self, method: Method, rest: &str, body: Vec<u8>) -> Result<Vec<u8>> {
        let url = format!("{}{}/{rest}", self.base, self.bucket);
        let what = format!("{method} {url}");
        let request = http::Request::builder().method(method).uri(&url).body(body)?;
        let signed = sign::signed(request, &self.keys, clock::now())?;
        let answer =
            self.http.execute(signed.try_into()?).await.with_context(|| format!("failed to {what}"))?;
        let (status, body) = (answer.status(), answer.bytes().await?);
        ensure!(status.is_success(), "{what} was answered {status}: {}", String::from_utf8_lossy(&body));
        Ok(body.into())
    }
}

/// The texts of every element `name`; keys of a kopia repository need no unescaping.
fn texts(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let inner = xml.split(&open).skip(1).filter_map(|rest| rest.split_once(&close));
    inner.map(|(text, _)| text.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_from_a_listing() {
        let page = "<R><IsTruncated>false</IsTruncated><Contents><Key>a/p1</Key><Size>1</Size></Contents>\
                    <Contents><Key>a/q2</Key></Contents></R>";
        assert_eq!(texts(page, "Key"), ["a/p1", "a/q2"]);
        assert_eq!(texts("<R></R>", "Key"), Vec::<String>::new());
    }
}
