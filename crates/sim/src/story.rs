//! A scenario read: its files joined, its times fixed, its names known, all before anything is played.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use domain::access::Actor;
use domain::country::Country;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::check::Look;
use crate::error::{ScenarioError, Spot};
use crate::form::{Expect, Person};
use crate::reader::Reader;

/// A story that can be played.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its title.
    pub title: String,
    /// The articles of law it is about.
    pub law: Vec<String>,
    /// Its first moment.
    pub start: Timestamp,
    /// The names of its persons, for local data.
    pub persons: Vec<Person>,
    pub(crate) authorities: Vec<Founded>,
    pub(crate) acts: Vec<Act>,
}

/// An authority of the story.
#[derive(Clone, Debug)]
pub(crate) struct Founded {
    pub id: String,
    pub name: String,
    pub country: Country,
    pub province: Option<domain::authority::Province>,
    pub zone: TimeZone,
    pub zone_name: String,
    pub books_from: Date,
    pub at: Timestamp,
    /// Policies as fields of `set_policy`.
    pub policies: Vec<Value>,
    /// With which authorities it is paired; with all if none are named.
    pub partners: Option<Vec<String>>,
    pub spot: Spot,
}

/// One thing to play, at its time.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    pub n: u32,
    pub row: u32,
    pub spot: Spot,
    pub at: Timestamp,
    /// The authority by its place; none for what concerns none.
    pub authority: Option<usize>,
    pub id: Option<String>,
    pub note: Option<Rc<str>>,
    pub what: What,
}

/// How messages travel at a delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Way {
    /// Each comes two times.
    pub twice: bool,
    /// In files that are encrypted to the partner, and so are the answers to them.
    pub by_file: bool,
}

/// What is to be played.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Command {
        actor: Actor,
        /// Whether the actor's role is granted at its first mention.
        granted: bool,
        verb: String,
        with: Map<String, Value>,
        expect: Expect,
    },
    Again {
        of: String,
    },
    Check(Vec<Look>),
    Wait,
    Restart,
    /// Messages flow until all is quiet, in this way.
    Deliver(Way),
    /// What the authority sends at the next delivery is lost.
    Drop,
    Stop,
    Start,
}

impl Founded {
    /// Whether two authorities of the story exchange messages.
    pub fn is_paired_with(&self, other: &Self) -> bool {
        let names = |one: &Self, other: &Self| one.partners.as_ref().is_none_or(|named| named.contains(&other.id));
        names(self, other) && names(other, self)
    }
}

impl Scenario {
    /// The ids of its authorities, as they stand in the file.
    pub fn authority_ids(&self) -> impl Iterator<Item = &str> {
        self.authorities.iter().map(|authority| authority.id.as_str())
    }

    /// Reads a scenario file and what it refers to.
    pub fn read(path: &Path) -> Result<Self, ScenarioError> {
        let from_disk = |name: &str| std::fs::read(name).ok().map(Cow::Owned);
        Self::from_files(&path.to_string_lossy(), &from_disk)
    }

    /// Reads a scenario from a set of files, such as one that is built into a program. `files` gives a file by its
    /// name; names that stand in a file are relative to it.
    pub fn from_files(name: &str, files: &dyn Fn(&str) -> Option<Cow<'static, [u8]>>) -> Result<Self, ScenarioError> {
        let mut reader = Reader::new(files);
        let (title, law) = reader.file(&Spot::file(name), name, 0)?;
        let start = reader.authorities.first().map(|authority| authority.at);
        reader.partners_known()?;
        let start = start.ok_or_else(|| Spot::file(name).error("the story has no authority: add [[authority]]"))?;
        Ok(Self {
            title,
            law,
            start,
            persons: reader.persons,
            authorities: reader.authorities,
            acts: reader.acts,
        })
    }
}

/// The ids of all steps whose command is sent again.
pub(crate) fn sent_again(acts: &[Act]) -> BTreeMap<&str, usize> {
    let mut times = BTreeMap::new();
    for act in acts {
        if let What::Again { of } = &act.what {
            *times.entry(of.as_str()).or_default() += 1;
        }
    }
    times
}
