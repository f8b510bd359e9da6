//! Every refusal: its code, its article, its sentence.

use domain::refusal::RefusalDoc;
use domain::trade::CODES;

use crate::{code, table};

/// Every list of refusals with the chapter it is told in. A test counts them, so that none is forgotten.
pub const NOUNS: &[(&str, &[RefusalDoc])] = &[
    ("Names and fields", domain::refusal::NameRefusal::ALL),
    ("Access", domain::access::AccessRefusal::ALL),
    ("Policies", domain::policy::PolicyRefusal::ALL),
    ("Substances", domain::substance::SubstanceRefusal::ALL),
    ("Items", domain::product::ProductRefusal::ALL),
    ("Schedule III", domain::schedule_iii::ScheduleIiiRefusal::ALL),
    ("Holders and sites", domain::holder::HolderRefusal::ALL),
    ("Licences and purchase cards", domain::licence::LicenceRefusal::ALL),
    ("Demand", domain::demand::DemandRefusal::ALL),
    ("Estimates, plan and quotas", domain::plan::PlanRefusal::ALL),
    ("Channels", domain::channel::ChannelRefusal::ALL),
    ("Orders", domain::order::OrderRefusal::ALL),
    ("The ledger", domain::ledger::LedgerRefusal::ALL),
    ("Partner authorities", domain::partner::PartnerRefusal::ALL),
    ("Trade across the border", domain::trade::TradeRefusal::ALL),
    (
        "Passage through the country",
        domain::trade::passage::PassageRefusal::ALL,
    ),
    ("Confirmation without this software", domain::trade::PaperRefusal::ALL),
    ("Provinces", domain::province::ProvinceRefusal::ALL),
    ("Inspections", domain::inspection::InspectionRefusal::ALL),
    ("Training", domain::training::TrainingRefusal::ALL),
];

/// A table a noun.
pub fn tables() -> String {
    let chapters = NOUNS.iter().map(|(title, refusals)| {
        let row = |(word, article, says): &RefusalDoc| [code(word), article.unwrap_or("–").to_owned(), sentence(says)];
        let rows = table(["Code", "Article", "Sentence"], refusals.iter().map(row));
        format!("### {title}\n\n{rows}")
    });
    chapters.collect::<Vec<_>>().join("\n")
}

/// The codes that a receipt for a refused message carries.
pub fn codes() -> String {
    let rows = CODES.iter().map(|(word, says)| [code(word), (*says).to_owned()]);
    table(["Code", "Meaning"], rows)
}

/// The pattern with its figures set apart, without the marks of the formatter.
fn sentence(pattern: &str) -> String {
    let mut says = String::new();
    for piece in pattern.split_inclusive('}') {
        let (text, figure) = piece.split_once('{').unwrap_or((piece, ""));
        says.push_str(text);
        if let Some(figure) = figure.strip_suffix('}') {
            says.push('*');
            says.push_str(figure.split(':').next().unwrap_or_default());
            says.push('*');
        }
    }
    says
}
