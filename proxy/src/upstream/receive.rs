//! How much the kernel may receive on a connection while nobody reads from it: that is what reading ahead costs in memory.
//!
//! Input: what the system allows. Output: the receive buffer to ask for, and how many connections may wait with theirs
//! full. Must not: let all of them together hold more than the budget.

use std::io;
use tokio::net::TcpSocket;

/// Of one connection, as the third figure of `net.ipv4.tcp_rmem` comes: enough for 100 MB a second over 30 ms.
const USUAL: u64 = 6 << 20;
/// Of all connections that read ahead.
const BUDGET: u64 = 64 << 20;

/// Where the system says how far it widens receive buffers by itself.
const TCP_RMEM: &str = "/proc/sys/net/ipv4/tcp_rmem";

/// What to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receive {
    /// To be set; none: the system's own way is within bounds.
    pub buffer: Option<u32>,
    /// What one connection then receives at most.
    pub most: u64,
    /// How many such connections the budget allows.
    pub seats: usize,
}

impl Receive {
    /// On this system.
    pub fn here() -> Self {
        Self::of(widest(&std::fs::read_to_string(TCP_RMEM).unwrap_or_default()), granted().unwrap_or(0))
    }

    /// Where buffers are widened up to `widest`, and `granted` is what a request for the usual one yields.
    fn of(widest: Option<u64>, granted: u64) -> Self {
        let usual = |buffer| Self { buffer, most: USUAL, seats: seats(USUAL) };
        match widest {
            Some(widest) if widest > USUAL && granted == USUAL => usual(Some(half(USUAL))),
            Some(widest) if widest > USUAL => Self { buffer: None, most: widest, seats: seats(widest) },
            _ => usual(None),
        }
    }
}

fn seats(most: u64) -> usize {
    usize::try_from(BUDGET / most).unwrap_or_default()
}

/// The kernel doubles what it is asked for, and tells the double.
fn half(bytes: u64) -> u32 {
    u32::try_from(bytes / 2).unwrap_or(u32::MAX)
}

fn widest(tcp_rmem: &str) -> Option<u64> {
    tcp_rmem.split_ascii_whitespace().nth(2)?.parse().ok()
}

fn granted() -> io::Result<u64> {
    let socket = TcpSocket::new_v4().or_else(|_| TcpSocket::new_v6())?;
    socket.set_recv_buffer_size(half(USUAL))?;
    Ok(socket.recv_buffer_size()?.into())
}

#[cfg(test)]
mod tests {
    use super::{BUDGET, Receive, USUAL, widest};

    #[test]
    fn a_usual_system_is_left_as_it_is() {
        for most in [None, Some(USUAL), Some(1 << 20)] {
            assert_eq!(Receive::of(most, 0), Receive { buffer: None, most: USUAL, seats: 10 });
        }
    }

    #[test]
    fn a_system_that_would_receive_more_is_asked_for_less() {
        assert_eq!(
            Receive::of(Some(32 << 20), USUAL),
            Receive { buffer: Some(3 << 20), most: USUAL, seats: 10 }
        );
    }

    #[test]
    fn fault_d18_where_it_would_give_far_less_fewer_connections_wait() {
        for (mib, seats) in [(8, 8), (32, 2), (64, 1), (65, 0)] {
            let receive = Receive::of(Some(mib << 20), 416 << 10);
            assert_eq!(receive, Receive { buffer: None, most: mib << 20, seats });
            assert!(receive.most * receive.seats as u64 <= BUDGET);
        }
    }

    #[test]
    fn the_third_figure_is_the_widest() {
        assert_eq!(widest("4096\t131072\t6291456\n"), Some(USUAL));
        for text in ["", "4096 131072", "a b c"] {
            assert_eq!(widest(text), None, "{text}");
        }
    }

    #[tokio::test]
    async fn whatever_this_system_allows_stays_within_the_budget() {
        let receive = Receive::here();
        assert!(receive.most * receive.seats as u64 <= BUDGET, "{receive:?}");
    }
}
