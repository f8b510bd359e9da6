//! Style, script and pictures: part of the binary, and good for as long as the binary is the same.

use axum::http::{HeaderValue, header};
use axum::response::Response;

use crate::answer::{Answered, typed};
use crate::ask::Ask;
use crate::routes::{Route, asset};

pub const ROUTES: &[Route] = &[
    asset("/assets/countersign.css", style),
    asset("/assets/countersign.js", script),
    asset("/assets/verify.js", check),
    asset("/assets/decode.js", decoder),
    asset("/assets/favicon.svg", icon),
    asset("/robots.txt", robots),
];

fn style(_: &Ask) -> Answered {
    Ok(kept(typed(
        "text/css; charset=utf-8",
        include_str!("../../assets/countersign.css"),
    )))
}

fn script(_: &Ask) -> Answered {
    Ok(kept(typed(
        "text/javascript; charset=utf-8",
        include_str!("../../assets/countersign.js"),
    )))
}

/// The check of a code on the visitor's own device.
fn check(_: &Ask) -> Answered {
    Ok(kept(typed(
        "text/javascript; charset=utf-8",
        include_str!("../../assets/verify.js"),
    )))
}

/// What reads codes from pictures, where the browser does not.
fn decoder(_: &Ask) -> Answered {
    Ok(kept(typed(
        "text/javascript; charset=utf-8",
        include_str!("../../assets/decode.js"),
    )))
}

fn icon(_: &Ask) -> Answered {
    Ok(kept(typed("image/svg+xml", include_str!("../../assets/favicon.svg"))))
}

fn robots(_: &Ask) -> Answered {
    Ok(kept(typed(
        "text/plain; charset=utf-8",
        "User-agent: *\nAllow: /$\nAllow: /public/\nDisallow: /\n",
    )))
}

/// For an hour: a new release shows within that time.
fn kept(mut response: Response) -> Response {
    let hour = HeaderValue::from_static("public, max-age=3600");
    response.headers_mut().insert(header::CACHE_CONTROL, hour);
    response
}
