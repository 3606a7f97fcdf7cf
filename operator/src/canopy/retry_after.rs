//! How long a server asks to be left alone: `Retry-After`, in seconds or as a date. Pure.

use jiff::{Timestamp, fmt::rfc2822};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use std::time::Duration;

/// Longest wait that is granted: a server that asks for more is asked again all the same.
const LONGEST: Duration = Duration::from_mins(5);

/// The wait asked for, if one is, and within reason.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let asked = if text.bytes().all(|byte| byte.is_ascii_digit()) {
        // Too many digits are a number, too, and one beyond every limit.
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        let at = rfc2822::parse(text).ok()?.timestamp();
        Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO)
    };
    Some(asked.min(LONGEST)).filter(|_| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, retry_after};
    use jiff::Timestamp;
    use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};
    use std::time::Duration;

    fn asked(text: &'static str) -> Option<Duration> {
        let now: Timestamp = "2026-11-06T08:49:37Z".parse().unwrap();
        retry_after(&HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]), now)
    }

    #[test]
    fn seconds_and_dates_are_understood() {
        for (text, seconds) in [
            ("0", 0),
            ("120", 120),
            ("Fri, 06 Nov 2026 08:50:07 GMT", 30),
            ("Fri, 06 Nov 2026 08:49:00 GMT", 0),
        ] {
            assert_eq!(asked(text), Some(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn no_server_sends_us_away_for_long() {
        for text in ["86400", "99999999999999999999999999", "Sat, 06 Nov 2027 08:50:07 GMT"] {
            assert_eq!(asked(text), Some(LONGEST), "{text}");
        }
    }

    #[test]
    fn what_is_neither_asks_for_nothing() {
        for text in ["", "soon", "-5", "1.5", "1e3"] {
            assert_eq!(asked(text), None, "{text}");
        }
    }
}
