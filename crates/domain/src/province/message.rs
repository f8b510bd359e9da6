//! What the authorities of two provinces tell each other, and what that does.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::movement::received_line;
use super::{Domestic, End, Offered};
use crate::State;
use crate::holder::SiteKind;
use crate::id::{Id, Text};
use crate::journal::Event;
use crate::ledger::AMOUNT_MAX;
use crate::schema::Day;
use crate::trade::{Code, Goods, Notice, Resolution};

/// A site that may be supplied from another province.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SharedSite {
    /// Its id in its own register.
    pub site: Id,
    /// The name of its holder.
    pub holder: Text,
    /// What it is in the channel.
    pub kinds: Vec<SiteKind>,
    /// The licence or card under which it takes goods.
    pub licence: Id,
    /// The substances that it covers.
    pub substances: Vec<Id>,
    /// Its first day.
    #[schemars(with = "Day")]
    pub valid_from: Date,
    /// Its last day.
    #[schemars(with = "Day")]
    pub valid_until: Date,
}

/// A site may be supplied no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteNamed {
    /// Its id in its own register.
    pub site: Id,
    /// Why.
    pub reason: Text,
}

/// Goods have left for another province.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DomesticDispatch {
    /// 1, 2, … from this province to that one.
    pub number: u64,
    /// The day.
    #[schemars(with = "Day")]
    pub on: Date,
    /// The consignor's site, in the sender's register.
    pub from: Id,
    /// The name of its holder.
    pub holder: Text,
    /// The consignee's site, in the receiver's register.
    pub to: Id,
    /// What.
    pub goods: Goods,
    /// The batch.
    pub batch: Id,
    /// Its last day of use.
    #[schemars(with = "Option<Day>")]
    pub expires_on: Option<Date>,
    /// How much, in counting units.
    pub amount: i64,
    /// Number of the transport certificate.
    pub transport_certificate: Option<Id>,
}

/// Goods were received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DomesticReceipt {
    /// The number of the dispatch.
    pub number: u64,
    /// The day.
    #[schemars(with = "Day")]
    pub on: Date,
    /// How much of what was sent.
    pub amount: i64,
    /// How much beyond it.
    pub excess: i64,
    /// Whether no more will come.
    pub complete: bool,
}

/// Goods will not arrive: they came back to the consignor, or were lost on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DomesticEnd {
    /// The number of the dispatch.
    pub number: u64,
    /// The day.
    #[schemars(with = "Day")]
    pub on: Date,
    /// How much.
    pub amount: i64,
    /// Why.
    pub reason: Text,
}

/// One side's word on a difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DifferenceWord {
    /// The number of the dispatch.
    pub number: u64,
    /// Whether the speaker is its sender.
    pub sender: bool,
    /// The word.
    pub resolution: Resolution,
}

fn refuse_if(refused: bool, code: Code) -> Result<(), Code> {
    if refused { Err(code) } else { Ok(()) }
}

/// Judges what a neighbour says; none if it is not about provinces. What is told of goods is a fact: it is refused only
/// where it cannot be understood.
pub(crate) fn judge(state: &State, from: &Id, notice: &Notice, today: Date) -> Option<Result<Vec<Event>, Code>> {
    let kept = |kept: Result<(), Code>| Some(kept.map(|()| Vec::new()));
    match notice {
        Notice::SiteShared(site) => kept(refuse_if(
            site.kinds.is_empty() || site.substances.is_empty() || site.valid_until < site.valid_from,
            Code::BodyUnreadable,
        )),
        Notice::SiteWithdrawn(named) => {
            let known = state.provinces.offer(from, &named.site).is_some();
            kept(refuse_if(!known, Code::SiteUnknown))
        }
        Notice::DomesticDispatched(told) => kept(judge_dispatch(state, from, told)),
        Notice::DomesticReceived(receipt) => Some(judge_receipt(state, from, receipt, today)),
        Notice::DomesticReturned(end) | Notice::DomesticLost(end) => kept(judge_end(state, from, end)),
        Notice::DifferenceResolved(word) => kept(judge_word(state, from, word)),
        _ => None,
    }
}

fn judge_dispatch(state: &State, from: &Id, told: &DomesticDispatch) -> Result<(), Code> {
    let readable = (1..=AMOUNT_MAX).contains(&told.amount) && told.goods.content_pg > 0;
    refuse_if(!readable, Code::BodyUnreadable)?;
    let known = state.provinces.numbered(from, End::Receiving, told.number).is_some();
    refuse_if(known, Code::DispatchKnown)?;
    // Whether it is shared is the sender's to heed: goods that are on their way are a fact.
    refuse_if(state.holders.site(&told.to).is_err(), Code::SiteUnknown)
}

fn of<'a>(state: &'a State, from: &Id, end: End, number: u64) -> Result<(u64, &'a Domestic), Code> {
    let entry = state
        .provinces
        .numbered(from, end, number)
        .ok_or(Code::DispatchUnknown)?;
    let domestic = state.provinces.dispatches.get(&entry).ok_or(Code::DispatchUnknown)?;
    Ok((entry, domestic))
}

fn judge_receipt(state: &State, from: &Id, receipt: &DomesticReceipt, today: Date) -> Result<Vec<Event>, Code> {
    let (entry, domestic) = of(state, from, End::Sending, receipt.number)?;
    let some = (1..=AMOUNT_MAX).contains(&receipt.amount) && (0..=AMOUNT_MAX).contains(&receipt.excess);
    refuse_if(!some, Code::BodyUnreadable)?;
    let left = domestic.told.amount.saturating_sub(domestic.received);
    refuse_if(domestic.complete || receipt.amount > left, Code::OutOfPlace)?;
    let line = received_line(state, entry, domestic, receipt, today).ok_or(Code::DispatchUnknown)?;
    Ok(vec![Event::Movement(line)])
}

fn judge_end(state: &State, from: &Id, end: &DomesticEnd) -> Result<(), Code> {
    let (_, domestic) = of(state, from, End::Receiving, end.number)?;
    let told = domestic
        .returned
        .saturating_add(domestic.lost)
        .saturating_add(end.amount);
    refuse_if(end.amount < 1 || told > AMOUNT_MAX, Code::BodyUnreadable)
}

fn judge_word(state: &State, from: &Id, word: &DifferenceWord) -> Result<(), Code> {
    let (_, domestic) = of(state, from, ours(word), word.number)?;
    refuse_if(domestic.their_word.is_some(), Code::OutOfPlace)
}

/// Our end of the dispatch that a word is about.
fn ours(word: &DifferenceWord) -> End {
    if word.sender { End::Receiving } else { End::Sending }
}

/// Applies what a neighbour says, taken as this entry.
pub(crate) fn apply(state: &mut State, from: &Id, notice: &Notice, entry: u64, on: Date) {
    let provinces = &mut state.provinces;
    match notice {
        Notice::SiteShared(site) => {
            let key = (from.clone(), site.site.clone());
            let site = SharedSite::clone(site);
            provinces.offered.insert(key, Offered { site, withdrawn: None });
        }
        Notice::SiteWithdrawn(named) => {
            if let Some(offered) = provinces.offered.get_mut(&(from.clone(), named.site.clone())) {
                offered.withdrawn = Some((on, named.reason.clone()));
            }
        }
        Notice::DomesticDispatched(told) => {
            let told = DomesticDispatch::clone(told);
            provinces.begin(entry, Domestic::new(End::Receiving, from.clone(), None, told));
        }
        Notice::DomesticReceived(receipt) => {
            let known = provinces.numbered(from, End::Sending, receipt.number);
            provinces.change(known, |domestic| {
                domestic.received = domestic.received.saturating_add(receipt.amount);
                domestic.excess = domestic.excess.saturating_add(receipt.excess);
                domestic.complete |= receipt.complete;
            });
        }
        Notice::DomesticReturned(end) => {
            let known = provinces.numbered(from, End::Receiving, end.number);
            provinces.change(known, |domestic| {
                domestic.returned = domestic.returned.saturating_add(end.amount);
            });
        }
        Notice::DomesticLost(end) => {
            let known = provinces.numbered(from, End::Receiving, end.number);
            provinces.change(known, |domestic| {
                domestic.lost = domestic.lost.saturating_add(end.amount);
            });
        }
        Notice::DifferenceResolved(word) => {
            let known = provinces.numbered(from, ours(word), word.number);
            provinces.change(known, |domestic| {
                domestic.their_word = Some(word.resolution.clone());
            });
        }
        _ => {}
    }
}

/// Whether a message is one between provinces, which an authority of another country never sends.
pub(crate) fn is_domestic(notice: &Notice) -> bool {
    matches!(
        notice,
        Notice::SiteShared(_)
            | Notice::SiteWithdrawn(_)
            | Notice::DomesticDispatched(_)
            | Notice::DomesticReceived(_)
            | Notice::DomesticReturned(_)
            | Notice::DomesticLost(_)
            | Notice::DifferenceResolved(_)
    )
}
