//! What came of requests.
//!
//! Input: each answer, and each signature that S3 refused. Output: how many there were. Must not: keep more of a request
//! than its method and the first digit of its status.

use crate::admit::Verb;
use contract::broker::{AnswerStats, RequestStats, ResignStats};
use http::StatusCode;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// By the first digit of the status, from 2 on.
type Answers = [AtomicU64; 4];

/// Running totals.
#[derive(Debug, Default)]
pub struct Requests {
    get: Answers,
    head: Answers,
    other: Answers,
    credentials: AtomicU64,
    clock: AtomicU64,
}

/// Why S3 refused a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resigned {
    /// It does not know these credentials, or no longer.
    Credentials,
    /// The clocks are too far apart.
    Clock,
}

impl Requests {
    /// A client was answered; no verb where it asked for something else.
    pub fn answer(&self, verb: Option<Verb>, status: StatusCode) {
        let answers = match verb {
            Some(Verb::Get) => &self.get,
            Some(Verb::Head) => &self.head,
            None => &self.other,
        };
        let nth = usize::from(status.as_u16() / 100).saturating_sub(2).min(answers.len() - 1);
        answers[nth].fetch_add(1, Relaxed);
    }

    /// A request has to be signed anew.
    pub fn resign(&self, cause: Resigned) {
        let count = match cause {
            Resigned::Credentials => &self.credentials,
            Resigned::Clock => &self.clock,
        };
        count.fetch_add(1, Relaxed);
    }

    /// Answers so far.
    pub fn answered(&self) -> RequestStats {
        RequestStats { get: so_far(&self.get), head: so_far(&self.head), other: so_far(&self.other) }
    }

    /// Refused signatures so far.
    pub fn resigned(&self) -> ResignStats {
        ResignStats { credentials: self.credentials.load(Relaxed), clock: self.clock.load(Relaxed) }
    }
}

fn so_far(answers: &Answers) -> AnswerStats {
    let [success, redirection, client_error, server_error] =
        answers.each_ref().map(|count| count.load(Relaxed));
    AnswerStats { success, redirection, client_error, server_error }
}

#[cfg(test)]
mod tests {
    use super::{Requests, Resigned};
    use crate::admit::Verb;
    use contract::broker::{AnswerStats, RequestStats, ResignStats};
    use http::StatusCode;

    #[test]
    fn each_answer_is_counted_once_under_its_method_and_the_first_digit_of_its_status() {
        let requests = Requests::default();
        for (verb, status, times) in [
            (Some(Verb::Get), 200, 1),
            (Some(Verb::Get), 206, 2),
            (Some(Verb::Get), 304, 3),
            (Some(Verb::Get), 404, 4),
            (Some(Verb::Get), 503, 5),
            (Some(Verb::Head), 200, 6),
            (None, 405, 7),
        ] {
            (0..times).for_each(|_| requests.answer(verb, StatusCode::from_u16(status).unwrap()));
        }
        let get = AnswerStats { success: 3, redirection: 3, client_error: 4, server_error: 5 };
        let head = AnswerStats { success: 6, ..AnswerStats::default() };
        let other = AnswerStats { client_error: 7, ..AnswerStats::default() };
        assert_eq!(requests.answered(), RequestStats { get, head, other });
    }

    #[test]
    fn refused_signatures_are_counted_by_why_they_were() {
        let requests = Requests::default();
        requests.resign(Resigned::Clock);
        (0..2).for_each(|_| requests.resign(Resigned::Credentials));
        assert_eq!(requests.resigned(), ResignStats { credentials: 2, clock: 1 });
    }
}
