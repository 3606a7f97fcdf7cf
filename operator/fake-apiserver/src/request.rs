//! An HTTP request to one call on one kind.
//!
//! Input: method, path, query, headers. Output: a [`Call`]. Must not: guess; what it does not know is a bad request.

use crate::{kinds::KindId, refusal::Refusal, selector::Selector};
use http::{HeaderMap, Method, Uri, header};
use percent_encoding::percent_decode_str;
use std::collections::BTreeMap;

/// What is done, in the words of RBAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// Read one.
    Get,
    /// Read many.
    List,
    /// Hear of changes.
    Watch,
    /// Make one.
    Create,
    /// Replace one.
    Update,
    /// Change one in part.
    Patch,
    /// Remove one.
    Delete,
}

impl Verb {
    /// As in a Role.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }

    /// Whether it can change something.
    pub fn is_write(self) -> bool {
        match self {
            Self::Get | Self::List | Self::Watch => false,
            Self::Create | Self::Update | Self::Patch | Self::Delete => true,
        }
    }
}

/// One call, as faults and audit know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Who calls.
    pub user: String,
    /// What is done.
    pub verb: Verb,
    /// With which kind.
    pub kind: KindId,
    /// In which namespace; empty: in none, or in all.
    pub namespace: String,
    /// With which object; empty: with none in particular.
    pub name: String,
    /// `status`, or empty.
    pub subresource: &'static str,
}

/// The rest of the request.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a parameter of its own in the query")]
pub(crate) struct Params {
    pub(crate) selector: Selector,
    pub(crate) limit: usize,
    pub(crate) token: Option<String>,
    pub(crate) revision: Option<String>,
    pub(crate) timeout_secs: Option<u64>,
    pub(crate) bookmarks: bool,
    pub(crate) manager: Option<String>,
    pub(crate) force: bool,
    pub(crate) dry_run: bool,
    pub(crate) patch: Option<PatchType>,
    pub(crate) partial: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PatchType {
    Merge,
    Apply,
}

/// Reads a request of `user`.
pub(crate) fn read(
    user: &str,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(Call, Params), Refusal> {
    let (kind, namespace, name, subresource) = place(uri.path())?;
    let query = query(uri.query().unwrap_or_default());
    let watch = matches!(query.get("watch").map(String::as_str), Some("true" | "1"));
    let verb = verb(method, !name.is_empty(), watch, uri.path())?;
    if kind.namespaced && namespace.is_empty() && (verb.is_write() || verb == Verb::Get) {
        return Err(Refusal::unknown_path(uri.path()));
    }
    let params = params(verb, &query, headers)?;
    Ok((Call { user: user.to_owned(), verb, kind, namespace, name, subresource }, params))
}

fn place(path: &str) -> Result<(KindId, String, String, &'static str), Refusal> {
    let unknown = || Refusal::unknown_path(path);
    let parts: Vec<String> = path
        .trim_matches('/')
        .split('/')
        .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
        .collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let (group, version, rest) = match parts.as_slice() {
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return Err(unknown()),
    };
    let (namespace, rest) = match rest {
        ["namespaces", namespace, rest @ ..] if rest.first().is_some_and(|r| *r != "status") => {
            (*namespace, rest)
        }
        rest => ("", rest),
    };
    let (resource, name, subresource) = match rest {
        [resource] => (*resource, "", ""),
        [resource, name] => (*resource, *name, ""),
        [resource, name, "status"] => (*resource, *name, "status"),
        _ => return Err(unknown()),
    };
    let kind = KindId::served(group, version, resource).ok_or_else(unknown)?;
    let fits = kind.namespaced || namespace.is_empty();
    let has_status = subresource.is_empty() || kind.status;
    if fits && has_status {
        Ok((kind, namespace.to_owned(), name.to_owned(), subresource))
    } else {
        Err(unknown())
    }
}

fn query(text: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

fn verb(method: &Method, named: bool, watch: bool, path: &str) -> Result<Verb, Refusal> {
    match (method.as_str(), named) {
        ("GET", true) if !watch => Ok(Verb::Get),
        ("GET", false) => Ok(if watch { Verb::Watch } else { Verb::List }),
        ("POST", false) => Ok(Verb::Create),
        ("PUT", true) => Ok(Verb::Update),
        ("PATCH", true) => Ok(Verb::Patch),
        ("DELETE", true) => Ok(Verb::Delete),
        _ => Err(Refusal::mistake(405, "MethodNotAllowed", format!("{method} {path}"))),
    }
}

/// What each verb may ask with; anything else is a mistake of the client.
fn known(verb: Verb) -> &'static [&'static str] {
    match verb {
        Verb::Get => &["resourceVersion"],
        Verb::List => &[
            "labelSelector",
            "fieldSelector",
            "limit",
            "continue",
            "resourceVersion",
            "resourceVersionMatch",
        ],
        Verb::Watch => &[
            "watch",
            "labelSelector",
            "fieldSelector",
            "resourceVersion",
            "timeoutSeconds",
            "allowWatchBookmarks",
        ],
        Verb::Create | Verb::Update => &["fieldManager", "dryRun", "fieldValidation"],
        Verb::Patch => &["fieldManager", "dryRun", "force", "fieldValidation"],
        Verb::Delete => &[],
    }
}

fn params(verb: Verb, query: &BTreeMap<String, String>, headers: &HeaderMap) -> Result<Params, Refusal> {
    if let Some(stranger) = query.keys().find(|key| !known(verb).contains(&key.as_str())) {
        return Err(Refusal::bad_request(format!(
            "this server does not serve {stranger} with {}",
            verb.as_str()
        )));
    }
    let text = |key: &str| query.get(key).filter(|value| !value.is_empty()).cloned();
    let flag = |key: &str| query.get(key).is_some_and(|value| value == "true");
    let number = |key: &str| match text(key).map(|value| value.parse::<u64>()) {
        None => Ok(None),
        Some(Ok(number)) => Ok(Some(number)),
        Some(Err(_)) => Err(Refusal::bad_request(format!("{key} is no number"))),
    };
    let patch = if verb == Verb::Patch { Some(patch_type(headers)?) } else { None };
    let params = Params {
        selector: Selector::parse(text("labelSelector").as_deref(), text("fieldSelector").as_deref())?,
        limit: usize::try_from(number("limit")?.unwrap_or(0)).unwrap_or(usize::MAX),
        token: text("continue"),
        revision: text("resourceVersion"),
        timeout_secs: number("timeoutSeconds")?,
        bookmarks: flag("allowWatchBookmarks"),
        manager: text("fieldManager"),
        force: flag("force"),
        dry_run: text("dryRun").is_some(),
        patch,
        partial: partial(headers)?,
    };
    match patch {
        Some(PatchType::Apply) if params.manager.is_none() => Err(Refusal::bad_request(
            "PatchOptions.fieldManager: Required value: is required for apply patch",
        )),
        Some(PatchType::Merge) if params.force => Err(Refusal::bad_request(
            "PatchOptions.force: Forbidden: may not be specified for non-apply patch",
        )),
        _ => Ok(params),
    }
}

fn patch_type(headers: &HeaderMap) -> Result<PatchType, Refusal> {
    let content = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match content.split(';').next().unwrap_or_default().trim() {
        "application/merge-patch+json" => Ok(PatchType::Merge),
        "application/apply-patch+yaml" => Ok(PatchType::Apply),
        other => Err(Refusal::mistake(
            415,
            "UnsupportedMediaType",
            format!("this server does not serve patches as {other:?}"),
        )),
    }
}

fn partial(headers: &HeaderMap) -> Result<bool, Refusal> {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
    let first = accept.split(',').next().unwrap_or_default();
    let mut parts = first.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let shape = parts.find_map(|part| part.strip_prefix("as="));
    match (media, shape) {
        ("application/json" | "*/*", None) => Ok(false),
        ("application/json", Some("PartialObjectMetadata" | "PartialObjectMetadataList")) => Ok(true),
        _ => {
            Err(Refusal::mistake(406, "NotAcceptable", format!("this server does not answer as {accept:?}")))
        }
    }
}
