//! Files of authorities that do not run this software: kept under their hash, which the journal has.

use askama::Template;
use axum::http::header;
use domain::digest::Digest;

use crate::answer::{Answered, Fault, file, html};
use crate::ask::Ask;
use crate::frame::Frame;

#[derive(Template)]
#[template(path = "trade/evidence.html")]
struct EvidencePage {
    f: Frame,
    hash: Option<String>,
    errors: Vec<(String, String)>,
}

fn form(ask: &Ask, hash: Option<String>, errors: Vec<(String, String)>) -> Answered {
    html(&EvidencePage {
        f: Frame::of(ask, ask.words().t("evidence-title")),
        hash,
        errors,
    })
}

pub fn ask_file(ask: &Ask) -> Answered {
    form(ask, None, Vec::new())
}

/// Keeps a file, and tells the hash to put into the form of the act.
pub fn keep(ask: &Ask) -> Answered {
    if ask.body.is_empty() {
        let says = ask.words().t("evidence-missing");
        return form(ask, None, vec![("file".to_owned(), says)]);
    }
    let hash = Digest::of(&ask.body);
    let person = ask.visitor()?.person().to_owned();
    let now = ask.app.wall_us();
    ask.app
        .authority()
        .local()
        .put_evidence(&hash.0, &ask.body, &person, now)?;
    form(ask, Some(hash.to_string()), Vec::new())
}

/// A file by its hash, to be kept and not to be shown: whoever sent it may have put anything into it.
pub fn get(ask: &Ask) -> Answered {
    let hash = ask.query.get("hash").replace(' ', "+");
    let hash: Digest = hash.parse().map_err(|_| Fault::NotFound)?;
    let bytes = ask.app.authority().local().evidence(&hash.0)?.ok_or(Fault::NotFound)?;
    ask.looked_at(format!("evidence {hash}"));
    let mut response = file("application/octet-stream", "evidence.bin", bytes)?;
    let policy = header::HeaderValue::from_static("default-src 'none'; sandbox");
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}
