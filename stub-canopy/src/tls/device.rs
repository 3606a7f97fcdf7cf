//! The enrolled device: a key and a name.
//!
//! Input: one certificate of the device; certificates callers show. Output: whether a caller is the device.
//! Must not: ask the clock, or trust a certificate because another one signed it. Devices make themselves a new
//! self-signed certificate from their key every few days, so the key and the name are what stays.

use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use x509_parser::{
    certificate::X509Certificate, der_parser::asn1_rs::FromDer as _, time::ASN1Time, x509::X509Name,
};

/// A device that may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// `SubjectPublicKeyInfo` in DER: algorithm and key.
    key: Vec<u8>,
    name: Name,
}

/// A file that enrols no device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnrolError {
    /// It holds none, several, or something else.
    #[error("it holds {0} certificates in PEM where one is expected")]
    CountCertificates(usize),
    /// The certificate cannot be read.
    #[error("its certificate cannot be read: {0}")]
    ReadCertificate(String),
}

/// Why a caller is not the device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stranger {
    #[error("the client certificate cannot be read")]
    Unreadable,
    #[error("the client certificate's key is not the enrolled one")]
    OtherKey,
    #[error("the client certificate's name is not the enrolled one")]
    OtherName,
    #[error("the client certificate is not self-signed")]
    NotSelfSigned,
    #[error("the client certificate is not valid at this time")]
    OutOfDate,
}

/// A distinguished name, comparable however its texts are encoded.
type Name = Vec<Vec<(String, String)>>;

impl Enrolled {
    /// The device whose certificate `pem` holds.
    pub fn from_pem(pem: &[u8]) -> Result<Self, EnrolError> {
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem).filter_map(Result::ok).collect();
        let [certificate] = certificates.as_slice() else {
            return Err(EnrolError::CountCertificates(certificates.len()));
        };
        let parsed =
            parse(certificate).ok_or_else(|| EnrolError::ReadCertificate("it is no X.509".to_owned()))?;
        Ok(Self { key: parsed.public_key().raw.to_vec(), name: name(parsed.subject()) })
    }

    /// Whether a caller that proved to hold the key of `shown` is the device.
    pub(crate) fn judge(&self, shown: &[u8], now: Timestamp) -> Result<(), Stranger> {
        let shown = parse(shown).ok_or(Stranger::Unreadable)?;
        require(shown.public_key().raw == self.key, Stranger::OtherKey)?;
        require(name(shown.subject()) == self.name, Stranger::OtherName)?;
        require(name(shown.issuer()) == self.name, Stranger::NotSelfSigned)?;
        require(shown.verify_signature(None).is_ok(), Stranger::NotSelfSigned)?;
        let now = ASN1Time::from_timestamp(now.as_second()).map_err(|_| Stranger::OutOfDate)?;
        require(shown.validity().is_valid_at(now), Stranger::OutOfDate)
    }
}

fn require(holds: bool, otherwise: Stranger) -> Result<(), Stranger> {
    if holds { Ok(()) } else { Err(otherwise) }
}

fn parse(der: &[u8]) -> Option<X509Certificate<'_>> {
    let (rest, certificate) = X509Certificate::from_der(der).ok()?;
    rest.is_empty().then_some(certificate)
}

fn name(name: &X509Name<'_>) -> Name {
    let part = |part: &x509_parser::x509::RelativeDistinguishedName<'_>| {
        part.iter().map(|at| (at.attr_type().to_id_string(), text(at))).collect()
    };
    name.iter().map(part).collect()
}

/// The text of an attribute; one in an encoding without a text compares by its bytes.
fn text(attribute: &x509_parser::x509::AttributeTypeAndValue<'_>) -> String {
    attribute.as_str().map_or_else(|_| format!("{:02x?}", attribute.as_slice()), str::to_owned)
}

#[cfg(test)]
mod tests;
