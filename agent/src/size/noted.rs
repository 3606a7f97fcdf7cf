//! What kopia notes of a snapshot or a directory, as it shows it.
//!
//! Input: the text of `manifest show` or `show`. Output: the summary in it, and whose directory it is. Must not: keep
//! the entries of a directory, of which there may be millions.

use serde::{Deserialize, Deserializer, de::Error as _};
use std::io::{self, BufRead, Read as _};

/// Before the document stand a few lines such as `// label type:snapshot`.
const REMARK: &[u8] = b"//";
/// Labels of a manifest are a few; a text that goes on and on is none.
const REMARKS_MAX: usize = 100;
/// A remark is a name and a value, neither longer than a path.
const REMARK_MAX: u64 = 64 * 1024;

/// What a root entry that is a file is marked with.
const FILE: &str = "f";

/// Why a text could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotedError {
    /// It could not be had.
    #[error("failed to read the answer")]
    Answer(#[source] io::Error),
    /// It is no document of either kind.
    #[error("failed to find a snapshot or a directory in the answer")]
    Document(#[source] serde_json::Error),
}

/// What matters of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Noted {
    /// How much it is.
    pub(super) summary: Option<Summary>,
    /// The snapshot's directory.
    pub(super) directory: Option<String>,
}

/// How much there is below a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) struct Summary {
    /// Lengths of all files.
    #[serde(deserialize_with = "not_negative")]
    pub(super) size: u64,
    /// Files.
    #[serde(deserialize_with = "not_negative")]
    pub(super) files: u64,
}

/// A snapshot has a root entry, a directory has entries and their summary. Entries are passed over as they come.
#[derive(Deserialize)]
struct Document {
    #[serde(rename = "rootEntry")]
    root: Option<Root>,
    summary: Option<Summary>,
}

#[derive(Deserialize)]
struct Root {
    obj: Option<String>,
    #[serde(default, deserialize_with = "not_negative")]
    size: u64,
    #[serde(rename = "type", default)]
    kind: String,
    summ: Option<Summary>,
}

impl Root {
    /// A snapshot may be of a file alone, of which there is nothing to add up.
    fn summary(&self) -> Option<Summary> {
        let file = (self.kind == FILE).then_some(Summary { size: self.size, files: 1 });
        self.summ.or(file)
    }
}

impl Noted {
    /// From kopia's answer.
    pub(super) fn read(mut answer: impl BufRead) -> Result<Self, NotedError> {
        skip_remarks(&mut answer).map_err(NotedError::Answer)?;
        let document = serde_json::from_reader(answer).map_err(NotedError::Document)?;
        Ok(match document {
            Document { root: Some(root), .. } => Self { summary: root.summary(), directory: root.obj },
            Document { root: None, summary } => Self { summary, directory: None },
        })
    }
}

fn skip_remarks(answer: &mut impl BufRead) -> io::Result<()> {
    for _ in 0..REMARKS_MAX {
        if !answer.fill_buf()?.starts_with(REMARK) {
            break;
        }
        answer.by_ref().take(REMARK_MAX).skip_until(b'\n')?;
    }
    Ok(())
}

/// Kopia's numbers are signed; what is below nothing is nonsense and not a very large number.
fn not_negative<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = i64::deserialize(deserializer)?;
    u64::try_from(number).map_err(|_| D::Error::custom(format!("{number} is no size")))
}

#[cfg(test)]
mod tests {
    use super::{Noted, Summary};
    use proptest::prelude::*;

    /// As kopia 0.22.3 shows it, shortened.
    const MANIFEST: &str = r#"// id: 4cba4a8bb9e8bfd9f8a0a6a5b4f4a4e9
// length: 743
// modified: 2026-11-28 07:55:12 UTC
// label type:snapshot
// label path:/var/lib/postgresql
{
  "id": "",
  "source": {"host": "h", "userName": "canopy", "path": "/var/lib/postgresql"},
  "stats": {"totalSize": 31, "fileCount": 2},
  "rootEntry": {
    "name": "postgresql",
    "type": "d",
    "mode": "0755",
    "mtime": "2026-11-28T07:55:10Z",
    "obj": "k8dbd3b8ba31ea4d4e5e2b5bd7d4b3f3c",
    "summ": {"size": 31457280, "files": 1203, "symlinks": 1, "dirs": 27, "maxTime": "2026-11-28T07:55:10Z",
      "numFailed": 0}
  }
}
"#;

    const DIRECTORY: &str = r#"{"stream":"kopia:directory","entries":[{"name":"a \"summary\":{","type":"f",
        "size":3,"obj":"0123"}],"summary":{"size":3,"files":1,"symlinks":0,"dirs":1,"maxTime":"x","numFailed":0}}"#;

    fn read(text: &str) -> Result<Noted, String> {
        Noted::read(text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_snapshot_says_how_large_it_is_and_where_its_directory_lies() {
        let noted = read(MANIFEST).unwrap();
        assert_eq!(noted.summary, Some(Summary { size: 31_457_280, files: 1203 }));
        assert_eq!(noted.directory.as_deref(), Some("k8dbd3b8ba31ea4d4e5e2b5bd7d4b3f3c"));
    }

    #[test]
    fn a_directory_says_how_large_it_is_whatever_its_entries_are_called() {
        assert_eq!(read(DIRECTORY).unwrap().summary, Some(Summary { size: 3, files: 1 }));
    }

    #[test]
    fn a_snapshot_of_one_file_is_as_large_as_that() {
        let noted = read(r#"{"rootEntry": {"type": "f", "size": 7, "obj": "01"}}"#).unwrap();
        assert_eq!(noted.summary, Some(Summary { size: 7, files: 1 }));
    }

    #[test]
    fn a_snapshot_without_a_summary_leaves_the_directory_to_be_asked() {
        let noted = read(r#"{"rootEntry": {"type": "d", "obj": "k01"}}"#).unwrap();
        assert_eq!(noted, Noted { summary: None, directory: Some("k01".into()) });
    }

    #[test]
    fn what_is_below_nothing_is_no_size() {
        assert!(read(r#"{"summary": {"size": -1, "files": 1}}"#).is_err());
    }

    #[test]
    fn other_texts_are_errors() {
        for text in ["", "// id: x\n", "[]", "{", "// a\n// b\nnull"] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_summary_reads_back(size in 0..i64::MAX, files in 0..i64::MAX, remarks in 0..5_usize) {
            let remark = "// label x:y\n".repeat(remarks);
            let text = format!(r#"{remark}{{"rootEntry": {{"summ": {{"size": {size}, "files": {files}}}}}}}"#);
            let summary = Summary { size: size.try_into().unwrap(), files: files.try_into().unwrap() };
            prop_assert_eq!(read(&text).unwrap().summary, Some(summary));
        }

        #[test]
        fn no_bytes_break_it(mut text in Just(MANIFEST.as_bytes().to_vec()), cut in any::<prop::sample::Index>(),
            flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8)) {
            for (at, byte) in flips {
                let at = at.index(text.len());
                text[at] = byte;
            }
            text.truncate(cut.index(text.len()) + 1);
            let _ = Noted::read(text.as_slice());
        }
    }
}
