//! The JSON Schema of values that read themselves: what the derived schemas of commands rest on.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::access::Actor;
use crate::country::Country;
use crate::digest::{Digest, Signature};
use crate::id::{ID_BYTES_MAX, Id, TEXT_BYTES_MAX, Text};
use crate::partner::Json;
use crate::quantity::{Amount, Mass};

/// A civil day, in place of a type whose own crate gives no schema.
pub(crate) struct Day;

/// A moment, in place of a type whose own crate gives no schema.
pub(crate) struct Moment;

/// Gives each type its name and its schema.
macro_rules! described {
    ($($type:ty = $name:literal, $schema:expr;)*) => {
        $(impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                Cow::Borrowed($name)
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        })*
    };
}

described! {
    Day = "Day", json_schema!({
        "type": "string", "format": "date",
        "description": "A civil day in the authority's time zone, such as `2024-03-01`."
    });
    Moment = "Moment", json_schema!({
        "type": "string", "format": "date-time", "description": "A moment in UTC, such as `2024-03-01T09:00:00Z`."
    });
    Digest = "Digest", json_schema!({
        "type": "string", "minLength": 44, "maxLength": 44,
        "description": "32 bytes in standard base64: a SHA-256 hash or an Ed25519 public key."
    });
    Signature = "Signature", json_schema!({
        "type": "string", "minLength": 88, "maxLength": 88,
        "description": "An Ed25519 signature in standard base64."
    });
    Json = "Json", json_schema!({
        "type": "object", "description": "A JSON object, kept letter by letter."
    });
    Id = "Id", json_schema!({
        "type": "string", "minLength": 1, "maxLength": ID_BYTES_MAX, "pattern": r"^[!#-&(-9;-\[\]-~]+$",
        "description": "A name given by people: printable ASCII without space, quote, backslash or colon."
    });
    Text = "Text", json_schema!({
        "type": "string", "minLength": 1, "maxLength": TEXT_BYTES_MAX,
        "description": "Free text, at most 1000 bytes in UTF-8, no control characters. It must not speak of persons."
    });
    Actor = "Actor", json_schema!({
        "type": "string",
        "description": "Who acts: `role:person`, `HOLDER:person` (responsible person) or `HOLDER/clerk:person`."
    });
    Country = "Country", json_schema!({
        "type": "string", "pattern": "^[A-Z]{2}$", "description": "A country's ISO 3166-1 alpha-2 code."
    });
    Mass = "Mass", json_schema!({
        "type": "string",
        "description": "A mass of anhydrous base, exact to the picogram: grams as a decimal such as `12.5`, or with a unit such as `42 kg`."
    });
    Amount = "Amount", json_schema!({
        "type": ["integer", "string"],
        "description": "Counting units (micrograms of its salt for bulk, dispensing units for a preparation), or a text with a unit such as `42 kg`."
    });
}
