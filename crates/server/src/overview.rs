//! The statement of a year: the overview in words and figures, from the journal alone.

use authority::Overview;
use domain::country::{Country, Region};
use domain::reporting::{Asked, Destination, ExportCell, Identity, Statement};

use crate::output::{Done, Failure, Global};

/// `statement --year Y [--destination CC | --region M49] [--out F] [--evidence F]`
#[derive(Clone, Debug, clap::Args)]
pub struct StatementArgs {
    /// The year
    #[arg(long)]
    year: i16,
    /// A country of destination, as ISO 3166 alpha-2
    #[arg(long, value_name = "CC", conflicts_with = "region")]
    destination: Option<String>,
    /// A region of destination, as UN M49
    #[arg(long, value_name = "M49")]
    region: Option<String>,
    /// Write the JSON document to this file
    #[arg(long, value_name = "F")]
    out: Option<std::path::PathBuf>,
    /// Write what partners signed of the year to this file, a bundle: the evidence of the document
    #[arg(long, value_name = "F")]
    evidence: Option<std::path::PathBuf>,
}

/// Runs the verb.
pub fn statement(global: &Global, args: &StatementArgs) -> Done {
    let asked = match (&args.destination, &args.region) {
        (Some(code), _) => Some(Destination::Country(Country::parse(code).map_err(usage)?)),
        (None, Some(code)) => Some(Destination::Region(Region::parse(code).map_err(usage)?)),
        (None, None) => None,
    };
    let look = authority::look(&global.folder())?;
    let overview = Overview::of(&look, args.year, asked)?;
    if let Some(path) = &args.evidence {
        let entries = authority::of_statement(&look, args.year)?;
        crate::verbs::write_evidence(path, &authority::bundle(&*look.journal, &entries)?)?;
    }
    if let Some(path) = &args.out {
        std::fs::write(path, overview.to_json()? + "\n")
            .map_err(|error| Failure::Unavailable(format!("{}: {error}", path.display())))?;
        return Ok(());
    }
    global.print(&overview, || in_words(&overview))
}

#[allow(clippy::needless_pass_by_value)] // the shape that map_err calls
fn usage(error: domain::country::CodeError) -> Failure {
    Failure::Usage(error.to_string())
}

/// The document in words.
pub fn in_words(overview: &Overview) -> String {
    let statement = &overview.statement;
    let mut lines = vec![format!(
        "{} in {}, from its journal since {}",
        statement.authority, statement.year, statement.journal_since
    )];
    lines.extend(made(statement));
    lines.extend(crossed(statement));
    lines.extend(statement.asked.iter().flat_map(|asked| answer(statement, asked)));
    lines.push(String::new());
    lines.extend(identity_table(&statement.identity));
    lines.push(String::new());
    lines.push("  Refused".to_owned());
    let refused = statement.refused.iter();
    lines.extend(refused.map(|(code, count)| format!("    {code:<32} {count:>6}")));
    lines.extend(overseen(statement));
    lines.push(format!(
        "  Log          {} entries signed, root {}",
        overview.log.size, overview.log.root
    ));
    let cosigned = overview.log.cosigned.iter();
    let cosigned: Vec<String> = cosigned.map(|(by, size)| format!("{by} ({size} entries)")).collect();
    lines.push(format!("  Cosigned by  {}", or_nobody(&cosigned)));
    lines.join("\n")
}

fn or_nobody(names: &[String]) -> String {
    if names.is_empty() {
        "nobody yet".to_owned()
    } else {
        names.join(", ")
    }
}

/// Medicines, makers, production.
fn made(statement: &Statement) -> Vec<String> {
    let mut lines = vec![
        format!("  Medicines    {}", names(&statement.medicines)),
        format!(
            "  Makers       {} of substance, {} of finished forms",
            statement.makers.substance, statement.makers.finished
        ),
        format!("  Produced     {} g of base", statement.produced.total_g),
    ];
    let parts = statement.produced.by_substance.iter();
    lines.extend(parts.map(|(substance, mass)| format!("    {substance:<18} {mass:>14} g")));
    lines
}

/// What crossed the border, under which permits, and whose figures they are.
fn crossed(statement: &Statement) -> Vec<String> {
    let permits = &statement.permits;
    let mut lines = vec![format!("  Imported     {} g", statement.imported.entered.total_g)];
    for cell in &statement.imported.cells {
        lines.push(format!(
            "    {:<18} {:>14} g of {} g that left {} in {}",
            cell.substance,
            cell.arrived_g,
            cell.departed_g,
            cell.origin.name(),
            consignments(cell.count)
        ));
    }
    lines.push(format!("  Exported     {} g", statement.exported.total_g));
    lines.extend(statement.exported.cells.iter().map(exported));
    lines.push(format!(
        "  Permits      {} confirmations requested, {} confirmed, {} refused; {} permits issued",
        permits.requested, permits.confirmed, permits.refused, permits.issued
    ));
    let grades = permits.by_grade.iter().filter(|(_, count)| **count > 0);
    let grades: Vec<String> = grades.map(|(grade, count)| format!("{grade} {count}")).collect();
    if permits
        .by_grade
        .iter()
        .any(|(grade, count)| *grade != "a" && *count > 0)
    {
        lines.push(format!("  By grade     {}", grades.join(", ")));
    }
    lines
}

fn consignments(count: i64) -> String {
    match count {
        1 => "1 consignment".to_owned(),
        count => format!("{count} consignments"),
    }
}

/// A cell of the exports: how much went where, what of it arrived, and whose figures these are.
fn exported(cell: &ExportCell) -> String {
    let signers: Vec<String> = cell.signed_by.iter().map(ToString::to_string).collect();
    let signed = match signers.as_slice() {
        [] => "not signed".to_owned(),
        signers => format!("signed by {}", signers.join(" and ")),
    };
    let grade = cell
        .grade
        .map_or_else(|| "no grade".to_owned(), |grade| format!("grade {grade}"));
    // What both sides sign is what left; what arrived is told beside it.
    let arrived = if cell.arrived_g == cell.total_g {
        String::new()
    } else {
        format!("; {} g arrived, {} g under way", cell.arrived_g, cell.under_way_g)
    };
    format!(
        "    {:<18} {:>14} g to {} in {}, {grade}, {signed}{arrived}",
        cell.substance,
        cell.total_g,
        cell.destination.name(),
        consignments(cell.count)
    )
}

/// The answer to a question about a country or region.
fn answer(statement: &Statement, asked: &Asked) -> Vec<String> {
    let list = |countries: &[Country]| {
        countries
            .iter()
            .map(|country| country.name())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let what = asked.region.map_or_else(
        || list(&asked.countries),
        |region| format!("{} ({} countries)", region.name(), asked.countries.len()),
    );
    let since = statement.journal_since;
    let nothing = asked.exported_ever_g == domain::quantity::Mass::ZERO && asked.permits_ever == 0;
    let mut lines = vec![if nothing {
        format!("  To {what}: none authorised or recorded since {since}")
    } else {
        format!(
            "  To {what}: {} g recorded in {}, {} g and {} permits since {since}",
            asked.exported_g, statement.year, asked.exported_ever_g, asked.permits_ever
        )
    }];
    if !asked.zeros_signed_by.is_empty() {
        let signers = list(&asked.zeros_signed_by);
        lines.push(format!(
            "    the authorities of {signers} signed the zero of {}",
            statement.year
        ));
    }
    match asked.unsigned.len() {
        0 => {}
        count if count <= 5 => lines.push(format!("    no authority has signed for {}", list(&asked.unsigned))),
        count => lines.push(format!("    no authority has signed for {count} others")),
    }
    lines
}

/// Inspections and training.
fn overseen(statement: &Statement) -> Vec<String> {
    let (visits, training) = (statement.inspections, statement.training);
    vec![
        format!(
            "  Inspections  {} regular, {} surprise, {} special visits; findings: {} critical, {} major, {} minor",
            visits.regular, visits.surprise, visits.special, visits.critical, visits.major, visits.minor
        ),
        format!(
            "  Training     {} sessions, {} companies, {} attendances",
            training.sessions, training.holders, training.attendances
        ),
    ]
}

fn names(ids: &[domain::id::Id]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// A named column of the identity.
type Column = (&'static str, fn(&Identity) -> String);

/// The identity, a line a figure and a column a substance: it reads like a balance.
fn identity_table(rows: &[Identity]) -> Vec<String> {
    let figures: [Column; 15] = [
        ("  opening", |row| row.opening.to_string()),
        ("+ manufactured", |row| row.manufactured.to_string()),
        ("+ imported", |row| row.imported.to_string()),
        ("+ found", |row| row.found.to_string()),
        ("- consumed", |row| row.consumed.to_string()),
        ("- utilized", |row| row.utilized.to_string()),
        ("- process loss", |row| row.process_loss.to_string()),
        ("- exported", |row| row.exported.to_string()),
        ("- destroyed", |row| row.destroyed.to_string()),
        ("- lost", |row| row.lost.to_string()),
        ("- to special", |row| row.to_special.to_string()),
        ("- closing", |row| row.closing.to_string()),
        ("= residual", |row| row.residual.to_string()),
        ("  dispensed", |row| row.dispensed.to_string()),
        ("  held by institutions", |row| row.retail_stock.to_string()),
    ];
    let line = |name: &str, cells: Vec<String>| {
        let cells: Vec<String> = cells.iter().map(|cell| format!("{cell:>20}")).collect();
        format!("  {name:<24}{}", cells.concat())
    };
    let mut lines = vec![line(
        "grams of base",
        rows.iter().map(|row| row.substance.to_string()).collect(),
    )];
    lines.extend(
        figures
            .iter()
            .map(|(name, figure)| line(name, rows.iter().map(figure).collect())),
    );
    lines
}
