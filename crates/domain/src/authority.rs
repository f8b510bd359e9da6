//! The authority itself: its founding, and what every rule needs to know of it.

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::Actor;
use crate::country::Country;
use crate::digest::PublicKey;
use crate::id::{Id, Text};
use crate::partner::OperationalKey;
use crate::refusal::{NameRefusal, Refused};
use crate::schema::Day;

/// The part of a country that an authority is for. What crosses its border is no trade (1961 art. 31 speaks of countries).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Province {
    /// Its code after ISO 3166-2: the country's two letters, a hyphen, one to three capital letters or digits.
    pub id: Id,
    /// Whether this authority is the one that speaks with those of other countries.
    pub speaks_abroad: bool,
}

/// Whether a province's code is one, and of this country.
pub(crate) fn check_province(country: Country, province: Option<&Province>) -> Refused<()> {
    let Some(province) = province else { return Ok(()) };
    let part = province
        .id
        .strip_prefix(country.code())
        .and_then(|rest| rest.strip_prefix('-'));
    let is_code = |part: &str| {
        (1..=3).contains(&part.len())
            && part
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    if part.is_some_and(is_code) {
        return Ok(());
    }
    let (id, country) = (&province.id, country.code());
    let why =
        format!("{id} is no province of {country}: write it as {country}-, and one to three capital letters or digits");
    Err(NameRefusal::BadQuantity { field: "province", why }.into())
}

/// The founding of an authority: the first command of its journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Founding {
    /// Its id in the exchange, such as `CN`.
    pub id: Id,
    /// Its name.
    pub name: Text,
    /// Its country.
    pub country: Country,
    /// The province whose holders it controls; left out by an authority of a whole country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub province: Option<Province>,
    /// The IANA time zone by which its civil days are cut.
    pub zone: Text,
    /// The first day its books may speak of.
    #[schemars(with = "Day")]
    pub books_from: Date,
    /// The origin of its log.
    pub origin: Text,
    /// The verifier key of its log, as in a signed note.
    pub log_key: Text,
    /// Its root key, which signs its key file and is kept offline.
    pub root: PublicKey,
    /// The key that signs its messages to partner authorities.
    pub key: OperationalKey,
    /// Its first two administrators, by id.
    pub administrators: [Id; 2],
}

/// What the state keeps of the founding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Founded {
    /// Its id.
    pub id: Id,
    /// Its name.
    pub name: Text,
    /// Its country.
    pub country: Country,
    /// The province whose holders it controls; none if they are those of the whole country.
    pub province: Option<Province>,
    /// Its time zone.
    pub zone: Text,
    /// The first day its books may speak of.
    pub books_from: Date,
    /// The origin of its log.
    pub origin: Text,
    /// The verifier key of its log.
    pub log_key: Text,
    /// Its root key.
    pub root: PublicKey,
    /// The key that signs its messages.
    pub key: OperationalKey,
    /// When it was founded.
    pub founded_at: Timestamp,
}

/// An authority's id holds no slash: cases are named by their authority's id, a slash, and a name.
pub(crate) fn check_id(id: &Id) -> Refused<()> {
    if id.contains('/') {
        let why = format!("{id} holds a slash, and an authority's id may not");
        return Err(NameRefusal::BadQuantity { field: "id", why }.into());
    }
    Ok(())
}

/// The two administrators as actors.
pub(crate) fn administrators(founding: &Founding) -> Vec<Actor> {
    founding
        .administrators
        .iter()
        .filter_map(|person| format!("administrator:{person}").parse().ok())
        .collect()
}
