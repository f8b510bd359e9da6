//! The fault simulation: many seeds in which every invariant holds, and every sabotage noticed.

use std::collections::BTreeMap;
use std::sync::Mutex;

use sim::fault::{Failure, Faults, Options, Report, Sabotage, run};

/// Runs some options on as many threads as there are.
fn all(options: Vec<Options>) -> Vec<Result<Report, Box<Failure>>> {
    let (next, done) = (Mutex::new(options.into_iter()), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(options) = { next.lock().unwrap().next() } {
                    let result = run(&options);
                    done.lock().unwrap().push(result);
                }
            });
        }
    });
    done.into_inner().unwrap()
}

fn reports(options: Vec<Options>) -> Vec<Report> {
    let (good, bad): (Vec<_>, Vec<_>) = all(options).into_iter().partition(Result::is_ok);
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

#[test]
fn every_invariant_holds_whatever_strikes() {
    let options = |seed| Options {
        seed,
        authorities: if seed % 10 == 0 { 4 } else { 3 },
        steps: 150,
        ..Options::default()
    };
    let reports = reports((1..=120).map(options).collect());
    let stages = sum(&reports, |report| &report.cases);
    for stage in [
        "requested",
        "confirmed",
        "refused",
        "issued",
        "departed",
        "closed",
        "expired",
    ] {
        assert!(stages.contains_key(stage), "no case ends as {stage}: {stages:?}");
    }
    let kinds = sum(&reports, |report| &report.messages);
    for kind in [
        "confirmed",
        "permit_issued",
        "dispatched",
        "received",
        "endorsed_unused",
    ] {
        assert!(kinds.contains_key(kind), "no message is {kind}: {kinds:?}");
    }
    let refused = sum(&reports, |report| &report.instructions_refused);
    for code in [
        "confirmation_missing",
        "import_authorization_exceeded",
        "import_authorization_cancelled",
    ] {
        assert!(refused.contains_key(code), "nothing is refused {code}: {refused:?}");
    }
    assert!(reports.iter().all(|report| report.traffic.lost > 0));
    assert!(reports.iter().map(|report| report.crashes).sum::<u64>() > 100);
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
    let traffic = report.traffic;
    assert_eq!(
        (traffic.lost, traffic.doubled, traffic.damaged, report.crashes),
        (0, 0, 0, 0)
    );
}

/// What is wrong on purpose is seen, and by the invariant that it breaks.
#[test]
fn every_sabotage_is_noticed() {
    for (sabotage, invariant) in [
        (
            Sabotage::Unconfirmed,
            "no permit without a matching confirmation journaled before it",
        ),
        (
            Sabotage::TooMuch,
            "no permit without a matching confirmation journaled before it",
        ),
        (
            Sabotage::BeforeItsTurn,
            "messages are taken in the order of their chain",
        ),
        (
            Sabotage::OldBackup,
            "every checkpoint seen is consistent with the log as it is",
        ),
        (
            Sabotage::OtherCount,
            "never more departed than permitted, nor than the ledger has moved",
        ),
    ] {
        let options = |seed| Options {
            seed,
            steps: 300,
            sabotage: Some(sabotage),
            ..Options::default()
        };
        let failure = (1..20).find_map(|seed| run(&options(seed)).err());
        let failure = failure.unwrap_or_else(|| panic!("{sabotage} goes unnoticed"));
        assert_eq!(failure.invariant, invariant, "{failure}");
        let Options { seed, .. } = failure.options;
        let replay =
            format!("countersign sim --seed {seed} --authorities 3 --steps 300 --faults all --sabotage {sabotage}");
        assert_eq!(failure.replay(), replay);
        assert!(failure.to_string().contains(&replay), "{failure}");
    }
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
