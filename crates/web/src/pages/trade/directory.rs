//! The directory of authorities that do not run this software.

use askama::Template;
use domain::access::Role;
use domain::trade::Listed;

use super::{act_link, names};
use crate::act::{self, Said};
use crate::answer::{Answered, Fault, encoded, html};
use crate::ask::Ask;
use crate::frame::Frame;

struct Row {
    path: String,
    id: String,
    country: String,
    name: String,
    since: String,
}

#[derive(Template)]
#[template(path = "trade/directory.html")]
struct ListPage {
    f: Frame,
    rows: Vec<Row>,
    lists: bool,
    age: String,
}

/// An entry as it stood from a day on.
struct Version {
    title: String,
    said: Vec<Said>,
}

#[derive(Template)]
#[template(path = "trade/listed.html")]
struct OnePage {
    f: Frame,
    versions: Vec<Version>,
    change: Option<String>,
    register: Option<String>,
}

pub fn list(ask: &Ask) -> Answered {
    let (words, state) = (ask.words(), ask.state());
    let row = |listed: &Listed| Row {
        path: format!("/directory/{}", encoded(&listed.listing.id)),
        id: listed.listing.id.to_string(),
        country: names::country(words, listed.listing.country),
        name: listed.listing.name.to_string(),
        since: words.day(listed.on),
    };
    let page = ListPage {
        f: Frame::of(ask, words.t("directory-title")),
        rows: state.trade.directory.iter().map(row).collect(),
        lists: act::may(ask.visitor()?, "list_authority"),
        age: words.t1("directory-age", "days", state.policies.contact_age_days),
    };
    drop(state);
    html(&page)
}

pub fn one(ask: &Ask) -> Answered {
    let (state, visitor) = (ask.state(), ask.visitor()?);
    let id = ask.param("id");
    let history = state.trade.directory.history(id);
    let now = history.last().ok_or(Fault::NotFound)?;
    let listing = &now.listing;
    let path = format!("/directory/{}", encoded(id));
    let country = listing.country.to_string();
    let fields = [
        ("id", id),
        ("country", country.as_str()),
        ("name", listing.name.as_str()),
        ("address", listing.address.as_str()),
        ("email", listing.email.as_str()),
        ("telephone", listing.telephone.as_str()),
    ];
    let change = visitor
        .is(Role::Administrator)
        .then(|| act_link("list_authority", &fields, &["id", "country"], &path));
    let register = visitor.is(Role::PermitOfficer).then(|| {
        act_link(
            "register_paper_authorization",
            &[("authority", id)],
            &["authority"],
            &path,
        )
    });
    let page = OnePage {
        f: Frame::of(ask, listing.name.to_string()),
        versions: history.iter().rev().map(|listed| version(ask, listed)).collect(),
        change,
        register,
    };
    drop(state);
    html(&page)
}

fn version(ask: &Ask, listed: &Listed) -> Version {
    let words = ask.words();
    let listing = &listed.listing;
    let said = |key: &str, says: String| Said {
        label: words.t(key),
        lines: vec![says],
    };
    Version {
        title: words.t1("directory-since", "day", words.day(listed.on)),
        said: vec![
            said("directory-country", names::country(words, listing.country)),
            said("directory-name", listing.name.to_string()),
            said("directory-address", listing.address.to_string()),
            said("directory-email", listing.email.to_string()),
            said("directory-telephone", listing.telephone.to_string()),
            said("directory-source", listing.source.to_string()),
            said("directory-proposed", ask.person(&listed.proposed_by)),
            said("directory-approved", ask.person(&listed.approved_by)),
        ],
    }
}
