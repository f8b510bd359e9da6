//! Goods of other countries that pass through this one: what is on its way, and one passage with what can be done about it
//! (1961 art. 31(10)–(14)).

use askama::Template;
use domain::State;
use domain::trade::passage::{Detention, Packing, Passage, Passing};

use super::{GoodsRow, Proposed, act_link, amount_field, case_path, goods_row, party, proposals, quantity, substances};
use crate::act::{Said, may};
use crate::answer::{Answered, Fault, encoded, html};
use crate::ask::{Ask, Visitor};
use crate::frame::Frame;
use crate::names;
use crate::words::Words;

/// Rows of the table: what is open, and then the newest.
const ROWS: usize = 200;

/// A passage in the table.
struct Row {
    id: String,
    path: String,
    from: String,
    to: String,
    substances: String,
    since: String,
    state: String,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "trade/passages.html")]
struct PassagesPage {
    f: Frame,
    rows: Vec<Row>,
    more: bool,
    may_open: bool,
}

#[derive(Template)]
#[template(path = "trade/passage.html")]
struct PassagePage {
    f: Frame,
    state: String,
    class: &'static str,
    lines: Vec<GoodsRow>,
    said: Vec<Said>,
    /// The case of the new export, if the goods are let go elsewhere.
    diversion: Option<(String, String)>,
    waits: Option<String>,
    acts: Vec<(String, String)>,
}

/// The page of a passage.
pub fn path(id: &str) -> String {
    format!("/passages/{}", encoded(id))
}

pub fn list(ask: &Ask) -> Answered {
    let words = ask.words();
    let visitor = ask.visitor()?;
    let state = ask.state();
    let (open, over): (Vec<&Passage>, Vec<&Passage>) = state
        .trade
        .passages()
        .rev()
        .partition(|passage| passage.passing.is_open());
    let more = open.len() + over.len() > ROWS;
    let rows = open.into_iter().chain(over).take(ROWS);
    let page = PassagesPage {
        f: Frame::of(ask, words.t("passages-title")),
        rows: rows.map(|passage| row(words, &state, passage)).collect(),
        more,
        may_open: may(visitor, "open_passage"),
    };
    html(&page)
}

fn row(words: Words, state: &State, passage: &Passage) -> Row {
    let (from, to) = ends(passage);
    let country = |country: Option<_>| country.map_or_else(String::new, |country| names::country(words, country));
    Row {
        id: passage.id.to_string(),
        path: path(&passage.id),
        from: country(from),
        to: country(to),
        substances: substances(words, state, &passage.lines),
        since: words.day(passage.since),
        state: words.t(&state_key(passage.passing)),
        class: class(passage.passing),
    }
}

/// Where the goods come from, and where they go.
fn ends(passage: &Passage) -> (Option<domain::country::Country>, Option<domain::country::Country>) {
    match (&passage.entry, &passage.overflight) {
        (Some(entry), _) => (Some(entry.exporter.country), Some(entry.importer.country)),
        (None, Some(flight)) => (Some(flight.origin), Some(flight.destination)),
        (None, None) => (None, None),
    }
}

fn state_key(passing: Passing) -> String {
    format!("passage-is-{}", passing.word())
}

fn class(passing: Passing) -> &'static str {
    match passing {
        Passing::Open => "",
        Passing::Ended => "govuk-tag--green",
        Passing::Overflight | Passing::Closed => "govuk-tag--grey",
        Passing::Detained => "govuk-tag--orange",
        Passing::Different => "govuk-tag--red",
    }
}

pub fn one(ask: &Ask) -> Answered {
    let words = ask.words();
    let visitor = ask.visitor()?;
    let state = ask.state();
    let id = ask.param("id");
    let passage = state.trade.passage(id).ok_or(Fault::NotFound)?;
    let proposed = proposals(&state).remove(&format!("passage {id}"));
    let page = PassagePage {
        f: Frame::of(ask, words.t1("passage-title", "number", id)),
        state: words.t(&state_key(passage.passing)),
        class: class(passage.passing),
        lines: passage
            .lines
            .iter()
            .map(|line| goods_row(words, &state, line))
            .collect(),
        said: said(words, &state, passage),
        diversion: passage
            .diversion
            .as_ref()
            .filter(|_| visitor.is_any(super::TRADE))
            .map(|case| (case_path(case), case.to_string())),
        waits: proposed.as_ref().map(|proposed| format!("/decisions/{}", proposed.seq)),
        acts: acts(words, visitor, passage, proposed.as_ref()),
    };
    html(&page)
}

struct Pen {
    words: Words,
    said: Vec<Said>,
}

impl Pen {
    fn one(&mut self, key: &str, says: impl Into<String>) {
        self.many(key, vec![says.into()]);
    }

    fn many(&mut self, key: &str, lines: Vec<String>) {
        let label = self.words.t(key);
        self.said.push(Said { label, lines });
    }
}

fn said(words: Words, state: &State, passage: &Passage) -> Vec<Said> {
    let mut pen = Pen {
        words,
        said: Vec::new(),
    };
    if let Some(flight) = &passage.overflight {
        pen.one("passage-flight", flight.flight.to_string());
    }
    if let Some(entry) = &passage.entry {
        pen.one("case-exporter", party(words, &entry.exporter));
        pen.one("case-importer", party(words, &entry.importer));
        pen.one("passage-conveyance", entry.conveyance.to_string());
        pen.many("passage-in", vec![words.day(passage.since), entry.post.to_string()]);
        let copy = passage.copy.as_ref().map(|copy| {
            let until = words.day(copy.valid_until);
            words.t2("passage-copy-is", "number", &copy.number, "until", until)
        });
        pen.one("passage-copy", copy.unwrap_or_else(|| words.t("passage-no-copy")));
        pen.one("passage-packing", packing(words, passage.packing));
        if let Some(seals) = &passage.seals {
            pen.one("passage-seals", seals.to_string());
        }
    }
    if let Some(detention) = &passage.detention {
        pen.one("passage-detained", why(words, state, detention));
    }
    if let Some(reason) = &passage.repacking {
        pen.one("passage-repacking", reason.to_string());
    }
    for change in &passage.repacked {
        let (before, after) = (packing(words, change.before), packing(words, change.after));
        let lines = vec![
            words.day(change.on),
            words.t2("passage-from-to", "from", before, "to", after),
        ];
        pen.many("passage-repacked", lines);
    }
    if let Some(gone) = &passage.ended {
        let mut lines: Vec<String> = gone
            .lines
            .iter()
            .map(|line| quantity(words, state, &line.goods, line.amount))
            .collect();
        let to = names::country(words, gone.destination);
        lines.extend([
            packing(words, gone.packing),
            words.day(gone.on),
            gone.post.to_string(),
            to,
        ]);
        pen.many("passage-out", lines);
    }
    if let Some(closed) = &passage.closed {
        let outcome = words.value_in("outcome", closed.outcome.word());
        let mut lines = vec![outcome, words.day(closed.on), closed.explanation.to_string()];
        lines.extend(closed.incident.as_ref().map(ToString::to_string));
        pen.many("passage-closed", lines);
    }
    pen.said
}

fn packing(words: Words, packing: Packing) -> String {
    let (packages, gross) = (words.number(packing.packages), words.number(packing.gross_g));
    words.t2("passage-packages", "packages", packages, "gross", gross)
}

fn why(words: Words, state: &State, detention: &Detention) -> String {
    match detention {
        Detention::NoCopy => words.t("passage-why-no-copy"),
        Detention::CopyEnded(on) => words.t1("passage-why-ended", "on", words.day(*on)),
        Detention::Seen(reason) => reason.to_string(),
        Detention::More { item, counted, opened } => {
            let amount = |amount: i64| match state.items.find(item) {
                Ok((_, item)) => names::amount(words, item, amount),
                Err(_) => words.number(amount),
            };
            let said: [(&str, &dyn std::fmt::Display); 3] = [
                ("item", item),
                ("counted", &amount(*counted)),
                ("opened", &amount(*opened)),
            ];
            words.with("passage-why-more", &said)
        }
    }
}

/// What a visitor can do about a passage now.
fn acts(words: Words, visitor: &Visitor, passage: &Passage, proposed: Option<&Proposed>) -> Vec<(String, String)> {
    let waits = |verb: &str| proposed.is_some_and(|proposed| proposed.verb == verb);
    let verbs: &[&str] = match passage.passing {
        Passing::Overflight => &["open_passage"],
        Passing::Open => &[
            "end_passage",
            "detain_passage",
            "permit_repacking",
            "record_repacking",
            "divert_passage",
        ],
        Passing::Detained => &[
            "release_passage",
            "permit_repacking",
            "record_repacking",
            "close_passage",
        ],
        Passing::Different => &["close_passage"],
        Passing::Ended | Passing::Closed => &[],
    };
    let open = |verb: &&&str| {
        let permitted = **verb != "record_repacking" || passage.repacking.is_some();
        permitted && may(visitor, verb) && !waits(verb)
    };
    let link = |verb: &&str| {
        let fields = fields(passage, verb);
        let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let keep: &[&str] = match *verb {
            "open_passage" => &["overflight"],
            _ => &["passage"],
        };
        let path = act_link(verb, &pairs, keep, &self::path(&passage.id));
        (path, words.t(&crate::act::act_key(verb)))
    };
    verbs.iter().filter(open).map(link).collect()
}

/// What is known of the fields of an act.
fn fields(passage: &Passage, verb: &str) -> Vec<(&'static str, String)> {
    let id = passage.id.to_string();
    if verb == "open_passage" {
        return vec![("overflight", id)];
    }
    let mut fields = vec![("passage", id)];
    let Some(entry) = passage.entry.as_ref().filter(|_| verb == "end_passage") else {
        return fields;
    };
    let packing = passage.packing;
    fields.push(("destination", entry.importer.country.to_string()));
    fields.push(("packages", packing.packages.to_string()));
    fields.push(("gross_g", packing.gross_g.to_string()));
    // A form has few lines; whoever has more adds them.
    let names = [("lines.0.item", "lines.0.amount"), ("lines.1.item", "lines.1.amount")];
    for ((item, amount), (of, line)) in names.into_iter().zip(entry.items.iter().zip(&passage.lines)) {
        fields.push((item, of.to_string()));
        fields.push((amount, amount_field(&line.goods, line.amount)));
    }
    fields
}
