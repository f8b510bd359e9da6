//! A running authority: the writer, the register's projector, checkpoints, snapshots, recovery and `fsck`.
//!
//! The journal is the truth; everything else here is derived from it and can be made anew.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod alarm;
mod book;
mod case_entries;
mod error;
mod evidence;
mod fsck;
mod keys;
mod letters;
mod overview;
mod parked;
mod partners;
mod permits;
mod place;
mod projector;
mod proof;
mod recall;
mod receipt;
mod recover;
mod restart;
mod ring;
mod rotation;
mod rows;
mod snapshot;
mod views;
mod witness;
mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use crossbeam_channel::Receiver;
use domain::authority::Founding;
use domain::{Command, Context, Entry, Envelope, State};
use jiff::Timestamp;
use jiff::civil::Date;
use store::Stores;
use tlog::Tree;

pub use ::exchange::{Answer, key_file_text};
pub use book::{Book, BookLine, Trace, Wanted};
pub use error::AuthorityError;
pub use evidence::{BUNDLE_BYTES_MAX, BUNDLE_ENTRIES_MAX, Continuation, bundle, continuation, of_case, of_statement};
pub use fsck::{Difference, Report, fsck};
pub use overview::{Ended, Log, Overview};
pub use partners::{Outgoing, Round, Settled};
pub use permits::{LIST_DAYS, document};
pub use place::{MadeBy, Mail, Place, Settings, file_keys};
pub use proof::proof;
pub use recall::Recalled;
pub use receipt::{Outcome, Receipt};
pub use restart::{PutBack, request_restart};
pub use rotation::KEY_DAYS_MAX;
pub use tlog::WitnessRefusal;
pub use witness::{MEMORY_LOST, OwnWitness, WitnessAnswer, WitnessAsk, Witnessed, WitnessedLog, Witnessing};

use keys::{Keys, Logs};
use parked::Parked;
use writer::{Closed, Start, Writer};

/// What a new authority is made of.
#[derive(Clone, Debug)]
pub struct NewAuthority {
    /// Its id, such as `CN`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its country's ISO 3166 code.
    pub country: String,
    /// The province whose holders it controls; none if they are those of the whole country.
    pub province: Option<domain::authority::Province>,
    /// The IANA zone by which its civil days are cut; the country's first one if none.
    pub zone: Option<String>,
    /// The origin of its log; `countersign/<id>/<8 hex of the log key's hash>` if none.
    pub origin: Option<String>,
    /// The first day its books may speak of; the day of the founding if none.
    pub books_from: Option<jiff::civil::Date>,
    /// Its first two administrators, by id.
    pub administrators: [String; 2],
    /// Where partner authorities send their messages, if anywhere.
    pub url: Option<String>,
    /// From which its keys are made: 32 random bytes.
    pub key_seed: [u8; 32],
    /// The founding command's id.
    pub command_id: uuid::Uuid,
    /// The founding command's random bytes.
    pub random: [u8; 32],
}

/// A running authority. It owns its place until it is closed.
pub struct Authority {
    place: Arc<Place>,
    writer: Writer,
    local: Mutex<store::Local>,
    reader: Mutex<Box<dyn store::JournalReader>>,
    register: Mutex<Box<dyn store::RegisterReader>>,
    zone: jiff::tz::TimeZone,
    keys: Keys,
    /// Messages of partners that came before their turn.
    parked: Mutex<Parked>,
    /// Logs that it cosigns, and its own witnesses.
    witnessing: Witnessing,
    /// Questions of partners that were answered a moment ago.
    nonces: Mutex<recall::Nonces>,
    /// Held by whoever signs messages: the chain to a partner is continued by one at a time.
    signing: Mutex<()>,
    /// The list of permits that are over, as it was last signed.
    listed: Mutex<Option<permits::Listed>>,
}

/// The committed state, for as long as it is held.
pub type StateGuard<'a> = parking_lot::RwLockReadGuard<'a, State>;

/// What can be read of an authority that nobody runs, without starting a writer.
pub struct Look {
    /// The state of everything in its journal.
    pub state: State,
    /// The newest signed checkpoint, as a note.
    pub checkpoint: Option<String>,
    /// The journal, for reading.
    pub journal: Box<dyn store::JournalReader>,
    place: Place,
}

/// Reads the authority of a folder. The folder is owned until the look is dropped.
pub fn look(folder: &Path) -> Result<Look, AuthorityError> {
    let place = Place::open(folder)?;
    let journal = store::open_journal_reader(folder, place.engine())?;
    let (state, _) = recover::recover(&place, &*journal)?;
    let checkpoint = journal.latest_checkpoint()?.map(|(_, note)| note);
    Ok(Look {
        state,
        checkpoint,
        journal,
        place,
    })
}

/// An authority at rest: its stores, ready to be opened again in the same process.
pub struct AtRest {
    place: Arc<Place>,
    stores: Stores,
    keys: Keys,
}

impl Authority {
    /// Makes a new authority in an empty place.
    pub fn create(place: Place, new: &NewAuthority, at: Timestamp) -> Result<Self, AuthorityError> {
        let keys = Keys::make(new)?;
        place.keep_keys(&keys, &Keys::first_exchange(new)?, &Keys::first_file_key(new)?)?;
        place.set_url(new.url.as_deref())?;
        let folder = place.folder().unwrap_or(Path::new(""));
        let mut stores = store::create(folder, place.engine())?;
        found(&mut stores, new, &keys, at)?;
        AtRest {
            place: Arc::new(place),
            stores,
            keys,
        }
        .open()
    }

    /// Opens the authority of a folder.
    pub fn open(folder: &Path) -> Result<Self, AuthorityError> {
        let place = Place::open(folder)?;
        let missing =
            || AuthorityError::Folder(folder.to_owned(), "storage in memory cannot be opened again".to_owned());
        let keys = place.keys()?.ok_or_else(missing)?;
        let stores = store::open(folder, place.engine())?;
        AtRest {
            place: Arc::new(place),
            stores,
            keys,
        }
        .open()
    }

    /// Hands commands over at a moment, and waits until they are durable. One receipt a command, in order.
    pub fn submit(&self, at: Timestamp, commands: Vec<Envelope>) -> Result<Vec<Receipt>, AuthorityError> {
        self.writer.submit(at, commands, false)
    }

    /// Hands commands over at a moment; the receipts come when they are durable.
    pub fn send(
        &self,
        at: Timestamp,
        commands: Vec<Envelope>,
    ) -> Result<Receiver<Result<Vec<Receipt>, AuthorityError>>, AuthorityError> {
        self.writer.send(at, commands, false)
    }

    /// Waits until everything handed over before is durable and in the register.
    pub fn drain(&self) -> Result<(), AuthorityError> {
        self.writer.drain()
    }

    /// Waits until everything that was answered before is in the register, for whoever wants to look into it.
    pub fn catch_up(&self) -> Result<(), AuthorityError> {
        self.writer.catch_up()
    }

    /// The committed state: nothing in it can be taken back by a crash. One thread may hold it twice; whoever holds it
    /// and waits for a receipt waits for ever.
    pub fn state(&self) -> StateGuard<'_> {
        self.writer.committed().read_recursive()
    }

    /// Looks into its journal.
    pub fn read<T>(&self, look: impl FnOnce(&dyn store::JournalReader) -> T) -> T {
        match self.reader.lock() {
            Ok(reader) => look(&**reader),
            Err(poisoned) => look(&**poisoned.into_inner()),
        }
    }

    /// Where it lives.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// What belongs to this machine alone: names of persons, enrolments, the business clock.
    pub fn local(&self) -> MutexGuard<'_, store::Local> {
        match self.local.lock() {
            Ok(local) => local,
            Err(poisoned) => poisoned.into_inner(),
        }
    }

    /// The verifier key of its log.
    pub fn log_key(&self) -> String {
        self.state().log_key().to_owned()
    }

    /// Answers what waits, signs a last checkpoint, closes the register.
    pub fn close(self) -> Result<AtRest, AuthorityError> {
        let Closed { journal, register } = self.writer.close()?;
        let local = match self.local.into_inner() {
            Ok(local) => local,
            Err(poisoned) => poisoned.into_inner(),
        };
        Ok(AtRest {
            place: self.place,
            stores: Stores {
                journal,
                register,
                local,
            },
            keys: self.keys,
        })
    }
}

impl AtRest {
    /// Recovers the state and starts the writer.
    pub fn open(self) -> Result<Authority, AuthorityError> {
        self.start(|logs, _| logs.clone())
    }

    /// As `open`, but signs no checkpoint until the log has started anew: what is recorded before that is under no log
    /// that anybody has seen.
    pub(crate) fn open_between_logs(self) -> Result<Authority, AuthorityError> {
        let between = |logs: &Logs, state: &State| {
            let others = logs.0.iter().filter(|key| key.verifier() != state.log_key());
            Logs(others.cloned().collect())
        };
        self.start(between)
    }

    fn start(self, signing: impl FnOnce(&Logs, &State) -> Logs) -> Result<Authority, AuthorityError> {
        let Self { place, stores, keys } = self;
        let Stores {
            journal,
            register,
            local,
        } = stores;
        let reader = journal.reader()?;
        let (state, tree) = recover::recover(&place, &*reader)?;
        keys.check(&state)?;
        let zone = writer::time_zone(state.founding.zone.as_str())?;
        let of_register = register.reader()?;
        let witnessing = place.folder().map(Witnessing::read).transpose()?.unwrap_or_default();
        let logs = signing(&keys.logs, &state);
        let start = Start {
            place: Arc::clone(&place),
            journal,
            register,
            state,
            tree,
            logs,
            exchange: keys.exchange.clone(),
        };
        let writer = Writer::start(start)?;
        Ok(Authority {
            place,
            writer,
            local: Mutex::new(local),
            reader: Mutex::new(reader),
            register: Mutex::new(of_register),
            zone,
            keys,
            parked: Mutex::default(),
            nonces: Mutex::default(),
            witnessing,
            signing: Mutex::default(),
            listed: Mutex::default(),
        })
    }

    /// A reader of its journal.
    pub fn journal(&self) -> Result<Box<dyn store::JournalReader>, AuthorityError> {
        Ok(self.stores.journal.reader()?)
    }

    /// Where it lives.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Recomputes everything from the journal.
    pub fn fsck(&self) -> Result<Report, AuthorityError> {
        fsck::check(
            &self.place,
            &mut *self.stores.journal.reader()?,
            Some(&*self.stores.register.reader()?),
        )
    }
}

/// The founding as a command's fields, and the civil day of it.
fn founding(new: &NewAuthority, keys: &Keys, at: Timestamp) -> Result<(Founding, Date), AuthorityError> {
    let refused = |what: String| AuthorityError::Refused(what);
    let country = domain::country::Country::parse(&new.country).map_err(|error| refused(error.to_string()))?;
    let zone = new.zone.clone().unwrap_or_else(|| country.zone().to_owned());
    let today = writer::time_zone(&zone)?.to_datetime(at).date();
    let id = |what: &str, id: &str| id.parse().map_err(|error| refused(format!("{what}: {error}")));
    let text = |what: &str, text: &str| text.parse().map_err(|error| refused(format!("{what}: {error}")));
    let [first, other] = &new.administrators;
    let log = keys
        .logs
        .0
        .first()
        .ok_or_else(|| refused("a new authority needs a key of its log".to_owned()))?;
    let founding = Founding {
        id: id("id", &new.id)?,
        name: text("name", &new.name)?,
        country,
        province: new.province.clone(),
        zone: text("zone", &zone)?,
        books_from: new.books_from.unwrap_or(today),
        origin: text("origin", log.origin())?,
        log_key: text("log key", &log.verifier())?,
        root: keys.new_root()?,
        key: Keys::operational(new, at)?,
        administrators: [id("administrator", first)?, id("administrator", other)?],
    };
    Ok((founding, today))
}

/// Writes the founding entries into an empty journal.
fn found(stores: &mut Stores, new: &NewAuthority, keys: &Keys, at: Timestamp) -> Result<(), AuthorityError> {
    let refused = |what: String| AuthorityError::Refused(what);
    let (founding, today) = founding(new, keys, at)?;
    let actor = domain::access::Actor::operator();
    let envelope = Envelope::new(new.command_id, actor, Command::Found(Box::new(founding)), new.random);
    let context = Context {
        now: at,
        today,
        cited: None,
    };
    let events = domain::decide(None, &envelope.actor, &envelope.command, context)
        .map_err(|refusal| refused(refusal.to_string()))?;
    let (mut bytes, mut ends, mut leaves) = (Vec::new(), Vec::new(), Vec::new());
    let mut tree = Tree::new();
    for (event, place) in events.into_iter().zip(0_u32..) {
        let entry = Entry {
            seq: u64::from(place),
            recorded_at: at,
            recorded_on: today,
            actor: envelope.actor.clone(),
            command_id: envelope.id,
            command_hash: envelope.hash,
            salt: domain::journal::salt(&envelope.random, place),
            event,
        };
        let start = bytes.len();
        entry
            .write(&mut bytes)
            .map_err(|error| AuthorityError::Broken(error.to_string()))?;
        let leaf = tlog::leaf_hash(bytes.get(start..).unwrap_or_default());
        tree.append(&leaf);
        ends.push(bytes.len());
        leaves.push(leaf);
    }
    Ok(stores.journal.append(&store::Group {
        first_seq: 0,
        bytes: &bytes,
        ends: &ends,
        leaves: &leaves,
        tiles: &[],
    })?)
}

impl NewAuthority {
    /// Whether it can be founded, before anything is made for it.
    pub fn check(&self) -> Result<(), AuthorityError> {
        if let Some(url) = &self.url {
            exchange::check_url(url).map_err(|reject| AuthorityError::Refused(reject.says))?;
        }
        founding(self, &Keys::make(self)?, Timestamp::UNIX_EPOCH).map(|_| ())
    }
}
