//! What holders say to the ledger. Every act has a site, a day on which it happened, and a mode.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::movement::{Compartment, Mode};
use crate::country::Country;
use crate::id::{Id, Text};
use crate::quantity::Amount;
use crate::schema::Day;

/// Declares the acts: each has its own fields, then `occurred_on` and `mode`.
macro_rules! acts {
    ($($(#[$meta:meta])* $name:ident { $($(#[$fmeta:meta])* $field:ident : $type:ty,)* })*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
            #[serde(deny_unknown_fields)]
            pub struct $name {
                $($(#[$fmeta])* pub $field: $type,)*
                /// The civil day on which it happened, in the authority's time zone.
                #[schemars(with = "Day")]
                pub occurred_on: Date,
                /// `instruct` asks to do it now; `report` tells what has happened already.
                #[serde(default, skip_serializing_if = "Mode::is_instruct")]
                pub mode: Mode,
            }
        )*
    };
}

acts! {
    /// Stock found on the shelf when the books of an account begin.
    Opening {
        /// The site.
        site: Id,
        /// The item.
        item: Id,
        /// The batch.
        batch: Id,
        /// How much.
        amount: Amount,
        /// The last day of use.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<Day>")]
        expires_on: Option<Date>,
    }
    /// Synthesis of bulk substance.
    Manufacture {
        /// The maker's site.
        site: Id,
        /// The bulk item.
        item: Id,
        /// The batch, new or open.
        batch: Id,
        /// How much came out.
        amount: Amount,
        /// The last day of use.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<Day>")]
        expires_on: Option<Date>,
    }
    /// Puts material into a lot in process; the first feed opens the lot.
    FeedLot {
        /// The site.
        site: Id,
        /// The lot.
        lot: Id,
        /// The item taken.
        item: Id,
        /// Its batch.
        batch: Id,
        /// How much.
        amount: Amount,
    }
    /// Takes product out of a lot in process.
    YieldLot {
        /// The site.
        site: Id,
        /// The lot.
        lot: Id,
        /// The item made.
        item: Id,
        /// Its batch.
        batch: Id,
        /// How much.
        amount: Amount,
        /// The last day of use.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<Day>")]
        expires_on: Option<Date>,
    }
    /// Closes a lot: what it still holds in base is process loss.
    CloseLot {
        /// The site.
        site: Id,
        /// The lot.
        lot: Id,
        /// Why the loss is beyond tolerance, if it is.
        #[serde(skip_serializing_if = "Option::is_none")]
        loss_reason: Option<Text>,
    }
    /// A whole lot in one act: inputs, outputs, and the rest is process loss.
    Transform {
        /// The site.
        site: Id,
        /// The lot, new.
        lot: Id,
        /// What goes in.
        inputs: Vec<LotInput>,
        /// What comes out.
        outputs: Vec<LotOutput>,
        /// Why the loss is beyond tolerance, if it is.
        #[serde(skip_serializing_if = "Option::is_none")]
        loss_reason: Option<Text>,
    }
    /// Use for another drug, a Schedule III preparation or a substance not covered (1961 art. 19(1)(b), 20(1)(b)).
    UseInManufacture {
        /// The site.
        site: Id,
        /// The item.
        item: Id,
        /// The batch.
        batch: Id,
        /// How much.
        amount: Amount,
        /// What it was made into.
        reason: Text,
    }
    /// Sends goods to a site, or abroad under a permit. They are on the way until received.
    Dispatch {
        /// The consignor's site.
        site: Id,
        /// The consignee's site; left out when the goods go abroad.
        #[serde(skip_serializing_if = "Option::is_none")]
        to: Option<Id>,
        /// The authority of another province, if the consignee's site is in its register.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partner: Option<Id>,
        /// The country of destination when the goods go abroad.
        #[serde(skip_serializing_if = "Option::is_none")]
        destination: Option<Country>,
        /// The export permit when the goods go abroad.
        #[serde(skip_serializing_if = "Option::is_none")]
        permit: Option<Id>,
        /// The item.
        item: Id,
        /// The batch.
        batch: Id,
        /// How much.
        amount: Amount,
        /// Number of the transport certificate.
        #[serde(skip_serializing_if = "Option::is_none")]
        transport_certificate: Option<Id>,
        /// The carrier.
        #[serde(skip_serializing_if = "Option::is_none")]
        carrier: Option<Id>,
        /// An emergency supply to a site: the authority gets notice within the channel's days. None goes abroad.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        emergency: bool,
        /// The order that it answers, of the site it goes to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order: Option<Id>,
    }
    /// Receives goods that are on the way. Less than sent leaves a shortage open; more is put into quarantine.
    Receive {
        /// The consignee's site.
        site: Id,
        /// The entry number of the dispatch, or of the message in which another province told it.
        dispatch: u64,
        /// How much arrived.
        amount: i64,
        /// Whether the rest is expected in a further delivery, so that it is no shortage yet.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        more_to_come: bool,
    }
    /// Takes goods on the way back into the consignor's stock.
    CancelDispatch {
        /// The consignor's site.
        site: Id,
        /// The entry number of the dispatch.
        dispatch: u64,
        /// How much came back.
        amount: i64,
        /// Why.
        reason: Text,
    }
    /// Moves goods between compartments of one site.
    Reclassify {
        /// The site.
        site: Id,
        /// The item.
        item: Id,
        /// The batch.
        batch: Id,
        /// How much.
        amount: Amount,
        /// From this compartment.
        from: Compartment,
        /// To this one.
        into: Compartment,
        /// Why.
        reason: Text,
    }
    /// Goods enter the country under an import authorization.
    Import {
        /// The importer's site.
        site: Id,
        /// The item.
        item: Id,
        /// The batch.
        batch: Id,
        /// How much arrived.
        amount: Amount,
        /// Where they come from.
        origin: Country,
        /// The import authorization.
        #[serde(skip_serializing_if = "Option::is_none")]
        authorization: Option<Id>,
        /// The case of the consignment, as the exporting authority's permit names it.
        #[serde(skip_serializing_if = "Option::is_none")]
        case: Option<Id>,
        /// The last day of use.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<Day>")]
        expires_on: Option<Date>,
    }
    /// Goods on the way leave the country at customs, with the actual quantity.
    Export {
        /// The exporter's site.
        site: Id,
        /// The entry number of the dispatch.
        dispatch: u64,
        /// How much left.
        amount: i64,
    }
    /// An institution's or pharmacy's supply to a patient or ward.
    Dispense {
        /// The site.
        site: Id,
        /// The item.
        item: Id,
        /// The batch.
        batch: Id,
        /// How much.
        amount: Amount,
    }
    /// Destruction before two witnesses, one of them an officer of the authority.
    Destroy {
        /// The site.
        site: Id,
        /// The item.
        item: Id,
        /// The batch.
        batch: Id,
        /// How much.
        amount: Amount,
        /// How.
        method: Text,
        /// The witness of the holder, by id.
        witness: Id,
        /// The witness of the authority, by id.
        officer: Id,
    }
    /// Loss or theft at a site.
    Lose {
        /// The site.
        site: Id,
        /// The item.
        item: Id,
        /// The batch.
        batch: Id,
        /// How much.
        amount: Amount,
        /// Where it was.
        #[serde(default, skip_serializing_if = "Compartment::is_stock")]
        from: Compartment,
        /// What happened.
        reason: Text,
        /// The case number.
        case: Id,
    }
    /// Loss of goods on the way; the consignor answers for it.
    LoseInTransit {
        /// The consignor's site.
        site: Id,
        /// The entry number of the dispatch.
        dispatch: u64,
        /// How much.
        amount: i64,
        /// What happened.
        reason: Text,
        /// The case number.
        case: Id,
    }
    /// Goods found or recovered.
    Find {
        /// The site.
        site: Id,
        /// The item.
        item: Id,
        /// The batch.
        batch: Id,
        /// How much.
        amount: Amount,
        /// How it came to light.
        reason: Text,
        /// The case number.
        case: Id,
    }
    /// A signed statement of what was counted. It posts nothing.
    Count {
        /// The site.
        site: Id,
        /// The item.
        item: Id,
        /// The batch.
        batch: Id,
        /// How much was there; nothing is a count too.
        amount: Amount,
        /// Which compartment was counted.
        #[serde(default, skip_serializing_if = "Compartment::is_stock")]
        from: Compartment,
    }
}

/// Material that goes into a lot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LotInput {
    /// The item.
    pub item: Id,
    /// The batch.
    pub batch: Id,
    /// How much.
    pub amount: Amount,
}

/// Product that comes out of a lot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LotOutput {
    /// The item.
    pub item: Id,
    /// The batch.
    pub batch: Id,
    /// How much.
    pub amount: Amount,
    /// The last day of use.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Day>")]
    pub expires_on: Option<Date>,
}

/// Acceptance of a count by the authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptCount {
    /// The entry number of the count.
    pub count: u64,
}

/// Reversal of one line: the only correction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reverse {
    /// The entry number of the line.
    pub line: u64,
    /// Why.
    pub reason: Text,
}

/// A hold on a site, or on a batch everywhere (a recall).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceHold {
    /// Its id.
    pub id: Id,
    /// The site held; or else item and batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<Id>,
    /// The item of the batch held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<Id>,
    /// The batch held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<Id>,
    /// Why.
    pub reason: Text,
}

/// The end of a hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LiftHold {
    /// The hold.
    pub hold: Id,
    /// Why.
    pub reason: Text,
}
