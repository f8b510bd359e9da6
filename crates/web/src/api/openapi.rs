//! The `OpenAPI` document: made of the table of operations and of the commands' own schemas, so that it cannot say
//! anything else than the code does.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::Method;
use domain::Command;
use domain::access::Role;
use domain::command::COMMANDS;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::body::LINES;
use super::{OPERATIONS, Operation, Problem, Query, Sent, commands, movements};
use crate::act;
use crate::answer::{Answered, typed};
use crate::ask::Ask;
use crate::who::Who;

static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(made().to_string()));

pub fn document(_: &Ask) -> Answered {
    Ok(typed("application/json", DOCUMENT.clone()))
}

/// What can go wrong: status and words.
const PROBLEMS: &[(u16, &str)] = &[
    (400, "The request cannot be read"),
    (401, "No token or key, or one that is good no more"),
    (403, "Not for this role, or the second factor is missing or wrong"),
    (404, "It is not there, or not for you to see"),
    (408, "The body took too long to come"),
    (409, "Refused: the code says which rule, the article which law"),
    (413, "The body is too large"),
    (415, "The body is no JSON by its Content-Type"),
    (422, "It is JSON, but not what is asked here"),
    (429, "Too many attempts: come again after the seconds in Retry-After"),
    (
        503,
        "Too much to do, or the storage is not there: come again after the seconds in Retry-After",
    ),
];

fn made() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let problem = generator.subschema_for::<Problem>();
    let mut paths = Map::new();
    for operation in OPERATIONS {
        for (path, described) in described(operation, &mut generator) {
            let method = operation.route.method.as_str().to_lowercase();
            let methods = paths.entry(path).or_insert_with(|| json!({}));
            if let Some(methods) = methods.as_object_mut() {
                methods.insert(method, described);
            }
        }
    }
    let problems: Map<String, Value> = PROBLEMS
        .iter()
        .map(|(status, says)| (named(*status), problem_response(*status, says, problem.as_value())))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Countersign",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Control of medical narcotic drugs: what the pages can do, for systems.",
            "license": { "name": "Apache 2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "bearer": [] }],
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "responses": problems,
            "parameters": headers(),
            "securitySchemes": { "bearer": {
                "type": "http", "scheme": "bearer",
                "description": "The token of `POST /api/v1/sessions`, or the key of a company's system (`csk_…`). Cookies count for nothing.",
            } },
        },
    })
}

fn named(status: u16) -> String {
    format!("Problem{status}")
}

fn problem_response(status: u16, says: &str, problem: &Value) -> Value {
    let mut response = json!({
        "description": says,
        "content": { "application/problem+json": { "schema": problem } },
    });
    let header = match status {
        401 => ("WWW-Authenticate", json!({ "type": "string" })),
        429 | 503 => ("Retry-After", json!({ "type": "integer" })),
        _ => return response,
    };
    if let Some(response) = response.as_object_mut() {
        response.insert("headers".to_owned(), json!({ header.0: { "schema": header.1 } }));
    }
    response
}

/// The headers of commands.
fn headers() -> Value {
    json!({
        "IdempotencyKey": {
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "The command's id, a UUID of version 7: the same id again gets the first receipt. One is made if there is none.",
            "schema": { "type": "string", "format": "uuid", "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$" },
        },
        "CountersignCode": {
            "name": "Countersign-Code", "in": "header", "required": false,
            "description": "The code of the second factor, where the command is signed: always for some, and for every command that turns out to wait for a second person. A key has none.",
            "schema": { "type": "string", "pattern": "^[0-9]{6}$" },
        },
    })
}

/// The paths of an operation, with what is said of each: one, or one a command.
fn described(operation: &Operation, generator: &mut SchemaGenerator) -> Vec<(String, Value)> {
    let path = operation.route.path;
    if !matches!(operation.sent, Sent::Command) {
        return vec![(path.to_owned(), one(operation, generator))];
    }
    let verbs = COMMANDS.iter().map(|(verb, _, _)| *verb);
    let offered: Vec<&str> = verbs.filter(|verb| commands::is_offered(verb)).collect();
    let command = |verb: &str| (path.replace("{verb}", verb), of_command(operation, verb, generator));
    offered.into_iter().map(command).collect()
}

fn one(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut parameters = in_path(operation.route.path);
    parameters.extend(operation.query.iter().map(in_query));
    let mut described = json!({
        "operationId": name(operation),
        "summary": operation.summary,
        "description": format!("For: {}.", who(operation.route.who)),
        "parameters": parameters,
        "responses": responses(operation, generator),
    });
    let body = match operation.sent {
        Sent::Nothing | Sent::Command => None,
        Sent::Json(shape) => Some(json!({ "application/json": { "schema": shape(generator) } })),
        Sent::Lines(shape) => {
            let line = shape(generator);
            Some(json!({
                "application/json": { "schema": { "type": "array", "minItems": 1, "maxItems": movements::LINES_MAX, "items": line } },
                LINES: { "schema": { "type": "string", "description": "One such object a line." } },
            }))
        }
    };
    put_body(&mut described, body);
    if operation.route.who == Who::Public {
        put(&mut described, "security", json!([]));
    }
    described
}

fn of_command(operation: &Operation, verb: &str, generator: &mut SchemaGenerator) -> Value {
    let schema = Command::schema(verb, generator).unwrap_or_default();
    let says = schema_description(generator, schema.as_value());
    let signed = if act::signs(verb) {
        "Signed with the second factor."
    } else {
        "Signed with the second factor where it turns out to wait for a second person."
    };
    let mut parameters: Vec<Value> = operation.query.iter().map(in_query).collect();
    parameters.push(json!({ "$ref": "#/components/parameters/IdempotencyKey" }));
    parameters.push(json!({ "$ref": "#/components/parameters/CountersignCode" }));
    let mut described = json!({
        "operationId": verb,
        "tags": ["commands"],
        "summary": says,
        "description": signed,
        "parameters": parameters,
        "responses": responses(operation, generator),
    });
    put_body(
        &mut described,
        Some(json!({ "application/json": { "schema": schema } })),
    );
    described
}

/// The first sentence that a schema says of itself.
fn schema_description(generator: &SchemaGenerator, schema: &Value) -> String {
    let name = schema.get("$ref").and_then(Value::as_str);
    let name = name.and_then(|path| path.rsplit('/').next());
    let named = name.and_then(|name| generator.definitions().get(name));
    let says = named.unwrap_or(schema).get("description").and_then(Value::as_str);
    let first = says.unwrap_or_default().lines().next().unwrap_or_default();
    first.to_owned()
}

fn put(described: &mut Value, key: &str, value: Value) {
    if let Some(described) = described.as_object_mut() {
        described.insert(key.to_owned(), value);
    }
}

fn put_body(described: &mut Value, content: Option<Value>) {
    if let Some(content) = content {
        put(
            described,
            "requestBody",
            json!({ "required": true, "content": content }),
        );
    }
}

/// An operation's name, from its path.
fn name(operation: &Operation) -> String {
    let path = operation.route.path.trim_start_matches("/api/");
    let path = path.trim_start_matches("v1/");
    let parts = path.split(['/', '.']).filter(|part| !part.is_empty());
    let words: Vec<String> = parts
        .map(|part| match part.strip_prefix('{') {
            Some(parameter) => format!("by_{}", parameter.trim_end_matches('}')),
            None => part.to_owned(),
        })
        .collect();
    let verb = if operation.route.method == Method::POST {
        "post"
    } else {
        "get"
    };
    format!("{verb}_{}", words.join("_"))
}

/// For whom.
fn who(who: Who) -> String {
    let words = |roles: &[Role]| roles.iter().map(|role| role.word()).collect::<Vec<_>>().join(", ");
    match who {
        Who::Public => "anyone".to_owned(),
        Who::SignedIn => "anyone who has signed in".to_owned(),
        Who::Officers(roles) => words(roles),
        Who::Holders => "persons and systems of holders".to_owned(),
        Who::OfficersAndHolders(roles) => format!("{}; persons and systems of holders, what is theirs", words(roles)),
    }
}

/// The parameters of a path.
fn in_path(path: &str) -> Vec<Value> {
    let names = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameter = |name: &str| {
        let schema = match name {
            "year" => json!({ "type": "integer", "minimum": 1900, "maximum": 9999 }),
            "seq" => json!({ "type": "integer", "minimum": 0, "maximum": 9_007_199_254_740_991_u64 }),
            _ => json!({ "type": "string", "minLength": 1, "maxLength": 64 }),
        };
        json!({ "name": name, "in": "path", "required": true, "schema": schema })
    };
    names.map(parameter).collect()
}

fn in_query(query: &Query) -> Value {
    let schema: Value = serde_json::from_str(query.shape).unwrap_or_default();
    json!({ "name": query.name, "in": "query", "required": false, "description": query.says, "schema": schema })
}

/// What an operation answers: what it gives, and every problem that it can have.
fn responses(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut responses = Map::new();
    for (status, says, shape) in operation.gives {
        let response = match (shape, &operation.sent) {
            (None, _) => json!({ "description": says }),
            (Some(shape), Sent::Lines(_)) => {
                let line = shape(generator);
                json!({ "description": says, "content": {
                    "application/json": { "schema": { "type": "array", "items": line } },
                    LINES: { "schema": { "type": "string", "description": "One such object a line." } },
                } })
            }
            (Some(shape), _) => {
                json!({ "description": says, "content": { "application/json": { "schema": shape(generator) } } })
            }
        };
        responses.insert(status.to_string(), response);
    }
    for status in problems(operation) {
        let reference = json!({ "$ref": format!("#/components/responses/{}", named(status)) });
        responses.insert(status.to_string(), reference);
    }
    Value::Object(responses)
}

fn problems(operation: &Operation) -> Vec<u16> {
    let mut statuses = vec![408, 413, 503];
    let sent = !matches!(operation.sent, Sent::Nothing);
    let public = operation.route.who == Who::Public;
    if sent || !operation.query.is_empty() {
        statuses.push(400);
    }
    if !public {
        statuses.push(401);
    }
    if !public || sent {
        statuses.push(403);
    }
    if public && sent {
        statuses.push(401);
    }
    if operation.route.path.contains('{') {
        statuses.push(404);
    }
    if sent {
        statuses.extend([415, 422]);
    }
    if matches!(operation.sent, Sent::Command) {
        statuses.push(409);
    }
    // What the public may ask is limited, and so are attempts to prove who one is.
    let limited = public && operation.route.path != "/api/openapi.json";
    if matches!(operation.sent, Sent::Command) || limited {
        statuses.push(429);
    }
    statuses.sort_unstable();
    statuses
}
