//! Asks S3 for what is missing of an object.
//!
//! Input: a transfer that broke off. Output: a body that goes on where it did. Must not: let any precondition of the
//! client's but the version decide: it was met when the answer began.

use super::{Forwarder, fetch::Fetched, patience::Held, relay::RelayError, setback::Setback};
use crate::{
    admit::Admitted,
    transfer::{Ask, Facts, Rupture, Transfer},
};
use http::{
    HeaderValue,
    header::{IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE},
};
use hyper::body::Incoming;
use std::{future::Future, pin::Pin, sync::Arc};

/// A body that goes on, and what it is a body of.
pub struct Resumed {
    /// From where the last one broke off.
    pub body: Incoming,
    /// Waits for that.
    pub transfer: Transfer,
    /// Until a byte has come, the client is being held.
    pub hold: Held,
}

/// Under way.
pub type Resuming = Pin<Box<dyn Future<Output = Result<Resumed, RelayError>> + Send>>;

/// Goes on after `setback`.
pub async fn resume(
    forwarder: Arc<Forwarder>,
    wanted: Arc<Admitted>,
    mut transfer: Transfer,
    mut hold: Held,
    setback: Setback,
) -> Result<Resumed, RelayError> {
    forwarder.held_up(&wanted, &mut hold, setback).await;
    let missing = rest(&wanted, &transfer.ask())?;
    let fetched = forwarder.fetch(&missing, &mut hold).await.map_err(|_| RelayError::GaveUp)?;
    match fetched {
        Fetched::Good(head, body) => {
            transfer.continues(&Facts::of(&head))?;
            Ok(Resumed { body, transfer, hold })
        }
        Fetched::Refused(head, _) => {
            transfer.continues(&Facts::of(&head))?;
            Err(Rupture::NotThePart(head.status).into())
        }
    }
}

/// The request for what is missing.
fn rest(wanted: &Admitted, ask: &Ask) -> Result<Admitted, Rupture> {
    let Ask { first, last, tag } = ask;
    let last = last.map(|last| last.to_string()).unwrap_or_default();
    let range = HeaderValue::try_from(format!("bytes={first}-{last}")).map_err(|_| Rupture::OtherPart)?;
    let mut headers = wanted.headers.clone();
    for name in [IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE, IF_RANGE] {
        headers.remove(name);
    }
    headers.insert(RANGE, range);
    headers.insert(IF_MATCH, tag.clone());
    Ok(Admitted { headers, ..wanted.clone() })
}

#[cfg(test)]
mod tests {
    use super::rest;
    use crate::{
        admit::{Admitted, Verb},
        transfer::Ask,
    };
    use http::{HeaderMap, HeaderName, HeaderValue, header};

    fn sent(clients: &[(HeaderName, &'static str)], last: Option<u64>) -> Vec<(String, String)> {
        let headers: HeaderMap =
            clients.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        let wanted = Admitted { verb: Verb::Get, path: "/b/k".into(), query: String::new(), headers };
        let ask = Ask { first: 5, last, tag: HeaderValue::from_static("\"a\"") };
        let rest = rest(&wanted, &ask).unwrap();
        let mut sent: Vec<_> = rest
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        sent.sort();
        sent
    }

    #[test]
    fn fault_d3_the_rest_is_asked_for_by_range_and_version() {
        let expected =
            [("if-match", "\"a\""), ("range", "bytes=5-9")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        assert_eq!(sent(&[(header::RANGE, "bytes=2-9")], Some(9)), expected);
        assert_eq!(sent(&[], None)[1].1, "bytes=5-");
    }

    #[test]
    fn fault_d8_the_clients_preconditions_were_met_and_count_no_more() {
        let clients = [
            (header::IF_NONE_MATCH, "\"b\""),
            (header::IF_MATCH, "\"a\", \"c\""),
            (header::IF_RANGE, "\"b\""),
            (header::USER_AGENT, "kopia"),
        ];
        let names: Vec<_> = sent(&clients, Some(9)).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["if-match", "range", "user-agent"]);
    }
}
