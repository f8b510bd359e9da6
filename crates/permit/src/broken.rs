//! Why a code or a list is not read: one word and one sentence each.

/// Declares the closed list.
macro_rules! reasons {
    ($($variant:ident = $word:literal, $says:literal;)*) => {
        /// Why a code or a list is not read.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
        pub enum Broken { $(#[doc = $says] #[error($says)] $variant),* }

        /// Every reason with its sentence, for the documentation.
        pub const BROKEN: &[(&str, &str)] = &[$(($word, $says)),*];

        impl Broken {
            /// The word of the reason.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }
    };
}

reasons! {
    PrefixMissing = "prefix_missing", "It does not begin with CS1: as a code does.";
    TooLong = "too_long", "It is longer than any code or list.";
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
    KeyUnknown = "key_unknown", "It is signed with a key that is not known here.";
    SignatureBad = "signature_bad", "Its signature does not fit: it is forged or was changed.";
    IssuerOther = "issuer_other", "The key that signed it is not of the authority that it names.";
    KeyOutOfDate = "key_out_of_date", "It was issued when its key was not valid.";
    ClaimsBad = "claims_bad", "A field is missing, unknown, or not of its form.";
    QuantityBad = "quantity_bad", "A quantity is negative or nothing.";
    ValidityBad = "validity_bad", "It ends before it begins.";
    PartMissing = "part_missing", "It is one of several codes, and not all of them are there.";
    PartTwice = "part_twice", "One of the codes is there twice.";
    PartOfAnother = "part_of_another", "One of the codes belongs to another permit.";
    PartsDiffer = "parts_differ", "The codes together are not what each of them promises.";
    ListUnsorted = "list_unsorted", "The list is not sorted, or names a permit twice.";
    ListOfAnother = "list_of_another", "The list is of another authority.";
    ListRolledBack = "list_rolled_back", "The list is older than one that was seen before.";
}
