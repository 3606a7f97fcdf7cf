use super::{Settings, SidecarImage, read, variables::ALL};
use std::{collections::BTreeMap, time::Duration};

/// Settings where the given variables are set, on top of what a Canopy needs at least.
fn settings(pairs: &[(&str, &str)]) -> Result<Settings, String> {
    let least = [("CANOPY_BASE_URL", "https://canopy.example"), ("POD_NAME", "pgro-operator-1")];
    let all: BTreeMap<&str, &str> = least.iter().chain(pairs).copied().collect();
    Settings::from_lookup(|name| all.get(name).map(|&text| text.to_owned()))
        .map_err(|error| error.to_string())
}

#[test]
fn without_a_base_url_there_is_no_canopy_and_nothing_else_is_needed() {
    let settings = Settings::from_lookup(|_| None).unwrap();
    assert_eq!(settings.canopy, None);
    assert_eq!(settings.listen.broker.to_string(), "[::]:9091");
    assert_eq!(settings.listen.metrics.to_string(), "[::]:8080");
}

#[test]
fn an_empty_base_url_counts_as_unset() {
    assert_eq!(settings(&[("CANOPY_BASE_URL", "")]).unwrap().canopy, None);
}

#[test]
fn the_defaults_are_those_of_the_contract() {
    let canopy = settings(&[]).unwrap().canopy.unwrap();
    assert_eq!(canopy.interval, Duration::from_secs(30));
    assert_eq!(canopy.limits.max_concurrent_restores, 8);
    assert_eq!(canopy.replicas.postgres_images.of_major(17).as_str(), "docker.io/library/postgres:17");
    assert_eq!(canopy.replicas.pvc_size, None, "volumes are as large as snapshots need");
    assert_eq!(canopy.replicas.pvc_size_max.bytes(), 4 << 40);
    assert!(canopy.teardown.absences >= 3, "one or two odd answers must never be enough");
}

#[test]
fn a_value_that_does_not_parse_is_named_with_what_was_expected() {
    let error = settings(&[("METRICS_ADDR", "8080")]).unwrap_err();
    let expected = "METRICS_ADDR=\"8080\" is not valid: expected an address and port such as [::]:8080";
    assert!(error.starts_with(expected), "{error}");
    assert!(!error.contains('\n'));
}

#[test]
fn every_nonsensical_value_is_refused() {
    for (name, value) in [
        ("CANOPY_BASE_URL", "canopy.example"),
        ("CANOPY_BASE_URL", "ftp://canopy.example"),
        ("CANOPY_BASE_URL", "https://me:secret@canopy.example"),
        ("CANOPY_BASE_URL", "https://canopy.example/?a=b"),
        ("CANOPY_SOCKS5_PROXY", "http://[::1]:1055"),
        ("CANOPY_SOCKS5_PROXY", "socks5h://localhost"),
        ("CANOPY_DEVICE_CERT_SECRET", "Not A Name"),
        ("CANOPY_RECONCILE_INTERVAL_SECS", "0"),
        ("CANOPY_RECONCILE_INTERVAL_SECS", "30s"),
        ("PGRO_BROKER_LISTEN_ADDR", "[::]"),
        ("CANOPY_PROXY_IMAGE", "image with spaces"),
        ("PGRO_KOPIA_IMAGE", "-kopia"),
        ("PGRO_POSTGRES_IMAGE", "docker.io/library/postgres:17"),
        ("PGRO_S3_ENDPOINT", "minio:9000"),
        ("PGRO_S3_CA_SECRET", "../ca"),
        ("OPERATOR_NAMESPACE", "UPPER"),
        ("OPERATOR_SERVICE_NAME", "a_b"),
        ("POD_NAME", "-"),
        ("PGRO_MAX_CONCURRENT_RESTORES", "-1"),
        ("PGRO_MAX_CONCURRENT_RESTORES", "1001"),
        ("PGRO_RESTORE_DEADLINE_SECS", "59"),
        ("PGRO_VERIFY_DEADLINE_SECS", "forever"),
        ("PGRO_RETRY_BASE_SECS", "0"),
        ("PGRO_RETRY_MAX_SECS", "59"),
        ("PGRO_TEARDOWN_ABSENCES", "2"),
        ("PGRO_TEARDOWN_MIN_SECS", "1.5"),
        ("PGRO_TEARDOWN_HOLD_SECS", "60"),
        ("PGRO_BROKER_CHECK_SOURCE", "yes"),
        ("PGRO_TEARDOWN_MASS_PERCENT", "100"),
        ("PGRO_TEARDOWN_WINDOW_SECS", "0"),
        ("PGRO_TEARDOWN_WINDOW_COUNT", "0"),
        ("PGRO_TEARDOWN_WINDOW_PERCENT", "101"),
        ("PGRO_START_DEADLINE_SECS", "59"),
        ("PGRO_DRAIN_SECS", "0"),
        ("PGRO_LEASE_DURATION_SECS", "301"),
        ("PGRO_LEASE_RENEW_SECS", "15"),
        ("PGRO_LEASE_RENEW_SECS", "1"),
        ("PGRO_LEASE_RETRY_SECS", "6"),
        ("PGRO_PVC_SIZE", "20 GB"),
        ("PGRO_PVC_SIZE", "0Gi"),
        ("PGRO_PVC_SIZE", "20000Pi"),
        ("PGRO_PVC_SIZE_MAX", "4 TiB"),
        ("PGRO_STORAGE_CLASS", "fast disks"),
    ] {
        let error = settings(&[(name, value)]).expect_err(&format!("{name}={value} was taken"));
        assert!(error.starts_with(name), "{name}={value}: {error}");
    }
}

#[test]
fn nonsense_stops_the_start_even_where_canopy_is_off() {
    let lookup = |name: &str| (name == "PGRO_PVC_SIZE").then(|| "huge".to_owned());
    assert!(Settings::from_lookup(lookup).is_err());
}

#[test]
fn the_sidecar_image_is_the_given_one_or_that_of_the_own_pod() {
    let sidecar = |pairs: &[_]| settings(pairs).map(|s| s.canopy.unwrap().replicas.sidecar_image);
    assert!(matches!(sidecar(&[]), Ok(SidecarImage::OfPod(pod)) if pod.as_str() == "pgro-operator-1"));
    let given = sidecar(&[("CANOPY_PROXY_IMAGE", "registry.example/pgro:1@sha256:ab")]);
    assert!(
        matches!(given, Ok(SidecarImage::Given(image)) if image.as_str() == "registry.example/pgro:1@sha256:ab")
    );
    assert!(sidecar(&[("POD_NAME", "")]).unwrap_err().starts_with("CANOPY_PROXY_IMAGE is not set"));
}

#[test]
fn pods_are_told_the_service_address_of_the_broker() {
    let home = settings(&[("OPERATOR_NAMESPACE", "ops"), ("OPERATOR_SERVICE_NAME", "op")]).unwrap().home;
    assert_eq!(home.broker_url().as_str(), "http://op.ops.svc:9091/");
    let stats = home.stats_url(&"replica-1".parse().unwrap(), "restore-0123456789");
    assert_eq!(stats.as_str(), "http://op.ops.svc:9091/api/v1/canopy-stats/replica-1/restore-0123456789");
}

#[test]
fn paths_go_under_the_path_of_the_base_url() {
    for base in ["https://canopy.example/api", "https://canopy.example/api/"] {
        let canopy = settings(&[("CANOPY_BASE_URL", base)]).unwrap().canopy.unwrap();
        assert_eq!(
            canopy.base_url.join("/restore-worklist").as_str(),
            "https://canopy.example/api/restore-worklist"
        );
    }
}

#[test]
fn a_flag_sets_what_its_variable_sets() {
    let settings = read(["operator", "--metrics-addr", "127.0.0.1:7"]).unwrap();
    assert_eq!(settings.listen.metrics.to_string(), "127.0.0.1:7");
}

#[test]
fn bad_usage_and_bad_values_end_with_64_and_help_with_0() {
    for line in
        [&["operator", "--no-such-flag"][..], &["operator", "--metrics-addr", "x"], &["operator", "extra"]]
    {
        assert_eq!(read(line).unwrap_err().code, 64, "{line:?}");
    }
    assert_eq!(read(["operator", "--help"]).unwrap_err().code, 0);
    assert_eq!(read(["operator", "--version"]).unwrap_err().code, 0);
}

#[test]
fn help_names_every_variable_and_its_default() {
    let help = read(["operator", "--help"]).unwrap_err().text;
    for variable in ALL {
        assert!(help.contains(variable.name), "{}", variable.name);
        assert!(variable.default.is_none_or(|default| help.contains(default)), "{}", variable.name);
    }
}

#[test]
fn volumes_are_never_larger_than_the_largest() {
    let error = settings(&[("PGRO_PVC_SIZE", "2Ti"), ("PGRO_PVC_SIZE_MAX", "1999G")]).unwrap_err();
    assert!(error.starts_with("PGRO_PVC_SIZE_MAX=\"1999G\""), "{error}");
    let sizes = settings(&[("PGRO_PVC_SIZE", "2Ti"), ("PGRO_PVC_SIZE_MAX", "2199023255552")]).unwrap();
    assert_eq!(sizes.canopy.unwrap().replicas.pvc_size.unwrap().bytes(), 2 << 40);
}

#[test]
fn a_revision_is_one_word() {
    assert_eq!(settings(&[]).unwrap().revision.as_str(), "unknown");
    assert_eq!(settings(&[("PGRO_REVISION", "0a1b2c3-dirty")]).unwrap().revision.as_str(), "0a1b2c3-dirty");
    for nonsense in ["two words", "line\n", &"x".repeat(65)] {
        let error = settings(&[("PGRO_REVISION", nonsense)]).unwrap_err();
        assert!(error.starts_with("PGRO_REVISION="), "{error}");
    }
}
