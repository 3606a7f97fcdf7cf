//! One HTTP answer of Canopy: read within a bound, then judged by its status.

use super::{
    CanopyError, Endpoint, Result, error::PASSING_REFUSALS, retry_after::retry_after, worklist::shape_of,
};
use contract::canopy::Problem;
use jiff::Timestamp;
use reqwest::{Response, StatusCode, header::CONTENT_TYPE};
use serde::de::DeserializeOwned;
use std::{error::Error, fmt::Write as _};

/// Longest text kept of what a peer or a library said.
const MAX_TEXT: usize = 300;
/// Longest problem document that is read.
const MAX_PROBLEM_BYTES: usize = 64 * 1024;

/// Passes a successful answer on, and turns any other, which came at `now`, into an error. A refusal is Canopy's only
/// in a problem document: without one it is an ingress's that does not find Canopy, and speaks of no request.
pub(super) async fn judge(endpoint: Endpoint, response: Response, now: Timestamp) -> Result<Response> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    if !(status.is_client_error() || status.is_server_error()) {
        let why = format!("status {}; redirects are never followed", status.as_u16());
        return Err(CanopyError::Unreadable { endpoint, why });
    }
    let asked = retry_after(response.headers(), now);
    let asked = asked.filter(|_| status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS);
    let body = if is_json(&response) { read(endpoint, response, MAX_PROBLEM_BYTES).await.ok() } else { None };
    let problem = body.and_then(|body| serde_json::from_slice::<Problem>(&body).ok());
    let in_its_own_words = problem.is_some();
    let detail = detail(status, problem);
    let status = status.as_u16();
    if let Some(retry_after) = asked {
        return Err(CanopyError::Busy { endpoint, status, detail, retry_after });
    }
    Err(match status {
        400..500 if in_its_own_words || PASSING_REFUSALS.contains(&status) => {
            CanopyError::Refused { endpoint, status, detail }
        }
        _ => CanopyError::Upstream { endpoint, status, detail },
    })
}

/// The body of a successful answer, which has to be JSON.
pub(super) async fn json_body(endpoint: Endpoint, response: Response, limit: usize) -> Result<Vec<u8>> {
    if !is_json(&response) {
        return Err(CanopyError::Unreadable { endpoint, why: "its content type is not JSON".to_owned() });
    }
    read(endpoint, response, limit).await
}

/// A body as `T`; the error tells the place, never the text, which may be a secret.
pub(super) fn parsed<T: DeserializeOwned>(endpoint: Endpoint, body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|error| CanopyError::Unreadable { endpoint, why: shape_of(&error) })
}

/// What went wrong on the way, with its causes, without the address.
pub(super) fn unreachable(endpoint: Endpoint, error: reqwest::Error) -> CanopyError {
    CanopyError::Unreachable { endpoint, why: chain(&error.without_url()) }
}

/// An error and its causes in one bounded line.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause.take().filter(|_| text.len() < MAX_TEXT) {
        _ = write!(text, ": {error}");
        cause = error.source();
    }
    bounded(&text)
}

async fn read(endpoint: Endpoint, mut response: Response, limit: usize) -> Result<Vec<u8>> {
    // Room for what is announced, so that a list of megabytes does not grow into twice its size.
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok());
    let mut body = Vec::with_capacity(announced.unwrap_or_default().min(limit));
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(endpoint, error))? {
        if body.len() + chunk.len() > limit {
            let why = format!("it is longer than {limit} bytes");
            return Err(CanopyError::Unreadable { endpoint, why });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn is_json(response: &Response) -> bool {
    let text = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence =
        text.and_then(|text| text.split(';').next()).unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn detail(status: StatusCode, problem: Option<Problem>) -> String {
    match problem {
        Some(Problem { title, detail: Some(detail), .. }) => bounded(&format!("{title}: {detail}")),
        Some(Problem { title, .. }) => bounded(&title),
        None => status.canonical_reason().unwrap_or("without a reason").to_owned(),
    }
}

/// One line of at most [`MAX_TEXT`] characters, safe to log and to store.
fn bounded(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::{MAX_TEXT, bounded, detail};
    use reqwest::StatusCode;

    #[test]
    fn a_problem_document_speaks_for_itself() {
        let said = |body: &str| detail(StatusCode::FORBIDDEN, serde_json::from_str(body).ok());
        let whole = r#"{"title":"Forbidden","status":403,"detail":"no declaration grants it"}"#;
        assert_eq!(said(whole), "Forbidden: no declaration grants it");
        assert_eq!(said(r#"{"title":"No","status":403}"#), "No");
        assert_eq!(said("<html>canary</html>"), "Forbidden", "what is none is not repeated");
    }

    #[test]
    fn fault_g5_a_hostile_text_becomes_one_short_line() {
        let line = bounded(&format!("a\r\nlevel=error\u{1b}[31m{}", "x".repeat(1_000)));
        assert!(!line.contains(char::is_control));
        assert_eq!(line.chars().count(), MAX_TEXT);
    }
}
