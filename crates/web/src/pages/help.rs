//! What each role does here, how signing works, whom to ask; and what is known of the pages' accessibility.

use askama::Template;

use super::lists;
use crate::answer::{Answered, html};
use crate::ask::Ask;
use crate::frame::Frame;
use crate::routes::{Route, page};
use crate::who::{OFFICERS, Who};

pub const ROUTES: &[Route] = &[
    page("/help", Who::Public, help),
    page("/accessibility", Who::Public, accessibility),
];

#[derive(Template)]
#[template(path = "help/help.html")]
struct HelpPage {
    f: Frame,
    /// Each role and what it does.
    roles: Vec<(String, String)>,
}

fn help(ask: &Ask) -> Answered {
    let words = ask.words();
    let role = |word: &str| {
        let key = format!("help-role-{}", word.replace('_', "-"));
        (lists::capital(&words.value(word)), words.t(&key))
    };
    let people = ["responsible", "clerk"].map(|word| {
        let key = format!("help-name-{word}");
        (words.t(&key), words.t(&format!("help-role-{word}")))
    });
    html(&HelpPage {
        f: Frame::of(ask, words.t("help-title")),
        roles: OFFICERS.iter().map(|one| role(one.word())).chain(people).collect(),
    })
}

#[derive(Template)]
#[template(path = "help/accessibility.html")]
struct AccessibilityPage {
    f: Frame,
}

fn accessibility(ask: &Ask) -> Answered {
    html(&AccessibilityPage {
        f: Frame::of(ask, ask.words().t("accessibility-title")),
    })
}
