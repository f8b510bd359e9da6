//! Which check applies to which kind of movement.

use domain::ledger::{MovementKind, STEPS, applies};

use crate::code;

/// A line a kind, a column a check.
pub fn checks() -> String {
    let names = STEPS.iter().map(|(step, says)| format!("{}. {says}\n", *step as u8));
    let heads: Vec<String> = STEPS.iter().map(|(step, _)| (*step as u8).to_string()).collect();
    let rows = MovementKind::ALL.iter().map(|(kind, word)| {
        let mark = |(step, _): &(_, _)| if applies(*kind, *step) { "●" } else { " " };
        let marks: Vec<&str> = STEPS.iter().map(mark).collect();
        format!("| {} | {} |\n", code(word), marks.join(" | "))
    });
    let names: String = names.collect();
    let rows: String = rows.collect();
    let rule = " :-: |".repeat(STEPS.len());
    format!("{names}\n| Movement | {} |\n| --- |{rule}\n{rows}", heads.join(" | "))
}
