//! The start: where everybody arrives.

use crate::answer::{Answered, see};
use crate::ask::Ask;
use crate::routes::{Route, page};
use crate::who::Who;

pub const ROUTES: &[Route] = &[page("/", Who::Public, start)];

fn start(_ask: &Ask) -> Answered {
    Ok(see("/sign-in"))
}
