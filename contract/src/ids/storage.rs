//! Where a repository lies in S3: bucket, prefix, region.

use super::InvalidId;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

macro_rules! storage_name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $expected:literal, $valid:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                if $valid(text) { Ok(Self(text.into())) } else { Err(InvalidId::new($what, text, $expected)) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0.into()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

storage_name!(
    /// An S3 bucket name, by the rules of general purpose buckets.
    Bucket, "bucket", "3 to 63 of a-z, 0-9, '.' and '-', beginning and ending with a letter or digit", is_bucket
);
storage_name!(
    /// A key prefix: any text of at most 900 bytes without control characters or `.`/`..` segments; may be empty.
    Prefix, "prefix", "at most 900 bytes, no control characters, no '.' or '..' segment", is_prefix
);
storage_name!(
    /// An AWS region name, or what a look-alike uses as one.
    Region, "region", "1 to 40 of a-z, 0-9 and '-'", is_region
);

/// The whole bucket.
impl Default for Prefix {
    fn default() -> Self {
        Self(Box::default())
    }
}

fn is_bucket(text: &str) -> bool {
    let inner = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-');
    let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    (3..=63).contains(&bytes.len())
        && bytes.iter().copied().all(inner)
        && edge(bytes.first())
        && edge(bytes.last())
        && !text.contains("..")
}

fn is_prefix(text: &str) -> bool {
    text.len() <= 900
        && !text.chars().any(char::is_control)
        && !text.split('/').any(|segment| matches!(segment, "." | ".."))
}

fn is_region(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}
