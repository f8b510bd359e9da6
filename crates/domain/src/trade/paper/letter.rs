//! Grade C: a letter or an e-mail. Two officers write down what it says, neither having seen the other's; where they
//! agree, the authority is called back under the directory's number; and above a quantity a third person admits it.

use jiff::civil::Date;

use super::directory::digits;
use super::document::{agrees, verified};
use super::{
    AdmitConfirmation, CallBackRecorded, ConfirmationAdmitted, ConfirmationTranscribed, Grade, Paper, PaperRefusal,
    Reading, RecordCallBack, TranscribeConfirmation, Unverified, confirm, differing, listed_of, papers_of, person,
    refuse, waiting,
};
use crate::State;
use crate::access::Actor;
use crate::id::Id;
use crate::refusal::Refused;
use crate::trade::{Case, Consignment, Stage, export, lines};

pub(crate) fn decide_transcript(
    state: &State,
    by: &Actor,
    transcribe: &TranscribeConfirmation,
    today: Date,
) -> Refused<ConfirmationTranscribed> {
    let case = waiting(state, &transcribe.export)?;
    let officer = person(by)?;
    let verified = verified(state, case, by, transcribe.from.as_ref(), today)?;
    if let Some(paper) = &case.paper {
        paper.room()?;
        let first = paper.half().filter(|_| verified);
        first.map_or(Ok(()), |first| second_reads(first, &officer, transcribe))?;
    }
    if verified {
        super::accepted(state, case, Grade::C)?;
    }
    let (_, lines) = lines(state, &transcribe.lines)?;
    Ok(ConfirmationTranscribed {
        case: case.id.clone(),
        authority: listed_of(state, case).map(|listed| listed.listing.id.clone()),
        file: transcribe.file,
        from: transcribe.from.clone(),
        verified,
        consignment: Consignment {
            authorization: Some(transcribe.authorization.clone()),
            exporter: transcribe.exporter.clone(),
            importer: transcribe.importer.clone(),
            lines,
            purpose: transcribe.purpose,
            bonded: transcribe.bonded,
        },
        officer,
    })
}

/// The second reading is another officer's, of the same file.
fn second_reads(first: &Reading, officer: &Id, transcribe: &TranscribeConfirmation) -> Refused<()> {
    let export = transcribe.export.to_string();
    if first.officer == *officer {
        let person = officer.to_string();
        return Err(PaperRefusal::SameReader { export, person }.into());
    }
    if first.file != transcribe.file {
        let (first, second) = (first.file, transcribe.file);
        return Err(PaperRefusal::OtherFile { export, first, second }.into());
    }
    Ok(())
}

/// What two officers have read, the same.
fn agreed<'a>(case: &'a Case, export: &Id) -> Refused<&'a Reading> {
    let pair = case.paper.as_ref().and_then(Paper::pair);
    let export = export.to_string();
    let Some((first, second)) = pair else {
        return Err(PaperRefusal::ReadingMissing { export }.into());
    };
    let fields = differing(&first.consignment, &second.consignment);
    if fields.is_empty() {
        return Ok(second);
    }
    let fields: Vec<&str> = fields.into_iter().map(|(field, ..)| field).collect();
    let fields = fields.join(", ");
    Err(PaperRefusal::ReadingsDiffer { export, fields }.into())
}

pub(crate) fn decide_call_back(
    state: &State,
    by: &Actor,
    called: &RecordCallBack,
    today: Date,
) -> Refused<CallBackRecorded> {
    let case = waiting(state, &called.export)?;
    let officer = person(by)?;
    let reading = agreed(case, &called.export)?;
    let country = case.consignment.importer.country.to_string();
    let listed = listed_of(state, case).ok_or(PaperRefusal::NotListed { country })?;
    listed.usable(state, case, &officer, today)?;
    if digits(&listed.listing.telephone) != digits(&called.number) {
        return Err(PaperRefusal::OtherNumber {
            authority: listed.listing.id.to_string(),
            listed: listed.listing.telephone.to_string(),
            given: called.number.to_string(),
        }
        .into());
    }
    if called.confirmed {
        super::accepted(state, case, Grade::C)?;
        agrees(&called.export, &reading.consignment, case)?;
    }
    Ok(CallBackRecorded {
        case: case.id.clone(),
        number: called.number.clone(),
        confirmed: called.confirmed,
        said: called.said.clone(),
        officer,
    })
}

/// A third person: neither a reader, nor who called, nor who set the address.
pub(crate) fn decide_admission(state: &State, by: &Actor, admit: &AdmitConfirmation) -> Refused<ConfirmationAdmitted> {
    let case = export::application(state, &admit.export)?;
    let paper = case.paper.as_ref().filter(|paper| paper.grade == Some(Grade::C));
    let (Stage::Confirmed, Some(paper)) = (case.stage, paper) else {
        return Err(case.not_in("confirmed").into());
    };
    let (export, officer) = (admit.export.to_string(), person(by)?);
    if paper.admitted.is_some() {
        return Err(PaperRefusal::Admitted { export }.into());
    }
    if paper.officers.contains(&officer) {
        let person = officer.to_string();
        return Err(PaperRefusal::NotThird { export, person }.into());
    }
    Ok(ConfirmationAdmitted {
        case: case.id.clone(),
        officer,
    })
}

pub(crate) fn apply_transcript(state: &mut State, transcribed: &ConfirmationTranscribed, on: Date) {
    let Some((case, listed)) = papers_of(state, &transcribed.case, on) else {
        return;
    };
    let paper = case.paper.get_or_insert_default();
    if !transcribed.verified {
        paper.unverified.push(Unverified {
            from: transcribed.from.clone(),
            file: transcribed.file,
            on,
        });
        return;
    }
    paper.uses(listed.as_ref(), &[&transcribed.officer]);
    paper.readings.push(Reading {
        officer: transcribed.officer.clone(),
        on,
        file: transcribed.file,
        consignment: transcribed.consignment.clone(),
    });
}

pub(crate) fn apply_call_back(state: &mut State, called: &CallBackRecorded, on: Date) {
    let Some((case, Some(listed))) = papers_of(state, &called.case, on) else {
        return;
    };
    let paper = case.paper.get_or_insert_default();
    paper.uses(Some(&listed), &[&called.officer]);
    paper.called = Some(called.number.clone());
    let reading = paper.readings.last().cloned();
    match reading.filter(|_| called.confirmed) {
        Some(reading) => {
            paper.file = Some(reading.file);
            confirm(case, Grade::C, reading.file, reading.consignment, on);
        }
        None => refuse(case, &listed.listing.id, called.said.clone(), on),
    }
}

pub(crate) fn apply_admission(state: &mut State, admitted: &ConfirmationAdmitted) {
    let case = state.trade.cases.get_mut(&admitted.case);
    if let Some(paper) = case.and_then(|case| case.paper.as_mut()) {
        paper.admitted = Some(admitted.officer.clone());
        paper.acts(&admitted.officer);
    }
}
