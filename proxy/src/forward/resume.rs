//! Asks S3 for what is missing of an object.
//!
//! Input: a transfer that broke off. Output: a body that goes on where it did. Must not: let any precondition of the
//! client's but the version decide: it was met when the answer began.

use super::{Forwarder, fetch::Fetched, patience::Held, relay::RelayError, setback::Setback};
use crate::{
    admit::{Admitted, Precondition},
    transfer::{Ask, Facts, Rupture, Transfer},
    upstream::Body,
};

/// A body that goes on, and what it is a body of.
pub struct Resumed {
    /// From where the last one broke off.
    pub body: Body,
    /// Waits for that.
    pub transfer: Transfer,
    /// Until a byte has come, the client is being held.
    pub hold: Held,
}

impl Forwarder {
    /// Goes on after `setback`.
    pub(super) async fn resume(
        &self,
        wanted: &Admitted,
        mut transfer: Transfer,
        mut hold: Held,
        setback: Setback,
    ) -> Result<Resumed, RelayError> {
        self.held_up(wanted, &mut hold, setback).await;
        let missing = rest(wanted, &transfer.ask())?;
        let fetched = self.fetch(&missing, &mut hold).await.map_err(|_| RelayError::GaveUp)?;
        match fetched {
            Fetched::Good(head, _, body) => {
                transfer.continues(&Facts::of(&head))?;
                Ok(Resumed { body, transfer, hold })
            }
            Fetched::Refused(head, _) => {
                transfer.continues(&Facts::of(&head))?;
                Err(Rupture::NotThePart(head.status).into())
            }
        }
    }
}

/// The request for what is missing.
fn rest(wanted: &Admitted, ask: &Ask) -> Result<Admitted, Rupture> {
    use Precondition::{IfMatch, IfModifiedSince, IfNoneMatch, IfRange, IfUnmodifiedSince, Range};
    let Ask { first, last, tag } = ask;
    let last = last.map(|last| last.to_string()).unwrap_or_default();
    let tag = tag.to_str().map_err(|_| Rupture::OtherPart)?;
    let mut headers = wanted.headers.clone();
    for name in [IfNoneMatch, IfModifiedSince, IfUnmodifiedSince, IfRange] {
        headers.set(name, None);
    }
    headers.set(Range, Some(format!("bytes={first}-{last}")));
    headers.set(IfMatch, Some(tag.to_owned()));
    Ok(Admitted { headers, ..wanted.clone() })
}

#[cfg(test)]
mod tests {
    use super::rest;
    use crate::{
        admit::{Admitted, Passed, Precondition, Verb},
        transfer::Ask,
    };
    use http::HeaderValue;

    fn sent(clients: &[(Precondition, &str)], last: Option<u64>) -> Vec<(&'static str, String)> {
        let mut headers = Passed::default();
        for (name, value) in clients {
            headers.set(*name, Some((*value).to_owned()));
        }
        let wanted = Admitted { verb: Verb::Get, path: "/b/k".into(), query: String::new(), headers };
        let ask = Ask { first: 5, last, tag: HeaderValue::from_static("\"a\"") };
        let rest = rest(&wanted, &ask).unwrap();
        rest.headers.iter().map(|(name, value)| (name, value.to_owned())).collect()
    }

    #[test]
    fn fault_d3_the_rest_is_asked_for_by_range_and_version() {
        let expected = [("if-match", "\"a\""), ("range", "bytes=5-9")].map(|(n, v)| (n, v.to_owned()));
        assert_eq!(sent(&[(Precondition::Range, "bytes=2-9")], Some(9)), expected);
        assert_eq!(sent(&[], None)[1].1, "bytes=5-");
    }

    #[test]
    fn fault_d8_the_clients_preconditions_were_met_and_count_no_more() {
        let clients = [
            (Precondition::IfNoneMatch, "\"b\""),
            (Precondition::IfMatch, "\"a\", \"c\""),
            (Precondition::IfRange, "\"b\""),
            (Precondition::UserAgent, "kopia"),
        ];
        let names: Vec<_> = sent(&clients, Some(9)).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["if-match", "range", "user-agent"]);
    }
}
