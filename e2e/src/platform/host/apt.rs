//! The machine's Debian mirror, read from apt's own sources in both of their formats. Parsing is pure.

use std::path::Path;

/// One place packages come from.
#[derive(Debug, PartialEq, Eq)]
struct Source {
    uri: String,
    suites: Vec<String>,
    components: Vec<String>,
}

/// The release's name in the text of `/etc/os-release`.
pub(super) fn codename(os_release: &str) -> Option<String> {
    let value = os_release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="))?;
    Some(value.trim_matches('"').to_owned()).filter(|name| !name.is_empty())
}

/// The text of every list of sources, those of one line per source first.
pub(super) fn sources_in(apt: &Path) -> Vec<String> {
    let mut files = vec![apt.join("sources.list")];
    let folder = std::fs::read_dir(apt.join("sources.list.d")).into_iter().flatten().flatten();
    let mut more: Vec<_> = folder.map(|entry| entry.path()).collect();
    more.sort();
    files.extend(more);
    files.iter().filter_map(|file| std::fs::read_to_string(file).ok()).collect()
}

/// The first source of the release's own main packages; others, such as security or vendors', hold only some.
pub(super) fn mirror(texts: &[String], codename: &str) -> Option<String> {
    let all = texts.iter().flat_map(|text| parse(text));
    all.filter(|source| source.suites.iter().any(|suite| suite == codename))
        .find(|source| {
            source.components.iter().any(|component| component == "main") && source.uri.starts_with("http")
        })
        .map(|source| source.uri)
        .filter(|uri| !uri.is_empty())
}

fn parse(text: &str) -> Vec<Source> {
    let one_line = text.lines().filter_map(parse_line);
    let stanzas = text.split("\n\n").filter_map(parse_stanza);
    one_line.chain(stanzas).collect()
}

/// `deb [options] uri suite component…`
fn parse_line(line: &str) -> Option<Source> {
    let rest = line.trim().strip_prefix("deb ")?.trim();
    let rest = if rest.starts_with('[') { rest.split_once(']')?.1 } else { rest };
    let mut words = rest.split_whitespace().map(str::to_owned);
    Some(Source { uri: words.next()?, suites: vec![words.next()?], components: words.collect() })
}

/// The format of `*.sources`: fields, in stanzas apart by empty lines.
fn parse_stanza(stanza: &str) -> Option<Source> {
    let field = |name: &str| {
        let line = stanza.lines().find(|line| line.to_ascii_lowercase().starts_with(name))?;
        Some(line.split_once(':')?.1.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    };
    let disabled = field("enabled:").is_some_and(|value| value == ["no"]);
    let is_binary = field("types:")?.iter().any(|kind| kind == "deb");
    (is_binary && !disabled).then_some(())?;
    Some(Source {
        uri: field("uris:")?.into_iter().next()?,
        suites: field("suites:")?,
        components: field("components:").unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCES: &str = "# a comment\nTypes: deb\nURIs: http://mirror.test/debian\nSuites: bookworm bookworm-updates\n\
                           Components: main\nSigned-By: /x\n\nTypes: deb\nURIs: http://mirror.test/security\n\
                           Suites: bookworm-security\nComponents: main\n";

    fn find(texts: &[&str]) -> Option<String> {
        mirror(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>(), "bookworm")
    }

    #[test]
    fn the_mirror_is_read_from_stanzas() {
        assert_eq!(find(&[SOURCES]).as_deref(), Some("http://mirror.test/debian"));
    }

    #[test]
    fn the_mirror_is_read_from_one_line_sources_with_options() {
        let text = "#deb http://old.test/debian bookworm main\ndeb [arch=amd64 signed-by=/k] https://m.test/d bookworm main";
        assert_eq!(find(&[text]).as_deref(), Some("https://m.test/d"));
    }

    #[test]
    fn vendors_and_security_and_source_packages_are_passed_over() {
        let vendor = "deb https://vendor.test/apt stable main\ndeb-src http://m.test/debian bookworm main";
        let security = "deb http://m.test/security bookworm-security main";
        assert_eq!(find(&[vendor, security, SOURCES]).as_deref(), Some("http://mirror.test/debian"));
        assert_eq!(find(&[vendor, security]), None);
    }

    #[test]
    fn a_disabled_stanza_does_not_count() {
        assert_eq!(find(&[&SOURCES.replace("Types: deb", "Enabled: no\nTypes: deb")]), None);
    }

    #[test]
    fn the_releases_name_may_be_quoted() {
        assert_eq!(codename("ID=debian\nVERSION_CODENAME=\"bookworm\"\n").as_deref(), Some("bookworm"));
        assert_eq!(codename("ID=arch\n"), None);
    }

    #[test]
    fn lists_are_read_from_the_file_and_the_folder() {
        let apt = tempfile::tempdir().unwrap();
        std::fs::create_dir(apt.path().join("sources.list.d")).unwrap();
        std::fs::write(apt.path().join("sources.list"), "one").unwrap();
        std::fs::write(apt.path().join("sources.list.d/x.sources"), "two").unwrap();
        assert_eq!(sources_in(apt.path()), ["one", "two"]);
    }
}
