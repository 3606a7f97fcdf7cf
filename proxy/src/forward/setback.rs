//! Why a try came to nothing, and what a person should know about an answer that is passed on.

use crate::{errors_xml::S3Error, http1::ResponseHead, post::chain};
use http::StatusCode;
use jiff::SignedDuration;
use std::{error::Error, time::Duration};

/// A try after which another may follow.
#[derive(Debug, thiserror::Error)]
pub enum Setback {
    /// S3 does not know these credentials, or no longer.
    #[error("S3 refused the credentials: {status} {code}")]
    Credentials {
        /// As answered.
        status: StatusCode,
        /// As answered.
        code: String,
    },
    /// Our clock was off by so much.
    #[error("S3 refused the date of the request: our clock was {} s behind S3's", .by.as_secs())]
    Clock {
        /// Negative where it was ahead.
        by: SignedDuration,
    },
    /// S3 asks for patience.
    #[error("S3 answered {status} {code}")]
    Status {
        /// As answered.
        status: StatusCode,
        /// As answered.
        code: String,
    },
    /// Not connected, or the connection broke before there was an answer.
    #[error("failed to reach S3: {0}")]
    Send(String),
    /// The answer broke before its first byte.
    #[error("the answer of S3 broke off: {0}")]
    Broken(String),
    /// No answer in time.
    #[error("no answer from S3 within {} s", .0.as_secs_f32())]
    Slow(Duration),
    /// An answer that ended as it should, but before its range did.
    #[error("S3's answer ended before its range did")]
    Short,
    /// A byte now and then.
    #[error("next to nothing from S3 within {} s of waiting", .0.as_secs_f32())]
    Drip(Duration),
    /// Another part than the client's range asks for.
    #[error("S3 answered with another range than was asked for")]
    OtherPart,
    /// A list that no S3 sends.
    #[error("S3 answered with a list of more than {0} bytes")]
    TooLong(usize),
    /// An answer whose end cannot be told from a break.
    #[error("S3 answered without a length: its end could not be told from a break")]
    Unframed,
    /// Beyond the calendar.
    #[error("failed to tell S3's time: {0}")]
    Time(#[from] jiff::Error),
}

impl Setback {
    /// From what the connection says, with its causes.
    pub fn send(error: &dyn Error) -> Self {
        Self::Send(chain(error))
    }

    /// The same, once an answer has begun.
    pub fn broken(error: &dyn Error) -> Self {
        Self::Broken(chain(error))
    }

    /// Whether S3 asked for fewer requests.
    pub fn is_overload(&self) -> bool {
        matches!(self, Self::Status { status, .. } if matches!(status.as_u16(), 429 | 503))
    }
}

/// Logs what a person can mend: an answer that says this proxy is configured wrongly.
pub fn explain(head: &ResponseHead, error: &S3Error) {
    let region = head.only("x-amz-bucket-region").unwrap_or("unknown");
    let code = error.code.as_str();
    if head.status.is_redirection() || code == "AuthorizationHeaderMalformed" {
        tracing::error!(status = %head.status, code, bucket_region = region,
            "S3 says the bucket lies elsewhere: PGRO_S3_REGION or PGRO_S3_ENDPOINT is wrong; redirects are not followed");
    } else if head.status != StatusCode::NOT_FOUND {
        tracing::warn!(status = %head.status, code, s3_message = error.message, "S3 refused a request");
    }
}

#[cfg(test)]
mod tests {
    use super::Setback;
    use http::StatusCode;

    #[test]
    fn fault_d1_only_overload_asks_for_fewer_requests() {
        let is_overload = |status| {
            let status = StatusCode::from_u16(status).unwrap();
            Setback::Status { status, code: String::new() }.is_overload()
        };
        assert!(is_overload(503) && is_overload(429));
        assert!(!is_overload(500) && !Setback::Broken(String::new()).is_overload());
    }
}
