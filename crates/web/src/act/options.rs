//! What can be chosen in a field, and what is filled in beforehand, from the register as the visitor may see it.

use std::collections::{BTreeMap, BTreeSet};

use domain::State;
use domain::country::Country;
use domain::holder::{Site, SiteKind};
use domain::id::Id;
use domain::ledger::{Compartment, Transit};
use domain::order::{Order, OrderStatus};
use domain::partner::Partner;
use domain::product::Item;
use domain::province::{Domestic, End, Offered, is_neighbour};
use domain::table::No;
use domain::trade::{Case, Side, Stage};
use jiff::civil::Date;

use super::draw::kept;
use super::schema::{Field, Kind};
use crate::ask::Ask;
use crate::fields::Fields;
use crate::names;
use crate::pages::provinces;

/// Beyond so many choices a field is typed.
const CHOICES_MAX: usize = 400;
/// In a country of more sites than these the other side of a dispatch or order is typed.
const SITES_FEW: usize = 2_000;

/// A value and its words.
pub type Choice = (String, String);

/// The choices of a field, if there are a few. What is given stays among them. `name` is the field's own name with the
/// group and row it stands in.
pub fn of(ask: &Ask, verb: &str, field: &Field, name: &str, given: &Fields) -> Option<Vec<Choice>> {
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
    let state = ask.state();
    let mut choices = match field.name.as_str() {
        "substance" | "substances" => substances(ask, &state),
        "partner" => partners(&state, |partner| {
            !BETWEEN_PROVINCES.contains(&verb) || is_neighbour(&state, partner)
        }),
        _ => match Own::of(ask, &state, given) {
            Some(own) => own.choices(verb, &field.name, name)?,
            None if matches!(field.name.as_str(), "item" | "items") => items(ask, &state, |_| true),
            None => return None,
        },
    };
    drop(state);
    if choices.is_empty() || choices.len() > CHOICES_MAX {
        return None;
    }
    for value in given.all(name) {
        if choices.iter().all(|(known, _)| known != value) {
            choices.push((value.to_owned(), value.to_owned()));
        }
    }
    Some(choices)
}

/// Whether the kinds of a site do what an act is about. What the law says of it, the act itself tells.
pub fn fits(verb: &str, site: &Site) -> bool {
    let is = |kinds: &[SiteKind]| kinds.iter().any(|kind| site.is(*kind));
    match verb {
        "manufacture" => is(&[SiteKind::SubstanceMaker]),
        "feed_lot" | "yield_lot" | "close_lot" | "transform" | "use_in_manufacture" => {
            is(&[SiteKind::SubstanceMaker, SiteKind::FinishedMaker])
        }
        "apply_import" | "import" => is(&[SiteKind::Importer]),
        "apply_export" | "export" => is(&[SiteKind::Exporter]),
        "dispense" | "file_demand" => site.retail,
        _ => true,
    }
}

/// Acts that take goods which the site holds.
const TAKES: &[&str] = &[
    "feed_lot",
    "transform",
    "use_in_manufacture",
    "dispatch",
    "reclassify",
    "dispense",
    "destroy",
    "lose",
    "count",
];

/// Acts in which a partner is the authority of another province.
const BETWEEN_PROVINCES: &[&str] = &["dispatch", "share_site", "withdraw_site"];

/// Whether a site is the visitor's own, or goods may go between it and theirs: of others a company learns nothing.
pub fn is_of_concern(ask: &Ask, state: &State, site: No) -> bool {
    let Some(holder) = ask.visitor.as_ref().and_then(|visitor| visitor.holder()) else {
        return true;
    };
    let Some((_, holder)) = state.holders.holder(holder) else {
        return false;
    };
    let (channels, today) = (&state.channels, ask.today());
    let deals = |own: No| channels.lets(state, own, site, today) || channels.lets(state, site, own, today);
    holder.sites.iter().any(|own| *own == site || deals(*own))
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

fn substances(ask: &Ask, state: &State) -> Vec<Choice> {
    let with_items: BTreeSet<_> = state.items.iter().map(|item| item.substance).collect();
    let choice = |no: No| {
        let entry = &state.substances.at(no).entry;
        (entry.id.to_string(), names::substance(ask.words(), state, no))
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

fn items(ask: &Ask, state: &State, wanted: impl Fn(&Item) -> bool) -> Vec<Choice> {
    let choice = |item: &Item| (item.id.to_string(), item_with_id(ask, state, item));
    let all = state.items.iter().filter(|item| wanted(item));
    all.take(CHOICES_MAX + 1).map(choice).collect()
}

fn item_with_id(ask: &Ask, state: &State, item: &Item) -> String {
    format!("{} ({})", names::item(ask.words(), state, item), item.id)
}

fn partners(state: &State, wanted: impl Fn(&Partner) -> bool) -> Vec<Choice> {
    let choice = |partner: &Partner| {
        (
            partner.file.id.to_string(),
            format!("{} ({})", partner.file.name, partner.file.id),
        )
    };
    state
        .partners
        .iter()
        .filter(|partner| wanted(partner))
        .map(choice)
        .collect()
}

/// The holder that somebody acts for, and what of a form is settled already.
struct Own<'a> {
    ask: &'a Ask,
    state: &'a State,
    sites: &'a [No],
    /// The site, where it is not asked any more.
    site: Option<No>,
    /// The item, where it is not asked any more.
    item: Option<No>,
    /// The authority of another province that the form names.
    partner: Option<Id>,
    today: Date,
}

impl<'a> Own<'a> {
    fn of(ask: &'a Ask, state: &'a State, given: &Fields) -> Option<Self> {
        let (_, holder) = state.holders.holder(ask.visitor.as_ref()?.holder()?)?;
        let settled = kept(given);
        let is_settled = |name: &str| settled.contains(name).then(|| given.get(name));
        let site = is_settled("site").and_then(|site| state.holders.site(site).ok());
        let item = is_settled("item").and_then(|item| state.items.find(item).ok());
        Some(Self {
            ask,
            state,
            sites: &holder.sites,
            site: site.map(|(no, _)| no).filter(|no| holder.sites.contains(no)),
            item: item.map(|(no, _)| no),
            partner: given.get("partner").parse().ok(),
            today: ask.today(),
        })
    }

    fn choices(&self, verb: &str, field: &str, name: &str) -> Option<Vec<Choice>> {
        let makes = name.starts_with("outputs.");
        let found = match field {
            "item" | "items" if TAKES.contains(&verb) && !makes => self.items_held(verb == "count"),
            "item" | "items" => items(self.ask, self.state, |item| match verb {
                "manufacture" => item.bulk,
                "file_demand" => !item.bulk,
                _ => true,
            }),
            "batch" if TAKES.contains(&verb) && !makes => self.batches(verb),
            "site" => self.own_sites(verb),
            "to" if verb == "dispatch" && self.partner.is_some() => self.sites_there(),
            "to" if verb == "dispatch" => {
                self.others(|from, to| self.state.channels.lets(self.state, from, to, self.today))?
            }
            "supplier" => self.others(|to, from| self.state.channels.supplies(self.state, from, to, self.today))?,
            "dispatch" => self.dispatches(verb),
            "lot" if matches!(verb, "yield_lot" | "close_lot") => self.lots(),
            "order" => self.orders(verb),
            "permit" if verb == "dispatch" => self.permits(),
            "authorization" if verb == "import" => self.authorizations(),
            "case" if verb == "import" => self.cases(),
            _ => return None,
        };
        Some(found)
    }

    /// The sites that are looked into: the one that is settled, or all of the holder's.
    fn looked_into(&self) -> impl Iterator<Item = No> {
        let all = self.sites.iter().copied();
        all.filter(|site| self.site.is_none_or(|settled| settled == *site))
    }

    fn own_sites(&self, verb: &str) -> Vec<Choice> {
        let sites = self.sites.iter().map(|no| self.state.holders.site_at(*no));
        let fit = sites.filter(|site| site.open && fits(verb, site));
        let words = self.ask.words();
        fit.map(|site| {
            (
                site.id.to_string(),
                format!("{} ({})", site.id, names::kinds(words, site)),
            )
        })
        .collect()
    }

    /// Items of which the sites hold something; for a count, of which they ever had something.
    fn items_held(&self, ever: bool) -> Vec<Choice> {
        let accounts = self.looked_into().flat_map(|site| self.state.ledger.accounts_of(site));
        let held = accounts.filter(|account| ever || account.held.iter().any(|held| *held != 0));
        let numbers: BTreeSet<No> = held
            .map(|account| self.state.ledger.batch_at(account.batch).item)
            .collect();
        let choice = |no: No| {
            let item = self.state.items.at(no);
            (item.id.to_string(), item_with_id(self.ask, self.state, item))
        };
        numbers.into_iter().map(choice).collect()
    }

    /// Batches that the sites hold, with what is held. Whoever counts is not told what the books say.
    fn batches(&self, verb: &str) -> Vec<Choice> {
        let (words, counts) = (self.ask.words(), verb == "count");
        let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for account in self.looked_into().flat_map(|site| self.state.ledger.accounts_of(site)) {
            let batch = self.state.ledger.batch_at(account.batch);
            let held: i64 = match verb {
                "destroy" => account.holds(Compartment::AwaitingDestruction),
                "reclassify" | "lose" | "count" => {
                    account.held.iter().fold(0, |sum: i64, held| sum.saturating_add(*held))
                }
                _ => account.holds(Compartment::Stock),
            };
            if (held == 0 && !counts) || self.item.is_some_and(|item| item != batch.item) {
                continue;
            }
            let item = self.state.items.at(batch.item);
            let mut says = names::item(words, self.state, item);
            if !counts {
                says = format!("{says}, {}", names::amount(words, item, held));
            }
            found.entry(&batch.code).or_default().push(says);
            if found.len() > CHOICES_MAX {
                break;
            }
        }
        let choice = |(code, says): (&str, Vec<String>)| (code.to_owned(), format!("{code}: {}", says.join("; ")));
        found.into_iter().map(choice).collect()
    }

    /// Sites of the other side, where the country has few: the channel tells which.
    fn others(&self, open: impl Fn(No, No) -> bool) -> Option<Vec<Choice>> {
        if self.state.holders.sites().nth(SITES_FEW).is_some() {
            return None;
        }
        let sites = (0..).zip(self.state.holders.sites()).filter(|(_, site)| site.open);
        let reached = sites.filter(|(no, _)| self.looked_into().any(|own| own != *no && open(own, *no)));
        Some(
            reached
                .take(CHOICES_MAX + 1)
                .map(|(_, site)| (site.id.to_string(), names::site(self.state, site)))
                .collect(),
        )
    }

    /// Sites that the other province lets be supplied, and to which a channel leads.
    fn sites_there(&self) -> Vec<Choice> {
        let offered = self.state.provinces.offered();
        let theirs =
            offered.filter(|(partner, offered)| Some(*partner) == self.partner.as_ref() && offered.is_open(self.today));
        let channels = &self.state.channels;
        let reached = theirs.filter(|(partner, offered)| {
            self.looked_into()
                .any(|own| channels.lets_away(self.state, own, partner, &offered.site, self.today))
        });
        let choice = |(_, offered): (&Id, &Offered)| {
            let site = &offered.site;
            (site.site.to_string(), format!("{} ({})", site.holder, site.site))
        };
        reached.take(CHOICES_MAX + 1).map(choice).collect()
    }

    /// Goods that come from another province to the sites.
    fn coming_from_provinces(&self) -> impl Iterator<Item = Choice> {
        let open = self.state.provinces.open();
        let comes = open.filter(|(_, domestic)| {
            let coming = domestic.end == End::Receiving && domestic.outstanding() > 0;
            coming && self.own_site_named(&domestic.told.to)
        });
        comes.map(|(seq, domestic)| {
            let goods = provinces::sent(self.ask.words(), self.state, domestic, domestic.outstanding());
            let from = provinces::other_site(self.state, domestic);
            (seq.to_string(), format!("{seq}: {goods}, {from}"))
        })
    }

    /// Goods on their way that an act can be about.
    fn dispatches(&self, verb: &str) -> Vec<Choice> {
        let owed: BTreeSet<u64> = match verb {
            "give_notice" => self.state.channels.notices().map(|(dispatch, _, _)| dispatch).collect(),
            _ => BTreeSet::new(),
        };
        let fits = |(seq, transit): &(&u64, &Transit)| {
            let (ours, comes) = (
                self.looked_into().any(|site| site == transit.from),
                transit.to.is_some_and(|to| self.looked_into().any(|site| site == to)),
            );
            match verb {
                "receive" => comes,
                "export" => ours && transit.to.is_none() && transit.away.is_none(),
                "give_notice" => ours && owed.contains(*seq),
                _ => ours,
            }
        };
        let found = self.state.ledger.transit().iter().filter(fits);
        let near = self.coming_from_provinces().filter(|_| verb == "receive");
        found
            .map(|(seq, transit)| self.dispatch(*seq, transit))
            .chain(near)
            .take(CHOICES_MAX + 1)
            .collect()
    }

    fn dispatch(&self, seq: u64, transit: &Transit) -> Choice {
        let words = self.ask.words();
        let batch = self.state.ledger.batch_at(transit.batch);
        let item = self.state.items.at(batch.item);
        let (name, amount) = (
            names::item(words, self.state, item),
            names::amount(words, item, transit.outstanding),
        );
        (seq.to_string(), format!("{seq}: {name} {}, {amount}", batch.code))
    }

    /// Open lots.
    fn lots(&self) -> Vec<Choice> {
        let words = self.ask.words();
        let lots = self
            .looked_into()
            .flat_map(|site| self.state.ledger.lots_of(site).rev());
        let open = lots.filter(|lot| lot.open).take(CHOICES_MAX + 1);
        let choice = |lot: &domain::ledger::Lot| {
            let substance = names::substance(words, self.state, lot.substance);
            (
                lot.id.to_string(),
                format!("{}: {substance}, {}", lot.id, names::mass(words, lot.held)),
            )
        };
        open.map(choice).collect()
    }

    /// Open orders: those that the sites placed for a withdrawal, else those they are asked to supply.
    fn orders(&self, verb: &str) -> Vec<Choice> {
        let orders = &self.state.orders;
        let mut found: Vec<&Order> = Vec::new();
        for site in self.looked_into() {
            if verb == "withdraw_order" {
                found.extend(
                    orders
                        .of_site(site)
                        .rev()
                        .filter(|order| is_open(order))
                        .take(CHOICES_MAX + 1),
                );
            } else {
                found.extend(
                    orders
                        .to_supplier(site)
                        .rev()
                        .filter(|order| is_open(order))
                        .take(CHOICES_MAX + 1),
                );
            }
        }
        let choice = |order: &Order| {
            let other = if verb == "withdraw_order" {
                order.supplier
            } else {
                order.site
            };
            let other = names::site(self.state, self.state.holders.site_at(other));
            (order.id.to_string(), format!("{}: {other}", order.id))
        };
        found.into_iter().map(choice).collect()
    }

    fn own_site_named(&self, id: &str) -> bool {
        self.state
            .holders
            .site(id)
            .is_ok_and(|(no, _)| self.looked_into().any(|own| own == no))
    }

    /// Export permits of the sites under which goods may leave now.
    fn permits(&self) -> Vec<Choice> {
        let usable = |case: &&Case| {
            case.side == Side::Exporting
                && case.stage == Stage::Issued
                && case.site.as_ref().is_some_and(|site| self.own_site_named(site))
        };
        let choice = |case: &Case| {
            let number = case.permit.as_ref()?.number.to_string();
            let says = format!("{number}: {}", case.id);
            Some((number, says))
        };
        self.state
            .trade
            .open_cases()
            .filter(usable)
            .filter_map(choice)
            .collect()
    }

    /// Import authorizations of the sites that are in force.
    fn authorizations(&self) -> Vec<Choice> {
        let usable = self.state.trade.owns().filter(|own| {
            !own.cancelled && own.authorization.valid_until >= self.today && self.own_site_named(&own.site)
        });
        let choice = |own: &domain::trade::OwnAuthorization| {
            let number = own.authorization.number.to_string();
            let says = format!("{number} ({})", own.site);
            (number, says)
        };
        usable.take(CHOICES_MAX + 1).map(choice).collect()
    }

    /// Consignments on their way to the sites' authorizations.
    fn cases(&self) -> Vec<Choice> {
        let of = |case: &'a Case| {
            case.consignment
                .authorization
                .as_ref()
                .filter(|_| case.side == Side::Importing)
        };
        let comes = |case: &&'a Case| {
            let own = of(case).and_then(|number| self.state.trade.own(number));
            own.is_some_and(|own| self.own_site_named(&own.site))
        };
        let choice = |case: &'a Case| {
            let number = of(case).map(ToString::to_string).unwrap_or_default();
            (case.id.to_string(), format!("{}: {number}", case.id))
        };
        self.state.trade.open_cases().filter(comes).map(choice).collect()
    }
}

fn is_open(order: &Order) -> bool {
    order.status() == OrderStatus::Open
}

/// Fills in what is almost always so: today, the one own site, instruction rather than report, a number for an order,
/// and what goods on the way say of themselves.
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
            ("site", _) => site(ask, verb, field, given),
            ("id", _) if verb == "place_order" => given.push("id", order_number(ask)),
            ("amount", _) if matches!(verb, "receive" | "export") => outstanding(ask, given),
            _ => {}
        }
    }
}

/// The site to which goods come, or the only one.
fn site(ask: &Ask, verb: &str, field: &Field, given: &mut Fields) {
    if ask.visitor.as_ref().is_none_or(|visitor| visitor.holder().is_none()) {
        return;
    }
    if verb == "receive" {
        if let Some(to) = on_the_way(ask, given).and_then(|transit| transit.to) {
            let id = ask.state().holders.site_at(to).id.to_string();
            return given.push("site", id);
        }
        if let Some(domestic) = from_province(ask, given) {
            return given.push("site", domestic.told.to.to_string());
        }
    }
    if let Some([(only, _)]) = of(ask, verb, field, &field.name, given).as_deref() {
        given.push("site", only.as_str());
    }
}

/// The goods on the way that a form is about, where they go to or come from the visitor's own sites.
fn on_the_way(ask: &Ask, given: &Fields) -> Option<Transit> {
    let state = ask.state();
    let (_, holder) = state.holders.holder(ask.visitor.as_ref()?.holder()?)?;
    let transit = state.ledger.transit().get(&given.get("dispatch").parse().ok()?)?;
    let ours = holder.sites.contains(&transit.from) || transit.to.is_some_and(|to| holder.sites.contains(&to));
    ours.then(|| transit.clone())
}

fn outstanding(ask: &Ask, given: &mut Fields) {
    if let Some(transit) = on_the_way(ask, given) {
        given.push("amount", transit.outstanding.to_string());
    } else if let Some(domestic) = from_province(ask, given) {
        given.push("amount", domestic.outstanding().to_string());
    }
}

/// The goods from another province that a form is about, where they come to one of the visitor's own sites.
fn from_province(ask: &Ask, given: &Fields) -> Option<Domestic> {
    let state = ask.state();
    let (_, holder) = state.holders.holder(ask.visitor.as_ref()?.holder()?)?;
    let domestic = state.provinces.dispatches().get(&given.get("dispatch").parse().ok()?)?;
    let (to, _) = state.holders.site(&domestic.told.to).ok()?;
    let comes = domestic.end == End::Receiving && holder.sites.contains(&to);
    comes.then(|| domestic.clone())
}

/// A number for an order that nobody has used: the holder, the year, and the next that is free.
fn order_number(ask: &Ask) -> String {
    let state = ask.state();
    let holder = ask.visitor.as_ref().and_then(|visitor| visitor.holder());
    let (Some(id), Some((_, holder))) = (holder, holder.and_then(|holder| state.holders.holder(holder))) else {
        return String::new();
    };
    let placed: usize = holder
        .sites
        .iter()
        .map(|site| state.orders.of_site(*site).count())
        .sum();
    let year = ask.today().year();
    let number = |next: usize| format!("{id}-{year}-{next}");
    (placed + 1..placed + 100)
        .map(number)
        .find(|number| state.orders.get(number).is_none())
        .unwrap_or_default()
}
