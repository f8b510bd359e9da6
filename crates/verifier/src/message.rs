//! Signed messages between authorities, as a journal keeps them (RFC 7515).

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::crypto::is_signed;
use crate::day::moment;
use crate::key_file::{self, KeyFile};
use crate::letters::{exactly, to_base64url};
use crate::{Checked, Reason};

/// The part of an entry that has a message.
#[derive(Deserialize)]
struct Entry<'a> {
    kind: &'a str,
    #[serde(borrow)]
    data: &'a RawValue,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    message: Signed<'a>,
}

#[derive(Deserialize)]
struct Signed<'a> {
    kid: &'a str,
    #[serde(borrow)]
    payload: &'a RawValue,
    signature: &'a str,
}

#[derive(Deserialize)]
struct Payload<'a> {
    r#type: &'a str,
    from: &'a str,
    to: &'a str,
    created: &'a str,
    #[serde(borrow)]
    body: &'a RawValue,
}

/// A message that its sender's key signed while it was valid.
pub(crate) struct Message<'a> {
    pub(crate) kind: &'a str,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    /// The bytes of the body, as they were signed.
    pub(crate) body: &'a str,
}

/// The message in an entry; none if the entry is of another kind, or its sender's key file was not given.
pub(crate) fn of<'a>(entry: &'a [u8], keys: &[KeyFile]) -> Checked<Option<Message<'a>>> {
    let bad = |_| Reason::MessageBad;
    let entry: Entry<'_> = serde_json::from_slice(entry).map_err(|_| Reason::EntryBad)?;
    if !matches!(entry.kind, "MessageSigned" | "MessageRecovered" | "MessageReceived") {
        return Ok(None);
    }
    let signed = serde_json::from_str::<Data<'_>>(entry.data.get()).map_err(bad)?.message;
    let payload: Payload<'_> = serde_json::from_str(signed.payload.get()).map_err(bad)?;
    let Some(key) = key_file::of(keys, payload.from)? else {
        return Ok(None);
    };
    if key.kid != signed.kid {
        return Err(Reason::KeyUnknown);
    }
    let header = format!("{{\"alg\":\"EdDSA\",\"kid\":\"{}\"}}", signed.kid);
    let parts = [header.as_bytes(), signed.payload.get().as_bytes()].map(to_base64url);
    let signature = exactly::<64>(signed.signature).ok_or(Reason::MessageBad)?;
    if !is_signed(&key.public, parts.join(".").as_bytes(), &signature) {
        return Err(Reason::MessageForged);
    }
    let created = moment(payload.created).ok_or(Reason::MessageBad)?;
    if !key.signs_at(created) {
        return Err(Reason::KeyOutOfDate);
    }
    Ok(Some(Message {
        kind: payload.r#type,
        from: payload.from,
        to: payload.to,
        body: payload.body.get(),
    }))
}
