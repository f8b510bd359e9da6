//! What is answered: pages, redirects, files; and one place where a fault becomes a status and words.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::ask::Ask;
use crate::frame::Frame;

/// Which devices a page may ask for.
pub const PERMISSIONS: &str = "permissions-policy";
/// None.
pub const NO_DEVICE: &str = "camera=(), geolocation=(), microphone=(), payment=()";
/// The camera, for codes.
const CAMERA: &str = "camera=(self), geolocation=(), microphone=(), payment=()";

/// What a handler gives.
pub type Answered = Result<Response, Fault>;

/// Why a request is not answered as asked.
#[derive(Debug)]
pub enum Fault {
    /// It is not there, or is not for this visitor to know of.
    NotFound,
    /// The visitor may not do this.
    NotEntitled,
    /// Nobody is signed in.
    SignIn,
    /// The request makes no sense; the key of the words that say how to mend it.
    Bad(&'static str),
    /// The form came from elsewhere, or its session has ended.
    Forged,
    /// Too many attempts: come again after so many seconds.
    TooMany(u64),
    /// The body is too large.
    TooLarge,
    /// The authority refused a command.
    Refused {
        /// The stable code.
        code: String,
        /// The sentence.
        says: String,
        /// The article of law.
        article: Option<String>,
        /// The facts behind the sentence by name.
        figures: Vec<(String, String)>,
    },
    /// What only the API answers, in its own words.
    Api {
        /// The status.
        status: StatusCode,
        /// The stable code.
        code: &'static str,
        /// The sentence.
        says: String,
        /// Seconds after which to come again, where that helps.
        again: Option<u64>,
    },
    /// The writer has no room: come again.
    Busy,
    /// Storage or something else failed; the words are for the running log.
    Failed(String),
}

impl From<authority::AuthorityError> for Fault {
    fn from(error: authority::AuthorityError) -> Self {
        match error {
            authority::AuthorityError::Full => Self::Busy,
            error => Self::Failed(error.to_string()),
        }
    }
}

impl From<store::StoreError> for Fault {
    fn from(error: store::StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl Fault {
    /// The status, and the stable code.
    pub fn status(&self) -> (StatusCode, &str) {
        match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            Self::NotEntitled => (StatusCode::FORBIDDEN, "not_entitled"),
            Self::SignIn => (StatusCode::UNAUTHORIZED, "not_signed_in"),
            Self::Bad(_) => (StatusCode::BAD_REQUEST, "malformed"),
            Self::Forged => (StatusCode::FORBIDDEN, "form_forged"),
            Self::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            Self::Refused { code, .. } if code == "not_entitled" => (StatusCode::FORBIDDEN, code),
            Self::Refused { code, .. } => (StatusCode::CONFLICT, code),
            Self::Api { status, code, .. } => (*status, code),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Self::Failed(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        }
    }

    /// Seconds after which to come again, where that helps.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooMany(seconds) => Some(*seconds),
            Self::Api { again, .. } => *again,
            Self::Busy | Self::Failed(_) => Some(5),
            _ => None,
        }
    }

    /// The key of the words that explain it.
    pub fn key(&self) -> &'static str {
        match self {
            Self::NotFound => "fault-not-found",
            Self::NotEntitled => "fault-not-entitled",
            Self::SignIn => "fault-sign-in",
            Self::Bad(key) => key,
            Self::Forged => "fault-forged",
            Self::TooMany(_) => "fault-too-many",
            Self::TooLarge => "fault-too-large",
            Self::Refused { .. } | Self::Api { .. } => "fault-refused",
            Self::Busy | Self::Failed(_) => "fault-unavailable",
        }
    }
}

#[derive(Template)]
#[template(path = "fault.html")]
struct FaultPage {
    f: Frame,
    says: String,
    /// The words of a refusal.
    refusal: Option<Refusal>,
}

struct Refusal {
    code: String,
    says: String,
    article: Option<String>,
}

/// The page of a fault.
pub fn fault_page(ask: &Ask, fault: &Fault) -> Response {
    let (status, _) = fault.status();
    let words = ask.words();
    let refusal = match fault {
        Fault::Refused {
            code,
            says,
            article,
            figures,
        } => Some(Refusal {
            says: crate::refusal_in_words(words, code, says, &displayed(figures)),
            code: code.clone(),
            article: article.clone(),
        }),
        _ => None,
    };
    let title = words.t(&format!("fault-title-{}", status.as_u16()));
    let page = FaultPage {
        f: Frame::of(ask, title),
        says: words.t(fault.key()),
        refusal,
    };
    let mut response = html(&page).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response());
    *response.status_mut() = status;
    again_after(&mut response, fault);
    response
}

fn displayed(figures: &[(String, String)]) -> Vec<(&str, &dyn std::fmt::Display)> {
    figures
        .iter()
        .map(|(name, figure)| (name.as_str(), figure as &dyn std::fmt::Display))
        .collect()
}

/// Tells when to come again, where that helps.
pub fn again_after(response: &mut Response, fault: &Fault) {
    if let Some(seconds) = fault.retry_after() {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}

/// A page of a template.
pub fn html(page: &impl Template) -> Answered {
    let text = page
        .render()
        .map_err(|error| Fault::Failed(format!("a page: {error}")))?;
    Ok(typed("text/html; charset=utf-8", text))
}

/// A body with its media type.
pub fn typed(kind: &'static str, body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// A page on which the camera may be used; on every other one it may not.
pub fn with_camera(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(PERMISSIONS, HeaderValue::from_static(CAMERA));
    response
}

/// Sends the browser to a page of ours with GET. What is no local path leads to the start.
pub fn see(path: &str) -> Response {
    let value = HeaderValue::from_str(local(path)).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, value)]).into_response()
}

/// A path of this site, or the start: nothing that leads elsewhere.
pub fn local(path: &str) -> &str {
    let inside = path.starts_with('/') && !path.starts_with("//");
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if inside && plain { path } else { "/" }
}

/// A text as one segment of a path, or as a value in a query.
pub fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}

/// A file to keep, such as a table.
pub fn file(kind: &'static str, name: &str, body: impl IntoResponse) -> Answered {
    let safe = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
    let name: String = name
        .chars()
        .map(|letter| if safe(letter) { letter } else { '-' })
        .collect();
    let mut response = typed(kind, body);
    let told = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let told = told.map_err(|error| Fault::Failed(error.to_string()))?;
    response.headers_mut().insert(header::CONTENT_DISPOSITION, told);
    Ok(response)
}
