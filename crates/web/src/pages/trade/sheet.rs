//! Permits and authorizations as sheets of A4, in English and Chinese side by side, with every field that the law asks
//! for (1961 art. 31(4)(b)–(c)) and where they stand in the log.

use ::authority::AuthorityError;
use askama::Template;
use axum::http::{HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::State;
use domain::trade::{Case, Consignments, Endorsement, Line, Party, Side, Stage};
use jiff::civil::Date;

use super::facts::{endorsement, yes_key};
use super::{GoodsRow, authority, base_of, goods_row, purpose_key, sees};
use crate::answer::{Answered, Fault, encoded, file, html, typed};
use crate::ask::Ask;
use crate::frame::Frame;
use crate::names;
use crate::words::{Lang, Words};

/// Entries of one case or authorization that are looked through.
const ENTRIES_MAX: usize = 200;

/// A label in both languages.
pub struct Label {
    pub en: String,
    pub zh: String,
}

/// A field of a sheet.
pub struct Field {
    pub label: Label,
    pub lines: Vec<String>,
    /// The same lines in the other language, for the document; none where they say the same.
    pub zh: Vec<String>,
    pub wide: bool,
    /// Whether it is a party.
    pub party: bool,
}

/// The entry of the log that a sheet shows.
pub struct Logged {
    pub seq: u64,
    pub leaf: String,
}

#[derive(Template)]
#[template(path = "trade/sheet.html")]
struct SheetPage {
    f: Frame,
    back: String,
    authority: String,
    heading: Label,
    number: String,
    stamp: Option<Label>,
    fields: Vec<Field>,
    lines: Vec<GoodsRow>,
    total: String,
    columns: [Label; 5],
    total_label: Label,
    endorsed: Vec<Field>,
    endorsements: Label,
    codes: Vec<Coded>,
    /// The code as a text file; none where there is no code.
    code_file: Option<String>,
    codes_label: Label,
    entry: Option<Logged>,
    entry_label: Label,
    leaf_label: Label,
    log_label: Label,
    log: String,
    check: String,
    printed: String,
    /// The documents that there are of it, by the keys of their words.
    documents: Vec<(String, &'static str)>,
}

/// A code as it is printed.
struct Coded {
    /// Which part it is, where there are several.
    part: Option<Label>,
    picture: String,
}

pub const EN: Words = Words(Lang::En);
pub const ZH: Words = Words(Lang::Zh);

pub fn both(key: &str) -> Label {
    Label {
        en: EN.t(key),
        zh: ZH.t(key),
    }
}

/// What a sheet says, gathered under the lock of the state.
pub struct Sheet {
    pub heading: &'static str,
    pub number: String,
    /// The day on which it was issued.
    pub day: Date,
    pub authority: String,
    pub stamp: Option<&'static str>,
    pub fields: Vec<Field>,
    pub lines: Vec<GoodsRow>,
    /// The same in the other language, for the document.
    pub zh_lines: Vec<GoodsRow>,
    pub total: String,
    pub endorsed: Vec<Field>,
    /// The subject and kind of the entry with which it was issued; none for a partner's.
    pub entry: Option<(String, &'static str)>,
    pub log: String,
    back: String,
}

impl Sheet {
    /// The origin of the log.
    pub fn origin(&self) -> String {
        // Name and hash; the key itself follows, and may have any letter.
        let parts: Vec<&str> = self.log.splitn(3, '+').take(2).collect();
        parts.join("+")
    }

    /// Its code or codes: own permits alone have one of ours.
    pub fn codes(&self, ask: &Ask) -> Result<Vec<String>, Fault> {
        if self.heading == "sheet-permit" && self.entry.is_some() {
            permit_codes(ask, &self.number)
        } else {
            Ok(Vec::new())
        }
    }
}

#[derive(Default)]
pub struct Pen(pub Vec<Field>);

impl Pen {
    /// What is the same in both languages.
    pub fn one(&mut self, key: &str, says: impl Into<String>) {
        self.lines(key, vec![says.into()]);
    }

    /// Several lines that are the same in both languages.
    pub fn lines(&mut self, key: &str, lines: Vec<String>) {
        self.put(key, |_| Vec::new(), false);
        if let Some(field) = self.0.last_mut() {
            field.lines = lines;
        }
    }

    /// The customs posts to which it is bound, if it is.
    pub fn posts(&mut self, posts: &[domain::id::Text]) {
        if !posts.is_empty() {
            self.lines("sheet-posts", posts.iter().map(ToString::to_string).collect());
        }
    }

    /// What is said in words.
    pub fn said(&mut self, key: &str, says: impl Fn(Words) -> String) {
        self.put(key, |words| vec![says(words)], false);
    }

    pub fn put(&mut self, key: &str, says: impl Fn(Words) -> Vec<String>, wide: bool) {
        self.0.push(Field {
            label: both(key),
            lines: says(EN),
            zh: says(ZH),
            wide,
            party: false,
        });
    }

    pub fn party(&mut self, key: &str, party: &Party) {
        let country = |words| names::country(words, party.country);
        let lines = |words| vec![party.name.to_string(), party.address.to_string(), country(words)];
        self.put(key, lines, true);
        if let Some(field) = self.0.last_mut() {
            field.party = true;
        }
    }
}

/// The export permit, or the copy of a partner's.
pub fn permit(ask: &Ask) -> Answered {
    print(ask, the_permit(ask)?)
}

/// The sheet of the permit that is asked for, if whoever asks may see it.
pub fn the_permit(ask: &Ask) -> Result<Sheet, Fault> {
    let state = ask.state();
    let visitor = ask.visitor()?;
    let case = case_of_permit(&state, ask.param("number")).ok_or(Fault::NotFound)?;
    if !sees(&state, visitor, case) {
        return Err(Fault::NotFound);
    }
    permit_sheet(ask, &state, case).ok_or(Fault::NotFound)
}

/// The case of a permit of ours, or of one whose copy a partner has sent.
pub fn case_of_permit<'a>(state: &'a State, number: &str) -> Option<&'a Case> {
    let copy = || state.trade.cases_of_copy(number).next();
    state.trade.permitted(number).or_else(copy)
}

fn permit_sheet(ask: &Ask, state: &State, case: &Case) -> Option<Sheet> {
    let permit = case.permit.as_ref()?;
    let consignment = &permit.consignment;
    let issuer = match case.side {
        Side::Exporting => state.founding.id.to_string(),
        Side::Importing => case.partner.as_ref()?.to_string(),
    };
    let mut pen = Pen::default();
    pen.party("sheet-exporter", &consignment.exporter);
    pen.party("sheet-importer", &consignment.importer);
    pen.said("sheet-issued", |words| words.day(permit.issued_on));
    pen.said("sheet-until", |words| words.day(permit.valid_until));
    if let Some(number) = &consignment.authorization {
        pen.one("sheet-authorization", number.to_string());
        pen.said("sheet-authorization-issued", |words| {
            words.day(permit.authorization_issued_on)
        });
        let issuer = authority(state, &permit.authorization_issuer);
        pen.one("sheet-authorization-issuer", issuer);
    }
    if let Some(emergency) = &case.emergency {
        let lines = vec![emergency.name.to_string(), emergency.request.to_string()];
        pen.lines("sheet-emergency", lines);
    }
    if let Some(grade) = case.grade().filter(|_| case.side == Side::Exporting) {
        pen.said("sheet-grade", |words| words.t(super::grade_key(grade)));
    }
    pen.said("sheet-purpose", |words| words.t(purpose_key(consignment.purpose)));
    pen.said("sheet-bonded", |words| words.t(yes_key(consignment.bonded)));
    pen.one("sheet-case", case.id.to_string());
    pen.posts(&case.posts);
    if case.copy() > 0 {
        pen.one("sheet-copy", case.copy().to_string());
    }
    pen.put(
        "sheet-conditions",
        |words| vec![words.t("sheet-conditions-permit")],
        true,
    );
    let ours = case.side == Side::Exporting;
    Some(Sheet {
        heading: "sheet-permit",
        number: permit.number.to_string(),
        day: permit.issued_on,
        authority: authority(state, &issuer),
        stamp: stamp(case, permit.valid_until < ask.today()),
        fields: pen.0,
        lines: rows(EN, state, &consignment.lines),
        zh_lines: rows(ZH, state, &consignment.lines),
        total: names::mass(EN, base_of(&consignment.lines)),
        endorsed: endorsed(state, case),
        entry: ours.then(|| (case.id.to_string(), "ExportPermitIssued")),
        log: if ours {
            state.log_key().to_owned()
        } else {
            let partner = state.partners.get(&issuer);
            partner
                .map(|partner| partner.file.log_key.to_string())
                .unwrap_or_default()
        },
        back: super::case_path(&case.id),
    })
}

/// What is stamped across a sheet that is not, or no more, a permit to let goods pass.
pub fn stamp(case: &Case, ended: bool) -> Option<&'static str> {
    match case.stage {
        Stage::Expired => Some("sheet-stamp-unused"),
        Stage::Revoked => Some("sheet-stamp-revoked"),
        Stage::Suspended => Some("sheet-stamp-suspended"),
        Stage::Held => Some("sheet-stamp-held"),
        stage if stage.has_left() => Some("sheet-stamp-used"),
        _ if ended => Some("sheet-stamp-ended"),
        _ if case.side == Side::Importing => Some("sheet-stamp-copy"),
        _ => None,
    }
}

pub fn rows(words: Words, state: &State, lines: &[Line]) -> Vec<GoodsRow> {
    lines.iter().map(|line| goods_row(words, state, line)).collect()
}

/// The endorsements, and room for those that are still to come.
fn endorsed(state: &State, case: &Case) -> Vec<Field> {
    let mut pen = Pen::default();
    let lines = |words: Words, endorsed: &Option<Endorsement>| {
        endorsed.as_ref().map_or_else(
            || vec![words.t("sheet-not-endorsed")],
            |endorsed| endorsement(words, state, endorsed),
        )
    };
    pen.put("sheet-departure", |words| lines(words, &case.departure), false);
    pen.put("sheet-arrival", |words| lines(words, &case.arrival), false);
    if case.returned.is_some() {
        pen.put("case-returned", |words| lines(words, &case.returned), false);
    }
    if let Some(declaration) = &case.declaration {
        pen.one("case-declaration", declaration.to_string());
    }
    pen.0
}

/// An import authorization of this authority.
pub fn authorization(ask: &Ask) -> Answered {
    print(ask, the_authorization(ask)?)
}

/// The sheet of the authorization that is asked for, if whoever asks may see it.
pub fn the_authorization(ask: &Ask) -> Result<Sheet, Fault> {
    let state = ask.state();
    let visitor = ask.visitor()?;
    let own = state.trade.own(ask.param("number")).ok_or(Fault::NotFound)?;
    let site = state.holders.site(&own.site).map(|(_, site)| site.holder_id.as_str());
    if visitor.holder().is_some_and(|holder| site.ok() != Some(holder)) {
        return Err(Fault::NotFound);
    }
    Ok(authorization_sheet(ask, &state, own))
}

fn authorization_sheet(ask: &Ask, state: &State, own: &domain::trade::OwnAuthorization) -> Sheet {
    let authorization = &own.authorization;
    let mut pen = Pen::default();
    pen.party("sheet-importer", &authorization.importer);
    pen.party("sheet-exporter", &authorization.exporter);
    pen.said("sheet-issued", |words| words.day(authorization.issued_on));
    pen.said("sheet-until", |words| words.day(authorization.valid_until));
    let consignments = match authorization.consignments {
        Consignments::Single => "authorization-single",
        Consignments::Several => "authorization-several",
    };
    pen.said("sheet-consignments", |words| words.t(consignments));
    pen.said("sheet-purpose", |words| words.t(purpose_key(authorization.purpose)));
    pen.said("sheet-bonded", |words| words.t(yes_key(authorization.bonded)));
    pen.one("sheet-application", own.application.to_string());
    pen.posts(&own.posts);
    if own.version > 1 {
        pen.one("sheet-version", own.version.to_string());
    }
    let ended: Date = authorization.valid_until;
    let stamp = if own.cancelled {
        Some("sheet-stamp-cancelled")
    } else if ended < ask.today() {
        Some("sheet-stamp-ended")
    } else {
        None
    };
    Sheet {
        heading: "sheet-import-authorization",
        number: authorization.number.to_string(),
        day: authorization.issued_on,
        authority: authority(state, &authorization.issuer),
        stamp,
        fields: pen.0,
        lines: rows(EN, state, &authorization.lines),
        zh_lines: rows(ZH, state, &authorization.lines),
        total: names::mass(EN, base_of(&authorization.lines)),
        endorsed: Vec::new(),
        entry: Some((authorization.number.to_string(), "ImportAuthorizationIssued")),
        log: state.log_key().to_owned(),
        back: format!("/authorizations/{}", encoded(&authorization.number)),
    }
}

fn print(ask: &Ask, sheet: Sheet) -> Answered {
    ask.looked_at(&sheet.number);
    let entry = match &sheet.entry {
        Some((subject, kind)) => logged(ask, subject, kind)?,
        None => None,
    };
    let words = ask.words();
    let codes = coded(&sheet.codes(ask)?);
    let origin = sheet.origin();
    let code_file = format!("/permits/{}/code", encoded(&sheet.number));
    let check = ask.app.url(&format!("/verify/{}", encoded(&sheet.number)));
    let documents = super::pdf::links(&sheet);
    let title = words.t1(&format!("{}-title", sheet.heading), "number", &sheet.number);
    let border = ask.visitor()?.is(domain::access::Role::CustomsOfficer);
    html(&SheetPage {
        f: Frame::of(ask, title),
        back: if border {
            format!("/customs/{}", encoded(&sheet.number))
        } else {
            sheet.back
        },
        authority: sheet.authority,
        heading: both(sheet.heading),
        number: sheet.number,
        stamp: sheet.stamp.map(both),
        fields: sheet.fields,
        lines: sheet.lines,
        total: sheet.total,
        columns: ["sheet-drug", "sheet-inn", "sheet-form", "sheet-quantity", "sheet-base"].map(both),
        total_label: both("sheet-total"),
        endorsed: sheet.endorsed,
        endorsements: both("sheet-endorsements"),
        code_file: (!codes.is_empty()).then_some(code_file),
        codes,
        codes_label: both("code-of-permit"),
        entry,
        entry_label: both("sheet-entry"),
        leaf_label: both("sheet-leaf"),
        log_label: both("sheet-log"),
        log: origin,
        check,
        printed: ask.time(ask.now),
        documents,
    })
}

/// The entry with which something was issued, and its leaf in the log.
pub fn logged(ask: &Ask, subject: &str, kind: &str) -> Result<Option<Logged>, Fault> {
    let authority = ask.app.authority();
    authority.catch_up()?;
    let rows = authority.register(|register| register.entries_of_subject(subject, 0, ENTRIES_MAX))?;
    let Some(row) = rows.iter().find(|row| row.kind == kind) else {
        return Ok(None);
    };
    let found = authority.read(|journal| journal.entry(row.seq))?;
    Ok(found.map(|(_, leaf)| Logged {
        seq: row.seq,
        leaf: STANDARD.encode(leaf),
    }))
}

/// The codes of a permit of ours; none if a field of it cannot be signed as it is, of which the sheet says nothing
/// wrong: the entry of the log counts.
pub fn permit_codes(ask: &Ask, number: &str) -> Result<Vec<String>, Fault> {
    match ask.app.authority().permit_codes(number) {
        Ok(codes) => Ok(codes.texts().to_vec()),
        Err(AuthorityError::Refused(_)) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// Codes as pictures for a camera.
fn coded(codes: &[String]) -> Vec<Coded> {
    let count = codes.len();
    let drawn = codes.iter().zip(1..).filter_map(|(code, number)| {
        let picture = permit::draw(code).ok()?;
        Some(Coded {
            part: (count > 1).then(|| part(number, count)),
            picture: format!("data:image/svg+xml;base64,{}", STANDARD.encode(picture.svg)),
        })
    });
    drawn.collect()
}

pub fn part(number: usize, count: usize) -> Label {
    let of = |words: Words| words.t2("code-part", "number", number, "count", count);
    Label { en: of(EN), zh: of(ZH) }
}

/// The code of a permit of ours as a text file, a part a line, for whoever sees the sheet.
pub fn code(ask: &Ask) -> Answered {
    let number = {
        let state = ask.state();
        let visitor = ask.visitor()?;
        let case = state.trade.permitted(ask.param("number"));
        let case = case.filter(|case| sees(&state, visitor, case)).ok_or(Fault::NotFound)?;
        let permit = case.permit.as_ref().ok_or(Fault::NotFound)?;
        permit.number.to_string()
    };
    ask.looked_at(&number);
    let codes = permit_codes(ask, &number)?;
    if codes.is_empty() {
        return Err(Fault::NotFound);
    }
    let text = codes.join("\n") + "\n";
    file("text/plain; charset=utf-8", &format!("{number}.txt"), text)
}

/// The signed list of permits that are over, for whoever checks codes without a network.
pub fn list(ask: &Ask) -> Answered {
    let list = ask.app.authority().permit_list(ask.now)?;
    let mut response = typed("application/cose; cose-type=\"cose-sign1\"", list.to_vec());
    // It is good for days, but what was revoked should be known within minutes.
    let minutes = HeaderValue::from_static("public, max-age=300");
    response.headers_mut().insert(header::CACHE_CONTROL, minutes);
    Ok(response)
}
