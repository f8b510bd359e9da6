//! The packing of goods that pass through: altered with permission alone, and weighed before and after (1961 art.
//! 31(13)). Their nature is never altered: the lines stay as they came.

use jiff::civil::Date;

use super::control::some_packages;
use super::{Packing, PassageRefusal, Passing, PermitRepacking, RecordRepacking, Repacked};
use crate::State;
use crate::refusal::Refused;

pub(crate) fn decide_permission(state: &State, permit: &PermitRepacking) -> Refused<()> {
    let passage = state.trade.find_passage(&permit.passage)?;
    passage.is_one_of(&[Passing::Open, Passing::Detained], "open or detained")
}

pub(crate) fn decide_repacking(state: &State, record: &RecordRepacking) -> Refused<()> {
    let passage = state.trade.find_passage(&record.passage)?;
    passage.is_one_of(&[Passing::Open, Passing::Detained], "open or detained")?;
    some_packages(record.packages, record.gross_g)?;
    if passage.repacking.is_none() {
        let passage = passage.id.to_string();
        return Err(PassageRefusal::RepackingNotPermitted { passage }.into());
    }
    Ok(())
}

pub(crate) fn apply_permitted(state: &mut State, permit: &PermitRepacking) {
    if let Some(passage) = state.trade.passages.get_mut(&permit.passage) {
        passage.repacking = Some(permit.reason.clone());
    }
}

/// A permission is for one change.
pub(crate) fn apply_repacked(state: &mut State, record: &RecordRepacking, on: Date) {
    if let Some(passage) = state.trade.passages.get_mut(&record.passage) {
        let (before, after) = (
            passage.packing,
            Packing {
                packages: record.packages,
                gross_g: record.gross_g,
            },
        );
        passage.repacking = None;
        passage.packing = after;
        passage.seals.clone_from(&record.seals);
        passage.repacked.push(Repacked { on, before, after });
    }
}
