//! Random commands over the fixed world: most of them sensible, some absurd, so that both answers come about.

use domain::Event;
use domain::ledger::{Compartment, MovementKind};
use proptest::prelude::*;

use crate::world::{Outcome, World};

/// One random command, as numbers that are given a meaning in the world as it is when it is played.
#[derive(Clone, Debug)]
pub struct Step {
    pub act: u8,
    pub one: u8,
    pub other: u8,
    pub amount: u8,
    pub day: u8,
    pub report: bool,
}

/// A random history. In one of instructions alone, nobody reports.
pub fn history(longest: usize, reports: bool) -> impl Strategy<Value = Vec<Step>> {
    let step = (
        0..44_u8,
        any::<u8>(),
        any::<u8>(),
        any::<u8>(),
        any::<u8>(),
        any::<bool>(),
    );
    let step = step.prop_map(move |(act, one, other, amount, day, report)| Step {
        act,
        one,
        other,
        amount,
        day,
        report: report && reports,
    });
    proptest::collection::vec(step, 1..longest)
}

/// Sites with who acts for them.
const SITES: [(&str, &str); 7] = [
    ("API-1", "API:zhang"),
    ("FORM-1", "FORM:fang"),
    ("NAT-1", "NAT:nora"),
    ("REG-1", "REG:rui"),
    ("RG2-1", "RG2:raj"),
    ("HOSP-1", "HOSP:hana"),
    ("FAR-1", "FAR:fred"),
];

/// Ways that goods go, more or less allowed; no consignee means abroad.
const WAYS: [(&str, &str); 12] = [
    ("API-1", "FORM-1"),
    ("FORM-1", "NAT-1"),
    ("NAT-1", "REG-1"),
    ("NAT-1", "REG-1"),
    ("REG-1", "HOSP-1"),
    ("REG-1", "HOSP-1"),
    ("REG-1", "RG2-1"),
    ("HOSP-1", "REG-1"),
    ("HOSP-1", "REG-1"),
    ("FORM-1", ""),
    ("NAT-1", "HOSP-1"),
    ("REG-1", "FAR-1"),
];

fn pick<T: Clone>(list: &[T], number: u8) -> T {
    list[usize::from(number) % list.len()].clone()
}

/// Who acts for a site.
pub fn actor_of(site: &str) -> &'static str {
    SITES
        .iter()
        .find(|(known, _)| *known == site)
        .map_or("NAT:nora", |(_, actor)| *actor)
}

/// A batch that lies at a site, or a name that may mean nothing there.
fn goods(world: &World, site: &str, number: u8) -> String {
    let state = world.state();
    let (site, _) = state.holders.site(site).expect("a site");
    let lying = state.ledger.accounts().filter(|account| account.site == site);
    let mut goods: Vec<String> = lying
        .map(|account| {
            let batch = state.ledger.batch_at(account.batch);
            format!("item={} batch={}", state.items.at(batch.item).id, batch.code)
        })
        .collect();
    goods.push("item=amp batch=A1".to_owned());
    goods.push("item=citrate batch=NEW".to_owned());
    pick(&goods, number)
}

/// A day: mostly of the last weeks, now and then absurd.
fn day(world: &World, number: u8) -> String {
    let back = |days: i64| {
        let span = jiff::Span::new().days(days);
        world.today.checked_sub(span).expect("a day").to_string()
    };
    match number % 16 {
        0 => back(-1),
        1 => "2025-12-31".to_owned(),
        2 => "2026-12-31".to_owned(),
        3..=5 => back(30),
        6..=8 => back(3),
        _ => back(0),
    }
}

fn amount(number: u8) -> i64 {
    pick(
        &[
            1,
            2,
            3,
            5,
            8,
            13,
            40,
            100,
            100,
            250,
            1000,
            5000,
            1_000_000,
            0,
            -7,
            i64::MAX,
        ],
        number,
    )
}

impl Step {
    /// The step, unless it makes the books differ from what is there: a count accepted, more received than was sent.
    pub fn without_difference(self) -> Option<Self> {
        match self.act {
            35 => None,
            16..=20 => Some(Self { other: 0, ..self }),
            _ => Some(self),
        }
    }

    /// Plays the step, and says what came of it.
    pub fn play(&self, world: &mut World) -> Outcome {
        let (actor, verb, fields) = self.command(world);
        world.as_(&actor).give(&verb, &fields)
    }

    /// The step as a command in the world as it is.
    pub fn command(&self, world: &mut World) -> (String, String, String) {
        let (site, actor) = pick(&SITES, self.one);
        let common = format!(
            "amount={} occurred_on={}{}",
            amount(self.amount),
            day(world, self.day),
            if self.report { " mode=report" } else { "" }
        );
        let at = format!("site={site} {} {common}", goods(world, site, self.other));
        let form = format!("site=FORM-1 {} {common}", goods(world, "FORM-1", self.other));
        let lot = pick(&["L1", "L2", "L3"], self.one);
        let batch = pick(&["M1", "M2", "B1"], self.other);
        let (actor, verb, fields) = match self.act {
            0 => (actor, "opening", at),
            1 | 2 => (
                "API:zhang",
                "manufacture",
                format!("site=API-1 item=citrate batch={batch} {common}"),
            ),
            3 | 4 => ("FORM:fang", "feed_lot", format!("lot={lot} {form}")),
            5 | 6 => {
                let item = pick(&["amp", "amp", "citrate"], self.other);
                (
                    "FORM:fang",
                    "yield_lot",
                    format!("site=FORM-1 lot={lot} item={item} batch={item}-{lot} {common}"),
                )
            }
            7 => {
                let on = day(world, self.day);
                (
                    "FORM:fang",
                    "close_lot",
                    format!("site=FORM-1 lot={lot} loss_reason=trial occurred_on={on}"),
                )
            }
            8 => ("FORM:fang", "use_in_manufacture", format!("{form} reason=trial")),
            9..=15 => return self.send(world, &common),
            16..=24 => return self.settle(world),
            25 => (actor, "dispense", at),
            26 => (
                "HOSP:hana",
                "dispense",
                format!("site=HOSP-1 {} {common}", goods(world, "HOSP-1", self.other)),
            ),
            27 | 28 => {
                let (from, into) = (
                    pick(&Compartment::ALL, self.day).1,
                    pick(&Compartment::ALL, self.amount).1,
                );
                (
                    actor,
                    "reclassify",
                    format!("{at} from={from} into={into} reason=trial"),
                )
            }
            29 => (
                actor,
                "destroy",
                format!("{at} method=trial witness=someone officer=ines"),
            ),
            30 => {
                let from = pick(&Compartment::ALL, self.day).1;
                (actor, "lose", format!("{at} from={from} reason=trial case=P-1"))
            }
            31 => (actor, "find", format!("{at} reason=trial case=P-1")),
            32 => ("FORM:fang", "import", format!("{form} origin=LK")),
            33 | 34 => (actor, "count", at),
            35..=37 => return self.correct(world),
            38 | 39 => return self.second(world),
            _ => return self.rule(world, site),
        };
        (actor.to_owned(), verb.to_owned(), fields)
    }

    fn send(&self, world: &World, common: &str) -> (String, String, String) {
        let (from, to) = pick(&WAYS, self.one);
        let to = if to.is_empty() {
            "destination=LK".to_owned()
        } else {
            format!("to={to} emergency=true")
        };
        let fields = format!("site={from} {to} {} {common}", goods(world, from, self.other));
        (actor_of(from).to_owned(), "dispatch".to_owned(), fields)
    }

    /// Something about goods on the way.
    fn settle(&self, world: &World) -> (String, String, String) {
        let state = world.state();
        let ways: Vec<u64> = state.ledger.transit().keys().copied().chain([1]).collect();
        let dispatch = pick(&ways, self.one);
        let transit = state.ledger.transit().get(&dispatch);
        let name_of = |no: u32| state.holders.site_at(no).id.to_string();
        let from = transit.map_or("NAT-1".to_owned(), |transit| name_of(transit.from));
        let to = transit
            .and_then(|transit| transit.to)
            .map_or("REG-1".to_owned(), name_of);
        let left = transit.map_or(1, |transit| transit.outstanding);
        let amount = pick(&[left, left, left, left - 1, left + 2, amount(self.amount)], self.other);
        let (on, told) = (day(world, self.day), if self.report { " mode=report" } else { "" });
        let common = format!("dispatch={dispatch} amount={amount} occurred_on={on}{told}");
        let (site, verb, more) = match self.act {
            16..=20 => (to, "receive", ""),
            21 | 22 => (from, "cancel_dispatch", " reason=trial"),
            23 => (from, "lose_in_transit", " reason=trial case=P-1"),
            _ => (from, "export", ""),
        };
        (
            actor_of(&site).to_owned(),
            verb.to_owned(),
            format!("site={site} {common}{more}"),
        )
    }

    /// A reversal, or the acceptance of a count: both speak of an earlier entry.
    fn correct(&self, world: &World) -> (String, String, String) {
        let movements = world.journal.iter().filter_map(|entry| match &entry.event {
            Event::Movement(movement) => Some((entry.seq, movement.site.to_string())),
            _ => None,
        });
        let movements: Vec<_> = movements.collect();
        let (line, site) = pick(&movements, self.one.wrapping_mul(self.other));
        if self.act == 35 {
            let counts = world.journal.iter().filter_map(|entry| match &entry.event {
                Event::Movement(movement) if movement.movement == MovementKind::Count => Some(entry.seq),
                _ => None,
            });
            let line = pick(&counts.chain([line]).collect::<Vec<_>>(), self.amount);
            return (
                "statistician:stan".to_owned(),
                "accept_count".to_owned(),
                format!("count={line}"),
            );
        }
        let line = pick(&[line, movements[movements.len() - 1].0], self.amount);
        (
            actor_of(&site).to_owned(),
            "reverse".to_owned(),
            format!("line={line} reason=trial"),
        )
    }

    /// The second person's word on something that waits.
    fn second(&self, world: &World) -> (String, String, String) {
        let waiting: Vec<u64> = world.state().access.waiting().keys().copied().chain([0]).collect();
        let of = waiting[waiting.len() - 1 - usize::from(self.one % 3).min(waiting.len() - 1)];
        ("approver:apo".to_owned(), "approve".to_owned(), format!("of={of}"))
    }

    /// What officers do meanwhile; the clock runs on with it now and then.
    fn rule(&self, world: &mut World, site: &str) -> (String, String, String) {
        let lin = "licensing_officer:lin";
        let licence = pick(&["L-API", "L-FORM", "L-NAT", "L-REG", "C-HOSP"], self.one);
        let standing = format!("licence={licence} from={} reason=trial", day(world, self.day));
        let (actor, verb, fields) = match (self.act, self.other % 4) {
            (40, 0) => (
                "inspector:ines",
                "place_hold",
                format!("id=H-{} site={site} reason=trial", self.amount),
            ),
            (40, 1) => (
                "inspector:ines",
                "place_hold",
                format!("id=R-{} item=amp batch=A1 reason=trial", self.amount),
            ),
            (40, _) => (
                "chief_inspector:chen",
                "lift_hold",
                format!("hold=H-{} reason=trial", self.amount),
            ),
            (41, 0) => (lin, "suspend_licence", standing),
            (41, 1) => (lin, "resume_licence", standing),
            (41, _) => (
                lin,
                "set_stock_ceiling",
                format!("site={site} item=amp amount={}", u32::from(self.amount) * 10),
            ),
            (42, 0) => ("planning_officer:pan", "close_year", "year=2026".to_owned()),
            (42, 1) => (
                "planning_officer:pan",
                "grant_quota",
                format!("year=2026 holder=FORM of=amp amount={}", self.amount),
            ),
            (42, _) => {
                let amount = u32::from(self.amount);
                (
                    "planning_officer:pan",
                    "grant_quota",
                    format!("year=2026 holder=API of=fentanyl amount=\"{amount} g\""),
                )
            }
            (_, 0) => {
                let days = i64::from(self.amount);
                world.today = world.today.checked_add(jiff::Span::new().days(days)).expect("a day");
                (
                    "trainer:tess",
                    "hold_session",
                    format!("id=S-{} title=trial held_on=2026-06-15", world.journal.len()),
                )
            }
            _ => (
                "trainer:tess",
                "hold_session",
                "id=S title=trial held_on=2026-06-15".to_owned(),
            ),
        };
        (actor.to_owned(), verb.to_owned(), fields)
    }
}
