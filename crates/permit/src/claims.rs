//! The claims of a code as CBOR, and back (RFC 8392; the private ones are ours).
//!
//! | Claim | Value |
//! | --- | --- |
//! | 1 `iss` | the issuing authority's id |
//! | 4 `exp` | 00:00 UTC of the day after the last one on which it is valid, in seconds since 1970 |
//! | 5 `nbf` | 00:00 UTC of the first such day; left out if that is the day of issue |
//! | 6 `iat` | 00:00 UTC of the day of issue |
//! | −65537 | the permit: a map of the fields below |
//! | −65538 | a part of a permit: `[i, n, SHA-256 of the whole, bytes]`, the first is 1 |
//! | −65539 | a list: `[sequence, ids revoked, ids used]` |
//!
//! | Field | Value |
//! | --- | --- |
//! | 1 | number |
//! | 2 | 0 export permit, 1 import authorization, 2 export permit of an emergency |
//! | 3 | which duplicate; left out with the original |
//! | 4 | the authority of the other side; `iss` is that of an export permit's exporter, of an import authorization's importer |
//! | 5, 6 | exporter and importer: `[name, city, country]` |
//! | 7 | lines: `[INN, salt or preparation, base in µg, amount, 0 µg of salt or 1 dispensing units]` |
//! | 8 | import authorization: `[number, day since 1970-01-01, issuer]`; the issuer is left out if it is the importing authority |
//! | 9 | customs posts; left out if there are none |
//! | 10 | 0 medical, 1 scientific, 2 manufacture |
//! | 11 | case; left out if there is none |
//! | 12 | entry of the issuer's journal |
//! | 13 | `true` if bonded, else left out |
//! | 14 | `true` if several consignments are allowed, else left out |
//! | 15 | SHA-256 of both full addresses |

use ciborium::Value;
use jiff::SignedDuration;
use jiff::civil::{Date, date};

use crate::broken::Broken;
use crate::document::{Authorization, Kind, Line, Party, Permit, Purpose, Unit};
use crate::strict;

pub(crate) const PERMIT: i64 = -65_537;
pub(crate) const PART: i64 = -65_538;
pub(crate) const LIST: i64 = -65_539;

const SECONDS_PER_DAY: i64 = 86_400;

/// The claims that every signed thing here has, and its one own claim.
#[derive(Clone, Debug)]
pub(crate) struct Claims {
    pub(crate) issuer: String,
    pub(crate) issued_on: Date,
    pub(crate) valid_from: Date,
    pub(crate) valid_until: Date,
    /// The own claim's key and value.
    pub(crate) own: (i64, Value),
}

impl Claims {
    /// The deterministic bytes.
    pub(crate) fn to_bytes(&self) -> Option<Vec<u8>> {
        let mut map = vec![
            (1, Value::from(self.issuer.as_str())),
            (4, Value::from(seconds(self.valid_until.tomorrow().ok()?))),
        ];
        if self.valid_from != self.issued_on {
            map.push((5, Value::from(seconds(self.valid_from))));
        }
        map.push((6, Value::from(seconds(self.issued_on))));
        map.push(self.own.clone());
        let mut bytes = Vec::new();
        ciborium::into_writer(&map_of(map), &mut bytes).ok()?;
        Some(bytes)
    }

    /// Reads the bytes of claims.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Broken> {
        let mut fields = Fields::of(strict::read(bytes)?)?;
        let issuer = text(fields.take(1)?)?;
        let valid_until = day(fields.take(4)?)?.yesterday().map_err(|_| Broken::ClaimsBad)?;
        let from = fields.maybe(5).map(day).transpose()?;
        let issued_on = day(fields.take(6)?)?;
        if from == Some(issued_on) {
            return Err(Broken::CborNotCanonical);
        }
        let own = fields.0.pop().ok_or(Broken::ClaimsBad)?;
        fields.finish()?;
        let valid_from = from.unwrap_or(issued_on);
        if valid_from > valid_until {
            return Err(Broken::ValidityBad);
        }
        Ok(Self {
            issuer,
            issued_on,
            valid_from,
            valid_until,
            own,
        })
    }

    /// The own claim, if it is this one.
    pub(crate) fn own(self, key: i64) -> Result<Value, Broken> {
        if self.own.0 == key {
            Ok(self.own.1)
        } else {
            Err(Broken::ClaimsBad)
        }
    }
}

/// 00:00 UTC of a day, in seconds since 1970.
fn seconds(day: Date) -> i64 {
    day.duration_since(date(1970, 1, 1)).as_secs()
}

/// A day from the seconds of its beginning.
fn day(value: Value) -> Result<Date, Broken> {
    let seconds = integer(value)?;
    if seconds.rem_euclid(SECONDS_PER_DAY) != 0 {
        return Err(Broken::ClaimsBad);
    }
    day_at(seconds)
}

fn day_at(seconds: i64) -> Result<Date, Broken> {
    let after = date(1970, 1, 1).checked_add(SignedDuration::from_secs(seconds));
    after.map_err(|_| Broken::ClaimsBad)
}

/// The fields of a map with integers as keys, in their order.
struct Fields(Vec<(i64, Value)>);

impl Fields {
    fn of(value: Value) -> Result<Self, Broken> {
        let map = value.into_map().map_err(|_| Broken::ClaimsBad)?;
        let field = |(key, value)| Ok((integer(key)?, value));
        map.into_iter().map(field).collect::<Result<_, _>>().map(Self)
    }

    fn maybe(&mut self, key: i64) -> Option<Value> {
        let place = self.0.iter().position(|(known, _)| *known == key)?;
        Some(self.0.remove(place).1)
    }

    fn take(&mut self, key: i64) -> Result<Value, Broken> {
        self.maybe(key).ok_or(Broken::ClaimsBad)
    }

    /// `true`, or left out.
    fn flag(&mut self, key: i64) -> Result<bool, Broken> {
        match self.maybe(key) {
            None => Ok(false),
            Some(Value::Bool(true)) => Ok(true),
            Some(_) => Err(Broken::ClaimsBad),
        }
    }

    /// Refuses what nobody has asked for.
    fn finish(self) -> Result<(), Broken> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Broken::ClaimsBad)
        }
    }
}

/// The claims of a permit.
pub(crate) fn of_permit(permit: &Permit) -> Claims {
    let mut map = vec![
        (1, Value::from(permit.number.as_str())),
        (2, Value::from(kind_number(permit.kind))),
    ];
    if permit.duplicate > 0 {
        map.push((3, Value::from(permit.duplicate)));
    }
    map.push((4, Value::from(permit.counterpart())));
    map.push((5, of_party(&permit.exporter)));
    map.push((6, of_party(&permit.importer)));
    map.push((7, Value::Array(permit.lines.iter().map(of_line).collect())));
    map.extend(
        permit
            .authorization
            .as_ref()
            .map(|known| (8, of_authorization(known, &permit.importing_authority))),
    );
    if !permit.posts.is_empty() {
        let posts = permit.posts.iter().map(|post| Value::from(post.as_str()));
        map.push((9, Value::Array(posts.collect())));
    }
    map.push((10, Value::from(purpose_number(permit.purpose))));
    map.extend(permit.case.as_ref().map(|case| (11, Value::from(case.as_str()))));
    map.push((12, Value::from(permit.entry)));
    let flags = [(13, permit.bonded), (14, permit.several)];
    map.extend(
        flags
            .into_iter()
            .filter(|(_, is)| *is)
            .map(|(key, is)| (key, Value::from(is))),
    );
    map.push((15, Value::from(permit.addresses.as_slice())));
    Claims {
        issuer: permit.issuer().to_owned(),
        issued_on: permit.issued_on,
        valid_from: permit.valid_from,
        valid_until: permit.valid_until,
        own: (PERMIT, map_of(map)),
    }
}

/// The permit in claims.
pub(crate) fn to_permit(claims: Claims) -> Result<Permit, Broken> {
    let (issuer, issued_on) = (claims.issuer.clone(), claims.issued_on);
    let (valid_from, valid_until) = (claims.valid_from, claims.valid_until);
    let mut fields = Fields::of(claims.own(PERMIT)?)?;
    let number = text(fields.take(1)?)?;
    let kind = [Kind::ExportPermit, Kind::ImportAuthorization, Kind::EmergencyExport].at(fields.take(2)?)?;
    let other = text(fields.take(4)?)?;
    let (exporting_authority, importing_authority) = match kind {
        Kind::ExportPermit | Kind::EmergencyExport => (issuer, other),
        Kind::ImportAuthorization => (other, issuer),
    };
    let of_importer = |value| authorization(value, &importing_authority);
    let authorization = fields.maybe(8).map(of_importer).transpose()?;
    let permit = Permit {
        number,
        kind,
        duplicate: fields.maybe(3).map_or(Ok(0), duplicate)?,
        exporting_authority,
        importing_authority,
        exporter: party(fields.take(5)?)?,
        importer: party(fields.take(6)?)?,
        lines: list(fields.take(7)?)?.into_iter().map(line).collect::<Result<_, _>>()?,
        authorization,
        issued_on,
        valid_from,
        valid_until,
        posts: fields.maybe(9).map_or(Ok(Vec::new()), posts)?,
        purpose: [
            Purpose::Medical,
            Purpose::Scientific,
            Purpose::Manufacture,
            Purpose::ReExport,
        ]
        .at(fields.take(10)?)?,
        case: fields.maybe(11).map(text).transpose()?,
        entry: integer(fields.take(12)?)?,
        bonded: fields.flag(13)?,
        several: fields.flag(14)?,
        addresses: hash(fields.take(15)?)?,
    };
    fields.finish()?;
    if permit.lines.iter().any(|line| line.base_ug <= 0 || line.amount <= 0) {
        return Err(Broken::QuantityBad);
    }
    permit.check().map_err(|_| Broken::ClaimsBad)?;
    Ok(permit)
}

/// A map in the order given.
fn map_of(fields: Vec<(i64, Value)>) -> Value {
    Value::Map(
        fields
            .into_iter()
            .map(|(key, value)| (Value::from(key), value))
            .collect(),
    )
}

fn kind_number(kind: Kind) -> i64 {
    match kind {
        Kind::ExportPermit => 0,
        Kind::ImportAuthorization => 1,
        Kind::EmergencyExport => 2,
    }
}

fn purpose_number(purpose: Purpose) -> i64 {
    match purpose {
        Purpose::Medical => 0,
        Purpose::Scientific => 1,
        Purpose::Manufacture => 2,
        Purpose::ReExport => 3,
    }
}

fn of_party(party: &Party) -> Value {
    Value::Array(vec![
        Value::from(party.name.as_str()),
        Value::from(party.city.as_str()),
        Value::from(party.country.as_str()),
    ])
}

fn of_line(line: &Line) -> Value {
    let unit = match line.unit {
        Unit::SaltMicrograms => 0,
        Unit::Dispensing => 1,
    };
    Value::Array(vec![
        Value::from(line.inn.as_str()),
        Value::from(line.form.as_str()),
        Value::from(line.base_ug),
        Value::from(line.amount),
        Value::from(unit),
    ])
}

fn of_authorization(known: &Authorization, importing_authority: &str) -> Value {
    let mut fields = vec![
        Value::from(known.number.as_str()),
        Value::from(seconds(known.issued_on) / SECONDS_PER_DAY),
    ];
    if known.issuer != importing_authority {
        fields.push(Value::from(known.issuer.as_str()));
    }
    Value::Array(fields)
}

/// The choice with a number.
trait At<T> {
    fn at(self, number: Value) -> Result<T, Broken>;
}

impl<T, const N: usize> At<T> for [T; N] {
    fn at(self, number: Value) -> Result<T, Broken> {
        let place = usize::try_from(integer(number)?).map_err(|_| Broken::ClaimsBad)?;
        self.into_iter().nth(place).ok_or(Broken::ClaimsBad)
    }
}

fn duplicate(value: Value) -> Result<u8, Broken> {
    let number = u8::try_from(integer(value)?).ok().filter(|number| *number > 0);
    number.ok_or(Broken::ClaimsBad)
}

fn party(value: Value) -> Result<Party, Broken> {
    let [name, city, country] = exactly(value)?;
    Ok(Party {
        name: text(name)?,
        city: text(city)?,
        country: text(country)?,
    })
}

fn line(value: Value) -> Result<Line, Broken> {
    let [inn, form, base, amount, unit] = exactly(value)?;
    Ok(Line {
        inn: text(inn)?,
        form: text(form)?,
        base_ug: integer(base)?,
        amount: integer(amount)?,
        unit: [Unit::SaltMicrograms, Unit::Dispensing].at(unit)?,
    })
}

fn authorization(value: Value, importing_authority: &str) -> Result<Authorization, Broken> {
    let mut fields = list(value)?.into_iter();
    let number = text(fields.next().ok_or(Broken::ClaimsBad)?)?;
    let day = integer(fields.next().ok_or(Broken::ClaimsBad)?)?;
    let seconds = day.checked_mul(SECONDS_PER_DAY).ok_or(Broken::ClaimsBad)?;
    let issuer = fields.next().map(text).transpose()?;
    if fields.next().is_some() {
        return Err(Broken::ClaimsBad);
    }
    if issuer.as_deref() == Some(importing_authority) {
        return Err(Broken::CborNotCanonical);
    }
    Ok(Authorization {
        number,
        issued_on: day_at(seconds)?,
        issuer: issuer.unwrap_or_else(|| importing_authority.to_owned()),
    })
}

fn posts(value: Value) -> Result<Vec<String>, Broken> {
    let posts: Vec<String> = list(value)?.into_iter().map(text).collect::<Result<_, _>>()?;
    if posts.is_empty() {
        Err(Broken::CborNotCanonical)
    } else {
        Ok(posts)
    }
}

fn list(value: Value) -> Result<Vec<Value>, Broken> {
    value.into_array().map_err(|_| Broken::ClaimsBad)
}

/// An array of so many items.
pub(crate) fn exactly<const N: usize>(value: Value) -> Result<[Value; N], Broken> {
    list(value)?.try_into().map_err(|_| Broken::ClaimsBad)
}

pub(crate) fn integer(value: Value) -> Result<i64, Broken> {
    let number = value.into_integer().map_err(|_| Broken::ClaimsBad)?;
    number.try_into().map_err(|_| Broken::IntegerTooLarge)
}

pub(crate) fn bytes(value: Value) -> Result<Vec<u8>, Broken> {
    value.into_bytes().map_err(|_| Broken::ClaimsBad)
}

pub(crate) fn hash(value: Value) -> Result<[u8; 32], Broken> {
    bytes(value)?.try_into().map_err(|_| Broken::ClaimsBad)
}

fn text(value: Value) -> Result<String, Broken> {
    value.into_text().map_err(|_| Broken::ClaimsBad)
}
