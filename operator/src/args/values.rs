//! The kinds of values settings hold, each parsed once.

use std::{fmt, net::SocketAddr, ops::RangeInclusive, str::FromStr, time::Duration};
use url::{Host, Url};

/// Why a text is no value of its kind; the caller names variable and value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unfit(pub(super) &'static str);

/// An http(s) address other paths are put under: no user, no query, no fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// The address of `path` (beginning with `/`) under this one.
    pub fn join(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{path}", self.0.path().trim_end_matches('/')));
        url
    }

    /// The address itself.
    pub fn as_url(&self) -> &Url {
        &self.0
    }
}

impl FromStr for BaseUrl {
    type Err = Unfit;
    fn from_str(text: &str) -> Result<Self, Unfit> {
        let url = Url::parse(text).map_err(|_| Unfit("it is not a URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Unfit("its scheme is neither http nor https"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Unfit("it holds a user name or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(Unfit("it holds a query or fragment"));
        }
        Ok(Self(url))
    }
}

/// A SOCKS5 proxy: `socks5://` or, to have names resolved by the proxy, `socks5h://`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyUrl(Url);

impl ProxyUrl {
    /// The address.
    pub fn as_url(&self) -> &Url {
        &self.0
    }
}

impl FromStr for ProxyUrl {
    type Err = Unfit;
    fn from_str(text: &str) -> Result<Self, Unfit> {
        let url = Url::parse(text).map_err(|_| Unfit("it is not a URL"))?;
        let named = matches!(url.host(), Some(Host::Domain(host)) if !host.is_empty());
        let numbered = matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)));
        if !matches!(url.scheme(), "socks5" | "socks5h") {
            return Err(Unfit("its scheme is neither socks5 nor socks5h"));
        }
        if !(named || numbered) || url.port().is_none() {
            return Err(Unfit("it lacks a host or port"));
        }
        Ok(Self(url))
    }
}

/// An address to listen on.
pub(super) struct Listener(pub(super) SocketAddr);

impl FromStr for Listener {
    type Err = Unfit;
    fn from_str(text: &str) -> Result<Self, Unfit> {
        text.parse().map(Self).map_err(|_| Unfit("it is not an IP address with a port"))
    }
}

/// A reference to a container image, checked for what can never be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRef(String);

impl ImageRef {
    /// The reference as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ImageRef {
    type Err = Unfit;
    fn from_str(text: &str) -> Result<Self, Unfit> {
        is_image(text).then(|| Self(text.to_owned())).ok_or(Unfit("it is not an image reference"))
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_image(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || b"./:@_-".contains(&b);
    (1..=512).contains(&text.len())
        && text.as_bytes()[0].is_ascii_alphanumeric()
        && text.bytes().all(inner)
        && text.bytes().next_back().is_some_and(|b| b.is_ascii_alphanumeric())
}

/// The PostgreSQL images, one for each major version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresImages(String);

impl PostgresImages {
    /// Where the major version goes.
    const MAJOR: &str = "{major}";

    /// The image of `major`.
    pub fn of_major(&self, major: u16) -> ImageRef {
        ImageRef(self.0.replace(Self::MAJOR, &major.to_string()))
    }
}

impl FromStr for PostgresImages {
    type Err = Unfit;
    fn from_str(text: &str) -> Result<Self, Unfit> {
        if !text.contains(Self::MAJOR) {
            return Err(Unfit("it lacks {major}"));
        }
        let filled = text.replace(Self::MAJOR, "15");
        is_image(&filled).then(|| Self(text.to_owned())).ok_or(Unfit("it is not an image reference"))
    }
}

/// The name of a Kubernetes object: a DNS subdomain of at most 253 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectName(String);

impl ObjectName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ObjectName {
    type Err = Unfit;
    fn from_str(text: &str) -> Result<Self, Unfit> {
        let label = |label: &str| {
            let inner = label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            !label.is_empty() && inner && !label.starts_with('-') && !label.ends_with('-')
        };
        (text.len() <= 253 && text.split('.').all(label))
            .then(|| Self(text.to_owned()))
            .ok_or(Unfit("it is not the name of a Kubernetes object"))
    }
}

/// What a program was built from: a word of visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision(String);

impl Revision {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Revision {
    type Err = Unfit;
    fn from_str(text: &str) -> Result<Self, Unfit> {
        let is_word = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        is_word.then(|| Self(text.to_owned())).ok_or(Unfit("it is not 1 to 64 visible characters"))
    }
}

/// A positive Kubernetes quantity of bytes, such as `20Gi`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StorageSize(u64);

impl StorageSize {
    /// In bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }
}

fn unit_bytes(unit: &str) -> Option<u64> {
    let (base, letter): (u64, _) = unit.strip_suffix('i').map_or((1000, unit), |letter| (1024, letter));
    let power = match (base, letter) {
        (1000, "") => 0,
        (1000, "k") | (1024, "K") => 1,
        (_, "M") => 2,
        (_, "G") => 3,
        (_, "T") => 4,
        (_, "P") => 5,
        _ => return None,
    };
    Some(base.pow(power))
}

impl FromStr for StorageSize {
    type Err = Unfit;
    fn from_str(text: &str) -> Result<Self, Unfit> {
        let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = &text[..text.len() - unit.len()];
        let unit = unit_bytes(unit).ok_or(Unfit("it is not a size such as 20Gi"))?;
        let number: u64 = digits.parse().map_err(|_| Unfit("it is not a size such as 20Gi"))?;
        match number.checked_mul(unit) {
            Some(bytes @ 1..) => Ok(Self(bytes)),
            _ => Err(Unfit("it is not a size such as 20Gi")),
        }
    }
}

/// `text` as a whole number within `range`.
pub(super) fn number(text: &str, range: &RangeInclusive<u32>) -> Result<u32, Unfit> {
    let number: u32 = text.parse().map_err(|_| Unfit("it is not a whole number"))?;
    range.contains(&number).then_some(number).ok_or(Unfit("it is out of range"))
}

/// `text` as whole seconds within `range`.
pub(super) fn seconds(text: &str, range: &RangeInclusive<u32>) -> Result<Duration, Unfit> {
    number(text, range).map(|secs| Duration::from_secs(secs.into()))
}
