//! The API: for systems, with the same commands, rights and refusals as the pages.
//!
//! - `OPERATIONS` is its one table; routes and the `OpenAPI` document are made of it.
//! - `session`, `commands` and `movements` change something, `read` does not.
//! - Whoever asks proves it in the Authorization header. A cookie counts for nothing here.

mod body;
mod commands;
mod movements;
mod openapi;
mod read;
mod session;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use crate::answer::{Answered, Fault, again_after};
use crate::pages::readers;
use crate::routes::{Route, read as get, send};
use crate::who::{OFFICERS, Who};

/// The longest body.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// How keys of systems begin, so that they are known where they are found.
pub const KEY_PREFIX: &str = "csk_";

/// Makes a schema.
type Shape = fn(&mut SchemaGenerator) -> Schema;

/// A field of a query.
pub struct Query {
    name: &'static str,
    says: &'static str,
    /// Its JSON Schema.
    shape: &'static str,
}

/// What is sent.
pub enum Sent {
    Nothing,
    Json(Shape),
    /// JSON, or one JSON object a line.
    Lines(Shape),
    /// The fields of a command: a path and a schema for each.
    Command,
}

/// One route of the API, with what the `OpenAPI` document says of it.
pub struct Operation {
    route: Route,
    summary: &'static str,
    query: &'static [Query],
    sent: Sent,
    /// Statuses of success, and what they give.
    gives: &'static [(u16, &'static str, Option<Shape>)],
}

/// Reading.
const fn reads(
    path: &'static str,
    who: Who,
    answer: fn(&crate::ask::Ask) -> Answered,
    summary: &'static str,
    query: &'static [Query],
    gives: &'static [(u16, &'static str, Option<Shape>)],
) -> Operation {
    Operation {
        route: get(path, who, answer),
        summary,
        query,
        sent: Sent::Nothing,
        gives,
    }
}

const LIMIT: Query = Query {
    name: "limit",
    says: "The most items wanted.",
    shape: r#"{"type":"integer","minimum":1,"maximum":200,"default":50}"#,
};
const AFTER: Query = Query {
    name: "after",
    says: "The `next` of the page before: where to go on.",
    shape: r#"{"type":"integer","minimum":0,"maximum":9007199254740991}"#,
};
const AFTER_ID: Query = Query {
    name: "after",
    says: "The `next` of the page before: where to go on.",
    shape: r#"{"type":"string","maxLength":64}"#,
};
const PAGED: &[Query] = &[LIMIT, AFTER];
const PAGED_BY_ID: &[Query] = &[LIMIT, AFTER_ID];
const DRY_RUN: &[Query] = &[Query {
    name: "dry_run",
    says: "Tell what would be recorded, and record nothing.",
    shape: r#"{"type":"boolean","default":false}"#,
}];

/// Whoever sees something on the pages, and persons and systems of holders, who see what is theirs.
const fn with_holders(officers: &'static [domain::access::Role]) -> Who {
    Who::OfficersAndHolders(officers)
}

const ALL: Who = Who::OfficersAndHolders(OFFICERS);

/// A schema of a type, for the table.
macro_rules! of {
    ($type:ty) => {
        |generator| generator.subschema_for::<$type>()
    };
}

/// Every operation.
#[rustfmt::skip]
static OPERATIONS: &[Operation] = &[
    reads("/api/openapi.json", Who::Public, openapi::document, "This document", &[],
        &[(200, "The OpenAPI document", Some(|_| schemars::json_schema!({ "type": "object" })))]),
    Operation {
        route: send("/api/v1/sessions", Who::Public, session::begin),
        summary: "Sign in with password and second factor",
        query: &[],
        sent: Sent::Json(of!(session::SignIn)),
        gives: &[(201, "A session has begun: send its token as `Authorization: Bearer …`", Some(of!(session::Begun)))],
    },
    Operation {
        route: send("/api/v1/sessions/end", Who::SignedIn, session::end),
        summary: "Sign out: the token is good no more",
        query: &[],
        sent: Sent::Nothing,
        gives: &[(204, "The session has ended", None)],
    },
    reads("/api/v1/me", Who::SignedIn, session::me, "Who asks, and which commands they may give", &[],
        &[(200, "Who asks", Some(of!(session::Me)))]),
    Operation {
        route: send("/api/v1/commands/{verb}", ALL, commands::give),
        summary: "Give a command",
        query: DRY_RUN,
        sent: Sent::Command,
        gives: &[
            (200, "Recorded before under the same Idempotency-Key: the first receipt again. With `dry_run`: what would be recorded",
                Some(of!(commands::Answer))),
            (201, "Recorded", Some(of!(commands::Recorded))),
        ],
    },
    Operation {
        route: send("/api/v1/movements", Who::Holders, movements::record),
        summary: "Record movements, up to 1,000 at once; each line is answered by itself, in order",
        query: &[],
        sent: Sent::Lines(of!(movements::LineShape)),
        gives: &[(200, "An answer a line", Some(of!(movements::Told)))],
    },
    reads("/api/v1/holders", with_holders(readers::HOLDERS), read::register::holders, "Holders", PAGED,
        &[(200, "Holders, in order of registration", Some(of!(read::Page<read::register::Holder>)))]),
    reads("/api/v1/holders/{id}", with_holders(readers::HOLDERS), read::register::holder, "A holder with its sites", &[],
        &[(200, "The holder", Some(of!(read::register::HolderWhole)))]),
    reads("/api/v1/sites/{id}/stock", with_holders(readers::REGISTER), read::ledger::stock, "What a site holds, and what is on its way", PAGED,
        &[(200, "Accounts of a site", Some(of!(read::ledger::Stock)))]),
    reads("/api/v1/sites/{id}/movements", with_holders(readers::REGISTER), read::ledger::movements, "The register of a site, newest first",
        &[LIMIT, Query { name: "before", says: "The `next` of the page before.", shape: r#"{"type":"string","pattern":"^[0-9]{1,6}\\.[0-9]{1,18}$"}"# }],
        &[(200, "Lines of the register", Some(of!(read::Chapter<read::ledger::Row>)))]),
    reads("/api/v1/licences", with_holders(readers::LICENCES), read::register::licences, "Licences and purchase cards", PAGED,
        &[(200, "Licences, in order of grant", Some(of!(read::Page<read::register::Licence>)))]),
    reads("/api/v1/licences/{id}", with_holders(readers::LICENCES), read::register::licence, "A licence or purchase card", &[],
        &[(200, "The licence", Some(of!(read::register::Licence)))]),
    reads("/api/v1/plan/{year}", with_holders(readers::PLANNING), read::register::plan, "Estimates, production plan and quotas of a year", &[],
        &[(200, "The plan; a holder sees its own quotas alone", Some(of!(read::register::Plan)))]),
    reads("/api/v1/cases", with_holders(readers::TRADE), read::trade::cases, "Cases: exports, on either side", PAGED_BY_ID,
        &[(200, "Cases by id", Some(of!(read::Chapter<read::trade::CaseLine>)))]),
    reads("/api/v1/cases/{authority}/{export}", with_holders(readers::TRADE), read::trade::case, "A case", &[],
        &[(200, "The case", Some(of!(read::trade::Case)))]),
    reads("/api/v1/authorizations", with_holders(readers::TRADE), read::trade::authorizations, "Import authorizations of this authority", PAGED_BY_ID,
        &[(200, "Import authorizations by number", Some(of!(read::Chapter<read::trade::Authorization>)))]),
    reads("/api/v1/permits/{number}", with_holders(readers::SHEETS), read::trade::permit, "The case of an export permit, with the permit's signed code", &[],
        &[(200, "The case and the code", Some(of!(read::trade::Permitted)))]),
    reads("/api/v1/orders", with_holders(readers::REGISTER), read::orders::orders, "Orders", PAGED,
        &[(200, "Orders, oldest first; a holder sees those of its sites and those it is to supply", Some(of!(read::Page<read::orders::Order>)))]),
    reads("/api/v1/orders/{id}", with_holders(readers::REGISTER), read::orders::order, "An order", &[],
        &[(200, "The order", Some(of!(read::orders::Order)))]),
    reads("/api/v1/inspections", with_holders(readers::INSPECTIONS), read::register::inspections, "Inspections", PAGED,
        &[(200, "Inspections; a holder sees visits of its own sites alone", Some(of!(read::Page<read::register::Inspection>)))]),
    reads("/api/v1/trainings", with_holders(readers::TRAININGS), read::register::trainings, "Training sessions", PAGED,
        &[(200, "Sessions; a holder sees its own attendance alone", Some(of!(read::Page<read::register::Training>)))]),
    reads("/api/v1/partners", readers::PARTNERS, read::trade::partners, "Partner authorities", &[],
        &[(200, "Partners by id", Some(of!(read::All<read::trade::Partner>)))]),
    reads("/api/v1/decisions", ALL, read::decisions::decisions, "Decisions that wait for a second person, as far as they concern who asks", PAGED,
        &[(200, "Decisions by entry", Some(of!(read::Page<read::decisions::Decision>)))]),
    reads("/api/v1/decisions/{seq}", ALL, read::decisions::decision, "A decision that waits", &[],
        &[(200, "The decision", Some(of!(read::decisions::Decision)))]),
    reads("/api/v1/entries/{seq}", Who::Officers(&[domain::access::Role::Auditor]), read::decisions::entry, "An entry of the journal, byte by byte", &[],
        &[(200, "The entry", Some(of!(read::decisions::Entry)))]),
    reads("/api/v1/statements/{year}", Who::Officers(readers::TRADE), read::trade::statements, "The balance of a year, and the statements on its trade", &[],
        &[(200, "The statements", Some(of!(read::trade::Statements)))]),
    reads("/api/v1/queue", Who::SignedIn, read::queue::queue, "What is to be done, as on the page of the queue, in the language of Accept-Language", &[],
        &[(200, "Tasks, the most urgent first", Some(of!(read::queue::Queue)))]),
    reads("/api/v1/verify/{number}", Who::Public, read::trade::verify, "Whether a permit of this number was issued, and how it stands", &[],
        &[(200, "How it stands", Some(of!(read::trade::Verified)))]),
    reads("/api/v1/items", with_holders(readers::PRODUCTS), read::register::items, "Items: what the ledger counts", PAGED,
        &[(200, "Items, in order of registration", Some(of!(read::Page<read::register::Item>)))]),
    reads("/api/v1/substances", with_holders(readers::PRODUCTS), read::register::substances, "Substances", PAGED,
        &[(200, "Substances, in order of registration", Some(of!(read::Page<read::register::Substance>)))]),
];

/// Its routes.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    OPERATIONS.iter().map(|operation| &operation.route)
}

/// Why something was not done (RFC 9457), with the codes of the command line.
#[derive(Serialize, JsonSchema)]
pub struct Problem {
    /// Always `about:blank`: the code tells.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status.
    status: u16,
    /// The stable code.
    code: String,
    /// The sentence.
    detail: String,
    /// The article of law, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    article: Option<String>,
    /// The entry of the journal that tells of the refusal, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
}

/// A fault as problem details.
pub fn problem(fault: &Fault) -> Response {
    problem_of(fault, None)
}

/// The same with the entry that tells of it.
fn problem_of(fault: &Fault, seq: Option<u64>) -> Response {
    let (status, code) = fault.status();
    let (detail, article) = match fault {
        Fault::Refused { says, article, .. } => (says.clone(), article.clone()),
        Fault::Api { says, .. } => (says.clone(), None),
        Fault::NotFound => ("there is no such thing, or it is not for you to see".to_owned(), None),
        Fault::SignIn => ("send a token or a key: `Authorization: Bearer …`".to_owned(), None),
        fault => (crate::words::Words(crate::words::Lang::En).t(fault.key()), None),
    };
    let problem = Problem {
        kind: "about:blank",
        title: status.canonical_reason().unwrap_or_default(),
        status: status.as_u16(),
        code: code.to_owned(),
        detail,
        article,
        seq,
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    again_after(&mut response, fault);
    response
}

/// A fault in the API's own words.
fn fault(status: StatusCode, code: &'static str, says: impl Into<String>) -> Fault {
    Fault::Api {
        status,
        code,
        says: says.into(),
        again: None,
    }
}

/// The method does not fit.
pub fn not_so() -> Fault {
    let says = "this path does not take the method: the header Allow names those it takes";
    fault(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", says)
}

/// The body did not come.
pub fn too_slow() -> Fault {
    fault(
        StatusCode::REQUEST_TIMEOUT,
        "body_too_slow",
        "the body took too long to come",
    )
}

/// What was sent cannot be read, or is nothing that can be asked.
fn malformed(says: impl Into<String>) -> Fault {
    fault(StatusCode::BAD_REQUEST, "malformed", says)
}

/// A document as an answer.
fn json(status: StatusCode, document: &impl Serialize) -> Answered {
    let body = serde_json::to_vec(document).map_err(|error| Fault::Failed(error.to_string()))?;
    let mut response = (status, body).into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// What was read, as an answer.
fn ok(document: &impl Serialize) -> Answered {
    json(StatusCode::OK, document)
}
