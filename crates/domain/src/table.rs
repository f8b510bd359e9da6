//! Dense tables: a thing gets a number at its registration and keeps it, so that the hot path compares numbers.

use std::hash::Hash;
use std::ops::{Index, IndexMut};

use foldhash::fast::FixedState;
use hashbrown::{Equivalent, HashMap};
use serde::{Deserialize, Serialize};

/// The number of a row: its place in order of registration, so it is the same on every replay.
pub type No = u32;

/// A hash index from a key to a number. It offers no iteration, so its order can never decide anything.
#[derive(Clone, Debug)]
pub struct Lookup<K>(HashMap<K, No, FixedState>);

impl<K> Default for Lookup<K> {
    fn default() -> Self {
        Self(HashMap::with_hasher(FixedState::with_seed(0)))
    }
}

impl<K: Eq + Hash> Lookup<K> {
    /// The number of a key, if it has one.
    pub fn get<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> Option<No> {
        self.0.get(key).copied()
    }

    /// Gives a key its number; a second call for the same key moves it.
    pub fn put(&mut self, key: K, no: No) {
        self.0.insert(key, no);
    }

    /// Forgets a key.
    pub fn remove<Q: Hash + Equivalent<K> + ?Sized>(&mut self, key: &Q) {
        self.0.remove(key);
    }
}

/// A thing that has a name of its own.
pub trait Keyed {
    /// What it is found by.
    type Key: Eq + Hash;
    /// Its key.
    fn key(&self) -> Self::Key;
}

/// Rows in order of registration, found by key.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "T: Serialize + for<'a> Deserialize<'a>")]
pub struct Table<T: Keyed> {
    rows: Vec<T>,
    #[serde(skip)]
    lookup: Lookup<T::Key>,
}

impl<T: Keyed> Default for Table<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            lookup: Lookup::default(),
        }
    }
}

impl<T: Keyed> Table<T> {
    /// The number of a key.
    pub fn no<Q: Hash + Equivalent<T::Key> + ?Sized>(&self, key: &Q) -> Option<No> {
        self.lookup.get(key)
    }

    /// A row with its number, by key.
    pub fn find<Q: Hash + Equivalent<T::Key> + ?Sized>(&self, key: &Q) -> Option<(No, &T)> {
        let no = self.lookup.get(key)?;
        Some((no, self.rows.get(no as usize)?))
    }

    /// A row to change, by key.
    pub fn find_mut<Q: Hash + Equivalent<T::Key> + ?Sized>(&mut self, key: &Q) -> Option<&mut T> {
        let no = self.lookup.get(key)?;
        self.rows.get_mut(no as usize)
    }

    /// Adds a row and returns its number. A key that exists keeps its row: the caller has checked.
    pub fn add(&mut self, row: T) -> No {
        let key = row.key();
        if let Some(no) = self.lookup.get(&key) {
            return no;
        }
        let no = No::try_from(self.rows.len()).unwrap_or(No::MAX);
        self.lookup.put(key, no);
        self.rows.push(row);
        no
    }

    /// All rows in order of registration.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.rows.iter()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Rebuilds the index after the rows were read back.
    pub fn reindex(&mut self) {
        self.lookup = Lookup::default();
        for (place, row) in self.rows.iter().enumerate() {
            self.lookup.put(row.key(), No::try_from(place).unwrap_or(No::MAX));
        }
    }
}

// A number is handed out by the table that is asked with it, and rows are never deleted, so the row is always there.
#[allow(clippy::indexing_slicing)]
impl<T: Keyed> Index<No> for Table<T> {
    type Output = T;

    fn index(&self, no: No) -> &T {
        &self.rows[no as usize]
    }
}

#[allow(clippy::indexing_slicing)]
impl<T: Keyed> IndexMut<No> for Table<T> {
    fn index_mut(&mut self, no: No) -> &mut T {
        &mut self.rows[no as usize]
    }
}

impl<'a, T: Keyed> IntoIterator for &'a Table<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.rows.iter()
    }
}
