//! Trade statements: what left one country for another in a year, by substance, with explicit zeros. The exporting
//! authority states it, the importing one compares it with its own journal, and signs or disputes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::code::Code;
use super::notice::{Line, Notice, StatementDispute, StatementLine, StatementSignature, TradeStatement};
use super::totals::months;
use super::{
    AnswerTradeStatement, Case, ProposeTradeStatement, Side, TradeRefusal, TradeStatementDisputed,
    TradeStatementProposed, TradeStatementSigned, amount_of, queue,
};
use crate::State;
use crate::country::Country;
use crate::digest::{Digest, merkle_root};
use crate::id::Id;
use crate::journal::Event;
use crate::partner::Partner;
use crate::quantity::Mass;
use crate::refusal::Refused;

/// How a statement was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Signing {
    /// Not yet.
    Open,
    /// The importing authority's journal gives the same figures.
    Signed {
        /// When its signature was taken or given here.
        on: Date,
        /// How many entries its journal had.
        log_size: u64,
    },
    /// It gives others.
    Disputed {
        /// The lines that differ, as it has them.
        lines: Vec<StatementLine>,
    },
}

/// A statement and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StatementCase {
    /// The statement.
    pub statement: TradeStatement,
    /// Its hash.
    pub digest: Digest,
    /// How it was answered.
    pub signing: Signing,
}

impl StatementCase {
    fn open(statement: TradeStatement) -> Self {
        let digest = statement.digest();
        Self {
            statement,
            digest,
            signing: Signing::Open,
        }
    }

    /// Whether the importing authority has signed it.
    pub fn is_signed(&self) -> bool {
        matches!(self.signing, Signing::Signed { .. })
    }
}

/// Sums of one substance.
#[derive(Default)]
struct Sum<'a> {
    total: Mass,
    count: i64,
    cases: BTreeSet<&'a str>,
}

impl Sum<'_> {
    fn line(&self, substance: Id) -> StatementLine {
        StatementLine {
            substance,
            total_g: self.total,
            count: self.count,
            cases_root: merkle_root(self.cases.iter().copied()),
        }
    }
}

/// The departures of a year in cases with a partner, by substance.
fn departures<'a>(state: &'a State, side: Side, partner: &Id, year: i16) -> BTreeMap<&'a Id, Sum<'a>> {
    let mut sums: BTreeMap<&Id, Sum<'_>> = BTreeMap::new();
    let with_partner = |case: &&Case| case.side == side && case.partner.as_ref() == Some(partner);
    for case in state.trade.cases.values().filter(with_partner) {
        let departure = case.departure.as_ref().filter(|departure| departure.on.year() == year);
        for line in departure.iter().flat_map(|departure| &departure.lines) {
            let sum = sums.entry(&line.goods.substance).or_default();
            sum.total += line.base();
            if line.amount > 0 && sum.cases.insert(&case.id) {
                sum.count += 1;
            }
        }
    }
    sums
}

/// What this authority states it exported: totals and counts from its ledger, so that a line without a permit is in
/// them too, and the cases that explain them. A line per registered substance.
pub fn stated_lines(state: &State, partner: &Partner, year: i16) -> Vec<StatementLine> {
    let by_case = departures(state, Side::Exporting, &partner.file.id, year);
    let mut flows: BTreeMap<&Id, (Mass, i64)> = BTreeMap::new();
    let (from, until) = months(year);
    for (item, country, flow) in state.ledger.flows.countries_between(from, until) {
        if country == partner.file.country {
            let item = state.items.at(item);
            let (total, count) = flows.entry(&state.substances.at(item.substance).entry.id).or_default();
            *total += Mass::from_pg(i128::from(item.content_pg) * flow.exported);
            *count += flow.exports;
        }
    }
    let line = |substance: &Id| {
        let (total_g, count) = flows.get(substance).copied().unwrap_or_default();
        let cases = by_case
            .get(substance)
            .into_iter()
            .flat_map(|sum| sum.cases.iter().copied());
        StatementLine {
            substance: substance.clone(),
            total_g,
            count,
            cases_root: merkle_root(cases),
        }
    };
    state
        .substances
        .iter()
        .map(|substance| line(&substance.entry.id))
        .collect()
}

/// What has entered in cases of a partner although it never left there, or beyond what customs endorsed as arrived: in
/// base, and in how many cases.
fn unexplained(state: &State, partner: &Id, substance: &Id, year: i16) -> (Mass, i64) {
    let with_partner = |case: &&Case| {
        let in_year = case.moved_on.is_some_and(|day| day.year() == year);
        case.side == Side::Importing && case.partner.as_ref() == Some(partner) && in_year
    };
    let extra = |case: &Case| -> Mass {
        let lines = case.consignment.lines.iter().zip(&case.moved);
        let of_it = lines.filter(|(line, _)| line.goods.substance == *substance);
        let beyond = |(line, moved): (&Line, &i64)| match (&case.departure, &case.arrival) {
            (None, _) => line.with_amount(*moved).base(),
            (Some(_), Some(arrival)) => line.with_amount(moved - amount_of(&arrival.lines, &line.goods)).base(),
            (Some(_), None) => Mass::ZERO,
        };
        of_it.map(beyond).sum()
    };
    let found = state.trade.cases.values().filter(with_partner).map(extra);
    found
        .filter(|mass| *mass != Mass::ZERO)
        .fold((Mass::ZERO, 0), |(sum, count), mass| (sum + mass, count + 1))
}

/// What this authority's own journal has of a partner's exports to it: departures of its cases, and whatever entered
/// from that country outside every case, or in one that explains it not. A line per registered substance.
pub fn own_lines(state: &State, partner: &Partner, year: i16) -> Vec<StatementLine> {
    let by_case = departures(state, Side::Importing, &partner.file.id, year);
    let nothing = Sum::default();
    let line = |substance: &Id| {
        let mut line = by_case.get(substance).unwrap_or(&nothing).line(substance.clone());
        let outside = (partner.file.country, year, substance.clone());
        if let Some((mass, count)) = state.trade.outside.get(&outside) {
            line.total_g += *mass;
            line.count += count;
        }
        let (mass, count) = unexplained(state, &partner.file.id, substance, year);
        line.total_g += mass;
        line.count += count;
        line
    };
    state
        .substances
        .iter()
        .map(|substance| line(&substance.entry.id))
        .collect()
}

/// The lines of ours that a statement contradicts; a substance it leaves out counts as zero there.
fn differing(ours: Vec<StatementLine>, statement: &TradeStatement) -> Vec<(StatementLine, StatementLine)> {
    let zero = |substance: &Id| Sum::default().line(substance.clone());
    let stated = |substance: &Id| {
        statement
            .lines
            .iter()
            .find(|line| line.substance == *substance)
            .cloned()
    };
    let unknown: Vec<StatementLine> = statement
        .lines
        .iter()
        .filter(|line| ours.iter().all(|own| own.substance != line.substance))
        .map(|line| zero(&line.substance))
        .collect();
    let all = ours.into_iter().chain(unknown);
    let pairs = all.map(|own| (stated(&own.substance).unwrap_or_else(|| zero(&own.substance)), own));
    pairs.filter(|(stated, own)| stated != own).collect()
}

pub(crate) fn decide_proposal(state: &State, propose: &ProposeTradeStatement, today: Date) -> Refused<Vec<Event>> {
    let (partner, year) = (state.partners.find(&propose.partner)?, propose.year);
    if today.year() <= year {
        return Err(TradeRefusal::YearNotOver { year, today }.into());
    }
    let us = &state.founding.id;
    let lines = stated_lines(state, partner, year);
    if let Some(known) = state.trade.statement(us, &propose.partner, year)
        && known.is_signed()
        && differing(lines.clone(), &known.statement).is_empty()
    {
        let exporter = us.to_string();
        return Err(TradeRefusal::StatementSettled { exporter, year }.into());
    }
    let statement = TradeStatement {
        exporter: us.clone(),
        importer: propose.partner.clone(),
        year,
        lines,
        log_size: state.size,
    };
    let message = queue(
        &propose.partner,
        None,
        Notice::StatementProposed(Box::new(statement.clone())),
    );
    Ok(vec![
        Event::TradeStatementProposed(Box::new(TradeStatementProposed { statement })),
        message,
    ])
}

/// The statement that a partner has proposed and that is still to be answered, with what differs.
type Differences = Vec<(StatementLine, StatementLine)>;

/// `signed_too`: a signature that later books contradict may be taken back.
fn proposed<'a>(
    state: &'a State,
    answer: &AnswerTradeStatement,
    signed_too: bool,
) -> Refused<(&'a StatementCase, Differences)> {
    let partner = state.partners.find(&answer.exporter)?;
    let (exporter, year) = (answer.exporter.to_string(), answer.year);
    let known = state.trade.statement(&answer.exporter, &state.founding.id, year);
    let known = known.ok_or_else(|| TradeRefusal::StatementMissing {
        exporter: exporter.clone(),
        year,
    })?;
    if known.is_signed() && !signed_too {
        return Err(TradeRefusal::StatementSettled { exporter, year }.into());
    }
    let differences = differing(own_lines(state, partner, year), &known.statement);
    Ok((known, differences))
}

/// A figure that differs from the own journal's is never signed.
pub(crate) fn decide_signature(state: &State, answer: &AnswerTradeStatement) -> Refused<Vec<Event>> {
    let (known, differences) = proposed(state, answer, false)?;
    if let Some((theirs, ours)) = differences.into_iter().next() {
        return Err(TradeRefusal::StatementDiffers {
            substance: ours.substance.to_string(),
            theirs_g: theirs.total_g,
            ours_g: ours.total_g,
            theirs: theirs.count,
            ours: ours.count,
        }
        .into());
    }
    let (digest, year) = (known.digest, answer.year);
    let signature = StatementSignature {
        year,
        digest,
        log_size: state.size,
    };
    Ok(vec![
        Event::TradeStatementSigned(Box::new(TradeStatementSigned {
            exporter: answer.exporter.clone(),
            year,
            digest,
            log_size: state.size,
        })),
        queue(&answer.exporter, None, Notice::StatementSigned(Box::new(signature))),
    ])
}

pub(crate) fn decide_dispute(state: &State, answer: &AnswerTradeStatement) -> Refused<Vec<Event>> {
    let (known, differences) = proposed(state, answer, true)?;
    let (digest, year) = (known.digest, answer.year);
    if differences.is_empty() {
        let exporter = answer.exporter.to_string();
        return Err(TradeRefusal::StatementAgrees { exporter, year }.into());
    }
    let lines: Vec<StatementLine> = differences.into_iter().map(|(_, ours)| ours).collect();
    let dispute = StatementDispute {
        year,
        digest,
        lines: lines.clone(),
    };
    Ok(vec![
        Event::TradeStatementDisputed(Box::new(TradeStatementDisputed {
            exporter: answer.exporter.clone(),
            year,
            digest,
            lines,
        })),
        queue(&answer.exporter, None, Notice::StatementDisputed(Box::new(dispute))),
    ])
}

pub(super) fn judge_proposal(
    state: &State,
    from: &Id,
    statement: &TradeStatement,
    today: Date,
) -> Result<Vec<Event>, Code> {
    if statement.exporter != *from || statement.importer != state.founding.id {
        return Err(Code::NotConcerned);
    }
    // A year may end a day earlier there.
    let over = today.tomorrow().unwrap_or(today).year() > statement.year;
    if !over {
        return Err(Code::OutOfPlace);
    }
    let substances: BTreeSet<&Id> = statement.lines.iter().map(|line| &line.substance).collect();
    if substances.len() < statement.lines.len() {
        return Err(Code::BodyUnreadable);
    }
    Ok(Vec::new())
}

/// An answer to our statement. What was signed may be disputed later, and not signed twice.
pub(super) fn judge_answer(
    state: &State,
    from: &Id,
    year: i16,
    digest: &Digest,
    disputes: bool,
) -> Result<Vec<Event>, Code> {
    let known = state.trade.statement(&state.founding.id, from, year);
    match known {
        None => Err(Code::StatementMissing),
        Some(known) if known.digest != *digest => Err(Code::StatementDiffers),
        Some(known) if known.is_signed() && !disputes => Err(Code::OutOfPlace),
        Some(_) => Ok(Vec::new()),
    }
}

fn keep(state: &mut State, statement: TradeStatement) {
    let key = (statement.exporter.clone(), statement.importer.clone(), statement.year);
    state.trade.statements.insert(key, StatementCase::open(statement));
}

fn settle(state: &mut State, exporter: &Id, importer: &Id, year: i16, signing: Signing) {
    let key = (exporter.clone(), importer.clone(), year);
    if let Some(known) = state.trade.statements.get_mut(&key) {
        known.signing = signing;
    }
}

pub(crate) fn apply_proposed(state: &mut State, proposed: &TradeStatementProposed) {
    keep(state, proposed.statement.clone());
}

pub(crate) fn apply_signed(state: &mut State, signed: &TradeStatementSigned, on: Date) {
    let (us, log_size) = (state.founding.id.clone(), signed.log_size);
    settle(
        state,
        &signed.exporter,
        &us,
        signed.year,
        Signing::Signed { on, log_size },
    );
}

pub(crate) fn apply_disputed(state: &mut State, disputed: &TradeStatementDisputed) {
    let us = state.founding.id.clone();
    let lines = disputed.lines.clone();
    settle(
        state,
        &disputed.exporter,
        &us,
        disputed.year,
        Signing::Disputed { lines },
    );
}

pub(super) fn take_proposal(state: &mut State, statement: TradeStatement) {
    keep(state, statement);
}

pub(super) fn take_signature(state: &mut State, from: &Id, signature: &StatementSignature, on: Date) {
    let (us, log_size) = (state.founding.id.clone(), signature.log_size);
    settle(state, &us, from, signature.year, Signing::Signed { on, log_size });
}

pub(super) fn take_dispute(state: &mut State, from: &Id, dispute: StatementDispute) {
    let us = state.founding.id.clone();
    let lines = dispute.lines;
    settle(state, &us, from, dispute.year, Signing::Disputed { lines });
}

/// Partners of a country whose signature of a year's statement still holds: what they signed is what this journal says
/// now.
pub fn signed_by(state: &State, country: Country, year: i16) -> Option<&StatementCase> {
    let partner = state.partners.of_country(country)?;
    let known = state.trade.statement(&state.founding.id, &partner.file.id, year)?;
    let holds = known.is_signed() && differing(stated_lines(state, partner, year), &known.statement).is_empty();
    holds.then_some(known)
}
