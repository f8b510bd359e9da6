//! What the step `check` can look at: each key gives figures, and every figure must be as the file says.

/// Declares the tables of a check; an unknown key in them is an error.
macro_rules! tables {
    ($($(#[$meta:meta])* $name:ident { $($(#[$fmeta:meta])* $field:ident : $type:ty,)* })*) => {
        $($(#[$meta])*
        #[derive(Clone, Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name { $($(#[$fmeta])* pub $field: $type,)* })*
    };
}

mod border;

use domain::State;
use domain::country::{Country, Region};
use domain::ledger::Compartment;
use domain::licence::Licence;
use domain::plan::Planned;
use domain::quantity::{Amount, Mass};
use domain::reporting::{self, Destination};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

use crate::figures::{self, Figure};
use crate::form::{Many, Step};

pub(crate) use border::{
    AuthorizationCheck, CaseCheck, HeadroomCheck, MessagesCheck, PassageCheck, TradeStatementCheck,
};

tables! {
    /// What a site holds of an item, in counting units or with a unit of mass.
    Balance {
        site: String,
        item: String,
        batch: Option<String>,
        #[serde(default)]
        compartment: Compartment,
        amount: Amount,
    }
    /// The base of a substance that lies at sites: all of them, or one.
    MassCheck { substance: String, site: Option<String>, compartment: Option<Compartment>, base: Mass, }
    /// Goods on the way under a dispatch; nothing is on the way once all is settled.
    InTransit { dispatch: String, outstanding: i64, short: Option<bool>, }
    /// A dispatch from one province to another, at either end.
    DomesticCheck { dispatch: String, received: Option<i64>, excess: Option<i64>, returned: Option<i64>, lost: Option<i64>, differs: Option<bool>, over: Option<bool>, }
    /// An order: where it stands (`open`, `supplied`, `withdrawn`, `declined`), and how much is supplied of one item.
    OrderCheck { id: String, status: Option<String>, item: Option<String>, ordered: Option<i64>, supplied: Option<i64>, }
    /// A lot in process.
    LotCheck { site: String, lot: String, held: Option<Mass>, open: Option<bool>, }
    /// Refusals of a year by code.
    RefusedCheck { year: i16, code: String, count: u64, }
    /// A quota: what was granted and used, in base or in dispensing units.
    QuotaCheck { year: i16, holder: String, of: String, granted: Amount, used: Option<Amount>, }
    /// A line of the plan: the ceiling, and what was granted to makers.
    PlanCheck { year: i16, of: String, planned: Amount, granted: Option<Amount>, }
    /// A licence or card: `in_force`, `suspended`, `revoked`, `expired` or `not_yet_valid`.
    LicenceCheck { id: String, on: Option<String>, standing: String, }
    /// Whether somebody holds a role or duty.
    Role { actor: String, holds: bool, }
}

/// One thing to look at.
#[derive(Clone, Debug)]
pub(crate) enum Look {
    Balance(Balance),
    Mass(MassCheck),
    InTransit(InTransit),
    Domestic(DomesticCheck),
    Order(OrderCheck),
    Lot(LotCheck),
    Refused(RefusedCheck),
    Quota(QuotaCheck),
    Plan(PlanCheck),
    Licence(LicenceCheck),
    Role(Role),
    Case(CaseCheck),
    Authorization(AuthorizationCheck),
    Messages(MessagesCheck),
    TradeStatement(TradeStatementCheck),
    Headroom(HeadroomCheck),
    Passage(PassageCheck),
    CosignedBy(Vec<String>),
    Statement {
        year: i16,
        asked: Option<Destination>,
        figures: Vec<(String, Value)>,
    },
    Entry {
        of: String,
        figures: Vec<(String, Value)>,
    },
    Waiting(usize),
    NoticesDue(usize),
    Entries(u64),
    Fsck(bool),
}

/// Takes what a step looks at out of it.
pub(crate) fn looks(step: &mut Step) -> Result<Vec<Look>, String> {
    fn each<T>(looks: &mut Vec<Look>, tables: Option<Many<T>>, look: impl Fn(T) -> Look) {
        looks.extend(tables.into_iter().flat_map(|many| many.0).map(look));
    }
    let mut looks = Vec::new();
    each(&mut looks, step.balance.take(), Look::Balance);
    each(&mut looks, step.mass.take(), Look::Mass);
    each(&mut looks, step.in_transit.take(), Look::InTransit);
    each(&mut looks, step.domestic.take(), Look::Domestic);
    each(&mut looks, step.order.take(), Look::Order);
    each(&mut looks, step.lot.take(), Look::Lot);
    each(&mut looks, step.refused.take(), Look::Refused);
    each(&mut looks, step.quota.take(), Look::Quota);
    each(&mut looks, step.plan.take(), Look::Plan);
    each(&mut looks, step.licence.take(), Look::Licence);
    each(&mut looks, step.role.take(), Look::Role);
    each(&mut looks, step.case.take(), Look::Case);
    each(&mut looks, step.authorization.take(), Look::Authorization);
    each(&mut looks, step.messages.take(), Look::Messages);
    each(&mut looks, step.trade_statement.take(), Look::TradeStatement);
    each(&mut looks, step.headroom.take(), Look::Headroom);
    each(&mut looks, step.passage.take(), Look::Passage);
    for table in step.statement.take().into_iter().flat_map(|many| many.0) {
        looks.push(statement(table)?);
    }
    for table in step.entry.take().into_iter().flat_map(|many| many.0) {
        looks.push(entry(table)?);
    }
    looks.extend(step.cosigned_by.take().map(Look::CosignedBy));
    looks.extend(step.waiting.take().map(Look::Waiting));
    looks.extend(step.notices_due.take().map(Look::NoticesDue));
    looks.extend(step.entries.take().map(Look::Entries));
    looks.extend(step.fsck.take().map(Look::Fsck));
    Ok(looks)
}

fn statement(mut table: toml::Table) -> Result<Look, String> {
    let year = match table.remove("year") {
        Some(toml::Value::Integer(year)) => i16::try_from(year).map_err(|_| format!("{year} is no year"))?,
        _ => return Err("a statement is of a year: add year = 2024".to_owned()),
    };
    let mut word = |key: &str| match table.remove(key) {
        Some(toml::Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(format!("{key} is a text, not {other}")),
        None => Ok(None),
    };
    let asked = match (word("region")?, word("country")?) {
        (Some(region), _) => Some(Destination::Region(
            Region::parse(&region).map_err(|why| why.to_string())?,
        )),
        (None, Some(country)) => Some(Destination::Country(
            Country::parse(&country).map_err(|why| why.to_string())?,
        )),
        (None, None) => None,
    };
    let figures = figures::paths(&table)?;
    Ok(Look::Statement { year, asked, figures })
}

fn entry(mut table: toml::Table) -> Result<Look, String> {
    let Some(toml::Value::String(of)) = table.remove("of") else {
        return Err("an entry is named by the id of its step: add of = \"ID\"".to_owned());
    };
    let figures = figures::paths(&table)?;
    Ok(Look::Entry { of, figures })
}

/// Where a check looks.
pub(crate) struct View<'a> {
    pub state: &'a State,
    pub today: Date,
    /// The number of the entry that a step's id names.
    pub number: &'a dyn Fn(&str) -> Result<u64, String>,
    /// An entry as a JSON document.
    pub document: &'a dyn Fn(u64) -> Result<Value, String>,
}

impl View<'_> {
    /// The figures of one look.
    pub fn figures(&self, look: &Look) -> Result<Vec<Figure>, String> {
        let state = self.state;
        Ok(match look {
            Look::Balance(asked) => vec![self.balance(asked)?],
            Look::Mass(asked) => vec![self.mass(asked)?],
            Look::InTransit(asked) => self.in_transit(asked)?,
            Look::Domestic(asked) => self.domestic(asked)?,
            Look::Order(asked) => self.order(asked)?,
            Look::Lot(asked) => self.lot(asked)?,
            Look::Refused(asked) => {
                let count = state
                    .tally
                    .iter()
                    .find(|((year, code), _)| *year == asked.year && code.as_str() == asked.code);
                let found = count.map_or(0, |(_, count)| *count);
                vec![Figure::new(format!("refused {}", asked.code), asked.count, found)]
            }
            Look::Quota(asked) => self.quota(asked)?,
            Look::Plan(asked) => self.plan(asked)?,
            Look::Licence(asked) => vec![self.licence(asked)?],
            Look::Role(asked) => {
                let actor = asked.actor.parse()?;
                vec![Figure::new(
                    format!("{} holds the role", asked.actor),
                    asked.holds,
                    state.access.holds(&actor),
                )]
            }
            Look::Case(asked) => border::case(state, asked)?,
            Look::Authorization(asked) => border::authorization(state, asked)?,
            Look::Messages(asked) => border::messages(state, asked)?,
            Look::TradeStatement(asked) => border::trade_statement(state, asked)?,
            Look::Headroom(asked) => border::headroom(state, asked)?,
            Look::Passage(asked) => border::passage(state, asked)?,
            Look::CosignedBy(asked) => vec![border::cosigned_by(state, asked)],
            Look::Statement { year, asked, figures } => {
                let statement = reporting::statement(state, *year, *asked);
                of_document(
                    &serde_json::to_value(statement).map_err(|why| why.to_string())?,
                    figures,
                )?
            }
            Look::Entry { of, figures } => of_document(&(self.document)((self.number)(of)?)?, figures)?,
            Look::Waiting(count) => {
                vec![Figure::new("decisions that wait", *count, state.access.waiting().len())]
            }
            Look::NoticesDue(count) => {
                vec![Figure::new("notices due", *count, state.channels.notices_due().count())]
            }
            Look::Entries(count) => vec![Figure::new("entries", *count, state.size)],
            Look::Fsck(_) => Vec::new(),
        })
    }

    fn balance(&self, asked: &Balance) -> Result<Figure, String> {
        let state = self.state;
        let (site, _) = state.holders.site(&asked.site).map_err(|why| why.to_string())?;
        let (no, item) = state.items.find(&asked.item).map_err(|why| why.to_string())?;
        let found = match &asked.batch {
            None => state.ledger.held(site, no, asked.compartment),
            Some(batch) => {
                let account = state
                    .ledger
                    .batch(no, batch)
                    .and_then(|(no, _)| state.ledger.account(site, no));
                account.map_or(0, |account| account.holds(asked.compartment))
            }
        };
        let expected = asked.amount.units(item.bulk).map_err(|why| why.to_string())?;
        let name = format!("{} of {} in {}", asked.item, asked.site, asked.compartment.word());
        Ok(Figure::new(name, expected, found))
    }

    fn mass(&self, asked: &MassCheck) -> Result<Figure, String> {
        let state = self.state;
        let (substance, _) = state.substances.find(&asked.substance).map_err(|why| why.to_string())?;
        let site = match &asked.site {
            Some(site) => Some(state.holders.site(site).map_err(|why| why.to_string())?.0),
            None => None,
        };
        let mut found = Mass::ZERO;
        for account in state.ledger.accounts() {
            let item = state.items.at(state.ledger.batch_at(account.batch).item);
            if item.substance == substance && site.is_none_or(|site| site == account.site) {
                let amount = match asked.compartment {
                    Some(compartment) => account.holds(compartment),
                    None => account.held.iter().sum(),
                };
                found += item.mass(amount);
            }
        }
        let name = format!(
            "base of {} at {}",
            asked.substance,
            asked.site.as_deref().unwrap_or("all sites")
        );
        Ok(Figure::new(name, asked.base.to_string(), found.to_string()))
    }

    fn in_transit(&self, asked: &InTransit) -> Result<Vec<Figure>, String> {
        let transit = self.state.ledger.transit().get(&(self.number)(&asked.dispatch)?);
        let outstanding = transit.map_or(0, |transit| transit.outstanding);
        let name = |what: &str| format!("{what} under dispatch {}", asked.dispatch);
        let mut figures = vec![Figure::new(name("on the way"), asked.outstanding, outstanding)];
        if let Some(short) = asked.short {
            let found = transit.is_some_and(|transit| transit.short);
            figures.push(Figure::new(name("a shortage"), short, found));
        }
        Ok(figures)
    }

    fn domestic(&self, asked: &DomesticCheck) -> Result<Vec<Figure>, String> {
        let entry = (self.number)(&asked.dispatch)?;
        let found = self.state.provinces.dispatches().get(&entry);
        let found = found.ok_or_else(|| format!("{:?} is no dispatch between provinces", asked.dispatch))?;
        let name = |what: &str| format!("{what} of {}", asked.dispatch);
        let amounts = [
            ("received", asked.received, found.received),
            ("excess", asked.excess, found.excess),
            ("returned", asked.returned, found.returned),
            ("lost", asked.lost, found.lost),
        ];
        let flags = [
            ("difference", asked.differs, found.differs()),
            ("end", asked.over, found.is_over()),
        ];
        let amounts = amounts
            .into_iter()
            .filter_map(|(what, expected, found)| Some(Figure::new(name(what), expected?, found)));
        let flags = flags
            .into_iter()
            .filter_map(|(what, expected, found)| Some(Figure::new(name(what), expected?, found)));
        Ok(amounts.chain(flags).collect())
    }

    fn order(&self, asked: &OrderCheck) -> Result<Vec<Figure>, String> {
        let order = self.state.orders.get(&asked.id);
        let order = order.ok_or_else(|| format!("no order {} was placed", asked.id))?;
        let mut figures = Vec::new();
        if let Some(status) = &asked.status {
            figures.push(Figure::new(
                format!("order {}", asked.id),
                status.as_str(),
                order.status().word(),
            ));
        }
        let Some(item) = &asked.item else { return Ok(figures) };
        let line = order.lines.iter().find(|line| line.item_id.as_str() == item);
        let line = line.ok_or_else(|| format!("order {} does not ask for {item}", asked.id))?;
        let asked_of = [
            ("ordered", asked.ordered, line.ordered),
            ("supplied", asked.supplied, line.supplied),
        ];
        for (what, expected, found) in asked_of {
            let name = format!("{what} of {item} in order {}", asked.id);
            figures.extend(expected.map(|expected| Figure::new(name, expected, found)));
        }
        Ok(figures)
    }

    fn lot(&self, asked: &LotCheck) -> Result<Vec<Figure>, String> {
        let (site, _) = self.state.holders.site(&asked.site).map_err(|why| why.to_string())?;
        let lot = self.state.ledger.lot(site, &asked.lot);
        let lot = lot.ok_or_else(|| format!("{} has no lot {}", asked.site, asked.lot))?;
        let mut figures = Vec::new();
        if let Some(held) = asked.held {
            let name = format!("base in lot {}", asked.lot);
            figures.push(Figure::new(name, held.to_string(), lot.held.to_string()));
        }
        if let Some(open) = asked.open {
            figures.push(Figure::new(format!("lot {} is open", asked.lot), open, lot.open));
        }
        Ok(figures)
    }

    fn planned(&self, of: &str) -> Result<Planned, String> {
        if let Ok((no, _)) = self.state.substances.find(of) {
            return Ok(Planned::Substance(no));
        }
        let (no, _) = self.state.items.find(of).map_err(|why| why.to_string())?;
        Ok(Planned::Preparation(no))
    }

    fn quota(&self, asked: &QuotaCheck) -> Result<Vec<Figure>, String> {
        let of = self.planned(&asked.of)?;
        let holder = self.state.holders.holder(&asked.holder);
        let (holder, _) = holder.ok_or_else(|| format!("no holder is known by the name {}", asked.holder))?;
        let quota = self.state.planning.quota(asked.year, of, holder).unwrap_or_default();
        let name = |what: &str| format!("quota {what} to {} of {}", asked.holder, asked.of);
        let mut figures = vec![planned_figure(name("granted"), of, &asked.granted, quota.granted)?];
        if let Some(used) = &asked.used {
            figures.push(planned_figure(name("used"), of, used, quota.used)?);
        }
        Ok(figures)
    }

    fn plan(&self, asked: &PlanCheck) -> Result<Vec<Figure>, String> {
        let of = self.planned(&asked.of)?;
        let mut lines = self.state.planning.lines(asked.year);
        let line = lines
            .find(|(thing, _)| *thing == of)
            .map(|(_, line)| line)
            .unwrap_or_default();
        let name = |what: &str| format!("plan of {} {what}", asked.of);
        let mut figures = vec![planned_figure(name("in all"), of, &asked.planned, line.planned)?];
        if let Some(granted) = &asked.granted {
            figures.push(planned_figure(name("granted"), of, granted, line.granted)?);
        }
        Ok(figures)
    }

    fn licence(&self, asked: &LicenceCheck) -> Result<Figure, String> {
        let on = match &asked.on {
            Some(day) => day.parse::<Date>().map_err(|why| why.to_string())?,
            None => self.today,
        };
        let mut licences = self.state.licences.iter();
        let licence = licences.find(|licence| licence.grant.id.as_str() == asked.id);
        let licence = licence.ok_or_else(|| format!("no licence is known by the name {}", asked.id))?;
        Ok(Figure::new(
            format!("licence {} on {on}", asked.id),
            asked.standing.as_str(),
            standing(licence, on),
        ))
    }
}

/// A figure of the plan: base for a substance, dispensing units for a preparation.
fn planned_figure(name: String, of: Planned, expected: &Amount, found: i128) -> Result<Figure, String> {
    match of {
        Planned::Substance(_) => {
            let expected: Mass = expected
                .to_string()
                .parse()
                .map_err(|why: domain::quantity::BadQuantity| why.to_string())?;
            Ok(Figure::new(
                name,
                expected.to_string(),
                Mass::from_pg(found).to_string(),
            ))
        }
        Planned::Preparation(_) => {
            let expected = expected.units(false).map_err(|why| why.to_string())?;
            Ok(Figure::new(name, expected.to_string(), found.to_string()))
        }
    }
}

fn standing(licence: &Licence, on: Date) -> &'static str {
    let covers = |(from, until): &(Date, Option<Date>)| *from <= on && until.is_none_or(|until| on < until);
    if licence.revoked.is_some_and(|from| from <= on) {
        "revoked"
    } else if licence.suspended.iter().any(covers) {
        "suspended"
    } else if on > licence.grant.valid_until {
        "expired"
    } else if on < licence.grant.valid_from {
        "not_yet_valid"
    } else {
        "in_force"
    }
}

fn of_document(document: &Value, expected: &[(String, Value)]) -> Result<Vec<Figure>, String> {
    let figure = |(path, expected): &(String, Value)| {
        let found = figures::at_path(document, path, expected)?;
        Ok(Figure::new(path.as_str(), expected.clone(), found))
    };
    expected.iter().map(figure).collect()
}
