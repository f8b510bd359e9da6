//! What a case is about: every field that an export authorization has (1961 art. 31(4)(b)–(c)), and what has come of it.

use domain::State;
use domain::trade::{Case, Endorsement, Replaced, Resolution, Side, foreign_of};

use super::{GoodsRow, authority, base_of, export_of, goods_row, party, purpose_key, quantity};
use crate::act::Said;
use crate::ask::Ask;
use crate::names;
use crate::words::Words;

/// Some facts under one heading.
pub struct Group {
    /// The heading.
    pub title: String,
    /// The facts.
    pub said: Vec<Said>,
}

/// The goods of a case.
pub struct Goods {
    /// A row a line.
    pub rows: Vec<GoodsRow>,
    /// All of it in base.
    pub total: String,
}

/// The goods of a case.
pub fn goods(words: Words, state: &State, case: &Case) -> Goods {
    let lines = &case.consignment.lines;
    Goods {
        rows: lines.iter().map(|line| goods_row(words, state, line)).collect(),
        total: names::mass(words, base_of(lines)),
    }
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

/// The facts of a case, beside its goods.
pub fn facts(ask: &Ask, state: &State, case: &Case) -> Vec<Group> {
    let words = ask.words();
    let mut groups = vec![trade(words, state, case), papers(words, state, case)];
    groups.extend(on_paper(ask, state, case));
    let moved = moved(ask, state, case);
    if !moved.said.is_empty() {
        groups.push(moved);
    }
    groups
}

/// Who sends what to whom, what for.
fn trade(words: Words, state: &State, case: &Case) -> Group {
    let mut pen = Pen {
        words,
        said: Vec::new(),
    };
    let consignment = &case.consignment;
    pen.one("case-exporter", party(words, &consignment.exporter));
    if let Some(site) = &case.site {
        pen.one("case-exporter-site", site.to_string());
    }
    if let Some((passage, reason)) = &case.passage {
        pen.many("case-passage", vec![passage.to_string(), reason.to_string()]);
    }
    pen.one("case-importer", party(words, &consignment.importer));
    if case.side == Side::Importing
        && let Some(own) = consignment
            .authorization
            .as_ref()
            .and_then(|number| state.trade.own(number))
    {
        pen.one("case-importer-site", own.site.to_string());
    }
    pen.one("case-purpose", words.t(purpose_key(consignment.purpose)));
    pen.one("case-bonded", words.t(yes_key(consignment.bonded)));
    pen.one("case-application", export_of(case));
    Group {
        title: words.t("case-trade"),
        said: pen.said,
    }
}

/// The key of yes or no.
pub fn yes_key(yes: bool) -> &'static str {
    if yes { "value-yes" } else { "value-no" }
}

/// The papers it rests on, with their authorities and days.
fn papers(words: Words, state: &State, case: &Case) -> Group {
    let mut pen = Pen {
        words,
        said: Vec::new(),
    };
    let number = case.consignment.authorization.as_ref();
    let known = match case.side {
        Side::Exporting => foreign_of(state, case).map(|foreign| (&foreign.authorization, foreign.cancelled)),
        Side::Importing => number
            .and_then(|number| state.trade.own(number))
            .map(|own| (&own.authorization, own.cancelled)),
    };
    pen.one(
        "case-authorization",
        number.map_or_else(|| words.t("case-authorization-none"), ToString::to_string),
    );
    match known {
        Some((authorization, cancelled)) => {
            pen.one("case-authorization-issuer", authority(state, &authorization.issuer));
            let mut lines = vec![words.t2(
                "case-from-until",
                "from",
                words.day(authorization.issued_on),
                "until",
                words.day(authorization.valid_until),
            )];
            if cancelled {
                lines.push(words.t("case-authorization-cancelled"));
            }
            pen.many("case-authorization-validity", lines);
        }
        None if number.is_some() => pen.one("case-authorization-issuer", words.t("case-authorization-unknown")),
        None => {}
    }
    if let Some(confirmation) = &case.confirmation {
        pen.one("case-confirmed", words.day(confirmation.confirmed_on));
    }
    if let Some((on, refusal)) = &case.refusal {
        pen.many("case-refused", vec![words.day(*on), refusal.reason.to_string()]);
    }
    for asked in &case.questions {
        let mut lines = vec![asked.question.text.to_string()];
        match &asked.answer {
            Some((answer, _)) => lines.push(words.t1("case-answered", "answer", &answer.text)),
            None => lines.push(words.t("case-unanswered")),
        }
        pen.many("case-question", lines);
    }
    if let Some(emergency) = &case.emergency {
        let lines = [&emergency.name, &emergency.request, &emergency.situation];
        pen.many("case-emergency", lines.map(ToString::to_string).to_vec());
    }
    if let Some(why) = &case.essential {
        pen.one("case-essential", why.to_string());
    }
    if let Some((on, reason)) = &case.ended {
        pen.many("case-ended", vec![words.day(*on), reason.to_string()]);
    }
    if let Some(permit) = &case.permit {
        pen.one("case-permit", permit.number.to_string());
        let issuer = match case.side {
            Side::Exporting => authority(state, &state.founding.id),
            Side::Importing => case.partner.as_ref().map(|id| authority(state, id)).unwrap_or_default(),
        };
        pen.one("case-permit-issuer", issuer);
        let until = words.t2(
            "case-from-until",
            "from",
            words.day(permit.issued_on),
            "until",
            words.day(permit.valid_until),
        );
        pen.one("case-permit-validity", until);
        if !case.posts.is_empty() {
            pen.many("case-posts", case.posts.iter().map(ToString::to_string).collect());
        }
        for (copy, (why, on)) in (1..).zip(&case.copies) {
            let (key, why) = match why {
                Replaced::Lost(affidavit) => ("case-copy-lost", affidavit),
                Replaced::Amended(reason) => ("case-copy-amended", reason),
            };
            let said: [(&str, &dyn std::fmt::Display); 3] = [("copy", &copy), ("day", &words.day(*on)), ("why", why)];
            pen.one("case-copy", words.with(key, &said));
        }
    }
    Group {
        title: words.t("case-papers"),
        said: pen.said,
    }
}

/// What there is of an importing authority that does not run this software. What the first of two officers has read of a
/// letter, nobody sees before the second has read it.
fn on_paper(ask: &Ask, state: &State, case: &Case) -> Option<Group> {
    let (words, paper) = (ask.words(), case.paper.as_ref()?);
    let mut pen = Pen {
        words,
        said: Vec::new(),
    };
    if let Some(id) = &paper.authority {
        pen.one("paper-authority", authority(state, id));
    }
    if let Some(grade) = case.grade() {
        pen.one("paper-grade", words.t(super::grade_key(grade)));
    }
    if let Some(invitation) = &paper.invitation {
        let until = words.day(invitation.until);
        let key = if invitation.answered {
            "paper-invitation-answered"
        } else {
            "paper-invitation-open"
        };
        pen.one(
            "paper-invitation",
            words.t2(key, "email", &invitation.email, "until", until),
        );
    }
    if let Some(half) = paper.half() {
        pen.one(
            "paper-reading",
            words.t1("paper-half", "person", ask.person(&half.officer)),
        );
    }
    if let Some((first, second)) = paper.pair() {
        let differing = domain::trade::differing(&first.consignment, &second.consignment);
        let both = words.t2(
            "paper-both",
            "first",
            ask.person(&first.officer),
            "second",
            ask.person(&second.officer),
        );
        let mut lines = vec![both];
        lines.extend(differing.iter().map(|(field, first, second)| {
            let field = words.t(&format!("paper-field-{field}"));
            let said: [(&str, &dyn std::fmt::Display); 3] = [("field", &field), ("first", first), ("second", second)];
            words.with("paper-differs", &said)
        }));
        if differing.is_empty() {
            lines.push(words.t("paper-agree"));
        }
        pen.many("paper-reading", lines);
    }
    if let Some(number) = &paper.called {
        pen.one("paper-called", number.to_string());
    }
    if let Some(third) = &paper.admitted {
        pen.one("paper-admitted", ask.person(third));
    }
    for (key, file) in [("paper-file", paper.file), ("paper-arrival-file", paper.arrival_file)] {
        if let Some(file) = file {
            pen.one(key, file.to_string());
        }
    }
    for one in &paper.unverified {
        let from = one
            .from
            .as_ref()
            .map_or_else(|| words.t("paper-post"), ToString::to_string);
        let lines = vec![
            words.t2("paper-from", "from", from, "day", words.day(one.on)),
            one.file.to_string(),
        ];
        pen.many("paper-unverified", lines);
    }
    Some(Group {
        title: words.t("paper-title"),
        said: pen.said,
    })
}

/// What has left, and what has arrived.
fn moved(ask: &Ask, state: &State, case: &Case) -> Group {
    let words = ask.words();
    let mut pen = Pen {
        words,
        said: Vec::new(),
    };
    if let Some(on) = case.moved_on {
        let lines = case.consignment.lines.iter().zip(&case.moved);
        let mut said: Vec<String> = lines
            .map(|(line, moved)| quantity(words, state, &line.goods, *moved))
            .collect();
        said.push(words.day(on));
        let key = match case.side {
            Side::Exporting => "case-moved-out",
            Side::Importing => "case-moved-in",
        };
        pen.many(key, said);
    }
    let endorsed = [
        ("case-departure", &case.departure),
        ("case-arrival", &case.arrival),
        ("case-returned", &case.returned),
    ];
    for (key, endorsed) in endorsed {
        if let Some(endorsed) = endorsed {
            pen.many(key, endorsement(words, state, endorsed));
        }
    }
    if let Some(declaration) = &case.declaration {
        pen.one("case-declaration", declaration.to_string());
    }
    if case.reminders > 0 {
        pen.one("case-reminders", case.reminders.to_string());
    }
    if let Some((on, reason)) = &case.ordered_back {
        pen.many("case-ordered-back", vec![words.day(*on), reason.to_string()]);
    }
    if let Some(diversion) = &case.diversion {
        let country = |country| names::country(words, country);
        let said: [(&str, &dyn std::fmt::Display); 3] = [
            ("transit", &country(diversion.transit)),
            ("under", &diversion.under),
            ("destination", &country(diversion.destination)),
        ];
        pen.many(
            "case-diversion",
            vec![words.with("case-diverted", &said), diversion.reason.to_string()],
        );
    }
    if let Some((from, told)) = &case.told_diverted {
        let said: [(&str, &dyn std::fmt::Display); 3] = [
            ("transit", &authority(state, from)),
            ("under", &told.under),
            ("destination", &names::country(words, told.destination)),
        ];
        let mut lines = vec![words.with("case-told-diverted-says", &said)];
        lines.extend(
            told.lines
                .iter()
                .map(|line| quantity(words, state, &line.goods, line.amount)),
        );
        lines.extend([words.day(told.on), told.post.to_string(), told.reason.to_string()]);
        pen.many("case-told-diverted", lines);
    }
    for (key, word) in [("case-our-word", &case.our_word), ("case-their-word", &case.their_word)] {
        if let Some(word) = word {
            pen.many(key, resolution(words, word));
        }
    }
    let marks = [
        (case.beyond_permit, "case-mark-beyond"),
        (case.unused_there, "case-mark-unused-there"),
        (case.cancelled_too_late, "case-mark-too-late"),
    ];
    let marks: Vec<String> = marks
        .into_iter()
        .filter(|(marked, _)| *marked)
        .map(|(_, key)| words.t(key))
        .collect();
    if !marks.is_empty() {
        pen.many("case-marks", marks);
    }
    Group {
        title: words.t("case-goods-moved"),
        said: pen.said,
    }
}

/// An endorsement in lines: quantities, where and when.
pub fn endorsement(words: Words, state: &State, endorsed: &Endorsement) -> Vec<String> {
    let mut lines: Vec<String> = endorsed
        .lines
        .iter()
        .map(|line| {
            let amount = quantity(words, state, &line.goods, line.amount);
            words.t2(
                "case-in-base",
                "amount",
                amount,
                "base",
                names::mass(words, line.base()),
            )
        })
        .collect();
    let (on, post) = (words.day(endorsed.on), endorsed.post.to_string());
    lines.push(words.t2("case-endorsed-at", "day", on, "post", post));
    lines
}

fn resolution(words: Words, word: &Resolution) -> Vec<String> {
    let cause = match word.cause {
        domain::trade::Cause::Measurement => "case-cause-measurement",
        domain::trade::Cause::Loss => "case-cause-loss",
        domain::trade::Cause::Theft => "case-cause-theft",
        domain::trade::Cause::Documents => "case-cause-documents",
    };
    let mut lines = vec![words.t(cause), word.explanation.to_string()];
    if let Some(incident) = &word.incident {
        lines.push(words.t1("case-incident", "number", incident));
    }
    lines
}
