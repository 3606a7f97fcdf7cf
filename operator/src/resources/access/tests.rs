use super::{Access, Role, access_secret, password_of};
use crate::resources::{Place, fixtures};
use contract::{
    ids::Intent,
    secret::{ExposeSecret, SecretString},
};
use k8s_openapi::{ByteString, api::core::v1::Secret};
use percent_encoding::percent_decode_str;
use proptest::prelude::*;

fn access(password: &str, database: &str) -> Access {
    let order = fixtures::serve_order(Intent::Analytics);
    Access::of(Role::Analytics, &order.namespace, SecretString::from(password), database)
}

fn secret_of(access: &Access) -> Secret {
    let order = fixtures::serve_order(Intent::Analytics);
    access_secret(&fixtures::site(), Place::from(&order), Role::Analytics, access)
}

fn texts(secret: &Secret) -> Vec<(&str, &str)> {
    let data = secret.data.as_ref().unwrap();
    data.iter().map(|(key, ByteString(value))| (key.as_str(), std::str::from_utf8(value).unwrap())).collect()
}

#[test]
fn a_client_finds_every_part_and_the_whole() {
    let host = "postgres.clinic-north-78d68721.svc";
    let uri = format!("postgresql://pgro_analytics:s3cret@{host}:5432/app");
    let expected = [
        ("dbname", "app"),
        ("host", host),
        ("password", "s3cret"),
        ("port", "5432"),
        ("uri", uri.as_str()),
        ("username", "pgro_analytics"),
    ];
    assert_eq!(texts(&secret_of(&access("s3cret", "app"))), expected);
}

#[test]
fn the_password_reads_back_for_the_next_refresh() {
    let kept = password_of(&secret_of(&access("kept over refreshes", "app"))).unwrap();
    assert_eq!(kept.expose_secret(), "kept over refreshes");
}

#[test]
fn a_secret_without_a_usable_password_has_none() {
    assert!(password_of(&Secret::default()).is_none());
    for useless in [vec![], vec![0xff]] {
        let mut secret = secret_of(&access("x", "app"));
        secret.data.as_mut().unwrap().insert("password".to_owned(), ByteString(useless));
        assert!(password_of(&secret).is_none());
    }
}

#[test]
fn fault_g6_access_is_not_printed_with_its_password() {
    assert!(!format!("{:?}", access("canary-7f3a", "app")).contains("canary"));
}

#[test]
fn the_two_roles_share_neither_name_nor_secret() {
    let [superuser, analytics] = Role::ALL;
    assert_ne!(superuser.username(), analytics.username());
    assert_ne!(superuser.secret(), analytics.secret());
}

proptest! {
    /// As libpq reads it: `.` and `..` are databases like any other there, while URL libraries walk up a path.
    #[test]
    fn fault_f15_any_password_and_database_survive_the_uri(password in ".{1,40}", database in ".{1,40}") {
        let uri = access(&password, &database).uri();
        let parts: Vec<&str> = uri.split(['/', '@', ':', '?', '#']).collect();
        let decoded = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
        let [_, _, _, user, secret, host, port, path] = parts.as_slice() else { panic!("eight parts: {uri}") };
        prop_assert_eq!((decoded(user), decoded(secret)), ("pgro_analytics".to_owned(), password));
        prop_assert_eq!((*host, *port), ("postgres.clinic-north-78d68721.svc", "5432"));
        prop_assert_eq!(decoded(path), database);
    }
}
