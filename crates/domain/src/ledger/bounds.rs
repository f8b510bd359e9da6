//! How much a line may move and a compartment may hold, so that no sum can wrap.

use super::movement::{Compartment, Movement, MovementKind};
use super::{Account, LedgerRefusal};
use crate::product::Item;
use crate::quantity::MASS_PG_MAX;
use crate::refusal::Refused;

/// More than this in one line is refused: a thousand tonnes, in micrograms.
pub const AMOUNT_MAX: i64 = 1_000_000_000_000_000;
/// No compartment of an account holds more than this. A line moves a hundredth of it at most, so none can make one wrap.
pub const BALANCE_MAX: i64 = 100_000_000_000_000_000;

/// An amount beyond what a line may move, in counting units or in base, is no amount.
pub(crate) fn not_too_large(item: &Item, amount: i64) -> Refused<()> {
    let by_mass = MASS_PG_MAX / i128::from(item.content_pg).max(1);
    let max = i64::try_from(by_mass).unwrap_or(AMOUNT_MAX).min(AMOUNT_MAX);
    if amount <= max {
        return Ok(());
    }
    Err(LedgerRefusal::AmountTooLarge { amount, max }.into())
}

/// What a line adds to the compartment that takes.
pub(super) fn adds(movement: &Movement) -> i64 {
    use MovementKind as K;
    match movement.movement {
        K::Opening | K::Manufacture | K::LotYield | K::CancelDispatch | K::Reclassify | K::Import | K::Find => {
            movement.amount
        }
        K::Receive | K::ProvinceIn => movement.amount - movement.excess,
        _ => 0,
    }
}

/// Whether a compartment of a line's account can hold so much more.
pub(super) fn room_for(
    account: Option<&Account>,
    line: &Movement,
    compartment: Compartment,
    added: i64,
) -> Refused<()> {
    let held = account.map_or(0, |account| account.holds(compartment));
    if held.saturating_add(added) <= BALANCE_MAX {
        return Ok(());
    }
    Err(LedgerRefusal::BalanceTooLarge {
        site: line.site.to_string(),
        item: line.item.to_string(),
        batch: line.batch.to_string(),
        compartment: compartment.word(),
        held,
        added,
        max: BALANCE_MAX,
    }
    .into())
}
