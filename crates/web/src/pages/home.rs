//! The start: where everybody arrives.

use crate::answer::Answered;
use crate::ask::Ask;
use crate::routes::{Route, page};
use crate::who::Who;

pub const ROUTES: &[Route] = &[page("/", Who::Public, start)];

fn start(ask: &Ask) -> Answered {
    super::public::start(ask)
}
