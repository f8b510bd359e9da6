//! Bodies: JSON, and nothing else.

use axum::http::{StatusCode, header};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{fault, malformed};
use crate::answer::Fault;
use crate::ask::Ask;

/// One object a line.
pub const LINES: &str = "application/x-ndjson";

/// The media type of the body, without its parameters.
pub fn media_type(ask: &Ask) -> &str {
    let told = ask.headers.get(header::CONTENT_TYPE);
    let told = told.and_then(|value| value.to_str().ok()).unwrap_or_default();
    told.split(';').next().unwrap_or_default().trim()
}

/// The body as text, if it is of the type.
pub fn text<'a>(ask: &'a Ask, also: Option<&str>) -> Result<&'a str, Fault> {
    let kind = media_type(ask);
    let fits = |wanted: &str| kind.eq_ignore_ascii_case(wanted);
    if !fits("application/json") && !also.is_some_and(fits) {
        let says = "send JSON, with `Content-Type: application/json`";
        return Err(fault(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type", says));
    }
    std::str::from_utf8(&ask.body).map_err(|_| malformed("the body is no text in UTF-8"))
}

/// Reads the body.
pub fn parsed<'a, T: Deserialize<'a>>(ask: &'a Ask) -> Result<T, Fault> {
    let text = text(ask, None)?;
    serde_json::from_str(text).map_err(|error| unfit(text, &error.to_string()))
}

/// Why a text does not fit: it is no JSON, or it is JSON that says something else.
pub fn unfit(text: &str, why: &str) -> Fault {
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => fault(StatusCode::UNPROCESSABLE_ENTITY, "malformed", why),
        Err(error) => malformed(format!("the body is no JSON: {error}")),
    }
}
