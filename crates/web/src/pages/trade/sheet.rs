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
    en: String,
    zh: String,
}

/// A field of a sheet.
pub struct Field {
    label: Label,
    lines: Vec<String>,
    wide: bool,
}

/// The entry of the log that a sheet shows.
struct Logged {
    seq: u64,
    leaf: String,
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
}

/// A code as it is printed.
struct Coded {
    /// Which part it is, where there are several.
    part: Option<Label>,
    picture: String,
}

const EN: Words = Words(Lang::En);
const ZH: Words = Words(Lang::Zh);

fn both(key: &str) -> Label {
    Label {
        en: EN.t(key),
        zh: ZH.t(key),
    }
}

/// What a sheet says, gathered under the lock of the state.
struct Sheet {
    heading: &'static str,
    number: String,
    authority: String,
    stamp: Option<&'static str>,
    fields: Vec<Field>,
    lines: Vec<GoodsRow>,
    total: String,
    endorsed: Vec<Field>,
    /// The subject and kind of the entry with which it was issued; none for a partner's.
    entry: Option<(String, &'static str)>,
    /// Whether it is the permit of an emergency export, which has no code.
    emergency: bool,
    log: String,
    back: String,
}

struct Pen(Vec<Field>);

impl Pen {
    fn one(&mut self, key: &str, says: impl Into<String>) {
        self.put(key, vec![says.into()], false);
    }

    fn put(&mut self, key: &str, lines: Vec<String>, wide: bool) {
        let label = both(key);
        self.0.push(Field { label, lines, wide });
    }

    fn party(&mut self, key: &str, party: &Party) {
        let country = names::country(EN, party.country);
        let lines = vec![party.name.to_string(), party.address.to_string(), country];
        self.put(key, lines, true);
    }
}

/// The export permit, or the copy of a partner's.
pub fn permit(ask: &Ask) -> Answered {
    let sheet = {
        let state = ask.state();
        let visitor = ask.visitor()?;
        let case = case_of_permit(&state, ask.param("number")).ok_or(Fault::NotFound)?;
        if !sees(&state, visitor, case) {
            return Err(Fault::NotFound);
        }
        permit_sheet(ask, &state, case).ok_or(Fault::NotFound)?
    };
    print(ask, sheet)
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
    let mut pen = Pen(Vec::new());
    pen.party("sheet-exporter", &consignment.exporter);
    pen.party("sheet-importer", &consignment.importer);
    pen.one("sheet-issued", EN.day(permit.issued_on));
    pen.one("sheet-until", EN.day(permit.valid_until));
    if let Some(number) = &consignment.authorization {
        pen.one("sheet-authorization", number.to_string());
        pen.one("sheet-authorization-issued", EN.day(permit.authorization_issued_on));
        let issuer = authority(state, &permit.authorization_issuer);
        pen.one("sheet-authorization-issuer", issuer);
    }
    if let Some(emergency) = &case.emergency {
        let lines = vec![emergency.name.to_string(), emergency.request.to_string()];
        pen.put("sheet-emergency", lines, false);
    }
    pen.one("sheet-purpose", EN.t(purpose_key(consignment.purpose)));
    pen.one("sheet-bonded", EN.t(yes_key(consignment.bonded)));
    pen.one("sheet-case", case.id.to_string());
    if !case.posts.is_empty() {
        pen.put(
            "sheet-posts",
            case.posts.iter().map(ToString::to_string).collect(),
            false,
        );
    }
    if case.copy() > 0 {
        pen.one("sheet-copy", case.copy().to_string());
    }
    pen.put("sheet-conditions", vec![EN.t("sheet-conditions-permit")], true);
    let ours = case.side == Side::Exporting;
    Some(Sheet {
        heading: "sheet-permit",
        number: permit.number.to_string(),
        authority: authority(state, &issuer),
        stamp: stamp(case, permit.valid_until < ask.today()),
        fields: pen.0,
        lines: rows(state, &consignment.lines),
        total: names::mass(EN, base_of(&consignment.lines)),
        endorsed: endorsed(state, case),
        entry: ours.then(|| (case.id.to_string(), "ExportPermitIssued")),
        emergency: case.emergency.is_some(),
        log: if ours {
            state.founding.log_key.to_string()
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
fn stamp(case: &Case, ended: bool) -> Option<&'static str> {
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

fn rows(state: &State, lines: &[Line]) -> Vec<GoodsRow> {
    lines.iter().map(|line| goods_row(EN, state, line)).collect()
}

/// The endorsements, and room for those that are still to come.
fn endorsed(state: &State, case: &Case) -> Vec<Field> {
    let mut pen = Pen(Vec::new());
    let lines = |endorsed: &Option<Endorsement>| {
        endorsed.as_ref().map_or_else(
            || vec![EN.t("sheet-not-endorsed")],
            |endorsed| endorsement(EN, state, endorsed),
        )
    };
    pen.put("sheet-departure", lines(&case.departure), false);
    pen.put("sheet-arrival", lines(&case.arrival), false);
    pen.0
}

/// An import authorization of this authority.
pub fn authorization(ask: &Ask) -> Answered {
    let sheet = {
        let state = ask.state();
        let visitor = ask.visitor()?;
        let own = state.trade.own(ask.param("number")).ok_or(Fault::NotFound)?;
        let site = state.holders.site(&own.site).map(|(_, site)| site.holder_id.as_str());
        if visitor.holder().is_some_and(|holder| site.ok() != Some(holder)) {
            return Err(Fault::NotFound);
        }
        authorization_sheet(ask, &state, own)
    };
    print(ask, sheet)
}

fn authorization_sheet(ask: &Ask, state: &State, own: &domain::trade::OwnAuthorization) -> Sheet {
    let authorization = &own.authorization;
    let mut pen = Pen(Vec::new());
    pen.party("sheet-importer", &authorization.importer);
    pen.party("sheet-exporter", &authorization.exporter);
    pen.one("sheet-issued", EN.day(authorization.issued_on));
    pen.one("sheet-until", EN.day(authorization.valid_until));
    let consignments = match authorization.consignments {
        Consignments::Single => "authorization-single",
        Consignments::Several => "authorization-several",
    };
    pen.one("sheet-consignments", EN.t(consignments));
    pen.one("sheet-purpose", EN.t(purpose_key(authorization.purpose)));
    pen.one("sheet-bonded", EN.t(yes_key(authorization.bonded)));
    pen.one("sheet-application", own.application.to_string());
    if !own.posts.is_empty() {
        pen.put(
            "sheet-posts",
            own.posts.iter().map(ToString::to_string).collect(),
            false,
        );
    }
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
        authority: authority(state, &authorization.issuer),
        stamp,
        fields: pen.0,
        lines: rows(state, &authorization.lines),
        total: names::mass(EN, base_of(&authorization.lines)),
        endorsed: Vec::new(),
        entry: Some((authorization.number.to_string(), "ImportAuthorizationIssued")),
        emergency: false,
        log: state.founding.log_key.to_string(),
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
    // Own permits alone have a code of ours.
    let codes = if sheet.heading == "sheet-permit" && sheet.entry.is_some() && !sheet.emergency {
        coded(&permit_codes(ask, &sheet.number)?)
    } else {
        Vec::new()
    };
    let code_file = format!("/permits/{}/code", encoded(&sheet.number));
    let check = ask.app.url(&format!("/verify/{}", encoded(&sheet.number)));
    let origin = sheet
        .log
        .rsplit_once('+')
        .map_or(sheet.log.as_str(), |(origin, _)| origin)
        .to_owned();
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
    })
}

/// The entry with which something was issued, and its leaf in the log.
fn logged(ask: &Ask, subject: &str, kind: &str) -> Result<Option<Logged>, Fault> {
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

fn part(number: usize, count: usize) -> Label {
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
