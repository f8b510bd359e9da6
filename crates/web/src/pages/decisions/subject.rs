//! What a command is about, in the words of a list: its number, the company, the goods.

use domain::State;
use domain::trade::{Case, Line};
use serde_json::Value;

use crate::names;
use crate::words::Words;

/// What a command is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// Its number.
    pub reference: String,
    /// The company or institution.
    pub company: String,
    /// Destination, substance and quantity, as far as there are any.
    pub goods: String,
}

/// What a proposed command is about.
pub fn of(words: Words, state: &State, verb: &str, with: &Value) -> Subject {
    let text = |name: &str| with.get(name).and_then(Value::as_str).unwrap_or_default();
    let case = match verb {
        "issue_export_permit" => state.trade.case(&format!("{}/{}", state.founding.id, text("export"))),
        "confirm" | "refuse_confirmation" | "resolve_discrepancy" => state.trade.case(text("case")),
        "release_consignment"
        | "revoke_export_permit"
        | "amend_export_permit"
        | "duplicate_export_permit"
        | "order_back"
        | "record_diversion" => state.trade.permitted(text("permit")),
        "review_after_change" => state.trade.permitted(text("number")),
        _ => None,
    };
    if let Some(case) = case {
        return of_case(words, state, case);
    }
    let application = state.trade.application(text("application"));
    if let Some(applied) = application {
        return Subject {
            reference: applied.id.to_string(),
            company: applied.importer.name.to_string(),
            goods: goods(
                words,
                state,
                &names::country(words, applied.exporter.country),
                &applied.lines,
            ),
        };
    }
    Subject {
        reference: reference(with),
        company: company(state, with),
        goods: substances(words, state, with),
    }
}

/// What a case is about: its counterpart's country, and each substance in base.
pub fn of_case(words: Words, state: &State, case: &Case) -> Subject {
    let consignment = &case.consignment;
    let (own, other) = match case.side {
        domain::trade::Side::Exporting => (&consignment.exporter, &consignment.importer),
        domain::trade::Side::Importing => (&consignment.importer, &consignment.exporter),
    };
    Subject {
        reference: case.id.to_string(),
        company: own.name.to_string(),
        goods: goods(words, state, &names::country(words, other.country), &consignment.lines),
    }
}

/// A place, and what goes there or comes from there: each substance once, in base.
pub fn goods(words: Words, state: &State, place: &str, lines: &[Line]) -> String {
    let mut said = vec![place.to_owned()];
    for (at, line) in lines.iter().enumerate() {
        let substance = &line.goods.substance;
        if lines.iter().take(at).any(|before| before.goods.substance == *substance) {
            continue;
        }
        let of_it = lines.iter().filter(|line| line.goods.substance == *substance);
        let base = of_it.map(Line::base).sum();
        let named = names::substance_of_id(words, state, substance);
        said.push(words.t2("goods-in-base", "substance", named, "mass", names::mass(words, base)));
    }
    said.join(" · ")
}

/// Fields that number what a command is about, the most telling first.
const NUMBERS: &[&str] = &[
    "licence",
    "case",
    "permit",
    "authorization",
    "order",
    "hold",
    "edge",
    "id",
    "actor",
    "person",
    "inspection",
    "session",
    "line",
    "count",
    "dispatch",
    "export",
    "policy",
];

fn reference(with: &Value) -> String {
    let scalar = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let found = NUMBERS.iter().find_map(|name| with.get(*name).and_then(scalar));
    let partner = || {
        with.pointer("/file/id")
            .or_else(|| with.get("partner"))
            .or_else(|| with.get("exporter"))
            .and_then(scalar)
    };
    found
        .or_else(partner)
        .or_else(|| with.get("year").and_then(scalar))
        .unwrap_or_default()
}

fn company(state: &State, with: &Value) -> String {
    let text = |name: &str| with.get(name).and_then(Value::as_str);
    let name = |id: &str| {
        state
            .holders
            .holder(id)
            .map(|(_, holder)| holder.entry.name.to_string())
    };
    let of_site = |id: &str| {
        let (_, site) = state.holders.site(id).ok()?;
        Some(state.holders.holder_at(site.holder).entry.name.to_string())
    };
    let of_actor = |actor: &str| name(actor.parse::<domain::access::Actor>().ok()?.holder()?);
    text("holder")
        .and_then(name)
        .or_else(|| text("site").or_else(|| text("from")).and_then(of_site))
        .or_else(|| name(&state.licences.get(text("licence")?)?.grant.holder))
        .or_else(|| text("actor").and_then(of_actor))
        .or_else(|| with.pointer("/file/name").and_then(Value::as_str).map(str::to_owned))
        .unwrap_or_default()
}

fn substances(words: Words, state: &State, with: &Value) -> String {
    let named = |id: &str| match state.items.find(id) {
        Ok((_, item)) => names::item(words, state, item),
        Err(_) => names::substance_of_id(words, state, id),
    };
    let mut said: Vec<String> = ["substance", "of", "item"]
        .iter()
        .filter_map(|name| with.get(*name)?.as_str())
        .map(named)
        .collect();
    let list = with.get("substances").and_then(Value::as_array).into_iter().flatten();
    said.extend(list.filter_map(Value::as_str).map(named).take(4));
    match with.get("amount") {
        Some(Value::Number(number)) => said.push(words.number(number)),
        Some(Value::String(text)) => said.push(text.clone()),
        _ => {}
    }
    if let Some(year) = with.get("year").and_then(Value::as_i64).filter(|_| !said.is_empty()) {
        said.push(year.to_string());
    }
    said.join(" · ")
}
