//! The corpus of lies: files that are nearly true. Each is a change of one that the same test has accepted, and is
//! refused with its own reason.

mod checkpoints;
mod command;
mod corpus;
mod forge;
mod lists;
mod noise;
mod permits;
mod proofs;
mod statements;
mod vectors;
mod world;
mod written;

use verifier::{Checked, REASONS, Reason};

/// A lie must be refused with its reason.
#[allow(clippy::needless_pass_by_value)] // Reads as a sentence.
fn lie<T>(what: &str, told: Checked<T>, reason: Reason) {
    corpus::outcome(what, Some(reason));
    match told {
        Ok(_) => panic!("{what}: believed"),
        Err(found) => assert_eq!(found, reason, "{what}"),
    }
}

/// The true file from which lies are made must be accepted.
fn truth<T>(told: Checked<T>) -> T {
    corpus::outcome("the truth", None);
    told.expect("the truth is accepted")
}

#[test]
fn every_reason_has_a_lie() {
    let corpus = [
        include_str!("checkpoints.rs"),
        include_str!("lists.rs"),
        include_str!("permits.rs"),
        include_str!("proofs.rs"),
        include_str!("statements.rs"),
    ]
    .concat();
    for (word, _) in REASONS {
        let title = |part: &str| part[..1].to_uppercase() + &part[1..];
        let variant: String = word.split('_').map(title).collect();
        assert!(
            corpus.contains(&format!("Reason::{variant}")),
            "no lie is refused with {word}"
        );
    }
}

/// Writer and verifier refuse a code or list with the same words.
#[test]
fn the_words_are_those_of_the_writer() {
    for (word, _) in permit::BROKEN {
        assert!(
            REASONS.iter().any(|(known, _)| known == word),
            "the verifier has no {word}"
        );
    }
}

#[test]
fn the_reasons_are_documented() {
    let documented = include_str!("../../../../docs/verify.md");
    for (word, says) in REASONS {
        assert!(
            documented.contains(&format!("| `{word}` | {says} |")),
            "docs/verify.md lacks | `{word}` | {says} |"
        );
    }
}
