//! Sheets as documents: PDF in both languages, with the proof that the entry is in the log attached.

use document::{Attachment, Both, Code, Field, Goods, Section};
use domain::State;
use domain::trade::{Case, Endorsement, Line, Side};

use super::facts::endorsement as endorsed_lines;
use super::sheet::{self, EN, Label, Logged, Pen, Sheet, ZH, both, case_of_permit};
use super::{GoodsRow, authority, quantity};
use crate::answer::{Answered, Fault, encoded, file};
use crate::ask::Ask;
use crate::words::Words;

/// The documents that there are of a sheet, and the keys of their words.
pub fn links(sheet: &Sheet) -> Vec<(String, &'static str)> {
    let number = encoded(&sheet.number);
    if sheet.heading != "sheet-permit" {
        return vec![(format!("/authorizations/{number}/document.pdf"), "document-pdf")];
    }
    let permit = (format!("/permits/{number}/document.pdf"), "document-pdf");
    let endorsement = (format!("/permits/{number}/endorsement.pdf"), "document-endorsement-pdf");
    vec![permit, endorsement]
}

/// An export permit.
pub fn permit(ask: &Ask) -> Answered {
    let sheet = sheet::the_permit(ask)?;
    printed(ask, sheet, "document-permit-title")
}

/// An import authorization.
pub fn authorization(ask: &Ask) -> Answered {
    let sheet = sheet::the_authorization(ask)?;
    printed(ask, sheet, "document-authorization-title")
}

fn printed(ask: &Ask, sheet: Sheet, title: &str) -> Answered {
    let logged = match &sheet.entry {
        Some((subject, kind)) => sheet::logged(ask, subject, kind)?,
        None => None,
    };
    let codes = coded(&sheet.codes(ask)?);
    let check = ask.app.url(&format!("/verify/{}", encoded(&sheet.number)));
    let mut beside = vec![label("code-of-permit"), label("code-offline")];
    beside.push(Both {
        en: EN.t1("sheet-check", "address", &check),
        zh: ZH.t1("sheet-check", "address", &check),
    });
    let columns = ["sheet-drug", "sheet-inn", "sheet-form", "sheet-quantity", "sheet-base"];
    let goods = Goods {
        title: label("case-goods"),
        columns: columns.map(label).to_vec(),
        rows: sheet.lines.iter().zip(&sheet.zh_lines).map(row).collect(),
        words: 3,
        total: Some((label("sheet-total"), sheet.total.clone())),
    };
    let endorsed = (!sheet.endorsed.is_empty()).then(|| Section {
        title: label("sheet-endorsements"),
        fields: sheet.endorsed.iter().map(field).collect(),
    });
    let parts = Parts {
        title: EN.t1(title, "number", &sheet.number),
        heading: label(sheet.heading),
        log: sheet.origin(),
        sheet,
        goods,
        endorsed,
        codes,
        beside,
        logged,
    };
    finished(ask, parts)
}

/// What left, and what arrived, as customs has endorsed it.
pub fn endorsement(ask: &Ask) -> Answered {
    let mut sheet = sheet::the_permit(ask)?;
    let (goods, endorsed, subject, kind) = {
        let state = ask.state();
        let case = case_of_permit(&state, ask.param("number")).ok_or(Fault::NotFound)?;
        sheet.fields = endorsed_fields(case);
        sheet.authority = authority(&state, state.founding.id.as_str());
        state.log_key().clone_into(&mut sheet.log);
        let last = case.arrival.as_ref().or(case.departure.as_ref());
        sheet.day = last.map_or(sheet.day, |endorsed| endorsed.on);
        // What is proven is the word of our own customs; of the partner's there is a message.
        let kind = match case.side {
            Side::Exporting => "ConsignmentDeparted",
            Side::Importing => "ConsignmentArrived",
        };
        let endorsed = Section {
            title: label("sheet-endorsements"),
            fields: endorsements(&state, case).iter().map(field).collect(),
        };
        (endorsed_goods(&state, case), endorsed, case.id.to_string(), kind)
    };
    // It says what happened under the permit, whatever became of that.
    sheet.stamp = None;
    let logged = sheet::logged(ask, &subject, kind)?;
    let parts = Parts {
        title: EN.t1("document-endorsement-title", "number", &sheet.number),
        heading: label("document-endorsement"),
        log: sheet.origin(),
        codes: coded(&sheet.codes(ask)?),
        beside: vec![label("code-of-permit"), label("code-offline")],
        sheet,
        goods,
        endorsed: Some(endorsed),
        logged,
    };
    finished(ask, parts)
}

fn endorsed_fields(case: &Case) -> Vec<sheet::Field> {
    let mut pen = Pen::default();
    pen.party("sheet-exporter", &case.consignment.exporter);
    pen.party("sheet-importer", &case.consignment.importer);
    let number = case.permit.as_ref().map(|permit| permit.number.to_string());
    pen.one("document-permit", number.unwrap_or_default());
    pen.one("sheet-case", case.id.to_string());
    pen.0
}

/// Where and when each side has endorsed; the quantities stand in the table.
fn endorsements(state: &State, case: &Case) -> Vec<sheet::Field> {
    let mut pen = Pen::default();
    for (key, endorsed) in [
        ("document-departure", &case.departure),
        ("document-arrival", &case.arrival),
    ] {
        let lines = |words: Words| match endorsed {
            Some(endorsed) => endorsed_lines(words, state, endorsed)
                .into_iter()
                .skip(endorsed.lines.len())
                .collect(),
            None => vec![words.t("document-not-yet")],
        };
        pen.put(key, lines, false);
    }
    pen.0
}

fn endorsed_goods(state: &State, case: &Case) -> Goods {
    let moved = |endorsed: &Option<Endorsement>, line: &Line| {
        let lines = endorsed.iter().flat_map(|endorsed| &endorsed.lines);
        let found = lines.into_iter().find(|found| found.goods == line.goods);
        let amount = |words| {
            found.map_or_else(
                || Words::t(words, "document-not-yet"),
                |found| quantity(words, state, &found.goods, found.amount),
            )
        };
        pair(amount(EN), amount(ZH))
    };
    let lines = &case.consignment.lines;
    let shown = sheet::rows(EN, state, lines)
        .into_iter()
        .zip(sheet::rows(ZH, state, lines));
    let rows = lines.iter().zip(shown).map(|(line, (en, zh))| {
        vec![
            pair(en.name, zh.name),
            pair(en.substance, zh.substance),
            pair(en.amount, zh.amount),
            moved(&case.departure, line),
            moved(&case.arrival, line),
        ]
    });
    let columns = [
        "sheet-drug",
        "sheet-inn",
        "document-permitted",
        "document-departed",
        "document-arrived",
    ];
    Goods {
        title: label("case-goods"),
        columns: columns.map(label).to_vec(),
        rows: rows.collect(),
        words: 2,
        total: None,
    }
}

/// What a document is put together from.
struct Parts {
    title: String,
    heading: Both,
    log: String,
    sheet: Sheet,
    goods: Goods,
    endorsed: Option<Section>,
    codes: Vec<Code>,
    beside: Vec<Both>,
    logged: Option<Logged>,
}

fn finished(ask: &Ask, parts: Parts) -> Answered {
    let Parts { sheet, logged, log, .. } = parts;
    ask.looked_at(&sheet.number);
    let plain = |key: &str, says: &str| Field {
        label: label(key),
        lines: vec![pair(says.to_owned(), String::new())],
    };
    let mut shown = vec![plain("sheet-log", &log)];
    if let Some(logged) = &logged {
        shown.insert(0, plain("sheet-entry", &logged.seq.to_string()));
        shown.push(plain("sheet-leaf", &logged.leaf));
    }
    let of = |wanted: fn(&sheet::Field) -> bool| sheet.fields.iter().filter(move |field| wanted(field)).map(field);
    let document = document::Sheet {
        title: parts.title,
        day: (sheet.day.year(), sheet.day.month(), sheet.day.day()),
        authority: sheet.authority.clone(),
        heading: parts.heading,
        number: sheet.number.clone(),
        stamp: sheet.stamp.map(label),
        parties: of(|field| field.party).collect(),
        fields: of(|field| !field.wide).collect(),
        wide: of(|field| field.wide && !field.party).collect(),
        goods: parts.goods,
        endorsed: parts.endorsed,
        codes: parts.codes,
        beside: parts.beside,
        log: shown,
        foot: label("document-foot"),
        replaced: label("document-replaced"),
        attachment: logged.map(|logged| proof(ask, logged.seq, &log)).transpose()?.flatten(),
    };
    let bytes = document::pdf(&document).map_err(|error| Fault::Failed(error.to_string()))?;
    file("application/pdf", &format!("{}.pdf", document.title), bytes)
}

/// The proof that an entry is in the log; none while no checkpoint covers it.
fn proof(ask: &Ask, seq: u64, log: &str) -> Result<Option<Attachment>, Fault> {
    let found = ask.app.authority().read(|journal| authority_proof(journal, seq))?;
    Ok(found.map(|text| Attachment {
        name: format!("entry-{seq}.tlog-proof"),
        kind: "text/plain".to_owned(),
        description: EN.t2("document-proof", "entry", seq, "log", log),
        bytes: text.into_bytes(),
    }))
}

fn authority_proof(journal: &dyn store::JournalReader, seq: u64) -> Result<Option<String>, Fault> {
    match ::authority::proof(journal, seq) {
        Ok((entry, mut proof)) => {
            proof.extra = Some(entry);
            let text = proof.to_text().map_err(|error| Fault::Failed(error.to_string()))?;
            Ok(Some(text))
        }
        Err(::authority::AuthorityError::Refused(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn coded(codes: &[String]) -> Vec<Code> {
    let count = codes.len();
    let drawn = codes.iter().zip(1..).filter_map(|(code, number)| {
        let part = (count > 1).then(|| sheet::part(number, count));
        Some(Code {
            svg: permit::draw(code).ok()?.svg,
            alt: EN.t("code-picture"),
            part: part.map(|part| of(&part)),
        })
    });
    drawn.collect()
}

fn label(key: &str) -> Both {
    of(&both(key))
}

fn of(label: &Label) -> Both {
    pair(label.en.clone(), label.zh.clone())
}

/// Words in both languages, once where they are the same.
fn pair(en: String, zh: String) -> Both {
    let zh = if zh == en { String::new() } else { zh };
    Both { en, zh }
}

fn field(field: &sheet::Field) -> Field {
    let zh = field.zh.iter().cloned().map(Some).chain(std::iter::repeat(None));
    let lines = field.lines.iter().cloned().zip(zh);
    Field {
        label: of(&field.label),
        lines: lines.map(|(en, zh)| pair(en, zh.unwrap_or_default())).collect(),
    }
}

fn row((en, zh): (&GoodsRow, &GoodsRow)) -> Vec<Both> {
    let cells = [
        (&en.name, &zh.name),
        (&en.substance, &zh.substance),
        (&en.form, &zh.form),
        (&en.amount, &zh.amount),
        (&en.base, &zh.base),
    ];
    cells.map(|(en, zh)| pair(en.clone(), zh.clone())).to_vec()
}
