//! Who may log in, and how.
//!
//! Input: the intent. Output: the text of a `pg_hba.conf`. Must not: let a role of the source log in where guests are
//! promised a read-only copy, or let anybody in over the network without a password.

use super::users::{ANALYTICS, SUPERUSER};
use contract::ids::Intent;

/// Addresses of anybody.
const ANYWHERE: [&str; 2] = ["0.0.0.0/0", "::/0"];

/// For the private server: whoever reaches the socket, which only this container does.
pub(super) const PRIVATE: &str = "local all all trust\n";

/// For the server guests connect to.
///
/// The socket lies in a directory of the pod with mode 0700; the readiness probe uses it. For disaster recovery the
/// source's roles keep working with the passwords they have: `md5` takes both MD5 and SCRAM verifiers.
pub(super) fn serving(intent: Intent) -> String {
    let mut text = format!("local all {SUPERUSER} trust\n");
    text.extend(ANYWHERE.map(|from| format!("host all {SUPERUSER},{ANALYTICS} {from} scram-sha-256\n")));
    match intent {
        Intent::Verify | Intent::Analytics => {}
        Intent::DisasterRecovery => text.extend(ANYWHERE.map(|from| format!("host all all {from} md5\n"))),
    }
    text.push_str("local all all reject\nhost all all all reject\n");
    text
}

#[cfg(test)]
mod tests {
    use super::{PRIVATE, serving};
    use contract::ids::Intent;

    fn lines(intent: Intent) -> Vec<String> {
        serving(intent).lines().map(str::to_owned).collect()
    }

    #[test]
    fn only_our_own_roles_log_in_to_a_read_only_copy() {
        for intent in [Intent::Verify, Intent::Analytics] {
            let admitting: Vec<_> =
                lines(intent).into_iter().filter(|line| !line.ends_with("reject")).collect();
            assert!(admitting.iter().all(|line| line.contains("all pgro_")), "{admitting:?}");
        }
    }

    #[test]
    fn roles_of_the_source_log_in_to_a_copy_that_stands_in_for_it() {
        assert!(lines(Intent::DisasterRecovery).contains(&"host all all ::/0 md5".to_owned()));
    }

    #[test]
    fn nobody_comes_in_over_the_network_without_a_password() {
        for intent in Intent::ALL {
            assert!(!lines(intent).iter().any(|line| line.starts_with("host") && line.ends_with("trust")));
            assert_eq!(lines(intent).last().map(String::as_str), Some("host all all all reject"));
        }
    }

    #[test]
    fn fault_f13_the_private_server_asks_for_no_password_and_has_no_network() {
        assert_eq!(PRIVATE, "local all all trust\n");
    }
}
