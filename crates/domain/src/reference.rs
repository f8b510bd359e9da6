//! Reference tables of narcotic drugs: which there are, how they are controlled, and how much base each salt contains.
//!
//! The tables are `data/substances.csv` and `data/salts.csv`; `data/README.md` tells their columns and sources. The
//! percentages of the INCB Yellow List prevail over the factors computed here: [`parse`] reads a newer official table of
//! the same shape.

use std::collections::BTreeMap;
use std::fmt;

use compact_str::CompactString;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::substance::Schedule;

#[cfg(test)]
mod tests;

/// The factor of a form that is all base: one microgram holds 1,000,000 picograms.
pub const WHOLE_PPM: i64 = 1_000_000;

/// The form that is the anhydrous base itself.
pub const BASE_FORM: &str = "base";

/// The largest table that is read, in bytes.
const TABLE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A narcotic drug of the 1961 Convention with its forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceSubstance {
    /// Name in lower-case letters, digits and hyphens, such as `fentanyl`; never changes.
    pub id: CompactString,
    /// International non-proprietary name, such as `Fentanyl`.
    pub name: CompactString,
    /// CAS registry number of the base, such as `437-38-7`; its check digit is right.
    pub cas: CompactString,
    /// Schedule of the 1961 Convention; Schedule III lists preparations, not drugs.
    pub schedule: Schedule,
    /// First day of control under the 1961 Convention, as far as `certainty` says.
    pub effective_on: Date,
    /// How well `effective_on` is known.
    pub certainty: Certainty,
    /// Whether it is a synthetic drug in the sense of the 1961 Convention, article 19(1)(g) and (2)(c).
    pub synthetic: bool,
    /// Where the line comes from.
    pub source: CompactString,
    /// Edition of the table that the line is from, such as the year and month `2026-11`.
    pub version: CompactString,
    /// The base first, then the salts and hydrates in the order of the table.
    pub salts: Vec<ReferenceSalt>,
}

/// A form of a narcotic drug: the base, a salt, or a hydrate of either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceSalt {
    /// Name of the form in lower-case letters and hyphens, such as `base` or `sulfate-pentahydrate`.
    pub form: CompactString,
    /// CAS registry number of the form, where it is known; its check digit is right.
    pub cas: Option<CompactString>,
    /// Picograms of anhydrous base in one microgram of the form, from 1 to 1,000,000.
    pub factor_ppm: i64,
    /// Where the factor comes from.
    pub source: CompactString,
    /// Edition of the table that the line is from, such as the year and month `2026-11`.
    pub version: CompactString,
}

/// How well the first day of control is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// The day itself.
    Exact,
    /// The year only; the day is the earliest possible one.
    Year,
}

/// A reference table that cannot be used: where, and what to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableError {
    /// File name of the table, such as `salts.csv`.
    pub table: &'static str,
    /// Line in the table from 1, its heading included; 0 when the error is not of one line.
    pub line: u64,
    /// What is wrong, as the rest of a sentence.
    pub reason: String,
}

impl TableError {
    pub(crate) fn new(table: &'static str, line: u64, reason: impl Into<String>) -> Self {
        Self {
            table,
            line,
            reason: reason.into(),
        }
    }
}

impl fmt::Display for TableError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the reference table {}", self.table)?;
        if self.line > 0 {
            write!(formatter, ", line {}", self.line)?;
        }
        write!(formatter, ": {}", self.reason)
    }
}

impl std::error::Error for TableError {}

/// The drugs of the tables that the product is built with, in the order of their ids.
pub fn substances() -> Result<Vec<ReferenceSubstance>, TableError> {
    parse(
        include_str!("../../../data/substances.csv"),
        include_str!("../../../data/salts.csv"),
    )
}

/// Reads a table of drugs and a table of their salts, both CSV as `data/README.md` tells.
///
/// Returned in the order of their ids. Every drug has its base, every form comes once, every CAS number has the right
/// check digit, and every factor is from 1 to 1,000,000.
pub fn parse(substances_csv: &str, salts_csv: &str) -> Result<Vec<ReferenceSubstance>, TableError> {
    let mut substances = BTreeMap::new();
    for (line, record) in rows::<SubstanceRecord>(SUBSTANCES_TABLE, substances_csv)? {
        let substance = record
            .check()
            .map_err(|reason| TableError::new(SUBSTANCES_TABLE, line, reason))?;
        let id = substance.id.clone();
        if substances.insert(id.clone(), substance).is_some() {
            return Err(TableError::new(SUBSTANCES_TABLE, line, format!("{id} is given twice")));
        }
    }
    for (line, record) in rows::<SaltRecord>(SALTS_TABLE, salts_csv)? {
        let fail = |reason| TableError::new(SALTS_TABLE, line, reason);
        let id = record.substance.clone();
        let salt = record.check().map_err(fail)?;
        let unknown = || fail(format!("{id} is missing from {SUBSTANCES_TABLE}"));
        let salts = &mut substances.get_mut(&id).ok_or_else(unknown)?.salts;
        if salts.iter().any(|other| other.form == salt.form) {
            return Err(fail(format!("{id} {} is given twice", salt.form)));
        }
        // The base leads, wherever the table has it.
        let place = if salt.form == BASE_FORM { 0 } else { salts.len() };
        salts.insert(place, salt);
    }
    for substance in substances.values() {
        if substance.salts.first().is_none_or(|salt| salt.form != BASE_FORM) {
            return Err(TableError::new(
                SALTS_TABLE,
                0,
                format!("{} has no line for its base", substance.id),
            ));
        }
    }
    Ok(substances.into_values().collect())
}

const SUBSTANCES_TABLE: &str = "substances.csv";
const SALTS_TABLE: &str = "salts.csv";

#[derive(Deserialize)]
struct SubstanceRecord {
    id: CompactString,
    name: CompactString,
    cas: CompactString,
    schedule: Schedule,
    effective_on: Date,
    certainty: Certainty,
    synthetic: YesNo,
    source: CompactString,
    version: CompactString,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum YesNo {
    Yes,
    No,
}

#[derive(Deserialize)]
struct SaltRecord {
    substance: CompactString,
    form: CompactString,
    cas: Option<CompactString>,
    factor_ppm: i64,
    source: CompactString,
    version: CompactString,
}

impl SubstanceRecord {
    fn check(self) -> Result<ReferenceSubstance, String> {
        let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
        if self.id.is_empty() || !self.id.as_bytes().iter().all(plain) {
            return Err(format!(
                "the id \"{}\" must be lower-case letters, digits and hyphens",
                self.id
            ));
        }
        if self.name.is_empty() {
            return Err(format!("{} needs a name", self.id));
        }
        check_origin(&self.id, &self.source, &self.version)?;
        check_cas(&self.cas)?;
        Ok(ReferenceSubstance {
            id: self.id,
            name: self.name,
            cas: self.cas,
            schedule: self.schedule,
            effective_on: self.effective_on,
            certainty: self.certainty,
            synthetic: matches!(self.synthetic, YesNo::Yes),
            source: self.source,
            version: self.version,
            salts: Vec::new(),
        })
    }
}

impl SaltRecord {
    fn check(self) -> Result<ReferenceSalt, String> {
        let plain = |byte: &u8| byte.is_ascii_lowercase() || *byte == b'-';
        if self.form.is_empty() || !self.form.as_bytes().iter().all(plain) {
            return Err(format!(
                "the form \"{}\" must be lower-case letters and hyphens",
                self.form
            ));
        }
        let smallest = if self.form == BASE_FORM { WHOLE_PPM } else { 1 };
        if !(smallest..=WHOLE_PPM).contains(&self.factor_ppm) {
            return Err(format!(
                "the factor {} must be from {smallest} to {WHOLE_PPM}",
                self.factor_ppm
            ));
        }
        check_origin(&self.form, &self.source, &self.version)?;
        if let Some(cas) = &self.cas {
            check_cas(cas)?;
        }
        Ok(ReferenceSalt {
            form: self.form,
            cas: self.cas,
            factor_ppm: self.factor_ppm,
            source: self.source,
            version: self.version,
        })
    }
}

fn check_origin(what: &str, source: &str, version: &str) -> Result<(), String> {
    if source.is_empty() || version.is_empty() {
        return Err(format!("{what} needs a source and a version"));
    }
    Ok(())
}

/// Checks the shape and the check digit of a CAS registry number.
///
/// The last digit is the sum of the others, each times its place from the right, modulo ten.
fn check_cas(text: &str) -> Result<(), String> {
    let wrong = || format!("\"{text}\" is not a CAS number: its digits and its check digit do not agree");
    let mut parts = text.split('-');
    let (Some(first), Some(second), Some(check), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(wrong());
    };
    if !(2..=7).contains(&first.len()) || second.len() != 2 || check.len() != 1 {
        return Err(wrong());
    }
    let mut sum = 0_u32;
    for (place, digit) in (1..).zip(second.chars().rev().chain(first.chars().rev())) {
        sum += digit.to_digit(10).ok_or_else(wrong)? * place;
    }
    if check.chars().next().and_then(|digit| digit.to_digit(10)) == Some(sum % 10) {
        Ok(())
    } else {
        Err(wrong())
    }
}

/// Reads a CSV table with a heading; each row comes with its line in the file.
pub(crate) fn rows<T: DeserializeOwned>(table: &'static str, text: &str) -> Result<Vec<(u64, T)>, TableError> {
    if text.len() > TABLE_BYTES_MAX {
        let reason = format!(
            "it has {} bytes; the most that is read is {TABLE_BYTES_MAX}",
            text.len()
        );
        return Err(TableError::new(table, 0, reason));
    }
    // Spreadsheets put a mark of byte order first.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headings = reader
        .headers()
        .map_err(|error| csv_error(table, 1, &error, None))?
        .clone();
    let mut found = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            csv_error(table, line, &error, None)
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        let row = record
            .deserialize(Some(&headings))
            .map_err(|error| csv_error(table, line, &error, Some(&headings)))?;
        found.push((line, row));
    }
    Ok(found)
}

/// Says the reason alone, with the column where it is known: the line is said by [`TableError`].
fn csv_error(table: &'static str, line: u64, error: &csv::Error, headings: Option<&csv::StringRecord>) -> TableError {
    let reason = match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => {
            let place = err.field().and_then(|field| usize::try_from(field).ok());
            match headings.zip(place).and_then(|(headings, place)| headings.get(place)) {
                Some(column) => format!("the column {column} cannot be read: {}", err.kind()),
                None => err.kind().to_string(),
            }
        }
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("it has {len} fields, but the heading has {expected_len}")
        }
        _ => error.to_string(),
    };
    TableError::new(table, line, reason)
}
