//! What befalls calls to the API server: a fifth of all, of every kind there is.

use crate::dice::Dice;
use fake_apiserver::{ApiServer, Call, Harm, Verb};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Names of the operators' users begin so; nobody else is struck.
pub(crate) const OPERATOR: &str = "operator";

/// From now on a fifth of the operators' calls is struck; `old` is a revision that stale reads show.
pub(crate) fn begin(server: &ApiServer, dice: Dice, old: Arc<AtomicU64>) {
    server.faults(|faults| {
        faults.judge(Box::new(move |call| {
            let struck = call.user.starts_with(OPERATOR) && dice.percent(20);
            struck.then(|| harm(call, &dice, old.load(Ordering::Relaxed)))
        }));
    });
}

fn harm(call: &Call, dice: &Dice, old: u64) -> Harm {
    match dice.below(10) {
        0 => Harm::status(500),
        1 => Harm::status(503),
        2 => Harm::retry_after(429, 1),
        3 => Harm::Cut,
        4 => Harm::Hang,
        5 => Harm::Delay(Duration::from_millis(dice.within(1..5000))),
        _ if call.verb.is_write() => written(dice),
        _ => read(call, dice, old),
    }
}

/// What befalls writes alone: done, and not told so.
fn written(dice: &Dice) -> Harm {
    match dice.below(4) {
        0 => Harm::DoneBut { code: 504 },
        1 => Harm::DoneAndCut,
        2 => Harm::DoneAndHang,
        _ => Harm::status(409),
    }
}

/// What befalls reads alone: too old, or of the past.
fn read(call: &Call, dice: &Dice, old: u64) -> Harm {
    match call.verb {
        Verb::Watch => Harm::status(410),
        // Who asks about one pod gets what is written now: the broker's word hangs on it.
        Verb::Get if call.kind.resource == "pods" => Harm::status(504),
        Verb::List | Verb::Get if old > 0 && dice.percent(50) => Harm::ReadAt(old),
        _ => Harm::status(504),
    }
}
