//! The start: where everybody arrives.

use crate::answer::{Answered, see};
use crate::ask::Ask;
use crate::routes::{Route, page};
use crate::who::Who;

pub const ROUTES: &[Route] = &[page("/", Who::Public, start)];

fn start(ask: &Ask) -> Answered {
    let is_administrator = |visitor: &crate::ask::Visitor| visitor.is(domain::access::Role::Administrator);
    if ask.visitor.as_ref().is_some_and(is_administrator) && super::first_run::is_open(ask)? {
        return Ok(see("/first-run"));
    }
    super::public::start(ask)
}
