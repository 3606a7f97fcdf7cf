//! Figures beside their goals.

use std::fmt::Write as _;

/// What was measured, in the order it was.
#[derive(Debug, Default)]
pub(crate) struct Report {
    figures: Vec<Figure>,
}

#[derive(Debug)]
struct Figure {
    what: String,
    value: f64,
    unit: &'static str,
    /// What it may be at most.
    goal: Option<f64>,
}

impl Report {
    /// A figure for which there is no goal.
    pub(crate) fn note(&mut self, what: impl Into<String>, value: f64, unit: &'static str) {
        self.figures.push(Figure { what: what.into(), value, unit, goal: None });
    }

    /// A figure with a goal.
    pub(crate) fn goal(&mut self, what: &str, value: f64, unit: &'static str, goal: f64) {
        self.figures.push(Figure { what: what.to_owned(), value, unit, goal: Some(goal) });
    }

    /// Whether every goal is met.
    pub(crate) fn is_met(&self) -> bool {
        !self.figures.iter().any(Figure::is_missed)
    }

    /// A table for people.
    pub(crate) fn to_table(&self) -> String {
        let mut table = String::new();
        for figure in &self.figures {
            let Figure { what, value, unit, goal } = figure;
            let goal = goal.map(|most| format!("goal ≤ {most} {unit}")).unwrap_or_default();
            let mark = if figure.is_missed() { "MISSED" } else { "" };
            let _written = writeln!(table, "{what:<44} {value:>9.1} {unit:<4} {goal:<14} {mark}");
        }
        table
    }
}

impl Figure {
    fn is_missed(&self) -> bool {
        self.goal.is_some_and(|goal| self.value > goal)
    }
}
