//! The cluster's time: a clock, corrected by the dates in the API server's answers.
//!
//! What is waited for began when the API server says, so it ends by the API server's time, too: a node whose clock is
//! off by an hour when the operator starts there ends no wait at once, nor puts one off.
//!
//! Input: a clock, and answers. Output: instants. Must not: believe an answer that was long on its way, or take the
//! seconds dates are rounded to for a difference.

use super::Clock;
use http::{HeaderMap, header::DATE};
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use kube::{Client, client::Body};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::Instant;

/// Less is no difference: dates have whole seconds, and answers take a while.
const NOISE: SignedDuration = SignedDuration::from_secs(5);

/// Follows a clock, and shows what the API server's shows; copies learn together.
#[derive(Clone)]
pub struct ClusterClock(Arc<Corrected>);

struct Corrected {
    clock: Arc<dyn Clock>,
    /// How far the cluster is ahead of it.
    ahead: Mutex<SignedDuration>,
}

impl ClusterClock {
    /// Shows what `clock` shows until an answer tells otherwise.
    pub fn correcting(clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Corrected { clock, ahead: Mutex::default() }))
    }

    /// `client`, whose answers this clock hears.
    #[must_use]
    pub fn hearing(&self, client: &Client) -> Client {
        let (inner, clock) = (client.clone(), self.clone());
        let service = tower::service_fn(move |request: http::Request<Body>| {
            let (inner, clock) = (inner.clone(), clock.clone());
            async move {
                let asked = Instant::now();
                let answer = inner.send(request).await?;
                clock.hear(answer.headers(), asked.elapsed().try_into().unwrap_or(SignedDuration::MAX));
                Ok::<_, kube::Error>(answer)
            }
        });
        Client::new(service, client.default_namespace()).with_valid_until(*client.valid_until())
    }

    fn hear(&self, headers: &HeaderMap, took: SignedDuration) {
        let Some(theirs) = date(headers).filter(|_| took < NOISE) else { return };
        let off = theirs.duration_since(self.now());
        if off.abs() <= NOISE {
            return;
        }
        *self.0.ahead.lock().unwrap_or_else(PoisonError::into_inner) += off;
        let seconds = off.as_secs();
        tracing::warn!(seconds, "the API server's clock shows another time; it is followed");
    }
}

impl Clock for ClusterClock {
    fn now(&self) -> Timestamp {
        let ahead = *self.0.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.clock.now().saturating_add(ahead).unwrap_or(Timestamp::MAX)
    }
}

fn date(headers: &HeaderMap) -> Option<Timestamp> {
    Some(rfc2822::parse(headers.get(DATE)?.to_str().ok()?).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::{super::ManualClock, Clock, ClusterClock, SignedDuration, Timestamp};
    use http::{HeaderMap, HeaderValue, header::DATE};
    use std::{sync::Arc, time::Duration};

    const DAY: &str = "Fri, 06 Nov 2026 12:00:00 GMT";

    /// After an answer with this date that took so long, of a clock that shows 11:00.
    fn heard(date: &'static str, took: i64) -> Timestamp {
        let clock = ClusterClock::correcting(Arc::new(ManualClock::at(at("11:00:00"))));
        let headers = HeaderMap::from_iter([(DATE, HeaderValue::from_static(date))]);
        clock.hear(&headers, SignedDuration::from_secs(took));
        clock.hear(&headers, SignedDuration::from_secs(took));
        clock.now()
    }

    fn at(time: &str) -> Timestamp {
        format!("2026-11-06T{time}Z").parse().unwrap()
    }

    #[test]
    fn fault_a25_a_clock_that_is_wrong_from_the_start_is_corrected_by_the_api_server() {
        assert_eq!(heard(DAY, 0), at("12:00:00"));
        assert_eq!(heard("Fri, 06 Nov 2026 10:00:00 GMT", 0), at("10:00:00"));
    }

    #[test]
    fn rounding_a_long_way_and_what_is_no_date_change_nothing() {
        let tells_nothing = [("Fri, 06 Nov 2026 11:00:05 GMT", 0), (DAY, 5), ("noon", 0), ("", 0)];
        for (date, took) in tells_nothing {
            assert_eq!(heard(date, took), at("11:00:00"), "{date}");
        }
    }

    #[tokio::test]
    async fn fault_a25_every_client_that_is_heard_corrects_the_clock() {
        let server = fake_apiserver::ApiServer::new(|| "2026-11-06T12:00:00Z".parse().unwrap());
        let system = ManualClock::at(at("11:00:00"));
        let clock = ClusterClock::correcting(Arc::new(system.clone()));
        let client = clock.hearing(&server.client("someone"));
        assert_eq!(clock.now(), at("11:00:00"));
        let namespaces: kube::Api<k8s_openapi::api::core::v1::Namespace> = kube::Api::all(client);
        namespaces.list(&kube::api::ListParams::default()).await.unwrap();
        assert_eq!(clock.now(), at("12:00:00"));
        system.advance(Duration::from_secs(30));
        assert_eq!(clock.now(), at("12:00:30"));
    }
}
