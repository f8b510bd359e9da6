//! A second, deliberately simple opinion: balances and figures from the JSON of the entries, with maps of strings,
//! from scratch for every question. It shares nothing with the ledger but the law.

use std::collections::BTreeMap;

use domain::Entry;
use serde_json::Value;

/// A posting: an account and what it gains.
type Posting = (String, i128);

/// A line as posted, or its mirror.
struct Line {
    year: i64,
    sign: i128,
    data: Value,
    /// The dispatch whose goods are on the way, where there is one.
    dispatch: String,
    /// Whether policy counted an institution's return as found.
    returns_found: bool,
}

/// What the journal says, unprocessed.
#[derive(Default)]
pub struct Naive {
    /// By item: its substance, and picograms of base in a counting unit.
    items: BTreeMap<String, (String, i128)>,
    retail: BTreeMap<String, bool>,
    lines: Vec<Line>,
    /// By lot: year, substance, picograms that went in (or out), and picograms lost.
    lots: Vec<(i64, String, i128, i128)>,
    /// By account, the last year that a count has closed.
    closed: BTreeMap<String, i64>,
    /// By year and substance: what accepted counts add to the book.
    counted: BTreeMap<(i64, String), i128>,
    /// By account with its compartment, and year: what was counted last at the year's end.
    year_ends: BTreeMap<(String, i64), i128>,
    returns_found: bool,
}

fn text(data: &Value, field: &str) -> String {
    data[field].as_str().unwrap_or_default().to_owned()
}

fn number(data: &Value, field: &str) -> i128 {
    data[field].as_i64().unwrap_or_default().into()
}

fn year_of(data: &Value, field: &str) -> i64 {
    text(data, field)[..4].parse().expect("a date begins with its year")
}

fn picograms(grams: &str) -> i128 {
    let (sign, grams) = grams.strip_prefix('-').map_or((1, grams), |rest| (-1, rest));
    let (whole, fraction) = grams.split_once('.').unwrap_or((grams, ""));
    sign * format!("{whole}{fraction:0<12}").parse::<i128>().expect("a mass")
}

impl Naive {
    pub fn read(journal: &[Entry]) -> Self {
        let mut naive = Self::default();
        for entry in journal {
            let mut bytes = Vec::new();
            entry.write(&mut bytes).expect("an entry has bytes");
            let entry: Value = serde_json::from_slice(&bytes).expect("JSON");
            let (kind, data, seq) = (text(&entry, "kind"), entry["data"].clone(), entry["seq"].to_string());
            naive.follow(&kind, data, &seq);
        }
        naive
    }

    fn follow(&mut self, kind: &str, data: Value, seq: &str) {
        match kind {
            "BulkRegistered" | "PreparationRegistered" => {
                let item = &data["item"];
                let what = (text(item, "substance"), number(&data, "content_pg"));
                self.items.insert(text(item, "id"), what);
            }
            "SiteRegistered" => {
                let first = data["kinds"][0].as_str().expect("a kind");
                let retail = matches!(first, "institution" | "pharmacy" | "research");
                self.retail.insert(text(&data, "id"), retail);
            }
            "PolicySet" if text(&data, "policy") == "hospital_return" => {
                self.returns_found = text(&data, "value") == "found";
            }
            "MovementRecorded" => self.line(data, seq, 1),
            "LineReversed" => self.line(data["original"].clone(), &data["line"].to_string(), -1),
            "LotClosed" => {
                let (year, loss) = (year_of(&data, "occurred_on"), picograms(&text(&data, "loss")));
                let substance = self.substance_of_lot(&text(&data, "site"), &text(&data, "lot"));
                self.lots.push((year, substance, -loss, loss));
            }
            "CountAccepted" => self.count(&data),
            _ => {}
        }
    }

    fn line(&mut self, data: Value, seq: &str, sign: i128) {
        let year = year_of(&data, "occurred_on");
        let dispatch = if text(&data, "movement") == "dispatch" {
            seq.to_owned()
        } else {
            data["dispatch"].to_string()
        };
        let (substance, content) = self.items[&text(&data, "item")].clone();
        let base = sign * number(&data, "amount") * content;
        match &*text(&data, "movement") {
            "lot_feed" => self.lots.push((year, substance, base, 0)),
            "lot_yield" => self.lots.push((year, substance, -base, 0)),
            _ => {}
        }
        let returns_found = self.returns_found;
        let line = Line {
            year,
            sign,
            data,
            dispatch,
            returns_found,
        };
        for (account, gain) in postings(&line) {
            self.keep_count(&line, &account, gain);
        }
        self.lines.push(line);
    }

    fn substance_of_lot(&self, site: &str, lot: &str) -> String {
        let of_lot = |line: &&Line| text(&line.data, "site") == site && text(&line.data, "lot") == lot;
        let line = self.lines.iter().find(of_lot).expect("a lot was fed");
        self.items[&text(&line.data, "item")].0.clone()
    }

    /// An accepted count of 31 December is the closing figure of what the supply side holds.
    fn count(&mut self, data: &Value) {
        let supply = !self.retail[&text(data, "site")] && text(data, "from") != "special";
        if !supply || !text(data, "counted_on").ends_with("-12-31") {
            return;
        }
        let (substance, content) = self.items[&text(data, "item")].clone();
        let year = year_of(data, "counted_on");
        let account = format!("{}/{}/{}", text(data, "site"), text(data, "item"), text(data, "batch"));
        let compartment = format!("{account}/{}", text(data, "from"));
        let before = self.year_ends.insert((compartment, year), number(data, "counted"));
        let closed = self.closed.entry(account).or_insert(year);
        *closed = year.max(*closed);
        *self.counted.entry((year, substance)).or_default() +=
            (number(data, "counted") - before.unwrap_or(number(data, "book"))) * content;
    }

    fn keep_count(&mut self, line: &Line, account: &str, gain: i128) {
        let Some(rest) = account.strip_prefix("held/") else {
            return;
        };
        let (compartment, place) = rest.split_once('/').expect("a compartment");
        let Some(closed) = self.closed.get(place).filter(|closed| line.year <= **closed) else {
            return;
        };
        if compartment != "special" {
            let (substance, content) = &self.items[&text(&line.data, "item")];
            *self.counted.entry((*closed, substance.clone())).or_default() -= gain * content;
        }
    }

    /// Every balance that is not nothing, by account.
    pub fn balances(&self) -> BTreeMap<String, i128> {
        let mut balances = BTreeMap::new();
        for (account, gain) in self.lines.iter().flat_map(postings) {
            *balances.entry(account).or_default() += gain;
        }
        balances.retain(|_, balance| *balance != 0);
        balances
    }

    /// The figures of a year in picograms, by the names that statements use.
    pub fn figures(&self, year: i64, substance: &str) -> BTreeMap<&'static str, i128> {
        let mut figures: BTreeMap<&'static str, i128> = BTreeMap::new();
        for line in self.lines.iter().filter(|line| line.year == year) {
            let (of, content) = &self.items[&text(&line.data, "item")];
            if of == substance {
                for (figure, amount) in self.counts_as(line) {
                    *figures.entry(figure).or_default() += amount * content * line.sign;
                }
            }
        }
        let loss = self
            .lots
            .iter()
            .filter(|(of_year, of, ..)| *of_year == year && of == substance);
        figures.insert("process_loss", loss.map(|(.., loss)| loss).sum());
        *figures.entry("opening").or_default() += self.closing(year - 1, substance);
        figures.insert("closing", self.closing(year, substance));
        let special = |year| self.at_end(year, substance, |site, place| !self.retail[site] && place == "special");
        figures.insert("to_special", special(year) - special(year - 1));
        let sum = |names: &[&str]| -> i128 { names.iter().filter_map(|name| figures.get(name)).sum() };
        let gained = sum(&["opening", "manufactured", "imported", "found"]);
        let gone = sum(&[
            "consumed",
            "utilized",
            "exported",
            "process_loss",
            "destroyed",
            "lost",
            "to_special",
        ]);
        let residual = gained - gone - figures["closing"];
        figures.insert("residual", residual);
        let retail = self.at_end(year, substance, |site, place| place != "way" && self.retail[site]);
        figures.insert("retail_stock", retail);
        figures.retain(|_, figure| *figure != 0);
        figures
    }

    /// Where the treaty counts a line (1961 art. 1(2)).
    fn counts_as(&self, line: &Line) -> Vec<(&'static str, i128)> {
        let (amount, excess) = (number(&line.data, "amount"), number(&line.data, "excess"));
        let retail = self.retail[&text(&line.data, "site")];
        match (&*text(&line.data, "movement"), retail) {
            ("opening", false) => vec![("opening", amount)],
            ("manufacture", _) => vec![("manufactured", amount)],
            ("import", false) => vec![("imported", amount)],
            ("find", false) => vec![("found", amount)],
            ("use_in_manufacture", false) => vec![("utilized", amount)],
            ("export", _) => vec![("exported", amount)],
            ("dispense", false) => vec![("dispensed", amount), ("consumed", amount)],
            ("dispense", true) => vec![("dispensed", amount)],
            ("destroy", false) => vec![("destroyed", amount)],
            ("lose", false) | ("lose_in_transit", _) => vec![("lost", amount)],
            ("receive", true) => vec![("consumed", amount - excess)],
            ("dispatch", true) if line.returns_found => vec![("found", amount)],
            ("dispatch", true) => vec![("consumed", -amount)],
            ("cancel_dispatch", true) if line.returns_found => vec![("found", -amount)],
            ("cancel_dispatch", true) => vec![("consumed", amount)],
            _ => Vec::new(),
        }
    }

    fn closing(&self, year: i64, substance: &str) -> i128 {
        let supply = self.at_end(year, substance, |site, place| {
            place == "way" || (place != "special" && !self.retail[site])
        });
        let in_lots = self
            .lots
            .iter()
            .filter(|(of_year, of, ..)| *of_year <= year && of == substance);
        let counted = self
            .counted
            .get(&(year, substance.to_owned()))
            .copied()
            .unwrap_or_default();
        supply + in_lots.map(|(_, _, fed, _)| fed).sum::<i128>() + counted
    }

    /// What lies in some places at the end of a year, in picograms. The places are compartments, and the way.
    fn at_end(&self, year: i64, substance: &str, wanted: impl Fn(&str, &str) -> bool) -> i128 {
        let mut sum = 0;
        for line in self.lines.iter().filter(|line| line.year <= year) {
            let (of, content) = &self.items[&text(&line.data, "item")];
            for (account, gain) in postings(line) {
                let words: Vec<&str> = account.split('/').collect();
                let counts = match &words[..] {
                    ["held", compartment, site, ..] => wanted(site, compartment),
                    ["way", ..] => wanted(&text(&line.data, "site"), "way"),
                    _ => false,
                };
                if of == substance && counts {
                    sum += gain * content;
                }
            }
        }
        sum
    }
}

/// The two legs of a line, and what had to be posted from unexplained.
fn postings(line: &Line) -> Vec<Posting> {
    let data = &line.data;
    let (site, item, batch) = (text(data, "site"), text(data, "item"), text(data, "batch"));
    let named = |field: &str| {
        Some(text(data, field))
            .filter(|word| !word.is_empty())
            .unwrap_or("stock".to_owned())
    };
    let held = |compartment: &str| format!("held/{compartment}/{site}/{item}/{batch}");
    let outside = |control: &str| format!("control/{control}/{item}");
    let way = format!("way/{}", line.dispatch);
    let (stock, from, into) = (held("stock"), held(&named("from")), held(&named("into")));
    let (from, to) = match &*text(data, "movement") {
        "opening" => (outside("opening"), stock),
        "manufacture" => (outside("produced"), stock),
        "lot_feed" => (stock, outside("lots")),
        "lot_yield" => (outside("lots"), stock),
        "use_in_manufacture" => (stock, outside("used")),
        "dispatch" => (stock, way),
        "receive" | "cancel_dispatch" => (way, stock),
        "reclassify" => (from, into),
        "import" => (outside("imported"), stock),
        "export" => (way, outside("exported")),
        "dispense" => (stock, outside("dispensed")),
        "destroy" => (held("awaiting_destruction"), outside("destroyed")),
        "lose" => (from, outside("lost")),
        "lose_in_transit" => (way, outside("lost")),
        "find" => (outside("found"), stock),
        _ => return Vec::new(),
    };
    let excess = number(data, "excess");
    let (moved, missing) = (number(data, "amount") - excess, number(data, "unexplained"));
    let unexplained = || outside("unexplained");
    let legs = [
        (unexplained(), -missing),
        (from.clone(), missing),
        (from, -moved),
        (to, moved),
        (unexplained(), -excess),
        (held("quarantine"), excess),
    ];
    legs.into_iter()
        .map(|(account, gain)| (account, gain * line.sign))
        .collect()
}
