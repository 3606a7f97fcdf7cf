//! Signing keys: derived by four HMACs from secret, day and region, and kept while none of them changes.
//!
//! Input: the secret, the day, the region, the generation of the credentials. Output: a key that signs.
//! Must not: hand the derived bytes out, or use yesterday's key after midnight UTC.

use contract::secret::{ExposeSecret, SecretString};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

type HmacSha256 = Hmac<Sha256>;

/// The service this proxy signs for; pinned, never taken from a request.
const SERVICE: &str = "s3";

/// A key for one day, region and secret.
pub struct SigningKey {
    scope: String,
    mac: HmacSha256,
}

impl SigningKey {
    /// Derives the key for the day that `amz_date` (`YYYYMMDDTHHMMSSZ`) lies in.
    pub fn derive(secret: &SecretString, amz_date: &str, region: &str) -> Self {
        Self::of_service(secret, amz_date, region, SERVICE)
    }

    /// The published vectors are of a service of their own.
    pub(super) fn of_service(secret: &SecretString, amz_date: &str, region: &str, service: &str) -> Self {
        let day = day_of(amz_date);
        let first = keyed(format!("AWS4{}", secret.expose_secret()).as_bytes());
        let mac = [day, region, service, "aws4_request"].into_iter().fold(first, next);
        Self { scope: format!("{day}/{region}/{service}/aws4_request"), mac }
    }

    /// `<day>/<region>/s3/aws4_request`.
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// The signature of `text`, in hexadecimal.
    pub fn sign(&self, text: &[u8]) -> String {
        hex::encode(self.mac.clone().chain_update(text).finalize().into_bytes())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("scope", &self.scope).finish_non_exhaustive()
    }
}

fn day_of(amz_date: &str) -> &str {
    amz_date.split('T').next().unwrap_or_default()
}

fn next(mac: HmacSha256, text: &str) -> HmacSha256 {
    keyed(&mac.chain_update(text).finalize().into_bytes())
}

#[expect(
    clippy::expect_used,
    reason = "HMAC takes keys of any length; its constructor serves other MACs too"
)]
fn keyed(key: &[u8]) -> HmacSha256 {
    HmacSha256::new_from_slice(key).expect("any length is a valid HMAC key")
}

/// The last derived key; one region, so day and generation tell keys apart.
#[derive(Default)]
pub struct KeyCache(Mutex<Option<Cached>>);

struct Cached {
    generation: u64,
    key: Arc<SigningKey>,
}

impl KeyCache {
    /// The key for this day and generation of credentials, derived when either is new.
    pub fn key(
        &self,
        generation: u64,
        amz_date: &str,
        region: &str,
        secret: &SecretString,
    ) -> Arc<SigningKey> {
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*cached {
            Some(hit) if hit.generation == generation && hit.key.scope.starts_with(day_of(amz_date)) => {
                Arc::clone(&hit.key)
            }
            _ => {
                let key = Arc::new(SigningKey::derive(secret, amz_date, region));
                *cached = Some(Cached { generation, key: Arc::clone(&key) });
                key
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyCache, SigningKey};
    use std::sync::Arc;

    const MORNING: &str = "20130524T080000Z";
    const EVENING: &str = "20130524T235959Z";
    const NEXT_DAY: &str = "20130525T000000Z";

    #[test]
    fn a_key_lasts_for_a_day_and_a_generation() {
        let (cache, secret) = (KeyCache::default(), "s".into());
        let key = cache.key(1, MORNING, "r", &secret);
        assert!(Arc::ptr_eq(&key, &cache.key(1, EVENING, "r", &secret)));
        assert!(!Arc::ptr_eq(&key, &cache.key(2, EVENING, "r", &secret)));
    }

    #[test]
    fn fault_d21_midnight_utc_rolls_the_key_over() {
        let (cache, secret) = (KeyCache::default(), "s".into());
        cache.key(1, EVENING, "r", &secret);
        let key = cache.key(1, NEXT_DAY, "r", &secret);
        assert_eq!(key.scope(), "20130525/r/s3/aws4_request");
        assert_eq!(key.sign(b"x"), SigningKey::derive(&secret, NEXT_DAY, "r").sign(b"x"));
    }

    #[test]
    fn debug_shows_the_scope_only() {
        let key = SigningKey::derive(&"canary".into(), MORNING, "r");
        assert_eq!(format!("{key:?}"), r#"SigningKey { scope: "20130524/r/s3/aws4_request", .. }"#);
    }
}
