//! Which objects a list or a watch is about.
//!
//! Input: `labelSelector` and `fieldSelector` of a query. Output: yes or no for an object. Must not: take a form it
//! does not know for "everything".

use crate::{object::Object, refusal::Refusal};

/// A label and a field selector together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Selector {
    labels: Vec<Term>,
    fields: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    Equals(String, String),
    Differs(String, String),
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Absent(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    pointer: &'static str,
    equal: bool,
    value: String,
}

impl Selector {
    pub(crate) fn parse(labels: Option<&str>, fields: Option<&str>) -> Result<Self, Refusal> {
        let labels = split(labels.unwrap_or_default()).map(term).collect::<Result<_, _>>()?;
        let fields = split(fields.unwrap_or_default()).map(field).collect::<Result<_, _>>()?;
        Ok(Self { labels, fields })
    }

    /// Whether it names no condition.
    pub(crate) fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    pub(crate) fn matches(&self, object: &Object) -> bool {
        self.labels.iter().all(|term| term.matches(object))
            && self.fields.iter().all(|field| field.matches(object))
    }
}

impl Term {
    fn matches(&self, object: &Object) -> bool {
        match self {
            Self::Equals(key, value) => object.label(key) == Some(value),
            Self::Differs(key, value) => object.label(key) != Some(value),
            Self::In(key, values) => object.label(key).is_some_and(|found| values.iter().any(|v| v == found)),
            Self::NotIn(key, values) => {
                !object.label(key).is_some_and(|found| values.iter().any(|v| v == found))
            }
            Self::Exists(key) => object.label(key).is_some(),
            Self::Absent(key) => object.label(key).is_none(),
        }
    }
}

impl Field {
    fn matches(&self, object: &Object) -> bool {
        let found = object.pointer(self.pointer).and_then(|value| value.as_str()).unwrap_or_default();
        (found == self.value) == self.equal
    }
}

/// At commas outside parentheses.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_u32;
    let parts = text.split(move |c| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    parts.map(str::trim).filter(|part| !part.is_empty())
}

fn term(text: &str) -> Result<Term, Refusal> {
    let key = |key: &str| key.trim().to_owned();
    for (sign, set) in [(" notin ", false), (" in ", true)] {
        if let Some((left, right)) = text.split_once(sign) {
            let inner = right.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
            let inner =
                inner.ok_or_else(|| Refusal::bad_request(format!("unable to parse requirement: {text}")))?;
            let values = inner.split(',').map(|value| value.trim().to_owned()).collect();
            return Ok(if set { Term::In(key(left), values) } else { Term::NotIn(key(left), values) });
        }
    }
    if let Some((left, right)) = text.split_once("!=") {
        return Ok(Term::Differs(key(left), key(right)));
    }
    if let Some((left, right)) = text.split_once('=') {
        return Ok(Term::Equals(key(left), key(right.trim_start_matches('='))));
    }
    match text.strip_prefix('!') {
        Some(absent) => Ok(Term::Absent(key(absent))),
        None if text.contains(char::is_whitespace) => {
            Err(Refusal::bad_request(format!("unable to parse requirement: {text}")))
        }
        None => Ok(Term::Exists(key(text))),
    }
}

fn field(text: &str) -> Result<Field, Refusal> {
    let (key, value, equal) = match text.split_once("!=") {
        Some((key, value)) => (key, value, false),
        None => match text.split_once('=') {
            Some((key, value)) => (key, value.trim_start_matches('='), true),
            None => return Err(Refusal::bad_request(format!("invalid selector: {text:?}"))),
        },
    };
    let pointer = match key.trim() {
        "metadata.name" => "/metadata/name",
        "metadata.namespace" => "/metadata/namespace",
        "status.phase" => "/status/phase",
        "spec.nodeName" => "/spec/nodeName",
        "reason" => "/reason",
        "regarding.kind" => "/regarding/kind",
        "regarding.name" => "/regarding/name",
        other => return Err(Refusal::bad_request(format!("field label not supported: {other}"))),
    };
    Ok(Field { pointer, equal, value: value.trim().to_owned() })
}
