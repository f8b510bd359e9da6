//! The form of a scenario file. Every unknown key is an error with its line and column.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use toml::{Spanned, Table, Value};

use crate::check::{
    AuthorizationCheck, Balance, CaseCheck, DomesticCheck, HeadroomCheck, InTransit, LicenceCheck, LotCheck, MassCheck,
    MessagesCheck, OrderCheck, PassageCheck, PlanCheck, QuotaCheck, RefusedCheck, Role, TradeStatementCheck,
};

/// A scenario file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub title: String,
    #[serde(default)]
    pub law: Vec<String>,
    pub start: Option<Spanned<Value>>,
    pub include: Option<Spanned<String>>,
    #[serde(default)]
    pub authority: Vec<Spanned<AuthorityEntry>>,
    #[serde(default)]
    pub person: Vec<Person>,
    #[serde(default)]
    pub step: Vec<Spanned<Step>>,
}

/// An authority of the story, with its policy switches.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthorityEntry {
    pub id: String,
    pub name: String,
    pub country: Option<String>,
    /// The province it is for, if it is not for the whole country.
    pub province: Option<domain::authority::Province>,
    pub zone: Option<String>,
    pub books_from: Option<Value>,
    /// With which authorities of the story it is paired; with all if none are named.
    pub partners: Option<Vec<String>>,
    pub two_person_receipt: Option<bool>,
    pub process_loss_tolerance_ppm: Option<i64>,
    pub hospital_return: Option<String>,
    pub confirmation: Option<String>,
    pub two_person_confirmation: Option<bool>,
    pub export_permit_days_max: Option<i64>,
    pub totals_stale_days: Option<i64>,
    pub shipment_tolerance_ppm: Option<i64>,
}

/// The name of a person, for local data; an entry holds the id alone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The id, as in `permit_officer:li`.
    pub id: String,
    /// The name.
    pub name: String,
}

/// A step of the story.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    pub at: Option<Spanned<Value>>,
    #[serde(rename = "in")]
    pub authority: Option<Spanned<String>>,
    #[serde(rename = "as")]
    pub actor: Option<Spanned<String>>,
    #[serde(rename = "do")]
    pub verb: Option<Spanned<String>>,
    pub id: Option<Spanned<String>>,
    #[serde(default)]
    pub with: Table,
    pub expect: Option<Expect>,
    pub rows: Option<Spanned<String>>,
    pub again: Option<Spanned<String>>,
    pub note: Option<String>,
    // What a check may look at.
    pub balance: Option<Many<Balance>>,
    pub mass: Option<Many<MassCheck>>,
    pub in_transit: Option<Many<InTransit>>,
    pub domestic: Option<Many<DomesticCheck>>,
    pub order: Option<Many<OrderCheck>>,
    pub lot: Option<Many<LotCheck>>,
    pub statement: Option<Many<Table>>,
    pub entry: Option<Many<Table>>,
    pub refused: Option<Many<RefusedCheck>>,
    pub quota: Option<Many<QuotaCheck>>,
    pub plan: Option<Many<PlanCheck>>,
    pub licence: Option<Many<LicenceCheck>>,
    pub role: Option<Many<Role>>,
    pub case: Option<Many<CaseCheck>>,
    pub authorization: Option<Many<AuthorizationCheck>>,
    pub messages: Option<Many<MessagesCheck>>,
    pub trade_statement: Option<Many<TradeStatementCheck>>,
    pub headroom: Option<Many<HeadroomCheck>>,
    pub passage: Option<Many<PassageCheck>>,
    pub cosigned_by: Option<Vec<String>>,
    pub waiting: Option<usize>,
    pub notices_due: Option<usize>,
    pub entries: Option<u64>,
    pub fsck: Option<bool>,
}

/// What a step is expected to give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expect {
    Ok,
    Refused(String),
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("ok"),
            Self::Refused(code) => write!(f, "refused {code}"),
        }
    }
}

impl<'de> Deserialize<'de> for Expect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Refused {
            refused: String,
        }
        struct Expected;
        impl<'de> Visitor<'de> for Expected {
            type Value = Expect;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"ok\" or { refused = \"code\" }")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Expect, E> {
                if text == "ok" {
                    Ok(Expect::Ok)
                } else {
                    Err(E::invalid_value(serde::de::Unexpected::Str(text), &self))
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Expect, A::Error> {
                Refused::deserialize(MapAccessDeserializer::new(map)).map(|table| Expect::Refused(table.refused))
            }
        }
        deserializer.deserialize_any(Expected)
    }
}

/// One table or a list of tables.
#[derive(Debug)]
pub(crate) struct Many<T>(pub Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Tables<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Tables<T> {
            type Value = Many<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table or a list of tables")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Many<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(|one| Many(vec![one]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Many<T>, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Many)
            }
        }
        deserializer.deserialize_any(Tables(PhantomData))
    }
}
