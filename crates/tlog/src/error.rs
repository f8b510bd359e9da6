//! Why a proof, note, key or tile is refused: one variant per reason, one sentence per variant.

/// A refusal of this crate, or a failure of the storage that it reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A text or byte string is longer than its parser accepts.
    #[error("The {what} has {bytes} bytes, and at most {bytes_max} are accepted.")]
    TooLong {
        /// What was too long.
        what: &'static str,
        /// Its length in bytes.
        bytes: usize,
        /// The longest accepted length in bytes.
        bytes_max: usize,
    },
    /// A tree size is beyond [`SIZE_MAX`](crate::SIZE_MAX).
    #[error("A tree of {size} entries is larger than a log may grow.")]
    SizeTooLarge {
        /// The size claimed.
        size: u64,
    },
    /// An entry is asked for that the tree does not hold.
    #[error("The tree of {size} entries has no entry {index}.")]
    EntryOutside {
        /// The index asked for, from 0.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// A log would have to shrink.
    #[error("A tree of {old_size} entries cannot be the past of a tree of {new_size}.")]
    SizeShrinks {
        /// The size of the earlier tree.
        old_size: u64,
        /// The size of the later tree.
        new_size: u64,
    },
    /// An inclusion proof does not lead from the leaf to the root (RFC 6962 §2.1.1).
    #[error("The inclusion proof does not lead from entry {index} to the root of the tree of {size} entries.")]
    NotIncluded {
        /// The index of the entry, from 0.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// A consistency proof does not lead from the old root to the new one (RFC 6962 §2.1.2).
    #[error("The tree of {new_size} entries is not shown to begin with the tree of {old_size}.")]
    NotConsistent {
        /// The size of the earlier tree.
        old_size: u64,
        /// The size of the later tree.
        new_size: u64,
    },
    /// A proof has more hashes than any tree has levels.
    #[error("The proof has {hashes} hashes, and no tree needs more than {hashes_max}.")]
    ProofTooLong {
        /// The number of hashes.
        hashes: usize,
        /// The largest number accepted.
        hashes_max: usize,
    },
    /// Proof building met a state that it rules out.
    #[error("The proof could not be built: {0}.")]
    ProofNotBuilt(String),

    /// A tile, or a width of it, is asked for that the tree does not have.
    #[error("The tree of {size} entries has no tile {index} of level {level} that is {width} hashes wide.")]
    TileOutside {
        /// The tile level, from 0.
        level: u8,
        /// The index within the level, from 0.
        index: u64,
        /// The width in hashes.
        width: u16,
        /// The size of the tree.
        size: u64,
    },
    /// Storage lacks a tile that must be full by now.
    #[error("Tile {index} of level {level} is complete but is not in storage.")]
    TileMissing {
        /// The tile level, from 1.
        level: u8,
        /// The index within the level, from 0.
        index: u64,
    },
    /// A stored tile does not have the length of 256 hashes.
    #[error("The stored tile {index} of level {level} has {bytes} bytes instead of 8192.")]
    TileLength {
        /// The tile level, from 1.
        level: u8,
        /// The index within the level, from 0.
        index: u64,
        /// Its length in bytes.
        bytes: usize,
    },
    /// Storage lacks leaves below the size of the tree.
    #[error("Storage gave {found} leaves from {from} to {to}.")]
    LeavesMissing {
        /// The first index asked for.
        from: u64,
        /// The index after the last one asked for.
        to: u64,
        /// How many were given.
        found: usize,
    },
    /// The storage behind [`Hashes`](crate::Hashes) failed.
    #[error("The storage of hashes failed: {0}.")]
    Storage(String),
    /// A tile path is not in the one form that C2SP tlog-tiles allows.
    #[error("The tile path is malformed: {0}.")]
    TilePathForm(&'static str),
    /// An entry bundle is cut short, too long or holds too many entries.
    #[error("The entry bundle is malformed: {0}.")]
    BundleForm(&'static str),

    /// A name of a log or cosigner is not usable in a signature line (C2SP signed-note).
    #[error("The name must have 1 to 255 bytes and no space, plus sign or control character.")]
    NameForm,
    /// A key text does not have the form of its kind.
    #[error("The key text is malformed: {0}.")]
    KeyForm(&'static str),
    /// A key text is of a signature type that is not supported here.
    #[error("The key is of signature type {0:#04x}, which is not accepted here.")]
    KeyType(u8),
    /// The key id in a key text is not the one of its name and key.
    #[error("The key id does not belong to the name and the key.")]
    KeyId,
    /// Two given keys share name and key id.
    #[error("Two different keys are given as {name}+{id:08x}.")]
    KeyAmbiguous {
        /// The name of the key.
        name: String,
        /// The key id.
        id: u32,
    },

    /// A text does not have the form of a signed note.
    #[error("The text is not a signed note.")]
    NoteForm,
    /// No line of the note is by a given key.
    #[error("No signature line of the note is by a key that was given.")]
    NoteUnsigned,
    /// A signature line names a given key and does not verify.
    #[error("The signature line of {name}+{id:08x} is forged or belongs to another text.")]
    SignatureForged {
        /// The name on the line.
        name: String,
        /// The key id on the line.
        id: u32,
    },
    /// A signature line is by none of the given keys, where all lines must be accounted for.
    #[error("The signature line of {name}+{id:08x} is by none of the given keys.")]
    SignatureUnknown {
        /// The name on the line.
        name: String,
        /// The key id on the line.
        id: u32,
    },
    /// Two signature lines are by one key.
    #[error("There is more than one signature line of {name}+{id:08x}.")]
    SignatureRepeated {
        /// The name on the lines.
        name: String,
        /// The key id on the lines.
        id: u32,
    },
    /// A checkpoint is not signed by the log that it speaks for.
    #[error("The checkpoint of {origin} does not carry a signature of that log.")]
    OriginUnsigned {
        /// The origin line of the checkpoint.
        origin: String,
    },
    /// A log would sign, or a witness would compare, the checkpoint of another log.
    #[error("The checkpoint is of {found}, not of {expected}.")]
    OriginOther {
        /// The origin expected.
        expected: String,
        /// The origin found.
        found: String,
    },
    /// The signed text is not a checkpoint (C2SP tlog-checkpoint).
    #[error("The text of the note is not a checkpoint.")]
    CheckpointForm,
    /// A checkpoint has lines after its root, which nobody could audit.
    #[error("The checkpoint has extension lines, which are not accepted.")]
    CheckpointExtended,
    /// A checkpoint of size 0 has a root other than that of the empty tree.
    #[error("The checkpoint is of an empty tree but does not have the root of one.")]
    CheckpointEmptyRoot,
    /// A time cannot be written in a cosignature (C2SP tlog-cosignature).
    #[error("The time {0} is beyond what a cosignature can hold.")]
    TimeTooLarge(u64),
    /// A text does not have the form of a proof file (C2SP tlog-proof).
    #[error("The proof file is malformed: {0}.")]
    ProofFileForm(&'static str),
}
