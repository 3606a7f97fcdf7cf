//! How far S3's clock is from ours, by the `Date` of its answers.
//!
//! Input: such a date, our clock's `now`, and the skew the request was stamped with. Output: the true skew, if the request
//! was stamped with another. Must not: believe a date that no clock error explains.

use jiff::{SignedDuration, Timestamp, fmt::rfc2822};

/// S3 refuses beyond a quarter of an hour; less than this is network delay and whole seconds.
const LEAST: SignedDuration = SignedDuration::from_mins(1);
/// A machine that is a day off has other troubles, and so has an S3 that says so.
const MOST: SignedDuration = SignedDuration::from_hours(24);

/// What has to be added to our uncorrected clock.
pub fn learned(date: &str, now: Timestamp, stamped: SignedDuration) -> Option<SignedDuration> {
    let theirs = rfc2822::DateTimeParser::new().parse_timestamp(date).ok()?;
    let skew = theirs.duration_since(now);
    let is_news = (skew - stamped).abs() >= LEAST && skew.abs() <= MOST;
    is_news.then_some(skew)
}

#[cfg(test)]
mod tests {
    use super::learned;
    use jiff::{SignedDuration, Timestamp};

    /// The skew in seconds by our clock at 07:28:00 on that day.
    fn seconds(date: &str, stamped: i64) -> Option<i64> {
        let now: Timestamp = "2015-10-21T07:28:00Z".parse().unwrap();
        learned(date, now, SignedDuration::from_secs(stamped)).map(|skew| skew.as_secs())
    }

    #[test]
    fn fault_c5_the_difference_is_learned_from_the_date() {
        assert_eq!(seconds("Wed, 21 Oct 2015 07:48:00 GMT", 0), Some(20 * 60));
        assert_eq!(seconds("Wed, 21 Oct 2015 07:08:00 GMT", 0), Some(-20 * 60));
    }

    #[test]
    fn fault_c5_a_request_stamped_with_it_cannot_be_mended_by_it() {
        assert_eq!(seconds("Wed, 21 Oct 2015 07:48:00 GMT", 20 * 60), None);
    }

    #[test]
    fn fault_c5_what_explains_nothing_is_not_learned() {
        for date in [
            "Wed, 21 Oct 2015 07:28:30 GMT",
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "Wed, 21 Oct 2099 07:28:00 GMT",
            "yesterday",
            "",
        ] {
            assert_eq!(seconds(date, 0), None, "{date}");
        }
    }
}
