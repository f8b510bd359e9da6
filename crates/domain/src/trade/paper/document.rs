//! Grade B': a signed PDF or an I2ES record, kept as a file; one officer records it, another approves.

use jiff::civil::Date;

use super::{
    DocumentRecorded, Grade, PaperRefusal, RecordDocument, Unverified, confirm, listed_of, papers_of, person, waiting,
};
use crate::State;
use crate::access::Actor;
use crate::id::Text;
use crate::refusal::Refused;
use crate::trade::{Case, Consignment, lines};

/// Whether something came from the authority that the directory has; refused where its address may not be used yet.
/// What comes from elsewhere is kept all the same, and confirms nothing.
pub(super) fn verified(state: &State, case: &Case, by: &Actor, from: Option<&Text>, today: Date) -> Refused<bool> {
    let Some(listed) = listed_of(state, case) else {
        return Ok(false);
    };
    if from.is_some_and(|from| !listed.is_from(from)) {
        return Ok(false);
    }
    listed.usable(state, case, &person(by)?, today)?;
    Ok(true)
}

pub(crate) fn decide_document(
    state: &State,
    by: &Actor,
    record: &RecordDocument,
    today: Date,
) -> Refused<DocumentRecorded> {
    let case = waiting(state, &record.export)?;
    case.paper.as_ref().map_or(Ok(()), super::Paper::room)?;
    let verified = verified(state, case, by, Some(&record.from), today)?;
    let (_, lines) = lines(state, &record.lines)?;
    let said = DocumentRecorded {
        case: case.id.clone(),
        authority: listed_of(state, case).map(|listed| listed.listing.id.clone()),
        form: record.form,
        file: record.file,
        from: record.from.clone(),
        verified,
        consignment: Consignment {
            authorization: Some(record.authorization.clone()),
            exporter: record.exporter.clone(),
            importer: record.importer.clone(),
            lines,
            purpose: record.purpose,
            bonded: record.bonded,
        },
        officer: person(by)?,
    };
    if verified {
        super::accepted(state, case, Grade::BPrime)?;
        agrees(&record.export, &said.consignment, case)?;
    }
    Ok(said)
}

/// What is confirmed is what is asked, letter by letter.
pub(super) fn agrees(export: &crate::id::Id, confirmed: &Consignment, case: &Case) -> Refused<()> {
    match super::differing(confirmed, &case.consignment).into_iter().next() {
        None => Ok(()),
        Some((field, confirmed, asked)) => Err(PaperRefusal::Differs {
            export: export.to_string(),
            field,
            confirmed,
            asked,
        }
        .into()),
    }
}

pub(crate) fn apply_document(state: &mut State, recorded: &DocumentRecorded, by: &Actor, on: Date) {
    let (Some((case, listed)), Ok(approver)) = (papers_of(state, &recorded.case, on), person(by)) else {
        return;
    };
    let paper = case.paper.get_or_insert_default();
    if !recorded.verified {
        paper.unverified.push(Unverified {
            from: Some(recorded.from.clone()),
            file: recorded.file,
            on,
        });
        return;
    }
    paper.uses(listed.as_ref(), &[&recorded.officer, &approver]);
    paper.file = Some(recorded.file);
    confirm(case, Grade::BPrime, recorded.file, recorded.consignment.clone(), on);
}
