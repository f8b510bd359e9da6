//! The fault simulation: many seeds in which every invariant holds, and every sabotage noticed.

use std::collections::BTreeMap;
use std::sync::Mutex;

use sim::fault::{Faults, Options, Report, Sabotage, Sum, run};

/// Does something with each of some on as many threads as there are.
fn all<T: Send, R: Send>(of: Vec<T>, does: impl Fn(T) -> R + Sync) -> Vec<R> {
    let (next, done) = (Mutex::new(of.into_iter()), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(one) = { next.lock().unwrap().next() } {
                    let result = does(one);
                    done.lock().unwrap().push(result);
                }
            });
        }
    });
    done.into_inner().unwrap()
}

fn reports(options: Vec<Options>) -> Vec<Report> {
    let (good, bad): (Vec<_>, Vec<_>) = all(options, |options| run(&options))
        .into_iter()
        .partition(Result::is_ok);
    let bad: Vec<String> = bad
        .into_iter()
        .filter_map(Result::err)
        .map(|failure| failure.to_string())
        .collect();
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    good.into_iter().filter_map(Result::ok).collect()
}

fn sum(reports: &[Report], of: impl Fn(&Report) -> &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for (key, count) in reports.iter().flat_map(of) {
        *sums.entry(key.clone()).or_default() += count;
    }
    sums
}

/// More runs, once: `SIM_SEEDS=1000 cargo test -p sim --release fault`.
fn seeds() -> u64 {
    let seeds = std::env::var("SIM_SEEDS").ok();
    seeds.and_then(|seeds| seeds.parse().ok()).unwrap_or(210)
}

#[test]
fn every_invariant_holds_whatever_strikes() {
    let options = |seed| Options {
        seed,
        authorities: if seed % 10 == 0 { 4 } else { 3 },
        steps: 160,
        ..Options::default()
    };
    let reports = reports((1..=seeds()).map(options).collect());
    let mut all = Sum::default();
    reports.iter().for_each(|report| all.add(report));
    println!("{all}");
    has(
        &all.cases,
        "stage",
        &[
            "draft",
            "requested",
            "queried",
            "confirmed",
            "refused",
            "withdrawn",
            "issued",
            "suspended",
            "revoked",
            "departed",
            "discrepant",
            "closed",
            "expired",
        ],
    );
    has(
        &all.messages,
        "kind of message",
        &[
            "confirmed",
            "confirmation_refused",
            "query",
            "answer",
            "withdrawn",
            "permit_issued",
            "permit_revoked",
            "dispatched",
            "received",
            "resolved",
            "endorsed_unused",
            "import_authorization_cancelled",
            "already_dispatched",
        ],
    );
    has(
        &all.acts,
        "act",
        &[
            "ConsignmentHeld",
            "ConsignmentReleased",
            "MessageEquivocated",
            "DecisionRejected",
            "ConsignmentOrderedBack",
            "ConsignmentReturned",
            "ConsignmentDiverted",
            "ImportAuthorizationAmended",
        ],
    );
    has(&all.struck, "fault", &STRUCK);
    has(
        &all.rejected,
        "answer to who went astray",
        &["equivocation", "log_rolled_back", "log_forked", "message_unreadable"],
    );
    assert!(all.split_views > 0, "nobody proves that a log was forked");
    let refused = sum(&reports, |report| &report.instructions_refused);
    has(
        &refused,
        "refusal",
        &[
            "confirmation_missing",
            "import_authorization_exceeded",
            "import_authorization_cancelled",
            "question_open",
            "goods_have_left",
        ],
    );
}

/// Everything that strikes.
const STRUCK: [&str; 17] = [
    "lost",
    "doubled",
    "delayed",
    "damaged",
    "crash",
    "clock",
    "corrupt",
    "corrupt, seen while running",
    "corrupt, seen at the start",
    "restore",
    "hostile",
    "hostile, contradicted itself",
    "hostile, repeated itself",
    "hostile, forked its log",
    "hostile, rolled its log back",
    "hostile, made noise",
    "hostile, said what is not so",
];

fn has(counts: &BTreeMap<String, u64>, what: &str, words: &[&str]) {
    for word in words {
        assert!(counts.contains_key(*word), "no {what} is {word}: {counts:?}");
    }
}

/// Two provinces of one country and another country: goods go from one province to the other while everything strikes.
#[test]
fn two_provinces_have_one_book_between_them() {
    let options = |seed| Options {
        seed,
        provinces: true,
        steps: 160,
        ..Options::default()
    };
    let reports = reports((1..=24).map(options).collect());
    let mut all = Sum::default();
    reports.iter().for_each(|report| all.add(report));
    println!("{all}");
    has(
        &all.messages,
        "kind of message",
        &[
            "site_shared",
            "site_withdrawn",
            "domestic_dispatched",
            "domestic_received",
            "domestic_returned",
            "domestic_lost",
            "difference_resolved",
        ],
    );
    has(&all.acts, "act", &["ExportPermitIssued", "DifferenceResolved"]);
    has(
        &all.struck,
        "fault",
        &[
            "lost", "doubled", "delayed", "damaged", "crash", "clock", "corrupt", "restore", "hostile",
        ],
    );
    let refused = sum(&reports, |report| &report.instructions_refused);
    has(
        &refused,
        "refusal",
        &["shared_site_unknown", "shared_site_withdrawn", "before_dispatch"],
    );
}

#[test]
fn the_same_seed_is_the_same_run() {
    let options = Options {
        steps: 60,
        ..Options::default()
    };
    assert_eq!(run(&options), run(&options));
    let calm = Options {
        faults: Faults::none(),
        ..options
    };
    let report = run(&calm).unwrap();
    assert!(report.struck.values().all(|count| *count == 0), "{report}");
}

#[test]
fn a_ring_of_many_trades() {
    let options = Options {
        authorities: 12,
        steps: 400,
        ..Options::default()
    };
    let report = run(&options).unwrap_or_else(|failure| panic!("{failure}"));
    assert!(report.permits > 0, "{report}");
    let too_many = Options {
        authorities: 201,
        ..Options::default()
    };
    assert!(run(&too_many).unwrap_err().says.contains("2 to 200 can be"));
}

/// What is wrong on purpose is seen, and by the invariant that it breaks: every invariant has something that breaks it.
const BROKEN_BY: [(Sabotage, &str); 23] = [
    (
        Sabotage::Unconfirmed,
        "no permit without a matching confirmation journaled before it",
    ),
    (
        Sabotage::TooMuch,
        "no permit without a matching confirmation journaled before it",
    ),
    (
        Sabotage::Twice,
        "never more permitted than the import authorization allows",
    ),
    (Sabotage::Unanswered, "a question is answered before it is confirmed"),
    (
        Sabotage::AfterTheEnd,
        "no goods cross a border in a case that its authority knows to have ended",
    ),
    (
        Sabotage::OtherCount,
        "never more departed than permitted, nor than the ledger has moved",
    ),
    (Sabotage::OtherArrival, "mass is conserved across both books"),
    (
        Sabotage::HiddenDifference,
        "never more received than departed without a discrepancy",
    ),
    (
        Sabotage::EnteredTwice,
        "what enters from another province was sent there, and enters once",
    ),
    (
        Sabotage::UntoldReceipt,
        "what provinces tell each other of goods is what their ledgers have",
    ),
    (
        Sabotage::Untold,
        "both sides have the same stage and figures once messages flow",
    ),
    (
        Sabotage::OtherBytes,
        "the same number of a chain always has the same bytes",
    ),
    (
        Sabotage::BeforeItsTurn,
        "messages are taken in the order of their chain",
    ),
    (
        Sabotage::Deaf,
        "an honest message is taken, or waits for those before it",
    ),
    (Sabotage::DamageTaken, "what was damaged on the way is not taken"),
    (
        Sabotage::FalseReceipt,
        "every receipt is redeemable: its entry is in the receiver's log",
    ),
    (
        Sabotage::OldBackup,
        "every checkpoint seen is consistent with the log as it is",
    ),
    (Sabotage::BesideTheJournal, "the journal alone gives the state"),
    (
        Sabotage::Blind,
        "what was changed at rest is noticed before anything is signed on it",
    ),
    (
        Sabotage::Forgetful,
        "who has seen more of a log takes nothing from one that was rolled back",
    ),
    (Sabotage::Unhearing, "both sides know that a log was rolled back"),
    (
        Sabotage::NoEvidence,
        "who contradicts itself is evidenced in the journals of others",
    ),
    (Sabotage::Fails, "a node goes on"),
];

#[test]
fn every_sabotage_is_noticed() {
    assert_eq!(
        BROKEN_BY.map(|(sabotage, _)| sabotage)[..],
        Sabotage::ALL.iter().map(|(sabotage, _)| *sabotage).collect::<Vec<_>>()
    );
    all(BROKEN_BY.to_vec(), |(sabotage, invariant)| {
        is_noticed(sabotage, invariant);
    });
}

fn is_noticed(sabotage: Sabotage, invariant: &str) {
    let provinces = matches!(sabotage, Sabotage::EnteredTwice | Sabotage::UntoldReceipt);
    let options = |seed| Options {
        seed,
        provinces,
        steps: 300,
        sabotage: Some(sabotage),
        ..Options::default()
    };
    let failure = (1..40).find_map(|seed| run(&options(seed)).err());
    let failure = failure.unwrap_or_else(|| panic!("{sabotage} goes unnoticed"));
    assert_eq!(failure.invariant, invariant, "{failure}");
    let Options { seed, .. } = failure.options;
    let world = if provinces { "3 --provinces" } else { "3" };
    let replay =
        format!("countersign sim --seed {seed} --authorities {world} --steps 300 --faults all --sabotage {sabotage}");
    assert_eq!(failure.replay(), replay);
    assert!(failure.to_string().contains(&replay), "{failure}");
}

#[test]
fn faults_are_read_as_they_are_written() {
    for text in ["all", "none", "lose", "lose,crash,clock"] {
        let faults: Faults = text.parse().unwrap();
        assert_eq!(faults.to_string(), text);
    }
    assert!(
        "lose,flood"
            .parse::<Faults>()
            .unwrap_err()
            .contains("\"flood\" is no kind of fault")
    );
    assert_eq!("old-backup".parse(), Ok(Sabotage::OldBackup));
}
