//! Posts one JSON document to the operator: the broker and the statistics callback.
//!
//! Input: a URL, a document, the file with the bearer token. Output: status and body. Must not: follow redirects (the
//! token would leak), read an unbounded answer, wait without a deadline, or keep the token.

use bytes::Bytes;
use contract::secret::{ExposeSecret, SecretString};
use http::{
    HeaderValue, Method, Request, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use std::{error::Error, path::PathBuf, time::Duration};
use url::Url;

/// Credentials with the longest of tokens are far below this.
const LARGEST_ANSWER: usize = 64 * 1024;

/// The client for such calls.
pub type PostClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// No token to show.
    #[error("failed to read the bearer token from {}: {source}", path.display())]
    ReadToken {
        /// The token file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The token or the URL cannot be put into a request.
    #[error("failed to build the request: {0}")]
    Build(http::Error),
    /// Not delivered, or not answered.
    #[error("failed to send the request: {0}")]
    Send(String),
    /// The answer broke off.
    #[error("failed to read the answer: {0}")]
    Receive(String),
    /// The answer is longer than any honest one.
    #[error("the answer is longer than {LARGEST_ANSWER} bytes")]
    TooLong,
    /// Out of time.
    #[error("no answer within {} s", .0.as_secs_f32())]
    Deadline(Duration),
}

/// Posts with a bearer token and a deadline.
#[derive(Clone)]
pub struct Poster {
    client: PostClient,
    token_file: Option<PathBuf>,
    deadline: Duration,
}

impl Poster {
    /// Without a token file, no `Authorization` is sent.
    pub fn new(client: PostClient, token_file: Option<PathBuf>, deadline: Duration) -> Self {
        Self { client, token_file, deadline }
    }

    /// One call; the token is read anew.
    pub async fn post(&self, url: &Url, json: Vec<u8>) -> Result<(StatusCode, Bytes), PostError> {
        let call = self.call(url, json);
        tokio::time::timeout(self.deadline, call).await.map_err(|_| PostError::Deadline(self.deadline))?
    }

    async fn call(&self, url: &Url, json: Vec<u8>) -> Result<(StatusCode, Bytes), PostError> {
        let mut request = Request::builder().method(Method::POST).uri(url.as_str());
        request = request.header(CONTENT_TYPE, "application/json");
        if let Some(token) = self.token().await? {
            request = request.header(AUTHORIZATION, bearer(&token).map_err(PostError::Build)?);
        }
        let request = request.body(Full::from(json)).map_err(PostError::Build)?;
        let answer = self.client.request(request).await.map_err(|error| PostError::Send(chain(&error)))?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), LARGEST_ANSWER).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                PostError::TooLong
            } else {
                PostError::Receive(chain(&*error))
            }
        })?;
        Ok((status, body.to_bytes()))
    }

    async fn token(&self) -> Result<Option<SecretString>, PostError> {
        let Some(path) = &self.token_file else { return Ok(None) };
        match tokio::fs::read_to_string(path).await {
            Ok(text) => Ok(Some(text.trim().into())),
            Err(source) => Err(PostError::ReadToken { path: path.clone(), source }),
        }
    }
}

fn bearer(token: &SecretString) -> Result<HeaderValue, http::Error> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// An error with all its causes: hyper's own text is only "client error (Connect)".
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn a_token_that_cannot_stand_in_a_header_is_an_error_that_does_not_show_it() {
        let error = bearer(&"canary\n".into()).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"));
    }

    #[test]
    fn the_header_is_marked_sensitive() {
        assert!(!format!("{:?}", bearer(&"canary".into()).unwrap()).contains("canary"));
    }
}
