//! That a read has no body.

use super::Refusal;
use crate::http1::RequestHead;

/// Neither a transfer coding nor a length other than 0. The connection is closed after a refusal, so that bytes of a
/// claimed body are never read as a next request.
pub fn none(head: &RequestHead<'_>) -> Result<(), Refusal> {
    let is_empty = head.all("content-length").all(|length| length == b"0");
    let is_coded = head.all("transfer-encoding").next().is_some();
    if is_empty && !is_coded { Ok(()) } else { Err(Refusal::Body) }
}

#[cfg(test)]
mod tests {
    use super::{Refusal, none};
    use crate::http1::RequestHead;

    fn with(fields: &[(&str, &str)]) -> Result<(), Refusal> {
        none(&RequestHead::new("GET", "/", fields))
    }

    #[test]
    fn fault_g12_a_read_with_a_body_is_refused() {
        for (name, value) in [
            ("content-length", "5"),
            ("Content-Length", "00"),
            ("transfer-encoding", "chunked"),
            ("Transfer-Encoding", ""),
        ] {
            assert_eq!(with(&[(name, value)]), Err(Refusal::Body), "{name}: {value}");
        }
    }

    #[test]
    fn no_body_and_a_length_of_nothing_are_the_same() {
        assert_eq!(with(&[]), Ok(()));
        assert_eq!(with(&[("content-length", "0")]), Ok(()));
    }
}
