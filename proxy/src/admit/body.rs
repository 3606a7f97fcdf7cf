//! That a read has no body.

use super::Refusal;
use http::{
    HeaderMap,
    header::{CONTENT_LENGTH, TRANSFER_ENCODING},
};

/// Neither a transfer coding nor a length other than 0. The connection is closed after a refusal, so that bytes of a
/// claimed body are never read as a next request.
pub fn none(headers: &HeaderMap) -> Result<(), Refusal> {
    let is_empty = headers.get_all(CONTENT_LENGTH).iter().all(|length| length == "0");
    if is_empty && !headers.contains_key(TRANSFER_ENCODING) { Ok(()) } else { Err(Refusal::Body) }
}

#[cfg(test)]
mod tests {
    use super::{Refusal, none};
    use http::{HeaderMap, HeaderValue};

    fn with(name: &'static str, value: &'static str) -> HeaderMap {
        [(name.parse().unwrap(), HeaderValue::from_static(value))].into_iter().collect()
    }

    #[test]
    fn fault_g12_a_read_with_a_body_is_refused() {
        for (name, value) in
            [("content-length", "5"), ("content-length", "00"), ("transfer-encoding", "chunked")]
        {
            assert_eq!(none(&with(name, value)), Err(Refusal::Body), "{name}: {value}");
        }
    }

    #[test]
    fn no_body_and_a_length_of_nothing_are_the_same() {
        assert_eq!(none(&HeaderMap::new()), Ok(()));
        assert_eq!(none(&with("content-length", "0")), Ok(()));
    }
}
