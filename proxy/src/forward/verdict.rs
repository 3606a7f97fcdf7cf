//! What to do about an error that S3 answered with.
//!
//! Input: status, code, method. Output: a verdict. Must not: look at anything else; attempts and time are the caller's.

use crate::admit::Verb;
use http::StatusCode;

/// What an answer of 3xx, 4xx or 5xx means for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The credentials are no good: fetch others and replay.
    Refresh,
    /// Our clock is wrong: set it right and replay.
    Clock,
    /// Nobody's fault and likely to pass: replay after a pause.
    Retry,
    /// The truth about this request: the client shall know.
    Pass,
}

/// Codes by which S3 and its look-alikes refuse credentials that were good a moment ago. `InvalidTokenId` is MinIO's.
const STALE: [&str; 5] =
    ["ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "TokenRefreshRequired", "InvalidTokenId"];

/// Codes that ask for another try whatever status they come with; `RequestTimeout` comes with 400.
const PASSING: [&str; 5] =
    ["SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "ThrottlingException"];

/// S3's clock and the request's date are too far apart.
const SKEWED: &str = "RequestTimeTooSkewed";

/// The verdict on an answer that is neither 2xx nor 304. `is_off` says that its `Date` is not ours.
pub fn verdict(status: StatusCode, code: &str, verb: Verb, is_off: bool) -> Verdict {
    let is_blind = verb == Verb::Head && code.is_empty();
    if is_off && (code == SKEWED || is_blind && status == StatusCode::FORBIDDEN) {
        Verdict::Clock
    } else if STALE.contains(&code) || is_blind && status == StatusCode::BAD_REQUEST {
        // A HEAD has no document: 400 is how S3 answers it when the token is expired, and there is little else it
        // could mean.
        Verdict::Refresh
    } else if PASSING.contains(&code) || is_passing(status) {
        Verdict::Retry
    } else {
        Verdict::Pass
    }
}

fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
}

#[cfg(test)]
mod tests {
    use super::{Verdict, verdict};
    use crate::admit::Verb;
    use http::StatusCode;

    fn on_get(status: u16, code: &str) -> Verdict {
        verdict(StatusCode::from_u16(status).unwrap(), code, Verb::Get, false)
    }

    #[test]
    fn fault_c2_an_expired_token_means_new_credentials_whatever_the_status() {
        assert_eq!(on_get(400, "ExpiredToken"), Verdict::Refresh);
        assert_eq!(on_get(403, "ExpiredToken"), Verdict::Refresh);
    }

    #[test]
    fn fault_c3_so_do_the_other_ways_of_saying_it() {
        for (status, code) in [
            (403, "InvalidAccessKeyId"),
            (400, "InvalidToken"),
            (400, "TokenRefreshRequired"),
            (403, "InvalidTokenId"),
        ] {
            assert_eq!(on_get(status, code), Verdict::Refresh, "{code}");
        }
    }

    #[test]
    fn fault_c4_a_denied_access_is_not_mended_by_new_credentials() {
        for code in ["AccessDenied", "SignatureDoesNotMatch", "AllAccessDisabled", ""] {
            assert_eq!(on_get(403, code), Verdict::Pass, "{code}");
        }
    }

    #[test]
    fn fault_d1_and_d2_overload_and_mishaps_pass() {
        for (status, code) in [
            (503, "SlowDown"),
            (500, "InternalError"),
            (502, ""),
            (504, ""),
            (429, ""),
            (400, "RequestTimeout"),
        ] {
            assert_eq!(on_get(status, code), Verdict::Retry, "{status} {code}");
        }
    }

    #[test]
    fn fault_d14_the_truth_about_an_object_is_told_at_once() {
        for (status, code) in [
            (404, "NoSuchKey"),
            (416, "InvalidRange"),
            (412, "PreconditionFailed"),
            (301, "PermanentRedirect"),
            (501, "NotImplemented"),
        ] {
            assert_eq!(on_get(status, code), Verdict::Pass, "{status} {code}");
        }
    }

    #[test]
    fn a_head_that_is_answered_400_is_taken_for_an_expired_token() {
        assert_eq!(verdict(StatusCode::BAD_REQUEST, "", Verb::Head, false), Verdict::Refresh);
        assert_eq!(verdict(StatusCode::FORBIDDEN, "", Verb::Head, false), Verdict::Pass);
        assert_eq!(on_get(400, ""), Verdict::Pass);
    }

    #[test]
    fn fault_c5_a_clock_is_blamed_only_if_it_is_off() {
        let refused = |code, verb, is_off| verdict(StatusCode::FORBIDDEN, code, verb, is_off);
        assert_eq!(refused("RequestTimeTooSkewed", Verb::Get, true), Verdict::Clock);
        assert_eq!(refused("", Verb::Head, true), Verdict::Clock);
        assert_eq!(refused("RequestTimeTooSkewed", Verb::Get, false), Verdict::Pass);
        assert_eq!(refused("AccessDenied", Verb::Get, true), Verdict::Pass);
    }
}
