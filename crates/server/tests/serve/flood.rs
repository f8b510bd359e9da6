//! Ten thousand hostile messages: from nobody, from somebody with a key that nobody knows, and from a partner that lies.
//! Each is answered within the stated limits, and the node goes on.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use authority::Authority;
use domain::digest::Digest;
use domain::partner::{Consistency, Json, Message, Signed};
use exchange::ExchangeKey;
use jiff::{SignedDuration, Timestamp};

use crate::Tested;
use crate::node::{Answer, Node, Step, Two, done, json, partner, post, raw, size};

/// Of each kind of message without right, so many are sent.
const NOISE: usize = 2_000;
const TRUNCATED: usize = 1_500;
const FLIPPED: usize = 1_500;
const STRANGE: usize = 1_000;
const DEEP: usize = 500;
const ODD: usize = 1_000;
const OVERSIZE: usize = 300;
const NO_MESSAGE: usize = 1_200;
/// So many come from a partner, in their turn.
const IN_CHAIN: usize = 1_000;
/// So much more memory a node may have after them, in KiB: parked messages, and what its parts keep for reuse.
const MORE_KIB_MAX: u64 = 64 * 1024;
/// So much more after the same messages again: nothing is kept of them that was not kept before.
const AGAIN_KIB_MAX: u64 = 24 * 1024;

/// Numbers from a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.roll() % u64::try_from(bound.max(1)).unwrap_or(1)).unwrap_or_default()
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.roll().to_le_bytes()[0]).collect()
    }
}

/// What is sent, and what answer fits.
struct Shot {
    kind: &'static str,
    request: Request,
    fits: Fits,
}

enum Request {
    Message(Vec<u8>),
    Raw(Vec<u8>),
}

#[derive(Clone, Copy)]
enum Fits {
    /// A refusal with a code.
    Code,
    /// A refusal by the protocol of the web, with a code or without, or a connection that is closed.
    Refusal,
    /// A refusal with a code, or that it waits for those before it.
    CodeOrParked,
    /// A receipt.
    Receipt,
}

/// Korea as somebody who has its keys and lies with them.
struct Liar {
    key: ExchangeKey,
    note: String,
    size: u64,
    seq: u64,
    prev: Option<Digest>,
    now: Timestamp,
}

impl Liar {
    fn new(folder: &Path) -> Step<Self> {
        let key = std::fs::read_to_string(folder.join("keys").join("exchange.key"))?;
        let authority = Authority::open(folder)?;
        let now = authority.state().recorded_at;
        let (seq, prev, note, size) = {
            let state = authority.state();
            let cn = state.partners.get("CN").ok_or("CN is no partner")?;
            let sent = cn.sent.ok_or("nothing was sent")?;
            let note = note(folder, sent.head.size, sent.head.root.0)?;
            (sent.seq, sent.hash, note, sent.head.size)
        };
        authority.close()?;
        Ok(Self {
            key: ExchangeKey::parse(key.trim())?,
            note,
            size,
            seq,
            prev: Some(prev),
            now,
        })
    }

    /// The next message of its chain; it takes the place if it is kept.
    fn next(&self, dice: &mut Dice, kind: &str, case: Option<&str>, body: &str) -> Step<Message> {
        let mut id = [0; 16];
        id.copy_from_slice(&dice.bytes(16));
        Ok(Message {
            v: 1,
            kind: kind.parse()?,
            id: uuid::Builder::from_random_bytes(id).into_uuid(),
            case: case.map(str::parse).transpose()?,
            from: "KR".parse()?,
            to: "CN".parse()?,
            seq: self.seq + 1,
            prev: self.prev,
            seen: None,
            created: self.now,
            not_after: self.now.checked_add(SignedDuration::from_hours(24 * 3000))?,
            body: Json::parse(body)?,
            checkpoint: self.note.clone(),
            consistency: Consistency {
                from_size: self.size,
                hashes: Vec::new(),
            },
        })
    }

    fn signed(&self, message: &Message) -> Step<Signed> {
        Ok(exchange::sign(&self.key, Json::of(message)?))
    }

    /// Says something in its turn.
    fn say(&mut self, dice: &mut Dice, kind: &str, case: Option<&str>, body: &str) -> Step<Vec<u8>> {
        let message = self.next(dice, kind, case, body)?;
        let signed = self.signed(&message)?;
        self.seq += 1;
        self.prev = Some(signed.hash());
        Ok(signed.compact().into_bytes())
    }
}

/// A checkpoint of Korea's log, signed with its key.
fn note(folder: &Path, size: u64, root: [u8; 32]) -> Step<String> {
    let text = std::fs::read_to_string(folder.join("keys").join("log.key"))?;
    let key = tlog::LogKey::parse(text.trim())?;
    let origin = key.origin().to_owned();
    Ok(tlog::sign(&tlog::Checkpoint { origin, size, root }, &key)?)
}

fn of_message(kind: &'static str, fits: Fits, bytes: Vec<u8>) -> Shot {
    let request = Request::Message(bytes);
    Shot { kind, request, fits }
}

/// From nobody: noise, and what was a message once.
fn from_nobody(dice: &mut Dice, honest: &[u8], shots: &mut Vec<Shot>) {
    for _ in 0..NOISE {
        let count = dice.below(4096);
        shots.push(of_message("noise", Fits::Code, dice.bytes(count)));
    }
    for _ in 0..TRUNCATED {
        let end = dice.below(honest.len());
        let part = honest.get(..end).unwrap_or_default();
        shots.push(of_message("truncated", Fits::Code, part.to_vec()));
    }
    for _ in 0..FLIPPED {
        let mut bytes = honest.to_vec();
        let place = dice.below(bytes.len());
        if let Some(byte) = bytes.get_mut(place) {
            *byte ^= 1 << dice.below(7);
        }
        shots.push(of_message("flipped", Fits::Code, bytes));
    }
    for _ in 0..OVERSIZE {
        let bytes = vec![b'a'; 32 * 1024 + 1 + dice.below(1 << 20)];
        shots.push(of_message("oversize", Fits::Refusal, bytes));
    }
}

/// What is no message at all: other methods, heads and lengths.
fn no_message(dice: &mut Dice, shots: &mut Vec<Shot>) {
    let path = "/exchange/v1/messages";
    for number in 0..NO_MESSAGE {
        let long = "a".repeat(1 + dice.below(60_000));
        let request = match number % 12 {
            0 => format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
            1 => format!("DELETE {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
            2 => format!("BREW {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
            3 => format!("POST {path} HTTP/1.1\r\nHost: x\r\nX-Long: {long}{long}\r\nConnection: close\r\n\r\n"),
            4 => format!("POST {path}?{long}{long} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
            5 => format!("POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: -1\r\n\r\n"),
            6 => format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n"),
            7 => format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc"),
            8 => format!("POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\nContent-Type: application/jose\r\n\r\nzz\r\n"),
            9 => format!("POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: text/{long}\r\nContent-Length: 1\r\n\r\na").replace(&long, "x"),
            10 => String::from_utf8_lossy(&dice.bytes(200)).into_owned() + "\r\n\r\n",
            _ => format!("POST {path} HTTP/9.9\r\n\r\n"),
        };
        shots.push(Shot {
            kind: "no message",
            request: Request::Raw(request.into_bytes()),
            fits: Fits::Refusal,
        });
    }
}

/// From somebody whose key nobody knows, and from nobody's authority.
fn from_strangers(dice: &mut Dice, liar: &Liar, shots: &mut Vec<Shot>) -> Tested {
    for number in 0..STRANGE {
        let mut seed = [0; 32];
        seed.copy_from_slice(&dice.bytes(32));
        let key = ExchangeKey::from_seed(seed)?;
        let mut message = liar.next(dice, "confirmed", Some("CN/E-1"), "{}")?;
        if number % 2 == 0 {
            message.from = "FR".parse()?;
        }
        let mut signed = exchange::sign(&key, Json::of(&message)?);
        if number % 3 == 0 {
            // Under the partner's own name of its key.
            signed.kid = liar.key.kid().clone();
        }
        shots.push(of_message("strange key", Fits::Code, signed.compact().into_bytes()));
    }
    for _ in 0..DEEP {
        let depth = 20 + dice.below(4_000);
        let text = format!("{}0{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        // It is a text to the one who signs it, whatever it is to a reader.
        let signed = Json::parse(&text).map(|payload| exchange::sign(&liar.key, payload));
        let bytes = signed.map_or_else(|_| text.into_bytes(), |signed| signed.compact().into_bytes());
        shots.push(of_message("deep", Fits::Refusal, bytes));
    }
    Ok(())
}

/// From a partner, and not in its turn: another number, another log, another receiver, what was taken before.
fn from_a_partner(dice: &mut Dice, folder: &Path, liar: &Liar, shots: &mut Vec<Shot>) -> Tested {
    for number in 0..ODD {
        let mut message = liar.next(dice, "confirmed", Some("CN/E-1"), "{}")?;
        match number % 7 {
            0 => message.seq += 1 + u64::try_from(dice.below(1 << 20))?,
            1 => message.seq = 1 + u64::try_from(dice.below(2))?,
            2 => message.prev = None,
            3 => message.to = "FR".parse()?,
            4 => message.checkpoint = note(folder, liar.size.saturating_sub(1), [7; 32])?,
            5 => message.checkpoint = note(folder, liar.size + 9, [7; 32])?,
            _ => message.consistency.from_size = u64::MAX,
        }
        let bytes = liar.signed(&message)?.compact().into_bytes();
        shots.push(of_message("out of turn", Fits::CodeOrParked, bytes));
    }
    Ok(())
}

/// From a partner, in its turn: bodies with absurd figures, unknown kinds, cases of others, and words that nobody asked.
fn in_chain(dice: &mut Dice, liar: &mut Liar, shots: &mut Vec<Shot>) -> Tested {
    let kinds: Vec<&str> = domain::trade::NOTICES.iter().copied().chain(["hello", "a.b"]).collect();
    for _ in 0..IN_CHAIN {
        let kind = kinds.get(dice.below(kinds.len())).copied().unwrap_or("hello");
        let case = [None, Some("CN/E-1"), Some("KR/E-1"), Some("FR/E-1")][dice.below(4)];
        let figure = ["9223372036854775807", "-1", "0", "1e999", "99999999999999999999"][dice.below(5)];
        let long = "x".repeat(dice.below(8_000));
        let body = match dice.below(4) {
            0 => "{}".to_owned(),
            1 => format!("{{\"lines\":[{{\"amount\":{figure}}}],\"x\":\"{long}\"}}"),
            2 => format!("{{\"permit\":\"{}\",\"number\":{figure}}}", "P-1"),
            _ => format!("{{\"number\":\"N-1\",\"reason\":\"{long}\",\"officer\":\"x\",\"text\":\"{figure}\"}}"),
        };
        let bytes = liar.say(dice, kind, case, &body)?;
        shots.push(of_message("in its turn", Fits::Receipt, bytes));
    }
    Ok(())
}

fn send(port: u16, request: &Request) -> Step<Answer> {
    match request {
        Request::Message(bytes) => post(port, bytes),
        Request::Raw(bytes) => raw(port, bytes),
    }
}

/// Sends one, and says what came that does not fit, or by which status it was answered.
fn shoot(port: u16, shot: &Shot) -> Result<String, String> {
    let refused = |answer: &Answer| (400..500).contains(&answer.status);
    let says = |what: &str| format!("{}: {what}", shot.kind);
    match (shot.fits, send(port, &shot.request)) {
        (Fits::Refusal, Err(_)) => Ok(says("the connection was closed")),
        (_, Err(why)) => Err(says(&why.to_string())),
        (Fits::Refusal, Ok(answer)) if refused(&answer) => Ok(says(&answer.status.to_string())),
        (Fits::CodeOrParked, Ok(answer)) if answer.status == 202 => Ok(says("202 parked")),
        (Fits::Receipt, Ok(answer)) if answer.status == 200 => Ok(says("200, a receipt")),
        (Fits::Code | Fits::CodeOrParked, Ok(answer)) if refused(&answer) && !answer.code().is_empty() => {
            Ok(says(&format!("{} {}", answer.status, answer.code())))
        }
        (_, Ok(answer)) => Err(says(&format!("{} {}", answer.status, answer.code()))),
    }
}

/// Sends all, two at a time; gives how often each was answered how.
fn shoot_all(port: u16, shots: &[Shot]) -> Result<BTreeMap<String, u64>, String> {
    let (next, counts) = (Mutex::new(shots.iter()), Mutex::new(Ok(BTreeMap::new())));
    let work = || {
        while let Some(shot) = next.lock().ok().and_then(|mut next| next.next()) {
            let outcome = shoot(port, shot);
            let Ok(mut counts) = counts.lock() else { return };
            match (&mut *counts, outcome) {
                (Ok(counts), Ok(says)) => *counts.entry(says).or_default() += 1,
                (counts @ Ok(_), Err(why)) => *counts = Err(why),
                (Err(_), _) => return,
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    counts.into_inner().map_err(|error| error.to_string())?
}

#[test]
fn ten_thousand_hostile_messages_are_answered_and_the_node_goes_on() -> Tested {
    let two = Two::new()?;
    let mut liar = Liar::new(&two.kr)?;
    let mut dice = Dice(1);
    let honest = {
        let message = liar.next(&mut dice, "hello", None, "{\"a\":1}")?;
        liar.signed(&message)?.compact().into_bytes()
    };
    let mut shots = Vec::new();
    from_nobody(&mut dice, &honest, &mut shots);
    no_message(&mut dice, &mut shots);
    from_strangers(&mut dice, &liar, &mut shots)?;
    from_a_partner(&mut dice, &two.kr, &liar, &mut shots)?;
    let mut turns = Vec::new();
    in_chain(&mut dice, &mut liar, &mut turns)?;
    assert_eq!(shots.len() + turns.len(), 10_000);
    let node = Node::start(&two.cn, two.cn_port)?;
    let before = size(&two.cn)?;
    let (began, memory) = (std::time::Instant::now(), node.memory_kib()?);
    let mut counts = shoot_all(node.port, &shots)?;
    let told = partner(&two.cn)?;
    let kept = |what: &str| told[what].as_array().map_or(0, Vec::len);
    let (evidence, alarms) = (kept("equivocations"), kept("alarms"));
    assert!((1..=4).contains(&evidence), "{evidence} pieces of evidence");
    assert!((1..=4).contains(&alarms), "{alarms} alarms about its log");
    let after = size(&two.cn)?;
    assert_eq!(
        after,
        before + u64::try_from(evidence + alarms)?,
        "nothing else is journaled of what is not in its turn"
    );
    let first = node.memory_kib()?;
    shoot_all(node.port, &shots)?;
    let again = node.memory_kib()?.saturating_sub(first);
    assert!(again < AGAIN_KIB_MAX, "{again} KiB more after the same again");
    assert_eq!(size(&two.cn)?, after, "the same again is journaled no more");
    for turn in &turns {
        *counts.entry(shoot(node.port, turn)?).or_default() += 1;
    }
    let more = node.memory_kib()?.saturating_sub(memory);
    let took = began.elapsed();
    println!("in {took:?}, {more} KiB more, {again} KiB of them after the same again: {counts:#?}");
    assert!(more < MORE_KIB_MAX, "{more} KiB more than before");
    assert_eq!(
        size(&two.cn)?,
        after + u64::try_from(IN_CHAIN)?,
        "one entry for each that is"
    );
    let cancelled = r#"{"number":"IC-1","reason":"the hospital has closed"}"#;
    let honest = liar.say(&mut dice, "import_authorization_cancelled", None, cancelled)?;
    let answer = post(node.port, &honest)?;
    assert_eq!(answer.status, 200, "{}", answer.code());
    let receipt = exchange::parse(&answer.body)?
        .payload
        .read::<domain::partner::Receipt>()?;
    assert_eq!(
        receipt.taken,
        domain::partner::Taken::Accepted,
        "an honest message after them"
    );
    assert_eq!(node.stop()?, Some(0));
    done(&two.cn, &["fsck"])?;
    assert!(json(&two.cn, &["exchange", "status"])?["size"].as_u64() > Some(after));
    Ok(())
}
