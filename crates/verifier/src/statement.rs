//! The statement of a year: that its figures add up, and that authorities have signed them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::json;

use crate::crypto::sha256;
use crate::evidence::{self, Evidence};
use crate::key_file::{self, KeyFile};
use crate::letters::exactly;
use crate::mass::Mass;
use crate::message;
use crate::{Checked, FILE_BYTES_MAX, Reason, Report};

/// The parts of a statement file that are checked; others are passed over, and the report says so.
#[derive(Deserialize)]
struct File {
    authority: String,
    year: i64,
    produced: BySubstance,
    imported: BySubstance,
    exported: Exported,
    asked: Option<Asked>,
    identity: Vec<Identity>,
    log: Log,
}

#[derive(Deserialize)]
struct BySubstance {
    total_g: String,
    by_substance: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Exported {
    total_g: String,
    cells: Vec<Cell>,
}

#[derive(Deserialize)]
struct Cell {
    substance: String,
    destination: String,
    total_g: String,
    arrived_g: String,
    under_way_g: String,
    count: i64,
    signed_by: Vec<String>,
}

#[derive(Deserialize)]
struct Asked {
    countries: BTreeSet<String>,
    exported_g: String,
    exported_ever_g: String,
    zeros_signed_by: Vec<String>,
    unsigned: Vec<String>,
}

#[derive(Deserialize)]
struct Identity {
    substance: String,
    opening_g: String,
    manufactured_g: String,
    imported_g: String,
    found_g: String,
    consumed_g: String,
    utilized_g: String,
    process_loss_g: String,
    exported_g: String,
    destroyed_g: String,
    lost_g: String,
    to_special_g: String,
    closing_g: String,
    residual_g: String,
}

#[derive(Deserialize)]
struct Log {
    size: u64,
    root: String,
}

/// What the exporting authority proposes to a partner, and both sign.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Proposal {
    exporter: String,
    importer: String,
    year: i64,
    lines: Vec<Line>,
    #[allow(dead_code)] // A field of the signed form.
    log_size: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    substance: String,
    total_g: String,
    count: i64,
    #[allow(dead_code)] // A field of the signed form: which cases, by their root.
    cases_root: String,
}

/// The partner's signature.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    year: i64,
    digest: String,
    #[allow(dead_code)] // A field of the signed form.
    log_size: u64,
}

/// Figures of exports: mass and consignments, by destination and substance.
type Cells<'a> = BTreeMap<(&'a str, &'a str), (Mass, i64)>;

/// Checks a statement file. Its figures must add up; what authorities have signed of them is taken from the evidence:
/// proof files or bundles of the authority's log, with the messages by which a trade statement was proposed and signed.
/// Without any, it is refused: figures that add up are not yet anybody's.
pub fn check_statement(text: &str, keys: &[KeyFile], files: &[&str]) -> Checked<Report> {
    if text.len() > FILE_BYTES_MAX {
        return Err(Reason::TooLong);
    }
    let file: File = serde_json::from_str(text).map_err(|_| Reason::JsonBad)?;
    let cells = check_sums(&file)?;
    let mut report = Report::default();
    report.proves("Its figures add up: every total is the sum of its cells, and the balance of every substance holds.");
    let authority = key_file::of(keys, &file.authority)?.ok_or(Reason::KeyUnknown)?;
    let evidence = evidence::read(files, authority, keys)?;
    check_root(&file, &evidence, &mut report)?;
    let signed = check_signatures(&file, &cells, &evidence, keys)?;
    if signed.both.is_empty() && signed.one.is_empty() {
        return Err(Reason::NothingSigned);
    }
    say(&mut report, &file, &cells, &signed);
    report.facts = json!({
        "authority": file.authority,
        "year": file.year,
        "signed_by_both": signed.both.iter().map(|(country, id)| json!({ "by": id, "country": country })).collect::<Vec<_>>(),
        "signed_by_exporter_only": signed.one.values().collect::<Vec<_>>(),
    });
    Ok(report)
}

/// Partners, by country: those whose signature was found, and those that were only asked for it.
#[derive(Default)]
struct SignedBy {
    both: BTreeMap<String, String>,
    one: BTreeMap<String, String>,
}

fn say(report: &mut Report, file: &File, cells: &Cells<'_>, signed: &SignedBy) {
    let (us, year) = (&file.authority, file.year);
    let total = |country: &str| -> Mass {
        let of_it = cells.iter().filter(|((destination, _), _)| *destination == country);
        of_it.map(|(_, (mass, _))| *mass).sum()
    };
    for (country, id) in &signed.both {
        let total = total(country);
        report.proves(format!(
            "{us} and {id} have both signed what was exported to {country} in {year}: {total} g in all."
        ));
    }
    for (country, id) in &signed.one {
        report.proves(format!("{us} has signed what it exported to {country} in {year}."));
        report.leaves(format!("That {id} agrees: no signature of it is in the evidence."));
    }
    let claimed = file.exported.cells.iter().flat_map(|cell| cell.signed_by.iter());
    let zeros = file.asked.iter().flat_map(|asked| &asked.zeros_signed_by);
    let claimed: BTreeSet<&String> = claimed
        .chain(zeros)
        .filter(|country| !signed.both.contains_key(*country))
        .collect();
    let others: Vec<&str> = claimed
        .into_iter()
        .map(String::as_str)
        .filter(|country| *country != us)
        .collect();
    if !others.is_empty() {
        report.leaves(format!(
            "The signatures it names of {}: the evidence has none.",
            others.join(", ")
        ));
    }
    let unsigned = file.asked.iter().flat_map(|asked| &asked.unsigned).count();
    if unsigned > 0 {
        report.leaves(format!(
            "Anything of {unsigned} countries it was asked about: no authority there has signed."
        ));
    }
    report
        .leaves("Production, stocks, inspections and training, beyond that they add up: nobody else has signed them.");
    report.leaves("The physical world, trade that nobody recorded, and that the two authorities did not agree to lie.");
}

/// Every total against its parts.
fn check_sums(file: &File) -> Checked<Cells<'_>> {
    let produced = sum_of(&file.produced)?;
    sum_of(&file.imported)?;
    let mut cells = Cells::new();
    for cell in &file.exported.cells {
        let mass = Mass::parse(&cell.total_g)?;
        Mass::parse(&cell.arrived_g)?;
        let under_way = Mass::parse(&cell.under_way_g)?;
        if cell.count < 0 || (cell.count == 0) != (mass == Mass::default()) {
            return Err(Reason::CountBad);
        }
        if under_way > mass {
            return Err(Reason::SumDiffers);
        }
        if cells
            .insert((&cell.destination, &cell.substance), (mass, cell.count))
            .is_some()
        {
            return Err(Reason::CellTwice);
        }
    }
    let total: Mass = cells.values().map(|(mass, _)| *mass).sum();
    demand(total == Mass::parse(&file.exported.total_g)?, Reason::SumDiffers)?;
    check_identities(file, &cells, &produced)?;
    if let Some(asked) = &file.asked {
        check_asked(asked, &cells)?;
    }
    Ok(cells)
}

fn sum_of(sums: &BySubstance) -> Checked<BTreeMap<&str, Mass>> {
    let mass = |(substance, mass): (&'_ String, &String)| Mass::parse(mass).map(|mass| (substance.clone(), mass));
    let masses: Vec<(String, Mass)> = sums.by_substance.iter().map(mass).collect::<Checked<_>>()?;
    let total: Mass = masses.iter().map(|(_, mass)| *mass).sum();
    demand(total == Mass::parse(&sums.total_g)?, Reason::SumDiffers)?;
    Ok(sums
        .by_substance
        .keys()
        .map(String::as_str)
        .zip(masses.into_iter().map(|(_, mass)| mass))
        .collect())
}

fn check_identities(file: &File, cells: &Cells<'_>, produced: &BTreeMap<&str, Mass>) -> Checked<()> {
    for row in &file.identity {
        let mass = |texts: &[&String]| texts.iter().map(|text| Mass::parse(text)).sum::<Checked<Mass>>();
        let made = mass(&[&row.manufactured_g])?;
        let exported = mass(&[&row.exported_g])?;
        let gained = mass(&[&row.opening_g, &row.imported_g, &row.found_g])?.0 + made.0;
        let used = mass(&[
            &row.consumed_g,
            &row.utilized_g,
            &row.process_loss_g,
            &row.destroyed_g,
            &row.lost_g,
        ])?;
        let special = Mass::parse_signed(&row.to_special_g)?;
        let left = gained - used.0 - exported.0 - special.0 - Mass::parse(&row.closing_g)?.0;
        demand(left == Mass::parse_signed(&row.residual_g)?.0, Reason::IdentityDiffers)?;
        let of_it = cells.iter().filter(|((_, substance), _)| *substance == row.substance);
        let sum: Mass = of_it.map(|(_, (mass, _))| *mass).sum();
        demand(sum == exported, Reason::SumDiffers)?;
        let bulk = produced.get(row.substance.as_str()).copied().unwrap_or_default();
        demand(bulk == made, Reason::SumDiffers)?;
    }
    Ok(())
}

fn check_asked(asked: &Asked, cells: &Cells<'_>) -> Checked<()> {
    let of_them = cells
        .iter()
        .filter(|((country, _), _)| asked.countries.contains(*country));
    let sum: Mass = of_them.map(|(_, (mass, _))| *mass).sum();
    demand(sum == Mass::parse(&asked.exported_g)?, Reason::SumDiffers)?;
    demand(sum <= Mass::parse(&asked.exported_ever_g)?, Reason::SumDiffers)?;
    let has_cell = |country: &String| cells.keys().any(|(destination, _)| destination == country);
    demand(!asked.zeros_signed_by.iter().any(has_cell), Reason::ZeroDenied)
}

/// The statement's log against the checkpoints in the evidence.
fn check_root(file: &File, evidence: &Evidence, report: &mut Report) -> Checked<()> {
    let root = exactly(&file.log.root).ok_or(Reason::JsonBad)?;
    let mut of_size = evidence
        .checkpoints
        .iter()
        .filter(|checkpoint| checkpoint.size == file.log.size);
    let Some(first) = of_size.next() else {
        report.leaves("That it was made of the log it names: no checkpoint of that size is in the evidence.");
        return Ok(());
    };
    if of_size.any(|other| other.root != first.root) {
        return Err(Reason::LogForked);
    }
    demand(first.root == root, Reason::RootDiffers)?;
    report.proves(format!(
        "The log of {} has signed the root that it names, of {} entries.",
        file.authority, file.log.size
    ));
    Ok(())
}

/// Whose signatures are in the evidence, and that the figures are those that were signed.
fn check_signatures(file: &File, cells: &Cells<'_>, evidence: &Evidence, keys: &[KeyFile]) -> Checked<SignedBy> {
    let mut proposed: BTreeMap<&str, [u8; 32]> = BTreeMap::new();
    let mut signed = SignedBy::default();
    let mut entries: Vec<_> = evidence.entries.iter().collect();
    entries.sort_by_key(|proven| proven.index);
    for proven in entries {
        let Some(message) = message::of(&proven.entry, keys)? else {
            continue;
        };
        match message.kind {
            "trade_statement_proposed" => {
                demand(message.from == file.authority, Reason::StatementOther)?;
                let partner = key_file::of(keys, message.to)?.ok_or(Reason::KeyUnknown)?;
                check_figures(file, cells, partner, message.body)?;
                proposed.insert(message.to, sha256(message.body.as_bytes()));
                signed.one.insert(partner.country.clone(), partner.id.clone());
            }
            "trade_statement_signed" => {
                demand(message.to == file.authority, Reason::StatementOther)?;
                let body: Signature = serde_json::from_str(message.body).map_err(|_| Reason::MessageBad)?;
                demand(body.year == file.year, Reason::StatementOther)?;
                let of = proposed.get(message.from).ok_or(Reason::ProposalMissing)?;
                demand(exactly(&body.digest).as_ref() == Some(of), Reason::DigestDiffers)?;
                let partner = key_file::of(keys, message.from)?.ok_or(Reason::KeyUnknown)?;
                signed.one.remove(&partner.country);
                signed.both.insert(partner.country.clone(), partner.id.clone());
            }
            _ => {}
        }
    }
    Ok(signed)
}

/// The figures of the file for a partner's country against the ones in a proposal.
fn check_figures(file: &File, cells: &Cells<'_>, partner: &KeyFile, body: &str) -> Checked<()> {
    let proposal: Proposal = serde_json::from_str(body).map_err(|_| Reason::MessageBad)?;
    let same = proposal.exporter == file.authority && proposal.importer == partner.id && proposal.year == file.year;
    demand(same, Reason::StatementOther)?;
    let mut stated: BTreeMap<&str, (Mass, i64)> = BTreeMap::new();
    for line in &proposal.lines {
        let figure = (Mass::parse(&line.total_g)?, line.count);
        demand(stated.insert(&line.substance, figure).is_none(), Reason::CellTwice)?;
    }
    let ours = cells.iter().filter(|((country, _), _)| *country == partner.country);
    let ours: BTreeMap<&str, (Mass, i64)> = ours.map(|((_, substance), figure)| (*substance, *figure)).collect();
    let zero = (Mass::default(), 0);
    let figure = |of: &BTreeMap<&str, (Mass, i64)>, substance: &str| of.get(substance).copied().unwrap_or(zero);
    let substances: BTreeSet<&str> = ours.keys().chain(stated.keys()).copied().collect();
    let agree = substances
        .iter()
        .all(|substance| figure(&ours, substance) == figure(&stated, substance));
    demand(agree, Reason::FigureDiffers)
}

fn demand(holds: bool, reason: Reason) -> Checked<()> {
    if holds { Ok(()) } else { Err(reason) }
}
