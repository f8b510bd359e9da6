//! The code on a permit: `CS1:` and base45 of zlib of a tagged `COSE_Sign1` over CBOR claims; and the list of permits
//! that were revoked or used, in the same envelope.

use fdeflate::Decompressor;
use serde_json::{Value, json};

use crate::cbor::{self, Item};
use crate::crypto::{Hash, is_signed, sha256};
use crate::day::{DAY_SECONDS, Day};
use crate::key_file::KeyFile;
use crate::letters::{from_base45, hex};
use crate::{Checked, Reason, Report};

/// The longest code, in characters: version 25 of a QR code at level Q.
const CODE_CHARS_MAX: usize = 1041;
/// So far a code may be decompressed.
const INFLATED_BYTES_MAX: usize = 32 * 1024;
/// The most codes of one permit.
const PARTS_MAX: usize = 16;
/// The longest list.
const LIST_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The bytes of an id in a list.
const ID_BYTES: usize = 12;

/// The own claims.
const PERMIT: i64 = -65_537;
const PART: i64 = -65_538;
const LIST: i64 = -65_539;

/// What goods are for, by number.
const PURPOSES: [&str; 3] = ["medical", "scientific", "manufacture"];

/// What an envelope says, once its signature held.
struct Claims {
    issuer: String,
    issued_on: Day,
    valid_from: Day,
    valid_until: Day,
    own: (i64, Item),
}

/// A list whose signature held.
pub struct ListFile {
    issuer: String,
    sequence: i64,
    issued_on: Day,
    valid_until: Day,
    revoked: Vec<u8>,
    used: Vec<u8>,
}

impl ListFile {
    /// Reads a list. `last` is the greatest sequence of this authority that was seen before, or 0.
    pub fn read(bytes: &[u8], keys: &[KeyFile], last: i64) -> Checked<Self> {
        if bytes.len() > LIST_BYTES_MAX {
            return Err(Reason::TooLong);
        }
        let claims = open(bytes, keys)?;
        let (LIST, Item::Array(fields)) = claims.own else {
            return Err(Reason::ClaimsBad);
        };
        let Ok([Item::Integer(sequence), Item::Bytes(revoked), Item::Bytes(used)]) = <[Item; 3]>::try_from(fields)
        else {
            return Err(Reason::ClaimsBad);
        };
        if !is_sorted(&revoked) || !is_sorted(&used) {
            return Err(Reason::ListUnsorted);
        }
        if sequence < last {
            return Err(Reason::ListRolledBack);
        }
        let (issuer, issued_on, valid_until) = (claims.issuer, claims.issued_on, claims.valid_until);
        Ok(Self {
            issuer,
            sequence,
            issued_on,
            valid_until,
            revoked,
            used,
        })
    }

    /// Refuses a permit of which the list says that it was revoked or used.
    fn check(&self, number: &str) -> Checked<()> {
        let hash = sha256(number.as_bytes());
        let has = |ids: &[u8]| {
            let ids = ids.as_chunks::<ID_BYTES>().0;
            ids.binary_search_by(|id| id.as_slice().cmp(hash.get(..ID_BYTES).unwrap_or_default()))
                .is_ok()
        };
        if has(&self.revoked) {
            Err(Reason::Revoked)
        } else if has(&self.used) {
            Err(Reason::Used)
        } else {
            Ok(())
        }
    }
}

fn is_sorted(ids: &[u8]) -> bool {
    let (ids, rest) = ids.as_chunks::<ID_BYTES>();
    rest.is_empty() && ids.windows(2).all(|pair| matches!(pair, [one, next] if one < next))
}

/// Checks the code or codes of one permit on a day: signature, issuer, days, and the list if there is one.
pub fn check_permit(codes: &[&str], keys: &[KeyFile], list: Option<&ListFile>, on: Day) -> Checked<Report> {
    let claims = whole(codes, keys)?;
    let (issuer, from, until) = (claims.issuer.clone(), claims.valid_from, claims.valid_until);
    let facts = permit(claims)?;
    let number = facts
        .get("number")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    if list.is_some_and(|list| list.issuer != issuer) {
        return Err(Reason::ListOfAnother);
    }
    list.map_or(Ok(()), |list| list.check(&number))?;
    if on < from {
        return Err(Reason::NotYetValid);
    }
    if on > until {
        return Err(Reason::Expired);
    }
    if list.is_some_and(|list| list.valid_until < on) {
        return Err(Reason::ListTooOld);
    }
    let mut report = Report {
        says: says(&facts),
        facts,
        ..Report::default()
    };
    report.proves(format!("{issuer} has signed the permit {number}, as it is shown here."));
    report.proves(format!("It is valid on {on}: from {from} until {until}."));
    match list {
        None => report.leaves("That it was neither revoked nor used: no list was given."),
        Some(list) => {
            let (sequence, made) = (list.sequence, list.issued_on);
            report.proves(format!(
                "{issuer} had neither revoked it nor seen it used on {made}, in its list {sequence}."
            ));
            report.leaves("What happened to it after that day.");
        }
    }
    report.leaves("That the goods are what it says, and that the paper is the original.");
    Ok(report)
}

/// The permit in words, for whoever compares it with the paper.
fn says(facts: &Value) -> Vec<String> {
    let text = |pointer: &str| match facts.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        other => other.map(Value::to_string).unwrap_or_default(),
    };
    let party = |who: &str| {
        ["name", "city", "country"]
            .map(|field| text(&format!("/{who}/{field}")))
            .join(", ")
    };
    let mut says = vec![
        format!(
            "{} {} for {} use",
            text("/kind").replace('_', " "),
            text("/number"),
            text("/purpose")
        ),
        format!("from {}", party("exporter")),
        format!("to {}", party("importer")),
    ];
    let lines = facts.get("lines").and_then(Value::as_array).map_or(0, Vec::len);
    for line in 0..lines {
        let of = |name: &str| text(&format!("/lines/{line}/{name}"));
        let (what, amount) = (
            format!("{} {}", of("inn"), of("form")),
            format!("{} {}", of("amount"), of("unit")),
        );
        says.push(format!("{what}: {amount}, {} micrograms of base", of("base_ug")));
    }
    if facts.get("authorization").is_some_and(Value::is_object) {
        let of = |field: &str| text(&format!("/authorization/{field}"));
        says.push(format!(
            "under import authorization {} of {}, {}",
            of("number"),
            of("issued_on"),
            of("issuer")
        ));
    }
    let duplicate = text("/duplicate");
    says.extend(Some(format!("duplicate {duplicate}")).filter(|_| duplicate != "0"));
    says
}

/// The claims of the permit in one code, or in the parts of a set in any order.
fn whole(codes: &[&str], keys: &[KeyFile]) -> Checked<Claims> {
    if codes.len() > PARTS_MAX {
        return Err(Reason::TooLong);
    }
    let opened = codes.iter().map(|code| open(&unpack(code)?, keys));
    let mut opened: Vec<Claims> = opened.collect::<Checked<_>>()?;
    if let [only] = opened.as_slice()
        && only.own.0 != PART
    {
        return opened.pop().ok_or(Reason::PartMissing);
    }
    let parts = opened.into_iter().map(Part::of).collect::<Checked<Vec<_>>>()?;
    open(&inflate(&join(parts)?)?, keys)
}

struct Part {
    issuer: String,
    number: i64,
    count: i64,
    whole: Hash,
    bytes: Vec<u8>,
}

impl Part {
    fn of(claims: Claims) -> Checked<Self> {
        let (PART, Item::Array(fields)) = claims.own else {
            return Err(Reason::PartOfAnother);
        };
        let Ok(
            [
                Item::Integer(number),
                Item::Integer(count),
                Item::Bytes(whole),
                Item::Bytes(bytes),
            ],
        ) = <[Item; 4]>::try_from(fields)
        else {
            return Err(Reason::ClaimsBad);
        };
        let whole = whole.try_into().map_err(|_| Reason::ClaimsBad)?;
        let fits = usize::try_from(count).is_ok_and(|count| (2..=PARTS_MAX).contains(&count));
        if !fits || number < 1 || number > count {
            return Err(Reason::ClaimsBad);
        }
        Ok(Self {
            issuer: claims.issuer,
            number,
            count,
            whole,
            bytes,
        })
    }
}

fn join(mut parts: Vec<Part>) -> Checked<Vec<u8>> {
    parts.sort_by_key(|part| part.number);
    let first = parts.first().ok_or(Reason::PartMissing)?;
    let same = |part: &Part| part.whole == first.whole && part.count == first.count && part.issuer == first.issuer;
    if !parts.iter().all(same) {
        return Err(Reason::PartOfAnother);
    }
    if parts
        .windows(2)
        .any(|pair| matches!(pair, [one, next] if one.number == next.number))
    {
        return Err(Reason::PartTwice);
    }
    if usize::try_from(first.count) != Ok(parts.len()) {
        return Err(Reason::PartMissing);
    }
    let whole: Vec<u8> = parts.iter().flat_map(|part| part.bytes.iter().copied()).collect();
    if sha256(&whole) == first.whole {
        Ok(whole)
    } else {
        Err(Reason::PartsDiffer)
    }
}

fn unpack(code: &str) -> Checked<Vec<u8>> {
    if code.len() > CODE_CHARS_MAX {
        return Err(Reason::TooLong);
    }
    let letters = code.strip_prefix("CS1:").ok_or(Reason::PrefixMissing)?;
    inflate(&from_base45(letters).ok_or(Reason::Base45Bad)?)
}

fn inflate(bytes: &[u8]) -> Checked<Vec<u8>> {
    let mut inflated = vec![0; INFLATED_BYTES_MAX];
    let mut stream = Decompressor::new();
    let (mut read, mut written) = (0, 0);
    while !stream.is_done() {
        let rest = bytes.get(read..).unwrap_or_default();
        let step = stream
            .read(rest, &mut inflated, written, true)
            .map_err(|_| Reason::ZlibBad)?;
        read += step.0;
        written += step.1;
        if !stream.is_done() {
            let full = written == inflated.len();
            let stuck = step == (0, 0);
            match (full, stuck) {
                (true, _) => return Err(Reason::InflatesTooFar),
                (false, true) => return Err(Reason::ZlibBad),
                (false, false) => {}
            }
        }
    }
    inflated.truncate(written);
    // The stream ends with this sum; what it has read ahead it does not give back.
    if bytes.last_chunk::<4>() == Some(&adler32(&inflated)) {
        Ok(inflated)
    } else {
        Err(Reason::BytesLeft)
    }
}

/// The sum at the end of a stream (RFC 1950 §8.2).
fn adler32(bytes: &[u8]) -> [u8; 4] {
    let step = |(one, two): (u32, u32), byte: &u8| {
        let one = (one + u32::from(*byte)) % 65_521;
        (one, (two + one) % 65_521)
    };
    let (one, two) = bytes.iter().fold((1, 0), step);
    (two << 16 | one).to_be_bytes()
}

/// The claims in an envelope that a known key has signed while it was valid.
fn open(bytes: &[u8], keys: &[KeyFile]) -> Checked<Claims> {
    let Item::Sign1(envelope) = cbor::read(bytes)? else {
        return Err(Reason::NotSigned);
    };
    let Item::Array(parts) = *envelope else {
        return Err(Reason::NotSigned);
    };
    let Ok(
        [
            Item::Bytes(header),
            Item::Map(rest),
            Item::Bytes(payload),
            Item::Bytes(signature),
        ],
    ) = <[Item; 4]>::try_from(parts)
    else {
        return Err(Reason::NotSigned);
    };
    let kid = key_name(&header)?;
    if !rest.is_empty() {
        return Err(Reason::HeaderBad);
    }
    let key = keys.iter().find(|key| key.kid == kid).ok_or(Reason::KeyUnknown)?;
    if !is_signed(&key.public, &signed_bytes(&header, &payload), &signature) {
        return Err(Reason::SignatureBad);
    }
    let claims = claims(&payload)?;
    if claims.issuer != key.id {
        return Err(Reason::IssuerOther);
    }
    if key.signs_on(claims.issued_on) {
        Ok(claims)
    } else {
        Err(Reason::KeyOutOfDate)
    }
}

/// The name of the key in a header that has algorithm −8 and a name of eight bytes, and nothing else.
fn key_name(header: &[u8]) -> Checked<String> {
    let Item::Map(header) = cbor::read(header)? else {
        return Err(Reason::HeaderBad);
    };
    match header.as_slice() {
        [
            (Item::Integer(1), Item::Integer(-8)),
            (Item::Integer(4), Item::Bytes(kid)),
        ] if kid.len() == 8 => Ok(hex(kid)),
        [(Item::Integer(1), algorithm), ..] if *algorithm != Item::Integer(-8) => Err(Reason::AlgorithmOther),
        _ => Err(Reason::HeaderBad),
    }
}

/// What is signed: `["Signature1", header, '', payload]` (RFC 9052 §4.4).
fn signed_bytes(header: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x84, 0x6a];
    bytes.extend_from_slice(b"Signature1");
    for part in [header, &[], payload] {
        let length = part.len();
        let short = u8::try_from(length).unwrap_or(u8::MAX);
        let wide = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
        match length {
            0..=23 => bytes.push(0x40 | short),
            24..=0xff => bytes.extend([0x58, short]),
            0x100..=0xffff => bytes.extend([0x59, wide[2], wide[3]]),
            _ => bytes.extend([0x5a, wide[0], wide[1], wide[2], wide[3]]),
        }
        bytes.extend_from_slice(part);
    }
    bytes
}

/// The fields of a map with integers as keys.
struct Fields(Vec<(Item, Item)>);

impl Fields {
    fn of(item: Item) -> Checked<Self> {
        match item {
            Item::Map(fields) => Ok(Self(fields)),
            _ => Err(Reason::ClaimsBad),
        }
    }

    fn maybe(&mut self, key: i64) -> Option<Item> {
        let place = self.0.iter().position(|(known, _)| *known == Item::Integer(key))?;
        Some(self.0.remove(place).1)
    }

    fn take(&mut self, key: i64) -> Checked<Item> {
        self.maybe(key).ok_or(Reason::ClaimsBad)
    }
}

fn claims(payload: &[u8]) -> Checked<Claims> {
    let mut fields = Fields::of(cbor::read(payload)?)?;
    let issuer = text(fields.take(1)?)?;
    let valid_until = Day(day(&fields.take(4)?)?.0 - 1);
    let from = fields.maybe(5).map(|item| day(&item)).transpose()?;
    let issued_on = day(&fields.take(6)?)?;
    let valid_from = from.unwrap_or(issued_on);
    if from == Some(issued_on) {
        return Err(Reason::CborNotCanonical);
    }
    if valid_from > valid_until || issued_on > valid_from {
        return Err(Reason::ValidityBad);
    }
    let Ok([(Item::Integer(key), own)]) = <[(Item, Item); 1]>::try_from(fields.0) else {
        return Err(Reason::ClaimsBad);
    };
    Ok(Claims {
        issuer,
        issued_on,
        valid_from,
        valid_until,
        own: (key, own),
    })
}

/// A day from the seconds of its beginning, within the years that are written with four digits.
fn day(item: &Item) -> Checked<Day> {
    let seconds = integer(item)?;
    let is_day = seconds.rem_euclid(DAY_SECONDS) == 0 && (0..250_000_000_000).contains(&seconds);
    if is_day {
        Ok(Day(seconds / DAY_SECONDS))
    } else {
        Err(Reason::ClaimsBad)
    }
}

/// The permit's fields by their names; each must be of its form.
fn permit(claims: Claims) -> Checked<Value> {
    let (PERMIT, own) = claims.own else {
        return Err(Reason::ClaimsBad);
    };
    let mut fields = Fields::of(own)?;
    let number = id(fields.take(1)?)?;
    let is_export = choice(&fields.take(2)?, 2)? == 0;
    let duplicate = fields.maybe(3).map_or(Ok(0), |item| choice(&item, 256))?;
    let other = id(fields.take(4)?)?;
    let (exporting, importing) = if is_export {
        (&claims.issuer, &other)
    } else {
        (&other, &claims.issuer)
    };
    let facts = json!({
        "number": number,
        "kind": if is_export { "export_permit" } else { "import_authorization" },
        "duplicate": duplicate,
        "exporting_authority": exporting,
        "importing_authority": importing,
        "exporter": party(fields.take(5)?)?,
        "importer": party(fields.take(6)?)?,
        "lines": lines(fields.take(7)?)?,
        "authorization": fields.maybe(8).map(|item| authorization(item, importing)).transpose()?,
        "issued_on": claims.issued_on.to_string(),
        "valid_from": claims.valid_from.to_string(),
        "valid_until": claims.valid_until.to_string(),
        "posts": fields.maybe(9).map_or(Ok(Vec::new()), posts)?,
        "purpose": PURPOSES.get(choice(&fields.take(10)?, PURPOSES.len())?),
        "case": fields.maybe(11).map(id).transpose()?,
        "entry": Some(integer(&fields.take(12)?)?).filter(|entry| *entry >= 0).ok_or(Reason::ClaimsBad)?,
        "bonded": flag(fields.maybe(13).as_ref())?,
        "several": flag(fields.maybe(14).as_ref())?,
        "addresses_sha256": hex(&hash(fields.take(15)?)?),
    });
    let rests = facts.get("authorization").is_some_and(Value::is_object);
    let has_case = facts.get("case").is_some_and(Value::is_string);
    let several = facts.get("several") == Some(&Value::Bool(true));
    let fits = fields.0.is_empty() && rests == is_export && (has_case || !is_export) && !(several && is_export);
    if fits { Ok(facts) } else { Err(Reason::ClaimsBad) }
}

fn party(item: Item) -> Checked<Value> {
    let [name, city, country] = exactly(item)?;
    let country = text(country)?;
    let is_country = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    if is_country {
        Ok(json!({ "name": text(name)?, "city": text(city)?, "country": country }))
    } else {
        Err(Reason::ClaimsBad)
    }
}

fn lines(item: Item) -> Checked<Vec<Value>> {
    let lines = array(item)?;
    if lines.is_empty() || lines.len() > 20 {
        return Err(Reason::ClaimsBad);
    }
    lines.into_iter().map(line).collect()
}

fn line(item: Item) -> Checked<Value> {
    let [inn, form, base, amount, unit] = exactly(item)?;
    let (base, amount) = (integer(&base)?, integer(&amount)?);
    if base <= 0 || amount <= 0 {
        return Err(Reason::QuantityBad);
    }
    let unit = ["micrograms of salt", "dispensing units"].get(choice(&unit, 2)?);
    Ok(json!({ "inn": text(inn)?, "form": text(form)?, "base_ug": base, "amount": amount, "unit": unit }))
}

fn authorization(item: Item, importing: &str) -> Checked<Value> {
    let mut fields = array(item)?.into_iter();
    let (Some(number), Some(day), issuer, None) = (fields.next(), fields.next(), fields.next(), fields.next()) else {
        return Err(Reason::ClaimsBad);
    };
    let day = choice(&day, 3_000_000)?;
    let issuer = issuer.map(id).transpose()?;
    if issuer.as_deref() == Some(importing) {
        return Err(Reason::CborNotCanonical);
    }
    let issued_on = Day(i64::try_from(day).map_err(|_| Reason::ClaimsBad)?);
    let issuer = issuer.as_deref().unwrap_or(importing);
    Ok(json!({ "number": id(number)?, "issued_on": issued_on.to_string(), "issuer": issuer }))
}

fn posts(item: Item) -> Checked<Vec<String>> {
    let posts = array(item)?;
    if (1..=4).contains(&posts.len()) {
        posts.into_iter().map(text).collect()
    } else {
        Err(Reason::ClaimsBad)
    }
}

fn flag(item: Option<&Item>) -> Checked<bool> {
    match item {
        None => Ok(false),
        Some(Item::True) => Ok(true),
        Some(_) => Err(Reason::ClaimsBad),
    }
}

fn integer(item: &Item) -> Checked<i64> {
    match item {
        Item::Integer(number) => Ok(*number),
        _ => Err(Reason::ClaimsBad),
    }
}

/// A number from 0 that is less than a bound.
fn choice(item: &Item, bound: usize) -> Checked<usize> {
    let number = usize::try_from(integer(item)?).ok();
    number.filter(|number| *number < bound).ok_or(Reason::ClaimsBad)
}

fn text(item: Item) -> Checked<String> {
    let Item::Text(text) = item else {
        return Err(Reason::ClaimsBad);
    };
    let good = !text.trim().is_empty() && text.len() <= 1000 && !text.chars().any(char::is_control);
    if good { Ok(text) } else { Err(Reason::ClaimsBad) }
}

fn id(item: Item) -> Checked<String> {
    let id = text(item)?;
    let good = id.len() <= 64
        && id
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\"'\\:".contains(&byte));
    if good { Ok(id) } else { Err(Reason::ClaimsBad) }
}

fn hash(item: Item) -> Checked<Hash> {
    match item {
        Item::Bytes(bytes) => bytes.try_into().map_err(|_| Reason::ClaimsBad),
        _ => Err(Reason::ClaimsBad),
    }
}

fn array(item: Item) -> Checked<Vec<Item>> {
    match item {
        Item::Array(items) => Ok(items),
        _ => Err(Reason::ClaimsBad),
    }
}

fn exactly<const N: usize>(item: Item) -> Checked<[Item; N]> {
    array(item)?.try_into().map_err(|_| Reason::ClaimsBad)
}
