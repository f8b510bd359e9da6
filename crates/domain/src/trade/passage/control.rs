//! What customs looks at when goods come in to pass through, and when they go on.

use jiff::civil::Date;

use super::{
    CameIn, ClosePassage, Closed, DetainPassage, Detention, EndPassage, ExportCopy, GoneOn, OpenPassage, Outcome,
    Overflight, Packing, Passage, PassageDetained, PassageEnded, PassageOpened, PassageRefusal, Passing,
    ReleasePassage, diversion,
};
use crate::State;
use crate::country::Country;
use crate::journal::Event;
use crate::refusal::{NameRefusal, Refused, taken};
use crate::trade::{LINES_MAX, Line, TradeRefusal, amount_of, counted_lines, lines};

/// Whoever flies over without landing is asked for nothing (1961 art. 31(14)).
pub(crate) fn decide_overflight(state: &State, flight: &Overflight) -> Refused<()> {
    is_free(state, &flight.id)?;
    through(state, &flight.id, flight.origin, flight.destination)
}

fn is_free(state: &State, id: &crate::id::Id) -> Refused<()> {
    match state.trade.passages.get(id) {
        None => Ok(()),
        Some(_) => Err(taken("passage", id)),
    }
}

fn through(state: &State, id: &crate::id::Id, from: Country, to: Country) -> Refused<()> {
    let here = state.founding.country;
    let country = match (from == here, to == here, from == to) {
        (true, _, _) | (_, true, _) => here,
        (_, _, true) => to,
        _ => return Ok(()),
    };
    let (passage, country) = (id.to_string(), country.to_string());
    Err(PassageRefusal::NotThrough { passage, country }.into())
}

/// Goods have come in. What has no copy of an export authorization in force is recorded all the same, and detained.
pub(crate) fn decide_opening(state: &State, entry: &OpenPassage, today: Date) -> Refused<PassageOpened> {
    is_free(state, &entry.id)?;
    through(state, &entry.id, entry.exporter.country, entry.importer.country)?;
    if let Some(flight) = &entry.overflight {
        state.trade.find_passage(flight)?.is(Passing::Overflight)?;
    }
    some_packages(entry.packages, entry.gross_g)?;
    let (_, lines) = lines(state, &entry.lines)?;
    Ok(PassageOpened {
        entry: entry.clone(),
        lines,
        detained: wanting(entry.copy.as_ref(), today),
    })
}

/// What is wrong with a copy.
fn wanting(copy: Option<&ExportCopy>, today: Date) -> Option<Detention> {
    match copy {
        None => Some(Detention::NoCopy),
        // The authorization is for leaving the country of origin, which was before today.
        Some(copy) if copy.valid_until < today.saturating_sub(jiff::Span::new().days(LONGEST_WAY_DAYS)) => {
            Some(Detention::CopyEnded(copy.valid_until))
        }
        Some(_) => None,
    }
}

/// So long goods may have been on their way: they left before their authorization ended.
const LONGEST_WAY_DAYS: i64 = 90;

pub(super) fn some_packages(packages: u32, gross_g: u32) -> Refused<()> {
    for (field, count) in [("packages", packages), ("gross_g", gross_g)] {
        if count == 0 {
            let amount = "0".to_owned();
            return Err(NameRefusal::NotPositive { field, amount }.into());
        }
    }
    Ok(())
}

/// An officer has seen something.
pub(crate) fn decide_detention(state: &State, detain: &DetainPassage) -> Refused<PassageDetained> {
    state.trade.find_passage(&detain.passage)?.is(Passing::Open)?;
    Ok(PassageDetained {
        passage: detain.passage.clone(),
        detention: Detention::Seen(detain.reason.clone()),
    })
}

/// Two persons let detained goods go on, on the strength of a copy that is good.
pub(crate) fn decide_release(state: &State, release: &ReleasePassage) -> Refused<()> {
    let passage = state.trade.find_passage(&release.passage)?;
    passage.is(Passing::Detained)?;
    let copy = release.copy.as_ref().or(passage.copy.as_ref());
    let why = match wanting(copy, passage.since) {
        None => return Ok(()),
        Some(Detention::CopyEnded(on)) => format!("the one that was produced ended on {on}"),
        Some(_) => "none was produced".to_owned(),
    };
    let passage = passage.id.to_string();
    Err(PassageRefusal::CopyMissing { passage, why }.into())
}

/// Goods go on to where their export authorization says, or to where a new export of this country leads. More than had
/// come is detained; less, or another weight, is recorded and has to be explained.
pub(crate) fn decide_end(state: &State, end: &EndPassage, today: Date) -> Refused<Vec<Event>> {
    let passage = state.trade.find_passage(&end.passage)?;
    passage.is(Passing::Open)?;
    some_packages(end.packages, end.gross_g)?;
    let counted = counted(state, passage, end)?;
    let case = diversion::way_of(state, passage, end, today)?;
    let opened = passage.lines.iter().zip(&counted);
    if let Some((line, found)) = opened.clone().find(|(line, found)| found.amount > line.amount) {
        let item = crate::trade::item_of(state, &line.goods);
        let detention = Detention::More {
            item: item.map_or_else(|| line.goods.substance.clone(), |item| item.id.clone()),
            counted: found.amount,
            opened: line.amount,
        };
        let passage = passage.id.clone();
        return Ok(vec![Event::PassageDetained(Box::new(PassageDetained {
            passage,
            detention,
        }))]);
    }
    let less = opened.clone().any(|(line, found)| found.amount < line.amount);
    let now = Packing {
        packages: end.packages,
        gross_g: end.gross_g,
    };
    let ended = PassageEnded {
        entry: end.clone(),
        lines: counted,
        differs: less || weighs_otherwise(state, passage.packing, now),
    };
    let mut events = vec![Event::PassageEnded(Box::new(ended.clone()))];
    if let Some(case) = case {
        events.extend(diversion::departs(state, passage, case, &ended, today));
    }
    Ok(events)
}

/// Other packages, or another weight than the tolerance of shipments allows.
fn weighs_otherwise(state: &State, before: Packing, now: Packing) -> bool {
    let tolerance = i128::from(state.policies.shipment_tolerance_ppm);
    let difference = i128::from(before.gross_g.abs_diff(now.gross_g));
    before.packages != now.packages || difference * 1_000_000 > i128::from(before.gross_g) * tolerance
}

/// What customs counted of every line, in the passage's order; a line left out was not there.
fn counted(state: &State, passage: &Passage, end: &EndPassage) -> Refused<Vec<Line>> {
    let counted = end.lines.iter().map(|line| (&line.item, &line.amount));
    let (items, counted) = counted_lines(state, counted, 0)?;
    debug_assert!(counted.len() <= LINES_MAX, "lines are few");
    for (item, line) in items.iter().zip(&counted) {
        if !passage.lines.iter().any(|opened| opened.goods == line.goods) {
            let item = item.to_string();
            return Err(TradeRefusal::GoodsUnknown { item }.into());
        }
    }
    let opened = passage.lines.iter();
    Ok(opened
        .map(|line| line.with_amount(amount_of(&counted, &line.goods)))
        .collect())
}

/// Two persons say what became of goods that differ or were detained.
pub(crate) fn decide_close(state: &State, close: &ClosePassage) -> Refused<()> {
    let passage = state.trade.find_passage(&close.passage)?;
    match close.outcome {
        Outcome::Explained => passage.is(Passing::Different)?,
        Outcome::Missing => passage.is_one_of(&[Passing::Different, Passing::Detained], "different or detained")?,
        Outcome::SentBack | Outcome::Seized => passage.is(Passing::Detained)?,
    }
    let incident = matches!(close.outcome, Outcome::Missing | Outcome::Seized);
    if incident && close.incident.is_none() {
        let passage = passage.id.to_string();
        return Err(PassageRefusal::IncidentMissing { passage }.into());
    }
    Ok(())
}

pub(crate) fn apply_overflight(state: &mut State, flight: &Overflight, on: Date) {
    let passage = Passage {
        overflight: Some(flight.clone()),
        ..Passage::new(&flight.id, on)
    };
    state.trade.passages.insert(flight.id.clone(), passage);
}

pub(crate) fn apply_opened(state: &mut State, opened: &PassageOpened, on: Date) {
    let entry = &opened.entry;
    let flight = entry
        .overflight
        .as_ref()
        .and_then(|flight| state.trade.passages.get_mut(flight));
    let overflight = flight.and_then(|flight| {
        flight.passing = Passing::Ended;
        flight.overflight.clone()
    });
    let passing = match opened.detained {
        Some(_) => Passing::Detained,
        None => Passing::Open,
    };
    let passage = Passage {
        passing,
        overflight,
        entry: Some(CameIn {
            exporter: entry.exporter.clone(),
            importer: entry.importer.clone(),
            items: entry.lines.iter().map(|line| line.item.clone()).collect(),
            conveyance: entry.conveyance.clone(),
            post: entry.post.clone(),
        }),
        lines: opened.lines.clone(),
        copy: entry.copy.clone(),
        detention: opened.detained.clone(),
        packing: Packing {
            packages: entry.packages,
            gross_g: entry.gross_g,
        },
        seals: entry.seals.clone(),
        ..Passage::new(&entry.id, on)
    };
    state.trade.passages.insert(entry.id.clone(), passage);
}

pub(crate) fn apply_detained(state: &mut State, detained: &PassageDetained) {
    if let Some(passage) = state.trade.passages.get_mut(&detained.passage) {
        passage.passing = Passing::Detained;
        passage.detention = Some(detained.detention.clone());
    }
}

pub(crate) fn apply_released(state: &mut State, release: &ReleasePassage) {
    if let Some(passage) = state.trade.passages.get_mut(&release.passage) {
        passage.passing = Passing::Open;
        if let Some(copy) = &release.copy {
            passage.copy = Some(copy.clone());
        }
    }
}

pub(crate) fn apply_ended(state: &mut State, ended: &PassageEnded, on: Date) {
    if let Some(passage) = state.trade.passages.get_mut(&ended.entry.passage) {
        passage.passing = if ended.differs {
            Passing::Different
        } else {
            Passing::Ended
        };
        passage.ended = Some(GoneOn {
            on,
            post: ended.entry.post.clone(),
            destination: ended.entry.destination,
            lines: ended.lines.clone(),
            packing: Packing {
                packages: ended.entry.packages,
                gross_g: ended.entry.gross_g,
            },
        });
    }
}

pub(crate) fn apply_closed(state: &mut State, close: &ClosePassage, on: Date) {
    if let Some(passage) = state.trade.passages.get_mut(&close.passage) {
        passage.passing = Passing::Closed;
        passage.closed = Some(Closed {
            on,
            outcome: close.outcome,
            explanation: close.explanation.clone(),
            incident: close.incident.clone(),
        });
    }
}
