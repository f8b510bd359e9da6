//! The register in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, RwLock};

use super::{read, write};
use crate::content::{Content, index_keys};
use crate::{
    Backwards, CommandRow, EntryRow, Hash, MovementRow, RefusalRow, Register, RegisterReader, RegisterState, Rows,
    Span, StoreError,
};

#[derive(Default)]
struct Data {
    cursor: u64,
    names: BTreeMap<(u8, u32), String>,
    movements: BTreeMap<u64, MovementRow>,
    by_site: BTreeSet<(i32, u32, u64)>,
    by_batch: BTreeSet<(i32, u32, u64)>,
    commands: BTreeMap<[u8; 16], CommandRow>,
    entries: BTreeMap<u64, EntryRow>,
    refusals: BTreeMap<u64, RefusalRow>,
}

/// The writer, and by a clone of its data every reader.
#[derive(Clone, Default)]
pub(crate) struct MemoryRegister(Arc<RwLock<Data>>);

impl Register for MemoryRegister {
    fn state(&self) -> RegisterState {
        RegisterState::New
    }

    fn cursor(&self) -> u64 {
        read(&self.0).cursor
    }

    fn flush(&mut self, rows: &Rows) -> Result<(), StoreError> {
        let mut data = write(&self.0);
        rows.check(data.cursor)?;
        data.names.extend(
            rows.names
                .iter()
                .map(|(kind, number, text)| ((*kind, *number), text.clone())),
        );
        data.movements.extend(rows.movements.iter().map(|row| (row.seq, *row)));
        data.by_site.extend(index_keys(&rows.movements, |row| row.site));
        data.by_batch.extend(index_keys(&rows.movements, |row| row.batch));
        for row in &rows.commands {
            // The first holder of an id keeps it, in whatever order the chunk names the two.
            let kept = data.commands.entry(row.id).or_insert(*row);
            if row.seq < kept.seq {
                *kept = *row;
            }
        }
        data.entries
            .extend(rows.entries.iter().map(|row| (row.seq, row.clone())));
        data.refusals
            .extend(rows.refusals.iter().map(|row| (row.seq, row.clone())));
        data.cursor = rows.to_seq;
        Ok(())
    }

    fn clear(&mut self) -> Result<(), StoreError> {
        *write(&self.0) = Data::default();
        Ok(())
    }

    fn mark_clean(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    fn reader(&self) -> Result<Box<dyn RegisterReader>, StoreError> {
        Ok(Box::new(self.clone()))
    }
}

impl RegisterReader for MemoryRegister {
    fn cursor(&self) -> Result<u64, StoreError> {
        Ok(read(&self.0).cursor)
    }

    fn command(&self, id: &[u8; 16]) -> Result<Option<CommandRow>, StoreError> {
        Ok(read(&self.0).commands.get(id).copied())
    }

    fn movements_of_site(&self, site: u32, span: &Span) -> Result<Vec<MovementRow>, StoreError> {
        let data = read(&self.0);
        Ok(data.movements_of(&data.by_site, site, span))
    }

    fn movements_of_batch(&self, batch: u32, span: &Span) -> Result<Vec<MovementRow>, StoreError> {
        let data = read(&self.0);
        Ok(data.movements_of(&data.by_batch, batch, span))
    }

    fn movements_of_site_back(&self, site: u32, span: &Span) -> Result<Vec<MovementRow>, StoreError> {
        let data = read(&self.0);
        Ok(data.movements_back(&data.by_site, site, span))
    }

    fn movements_of_batch_back(&self, batch: u32, span: &Span) -> Result<Vec<MovementRow>, StoreError> {
        let data = read(&self.0);
        Ok(data.movements_back(&data.by_batch, batch, span))
    }

    fn entries_of_subject(&self, subject: &str, from_seq: u64, limit: usize) -> Result<Vec<EntryRow>, StoreError> {
        let data = read(&self.0);
        let entries = data.entries.range(from_seq..).map(|(_, row)| row);
        Ok(entries
            .filter(|row| row.subject == subject)
            .take(limit)
            .cloned()
            .collect())
    }

    fn entries_backwards(&self, wanted: &Backwards<'_>) -> Result<Vec<EntryRow>, StoreError> {
        let data = read(&self.0);
        if wanted.from_seq >= wanted.before_seq {
            return Ok(Vec::new());
        }
        let entries = data.entries.range(wanted.from_seq..wanted.before_seq).rev();
        let found = entries.map(|(_, row)| row).filter(|row| wanted.holds(row));
        Ok(found.take(wanted.limit).cloned().collect())
    }

    fn refusals_by_code(&self, from_day: i32, to_day: i32) -> Result<Vec<(String, u64)>, StoreError> {
        let data = read(&self.0);
        let mut counts = BTreeMap::<&str, u64>::new();
        for row in data
            .refusals
            .values()
            .filter(|row| (from_day..=to_day).contains(&row.recorded_on_days))
        {
            *counts.entry(&row.code).or_default() += 1;
        }
        Ok(counts
            .into_iter()
            .map(|(code, count)| (code.to_owned(), count))
            .collect())
    }

    fn refusals(&self, from_day: i32, to_day: i32, from_seq: u64, limit: usize) -> Result<Vec<RefusalRow>, StoreError> {
        let data = read(&self.0);
        let refusals = data.refusals.range(from_seq..).map(|(_, row)| row);
        let wanted = refusals.filter(|row| (from_day..=to_day).contains(&row.recorded_on_days));
        Ok(wanted.take(limit).cloned().collect())
    }

    fn refusals_of_actor(&self, actor: &str, before_seq: u64, limit: usize) -> Result<Vec<RefusalRow>, StoreError> {
        let data = read(&self.0);
        let newest_first = data.refusals.range(..before_seq).rev().map(|(_, row)| row);
        Ok(newest_first
            .filter(|row| row.actor == actor)
            .take(limit)
            .cloned()
            .collect())
    }

    fn content_hash(&self) -> Result<Hash, StoreError> {
        let data = read(&self.0);
        let mut content = Content::new(data.cursor);
        data.names
            .iter()
            .for_each(|(&(kind, number), text)| content.name(kind, number, text));
        data.movements.values().for_each(|row| content.movement(row));
        data.by_site
            .iter()
            .for_each(|&(month, number, seq)| content.index(b's', month, number, seq));
        data.by_batch
            .iter()
            .for_each(|&(month, number, seq)| content.index(b'b', month, number, seq));
        data.commands.values().for_each(|row| content.command(row));
        data.entries.values().for_each(|row| content.entry(row));
        data.refusals.values().for_each(|row| content.refusal(row));
        Ok(content.finish())
    }
}

impl Data {
    /// The movements that an index lists under `number`, month by month as the SQL engines find them.
    fn movements_of(&self, index: &BTreeSet<(i32, u32, u64)>, number: u32, span: &Span) -> Vec<MovementRow> {
        let (mut month, mut from_seq) = span.start();
        let last = crate::month_of_day(span.to_day);
        let mut found = Vec::new();
        while found.len() < span.limit {
            let next = index
                .range((month, 0, 0)..)
                .next()
                .map(|key| key.0)
                .filter(|&next| next <= last);
            let Some(next) = next else { break };
            let start = if next == month { from_seq } else { 0 };
            let keys = index.range((next, number, start)..=(next, number, u64::MAX));
            let rows = keys
                .filter_map(|(_, _, seq)| self.movements.get(seq))
                .filter(|row| span.holds(row.day));
            found.extend(rows.take(span.limit - found.len()).copied());
            (month, from_seq) = (next.saturating_add(1), 0);
        }
        found
    }

    /// The same in reverse.
    fn movements_back(&self, index: &BTreeSet<(i32, u32, u64)>, number: u32, span: &Span) -> Vec<MovementRow> {
        let (mut month, mut before_seq) = span.end();
        let first = crate::month_of_day(span.from_day);
        let mut found = Vec::new();
        while found.len() < span.limit {
            let last = index
                .range(..=(month, u32::MAX, u64::MAX))
                .next_back()
                .map(|key| key.0)
                .filter(|&last| last >= first);
            let Some(last) = last else { break };
            let end = if last == month { before_seq } else { u64::MAX };
            let keys = index.range((last, number, 0)..(last, number, end)).rev();
            let rows = keys
                .filter_map(|(_, _, seq)| self.movements.get(seq))
                .filter(|row| span.holds(row.day));
            found.extend(rows.take(span.limit - found.len()).copied());
            let Some(before) = last.checked_sub(1) else { break };
            (month, before_seq) = (before, u64::MAX);
        }
        found
    }
}
