use super::line::{last_line, last_of, running};
use super::table::render;
use super::*;

fn timing(name: &str, seconds: u64, outcome: Outcome) -> Timing {
    Timing { name: name.into(), took: Duration::from_secs(seconds), outcome }
}

#[test]
fn the_table_shows_the_slowest_step_first_and_the_whole_last() {
    let timings = [timing("quick", 1, Outcome::Done), timing("slow", 90, Outcome::Done)];
    let text = render(&timings, Duration::from_secs(91));
    let names: Vec<_> = text.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["slow", "quick", "in"]);
}

#[test]
fn the_table_names_cached_steps_without_a_time() {
    let text = render(&[timing("kopia", 0, Outcome::Cached)], Duration::from_secs(1));
    assert!(text.ends_with("had before: kopia\n"), "{text}");
    assert_eq!(text.matches("kopia").count(), 1);
}

#[test]
fn a_failed_step_is_marked() {
    let text = render(&[timing("etcd", 3, Outcome::Failed)], Duration::from_secs(3));
    assert!(text.contains("3.0 s  FAILED"), "{text}");
}

#[test]
fn the_last_line_of_a_log_skips_blanks_and_control_characters() {
    assert_eq!(last_line("first\n\u{1b}[1msecond \n\n  \n").as_deref(), Some("[1msecond"));
    assert_eq!(last_line("\n \n"), None);
}

#[test]
fn the_last_line_of_a_long_log_is_read_from_its_end() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{}\nthe end\n", "x".repeat(10_000))).unwrap();
    assert_eq!(last_of(file.path()).as_deref(), Some("the end"));
}

#[test]
fn a_running_step_says_what_its_log_says() {
    let text = running("kopia", Duration::from_secs(61), Some("compiling"));
    assert_eq!(text, "kopia still running, 61 s · compiling");
}

#[tokio::test]
async fn a_step_passes_its_result_through_and_is_recorded() {
    let progress = Progress::default();
    let good: Result<u8, String> = progress.step("good", None, async { Ok(7) }).await;
    let bad: Result<u8, String> = progress.step("bad", None, async { Err("no".into()) }).await;
    assert_eq!((good, bad), (Ok(7), Err("no".into())));
    let outcomes: Vec<_> = progress.timings().into_iter().map(|t| (t.name, t.outcome)).collect();
    assert_eq!(outcomes, [("good".into(), Outcome::Done), ("bad".into(), Outcome::Failed)]);
}
