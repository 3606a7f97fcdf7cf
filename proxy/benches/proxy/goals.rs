//! What was hoped for, beside what came of it.

/// A bound on a figure.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

/// One line: the figure, its goal, and whether it is met.
pub(crate) fn told(what: &str, figure: f64, goal: Goal) {
    let (sign, bound, is_met) = match goal {
        Goal::AtLeast(bound) => (">=", bound, figure >= bound),
        Goal::AtMost(bound) => ("<=", bound, figure <= bound),
    };
    println!("  {what:<58}{figure:>9.2}  goal {sign} {bound:<7}{}", if is_met { "met" } else { "MISSED" });
}
