//! All cases of exports, on either side, as their officers and holders look for them.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use domain::State;
use domain::trade::{Case, Side, Stage};
use jiff::Timestamp;

use super::{Proposed, base_of, case_path, proposals, side_key, stage_class, stage_key, substances, waits_for};
use crate::answer::{Answered, encoded, html};
use crate::ask::Ask;
use crate::frame::Frame;
use crate::names;

/// Rows of a page.
const ROWS: usize = 50;
/// Entries of one case that are looked through for its last.
const ENTRIES_MAX: usize = 200;

/// Stages that can be asked for, beside all that are open.
const STAGES: [Stage; 17] = [
    Stage::Draft,
    Stage::Requested,
    Stage::Queried,
    Stage::Confirmed,
    Stage::Refused,
    Stage::Issued,
    Stage::Suspended,
    Stage::Held,
    Stage::Departed,
    Stage::Discrepant,
    Stage::Closed,
    Stage::Expired,
    Stage::Withdrawn,
    Stage::Revoked,
    Stage::Returning,
    Stage::Returned,
    Stage::Diverted,
];

/// A choice of a filter.
pub struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

/// A case in the list.
struct Row {
    id: String,
    path: String,
    side: String,
    company: String,
    country: String,
    substances: String,
    base: String,
    stage: String,
    stage_class: &'static str,
    since: String,
    days: String,
    waits: String,
}

#[derive(Template)]
#[template(path = "trade/cases.html")]
struct CasesPage {
    f: Frame,
    rows: Vec<Row>,
    sides: Vec<Choice>,
    stages: Vec<Choice>,
    partners: Vec<Choice>,
    text: String,
    filtered: bool,
    holder: bool,
    may_apply: bool,
    next: Option<String>,
    first: Option<String>,
}

/// What is asked for.
struct Wanted {
    side: Option<Side>,
    stage: String,
    partner: String,
    text: String,
    after: String,
    /// The sites of the visitor's own holder, if they act for one.
    own: Option<BTreeSet<String>>,
}

impl Wanted {
    fn of(ask: &Ask, state: &State) -> Self {
        let holder = ask.visitor.as_ref().and_then(|visitor| visitor.holder());
        let own = holder.map(|holder| {
            let sites = state.holders.holder(holder).map(|(_, holder)| holder.sites.as_slice());
            let sites = sites.unwrap_or_default().iter();
            sites.map(|no| state.holders.site_at(*no).id.to_string()).collect()
        });
        let side = match ask.query.get("side") {
            "export" => Some(Side::Exporting),
            "import" => Some(Side::Importing),
            _ => None,
        };
        let wanted = match ask.query.get("stage") {
            "" => "open",
            word => word,
        };
        Self {
            side,
            stage: wanted.to_owned(),
            partner: ask.query.get("partner").to_owned(),
            text: ask.query.get("q").to_lowercase(),
            after: ask.query.get("after").to_owned(),
            own,
        }
    }

    fn takes(&self, state: &State, case: &Case) -> bool {
        let stands = match self.stage.as_str() {
            "open" => !case.stage.is_over(),
            "all" => true,
            word => case.stage.word() == word,
        };
        stands
            && self.side.is_none_or(|side| case.side == side)
            && (self.partner.is_empty() || case.partner.as_ref().is_some_and(|id| id.as_str() == self.partner))
            && self.is_own(state, case)
            && (self.text.is_empty() || self.names(case))
    }

    fn is_own(&self, state: &State, case: &Case) -> bool {
        let Some(own) = &self.own else { return true };
        let site = match case.side {
            Side::Exporting => case.site.as_ref(),
            Side::Importing => case
                .consignment
                .authorization
                .as_ref()
                .and_then(|number| state.trade.own(number))
                .map(|own| &own.site),
        };
        site.is_some_and(|site| own.contains(site.as_str()))
    }

    /// Whether the text stands in the case's numbers, names or goods.
    fn names(&self, case: &Case) -> bool {
        let consignment = &case.consignment;
        let holds = |text: &str| text.to_lowercase().contains(&self.text);
        holds(&case.id)
            || holds(consignment.exporter.name.as_str())
            || holds(consignment.importer.name.as_str())
            || consignment.authorization.as_ref().is_some_and(|number| holds(number))
            || case.permit.as_ref().is_some_and(|permit| holds(&permit.number))
            || consignment.lines.iter().any(|line| holds(&line.goods.substance))
    }

    /// The same list from another place on.
    fn path(&self, after: &str) -> String {
        let side = match self.side {
            Some(Side::Exporting) => "export",
            Some(Side::Importing) => "import",
            None => "",
        };
        let fields = [
            ("side", side),
            ("stage", &self.stage),
            ("partner", &self.partner),
            ("q", &self.text),
            ("after", after),
        ];
        let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
        let fields: Vec<String> = fields
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        format!("/cases?{}", fields.join("&"))
    }
}

pub fn list(ask: &Ask) -> Answered {
    let (mut rows, wanted, more, partners) = gather(ask);
    times(ask, &mut rows)?;
    let words = ask.words();
    let visitor = ask.visitor()?;
    let last = rows.last().map(|row| row.id.clone()).unwrap_or_default();
    let choice = |value: &str, label: String, chosen: bool| Choice {
        value: value.to_owned(),
        label,
        chosen,
    };
    let sides = [("export", Side::Exporting), ("import", Side::Importing)];
    let sides = sides.into_iter().map(|(value, side)| {
        let key = side_key(side);
        choice(value, words.t(key), wanted.side == Some(side))
    });
    let all = ["open", "all"].map(|word| (word, words.t(&format!("cases-stage-{word}"))));
    let stages = STAGES.map(|stage| (stage.word(), words.t(&stage_key(stage))));
    let stages = all.into_iter().chain(stages);
    html(&CasesPage {
        f: Frame::of(ask, words.t("cases-title")),
        sides: sides.collect(),
        stages: stages
            .map(|(word, label)| choice(word, label, wanted.stage == word))
            .collect(),
        partners: partners
            .into_iter()
            .map(|(id, name)| choice(&id, name, wanted.partner == id))
            .collect(),
        text: ask.query.get("q").to_owned(),
        filtered: wanted.side.is_some()
            || wanted.stage != "open"
            || !wanted.partner.is_empty()
            || !wanted.text.is_empty(),
        holder: visitor.holder().is_some(),
        may_apply: crate::act::may(visitor, "apply_export"),
        next: more.then(|| wanted.path(&last)),
        first: (!wanted.after.is_empty()).then(|| wanted.path("")),
        rows,
    })
}

type Gathered = (Vec<Row>, Wanted, bool, Vec<(String, String)>);

/// The rows of the page, without their times; whether there are more; and the partners.
fn gather(ask: &Ask) -> Gathered {
    let state = ask.state();
    let wanted = Wanted::of(ask, &state);
    let proposals = proposals(&state);
    let after = |case: &&Case| case.id.as_str() > wanted.after.as_str();
    // Few are open among all that ever were.
    let all: Box<dyn Iterator<Item = &Case>> = if wanted.stage == "open" {
        Box::new(state.trade.open_cases().filter(after))
    } else {
        Box::new(state.trade.cases_after(&wanted.after))
    };
    let found = all.filter(|case| wanted.takes(&state, case));
    let mut rows: Vec<Row> = found
        .take(ROWS + 1)
        .map(|case| row(ask, &state, case, &proposals))
        .collect();
    let more = rows.len() > ROWS;
    rows.truncate(ROWS);
    let partners = state.partners.iter().map(|partner| {
        let name = format!(
            "{} ({})",
            names::country(ask.words(), partner.file.country),
            partner.file.id
        );
        (partner.file.id.to_string(), name)
    });
    let partners = partners.collect();
    (rows, wanted, more, partners)
}

fn row(ask: &Ask, state: &State, case: &Case, proposals: &BTreeMap<String, Proposed>) -> Row {
    let words = ask.words();
    let consignment = &case.consignment;
    let (here, there) = match case.side {
        Side::Exporting => (&consignment.exporter, &consignment.importer),
        Side::Importing => (&consignment.importer, &consignment.exporter),
    };
    let waits = waits_for(state, case, proposals.contains_key(case.id.as_str()));
    Row {
        id: case.id.to_string(),
        path: case_path(&case.id),
        side: words.t(side_key(case.side)),
        company: here.name.to_string(),
        country: names::country(words, there.country),
        substances: substances(words, state, &consignment.lines),
        base: names::mass(words, base_of(&consignment.lines)),
        stage: words.t(&stage_key(case.stage)),
        stage_class: stage_class(case.stage),
        since: String::new(),
        days: String::new(),
        waits: waits.map_or_else(
            || words.t("case-waits-nothing"),
            |(key, partner)| words.t1(key, "partner", partner),
        ),
    }
}

/// Since when each case stands where it stands: its last entry of the register.
fn times(ask: &Ask, rows: &mut [Row]) -> Result<(), crate::answer::Fault> {
    let words = ask.words();
    let authority = ask.app.authority();
    for row in rows {
        let entries = authority.register(|register| register.entries_of_subject(&row.id, 0, ENTRIES_MAX))?;
        let Some(at) = entries
            .last()
            .and_then(|entry| Timestamp::from_microsecond(entry.recorded_at_us).ok())
        else {
            continue;
        };
        let day = authority.day_of(at);
        row.since = words.day(day);
        let days = (ask.today() - day).get_days();
        row.days = words.count("case-days", u64::try_from(days).unwrap_or_default());
    }
    Ok(())
}
