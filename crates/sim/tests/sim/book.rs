//! The balances of the register's book, compared with figures that are added up from the journal's bytes alone.

use std::collections::{BTreeMap, BTreeSet};

use authority::{Authority, Wanted};
use jiff::civil::Date;
use serde_json::Value;

/// A line as the journal's bytes tell it: no type of the ledger is asked.
#[derive(Clone)]
struct Line {
    month: (i16, i8),
    seq: u64,
    site: String,
    item: String,
    batch: String,
    change: i128,
}

/// What a movement changes of what its site holds, written down a second time.
fn change(data: &Value) -> i128 {
    let amount = |name: &str| i128::from(data[name].as_i64().unwrap_or(0));
    match data["movement"].as_str().unwrap() {
        "opening" | "manufacture" | "lot_yield" | "import" | "find" | "cancel_dispatch" | "receive" => amount("amount"),
        "lot_feed" | "use_in_manufacture" | "dispatch" | "dispense" | "destroy" | "lose" => {
            amount("unexplained") - amount("amount")
        }
        "reclassify" => amount("unexplained"),
        "export" | "lose_in_transit" | "count" => 0,
        other => panic!("{other}"),
    }
}

fn line(seq: u64, data: &Value, sign: i128) -> Line {
    let text = |name: &str| data[name].as_str().unwrap().to_owned();
    let day: Date = text("occurred_on").parse().unwrap();
    Line {
        month: (day.year(), day.month()),
        seq,
        site: text("site"),
        item: text("item"),
        batch: text("batch"),
        change: sign * change(data),
    }
}

/// All lines of a journal in the order of the register.
fn lines(authority: &Authority) -> Vec<Line> {
    let size = authority.state().size;
    let mut found = Vec::new();
    for seq in 0..size {
        let bytes = authority.read(|journal| journal.entry(seq)).unwrap().unwrap().0;
        let entry: Value = serde_json::from_slice(&bytes).unwrap();
        match entry["kind"].as_str().unwrap() {
            "MovementRecorded" => found.push(line(seq, &entry["data"], 1)),
            "LineReversed" => found.push(line(seq, &entry["data"]["original"], -1)),
            _ => {}
        }
    }
    found.sort_by_key(|line| (line.month, line.seq));
    found
}

/// The lines that are wanted with the balance of the item after each, newest first: (seq, change, balance).
fn wanted(lines: &[Line], site: &str, item: Option<&str>, batch: Option<&str>) -> Vec<((i16, i8), u64, i128, i128)> {
    let mut held: BTreeMap<&str, i128> = BTreeMap::new();
    let mut found = Vec::new();
    let of = lines.iter().filter(|line| {
        line.site == site && item.is_none_or(|item| line.item == item) && batch.is_none_or(|batch| line.batch == batch)
    });
    for line in of {
        let held = held.entry(&line.item).or_default();
        *held += line.change;
        found.push((line.month, line.seq, line.change, *held));
    }
    found.reverse();
    found
}

fn shown(authority: &Authority, wanted: &Wanted) -> Vec<(u64, i128, i128)> {
    let (mut found, mut page) = (Vec::new(), *wanted);
    loop {
        let book = authority.book(&page).unwrap();
        assert!(book.lines.len() <= page.limit);
        assert!(
            book.more || wanted.month.is_some() || book.before.values().all(|held| *held == 0),
            "a book begins with nothing"
        );
        page.after = book.lines.last().map(|last| (last.day, last.entry.seq));
        found.extend(
            book.lines
                .iter()
                .map(|line| (line.entry.seq, line.change, line.balance)),
        );
        if !book.more {
            return found;
        }
    }
}

/// Compares every book of an authority; gives how many lines were compared.
pub fn compare(authority: &Authority) -> usize {
    let all = lines(authority);
    let mut books: BTreeSet<(String, Option<String>, Option<String>)> = BTreeSet::new();
    for line in &all {
        books.insert((line.site.clone(), None, None));
        books.insert((line.site.clone(), Some(line.item.clone()), None));
        if books.len() < 2_000 {
            books.insert((line.site.clone(), Some(line.item.clone()), Some(line.batch.clone())));
        }
    }
    let mut compared = 0;
    for (site, item, batch) in books {
        let expected = wanted(&all, &site, item.as_deref(), batch.as_deref());
        let of = {
            let state = authority.state();
            let item_no = item.as_ref().map(|item| state.items.find(item).unwrap().0);
            Wanted {
                site: state.holders.site(&site).unwrap().0,
                item: item_no,
                batch: batch
                    .as_ref()
                    .map(|batch| state.ledger.batch(item_no.unwrap(), batch).unwrap().0),
                month: None,
                after: None,
                limit: if expected.len() > 500 { 97 } else { 3 },
            }
        };
        let plain = |lines: &[((i16, i8), u64, i128, i128)]| -> Vec<(u64, i128, i128)> {
            lines
                .iter()
                .map(|(_, seq, change, held)| (*seq, *change, *held))
                .collect()
        };
        assert_eq!(shown(authority, &of), plain(&expected), "{site} {item:?} {batch:?}");
        compared += expected.len();
        let months: BTreeSet<(i16, i8)> = expected.iter().map(|line| line.0).collect();
        for month in months.into_iter().take(3) {
            let in_month: Vec<_> = expected.iter().filter(|line| line.0 == month).copied().collect();
            let month = Date::new(month.0, month.1, 17).ok();
            assert_eq!(
                shown(authority, &Wanted { month, ..of }),
                plain(&in_month),
                "{site} {item:?} {month:?}"
            );
        }
    }
    compared
}
