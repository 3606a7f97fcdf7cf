//! The queries a restore needs: LIST (version 2) below the prefix, and the bucket's location.
//!
//! Input: the raw query. Output: the canonical one: decoded, judged by name and value, encoded anew, sorted.
//! Must not: let through a parameter it does not know, or one parameter twice.

use super::{Refusal, Verb, path::inside};
use crate::sign::encode;
use contract::ids::Prefix;
use std::{borrow::Cow, collections::BTreeMap};

/// Parameters by decoded name; the names are plain ASCII, so this order is the canonical one.
type Parameters = BTreeMap<String, String>;

/// An object is asked for without a query: sub-resources such as `?acl` are no part of a restore.
pub fn of_object(raw: &str) -> Result<String, Refusal> {
    if raw.is_empty() { Ok(String::new()) } else { Err(Refusal::Query) }
}

/// A bucket is listed below `prefix`, or asked for its location.
pub fn of_bucket(raw: &str, verb: Verb, prefix: &Prefix) -> Result<String, Refusal> {
    let parameters = parse(raw)?;
    if verb != Verb::Get {
        return Err(Refusal::Query);
    }
    if !is_location(&parameters) {
        is_list(&parameters, prefix)?;
    }
    Ok(canonical(&parameters))
}

fn parse(raw: &str) -> Result<Parameters, Refusal> {
    let mut parameters = Parameters::new();
    for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decode = |text| encode::decode(text).map(Cow::into_owned).map_err(|_| Refusal::Undecodable);
        if parameters.insert(decode(name)?, decode(value)?).is_some() {
            return Err(Refusal::Query);
        }
    }
    Ok(parameters)
}

fn is_location(parameters: &Parameters) -> bool {
    parameters.len() == 1 && parameters.get("location").is_some_and(String::is_empty)
}

fn is_list(parameters: &Parameters, prefix: &Prefix) -> Result<(), Refusal> {
    let value = |name| parameters.get(name).map_or("", String::as_str);
    if value("list-type") != "2" || !parameters.iter().all(|(name, value)| is_known(name, value)) {
        return Err(Refusal::Query);
    }
    inside(value("prefix"), prefix.as_str())
}

fn is_known(name: &str, value: &str) -> bool {
    match name {
        "list-type" => value == "2",
        "encoding-type" => value == "url",
        "fetch-owner" => matches!(value, "true" | "false"),
        "max-keys" => (1..=4).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit()),
        "prefix" | "delimiter" | "continuation-token" | "start-after" => true,
        _ => false,
    }
}

fn canonical(parameters: &Parameters) -> String {
    let pair = |(name, value): (&String, &String)| {
        format!("{}={}", encode::encode_query(name), encode::encode_query(value))
    };
    parameters.iter().map(pair).collect::<Vec<_>>().join("&")
}
