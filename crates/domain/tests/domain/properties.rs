//! What holds of every history, whatever people try.

use std::collections::BTreeMap;

use domain::ledger::{Compartment, MovementKind};
use domain::plan::Planned;
use domain::quantity::Mass;
use domain::reporting::{identity, statement};
use domain::{Entry, Event, State};
use proptest::prelude::*;

use crate::naive::Naive;
use crate::random::{Step, actor_of, history};
use crate::world::{Outcome, World};

/// A history that has failed once becomes a line of a table, so no file of seeds is kept.
/// `PROPTEST_CASES` asks for more of them.
fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() {
        default.cases
    } else {
        48
    };
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..default
    }
}

fn play(steps: &[Step]) -> World {
    let mut world = World::fixed();
    for step in steps {
        step.play(&mut world);
        always(&world);
    }
    world
}

/// What is true after every command.
fn always(world: &World) {
    let state = world.state();
    let items = state.items.iter().count();
    assert_eq!(
        state.ledger.out_of_balance(items),
        None,
        "the sum over all accounts of an item is zero"
    );
    for account in state.ledger.accounts() {
        assert!(
            account.held.iter().all(|held| *held >= 0),
            "a compartment holds less than nothing: {account:?}"
        );
    }
    for (dispatch, transit) in state.ledger.transit() {
        assert!(transit.outstanding > 0, "nothing is on the way under {dispatch}");
    }
    for year in [2026, 2027] {
        for (planned, line) in state.planning.lines(year) {
            assert!(
                line.granted <= line.planned,
                "quotas of {planned:?} sum to more than the plan"
            );
            let quotas = state
                .planning
                .quotas()
                .filter(|(of, thing, ..)| (*of, *thing) == (year, planned));
            assert_eq!(quotas.map(|(.., quota)| quota.granted).sum::<i128>(), line.granted);
        }
    }
}

/// Everything that a reversal must leave as it was.
fn picture(world: &World) -> BTreeMap<String, String> {
    let state = world.state();
    let mut picture = balances(state)
        .into_iter()
        .map(|(name, held)| (name, held.to_string()))
        .collect::<BTreeMap<_, _>>();
    for (year, planned, holder, quota) in state.planning.quotas() {
        if quota.used != 0 {
            picture.insert(format!("quota {year} {planned:?} {holder}"), quota.used.to_string());
        }
    }
    for year in [2025, 2026, 2027] {
        for row in identity(state, year) {
            picture.insert(format!("identity {year} {}", row.substance), format!("{row:?}"));
        }
        let exported = statement(state, year, None).exported;
        picture.insert(format!("exports {year}"), exported.total_g.to_string());
    }
    for (dispatch, day) in state.channels.notices_due() {
        picture.insert(format!("notice {dispatch}"), day.to_string());
    }
    picture
}

/// Balances of the state under the names that the naive reading gives to accounts.
fn balances(state: &State) -> BTreeMap<String, i128> {
    let mut balances = BTreeMap::new();
    for account in state.ledger.accounts() {
        let batch = state.ledger.batch_at(account.batch);
        let (site, item) = (&state.holders.site_at(account.site).id, &state.items.at(batch.item).id);
        for (compartment, word) in Compartment::ALL {
            let held = account.holds(compartment);
            if held != 0 {
                balances.insert(format!("held/{word}/{site}/{item}/{}", batch.code), i128::from(held));
            }
        }
    }
    for (dispatch, transit) in state.ledger.transit() {
        balances.insert(format!("way/{dispatch}"), i128::from(transit.outstanding));
    }
    balances
}

/// The figures of the state under the names of the naive reading.
fn figures(state: &State, year: i16, substance: &str) -> BTreeMap<&'static str, i128> {
    let rows = identity(state, year);
    let Some(row) = rows.iter().find(|row| row.substance.as_str() == substance) else {
        return BTreeMap::new();
    };
    let figures = [
        ("opening", row.opening),
        ("manufactured", row.manufactured),
        ("imported", row.imported),
        ("found", row.found),
        ("consumed", row.consumed),
        ("utilized", row.utilized),
        ("process_loss", row.process_loss),
        ("exported", row.exported),
        ("destroyed", row.destroyed),
        ("lost", row.lost),
        ("to_special", row.to_special),
        ("closing", row.closing),
        ("residual", row.residual),
        ("dispensed", row.dispensed),
        ("retail_stock", row.retail_stock),
    ];
    figures
        .into_iter()
        .map(|(name, mass)| (name, mass.pg()))
        .filter(|(_, pg)| *pg != 0)
        .collect()
}

fn agrees_with_the_naive_reading(world: &World) {
    let naive = Naive::read(&world.journal);
    let mut expected = naive.balances();
    expected.retain(|account, _| !account.starts_with("control/"));
    assert_eq!(balances(world.state()), expected);
    for year in [2025, 2026, 2027] {
        for substance in ["fentanyl", "morphine"] {
            let expected = naive.figures(i64::from(year), substance);
            assert_eq!(
                figures(world.state(), year, substance),
                expected,
                "{substance} in {year}"
            );
        }
    }
}

fn replayed(journal: &[Entry]) -> State {
    let mut entries = journal.iter().map(crate::world::reread);
    let mut state = State::found(&entries.next().expect("an entry")).expect("a founding");
    entries.for_each(|entry| state.apply(&entry).expect("what was applied once can be applied again"));
    state
}

proptest! {
    #![proptest_config(config())]

    /// The second opinion agrees with the first, of balances and of every figure.
    #[test]
    fn a_naive_reading_of_the_journal_finds_the_same(steps in history(60, true), as_found in any::<bool>()) {
        let mut world = World::fixed();
        if as_found {
            world.decree("administrator:ada", "set_policy", "policy=hospital_return value=found");
        }
        for step in &steps {
            step.play(&mut world);
        }
        agrees_with_the_naive_reading(&world);
    }

    /// The same entries give the same state, to the byte; a snapshot is that state and decides as it does.
    #[test]
    fn replay_and_snapshot_are_the_state(steps in history(60, true), at in any::<prop::sample::Index>()) {
        let (before, after) = steps.split_at(at.index(steps.len()));
        let mut world = play(before);
        let hash = world.state().hash().unwrap();
        prop_assert_eq!(replayed(&world.journal).hash().unwrap(), hash);
        let bytes = world.state().to_bytes().unwrap();
        let read = State::from_bytes(&bytes).unwrap();
        prop_assert_eq!(read.hash().unwrap(), hash);
        prop_assert_eq!(read.to_bytes().unwrap(), bytes);
        crate::found::agrees(world.state(), &read);
        let mut restarted = world.restarted(read);
        for step in after {
            let (one, other) = (step.play(&mut world), step.play(&mut restarted));
            prop_assert_eq!(format!("{one:?}"), format!("{other:?}"));
        }
        prop_assert_eq!(world.state().hash().unwrap(), restarted.state().hash().unwrap());
    }

    /// Where nobody reports, nobody receives more than was sent and no count is accepted, the year balances exactly.
    #[test]
    fn instructions_alone_leave_no_residual(steps in history(80, false)) {
        let steps: Vec<Step> = steps.into_iter().filter_map(Step::without_difference).collect();
        let world = play(&steps);
        for year in [2026, 2027] {
            for row in identity(world.state(), year) {
                prop_assert_eq!(row.residual, Mass::ZERO, "{} in {}", row.substance, year);
            }
        }
        // The fixed world reports two exports and a dispense: no line but those has a breach.
        let breaches = |entry: &&Entry| matches!(&entry.event, Event::Movement(line) if !line.breaches.is_empty());
        prop_assert_eq!(world.journal.iter().filter(breaches).count(), 2);
    }

    /// A line that is reversed at once leaves no trace in balances, quotas, figures and notices.
    #[test]
    fn a_reversal_leaves_what_was_before(steps in history(30, true), last in history(20, true)) {
        let mut world = play(&steps);
        for step in last {
            let before = picture(&world);
            let Outcome::Done { first, events } = step.play(&mut world) else { continue };
            let Some(Event::Movement(line)) = events.first() else { continue };
            let responsible = actor_of(&line.site);
            let reversal = world.as_(responsible).reverse(&format!("line={first} reason=trial"));
            if let Outcome::Done { first: proposed, .. } = reversal {
                let word = world.as_("approver:apo").approve(&format!("of={proposed}")).word();
                prop_assert_eq!(&*word, "ok");
                prop_assert_eq!(picture(&world), before, "{:?}", line);
            } else {
                let fixed = matches!(line.movement, MovementKind::LotFeed | MovementKind::LotYield | MovementKind::Count
                    | MovementKind::CancelDispatch | MovementKind::Export | MovementKind::LoseInTransit);
                prop_assert!(fixed, "{} of {:?}", reversal.word(), line);
            }
        }
    }

    /// What a site holds and expects under a ceiling is kept as it would be counted afresh.
    #[test]
    fn ceilings_know_what_is_held_and_expected(steps in history(60, true)) {
        let mut world = World::fixed();
        for (site, ceiling) in [("NAT-1", 700), ("REG-1", 900), ("HOSP-1", 400), ("FORM-1", 3000)] {
            let fields = format!("site={site} item=amp amount={ceiling}");
            world.decree("licensing_officer:lin", "set_stock_ceiling", &fields);
        }
        for step in steps.iter().filter(|step| step.act != 41) {
            step.play(&mut world);
        }
        let kept = postcard::to_stdvec(&world.state().ledger).unwrap();
        for (site, ceiling) in [("NAT-1", 700), ("REG-1", 900), ("HOSP-1", 400), ("FORM-1", 3000)] {
            let fields = format!("site={site} item=amp amount={ceiling}");
            world.decree("licensing_officer:lin", "set_stock_ceiling", &fields);
        }
        prop_assert_eq!(postcard::to_stdvec(&world.state().ledger).unwrap(), kept);
    }

    /// What an order says is supplied is what the journal's lines say, and by instructions alone no more than is ordered.
    #[test]
    fn orders_are_supplied_as_the_lines_say_and_never_beyond_what_is_ordered(
        tries in proptest::collection::vec((0..8_u8, any::<u8>(), 0..60_u8), 1..60),
        reports in any::<bool>(),
    ) {
        let mut world = World::fixed();
        for (act, one, amount) in tries {
            order_step(&mut world, act, one, amount, reports);
            let naive = supplied(&world.journal);
            for order in world.state().orders.iter() {
                for line in &order.lines {
                    prop_assert_eq!(line.supplied, naive.get(&*order.id).copied().unwrap_or_default(), "{:?}", order);
                    prop_assert!(line.supplied >= 0 && (reports || line.supplied <= line.ordered), "{:?}", order);
                }
            }
        }
        let bytes = world.state().to_bytes().unwrap();
        let read = State::from_bytes(&bytes).unwrap();
        let (reg, _) = read.holders.site("REG-1").unwrap();
        let ids = |state: &State| state.orders.to_supplier(reg).map(|order| order.id.clone()).collect::<Vec<_>>();
        prop_assert_eq!(ids(&read), ids(world.state()));
        for dispatch in world.state().orders.iter().flat_map(|order| order.dispatches.clone()) {
            prop_assert_eq!(read.orders.answered_by(dispatch), world.state().orders.answered_by(dispatch));
        }
    }

    /// Whatever the order in which quotas and plans are proposed and approved, quotas never sum to more than the plan.
    #[test]
    fn quotas_never_sum_to_more_than_the_plan(
        proposals in proptest::collection::vec((any::<bool>(), 1..400_u32), 1..12),
        order in proptest::collection::vec(any::<prop::sample::Index>(), 1..24),
    ) {
        let mut world = World::fixed();
        let mut waiting = Vec::new();
        for (quota, grams) in proposals {
            let outcome = if quota {
                let fields = format!("year=2026 holder=API of=fentanyl amount=\"{grams} g\"");
                world.as_("planning_officer:pan").grant_quota(&fields)
            } else {
                let fields = format!(
                    "year=2026 substance=fentanyl domestic_need=\"{}\" expected_exports=\"0\" stock_change=\"0\" \
                     process_allowance=\"0\" preparations=[{{\"item\":\"amp\",\"amount\":5000}}] reason=trial",
                    grams + 500
                );
                world.as_("planning_officer:pan").set_plan(&fields)
            };
            if let Outcome::Done { first, .. } = outcome {
                waiting.push(first);
            }
        }
        prop_assume!(!waiting.is_empty());
        for index in order {
            let of = waiting[index.index(waiting.len())];
            world.as_("approver:apo").approve(&format!("of={of}"));
            always(&world);
            let (fentanyl, _) = world.state().substances.find("fentanyl").unwrap();
            let mut lines = world.state().planning.lines(2026);
            let line = lines.find(|(planned, _)| *planned == Planned::Substance(fentanyl)).unwrap().1;
            prop_assert!(line.granted <= line.planned);
        }
    }
}

/// Something that a hospital and its wholesaler do about orders and the goods on them.
fn order_step(world: &mut World, act: u8, one: u8, amount: u8, reports: bool) {
    let ways: Vec<u64> = world.state().ledger.transit().keys().copied().collect();
    let way = ways[usize::from(one) % ways.len()];
    let (order, told) = (one % 3, if reports && one >= 128 { " mode=report" } else { "" });
    let fields = match act {
        0 => {
            let lines = format!("[{{\"item\":\"amp\",\"amount\":{}}}]", amount + 1);
            format!("id=O{order} site=HOSP-1 supplier=REG-1 lines={lines}")
        }
        1..=3 => format!("site=REG-1 to=HOSP-1 item=amp batch=A1 amount={amount} order=O{order}{told}"),
        4 => format!("site=HOSP-1 dispatch={way} amount={amount}{told}"),
        5 => format!("site=REG-1 dispatch={way} amount={amount} reason=trial{told}"),
        6 => format!("order=O{order} reason=trial"),
        _ => format!("line={} reason=trial", world.journal.len() - 1 - usize::from(one % 4)),
    };
    let (actor, verb) = match act {
        0 => ("HOSP:hana", "place_order"),
        1..=3 => ("REG:rui", "dispatch"),
        4 => ("HOSP:hana", "receive"),
        5 => ("REG:rui", "cancel_dispatch"),
        6 if amount < 50 => return,
        6 => ("HOSP:hana", "withdraw_order"),
        _ if one.is_multiple_of(2) => ("REG:rui", "reverse"),
        _ => ("HOSP:hana", "reverse"),
    };
    let outcome = world.as_(actor).give(verb, &fields);
    if let (7, Outcome::Done { first, .. }) = (act, outcome) {
        world.as_("approver:apo").approve(&format!("of={first}"));
    }
}

/// What the lines of a journal supply of each order: sent by those that cite it once it was placed, less what came back.
fn supplied(journal: &[Entry]) -> BTreeMap<String, i64> {
    let (mut supplied, mut sent): (BTreeMap<String, i64>, BTreeMap<u64, String>) = <_>::default();
    for entry in journal {
        match &entry.event {
            Event::OrderPlaced(order) => {
                supplied.insert(order.id.to_string(), 0);
            }
            Event::Movement(line) if line.movement == MovementKind::Dispatch => {
                let cited = line.details.as_ref().and_then(|details| details.order.as_ref());
                if let Some(total) = cited.and_then(|order| supplied.get_mut(order.as_str())) {
                    *total += line.amount;
                    sent.insert(entry.seq, cited.expect("an order").to_string());
                }
            }
            Event::Movement(line) if line.movement == MovementKind::CancelDispatch => {
                if let Some(order) = line.dispatch.and_then(|dispatch| sent.get(&dispatch)) {
                    *supplied.get_mut(order).expect("an order") -= line.amount - line.unexplained;
                }
            }
            Event::LineReversed(reversed) => {
                if let Some(order) = sent.get(&reversed.line) {
                    *supplied.get_mut(order).expect("an order") -= reversed.original.amount;
                }
            }
            _ => {}
        }
    }
    supplied
}

/// The histories of the tables are read by the naive reading too.
#[test]
fn the_naive_reading_agrees_on_a_whole_life() {
    agrees_with_the_naive_reading(&crate::scripts::whole_life());
}

/// The generator is worth something only if most of what people do comes about.
#[test]
fn random_histories_reach_every_kind_of_movement() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for _ in 0..60 {
        let steps = history(80, true).new_tree(&mut runner).unwrap().current();
        let world = play(&steps);
        for entry in &world.journal[World::fixed().journal.len()..] {
            match &entry.event {
                Event::Movement(line) => *seen.entry(line.movement.word()).or_default() += 1,
                event => *seen.entry(event.kind()).or_default() += 1,
            }
        }
    }
    // Two ledgers are not drawn here.
    let near = [MovementKind::ProvinceOut, MovementKind::ProvinceIn];
    for (_, word) in MovementKind::ALL.into_iter().filter(|(kind, _)| !near.contains(kind)) {
        assert!(
            seen.get(word).is_some_and(|count| *count > 3),
            "{word} is rare: {seen:?}"
        );
    }
    for kind in [
        "LineReversed",
        "LotClosed",
        "CountAccepted",
        "DecisionApproved",
        "InstructionRefused",
    ] {
        assert!(
            seen.get(kind).is_some_and(|count| *count > 3),
            "{kind} is rare: {seen:?}"
        );
    }
}
