//! The gate of an export permit: every condition, in its order. The first that fails is the reason of the refusal.

use jiff::civil::Date;

use super::checks::{Check, Condition, Fact, Facts, pass};
use super::import::{in_force, requested_base, room, same_trade, taken_by, used_up};
use super::notice::{Confirmation, ImportAuthorization, Line};
use super::{
    Case, ForeignAuthorization, IssueExportPermit, Side, Stage, TradeRefusal, address, amount_of, overdue,
    substance_no, totals,
};
use crate::State;
use crate::id::Id;
use crate::ledger::{Compartment, LedgerRefusal};
use crate::licence::{Activities, Activity};
use crate::partner::{Partner, Spoken};
use crate::quantity::Mass;
use crate::refusal::{Refused, taken, unknown};
use crate::table::No;

/// What a permit rests on.
pub(super) struct Passed<'a> {
    pub authorization: &'a ImportAuthorization,
    pub partner: Option<&'a Id>,
}

/// The whole gate.
pub(super) fn check<'a>(
    state: &'a State,
    case: &'a Case,
    issue: &'a IssueExportPermit,
    today: Date,
) -> Refused<Passed<'a>> {
    let gate = Gate {
        state,
        case,
        issue,
        today,
    };
    pass(&gate.conditions())?;
    let (_, foreign) = gate.received()?;
    Ok(Passed {
        authorization: &foreign.authorization,
        partner: case.partner.as_ref(),
    })
}

/// Every condition of the gate, tested: those that hold too. All pass where [`check`] passes, and the first that does not
/// is the reason for which it refuses.
pub fn checks(state: &State, case: &Case, issue: &IssueExportPermit, today: Date) -> Vec<Check> {
    let gate = Gate {
        state,
        case,
        issue,
        today,
    };
    let conditions = match &case.emergency {
        Some(_) => gate.emergency(),
        None => gate.conditions(),
    };
    conditions.iter().map(Condition::check).collect()
}

/// The gate of an emergency export: the exporting country alone controls it.
pub(super) fn check_emergency(state: &State, case: &Case, issue: &IssueExportPermit, today: Date) -> Refused<()> {
    let gate = Gate {
        state,
        case,
        issue,
        today,
    };
    pass(&gate.emergency())
}

/// The last day until which a permit of a case may run: that of its import authorization, or the national maximum.
pub fn longest_validity(state: &State, case: &Case, today: Date) -> Date {
    let most = last_by_policy(state, today);
    match super::foreign_of(state, case) {
        Some(foreign) => foreign.authorization.valid_until.min(most),
        None => most,
    }
}

fn last_by_policy(state: &State, today: Date) -> Date {
    let days = state.policies.export_permit_days_max;
    let last = jiff::Span::new()
        .try_days(days)
        .and_then(|days| today.checked_add(days));
    last.unwrap_or(Date::MAX)
}

/// A permit that is asked for, and everything the gate looks at.
#[derive(Clone, Copy)]
struct Gate<'a> {
    state: &'a State,
    case: &'a Case,
    issue: &'a IssueExportPermit,
    today: Date,
}

impl<'a> Gate<'a> {
    /// The conditions in their order.
    fn conditions(self) -> Vec<Condition<'a>> {
        let mut all = Vec::with_capacity(16);
        let number = move || vec![("permit", Fact::Text(self.issue.id.to_string()))];
        all.push(Condition::new("permit_number", None, move || self.number(), number));
        let named = Some("1961 art. 31(5)");
        let cited = move || self.cited();
        all.push(Condition::new(
            "authorization_named",
            named,
            move || self.named().map(drop),
            cited,
        ));
        // Silence is no consent, whatever paper the exporter holds: the wait for an answer is told first.
        let asked = matches!(self.case.stage, Stage::Requested | Stage::Queried);
        if asked {
            all.push(self.confirmed());
        }
        let facts = move || self.authorized();
        if self.named().is_ok() {
            let received = move || self.received().map(drop);
            let name = if super::listed_of(self.state, self.case).is_some() {
                "authorization_on_paper"
            } else {
                "authorization_received"
            };
            all.push(Condition::new(name, named, received, facts));
        }
        if let Some(foreign) = super::foreign_of(self.state, self.case) {
            let test = move || in_force(&foreign.authorization, foreign.cancelled, self.today);
            let article = Some("1961 art. 31(4)(b), 31(5)");
            all.push(Condition::new("authorization_in_force", article, test, facts));
        }
        if !asked {
            all.push(self.confirmed());
        }
        if self.case.confirmation.is_some() {
            let article = Some("1961 art. 31(1), 31(5)");
            let facts = move || self.signed_with();
            if self.case.paper.is_some() {
                self.graded(&mut all);
            } else {
                all.push(Condition::new("trusted_key", article, move || self.trusted(), facts));
            }
        }
        let stage = move || vec![("stage", Fact::Stage(self.case.stage))];
        all.push(Condition::new("stage", None, move || self.stage(), stage));
        if let Some(foreign) = super::foreign_of(self.state, self.case) {
            self.compare(&foreign.authorization, &mut all);
        }
        let until = move || self.until();
        all.push(Condition::new(
            "validity",
            Some("1961 art. 31(4)(b)"),
            move || self.validity(),
            until,
        ));
        let importer = &self.case.consignment.importer;
        let party = move || vec![("importer", Fact::Party(importer.clone()))];
        all.push(Condition::new(
            "address",
            Some("1961 art. 31(8)"),
            move || address::check(importer),
            party,
        ));
        self.endorsements(&mut all);
        self.estimates(&mut all);
        self.exporter(&mut all);
        all
    }

    /// The conditions of an emergency export, in their order: no import authorization and no estimate is asked for.
    fn emergency(self) -> Vec<Condition<'a>> {
        let mut all = Vec::with_capacity(10);
        let number = move || vec![("permit", Fact::Text(self.issue.id.to_string()))];
        all.push(Condition::new("permit_number", None, move || self.number(), number));
        let stage = move || vec![("stage", Fact::Stage(self.case.stage))];
        let drafted = move || match self.case.stage {
            Stage::Draft => Ok(()),
            _ => Err(self.case.not_in("draft").into()),
        };
        all.push(Condition::new("stage", None, drafted, stage));
        let agency = move || {
            let emergency = self.case.emergency.iter();
            let facts = emergency.flat_map(|emergency| {
                [
                    ("agency", Fact::Text(emergency.name.to_string())),
                    ("request", Fact::Text(emergency.request.to_string())),
                ]
            });
            facts.collect()
        };
        let recognised = move || super::emergency::recognised(self.state, self.case);
        all.push(Condition::new("agency", None, recognised, agency));
        let until = move || self.until();
        let validity = move || self.validity();
        all.push(Condition::new("validity", Some("1961 art. 31(4)(b)"), validity, until));
        let importer = &self.case.consignment.importer;
        let party = move || vec![("importer", Fact::Party(importer.clone()))];
        let address = move || address::check(importer);
        all.push(Condition::new("address", Some("1961 art. 31(8)"), address, party));
        self.exporter(&mut all);
        all
    }

    fn number(self) -> Refused<()> {
        if self.state.trade.permits.contains_key(&self.issue.id) {
            return Err(taken("export permit", &self.issue.id));
        }
        Ok(())
    }

    fn missing(self) -> TradeRefusal {
        TradeRefusal::AuthorizationMissing {
            export: self.issue.export.to_string(),
        }
    }

    /// The number of the import authorization, and the authority of the importing country.
    fn named(self) -> Refused<(&'a Id, &'a Id)> {
        let number = self.case.consignment.authorization.as_ref();
        let number = number.ok_or_else(|| self.missing())?;
        if let Some(listed) = super::listed_of(self.state, self.case) {
            return Ok((&listed.listing.id, number));
        }
        let country = self.case.consignment.importer.country;
        let issuer = match &self.case.partner {
            Some(partner) => self.state.partners.find(partner)?,
            None => self.state.partners.of_country(country).ok_or_else(|| self.missing())?,
        };
        Ok((&issuer.file.id, number))
    }

    /// An import authorization that the importing country's authority itself has sent.
    fn received(self) -> Refused<(&'a Id, &'a ForeignAuthorization)> {
        let (issuer, _) = self.named()?;
        let foreign = super::foreign_of(self.state, self.case);
        Ok((issuer, foreign.ok_or_else(|| self.missing())?))
    }

    fn cited(self) -> Facts {
        let number = self.case.consignment.authorization.iter();
        let number = number.map(|number| ("number", Fact::Text(number.to_string())));
        let country = ("country", Fact::Country(self.case.consignment.importer.country));
        number.chain([country]).collect()
    }

    fn authorized(self) -> Facts {
        let mut facts = self.cited();
        if let Some(foreign) = super::foreign_of(self.state, self.case) {
            let authorization = &foreign.authorization;
            facts.push(("issuer", Fact::Text(authorization.issuer.to_string())));
            facts.push(("issued", Fact::Day(authorization.issued_on)));
            facts.push(("until", Fact::Day(authorization.valid_until)));
        }
        facts
    }

    /// The importing authority's yes, for exactly this trade.
    fn confirmed(self) -> Condition<'a> {
        let test = move || confirmation(self.case, self.issue).map(drop);
        let facts = move || {
            let mut facts = self.cited();
            if let Some(on) = self.case.requested_on {
                facts.push(("asked", Fact::Day(on)));
            }
            if let Some(said) = &self.case.confirmation {
                facts.push(("on", Fact::Day(said.confirmed_on)));
                let officer = said.officer.as_ref();
                let officer = officer.map(|officer| ("officer", Fact::Text(officer.to_string())));
                facts.extend(officer);
            }
            facts
        };
        let name = if self.case.paper.is_some() {
            "confirmation_on_paper"
        } else {
            "confirmation"
        };
        Condition::new(name, Some("1961 art. 31(1), 31(5)"), test, facts)
    }

    /// A confirmation without a signed message is of a grade that is accepted, and has the persons it needs.
    fn graded(self, all: &mut Vec<Condition<'a>>) {
        let (Some(paper), Some(grade)) = (&self.case.paper, self.case.grade()) else {
            return;
        };
        let facts = move || {
            let authority = paper.authority.iter();
            let authority = authority.map(|id| ("authority", Fact::Text(id.to_string())));
            authority.chain([("grade", Fact::Grade(grade))]).collect()
        };
        let accepted = move || super::paper::accepted(self.state, self.case, grade);
        all.push(Condition::new("grade", None, accepted, facts));
        let third = move || super::paper::third_person(self.state, self.case, paper, &self.issue.export);
        all.push(Condition::new("third_person", None, third, facts));
    }

    /// What the importing authority said that this export rests on, each with the key that signed it.
    fn spoken(self) -> impl Iterator<Item = (&'static str, &'a Partner, &'a Spoken)> {
        let partner = self.case.partner.as_ref().and_then(|id| self.state.partners.get(id));
        let said = partner.map(|partner| {
            let number = self.case.consignment.authorization.as_ref();
            let authorization = number.and_then(|number| partner.authorizations.get(number));
            let confirmation = partner.confirmations.get(&self.case.id);
            let named = [("import authorization", authorization), ("confirmation", confirmation)];
            named
                .into_iter()
                .filter_map(move |(what, spoken)| Some((what, partner, spoken?)))
        });
        said.into_iter().flatten()
    }

    /// Neither was taken after its key was no longer to be trusted.
    fn trusted(self) -> Refused<()> {
        for (what, partner, spoken) in self.spoken() {
            if let Some(since) = partner.disbelieved(spoken) {
                let (export, kid) = (self.issue.export.to_string(), spoken.kid.to_string());
                return Err(TradeRefusal::MessageUntrusted {
                    export,
                    what,
                    kid,
                    since,
                }
                .into());
            }
        }
        Ok(())
    }

    fn signed_with(self) -> Facts {
        let confirmation = self.spoken().last();
        let key = confirmation.map(|(_, _, spoken)| ("key", Fact::Text(spoken.kid.to_string())));
        key.into_iter().collect()
    }

    fn stage(self) -> Refused<()> {
        if self.case.stage == Stage::Confirmed {
            Ok(())
        } else {
            Err(self.case.not_in("confirmed").into())
        }
    }

    /// The export beside its import authorization. All permits under it stay within it; open permits count in full.
    fn compare(self, authorization: &'a ImportAuthorization, all: &mut Vec<Condition<'a>>) {
        let asked = &self.case.consignment;
        let facts = move || self.authorized();
        let article = Some("1961 art. 31(4), 31(5)");
        all.push(Condition::new(
            "same_trade",
            article,
            move || same_trade(authorization, asked),
            facts,
        ));
        let once = move || used_up(authorization, &self.others());
        all.push(Condition::new("consignments", Some("1961 art. 31(4)(d)"), once, facts));
        for line in &asked.lines {
            let test = move || room(authorization, &self.others(), line);
            let facts = move || room_facts(authorization, &self.others(), line);
            all.push(Condition::new(
                "authorization_room",
                Some("1961 art. 31(4)(b)"),
                test,
                facts,
            ));
        }
    }

    /// The other cases under the same import authorization.
    fn others(self) -> Vec<&'a Case> {
        let case = self.case;
        let under_it =
            |other: &&Case| other.side == Side::Exporting && other.id != case.id && other.asked() == case.asked();
        let number = case.consignment.authorization.iter();
        let cases = number.flat_map(|number| self.state.trade.cases_under(number));
        cases.filter(under_it).collect()
    }

    /// A permit ends with its import authorization at the latest, and within the national maximum.
    fn validity(self) -> Refused<()> {
        let (until, today) = (self.issue.valid_until, self.today);
        if until < today {
            return Err(TradeRefusal::PermitEnded { until, today }.into());
        }
        if let Some(foreign) = super::foreign_of(self.state, self.case)
            && until > foreign.authorization.valid_until
        {
            let (last, why) = (
                foreign.authorization.valid_until,
                "the last day of the import authorization",
            );
            return Err(TradeRefusal::PermitTooLong { until, last, why }.into());
        }
        let last = last_by_policy(self.state, today);
        if until > last {
            let why = "the longest a permit may run from today";
            return Err(TradeRefusal::PermitTooLong { until, last, why }.into());
        }
        Ok(())
    }

    fn until(self) -> Facts {
        vec![
            ("until", Fact::Day(self.issue.valid_until)),
            ("last", Fact::Day(longest_validity(self.state, self.case, self.today))),
            ("days", Fact::Number(self.state.policies.export_permit_days_max)),
        ]
    }

    /// Where policy says so, who owes too many endorsements gets nothing more.
    fn endorsements(self, all: &mut Vec<Condition<'a>>) {
        let limit = self.state.policies.overdue_endorsements_bar;
        if limit == 0 {
            return;
        }
        let importer = &self.case.consignment.importer;
        let overdue = overdue::of_importer(self.state, importer, self.today);
        let test = move || {
            if overdue < limit {
                return Ok(());
            }
            let importer = importer.name.to_string();
            Err(TradeRefusal::EndorsementsOverdue {
                importer,
                overdue,
                limit,
            }
            .into())
        };
        let facts = move || {
            vec![
                ("importer", Fact::Party(importer.clone())),
                ("overdue", Fact::Number(overdue)),
                ("limit", Fact::Number(limit)),
            ]
        };
        all.push(Condition::new("endorsements", Some("1961 art. 31(7)"), test, facts));
    }

    /// The destination's totals of estimates have room, in every year in which the goods may leave.
    fn estimates(self, all: &mut Vec<Condition<'a>>) {
        for year in self.today.year()..=self.issue.valid_until.year() {
            for (place, line) in self.case.consignment.lines.iter().enumerate() {
                let before = self.case.consignment.lines.iter().take(place);
                if before
                    .clone()
                    .any(|other| other.goods.substance == line.goods.substance)
                {
                    // The same figure, and so the same outcome, as the line before it.
                    continue;
                }
                // An exceptional case is essential for the sick, whatever has been sent already (1961 art. 21(4)(b)(ii)).
                let essential = self.issue.essential.is_some();
                let stopped = move || match totals::not_stopped(self.state, self.case, &line.goods, year) {
                    Err(_) if essential => Ok(()),
                    said => said,
                };
                let facts = move || self.estimate_facts(line, year);
                all.push(Condition::new("stop_notice", Some("1961 art. 21(4)"), stopped, facts));
                let room = move || self.estimate(line, year);
                all.push(Condition::new("estimate", Some("1961 art. 31(1)(b)"), room, facts));
            }
        }
    }

    fn estimate(self, line: &Line, year: i16) -> Refused<()> {
        let requested = requested_base(&self.case.consignment.lines, &line.goods.substance);
        let looked_up = self.issue.estimate_checked.is_some();
        let room = totals::has_room(
            self.state,
            self.case,
            &line.goods,
            requested,
            (year, self.today),
            looked_up,
        );
        match room {
            Err(refusal) if refusal.code == "estimate_exceeded" && self.issue.essential.is_some() => Ok(()),
            said => said,
        }
    }

    fn estimate_facts(self, line: &Line, year: i16) -> Facts {
        let (substance, country) = (&line.goods.substance, self.case.consignment.importer.country);
        let asked = requested_base(&self.case.consignment.lines, substance);
        let mut facts = vec![
            ("country", Fact::Country(country)),
            ("substance", Fact::Substance(substance.clone())),
            ("year", Fact::Number(i64::from(year))),
            ("asked", Fact::Mass(asked)),
        ];
        if let Some(room) = totals::headroom(self.state, country, substance, year, Some(&self.case.id)) {
            if room.by_board {
                facts.push(("by_board", Fact::Mass(room.total)));
            }
            if room.re_export != Mass::ZERO {
                facts.push(("re_export", Fact::Mass(room.re_export)));
            }
            facts.push(("total", Fact::Mass(room.total)));
            facts.push(("available", Fact::Mass(room.available)));
            facts.push(("table", Fact::Text(room.version.to_string())));
            facts.push(("dated", Fact::Day(room.dated_on)));
        }
        if super::re_export::is_intended(self.state, self.case) {
            facts.push(("to_re_export", Fact::Mass(asked)));
        }
        if let Some(why) = &self.issue.essential {
            facts.push(("essential", Fact::Text(why.to_string())));
        }
        if let Some(place) = &self.issue.estimate_checked {
            facts.push(("looked_up", Fact::Text(place.to_string())));
        }
        facts
    }

    /// The exporter is licensed, not under hold, and has the goods. What is in stock was made within quota.
    fn exporter(self, all: &mut Vec<Condition<'a>>) {
        if let Some(passage) = super::passage::under(self.state, self.case) {
            let open = move || super::passage::may_go_on(passage);
            let facts = move || vec![("passage", Fact::Text(passage.id.to_string()))];
            all.push(Condition::new("passage", Some("1961 art. 31(12)"), open, facts));
            return;
        }
        let site = move || {
            let id = self.case.site.iter();
            id.map(|id| ("site", Fact::Text(id.to_string()))).collect()
        };
        all.push(Condition::new(
            "site_open",
            Some("1961 art. 29(2)(b)"),
            move || self.site().map(drop),
            site,
        ));
        all.push(Condition::new("hold", None, move || self.hold(), site));
        for (item, line) in self.case.items.iter().zip(&self.case.consignment.lines) {
            let facts = move || {
                let mut facts: Facts = site();
                facts.push(("substance", Fact::Substance(line.goods.substance.clone())));
                facts.extend(self.licence_facts(line));
                facts
            };
            let article = Some("1961 art. 30(1), 31(3)");
            all.push(Condition::new("licence", article, move || self.licence(line), facts));
            let facts = move || self.stock_facts(item, line);
            all.push(Condition::new("stock", None, move || self.stock(item, line), facts));
        }
    }

    fn site(self) -> Refused<(No, &'a Id)> {
        let Some(id) = &self.case.site else {
            return Err(unknown("site of case", &self.case.id));
        };
        self.state.holders.open_site(id).map(|(no, _)| (no, id))
    }

    fn hold(self) -> Refused<()> {
        let (no, id) = self.site()?;
        match self.state.ledger.holds().find(|hold| hold.site == Some(no)) {
            Some(hold) => {
                let (what, name, hold) = ("site", id.to_string(), hold.id.to_string());
                Err(LedgerRefusal::Held { what, name, hold }.into())
            }
            None => Ok(()),
        }
    }

    fn licence(self, line: &Line) -> Refused<()> {
        let (site, _) = self.site()?;
        let substance = substance_no(self.state, &line.goods)?;
        let export = Activities::of(&[Activity::Export]);
        let licences = &self.state.licences;
        licences.check(self.state, "exporter", site, substance, export, self.today)
    }

    fn licence_facts(self, line: &Line) -> Facts {
        let found = self.site().ok().zip(substance_no(self.state, &line.goods).ok());
        let licence = found.and_then(|((site, _), substance)| {
            let licences = &self.state.licences;
            licences.in_force(site, substance, Activity::Export, self.today)
        });
        licence.map_or_else(Facts::new, |licence| {
            vec![
                ("licence", Fact::Text(licence.grant.id.to_string())),
                ("until", Fact::Day(licence.grant.valid_until)),
            ]
        })
    }

    fn stock(self, item: &Id, line: &Line) -> Refused<()> {
        let (site, id) = self.site()?;
        let (no, _) = self.state.items.find(item)?;
        let available = free_stock(self.state, self.case, site, no, self.today).free();
        if line.amount <= available {
            return Ok(());
        }
        Err(LedgerRefusal::StockInsufficient {
            site: id.to_string(),
            item: item.to_string(),
            batch: "neither held, expired nor permitted away".to_owned(),
            compartment: Compartment::Stock.word(),
            available,
            requested: line.amount,
        }
        .into())
    }

    fn stock_facts(self, item: &Id, line: &Line) -> Facts {
        let amount = |amount| Fact::Amount(line.goods.clone(), amount);
        let mut facts = vec![
            ("item", Fact::Text(item.to_string())),
            ("goods", Fact::Goods(line.goods.clone())),
            ("asked", amount(line.amount)),
        ];
        if let (Ok((site, id)), Ok((no, _))) = (self.site(), self.state.items.find(item)) {
            let stock = free_stock(self.state, self.case, site, no, self.today);
            facts.push(("site", Fact::Text(id.to_string())));
            facts.push(("held", amount(stock.held)));
            facts.push(("reserved", amount(stock.reserved)));
            facts.push(("available", amount(stock.free())));
        }
        facts
    }
}

/// The figures of a line of an authorization: authorized, taken by others, left, asked.
pub(super) fn room_facts(authorization: &ImportAuthorization, others: &[&Case], line: &Line) -> Facts {
    let amount = |amount| Fact::Amount(line.goods.clone(), amount);
    let authorized = amount_of(&authorization.lines, &line.goods);
    let taken = taken_by(others, &line.goods);
    vec![
        ("number", Fact::Text(authorization.number.to_string())),
        ("goods", Fact::Goods(line.goods.clone())),
        ("authorized", amount(authorized)),
        ("taken", amount(taken)),
        ("available", amount(authorized.saturating_sub(taken))),
        ("asked", amount(line.amount)),
    ]
}

/// The importing authority's yes, for exactly this trade.
fn confirmation<'a>(case: &'a Case, issue: &IssueExportPermit) -> Refused<&'a Confirmation> {
    let export = issue.export.to_string();
    if let Some((_, refusal)) = &case.refusal {
        let reason = refusal.reason.to_string();
        return Err(TradeRefusal::ConfirmationRefused { export, reason }.into());
    }
    if let Some(paper) = &case.paper {
        super::paper::confirmed(case, paper, &issue.export)?;
    }
    let exact = case
        .confirmation
        .as_ref()
        .filter(|said| said.consignment == case.consignment);
    exact.ok_or_else(|| TradeRefusal::ConfirmationMissing { export }.into())
}

/// What a site has of an item to send, and how much of it is promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeStock {
    /// In batches that are neither held nor expired.
    pub held: i64,
    /// What its other open permits still allow.
    pub reserved: i64,
}

impl FreeStock {
    /// What is left.
    pub fn free(self) -> i64 {
        self.held.saturating_sub(self.reserved)
    }
}

/// What a site has of an item to send: batches that are neither held nor expired, without what its other open permits
/// still allow.
fn free_stock(state: &State, case: &Case, site: No, item: No, today: Date) -> FreeStock {
    let ledger = &state.ledger;
    let held: Vec<No> = ledger.holds().filter_map(|hold| hold.batch).collect();
    let good = |batch: No| {
        let expired = ledger.batch_at(batch).expires_on.is_some_and(|last| last < today);
        ledger.batch_at(batch).item == item && !expired && !held.contains(&batch)
    };
    let accounts = ledger.accounts_of(site).filter(|account| good(account.batch));
    let stock = accounts.fold(0_i64, |sum, account| {
        sum.saturating_add(account.holds(Compartment::Stock))
    });
    let open = |other: &&Case| {
        let open = matches!(other.stage, Stage::Issued | Stage::Held);
        open && other.id != case.id
    };
    let item = state.items.at(item);
    let goods = super::goods(state, item);
    let allowed = |other: &Case| {
        let permit = other.permit.as_ref().map(|permit| &permit.number)?;
        let (place, line) = other.line_of(&goods)?;
        let sent = other
            .moved_of(place)
            .saturating_add(super::border::on_the_way(state, permit, item));
        Some(line.amount.saturating_sub(sent).max(0))
    };
    let others = case.site.iter().flat_map(|site| state.trade.exports_of(site));
    let reserved = others.filter(open).filter_map(allowed);
    FreeStock {
        held: stock,
        reserved: reserved.fold(0, i64::saturating_add),
    }
}
