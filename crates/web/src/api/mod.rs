//! The API: for systems, with the same commands as the pages.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::answer::{Fault, again_after};
use crate::routes::Route;

/// The longest body.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// How keys of systems begin, so that they are known where they are found.
pub const KEY_PREFIX: &str = "csk_";

/// Its routes.
pub static ROUTES: &[Route] = &[];

/// A fault as problem details (RFC 9457), with the codes of the command line.
pub fn problem(fault: &Fault) -> Response {
    let (status, code) = fault.status();
    let says = match fault {
        Fault::Refused { says, .. } => says.clone(),
        fault => crate::words::Words(crate::words::Lang::En).t(fault.key()),
    };
    let article = match fault {
        Fault::Refused { article, .. } => article.clone(),
        _ => None,
    };
    let body =
        json!({ "type": "about:blank", "status": status.as_u16(), "code": code, "detail": says, "article": article });
    let mut response = (status, body.to_string()).into_response();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    again_after(&mut response, fault);
    response
}
