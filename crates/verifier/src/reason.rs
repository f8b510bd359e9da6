//! Why something is refused: one word and one sentence each.

/// Declares the closed list.
macro_rules! reasons {
    ($($variant:ident = $word:literal, $says:literal;)*) => {
        /// Why something is refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
        pub enum Reason { $(#[doc = $says] #[error($says)] $variant),* }

        /// Every reason with its sentence, for the documentation.
        pub const REASONS: &[(&str, &str)] = &[$(($word, $says)),*];

        impl Reason {
            /// The word of the reason.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }
    };
}

reasons! {
    TooLong = "too_long", "It is longer than anything of its kind.";
    PrefixMissing = "prefix_missing", "It does not begin with CS1: as a code does.";
    Base45Bad = "base45_bad", "It is not base45: a letter was lost or changed.";
    ZlibBad = "zlib_bad", "It cannot be decompressed: it was changed or cut short.";
    InflatesTooFar = "inflates_too_far", "It grows beyond every permit when it is decompressed.";
    BytesLeft = "bytes_left", "Something follows after its end.";
    CborBad = "cbor_bad", "It is not CBOR, or it was cut short.";
    CborIndefinite = "cbor_indefinite", "It has an item of indefinite length.";
    CborNotCanonical = "cbor_not_canonical", "It is not in the one deterministic form of CBOR.";
    CborKeyTwice = "cbor_key_twice", "It gives one field twice.";
    CborTooDeep = "cbor_too_deep", "It is nested deeper than any permit.";
    CborTooMany = "cbor_too_many", "It has more items than any permit.";
    IntegerTooLarge = "integer_too_large", "It has an integer beyond 64 bits with sign.";
    NotSigned = "not_signed", "It is not a signed message of one signer.";
    AlgorithmOther = "algorithm_other", "It names another algorithm than that of Ed25519.";
    HeaderBad = "header_bad", "Its header has something else than algorithm and key.";
    KeyUnknown = "key_unknown", "It is signed with a key that is in none of the key files given.";
    SignatureBad = "signature_bad", "Its signature does not fit: it is forged or was changed.";
    IssuerOther = "issuer_other", "The key that signed it is not of the authority that it names.";
    KeyOutOfDate = "key_out_of_date", "It was signed when its key was not valid.";
    ClaimsBad = "claims_bad", "A field is missing, unknown, or not of its form.";
    QuantityBad = "quantity_bad", "A quantity of the permit is negative or nothing.";
    ValidityBad = "validity_bad", "It ends before it begins.";
    NotYetValid = "not_yet_valid", "The permit's first day is still to come.";
    Expired = "expired", "The permit's last day has passed.";
    Revoked = "revoked", "The list says that the permit was revoked.";
    Used = "used", "The list says that the permit's one consignment has left.";
    PartMissing = "part_missing", "It is one of several codes, and not all of them are there.";
    PartTwice = "part_twice", "One of the codes is there twice.";
    PartOfAnother = "part_of_another", "One of the codes belongs to another permit.";
    PartsDiffer = "parts_differ", "The codes together are not what each of them promises.";
    ListUnsorted = "list_unsorted", "The list is not sorted, or names a permit twice.";
    ListOfAnother = "list_of_another", "The list is of another authority than the permit.";
    ListRolledBack = "list_rolled_back", "The list is older than one that was seen before.";
    ListTooOld = "list_too_old", "The list may no longer be relied on.";
    KeyFileBad = "key_file_bad", "A key file is not in its form.";
    KeyFileForged = "key_file_forged", "A key file was not signed by its root key: it was changed.";
    KeyFilesClash = "key_files_clash", "Two key files are of one authority and have different keys.";
    LogKeyBad = "log_key_bad", "The key of a log is not in its form.";
    NoteBad = "note_bad", "It is not a signed note, or it was cut short.";
    NoteUnsigned = "note_unsigned", "No line of the checkpoint is by the key of its log.";
    NoteForged = "note_forged", "A line of the checkpoint names a given key and was not signed by it.";
    NoteSignedTwice = "note_signed_twice", "Two lines of the checkpoint are by one key.";
    CheckpointBad = "checkpoint_bad", "What was signed is not a checkpoint of a log.";
    LogOther = "log_other", "The two are of different logs.";
    LogForked = "log_forked", "One log has signed two different pasts of one size.";
    LogRolledBack = "log_rolled_back", "The log was longer before: entries were taken away.";
    ConsistencyMissing = "consistency_missing", "There is no proof that the log only grew.";
    ConsistencyBad = "consistency_bad", "The log did not only grow: its past was changed, or the proof is of another.";
    ProofBad = "proof_bad", "It is not a proof file, or it was cut short.";
    EntryMissing = "entry_missing", "The file does not have the entry itself.";
    EntryOutside = "entry_outside", "The log has no entry of that number.";
    NotIncluded = "not_included", "The entry is not in the log at that place: it was changed, or the proof is of another.";
    EntryMisplaced = "entry_misplaced", "The entry says another number than the proof.";
    EntryBad = "entry_bad", "An entry is not in its form.";
    BundleBad = "bundle_bad", "It is not a bundle.";
    EntriesUnordered = "entries_unordered", "The entries of the bundle do not ascend, or one is there twice.";
    JsonBad = "json_bad", "It is not the JSON of a statement: a field is missing, twice there, or of another form.";
    MassBad = "mass_bad", "A mass is not a plain decimal number of grams.";
    MassNegative = "mass_negative", "A mass is negative.";
    MassTooLarge = "mass_too_large", "A mass is beyond everything that can be added up.";
    CountBad = "count_bad", "A number of consignments is negative, or does not go with its mass.";
    CellTwice = "cell_twice", "A substance and destination is there twice.";
    SumDiffers = "sum_differs", "A total is not the sum of its cells.";
    IdentityDiffers = "identity_differs", "The balance of a substance does not add up.";
    ZeroDenied = "zero_denied", "A country is said to have signed a zero, and there is a figure for it.";
    NothingSigned = "nothing_signed", "The figures add up, and no evidence was given that anybody has signed them.";
    MessageBad = "message_bad", "A message in the evidence is not in its form.";
    MessageForged = "message_forged", "A message in the evidence was not signed by the key that it names.";
    StatementOther = "statement_other", "The evidence is of another authority, partner or year.";
    ProposalMissing = "proposal_missing", "There is a signature, and not the document that it signs.";
    DigestDiffers = "digest_differs", "The signature is of another document than the one given: an older one, or a changed one.";
    FigureDiffers = "figure_differs", "A figure is not the one that was signed.";
    RootDiffers = "root_differs", "The statement names another root of its log than the log has signed.";
}
