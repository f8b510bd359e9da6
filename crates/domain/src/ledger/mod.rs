//! The material ledger: a double-entry book in which every gram has a place.
//!
//! Accounts are `(site, batch)` with four compartments; a batch belongs to one item. Goods on the way, lots in process
//! and control accounts close the book, so the sum over all accounts of an item is zero, always.

mod apply;
mod bounds;
mod check;
mod command;
mod decide;
mod flow;
mod hold;
mod lot;
mod movement;
mod refusal;
mod reverse;

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::Equivalent;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::access::{Actor, not_entitled};
use crate::country::Country;
use crate::holder::Site;
use crate::id::Id;
use crate::quantity::Mass;
use crate::refusal::Refused;
use crate::table::{Keyed, No, Table};

pub use bounds::{AMOUNT_MAX, BALANCE_MAX};
pub use check::{STEPS, Step, applies};
pub use command::*;
pub use flow::{Cell, Control, CountryFlow, Flows, LotFlow, month_of};
pub use movement::{Compartment, CountAccepted, Details, LineReversed, LotClosed, Mode, Movement, MovementKind};
pub use refusal::LedgerRefusal;

pub(crate) use apply::{apply_count_accepted, apply_lot_closed, apply_movement, apply_reversed};
pub(crate) use bounds::not_too_large;
pub(crate) use check::{Second, may_supply};
pub(crate) use decide::{Act, decide, line_of};
pub(crate) use hold::{apply_hold, apply_lift, decide_hold, decide_lift};
pub(crate) use reverse::{decide_accept_count, decide_reverse};

/// A batch of one item.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Batch {
    /// The item.
    pub item: No,
    /// Its code.
    pub code: Id,
    /// The site where it began.
    pub origin: No,
    /// The last day of use.
    pub expires_on: Option<Date>,
    /// Whether more may be made into it; closed with its first dispatch.
    pub open: bool,
}

/// A key made of a number and a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NamedUnder(No, Id);

#[derive(Hash)]
struct NamedUnderRef<'a>(No, &'a str);

impl Equivalent<NamedUnder> for NamedUnderRef<'_> {
    fn equivalent(&self, key: &NamedUnder) -> bool {
        self.0 == key.0 && self.1 == key.1.as_str()
    }
}

impl Keyed for Batch {
    type Key = NamedUnder;
    fn key(&self) -> NamedUnder {
        NamedUnder(self.item, self.code.clone())
    }
}

/// What one site holds of one batch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Account {
    /// The site.
    pub site: No,
    /// The batch.
    pub batch: No,
    /// By compartment, in counting units.
    pub held: [i64; 4],
    /// The day of its opening line, if it has one.
    pub opened_on: Option<Date>,
    /// The latest day of a line that moved something in it; a reversal does not take it back.
    pub moved_on: Option<Date>,
    /// The day of its last accepted count.
    pub counted_on: Option<Date>,
    /// The last year whose closing figure is an accepted count of 31 December.
    pub closed_by_count: Option<i16>,
}

impl Account {
    /// What a compartment holds.
    pub fn holds(&self, compartment: Compartment) -> i64 {
        self.held.get(compartment.place()).copied().unwrap_or_default()
    }
}

impl Keyed for Account {
    type Key = (No, No);
    fn key(&self) -> (No, No) {
        (self.site, self.batch)
    }
}

/// A site in another province, to which goods are on their way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away {
    /// The province's authority.
    pub partner: Id,
    /// The site, in its register.
    pub site: Id,
    /// The number of the dispatch.
    pub number: u64,
}

/// Goods on the way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Transit {
    /// The consignor's site.
    pub from: No,
    /// The consignee's site; none when the goods go abroad.
    pub to: Option<No>,
    /// The country of destination when the goods go abroad.
    pub destination: Option<Country>,
    /// The export permit it goes under, when it goes abroad under one.
    pub permit: Option<Id>,
    /// The site in another province that it goes to, if it goes to one.
    pub away: Option<Away>,
    /// The batch.
    pub batch: No,
    /// What was sent.
    pub sent: i64,
    /// What is still on the way, or missing.
    pub outstanding: i64,
    /// Whether the rest is a shortage: the consignee has said that no more will come.
    pub short: bool,
    /// When it left; not known any more when a receipt of all of it was reversed.
    pub dispatched_on: Option<Date>,
}

/// A lot in process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Lot {
    /// The site.
    pub site: No,
    /// Its id.
    pub id: Id,
    /// The substance.
    pub substance: No,
    /// Base that went in.
    pub fed: Mass,
    /// Base it holds now.
    pub held: Mass,
    /// Whether bulk substance went in: its preparations count against the preparation quota.
    pub from_bulk: bool,
    /// The earliest day on which something went in.
    pub fed_on: Date,
    /// The latest day on which something went in or came out.
    pub last_on: Date,
    /// Whether it is open.
    pub open: bool,
}

impl Keyed for Lot {
    type Key = NamedUnder;
    fn key(&self) -> NamedUnder {
        NamedUnder(self.site, self.id.clone())
    }
}

/// A hold on a site or a batch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hold {
    /// Its id.
    pub id: Id,
    /// The site held.
    pub site: Option<No>,
    /// The batch held.
    pub batch: Option<No>,
}

/// The ledger's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ledger {
    pub(crate) batches: Table<Batch>,
    pub(crate) accounts: Table<Account>,
    /// The accounts of each site, by its number.
    #[serde(skip)]
    of_site: Vec<Vec<No>>,
    /// The lots of each site, by its number.
    #[serde(skip)]
    lots_of_site: BTreeMap<No, Vec<No>>,
    pub(crate) transit: BTreeMap<u64, Transit>,
    /// Dispatches by the export permit they went under, whether they are still on their way or not: few among all.
    #[serde(skip)]
    under_permit: BTreeMap<Id, BTreeSet<u64>>,
    pub(crate) lots: Table<Lot>,
    pub(crate) holds: BTreeMap<Id, Hold>,
    pub(crate) hold_ids: BTreeSet<Id>,
    pub(crate) held_sites: BTreeSet<No>,
    pub(crate) held_batches: BTreeSet<No>,
    /// What a site holds and expects of an item, kept only where a ceiling is set: (ceiling, held and on the way).
    pub(crate) ceilings: BTreeMap<(No, No), (i64, i128)>,
    pub(crate) reversed: BTreeSet<u64>,
    pub(crate) accepted: BTreeSet<u64>,
    /// What flowed, by month and item.
    pub flows: Flows,
    /// Year-end counts accepted, by year and substance: counted − book of the supply side.
    pub(crate) counted: BTreeMap<(i16, No), Mass>,
    /// Each year-end count accepted, by account, compartment and year: what was counted.
    pub(crate) year_ends: BTreeMap<(No, Compartment, i16), i64>,
}

impl Ledger {
    /// A batch with its number.
    pub fn batch(&self, item: No, code: &str) -> Option<(No, &Batch)> {
        self.batches.find(&NamedUnderRef(item, code))
    }

    /// All batches, in order of appearance.
    pub fn batches(&self) -> impl Iterator<Item = &Batch> {
        self.batches.iter()
    }

    /// A batch by number.
    pub fn batch_at(&self, no: No) -> &Batch {
        &self.batches[no]
    }

    /// The account of a site and batch.
    pub fn account(&self, site: No, batch: No) -> Option<&Account> {
        self.accounts.find(&(site, batch)).map(|(_, account)| account)
    }

    /// All accounts.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.iter()
    }

    /// The accounts of a site, in order of their first line.
    pub fn accounts_of(&self, site: No) -> impl Iterator<Item = &Account> {
        let numbers = self.of_site.get(site as usize).into_iter().flatten();
        numbers.map(|no| &self.accounts[*no])
    }

    /// Begins an account.
    fn begin(&mut self, account: Account) -> No {
        let site = account.site;
        let no = self.accounts.add(account);
        self.note(site, no);
        no
    }

    fn note(&mut self, site: No, account: No) {
        let place = site as usize;
        if self.of_site.len() <= place {
            self.of_site.resize(place + 1, Vec::new());
        }
        if let Some(accounts) = self.of_site.get_mut(place) {
            accounts.push(account);
        }
    }

    /// Whether the count under this entry number was accepted.
    pub fn is_accepted(&self, count: u64) -> bool {
        self.accepted.contains(&count)
    }

    /// Goods on the way and shortages, by entry number of their dispatch.
    pub fn transit(&self) -> &BTreeMap<u64, Transit> {
        &self.transit
    }

    /// Goods on their way under an export permit.
    pub fn transit_under(&self, permit: &str) -> impl Iterator<Item = (u64, &Transit)> {
        let dispatches = self.under_permit.get(permit).into_iter().flatten();
        dispatches.filter_map(|seq| Some((*seq, self.transit.get(seq)?)))
    }

    /// Puts goods on their way.
    fn send(&mut self, dispatch: u64, transit: Transit) {
        if let Some(permit) = &transit.permit {
            self.under_permit.entry(permit.clone()).or_default().insert(dispatch);
        }
        self.transit.insert(dispatch, transit);
    }

    /// Begins a lot.
    fn begin_lot(&mut self, lot: Lot) {
        let site = lot.site;
        let no = self.lots.add(lot);
        self.lots_of_site.entry(site).or_default().push(no);
    }

    /// The lots of a site, in order of their first feed.
    pub fn lots_of(&self, site: No) -> impl DoubleEndedIterator<Item = &Lot> {
        let numbers = self.lots_of_site.get(&site).into_iter().flatten();
        numbers.map(|no| &self.lots[*no])
    }

    /// Whether a line is reversed.
    pub fn is_reversed(&self, line: u64) -> bool {
        self.reversed.contains(&line)
    }

    /// All lots.
    pub fn lots(&self) -> impl Iterator<Item = &Lot> {
        self.lots.iter()
    }

    /// A lot of a site.
    pub fn lot(&self, site: No, id: &str) -> Option<&Lot> {
        self.lots.find(&NamedUnderRef(site, id)).map(|(_, lot)| lot)
    }

    /// Holds in force.
    pub fn holds(&self) -> impl Iterator<Item = &Hold> {
        self.holds.values()
    }

    /// What a site holds of an item in a compartment.
    pub fn held(&self, site: No, item: No, compartment: Compartment) -> i64 {
        let of_item = |account: &&Account| self.batches[account.batch].item == item;
        self.accounts_of(site)
            .filter(of_item)
            .fold(0, |sum: i64, account| sum.saturating_add(account.holds(compartment)))
    }

    /// How many accounts of a site are not empty: what it holds, what it has in process, what it has sent.
    pub fn accounts_in_use(&self, site: No) -> usize {
        let in_use = |account: &&Account| account.held.iter().any(|held| *held != 0);
        let in_process = |lot: &&Lot| lot.open;
        let sent = |transit: &&Transit| transit.from == site;
        self.accounts_of(site).filter(in_use).count()
            + self.lots_of(site).filter(in_process).count()
            + self.transit.values().filter(sent).count()
    }

    /// The sum over all accounts of every item, and over base in lots; every figure must be zero.
    /// The first that is not is told.
    pub fn out_of_balance(&self, items: usize) -> Option<(No, i128)> {
        let mut sums = vec![0_i128; items];
        let mut add = |item: No, amount: i128| {
            if let Some(sum) = sums.get_mut(item as usize) {
                *sum += amount;
            }
        };
        for account in &self.accounts {
            account
                .held
                .iter()
                .for_each(|held| add(self.batches[account.batch].item, i128::from(*held)));
        }
        for transit in self.transit.values() {
            add(self.batches[transit.batch].item, i128::from(transit.outstanding));
        }
        for ((_, item), cell) in self.flows.cells() {
            cell.controls().for_each(|amount| add(item, amount));
        }
        let wrong = sums
            .iter()
            .zip(0..)
            .find(|(sum, _)| **sum != 0)
            .map(|(sum, item)| (item, *sum));
        let lots: Mass = self.lots.iter().map(|lot| lot.held).sum();
        wrong.or_else(|| {
            let out = lots - self.flows.in_lots();
            (out != Mass::ZERO).then_some((No::MAX, out.pg()))
        })
    }

    pub(crate) fn reindex(&mut self) {
        self.batches.reindex();
        self.accounts.reindex();
        self.lots_of_site.clear();
        for (no, lot) in (0..).zip(&self.lots) {
            self.lots_of_site.entry(lot.site).or_default().push(no);
        }
        self.of_site.clear();
        for no in (0..).take(self.accounts.len()) {
            self.note(self.accounts[no].site, no);
        }
        self.lots.reindex();
        self.under_permit.clear();
        for (dispatch, transit) in &self.transit {
            if let Some(permit) = &transit.permit {
                self.under_permit.entry(permit.clone()).or_default().insert(*dispatch);
            }
        }
    }
}

/// Whether somebody acts for the holder of this site.
pub(crate) fn owns(by: &Actor, site: &Site) -> Refused<()> {
    if by.holder() == Some(site.holder_id.as_str()) {
        Ok(())
    } else {
        not_entitled(by, "act for this site")
    }
}
