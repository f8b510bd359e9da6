//! Tables of a year: on the page in the visitor's language, and as CSV with names that stay.

use std::collections::BTreeMap;

use authority::Log;
use domain::country::Country;
use domain::id::Id;
use domain::quantity::Mass;
use domain::reporting::Identity;

use super::figures::Year;
use super::{flows, say};
use crate::csv;
use crate::names;
use crate::words::Words;

/// The tables by the name in their address.
pub const NAMES: [&str; 8] = [
    "substances",
    "destinations",
    "exports",
    "imports",
    "flows",
    "oversight",
    "refusals",
    "signatures",
];

/// Where a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// On the page and in the file.
    Both,
    /// In the file alone, such as a code beside its name.
    File,
}

/// A column.
pub struct Column {
    /// Its name in the file.
    pub id: &'static str,
    /// Its words on the page.
    pub name: String,
    /// Whether it has figures.
    pub number: bool,
    /// Where it is.
    pub shown: Shown,
}

/// A cell as the file has it, and as people read it.
pub struct Cell {
    /// Exact, without separators.
    pub exact: String,
    /// In words.
    pub shown: String,
}

/// A table.
pub struct Table {
    /// Its name in the address.
    pub name: &'static str,
    /// What it shows.
    pub caption: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, a cell a column.
    pub rows: Vec<Vec<Cell>>,
    /// The sums, where they make sense.
    pub total: Option<Vec<Cell>>,
}

/// A cell of the page: its words, and whether it is a figure.
pub struct Seen<'a> {
    /// Its words.
    pub shown: &'a str,
    /// Whether it is a figure.
    pub number: bool,
}

impl Table {
    /// The heads of the columns on the page.
    pub fn heads(&self) -> Vec<&Column> {
        self.columns
            .iter()
            .filter(|column| column.shown == Shown::Both)
            .collect()
    }

    /// The cells of a row on the page.
    pub fn seen<'a>(&'a self, row: &'a [Cell]) -> Vec<Seen<'a>> {
        let pairs = self.columns.iter().zip(row);
        let both = pairs.filter(|(column, _)| column.shown == Shown::Both);
        let seen = |(column, cell): (&Column, &'a Cell)| Seen {
            shown: &cell.shown,
            number: column.number,
        };
        both.map(seen).collect()
    }

    /// The file.
    pub fn csv(&self) -> String {
        let head = vec![self.columns.iter().map(|column| column.id).collect::<Vec<_>>()];
        let rows = self.rows.iter();
        let rows = rows.map(|row| row.iter().map(|cell| cell.exact.as_str()).collect::<Vec<_>>());
        csv::table(head.into_iter().chain(rows))
    }

    /// Leaves columns out of the page that have nothing in any row.
    fn without_nothing(mut self, keep: &[&str]) -> Self {
        for (at, column) in self.columns.iter_mut().enumerate() {
            let nothing = self
                .rows
                .iter()
                .all(|row| row.get(at).is_none_or(|cell| cell.exact == "0"));
            if column.number && nothing && !keep.contains(&column.id) {
                column.shown = Shown::File;
            }
        }
        self
    }
}

fn word(exact: impl Into<String>, shown: impl Into<String>) -> Cell {
    Cell {
        exact: exact.into(),
        shown: shown.into(),
    }
}

fn plain(text: impl Into<String>) -> Cell {
    let text = text.into();
    word(text.clone(), text)
}

fn mass(words: Words, mass: Mass) -> Cell {
    word(mass.to_string(), words.decimal(mass))
}

fn number(words: Words, number: &impl ToString) -> Cell {
    let exact = number.to_string();
    let shown = words.number(&exact);
    word(exact, shown)
}

/// Makes columns of their ids; those that begin with `=` are in the file alone, those that end with `#` have figures.
fn columns(words: Words, ids: &[&'static str]) -> Vec<Column> {
    let column = |id: &&'static str| {
        let (bare, shown) = id
            .strip_prefix('=')
            .map_or((*id, Shown::Both), |bare| (bare, Shown::File));
        let (bare, number) = bare.strip_suffix('#').map_or((bare, false), |bare| (bare, true));
        let key = format!("public-column-{}", bare.replace('_', "-"));
        Column {
            id: bare,
            name: if shown == Shown::Both {
                words.t(&key)
            } else {
                String::new()
            },
            number,
            shown,
        }
    };
    ids.iter().map(column).collect()
}

/// A table of a year by its name.
pub fn table(words: Words, year: &Year, log: &Log, name: &str) -> Option<Table> {
    match name {
        "substances" => Some(substances(words, year)),
        "destinations" => Some(destinations(words, year)),
        "exports" => Some(exports(words, year)),
        "imports" => Some(imports(words, year)),
        "flows" => Some(of_flows(words, year)),
        "oversight" => Some(oversight(words, year)),
        "refusals" => Some(refusals(words, year)),
        "signatures" => Some(signatures(words, year, log)),
        _ => None,
    }
}

fn caption(words: Words, year: &Year, name: &str) -> String {
    words.t1(&format!("public-table-{name}"), "year", year.statement.year)
}

/// A named figure of the balance.
type Figure = fn(&Identity) -> Mass;

/// The figures of the balance, in its order, and then those apart from it, which are in the file alone.
const BALANCE: [(&str, Figure); 18] = [
    ("opening_g#", |row| row.opening),
    ("manufactured_g#", |row| row.manufactured),
    ("imported_g#", |row| row.imported),
    ("from_provinces_g#", |row| row.from_provinces),
    ("found_g#", |row| row.found),
    ("consumed_g#", |row| row.consumed),
    ("utilized_g#", |row| row.utilized),
    ("exported_g#", |row| row.exported),
    ("to_provinces_g#", |row| row.to_provinces),
    ("process_loss_g#", |row| row.process_loss),
    ("destroyed_g#", |row| row.destroyed),
    ("lost_g#", |row| row.lost),
    ("to_special_g#", |row| row.to_special),
    ("closing_g#", |row| row.closing),
    ("residual_g#", |row| row.residual),
    ("=dispensed_g#", |row| row.dispensed),
    ("=retail_stock_g#", |row| row.retail_stock),
    ("=special_g#", |row| row.special),
];

/// The balance of each substance.
pub fn substances(words: Words, year: &Year) -> Table {
    let ids: Vec<&'static str> = ["=substance", "name"]
        .into_iter()
        .chain(BALANCE.map(|(id, _)| id))
        .collect();
    let named = |id: &Id| [plain(id.as_str()), plain(say::substance(words, year, id))];
    let row = |row: &Identity| -> Vec<Cell> {
        let figures = BALANCE.iter().map(|(_, figure)| mass(words, figure(row)));
        named(&row.substance).into_iter().chain(figures).collect()
    };
    let sums = BALANCE.iter().map(|(_, figure)| mass(words, year.sum(figure)));
    let total = [plain(""), plain(words.t("public-total"))].into_iter().chain(sums);
    Table {
        name: "substances",
        caption: caption(words, year, "substances"),
        columns: columns(words, &ids),
        rows: year.statement.identity.iter().map(row).collect(),
        total: Some(total.collect()),
    }
    .without_nothing(&[
        "opening_g",
        "manufactured_g",
        "imported_g",
        "consumed_g",
        "exported_g",
        "closing_g",
        "residual_g",
    ])
}

fn yes_no(words: Words, yes: bool, key: &str) -> Cell {
    let which = if yes { "yes" } else { "no" };
    word(which, words.t(&format!("public-{key}-{which}")))
}

fn grade(words: Words, graded: bool) -> Cell {
    if graded {
        plain("A")
    } else {
        word("", words.t("public-grade-none"))
    }
}

/// Exports by country of destination.
pub fn destinations(words: Words, year: &Year) -> Table {
    let ids = ["=destination", "country", "total_g#", "arrived_g#", "grade", "signed"];
    let all = year.destinations();
    let row = |to: &super::figures::To| {
        vec![
            plain(to.country.code()),
            plain(names::country(words, to.country)),
            mass(words, to.mass),
            mass(words, to.arrived),
            grade(words, to.graded),
            yes_no(words, to.signed, "signed"),
        ]
    };
    let total = vec![
        plain(""),
        plain(words.t("public-total")),
        mass(words, all.iter().map(|to| to.mass).sum()),
        mass(words, all.iter().map(|to| to.arrived).sum()),
        plain(""),
        plain(""),
    ];
    Table {
        name: "destinations",
        caption: caption(words, year, "destinations"),
        columns: columns(words, &ids),
        rows: all.iter().map(row).collect(),
        total: (!all.is_empty()).then_some(total),
    }
}

/// Exports by substance and destination: the cells that authorities sign.
pub fn exports(words: Words, year: &Year) -> Table {
    let ids = [
        "=destination",
        "country",
        "=substance",
        "name",
        "total_g#",
        "arrived_g#",
        "under_way_g#",
        "consignments#",
        "grade",
        "signed_by",
    ];
    let mut cells: Vec<_> = year.statement.exported.cells.iter().collect();
    // As in the table by destination: the largest first.
    let order: BTreeMap<Country, usize> = year.destinations().iter().map(|to| to.country).zip(0..).collect();
    cells.sort_by(|a, b| {
        let (of_a, of_b) = (order.get(&a.destination), order.get(&b.destination));
        of_a.cmp(&of_b).then(a.substance.cmp(&b.substance))
    });
    let row = |cell: &&domain::reporting::ExportCell| {
        let codes: Vec<&str> = cell.signed_by.iter().map(|country| country.code()).collect();
        let signers = if codes.is_empty() {
            words.t("public-signed-no")
        } else {
            codes.join(", ")
        };
        vec![
            plain(cell.destination.code()),
            plain(names::country(words, cell.destination)),
            plain(cell.substance.as_str()),
            plain(say::substance(words, year, &cell.substance)),
            mass(words, cell.total_g),
            mass(words, cell.arrived_g),
            mass(words, cell.under_way_g),
            number(words, &cell.count),
            cell.grade
                .map_or_else(|| grade(words, false), |grade| plain(grade.to_string())),
            word(codes.join(" "), signers),
        ]
    };
    Table {
        name: "exports",
        caption: caption(words, year, "exports"),
        columns: columns(words, &ids),
        rows: cells.iter().map(row).collect(),
        total: None,
    }
    .without_nothing(&["total_g", "arrived_g", "consignments"])
}

/// Imports by substance and origin, as the exporting authorities told and customs here endorsed.
pub fn imports(words: Words, year: &Year) -> Table {
    let ids = [
        "=origin",
        "country",
        "=substance",
        "name",
        "departed_g#",
        "arrived_g#",
        "consignments#",
    ];
    let row = |cell: &domain::reporting::ImportCell| {
        vec![
            plain(cell.origin.code()),
            plain(names::country(words, cell.origin)),
            plain(cell.substance.as_str()),
            plain(say::substance(words, year, &cell.substance)),
            mass(words, cell.departed_g),
            mass(words, cell.arrived_g),
            number(words, &cell.count),
        ]
    };
    Table {
        name: "imports",
        caption: caption(words, year, "imports"),
        columns: columns(words, &ids),
        rows: year.statement.imported.cells.iter().map(row).collect(),
        total: None,
    }
}

/// The flows of the balance.
pub fn of_flows(words: Words, year: &Year) -> Table {
    let rows = &year.statement.identity;
    let row = |flow: &flows::Flow| {
        let id = rows.get(flow.substance).map(|row| &row.substance);
        let name = id.map(|id| say::substance(words, year, id)).unwrap_or_default();
        let way = if flow.into { "in" } else { "out" };
        vec![
            plain(id.map(ToString::to_string).unwrap_or_default()),
            plain(name),
            word(way, words.t(&format!("public-flow-{way}"))),
            word(flow.of, words.t(&flows::key(flow.of, flow.into))),
            mass(words, flow.mass),
        ]
    };
    Table {
        name: "flows",
        caption: caption(words, year, "flows"),
        columns: columns(words, &["=substance", "name", "way", "figure", "mass_g#"]),
        rows: flows::flows(rows).iter().map(row).collect(),
        total: None,
    }
}

/// Inspections, training and permits: counts.
pub fn oversight(words: Words, year: &Year) -> Table {
    let statement = &year.statement;
    let (visits, training, permits) = (statement.inspections, statement.training, &statement.permits);
    let counts = [
        ("makers-substance", statement.makers.substance),
        ("makers-finished", statement.makers.finished),
        ("inspections-planned", visits.planned),
        ("inspections-regular", visits.regular),
        ("inspections-surprise", visits.surprise),
        ("inspections-special", visits.special),
        ("findings-critical", visits.critical),
        ("findings-major", visits.major),
        ("findings-minor", visits.minor),
        ("training-sessions", training.sessions),
        ("training-companies", training.holders),
        ("training-attendances", training.attendances),
        ("confirmations-requested", permits.requested),
        ("confirmations-given", permits.confirmed),
        ("confirmations-refused", permits.refused),
        ("permits-issued", permits.issued),
    ];
    let row = |(key, count): &(&'static str, usize)| {
        vec![
            word(*key, words.t(&format!("public-measure-{key}"))),
            number(words, count),
        ]
    };
    Table {
        name: "oversight",
        caption: caption(words, year, "oversight"),
        columns: columns(words, &["measure", "count#"]),
        rows: counts.iter().map(row).collect(),
        total: None,
    }
}

/// Instructions that the rules refused, by code.
pub fn refusals(words: Words, year: &Year) -> Table {
    let row = |(code, count): (&Id, &u64)| vec![plain(code.as_str()), number(words, count)];
    Table {
        name: "refusals",
        caption: caption(words, year, "refusals"),
        columns: columns(words, &["code", "count#"]),
        rows: year.statement.refused.iter().map(row).collect(),
        total: None,
    }
}

/// What each partner authority said of the year, and how much of the log it has cosigned.
pub fn signatures(words: Words, year: &Year, log: &Log) -> Table {
    let row = |(id, (name, country)): (&Id, &(String, Country))| {
        let answer = year.answers.iter().find(|answer| answer.country == *country);
        let said = answer.map_or("nothing", |answer| answer.said.word());
        let signed = answer.and_then(|answer| answer.signed);
        let day = signed.map(|(day, _)| word(day.to_string(), words.day(day)));
        let cosigned = log.cosigned.get(id).copied();
        vec![
            plain(id.as_str()),
            plain(names::country(words, *country)),
            plain(name.as_str()),
            word(said, words.t(&format!("public-answer-{said}"))),
            day.unwrap_or_else(|| plain("")),
            cosigned.map_or_else(|| plain(""), |size| number(words, &size)),
        ]
    };
    Table {
        name: "signatures",
        caption: caption(words, year, "signatures"),
        columns: columns(
            words,
            &[
                "=authority",
                "country",
                "authority_name",
                "answer",
                "signed_on",
                "cosigned#",
            ],
        ),
        rows: year.partners.iter().map(row).collect(),
        total: None,
    }
}

/// Every figure of the year in one file: a line a figure.
pub fn everything(words: Words, year: &Year, log: &Log) -> String {
    let mut rows = vec![["year", "table", "substance", "country", "figure", "value"].map(str::to_owned)];
    for name in NAMES {
        let Some(table) = table(words, year, log, name) else {
            continue;
        };
        let at = |id: &str| table.columns.iter().position(|column| column.id == id);
        let substance = at("substance");
        let country = ["destination", "origin", "authority"].into_iter().find_map(at);
        let named = ["figure", "measure", "code"].into_iter().find_map(at);
        for row in &table.rows {
            let cell = |at: Option<usize>| at.and_then(|at| row.get(at)).map_or("", |cell| cell.exact.as_str());
            for (column, value) in table.columns.iter().zip(row).filter(|(column, _)| column.number) {
                let figure = match cell(named) {
                    "" => column.id,
                    figure => figure,
                };
                let (year, table) = (year.statement.year.to_string(), table.name);
                rows.push([&year, table, cell(substance), cell(country), figure, &value.exact].map(str::to_owned));
            }
        }
    }
    csv::table(rows)
}
