use super::{EnrolError, Enrolled, Stranger};
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, DnValue, IsCa, Issuer, KeyPair,
    date_time_ymd,
};

fn named(name: impl Into<DnValue>) -> CertificateParams {
    let mut params = CertificateParams::new(vec!["device.local".to_owned()]).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name.into());
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2026, 1, 7);
    params
}

fn key() -> KeyPair {
    KeyPair::generate().unwrap()
}

fn enrolled(key: &KeyPair) -> Enrolled {
    Enrolled::from_pem(named("device").self_signed(key).unwrap().pem().as_bytes()).unwrap()
}

fn during() -> Timestamp {
    "2026-01-03T00:00:00Z".parse().unwrap()
}

#[test]
fn a_new_certificate_of_the_enrolled_key_and_name_is_the_device() {
    let key = key();
    let mut renewed = named("device");
    renewed.serial_number = Some(42_u64.into());
    renewed.subject_alt_names.clear();
    let renewed = renewed.self_signed(&key).unwrap();
    assert_eq!(enrolled(&key).judge(renewed.der(), during()), Ok(()));
}

#[test]
fn the_enrolled_certificate_itself_is_the_device_even_after_it_was_enrolled_long_ago() {
    let key = key();
    let mut old = named("device");
    old.not_after = date_time_ymd(2026, 1, 2);
    let enrolled = Enrolled::from_pem(old.self_signed(&key).unwrap().pem().as_bytes()).unwrap();
    assert_eq!(enrolled.judge(named("device").self_signed(&key).unwrap().der(), during()), Ok(()));
}

#[test]
fn a_certificate_that_calls_itself_an_authority_as_openssl_makes_them_is_the_device() {
    let key = key();
    let mut authority = named("device");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    assert_eq!(enrolled(&key).judge(authority.self_signed(&key).unwrap().der(), during()), Ok(()));
}

#[test]
fn the_same_name_in_another_encoding_is_the_same_name() {
    let key = key();
    let printable = DnValue::PrintableString("device".try_into().unwrap());
    assert_eq!(enrolled(&key).judge(named(printable).self_signed(&key).unwrap().der(), during()), Ok(()));
}

#[test]
fn another_key_is_a_stranger_whatever_its_name() {
    let other = named("device").self_signed(&key()).unwrap();
    assert_eq!(enrolled(&key()).judge(other.der(), during()), Err(Stranger::OtherKey));
}

#[test]
fn another_name_is_a_stranger_even_with_the_enrolled_key() {
    let key = key();
    let other = named("intruder").self_signed(&key).unwrap();
    assert_eq!(enrolled(&key).judge(other.der(), during()), Err(Stranger::OtherName));
    let mut more = named("device");
    more.distinguished_name.push(DnType::OrganizationName, "x");
    assert_eq!(
        enrolled(&key).judge(more.self_signed(&key).unwrap().der(), during()),
        Err(Stranger::OtherName)
    );
}

#[test]
fn a_certificate_the_device_signed_for_somebody_else_is_a_stranger() {
    let (device, guest) = (key(), key());
    let issuer = Issuer::new(named("device"), &device);
    let lent = named("device").signed_by(&guest, &issuer).unwrap();
    assert_eq!(enrolled(&device).judge(lent.der(), during()), Err(Stranger::OtherKey));
}

#[test]
fn a_certificate_somebody_else_signed_for_the_device_is_a_stranger() {
    let (device, authority) = (key(), key());
    let enrolled = enrolled(&device);
    let by_authority =
        named("device").signed_by(&device, &Issuer::new(named("authority"), &authority)).unwrap();
    assert_eq!(enrolled.judge(by_authority.der(), during()), Err(Stranger::NotSelfSigned));
    let by_namesake = named("device").signed_by(&device, &Issuer::new(named("device"), &authority)).unwrap();
    assert_eq!(enrolled.judge(by_namesake.der(), during()), Err(Stranger::NotSelfSigned));
}

#[test]
fn a_certificate_whose_bytes_were_changed_is_a_stranger() {
    let key = key();
    let mut der = named("device").self_signed(&key).unwrap().der().to_vec();
    let serial = 20; // within the serial number, which nothing but the signature covers
    der[serial] ^= 1;
    assert_eq!(enrolled(&key).judge(&der, during()), Err(Stranger::NotSelfSigned));
}

#[test]
fn a_certificate_out_of_its_time_is_a_stranger() {
    let key = key();
    let shown = named("device").self_signed(&key).unwrap();
    for when in ["2025-12-31T23:59:59Z", "2026-01-07T00:00:01Z"] {
        assert_eq!(
            enrolled(&key).judge(shown.der(), when.parse().unwrap()),
            Err(Stranger::OutOfDate),
            "{when}"
        );
    }
}

#[test]
fn bytes_that_are_no_certificate_are_a_stranger() {
    let key = key();
    let mut trailing = named("device").self_signed(&key).unwrap().der().to_vec();
    trailing.push(0);
    for bytes in [&b""[..], b"certificate", &trailing] {
        assert_eq!(enrolled(&key).judge(bytes, during()), Err(Stranger::Unreadable));
    }
}

#[test]
fn a_file_enrols_exactly_one_device() {
    let one = named("device").self_signed(&key()).unwrap().pem();
    assert_eq!(Enrolled::from_pem(b"no PEM"), Err(EnrolError::CountCertificates(0)));
    assert_eq!(Enrolled::from_pem(one.repeat(2).as_bytes()), Err(EnrolError::CountCertificates(2)));
    let broken = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
    assert!(matches!(Enrolled::from_pem(broken.as_bytes()), Err(EnrolError::ReadCertificate(_))));
}
