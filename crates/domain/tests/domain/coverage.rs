//! Whether the tables together know every refusal.

use std::collections::{BTreeMap, BTreeSet};

use domain::refusal::RefusalDoc;

use crate::movements::{MOVEMENTS, ORDER};
use crate::scripts::SCRIPTS;
use crate::text::lines;
use crate::trade::TABLES;

/// Every noun's refusals.
fn nouns() -> BTreeMap<&'static str, &'static [RefusalDoc]> {
    BTreeMap::from([
        ("access", domain::access::AccessRefusal::ALL),
        ("channel", domain::channel::ChannelRefusal::ALL),
        ("demand", domain::demand::DemandRefusal::ALL),
        ("holder", domain::holder::HolderRefusal::ALL),
        ("inspection", domain::inspection::InspectionRefusal::ALL),
        ("ledger", domain::ledger::LedgerRefusal::ALL),
        ("licence", domain::licence::LicenceRefusal::ALL),
        ("name", domain::refusal::NameRefusal::ALL),
        ("order", domain::order::OrderRefusal::ALL),
        ("paper", domain::trade::PaperRefusal::ALL),
        ("partner", domain::partner::PartnerRefusal::ALL),
        ("plan", domain::plan::PlanRefusal::ALL),
        ("policy", domain::policy::PolicyRefusal::ALL),
        ("product", domain::product::ProductRefusal::ALL),
        ("province", domain::province::ProvinceRefusal::ALL),
        ("schedule iii", domain::schedule_iii::ScheduleIiiRefusal::ALL),
        ("substance", domain::substance::SubstanceRefusal::ALL),
        ("trade", domain::trade::TradeRefusal::ALL),
        ("passage", domain::trade::passage::PassageRefusal::ALL),
        ("training", domain::training::TrainingRefusal::ALL),
    ])
}

/// The words of the last column of every table: each was produced by the line that expects it.
fn expected_somewhere() -> BTreeSet<&'static str> {
    let scripts = SCRIPTS.iter().chain(TABLES).map(|(_, table)| *table);
    let tables = scripts.chain([MOVEMENTS, ORDER]);
    let last = |line: &'static str| line.rsplit("  ").next().unwrap_or_default();
    tables
        .flat_map(lines)
        .flat_map(|line| last(line.text).split(' '))
        .collect()
}

#[test]
fn every_code_is_produced_by_a_table() {
    let expected = expected_somewhere();
    for (noun, refusals) in nouns() {
        for (code, ..) in refusals {
            assert!(expected.contains(code), "no table produces {code} of {noun}");
        }
    }
}

#[test]
fn every_code_of_a_receipt_is_produced_by_a_table() {
    let expected = expected_somewhere();
    for (code, _) in domain::trade::CODES {
        assert!(expected.contains(code), "no table has a message refused as {code}");
    }
}

/// Few mistakes are the same for two nouns: a day in the future for the ledger and an inspection, a missing estimate for
/// a plan and an import, a missing authorization for goods that enter and an application for export.
#[test]
fn a_code_is_one_noun_s_and_reads_as_a_word() {
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for (noun, refusals) in nouns() {
        for (code, article, says) in refusals {
            assert!(
                code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
                "{code}"
            );
            assert!(
                article.is_none_or(|article| article.contains("art.")),
                "{code}: {article:?}"
            );
            assert!(says.contains('{'), "{code} says no figure: {says}");
            let owner = owners.insert(code, noun);
            let same_everywhere = ["date_in_future", "estimate_missing", "import_authorization_missing"];
            assert!(
                owner.is_none() || same_everywhere.contains(code),
                "{code} is {owner:?}'s and {noun}'s"
            );
        }
    }
}

/// Every source file that declares refusals is in the list above.
#[test]
fn no_noun_is_forgotten() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = vec![folder];
    let mut found = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(
                std::fs::read_dir(&path)
                    .expect("a folder")
                    .map(|entry| entry.expect("a file").path()),
            );
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source");
            found += text.lines().filter(|line| *line == "refusals! {").count();
        }
    }
    assert_eq!(found, nouns().len());
}
