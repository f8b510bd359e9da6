//! Signed messages between authorities: how they are made, read, verified, answered, and verified again years later.
//!
//! | Module | What it holds |
//! | --- | --- |
//! | `key` | the keys that sign: an offline root, and an operational key for messages |
//! | `key_file` | what two authorities hand over out of band before the first message |
//! | `compact` | the one form that a signed document has on the wire (RFC 7515) |
//! | `open` | what a receiver checks before it takes a message, and in which order |
//! | `compose` | the next message of a chain |
//! | `receipt` | the signed answer, and what its receiver checks |
//! | `pull` | the question what a partner holds, after a restore |
//! | `answer` | the body of the answer to a message |
//! | `sealed` | files of messages and answers, encrypted to one authority |
//! | `check` | the same checks on what lies in a journal, for `fsck` |
//!
//! Nothing here reads a clock, a file or a network, and nothing but `sealed`, for what it encrypts, a random number; and
//! nothing panics on what it is given. What is not taken is told with one of these codes:
//!
//! | Code | When |
//! | --- | --- |
//! | `message_too_large` | it has more than 32 KiB |
//! | `message_unreadable` | it is not in the one form that is accepted, or its payload is not that of a message |
//! | `sender_unknown` | it says it is from an authority that is no partner |
//! | `message_for_another` | it is for another authority |
//! | `key_unknown` | the sender has no key of that name that is valid now |
//! | `key_untrusted` | the sender's root key has said that the key is not to be trusted |
//! | `signature_bad` | the sender's key did not sign these bytes |
//! | `message_out_of_order` | its number is neither taken nor to come |
//! | `chain_broken` | it does not follow the message that was taken before it |
//! | `checkpoint_bad` | its checkpoint is not signed by the sender's log |
//! | `log_unknown` | its checkpoint is of no log of the sender that is known |
//! | `log_ended` | its checkpoint is of a log of the sender that was restarted since |
//! | `log_rolled_back` | its checkpoint is smaller than one seen before |
//! | `log_forked` | its checkpoint does not continue one seen before: entries were changed |
//! | `consistency_missing` | there is no proof that its checkpoint continues the one seen before |
//! | `alarm_unfounded` | the checkpoints of an alarm are not of one log, or the second continues the first |
//! | `pull_out_of_date` | the question what is held was signed too long ago, or not yet |
//! | `pull_repeated` | the question was asked before |
//! | `receipt_not_awaited` | the receipt is for no message that waits for one |
//! | `cosignature_bad` | the cosignature in the receipt is not the partner's, of our checkpoint |
//! | `key_file_bad` | the key file is not in its form, or its root key did not sign it |
//! | `key_text_bad` | the text is not that of a secret key |
//! | `answer_unreadable` | the answer to a message is none of those there are |
//! | `queued_differs` | a message in the journal says something else than what was queued |
//! | `file_too_large` | a file has more than 64 MiB |
//! | `file_unreadable` | it is neither an encrypted file nor lines of messages |
//! | `file_for_another` | it is encrypted to a key that is not here |
//! | `file_cut_short` | its end is missing |
//! | `file_changed` | it is not what was encrypted |

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::float_arithmetic
)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod answer;
mod check;
mod compact;
mod compose;
mod key;
mod key_file;
mod open;
mod pull;
mod receipt;
mod reject;
mod sealed;

pub use answer::Answer;
pub use check::{check_alarm, check_equivocated, check_receipted, check_received, check_recovered, check_signed};
pub use compact::parse;
pub use compose::{Draft, MESSAGE_DAYS, compose};
pub use key::{ExchangeKey, sign, verify};
pub use key_file::{
    About, KEY_FILE_BYTES_MAX, check_key_file, check_untrusted, check_url, is_cosigner_key, is_log_key, key_file,
    key_file_text, name_of as key_name, read_key_file, read_key_request, read_untrusted, sign_key_file, sign_untrusted,
    untrusted_text,
};
pub use open::{Opened, Shown, open};
pub use pull::{Heard, PULL_WITHIN, Pull, Pulled, open_pull, pull, repeated as pull_repeated};
pub use receipt::{Journaled, check_cosignature, open_receipt, receipt};
pub use reject::{CODES, Reject};
pub use sealed::{FILE_BYTES_MAX, FileKey, LINES_BYTES_MAX, is_recipient, is_sealed, seal, unseal};
