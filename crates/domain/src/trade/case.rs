//! One export as either side keeps it, and how far it has come.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::notice::{
    Confirmation, ConfirmationRefusal, Consignment, Diversion, Emergency, Endorsement, Goods, Line, Permit, Replaced,
    Resolution,
};
use super::passage::PassageDiverted;
use super::question::Asked;
use super::{Paper, TradeRefusal, amount_of};
use crate::digest::Digest;
use crate::id::{Id, Text};

/// Which side of a case this authority is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// Goods leave this country.
    Exporting,
    /// Goods come to this country.
    Importing,
}

/// How far a case has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Applied for.
    Draft,
    /// The importing authority has been asked.
    Requested,
    /// It has a question first.
    Queried,
    /// It has said yes.
    Confirmed,
    /// It has said no.
    Refused,
    /// The export permit is issued.
    Issued,
    /// The import authorization was cancelled before the goods left.
    Suspended,
    /// Customs holds the goods.
    Held,
    /// The goods have left.
    Departed,
    /// They are ordered back, or on their way back.
    Returning,
    /// They have come back.
    Returned,
    /// They have gone to another country under a permit of a country of transit (1961 art. 31(12)).
    Diverted,
    /// What arrived is not what left.
    Discrepant,
    /// Both sides have the same figures, or know why not.
    Closed,
    /// The permit ended and no goods left.
    Expired,
    /// The exporting authority has taken the request back.
    Withdrawn,
    /// The exporting authority has revoked the permit before goods left.
    Revoked,
}

impl Stage {
    /// The word of the stage.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Requested => "requested",
            Self::Queried => "queried",
            Self::Confirmed => "confirmed",
            Self::Refused => "refused",
            Self::Issued => "issued",
            Self::Suspended => "suspended",
            Self::Held => "held",
            Self::Departed => "departed",
            Self::Returning => "returning",
            Self::Returned => "returned",
            Self::Diverted => "diverted",
            Self::Discrepant => "discrepant",
            Self::Closed => "closed",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
            Self::Revoked => "revoked",
        }
    }

    /// Whether nothing more is to be done.
    pub fn is_over(self) -> bool {
        matches!(
            self,
            Self::Refused
                | Self::Closed
                | Self::Expired
                | Self::Withdrawn
                | Self::Revoked
                | Self::Returned
                | Self::Diverted
        )
    }

    /// Whether goods have left.
    pub fn has_left(self) -> bool {
        matches!(
            self,
            Self::Departed | Self::Returning | Self::Returned | Self::Diverted | Self::Discrepant | Self::Closed
        )
    }
}

/// One export, on either side.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Case {
    /// The case's id, the same on both sides.
    pub id: Id,
    /// Which side this authority is.
    pub side: Side,
    /// The authority of the other side, once it was asked or has asked.
    pub partner: Option<Id>,
    /// The exporter's site; only on the exporting side.
    pub site: Option<Id>,
    /// This register's items of the lines; only on the exporting side.
    pub items: Vec<Id>,
    /// The export, field by field.
    pub consignment: Consignment,
    /// How far it has come.
    pub stage: Stage,
    /// When the importing authority was asked.
    pub requested_on: Option<Date>,
    /// The hash of the request for confirmation; with the exporting side none until it is signed.
    pub request: Option<Digest>,
    /// What the importing authority wanted to know, oldest first.
    pub questions: Vec<Asked>,
    /// The importing authority's yes.
    pub confirmation: Option<Confirmation>,
    /// The importing authority's no.
    pub refusal: Option<(Date, ConfirmationRefusal)>,
    /// The export permit.
    pub permit: Option<Permit>,
    /// The customs posts at which the goods may leave; any if none is named.
    pub posts: Vec<Text>,
    /// The permit's copies after the original, and the day from which each is: the last alone is good.
    pub copies: Vec<(Replaced, Date)>,
    /// The emergency, if there is no import authorization because of one.
    pub emergency: Option<Emergency>,
    /// Why the permit was issued beyond the destination's total of estimates, if it was.
    pub essential: Option<Text>,
    /// When and why the exporting authority brought the case to an end.
    pub ended: Option<(Date, Text)>,
    /// What the ledger says has left or entered, by line, in counting units.
    pub moved: Vec<i64>,
    /// The day of the last such movement.
    pub moved_on: Option<Date>,
    /// The departure as endorsed.
    pub departure: Option<Endorsement>,
    /// The arrival as endorsed.
    pub arrival: Option<Endorsement>,
    /// When and why the goods were ordered back.
    pub ordered_back: Option<(Date, Text)>,
    /// What the ledger says has come back, by line, in counting units; only on the exporting side.
    pub came_back: Vec<i64>,
    /// The day of the last such movement.
    pub came_back_on: Option<Date>,
    /// What has come back as endorsed.
    pub returned: Option<Endorsement>,
    /// Where the goods have gone instead.
    pub diversion: Option<Diversion>,
    /// What the authority of a country of transit has told of that.
    pub told_diverted: Option<(Id, PassageDiverted)>,
    /// The passage that it diverts, and why, if it is a new export of goods that pass through (1961 art. 31(12)).
    pub passage: Option<(Id, Text)>,
    /// The number of the customs declaration on this side.
    pub declaration: Option<Text>,
    /// How often the importing authority was reminded of the endorsement.
    pub reminders: u8,
    /// This side's word on a discrepancy.
    pub our_word: Option<Resolution>,
    /// The other side's.
    pub their_word: Option<Resolution>,
    /// What the ledger had moved, by line, when two persons let go what customs had held.
    pub released: Option<Vec<i64>>,
    /// More has left than the permit allows: a fact that broke a rule.
    pub beyond_permit: bool,
    /// The other side has endorsed the permit as not used.
    pub unused_there: bool,
    /// The cancellation of the import authorization came after the goods had left.
    pub cancelled_too_late: bool,
    /// What there is of an importing authority that does not run this software.
    pub paper: Option<Paper>,
    /// When its permit was looked at again because the schedule of a drug in it had changed.
    pub reviewed_on: Option<Date>,
    /// The hash of the last message of the case that this side has taken.
    pub seen: Option<Digest>,
}

impl Case {
    /// The line that has these goods, with its place.
    pub(super) fn line_of(&self, goods: &Goods) -> Option<(usize, &Line)> {
        self.consignment
            .lines
            .iter()
            .enumerate()
            .find(|(_, line)| line.goods == *goods)
    }

    /// Which copy of the permit is good: 0 is the original.
    pub fn copy(&self) -> u8 {
        u8::try_from(self.copies.len()).unwrap_or(u8::MAX)
    }

    /// What the ledger has moved of a line.
    pub(super) fn moved_of(&self, place: usize) -> i64 {
        self.moved.get(place).copied().unwrap_or_default()
    }

    /// Whether customs has endorsed more of some goods than the ledger has: its line was taken back, or is lost, and may be
    /// entered again.
    pub(super) fn lacks(&self, endorsed: Option<&Endorsement>, goods: &Goods) -> bool {
        let moved = self.line_of(goods).map_or(0, |(place, _)| self.moved_of(place));
        endorsed.is_some_and(|endorsed| amount_of(&endorsed.lines, goods) > moved)
    }

    /// Whether the goods have left, and their case is not closed: what is cancelled now comes too late for them, wherever
    /// they are.
    pub(super) fn is_under_way(&self) -> bool {
        self.departure.is_some() && self.stage != Stage::Closed
    }

    /// Whether the ledger has moved any of it.
    pub(super) fn has_moved(&self) -> bool {
        self.moved.iter().any(|moved| *moved != 0)
    }

    /// What the case takes of an authorization's line: as asked while it is open, as departed once goods have left, and
    /// never less than what the ledger has moved. What has come back or gone elsewhere is taken no more.
    pub(super) fn takes(&self, goods: &Goods) -> i64 {
        if self.stage == Stage::Diverted {
            return 0;
        }
        let returned = self
            .returned
            .as_ref()
            .map_or(0, |returned| amount_of(&returned.lines, goods));
        let moved = self.line_of(goods).map_or(0, |(place, _)| self.moved_of(place));
        moved.max(self.takes_by_stage(goods)).saturating_sub(returned)
    }

    fn takes_by_stage(&self, goods: &Goods) -> i64 {
        let open = match self.stage {
            Stage::Issued | Stage::Held => true,
            Stage::Confirmed => self.side == Side::Importing,
            _ => false,
        };
        if open {
            return self.line_of(goods).map_or(0, |(_, line)| line.amount);
        }
        let departed = self.departure.as_ref().filter(|_| self.stage.has_left());
        departed.map_or(0, |departure| amount_of(&departure.lines, goods))
    }

    /// What of some goods has arrived or come back.
    pub(super) fn accounted(&self, goods: &Goods) -> i64 {
        let ends = self.arrival.iter().chain(&self.returned);
        ends.fold(0, |sum: i64, end| sum.saturating_add(amount_of(&end.lines, goods)))
    }

    /// Whether it is the consignment of a single-consignment authorization.
    pub(super) fn uses_up(&self) -> bool {
        let takes = |line: &Line| self.takes(&line.goods) > 0;
        self.stage.has_left() || self.consignment.lines.iter().any(takes)
    }

    /// The word for a page or a refusal.
    pub(super) fn not_in(&self, needed: &'static str) -> TradeRefusal {
        TradeRefusal::StageWrong {
            case: self.id.to_string(),
            stage: self.stage.word(),
            needed,
        }
    }
}

impl Case {
    /// A case at its beginning.
    pub(super) fn new(id: Id, side: Side, consignment: super::notice::Consignment) -> Self {
        let moved = vec![0; consignment.lines.len()];
        Self {
            id,
            side,
            partner: None,
            site: None,
            items: Vec::new(),
            consignment,
            stage: Stage::Draft,
            requested_on: None,
            request: None,
            questions: Vec::new(),
            confirmation: None,
            refusal: None,
            permit: None,
            posts: Vec::new(),
            copies: Vec::new(),
            emergency: None,
            essential: None,
            ended: None,
            came_back: moved.clone(),
            moved,
            moved_on: None,
            departure: None,
            arrival: None,
            ordered_back: None,
            came_back_on: None,
            returned: None,
            diversion: None,
            told_diverted: None,
            passage: None,
            declaration: None,
            reminders: 0,
            our_word: None,
            their_word: None,
            released: None,
            beyond_permit: false,
            unused_there: false,
            cancelled_too_late: false,
            paper: None,
            reviewed_on: None,
            seen: None,
        }
    }
}
