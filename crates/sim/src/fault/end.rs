//! The end of a run: nothing strikes any more, messages flow, and both sides of every case must say the same.

use std::collections::BTreeMap;

use domain::id::Id;
use domain::partner::{Message, MessageQueued, Signed};
use domain::quantity::Mass;
use domain::reporting;
use domain::trade::{Asked, Cancellation, Case, Endorsement, Notice, Side, Stage};
use domain::{Entry, Event};
use exchange::Answer;
use jiff::SignedDuration;

use super::astray::Nature;
use super::report::Report;
use super::watch::{self, Watch};
use super::world::{Node, amounts};
use super::{Broken, Checked, Sim};
use crate::memory::wrong;
use crate::node::Outgoing;

/// More rounds than any conversation takes.
const ROUNDS_MAX: usize = 200;
/// After so long every permit and authorization has ended.
const LONGER_THAN_ANY_PERMIT: SignedDuration = SignedDuration::from_hours(24 * 90);
/// The year of the simulation.
const YEAR: i16 = 2024;

impl Sim<'_> {
    /// Faults stop and messages flow.
    pub fn end(&mut self) -> Checked {
        for place in 0..self.nodes.len() {
            self.nodes[place].ahead = SignedDuration::ZERO;
            self.nodes[place].down_until = None;
            self.repair(place)?;
        }
        for place in 0..self.nodes.len() {
            self.speak_up(place)?;
            self.clear_customs(place)?;
        }
        self.settle(SignedDuration::from_hours(4))?;
        self.settle(LONGER_THAN_ANY_PERMIT)?;
        self.watch.known(&self.nodes)?;
        self.watch.redeem_all(&self.nodes)?;
        for place in 0..self.nodes.len() {
            if self.nodes[place].is_honest() {
                self.sound(place)?;
            }
        }
        self.masses()
    }

    /// Time passes, what is due happens, and messages flow until there are none: both sides of every case say the same.
    fn settle(&mut self, passes: SignedDuration) -> Checked {
        self.now += passes;
        let now = self.now;
        for place in 0..self.nodes.len() {
            self.at_node(place, |node, _| Ok(node.core.pass_day(now)?))?;
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
        for node in self.nodes.iter().filter(|node| node.is_honest()) {
            self.all_said(node)?;
            for case in node.core.state.trade.cases() {
                self.converged(node, case)?;
            }
        }
        self.watch.provinces(&self.nodes, YEAR)
    }

    /// Whoever came back from an old backup says something to each partner, so that each may notice.
    fn speak_up(&mut self, place: usize) -> Checked {
        if !matches!(self.nodes[place].nature, Nature::Restored { .. }) {
            return Ok(());
        }
        let node = &mut self.nodes[place];
        let partners: Vec<Id> = node
            .core
            .state
            .partners
            .iter()
            .map(|partner| partner.file.id.clone())
            .collect();
        for to in partners {
            let cancellation = Cancellation {
                number: "NONE".parse().map_err(wrong)?,
                reason: "it was never issued".parse().map_err(wrong)?,
            };
            let notice = Notice::AuthorizationCancelled(Box::new(cancellation));
            let case = None;
            let queued = Event::MessageQueued(Box::new(MessageQueued { to, case, notice }));
            node.core.force(self.now, vec![queued])?;
        }
        Ok(())
    }

    /// What an honest node has agrees with its journal, and no permit is open that has ended.
    fn sound(&self, place: usize) -> Checked {
        let node = &self.nodes[place];
        let open = |case: &&Case| matches!(case.stage, Stage::Issued | Stage::Suspended) && case.permit.is_some();
        let honest = |case: &&Case| self.partner_of(case).is_some_and(Node::is_honest);
        let idle = |case: &&Case| !case.moved.iter().any(|moved| *moved > 0);
        let mut cases = node.core.state.trade.open_cases().filter(open).filter(honest);
        if let Some(case) = cases.find(idle) {
            let says = format!(
                "{} is still {:?} at {} when all has ended",
                case.id, case.stage, node.id
            );
            return Err(Broken::new(watch::CONVERGES, says));
        }
        let differences = node.core.fsck()?;
        match differences.first() {
            None => Ok(()),
            Some(first) => Err(Broken::new(watch::REPLAY, format!("{}: {first}", node.id))),
        }
    }

    /// Nothing waits to be signed or answered, but by who went astray.
    fn all_said(&self, node: &Node) -> Checked {
        for partner in node.core.state.partners.iter() {
            let waits = !partner.queue.is_empty() || !partner.unanswered.is_empty();
            if waits && self.nodes[self.place_of(&partner.file.id)?].is_honest() {
                let says = format!("{} still has messages for {}", node.id, partner.file.id);
                return Err(Broken::new(watch::CONVERGES, says));
            }
        }
        Ok(())
    }

    /// Everybody signs, sends and settles once; tells whether anything moved.
    fn round(&mut self) -> Checked<bool> {
        let mut moved = false;
        for place in 0..self.nodes.len() {
            let now = self.now;
            let outgoing = self.at_node(place, |node, _| {
                let signed = node.core.sign_queued(now)?;
                Ok((signed, node.core.outgoing()?))
            })?;
            let (signed, outgoing) = outgoing.unwrap_or_default();
            moved |= signed > 0;
            for message in outgoing {
                moved |= self.deliver(place, &message)?;
            }
        }
        Ok(moved)
    }

    /// Hands a message over, and its answer back; tells whether it was settled.
    fn deliver(&mut self, from: usize, message: &Outgoing) -> Checked<bool> {
        let (now, to) = (self.now, self.place_of(&message.to)?);
        let contradicted = Watch::contradicted(&self.nodes[to], message.bytes.as_bytes());
        let answer = self.nodes[to].core.accept(now, message.bytes.as_bytes())?;
        let honest = self.nodes[from].is_honest() && self.nodes[to].is_honest();
        let Answer::Receipt(receipt) = &answer else {
            let (seq, says) = (message.seq, answer.encode());
            if honest {
                let says = format!("{} did not take message {seq}: {says}", message.to);
                return Err(Broken::new(watch::HONEST, says));
            }
            if self.nodes[to].is_honest() {
                Watch::evidenced(&self.nodes[to], contradicted.as_ref())?;
                self.watch.answered(&self.nodes[from], &answer);
                self.hear(from, to, &answer);
            }
            return Ok(false);
        };
        let settled = self.nodes[from].core.settle(now, &message.to, receipt.as_bytes())?;
        if honest && let Err(why) = &settled {
            return Err(Broken::new(watch::RECEIPT, why.clone()));
        }
        Ok(settled.is_ok())
    }

    /// The authority of the other side.
    fn partner_of(&self, case: &Case) -> Option<&Node> {
        let id = case.partner.as_ref()?;
        self.place_of(id).ok().map(|place| &self.nodes[place])
    }

    /// Both sides of a case say the same.
    fn converged(&self, node: &Node, case: &Case) -> Checked {
        let Some(other) = self.partner_of(case) else {
            return match case.stage {
                Stage::Draft | Stage::Withdrawn => Ok(()),
                stage => Err(Broken::new(
                    watch::CONVERGES,
                    format!("{} is {stage:?} with nobody", case.id),
                )),
            };
        };
        if !other.is_honest() {
            return Ok(());
        }
        let theirs = other.core.state.trade.case(&case.id);
        let missing = || Broken::new(watch::CONVERGES, format!("{} does not know {}", other.id, case.id));
        let theirs = theirs.ok_or_else(missing)?;
        // What crossed a withdrawal is on one side only.
        let open = case.stage != Stage::Withdrawn;
        // A word that crossed what closed the case is refused, and its sender knows.
        let differs = case.stage == Stage::Discrepant;
        for (what, ours, theirs) in [
            ("stage", stage(case), stage(theirs)),
            (
                "consignment",
                format!("{:?}", case.consignment),
                format!("{:?}", theirs.consignment),
            ),
            (
                "confirmation",
                format!("{:?}", case.confirmation.as_ref().filter(|_| open)),
                format!("{:?}", theirs.confirmation.as_ref().filter(|_| open)),
            ),
            ("refusal", refusal(case), refusal(theirs)),
            (
                "return",
                format!("{:?}", case.returned),
                format!("{:?}", theirs.returned),
            ),
            (
                "diversion",
                format!("{:?}", case.diversion),
                format!("{:?}", theirs.diversion),
            ),
            ("order back", ordered(case), ordered(theirs)),
            ("questions", questions(case), questions(theirs)),
            ("reason of its end", reason(case), reason(theirs)),
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
                format!("{:?}", case.our_word.as_ref().filter(|_| differs)),
                format!("{:?}", theirs.their_word.as_ref().filter(|_| differs)),
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
        self.conserved(node, other, case)
    }

    /// What has left is on its way, has arrived, or is a discrepancy that both sides know.
    fn conserved(&self, node: &Node, other: &Node, case: &Case) -> Checked {
        let (exporter, importer) = match case.side {
            Side::Exporting => (node, other),
            Side::Importing => (other, node),
        };
        let (exported, imported) = self.watch.moved_in(&case.id, &exporter.id, &importer.id);
        let of = |endorsement: &Option<Endorsement>| endorsement.as_ref().map(|of| amounts(&of.lines));
        let (departed, arrived) = (of(&case.departure), of(&case.arrival));
        let holds = match (departed, arrived) {
            (Some(departed), Some(arrived)) => {
                let explained =
                    departed == arrived || matches!(case.stage, Stage::Discrepant | Stage::Closed | Stage::Returned);
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

    /// The year's figures of each country say what its cases say, and nothing is unexplained but what came from another
    /// province beyond what was sent, or was taken back here and received there.
    fn masses(&self) -> Checked {
        for (place, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.is_honest()) {
            let state = &node.core.state;
            let mut content = [Mass::ZERO; 2];
            for item in state.items.iter() {
                content[usize::from(item.bulk)] = Mass::from_pg(i128::from(item.content_pg));
            }
            let mass = |amounts: [i64; 2]| content[0] * i128::from(amounts[0]) + content[1] * i128::from(amounts[1]);
            let (left, entered) = self.watch.totals(place);
            let identity = reporting::identity(state, YEAR);
            let exported: Mass = identity.iter().map(|row| row.exported).sum();
            let imported: Mass = identity.iter().map(|row| row.imported).sum();
            let stated = reporting::statement(state, YEAR, None).exported.total_g;
            let unexplained = mass(self.watch.unexplained(place));
            let residual: Mass = identity.iter().map(|row| row.residual).sum();
            let explained = residual + unexplained == Mass::ZERO;
            if exported == mass(left) && imported == mass(entered) && stated == exported && explained {
                continue;
            }
            let says = format!(
                "{}: {exported} g exported and {imported} g imported in the year's balance, {stated} g exported in its \
                 statement, {} g and {} g in its cases, a residual of {residual} g where {unexplained} g came to light",
                node.id,
                mass(left),
                mass(entered)
            );
            return Err(Broken::new(watch::MASS, says));
        }
        Ok(())
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
        let mut struck: BTreeMap<String, u64> = self
            .struck
            .iter()
            .map(|(what, count)| ((*what).to_owned(), *count))
            .collect();
        struck.extend(self.net.traffic.struck());
        let acts = self
            .watch
            .entries
            .iter()
            .map(|(kind, count)| ((*kind).to_owned(), *count));
        Report {
            seed: self.options.seed,
            authorities: self.options.authorities,
            steps: self.options.steps,
            faults: self.options.faults.to_string(),
            ended_at: self.now,
            entries,
            cases,
            permits: self.watch.permits(),
            acts: acts.collect(),
            messages: self.watch.messages,
            refused: self.watch.refused,
            rejected: self.watch.rejected,
            instructions_refused,
            posted: self.net.traffic.posted,
            struck,
            split_views: Watch::split_views(&self.nodes).unwrap_or_default(),
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

/// The stage as both sides see it: the importer is not told of a hold at the exporter's customs, and may have given up
/// waiting before the permit ends, which the exporter knows.
fn stage(case: &Case) -> String {
    let stage = match case.stage {
        Stage::Issued | Stage::Held | Stage::Suspended if case.unused_there => Stage::Expired,
        Stage::Held => Stage::Issued,
        // What has entered is still to be endorsed.
        Stage::Departed | Stage::Returning if case.diversion.is_some() => Stage::Diverted,
        stage => stage,
    };
    stage.word().to_owned()
}

/// Whether the cancellation came after the goods had left: the exporter knows it before customs has endorsed it.
fn was_too_late(case: &Case) -> bool {
    let left = case.side == Side::Exporting && case.moved.iter().any(|moved| *moved > 0);
    case.cancelled_too_late || (case.stage == Stage::Suspended && left)
}

/// The reason of a no; its day is that of each side's own journal, and what crossed a withdrawal is on one side only.
fn refusal(case: &Case) -> String {
    if case.stage == Stage::Withdrawn {
        return String::new();
    }
    let reason = case.refusal.as_ref().map(|(_, refusal)| refusal);
    format!("{reason:?}")
}

/// What was asked and answered; its days are those of each side's own journal.
fn questions(case: &Case) -> String {
    if case.stage == Stage::Withdrawn {
        return String::new();
    }
    let said = |asked: &Asked| format!("{:?} {:?}", asked.question, asked.answer.as_ref().map(|(said, _)| said));
    case.questions.iter().map(said).collect::<Vec<_>>().join("; ")
}

/// Why it was called back.
fn ordered(case: &Case) -> String {
    format!("{:?}", case.ordered_back.as_ref().map(|(_, reason)| reason))
}

/// Why the exporting authority has brought it to an end.
fn reason(case: &Case) -> String {
    format!("{:?}", case.ended.as_ref().map(|(_, reason)| reason))
}
