//! What goes between authorities: their pairing, and messages that flow until all is quiet.

use std::collections::BTreeMap;

use domain::digest::Digest;
use domain::id::Id;
use domain::partner::KeyFile;
use jiff::Timestamp;
use serde_json::json;

use super::{Decision, Player};
use crate::error::{ScenarioError, Spot};
use crate::ids::{self, Place};
use crate::line::LineOutcome;
use crate::node::{NodeError, Outgoing, Round};
use crate::story::Way;

/// More rounds than any conversation takes: whoever still talks then never ends.
const ROUNDS_MAX: usize = 1000;

impl Player<'_> {
    /// Pairs the authorities of the story, each by its two administrators, who hear the fingerprint of the other.
    pub(super) fn pair(&mut self) -> Result<(), ScenarioError> {
        for place in 0..self.authorities.len() {
            for other in 0..self.authorities.len() {
                let (founded, partner) = (&self.authorities[place], &self.authorities[other]);
                if place != other && founded.is_paired_with(partner) {
                    let at = self
                        .authorities
                        .iter()
                        .map(|founded| founded.at)
                        .max()
                        .unwrap_or_default();
                    self.pair_with(place, other, at).map_err(|says| {
                        Spot::file(&founded.id).error(format!("pairing with {}: {says}", partner.id))
                    })?;
                }
            }
        }
        Ok(())
    }

    fn pair_with(&mut self, authority: usize, partner: usize, at: Timestamp) -> Result<(), String> {
        let file: KeyFile = self.nodes[partner].key_file().map_err(|why| why.to_string())?;
        let fingerprint = file.fingerprint();
        let number = |place: usize| u8::try_from(place).map_err(|_| "there are too many authorities".to_owned());
        let part = ids::PAIRINGS + 2 * number(partner)?;
        let place = Place {
            step: 0,
            row: number(authority)?.into(),
            part,
        };
        let with = json!({ "file": file, "fingerprint": fingerprint });
        let decision = Decision {
            read_back: Some(fingerprint),
            ..Decision::at(place, part + 1, "pair_partner", with)
        };
        self.decide(authority, at, decision)
    }

    /// Lets messages flow until nobody signs or settles anything any more, in the order of the file.
    pub(super) fn deliver(&mut self, at: Timestamp, way: Way) -> Result<LineOutcome, NodeError> {
        let running: Vec<usize> = (0..self.nodes.len())
            .filter(|place| !self.stopped.contains(place))
            .collect();
        for place in &running {
            self.nodes[*place].pass_day(at)?;
        }
        let mut settled = 0;
        for _ in 0..ROUNDS_MAX {
            let mut moved = 0;
            let mut sent = Sent {
                at,
                way,
                lost: 0,
                differ: None,
            };
            for place in &running {
                let round = if way.by_file {
                    self.carry(*place, &mut sent)?
                } else {
                    self.send_round(*place, &mut sent)?
                };
                settled += round.settled;
                moved += round.signed + round.settled;
            }
            if let Some((expected, found)) = sent.differ {
                return Ok(LineOutcome::Mismatch { expected, found });
            }
            if moved == 0 {
                self.dropping.clear();
                return Ok(LineOutcome::Delivered {
                    settled,
                    lost: sent.lost,
                });
            }
        }
        Err(NodeError(format!("messages still flow after {ROUNDS_MAX} rounds")))
    }

    /// One authority signs what waits and sends what has no receipt.
    fn send_round(&mut self, place: usize, sent: &mut Sent) -> Result<Round, NodeError> {
        let (from, host) = (&self.authorities[place].id, &mut *self.host);
        let dropping = self.dropping.contains(&place);
        self.nodes[place].send_round(sent.at, &mut |message| {
            if dropping {
                sent.lost += 1;
                return Err("it was lost on the way".to_owned());
            }
            let answer = host.post(sent.at, from, message).inspect_err(|_| sent.lost += 1)?;
            if sent.way.twice {
                let again = host.post(sent.at, from, message)?;
                sent.compare(&answer, &again);
            }
            Ok(answer)
        })
    }

    /// One authority writes what has no receipt into a file for each partner, and hears what the files say that come
    /// back.
    fn carry(&mut self, place: usize, sent: &mut Sent) -> Result<Round, NodeError> {
        let mut files: BTreeMap<Id, Vec<Outgoing>> = BTreeMap::new();
        for message in self.nodes[place].outgoing(sent.at)? {
            files.entry(message.to.clone()).or_default().push(message);
        }
        let mut answers: BTreeMap<Digest, Vec<u8>> = BTreeMap::new();
        for (to, messages) in &files {
            let target = self.authorities.iter().position(|founded| to.as_str() == founded.id);
            let target = target.filter(|target| !self.stopped.contains(target));
            let (Some(target), false) = (target, self.dropping.contains(&place)) else {
                sent.lost += messages.len();
                continue;
            };
            let lines: Vec<String> = messages.iter().map(|message| message.bytes.clone()).collect();
            let file = self.sealed(place, target, &lines, sent)?;
            let back = self.opened(place, target, &file, messages, sent)?;
            let back = self.sealed(target, place, &back, sent)?;
            let said = self.nodes[place].read_file(&back)?;
            let said = said.lines().filter(|line| !line.is_empty());
            answers.extend(messages.iter().map(|message| message.hash).zip(said.map(Vec::from)));
        }
        let missing = || "no answer has come back".to_owned();
        self.nodes[place].send_round(sent.at, &mut |message| {
            answers.remove(&message.hash).ok_or_else(missing)
        })
    }

    /// A file of lines that one authority writes for another. Nobody else can read it.
    fn sealed(&self, from: usize, to: usize, lines: &[String], sent: &mut Sent) -> Result<Vec<u8>, NodeError> {
        let id = &self.authorities[to].id;
        let mut recipient = None;
        self.nodes[from].with_state(&mut |state| {
            recipient = state.partners.get(id).and_then(|partner| partner.file.age.clone());
        });
        let recipient = recipient.ok_or_else(|| NodeError(format!("the key file of {id} has no recipient")))?;
        let file = exchange::seal(&recipient, lines).map_err(|why| NodeError(why.to_string()))?;
        for (place, node) in self.nodes.iter().enumerate() {
            if place != to && !self.stopped.contains(&place) && node.read_file(&file).is_ok() {
                let found = format!("{} reads it too", self.authorities[place].id);
                sent.differ = Some((format!("a file that only {id} can read"), found));
            }
        }
        Ok(file)
    }

    /// The answers to the messages in a file, a line each.
    fn opened(
        &mut self,
        from: usize,
        to: usize,
        file: &[u8],
        messages: &[Outgoing],
        sent: &mut Sent,
    ) -> Result<Vec<String>, NodeError> {
        let mut answers = Vec::new();
        for time in 0..=usize::from(sent.way.twice) {
            let text = self.nodes[to].read_file(file)?;
            let lines = text.lines().filter(|line| !line.is_empty());
            for (number, (line, message)) in lines.zip(messages).enumerate() {
                let message = Outgoing {
                    bytes: line.to_owned(),
                    ..message.clone()
                };
                let answer = self.host.post(sent.at, &self.authorities[from].id, &message);
                let answer = answer.map_err(NodeError)?;
                match answers.get(number).filter(|_| time > 0) {
                    None => answers.push(String::from_utf8_lossy(&answer).into_owned()),
                    Some(first) => sent.compare(first.as_bytes(), &answer),
                }
            }
        }
        Ok(answers)
    }
}

/// How a round of a delivery goes.
struct Sent {
    at: Timestamp,
    way: Way,
    /// Messages that did not arrive.
    lost: usize,
    /// What should have come, and what came.
    differ: Option<(String, String)>,
}

impl Sent {
    /// The same message gets the same answer.
    fn compare(&mut self, first: &[u8], again: &[u8]) {
        if first != again {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let found = format!("{} first, then {}", text(first), text(again));
            self.differ = Some(("the same receipt both times".to_owned(), found));
        }
    }
}
