//! The statement of a year: the overview in words and figures, from the journal alone.

use authority::Look;
use domain::country::{Country, Region};
use domain::reporting::{self, Destination, Identity, Statement};
use serde::Serialize;

use crate::output::{Done, Failure, Global, base64};

/// `statement --year Y [--destination CC | --region M49] [--out F]`
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
}

/// Permits of a year. None can be asked for before two authorities exchange a word.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Permits {
    requested: u64,
    confirmed: u64,
    refused: u64,
    issued: u64,
}

/// The last signed checkpoint.
#[derive(Clone, Debug, Serialize)]
struct Log {
    size: u64,
    root: String,
    cosigned_by: Vec<String>,
}

/// The whole document.
#[derive(Clone, Debug, Serialize)]
pub struct Overview {
    #[serde(flatten)]
    statement: Statement,
    permits: Permits,
    log: Log,
}

/// Runs the verb.
pub fn statement(global: &Global, args: &StatementArgs) -> Done {
    let asked = match (&args.destination, &args.region) {
        (Some(code), _) => Some(Destination::Country(Country::parse(code).map_err(usage)?)),
        (None, Some(code)) => Some(Destination::Region(Region::parse(code).map_err(usage)?)),
        (None, None) => None,
    };
    let look = authority::look(&global.folder())?;
    let overview = overview(&look, args.year, asked)?;
    if let Some(path) = &args.out {
        let text = serde_json::to_string_pretty(&overview).map_err(|error| Failure::Refused(error.to_string()))?;
        std::fs::write(path, text + "\n")
            .map_err(|error| Failure::Unavailable(format!("{}: {error}", path.display())))?;
        return Ok(());
    }
    global.print(&overview, || overview.in_words())
}

#[allow(clippy::needless_pass_by_value)] // the shape that map_err calls
fn usage(error: domain::country::CodeError) -> Failure {
    Failure::Usage(error.to_string())
}

/// Draws up the document.
pub fn overview(look: &Look, year: i16, asked: Option<Destination>) -> Result<Overview, Failure> {
    let log = match &look.checkpoint {
        Some(note) => {
            let checkpoint = tlog::verify(note, look.state.founding.log_key.as_str())
                .map_err(|error| Failure::Refused(format!("the last checkpoint: {error}")))?;
            Log {
                size: checkpoint.size,
                root: base64(&checkpoint.root),
                cosigned_by: Vec::new(),
            }
        }
        None => Log {
            size: 0,
            root: base64(&tlog::EMPTY_ROOT),
            cosigned_by: Vec::new(),
        },
    };
    let statement = reporting::statement(&look.state, year, asked);
    Ok(Overview {
        statement,
        permits: Permits::default(),
        log,
    })
}

impl Overview {
    /// The document in words.
    pub fn in_words(&self) -> String {
        let statement = &self.statement;
        let mut lines = vec![
            format!(
                "{} in {}, from its journal since {}",
                statement.authority, statement.year, statement.journal_since
            ),
            format!("  Medicines    {}", names(&statement.medicines)),
            format!(
                "  Makers       {} of substance, {} of finished forms",
                statement.makers.substance, statement.makers.finished
            ),
            format!("  Produced     {} g of base", statement.produced.total_g),
        ];
        for (substance, mass) in &statement.produced.by_substance {
            lines.push(format!("    {substance:<18} {mass:>14} g"));
        }
        lines.push(format!("  Imported     {} g", statement.imported.total_g));
        lines.push(format!("  Exported     {} g", statement.exported.total_g));
        for cell in &statement.exported.cells {
            lines.push(format!(
                "    {:<18} {:>14} g to {}",
                cell.substance,
                cell.total_g,
                cell.destination.name()
            ));
        }
        if let Some(asked) = &statement.asked {
            let what = asked.region.map_or_else(
                || {
                    asked
                        .countries
                        .iter()
                        .map(|country| country.name())
                        .collect::<Vec<_>>()
                        .join(", ")
                },
                |region| format!("{} ({} countries)", region.name(), asked.countries.len()),
            );
            let since = statement.journal_since;
            lines.push(if asked.exported_g == domain::quantity::Mass::ZERO {
                format!("  To {what}: none authorised or recorded since {since}; signed by no authority there yet")
            } else {
                format!("  To {what}: {} g recorded", asked.exported_g)
            });
        }
        lines.push(String::new());
        lines.extend(identity_table(&statement.identity));
        lines.push(String::new());
        lines.push("  Refused".to_owned());
        lines.extend(
            statement
                .refused
                .iter()
                .map(|(code, count)| format!("    {code:<32} {count:>6}")),
        );
        let inspections = statement.inspections;
        lines.push(format!(
            "  Inspections  {} regular, {} surprise, {} special visits; findings: {} critical, {} major, {} minor",
            inspections.regular,
            inspections.surprise,
            inspections.special,
            inspections.critical,
            inspections.major,
            inspections.minor
        ));
        let training = statement.training;
        lines.push(format!(
            "  Training     {} sessions, {} companies, {} attendances",
            training.sessions, training.holders, training.attendances
        ));
        lines.push(format!(
            "  Log          {} entries signed, root {}",
            self.log.size, self.log.root
        ));
        lines.join("\n")
    }
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
