//! A movement: one journal entry, one line of the ledger.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::country::Country;
use crate::id::{Id, Text};
use crate::quantity::Mass;
use crate::table::No;

/// What happened to the goods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementKind {
    /// Stock at the beginning of the books.
    Opening,
    /// Synthesis of bulk substance.
    Manufacture,
    /// Into a lot in process.
    LotFeed,
    /// Out of a lot in process.
    LotYield,
    /// For another drug, a Schedule III preparation or a substance not covered.
    UseInManufacture,
    /// Sent.
    Dispatch,
    /// Received.
    Receive,
    /// Taken back by the consignor.
    CancelDispatch,
    /// Between compartments.
    Reclassify,
    /// Into the country.
    Import,
    /// Out of the country.
    Export,
    /// To a patient or ward.
    Dispense,
    /// Destroyed.
    Destroy,
    /// Lost or stolen at a site.
    Lose,
    /// Lost on the way.
    LoseInTransit,
    /// Found or recovered.
    Find,
    /// Counted; nothing moves.
    Count,
    /// Received in another province: no longer on the way from here.
    ProvinceOut,
    /// Received from another province.
    ProvinceIn,
}

impl MovementKind {
    /// All kinds with their words, in the order of their numbers.
    pub const ALL: [(Self, &'static str); 19] = [
        (Self::Opening, "opening"),
        (Self::Manufacture, "manufacture"),
        (Self::LotFeed, "lot_feed"),
        (Self::LotYield, "lot_yield"),
        (Self::UseInManufacture, "use_in_manufacture"),
        (Self::Dispatch, "dispatch"),
        (Self::Receive, "receive"),
        (Self::CancelDispatch, "cancel_dispatch"),
        (Self::Reclassify, "reclassify"),
        (Self::Import, "import"),
        (Self::Export, "export"),
        (Self::Dispense, "dispense"),
        (Self::Destroy, "destroy"),
        (Self::Lose, "lose"),
        (Self::LoseInTransit, "lose_in_transit"),
        (Self::Find, "find"),
        (Self::Count, "count"),
        (Self::ProvinceOut, "province_out"),
        (Self::ProvinceIn, "province_in"),
    ];

    /// The word of the kind.
    pub fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("", |(_, word)| word)
    }

    /// The kind of a number.
    pub fn of_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).map(|(kind, _)| *kind)
    }

    /// Whether what the site holds in all grows by the amount of such a line (1), shrinks by it (−1) or neither. Missing
    /// stock that a report posted first comes on top.
    pub fn sign(self) -> i64 {
        match self {
            Self::Opening
            | Self::Manufacture
            | Self::LotYield
            | Self::Receive
            | Self::CancelDispatch
            | Self::Import
            | Self::ProvinceIn
            | Self::Find => 1,
            Self::LotFeed | Self::UseInManufacture | Self::Dispatch | Self::Dispense | Self::Destroy | Self::Lose => -1,
            Self::Reclassify | Self::Export | Self::LoseInTransit | Self::Count | Self::ProvinceOut => 0,
        }
    }

    /// Its number, for tables of derived data.
    pub fn number(self) -> u8 {
        Self::ALL
            .iter()
            .zip(0u8..)
            .find(|((kind, _), _)| *kind == self)
            .map_or(u8::MAX, |(_, number)| number)
    }
}

/// Whether the holder asks or tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Asks to do it now: a broken rule refuses it.
    #[default]
    Instruct,
    /// Tells what has happened: a broken rule is recorded with it.
    Report,
}

impl Mode {
    /// Whether it asks.
    #[allow(clippy::trivially_copy_pass_by_ref)] // the shape that serde calls
    pub fn is_instruct(&self) -> bool {
        *self == Self::Instruct
    }
}

/// Where in a site goods lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compartment {
    /// For use and sale.
    #[default]
    Stock,
    /// Set aside until a decision.
    Quarantine,
    /// Waiting for witnessed destruction.
    AwaitingDestruction,
    /// Special stocks of the Government (1961 art. 1(1)(w)).
    Special,
}

impl Compartment {
    /// All compartments with their words, in the order of their places.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Stock, "stock"),
        (Self::Quarantine, "quarantine"),
        (Self::AwaitingDestruction, "awaiting_destruction"),
        (Self::Special, "special"),
    ];

    /// Its place in an account.
    pub fn place(self) -> usize {
        match self {
            Self::Stock => 0,
            Self::Quarantine => 1,
            Self::AwaitingDestruction => 2,
            Self::Special => 3,
        }
    }

    /// The word of the compartment.
    pub fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(compartment, _)| *compartment == self)
            .map_or("", |(_, word)| word)
    }

    /// Whether it is the ordinary stock.
    #[allow(clippy::trivially_copy_pass_by_ref)] // the shape that serde calls
    pub fn is_stock(&self) -> bool {
        *self == Self::Stock
    }
}

/// What only some movements carry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Details {
    /// Number of the transport certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport_certificate: Option<Id>,
    /// The carrier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<Id>,
    /// The authorization or permit it went under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization: Option<Id>,
    /// The other country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    /// The case: of an incident, or of a consignment from abroad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<Id>,
    /// Method of destruction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Text>,
    /// The witness of the holder, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness: Option<Id>,
    /// The witness of the authority, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub officer: Option<Id>,
    /// Notice of an emergency supply is due on this day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice_due_on: Option<Date>,
    /// What the books held when it was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub book: Option<i64>,
    /// The figure as entered, with its unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entered: Option<Text>,
    /// The order that a dispatch answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Id>,
    /// The authority of the other province, in whose register the other site is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<Id>,
    /// The number of a dispatch to another province.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
}

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Movement {
    /// What happened.
    pub movement: MovementKind,
    /// Asked or told.
    #[serde(default, skip_serializing_if = "Mode::is_instruct")]
    pub mode: Mode,
    /// The site whose account moves.
    pub site: Id,
    /// The item.
    pub item: Id,
    /// The batch.
    pub batch: Id,
    /// In counting units.
    pub amount: i64,
    /// The civil day on which it happened.
    pub occurred_on: Date,
    /// The compartment that gives (or that was counted).
    #[serde(default, skip_serializing_if = "Compartment::is_stock")]
    pub from: Compartment,
    /// The compartment that takes.
    #[serde(default, skip_serializing_if = "Compartment::is_stock")]
    pub into: Compartment,
    /// The other site: consignee of a dispatch, consignor of a receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<Id>,
    /// The entry number of the dispatch it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatch: Option<u64>,
    /// The lot in process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<Id>,
    /// The last day of use of a batch that begins here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<Date>,
    /// Missing stock that was posted from unexplained before the movement (report mode).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unexplained: i64,
    /// What arrived beyond what was sent, posted from unexplained to quarantine.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub excess: i64,
    /// Whether the rest of the dispatch is a shortage now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub short: bool,
    /// Recorded after the day it happened.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
    /// What only some movements carry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Box<Details>>,
    /// Codes of the rules it broke (report mode).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaches: Vec<Id>,
    /// The numbers behind its names, where they are known already; no part of the entry.
    #[serde(skip)]
    pub(crate) resolved: Resolved,
}

/// Site, item and batch as they were looked up when the line was decided, so that applying it need not look them up
/// again: a number is the same in every copy of the state. Two lines are alike whether theirs are known or not.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Resolved(pub Option<(No, No, No)>);

impl PartialEq for Resolved {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Resolved {}

impl Movement {
    /// Appends its JSON, byte for byte what its serialisation gives; a test compares the two. It is the one form that a
    /// country writes millions of times a day. Ids and words need no escape.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        let mut fields = Fields { out, open: b'{' };
        fields.word("movement", self.movement.word());
        if self.mode == Mode::Report {
            fields.word("mode", "report");
        }
        fields.word("site", &self.site);
        fields.word("item", &self.item);
        fields.word("batch", &self.batch);
        fields.number("amount", self.amount);
        fields.day("occurred_on", self.occurred_on);
        if self.from != Compartment::Stock {
            fields.word("from", self.from.word());
        }
        if self.into != Compartment::Stock {
            fields.word("into", self.into.word());
        }
        self.peer.iter().for_each(|peer| fields.word("peer", peer));
        self.dispatch
            .iter()
            .for_each(|dispatch| fields.number("dispatch", *dispatch));
        self.lot.iter().for_each(|lot| fields.word("lot", lot));
        self.expires_on.iter().for_each(|day| fields.day("expires_on", *day));
        for (name, amount) in [("unexplained", self.unexplained), ("excess", self.excess)] {
            if amount != 0 {
                fields.number(name, amount);
            }
        }
        for (name, flag) in [("short", self.short), ("late", self.late)] {
            if flag {
                fields.raw(name, b"true");
            }
        }
        if let Some(details) = &self.details {
            fields.name("details");
            serde_json::to_writer(&mut *fields.out, details)?;
        }
        if !self.breaches.is_empty() {
            fields.name("breaches");
            serde_json::to_writer(&mut *fields.out, &self.breaches)?;
        }
        fields.out.push(b'}');
        Ok(())
    }
}

/// Writes the fields of an object.
struct Fields<'a> {
    out: &'a mut Vec<u8>,
    /// What stands before the next field.
    open: u8,
}

impl Fields<'_> {
    fn name(&mut self, name: &str) {
        self.out.push(self.open);
        self.open = b',';
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn raw(&mut self, name: &str, value: &[u8]) {
        self.name(name);
        self.out.extend_from_slice(value);
    }

    fn word(&mut self, name: &str, word: &str) {
        self.name(name);
        self.out.push(b'"');
        self.out.extend_from_slice(word.as_bytes());
        self.out.push(b'"');
    }

    fn number(&mut self, name: &str, number: impl itoa::Integer) {
        self.name(name);
        self.out
            .extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }

    fn day(&mut self, name: &str, day: Date) {
        let (year, month, rest) = (day.year(), day.month(), day.day());
        if !(0..=9999).contains(&year) {
            return self.word(name, &day.to_string());
        }
        let digit = |number: i16| u8::try_from(number % 10).map_or(b'0', |digit| b'0' + digit);
        let (month, rest) = (i16::from(month), i16::from(rest));
        let text = [
            digit(year / 1000),
            digit(year / 100),
            digit(year / 10),
            digit(year),
            b'-',
            digit(month / 10),
            digit(month),
            b'-',
            digit(rest / 10),
            digit(rest),
        ];
        self.name(name);
        self.out.push(b'"');
        self.out.extend_from_slice(&text);
        self.out.push(b'"');
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the shape that serde calls
fn is_zero(amount: &i64) -> bool {
    *amount == 0
}

/// A lot in process is closed: what it still held is process loss.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotClosed {
    /// The site.
    pub site: Id,
    /// The lot.
    pub lot: Id,
    /// Base that went in.
    pub fed: Mass,
    /// Base in − base out; negative when more came out than went in.
    pub loss: Mass,
    /// The civil day.
    pub occurred_on: Date,
    /// Asked or told.
    #[serde(default, skip_serializing_if = "Mode::is_instruct")]
    pub mode: Mode,
    /// Why the loss is beyond tolerance, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss_reason: Option<Text>,
    /// Codes of the rules it broke (report mode).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaches: Vec<Id>,
}

/// A line was reversed: its mirror is posted, the original stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineReversed {
    /// The entry number of the line.
    pub line: u64,
    /// The line as it stands there.
    pub original: Movement,
    /// Why.
    pub reason: Text,
}

/// A count was accepted: lines dated before it need approval from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountAccepted {
    /// The entry number of the count.
    pub count: u64,
    /// The site.
    pub site: Id,
    /// The item.
    pub item: Id,
    /// The batch.
    pub batch: Id,
    /// The compartment.
    pub from: Compartment,
    /// The day of the count.
    pub counted_on: Date,
    /// What the books held.
    pub book: i64,
    /// What was counted.
    pub counted: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bare() -> Movement {
        serde_json::from_str(
            r#"{"movement":"dispatch","site":"S-1","item":"I","batch":"B/1","amount":5,"occurred_on":"2024-02-29"}"#,
        )
        .unwrap()
    }

    fn check(movement: &Movement) {
        let mut written = Vec::new();
        movement.write(&mut written).unwrap();
        assert_eq!(
            String::from_utf8(written).unwrap(),
            serde_json::to_string(movement).unwrap()
        );
    }

    #[test]
    fn a_movement_is_written_as_it_is_serialised() {
        check(&bare());
        for (kind, _) in MovementKind::ALL {
            check(&Movement {
                movement: kind,
                amount: i64::MAX,
                ..bare()
            });
        }
        check(&Movement {
            mode: Mode::Report,
            from: Compartment::Quarantine,
            into: Compartment::AwaitingDestruction,
            peer: "S-2".parse().ok(),
            dispatch: Some(u64::MAX),
            lot: "L-1".parse().ok(),
            expires_on: "2027-12-31".parse().ok(),
            unexplained: 3,
            excess: -4,
            short: true,
            late: true,
            breaches: vec!["held".parse().unwrap()],
            details: Some(Box::new(Details {
                reason: "a \"quoted\" reason".parse().ok(),
                ..Details::default()
            })),
            ..bare()
        });
    }
}
