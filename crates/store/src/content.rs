//! The one serialisation of a register for its content hash, shared by all engines so that their hashes are equal.

use sha2::{Digest, Sha256};

use crate::register::month_of_day;
use crate::{CommandRow, EntryRow, Hash, MovementRow, RefusalRow};

/// Takes rows in key order, table by table, and gives the hash.
pub(crate) struct Content(Sha256);

impl Content {
    /// Starts with the cursor: a register that has seen more is not the same.
    pub fn new(cursor: u64) -> Self {
        let mut content = Self(Sha256::new());
        content.0.update(b"register content v1\n");
        content.0.update(cursor.to_le_bytes());
        content
    }

    pub fn name(&mut self, kind: u8, number: u32, text: &str) {
        self.0.update([b'n', kind]);
        self.0.update(number.to_le_bytes());
        self.text(text);
    }

    pub fn movement(&mut self, row: &MovementRow) {
        self.0.update([b'm', row.kind, row.mode]);
        self.0.update(row.seq.to_le_bytes());
        self.0.update(row.day.to_le_bytes());
        self.0.update(row.site.to_le_bytes());
        self.0.update(row.item.to_le_bytes());
        self.0.update(row.batch.to_le_bytes());
        self.0.update(row.amount.to_le_bytes());
        self.0.update(row.peer.to_le_bytes());
        self.0.update(row.dispatch.to_le_bytes());
        self.0.update(row.breaches.to_le_bytes());
    }

    /// A row of the index of sites (`b's'`) or batches (`b'b'`).
    pub fn index(&mut self, table: u8, month: i32, number: u32, seq: u64) {
        self.0.update([table]);
        self.0.update(month.to_le_bytes());
        self.0.update(number.to_le_bytes());
        self.0.update(seq.to_le_bytes());
    }

    pub fn command(&mut self, row: &CommandRow) {
        self.0.update(b"c");
        self.0.update(row.id);
        self.0.update(row.seq.to_le_bytes());
        self.0.update(row.count.to_le_bytes());
        self.0.update(row.hash);
    }

    pub fn entry(&mut self, row: &EntryRow) {
        self.0.update(b"e");
        self.0.update(row.seq.to_le_bytes());
        self.0.update(row.recorded_at_us.to_le_bytes());
        self.text(&row.kind);
        self.text(&row.actor);
        self.text(&row.subject);
    }

    pub fn refusal(&mut self, row: &RefusalRow) {
        self.0.update(b"r");
        self.0.update(row.seq.to_le_bytes());
        self.0.update(row.recorded_on_days.to_le_bytes());
        self.text(&row.code);
        self.text(&row.command);
        self.text(&row.actor);
    }

    pub fn finish(self) -> Hash {
        self.0.finalize().into()
    }

    /// A text with its length before it, so that two neighbours cannot trade letters.
    fn text(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text);
    }
}

/// The (month, number, seq) keys of an index over a chunk of movements, in the index's own order.
pub(crate) fn index_keys(movements: &[MovementRow], number: fn(&MovementRow) -> u32) -> Vec<(i32, u32, u64)> {
    let mut keys: Vec<_> = movements
        .iter()
        .map(|row| (month_of_day(row.day), number(row), row.seq))
        .collect();
    keys.sort_unstable();
    keys
}
