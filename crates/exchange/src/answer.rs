//! The body of the answer to a message, which the receiver writes and the sender reads.

use domain::partner::MESSAGE_BYTES_MAX;
use serde::{Deserialize, Serialize};

use crate::reject::{ANSWER_UNREADABLE, Reject};

/// The code of an answer to a message that came before its turn.
const PARKED: &str = "parked";

/// What a receiver says to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is in the receiver's journal: the receipt, as a JWS compact string.
    Receipt(String),
    /// Messages before it have not come yet. The receiver may keep it for a while; the sender sends it again.
    Parked {
        /// The number that comes next.
        expected: u64,
    },
    /// It is not taken: the sender's log does not continue what the receiver has seen of it.
    Alarm {
        /// Stable code.
        code: String,
        /// The sentence.
        says: String,
        /// The last checkpoint of the sender's log that the receiver has seen, a signed note: the sender can see for
        /// itself that its log signed it.
        checkpoint: String,
    },
    /// It is not taken.
    Refused {
        /// Stable code.
        code: String,
        /// The sentence.
        says: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Problem {
    code: String,
    says: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expected: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checkpoint: Option<String>,
}

impl Answer {
    /// The body: a receipt as it is, anything else as a JSON object.
    #[must_use]
    pub fn encode(&self) -> String {
        let problem = match self {
            Self::Receipt(receipt) => return receipt.clone(),
            Self::Parked { expected } => Problem {
                code: PARKED.to_owned(),
                says: format!("message {expected} comes next: send it first"),
                expected: Some(*expected),
                checkpoint: None,
            },
            Self::Alarm { code, says, checkpoint } => Problem {
                code: code.clone(),
                says: says.clone(),
                expected: None,
                checkpoint: Some(checkpoint.clone()),
            },
            Self::Refused { code, says } => Problem {
                code: code.clone(),
                says: says.clone(),
                expected: None,
                checkpoint: None,
            },
        };
        serde_json::to_string(&problem).unwrap_or_default()
    }

    /// Reads the body. A receipt in it is not verified yet.
    pub fn decode(body: &[u8]) -> Result<Self, Reject> {
        if body.len() > MESSAGE_BYTES_MAX {
            let bytes = body.len();
            let says = format!("it has {bytes} bytes, and at most {MESSAGE_BYTES_MAX} are accepted");
            return Err(Reject::new(ANSWER_UNREADABLE, says));
        }
        let text = str::from_utf8(body).map_err(Reject::because(ANSWER_UNREADABLE))?;
        if !text.starts_with('{') {
            return Ok(Self::Receipt(text.to_owned()));
        }
        let problem: Problem = serde_json::from_str(text).map_err(Reject::because(ANSWER_UNREADABLE))?;
        let Problem { code, says, .. } = problem;
        Ok(
            match (problem.expected.filter(|_| code == PARKED), problem.checkpoint) {
                (Some(expected), _) => Self::Parked { expected },
                (None, Some(checkpoint)) => Self::Alarm { code, says, checkpoint },
                (None, None) => Self::Refused { code, says },
            },
        )
    }
}

impl From<Reject> for Answer {
    fn from(reject: Reject) -> Self {
        let (code, says) = (reject.code.to_owned(), reject.says);
        Self::Refused { code, says }
    }
}
