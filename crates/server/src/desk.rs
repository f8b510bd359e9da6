//! The desk of an authority: commands and questions, one JSON object a line, answered one a line in their order. It is
//! the same whether the lines come from a file or over the socket of a running node.

use std::io::{BufRead, Read};
use std::sync::Arc;

use authority::{Authority, AuthorityError, MadeBy, Outcome, Receipt};
use crossbeam_channel::{Receiver, Sender, bounded};
use domain::access::Approval;
use domain::{Command, Envelope};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock;
use crate::net::Halted;
use crate::output::{Done, Failure, base64, random};
use crate::partners::{self, Ask};

/// The longest line.
pub const LINE_BYTES_MAX: u64 = 1 << 20;
/// Commands handed over and not yet answered.
const UNDER_WAY: usize = 512;

/// What the shell of a real authority may bring: what root keys have signed.
const TRUST: [&str; 3] = ["pair_partner", "install_key_file", "distrust_key"];

/// Where lines are answered.
#[derive(Clone)]
pub struct Desk {
    authority: Arc<Authority>,
    /// Told whenever something was submitted.
    submitted: Option<Sender<()>>,
    halted: Halted,
}

/// A question of the node itself, as a line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// What is asked.
    pub ask: Ask,
}

/// What was answered.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    /// How many lines were read, empty ones included.
    pub lines: u64,
    /// How many were refused.
    pub refused: u64,
}

type Receipts = Receiver<Result<Vec<Receipt>, AuthorityError>>;

/// An answer that is there, or one that comes when its command is durable.
enum Answer {
    Ready { line: Value, refused: bool },
    Coming(u64, Receipts),
}

impl Desk {
    /// The desk of an authority; `submitted` is told whenever something was handed over.
    pub fn new(authority: Arc<Authority>, submitted: Option<Sender<()>>, halted: Halted) -> Self {
        Self {
            authority,
            submitted,
            halted,
        }
    }

    /// Answers every line, as each command becomes durable. `say` writes a line.
    pub fn serve(&self, input: impl Read + Send, say: &mut dyn FnMut(&str) -> Done) -> Result<Answered, Failure> {
        let (under_way, answers) = bounded(UNDER_WAY);
        std::thread::scope(|scope| {
            let taking = scope.spawn(move || self.take(input, &under_way));
            let said = say_all(answers, &self.halted, say);
            let taken = match taking.join() {
                Ok(taken) => taken,
                Err(_) => Err(Failure::Unavailable("the lines could not be read".to_owned())),
            };
            let refused = said?;
            taken.map(|lines| Answered { lines, refused })
        })
    }

    /// Hands over line by line, until there are no more or nobody wants the answers; gives how many there were.
    fn take(&self, input: impl Read, under_way: &Sender<Answer>) -> Result<u64, Failure> {
        let mut input = std::io::BufReader::new(input);
        let mut number = 0_u64;
        let mut line = Vec::new();
        loop {
            line.clear();
            number += 1;
            let read = input.by_ref().take(LINE_BYTES_MAX + 1).read_until(b'\n', &mut line);
            let malformed = |why: &dyn std::fmt::Display| Failure::Refused(format!("malformed: line {number}: {why}"));
            let read = read.map_err(|error| malformed(&error))?;
            if read == 0 {
                return Ok(number - 1);
            }
            if u64::try_from(read).unwrap_or(u64::MAX) > LINE_BYTES_MAX {
                return Err(malformed(&format!("it has more than {LINE_BYTES_MAX} bytes")));
            }
            let text = str::from_utf8(&line).map_err(|error| malformed(&error))?;
            if text.trim().is_empty() {
                continue;
            }
            if under_way.send(self.answer(number, text)?).is_err() {
                return Ok(number);
            }
        }
    }

    fn answer(&self, number: u64, line: &str) -> Result<Answer, Failure> {
        if line.trim_start().starts_with("{\"ask\"") {
            return Ok(match serde_json::from_str::<Question>(line) {
                Ok(question) => self.told(number, question.ask)?,
                Err(why) => refused(number, "malformed", &why.to_string()),
            });
        }
        let envelope = match Envelope::parse(line, random()?) {
            Ok(envelope) => envelope,
            Err(why) => return Ok(refused(number, "malformed", &why)),
        };
        if let Err(why) = self.may(&envelope) {
            return Ok(refused(number, "not_entitled", why));
        }
        let now = clock::now(&self.authority)?;
        let receipts = self.authority.send(now, vec![envelope]);
        let receipts = receipts.inspect_err(|error| drop(self.halted.hear(error)))?;
        self.ring();
        Ok(Answer::Coming(number, receipts))
    }

    fn told(&self, number: u64, ask: Ask) -> Result<Answer, Failure> {
        let now = clock::now(&self.authority)?;
        let answer = partners::answer(&self.authority, now, ask);
        self.ring();
        Ok(match answer {
            Ok(answer) => Answer::Ready {
                line: json!({ "line": number, "answer": answer }),
                refused: false,
            },
            Err(failure @ Failure::Unavailable(_)) => return Err(failure),
            Err(failure) => refused(number, "refused", &failure.to_string()),
        })
    }

    fn ring(&self) {
        if let Some(submitted) = &self.submitted {
            // Whoever was told already needs no second word.
            let _ = submitted.try_send(());
        }
    }

    /// In a real authority the shell takes what root keys have signed, by two administrators, and nothing else: commands
    /// come from persons who have signed in.
    fn may(&self, envelope: &Envelope) -> Result<(), &'static str> {
        let of_trust = |approval: &Approval| {
            let state = self.authority.state();
            let waiting = state.access.waiting().get(&approval.of);
            waiting.is_some_and(|waiting| TRUST.contains(&waiting.proposal.verb.as_str()))
        };
        let trusts = match &envelope.command {
            Command::Approve(approval) => of_trust(approval),
            command => TRUST.contains(&command.verb()),
        };
        if trusts || self.authority.place().made_by() != MadeBy::Init {
            Ok(())
        } else {
            Err(
                "a real authority takes commands from persons who have signed in, not from a file; \
                 the shell only takes what root keys have signed: key files, and statements about keys",
            )
        }
    }
}

fn refused(number: u64, code: &str, says: &str) -> Answer {
    Answer::Ready {
        line: json!({ "line": number, "refused": { "code": code, "says": says } }),
        refused: true,
    }
}

/// Says the answers in their order; gives how many refused.
fn say_all(answers: Receiver<Answer>, halted: &Halted, say: &mut dyn FnMut(&str) -> Done) -> Result<u64, Failure> {
    let mut refused = 0;
    for answer in answers {
        match answer {
            Answer::Ready { line, refused: no } => {
                refused += u64::from(no);
                say(&line.to_string())?;
            }
            Answer::Coming(number, receipts) => {
                let gone = |_| Failure::Unavailable("the writer has ended".to_owned());
                let receipts = receipts.recv().map_err(gone)?;
                for receipt in receipts.inspect_err(|error| drop(halted.hear(error)))? {
                    refused += u64::from(receipt.outcome.code().is_some());
                    say(&receipt_json(number, &receipt).to_string())?;
                }
            }
        }
    }
    Ok(refused)
}

/// A receipt as JSON.
pub fn receipt_json(line: u64, receipt: &Receipt) -> Value {
    match &receipt.outcome {
        Outcome::Done { seq, count, leaf } => json!({
            "line": line, "id": receipt.id, "repeat": receipt.repeat, "seq": seq, "count": count, "leaf": base64(leaf)
        }),
        Outcome::Refused {
            code,
            says,
            article,
            seq,
        } => json!({
            "line": line, "id": receipt.id, "repeat": receipt.repeat, "seq": seq,
            "refused": { "code": code, "says": says, "article": article }
        }),
    }
}
