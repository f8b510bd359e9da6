//! Why a message is refused though it is the next of its chain: the words that its receipt carries.

/// Declares the closed list of codes.
macro_rules! codes {
    ($($(#[$meta:meta])* $variant:ident = $word:literal, $says:literal;)*) => {
        /// Why what a message says does not hold, as its receipt tells the sender.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub enum Code { $($(#[$meta])* $variant),* }

        /// Every code with its meaning, for the documentation.
        pub const CODES: &[(&str, &str)] = &[$(($word, $says)),*];

        impl Code {
            /// The word, as in a receipt.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }
    };
}

codes! {
    UnknownVersion = "unknown_version", "the message has a form that the receiver does not know";
    MessageExpired = "message_expired", "it came after the last moment at which it may be taken";
    UnknownKind = "unknown_kind", "the receiver knows no message of this kind";
    BodyUnreadable = "body_unreadable", "the body is not what its kind demands, or its lines are of nothing, or name goods twice";
    NotConcerned = "not_concerned", "it is about other countries than those of the two authorities";
    WithinCountry = "within_country", "it is about trade between countries, and the two authorities are of provinces of one: goods go from one to the other under a dispatch";
    AuthorizationKnown = "import_authorization_known", "an import authorization of this number was sent before";
    AuthorizationUnknown = "import_authorization_unknown", "no import authorization of this number was sent";
    AuthorizationOver = "import_authorization_over", "the import authorization was cancelled: it is not amended any more";
    VersionOld = "version_old", "the receiver has this text or copy already, or a later one";
    CaseMissing = "case_missing", "it names no case";
    CaseKnown = "case_known", "a case of this id was begun before";
    CaseUnknown = "case_unknown", "the receiver knows no case of this id";
    CaseOfAnother = "case_of_another", "the case is not between these two authorities";
    OutOfPlace = "out_of_place", "the case is not where such a message belongs, or it is the other side's to send";
    RequestDiffers = "request_differs", "it answers another request than the one that was sent";
    ConsignmentDiffers = "consignment_differs", "the consignment is not the one that was asked for";
    PermitUnknown = "permit_unknown", "it names another export permit than the one of the case";
    GoodsHaveMoved = "goods_have_moved", "the permit cannot be endorsed as not used: goods of the case have left or arrived";
    StatementMissing = "trade_statement_missing", "the receiver has proposed no statement for the year";
    StatementDiffers = "trade_statement_differs", "it answers another statement than the last one that was proposed";
    TrustFileOlder = "trust_file_older", "the key file in it is older than the one in force, or of the same moment and not the same";
    RootDiffers = "root_differs", "the key file in it is signed by another root key than the one that was read out at pairing";
    IdentityDiffers = "identity_differs", "the key file in it has another country, another province or another log";
    SiteUnknown = "site_unknown", "the receiver has no such site in its register, or was told of none";
    DispatchKnown = "dispatch_known", "a dispatch of this number was told before";
    DispatchUnknown = "dispatch_unknown", "no dispatch of this number was told";
    KeyUnfit = "key_unfit", "the key in it has ended, begins too late, was used before or is another's";
}
