//! Who may act: roles of the authority, duties at a holder, and decisions that need two different people.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::Command;
use crate::id::{Id, Text, is_id};
use crate::refusal::{Refused, refusals, unknown};
use crate::table::{Keyed, No, Table};

/// What follows a holder's id where a clerk acts for it.
const CLERK: &str = "/clerk";

/// A role of an officer of the authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Registers holders, sites and items; proposes licences.
    LicensingOfficer,
    /// Estimates, plan, quotas.
    PlanningOfficer,
    /// Import and export authorizations.
    PermitOfficer,
    /// The second person of a decision.
    Approver,
    /// Visits, findings, holds, witness of destruction.
    Inspector,
    /// Plans inspections.
    ChiefInspector,
    /// Training of companies.
    Trainer,
    /// Returns and statistics.
    Statistician,
    /// Reads all, changes nothing.
    Auditor,
    /// People and keys; no decisions.
    Administrator,
    /// Endorses at the border.
    CustomsOfficer,
    /// The command line on the machine itself; founding and migration only.
    Operator,
    /// The node itself, for its exchange with partner authorities.
    Exchange,
}

impl Role {
    /// Every role with its word.
    pub const ALL: [(Self, &'static str); 13] = [
        (Self::LicensingOfficer, "licensing_officer"),
        (Self::PlanningOfficer, "planning_officer"),
        (Self::PermitOfficer, "permit_officer"),
        (Self::Approver, "approver"),
        (Self::Inspector, "inspector"),
        (Self::ChiefInspector, "chief_inspector"),
        (Self::Trainer, "trainer"),
        (Self::Statistician, "statistician"),
        (Self::Auditor, "auditor"),
        (Self::Administrator, "administrator"),
        (Self::CustomsOfficer, "customs_officer"),
        (Self::Operator, "operator"),
        (Self::Exchange, "exchange"),
    ];

    /// The word of the role, as in `permit_officer:li`.
    pub fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(role, _)| *role == self)
            .map_or("", |(_, word)| word)
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, known)| *known == word)
            .map(|(role, _)| *role)
    }
}

/// Who acts: `role:person` for an officer, `HOLDER:person` for a responsible person, `HOLDER/clerk:person` for a clerk.
#[derive(Clone, Debug)]
pub struct Actor {
    text: CompactString,
    /// Where the colon stands, and what stands before it: told once, asked often.
    colon: u8,
    kind: ActorKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ActorKind {
    Officer(Role),
    Responsible,
    Clerk,
}

impl PartialEq for Actor {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Actor {}

impl PartialOrd for Actor {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Actor {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}

impl std::hash::Hash for Actor {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl Serialize for Actor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// In which capacity somebody acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capacity<'a> {
    /// An officer of the authority.
    Officer(Role),
    /// The responsible person of a holder.
    Responsible(&'a str),
    /// A clerk of a holder.
    Clerk(&'a str),
}

impl Actor {
    /// The machine's own command line.
    pub fn operator() -> Self {
        let (text, colon) = (CompactString::const_new("operator:shell"), 8);
        Self {
            text,
            colon,
            kind: ActorKind::Officer(Role::Operator),
        }
    }

    /// The node's own exchange with partner authorities.
    pub fn node() -> Self {
        let (text, colon) = (CompactString::const_new("exchange:node"), 8);
        Self {
            text,
            colon,
            kind: ActorKind::Officer(Role::Exchange),
        }
    }

    /// The actor as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands before the colon.
    fn left(&self) -> &str {
        self.text.get(..usize::from(self.colon)).unwrap_or_default()
    }

    /// In which capacity.
    pub fn capacity(&self) -> Capacity<'_> {
        match self.kind {
            ActorKind::Officer(role) => Capacity::Officer(role),
            ActorKind::Responsible => Capacity::Responsible(self.left()),
            ActorKind::Clerk => {
                let left = self.left();
                Capacity::Clerk(left.strip_suffix(CLERK).unwrap_or(left))
            }
        }
    }

    /// The person's id.
    pub fn person(&self) -> &str {
        self.text.get(usize::from(self.colon) + 1..).unwrap_or_default()
    }

    /// The holder somebody acts for, if any.
    pub fn holder(&self) -> Option<&str> {
        match self.capacity() {
            Capacity::Officer(_) => None,
            Capacity::Responsible(holder) | Capacity::Clerk(holder) => Some(holder),
        }
    }
}

impl FromStr for Actor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || {
            format!(
                "{:?} is not an actor: write role:person, HOLDER:person or HOLDER/clerk:person",
                text.chars().take(80).collect::<String>()
            )
        };
        let (left, person) = text.split_once(':').ok_or_else(bad)?;
        let (holder, clerk) = left.strip_suffix(CLERK).map_or((left, false), |holder| (holder, true));
        if !is_id(holder) || !is_id(person) {
            return Err(bad());
        }
        let kind = match (Role::parse(left), clerk) {
            (Some(role), _) => ActorKind::Officer(role),
            (None, true) => ActorKind::Clerk,
            (None, false) => ActorKind::Responsible,
        };
        let colon = u8::try_from(left.len()).map_err(|_| bad())?;
        Ok(Self {
            text: CompactString::from(text),
            colon,
            kind,
        })
    }
}

impl<'de> Deserialize<'de> for Actor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        CompactString::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

refusals! {
    /// Why access refuses.
    pub enum AccessRefusal {
        NotEntitled { actor: String, command: &'static str } = "not_entitled", None,
            "{actor} is not entitled to {command}";
        SamePerson { person: String, of: u64 } = "same_person", None,
            "{person} proposed entry {of} and may not also approve it: two different people must decide";
        ProposerWithoutRole { proposer: String, of: u64 } = "proposer_without_role", None,
            "{proposer} proposed entry {of} and does not hold that role any more: it can only be rejected";
        NothingToApprove { of: u64 } = "nothing_to_approve", None,
            "entry {of} is not a decision that waits for a second person";
        GrantExists { actor: String } = "grant_exists", None, "{actor} holds that role already";
        GrantMissing { actor: String } = "grant_missing", None, "{actor} does not hold that role";
        PersonWithoutRole { person: String } = "person_without_role", None,
            "{person} holds no role and no duty: credentials are for those who may act";
        OwnEnrolment { person: String } = "own_enrolment", None,
            "nobody decides about their own credentials: {person} must ask two other administrators";
        LastAdministrators { left: usize } = "last_administrators", None,
            "only {left} administrators would be left; two are needed to decide anything about people";
    }
}

/// The refusal of somebody who may not do this at all. It is not journaled.
pub(crate) fn not_entitled<T>(actor: &Actor, command: &'static str) -> Refused<T> {
    let mut refusal: Box<crate::Refusal> = AccessRefusal::NotEntitled {
        actor: actor.to_string(),
        command,
    }
    .into();
    refusal.journaled = false;
    Err(refusal)
}

/// Grant of a role or duty to a person: the actor as which they may act from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleGrant {
    /// The actor, such as `permit_officer:li` or `H-1:zhang`.
    pub actor: Actor,
}

/// What a person may set up anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Renewal {
    /// Password and second factor: for the first enrolment, and when both are lost.
    All,
    /// The password alone; the second factor stays and is asked for.
    Password,
}

/// Leave for a person to set up credentials, or to recover them. The credentials themselves are never in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolmentGrant {
    /// The person, as in the actors whose roles or duties they hold.
    pub person: Id,
    /// What is set up anew.
    pub renews: Renewal,
}

/// The second person's yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The entry number of the proposed decision.
    pub of: u64,
    /// For a pairing: the fingerprint of the partner's key file, as its officer read it out to the second person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_back: Option<Id>,
}

/// The second person's no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rejection {
    /// The entry number of the proposed decision.
    pub of: u64,
    /// Why.
    pub reason: Text,
}

/// A decision that waits for its second person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// The command word.
    #[serde(rename = "do")]
    pub verb: CompactString,
    /// The command's fields, as its own bytes.
    pub with: CompactString,
}

impl Proposal {
    /// Keeps a command until the second person has spoken.
    pub fn of(command: &Command) -> Self {
        Self {
            verb: command.verb().into(),
            with: command.with_json().into(),
        }
    }

    /// The command proposed.
    pub fn command(&self) -> Result<Command, String> {
        Command::parse(&self.verb, &self.with)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Grant {
    actor: Actor,
    active: bool,
}

impl Keyed for Grant {
    type Key = Actor;
    fn key(&self) -> Actor {
        self.actor.clone()
    }
}

/// A proposal that waits, with who made it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Waiting {
    /// What is proposed.
    pub proposal: Proposal,
    /// Who proposed it.
    pub by: Actor,
}

/// Roles granted and decisions that wait.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Access {
    grants: Table<Grant>,
    waiting: BTreeMap<u64, Waiting>,
    /// The grants of each person: asked at every login, among the persons of a million holders.
    #[serde(skip)]
    of_person: BTreeMap<CompactString, Vec<No>>,
    /// The grants of each holder's persons.
    #[serde(skip)]
    of_holder: BTreeMap<CompactString, Vec<No>>,
    /// The grants of officers: few among the persons of a million holders.
    #[serde(skip)]
    of_officers: Vec<No>,
}

impl Access {
    /// Whether this actor holds its role or duty now.
    pub fn holds(&self, actor: &Actor) -> bool {
        self.grants.find(actor).is_some_and(|(_, grant)| grant.active)
    }

    /// As whom this person may act now, in order of the first grant.
    pub fn actors_of(&self, person: &str) -> impl Iterator<Item = &Actor> {
        let numbers = self.of_person.get(person).into_iter().flatten();
        numbers
            .map(|no| &self.grants[*no])
            .filter(|grant| grant.active)
            .map(|grant| &grant.actor)
    }

    /// Persons that were ever granted something and whose id begins so, by id.
    pub fn persons_from<'a>(&'a self, beginning: &'a str) -> impl Iterator<Item = &'a str> {
        use std::ops::Bound::{Included, Unbounded};
        let from = self.of_person.range::<str, _>((Included(beginning), Unbounded));
        let persons = from.map(|(person, _)| person.as_str());
        persons.take_while(move |person| person.starts_with(beginning))
    }

    /// Every role and duty this person was ever granted, in order of the first grant, and whether they hold it now.
    pub fn grants_of(&self, person: &str) -> impl Iterator<Item = (&Actor, bool)> {
        let numbers = self.of_person.get(person).into_iter().flatten();
        numbers
            .map(|no| &self.grants[*no])
            .map(|grant| (&grant.actor, grant.active))
    }

    /// Every role and duty held now, in order of the first grant.
    pub fn grants(&self) -> impl DoubleEndedIterator<Item = &Actor> {
        self.grants
            .iter()
            .filter(|grant| grant.active)
            .map(|grant| &grant.actor)
    }

    /// Every role of the authority held now, in order of the first grant.
    pub fn officers(&self) -> impl DoubleEndedIterator<Item = &Actor> {
        let grants = self.of_officers.iter().map(|no| &self.grants[*no]);
        grants.filter(|grant| grant.active).map(|grant| &grant.actor)
    }

    /// Who may act for a holder now, in order of the first grant.
    pub fn actors_for(&self, holder: &str) -> impl Iterator<Item = &Actor> {
        let numbers = self.of_holder.get(holder).into_iter().flatten();
        numbers
            .map(|no| &self.grants[*no])
            .filter(|grant| grant.active)
            .map(|grant| &grant.actor)
    }

    /// Whether this person holds any role of the authority now.
    pub fn is_officer(&self, person: &str) -> bool {
        self.actors_of(person)
            .any(|actor| matches!(actor.capacity(), Capacity::Officer(_)))
    }

    /// Decisions that wait for a second person, by entry number.
    pub fn waiting(&self) -> &BTreeMap<u64, Waiting> {
        &self.waiting
    }

    /// The decision that waits under this entry number, for a person other than its proposer.
    pub(crate) fn approvable(&self, of: u64, by: &Actor) -> Refused<&Waiting> {
        let waiting = self.waiting.get(&of).ok_or(AccessRefusal::NothingToApprove { of })?;
        if waiting.by.person() == by.person() {
            return Err(AccessRefusal::SamePerson {
                person: by.person().to_owned(),
                of,
            }
            .into());
        }
        Ok(waiting)
    }

    /// Whether this person may be let to set up credentials.
    pub(crate) fn may_enrol(&self, by: &Actor, person: &str) -> Refused<()> {
        not_own_enrolment(by, person)?;
        if self.actors_of(person).next().is_none() {
            return Err(AccessRefusal::PersonWithoutRole {
                person: person.to_owned(),
            }
            .into());
        }
        Ok(())
    }

    pub(crate) fn may_grant(&self, actor: &Actor) -> Refused<()> {
        if self.holds(actor) {
            Err(AccessRefusal::GrantExists {
                actor: actor.to_string(),
            }
            .into())
        } else {
            Ok(())
        }
    }

    pub(crate) fn may_revoke(&self, actor: &Actor) -> Refused<()> {
        if !self.holds(actor) {
            return Err(AccessRefusal::GrantMissing {
                actor: actor.to_string(),
            }
            .into());
        }
        if actor.capacity() == Capacity::Officer(Role::Administrator) {
            let is_other =
                |other: &&Actor| *other != actor && other.capacity() == Capacity::Officer(Role::Administrator);
            let left = self.officers().filter(is_other).count();
            if left < 2 {
                return Err(AccessRefusal::LastAdministrators { left }.into());
            }
        }
        Ok(())
    }

    pub(crate) fn grant(&mut self, actor: &Actor) {
        if let Some(grant) = self.grants.find_mut(actor) {
            grant.active = true;
            return;
        }
        let no = self.grants.add(Grant {
            actor: actor.clone(),
            active: true,
        });
        self.note(no);
    }

    /// Notes whose grant it is.
    fn note(&mut self, no: No) {
        let actor = &self.grants[no].actor;
        self.of_person.entry(actor.person().into()).or_default().push(no);
        if let Some(holder) = actor.holder() {
            self.of_holder.entry(holder.into()).or_default().push(no);
        } else {
            self.of_officers.push(no);
        }
    }

    pub(crate) fn revoke(&mut self, actor: &Actor) {
        if let Some(grant) = self.grants.find_mut(actor) {
            grant.active = false;
        }
    }

    pub(crate) fn wait(&mut self, seq: u64, proposal: Proposal, by: Actor) {
        self.waiting.insert(seq, Waiting { proposal, by });
    }

    pub(crate) fn settle(&mut self, of: u64) {
        self.waiting.remove(&of);
    }

    pub(crate) fn reindex(&mut self) {
        self.grants.reindex();
        self.of_person.clear();
        self.of_holder.clear();
        self.of_officers.clear();
        for (no, _) in (0..).zip(0..self.grants.len()) {
            self.note(no);
        }
    }
}

/// Neither who proposes an enrolment nor who approves it may be the person concerned.
pub(crate) fn not_own_enrolment(by: &Actor, person: &str) -> Refused<()> {
    if by.person() == person {
        return Err(AccessRefusal::OwnEnrolment {
            person: person.to_owned(),
        }
        .into());
    }
    Ok(())
}

/// The holder of this id must exist before somebody can act for it.
pub(crate) fn known_holder(state: &crate::State, actor: &Actor) -> Refused<()> {
    match actor.holder() {
        Some(holder) if state.holders.holder(holder).is_none() => Err(unknown("holder", holder)),
        _ => Ok(()),
    }
}

/// Whether a word is the name of a role, so that no holder may take it.
pub(crate) fn is_reserved(word: &str) -> bool {
    Role::parse(word).is_some() || word.ends_with(CLERK)
}
