//! Answers as problem documents of RFC 7807.
//!
//! Input: a status and what happened. Output: an [`Answer`]. Must not: be used for a success.

use crate::routes::Answer;
use bytes::Bytes;
use contract::canopy::Problem;
use http::StatusCode;

/// A problem whose kind is given by its status.
pub(crate) fn answer(status: StatusCode, detail: impl Into<String>) -> Answer {
    let title = status.canonical_reason().unwrap_or("Problem");
    let problem = Problem::of_status(status.as_u16(), title, detail);
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    Answer { status, content_type: Problem::CONTENT_TYPE, body: Bytes::from(body) }
}

#[cfg(test)]
mod tests {
    use super::answer;
    use http::StatusCode;
    use serde_json::{Value, json};

    #[test]
    fn a_problem_says_type_title_status_and_detail() {
        let answer = answer(StatusCode::CONFLICT, "not ready");
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(
            body,
            json!({"type": "about:blank", "title": "Conflict", "status": 409, "detail": "not ready"})
        );
        assert_eq!(answer.content_type, "application/problem+json");
    }

    #[test]
    fn a_status_without_a_name_still_has_a_title() {
        let answer = answer(StatusCode::from_u16(599).unwrap(), "");
        assert!(String::from_utf8_lossy(&answer.body).contains("\"title\":\"Problem\""));
    }
}
