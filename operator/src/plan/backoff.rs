//! Pauses between failed attempts.

use super::Policy;
use jiff::SignedDuration;
use sha2::{Digest, Sha256};

/// The pause after the `failures`-th failure in a row: doubled each time up to the policy's limit, and 0 to 20 %
/// longer by a jitter that depends on `seed` alone, so that many replicas failing together do not retry together.
pub(super) fn pause(failures: u32, seed: &str, policy: &Policy) -> SignedDuration {
    let doublings = failures.saturating_sub(1).min(20);
    let full = policy.retry_base.saturating_mul(1 << doublings).min(policy.retry_max);
    let byte = Sha256::digest(format!("{seed}/{failures}"))[0];
    let jitter = full.as_millis().saturating_mul(i128::from(byte)) / (255 * 5);
    full.saturating_add(SignedDuration::from_millis(i64::try_from(jitter).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::{Policy, pause};
    use jiff::SignedDuration;

    #[test]
    fn pauses_double_until_the_limit() {
        let policy = Policy::default();
        let base = |failures| policy.retry_base.saturating_mul(1 << (failures - 1));
        for failures in 1..=5 {
            let made = pause(failures, "ns", &policy);
            assert!(
                made >= base(failures) && made <= base(failures).saturating_mul(6) / 5,
                "{failures}: {made:?}"
            );
        }
        assert!(pause(1000, "ns", &policy) <= policy.retry_max.saturating_mul(6) / 5);
    }

    #[test]
    fn replicas_that_failed_together_retry_apart() {
        let policy = Policy::default();
        let pauses: std::collections::BTreeSet<SignedDuration> =
            (0..20).map(|i| pause(1, &format!("ns-{i}"), &policy)).collect();
        assert!(pauses.len() > 10);
    }
}
