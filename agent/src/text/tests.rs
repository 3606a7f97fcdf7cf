use super::{LINE_MAX, Lines, Redactor, TAIL_LINES, Tail, chain, printable};
use proptest::prelude::*;

#[test]
fn fault_e12_invalid_bytes_and_escapes_of_a_terminal_are_made_visible() {
    assert_eq!(printable(b"a\xff\x1b[31mb\tc"), r"a\xff\u{1b}[31mb\tc");
    assert_eq!(printable("größe".as_bytes()), "größe");
}

#[test]
fn progress_that_overwrites_itself_comes_as_lines() {
    let mut lines = Lines::default();
    assert_eq!(lines.push(b"\rProcessed 1"), Vec::<String>::new());
    assert_eq!(lines.push(b" of 2  \rProcessed 2 of 2\n\n"), ["Processed 1 of 2", "Processed 2 of 2"]);
    assert_eq!(lines.push(b"tail"), Vec::<String>::new());
    assert_eq!(lines.finish().as_deref(), Some("tail"));
    assert_eq!(lines.finish(), None);
}

#[test]
fn only_the_last_lines_are_kept() {
    let mut tail = Tail::default();
    for n in 0..=TAIL_LINES {
        tail.push(n.to_string());
    }
    assert_eq!(tail.lines().next(), Some("1"));
    assert_eq!(tail.lines().next_back(), Some(TAIL_LINES.to_string().as_str()));
    assert!(tail.text().starts_with("1\n2\n"));
}

#[test]
fn fault_e12_the_password_does_not_pass() {
    let redactor = Redactor::new("canary-7f3a\n".into());
    assert_eq!(redactor.clean("bad password canary-7f3a!"), "bad password ***!");
}

#[test]
fn a_password_too_short_to_tell_from_text_is_not_searched_for() {
    assert_eq!(Redactor::new("a".into()).clean("a cat"), "a cat");
    assert_eq!(Redactor::new("".into()).clean("a cat"), "a cat");
}

#[test]
fn an_error_is_shown_with_all_its_causes() {
    let source = std::io::Error::other("disk on fire");
    let error = crate::install::InstallError::FindSelf(source);
    assert_eq!(chain(&error), "failed to find the running program: disk on fire");
}

proptest! {
    #[test]
    fn no_stream_makes_an_unprintable_or_endless_line(
        pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..3000), 0..8),
    ) {
        let mut lines = Lines::default();
        for piece in &pieces {
            for line in lines.push(piece) {
                prop_assert!(!line.chars().any(char::is_control));
                // an escape takes at most ten characters a byte
                prop_assert!(line.len() <= 10 * LINE_MAX);
            }
        }
        prop_assert!(lines.pending.len() < LINE_MAX);
    }

    #[test]
    fn how_a_stream_is_cut_into_reads_does_not_matter(
        bytes in proptest::collection::vec(any::<u8>(), 0..2000),
        at in any::<prop::sample::Index>(),
    ) {
        let mut whole = Lines::default();
        let mut halves = Lines::default();
        let (left, right) = bytes.split_at(at.index(bytes.len() + 1));
        let mut expected = whole.push(&bytes);
        expected.extend(whole.finish());
        let mut got = halves.push(left);
        got.extend(halves.push(right));
        got.extend(halves.finish());
        prop_assert_eq!(got, expected);
    }
}
