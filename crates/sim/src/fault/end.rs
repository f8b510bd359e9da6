//! The end of a run: nothing strikes any more, messages flow, and both sides of every case must say the same.

use std::collections::BTreeMap;

use domain::partner::{Message, Signed};
use domain::quantity::Mass;
use domain::reporting;
use domain::trade::{Case, Endorsement, Side, Stage};
use domain::{Entry, Event};
use exchange::Answer;
use jiff::SignedDuration;

use super::report::Report;
use super::watch;
use super::world::{Node, amounts};
use super::{Broken, Checked, Sim};

/// More rounds than any conversation takes.
const ROUNDS_MAX: usize = 200;
/// The year of the simulation.
const YEAR: i16 = 2024;

impl Sim<'_> {
    /// Faults stop and messages flow.
    pub fn end(&mut self) -> Checked {
        for node in &mut self.nodes {
            node.down_until = None;
            node.ahead = SignedDuration::ZERO;
        }
        self.now += SignedDuration::from_hours(4);
        for place in 0..self.nodes.len() {
            self.nodes[place].core.pass_day(self.now)?;
        }
        let mut rounds = 0;
        while self.round()? {
            rounds += 1;
            self.watch.look(&self.nodes)?;
            if rounds > ROUNDS_MAX {
                return Err(Broken::new(watch::CONVERGES, "messages flow without end"));
            }
        }
        self.watch.look(&self.nodes)?;
        for node in &self.nodes {
            all_said(node)?;
            for case in node.core.state.trade.cases() {
                self.converged(node, case)?;
            }
            let differences = node.core.fsck()?;
            if let Some(first) = differences.first() {
                return Err(Broken::new(watch::REPLAY, format!("{}: {first}", node.id)));
            }
        }
        self.masses()
    }

    /// Everybody signs, sends and settles once; tells whether anything moved.
    fn round(&mut self) -> Checked<bool> {
        let mut moved = false;
        for place in 0..self.nodes.len() {
            moved |= self.nodes[place].core.sign_queued(self.now)? > 0;
            for message in self.nodes[place].core.outgoing()? {
                let (now, to) = (self.now, message.to.clone());
                let target = self.nodes.iter_mut().find(|node| node.id == to);
                let target = target.ok_or_else(|| Broken::new("a node goes on", format!("nobody is {to}")))?;
                let answer = target.core.accept(now, message.bytes.as_bytes())?;
                let Answer::Receipt(receipt) = answer else {
                    let says = format!("{to} did not take message {}: {}", message.seq, answer.encode());
                    return Err(Broken::new(watch::HONEST, says));
                };
                let settled = self.nodes[place].core.settle(now, &to, receipt.as_bytes())?;
                settled.map_err(|why| Broken::new(watch::RECEIPT, why))?;
                moved = true;
            }
        }
        Ok(moved)
    }

    /// Both sides of a case say the same.
    fn converged(&self, node: &Node, case: &Case) -> Checked {
        let other = case
            .partner
            .as_ref()
            .and_then(|id| self.nodes.iter().find(|node| node.id == *id));
        let Some(other) = other else {
            return match case.stage {
                Stage::Draft => Ok(()),
                stage => Err(Broken::new(
                    watch::CONVERGES,
                    format!("{} is {stage:?} with nobody", case.id),
                )),
            };
        };
        let theirs = other.core.state.trade.case(&case.id);
        let missing = || Broken::new(watch::CONVERGES, format!("{} does not know {}", other.id, case.id));
        let theirs = theirs.ok_or_else(missing)?;
        for (what, ours, theirs) in [
            ("stage", stage(case), stage(theirs)),
            (
                "consignment",
                format!("{:?}", case.consignment),
                format!("{:?}", theirs.consignment),
            ),
            (
                "confirmation",
                format!("{:?}", case.confirmation),
                format!("{:?}", theirs.confirmation),
            ),
            ("refusal", refusal(case), refusal(theirs)),
            ("permit", format!("{:?}", case.permit), format!("{:?}", theirs.permit)),
            (
                "departure",
                format!("{:?}", case.departure),
                format!("{:?}", theirs.departure),
            ),
            (
                "arrival",
                format!("{:?}", case.arrival),
                format!("{:?}", theirs.arrival),
            ),
            (
                "word",
                format!("{:?}", case.our_word),
                format!("{:?}", theirs.their_word),
            ),
            (
                "late cancellation",
                was_too_late(case).to_string(),
                was_too_late(theirs).to_string(),
            ),
        ] {
            if ours != theirs {
                let says = format!(
                    "{what} of {}: {} has {ours}, {} has {theirs}",
                    case.id, node.id, other.id
                );
                return Err(Broken::new(watch::CONVERGES, says));
            }
        }
        self.conserved(case)
    }

    /// What has left is on its way, has arrived, or is a discrepancy that both sides know.
    fn conserved(&self, case: &Case) -> Checked {
        let (exported, imported) = self.watch.moved_in(&case.id);
        let of = |endorsement: &Option<Endorsement>| endorsement.as_ref().map(|of| amounts(&of.lines));
        let (departed, arrived) = (of(&case.departure), of(&case.arrival));
        let holds = match (departed, arrived) {
            (Some(departed), Some(arrived)) => {
                let explained = departed == arrived || matches!(case.stage, Stage::Discrepant | Stage::Closed);
                exported == departed && imported == arrived && explained
            }
            // On its way, or at customs of either side.
            (Some(departed), None) => exported == departed,
            (None, None) => true,
            (None, Some(_)) => false,
        };
        if holds {
            return Ok(());
        }
        let says = format!(
            "{}: the ledgers have {exported:?} exported and {imported:?} imported, customs {departed:?} and {arrived:?}",
            case.id
        );
        Err(Broken::new(watch::MASS, says))
    }

    /// The year's figures of all countries say what their cases say, and nothing is unexplained.
    fn masses(&self) -> Checked {
        let (mut exported, mut imported) = (Mass::ZERO, Mass::ZERO);
        let mut content = [Mass::ZERO; 2];
        for node in &self.nodes {
            let state = &node.core.state;
            for item in state.items.iter() {
                content[usize::from(item.bulk)] = Mass::from_pg(i128::from(item.content_pg));
            }
            let identity = reporting::identity(state, YEAR);
            let left: Mass = identity.iter().map(|row| row.exported).sum();
            let stated = reporting::statement(state, YEAR, None).exported.total_g;
            if left != stated {
                let says = format!("{} states {stated} g exported; {left} g have left", node.id);
                return Err(Broken::new(watch::MASS, says));
            }
            exported += left;
            imported += identity.iter().map(|row| row.imported).sum();
            if let Some(row) = identity.iter().find(|row| row.residual != Mass::ZERO) {
                let says = format!("{} g of {} are unexplained in {}", row.residual, row.substance, node.id);
                return Err(Broken::new(watch::MASS, says));
            }
        }
        let (left, entered) = self.watch.totals();
        let mass = |amounts: [i64; 2]| content[0] * i128::from(amounts[0]) + content[1] * i128::from(amounts[1]);
        if exported == mass(left) && imported == mass(entered) {
            return Ok(());
        }
        let says = format!(
            "the year's balances have {exported} g exported and {imported} g imported, the cases {} g and {} g",
            mass(left),
            mass(entered)
        );
        Err(Broken::new(watch::MASS, says))
    }

    /// The entries about the case that a sentence speaks of.
    pub fn history(&self, says: &str) -> Vec<String> {
        let mut lines = Vec::new();
        let cases = self.nodes.iter().flat_map(|node| node.core.state.trade.cases());
        let spoken = |word: &str, case: &Case| word.trim_matches([':', ',', ';']) == case.id.as_str();
        let Some(case) = cases
            .into_iter()
            .find(|case| says.split(' ').any(|word| spoken(word, case)))
        else {
            return lines;
        };
        let number = case.consignment.authorization.as_deref().unwrap_or(&case.id);
        for node in &self.nodes {
            for seq in 0..node.core.state.size {
                let bytes = node.core.entry(seq).unwrap_or_default();
                let text = String::from_utf8_lossy(&bytes);
                let about = [case.id.as_str(), number]
                    .iter()
                    .any(|id| text.contains(&format!("{id}\"")));
                if let (true, Ok(entry)) = (about, Entry::parse(&bytes)) {
                    let (at, actor, kind) = (entry.recorded_at, &entry.actor, entry.event.kind());
                    lines.push(format!(
                        "{} {seq} {at} {actor} {kind}{}",
                        node.id,
                        of_message(&entry.event)
                    ));
                }
            }
        }
        lines
    }

    pub fn report(self) -> Report {
        let mut cases: BTreeMap<String, u64> = BTreeMap::new();
        let mut instructions_refused: BTreeMap<String, u64> = BTreeMap::new();
        let mut entries = 0;
        for node in &self.nodes {
            let state = &node.core.state;
            entries += state.size;
            for case in state.trade.cases().filter(|case| case.side == Side::Exporting) {
                *cases.entry(case.stage.word().to_owned()).or_default() += 1;
            }
            for ((_, code), count) in &state.tally {
                *instructions_refused.entry(code.to_string()).or_default() += count;
            }
        }
        Report {
            seed: self.options.seed,
            authorities: self.options.authorities,
            steps: self.options.steps,
            faults: self.options.faults.to_string(),
            ended_at: self.now,
            entries,
            cases,
            permits: self.watch.permits_issued,
            messages: self.watch.messages,
            refused: self.watch.refused,
            instructions_refused,
            traffic: self.net.traffic,
            crashes: self.crashes,
        }
    }
}

/// The kind of the message that an entry is about.
fn of_message(event: &Event) -> String {
    let said = |signed: &Signed| signed.payload.read::<Message>().map(|message| message.kind.to_string());
    match event {
        Event::MessageQueued(queued) => format!(" {}", queued.notice.kind()),
        Event::MessageSigned(signed) => said(&signed.message).map(|kind| format!(" {kind}")).unwrap_or_default(),
        Event::MessageReceived(received) => said(&received.message)
            .map(|kind| format!(" {kind}"))
            .unwrap_or_default(),
        Event::InstructionRefused(refused) => format!(" {} {}", refused.command, refused.code),
        _ => String::new(),
    }
}

/// The stage as both sides see it: the importer is not told of a hold at the exporter's customs.
fn stage(case: &Case) -> String {
    let stage = match case.stage {
        Stage::Held => Stage::Issued,
        stage => stage,
    };
    stage.word().to_owned()
}

/// Whether the cancellation came after the goods had left: the exporter knows it before customs has endorsed it.
fn was_too_late(case: &Case) -> bool {
    let left = case.side == Side::Exporting && case.moved.iter().any(|moved| *moved > 0);
    case.cancelled_too_late || (case.stage == Stage::Suspended && left)
}

/// The reason of a no; its day is that of each side's own journal.
fn refusal(case: &Case) -> String {
    let reason = case.refusal.as_ref().map(|(_, refusal)| refusal);
    format!("{reason:?}")
}

/// Nothing waits to be signed or answered.
fn all_said(node: &Node) -> Checked {
    for partner in node.core.state.partners.iter() {
        if !partner.queue.is_empty() || !partner.unanswered.is_empty() {
            let says = format!("{} still has messages for {}", node.id, partner.file.id);
            return Err(Broken::new(watch::CONVERGES, says));
        }
    }
    Ok(())
}
