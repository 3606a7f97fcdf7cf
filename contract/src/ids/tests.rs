use super::{BackupType, Bucket, Intent, Prefix, Region, ServerId, SnapshotId};
use proptest::prelude::*;

#[test]
fn fault_e6_hostile_snapshot_ids_have_no_spelling() {
    let hostile = [
        "",
        "latest",
        "/etc/passwd",
        "../../x",
        "-rf",
        "--help",
        "$(reboot)",
        "`id`",
        "a; rm -rf /",
        "k12",
        "ABCDEF0123456789ABCDEF0123456789",
        "0123456789abcdef0123456789abcde\n",
        "kk0123456789abcdef0123456789abcdef",
        "0123456789abcdef0123456789abcdef/sub",
    ];
    for text in hostile {
        assert!(text.parse::<SnapshotId>().is_err(), "{text:?} was taken for a snapshot id");
    }
    assert!("a".repeat(129).parse::<SnapshotId>().is_err());
}

#[test]
fn manifest_and_object_ids_are_accepted() {
    for text in ["0123456789abcdef0123456789abcdef", "k0123456789abcdef0123456789abcdef"] {
        assert_eq!(text.parse::<SnapshotId>().unwrap().as_str(), text);
    }
}

#[test]
fn every_intent_reads_back() {
    for intent in Intent::ALL {
        assert_eq!(intent.as_str().parse::<Intent>(), Ok(intent));
        assert_eq!(serde_json::to_string(&intent).unwrap(), format!("\"{intent}\""));
    }
    assert!("Verify".parse::<Intent>().is_err());
}

#[test]
fn an_error_names_kind_value_and_expectation() {
    let error = "nope".parse::<ServerId>().unwrap_err().to_string();
    assert_eq!(error, "server id \"nope\" is not valid: expected a UUID");
}

#[test]
fn bucket_names_follow_the_rules_of_s3() {
    for good in ["abc", "my.bucket-1", &"a".repeat(63)] {
        assert!(good.parse::<Bucket>().is_ok(), "{good}");
    }
    for bad in ["ab", "-abc", "abc-", "a..b", "Abc", "a_b", "a/b", &"a".repeat(64)] {
        assert!(bad.parse::<Bucket>().is_err(), "{bad}");
    }
}

#[test]
fn prefixes_may_be_empty_but_never_climb() {
    for good in ["", "a/", "sp ace+=:%~/ü/", "a//b", "..a/"] {
        assert!(good.parse::<Prefix>().is_ok(), "{good}");
    }
    for bad in ["../", "a/../b", "a/./b", "a\nb", &"x".repeat(901)] {
        assert!(bad.parse::<Prefix>().is_err(), "{bad}");
    }
}

#[test]
fn regions_are_plain_words() {
    assert!("ap-southeast-2".parse::<Region>().is_ok());
    for bad in ["", "us east", "us/east", "US-EAST-1"] {
        assert!(bad.parse::<Region>().is_err(), "{bad}");
    }
}

#[test]
fn types_keep_their_exact_text() {
    assert_eq!("tamanu postgres/ü".parse::<BackupType>().unwrap().as_str(), "tamanu postgres/ü");
    assert!("".parse::<BackupType>().is_err());
    assert!("a\u{0}b".parse::<BackupType>().is_err());
}

proptest! {
    #[test]
    fn a_parsed_snapshot_id_is_harmless_anywhere(text in ".{0,140}") {
        if let Ok(id) = text.parse::<SnapshotId>() {
            prop_assert!(id.as_str().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
            prop_assert_eq!(id.as_str(), text);
        }
    }

    #[test]
    fn json_refuses_what_parsing_refuses(text in ".{0,70}") {
        let json = serde_json::to_string(&text).unwrap();
        prop_assert_eq!(serde_json::from_str::<Bucket>(&json).is_ok(), text.parse::<Bucket>().is_ok());
        prop_assert_eq!(serde_json::from_str::<SnapshotId>(&json).is_ok(), text.parse::<SnapshotId>().is_ok());
    }
}
