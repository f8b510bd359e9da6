//! Every kind of movement × every check × both modes, as aligned text; and the order of the checks.
//!
//! `kinds.txt` has a good line of each kind. `movements.txt` says what is made wrong with it and what comes of it;
//! `order.txt` makes two things wrong at once.

use std::collections::BTreeMap;

use domain::ledger::{AMOUNT_MAX, BALANCE_MAX, MovementKind, STEPS, Step, applies};
use jiff::civil::date;

use crate::query::ask;
use crate::random::actor_of;
use crate::text::{Fields, Line, lines};
use crate::world::World;

const KINDS: &str = include_str!("../ledger/kinds.txt");
pub const MOVEMENTS: &str = include_str!("../ledger/movements.txt");
pub const ORDER: &str = include_str!("../ledger/order.txt");

/// Acts of the ledger that are no kind of movement of their own.
const MORE_ACTS: [&str; 3] = ["transform", "lot_close", "reverse"];

/// A good line: who, command, fields.
type Good = (&'static str, &'static str, &'static str);

fn good_lines() -> BTreeMap<&'static str, Good> {
    let read = |line: Line<'static>| {
        let [kind, actor, verb, fields] = line.columns("kinds.txt");
        (kind, (actor, verb, fields))
    };
    lines(KINDS).into_iter().map(read).collect()
}

/// Runs a good line with something made wrong, and says what came of it.
fn said(good: Good, mode: &str, wrong: &str) -> String {
    let mut world = World::fixed();
    let reversed = if mode == "report" { "S2" } else { "S1" };
    world.names.insert("S".to_owned(), world.names[reversed]);
    let (mut actor, verb, fields) = good;
    let mut overrides = Vec::new();
    for fault in wrong.split("; ").filter(|fault| *fault != "-") {
        match fault.split_once('=') {
            Some(("as", other)) => actor = other,
            Some((field, _)) if !field.contains(' ') => overrides.push(fault),
            _ => arrange(&mut world, fault),
        }
    }
    let mut fields = Fields::parse(fields, &world.names);
    for field in overrides {
        fields.add(field, &world.names);
    }
    if mode == "report" && verb != "reverse" {
        fields.add("mode=report", &world.names);
    }
    let came = world.submit(actor, verb, fields).word();
    let items = world.state().items.iter().count();
    assert_eq!(world.state().ledger.out_of_balance(items), None, "{verb} {wrong}");
    came
}

/// Brings about a circumstance in which a line breaks a rule.
fn arrange(world: &mut World, circumstance: &str) {
    let words: Vec<&str> = circumstance.split(' ').collect();
    let lin = "licensing_officer:lin";
    let standing = |licence: &str| format!("licence={licence} from=2026-06-01 reason=unfit");
    match &words[..] {
        ["hold", site] => world.decree(
            "inspector:ines",
            "place_hold",
            &format!("id=H site={site} reason=theft"),
        ),
        ["recall", item, batch] => {
            let fields = format!("id=H item={item} batch={batch} reason=impure");
            world.decree("inspector:ines", "place_hold", &fields)
        }
        ["revoke", licence] => world.decree(lin, "revoke_licence", &standing(licence)),
        ["suspend", licence] => world.decree(lin, "suspend_licence", &standing(licence)),
        ["close_channel", edge] => world.decree(lin, "close_channel", &format!("edge={edge} until=2026-06-01")),
        ["ceiling", site, item, amount] => world.decree(
            lin,
            "set_stock_ceiling",
            &format!("site={site} item={item} amount={amount}"),
        ),
        ["count", site, item, batch] => {
            let fields = format!("site={site} item={item} batch={batch} amount=1 occurred_on=2026-06-12");
            let count = world.decree("inspector:ines", "count", &fields);
            world.decree("statistician:stan", "accept_count", &format!("count={count}"))
        }
        ["ship", site, item, batch] => {
            let fields = format!("site={site} to=FORM-1 item={item} batch={batch} amount=1");
            let sent = world.decree("API:zhang", "dispatch", &fields);
            world.names.insert("SHIP".to_owned(), sent);
            sent
        }
        ["fill", site, item, batch] => fill(world, site, item, batch),
        ["fill_quarantine", site, item, batch] => {
            fill(world, site, item, batch);
            let fields =
                format!("site={site} item={item} batch={batch} amount={AMOUNT_MAX} from=stock into=quarantine");
            let lines = (0..BALANCE_MAX / AMOUNT_MAX)
                .map(|_| world.decree(actor_of(site), "reclassify", &format!("{fields} reason=trial")));
            lines.max().expect("a line")
        }
        ["process", site] => {
            let fields = format!("site={site} lot=L1 item=citrate batch=B2 amount=1000 mode=report");
            world.as_("FORM:fang").feed_lot(&fields).first()
        }
        ["close_year"] => {
            world.today = date(2027, 1, 5);
            world.decree("planning_officer:pan", "close_year", "year=2026")
        }
        ["send", site] => {
            let fields = format!("site=NAT-1 to={site} item=amp batch=A1 amount=100 emergency=true");
            let sent = world.decree("NAT:nora", "dispatch", &fields);
            world.names.insert("SENT".to_owned(), sent);
            world.decree(lin, "close_site", &format!("site={site} reason=moved"))
        }
        ["find"] => {
            let fields = "site=HOSP-1 item=amp batch=NEW amount=10 reason=\"behind a shelf\" case=P-2";
            let found = world.decree("HOSP:hana", "find", fields);
            world.names.insert("H".to_owned(), found);
            world.decree("HOSP:hana", "dispense", "site=HOSP-1 item=amp batch=NEW amount=1")
        }
        ["two_person_receipt"] => world.decree(
            "administrator:ada",
            "set_policy",
            "policy=two_person_receipt value=true",
        ),
        _ => panic!("no circumstance {circumstance:?}"),
    };
}

/// Fills the stock of an account to the last unit that it may hold.
fn fill(world: &mut World, site: &str, item: &str, batch: &str) -> u64 {
    let held: i64 = ask(world, "held", &format!("{site} {item} {batch}"))
        .parse()
        .expect("an amount");
    let (mut left, mut last) = (BALANCE_MAX - held, 0);
    while left > 0 {
        let amount = left.min(AMOUNT_MAX);
        let fields = format!("site={site} item={item} batch={batch} amount={amount} reason=trial case=P-1");
        last = world.decree(actor_of(site), "find", &fields);
        left -= amount;
    }
    last
}

/// Whether a check applies to a kind or to one of the further acts.
fn applies_to(kind: &str, step: Step) -> bool {
    let of_kind = |word: &str| {
        MovementKind::ALL
            .iter()
            .find(|(_, known)| *known == word)
            .map(|(kind, _)| *kind)
    };
    match (kind, of_kind(kind)) {
        (_, Some(kind)) => applies(kind, step),
        // A lot in one act is its feeds and its yields.
        ("transform", _) => applies(MovementKind::LotFeed, step) || applies(MovementKind::LotYield, step),
        ("lot_close", _) => matches!(step, Step::Identities | Step::Amount | Step::Date | Step::TwoPersons),
        ("reverse", _) => matches!(step, Step::Identities | Step::Amount | Step::Stock),
        _ => panic!("no kind {kind}"),
    }
}

/// The checks that give a code.
fn steps_of(code: &str) -> &'static [usize] {
    match code {
        "unknown_name"
        | "name_taken"
        | "site_closed"
        | "batch_unknown"
        | "batch_of_another_site"
        | "batch_closed"
        | "batch_expiry_differs"
        | "dispatch_not_on_the_way"
        | "dispatch_of_another_site"
        | "lot_unknown"
        | "lot_closed"
        | "line_unknown"
        | "line_not_reversible"
        | "compartment_unchanged"
        | "not_entitled" => &[1],
        "amount_not_positive" | "amount_too_large" | "balance_too_large" | "loss_reason_missing" => &[2],
        "date_in_future"
        | "before_opening"
        | "before_dispatch"
        | "lot_day_before_feed"
        | "account_moved_since"
        | "opening_repeated" => &[3],
        "licence_missing" | "licence_suspended" | "licence_revoked" => &[4, 5],
        "channel_closed" | "channel_approval_missing" | "channel_emergency_only" => &[6],
        "held" => &[7],
        "batch_expired" => &[8],
        "stock_insufficient" | "transit_insufficient" | "lot_overdrawn" => &[9],
        "quota_missing" | "quota_exceeded" | "import_authorization_missing" | "export_permit_missing" => &[10],
        "ceiling_exceeded" => &[11],
        "approval_missing" | "witness_twice" | "witness_not_officer" | "proposed" => &[12],
        _ => panic!("no check gives {code}"),
    }
}

/// Compares every line of a table, and tells all that differ at once.
fn check(file: &str, table: &str, differs: impl Fn(&Line<'_>) -> Option<String>) {
    let wrong: Vec<String> = lines(table)
        .iter()
        .filter_map(|line| differs(line).map(|said| format!("{file}:{}: {}\n    said: {said}", line.number, line.text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_line_of_the_table_comes_out_as_it_says() {
    let good = good_lines();
    check("movements.txt", MOVEMENTS, |line| {
        let [kind, _, mode, wrong, expected] = line.columns("movements.txt");
        let came = if wrong == "n/a" {
            "n/a".to_owned()
        } else {
            said(good[kind], mode, wrong)
        };
        (came != expected).then_some(came)
    });
}

#[test]
fn a_check_that_does_not_apply_changes_nothing_and_one_that_does_is_the_one_that_speaks() {
    let good = good_lines();
    check("movements.txt", MOVEMENTS, |line| {
        let [kind, number, mode, _, expected] = line.columns("movements.txt");
        let number: usize = number.parse().expect("a check");
        let without = said(good[kind], mode, "-");
        if !applies_to(kind, STEPS[number - 1].0) {
            return (expected != "n/a" && expected != without).then(|| format!("does not apply: {without}"));
        }
        let codes: Vec<&str> = expected.trim_start_matches("recorded ").split(' ').collect();
        // Import and export break check 10 always, and an account that was counted cannot be opened again.
        let shadowed = matches!((kind, mode), ("import" | "export" | "opening", "instruct"));
        let speaks = |code: &&str| steps_of(code).contains(&number) || (shadowed && steps_of(code)[0] < number);
        let refused_anyway = mode == "report" && !expected.starts_with("recorded") && steps_of(codes[0])[0] < number;
        (!codes.iter().any(speaks) && !refused_anyway).then(|| format!("check {number} is silent"))
    });
}

#[test]
fn every_kind_every_check_and_every_mode_has_a_line() {
    // What crosses a province's border takes two ledgers: `provinces.txt` tries it.
    let at_home =
        |kind: &&(MovementKind, &str)| !matches!(kind.0, MovementKind::ProvinceOut | MovementKind::ProvinceIn);
    let kinds = MovementKind::ALL
        .iter()
        .filter(at_home)
        .map(|(_, word)| *word)
        .chain(MORE_ACTS);
    for kind in kinds {
        for number in 1..=STEPS.len() {
            for mode in ["instruct", "report"] {
                let has = |line: &Line<'_>| {
                    let [of_kind, of_number, of_mode, ..]: [&str; 5] = line.columns("movements.txt");
                    (of_kind, of_number, of_mode) == (kind, &*number.to_string(), mode)
                };
                assert!(
                    lines(MOVEMENTS).iter().any(has),
                    "no line of {kind}, check {number}, {mode}"
                );
            }
        }
    }
}

#[test]
fn a_line_that_breaks_two_checks_is_refused_for_the_first() {
    let good = good_lines();
    check("order.txt", ORDER, |line| {
        let [kind, first, second, wrong, expected] = line.columns("order.txt");
        let (first, second): (usize, usize) = (first.parse().expect("a check"), second.parse().expect("a check"));
        assert!(first < second && steps_of(expected).contains(&first), "{}", line.text);
        let came = said(good[kind], "instruct", wrong);
        (came != expected).then_some(came)
    });
}
