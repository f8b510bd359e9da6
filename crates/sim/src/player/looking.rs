//! The step `check`: looks at an authority and compares every figure.

use jiff::Timestamp;
use serde_json::Value;

use super::Player;
use crate::check::{Look, View};
use crate::figures::Figure;
use crate::line::LineOutcome;

impl Player<'_> {
    pub(super) fn check(&mut self, authority: usize, at: Timestamp, looks: &[Look]) -> LineOutcome {
        let mut figures = Vec::new();
        for look in looks {
            let found = match look {
                Look::Fsck(expected) => self.fsck(authority, *expected),
                look => self.look(authority, at, look),
            };
            match found {
                Ok(found) => figures.extend(found),
                Err(found) => {
                    let expected = "a figure".to_owned();
                    return LineOutcome::Mismatch { expected, found };
                }
            }
        }
        let wrong: Vec<&Figure> = figures.iter().filter(|figure| !figure.agrees()).collect();
        if wrong.is_empty() {
            return LineOutcome::Checked(figures.len());
        }
        let list = |value: fn(&Figure) -> &Value| {
            let each = wrong.iter().map(|figure| format!("{} {}", figure.name, value(figure)));
            each.collect::<Vec<_>>().join(", ")
        };
        LineOutcome::Mismatch {
            expected: list(|figure| &figure.expected),
            found: list(|figure| &figure.found),
        }
    }

    fn fsck(&mut self, authority: usize, expected: bool) -> Result<Vec<Figure>, String> {
        let differences = self.node(authority).fsck().map_err(|why| why.to_string())?;
        match differences.first() {
            Some(first) if expected => Err(format!("{} differences: {first}", differences.len())),
            first => Ok(vec![Figure::new(
                "the journal proves the state",
                expected,
                first.is_none(),
            )]),
        }
    }

    fn look(&self, authority: usize, at: Timestamp, look: &Look) -> Result<Vec<Figure>, String> {
        let node = &self.nodes[authority];
        let told = self.told(authority);
        let number = |id: &str| match self.names.get(id) {
            Some(named) if named.authority == authority => Ok(named.entry),
            Some(named) if told.contains_key(&(named.authority, named.entry)) => {
                Ok(told[&(named.authority, named.entry)])
            }
            _ => Err(format!("{id:?} names no entry of this authority")),
        };
        let document = |seq: u64| {
            let bytes = node.entry(seq).map_err(|why| why.to_string())?;
            let bytes = bytes.ok_or_else(|| format!("there is no entry {seq}"))?;
            serde_json::from_slice(&bytes).map_err(|why| why.to_string())
        };
        let today = self.authorities[authority].zone.to_datetime(at).date();
        let mut found = Err("the authority shows no state".to_owned());
        node.with_state(&mut |state| {
            let view = View {
                state,
                today,
                number: &number,
                document: &document,
            };
            found = view.figures(look);
        });
        found
    }
}
