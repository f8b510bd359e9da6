//! What a visitor can do about a case now. Every one of these is an act of its own: nothing is decided here.

use domain::State;
use domain::trade::{Case, Grade, Side, Stage, foreign_of, item_of, listed_of};

use super::{Proposed, act_link, amount_field, case_path, export_of, goods};
use crate::act;
use crate::ask::{Ask, Visitor};

/// An act that is open now.
pub struct Step {
    /// Where it leads.
    pub path: String,
    /// What it is.
    pub label: String,
    /// Whether it is what the case waits for.
    pub first: bool,
}

struct Pen<'a> {
    ask: &'a Ask,
    visitor: &'a Visitor,
    then: String,
    steps: Vec<Step>,
}

impl Pen<'_> {
    fn add(&mut self, verb: &str, label: String, fields: &[(&str, &str)], keep: &[&str], first: bool) {
        if act::may(self.visitor, verb) {
            let path = act_link(verb, fields, keep, &self.then);
            self.steps.push(Step { path, label, first });
        }
    }

    fn t(&self, key: &str) -> String {
        self.ask.words().t(key)
    }
}

/// The acts open to a visitor about a case.
pub fn steps(ask: &Ask, state: &State, visitor: &Visitor, case: &Case, proposed: Option<&Proposed>) -> Vec<Step> {
    let mut pen = Pen {
        ask,
        visitor,
        then: case_path(&case.id),
        steps: Vec::new(),
    };
    match case.side {
        Side::Exporting => exporting(&mut pen, state, case, proposed.is_some()),
        Side::Importing => importing(&mut pen, state, case, proposed.is_some()),
    }
    if case.stage == Stage::Discrepant && case.our_word.is_none() {
        let label = pen.t("case-do-resolve");
        pen.add("resolve_discrepancy", label, &[("case", &case.id)], &["case"], true);
    }
    pen.steps
}

fn exporting(pen: &mut Pen<'_>, state: &State, case: &Case, waits: bool) {
    let export = export_of(case).to_owned();
    match case.stage {
        // Without the number of an authorization nobody can be asked.
        Stage::Draft | Stage::Requested if listed_of(state, case).is_some() && !waits => on_paper(pen, case, &export),
        Stage::Draft if case.consignment.authorization.is_some() && case.emergency.is_none() => {
            let label = pen.t("case-do-request");
            pen.add("request_confirmation", label, &[("export", &export)], &["export"], true);
        }
        Stage::Confirmed if !waits && wants_third(state, case) => {
            let label = pen.t("case-do-admit");
            pen.add("admit_confirmation", label, &[("export", &export)], &["export"], true);
            issue(pen, state, case, &export);
        }
        Stage::Departed if !waits && case.paper.is_some() => {
            let permit = case.permit.as_ref().map(|permit| permit.number.to_string());
            let label = pen.t("case-do-arrival");
            let fields = [("permit", permit.as_deref().unwrap_or_default())];
            pen.add("record_arrival", label, &fields, &["permit"], true);
        }
        Stage::Confirmed if !waits => issue(pen, state, case, &export),
        Stage::Held if !waits => {
            let permit = case.permit.as_ref().map(|permit| permit.number.to_string());
            let label = pen.t("case-do-release");
            let fields = [("permit", permit.as_deref().unwrap_or_default())];
            pen.add("release_consignment", label, &fields, &["permit"], true);
        }
        Stage::Queried => {
            let label = pen.t("case-do-answer");
            pen.add("answer_question", label, &[("case", case.id.as_str())], &["case"], true);
        }
        Stage::Draft if case.emergency.is_some() && !waits => issue_emergency(pen, state, case, &export),
        Stage::Issued => ship(pen, state, case),
        Stage::Returning => take_back(pen, state, case),
        _ => {}
    }
    if !waits {
        replace(pen, case);
        lead_aside(pen, case);
        give_up(pen, case, &export);
    }
}

/// The permit: until the last day on which the authorization and policy let it end, or the one asked for.
fn issue(pen: &mut Pen<'_>, state: &State, case: &Case, export: &str) {
    let until = domain::trade::longest_validity(state, case, pen.ask.today()).to_string();
    let until = match pen.ask.query.get("until") {
        "" => until,
        asked => asked.to_owned(),
    };
    let label = pen.t("case-do-issue");
    let fields = [("export", export), ("valid_until", until.as_str())];
    pen.add("issue_export_permit", label, &fields, &["export"], true);
}

/// Whether a confirmation on paper waits for its third person.
fn wants_third(state: &State, case: &Case) -> bool {
    let paper = case.paper.as_ref();
    paper.is_some_and(|paper| {
        let limit = i128::from(state.policies.third_approval_g) * 1_000_000_000_000;
        let large = super::base_of(&case.consignment.lines) > domain::quantity::Mass::from_pg(limit);
        paper.grade == Some(Grade::C) && paper.admitted.is_none() && large
    })
}

/// What there is to do where the importing authority does not run this software.
fn on_paper(pen: &mut Pen<'_>, case: &Case, export: &str) {
    let fields = [("export", export)];
    let label = pen.t("case-do-invite");
    pen.add("invite_confirmation", label, &fields, &["export"], true);
    let label = pen.t("case-do-document");
    pen.add("record_document", label, &fields, &["export"], false);
    let label = pen.t("case-do-transcribe");
    pen.add("transcribe_confirmation", label, &fields, &["export"], false);
    let (path, label) = ("/evidence".to_owned(), pen.t("case-do-file"));
    pen.steps.push(Step {
        path,
        label,
        first: false,
    });
    if case.paper.as_ref().is_some_and(|paper| paper.pair().is_some()) {
        let label = pen.t("case-do-call-back");
        pen.add("record_call_back", label, &fields, &["export"], true);
    }
}

fn issue_emergency(pen: &mut Pen<'_>, state: &State, case: &Case, export: &str) {
    let until = domain::trade::longest_validity(state, case, pen.ask.today()).to_string();
    let label = pen.t("case-do-issue");
    let fields = [("export", export), ("valid_until", until.as_str())];
    pen.add("issue_export_permit", label, &fields, &["export"], true);
}

/// A new copy of a permit under which nothing has left: bound to other posts, or for one that was lost.
fn replace(pen: &mut Pen<'_>, case: &Case) {
    let moved = case.moved.iter().any(|moved| *moved != 0);
    let open = matches!(case.stage, Stage::Issued | Stage::Held) && !moved;
    let Some(permit) = case.permit.as_ref().filter(|_| open) else {
        return;
    };
    let mut fields = vec![("permit".to_owned(), permit.number.to_string())];
    let label = pen.t("case-do-duplicate");
    pen.add("duplicate_export_permit", label, &pairs(&fields), &["permit"], false);
    let posts = case.posts.iter().enumerate();
    fields.extend(posts.map(|(place, post)| (format!("posts.{place}"), post.to_string())));
    let label = pen.t("case-do-amend");
    pen.add("amend_export_permit", label, &pairs(&fields), &["permit"], false);
}

fn pairs(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    let pairs = fields.iter();
    pairs.map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// What has left is ordered back, or has gone elsewhere.
fn lead_aside(pen: &mut Pen<'_>, case: &Case) {
    let Some(permit) = &case.permit else { return };
    let fields = [("permit", permit.number.as_str())];
    if case.stage == Stage::Departed {
        let label = pen.t("case-do-order-back");
        pen.add("order_back", label, &fields, &["permit"], case.cancelled_too_late);
    }
    let told = case.told_diverted.as_ref();
    let nothing_back = case.came_back.iter().all(|back| *back == 0);
    if matches!(case.stage, Stage::Departed | Stage::Returning) && nothing_back {
        let label = pen.t("case-do-divert");
        let transit = told.and_then(|(from, _)| pen.ask.state().partners.get(from).map(|partner| partner.file.country));
        let transit = transit.map(|country| country.to_string()).unwrap_or_default();
        let (under, destination, reason) = told.map_or_else(Default::default, |(_, told)| {
            (
                told.under.to_string(),
                told.destination.to_string(),
                told.reason.to_string(),
            )
        });
        let mut fields = fields.to_vec();
        if told.is_some() {
            fields.extend([
                ("transit", transit.as_str()),
                ("under", &under),
                ("destination", &destination),
                ("reason", &reason),
            ]);
        }
        pen.add("record_diversion", label, &fields, &["permit"], told.is_some());
    }
}

/// What the exporter does when goods come back: enter each line.
fn take_back(pen: &mut Pen<'_>, state: &State, case: &Case) {
    let (Some(site), Some(departure)) = (&case.site, &case.departure) else {
        return;
    };
    let words = pen.ask.words();
    let origin = case.consignment.importer.country.to_string();
    for (place, (item, line)) in case.items.iter().zip(&departure.lines).enumerate() {
        let open = line.amount - case.came_back.get(place).copied().unwrap_or_default();
        if open <= 0 {
            continue;
        }
        let amount = amount_field(&line.goods, open);
        let label = words.t1("case-do-back", "goods", goods(words, state, &line.goods));
        let fields = [
            ("site", site.as_str()),
            ("item", item.as_str()),
            ("origin", &origin),
            ("case", case.id.as_str()),
            ("amount", &amount),
        ];
        pen.add("import", label, &fields, &["site", "item", "case"], true);
    }
}

/// How an export is brought to an end before goods leave: without a permit it is withdrawn, with one that is revoked.
fn give_up(pen: &mut Pen<'_>, case: &Case, export: &str) {
    let moved = case.moved.iter().any(|moved| *moved != 0);
    match (&case.permit, case.stage) {
        (Some(permit), Stage::Issued | Stage::Suspended | Stage::Held) if !moved => {
            let label = pen.t("case-do-revoke");
            let fields = [("permit", permit.number.as_str())];
            pen.add("revoke_export_permit", label, &fields, &["permit"], false);
        }
        (None, stage) if !stage.is_over() => {
            let label = pen.t("case-do-withdraw");
            pen.add("withdraw_export", label, &[("export", export)], &["export"], false);
        }
        _ => {}
    }
}

/// What the exporter does under its permit: send each line to customs, and report that it left.
fn ship(pen: &mut Pen<'_>, state: &State, case: &Case) {
    let (Some(permit), Some(site)) = (&case.permit, &case.site) else {
        return;
    };
    let words = pen.ask.words();
    for (place, (item, line)) in case.items.iter().zip(&case.consignment.lines).enumerate() {
        let same = |batch| state.items.at(state.ledger.batch_at(batch).item).id == *item;
        let on_the_way = state.ledger.transit_under(&permit.number);
        let on_the_way = on_the_way.filter(|(_, transit)| same(transit.batch));
        let on_the_way: i64 = on_the_way.map(|(_, transit)| transit.outstanding).sum();
        let moved = case.moved.get(place).copied().unwrap_or_default();
        let left = line.amount - moved - on_the_way;
        if left > 0 {
            let amount = amount_field(&line.goods, left);
            let label = words.t1("case-do-dispatch", "goods", goods(words, state, &line.goods));
            let country = case.consignment.importer.country.to_string();
            let fields = [
                ("site", site.as_str()),
                ("destination", &country),
                ("permit", permit.number.as_str()),
                ("item", item.as_str()),
                ("amount", &amount),
            ];
            pen.add(
                "dispatch",
                label,
                &fields,
                &["site", "destination", "permit", "item"],
                true,
            );
        }
    }
    for (seq, transit) in state.ledger.transit_under(&permit.number) {
        let batch = &state.ledger.batch_at(transit.batch).code;
        let (dispatch, amount) = (seq.to_string(), transit.outstanding.to_string());
        let label = words.t2("case-do-export", "dispatch", seq, "batch", batch);
        let fields = [("site", site.as_str()), ("dispatch", &dispatch), ("amount", &amount)];
        pen.add("export", label, &fields, &["site", "dispatch"], true);
    }
}

fn importing(pen: &mut Pen<'_>, state: &State, case: &Case, waits: bool) {
    match case.stage {
        Stage::Requested if !waits => {
            let fields = [("case", case.id.as_str())];
            let label = pen.t("case-do-confirm");
            pen.add("confirm", label, &fields, &["case"], true);
            let label = pen.t("case-do-refuse");
            pen.add("refuse_confirmation", label, &fields, &["case"], false);
            let label = pen.t("case-do-ask");
            pen.add("ask_question", label, &fields, &["case"], false);
        }
        Stage::Queried if !waits => {
            let label = pen.t("case-do-refuse");
            let fields = [("case", case.id.as_str())];
            pen.add("refuse_confirmation", label, &fields, &["case"], false);
        }
        Stage::Issued | Stage::Departed | Stage::Returning => take_in(pen, state, case),
        _ => {}
    }
}

/// What the importer does when goods arrive: enter each line.
fn take_in(pen: &mut Pen<'_>, state: &State, case: &Case) {
    let number = case.consignment.authorization.as_ref();
    let Some(own) = number.and_then(|number| state.trade.own(number)) else {
        return;
    };
    let words = pen.ask.words();
    let origin = case.consignment.exporter.country.to_string();
    let left = case
        .departure
        .as_ref()
        .map_or(&case.consignment.lines, |departure| &departure.lines);
    for (place, line) in left.iter().enumerate() {
        let open = line.amount - case.moved.get(place).copied().unwrap_or_default();
        let Some(item) = item_of(state, &line.goods).filter(|_| open > 0) else {
            continue;
        };
        let amount = amount_field(&line.goods, open);
        let label = words.t1("case-do-import", "goods", goods(words, state, &line.goods));
        let fields = [
            ("site", own.site.as_str()),
            ("item", item.id.as_str()),
            ("origin", &origin),
            ("authorization", own.authorization.number.as_str()),
            ("case", case.id.as_str()),
            ("amount", &amount),
        ];
        let keep = ["site", "item", "origin", "authorization", "case"];
        pen.add("import", label, &fields, &keep, true);
    }
}

/// Where the papers of a case are to be seen: address and words.
pub fn papers(ask: &Ask, state: &State, case: &Case) -> Vec<(String, String)> {
    let words = ask.words();
    let mut links = Vec::new();
    if let Some(number) = &case.consignment.authorization {
        let label = words.t1("case-see-authorization", "number", number);
        let number = crate::answer::encoded(number);
        match case.side {
            Side::Importing
                if state
                    .trade
                    .own(case.consignment.authorization.as_deref().unwrap_or(""))
                    .is_some() =>
            {
                links.push((format!("/authorizations/{number}"), label));
            }
            Side::Exporting => {
                if let Some(foreign) = foreign_of(state, case) {
                    let from = crate::answer::encoded(&foreign.authorization.issuer);
                    links.push((format!("/authorizations/from/{from}/{number}"), label));
                }
            }
            Side::Importing => {}
        }
    }
    if let (Side::Exporting, Some(permit)) = (case.side, &case.permit) {
        let label = words.t1("case-see-permit", "number", &permit.number);
        links.push((format!("/permits/{}", crate::answer::encoded(&permit.number)), label));
    }
    if ask.visitor.as_ref().is_some_and(|visitor| visitor.holder().is_none()) {
        links.extend(files(case).into_iter().map(|file| {
            let path = format!("/evidence/file?hash={}", crate::answer::encoded(&file));
            (path, words.t1("case-see-file", "hash", &file))
        }));
    }
    links
}

/// The hashes of the files of a case, each once.
fn files(case: &Case) -> Vec<String> {
    let Some(paper) = &case.paper else {
        return Vec::new();
    };
    let readings = paper.readings.iter().map(|reading| reading.file);
    let all = readings.chain(paper.file).chain(paper.arrival_file);
    let all = all.chain(paper.unverified.iter().map(|one| one.file));
    let mut files: Vec<String> = Vec::new();
    for file in all.map(|file| file.to_string()) {
        if !files.contains(&file) {
            files.push(file);
        }
    }
    files
}
