//! What can be chosen in a field, and what is filled in beforehand, from the register as the visitor may see it.

use domain::access::Capacity;
use domain::country::Country;

use super::schema::{Field, Kind};
use crate::ask::Ask;
use crate::fields::Fields;
use crate::names;

/// Beyond so many choices a field is typed.
const CHOICES_MAX: usize = 400;

/// A value and its words.
pub type Choice = (String, String);

/// The choices of a field, if there are a few.
pub fn of(ask: &Ask, verb: &str, field: &Field) -> Option<Vec<Choice>> {
    let words = ask.words();
    match &field.kind {
        Kind::Choice(all) => {
            return Some(
                all.iter()
                    .map(|word| (word.clone(), words.value_in(&field.name, word)))
                    .collect(),
            );
        }
        Kind::List(one) => {
            if let Kind::Choice(all) = &**one {
                return Some(
                    all.iter()
                        .map(|word| (word.clone(), words.value_in(&field.name, word)))
                        .collect(),
                );
            }
        }
        Kind::Country => return Some(countries(ask)),
        _ => {}
    }
    let choices = match field.name.as_str() {
        "substance" | "substances" => substances(ask),
        "item" | "items" => items(ask),
        "site" => own_sites(ask)?,
        "supplier" if verb == "place_order" => return None,
        "partner" => partners(ask),
        "dispatch" => coming(ask)?,
        "batch" => own_batches(ask)?,
        _ => return None,
    };
    (!choices.is_empty() && choices.len() <= CHOICES_MAX).then_some(choices)
}

fn countries(ask: &Ask) -> Vec<Choice> {
    let words = ask.words();
    let all = Country::all().into_iter().flatten();
    let mut named: Vec<Choice> = all
        .map(|country| (country.code().to_owned(), names::country(words, country)))
        .collect();
    named.sort_by(|one, other| one.1.cmp(&other.1));
    named
}

fn substances(ask: &Ask) -> Vec<Choice> {
    let state = ask.state();
    let with_items: std::collections::BTreeSet<_> = state.items.iter().map(|item| item.substance).collect();
    let choice = |no: domain::table::No| {
        let entry = &state.substances.at(no).entry;
        (entry.id.to_string(), names::substance(ask.words(), &state, no))
    };
    let registered: Vec<Choice> = with_items.into_iter().map(choice).collect();
    if registered.is_empty() {
        return state
            .substances
            .iter()
            .map(|one| (one.entry.id.to_string(), one.entry.name.to_string()))
            .collect();
    }
    registered
}

fn items(ask: &Ask) -> Vec<Choice> {
    let state = ask.state();
    let choice = |item: &domain::product::Item| {
        (
            item.id.to_string(),
            format!("{} ({})", names::item(ask.words(), &state, item), item.id),
        )
    };
    state.items.iter().take(CHOICES_MAX + 1).map(choice).collect()
}

/// The holder's own open sites; officers type the site.
fn own_sites(ask: &Ask) -> Option<Vec<Choice>> {
    let state = ask.state();
    let holder = ask.visitor.as_ref()?.holder()?;
    let (_, holder) = state.holders.holder(holder)?;
    let sites = holder
        .sites
        .iter()
        .map(|no| state.holders.site_at(*no))
        .filter(|site| site.open);
    let words = ask.words();
    let kinds = |site: &domain::holder::Site| {
        site.kinds
            .iter()
            .map(|kind| words.value(kind.word()))
            .collect::<Vec<_>>()
            .join(", ")
    };
    Some(
        sites
            .map(|site| (site.id.to_string(), format!("{} ({})", site.id, kinds(site))))
            .collect(),
    )
}

fn partners(ask: &Ask) -> Vec<Choice> {
    let state = ask.state();
    let choice = |partner: &domain::partner::Partner| {
        (
            partner.file.id.to_string(),
            format!("{} ({})", partner.file.name, partner.file.id),
        )
    };
    state.partners.iter().map(choice).collect()
}

/// Goods on their way to the holder's own sites.
fn coming(ask: &Ask) -> Option<Vec<Choice>> {
    let state = ask.state();
    let (_, holder) = state.holders.holder(ask.visitor.as_ref()?.holder()?)?;
    let ours = state
        .ledger
        .transit()
        .iter()
        .filter(|(_, transit)| transit.to.is_some_and(|to| holder.sites.contains(&to)));
    let choice = |(seq, transit): (&u64, &domain::ledger::Transit)| {
        let batch = state.ledger.batch_at(transit.batch);
        let item = state.items.at(batch.item);
        let amount = names::amount(ask.words(), item, transit.outstanding);
        (
            seq.to_string(),
            format!(
                "{seq}: {} {}, {amount}",
                names::item(ask.words(), &state, item),
                batch.code
            ),
        )
    };
    Some(ours.take(CHOICES_MAX + 1).map(choice).collect())
}

/// Batches that the holder's sites hold.
fn own_batches(ask: &Ask) -> Option<Vec<Choice>> {
    let state = ask.state();
    let (_, holder) = state.holders.holder(ask.visitor.as_ref()?.holder()?)?;
    let mut batches: Vec<Choice> = Vec::new();
    for account in state
        .ledger
        .accounts()
        .filter(|account| holder.sites.contains(&account.site))
    {
        let batch = state.ledger.batch_at(account.batch);
        let held: i64 = account.held.iter().sum();
        if held != 0 && !batches.iter().any(|(code, _)| *code == *batch.code) {
            let item = state.items.at(batch.item);
            batches.push((
                batch.code.to_string(),
                format!("{}: {}", batch.code, names::item(ask.words(), &state, item)),
            ));
        }
        if batches.len() > CHOICES_MAX {
            return None;
        }
    }
    Some(batches)
}

/// Fills in what is almost always so: today, the one own site, instruction rather than report.
pub fn prefill(ask: &Ask, verb: &str, fields: &[Field], given: &mut Fields) {
    for field in fields {
        if given.has(&field.name) {
            continue;
        }
        match (field.name.as_str(), &field.kind) {
            ("occurred_on" | "on" | "counted_on" | "visited_on" | "held_on" | "valid_from", Kind::Day) => {
                given.push(&*field.name, ask.today().to_string());
            }
            ("mode", _) => given.push("mode", "instruct"),
            ("site", _) => {
                let is_holder = ask.visitor.as_ref().is_some_and(|visitor| {
                    matches!(visitor.actor.capacity(), Capacity::Responsible(_) | Capacity::Clerk(_))
                });
                if is_holder && let Some([(only, _)]) = of(ask, verb, field).as_deref() {
                    given.push("site", only.as_str());
                }
            }
            _ => {}
        }
    }
}
