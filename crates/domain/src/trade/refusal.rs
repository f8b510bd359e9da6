//! Why trade is refused.

use jiff::civil::Date;

use crate::quantity::Mass;
use crate::refusal::refusals;

refusals! {
    /// Why trade is refused.
    pub enum TradeRefusal {
        AuthorizationMissing { export: String } = "import_authorization_missing", Some("1961 art. 31(5)"),
            "the application {export} names no import authorization of the importing country, or none that its authority has sent";
        ApplicationAnswered { application: String, number: String } = "import_application_answered", Some("1961 art. 31(4)(a)"), "the application {application} is answered by import authorization {number}";
        AuthorizationCancelled { number: String } = "import_authorization_cancelled", Some("1961 art. 31(5)"), "import authorization {number} was cancelled by the authority that issued it";
        AuthorizationNotBegun { number: String, from: Date, on: Date } = "import_authorization_not_begun", Some("1961 art. 31(4)(b)"), "import authorization {number} was issued on {from}, after {on}";
        AuthorizationExpired { number: String, until: Date, today: Date } = "import_authorization_expired", Some("1961 art. 31(4)(b)"), "import authorization {number} ended on {until}, before {today}";
        AuthorizationDiffers { number: String, field: &'static str, authorized: String, asked: String } = "import_authorization_mismatch", Some("1961 art. 31(4), 31(5)"),
            "import authorization {number} and the export differ in {field}: {authorized} is authorized, {asked} asked";
        AuthorizationExceeded { number: String, goods: String, available: String, requested: String } = "import_authorization_exceeded", Some("1961 art. 31(4)(b)"),
            "import authorization {number} has {available} left of {goods}; {requested} asked";
        AuthorizationUsed { number: String, by: String } = "import_authorization_used", Some("1961 art. 31(4)(d)"), "import authorization {number} allows one consignment, and {by} is it";
        AmendmentTakesBack { number: String, case: String, what: &'static str } = "amendment_takes_back", Some("1961 art. 31(5)"),
            "the amendment of import authorization {number} would take {what} from {case}, which was confirmed under it: let it end first, or cancel the authorization";
        NothingAmended { number: String } = "nothing_amended", None, "{number} already says so: there is nothing to amend";
        PostDiffers { number: String, permitted: String, found: String } = "customs_post_differs", Some("1961 art. 31(4)(b)"), "{number} is bound to {permitted}, and the goods are at {found}: have it amended first";
        EndorsementsOverdue { importer: String, overdue: i64, limit: i64 } = "endorsements_overdue", Some("1961 art. 31(7)"),
            "the arrival of {overdue} consignments to {importer} is not endorsed though it should be; from {limit} on no more goes there";
        MessageUntrusted { export: String, what: &'static str, kid: String, since: jiff::Timestamp } = "message_untrusted", Some("1961 art. 31(1), 31(5)"),
            "the {what} for the export {export} is signed with the key {kid}, which its authority does not trust since {since}, and was taken later: withdraw the case and ask again";
        ConfirmationMissing { export: String } = "confirmation_missing", Some("1961 art. 31(1), 31(5)"), "the importing authority has not confirmed the export {export}: silence is no consent";
        ConfirmationRefused { export: String, reason: String } = "confirmation_refused", Some("1961 art. 31(1)"), "the importing authority has refused the export {export}: {reason}";
        StageWrong { case: String, stage: &'static str, needed: &'static str } = "case_not_in_stage", None, "the case {case} is {stage}; this needs a case that is {needed}";
        PermitTooLong { until: Date, last: Date, why: &'static str } = "permit_too_long", Some("1961 art. 31(4)(b)"), "a permit until {until} would outlast {last}, {why}";
        PermitEnded { until: Date, today: Date } = "permit_ends_before_it_begins", None, "a permit until {until} would have ended before {today}";
        EstimateExceeded { country: String, substance: String, year: i16, total_g: Mass, available_g: Mass, requested_g: Mass } = "estimate_exceeded", Some("1961 art. 31(1)(b)"),
            "the total of estimates of {country} for {substance} in {year} is {total_g} g, of which at most {available_g} g are left; {requested_g} g asked: reduce the quantity or wait for a supplementary estimate";
        EstimateUnknown { country: String, substance: String, year: i16, why: String } = "estimate_unknown", Some("1961 art. 31(1)(b)"),
            "the total of estimates of {country} for {substance} in {year} {why}: a person must look it up and say so (estimate_checked)";
        StopNotice { country: String, substance: String, year: i16, notice: String } = "stop_notice", Some("1961 art. 21(4)"), "by the Board's notice {notice} no more {substance} may be exported to {country} in {year}";
        SupplementMissing { country: String, substance: String, year: i16, since: Date, version: String } = "supplement_missing", Some("1961 art. 21(4)(b)(i)"),
            "the table {version} is not the one in force for {substance} in {country} and {year}, or is older than the notice of {since}: only a supplementary estimate lifts it";
        NoReExport { number: String } = "no_re_export", Some("1961 art. 31(1)(b)"), "import authorization {number} is for nothing to be exported again, or that has ended";
        AgencyUnknown { agency: String, supplier: String } = "agency_not_recognised", None, "{agency} is no recognised agency with a standing agreement with {supplier}";
        EmergencyOnly { case: String } = "not_an_emergency", Some("1961 art. 31(5)"), "{case} is an emergency export: it has no import authorization, and none is asked for";
        AddressBarred { party: String, found: String } = "address_barred", Some("1961 art. 31(8)"), "the address of {party} holds {found:?}: no consignment goes to a post office box or a bank";
        SameCountry { country: String } = "same_country", None, "importer and exporter are both of {country}";
        GoodsUnknown { item: String } = "goods_not_in_consignment", Some("1961 art. 31(4)"), "{item} is no line of it";
        PermitNotInForce { permit: String, stage: &'static str } = "export_permit_not_in_force", Some("1961 art. 31(4)(a)"), "export permit {permit} is {stage}";
        ScheduleChanged { number: String, substance: String, since: Date } = "schedule_changed", Some("1961 art. 3(7)"),
            "the schedule of {substance} has changed on {since}, after {number} was issued: an officer and an approver look at it again before anything moves under it";
        NothingChanged { number: String } = "nothing_to_review", None, "no schedule of a drug in {number} has changed since it was issued or looked at, or it is over";
        PermitExpired { permit: String, until: Date, on: Date } = "export_permit_expired", Some("1961 art. 31(4)(b)"), "export permit {permit} ended on {until}, before {on}";
        PermitNotBegun { permit: String, from: Date, on: Date } = "export_permit_not_begun", Some("1961 art. 31(4)(b)"), "export permit {permit} was issued on {from}, after {on}";
        ConsignmentDivided { permit: String, left_on: Date, on: Date } = "consignment_divided", Some("1961 art. 31(4)(a)"), "goods under export permit {permit} left on {left_on}: one permit is one consignment, and {on} is another day";
        ArrivedBeforeDeparture { case: String, left_on: Date, on: Date } = "arrival_before_departure", Some("1961 art. 34(b)"), "the consignment {case} left on {left_on}; {on} lies before";
        PermitDiffers { permit: String, field: &'static str, permitted: String, found: String } = "export_permit_mismatch", Some("1961 art. 31(4)"), "export permit {permit} is for the {field} {permitted}, not {found}";
        PermitExceeded { permit: String, item: String, available: String, requested: String } = "export_permit_exceeded", Some("1961 art. 31(4)(b), 31(7)(c)"), "export permit {permit} has {available} left of {item}; {requested} asked";
        ConsignmentUnknown { case: String } = "consignment_unknown", Some("1961 art. 31(10)"), "no export permit for the consignment {case} has reached this authority";
        CountDiffers { case: String, item: String, counted: String, recorded: String } = "endorsement_differs", Some("1961 art. 31(7)(b)-(c)"), "customs counted {counted} of {item} in {case}; the ledger has {recorded}";
        CauseMissing { case: String, tolerance_ppm: i64 } = "incident_missing", Some("1961 art. 31(7)"),
            "the difference in {case} is beyond {tolerance_ppm} millionths: name its cause and the number of the incident";
        QuestionOpen { case: String } = "question_open", None, "the question about {case} is not answered yet: wait for the answer, or refuse";
        GoodsHaveLeft { permit: String } = "goods_have_left", Some("1961 art. 31(7)"), "goods have left under export permit {permit}: what has left is endorsed, and cannot be revoked";
        ReturnNotOrdered { case: String, stage: &'static str } = "return_not_ordered", Some("1961 art. 31(5)"), "the consignment {case} is {stage}: goods that come back are ordered back first";
        ReturnExceeds { case: String, item: String, left: String, back: String, requested: String } = "return_exceeds_departure", Some("1961 art. 31(7)"),
            "of {item} {left} left in {case} and {back} has come back; {requested} more would be more than left";
        DiversionNowhere { country: String } = "diversion_nowhere", Some("1961 art. 31(12)"), "{country} is where the goods come from, go to or pass through: a diversion leads elsewhere, through a third country";
        AlreadyResolved { case: String } = "already_resolved", None, "this side has said its word on {case}";
        NothingDue { today: Date } = "nothing_due", None, "nothing was due on {today}";
        OwnEstimateMissing { substance: String, year: i16 } = "estimate_missing", Some("1961 art. 19(1), 31(1)"), "there is no estimate of {substance} for {year}";
        YearNotOver { year: i16, today: Date } = "trade_year_not_over", None, "the year {year} is not over on {today}";
        StatementMissing { exporter: String, year: i16 } = "trade_statement_missing", None, "{exporter} has proposed no statement for {year}";
        StatementSettled { exporter: String, year: i16 } = "trade_statement_settled", None, "the statement of {exporter} for {year} is signed, and its figures still hold";
        StatementDiffers { substance: String, theirs_g: Mass, ours_g: Mass, theirs: i64, ours: i64 } = "trade_statement_differs", Some("1961 art. 20(1)(d)"),
            "the statement says {theirs_g} g of {substance} in {theirs} consignments; this journal has {ours_g} g in {ours}";
        StatementAgrees { exporter: String, year: i16 } = "trade_statement_agrees", None, "this journal gives the figures that {exporter} states for {year}: there is nothing to dispute";
    }
}
