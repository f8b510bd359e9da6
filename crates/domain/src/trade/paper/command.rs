//! What is asked and recorded of an importing authority that does not run this software.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::country::Country;
use crate::digest::Digest;
use crate::id::{Id, Text};
use crate::schema::Day;
use crate::trade::{
    Consignment, Consignments, CountedLine, Endorsement, ImportAuthorization, ItemLine, Party, Purpose,
};

/// How sure it is that the importing authority itself has confirmed a trade, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// It has signed a message.
    A,
    /// Its officer has answered on a page of ours: our own record, which the partner has not signed.
    B,
    /// It has sent a signed document or an I2ES record, which is kept.
    BPrime,
    /// It has sent a letter or an e-mail, which two officers have read and one has called back.
    C,
}

impl Grade {
    /// All, the surest first.
    pub const ALL: [Self; 4] = [Self::A, Self::B, Self::BPrime, Self::C];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
            Self::BPrime => "b_prime",
            Self::C => "c",
        }
    }
}

/// An entry of the directory of authorities without this software, new or in the place of the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListAuthority {
    /// Its id, such as the country's code.
    pub id: Id,
    /// Its country.
    pub country: Country,
    /// Its name.
    pub name: Text,
    /// Its official postal address.
    pub address: Text,
    /// Its official e-mail address.
    pub email: Text,
    /// The telephone number for the second channel.
    pub telephone: Text,
    /// Where it was looked up.
    pub source: Text,
}

/// An authority stands in the directory from now on; who approved it is the entry's actor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorityListed {
    /// As it stands now.
    pub listing: ListAuthority,
    /// Who proposed it.
    pub proposed_by: Id,
}

/// Registers an import authorization of an authority that does not run this software, as its paper has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterPaperAuthorization {
    /// Its number.
    pub number: Id,
    /// The authority that issued it, by its id in the directory.
    pub authority: Id,
    /// When it was issued.
    #[schemars(with = "Day")]
    pub issued_on: Date,
    /// The last day on which goods may enter.
    #[schemars(with = "Day")]
    pub valid_until: Date,
    /// Who may import.
    pub importer: Party,
    /// From whom.
    pub exporter: Party,
    /// What, and how much.
    pub lines: Vec<ItemLine>,
    /// What for.
    pub purpose: Purpose,
    /// In how many consignments.
    pub consignments: Consignments,
    /// Whether import to a bonded warehouse is approved (1961 art. 31(9)).
    #[serde(default)]
    pub bonded: bool,
    /// The ports of entry; any if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub posts: Vec<Text>,
}

/// An import authorization on paper was registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperAuthorizationRegistered {
    /// As the paper has it.
    pub authorization: ImportAuthorization,
    /// The ports of entry; any if none is named.
    pub posts: Vec<Text>,
}

/// Invites the importing authority's officer to answer on a page of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteConfirmation {
    /// The application.
    pub export: Id,
    /// The SHA-256 hash of the secret in the page's address, in standard base64; where a page or the API takes
    /// the command, it is made there.
    #[serde(default = "no_link")]
    pub link: Digest,
}

/// The link that is none: whoever makes the page puts its own there.
fn no_link() -> Digest {
    crate::digest::Bytes([0; 32])
}

/// The importing authority was invited to answer on a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmationInvited {
    /// The case.
    pub case: Id,
    /// The authority.
    pub authority: Id,
    /// Where the invitation goes: the directory's address.
    pub email: Text,
    /// The hash of the secret in the page's address.
    pub link: Digest,
    /// The hash of what the page shows: consignment and import authorization.
    pub shows: Digest,
    /// The last day on which it can be answered.
    pub until: Date,
    /// Who invited.
    pub officer: Id,
}

/// What was answered on the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "answer", deny_unknown_fields)]
pub enum PageAnswer {
    /// Everything shown is right.
    Confirm {},
    /// The trade is not confirmed.
    Refuse {
        /// Why.
        reason: Text,
    },
    /// Something has to be known first.
    Ask {
        /// What.
        question: Text,
    },
}

/// The answer given on the page of an invitation. The node records it once link and code were right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerInvitation {
    /// The hash of the secret in the page's address.
    pub link: Digest,
    /// The case.
    pub case: Id,
    /// The hash of what the page showed.
    pub shows: Digest,
    /// The answer.
    pub said: PageAnswer,
}

/// An invitation was answered: our own record, which the importing authority has not signed.
pub type InvitationAnswered = AnswerInvitation;

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DocumentForm {
    /// A PDF with a signature in it.
    SignedPdf,
    /// A record of the Board's International Import and Export Authorization System.
    I2es,
}

/// Records a signed document of the importing authority, kept as a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordDocument {
    /// The application.
    pub export: Id,
    /// What it is.
    pub form: DocumentForm,
    /// The SHA-256 hash of the file, in standard base64.
    pub file: Digest,
    /// The e-mail address from which it came.
    pub from: Text,
    /// The import authorization it names.
    pub authorization: Id,
    /// Who exports, as the document has it.
    pub exporter: Party,
    /// Who imports, as the document has it.
    pub importer: Party,
    /// What, and how much, as the document has it.
    pub lines: Vec<ItemLine>,
    /// What for.
    pub purpose: Purpose,
    /// Whether it goes to a bonded warehouse.
    #[serde(default)]
    pub bonded: bool,
}

/// A signed document was recorded; who approved it is the entry's actor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentRecorded {
    /// The case.
    pub case: Id,
    /// The authority of the directory whose document it is, if there is one.
    pub authority: Option<Id>,
    /// What it is.
    pub form: DocumentForm,
    /// The hash of the file.
    pub file: Digest,
    /// The address from which it came.
    pub from: Text,
    /// Whether that is the directory's address.
    pub verified: bool,
    /// What it confirms.
    pub consignment: Consignment,
    /// Who recorded it.
    pub officer: Id,
}

/// Writes down what a letter or an e-mail of the importing authority confirms, without having seen what somebody else has
/// written down of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TranscribeConfirmation {
    /// The application.
    pub export: Id,
    /// The SHA-256 hash of the scan or of the e-mail, in standard base64.
    pub file: Digest,
    /// The e-mail address from which it came; none for a letter by post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Text>,
    /// The import authorization it names.
    pub authorization: Id,
    /// Who exports, as the letter has it.
    pub exporter: Party,
    /// Who imports, as the letter has it.
    pub importer: Party,
    /// What, and how much, as the letter has it.
    pub lines: Vec<ItemLine>,
    /// What for.
    pub purpose: Purpose,
    /// Whether it goes to a bonded warehouse.
    #[serde(default)]
    pub bonded: bool,
}

/// A letter was written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmationTranscribed {
    /// The case.
    pub case: Id,
    /// The authority of the directory whose letter it is, if there is one.
    pub authority: Option<Id>,
    /// The hash of the scan or of the e-mail.
    pub file: Digest,
    /// The address from which it came; none for a letter by post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Text>,
    /// Whether that is the directory's address, or it came by post from an authority of the directory.
    pub verified: bool,
    /// What it confirms.
    pub consignment: Consignment,
    /// Who wrote it down.
    pub officer: Id,
}

/// Records that the importing authority was called back about its letter, under the directory's number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordCallBack {
    /// The application.
    pub export: Id,
    /// The number that was called: the directory's, not the letter's.
    pub number: Text,
    /// Whether the authority says that the letter is its own and confirms this trade.
    pub confirmed: bool,
    /// What was said, and by which office; no names of persons.
    pub said: Text,
}

/// The importing authority was called back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallBackRecorded {
    /// The case.
    pub case: Id,
    /// The number that was called.
    pub number: Text,
    /// Whether the authority confirms.
    pub confirmed: bool,
    /// What was said.
    pub said: Text,
    /// Who called.
    pub officer: Id,
}

/// The third person's yes to a confirmation on paper of a large quantity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdmitConfirmation {
    /// The application.
    pub export: Id,
}

/// A third person has admitted a confirmation on paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmationAdmitted {
    /// The case.
    pub case: Id,
    /// Who.
    pub officer: Id,
}

/// Records that the importing authority has endorsed the arrival on the copy of the permit that it sent back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordArrival {
    /// The export permit.
    pub permit: Id,
    /// The day of the arrival.
    #[schemars(with = "Day")]
    pub on: Date,
    /// The customs post there.
    pub post: Text,
    /// What has arrived of each line, as the copy has it.
    pub lines: Vec<CountedLine>,
    /// The SHA-256 hash of the scan, in standard base64.
    pub file: Digest,
    /// The e-mail address from which it came; none for a letter by post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Text>,
}

/// The arrival was endorsed on paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArrivalRecorded {
    /// The case.
    pub case: Id,
    /// What was endorsed.
    pub endorsement: Endorsement,
    /// The hash of the scan.
    pub file: Digest,
    /// Who recorded it.
    pub officer: Id,
}
