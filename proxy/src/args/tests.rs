use super::{Args, Command, UsageError};
use clap::{CommandFactory, Parser};
use contract::env;

const COMPLETE: [&str; 7] = [
    "canopy-proxy",
    "--broker-url=http://broker:9091/",
    "--group=00000000-0000-0000-0000-000000000001",
    "--type=tamanu-postgres",
    "--bucket=backups",
    "--region=us-east-1",
    "--port-file=/run/proxy",
];

fn with(extra: &[&str]) -> Result<super::Settings, UsageError> {
    Args::parse_from(COMPLETE.iter().chain(extra)).settings()
}

#[test]
fn the_flags_are_sound() {
    Args::command().debug_assert();
}

#[test]
fn a_complete_set_is_taken_and_the_prefix_may_be_left_out() {
    let settings = with(&[]).unwrap();
    assert_eq!(settings.spec.prefix.as_str(), "");
    assert_eq!(settings.endpoint.host(), "s3.us-east-1.amazonaws.com");
}

#[test]
fn each_variable_of_the_contract_has_a_flag() {
    let spec = with(&[
        "--prefix=a b/",
        "--broker-token-file=/t",
        "--endpoint=http://minio:9000",
        "--ca-file=/ca",
        "--stats-callback-url=http://operator/x",
        "--restore-deadline-secs=3600",
    ])
    .unwrap()
    .spec;
    let command = Args::command();
    for (name, _) in spec.to_env() {
        assert!(command.get_arguments().any(|arg| arg.get_env() == Some(name.as_ref())), "{name}");
    }
    assert_eq!(spec.to_env().len(), 12);
}

#[test]
fn patience_is_taken_from_the_restores_deadline() {
    let patience = |extra: &[&str]| with(extra).unwrap().limits.patience.as_secs();
    assert_eq!(patience(&["--restore-deadline-secs=7200"]), 1800);
    assert_eq!(patience(&[]), 900);
}

#[test]
fn reading_ahead_can_be_switched_off() {
    assert!(with(&[]).unwrap().limits.read_ahead);
    assert!(!with(&["--read-ahead=false"]).unwrap().limits.read_ahead);
    assert!(Args::try_parse_from(COMPLETE.iter().chain(&["--read-ahead=perhaps"])).is_err());
}

#[test]
fn what_is_missing_is_named() {
    let error = Args::parse_from(&COMPLETE[..6]).settings().unwrap_err();
    assert!(error.to_string().starts_with(env::PROXY_PORT_FILE), "{error}");
}

#[test]
fn nonsense_is_named_with_what_was_expected() {
    for (flag, name) in [
        ("--broker-url=ftp://broker/", env::BROKER_URL),
        ("--stats-callback-url=file:///x", env::STATS_CALLBACK_URL),
        ("--endpoint=http://minio/path", env::S3_ENDPOINT),
        ("--prefix=../x", env::S3_PREFIX),
        ("--restore-deadline-secs=1h", env::RESTORE_DEADLINE_SECS),
    ] {
        let flags =
            COMPLETE.into_iter().filter(|given| !flag.starts_with(given.split('=').next().unwrap_or(given)));
        let error = Args::parse_from(flags.chain([flag])).settings().unwrap_err().to_string();
        assert!(error.contains(name) && error.contains("expected") && error.lines().count() == 1, "{error}");
    }
}

#[test]
fn ready_needs_the_address_file_only() {
    let args = Args::parse_from(["canopy-proxy", "ready", "--port-file=/run/proxy"]);
    assert_eq!(args.command, Some(Command::Ready));
    assert_eq!(args.port_file().unwrap(), std::path::Path::new("/run/proxy"));
}
