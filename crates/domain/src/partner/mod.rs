//! Partner authorities: their keys, and the two chains of messages with each, one in each direction.
//!
//! The state holds public keys only. Signing and the proof of signatures are done around `decide`; what is decided here
//! is who a partner is, which message is next in a chain, and what became of it.

mod alarm;
mod chain;
mod key;
mod keychain;
mod message;
mod restart;
mod trust;

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::State;
use crate::command::Command;
use crate::digest::{Digest, PublicKey};
use crate::id::Id;
use crate::refusal::{Refusal, Refused, refusals, taken, unknown};

pub use alarm::{Alarm, AlarmKind, LogAlarmRaised, RaiseAlarm};
pub use chain::{
    Equivocation, MessageQueued, MessageReceipted, MessageReceived, MessageSigned, MessagesRequeued, ReceiveMessage,
    RecordReceipt, RequeueMessages, SignMessage, TreeHead,
};
pub(crate) use key::as_text;
pub use key::{KeyFile, OperationalKey, Restarted, UntrustedKey, kid};
pub use keychain::{HeldKey, Keychain, OVERLAP};
pub use message::{BODY_BYTES_MAX, Consistency, EntryRef, Json, MESSAGE_BYTES_MAX, Message, Receipt, Signed, Taken};
pub use restart::{EndedLog, MessageRecovered, RecoverMessage, RecoveredMessage};
pub use trust::{DistrustKey, InstallKeyFile, KeyDistrusted, KeyFileInstalled, OwnKeys};

pub(crate) use alarm::{apply_alarm, decide_alarm};
pub(crate) use chain::{
    apply_equivocation, apply_queued, apply_receipted, apply_received, apply_requeued, apply_signed, decide_receipt,
    decide_receive, decide_requeue, decide_sign,
};
pub(crate) use restart::{apply_recovered, decide_recover};
pub(crate) use trust::{apply_distrusted, apply_file, decide_distrust, decide_install, judge_update};

/// Pairing with an authority: its key file, and its fingerprint as a person read it out over another channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pairing {
    /// The partner's key file.
    pub file: KeyFile,
    /// Its fingerprint, as the partner's officer read it out.
    pub fingerprint: Id,
}

/// A partner authority is known from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartnerPaired {
    /// Its key file.
    pub file: KeyFile,
}

refusals! {
    /// Why the exchange refuses.
    pub enum PartnerRefusal {
        FingerprintDiffers { partner: String, file: String, read: String } = "fingerprint_differs", None,
            "the key file of {partner} has the fingerprint {file}; {read} was read out: somebody may have changed the file on its way";
        FingerprintMissing { partner: String, of: u64 } = "fingerprint_missing", None,
            "approving entry {of} takes the fingerprint of {partner} as its officer read it out to you (read_back)";
        CountryTaken { country: String, by: String } = "country_has_authority", None, "the authority of {country} is {by}: each country has one here, or one for each of its provinces";
        ProvinceTaken { province: String, by: String } = "province_has_authority", None, "the authority of {province} is {by}: each province has one here";
        SpeakerTaken { country: String, by: String } = "country_has_speaker", None, "{by} speaks for {country} with other countries: only one of its provinces does";
        SpeaksNotAbroad { authority: String } = "speaks_not_abroad", None, "{authority} speaks with authorities of its own country only: another province of it speaks abroad";
        KeyTaken { partner: String, key: &'static str, by: String } = "key_taken", None, "the {key} in the file of {partner} is that of {by}: every authority has keys and a log of its own";
        KeyNameWrong { partner: String, kid: String } = "key_name_wrong", None, "{kid} is not the name of the key in the file of {partner}";
        Unreadable { why: String } = "message_unreadable", None, "the message cannot be read: {why}";
        NotForUs { to: String, we: String } = "message_for_another", None, "the message is for {to}; this is {we}";
        SenderUnknown { from: String } = "sender_unknown", None, "{from} is no partner of this authority";
        KeyUnknown { from: String, kid: String } = "key_unknown", None, "{from} has no key {kid} that is valid now";
        KeyUntrusted { from: String, kid: String, since: Timestamp } = "key_untrusted", None, "the key {kid} of {from} is not trusted since {since}: the authority signs with another one";
        RestartUnheard { partner: String } = "restart_unheard", None,
            "the key file of {partner} tells that its log starts anew: call its officer, and give the fingerprint as it was read out (fingerprint)";
        TrustFileOlder { authority: String, issued: Timestamp, held: Timestamp } = "trust_file_older", None,
            "the key file of {authority} was made on {issued}, and one of {held} is in force: ask for the newest";
        TrustFileKnown { authority: String, issued: Timestamp } = "trust_file_known", None, "the key file of {authority} of {issued} is in force already";
        RootDiffers { authority: String } = "root_differs", None,
            "it is not signed by the root key of {authority} that was read out at pairing: call the authority before anything else";
        IdentityDiffers { authority: String, what: &'static str } = "identity_differs", None,
            "the {what} in the key file of {authority} is another one: a key file brings a new message key, and leaves country, province and log as they are";
        KeyUnfit { authority: String, kid: String, why: String } = "key_unfit", None, "the key {kid} of {authority} cannot be its next: {why}";
        DistrustKnown { authority: String, kid: String, since: Timestamp } = "distrust_known", None, "the key {kid} of {authority} is not trusted since {since} already";
        KeyStillGood { to: String } = "key_still_good", None, "nothing that waits for a receipt of {to} is signed with a key that signs no more: the same bytes are sent again";
        AlreadyTaken { from: String, seq: u64, entry: u64 } = "message_repeated", None, "message {seq} of {from} is entry {entry} already";
        OutOfOrder { from: String, seq: u64, expected: u64 } = "message_out_of_order", None, "message {seq} of {from} came before message {expected}";
        EvidenceEnough { from: String } = "equivocation", None, "{from} has contradicted itself before: the evidence is kept, and no more of it is taken";
        AlarmKnown { partner: String, entry: u64 } = "alarm_known", None, "the alarm that concerns {partner} is entry {entry} already";
        ChainBroken { from: String, seq: u64 } = "chain_broken", None, "message {seq} of {from} does not follow the one that was taken before it";
        NotNext { to: String } = "message_not_next", None, "it is not the next message to {to}";
        NotAwaited { by: String, of: String } = "receipt_not_awaited", None, "no receipt of {by} for {of} is awaited";
        MessageTooLarge { kind: &'static str, bytes: usize, max: usize } = "message_too_large", None, "what {kind} says has {bytes} bytes, and a message has room for {max}: shorten names and addresses, or divide the lines";
        NoPartner { country: String } = "partner_missing", None,
            "no authority of {country} is paired with this one: exchange key files first, or ask on paper";
    }
}

/// A refusal that is counted, but not journaled: anybody may cause it, or nothing has happened.
fn unjournaled(refusal: PartnerRefusal) -> Box<Refusal> {
    let mut refusal: Box<Refusal> = refusal.into();
    refusal.journaled = false;
    refusal
}

/// The end of a chain of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainEnd {
    /// The number of the last message.
    pub seq: u64,
    /// Its hash.
    pub hash: Digest,
    /// The sender's checkpoint in it.
    pub head: TreeHead,
}

/// When, and with which key, something was taken from a partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spoken {
    /// The name of the key that signed it.
    pub kid: Id,
    /// When it was recorded.
    pub at: Timestamp,
}

/// A message that waits to be signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queued {
    /// The entry that holds its body.
    pub entry: u64,
    /// The case, if it belongs to one.
    pub case: Option<Id>,
}

/// A message that is signed and has no receipt yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unanswered {
    /// Its number.
    pub seq: u64,
    /// Its hash.
    pub hash: Digest,
    /// The entry that holds its exact bytes.
    pub entry: u64,
    /// After this moment it is not sent any more: a person must look at it.
    pub not_after: Timestamp,
    /// The name of the key that signed it.
    pub kid: Id,
    /// What queued it.
    pub queued: Queued,
    /// The end of the chain before it.
    pub before: Option<ChainEnd>,
    /// The name of the new key that it tells, if it tells one.
    pub announces: Option<Id>,
}

/// A message taken from a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenMessage {
    /// Its hash.
    pub hash: Digest,
    /// The entry that holds it.
    pub entry: u64,
}

/// A message of ours that a partner refused: a task for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedMessage {
    /// Its number.
    pub seq: u64,
    /// Why.
    pub code: Id,
    /// The entry of the receipt.
    pub entry: u64,
}

/// A partner authority.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Partner {
    /// Its key file.
    #[serde(with = "key::as_text")]
    pub file: KeyFile,
    /// Its message keys: the one in that file, and those before it.
    pub keys: Keychain,
    /// Our message keys as it was told: from which entry on each signs for it.
    pub told: Vec<(u64, Id)>,
    /// Since when it is paired.
    pub paired_on: Date,
    /// Messages that wait to be signed, in order.
    pub queue: VecDeque<Queued>,
    /// The last message signed.
    pub sent: Option<ChainEnd>,
    /// Messages signed that have no receipt yet, in order.
    pub unanswered: VecDeque<Unanswered>,
    /// The last message taken.
    pub received: Option<ChainEnd>,
    /// Every message taken, by number.
    pub taken: BTreeMap<u64, TakenMessage>,
    /// The number of every message taken, by id.
    pub ids: BTreeMap<Uuid, u64>,
    /// The size of our largest checkpoint that it cosigned.
    pub cosigned: Option<u64>,
    /// Messages of ours that it refused.
    pub refused: Vec<RefusedMessage>,
    /// Two messages of one number or id with different bytes: the later ones by hash, with the entries that keep them as
    /// evidence.
    pub equivocations: BTreeMap<Digest, u64>,
    /// Logs that do not continue: this partner's as we saw it, or ours as it did.
    pub alarms: Vec<Alarm>,
    /// Its confirmations by case, as they were taken.
    pub confirmations: BTreeMap<Id, Spoken>,
    /// Its import authorizations by number, as they were taken.
    pub authorizations: BTreeMap<Id, Spoken>,
    /// Its logs that are continued no more, oldest first.
    pub ended: Vec<EndedLog>,
    /// Messages of ours that it held and our journal had lost, in order.
    pub recovered: Vec<RecoveredMessage>,
}

impl Partner {
    /// Since when what it said is not believed any more, if it is not: its key was declared untrusted since a moment
    /// before it was recorded.
    pub fn disbelieved(&self, spoken: &Spoken) -> Option<Timestamp> {
        let held = self.keys.get(&spoken.kid)?;
        held.untrusted_since.filter(|_| !held.is_believed_of(spoken.at))
    }
}

/// All partners, by id.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Partners(BTreeMap<Id, Partner>);

impl Partners {
    /// A partner by id.
    pub fn get(&self, id: &str) -> Option<&Partner> {
        self.0.get(id)
    }

    /// A partner by id; refused if there is none.
    pub fn find(&self, id: &str) -> Refused<&Partner> {
        self.0.get(id).ok_or_else(|| unknown("partner", id))
    }

    /// The authority that speaks for a country with others, if it is paired.
    pub fn of_country(&self, country: crate::country::Country) -> Option<&Partner> {
        let speaks = |partner: &&Partner| partner.file.country == country && partner.file.speaks_abroad();
        self.0.values().find(speaks)
    }

    /// All partners by id.
    pub fn iter(&self) -> impl Iterator<Item = &Partner> {
        self.0.values()
    }

    fn iter_mut(&mut self) -> impl Iterator<Item = &mut Partner> {
        self.0.values_mut()
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Partner> {
        self.0.get_mut(id)
    }
}

/// Decides a pairing; `read_back` is what the second officer read, once there is one.
pub(crate) fn decide_pairing(state: &State, pairing: &Pairing) -> Refused<PartnerPaired> {
    let file = &pairing.file;
    crate::authority::check_id(&file.id)?;
    if file.id == state.founding.id || state.partners.get(&file.id).is_some() {
        return Err(taken("authority", &file.id));
    }
    province_is_free(state, file)?;
    own_keys(state, file)?;
    if !file.key.is_named_right() {
        return Err(PartnerRefusal::KeyNameWrong {
            partner: file.id.to_string(),
            kid: file.key.kid.to_string(),
        }
        .into());
    }
    heard(file, &pairing.fingerprint)?;
    Ok(PartnerPaired { file: file.clone() })
}

/// Of one country there is one authority, or there are some of its provinces, of which one may speak abroad.
fn province_is_free(state: &State, file: &KeyFile) -> Refused<()> {
    crate::authority::check_province(file.country, file.province.as_ref())?;
    let founding = &state.founding;
    let ours = (&founding.id, founding.country, founding.province.as_ref());
    let others = state.partners.iter().map(|partner| &partner.file);
    let others = others.map(|file| (&file.id, file.country, file.province.as_ref()));
    for (by, country, province) in others.chain([ours]) {
        if country != file.country {
            continue;
        }
        let (country, by) = (country.to_string(), by.to_string());
        let (Some(theirs), Some(new)) = (province, &file.province) else {
            return Err(PartnerRefusal::CountryTaken { country, by }.into());
        };
        if theirs.id == new.id {
            let province = new.id.to_string();
            return Err(PartnerRefusal::ProvinceTaken { province, by }.into());
        }
        if theirs.speaks_abroad && new.speaks_abroad {
            return Err(PartnerRefusal::SpeakerTaken { country, by }.into());
        }
    }
    let we_speak = founding.province.as_ref().is_none_or(|province| province.speaks_abroad);
    let silent = [(&founding.id, we_speak), (&file.id, file.speaks_abroad())];
    match silent.into_iter().find(|(_, speaks)| !speaks) {
        Some((authority, _)) if file.country != founding.country => {
            let authority = authority.to_string();
            Err(PartnerRefusal::SpeaksNotAbroad { authority }.into())
        }
        _ => Ok(()),
    }
}

/// No key and no log of a file may be that of somebody else: what is signed would not tell who signed it.
fn own_keys(state: &State, file: &KeyFile) -> Refused<()> {
    let origin = |log_key: &str| log_key.split('+').next().unwrap_or_default().to_owned();
    let founding = &state.founding;
    let ours = (&founding.id, founding.root, &state.own.keys, &state.own.log_key);
    let others = state.partners.iter();
    let others = others.map(|other| (&other.file.id, other.file.root, &other.keys, &other.file.log_key));
    for (by, root, keys, log_key) in others.chain([ours]) {
        let is_theirs = |key: PublicKey| key == root || keys.iter().any(|held| held.key.public == key);
        let shared = [
            ("root key", is_theirs(file.root)),
            ("key for messages", is_theirs(file.key.public)),
            ("log", origin(log_key.as_str()) == origin(file.log_key.as_str())),
        ];
        if let Some((key, _)) = shared.into_iter().find(|(_, shared)| *shared) {
            let (partner, by) = (file.id.to_string(), by.to_string());
            return Err(PartnerRefusal::KeyTaken { partner, key, by }.into());
        }
    }
    Ok(())
}

/// The message key of a new file is nobody's yet: neither another authority's, nor a root key.
fn own_message_key(state: &State, file: &KeyFile) -> Refused<()> {
    let founding = &state.founding;
    let ours = (&founding.id, founding.root, &state.own.keys);
    let others = state
        .partners
        .iter()
        .map(|other| (&other.file.id, other.file.root, &other.keys));
    let public = file.key.public;
    let has = |(_, root, keys): &(&Id, PublicKey, &Keychain)| {
        *root == public || keys.iter().any(|held| held.key.public == public)
    };
    let Some((by, ..)) = others.chain([ours]).find(has) else {
        return Ok(());
    };
    let (partner, key, by) = (file.id.to_string(), "key for messages", by.to_string());
    Err(PartnerRefusal::KeyTaken { partner, key, by }.into())
}

/// The key file in a command whose fingerprint both persons hear: that of a new partner, or one that tells that a partner's
/// log starts anew.
pub fn read_out<'a>(state: &State, command: &'a Command) -> Option<&'a KeyFile> {
    match command {
        Command::PairPartner(pairing) => Some(&pairing.file),
        Command::InstallKeyFile(install) => Some(&install.file).filter(|file| restart::restarts_partner(state, file)),
        _ => None,
    }
}

/// The second officer has heard the fingerprint too.
pub(crate) fn decide_read_back(file: &KeyFile, of: u64, read_back: Option<&Id>) -> Refused<()> {
    let partner = file.id.to_string();
    let read = read_back.ok_or(PartnerRefusal::FingerprintMissing { partner, of })?;
    heard(file, read)
}

fn heard(file: &KeyFile, read: &Id) -> Refused<()> {
    let fingerprint = file.fingerprint();
    if fingerprint == read.as_str() {
        return Ok(());
    }
    Err(PartnerRefusal::FingerprintDiffers {
        partner: file.id.to_string(),
        file: fingerprint,
        read: read.to_string(),
    }
    .into())
}

pub(crate) fn apply_paired(state: &mut State, paired: &PartnerPaired, entry: u64, on: Date) {
    // What it was handed is the key file of that day.
    let told = state.own.keys.last().map(|held| (entry, held.key.kid.clone()));
    let partner = Partner {
        file: paired.file.clone(),
        keys: Keychain::new(paired.file.key.clone(), entry),
        told: told.into_iter().collect(),
        paired_on: on,
        queue: VecDeque::new(),
        sent: None,
        unanswered: VecDeque::new(),
        received: None,
        taken: BTreeMap::new(),
        ids: BTreeMap::new(),
        cosigned: None,
        refused: Vec::new(),
        equivocations: BTreeMap::new(),
        alarms: Vec::new(),
        confirmations: BTreeMap::new(),
        authorizations: BTreeMap::new(),
        ended: Vec::new(),
        recovered: Vec::new(),
    };
    state.partners.0.insert(paired.file.id.clone(), partner);
    crate::trade::apply_shared(state, &paired.file, on);
}
