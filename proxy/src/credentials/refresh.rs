//! When to ask for new credentials.
//!
//! Input: when the present ones came and when they end. Output: an instant. Must not: ask the clock.

use jiff::{SignedDuration, Timestamp};

/// Left over when long-lived credentials are replaced: time for a broker to restart and for Canopy to answer.
const MARGIN: SignedDuration = SignedDuration::from_mins(2);

/// Two minutes before the end, or after 80 % of a life shorter than ten minutes.
pub fn refresh_at(received_at: Timestamp, expires_at: Timestamp) -> Timestamp {
    let life = expires_at.duration_since(received_at).max(SignedDuration::ZERO);
    let margin = MARGIN.min(life / 5);
    expires_at - margin
}

#[cfg(test)]
mod tests {
    use super::refresh_at;
    use jiff::{SignedDuration, Timestamp};
    use proptest::prelude::*;

    fn refreshed_after(life_seconds: i64) -> i64 {
        let received = Timestamp::from_second(1_000_000).unwrap();
        let expires = received + SignedDuration::from_secs(life_seconds);
        refresh_at(received, expires).duration_since(received).as_secs()
    }

    #[test]
    fn an_hour_is_renewed_two_minutes_before_its_end() {
        assert_eq!(refreshed_after(3600), 3480);
    }

    #[test]
    fn fault_c13_a_short_life_is_renewed_at_four_fifths() {
        assert_eq!(refreshed_after(600), 480);
        assert_eq!(refreshed_after(60), 48);
        assert_eq!(refreshed_after(20), 16);
    }

    #[test]
    fn what_has_already_ended_is_renewed_at_once() {
        assert_eq!(refreshed_after(-5), -5);
    }

    proptest! {
        #[test]
        fn renewal_comes_after_receipt_and_before_the_end(life in 1_i64..100_000) {
            let after = refreshed_after(life);
            prop_assert!((0..life).contains(&after) && after * 5 >= life * 4 - 5);
        }
    }
}
