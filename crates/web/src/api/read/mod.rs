//! Reading. Whoever asks sees what the pages show them: existence is secret where the thing is not theirs.
//!
//! What is answered is made of explicit structs, so that the state may change without a word to those who read.

pub mod decisions;
pub mod ledger;
pub mod orders;
pub mod queue;
pub mod register;
pub mod trade;

use domain::State;
use domain::holder::Site;
use domain::table::No;
use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::malformed;
use crate::answer::Fault;
use crate::ask::{Ask, Visitor};

/// The most items of a page.
const LIMIT_MAX: usize = 200;
/// Items of a page, unless more or fewer are wanted.
const LIMIT: usize = 50;
/// The most that is looked at for one page, where few of many are for who asks.
const LOOKED_AT_MAX: usize = 200_000;

/// The largest number that every reader of JSON reads exactly.
const AFTER_MAX: usize = (1 << 53) - 1;
/// Letters of the longest id.
const AFTER_LETTERS_MAX: usize = domain::id::ID_BYTES_MAX;

/// Some of many, in their order.
#[derive(Serialize, JsonSchema)]
pub struct Page<T> {
    /// They. There may be fewer than wanted although more follow.
    pub items: Vec<T>,
    /// What to send as `after` to go on; null at the end.
    pub next: Option<usize>,
}

/// Some of many, by id.
#[derive(Serialize, JsonSchema)]
pub struct Chapter<T> {
    /// They. There may be fewer than wanted although more follow.
    pub items: Vec<T>,
    /// What to send to go on; null at the end.
    pub next: Option<String>,
}

/// All there are: few.
#[derive(Serialize, JsonSchema)]
pub struct All<T> {
    /// They.
    pub items: Vec<T>,
}

/// Gives types of other crates a schema.
macro_rules! described {
    ($($(#[$meta:meta])* $name:ident = $schema:tt;)*) => {
        $($(#[$meta])*
        pub struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed(stringify!($name))
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        })*
    };
}

described! {
    /// A moment.
    Moment = { "type": "string", "format": "date-time", "description": "A moment in UTC." };
    /// A civil day.
    CivilDay = { "type": "string", "format": "date", "description": "A civil day in the authority's time zone." };
    /// A command's id.
    CommandId = { "type": "string", "format": "uuid", "description": "A UUID of version 7 (RFC 9562), made by the sender.",
        "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$" };
}

/// A day as text.
fn day(day: Date) -> String {
    day.to_string()
}

/// How many items are wanted.
fn limit(ask: &Ask) -> Result<usize, Fault> {
    let given = ask.query.get("limit");
    if !ask.query.has("limit") {
        return Ok(LIMIT);
    }
    let limit = given.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
    limit.ok_or_else(|| malformed(format!("limit is a number from 1 to {LIMIT_MAX}")))
}

/// Where to go on.
fn after(ask: &Ask) -> Result<usize, Fault> {
    if !ask.query.has("after") {
        return Ok(0);
    }
    let after = ask.query.get("after").parse().ok().filter(|after| *after <= AFTER_MAX);
    after.ok_or_else(|| malformed("after is the `next` of the page before: a number"))
}

/// The id after which to go on.
fn after_id(ask: &Ask) -> Result<&str, Fault> {
    let after = ask.query.get("after");
    if after.chars().count() > AFTER_LETTERS_MAX {
        return Err(malformed("after is the `next` of the page before: an id"));
    }
    Ok(after)
}

/// A page of what somebody may see, in an order that does not change.
fn page<R, T>(ask: &Ask, rows: impl Iterator<Item = R>, mut see: impl FnMut(R) -> Option<T>) -> Result<Page<T>, Fault> {
    let (limit, from) = (limit(ask)?, after(ask)?);
    let mut items = Vec::new();
    let mut rows = rows.skip(from).peekable();
    let mut looked_at = 0;
    while items.len() < limit && looked_at < LOOKED_AT_MAX {
        let Some(row) = rows.next() else { break };
        looked_at += 1;
        items.extend(see(row));
    }
    let more = rows.peek().is_some();
    Ok(Page {
        items,
        next: more.then_some(from + looked_at),
    })
}

/// A page by id: `rows` begin after the id of the page before.
fn chapter<R, T>(
    ask: &Ask,
    rows: impl Iterator<Item = R>,
    id: impl Fn(&R) -> String,
    mut see: impl FnMut(&R) -> Option<T>,
) -> Result<Chapter<T>, Fault> {
    let limit = limit(ask)?;
    let mut items = Vec::new();
    let mut rows = rows.peekable();
    let (mut looked_at, mut last) = (0, None);
    while items.len() < limit && looked_at < LOOKED_AT_MAX {
        let Some(row) = rows.next() else { break };
        looked_at += 1;
        items.extend(see(&row));
        last = Some(row);
    }
    let more = rows.peek().is_some();
    Ok(Chapter {
        items,
        next: last.filter(|_| more).map(|last| id(&last)),
    })
}

/// Whether somebody may know of what belongs to a holder: officers do, persons of that holder do.
fn may_see(visitor: &Visitor, holder: &str) -> bool {
    visitor.holder().is_none_or(|own| own == holder)
}

/// A site that who asks may know of.
fn site<'a>(ask: &Ask, state: &'a State) -> Result<(No, &'a Site), Fault> {
    let (no, site) = state.holders.site(ask.param("id")).map_err(|_| Fault::NotFound)?;
    if may_see(ask.visitor()?, &site.holder_id) {
        Ok((no, site))
    } else {
        Err(Fault::NotFound)
    }
}

/// The numbers of the sites of the holder somebody acts for; none for officers, who see all.
fn own_sites(state: &State, visitor: &Visitor) -> Option<Vec<No>> {
    let holder = visitor.holder()?;
    let found = state.holders.holder(holder);
    Some(found.map_or_else(Vec::new, |(_, holder)| holder.sites.clone()))
}
