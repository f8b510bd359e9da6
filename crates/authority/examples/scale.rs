//! Makes a played folder large, so that pages can be measured on it: `scale FOLDER HOLDERS PERMITS`.
//!
//! The folder is an authority's of the demonstration, at rest. What is added goes around the writer: holders with a site,
//! a purchase card and a responsible person each, and export cases with permits that are copies of the first real one
//! under other numbers. Of fifty permits one is open, the goods of the others have left and arrived:
//! it is what some decades leave. Two of them are under one authorization, and one in thirty is of the first one's own site. The entries are
//! hashed into the log as any others. Such a folder is for measuring alone.

use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;

use domain::journal::EntryReader;
use domain::{Entry, Event};
use store::{Group, Tile};
use tlog::{Hashes, Tree};

type Done<T> = Result<T, Box<dyn Error>>;

/// Reads hashes for the log.
struct Of<'a>(&'a dyn store::JournalReader);

impl Hashes for Of<'_> {
    fn leaves(&self, from: u64, to: u64) -> Result<Vec<tlog::Hash>, tlog::Error> {
        self.0
            .leaves(from, to)
            .map_err(|error| tlog::Error::Storage(error.to_string()))
    }

    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, tlog::Error> {
        self.0
            .tile(level, index)
            .map_err(|error| tlog::Error::Storage(error.to_string()))
    }
}

/// What is copied: an application, the request, the permit, departure and arrival, and the entry that tells when and who.
#[derive(Default)]
struct Models {
    applied: Option<Event>,
    requested: Option<Event>,
    permit: Option<Event>,
    departed: Option<Event>,
    last: Option<Entry>,
}

fn main() -> Done<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, holders, permits] = arguments.as_slice() else {
        return Err("scale FOLDER HOLDERS PERMITS".into());
    };
    let folder = Path::new(folder);
    let mut stores = store::open(folder, &"sqlite:".parse()?)?;
    let reader = stores.journal.reader()?;
    let (size, models) = (reader.size()?, models(&*reader)?);
    let mut tree = Tree::restore(size, &Of(&*reader))?;
    drop(tree.take_tiles());
    let last = models.last.clone().ok_or("the journal is empty")?;
    let mut pen = Pen {
        tree,
        next: size,
        last,
        bytes: Vec::new(),
        ends: Vec::new(),
        leaves: Vec::new(),
    };
    for number in 0..holders.parse::<u64>()? {
        pen.holder(number)?;
        pen.rest(&mut *stores.journal)?;
    }
    for number in 0..permits.parse::<u64>()? {
        pen.permit(number, &models)?;
        pen.rest(&mut *stores.journal)?;
    }
    pen.flush(&mut *stores.journal)?;
    drop(stores);
    for file in ["register.db", "register.db-wal", "register.db-shm"] {
        drop(std::fs::remove_file(folder.join(file)));
    }
    println!("{} entries", pen.next);
    Ok(())
}

fn models(reader: &dyn store::JournalReader) -> Done<Models> {
    let mut models = Models::default();
    let mut entries = EntryReader::default();
    let mut failed = None;
    reader.read(0, u64::MAX, &mut |row| match entries.read(row.bytes) {
        Ok(entry) => {
            match &entry.event {
                Event::ExportApplied(_) if models.applied.is_none() => models.applied = Some(entry.event.clone()),
                Event::ConfirmationRequested(_) if models.requested.is_none() => {
                    models.requested = Some(entry.event.clone());
                }
                Event::ExportPermitIssued(_) if models.permit.is_none() => models.permit = Some(entry.event.clone()),
                Event::ConsignmentDeparted(_) if models.departed.is_none() => {
                    models.departed = Some(entry.event.clone());
                }
                _ => {}
            }
            models.last = Some(entry);
            ControlFlow::Continue(())
        }
        Err(error) => {
            failed = Some(error);
            ControlFlow::Break(())
        }
    })?;
    failed.map_or(Ok(models), |error| Err(error.into()))
}

/// Writes entries in groups.
struct Pen {
    tree: Tree,
    next: u64,
    last: Entry,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    leaves: Vec<store::Hash>,
}

/// Entries of a group.
const GROUP: usize = 4_096;

impl Pen {
    fn push(&mut self, event: Event) -> Done<()> {
        let mut id =
            uuid::Builder::from_unix_timestamp_millis(self.last.recorded_at.as_millisecond().try_into()?, &[0; 10])
                .into_uuid();
        // Another id each time: the number of the entry stands in it.
        id = uuid::Uuid::from_u128(id.as_u128() | u128::from(self.next));
        let entry = Entry {
            seq: self.next,
            command_id: id,
            event,
            ..self.last.clone()
        };
        let start = self.bytes.len();
        entry.write(&mut self.bytes)?;
        let leaf = tlog::leaf_hash(self.bytes.get(start..).unwrap_or_default());
        self.tree.append(&leaf);
        self.ends.push(self.bytes.len());
        self.leaves.push(leaf);
        self.next += 1;
        Ok(())
    }

    fn rest(&mut self, journal: &mut dyn store::Journal) -> Done<()> {
        if self.ends.len() >= GROUP {
            self.flush(journal)
        } else {
            Ok(())
        }
    }

    fn flush(&mut self, journal: &mut dyn store::Journal) -> Done<()> {
        let tile = |tile: tlog::FullTile| Tile {
            level: tile.level,
            index: tile.index,
            bytes: tile.bytes,
        };
        let tiles: Vec<Tile> = self.tree.take_tiles().into_iter().map(tile).collect();
        journal.append(&Group {
            first_seq: self.next - u64::try_from(self.ends.len())?,
            bytes: &self.bytes,
            ends: &self.ends,
            leaves: &self.leaves,
            tiles: &tiles,
        })?;
        self.bytes.clear();
        self.ends.clear();
        self.leaves.clear();
        Ok(())
    }

    fn holder(&mut self, number: u64) -> Done<()> {
        let holder = format!("H-X{number:07}");
        let entry = domain::holder::HolderEntry {
            id: holder.parse()?,
            name: format!("Clinic {number:07}").parse()?,
        };
        self.push(Event::HolderRegistered(Box::new(entry)))?;
        self.push(Event::SiteRegistered(Box::new(domain::holder::SiteEntry {
            id: format!("X{number:07}").parse()?,
            holder: holder.parse()?,
            kinds: vec![domain::holder::SiteKind::Institution],
            province: "Beijing".parse()?,
        })))?;
        self.push(Event::PurchaseCardIssued(Box::new(domain::licence::PurchaseCard {
            id: format!("C-X{number:07}").parse()?,
            site: format!("X{number:07}").parse()?,
            substances: vec!["fentanyl".parse()?],
            valid_from: "2024-01-01".parse()?,
            valid_until: "2026-12-31".parse()?,
        })))?;
        self.push(Event::RoleGranted(Box::new(domain::access::RoleGrant {
            actor: format!("{holder}:p{number:07}").parse()?,
        })))
    }

    fn permit(&mut self, number: u64, models: &Models) -> Done<()> {
        let (
            Some(Event::ExportApplied(applied)),
            Some(Event::ConfirmationRequested(requested)),
            Some(Event::ExportPermitIssued(permit)),
            Some(Event::ConsignmentDeparted(departed)),
        ) = (&models.applied, &models.requested, &models.permit, &models.departed)
        else {
            return Err("the journal has no export to copy".into());
        };
        let (mut applied, mut requested, mut permit) = (applied.clone(), requested.clone(), permit.clone());
        let mut departed = departed.clone();
        applied.id = format!("EX-X{number:07}").parse()?;
        applied.case = format!("CN/EX-X{number:07}").parse()?;
        applied.consignment.authorization = Some(format!("IA-X{:07}", number / 2).parse()?);
        if !number.is_multiple_of(30) {
            applied.site = format!("X{:07}", number % 1_000).parse()?;
        }
        requested.case = applied.case.clone();
        permit.case = applied.case.clone();
        permit.permit.number = format!("XP-X{number:07}").parse()?;
        permit.permit.consignment = applied.consignment.clone();
        departed.case = applied.case.clone();
        departed.endorsement.permit = permit.permit.number.clone();
        departed.endorsement.lines.clone_from(&applied.consignment.lines);
        self.push(Event::ExportApplied(applied))?;
        self.push(Event::ConfirmationRequested(requested))?;
        self.push(Event::ExportPermitIssued(permit))?;
        if number.is_multiple_of(50) {
            return Ok(());
        }
        self.push(Event::ConsignmentDeparted(departed.clone()))?;
        self.push(Event::ConsignmentArrived(departed))
    }
}
