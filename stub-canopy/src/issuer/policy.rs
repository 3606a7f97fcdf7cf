//! The session policy: what an issued credential may do.
//!
//! Input: the places declarations name. Output: the policy document of a session that reads them and nothing else.
//! Must not: let a name widen the policy; what S3's policy language would take for a wildcard is refused.

use crate::worklist::Place;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A place that a policy cannot be confined to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PolicyError {
    #[error("the {what} {value:?} holds a character that policies take for a pattern ('*', '?' or '$')")]
    NamePlace { what: &'static str, value: String },
}

/// The policy of a session that reads `places`.
pub(super) fn reading(places: &BTreeSet<Place>) -> Result<String, PolicyError> {
    for place in places {
        plain("bucket", &place.bucket)?;
        plain("prefix", &place.prefix)?;
    }
    let statements: Vec<Value> = places.iter().flat_map(statements).collect();
    Ok(json!({"Version": "2012-10-17", "Statement": statements}).to_string())
}

fn plain(what: &'static str, value: &str) -> Result<(), PolicyError> {
    let patterned = value.contains(['*', '?', '$']);
    if patterned { Err(PolicyError::NamePlace { what, value: value.to_owned() }) } else { Ok(()) }
}

fn statements(place: &Place) -> [Value; 3] {
    let Place { bucket, prefix, region: _ } = place;
    let whole = format!("arn:aws:s3:::{bucket}");
    let mut list = json!({"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": [whole]});
    if !prefix.is_empty() {
        // Without ListBucket a missing object is a 403, and kopia takes only a 404 for "missing".
        list["Condition"] = json!({"StringLike": {"s3:prefix": [format!("{prefix}*")]}});
    }
    [
        json!({"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [format!("{whole}/{prefix}*")]}),
        list,
        json!({"Effect": "Allow", "Action": ["s3:GetBucketLocation"], "Resource": [whole]}),
    ]
}

#[cfg(test)]
mod tests {
    use super::{PolicyError, reading};
    use crate::worklist::Place;
    use serde_json::{Value, json};

    fn place(bucket: &str, prefix: &str) -> Place {
        Place { bucket: bucket.to_owned(), prefix: prefix.to_owned(), region: "us-east-1".to_owned() }
    }

    fn policy(places: &[Place]) -> Value {
        serde_json::from_str(&reading(&places.iter().cloned().collect()).unwrap()).unwrap()
    }

    #[test]
    fn a_session_reads_the_prefix_lists_the_prefix_and_nothing_else() {
        let expected = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::b1/a/*"]},
            {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::b1"],
             "Condition": {"StringLike": {"s3:prefix": ["a/*"]}}},
            {"Effect": "Allow", "Action": ["s3:GetBucketLocation"], "Resource": ["arn:aws:s3:::b1"]},
        ]});
        assert_eq!(policy(&[place("b1", "a/")]), expected);
    }

    #[test]
    fn an_empty_prefix_is_the_whole_bucket_and_lists_without_naming_a_prefix() {
        let policy = policy(&[place("b1", "")]);
        assert_eq!(policy["Statement"][0]["Resource"], json!(["arn:aws:s3:::b1/*"]));
        assert_eq!(policy["Statement"][1].get("Condition"), None);
    }

    #[test]
    fn every_place_of_the_group_and_type_is_granted_once() {
        let places = [place("b1", "a/"), place("b2", ""), place("b1", "a/")];
        assert_eq!(policy(&places)["Statement"].as_array().unwrap().len(), 6);
    }

    #[test]
    fn a_name_that_would_widen_the_policy_is_refused() {
        for (bucket, prefix, what) in
            [("b*", "", "bucket"), ("b1", "a?/", "prefix"), ("b1", "${x}", "prefix")]
        {
            let error = reading(&[place(bucket, prefix)].into()).unwrap_err();
            assert!(matches!(error, PolicyError::NamePlace { what: found, .. } if found == what), "{prefix}");
        }
    }

    #[test]
    fn hostile_names_stay_inside_their_string() {
        let policy = policy(&[place("b1", "a\"],\"x\":[\"/")]);
        assert_eq!(policy["Statement"][0]["Resource"], json!(["arn:aws:s3:::b1/a\"],\"x\":[\"/*"]));
    }
}
