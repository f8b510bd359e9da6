//! What a command would change, in figures, for whoever decides: before and after. Only figures that the rules
//! themselves look at are told.

use domain::ledger::Compartment;
use domain::plan::{Planned, QuotaEntry};
use domain::product::Item;
use domain::quantity::{Amount, Mass};
use domain::trade::{Check, Fact, IssueExportPermit, Line, checks, confirmation_checks, own_headroom};
use domain::{Command, State};

use crate::ask::Ask;
use crate::names;
use crate::words::Words;

/// A figure before and after.
pub struct Effect {
    /// What it is, in words.
    pub name: String,
    /// As it is now.
    pub before: String,
    /// As it would be.
    pub after: String,
}

/// The figures that a command would change.
pub fn of(ask: &Ask, command: &Command) -> Vec<Effect> {
    let state = ask.state();
    let pen = Pen {
        ask,
        state: &state,
        words: ask.words(),
    };
    match command {
        Command::IssueExportPermit(issue) => pen.export_permit(issue),
        Command::Confirm(confirm) => pen.confirmation(&confirm.case),
        Command::IssueImportAuthorization(issue) => pen.import_authorization(&issue.application),
        Command::GrantQuota(quota) => pen.quota(quota),
        Command::Dispatch(act) => pen.stock(&act.site, &act.item, &act.batch, &act.amount, -1),
        Command::Dispense(act) => pen.stock(&act.site, &act.item, &act.batch, &act.amount, -1),
        Command::Import(act) => pen.stock(&act.site, &act.item, &act.batch, &act.amount, 1),
        Command::Manufacture(act) => {
            let mut effects = pen.stock(&act.site, &act.item, &act.batch, &act.amount, 1);
            effects.extend(pen.quota_used(&act.site, &act.item, &act.amount, act.occurred_on.year()));
            effects
        }
        Command::Receive(act) => pen.arrives(&act.site, act.dispatch, act.amount, true),
        Command::CancelDispatch(act) => pen.arrives(&act.site, act.dispatch, act.amount, true),
        Command::Export(act) => pen.arrives(&act.site, act.dispatch, act.amount, false),
        _ => Vec::new(),
    }
}

struct Pen<'a> {
    ask: &'a Ask,
    state: &'a State,
    words: Words,
}

impl Pen<'_> {
    /// What is left before and after, by the figures that a gate has looked at.
    fn left(&self, name: String, check: &Check) -> Option<Effect> {
        let (before, after) = match (check.fact("available")?, check.fact("asked")?) {
            (Fact::Mass(available), Fact::Mass(asked)) => (
                names::mass(self.words, *available),
                names::mass(self.words, *available - *asked),
            ),
            (Fact::Amount(goods, available), Fact::Amount(_, asked)) => {
                let says = |amount: i64| crate::pages::quantity(self.words, self.state, goods, amount);
                (says(*available), says(available.saturating_sub(*asked)))
            }
            _ => return None,
        };
        Some(Effect { name, before, after })
    }

    fn fact(&self, check: &Check, name: &str) -> String {
        let found = check.fact(name);
        found.map_or_else(String::new, |of| crate::pages::fact(self.words, self.state, of))
    }

    fn named(&self, key: &str, check: &Check, facts: &[&'static str]) -> String {
        let said: Vec<(&str, String)> = facts.iter().map(|name| (*name, self.fact(check, name))).collect();
        let args: Vec<(&str, &dyn std::fmt::Display)> = said
            .iter()
            .map(|(name, says)| (*name, says as &dyn std::fmt::Display))
            .collect();
        self.words.with(key, &args)
    }

    /// The same figures that the gate looks at: authorization, estimate, stock.
    fn gated(&self, checks: &[Check]) -> Vec<Effect> {
        let effect = |check: &Check| {
            let name = match check.name {
                "authorization_room" => self.named("effect-authorization", check, &["number", "goods"]),
                "estimate" => self.named("effect-estimate", check, &["country", "substance", "year"]),
                "stock" => {
                    let goods = self.fact(check, "goods");
                    let site = self.fact(check, "site");
                    self.words.t2("effect-free", "item", goods, "site", site)
                }
                _ => return None,
            };
            self.left(name, check)
        };
        checks.iter().filter_map(effect).collect()
    }

    fn export_permit(&self, issue: &IssueExportPermit) -> Vec<Effect> {
        let case = format!("{}/{}", self.state.founding.id, issue.export);
        match self.state.trade.case(&case) {
            Some(case) => self.gated(&checks(self.state, case, issue, self.ask.today())),
            None => Vec::new(),
        }
    }

    fn confirmation(&self, case: &str) -> Vec<Effect> {
        match self.state.trade.case(case) {
            Some(case) => self.gated(&confirmation_checks(self.state, case, self.ask.today())),
            None => Vec::new(),
        }
    }

    /// What an authorization takes of this country's own estimates, a line a substance.
    fn import_authorization(&self, application: &str) -> Vec<Effect> {
        let Some(applied) = self.state.trade.application(application) else {
            return Vec::new();
        };
        let today = self.ask.today();
        let mut seen = std::collections::BTreeSet::new();
        let mut effects = Vec::new();
        for line in &applied.lines {
            let substance = &line.goods.substance;
            let Some(room) = own_headroom(self.state, substance, today) else {
                continue;
            };
            if !seen.insert(substance) {
                continue;
            }
            let of_it = applied.lines.iter().filter(|other| other.goods.substance == *substance);
            let asked: Mass = of_it.map(Line::base).sum();
            let named = names::substance_of_id(self.words, self.state, substance);
            effects.push(Effect {
                name: self
                    .words
                    .t2("effect-own-estimate", "substance", named, "year", today.year()),
                before: names::mass(self.words, room.available()),
                after: names::mass(self.words, room.available() - asked),
            });
        }
        effects
    }

    /// A quota takes of what the plan leaves, and adds to what the maker has.
    fn quota(&self, quota: &QuotaEntry) -> Vec<Effect> {
        let Some((planned, wanted)) = self.planned(&quota.of, &quota.amount) else {
            return Vec::new();
        };
        let planning = &self.state.planning;
        let Some((_, line)) = planning.lines(quota.year).find(|(of, _)| *of == planned) else {
            return Vec::new();
        };
        let Some((holder, entry)) = self.state.holders.holder(&quota.holder) else {
            return Vec::new();
        };
        let of = self.planned_name(planned);
        let has = planning
            .quota(quota.year, planned, holder)
            .map_or(0, |quota| quota.granted);
        let left = line.planned - line.granted;
        vec![
            Effect {
                name: self.words.t2("effect-plan", "year", quota.year, "of", &of),
                before: self.print(planned, left),
                after: self.print(planned, left - wanted),
            },
            Effect {
                name: self.words.with(
                    "effect-quota",
                    &[("holder", &entry.entry.name), ("of", &of), ("year", &quota.year)],
                ),
                before: self.print(planned, has),
                after: self.print(planned, has + wanted),
            },
        ]
    }

    /// What manufacture of a bulk substance leaves of the maker's quota.
    fn quota_used(&self, site: &str, item: &str, amount: &Amount, year: i16) -> Option<Effect> {
        let (_, site) = self.state.holders.site(site).ok()?;
        let (_, item) = self.state.items.find(item).ok()?;
        let planned = Planned::Substance(item.substance);
        let quota = self.state.planning.quota(year, planned, site.holder)?;
        let made = item.mass(amount.units(item.bulk).ok()?).pg();
        let left = quota.granted - quota.used;
        let holder = &self.state.holders.holder_at(site.holder).entry.name;
        let of = self.planned_name(planned);
        Some(Effect {
            name: self
                .words
                .with("effect-quota-left", &[("holder", holder), ("of", &of), ("year", &year)]),
            before: self.print(planned, left),
            after: self.print(planned, left - made),
        })
    }

    fn planned(&self, of: &str, amount: &Amount) -> Option<(Planned, i128)> {
        if let Ok((no, _)) = self.state.substances.find(of) {
            let Amount::Entered(text) = amount else { return None };
            return Some((Planned::Substance(no), text.parse::<Mass>().ok()?.pg()));
        }
        let (no, _) = self.state.items.find(of).ok()?;
        Some((Planned::Preparation(no), i128::from(amount.units(false).ok()?)))
    }

    fn planned_name(&self, planned: Planned) -> String {
        match planned {
            Planned::Substance(no) => names::substance(self.words, self.state, no),
            Planned::Preparation(no) => names::item(self.words, self.state, self.state.items.at(no)),
        }
    }

    fn print(&self, planned: Planned, amount: i128) -> String {
        match planned {
            Planned::Substance(_) => names::mass(self.words, Mass::from_pg(amount)),
            Planned::Preparation(no) => {
                let amount = i64::try_from(amount).unwrap_or(i64::MAX);
                names::amount(self.words, self.state.items.at(no), amount)
            }
        }
    }

    /// What a batch in stock becomes. A batch that is not there yet begins from nothing.
    fn stock(&self, site: &str, item: &str, batch: &str, amount: &Amount, sign: i64) -> Vec<Effect> {
        let (Ok((site_no, _)), Ok((item_no, of))) = (self.state.holders.site(site), self.state.items.find(item)) else {
            return Vec::new();
        };
        let Ok(amount) = amount.units(of.bulk) else {
            return Vec::new();
        };
        let ledger = &self.state.ledger;
        let account = ledger
            .batch(item_no, batch)
            .and_then(|(no, _)| ledger.account(site_no, no));
        let held = account.map_or(0, |account| account.holds(Compartment::Stock));
        let after = held.saturating_add(sign * amount);
        // More than there is: refused, or reported and made good from what is unexplained.
        if after < 0 {
            return Vec::new();
        }
        vec![self.stock_effect(site, of, batch, held, after)]
    }

    fn stock_effect(&self, site: &str, item: &Item, batch: &str, before: i64, after: i64) -> Effect {
        let name = format!("{} {batch}", names::item(self.words, self.state, item));
        Effect {
            name: self.words.t2("effect-stock", "item", name, "site", site),
            before: names::amount(self.words, item, before),
            after: names::amount(self.words, item, after),
        }
    }

    /// Goods on their way that arrive at a site, or leave the country. What is more than was sent goes elsewhere than
    /// into stock, and is not foretold.
    fn arrives(&self, site: &str, dispatch: u64, amount: i64, into_stock: bool) -> Vec<Effect> {
        let ledger = &self.state.ledger;
        let Some(transit) = ledger.transit().get(&dispatch).filter(|way| amount <= way.outstanding) else {
            return Vec::new();
        };
        let batch = ledger.batch_at(transit.batch);
        let item = self.state.items.at(batch.item);
        let mut effects = vec![Effect {
            name: self.words.t1("effect-transit", "dispatch", dispatch),
            before: names::amount(self.words, item, transit.outstanding),
            after: names::amount(self.words, item, transit.outstanding - amount),
        }];
        if let (true, Ok((site_no, _))) = (into_stock, self.state.holders.site(site)) {
            let account = ledger.account(site_no, transit.batch);
            let held = account.map_or(0, |account| account.holds(Compartment::Stock));
            effects.push(self.stock_effect(site, item, &batch.code, held, held.saturating_add(amount)));
        }
        effects
    }
}
