//! Histories of two authorities as tables: a blank line begins a new one, after the stage that its first line names.

use std::collections::BTreeMap;

use domain::Event;

use crate::text::lines;
use crate::two::Two;

fn check(file: &str, text: &str) {
    let mut two = Two::at("paired");
    for line in lines(text) {
        if line.begins {
            two = Two::at("paired");
        }
        two.follow(file, &line);
    }
}

macro_rules! tables {
    ($($name:ident)*) => {
        $(#[test] fn $name() { check(concat!(stringify!($name), ".txt"), include_str!(concat!("../trade/", stringify!($name), ".txt"))); })*

        /// Every history, for the tests that ask whether all is covered.
        pub const TABLES: &[(&str, &str)] = &[$((stringify!($name), include_str!(concat!("../trade/", stringify!($name), ".txt")))),*];
    };
}

tables! {
    alarm amended authorization border chain exceptional gate golden grades keys overdue pairing passage posts provinces request restart returned review shipment sideways statement
}

/// Two authorities that have lived through everything an entry can tell of trade: the histories of `golden.txt`.
pub fn whole_life() -> Two {
    let mut two = Two::at("paired");
    for line in lines(include_str!("../trade/golden.txt")) {
        two.follow("golden.txt", &line);
    }
    two
}

/// What the authorities of two countries say to each other of trade is refused between two provinces of one, whatever it is.
#[test]
fn between_provinces_there_is_no_trade() {
    let entries = whole_life().worlds.into_iter().flat_map(|world| world.journal);
    let mut said = BTreeMap::new();
    for entry in entries {
        if let Event::MessageQueued(queued) = entry.event {
            let body = queued.notice.body().expect("a body").as_str().to_owned();
            said.insert(queued.notice.kind(), (queued.case, body));
        }
    }
    said.remove("key_update");
    assert!(said.len() > 20, "{:?}", said.keys());
    let mut two = Two::at("neighbours");
    for (kind, (case, body)) in said {
        let case = case.map(|case| format!(" case={case}")).unwrap_or_default();
        let taken = two.made_up(0, kind, &format!("body={body}{case}"));
        assert_eq!(taken, "refused within_country", "{kind}");
    }
}

/// Two provinces that have lived through everything an entry can tell of what goes between them.
pub fn next_door() -> Two {
    let mut two = Two::at("neighbours");
    for line in lines(include_str!("../trade/neighbours_golden.txt")) {
        two.follow("neighbours_golden.txt", &line);
    }
    two
}
