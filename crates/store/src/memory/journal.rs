//! The journal in memory.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, RwLock};

use super::{read, write};
use crate::journal::{no_checkpoint, other_checkpoint};
use crate::{Group, Hash, Journal, JournalReader, Row, StoreError, Tile};

/// Entries copied out under one lock: the visitor runs without it, so it may append or read itself.
const SLICE: usize = 256;

#[derive(Default)]
struct Data {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    leaves: Vec<Hash>,
    tiles: BTreeMap<(u8, u64), Vec<u8>>,
    checkpoints: BTreeMap<u64, String>,
    cosignatures: BTreeMap<(u64, String), String>,
}

impl Data {
    fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    fn entry(&self, index: usize) -> Option<(&[u8], &Hash)> {
        let start = index
            .checked_sub(1)
            .map_or(Some(0), |before| self.ends.get(before).copied())?;
        Some((self.bytes.get(start..*self.ends.get(index)?)?, self.leaves.get(index)?))
    }
}

/// The writer, and by a clone of its data every reader.
#[derive(Clone, Default)]
pub(crate) struct MemoryJournal(Arc<RwLock<Data>>);

impl Journal for MemoryJournal {
    fn size(&self) -> u64 {
        read(&self.0).size()
    }

    fn append(&mut self, group: &Group<'_>) -> Result<(), StoreError> {
        group.check()?;
        let mut data = write(&self.0);
        if group.first_seq != data.size() {
            return Err(StoreError::Conflict {
                expected: group.first_seq,
                found: data.size(),
            });
        }
        if let Some(tile) = group
            .tiles
            .iter()
            .find(|tile| data.tiles.contains_key(&(tile.level, tile.index)))
        {
            return Err(StoreError::refused(format!(
                "tile {}/{} is already stored",
                tile.level, tile.index
            )));
        }
        let base = data.bytes.len();
        data.bytes.extend_from_slice(group.bytes);
        data.ends.extend(group.ends.iter().map(|end| base + end));
        data.leaves.extend_from_slice(group.leaves);
        data.tiles.extend(
            group
                .tiles
                .iter()
                .map(|tile| ((tile.level, tile.index), tile.bytes.clone())),
        );
        Ok(())
    }

    fn put_checkpoint(&mut self, size: u64, note: &str) -> Result<(), StoreError> {
        let mut data = write(&self.0);
        if size > data.size() {
            return Err(StoreError::Conflict {
                expected: size,
                found: data.size(),
            });
        }
        match data.checkpoints.get(&size) {
            Some(stored) if stored != note => Err(other_checkpoint(size)),
            Some(_) => Ok(()),
            None => {
                data.checkpoints.insert(size, note.to_owned());
                Ok(())
            }
        }
    }

    fn put_cosignature(&mut self, size: u64, name: &str, line: &str) -> Result<(), StoreError> {
        let mut data = write(&self.0);
        if !data.checkpoints.contains_key(&size) {
            return Err(no_checkpoint(size));
        }
        data.cosignatures.insert((size, name.to_owned()), line.to_owned());
        Ok(())
    }

    fn reader(&self) -> Result<Box<dyn JournalReader>, StoreError> {
        Ok(Box::new(self.clone()))
    }
}

impl JournalReader for MemoryJournal {
    fn size(&self) -> Result<u64, StoreError> {
        Ok(read(&self.0).size())
    }

    fn read(
        &self,
        from: u64,
        limit: u64,
        visit: &mut dyn FnMut(Row<'_>) -> ControlFlow<()>,
    ) -> Result<u64, StoreError> {
        let to = from.saturating_add(limit).min(JournalReader::size(self)?);
        let mut seq = from;
        while seq < to {
            let copied = self.slice(seq, to);
            if copied.is_empty() {
                break;
            }
            for (bytes, leaf) in &copied {
                let row = Row { seq, bytes, leaf };
                seq += 1;
                if visit(row).is_break() {
                    return Ok(seq);
                }
            }
        }
        Ok(seq)
    }

    fn entry(&self, seq: u64) -> Result<Option<(Vec<u8>, Hash)>, StoreError> {
        let data = read(&self.0);
        let found = usize::try_from(seq).ok().and_then(|index| data.entry(index));
        Ok(found.map(|(bytes, leaf)| (bytes.to_vec(), *leaf)))
    }

    fn leaves(&self, from: u64, to: u64) -> Result<Vec<Hash>, StoreError> {
        let data = read(&self.0);
        let range = index(from)..index(to.min(data.size()));
        Ok(data.leaves.get(range).unwrap_or_default().to_vec())
    }

    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(read(&self.0).tiles.get(&(level, index)).cloned())
    }

    fn tiles(&self, visit: &mut dyn FnMut(Tile) -> ControlFlow<()>) -> Result<(), StoreError> {
        let tiles = read(&self.0).tiles.clone();
        let _ = tiles
            .into_iter()
            .try_for_each(|((level, index), bytes)| visit(Tile { level, index, bytes }));
        Ok(())
    }

    fn latest_checkpoint(&self) -> Result<Option<(u64, String)>, StoreError> {
        Ok(read(&self.0)
            .checkpoints
            .last_key_value()
            .map(|(&size, note)| (size, note.clone())))
    }

    fn checkpoints(&self, visit: &mut dyn FnMut(u64, &str) -> ControlFlow<()>) -> Result<(), StoreError> {
        let checkpoints = read(&self.0).checkpoints.clone();
        let _ = checkpoints.iter().try_for_each(|(&size, note)| visit(size, note));
        Ok(())
    }

    fn cosignatures(&self, visit: &mut dyn FnMut(u64, &str, &str) -> ControlFlow<()>) -> Result<(), StoreError> {
        let cosignatures = read(&self.0).cosignatures.clone();
        let _ = cosignatures
            .iter()
            .try_for_each(|((size, name), line)| visit(*size, name, line));
        Ok(())
    }

    fn integrity(&self) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }
}

impl MemoryJournal {
    /// Copies of the first entries of `seq..to`.
    fn slice(&self, seq: u64, to: u64) -> Vec<(Vec<u8>, Hash)> {
        let data = read(&self.0);
        let indexes = (index(seq)..index(to)).take(SLICE);
        indexes
            .map_while(|index| data.entry(index))
            .map(|(bytes, leaf)| (bytes.to_vec(), *leaf))
            .collect()
    }
}

/// A seq as an index; one beyond the address space names nothing, as any other beyond the end.
fn index(seq: u64) -> usize {
    usize::try_from(seq).unwrap_or(usize::MAX)
}
