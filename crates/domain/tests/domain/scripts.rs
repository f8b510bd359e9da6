//! Histories as tables: a blank line begins a new one, each in a fixed world of its own.

use crate::text::lines;
use crate::world::World;

fn check(file: &str, text: &str) {
    let mut world = World::fixed();
    for line in lines(text) {
        if line.begins {
            world = World::fixed();
        }
        world.follow(file, &line);
        let items = world.state().items.iter().count();
        assert_eq!(
            world.state().ledger.out_of_balance(items),
            None,
            "{file}:{}",
            line.number
        );
    }
}

macro_rules! scripts {
    ($($name:ident)*) => {
        $(#[test] fn $name() { check(concat!(stringify!($name), ".txt"), include_str!(concat!("../ledger/", stringify!($name), ".txt"))); })*

        /// Every history, for the tests that ask whether all is covered.
        pub const SCRIPTS: &[(&str, &str)] = &[$((stringify!($name), include_str!(concat!("../ledger/", stringify!($name), ".txt")))),*];
    };
}

scripts! {
    amounts channels counts estimates golden holds labels licences lots national orders quotas registers reversals schedule_iii schedule_change transit two_persons
    years
}

/// A world that has lived through everything an entry can tell: the history of `golden.txt`.
pub fn whole_life() -> World {
    let mut world = World::fixed();
    for line in lines(include_str!("../ledger/golden.txt")) {
        world.follow("golden.txt", &line);
    }
    world
}
