//! The namespace of one replica: `<slug(name)>-<hash of the key>`.

use crate::ids::{InvalidId, ReplicaKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr, sync::Arc};

/// Longest slug, so that slug, dash and 8 hex digits stay below the 63 of a DNS label.
const SLUG_MAX: usize = 50;

/// A Kubernetes namespace name: a DNS label of 1 to 63 characters. Copies share the text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NamespaceName(Arc<str>);

impl NamespaceName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for NamespaceName {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let inner = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let edges = !text.starts_with('-') && !text.ends_with('-');
        if inner && edges && (1..=63).contains(&text.len()) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidId::new("namespace name", text, "a DNS label of at most 63 characters"))
        }
    }
}

impl TryFrom<String> for NamespaceName {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<NamespaceName> for String {
    fn from(name: NamespaceName) -> Self {
        name.as_str().to_owned()
    }
}

impl fmt::Display for NamespaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The namespace of the replica `key`, whatever its display name holds.
pub fn namespace_name(name: &str, key: ReplicaKey) -> NamespaceName {
    let mut digest = Sha256::new();
    digest.update(key.replica_id.0.as_bytes());
    digest.update(key.server_id.0.as_bytes());
    NamespaceName(format!("{}-{}", slug(name), hex::encode(&digest.finalize()[..4])).into())
}

fn slug(name: &str) -> String {
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit())
        .filter(|w| !w.is_empty())
        .collect();
    let joined = words.join("-");
    let cut = joined[..joined.len().min(SLUG_MAX)].trim_end_matches('-');
    if cut.is_empty() { "replica".to_owned() } else { cut.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{NamespaceName, namespace_name};
    use crate::ids::{ReplicaId, ReplicaKey, ServerId};
    use proptest::prelude::*;
    use uuid::Uuid;

    fn key(replica: u128, server: u128) -> ReplicaKey {
        ReplicaKey {
            replica_id: ReplicaId(Uuid::from_u128(replica)),
            server_id: ServerId(Uuid::from_u128(server)),
        }
    }

    #[test]
    fn the_name_is_slug_and_hash_of_both_ids() {
        // sha256 of 32 bytes: fifteen 0, a 1, fifteen 0, a 2
        assert_eq!(namespace_name("Clinic  A / (north)", key(1, 2)).as_str(), "clinic-a-north-78d68721");
    }

    #[test]
    fn servers_of_one_declaration_get_their_own_namespaces() {
        assert_ne!(namespace_name("a", key(1, 2)), namespace_name("a", key(1, 3)));
    }

    #[test]
    fn a_name_without_usable_characters_is_replica() {
        assert!(namespace_name("漢字 !", key(1, 2)).as_str().starts_with("replica-"));
    }

    #[test]
    fn a_cut_never_leaves_a_dash_before_the_hash() {
        let name = format!("{} b", "a".repeat(49));
        assert!(!namespace_name(&name, key(1, 2)).as_str().contains("--"));
    }

    proptest! {
        #[test]
        fn fault_g1_any_name_gives_a_valid_bounded_namespace(name in ".{0,200}", a: u128, b: u128) {
            let made = namespace_name(&name, key(a, b));
            prop_assert!(made.as_str().parse::<NamespaceName>().is_ok());
        }
    }
}
