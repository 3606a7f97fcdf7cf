//! Every cap and deadline of the proxy, in one value, so that nothing grows or waits without a bound.

use std::time::Duration;

/// Caps on what a client may use, and deadlines on every wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections served at once; more of them wait in the kernel's queue. Kopia opens one per worker and five for indexes.
    pub connections: usize,
    /// Bytes of a request's head. Kopia's are below 1 KiB.
    pub head_bytes: usize,
    /// Header lines of a request.
    pub headers: usize,
    /// Bytes of a request's target: a key has at most 1024 bytes, each at most three characters here.
    pub target_bytes: usize,
    /// From the first byte of a head (or from accepting) to its last.
    pub head: Duration,
    /// Between two requests of one connection.
    pub idle: Duration,
    /// For connecting to S3, TLS not included.
    pub connect: Duration,
    /// From sending a request to the head, and from there to the first body byte, of S3's answer.
    pub first_byte: Duration,
    /// Without more than a few bytes from S3 although the client wants some.
    pub stall: Duration,
    /// Without a byte for a request, or for any request, all holding and retrying included. Kopia waits for ever for a
    /// byte but dies a minute after errors begin, so this is how long an outage may last.
    pub patience: Duration,
    /// Whether to read on behind the ranges that clients ask for.
    pub read_ahead: bool,
    /// For one call to the broker or the statistics callback.
    pub broker_call: Duration,
    /// For running transfers to end once told to stop. With `farewell` it stays below a pod's 30 s of grace.
    pub drain: Duration,
    /// For posting the statistics, retries included.
    pub farewell: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            head_bytes: 16 * 1024,
            headers: 64,
            target_bytes: 4 * 1024,
            head: Duration::from_secs(10),
            idle: Duration::from_mins(2),
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(30),
            stall: Duration::from_secs(15),
            patience: Duration::from_mins(15),
            read_ahead: true,
            broker_call: Duration::from_secs(15),
            drain: Duration::from_secs(18),
            farewell: Duration::from_secs(8),
        }
    }
}

impl Limits {
    /// For a restore that may take so long: an outage may take a quarter of it. What is left is enough to go on with
    /// afterwards, and to say in time that there was one.
    pub fn for_restore_of(deadline: Duration) -> Self {
        Self { patience: (deadline / 4).max(LEAST_PATIENCE), ..Self::default() }
    }
}

/// Longer than a broker takes to restart, and than S3 takes to catch its breath.
const LEAST_PATIENCE: Duration = Duration::from_mins(3);

#[cfg(test)]
mod tests {
    use super::Limits;
    use std::time::Duration;

    #[test]
    fn patience_is_a_share_of_the_restores_deadline() {
        assert_eq!(Limits::for_restore_of(Duration::from_hours(6)).patience, Duration::from_mins(90));
        assert_eq!(Limits::for_restore_of(Duration::from_mins(1)).patience, Duration::from_mins(3));
    }

    #[test]
    fn fault_d6_a_stall_is_noticed_within_twenty_seconds() {
        assert!(Limits::default().stall < Duration::from_secs(20));
    }

    #[test]
    fn draining_and_the_farewell_fit_into_a_pods_grace() {
        let Limits { drain, farewell, .. } = Limits::default();
        assert!(drain + farewell < Duration::from_secs(28));
    }
}
