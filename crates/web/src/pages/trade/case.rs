//! One case: facts left, checks right, and below what a person can decide.

use askama::Template;
use domain::access::Role;
use domain::trade::{Case, Side, Stage};

use super::checks::{Pair, Shown};
use super::facts::{Goods, Group};
use super::timeline::{Messages, Signed, Step};
use super::{
    Proposed, checks, decision, facts, proposals, sees, side_key, stage_class, stage_key, timeline, waits_for,
};
use crate::answer::{Answered, Fault, html};
use crate::ask::Ask;
use crate::frame::Frame;

#[derive(Template)]
#[template(path = "trade/case.html")]
struct CasePage {
    f: Frame,
    path: String,
    side: String,
    stage: String,
    stage_class: &'static str,
    waits: Option<String>,
    groups: Vec<Group>,
    goods: Goods,
    papers: Vec<(String, String)>,
    /// The conditions of the gate; none for a holder, and none once it is passed.
    checks: Vec<Shown>,
    /// How many of them do not hold.
    failing: usize,
    /// Whether the decision that they are about can be taken now.
    warns: bool,
    /// Whether goods come here.
    incoming: bool,
    checks_title: &'static str,
    checked_at: String,
    cautions: Vec<Shown>,
    pairs: Vec<Pair>,
    /// The last day with which the gate was tried, where another can be.
    until: Option<String>,
    signed: Option<Signed>,
    timeline: Vec<Step>,
    steps: Vec<decision::Step>,
    proposed: Option<Waiting>,
    auditor: bool,
    officer: bool,
    /// Where the case's bundle is, for those who get it.
    bundle: Option<String>,
}

/// A decision that waits for its second person.
struct Waiting {
    path: String,
    says: String,
}

/// What is gathered under the lock of the state.
struct Gathered {
    case: Case,
    waits: Option<String>,
    groups: Vec<Group>,
    goods: Goods,
    papers: Vec<(String, String)>,
    checks: Vec<Shown>,
    cautions: Vec<Shown>,
    pairs: Vec<Pair>,
    until: Option<String>,
    steps: Vec<decision::Step>,
    proposed: Option<Proposed>,
    messages: Messages,
    size: u64,
}

pub fn case(ask: &Ask) -> Answered {
    let id = format!("{}/{}", ask.param("authority"), ask.param("export"));
    let visitor = ask.visitor()?;
    let officer = visitor.holder().is_none();
    let gathered = gather(ask, &id)?;
    ask.looked_at(&gathered.case.id);
    let (timeline, signed) = timeline::timeline(ask, &gathered.case, &gathered.messages, officer)?;
    let words = ask.words();
    let case = &gathered.case;
    let proposed = gathered.proposed.as_ref().map(|proposed| Waiting {
        path: format!("/decisions/{}", proposed.seq),
        says: words.t2(
            "case-proposed",
            "what",
            words.t(&format!("case-decision-{}", proposed.verb.replace('_', "-"))),
            "who",
            if officer {
                ask.actor_in_words(&proposed.by)
            } else {
                words.t("case-the-authority")
            },
        ),
    });
    let checked_at = words.t2(
        "case-checked-at",
        "time",
        ask.time(ask.now),
        "entries",
        words.number(gathered.size),
    );
    html(&CasePage {
        f: Frame::of(ask, words.t1("case-title", "id", &case.id)),
        path: super::case_path(&case.id),
        side: words.t(side_key(case.side)),
        stage: words.t(&stage_key(case.stage)),
        stage_class: stage_class(case.stage),
        waits: gathered.waits,
        groups: gathered.groups,
        goods: gathered.goods,
        papers: gathered.papers,
        warns: match case.side {
            Side::Exporting => case.stage == Stage::Confirmed,
            Side::Importing => case.stage == Stage::Requested,
        },
        incoming: case.side == Side::Importing,
        failing: gathered.checks.iter().filter(|check| check.class != "pass").count(),
        checks: gathered.checks,
        checks_title: match case.side {
            Side::Exporting => "case-checks-export",
            Side::Importing => "case-checks-import",
        },
        checked_at,
        cautions: gathered.cautions,
        pairs: gathered.pairs,
        until: gathered.until,
        signed,
        timeline,
        steps: gathered.steps,
        proposed,
        auditor: visitor.is(Role::Auditor),
        officer,
        bundle: visitor.is_any(super::BUNDLES).then(|| super::bundle::path(&case.id)),
    })
}

/// Whether the gate of a case's decision is still ahead.
fn is_ahead(case: &Case) -> bool {
    match case.side {
        Side::Exporting => matches!(
            case.stage,
            Stage::Draft | Stage::Requested | Stage::Queried | Stage::Confirmed
        ),
        Side::Importing => matches!(case.stage, Stage::Requested | Stage::Queried),
    }
}

fn gather(ask: &Ask, id: &str) -> Result<Gathered, Fault> {
    let state = ask.state();
    let visitor = ask.visitor()?;
    let case = state.trade.case(id).ok_or(Fault::NotFound)?;
    if !sees(&state, visitor, case) {
        return Err(Fault::NotFound);
    }
    let words = ask.words();
    let officer = visitor.holder().is_none();
    let proposed = proposals(&state).remove(id);
    let ahead = officer && is_ahead(case);
    let tried = checks::tried(ask, &state, case, proposed.as_ref()).filter(|_| ahead && case.side == Side::Exporting);
    let may_try = ahead && case.side == Side::Exporting && proposed.is_none();
    Ok(Gathered {
        waits: waits_for(&state, case, proposed.is_some()).map(|(key, partner)| words.t1(key, "partner", partner)),
        groups: facts::facts(ask, &state, case),
        goods: facts::goods(words, &state, case),
        papers: decision::papers(ask, &state, case),
        checks: if ahead {
            checks::gate(ask, &state, case, tried.as_ref())
        } else {
            Vec::new()
        },
        cautions: if officer && !case.stage.is_over() {
            checks::cautions(ask, &state, case)
        } else {
            Vec::new()
        },
        pairs: if officer {
            checks::pairs(ask, &state, case)
        } else {
            Vec::new()
        },
        until: tried.filter(|_| may_try).map(|issue| issue.valid_until.to_string()),
        steps: decision::steps(ask, &state, visitor, case, proposed.as_ref()),
        proposed,
        messages: timeline::messages(&state, case),
        size: state.size,
        case: case.clone(),
    })
}
