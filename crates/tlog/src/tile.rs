//! Tiles, the paths they are served under, and entry bundles (<https://c2sp.org/tlog-tiles>).

use crate::source::PastTree;
use crate::{Error, Hash, Hashes};
use std::fmt;

/// The number of hashes in a full tile.
pub const TILE_WIDTH: u16 = 256;

/// The height of a tile: 2^8 hashes.
pub(crate) const TILE_BITS: u8 = 8;

/// The longest entry that an entry bundle can hold.
pub const ENTRY_BYTES_MAX: usize = 65_535;

/// The longest tile path that is parsed; the longest valid one has 51 bytes.
const PATH_BYTES_MAX: usize = 64;

/// The longest entry bundle: 256 of the longest entries, each with its length.
const BUNDLE_BYTES_MAX: usize = 256 * (2 + ENTRY_BYTES_MAX);

/// A complete tile of level 1 or above, to be stored once and never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullTile {
    /// The tile level: each of its hashes is the root of 256^`level` entries.
    pub level: u8,
    /// The index within the level, from 0.
    pub index: u64,
    /// 256 hashes of 32 bytes.
    pub bytes: Vec<u8>,
}

/// The first `width` hashes of a tile, as C2SP serves them: full (256) or partial.
///
/// Any width that the tree of `size` entries has is served, not only the one that belongs to its size.
pub fn tile(reader: &impl Hashes, size: u64, level: u8, index: u64, width: u16) -> Result<Vec<u8>, Error> {
    let tree = PastTree::new(reader, size)?;
    let end = index
        .checked_mul(u64::from(TILE_WIDTH))
        .and_then(|first| first.checked_add(u64::from(width)));
    let has_it = end.is_some_and(|end| end <= tree.hashes_on(level));
    if width == 0 || width > TILE_WIDTH || !has_it {
        return Err(Error::TileOutside {
            level,
            index,
            width,
            size,
        });
    }
    let wide = |row: &[Hash]| row.get(..usize::from(width)).map(<[Hash]>::concat);
    tree.with_row(level, index, wide)?.ok_or(Error::TileOutside {
        level,
        index,
        width,
        size,
    })
}

/// What a tile path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TileKind {
    /// Hashes of this level, from 0 to 63.
    Hashes(u8),
    /// The entries themselves, which are for those entitled to them.
    Entries,
}

/// The path of a tile or entry bundle: `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`.
///
/// It is written by [`Display`](fmt::Display) and read by [`parse`](Self::parse), without a leading slash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TilePath {
    /// Hashes of a level, or entries.
    pub kind: TileKind,
    /// The index within the level, from 0.
    pub index: u64,
    /// The width, from 1 to 256; 256 is a full tile.
    pub width: u16,
}

impl TilePath {
    /// Reads a path; only the one canonical form of each is accepted, so that each tile has one address.
    pub fn parse(path: &str) -> Result<Self, Error> {
        if path.len() > PATH_BYTES_MAX {
            return Err(Error::TooLong {
                what: "tile path",
                bytes: path.len(),
                bytes_max: PATH_BYTES_MAX,
            });
        }
        let rest = path
            .strip_prefix("tile/")
            .ok_or(Error::TilePathForm("it does not begin with tile/"))?;
        let (kind, rest) = rest.split_once('/').ok_or(Error::TilePathForm("it has no index"))?;
        let (index, width) = match rest.split_once(".p/") {
            None => (rest, TILE_WIDTH),
            Some((index, width)) => (index, parse_width(width)?),
        };
        let parsed = Self {
            kind: parse_kind(kind)?,
            index: parse_index(index)?,
            width,
        };
        // Leading zeroes, signs and missing x marks all end here, because they would be written otherwise.
        if parsed.to_string() == path {
            Ok(parsed)
        } else {
            Err(Error::TilePathForm("it is not the canonical form"))
        }
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes(level) => write!(out, "tile/{level}/")?,
            TileKind::Entries => write!(out, "tile/entries/")?,
        }
        let mut divisor = 1_u64;
        while self.index / divisor >= 1000 {
            divisor *= 1000;
        }
        while divisor > 1 {
            write!(out, "x{:03}/", self.index / divisor % 1000)?;
            divisor /= 1000;
        }
        write!(out, "{:03}", self.index % 1000)?;
        if self.width == TILE_WIDTH {
            Ok(())
        } else {
            write!(out, ".p/{}", self.width)
        }
    }
}

fn parse_kind(text: &str) -> Result<TileKind, Error> {
    if text == "entries" {
        return Ok(TileKind::Entries);
    }
    match text.parse::<u8>() {
        Ok(level) if level <= 63 => Ok(TileKind::Hashes(level)),
        _ => Err(Error::TilePathForm("the level is not a number from 0 to 63")),
    }
}

fn parse_index(text: &str) -> Result<u64, Error> {
    let malformed = Error::TilePathForm("the index is not a number in groups of three digits");
    let mut index = 0_u64;
    for group in text.split('/') {
        let digits = group.strip_prefix('x').unwrap_or(group);
        let value = digits
            .parse::<u16>()
            .ok()
            .filter(|value| *value < 1000)
            .ok_or_else(|| malformed.clone())?;
        index = index
            .checked_mul(1000)
            .and_then(|higher| higher.checked_add(u64::from(value)))
            .ok_or_else(|| malformed.clone())?;
    }
    Ok(index)
}

fn parse_width(text: &str) -> Result<u16, Error> {
    match text.parse::<u16>() {
        Ok(width) if (1..TILE_WIDTH).contains(&width) => Ok(width),
        _ => Err(Error::TilePathForm("the width is not a number from 1 to 255")),
    }
}

/// Entries of one tile as a bundle: each preceded by its length in two bytes, the higher first.
///
/// A bundle holds 1 to 256 entries of at most 65,535 bytes.
pub fn entry_bundle<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, Error> {
    if entries.is_empty() || entries.len() > usize::from(TILE_WIDTH) {
        return Err(Error::BundleForm("it must hold 1 to 256 entries"));
    }
    let mut bundle = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len()).map_err(|_| Error::TooLong {
            what: "entry",
            bytes: entry.len(),
            bytes_max: ENTRY_BYTES_MAX,
        })?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(entry);
    }
    Ok(bundle)
}

/// Takes an entry bundle apart; the caller compares the leaf hash of each entry with its tile.
pub fn parse_entry_bundle(bundle: &[u8]) -> Result<Vec<&[u8]>, Error> {
    if bundle.len() > BUNDLE_BYTES_MAX {
        return Err(Error::TooLong {
            what: "entry bundle",
            bytes: bundle.len(),
            bytes_max: BUNDLE_BYTES_MAX,
        });
    }
    let mut entries = Vec::new();
    let mut rest = bundle;
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, after) = after
            .split_at_checked(length)
            .ok_or(Error::BundleForm("an entry is cut short"))?;
        if entries.len() == usize::from(TILE_WIDTH) {
            return Err(Error::BundleForm("it must hold 1 to 256 entries"));
        }
        entries.push(entry);
        rest = after;
    }
    if !rest.is_empty() {
        return Err(Error::BundleForm("a length is cut short"));
    }
    if entries.is_empty() {
        return Err(Error::BundleForm("it must hold 1 to 256 entries"));
    }
    Ok(entries)
}
