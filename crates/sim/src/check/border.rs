//! What a check can look at across the border: cases, authorizations, messages, statements, headroom.

use domain::State;
use domain::country::Country;
use domain::id::Id;
use domain::quantity::{Amount, Mass};
use domain::trade::{self, Case, Line, Side, Signing, Stage};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::figures::Figure;

/// An amount, or one for each line in the order of the lines.
#[derive(Clone, Debug)]
pub(crate) struct Amounts(Vec<Amount>);

impl<'de> Deserialize<'de> for Amounts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match toml::Value::deserialize(deserializer)? {
            toml::Value::Array(each) => each.into_iter().map(Amount::deserialize).collect::<Result<_, _>>(),
            one => Amount::deserialize(one).map(|one| vec![one]),
        }
        .map(Self)
        .map_err(serde::de::Error::custom)
    }
}

impl Amounts {
    /// Compares them with what there is of each line.
    fn figure(&self, name: String, lines: &[Line], found: &[i64]) -> Result<Figure, String> {
        let units = |(amount, line): (&Amount, &Line)| amount.units(line.goods.bulk).map_err(|why| why.to_string());
        if self.0.len() != lines.len() {
            return Err(format!(
                "{name}: there are {} lines, and {} amounts are given",
                lines.len(),
                self.0.len()
            ));
        }
        let expected: Vec<i64> = self.0.iter().zip(lines).map(units).collect::<Result<_, _>>()?;
        Ok(match (expected.as_slice(), found) {
            ([expected], [found]) => Figure::new(name, *expected, *found),
            _ => Figure::new(name, expected, found.to_vec()),
        })
    }
}

/// Refusals of our messages by a partner: how many, the code of the only one, or the codes of all.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Refusals {
    Count(usize),
    Code(String),
    Codes(Vec<String>),
}

tables! {
    /// A case: how far it has come, and what left and arrived of each line.
    CaseCheck {
        id: String,
        side: Option<String>,
        stage: Option<String>,
        permit: Option<String>,
        /// The officer who confirmed, or `policy`.
        confirmed_by: Option<String>,
        /// How sure its confirmation is.
        grade: Option<String>,
        departed: Option<Amounts>,
        arrived: Option<Amounts>,
        cancelled_too_late: Option<bool>,
        /// The authority of the country of transit that has told of a diversion.
        diversion_told_by: Option<String>,
        known: Option<bool>,
    }
    /// An import authorization, of this authority or of another one that has sent it.
    AuthorizationCheck {
        number: String,
        issuer: Option<String>,
        cancelled: Option<bool>,
        /// What other consignments have left of each line.
        available: Option<Amounts>,
        /// What has entered of each line; of an own one only.
        imported: Option<Amounts>,
        known: Option<bool>,
    }
    /// The two chains of messages with a partner.
    MessagesCheck {
        partner: String,
        queued: Option<usize>,
        unanswered: Option<usize>,
        refused: Option<Refusals>,
        sent: Option<u64>,
        received: Option<u64>,
        equivocations: Option<usize>,
    }
    /// A trade statement of a pair of authorities.
    TradeStatementCheck {
        exporter: String,
        importer: String,
        year: i16,
        signed: Option<bool>,
        disputed: Option<bool>,
        known: Option<bool>,
    }
    /// Goods that pass through: how far they are, and their packing.
    PassageCheck { id: String, stage: Option<String>, packages: Option<u32>, gross_g: Option<u32>, }
    /// What is left of a country's total of estimates, by what this authority knows.
    HeadroomCheck { country: Country, substance: Id, year: i16, available: Option<Mass>, total: Option<Mass>, known: Option<bool>, }
}

/// The figures of what there is and of whether it is there at all, where that is asked.
fn if_known(name: &str, known: Option<bool>, found: bool) -> Result<Vec<Figure>, String> {
    match known {
        Some(known) => Ok(vec![Figure::new(format!("{name} is known"), known, found)]),
        None if found => Ok(Vec::new()),
        None => Err(format!("{name} is not known here")),
    }
}

fn push(figures: &mut Vec<Figure>, name: String, expected: Option<impl Into<Value>>, found: impl Into<Value>) {
    figures.extend(expected.map(|expected| Figure::new(name, expected, found)));
}

/// The amounts of lines, or nothing of each.
fn amounts(of: Option<&[Line]>, lines: &[Line]) -> Vec<i64> {
    match of {
        Some(of) => of.iter().map(|line| line.amount).collect(),
        None => vec![0; lines.len()],
    }
}

pub(super) fn case(state: &State, asked: &CaseCheck) -> Result<Vec<Figure>, String> {
    let found = state.trade.case(&asked.id);
    let what = format!("case {}", asked.id);
    let mut figures = if_known(&what, asked.known, found.is_some())?;
    let Some(case) = found else { return Ok(figures) };
    let name = |of: &str| format!("{of} of {what}");
    let side = match case.side {
        Side::Exporting => "exporting",
        Side::Importing => "importing",
    };
    push(&mut figures, name("side"), asked.side.clone(), side);
    push(&mut figures, name("stage"), asked.stage.clone(), case.stage.word());
    let grade = case.grade().map(trade::Grade::word);
    push(&mut figures, name("grade"), asked.grade.clone(), grade);
    let permit = case.permit.as_ref().map(|permit| permit.number.to_string());
    push(&mut figures, name("permit"), asked.permit.clone(), permit);
    let officer = case.confirmation.as_ref().map(|said| match &said.officer {
        Some(officer) => officer.to_string(),
        None => "policy".to_owned(),
    });
    push(&mut figures, name("confirmation"), asked.confirmed_by.clone(), officer);
    push(
        &mut figures,
        name("late cancellation"),
        asked.cancelled_too_late,
        case.cancelled_too_late,
    );
    let told = case.told_diverted.as_ref();
    let told = told.map_or_else(|| "nobody".to_owned(), |(from, _)| from.to_string());
    push(
        &mut figures,
        name("news of a diversion"),
        asked.diversion_told_by.clone(),
        told,
    );
    let lines = &case.consignment.lines;
    for (what, asked, endorsed) in [
        ("departure", &asked.departed, &case.departure),
        ("arrival", &asked.arrived, &case.arrival),
    ] {
        if let Some(asked) = asked {
            let found = amounts(endorsed.as_ref().map(|endorsed| endorsed.lines.as_slice()), lines);
            figures.push(asked.figure(name(what), lines, &found)?);
        }
    }
    Ok(figures)
}

/// What a case takes of a line: as asked while it is open, as departed once goods have left.
fn takes(case: &Case, line: &Line) -> i64 {
    let open = match case.stage {
        Stage::Issued | Stage::Held => true,
        Stage::Confirmed => case.side == Side::Importing,
        _ => false,
    };
    let lines = match &case.departure {
        _ if open => case.consignment.lines.as_slice(),
        Some(departure) if case.stage.has_left() => departure.lines.as_slice(),
        _ => &[],
    };
    let same = lines.iter().filter(|other| other.goods == line.goods);
    same.map(|other| other.amount).sum()
}

pub(super) fn authorization(state: &State, asked: &AuthorizationCheck) -> Result<Vec<Figure>, String> {
    let id = |text: &str| text.parse::<Id>().map_err(|why| why.to_string());
    let us = &state.founding.id;
    let issuer = asked.issuer.as_deref().map_or_else(|| Ok(us.clone()), id)?;
    let own = state.trade.own(&asked.number).filter(|_| issuer == *us);
    let number = id(&asked.number)?;
    let sent = state.trade.foreign(&issuer, &number);
    let foreign = sent.or_else(|| state.trade.on_paper(&issuer, &number));
    let found = match (own, foreign) {
        (Some(own), _) => Some((&own.authorization, own.cancelled)),
        (None, Some(foreign)) => Some((&foreign.authorization, foreign.cancelled)),
        (None, None) => None,
    };
    let what = format!("import authorization {} of {issuer}", asked.number);
    let mut figures = if_known(&what, asked.known, found.is_some())?;
    let Some((authorization, cancelled)) = found else {
        return Ok(figures);
    };
    let name = |of: &str| format!("{of} of {what}");
    push(&mut figures, name("cancellation"), asked.cancelled, cancelled);
    let lines = &authorization.lines;
    if let Some(available) = &asked.available {
        let side = if own.is_some() {
            Side::Importing
        } else {
            Side::Exporting
        };
        let under_it = |case: &&Case| {
            let partner = own.is_some() || case.asked() == Some(&issuer);
            case.side == side && partner && case.consignment.authorization.as_ref() == Some(&authorization.number)
        };
        let cases: Vec<&Case> = state.trade.cases().filter(under_it).collect();
        let left = |line: &Line| line.amount - cases.iter().map(|case| takes(case, line)).sum::<i64>();
        let left: Vec<i64> = lines.iter().map(left).collect();
        figures.push(available.figure(name("rest"), lines, &left)?);
    }
    if let Some(imported) = &asked.imported {
        let own = own.ok_or_else(|| format!("{what} is not one of ours: what entered under it is not known here"))?;
        figures.push(imported.figure(name("imports"), lines, &own.imported)?);
    }
    Ok(figures)
}

pub(super) fn messages(state: &State, asked: &MessagesCheck) -> Result<Vec<Figure>, String> {
    let partner = state.partners.find(&asked.partner).map_err(|why| why.to_string())?;
    let name = |of: &str| format!("messages {of} {}", asked.partner);
    let mut figures = Vec::new();
    push(&mut figures, name("queued for"), asked.queued, partner.queue.len());
    push(
        &mut figures,
        name("unanswered by"),
        asked.unanswered,
        partner.unanswered.len(),
    );
    let codes: Vec<&str> = partner.refused.iter().map(|refused| refused.code.as_str()).collect();
    let refused = match &asked.refused {
        None => None,
        Some(Refusals::Count(count)) => Some((json!(count), json!(codes.len()))),
        Some(Refusals::Code(code)) => Some((json!([code]), json!(codes))),
        Some(Refusals::Codes(expected)) => Some((json!(expected), json!(codes))),
    };
    figures.extend(refused.map(|(expected, found)| Figure::new(name("refused by"), expected, found)));
    push(
        &mut figures,
        name("sent to"),
        asked.sent,
        partner.sent.map_or(0, |last| last.seq),
    );
    push(
        &mut figures,
        name("received from"),
        asked.received,
        partner.received.map_or(0, |last| last.seq),
    );
    push(
        &mut figures,
        name("that contradict others of"),
        asked.equivocations,
        partner.equivocations.len(),
    );
    Ok(figures)
}

pub(super) fn trade_statement(state: &State, asked: &TradeStatementCheck) -> Result<Vec<Figure>, String> {
    let id = |text: &str| text.parse::<Id>().map_err(|why| why.to_string());
    let TradeStatementCheck { exporter, importer, .. } = asked;
    let found = state.trade.statement(&id(exporter)?, &id(importer)?, asked.year);
    let what = format!("trade statement {exporter} to {importer} {}", asked.year);
    let mut figures = if_known(&what, asked.known, found.is_some())?;
    let Some(found) = found else { return Ok(figures) };
    let disputed = matches!(found.signing, Signing::Disputed { .. });
    push(
        &mut figures,
        format!("{what} is signed"),
        asked.signed,
        found.is_signed(),
    );
    push(&mut figures, format!("{what} is disputed"), asked.disputed, disputed);
    Ok(figures)
}

pub(super) fn passage(state: &State, asked: &PassageCheck) -> Result<Vec<Figure>, String> {
    let what = format!("passage {}", asked.id);
    let found = state.trade.passage(&asked.id);
    let found = found.ok_or_else(|| format!("{what} is not known here"))?;
    let (mut figures, packing) = (Vec::new(), found.packing);
    let (packages, gross_g) = (packing.packages, packing.gross_g);
    push(&mut figures, what.clone(), asked.stage.clone(), found.passing.word());
    push(&mut figures, format!("packages of {what}"), asked.packages, packages);
    push(&mut figures, format!("grams of {what}"), asked.gross_g, gross_g);
    Ok(figures)
}

pub(super) fn headroom(state: &State, asked: &HeadroomCheck) -> Result<Vec<Figure>, String> {
    let HeadroomCheck {
        country,
        substance,
        year,
        ..
    } = asked;
    let found = trade::headroom(state, *country, substance, *year, None);
    let what = format!("headroom of {country} for {substance} in {year}");
    let mut figures = if_known(&what, asked.known, found.is_some())?;
    let Some(found) = found else { return Ok(figures) };
    let mass = |mass: Mass| mass.to_string();
    push(
        &mut figures,
        what.clone(),
        asked.available.map(mass),
        mass(found.available),
    );
    push(
        &mut figures,
        format!("{what}, in all"),
        asked.total.map(mass),
        mass(found.total),
    );
    Ok(figures)
}

/// The partners that have cosigned a checkpoint of this authority.
pub(super) fn cosigned_by(state: &State, expected: &[String]) -> Figure {
    let cosigned = state.partners.iter().filter(|partner| partner.cosigned.is_some());
    let found: Vec<&str> = cosigned.map(|partner| partner.file.id.as_str()).collect();
    Figure::new("cosigned by", expected.to_vec(), json!(found))
}
