//! What goes between authorities: their pairing, and messages that flow until all is quiet.

use domain::partner::KeyFile;
use jiff::Timestamp;
use serde_json::json;

use super::{Decision, Player};
use crate::error::{ScenarioError, Spot};
use crate::ids::{self, Place};
use crate::line::LineOutcome;
use crate::node::NodeError;

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
    pub(super) fn deliver(&mut self, at: Timestamp, twice: bool) -> Result<LineOutcome, NodeError> {
        let running: Vec<usize> = (0..self.nodes.len())
            .filter(|place| !self.stopped.contains(place))
            .collect();
        for place in &running {
            self.nodes[*place].pass_day(at)?;
        }
        let mut settled = 0;
        let mut differ = None;
        for _ in 0..ROUNDS_MAX {
            let (mut moved, mut lost) = (0, 0);
            for place in &running {
                let round = self.send_round(*place, at, twice, &mut lost, &mut differ)?;
                settled += round.settled;
                moved += round.signed + round.settled;
            }
            if let Some(found) = differ {
                let expected = "the same receipt both times".to_owned();
                return Ok(LineOutcome::Mismatch { expected, found });
            }
            if moved == 0 {
                self.dropping.clear();
                return Ok(LineOutcome::Delivered { settled, lost });
            }
        }
        Err(NodeError(format!("messages still flow after {ROUNDS_MAX} rounds")))
    }

    /// One authority signs what waits and sends what has no receipt.
    fn send_round(
        &mut self,
        place: usize,
        at: Timestamp,
        twice: bool,
        lost: &mut usize,
        differ: &mut Option<String>,
    ) -> Result<crate::node::Round, NodeError> {
        let (from, host) = (&self.authorities[place].id, &mut *self.host);
        let dropping = self.dropping.contains(&place);
        self.nodes[place].send_round(at, &mut |message| {
            if dropping {
                *lost += 1;
                return Err("it was lost on the way".to_owned());
            }
            let answer = host.post(at, from, message).inspect_err(|_| *lost += 1)?;
            if twice {
                let again = host.post(at, from, message)?;
                if again != answer {
                    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                    *differ = Some(format!("{} first, then {}", text(&answer), text(&again)));
                }
            }
            Ok(answer)
        })
    }
}
