//! How often one address may have a token looked at, so that a pod that floods the broker with tokens that could be
//! real keeps nobody else from the API server.
//!
//! Input: an address and the time. Output: yes or no. Must not: grow without bound, or tell addresses apart that a
//! network translates into one: a whole node still gets through with what its restores need.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};
use tokio::time::Instant;

/// Looks an address may ask for at once: a node full of restores that all begin again.
const BURST: f64 = 30.0;
/// Further looks for each second. A restore needs one in an hour, and some more while something fails.
const PER_SECOND: f64 = 3.0;
/// Addresses that are remembered; those that rest are forgotten first.
const MOST: usize = 4096;

/// What is left to one address, and since when.
#[derive(Debug, Clone, Copy)]
struct Allowance {
    left: f64,
    at: Instant,
}

impl Allowance {
    fn at(self, now: Instant) -> f64 {
        (self.left + now.duration_since(self.at).as_secs_f64() * PER_SECOND).min(BURST)
    }
}

/// Counts looks by address.
#[derive(Debug, Default)]
pub(super) struct Turnstile(Mutex<BTreeMap<IpAddr, Allowance>>);

impl Turnstile {
    /// Whether a request from `address` may go on to the API server `now`.
    pub(super) fn admits(&self, address: IpAddr, now: Instant) -> bool {
        let mut allowances = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if allowances.len() >= MOST && !allowances.contains_key(&address) {
            allowances.retain(|_, allowance| allowance.at(now) < BURST);
            if allowances.len() >= MOST {
                return false;
            }
        }
        let left = allowances.get(&address).map_or(BURST, |allowance| allowance.at(now));
        let admitted = left >= 1.0;
        let left = if admitted { left - 1.0 } else { left };
        allowances.insert(address, Allowance { left, at: now });
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, Turnstile};
    use std::{net::IpAddr, time::Duration};
    use tokio::time::Instant;

    fn address(n: usize) -> IpAddr {
        IpAddr::from((u128::try_from(n).unwrap() + 1).to_be_bytes())
    }

    #[test]
    fn fault_g20_a_flood_from_one_address_is_cut_and_another_gets_through() {
        let (turnstile, now) = (Turnstile::default(), Instant::now());
        let admitted = (0..100_000).filter(|_| turnstile.admits(address(1), now)).count();
        assert_eq!(admitted, 30);
        assert!(turnstile.admits(address(2), now));
    }

    #[test]
    fn patience_is_rewarded_and_not_saved_up() {
        let (turnstile, now) = (Turnstile::default(), Instant::now());
        let ask = |now| (0..100).filter(|_| turnstile.admits(address(1), now)).count();
        assert_eq!((ask(now), ask(now + Duration::from_secs(2))), (30, 6));
        assert_eq!(ask(now + Duration::from_hours(9)), 30);
    }

    #[test]
    fn fault_g20_the_number_of_addresses_is_bounded_and_those_at_rest_make_room() {
        let (turnstile, now) = (Turnstile::default(), Instant::now());
        for n in 0..MOST {
            assert!(turnstile.admits(address(n), now));
        }
        assert!(!turnstile.admits(address(MOST), now));
        assert!(turnstile.admits(address(MOST), now + Duration::from_secs(1)));
        assert_eq!(turnstile.0.lock().unwrap().len(), 1);
    }
}
