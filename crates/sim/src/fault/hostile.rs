//! A node with valid keys that lies: it contradicts itself, repeats itself, forks its log, and says what is not so.

use domain::digest::{Bytes, Digest};
use domain::id::Id;
use domain::partner::{Consistency, Json, Message, MessageQueued, Receipt, Signed, Taken, TreeHead};
use domain::trade::{Case, Notice, PermitNamed};
use domain::{Event, partner};
use exchange::Answer;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tlog::Hash;

use super::world::Node;
use super::{Checked, Sim};
use crate::dice::Dice;
use crate::memory::{Log, wrong};
use crate::node::NodeError;

/// For so long a lie is good.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(24 * 366);

/// What a lie says.
struct Lie {
    kind: String,
    case: Option<Id>,
    body: Value,
}

/// The checkpoint that a message shows, with the proof that it continues the one before.
struct Shown {
    head: TreeHead,
    note: String,
    hashes: Vec<Hash>,
}

impl Sim<'_> {
    /// A hostile node lies to one of its partners.
    pub(super) fn lie(&mut self, place: usize) -> Checked {
        let partners = self.nodes[place].partners.clone();
        let Some(to) = self.dice.pick(&partners).copied() else {
            return Ok(());
        };
        match self.dice.below(12) {
            0 | 1 => self.contradict(place, to),
            2 => self.repeat(place, to),
            3 => self.fork(place, to),
            4 => self.roll_back(place, to),
            5 => self.noise(place, to),
            _ => self.invent(place, to),
        }
    }

    /// Says something that is not so, in its turn.
    fn invent(&mut self, place: usize, to: usize) -> Checked {
        self.count("hostile, said what is not so");
        let (now, at) = (self.now, self.nodes[to].id.clone());
        let lie = Lie::new(&self.nodes[place], &self.nodes[to], &mut self.dice);
        let shown = shown(&self.nodes[place], &at, &self.nodes[place].core.log)?;
        self.say(place, &at, lie, shown, now)
    }

    /// Says something in its turn; it is sent with all that has no receipt.
    fn say(&mut self, place: usize, to: &Id, lie: Lie, shown: Shown, now: Timestamp) -> Checked {
        let node = &mut self.nodes[place];
        let id = uuid::Builder::from_unix_timestamp_millis(0, &self.dice.bytes()).into_uuid();
        let head = shown.head;
        let message = sign(node, &message(node, to, lie, shown, (id, now))?)?;
        // It takes the place of what is queued next, if anything is.
        let next = node
            .core
            .state
            .partners
            .get(to)
            .and_then(|partner| partner.queue.front());
        let (queued, mut events) = match next {
            Some(next) => (next.entry, Vec::new()),
            None => (node.core.state.size, vec![pretext(to)?]),
        };
        let signed = partner::MessageSigned {
            to: to.clone(),
            queued,
            head,
            message,
        };
        events.push(Event::MessageSigned(Box::new(signed)));
        Ok(node.core.force(now, events)?)
    }

    /// Signs other bytes under a number and id that were used.
    fn contradict(&mut self, place: usize, to: usize) -> Checked {
        let Some(signed) = self.some_message(place, to)? else {
            return Ok(());
        };
        self.count("hostile, contradicted itself");
        let mut message: Message = signed.payload.read().map_err(wrong)?;
        match self.dice.below(3) {
            0 => message.created += SignedDuration::from_secs(1),
            1 => message.body = Json::parse("{\"number\":\"X\",\"reason\":\"another\"}").map_err(wrong)?,
            // Only the id is the same.
            _ => message.seq += 1 + self.dice.below(3),
        }
        let bytes = sign(&self.nodes[place], &message)?.compact().into_bytes();
        self.post_message(place, to, bytes);
        Ok(())
    }

    /// Sends what was sent before.
    fn repeat(&mut self, place: usize, to: usize) -> Checked {
        if let Some(signed) = self.some_message(place, to)? {
            self.count("hostile, repeated itself");
            self.post_message(place, to, signed.compact().into_bytes());
        }
        Ok(())
    }

    /// One of the messages that it has signed for a partner.
    fn some_message(&mut self, place: usize, to: usize) -> Checked<Option<Signed>> {
        let (node, to) = (&self.nodes[place], &self.nodes[to].id);
        let mut messages = Vec::new();
        for seq in 0..node.core.state.size {
            if let Event::MessageSigned(signed) = node.core.parsed(seq)?.event
                && signed.to == *to
            {
                messages.push(signed.message);
            }
        }
        Ok(self.dice.pick(&messages).cloned())
    }

    /// Shows one partner a log in which another entry was written than in the log that it shows another one.
    fn fork(&mut self, place: usize, to: usize) -> Checked {
        let partners = self.nodes[place].partners.clone();
        let others: Vec<usize> = partners.into_iter().filter(|other| *other != to).collect();
        let Some(other) = self.dice.pick(&others).copied() else {
            return Ok(());
        };
        self.count("hostile, forked its log");
        let now = self.now;
        let node = &self.nodes[place];
        let forked = node.core.log.forked();
        let (one, another) = (self.nodes[to].id.clone(), self.nodes[other].id.clone());
        let first = shown(node, &one, &forked)?;
        let second = shown(node, &another, &node.core.log)?;
        self.say(place, &one, Lie::hello(), first, now)?;
        self.say(place, &another, Lie::hello(), second, now)
    }

    /// Shows a log that is smaller than the one before.
    fn roll_back(&mut self, place: usize, to: usize) -> Checked {
        let node = &self.nodes[place];
        let to_id = &self.nodes[to].id;
        let sent = node.core.state.partners.get(to_id).and_then(|partner| partner.sent);
        let Some(smaller) = sent.and_then(|sent| sent.head.size.checked_sub(1)) else {
            return Ok(());
        };
        let root = tlog::root_at(&node.core.log, smaller).map_err(wrong)?;
        let (head, note) = note(node, smaller, root)?;
        let hashes = Vec::new();
        let shown = Shown { head, note, hashes };
        let id = uuid::Builder::from_unix_timestamp_millis(0, &self.dice.bytes()).into_uuid();
        let message = message(node, to_id, Lie::hello(), shown, (id, self.now))?;
        let bytes = sign(node, &message)?.compact().into_bytes();
        self.count("hostile, rolled its log back");
        self.post_message(place, to, bytes);
        Ok(())
    }

    /// Sends what is no message.
    fn noise(&mut self, place: usize, to: usize) -> Checked {
        self.count("hostile, made noise");
        let mut bytes = match self.some_message(place, to)? {
            Some(signed) => signed.compact().into_bytes(),
            None => self.dice.bytes::<256>().to_vec(),
        };
        let length = u64::try_from(bytes.len()).unwrap_or_default();
        bytes.truncate(usize::try_from(self.dice.below(length)).unwrap_or_default());
        self.post_message(place, to, bytes);
        Ok(())
    }

    /// A hostile node says now and then in a receipt that it refuses what it took.
    pub(super) fn answer_of_a_liar(&mut self, place: usize, answer: Answer) -> Checked<Answer> {
        let lies = self.nodes[place].nature == super::Nature::Hostile && self.dice.one_in(4);
        let Answer::Receipt(receipt) = &answer else {
            return Ok(answer);
        };
        if !lies {
            return Ok(answer);
        }
        self.count("hostile, gave a false receipt");
        let signed = exchange::parse(receipt.as_bytes()).map_err(wrong)?;
        let mut receipt: Receipt = signed.payload.read().map_err(wrong)?;
        let code = "unknown_kind".parse().map_err(wrong)?;
        receipt.taken = Taken::Refused { code };
        receipt.entry.seq += self.dice.below(9);
        let payload = Json::of(&receipt).map_err(wrong)?;
        let signed = exchange::sign(&self.nodes[place].core.keys.exchange, payload);
        Ok(Answer::Receipt(signed.compact()))
    }
}

fn sign(node: &Node, message: &Message) -> Result<Signed, NodeError> {
    let payload = Json::of(message).map_err(wrong)?;
    Ok(exchange::sign(&node.core.keys.exchange, payload))
}

fn note(node: &Node, size: u64, root: Hash) -> Result<(TreeHead, String), NodeError> {
    let key = &node.core.keys.log;
    let origin = key.origin().to_owned();
    let checkpoint = tlog::Checkpoint { origin, size, root };
    let head = TreeHead {
        size,
        root: Bytes(root),
    };
    Ok((head, tlog::sign(&checkpoint, key).map_err(wrong)?))
}

/// A log as it is now, with the proof that it continues what a partner was shown before.
fn shown(node: &Node, to: &Id, log: &Log) -> Result<Shown, NodeError> {
    let sent = node.core.state.partners.get(to).and_then(|partner| partner.sent);
    let (head, note) = note(node, log.size(), log.root())?;
    let from = sent.map_or(0, |sent| sent.head.size);
    let hashes = tlog::consistency_proof(log, from, head.size).map_err(wrong)?;
    Ok(Shown { head, note, hashes })
}

fn message(
    node: &Node,
    to: &Id,
    lie: Lie,
    shown: Shown,
    (id, now): (uuid::Uuid, Timestamp),
) -> Result<Message, NodeError> {
    let sent = node.core.state.partners.get(to).and_then(|partner| partner.sent);
    Ok(Message {
        v: 1,
        kind: lie.kind.parse().map_err(wrong)?,
        id,
        case: lie.case,
        from: node.id.clone(),
        to: to.clone(),
        seq: sent.map_or(1, |sent| sent.seq + 1),
        prev: sent.map(|sent| sent.hash),
        seen: None,
        created: now,
        not_after: now + GOOD_FOR,
        body: Json::of(&lie.body).map_err(wrong)?,
        checkpoint: shown.note,
        consistency: Consistency {
            from_size: sent.map_or(0, |sent| sent.head.size),
            hashes: shown.hashes.into_iter().map(Bytes).collect(),
        },
    })
}

impl Lie {
    /// A kind that nobody knows.
    fn hello() -> Self {
        Self {
            kind: "hello".to_owned(),
            case: None,
            body: json!({ "hello": "there" }),
        }
    }

    /// Something about one of the cases between the two, or about none; to the other province also about goods between
    /// the two.
    fn new(node: &Node, to: &Node, dice: &mut Dice) -> Self {
        if node.country == to.country && !dice.one_in(6) {
            return Self::of_provinces(dice);
        }
        let cases = node.core.state.trade.cases();
        let cases: Vec<&Case> = cases.filter(|case| case.partner.as_ref() == Some(&to.id)).collect();
        match dice.pick(&cases) {
            Some(case) if dice.one_in(5) => Self::of_no_case(node, to, Some(case), dice),
            Some(case) => Self::of_case(case, dice),
            None => Self::of_no_case(node, to, None, dice),
        }
    }

    /// Something about sites and dispatches, which there may be or not, with figures that may be absurd.
    fn of_provinces(dice: &mut Dice) -> Self {
        let number = 1 + dice.below(6);
        let amount = absurd(1 + dice.up_to(200), dice);
        let (kind, body) = match dice.below(7) {
            0 => {
                let body = json!({ "site": "W", "holder": "Liar", "kinds": ["regional_wholesaler"], "licence": "LIE",
                    "substances": ["fentanyl"], "valid_from": "2024-01-01", "valid_until": "2024-06-30" });
                ("site_shared", body)
            }
            1 => ("site_withdrawn", json!({ "site": "W", "reason": "because" })),
            2 => {
                let goods = json!({ "substance": "fentanyl", "form": "citrate", "bulk": true, "content_pg": 636_559 });
                let body = json!({ "number": number, "on": "2024-03-01", "from": "W", "holder": "Liar", "to": "W",
                    "goods": goods, "batch": "B", "amount": amount });
                ("domestic_dispatched", body)
            }
            3 => {
                let body = json!({ "number": number, "on": "2024-03-01", "amount": amount, "excess": absurd(2, dice),
                    "complete": dice.one_in(2) });
                ("domestic_received", body)
            }
            4 | 5 => {
                let kind = ["domestic_returned", "domestic_lost"][usize::from(dice.one_in(2))];
                let body = json!({ "number": number, "on": "2024-03-01", "amount": amount, "reason": "because" });
                (kind, body)
            }
            _ => {
                let word = json!({ "cause": "loss", "explanation": "because", "incident": null });
                let body = json!({ "number": number, "sender": dice.one_in(2), "resolution": word });
                ("difference_resolved", body)
            }
        };
        Self {
            kind: kind.to_owned(),
            case: None,
            body,
        }
    }

    /// What begins something, with figures that may be absurd.
    fn of_no_case(node: &Node, to: &Node, case: Option<&Case>, dice: &mut Dice) -> Self {
        let goods = json!({ "substance": "fentanyl", "form": "citrate", "bulk": true, "content_pg": 636_559 });
        let mut lines: Vec<Value> = (0..dice.below(4))
            .map(|_| json!({ "goods": goods, "amount": absurd(1000, dice) }))
            .collect();
        if dice.one_in(6) {
            lines = vec![json!({ "goods": goods, "amount": 1 }); 40];
        }
        let (importer, exporter) = if dice.one_in(2) { (node, to) } else { (to, node) };
        let mut consignment = json!({ "authorization": node.item(0), "exporter": exporter.party(), "importer": importer.party(),
            "lines": lines, "purpose": "medical", "bonded": dice.one_in(2) });
        let (kind, case, body) = match dice.below(6) {
            0 => ("hello", None, json!({ "hello": absurd(1, dice) })),
            1 | 2 => {
                let more = json!({ "number": format!("L-{}", dice.below(50)), "issuer": node.id, "issued_on": "2024-02-01",
                    "valid_until": "9999-12-31", "consignments": "several" });
                let (Value::Object(fields), Value::Object(more)) = (&mut consignment, more) else {
                    return Self::hello();
                };
                fields.remove("authorization");
                fields.extend(more);
                ("import_authorization_issued", None, consignment)
            }
            3 => {
                let of = [&node.id, &to.id][usize::from(dice.one_in(2))];
                let id = format!("{of}/LIE-{}", dice.below(50));
                ("confirmation_requested", Some(id), consignment)
            }
            4 => {
                let line = json!({ "substance": "fentanyl", "total_g": "79228162514264337593543950335",
                    "count": absurd(3, dice), "cases_root": Digest::of("lie") });
                let statement = json!({ "exporter": exporter.id, "importer": importer.id, "year": 2023,
                    "lines": [line], "log_size": u64::MAX });
                ("trade_statement_proposed", None, statement)
            }
            _ => {
                let id = case.map(|case| case.id.to_string());
                (
                    "trade_statement_signed",
                    id,
                    json!({ "year": 2023, "digest": Digest::of("lie"), "log_size": 1 }),
                )
            }
        };
        Self {
            kind: kind.to_owned(),
            case: case.and_then(|case| case.parse().ok()),
            body,
        }
    }

    /// Something about a case that may not be its turn, and not what was asked.
    fn of_case(case: &Case, dice: &mut Dice) -> Self {
        let mut consignment = case.consignment.clone();
        if dice.one_in(2) {
            consignment
                .lines
                .iter_mut()
                .for_each(|line| line.amount = absurd(line.amount, dice));
        }
        let lines = &consignment.lines;
        let number = case.permit.as_ref().map_or("LIE", |permit| permit.number.as_str());
        let request = case.request.unwrap_or(Digest::of("lie"));
        let number_of = case.consignment.authorization.as_ref();
        let endorsement = json!({ "permit": number, "on": "2024-03-01", "post": "Nowhere", "lines": lines });
        let officer = |field: &str| json!({ "officer": "liar", field: "because" });
        let (kind, body) = match dice.below(14) {
            0 | 1 => {
                let body = json!({ "request": request, "consignment": consignment, "officer": "liar",
                    "confirmed_on": "2024-03-01" });
                ("confirmed", body)
            }
            2 | 3 => {
                let body = json!({ "number": format!("LIE-{}", dice.below(50)), "issued_on": "2024-03-01",
                    "valid_until": "9999-12-31", "consignment": consignment, "authorization_issued_on": "2024-02-01",
                    "authorization_issuer": case.partner });
                ("permit_issued", body)
            }
            4 | 5 => ("dispatched", endorsement),
            6 => ("received", endorsement),
            7 => ("query", officer("text")),
            8 => ("answer", officer("text")),
            9 => ("withdrawn", json!({ "reason": "because" })),
            10 => ("permit_revoked", json!({ "permit": number, "reason": "because" })),
            11 => ("endorsed_unused", json!({ "permit": number })),
            12 => (
                "import_authorization_cancelled",
                json!({ "number": number_of, "reason": "because" }),
            ),
            _ => {
                let body = json!({ "cause": "loss", "explanation": "because", "incident": null });
                ("resolved", body)
            }
        };
        Self {
            kind: kind.to_owned(),
            case: Some(case.id.clone()),
            body,
        }
    }
}

/// A figure, or what no figure should be.
fn absurd(amount: i64, dice: &mut Dice) -> i64 {
    match dice.below(8) {
        0 => i64::MAX,
        1 => i64::MIN,
        2 => 0,
        3 => -amount,
        4 => amount.saturating_mul(3),
        5 => amount.saturating_sub(1),
        6 => 1_000_000_000_000_000_000,
        _ => amount,
    }
}

/// Something in the queue, in whose place a lie is signed.
fn pretext(to: &Id) -> Checked<Event> {
    let permit = "NONE".parse().map_err(wrong)?;
    Ok(Event::MessageQueued(Box::new(MessageQueued {
        to: to.clone(),
        case: None,
        notice: Notice::Unused(Box::new(PermitNamed { permit })),
    })))
}
