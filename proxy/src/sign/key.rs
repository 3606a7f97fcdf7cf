//! Signing keys: derived by four HMACs from secret, day and region, and kept while none of them changes.
//!
//! Input: the secret, the day, the region, the generation of the credentials. Output: a key that signs.
//! Must not: hand the derived bytes out, or use yesterday's key after midnight UTC.

use super::hex::Hex;
use contract::secret::{ExposeSecret, SecretString};
use ring::hmac::{Context, HMAC_SHA256, Key, Tag, sign};
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// The service this proxy signs for; pinned, never taken from a request.
const SERVICE: &str = "s3";

/// A key for one day, region and secret.
pub struct SigningKey {
    scope: String,
    /// With both halves of the padded key hashed already.
    key: Key,
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
        let key =
            [day, region, service, "aws4_request"].into_iter().fold(first, |key, text| next(&key, text));
        Self { scope: format!("{day}/{region}/{service}/aws4_request"), key }
    }

    /// `<day>/<region>/s3/aws4_request`.
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// The signature of a text that is given in pieces.
    pub fn sign(&self, pieces: &[&str]) -> Hex {
        let mut context = Context::with_key(&self.key);
        for piece in pieces {
            context.update(piece.as_bytes());
        }
        Hex::of(context.sign().as_ref())
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

fn next(key: &Key, text: &str) -> Key {
    let tag: Tag = sign(key, text.as_bytes());
    keyed(tag.as_ref())
}

fn keyed(key: &[u8]) -> Key {
    Key::new(HMAC_SHA256, key)
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
        let derived = SigningKey::derive(&secret, NEXT_DAY, "r");
        assert_eq!(key.sign(&["x"]).as_str(), derived.sign(&["x"]).as_str());
    }

    #[test]
    fn debug_shows_the_scope_only() {
        let key = SigningKey::derive(&"canary".into(), MORNING, "r");
        assert_eq!(format!("{key:?}"), r#"SigningKey { scope: "20130524/r/s3/aws4_request", .. }"#);
    }
}
