//! Plays a story: founds the authorities, grants roles at their first mention, submits, compares, looks.

mod flowing;
mod looking;

use std::collections::{BTreeMap, BTreeSet};

use domain::access::Actor;
use domain::province::{Domestic, End};
use domain::{Command, Envelope};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::error::{ScenarioError, Spot};
use crate::form::Expect;
use crate::ids::{self, Place};
use crate::line::{LineOutcome, StepLine, Summary};
use crate::node::{Host, NewAuthority, Node, NodeError, Outcome, Receipt};
use crate::story::{Act, Founded, Scenario, What, sent_again};
use crate::verb;

/// The most lines of rows in one group.
const GROUP_MAX: usize = 1000;
/// The first two administrators of every authority.
const ADMINISTRATORS: [&str; 2] = ["a", "b"];

/// How a story is played.
pub struct Options<'a> {
    /// Command ids and random bytes come of it.
    pub seed: u64,
    /// Where the authorities live.
    pub host: &'a mut dyn Host,
}

/// Plays a story from its beginning and tells each step. The story goes on after a mismatch; an error ends it.
pub fn run(
    scenario: &Scenario,
    options: Options<'_>,
    tell: &mut dyn FnMut(&StepLine),
) -> Result<Summary, ScenarioError> {
    let Options { seed, host } = options;
    let mut player = Player::found(scenario, seed, host, tell)?;
    for act in &scenario.acts {
        player.play(act)?;
    }
    player.flush()?;
    player.close(scenario)
}

/// What an id names.
#[derive(Clone, Copy, Debug)]
struct Named {
    authority: usize,
    /// The first entry of the step: for a decision of two people, the proposal.
    first: u64,
    /// The entry of what was done: after the second person's yes, the first of its effects.
    entry: u64,
}

/// A decision of the two administrators of an authority.
struct Decision<'a> {
    place: Place,
    /// The place of the second one's yes.
    approval: Place,
    verb: &'a str,
    with: Value,
    /// What the second one has heard.
    read_back: Option<String>,
}

impl<'a> Decision<'a> {
    fn at(place: Place, approval: u8, verb: &'a str, with: Value) -> Self {
        Self {
            place,
            approval: Place {
                part: approval,
                ..place
            },
            verb,
            with,
            read_back: None,
        }
    }
}

struct Sent {
    authority: usize,
    envelope: Envelope,
    outcome: Outcome,
}

struct Player<'a> {
    seed: u64,
    host: &'a mut dyn Host,
    authorities: &'a [Founded],
    nodes: Vec<Box<dyn Node>>,
    /// Authorities that are stopped.
    stopped: BTreeSet<usize>,
    /// Authorities whose messages are lost at the next delivery.
    dropping: BTreeSet<usize>,
    granted: BTreeSet<(usize, Actor)>,
    names: BTreeMap<&'a str, Named>,
    again: BTreeMap<&'a str, usize>,
    sent: BTreeMap<&'a str, Sent>,
    group: Vec<(&'a Act, Envelope)>,
    tell: &'a mut dyn FnMut(&StepLine),
    summary: Summary,
}

impl<'a> Player<'a> {
    fn found(
        scenario: &'a Scenario,
        seed: u64,
        host: &'a mut dyn Host,
        tell: &'a mut dyn FnMut(&StepLine),
    ) -> Result<Self, ScenarioError> {
        let mut player = Self {
            seed,
            host,
            authorities: &scenario.authorities,
            nodes: Vec::new(),
            stopped: BTreeSet::new(),
            dropping: BTreeSet::new(),
            granted: BTreeSet::new(),
            names: BTreeMap::new(),
            again: sent_again(&scenario.acts),
            sent: BTreeMap::new(),
            group: Vec::new(),
            tell,
            summary: Summary {
                lines: 0,
                done: 0,
                refused: BTreeMap::new(),
                checked: 0,
                mismatches: 0,
                ended_at: scenario.start,
            },
        };
        for (place, founded) in scenario.authorities.iter().enumerate() {
            let of = Spot::file(&founded.id);
            let row = u32::try_from(place).unwrap_or_default();
            let first = Place {
                step: 0,
                row,
                part: ids::FOUNDING,
            };
            let new = new_authority(founded, seed, first);
            let node = player.host.create(&new, founded.at);
            player.nodes.push(node.map_err(|why| of.error(why.to_string()))?);
            player.policies(place, founded, row).map_err(|says| of.error(says))?;
        }
        player.pair()?;
        Ok(player)
    }

    /// The policy switches of an authority, by its two administrators.
    fn policies(&mut self, authority: usize, founded: &Founded, row: u32) -> Result<(), String> {
        for (part, policy) in (ids::POLICIES..).step_by(2).zip(&founded.policies) {
            let place = Place { step: 0, row, part };
            let decision = Decision::at(place, part + 1, "set_policy", policy.clone());
            self.decide(authority, founded.at, decision)?;
        }
        Ok(())
    }

    /// A decision of the two administrators.
    fn decide(&mut self, authority: usize, at: Timestamp, decision: Decision<'_>) -> Result<(), String> {
        let Decision {
            place,
            approval,
            verb,
            with,
            read_back,
        } = decision;
        let [first, other] = ADMINISTRATORS.map(|person| format!("administrator:{person}").parse::<Actor>());
        let command = Command::parse(verb, &with.to_string())?;
        let of = self.must(authority, at, ids::envelope(self.seed, at, place, first?, command))?;
        let yes = match read_back {
            Some(read_back) => serde_json::json!({ "of": of, "read_back": read_back }),
            None => serde_json::json!({ "of": of }),
        };
        let command = Command::parse("approve", &yes.to_string())?;
        self.must(authority, at, ids::envelope(self.seed, at, approval, other?, command))?;
        Ok(())
    }

    /// Submits a command of the runner's own, which must be done.
    fn must(&mut self, authority: usize, at: Timestamp, envelope: Envelope) -> Result<u64, String> {
        let receipts = self
            .node(authority)
            .submit(at, vec![envelope])
            .map_err(|why| why.to_string())?;
        match receipts.into_iter().next().map(|receipt| receipt.outcome) {
            Some(Outcome::Done { seq, .. }) => Ok(seq),
            Some(Outcome::Refused { code, says, .. }) => Err(format!("{code}: {says}")),
            None => Err("the authority gave no receipt".to_owned()),
        }
    }

    fn node(&mut self, authority: usize) -> &mut dyn Node {
        &mut *self.nodes[authority]
    }

    fn play(&mut self, act: &'a Act) -> Result<(), ScenarioError> {
        let broken = |why: NodeError| act.spot.error(why.to_string());
        let What::Command { .. } = &act.what else {
            self.flush()?;
            let outcome = match (&act.what, act.authority) {
                (What::Check(looks), Some(authority)) => self.check(authority, act.at, looks),
                (What::Again { of }, _) => self.send_again(act.at, of).map_err(broken)?,
                (What::Restart, Some(authority)) => {
                    self.node(authority).stop().map_err(broken)?;
                    self.node(authority).start().map_err(broken)?;
                    LineOutcome::Passed
                }
                (What::Stop, Some(authority)) => {
                    self.node(authority).stop().map_err(broken)?;
                    self.stopped.insert(authority);
                    LineOutcome::Passed
                }
                (What::Start, Some(authority)) => {
                    self.node(authority).start().map_err(broken)?;
                    self.stopped.remove(&authority);
                    LineOutcome::Passed
                }
                (What::Drop, Some(authority)) => {
                    self.dropping.insert(authority);
                    LineOutcome::Passed
                }
                (What::Deliver(way), _) => self.deliver(act.at, *way).map_err(broken)?,
                _ => LineOutcome::Passed,
            };
            self.report(act, outcome);
            return Ok(());
        };
        let leader = self
            .group
            .first()
            .map(|(leader, _)| (leader.n, leader.at, leader.authority));
        if leader != Some((act.n, act.at, act.authority)) || self.group.len() >= GROUP_MAX {
            self.flush()?;
        }
        self.command(act)
    }

    /// Puts a command into the group that goes together.
    fn command(&mut self, act: &'a Act) -> Result<(), ScenarioError> {
        let (
            What::Command {
                actor,
                granted,
                verb,
                with,
                expect,
            },
            Some(authority),
        ) = (&act.what, act.authority)
        else {
            return Ok(());
        };
        if *granted {
            self.grant(authority, act, actor)?;
        }
        let with = match self.resolved(authority, verb, with) {
            Ok(with) => with,
            Err(found) => {
                self.flush()?;
                let expected = expect.to_string();
                self.report(act, LineOutcome::Mismatch { expected, found });
                return Ok(());
            }
        };
        let command = match Command::parse(verb, &Value::Object(with).to_string()) {
            Ok(command) => command,
            Err(says) => {
                self.flush()?;
                self.report(act, malformed(expect, says));
                return Ok(());
            }
        };
        let place = Place {
            step: act.n,
            row: act.row,
            part: 0,
        };
        self.group
            .push((act, ids::envelope(self.seed, act.at, place, actor.clone(), command)));
        Ok(())
    }

    /// Grants a role or duty at its first mention.
    fn grant(&mut self, authority: usize, act: &Act, actor: &Actor) -> Result<(), ScenarioError> {
        if self.granted.contains(&(authority, actor.clone())) {
            return Ok(());
        }
        self.flush()?;
        let mut known = *actor == Actor::operator();
        self.nodes[authority].with_state(&mut |state| known |= state.access.holds(actor));
        if !known {
            let place = Place {
                step: act.n,
                row: act.row,
                part: ids::GRANT,
            };
            let with = serde_json::json!({ "actor": actor });
            let decision = Decision::at(place, ids::GRANT_APPROVAL, "grant_role", with);
            self.decide(authority, act.at, decision)
                .map_err(|why| act.spot.error(format!("{actor} cannot be given its role: {why}")))?;
        }
        self.granted.insert((authority, actor.clone()));
        Ok(())
    }

    /// A command's fields with the id of a step replaced by the number of its entry.
    fn resolved(&self, authority: usize, verb: &str, with: &Map<String, Value>) -> Result<Map<String, Value>, String> {
        let mut with = with.clone();
        let Some(field) = verb::reference_of(verb) else {
            return Ok(with);
        };
        let Some(Value::String(of)) = with.get(field) else {
            return Ok(with);
        };
        let Some(named) = self.names.get(of.as_str()) else {
            return Err(format!("{field} names {of:?}, which left no entry"));
        };
        if named.authority != authority {
            let other = &self.authorities[named.authority].id;
            let told = self.told(authority).get(&(named.authority, named.entry)).copied();
            let number = told.filter(|_| field == "dispatch");
            let number = number.ok_or_else(|| format!("{field} names {of:?}, an entry of {other}"))?;
            with.insert(field.to_owned(), number.into());
            return Ok(with);
        }
        let number = if field == "of" { named.first } else { named.entry };
        with.insert(field.to_owned(), number.into());
        Ok(with)
    }

    /// Dispatches of other provinces, by authority and entry there, under which entry of this authority they were told.
    fn told(&self, authority: usize) -> BTreeMap<(usize, u64), u64> {
        let mut taken = BTreeMap::new();
        self.nodes[authority].with_state(&mut |state| {
            let coming = state
                .provinces
                .dispatches()
                .iter()
                .filter(|(_, one)| one.end == End::Receiving);
            taken.extend(coming.map(|(entry, one)| ((one.partner.to_string(), one.told.number), *entry)));
        });
        let mut told = BTreeMap::new();
        if taken.is_empty() {
            return told;
        }
        let here = &self.authorities[authority].id;
        for (other, node) in self.nodes.iter().enumerate().filter(|(other, _)| *other != authority) {
            let id = &self.authorities[other].id;
            node.with_state(&mut |state| {
                let gone = state.provinces.dispatches().iter();
                let gone = gone.filter(|(_, one)| one.end == End::Sending && one.partner.as_str() == here);
                let found = |one: &Domestic| taken.get(&(id.clone(), one.told.number)).copied();
                told.extend(gone.filter_map(|(entry, one)| Some(((other, *entry), found(one)?))));
            });
        }
        told
    }

    /// Submits the group, and tells each of its steps.
    fn flush(&mut self) -> Result<(), ScenarioError> {
        let group = std::mem::take(&mut self.group);
        let Some((leader, _)) = group.first() else {
            return Ok(());
        };
        let (at, spot) = (leader.at, &leader.spot);
        let authority = leader.authority.unwrap_or_default();
        for (act, envelope) in &group {
            if let Some(id) = act.id.as_deref().filter(|id| self.again.contains_key(id)) {
                let outcome = Outcome::Refused {
                    code: String::new(),
                    says: String::new(),
                    article: None,
                    seq: None,
                };
                let envelope = envelope.clone();
                self.sent.insert(
                    id,
                    Sent {
                        authority,
                        envelope,
                        outcome,
                    },
                );
            }
        }
        let (acts, envelopes): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        let receipts = self
            .node(authority)
            .submit(at, envelopes)
            .map_err(|why| spot.error(why.to_string()))?;
        if receipts.len() != acts.len() {
            return Err(spot.error(format!("{} commands gave {} receipts", acts.len(), receipts.len())));
        }
        for (act, receipt) in acts.into_iter().zip(receipts) {
            self.answered(act, authority, receipt);
        }
        Ok(())
    }

    fn answered(&mut self, act: &'a Act, authority: usize, receipt: Receipt) {
        let What::Command { verb, with, expect, .. } = &act.what else {
            return;
        };
        if let Some(sent) = act.id.as_deref().and_then(|id| self.sent.get_mut(id)) {
            sent.outcome = receipt.outcome.clone();
        }
        if let Outcome::Done { seq, .. } = receipt.outcome {
            let approval = verb == "approve";
            // The effects of a decision follow the second person's yes.
            let entry = if approval { seq + 1 } else { seq };
            if approval
                && let Some(Value::String(of)) = with.get("of")
                && let Some(named) = self.names.get_mut(of.as_str())
            {
                named.entry = entry;
            }
            if let Some(id) = act.id.as_deref() {
                let first = seq;
                self.names.insert(
                    id,
                    Named {
                        authority,
                        first,
                        entry,
                    },
                );
            }
        }
        self.report(act, compare(expect, receipt));
    }

    /// The same command a second time: the first receipt, and nothing new in the journal.
    fn send_again(&mut self, at: Timestamp, of: &str) -> Result<LineOutcome, NodeError> {
        let mismatch = |found: String| LineOutcome::Mismatch {
            expected: format!("the first receipt of {of}"),
            found,
        };
        let Some(sent) = self.sent.get(of) else {
            return Ok(mismatch("it was never sent".to_owned()));
        };
        let (authority, envelope, first) = (sent.authority, sent.envelope.clone(), sent.outcome.clone());
        let size = |player: &Self| {
            let mut size = 0;
            player.nodes[authority].with_state(&mut |state| size = state.size);
            size
        };
        let before = size(self);
        let receipts = self.node(authority).submit(at, vec![envelope])?;
        let after = size(self);
        let Some(receipt) = receipts.into_iter().next() else {
            return Ok(mismatch("no receipt".to_owned()));
        };
        if after != before {
            return Ok(mismatch(format!("{} new entries", after - before)));
        }
        if receipt.outcome != first {
            return Ok(mismatch(told(&receipt.outcome)));
        }
        if !receipt.repeat {
            return Ok(mismatch(format!("{}, answered anew", told(&receipt.outcome))));
        }
        Ok(LineOutcome::Ok(receipt))
    }

    fn report(&mut self, act: &Act, outcome: LineOutcome) {
        let mut line = StepLine {
            n: act.n,
            row: act.row,
            file: act.spot.file.to_string(),
            line: act.spot.line,
            at: act.at,
            authority: String::new(),
            actor: String::new(),
            verb: String::new(),
            id: act.id.clone(),
            about: None,
            note: act.note.as_deref().map(str::to_owned),
            outcome,
        };
        if let Some(place) = act.authority {
            line.authority.clone_from(&self.authorities[place].id);
        }
        let verb = match &act.what {
            What::Command { actor, verb, with, .. } => {
                line.actor = actor.to_string();
                let about = verb::reference_of(verb).and_then(|field| with.get(field));
                line.about = about.and_then(Value::as_str).map(str::to_owned);
                verb.as_str()
            }
            What::Again { of } => {
                line.about = Some(of.clone());
                "again"
            }
            What::Check(_) => "check",
            What::Wait => "wait",
            What::Restart => "restart",
            What::Deliver(_) => "deliver",
            What::Drop => "drop",
            What::Stop => "stop",
            What::Start => "start",
        };
        verb.clone_into(&mut line.verb);
        self.summary.count(&line);
        (self.tell)(&line);
    }

    fn close(mut self, scenario: &Scenario) -> Result<Summary, ScenarioError> {
        let at = self.summary.ended_at;
        for (node, founded) in self.nodes.drain(..).zip(&scenario.authorities) {
            node.close(at)
                .map_err(|why| Spot::file(&founded.id).error(why.to_string()))?;
        }
        Ok(self.summary)
    }
}

fn new_authority(founded: &Founded, seed: u64, place: Place) -> NewAuthority {
    NewAuthority {
        id: founded.id.clone(),
        name: founded.name.clone(),
        country: founded.country.code().to_owned(),
        province: founded.province.clone(),
        zone: founded.zone_name.clone(),
        books_from: founded.books_from,
        administrators: ADMINISTRATORS.map(str::to_owned),
        command_id: ids::command_id(seed, founded.at, place),
        random: ids::random(seed, place),
    }
}

fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done { seq, .. } => format!("ok, entry {seq}"),
        Outcome::Refused { code, says, .. } => format!("refused {code}: {says}"),
    }
}

fn compare(expect: &Expect, receipt: Receipt) -> LineOutcome {
    match (expect, &receipt.outcome) {
        (Expect::Ok, Outcome::Done { .. }) => LineOutcome::Ok(receipt),
        (Expect::Refused(expected), Outcome::Refused { code, .. }) if expected == code => LineOutcome::Refused(receipt),
        (expect, outcome) => LineOutcome::Mismatch {
            expected: expect.to_string(),
            found: told(outcome),
        },
    }
}

fn malformed(expect: &Expect, says: String) -> LineOutcome {
    match expect {
        Expect::Refused(code) if code == "malformed" => LineOutcome::Malformed(says),
        expect => LineOutcome::Mismatch {
            expected: expect.to_string(),
            found: format!("refused malformed: {says}"),
        },
    }
}
