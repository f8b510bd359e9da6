//! What a permit says, and whether it is good on a day.

use serde_json::{Value, json};

use crate::cbor::Item;
use crate::code::whole;
use crate::day::Day;
use crate::envelope::{Claims, PERMIT};
use crate::fields::{Fields, array, choice, exactly, hash, id, integer, text};
use crate::key_file::KeyFile;
use crate::letters::hex;
use crate::list::ListFile;
use crate::{Checked, Reason, Report};

/// What a permit can be, by number.
const KINDS: [&str; 3] = ["export_permit", "import_authorization", "emergency_export_permit"];

/// What goods are for, by number.
const PURPOSES: [&str; 4] = ["medical", "scientific", "manufacture", "re_export"];

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
    // Every copy is known by a name of its own: the number, and of a duplicate a newline and which it is.
    let duplicate = facts.get("duplicate").and_then(Value::as_u64).unwrap_or_default();
    let copy = match duplicate {
        0 => number.clone(),
        _ => format!("{number}\n{duplicate}"),
    };
    if list.is_some_and(|list| list.issuer != issuer) {
        return Err(Reason::ListOfAnother);
    }
    list.map_or(Ok(()), |list| list.check(&copy))?;
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

/// The permit's fields by their names; each must be of its form.
fn permit(claims: Claims) -> Checked<Value> {
    let (PERMIT, own) = claims.own else {
        return Err(Reason::ClaimsBad);
    };
    let mut fields = Fields::of(own)?;
    let number = id(fields.take(1)?)?;
    let kind = choice(&fields.take(2)?, KINDS.len())?;
    let is_export = kind != 1;
    let duplicate = fields.maybe(3).map_or(Ok(0), |item| choice(&item, 256))?;
    let other = id(fields.take(4)?)?;
    let (exporting, importing) = if is_export {
        (&claims.issuer, &other)
    } else {
        (&other, &claims.issuer)
    };
    let facts = json!({
        "number": number,
        "kind": KINDS.get(kind),
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
    let fits = fields.0.is_empty() && rests == (kind == 0) && (has_case || !is_export) && !(several && is_export);
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
