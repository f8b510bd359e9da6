//! What the root keys say of message keys: a new one, and one that is not to be trusted any more.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::key::as_text;
use super::restart;
use super::{EndedLog, KeyFile, Keychain, MessageQueued, OVERLAP, Partner, PartnerRefusal, UntrustedKey};
use crate::State;
use crate::digest::PublicKey;
use crate::id::{Id, Text};
use crate::journal::Event;
use crate::refusal::{NameRefusal, Refused, unknown};
use crate::trade::{Code, Notice};

/// A key file that is newer than the one in force: this authority's own, with its new key, or a partner's, where that
/// could not tell it in a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstallKeyFile {
    /// The key file, signed with the root key that is known already.
    pub file: KeyFile,
    /// The file's fingerprint as the partner's officer read it out; only where the file tells that its log starts anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Id>,
}

/// A new key file is in force.
pub type KeyFileInstalled = InstallKeyFile;

/// A message key, of this authority or of a partner, is not to be trusted any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DistrustKey {
    /// The statement, signed with the root key that is known already.
    pub statement: UntrustedKey,
}

/// A message key is not trusted any more.
pub type KeyDistrusted = DistrustKey;

/// This authority's own message keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OwnKeys {
    /// All of them.
    pub keys: Keychain,
    /// The key file of the newest; none while it is that of the founding.
    #[serde(with = "as_text")]
    pub file: Option<KeyFile>,
    /// The verifier key of its log.
    pub log_key: Text,
    /// Its logs that are continued no more, oldest first.
    pub ended: Vec<EndedLog>,
}

/// What is known of the authority that a file or a statement is about.
struct Known<'a> {
    root: PublicKey,
    keys: &'a Keychain,
    /// The file in force, unless it is our own first.
    file: Option<&'a KeyFile>,
    /// How old the file in force is.
    issued_at: Timestamp,
}

impl<'a> Known<'a> {
    fn of(state: &'a State, id: &Id) -> Refused<Self> {
        let founding = &state.founding;
        if *id == founding.id {
            let file = state.own.file.as_ref();
            return Ok(Self {
                root: founding.root,
                keys: &state.own.keys,
                file,
                issued_at: file.map_or(founding.key.valid_from, KeyFile::issued_at),
            });
        }
        let partner = state.partners.get(id).ok_or_else(|| unknown("authority", id))?;
        Ok(Self {
            root: partner.file.root,
            keys: &partner.keys,
            file: Some(&partner.file),
            issued_at: partner.file.issued_at(),
        })
    }
}

/// Whether a file comes after the one in force; `false` if it is that one. The root key's signature was verified before.
fn comes_after(state: &State, file: &KeyFile, now: Timestamp) -> Refused<bool> {
    let id = || file.id.to_string();
    let known = Known::of(state, &file.id)?;
    if file.root != known.root {
        return Err(PartnerRefusal::RootDiffers { authority: id() }.into());
    }
    if known.file == Some(file) {
        return Ok(false);
    }
    let (issued, held) = (file.issued_at(), known.issued_at);
    if issued <= held {
        let authority = id();
        return Err(PartnerRefusal::TrustFileOlder {
            authority,
            issued,
            held,
        }
        .into());
    }
    same_identity(state, file, known.file)?;
    key_fits(state, file, known.keys, now)?;
    Ok(true)
}

/// A new file has another message key, and may have another name and address. Country and province stay, and so does the
/// log, unless the file tells that it starts anew.
fn same_identity(state: &State, file: &KeyFile, held: Option<&KeyFile>) -> Refused<()> {
    let founding = &state.founding;
    let log_key = held.map_or(&state.own.log_key, |held| &held.log_key);
    let restarts = restart::restarts(state, file, log_key)?;
    let what = match held {
        Some(held) if held.country != file.country => Some("country"),
        Some(held) if held.province != file.province => Some("province"),
        None if founding.country != file.country => Some("country"),
        None if founding.province != file.province => Some("province"),
        _ if restarts => None,
        _ if *log_key != file.log_key => Some("log"),
        Some(held) if held.cosignature_key != file.cosignature_key => Some("cosignature key"),
        _ => None,
    };
    let Some(what) = what else { return Ok(()) };
    let authority = file.id.to_string();
    Err(PartnerRefusal::IdentityDiffers { authority, what }.into())
}

/// The key of a new file is the one in force, as it was, or a new one that begins before the old one ends.
fn key_fits(state: &State, file: &KeyFile, keys: &Keychain, now: Timestamp) -> Refused<()> {
    let key = &file.key;
    let unfit = |why: String| {
        let (authority, kid) = (file.id.to_string(), key.kid.to_string());
        Err(PartnerRefusal::KeyUnfit { authority, kid, why }.into())
    };
    if !key.is_named_right() {
        let (partner, kid) = (file.id.to_string(), key.kid.to_string());
        return Err(PartnerRefusal::KeyNameWrong { partner, kid }.into());
    }
    if let Some(held) = keys.get(&key.kid) {
        let newest = keys.last().is_some_and(|last| last.key == *key);
        return match held.untrusted_since {
            Some(since) => unfit(format!("it is not trusted since {since}")),
            None if newest => Ok(()),
            None => unfit("it was in force before, with these dates or others: a key is used once".to_owned()),
        };
    }
    super::own_message_key(state, file)?;
    if key.valid_until <= now {
        return unfit(format!("it has ended on {}", key.valid_until));
    }
    let last = now.checked_add(OVERLAP).unwrap_or(Timestamp::MAX);
    if key.valid_from > last {
        return unfit(format!(
            "it begins on {}, and the old one ends by {last}",
            key.valid_from
        ));
    }
    Ok(())
}

/// Decides the taking of a new key file by two persons; our own is told to every partner.
pub(crate) fn decide_install(state: &State, data: &InstallKeyFile, now: Timestamp) -> Refused<Vec<Event>> {
    let file = &data.file;
    if !comes_after(state, file, now)? {
        let (authority, issued) = (file.id.to_string(), file.issued_at());
        return Err(super::unjournaled(PartnerRefusal::TrustFileKnown { authority, issued }));
    }
    if restart::restarts_partner(state, file) {
        let partner = file.id.to_string();
        let unheard = PartnerRefusal::RestartUnheard { partner };
        super::heard(file, data.fingerprint.as_ref().ok_or(unheard)?)?;
    }
    let mut events = vec![Event::KeyFileInstalled(Box::new(data.clone()))];
    // Of another log no message can tell: partners take the file from people.
    if file.id == state.founding.id && file.log_key == state.own.log_key {
        let tell = |partner: &Partner| {
            Event::MessageQueued(Box::new(MessageQueued {
                to: partner.file.id.clone(),
                case: None,
                notice: Notice::KeyUpdate(Box::new(file.clone())),
            }))
        };
        events.extend(state.partners.iter().map(tell));
    }
    Ok(events)
}

/// Judges a partner's word of its new key.
pub(crate) fn judge_update(state: &State, from: &Id, file: &KeyFile, now: Timestamp) -> Result<Vec<Event>, Code> {
    if file.id != *from {
        return Err(Code::NotConcerned);
    }
    if restart::restarts_partner(state, file) {
        return Err(Code::IdentityDiffers);
    }
    match comes_after(state, file, now) {
        Ok(_) => Ok(Vec::new()),
        Err(refusal) => Err(match refusal.code {
            "trust_file_older" => Code::TrustFileOlder,
            "root_differs" => Code::RootDiffers,
            "identity_differs" => Code::IdentityDiffers,
            _ => Code::KeyUnfit,
        }),
    }
}

/// A new key file, taken as this entry at this moment. The same file again changes nothing.
pub(crate) fn apply_file(state: &mut State, file: &KeyFile, entry: u64, at: Timestamp) {
    restart::apply(state, file, entry, at);
    let keys = if file.id == state.founding.id {
        state.own.file = Some(file.clone());
        &mut state.own.keys
    } else if let Some(partner) = state.partners.get_mut(&file.id) {
        partner.file = file.clone();
        &mut partner.keys
    } else {
        return;
    };
    if keys.get(&file.key.kid).is_none() {
        keys.install(file.key.clone(), entry, at);
    }
}

/// Decides the taking of a statement that a key is not to be trusted, by two persons.
pub(crate) fn decide_distrust(state: &State, data: &DistrustKey, now: Timestamp) -> Refused<Vec<Event>> {
    let UntrustedKey {
        id, kid, since, root, ..
    } = &data.statement;
    let known = Known::of(state, id)?;
    if *root != known.root {
        let authority = id.to_string();
        return Err(PartnerRefusal::RootDiffers { authority }.into());
    }
    let held = known.keys.get(kid).ok_or_else(|| unknown("message key", kid))?;
    if *since > now {
        let why = format!("{since} is yet to come: a key is trusted until what is known of it is over");
        return Err(NameRefusal::BadQuantity { field: "since", why }.into());
    }
    // A key that is not trusted does not become more so.
    if let Some(before) = held.untrusted_since.filter(|before| before <= since) {
        let (authority, kid) = (id.to_string(), kid.to_string());
        return Err(super::unjournaled(PartnerRefusal::DistrustKnown {
            authority,
            kid,
            since: before,
        }));
    }
    Ok(vec![Event::KeyDistrusted(Box::new(data.clone()))])
}

pub(crate) fn apply_distrusted(state: &mut State, data: &KeyDistrusted) {
    let UntrustedKey { id, kid, since, .. } = &data.statement;
    if *id == state.founding.id {
        state.own.keys.distrust(kid, *since);
    } else if let Some(partner) = state.partners.get_mut(id) {
        partner.keys.distrust(kid, *since);
    }
}
