//! What holds of every history of two authorities, however their acts and their messages cross.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::trade::{Case, Goods, Line, Side, Stage, own_lines, stated_lines};
use jiff::civil::date;
use proptest::prelude::*;

use crate::two::{CN, LK, Two};
use crate::world::Outcome;

/// One step of a history, as numbers that are given a meaning in the world as it is.
#[derive(Clone, Debug)]
struct Step {
    act: u8,
    case: u8,
    amount: u8,
}

fn history(longest: usize) -> impl Strategy<Value = Vec<Step>> {
    let step = (0..44_u8, any::<u8>(), any::<u8>());
    let step = step.prop_map(|(act, case, amount)| Step { act, case, amount });
    proptest::collection::vec(step, 1..longest)
}

fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() {
        default.cases
    } else {
        24
    };
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..default
    }
}

/// Two authorizations: LK-7 for several consignments, LK-8 for one. No message is delivered before a step does it.
fn beginning() -> Two {
    static BEGINNING: LazyLock<Two> = LazyLock::new(begin);
    BEGINNING.clone()
}

fn begin() -> Two {
    let mut two = Two::at("authorized");
    let fields = format!(
        "id=A-2 site=IMP-1 address=\"12 Galle Road, Colombo\" exporter={} lines=[{{\"item\":\"ampoule\",\"amount\":200}}] \
         purpose=medical consignments=single",
        crate::two::EXPORTER
    );
    attempt(&mut two, LK, "IMP:imani", "apply_import", &fields);
    let issue = "id=LK-8 application=A-2 valid_until=2026-12-31";
    attempt(&mut two, LK, "permit_officer:per", "issue_import_authorization", issue);
    two.held = [true; 2];
    two
}

/// Gives a command, has it approved if it waits for that, and has what is queued signed.
fn attempt(two: &mut Two, side: usize, actor: &str, verb: &str, fields: &str) -> bool {
    let world = &mut two.worlds[side];
    let outcome = world.as_(actor).give(verb, fields);
    let done = match &outcome {
        Outcome::Done { first, .. } if outcome.word() == "proposed" => {
            let approval = format!("of={first}");
            world.as_("approver:apo").approve(&approval).word() == "ok"
        }
        Outcome::Done { .. } => true,
        Outcome::Refused(_) => false,
        Outcome::Unreadable(why) => panic!("{verb} {fields}: {why}"),
    };
    two.post();
    done
}

/// Delivers a message, if one is on its way. What honest authorities say to each other is never refused.
fn deliver(two: &mut Two, from: usize) {
    if !two.wires[from].is_empty() {
        assert_eq!(two.deliver(from), "ok");
        two.post();
    }
}

/// The items of each register by their goods.
fn item_of(side: usize, goods: &Goods) -> &'static str {
    match (side, goods.bulk) {
        (CN, false) => "amp",
        (CN, true) => "citrate",
        (_, false) => "ampoule",
        (_, true) => "fentanyl-citrate",
    }
}

/// The lines as customs counts them: what the ledger has moved.
fn counted(side: usize, case: &Case, more: i64) -> String {
    let lines = case.consignment.lines.iter().zip(&case.moved);
    let lines = lines.map(|(line, moved)| {
        let item = item_of(side, &line.goods);
        format!("{{\"item\":\"{item}\",\"amount\":{}}}", moved + more)
    });
    lines.collect::<Vec<_>>().join(",")
}

impl Step {
    /// A case that one side knows.
    fn case(&self, two: &Two, side: usize) -> Option<Case> {
        let cases: Vec<&Case> = two.state(side).trade.cases().collect();
        cases.get(usize::from(self.case) % cases.len().max(1)).copied().cloned()
    }

    fn play(&self, two: &mut Two) {
        match self.act {
            0..=11 => return deliver(two, CN),
            12..=21 => return deliver(two, LK),
            22 | 23 => return self.apply(two),
            43 if self.amount < 30 => {
                let fields = "authorization=LK-7 reason=trial";
                attempt(two, LK, "permit_officer:per", "cancel_import_authorization", fields);
                return;
            }
            42 | 43 => return self.pass_days(two),
            _ => {}
        }
        if let (24..=33, Some(case)) = (self.act, self.case(two, CN)) {
            self.export(two, &case);
        } else if let (34..=41, Some(case)) = (self.act, self.case(two, LK)) {
            self.import(two, &case);
        }
    }

    fn apply(&self, two: &mut Two) {
        let amount = [20, 100, 100, 200, 300, 501][usize::from(self.amount) % 6];
        let bulk = if self.case.is_multiple_of(3) {
            ",{\"item\":\"citrate\",\"amount\":30000}"
        } else {
            ""
        };
        let authorization = if self.case.is_multiple_of(2) { "LK-7" } else { "LK-8" };
        if two.state(CN).trade.cases().count() >= 4 {
            return;
        }
        let fields = format!(
            "id=E-{} site=FORM-1 address=\"1 Maker Road, Beijing\" importer={} authorization={authorization} \
             lines=[{{\"item\":\"amp\",\"amount\":{amount}}}{bulk}] purpose=medical",
            two.state(CN).size,
            crate::two::IMPORTER,
        );
        attempt(two, CN, "FORM:fang", "apply_export", &fields);
    }

    /// What the exporting side does about a case.
    fn export(&self, two: &mut Two, case: &Case) {
        let id = case.id.as_str();
        let export = id.trim_start_matches("CN/");
        let permit = case.permit.as_ref().map_or("P-0", |permit| permit.number.as_str());
        // Mostly what the case waits for, now and then anything.
        let moved = case.moved.iter().any(|moved| *moved != 0);
        let waits_for = match case.stage {
            stage if !stage.is_over() && case.permit.is_none() && self.amount % 64 == 3 => 50,
            Stage::Issued | Stage::Suspended | Stage::Held if !moved && self.amount % 16 == 7 => 51,
            Stage::Queried => 52,
            Stage::Draft => 24,
            Stage::Confirmed => 26,
            Stage::Issued if !moved => 28,
            Stage::Issued | Stage::Suspended => 30,
            Stage::Held => 32,
            _ => 33,
        };
        let act = if self.amount.is_multiple_of(5) {
            self.act
        } else {
            waits_for
        };
        match act {
            24 | 25 => {
                let fields = format!("export={export}");
                attempt(two, CN, "permit_officer:per", "request_confirmation", &fields);
            }
            26 | 27 => {
                let days = 3 + i64::from(self.amount % 64);
                let until = two.worlds[CN].today.checked_add(jiff::Span::new().days(days));
                let fields = format!("id=P-{export} export={export} valid_until={}", until.expect("a day"));
                attempt(two, CN, "permit_officer:per", "issue_export_permit", &fields);
            }
            28 | 29 => self.ship(two, case, permit),
            30 | 31 => {
                let more = i64::from(self.amount.is_multiple_of(4)) * 400;
                let fields = format!("permit={permit} post=Port lines=[{}]", counted(CN, case, more));
                attempt(two, CN, "customs_officer:cus", "endorse_departure", &fields);
            }
            32 => {
                let fields = format!("permit={permit} reason=trial");
                attempt(two, CN, "permit_officer:per", "release_consignment", &fields);
            }
            50 => {
                let fields = format!("export={export} reason=trial");
                attempt(two, CN, "permit_officer:per", "withdraw_export", &fields);
            }
            51 => {
                let fields = format!("permit={permit} reason=trial");
                attempt(two, CN, "permit_officer:per", "revoke_export_permit", &fields);
            }
            52 => {
                let fields = format!("case={id} answer=trial");
                attempt(two, CN, "permit_officer:per", "answer_question", &fields);
            }
            _ => {
                let fields = format!("case={id} cause=theft explanation=trial incident=I-1");
                attempt(two, CN, "permit_officer:per", "resolve_discrepancy", &fields);
            }
        }
    }

    /// Goods go to the border, and some or all of them over it.
    fn ship(&self, two: &mut Two, case: &Case, permit: &str) {
        let today = two.worlds[CN].today;
        for line in &case.consignment.lines {
            let amount = line.amount - i64::from(self.amount % 4) * 5;
            let (item, batch) = if line.goods.bulk {
                ("citrate", "B2")
            } else {
                ("amp", "F3")
            };
            let fields = format!(
                "site=FORM-1 destination=LK permit={permit} item={item} batch={batch} amount={amount} occurred_on={today}"
            );
            let sent = two.worlds[CN].as_("FORM:fang").dispatch(&fields);
            if let Outcome::Done { first, .. } = sent {
                let fields = format!("site=FORM-1 dispatch={first} amount={amount} occurred_on={today}");
                attempt(two, CN, "FORM:fang", "export", &fields);
            }
        }
    }

    /// What the importing side does about a case.
    fn import(&self, two: &mut Two, case: &Case) {
        let id = case.id.as_str();
        let waits_for = match case.stage {
            Stage::Requested if self.amount < 20 => 36,
            Stage::Requested if self.amount % 16 == 5 => 53,
            Stage::Queried if self.amount % 32 == 5 => 36,
            Stage::Requested => 34,
            Stage::Departed if case.moved.iter().any(|moved| *moved != 0) => 39,
            Stage::Issued | Stage::Departed | Stage::Suspended => 37,
            _ => 41,
        };
        let act = if self.amount.is_multiple_of(5) {
            self.act
        } else {
            waits_for
        };
        match act {
            34 | 35 => {
                attempt(two, LK, "permit_officer:per", "confirm", &format!("case={id}"));
            }
            53 => {
                let fields = format!("case={id} question=trial");
                attempt(two, LK, "permit_officer:per", "ask_question", &fields);
            }
            36 if self.amount < 80 => {
                let fields = format!("case={id} reason=trial");
                attempt(two, LK, "permit_officer:per", "refuse_confirmation", &fields);
            }
            36..=38 => self.enter(two, case),
            39 | 40 => {
                let fields = format!("case={id} post=Harbour lines=[{}]", counted(LK, case, 0));
                attempt(two, LK, "customs_officer:cus", "endorse_arrival", &fields);
            }
            _ => {
                let fields = format!("case={id} cause=theft explanation=trial incident=C-1");
                attempt(two, LK, "permit_officer:per", "resolve_discrepancy", &fields);
            }
        }
    }

    /// Goods that have left arrive, now and then less of them. Nothing arrives twice.
    fn enter(&self, two: &mut Two, case: &Case) {
        let there = two.state(CN).trade.case(&case.id).expect("a case").clone();
        if there.departure.is_none() || case.moved.iter().any(|moved| *moved != 0) {
            return;
        }
        let today = two.worlds[LK].today;
        let lost = i64::from(self.amount.is_multiple_of(3)) * 2;
        let authorization = case.consignment.authorization.clone().expect("an authorization");
        for (line, left) in case.consignment.lines.iter().zip(&there.moved) {
            let item = item_of(LK, &line.goods);
            let fields = format!(
                "site=IMP-1 item={item} batch=B amount={} origin=CN authorization={authorization} case={} occurred_on={today}",
                left - lost,
                case.id
            );
            // A cancellation that came too late leaves goods to be reported.
            if !attempt(two, LK, "IMP:imani", "import", &fields) {
                attempt(two, LK, "IMP:imani", "import", &format!("{fields} mode=report"));
            }
        }
    }

    fn pass_days(&self, two: &mut Two) {
        let days = jiff::Span::new().days(i64::from(self.amount % 12));
        let day = two.worlds[CN].today.checked_add(days).expect("a day");
        two.day(day.min(date(2026, 12, 20)));
        two.worlds[CN].as_("exchange:node").pass_day("-");
        two.post();
    }
}

/// What cases of one side take of each line of an authorization, computed without the help of the rules.
fn taken(two: &Two, side: usize, number: &str) -> BTreeMap<String, i64> {
    let mut taken = BTreeMap::new();
    let of_it = |case: &&Case| {
        case.consignment
            .authorization
            .as_ref()
            .is_some_and(|id| id.as_str() == number)
    };
    for case in two.state(side).trade.cases().filter(of_it) {
        let lines: &[Line] = match case.stage {
            Stage::Issued | Stage::Held => &case.consignment.lines,
            Stage::Confirmed if case.side == Side::Importing => &case.consignment.lines,
            Stage::Departed | Stage::Discrepant | Stage::Closed => &case.departure.as_ref().expect("it left").lines,
            _ => &[],
        };
        for line in lines {
            *taken.entry(format!("{:?}", line.goods)).or_default() += line.amount;
        }
    }
    taken
}

/// What is true after every step.
fn always(two: &Two) {
    two.check("after a step");
    for own in two.state(LK).trade.owns() {
        let number = own.authorization.number.as_str();
        let authorized: BTreeMap<String, i64> = own
            .authorization
            .lines
            .iter()
            .map(|line| (format!("{:?}", line.goods), line.amount))
            .collect();
        for side in [CN, LK] {
            for (goods, taken) in taken(two, side, number) {
                assert!(taken <= authorized[&goods], "more than {number} authorizes at {side}");
            }
        }
    }
    for case in two.state(CN).trade.cases() {
        let Some(permit) = &case.permit else { continue };
        let confirmation = case.confirmation.as_ref().expect("no permit without a yes");
        assert_eq!(
            confirmation.consignment, permit.consignment,
            "permitted is what was confirmed"
        );
        let there = two
            .state(LK)
            .trade
            .case(&case.id)
            .expect("who confirmed knows the case");
        assert_eq!(there.confirmation.as_ref(), Some(confirmation));
        for (line, moved) in case.consignment.lines.iter().zip(&case.moved) {
            assert!(*moved <= line.amount, "more has left than was permitted");
        }
    }
    let used = |case: &&Case| {
        let single = case
            .consignment
            .authorization
            .as_ref()
            .is_some_and(|id| id.as_str() == "LK-8");
        single && (matches!(case.stage, Stage::Issued | Stage::Held) || case.stage.has_left())
    };
    assert!(
        two.state(CN).trade.cases().filter(used).count() <= 1,
        "two consignments of a single one"
    );
    for side in [CN, LK] {
        for case in two.state(side).trade.cases() {
            let lines = |endorsed: &Option<domain::trade::Endorsement>| endorsed.as_ref().map(|of| of.lines.clone());
            let words = case.our_word.is_some() && case.their_word.is_some();
            if case.stage == Stage::Closed && lines(&case.departure) != lines(&case.arrival) {
                assert!(words, "closed without both words");
            }
        }
    }
}

/// All messages arrive, and officers finish what only they can.
fn finish(two: &mut Two) {
    two.held = [false; 2];
    two.post();
    let cases: Vec<Case> = two.state(CN).trade.cases().cloned().collect();
    for case in &cases {
        let Some(permit) = &case.permit else { continue };
        if case.stage == Stage::Held {
            let fields = format!("permit={} reason=trial", permit.number);
            assert!(attempt(two, CN, "permit_officer:per", "release_consignment", &fields));
        }
        let open = matches!(case.stage, Stage::Issued | Stage::Suspended | Stage::Held);
        if open && case.moved.iter().any(|moved| *moved != 0) {
            let fields = format!("permit={} post=Port lines=[{}]", permit.number, counted(CN, case, 0));
            assert!(
                attempt(two, CN, "customs_officer:cus", "endorse_departure", &fields),
                "{case:?}"
            );
        }
    }
    for side in [CN, LK] {
        let cases: Vec<Case> = two.state(side).trade.cases().cloned().collect();
        for case in cases {
            if case.stage == Stage::Discrepant && case.our_word.is_none() {
                let fields = format!("case={} cause=loss explanation=trial incident=X-1", case.id);
                assert!(attempt(two, side, "permit_officer:per", "resolve_discrepancy", &fields));
            }
        }
    }
}

/// Both sides have the same picture of every case, and the same figures.
fn agree(two: &Two) {
    for case in two.state(CN).trade.cases() {
        let there = two.state(LK).trade.case(&case.id);
        if case.partner.is_none() {
            assert!(there.is_none(), "nobody was asked");
            continue;
        }
        let there = there.expect("a case that was asked about");
        assert_eq!(there.stage, case.stage, "{}", case.id);
        assert_eq!(there.departure, case.departure, "{}", case.id);
        assert_eq!(there.arrival, case.arrival, "{}", case.id);
        assert_eq!(there.cancelled_too_late, case.cancelled_too_late, "{}", case.id);
    }
    let partner = |side: usize, id: &str| two.state(side).partners.get(id).expect("a partner").clone();
    let lines = |side: usize, id: &str| {
        let partner = partner(side, id);
        if side == CN {
            stated_lines(two.state(side), &partner, 2026)
        } else {
            own_lines(two.state(side), &partner, 2026)
        }
    };
    assert_eq!(
        lines(CN, "LK"),
        lines(LK, "CN"),
        "the figures of an honest history agree"
    );
    for (side, id) in [(CN, "LK"), (LK, "CN")] {
        let partner = partner(side, id);
        assert!(partner.queue.is_empty() && partner.unanswered.is_empty() && partner.refused.is_empty());
    }
}

proptest! {
    #![proptest_config(config())]

    /// Acts of both sides and deliveries in any order: what holds always holds, and in the end both sides agree.
    #[test]
    fn two_authorities_agree_however_their_messages_cross(steps in history(120)) {
        let mut two = beginning();
        for step in &steps {
            step.play(&mut two);
            always(&two);
        }
        finish(&mut two);
        always(&two);
        agree(&two);
    }
}

/// What both sides of a case speak about, as one side keeps it.
fn said(case: &Case) -> impl PartialEq + std::fmt::Debug {
    let Case {
        stage,
        consignment,
        confirmation,
        refusal,
        permit,
        copies,
        departure,
        arrival,
        our_word,
        their_word,
        cancelled_too_late,
        unused_there,
        ..
    } = case.clone();
    let refusal = refusal.map(|(_, refusal)| refusal);
    let questions: Vec<String> = case
        .questions
        .iter()
        .map(|asked| format!("{:?}", asked.question))
        .collect();
    (
        (stage, consignment, confirmation, refusal, permit, copies),
        (departure, arrival, our_word, their_word),
        (cancelled_too_late, unused_there, questions),
    )
}

proptest! {
    #![proptest_config(config())]

    /// Whichever side goes on from a backup, and whenever that was made: with what its partner holds, every case and every
    /// authorization is again what it was.
    #[test]
    fn what_one_side_has_lost_comes_back_from_the_other(steps in history(120), kept in 0..120_usize, side in 0..2_usize) {
        let mut two = beginning();
        let kept = kept % (steps.len() + 1);
        for step in &steps[..kept] {
            step.play(&mut two);
        }
        let saved = two.worlds[side].clone();
        for step in &steps[kept..] {
            step.play(&mut two);
        }
        finish(&mut two);
        let whole = two.worlds[side].clone();
        two.come_back(side, &saved);
        let (before, after) = (&whole.state().trade, &two.state(side).trade);
        for case in before.cases().filter(|case| case.partner.is_some()) {
            let back = after.case(&case.id).expect("a case that was spoken of");
            assert_eq!(said(back), said(case), "{}", case.id);
        }
        for own in before.owns() {
            let back = after.own(&own.authorization.number).expect("an authorization that was sent");
            assert_eq!((&back.authorization, back.cancelled), (&own.authorization, own.cancelled));
            assert_eq!((&back.application, &back.site), (&own.application, &own.site));
        }
        let partner = two.state(side).partners.iter().next().expect("a partner");
        assert!(partner.queue.is_empty() && partner.unanswered.is_empty() && partner.refused.is_empty(), "{partner:?}");
        two.check("after coming back");
    }
}

/// The generator is worth something only if cases come as far as they can.
#[test]
fn random_histories_reach_every_stage() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for _ in 0..30 {
        let steps = history(240).new_tree(&mut runner).expect("a history").current();
        let mut two = beginning();
        for step in &steps {
            step.play(&mut two);
            for case in two.state(CN).trade.cases() {
                *seen.entry(case.stage.word()).or_default() += 1;
                if case.cancelled_too_late {
                    *seen.entry("too late").or_default() += 1;
                }
            }
        }
    }
    for stage in [
        "draft",
        "requested",
        "queried",
        "confirmed",
        "refused",
        "issued",
        "suspended",
        "held",
        "departed",
        "discrepant",
        "closed",
        "expired",
        "withdrawn",
        "revoked",
        "too late",
    ] {
        assert!(seen.contains_key(stage), "no case is {stage}: {seen:?}");
    }
}
