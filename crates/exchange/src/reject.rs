//! Why something is not taken.

/// The longest sentence: what it quotes may come from anybody.
const SAYS_CHARS_MAX: usize = 400;

/// Every code.
pub const CODES: [&str; 29] = [
    TOO_LARGE,
    UNREADABLE,
    SENDER_UNKNOWN,
    FOR_ANOTHER,
    KEY_UNKNOWN,
    KEY_UNTRUSTED,
    SIGNATURE_BAD,
    OUT_OF_ORDER,
    CHAIN_BROKEN,
    CHECKPOINT_BAD,
    LOG_UNKNOWN,
    LOG_ENDED,
    ROLLED_BACK,
    FORKED,
    CONSISTENCY_MISSING,
    ALARM_UNFOUNDED,
    PULL_OUT_OF_DATE,
    PULL_REPEATED,
    NOT_AWAITED,
    COSIGNATURE_BAD,
    KEY_FILE_BAD,
    KEY_TEXT_BAD,
    ANSWER_UNREADABLE,
    QUEUED_DIFFERS,
    FILE_TOO_LARGE,
    FILE_UNREADABLE,
    FILE_FOR_ANOTHER,
    FILE_CUT_SHORT,
    FILE_CHANGED,
];

pub(crate) const TOO_LARGE: &str = "message_too_large";
pub(crate) const UNREADABLE: &str = "message_unreadable";
pub(crate) const SENDER_UNKNOWN: &str = "sender_unknown";
pub(crate) const FOR_ANOTHER: &str = "message_for_another";
pub(crate) const KEY_UNKNOWN: &str = "key_unknown";
pub(crate) const KEY_UNTRUSTED: &str = "key_untrusted";
pub(crate) const SIGNATURE_BAD: &str = "signature_bad";
pub(crate) const OUT_OF_ORDER: &str = "message_out_of_order";
pub(crate) const CHAIN_BROKEN: &str = "chain_broken";
pub(crate) const CHECKPOINT_BAD: &str = "checkpoint_bad";
pub(crate) const LOG_UNKNOWN: &str = "log_unknown";
pub(crate) const LOG_ENDED: &str = "log_ended";
pub(crate) const ROLLED_BACK: &str = "log_rolled_back";
pub(crate) const FORKED: &str = "log_forked";
pub(crate) const CONSISTENCY_MISSING: &str = "consistency_missing";
pub(crate) const ALARM_UNFOUNDED: &str = "alarm_unfounded";
pub(crate) const PULL_OUT_OF_DATE: &str = "pull_out_of_date";
pub(crate) const PULL_REPEATED: &str = "pull_repeated";
pub(crate) const NOT_AWAITED: &str = "receipt_not_awaited";
pub(crate) const COSIGNATURE_BAD: &str = "cosignature_bad";
pub(crate) const KEY_FILE_BAD: &str = "key_file_bad";
pub(crate) const KEY_TEXT_BAD: &str = "key_text_bad";
pub(crate) const ANSWER_UNREADABLE: &str = "answer_unreadable";
pub(crate) const QUEUED_DIFFERS: &str = "queued_differs";
pub(crate) const FILE_TOO_LARGE: &str = "file_too_large";
pub(crate) const FILE_UNREADABLE: &str = "file_unreadable";
pub(crate) const FILE_FOR_ANOTHER: &str = "file_for_another";
pub(crate) const FILE_CUT_SHORT: &str = "file_cut_short";
pub(crate) const FILE_CHANGED: &str = "file_changed";

/// Why a message, receipt, key file or answer is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {says}")]
pub struct Reject {
    /// Stable code; the crate's own page lists them.
    pub code: &'static str,
    /// The sentence.
    pub says: String,
}

impl Reject {
    /// A refusal. The sentence is cut where it is long, and control characters in it are shown as spaces.
    pub(crate) fn new(code: &'static str, says: impl AsRef<str>) -> Self {
        let shown = |letter: char| if letter.is_control() { ' ' } else { letter };
        let says = says.as_ref().chars().take(SAYS_CHARS_MAX).map(shown).collect();
        Self { code, says }
    }

    /// Gives an error of another library a code.
    pub(crate) fn because<E: std::fmt::Display>(code: &'static str) -> impl Fn(E) -> Self {
        move |why| Self::new(code, why.to_string())
    }
}
