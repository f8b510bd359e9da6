//! Why the ledger refuses.

use jiff::civil::Date;

use super::movement::{Compartment, Movement};
use crate::quantity::Mass;
use crate::refusal::{Refusal, refusals};

refusals! {
    /// Why the ledger refuses.
    pub enum LedgerRefusal {
        DispatchUnknown { dispatch: u64 } = "dispatch_not_on_the_way", None, "nothing is on the way under dispatch {dispatch}";
        DispatchOfAnother { dispatch: u64, site: String } = "dispatch_of_another_site", None, "dispatch {dispatch} is not {site}'s to act on";
        NoDestination { site: String } = "destination_unclear", None, "the dispatch from {site} must name either another site or a country, not both and not neither; an emergency supply goes to a site";
        BatchUnknown { item: String, batch: String } = "batch_unknown", Some("1961 art. 34(b)"), "no batch {batch} of {item} is known";
        BatchElsewhere { item: String, batch: String, origin: String } = "batch_of_another_site", None, "batch {batch} of {item} began at {origin}";
        BatchClosed { item: String, batch: String } = "batch_closed", None, "batch {batch} of {item} has left its maker: nothing can be added to it";
        ExpiryDiffers { item: String, batch: String, known: String, given: String } = "batch_expiry_differs", None, "batch {batch} of {item} expires on {known}, not {given}";
        NotBulk { item: String } = "item_not_bulk", None, "{item} is a preparation: only bulk substance is manufactured";
        LotUnknown { site: String, lot: String } = "lot_unknown", None, "{site} has no lot {lot}";
        LotClosed { site: String, lot: String } = "lot_closed", None, "lot {lot} of {site} is closed";
        LotSubstance { lot: String, substance: String, item: String } = "lot_of_another_substance", None, "lot {lot} holds {substance}: {item} is of another substance";
        LineTwice { item: String, batch: String } = "line_repeated", None, "{item} batch {batch} stands twice in one act: add the amounts";
        SameCompartment { compartment: &'static str } = "compartment_unchanged", None, "goods cannot move from {compartment} to {compartment}";
        AmountTooLarge { amount: i64, max: i64 } = "amount_too_large", None, "{amount} is beyond {max}, the most one line may move";
        BalanceTooLarge { site: String, item: String, batch: String, compartment: &'static str, held: i64, added: i64, max: i64 } = "balance_too_large", None,
            "{site} holds {held} of {item} batch {batch} in {compartment}; {added} more would be beyond {max}, the most that one compartment may hold";
        InFuture { on: Date, today: Date } = "date_in_future", None, "{on} lies after today, {today}";
        NotControlledThen { substance: String, since: Date, on: Date } = "not_controlled_then", Some("1961 art. 3(7)"),
            "{substance} is controlled from {since} on, and {on} lies before: enter what a site has on that day as its opening stock";
        BeforeOpening { site: String, on: Date, opening: Date } = "before_opening", Some("1961 art. 34(b)"), "the books of {site} begin on {opening}; {on} lies before";
        OpeningRepeated { site: String, item: String, batch: String } = "opening_repeated", None, "the account of {site} for {item} batch {batch} has moved already: it cannot be opened again";
        BeforeDispatch { dispatch: u64, left_on: Date, on: Date } = "before_dispatch", Some("1961 art. 34(b)"), "dispatch {dispatch} left on {left_on}; {on} lies before";
        LotDayBeforeFeed { lot: String, since: Date, on: Date } = "lot_day_before_feed", Some("1961 art. 34(b)"), "{on} lies before {since}, when lot {lot} was fed or drawn from";
        AccountMovedSince { site: String, item: String, batch: String, moved_on: Date, on: Date } = "account_moved_since", None,
            "{site} has moved {item} batch {batch} on {moved_on}: what the books held on {on} cannot be compared any more";
        Held { what: &'static str, name: String, hold: String } = "held", None, "{what} {name} is under hold {hold}";
        Expired { item: String, batch: String, expired_on: Date, on: Date } = "batch_expired", None, "batch {batch} of {item} expired on {expired_on}, before {on}";
        StockInsufficient { site: String, item: String, batch: String, compartment: &'static str, available: i64, requested: i64 } = "stock_insufficient", Some("1961 art. 34(b)"),
            "{site} holds {available} of {item} batch {batch} in {compartment}; {requested} asked";
        TransitInsufficient { dispatch: u64, outstanding: i64, requested: i64 } = "transit_insufficient", None, "{outstanding} are on the way under dispatch {dispatch}; {requested} asked";
        LotOverdrawn { lot: String, held_g: Mass, requested_g: Mass } = "lot_overdrawn", Some("1961 art. 34(b)"), "lot {lot} holds {held_g} g of base; the product holds {requested_g} g";
        LossBeyondTolerance { lot: String, loss_g: Mass, fed_g: Mass, tolerance_ppm: i64 } = "loss_reason_missing", Some("1961 art. 34(b)"),
            "lot {lot} lost {loss_g} g of {fed_g} g fed, beyond the tolerance of {tolerance_ppm} millionths: give the reason";
        ImportAuthorizationMissing { site: String } = "import_authorization_missing", Some("1961 art. 31(4)"), "no import authorization in force covers this import by {site}";
        ExportPermitMissing { site: String } = "export_permit_missing", Some("1961 art. 31(4), 31(5)"), "no export authorization in force covers this export by {site}";
        CeilingExceeded { site: String, item: String, ceiling: i64, held: i128, requested: i64 } = "ceiling_exceeded", Some("1961 art. 29(3), 30(2)(a)"),
            "{site} may hold {ceiling} of {item}; it holds or expects {held}, {requested} more asked";
        WitnessMissing { officer: String } = "witness_not_officer", Some("1961 art. 34(b)"), "{officer} is no officer of the authority: destruction needs a witness of the authority";
        WitnessTwice { witness: String } = "witness_twice", Some("1961 art. 34(b)"), "{witness} cannot be both witnesses: two different people must see the destruction";
        ApprovalMissing { site: String, on: Date, why: &'static str } = "approval_missing", None, "this line of {site} of {on} needs a second person: {why}";
        LineUnknown { line: u64 } = "line_unknown", None, "entry {line} is no line of the ledger";
        LineReversed { line: u64 } = "line_reversed", None, "line {line} is reversed already";
        LineFixed { line: u64, why: &'static str } = "line_not_reversible", None, "line {line} cannot be reversed: {why}";
        CountAccepted { count: u64 } = "count_accepted", None, "count {count} is accepted already";
        CountNotAcceptable { count: u64, breach: &'static str } = "count_not_acceptable", None, "count {count} cannot be accepted: it was recorded with {breach}";
        NotACount { count: u64 } = "not_a_count", None, "entry {count} is no count";
        HoldSubject { hold: String } = "hold_subject_unclear", None, "hold {hold} must name a site, or an item and its batch";
    }
}

/// The refusal of a line whose compartment holds less than it takes.
pub(super) fn short_of_stock(line: &Movement, from: Compartment, available: i64, requested: i64) -> Box<Refusal> {
    LedgerRefusal::StockInsufficient {
        site: line.site.to_string(),
        item: line.item.to_string(),
        batch: line.batch.to_string(),
        compartment: from.word(),
        available,
        requested,
    }
    .into()
}
