//! A leader that stood still for an hour while one of its writes was on its way: the table in [`crate::apply`].

use super::stage::{Stage, added};
use crate::{
    apply::{Applied, ApplyError},
    model::{Owner, PostgresOrder, Record, RestoreOrder, ServeOrder},
    plan::Step,
    resources::fixtures,
};
use contract::{
    ids::{Intent, RunId},
    names::{NamespaceName, RunName},
};
use uuid::Uuid;

pub(super) fn namespace() -> NamespaceName {
    fixtures::serve_order(Intent::Analytics).namespace
}

pub(super) fn run(attempt: u32) -> RunName {
    RunName::of("0123456789abcdef0123456789abcdef", attempt)
}

pub(super) fn created() -> Step {
    let identity = fixtures::identity(Intent::Analytics);
    Step::CreateNamespace { namespace: namespace(), identity, record: Box::default() }
}

pub(super) fn restore(attempt: u32) -> Step {
    let mut order = RestoreOrder { run: run(attempt), ..fixtures::restore_order(Intent::Analytics) };
    order.fit.size = None;
    Step::StartRestore { order, run_id: RunId(Uuid::from_u128(1)) }
}

pub(super) fn postgres(attempt: u32) -> Step {
    Step::StartPostgres(PostgresOrder { run: run(attempt), ..fixtures::postgres_order(Intent::Analytics) })
}

/// Guests are let in to the database called after the run; decided on the namespace as it is when it is taken.
pub(super) fn serve(attempt: u32) -> Step {
    let order = fixtures::serve_order(Intent::Analytics);
    let order = ServeOrder { run: run(attempt), database: format!("db{attempt}"), ..order };
    Step::Serve { order, owner: Owner { uid: String::new(), resource_version: String::new() } }
}

/// Decided on the record as it is now.
fn remove(stage: &Stage, attempt: u32) -> Step {
    Step::RemoveRun { namespace: namespace(), owner: stage.owner(&namespace()), run: run(attempt) }
}

#[tokio::test(start_paused = true)]
async fn fault_a15_guests_are_not_moved_back_to_a_run_long_gone() {
    for nth in 0..3 {
        let stage = Stage::after(&[created(), restore(1), postgres(1), serve(1)]).await;
        let meanwhile = async |stage: &Stage| {
            for step in [serve(2), restore(3), serve(3)] {
                stage.take(&step).await;
            }
        };
        let (before, after, outcome) = stage.late(serve(2), nth, meanwhile).await.unwrap();
        assert_eq!(before, after, "write {nth}");
        assert!(matches!(outcome, Err(ApplyError::Cluster(_))), "{outcome:?}");
    }
    let stage = Stage::after(&[created(), restore(1), postgres(1), serve(1)]).await;
    assert!(stage.late(serve(2), 3, async |_: &Stage| {}).await.is_none(), "these are all its writes");
}

#[tokio::test(start_paused = true)]
async fn fault_a15_a_record_and_a_deletion_are_meant_for_the_namespace_that_was_read() {
    let record = Record { display_name: Some("of old".to_owned()), ..Record::default() };
    let rewritten = async |stage: &Stage| {
        let record = Record { display_name: Some("of new".to_owned()), ..Record::default() };
        let (owner, record) = (stage.owner(&namespace()), Box::new(record));
        stage.take(&Step::WriteRecord { namespace: namespace(), owner, record, notice: None }).await;
    };
    let made_anew = async |stage: &Stage| {
        stage.wipe(&namespace());
        stage.take(&created()).await;
    };
    for deletes in [false, true] {
        for wiped in [false, true] {
            let stage = Stage::after(&[created()]).await;
            let (namespace, owner) = (namespace(), stage.owner(&namespace()));
            let record = Box::new(record.clone());
            let step = if deletes {
                Step::DeleteNamespace { namespace, owner }
            } else {
                Step::WriteRecord { namespace, owner, record, notice: None }
            };
            let late = if wiped {
                stage.late(step, 0, made_anew).await
            } else {
                stage.late(step, 0, rewritten).await
            };
            let (before, after, _) = late.unwrap();
            assert_eq!(before, after, "deletes: {deletes}, wiped: {wiped}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn fault_a15_what_is_begun_for_a_run_long_gone_is_of_that_run_alone_and_removed_with_it() {
    let mut late = 0;
    for (stands, begin) in [(None, restore(1)), (Some(restore(1)), postgres(1))] {
        for nth in 0.. {
            let stage = Stage::after(&[created(), restore(2), postgres(2), serve(2)]).await;
            if let Some(stands) = &stands {
                stage.take(stands).await;
            }
            stage.spoil(&namespace());
            let gone = async |stage: &Stage| {
                stage.take(&begin).await;
                stage.take(&remove(stage, 1)).await;
            };
            let Some((before, after, _)) = stage.late(begin.clone(), nth, gone).await else { break };
            let left = added(&before, &after);
            assert!(left.len() <= 1 && left.iter().all(|name| name.contains(run(1).as_str())), "{left:?}");
            stage.take(&remove(&stage, 1)).await;
            assert_eq!(before, stage.scene(), "write {nth} of {}", begin.name());
            late += 1;
        }
    }
    assert_eq!(late, 7, "six writes of a restore, one of a database");
}

#[tokio::test(start_paused = true)]
async fn fault_a15_a_removal_spares_what_was_made_anew_under_the_same_name() {
    for nth in 0..4 {
        let begun = [created(), restore(1), postgres(1)];
        let stage = Stage::after(&begun).await;
        let anew = async |stage: &Stage| {
            stage.wipe(&namespace());
            for step in &begun {
                stage.take(step).await;
            }
        };
        let (before, after, _) = stage.late(remove(&stage, 1), nth, anew).await.unwrap();
        assert_eq!(before, after, "write {nth}");
    }
}

#[tokio::test(start_paused = true)]
async fn fault_a4_a_removal_decided_on_an_older_record_spares_the_run_that_a_newer_one_names() {
    let stage = Stage::after(&[created()]).await;
    let decided = remove(&stage, 1);
    let named = Record { serving_run: Some(run(1)), ..Record::default() };
    let (owner, record) = (stage.owner(&namespace()), Box::new(named));
    stage.take(&Step::WriteRecord { namespace: namespace(), owner, record, notice: None }).await;
    for step in [restore(1), postgres(1)] {
        stage.take(&step).await;
    }
    let before = stage.scene();
    assert_eq!(stage.new.take(&decided).await.unwrap(), Applied::Stale);
    assert_eq!(before, stage.scene());
    stage.wipe(&namespace());
    stage.take(&created()).await;
    let before = stage.scene();
    assert_eq!(stage.new.take(&decided).await.unwrap(), Applied::Stale, "another namespace of that name");
    assert_eq!(before, stage.scene());
    stage.wipe(&namespace());
    assert_eq!(stage.new.take(&decided).await.unwrap(), Applied::Stale, "it is gone");
}

#[tokio::test(start_paused = true)]
async fn fault_a4_guests_are_not_moved_by_a_decision_on_an_older_record() {
    let stage = Stage::after(&[created(), restore(1), postgres(1), serve(1), restore(2), postgres(2)]).await;
    let decided = stage.decided(&serve(2));
    let named = Record { serving_run: Some(run(1)), ..Record::default() };
    let (owner, record) = (stage.owner(&namespace()), Box::new(named));
    stage.take(&Step::WriteRecord { namespace: namespace(), owner, record, notice: None }).await;
    let before = stage.scene();
    assert_eq!(stage.new.take(&decided).await.unwrap(), Applied::Stale);
    assert_eq!(before, stage.scene());
    stage.take(&serve(2)).await;
    assert_ne!(before, stage.scene(), "decided anew it is done");
}

#[tokio::test(start_paused = true)]
async fn fault_a15_a_password_that_comes_after_its_run_is_gone_goes_by_itself() {
    let mut late = 0;
    for nth in 0..6 {
        let stage = Stage::after(&[created()]).await;
        let gone = async |stage: &Stage| {
            stage.take(&restore(1)).await;
            stage.take(&remove(stage, 1)).await;
            stage.settle();
        };
        let (before, after, _) = stage.late(restore(1), nth, gone).await.unwrap();
        if added(&before, &after) == [format!("secrets {}", run(1).repository_secret())] {
            stage.settle();
            assert!(before == stage.scene(), "it is left over");
            late += 1;
        }
    }
    assert_eq!(late, 1, "one of its writes is the password");
}
