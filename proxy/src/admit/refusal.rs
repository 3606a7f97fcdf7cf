//! Why a request was not signed.
//!
//! Output: a status, an S3 error code and a sentence, all fixed texts. Must not: repeat what the client sent.

use crate::http1::Malformed;
use http::StatusCode;

/// A request that is answered here and never sent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Only reads are signed.
    #[error("only GET and HEAD are served; the bucket is never written to")]
    Method,
    /// No head of HTTP/1.1.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// More bytes than any head of a client has.
    #[error("the head of the request is too long")]
    HeadTooLong,
    /// A read has no body; one that claims to is an attempt at smuggling.
    #[error("a GET or HEAD must not have a body")]
    Body,
    /// Proxy requests name a host; the host is not the client's to choose.
    #[error("the request target must be a path")]
    AbsoluteForm,
    /// Longer than the longest key there can be.
    #[error("the request target is too long")]
    TargetTooLong,
    /// No single meaning.
    #[error("the request target is not percent-encoded UTF-8")]
    Undecodable,
    /// Another bucket.
    #[error("only one bucket is served, and this is not it")]
    OtherBucket,
    /// Outside of the prefix.
    #[error("the key or listed prefix lies outside of the one prefix that is served")]
    OutsidePrefix,
    /// `.` or `..` as a segment.
    #[error("'.' and '..' are no segments of a key here")]
    DotSegment,
    /// A sub-resource or parameter that no restore needs.
    #[error("this query is not among those a restore needs")]
    Query,
    /// A header that would change what is asked of S3.
    #[error("a header of this request is not among those a restore needs")]
    Header,
}

impl Refusal {
    /// The status it is answered with, always 4xx.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::TargetTooLong => StatusCode::URI_TOO_LONG,
            Self::OtherBucket | Self::OutsidePrefix | Self::DotSegment | Self::Query => StatusCode::FORBIDDEN,
            Self::HeadTooLong | Self::Malformed(Malformed::TooManyFields) => {
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
            }
            Self::Malformed(_) | Self::Body | Self::AbsoluteForm | Self::Undecodable | Self::Header => {
                StatusCode::BAD_REQUEST
            }
        }
    }

    /// The code in the XML document, one that S3 clients know.
    pub fn code(self) -> &'static str {
        match self {
            Self::Method => "MethodNotAllowed",
            Self::Undecodable => "InvalidURI",
            Self::TargetTooLong => "KeyTooLongError",
            Self::OtherBucket | Self::OutsidePrefix | Self::DotSegment | Self::Query => "AccessDenied",
            Self::HeadTooLong | Self::Malformed(_) | Self::Body | Self::AbsoluteForm | Self::Header => {
                "InvalidRequest"
            }
        }
    }
}
