//! Substances with their schedules and salt forms, and the items that the ledger counts.

use askama::Template;
use domain::State;
use domain::access::Role;
use domain::product::Item;
use domain::schedule_iii::ScheduleIii;
use domain::substance::{Schedule, Substance};
use domain::table::No;

use crate::act;
use crate::answer::{Answered, Fault, html};
use crate::ask::Ask;
use crate::frame::Frame;
use crate::links;
use crate::names;
use crate::routes::{Route, page};
use crate::shown::{Act, History};
use crate::who::Who;
use crate::words::Words;

/// Everybody but those who look after people and keys.
pub const READERS: &[Role] = &[
    Role::LicensingOfficer,
    Role::PlanningOfficer,
    Role::PermitOfficer,
    Role::Approver,
    Role::Inspector,
    Role::ChiefInspector,
    Role::Trainer,
    Role::Statistician,
    Role::Auditor,
    Role::CustomsOfficer,
];

pub const ROUTES: &[Route] = &[
    page("/products", Who::OfficersAndHolders(READERS), list),
    page("/products/{item}", Who::OfficersAndHolders(READERS), item_page),
    page(
        "/products/substances/{id}",
        Who::OfficersAndHolders(READERS),
        substance_page,
    ),
];

/// Items that one list shows.
const ITEMS: usize = 2_000;

/// The page of an item.
pub fn item_path(id: &str) -> String {
    links::at("/products", id)
}

/// The page of a substance.
pub fn substance_path(id: &str) -> String {
    links::at("/products/substances", id)
}

/// The word of a schedule, as the Convention writes it.
fn schedule(schedule: Schedule) -> &'static str {
    match schedule {
        Schedule::I => "I",
        Schedule::II => "II",
        Schedule::IAndIV => "I, IV",
    }
}

struct ItemRow {
    path: String,
    id: String,
    name: String,
    substance: String,
    strength: String,
    unit: String,
    content: String,
}

struct SubstanceRow {
    path: String,
    name: String,
    id: String,
    cas: String,
    schedule: String,
    forms: usize,
    used: bool,
}

#[derive(Template)]
#[template(path = "products/list.html")]
struct ListPage {
    f: Frame,
    preparations: Vec<ItemRow>,
    bulk: Vec<ItemRow>,
    used: Vec<SubstanceRow>,
    others: Vec<SubstanceRow>,
    acts: Vec<Act>,
}

fn list(ask: &Ask) -> Answered {
    let (words, visitor) = (ask.words(), ask.visitor()?);
    let state = ask.state();
    let used: std::collections::BTreeSet<No> = state.items.iter().map(|item| item.substance).collect();
    let rows = state.substances.iter().zip(0..);
    let rows = rows.map(|(substance, no)| substance_row(ask, &state, no, substance, used.contains(&no)));
    let (used, others): (Vec<SubstanceRow>, Vec<SubstanceRow>) = rows.partition(|row| row.used);
    let items = state.items.iter().take(ITEMS);
    let (bulk, preparations): (Vec<&Item>, Vec<&Item>) = items.partition(|item| item.bulk);
    let row = |item: &Item| item_row(words, &state, item);
    let bulk = bulk.into_iter().map(row).collect();
    let preparations = preparations.into_iter().map(row).collect();
    drop(state);
    let mut acts = Vec::new();
    for verb in [
        "register_substance",
        "change_schedule",
        "register_bulk",
        "register_preparation",
    ] {
        if act::may(visitor, verb) {
            acts.push(Act::new(words, verb, &[], "/products"));
        }
    }
    html(&ListPage {
        f: Frame::of(ask, words.t("products-title")),
        preparations,
        bulk,
        used,
        others,
        acts,
    })
}

fn substance_row(ask: &Ask, state: &State, no: No, substance: &Substance, used: bool) -> SubstanceRow {
    let now = substance.schedule_on(ask.today());
    SubstanceRow {
        path: substance_path(&substance.entry.id),
        name: names::substance(ask.words(), state, no),
        id: substance.entry.id.to_string(),
        cas: substance
            .entry
            .cas
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        schedule: now.map_or_else(|| "–".to_owned(), |now| schedule(now).to_owned()),
        forms: substance.entry.salts.len(),
        used,
    }
}

fn item_row(words: Words, state: &State, item: &Item) -> ItemRow {
    let (strength, unit) = match &item.preparation {
        Some(preparation) => (preparation.strength.to_string(), unit(words, preparation.unit.as_str())),
        None => (String::new(), words.t("product-microgram")),
    };
    ItemRow {
        path: item_path(&item.id),
        id: item.id.to_string(),
        name: names::item(words, state, item),
        substance: names::substance(words, state, item.substance),
        strength,
        unit,
        content: content(words, item.content_pg),
    }
}

fn unit(words: Words, unit: &str) -> String {
    words
        .find(&format!("unit-{}", unit.replace(' ', "-")), &[])
        .unwrap_or_else(|| unit.to_owned())
}

/// Picograms as micrograms, exact.
fn content(words: Words, pg: i64) -> String {
    let (whole, part) = (pg / 1_000_000, format!("{:06}", pg % 1_000_000));
    let part = part.trim_end_matches('0');
    let said = if part.is_empty() {
        whole.to_string()
    } else {
        format!("{whole}.{part}")
    };
    words.t1("product-micrograms", "amount", words.decimal(said))
}

/// A factor in millionths as a decimal with six places.
fn factor(ppm: i64) -> String {
    format!("{}.{:06}", ppm / 1_000_000, ppm % 1_000_000)
}

#[derive(Template)]
#[template(path = "products/item.html")]
struct ItemPage {
    f: Frame,
    id: String,
    said: Vec<(String, String)>,
    substance: (String, String),
    acts: Vec<Act>,
    history: Vec<History>,
}

/// The formula of Schedule III that a preparation follows, or that it follows none.
fn formula(words: Words, formula: Option<&ScheduleIii>) -> String {
    let Some(formula) = formula else {
        return words.t("product-schedule-iii-none");
    };
    let with: Vec<&str> = formula
        .compounded_with
        .iter()
        .map(|other| other.name.as_str())
        .collect();
    let paragraph = formula.paragraph.to_string();
    let all = words.t1("product-schedule-iii-paragraph", "paragraph", &paragraph);
    if with.is_empty() {
        return all;
    }
    format!(
        "{all}; {}",
        words.t1("product-schedule-iii-with", "ingredients", with.join(", "))
    )
}

fn item_page(ask: &Ask) -> Answered {
    let (words, visitor, id) = (ask.words(), ask.visitor()?, ask.param("item"));
    let mut page = {
        let state = ask.state();
        let (_, item) = state.items.find(id).map_err(|_| Fault::NotFound)?;
        let substance = state.substances.at(item.substance);
        let mut said = Vec::new();
        let mut say = |key: &str, value: String| said.push((words.t(key), value));
        let now = substance.schedule_on(ask.today());
        say(
            "product-schedule",
            now.map_or_else(|| "–".to_owned(), |now| schedule(now).to_owned()),
        );
        let form = if let Some(preparation) = &item.preparation {
            say("product-strength", preparation.strength.to_string());
            say("product-strength-as", preparation.strength_as.to_string());
            say("product-form", preparation.dosage_form.to_string());
            say("product-unit", unit(words, preparation.unit.as_str()));
            say("product-pack", words.number(preparation.units_per_pack));
            say(
                "product-schedule-iii",
                formula(words, preparation.schedule_iii.as_ref()),
            );
            preparation.strength_as.to_string()
        } else {
            say("product-salt", item.form.to_string());
            say("product-unit", words.t("product-microgram"));
            item.form.to_string()
        };
        say("product-content", content(words, item.content_pg));
        if let Some(salt) = substance.salt(&form) {
            say("product-factor", factor(salt.content_ppm));
            say("product-source", salt.source.to_string());
        }
        let mut acts = Vec::new();
        if act::may(visitor, "register_preparation") {
            let fields = [("!substance", substance.entry.id.as_str())];
            acts.push(Act::new(words, "register_preparation", &fields, "/products"));
            acts.push(Act::new(words, "register_bulk", &fields, "/products"));
        }
        ItemPage {
            f: Frame::of(ask, names::item(words, &state, item)),
            id: id.to_owned(),
            said,
            substance: (
                substance_path(&substance.entry.id),
                names::substance(words, &state, item.substance),
            ),
            acts,
            history: Vec::new(),
        }
    };
    page.history = History::of(ask, id)?;
    html(&page)
}

struct SaltRow {
    form: String,
    cas: String,
    factor: String,
    source: String,
}

#[derive(Template)]
#[template(path = "products/substance.html")]
struct SubstancePage {
    f: Frame,
    id: String,
    said: Vec<(String, String)>,
    salts: Vec<SaltRow>,
    /// Since when, and which.
    schedules: Vec<(String, &'static str)>,
    items: Vec<(String, String)>,
    acts: Vec<Act>,
    history: Vec<History>,
}

fn substance_page(ask: &Ask) -> Answered {
    let (words, visitor, id) = (ask.words(), ask.visitor()?, ask.param("id"));
    let mut page = {
        let state = ask.state();
        let (no, substance) = state.substances.find(id).map_err(|_| Fault::NotFound)?;
        let entry = &substance.entry;
        let cas = |cas: &Option<domain::id::Id>| cas.as_ref().map(ToString::to_string).unwrap_or_default();
        let said = vec![
            (words.t("product-name"), entry.name.to_string()),
            (words.t("product-cas"), cas(&entry.cas)),
            (
                words.t("product-synthetic"),
                words.t(if entry.synthetic { "value-yes" } else { "value-no" }),
            ),
            (
                words.t("product-source"),
                format!("{} ({})", entry.source, entry.version),
            ),
        ];
        let salt = |salt: &domain::substance::Salt| SaltRow {
            form: salt.form.to_string(),
            cas: cas(&salt.cas),
            factor: factor(salt.content_ppm),
            source: salt.source.to_string(),
        };
        let of_it = state.items.iter().filter(|item| item.substance == no).take(ITEMS);
        let mut acts = Vec::new();
        for verb in ["change_schedule", "register_bulk", "register_preparation"] {
            if act::may(visitor, verb) {
                acts.push(Act::new(words, verb, &[("!substance", id)], &substance_path(id)));
            }
        }
        SubstancePage {
            f: Frame::of(ask, names::substance(words, &state, no)),
            id: id.to_owned(),
            said,
            salts: entry.salts.iter().map(salt).collect(),
            schedules: substance
                .schedules
                .iter()
                .map(|(from, which)| (words.day(*from), schedule(*which)))
                .collect(),
            items: of_it
                .map(|item| (item_path(&item.id), names::item(words, &state, item)))
                .collect(),
            acts,
            history: Vec::new(),
        }
    };
    page.history = History::of(ask, id)?;
    html(&page)
}

#[cfg(test)]
mod tests {
    use super::{content, factor};
    use crate::words::{Lang, Words};

    #[test]
    fn factors_and_contents_are_exact() {
        assert_eq!(factor(636_500), "0.636500");
        assert_eq!(factor(1_000_000), "1.000000");
        let words = Words(Lang::En);
        assert!(content(words, 100_000_000).starts_with("100 "));
        assert!(content(words, 636_500).starts_with("0.6365 "));
    }
}
