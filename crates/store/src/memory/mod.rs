//! The engine that forgets: for tests, simulations and first looks. Readers share the writer's data behind a lock.

mod journal;
mod register;

pub(crate) use journal::MemoryJournal;
pub(crate) use register::MemoryRegister;

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Reads shared data; a writer that panicked half-way has already stopped the process that would mind.
fn read<T>(shared: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    shared.read().unwrap_or_else(PoisonError::into_inner)
}

/// Writes shared data.
fn write<T>(shared: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    shared.write().unwrap_or_else(PoisonError::into_inner)
}
