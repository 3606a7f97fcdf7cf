//! The broker of the operator, asked over HTTP.
//!
//! Input: what to ask for, the token file. Output: credentials as the broker gave them, or what went wrong.
//! Must not: keep the token between calls (kubelet replaces it), or repeat an answer's body in an error.

use super::keeper::Issuer;
use crate::post::{PostError, Poster};
use contract::{
    broker::{BrokerAnswer, BrokerRequest, CREDENTIALS_PATH},
    canopy::Credentials,
};
use http::StatusCode;
use url::Url;

/// Why the broker gave no credentials.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// No answer.
    #[error("failed to ask the broker at {url}: {source}")]
    Ask {
        /// Where.
        url: Url,
        /// What went wrong.
        source: PostError,
    },
    /// It does not want to: a matter of configuration or of a grant that was withdrawn.
    #[error(
        "the broker at {url} refused with {status}: this pod's token, group and type must match its replica, \
         and Canopy must grant the restore"
    )]
    Refused {
        /// Where.
        url: Url,
        /// 4xx.
        status: StatusCode,
    },
    /// It cannot.
    #[error("the broker at {url} answered {status}: expected 200")]
    Failed {
        /// Where.
        url: Url,
        /// Neither 200 nor 4xx.
        status: StatusCode,
    },
    /// Not what the contract says.
    #[error(
        "the broker at {url} answered with something else than credentials (line {line}, column {column})"
    )]
    Read {
        /// Where.
        url: Url,
        /// Place of the first mistake; the text itself may hold secrets.
        line: usize,
        /// Place of the first mistake.
        column: usize,
    },
}

/// Asks one broker for one group and type.
pub struct Broker {
    url: Url,
    body: Vec<u8>,
    poster: Poster,
}

impl Broker {
    /// `base` is the broker's base URL.
    pub fn new(base: &Url, request: &BrokerRequest, poster: Poster) -> Result<Self, serde_json::Error> {
        let mut url = base.clone();
        url.set_path(&format!("{}{CREDENTIALS_PATH}", base.path().trim_end_matches('/')));
        Ok(Self { url, body: serde_json::to_vec(request)?, poster })
    }

    fn read(&self, status: StatusCode, body: &[u8]) -> Result<Credentials, BrokerError> {
        let url = self.url.clone();
        match status {
            StatusCode::OK => serde_json::from_slice::<BrokerAnswer>(body)
                .map(|answer| answer.credentials)
                .map_err(|error| BrokerError::Read { url, line: error.line(), column: error.column() }),
            refused if refused.is_client_error() => Err(BrokerError::Refused { url, status }),
            _ => Err(BrokerError::Failed { url, status }),
        }
    }
}

impl Issuer for Broker {
    async fn issue(&self) -> Result<Credentials, BrokerError> {
        let answer = self.poster.post(&self.url, self.body.clone()).await;
        let (status, body) = answer.map_err(|source| BrokerError::Ask { url: self.url.clone(), source })?;
        self.read(status, &body)
    }
}

#[cfg(test)]
mod tests {
    use super::{Broker, BrokerError};
    use crate::{limits::Limits, post::Poster, upstream};
    use contract::broker::BrokerRequest;
    use http::StatusCode;

    fn broker(base: &str) -> Broker {
        // A second installation in one process is refused, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let tls = upstream::roots::client_config(None, false).unwrap();
        let limits = Limits::default();
        let poster = Poster::new(upstream::post_client(tls, &limits), None, limits.broker_call);
        let group = "00000000-0000-0000-0000-000000000001".parse().unwrap();
        let request = BrokerRequest { group, backup_type: "t".parse().unwrap() };
        Broker::new(&base.parse().unwrap(), &request, poster).unwrap()
    }

    #[test]
    fn the_endpoint_lies_under_the_base_url() {
        for base in ["http://b:9091", "http://b:9091/"] {
            assert_eq!(broker(base).url.as_str(), "http://b:9091/internal/restore-creds");
        }
        assert_eq!(broker("http://b/x/").url.as_str(), "http://b/x/internal/restore-creds");
    }

    #[test]
    fn a_refusal_and_a_failure_are_told_apart() {
        let read = |status| broker("http://b").read(status, b"canary").unwrap_err();
        assert!(matches!(read(StatusCode::FORBIDDEN), BrokerError::Refused { .. }));
        assert!(matches!(read(StatusCode::BAD_GATEWAY), BrokerError::Failed { .. }));
        assert!(matches!(read(StatusCode::FOUND), BrokerError::Failed { .. }));
    }

    #[test]
    fn an_answer_that_cannot_be_read_is_not_repeated() {
        let answer = br#"{"credentials":{"Version":1,"AccessKeyId":"canary","SecretAccessKey":7}}"#;
        let error = broker("http://b").read(StatusCode::OK, answer).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
}
