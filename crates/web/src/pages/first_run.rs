//! The first days of an authority: what its two administrators set up, as a list of tasks that the journal ticks off.

use askama::Template;
use domain::access::{Capacity, Role};
use domain::policy::Policies;
use domain::{Command, State};
use store::Local;

use super::lists;
use crate::answer::{Answered, Fault, encoded, html};
use crate::ask::Ask;
use crate::frame::Frame;
use crate::routes::{Route, page};
use crate::who::Who;

pub const ROUTES: &[Route] = &[page("/first-run", Who::Officers(&[Role::Administrator]), tasks)];

/// Nothing can be decided without these.
const NEEDED: [Role; 6] = [
    Role::LicensingOfficer,
    Role::PlanningOfficer,
    Role::PermitOfficer,
    Role::Approver,
    Role::Inspector,
    Role::Auditor,
];
/// These are soon missed.
const WANTED: [Role; 4] = [
    Role::ChiefInspector,
    Role::Statistician,
    Role::Trainer,
    Role::CustomsOfficer,
];

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    NotStarted,
    /// Proposed: the second administrator must agree.
    Waits,
    /// The role is there, the person cannot sign in yet.
    Begun,
    Done,
    /// Nothing hangs on it.
    Optional,
    /// Others do it.
    Others,
}

impl Standing {
    /// The key of its words, and the look of its tag; none where it is plain text.
    fn shown(self) -> (&'static str, &'static str) {
        match self {
            Self::NotStarted => ("first-run-not-started", "govuk-tag"),
            Self::Waits => ("first-run-waits", "govuk-tag govuk-tag--yellow"),
            Self::Begun => ("first-run-begun", "govuk-tag govuk-tag--teal"),
            Self::Done => ("first-run-done", ""),
            Self::Optional => ("first-run-optional", "govuk-tag govuk-tag--grey"),
            Self::Others => ("first-run-others", "govuk-tag govuk-tag--grey"),
        }
    }
}

struct Task {
    id: String,
    title: String,
    hint: String,
    href: Option<String>,
    says: String,
    tag: &'static str,
}

fn task(ask: &Ask, id: &str, title: String, hint: &str, to: Option<String>, standing: Standing) -> Task {
    let words = ask.words();
    let (key, tag) = standing.shown();
    Task {
        id: id.to_owned(),
        title,
        hint: words.find(hint, &[]).unwrap_or_default(),
        href: to.filter(|_| standing != Standing::Others),
        says: words.t(key),
        tag,
    }
}

/// Somebody's way to sign in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    None,
    /// Two administrators have agreed, or one has proposed.
    Invited,
    SetUp,
}

fn way(local: &Local, person: &str) -> Result<Way, Fault> {
    if local.credential(person)?.is_some() {
        return Ok(Way::SetUp);
    }
    Ok(match local.enrolment_of(person)? {
        Some(_) => Way::Invited,
        None => Way::None,
    })
}

/// Who holds a role now, and the proposal of somebody for it that waits.
fn holders(state: &State, role: Role) -> (Vec<String>, Option<u64>) {
    let holds = |actor: &&domain::access::Actor| actor.capacity() == Capacity::Officer(role);
    let held = state
        .access
        .officers()
        .filter(holds)
        .map(|actor| actor.person().to_owned());
    let proposed = state.access.waiting().iter().find(|(_, waiting)| {
        &*waiting.proposal.verb == "grant_role"
            && matches!(waiting.proposal.command(), Ok(Command::GrantRole(grant)) if holds(&&grant.actor))
    });
    (held.collect(), proposed.map(|(seq, _)| *seq))
}

/// The proposal to let a person enrol that waits, if there is one.
fn enrolling(state: &State, person: &str) -> Option<u64> {
    let found = state.access.waiting().iter().find(|(_, waiting)| {
        &*waiting.proposal.verb == "allow_enrolment"
            && matches!(waiting.proposal.command(), Ok(Command::AllowEnrolment(grant)) if *grant.person == *person)
    });
    found.map(|(seq, _)| *seq)
}

/// How far a role is, and where one goes on.
fn role(ask: &Ask, role: Role) -> Result<(Standing, String), Fault> {
    let (held, proposed) = holders(&ask.state(), role);
    let mut begun = None;
    for person in held {
        let way = way(&ask.app.authority().local(), &person)?;
        if way == Way::SetUp {
            return Ok((Standing::Done, format!("/people?role={}", role.word())));
        }
        let waits = enrolling(&ask.state(), &person);
        if let Some(seq) = waits {
            begun = Some((Standing::Waits, format!("/decisions/{seq}")));
        } else if begun.is_none() {
            begun = Some((Standing::Begun, format!("/people/{}", encoded(&person))));
        }
    }
    Ok(match (begun, proposed) {
        (Some(begun), _) => begun,
        (None, Some(seq)) => (Standing::Waits, format!("/decisions/{seq}")),
        (None, None) => {
            let actor = encoded(&format!("{}:", role.word()));
            (
                Standing::NotStarted,
                format!("/act/grant_role?actor={actor}&then=/first-run"),
            )
        }
    })
}

/// How far the credentials of the administrators are.
fn administrators(ask: &Ask) -> Result<Standing, Fault> {
    let (held, _) = holders(&ask.state(), Role::Administrator);
    let local = ask.app.authority().local();
    let mut set_up = 0;
    for person in held {
        set_up += usize::from(way(&local, &person)? == Way::SetUp);
    }
    Ok(match set_up {
        0 => Standing::NotStarted,
        1 => Standing::Begun,
        _ => Standing::Done,
    })
}

/// Whether an authority that was made by `init` has tasks left that it cannot do without: administrators arrive here.
pub fn is_open(ask: &Ask) -> Result<bool, Fault> {
    let real = ask.app.authority().place().made_by() == authority::MadeBy::Init;
    Ok(real && left(ask)? > 0)
}

/// How many tasks are left that an authority cannot do without.
fn left(ask: &Ask) -> Result<usize, Fault> {
    let mut left = usize::from(administrators(ask)? != Standing::Done);
    for needed in NEEDED {
        left += usize::from(role(ask, needed)?.0 != Standing::Done);
    }
    Ok(left)
}

/// What others register, and what may wait.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a part of the page that is shown or not"
)]
struct Later {
    items: bool,
    holders: bool,
    policies: bool,
    policy_waits: Option<u64>,
    partners: bool,
    partner_waits: Option<u64>,
}

fn later(state: &State) -> Later {
    let waits = |verb: &str| {
        let mut waiting = state.access.waiting().iter();
        waiting
            .find(|(_, waiting)| &*waiting.proposal.verb == verb)
            .map(|(seq, _)| *seq)
    };
    Later {
        items: state.items.iter().next().is_some(),
        holders: state.holders.iter().next().is_some(),
        policies: state.policies != Policies::default(),
        policy_waits: waits("set_policy"),
        partners: state.partners.iter().next().is_some(),
        partner_waits: waits("pair_partner"),
    }
}

#[derive(Template)]
#[template(path = "first-run/tasks.html")]
struct TasksPage {
    f: Frame,
    left: usize,
    parts: Vec<(String, Vec<Task>)>,
}

fn roles(ask: &Ask, all: &[Role]) -> Result<Vec<Task>, Fault> {
    let mut out = Vec::new();
    for one in all {
        let (standing, to) = role(ask, *one)?;
        let (title, hint) = (
            lists::capital(&ask.words().value(one.word())),
            format!("help-role-{}", one.word().replace('_', "-")),
        );
        out.push(task(ask, one.word(), title, &hint, Some(to), standing));
    }
    Ok(out)
}

/// A task with a proposal that may wait.
fn decided(ask: &Ask, id: &str, done: bool, waits: Option<u64>, act: &str) -> Task {
    let (standing, to) = match (done, waits) {
        (true, _) => (Standing::Done, act.to_owned()),
        (false, Some(seq)) => (Standing::Waits, format!("/decisions/{seq}")),
        (false, None) => (Standing::Optional, act.to_owned()),
    };
    named(ask, id, Some(to), standing)
}

fn named(ask: &Ask, id: &str, to: Option<String>, standing: Standing) -> Task {
    let title = ask.words().t(&format!("first-run-task-{id}"));
    task(ask, id, title, &format!("first-run-hint-{id}"), to, standing)
}

fn tasks(ask: &Ask) -> Answered {
    let words = ask.words();
    let later = later(&ask.state());
    let others = |done: bool| if done { Standing::Done } else { Standing::Others };
    let own = vec![named(
        ask,
        "administrators",
        Some("/people?role=administrator".to_owned()),
        administrators(ask)?,
    )];
    let register = vec![
        named(ask, "items", None, others(later.items)),
        named(ask, "holders", None, others(later.holders)),
    ];
    let rules = vec![
        decided(
            ask,
            "policies",
            later.policies,
            later.policy_waits,
            "/act/set_policy?then=/first-run",
        ),
        decided(ask, "partners", later.partners, later.partner_waits, "/partners"),
    ];
    let part = |key: &str, tasks: Vec<Task>| (words.t(&format!("first-run-part-{key}")), tasks);
    html(&TasksPage {
        f: Frame::of(ask, words.t("first-run-title")),
        left: left(ask)?,
        parts: vec![
            part("own", own),
            part("needed", roles(ask, &NEEDED)?),
            part("wanted", roles(ask, &WANTED)?),
            part("register", register),
            part("rules", rules),
        ],
    })
}
