//! From entries to rows of the register.

use domain::table::Lookup;
use domain::{Entry, Event};
use jiff::civil::Date;
use store::{
    CommandRow, EntryRow, MovementRow, NAME_BATCH, NAME_ITEM, NAME_KIND, NAME_MODE, NAME_SITE, RefusalRow, Rows,
};

use domain::ledger::{Movement, MovementKind};

/// Numbers names as the state does, in order of first appearance, and remembers which are new to the register.
#[derive(Default)]
pub(crate) struct RowMaker {
    sites: Numbering<String>,
    items: Numbering<String>,
    batches: Numbering<(u32, String)>,
    rows: Rows,
    kinds_named: bool,
}

struct Numbering<K> {
    lookup: Lookup<K>,
    next: u32,
}

impl<K> Default for Numbering<K> {
    fn default() -> Self {
        Self {
            lookup: Lookup::default(),
            next: 0,
        }
    }
}

/// A batch key without an owned name.
#[derive(Hash)]
struct BatchRef<'a>(u32, &'a str);

impl hashbrown::Equivalent<(u32, String)> for BatchRef<'_> {
    fn equivalent(&self, key: &(u32, String)) -> bool {
        self.0 == key.0 && self.1 == key.1
    }
}

/// Days since 1970-01-01.
pub(crate) fn days(date: Date) -> i32 {
    let since = date.since(jiff::civil::date(1970, 1, 1)).map(|span| span.get_days());
    since.unwrap_or_default()
}

impl RowMaker {
    /// Begins with the numbering of a state, whatever part of it the register has seen.
    pub fn following(state: &domain::State) -> Self {
        let mut maker = Self::default();
        state.holders.sites().for_each(|site| maker.name_site(&site.id));
        state.items.iter().for_each(|item| maker.name_item(&item.id));
        for batch in state.ledger.batches() {
            maker.batch(batch.item, &batch.code);
        }
        maker.rows.names.clear();
        maker
    }

    fn name_site(&mut self, id: &str) {
        let no = self.sites.next;
        self.sites.next += 1;
        self.sites.lookup.put(id.to_owned(), no);
        self.rows.names.push((NAME_SITE, no, id.to_owned()));
    }

    fn name_item(&mut self, id: &str) {
        let no = self.items.next;
        self.items.next += 1;
        self.items.lookup.put(id.to_owned(), no);
        self.rows.names.push((NAME_ITEM, no, id.to_owned()));
    }

    fn batch(&mut self, item: u32, code: &str) -> u32 {
        if let Some(no) = self.batches.lookup.get(&BatchRef(item, code)) {
            return no;
        }
        let no = self.batches.next;
        self.batches.next += 1;
        self.batches.lookup.put((item, code.to_owned()), no);
        self.rows.names.push((NAME_BATCH, no, code.to_owned()));
        no
    }

    /// Adds one entry.
    pub fn add(&mut self, entry: &Entry) {
        if !self.kinds_named {
            self.name_kinds();
        }
        self.rows.to_seq = entry.seq + 1;
        match self
            .rows
            .commands
            .last_mut()
            .filter(|last| last.id == *entry.command_id.as_bytes())
        {
            Some(last) => last.count += 1,
            None => self.rows.commands.push(CommandRow {
                id: *entry.command_id.as_bytes(),
                seq: entry.seq,
                count: 1,
                hash: entry.command_hash,
            }),
        }
        match &entry.event {
            Event::Movement(movement) => {
                let row = self.movement(entry.seq, movement);
                self.rows.movements.push(row);
                return;
            }
            Event::SiteRegistered(site) => self.name_site(&site.id),
            Event::BulkRegistered(item) => self.name_item(&item.item.id),
            Event::PreparationRegistered(item) => self.name_item(&item.item.id),
            Event::InstructionRefused(refused) => self.rows.refusals.push(RefusalRow {
                seq: entry.seq,
                recorded_on_days: days(entry.recorded_on),
                code: refused.code.as_str().to_owned().into(),
                command: refused.command.as_str().to_owned().into(),
                actor: entry.actor.to_string(),
            }),
            _ => {}
        }
        self.rows.entries.push(EntryRow {
            seq: entry.seq,
            recorded_at_us: entry.recorded_at.as_microsecond(),
            kind: entry.event.kind().into(),
            actor: entry.actor.to_string(),
            subject: entry.event.subject().to_owned(),
        });
    }

    fn movement(&mut self, seq: u64, movement: &Movement) -> MovementRow {
        let site = |maker: &Self, id: &str| maker.sites.lookup.get(id).unwrap_or(store::NO_PEER);
        let item = self.items.lookup.get(movement.item.as_str()).unwrap_or(u32::MAX);
        let batch = self.batch(item, &movement.batch);
        MovementRow {
            seq,
            day: days(movement.occurred_on),
            kind: movement.movement.number(),
            mode: u8::from(!movement.mode.is_instruct()),
            site: site(self, &movement.site),
            item,
            batch,
            amount: movement.amount,
            peer: movement.peer.as_ref().map_or(store::NO_PEER, |peer| site(self, peer)),
            dispatch: movement.dispatch.unwrap_or(store::NO_DISPATCH),
            breaches: u16::try_from(movement.breaches.len()).unwrap_or(u16::MAX),
        }
    }

    fn name_kinds(&mut self) {
        self.kinds_named = true;
        for (kind, word) in MovementKind::ALL {
            self.rows
                .names
                .push((NAME_KIND, u32::from(kind.number()), word.to_owned()));
        }
        for (mode, word) in [(0, "instruct"), (1, "report")] {
            self.rows.names.push((NAME_MODE, mode, word.to_owned()));
        }
    }

    /// How many entries wait to be flushed.
    pub fn waiting(&self) -> usize {
        self.rows.movements.len() + self.rows.entries.len()
    }

    /// The rows so far; the maker goes on with none.
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// Forgets rows that are flushed; their buffers are used again.
    pub fn clear(&mut self) {
        self.rows.names.clear();
        self.rows.movements.clear();
        self.rows.commands.clear();
        self.rows.entries.clear();
        self.rows.refusals.clear();
    }
}
