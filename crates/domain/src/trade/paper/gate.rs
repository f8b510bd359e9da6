//! What the gate of an export permit asks of a confirmation without a signed message, and who may act on it.

use super::{Grade, Paper, PaperRefusal, person};
use crate::State;
use crate::access::Actor;
use crate::command::Command;
use crate::id::{Id, Text};
use crate::quantity::Mass;
use crate::refusal::Refused;
use crate::trade::{Case, Consignment, Line, Party, Side, export};

/// The fields in which two consignments differ, with what each says.
pub fn differing(one: &Consignment, other: &Consignment) -> Vec<(&'static str, String, String)> {
    let party = |party: &Party| format!("{}, {}, {}", party.name, party.address, party.country);
    let number = |said: &Consignment| said.authorization.as_ref().map(ToString::to_string).unwrap_or_default();
    let goods = |line: &Line| {
        let (substance, form) = (&line.goods.substance, &line.goods.form);
        format!("{substance} {form} {}", line.goods.said(line.amount))
    };
    let lines = |said: &Consignment| {
        // In whatever order a letter has them.
        let mut lines: Vec<String> = said.lines.iter().map(goods).collect();
        lines.sort();
        lines.join("; ")
    };
    let purpose = |said: &Consignment| format!("{:?}", said.purpose).to_lowercase();
    let fields = [
        ("authorization", number(one), number(other)),
        ("exporter", party(&one.exporter), party(&other.exporter)),
        ("importer", party(&one.importer), party(&other.importer)),
        ("lines", lines(one), lines(other)),
        ("purpose", purpose(one), purpose(other)),
        ("bonded", one.bonded.to_string(), other.bonded.to_string()),
    ];
    fields.into_iter().filter(|(_, one, other)| one != other).collect()
}

/// Whether policy accepts a grade of a case's country.
pub(in crate::trade) fn accepted(state: &State, case: &Case, grade: Grade) -> Refused<()> {
    let country = case.consignment.importer.country;
    if state.policies.accepts(grade, country) {
        return Ok(());
    }
    let (grade, country) = (grade.word(), country.to_string());
    Err(PaperRefusal::GradeBarred { grade, country }.into())
}

/// The confirmation is of exactly this trade; what came from elsewhere is told apart from silence.
pub(in crate::trade) fn confirmed(case: &Case, paper: &Paper, export: &Id) -> Refused<()> {
    match &case.confirmation {
        Some(said) => super::document::agrees(export, &said.consignment, case),
        None => match paper.unverified.last() {
            Some(last) => {
                let from = last.from.as_ref().map_or("post", Text::as_str).to_owned();
                let export = export.to_string();
                Err(PaperRefusal::Unverified { export, from }.into())
            }
            None => Ok(()),
        },
    }
}

/// A confirmation on paper of a large quantity has its third person.
pub(in crate::trade) fn third_person(state: &State, case: &Case, paper: &Paper, export: &Id) -> Refused<()> {
    let limit_g = state.policies.third_approval_g;
    let total: Mass = case.consignment.lines.iter().map(Line::base).sum();
    let limit = Mass::from_pg(i128::from(limit_g) * 1_000_000_000_000);
    if paper.grade != Some(Grade::C) || total <= limit || paper.admitted.is_some() {
        return Ok(());
    }
    let (export, total_g) = (export.to_string(), total.to_string());
    Err(PaperRefusal::ThirdMissing {
        export,
        total_g,
        limit_g,
    }
    .into())
}

/// Who has set an address does not act in a case that rests on it.
pub(super) fn set_by_others(authority: &str, setters: &[Id], by: &Id) -> Refused<()> {
    if setters.contains(by) {
        let (authority, person) = (authority.to_owned(), by.to_string());
        return Err(PaperRefusal::ContactOfOfficer { authority, person }.into());
    }
    Ok(())
}

/// Whether whoever proposes or approves a decision on a case may: nobody who has set the address that it rests on.
pub(crate) fn apart(state: &State, by: &Actor, command: &Command) -> Refused<()> {
    let case = match command {
        Command::RecordDocument(record) => export::application(state, &record.export).ok(),
        Command::AdmitConfirmation(admit) => export::application(state, &admit.export).ok(),
        Command::IssueExportPermit(issue) => export::application(state, &issue.export).ok(),
        Command::RecordArrival(record) => state.trade.permitted(&record.permit),
        _ => None,
    };
    let Some(case) = case.filter(|case| case.partner.is_none() && case.emergency.is_none()) else {
        return Ok(());
    };
    let by = person(by)?;
    let used = case
        .paper
        .iter()
        .flat_map(|paper| &paper.setters)
        .cloned()
        .collect::<Vec<_>>();
    let now = super::listed_of(state, case);
    let authority = now.map_or_else(String::new, |listed| listed.listing.id.to_string());
    set_by_others(&authority, &used, &by)?;
    now.map_or(Ok(()), |listed| set_by_others(&authority, &listed.setters(), &by))
}

/// How many permits of a year rest on a confirmation of each grade, the surest first; emergencies rest on none.
pub fn grades(state: &State, year: i16) -> [(Grade, u64); 4] {
    let of_year = |case: &&Case| {
        let issued = case
            .permit
            .as_ref()
            .is_some_and(|permit| permit.issued_on.year() == year);
        case.side == Side::Exporting && issued
    };
    Grade::ALL.map(|grade| {
        let of_grade = state
            .trade
            .cases()
            .filter(of_year)
            .filter(|case| case.grade() == Some(grade));
        (grade, of_grade.fold(0, |count, _| count + 1))
    })
}
