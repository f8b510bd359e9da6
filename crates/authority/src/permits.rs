//! The codes of export permits, and the list of those that are over: signed with the message key, and never kept, for
//! they follow from the journal alone.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError};

use domain::State;
use domain::partner::HeldKey;
use domain::quantity::PG_PER_UG;
use domain::trade::{Case, Consignment, Line, Party, Purpose, Side, Stage};
use exchange::ExchangeKey;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use permit::{Authorization, Codes, Key, Keys, Kind, Listing, Unit};

use crate::{Authority, AuthorityError};

/// So many days after its own a list may be relied on: long enough for a border post that is reached once a week, and
/// no longer, for what was revoked since is not in it.
pub const LIST_DAYS: i64 = 7;

/// Entries of one case that are looked through for that of its permit; it is among the first.
const ENTRIES_MAX: usize = 200;

/// A list, and what it was made of.
#[derive(Debug)]
pub(crate) struct Listed {
    size: u64,
    today: Date,
    bytes: Arc<[u8]>,
}

impl Authority {
    /// The code or codes of an export permit of this authority: the same whenever they are asked for. Refused if there
    /// is no such permit, or a field of it cannot be signed as it is.
    pub fn permit_codes(&self, number: &str) -> Result<Codes, AuthorityError> {
        let refused = |what: &dyn std::fmt::Display| AuthorityError::Refused(format!("permit {number}: {what}"));
        let case = self.state().trade.permitted(number).map(|case| case.id.to_string());
        let case = case.ok_or_else(|| refused(&"it is not one of this authority"))?;
        let entry = self.permit_entry(&case)?;
        let state = self.state();
        let document = state
            .trade
            .permitted(number)
            .and_then(|case| document(&state, case, entry));
        let document = document.ok_or_else(|| refused(&"its case is not complete"))?;
        let key = self.key_of_permit(&state, entry).map_err(|why| refused(&why))?;
        permit::sign(&document, key.secret()).map_err(|field| refused(&field))
    }

    /// The key with which the code of a permit is signed: the one that signed when it was issued.
    fn key_of_permit(&self, state: &State, entry: u64) -> Result<ExchangeKey, AuthorityError> {
        let refused = |what: String| AuthorityError::Refused(what);
        let issued = self.entry(entry)?;
        let issued = issued.ok_or_else(|| AuthorityError::Broken(format!("entry {entry} is missing")))?;
        let held = state.own.keys.then(entry, issued.recorded_at);
        let held = held.ok_or_else(|| refused("no key of this authority signed on that day".to_owned()))?;
        if let Some(since) = held.untrusted_since {
            let what = format!("its key is not trusted since {since}: revoke the permit, and issue another one");
            return Err(refused(what));
        }
        self.keys.exchange.find(&held.key.kid)
    }

    /// The entry that issued the permit of a case, or its last copy.
    fn permit_entry(&self, case: &str) -> Result<u64, AuthorityError> {
        self.catch_up()?;
        let rows = self.register(|register| register.entries_of_subject(case, 0, ENTRIES_MAX))?;
        let issued = |kind: &str| matches!(kind, "ExportPermitIssued" | "ExportPermitReplaced");
        let issued = rows.iter().rfind(|row| issued(&row.kind));
        let missing = || AuthorityError::Broken(format!("no entry has issued the permit of case {case}"));
        issued.map(|row| row.seq).ok_or_else(missing)
    }

    /// The signed list of all permits of this authority that are over. It is made anew when the journal has grown, or
    /// another day has come.
    pub fn permit_list(&self, at: Timestamp) -> Result<Arc<[u8]>, AuthorityError> {
        let today = self.day_of(at);
        let mut kept = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        let state = self.state();
        if let Some(kept) = kept
            .as_ref()
            .filter(|kept| kept.size == state.size && kept.today == today)
        {
            return Ok(Arc::clone(&kept.bytes));
        }
        let bytes: Arc<[u8]> = self.sign_list(&state, at, today)?.into();
        *kept = Some(Listed {
            size: state.size,
            today,
            bytes: Arc::clone(&bytes),
        });
        Ok(bytes)
    }

    fn sign_list(&self, state: &State, at: Timestamp, today: Date) -> Result<Vec<u8>, AuthorityError> {
        let refused = |what: &str| AuthorityError::Refused(format!("the list of permits: {what}"));
        let over = over(state);
        let held = state.own.keys.good_at(at.max(state.recorded_at));
        let held = held.ok_or_else(|| refused("no key of this authority signs now"))?;
        let key = self.keys.exchange.find(&held.key.kid)?;
        let listing = Listing {
            issuer: state.founding.id.as_str(),
            sequence: i64::try_from(state.size).map_err(|_| refused("the journal is too long"))?,
            issued_on: today,
            valid_until: today
                .checked_add(LIST_DAYS.days())
                .map_err(|error| refused(&error.to_string()))?,
            permits: &names(&over),
        };
        let cannot = || refused("its days or its length cannot be written");
        permit::sign_list(&listing, key.secret()).ok_or_else(cannot)
    }

    /// The keys that codes are checked with: this authority's, and those of its partners, the older ones too. A key that
    /// is not trusted checks nothing, for with it any day of issue can be written.
    pub fn permit_keys(&self) -> Keys {
        let state = self.state();
        let mut keys = Keys::default();
        let ours = state.own.keys.iter().map(|held| (&state.founding.id, held));
        let theirs = state.partners.iter();
        let theirs = theirs.flat_map(|partner| partner.keys.iter().map(|held| (&partner.file.id, held)));
        for (issuer, held) in ours.chain(theirs).filter(|(_, held)| held.untrusted_since.is_none()) {
            keys.add(key(issuer.as_str(), held));
        }
        keys
    }
}

/// A message key with the days on which it signs, cut in UTC as every reader of its file can.
fn key(issuer: &str, held: &HeldKey) -> Key {
    let day = |at: Timestamp| TimeZone::UTC.to_datetime(at).date();
    Key {
        issuer: issuer.to_owned(),
        public: held.key.public.0,
        valid_from: day(held.key.valid_from),
        valid_until: day(held.until),
    }
}

/// Copies of permits of ours that are over, and how: all before the last, and the last as the permit is. Those whose
/// last day has passed say so themselves.
fn over(state: &State) -> Vec<(Cow<'_, str>, permit::Listed)> {
    let ours = state.trade.cases().filter(|case| case.side == Side::Exporting);
    let mut over = Vec::new();
    for case in ours {
        let Some(permit) = &case.permit else { continue };
        let name = |copy| permit::copy_name(permit.number.as_str(), copy);
        let replaced = (0..case.copy()).map(|copy| (name(copy), permit::Listed::Revoked));
        over.extend(replaced);
        over.extend(listed(case.stage).map(|how| (name(case.copy()), how)));
    }
    over
}

fn names<'a>(over: &'a [(Cow<'a, str>, permit::Listed)]) -> Vec<(&'a str, permit::Listed)> {
    over.iter().map(|(name, how)| (name.as_ref(), *how)).collect()
}

/// How a permit is over. Under one whose import authorization was cancelled nothing may leave any more; what customs
/// holds may still be let go, and a list cannot take back what it says.
fn listed(stage: Stage) -> Option<permit::Listed> {
    match stage {
        Stage::Departed | Stage::Returning | Stage::Returned | Stage::Diverted | Stage::Discrepant | Stage::Closed => {
            Some(permit::Listed::Used)
        }
        Stage::Suspended | Stage::Revoked => Some(permit::Listed::Revoked),
        Stage::Draft
        | Stage::Requested
        | Stage::Queried
        | Stage::Confirmed
        | Stage::Refused
        | Stage::Issued
        | Stage::Held
        | Stage::Expired
        | Stage::Withdrawn => None,
    }
}

/// What the code of the last copy of a case's permit says, by the entry that issued it. A partner's permit is put together from the copy
/// that it has sent, to be compared with its code.
#[must_use]
pub fn document(state: &State, case: &Case, entry: u64) -> Option<permit::Permit> {
    let issued = case.permit.as_ref()?;
    let us = state.founding.id.to_string();
    // Of an emergency export no authority was asked: it goes to a country.
    let partner = case.partner.as_ref().map(ToString::to_string);
    let partner = partner.unwrap_or_else(|| issued.consignment.importer.country.to_string());
    let (exporting_authority, importing_authority) = match case.side {
        Side::Exporting => (us, partner),
        Side::Importing => (partner, us),
    };
    let Consignment { exporter, importer, .. } = &issued.consignment;
    let issued_on = case.copies.last().map_or(issued.issued_on, |(_, on)| *on);
    Some(permit::Permit {
        number: issued.number.to_string(),
        kind: match case.emergency {
            Some(_) => Kind::EmergencyExport,
            None => Kind::ExportPermit,
        },
        duplicate: case.copy(),
        exporting_authority,
        importing_authority,
        exporter: party(exporter),
        importer: party(importer),
        addresses: permit::addresses_hash(exporter.address.as_str(), importer.address.as_str()),
        lines: issued.consignment.lines.iter().map(line).collect::<Option<_>>()?,
        authorization: issued.consignment.authorization.as_ref().map(|number| Authorization {
            number: number.to_string(),
            issued_on: issued.authorization_issued_on,
            issuer: issued.authorization_issuer.to_string(),
        }),
        issued_on,
        valid_from: issued_on,
        valid_until: issued.valid_until,
        posts: case.posts.iter().map(ToString::to_string).collect(),
        purpose: match issued.consignment.purpose {
            Purpose::Medical => permit::Purpose::Medical,
            Purpose::Scientific => permit::Purpose::Scientific,
            Purpose::Manufacture => permit::Purpose::Manufacture,
            Purpose::ReExport => permit::Purpose::ReExport,
        },
        bonded: issued.consignment.bonded,
        several: false,
        case: Some(case.id.to_string()),
        entry: i64::try_from(entry).ok()?,
    })
}

fn party(party: &Party) -> permit::Party {
    permit::Party {
        name: party.name.to_string(),
        city: place(party.address.as_str(), party.country.name()).to_owned(),
        country: party.country.to_string(),
    }
}

/// Where an address is: its last part before the country, between commas or in a line; the whole of it if it has no
/// parts. An address is one text, and tells nobody which of its parts is the city.
fn place<'a>(address: &'a str, country: &str) -> &'a str {
    let parts = address.split([',', '，', '\n']).map(str::trim);
    let mut named = parts.filter(|part| !part.is_empty() && !part.eq_ignore_ascii_case(country));
    named.next_back().unwrap_or(address)
}

/// A line, its base to the nearest microgram.
fn line(line: &Line) -> Option<permit::Line> {
    let base = (line.base().pg() + PG_PER_UG / 2) / PG_PER_UG;
    Some(permit::Line {
        inn: line.goods.substance.to_string(),
        form: line.goods.form.to_string(),
        base_ug: i64::try_from(base).ok()?,
        amount: line.amount,
        unit: if line.goods.bulk {
            Unit::SaltMicrograms
        } else {
            Unit::Dispensing
        },
    })
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn the_place_is_the_last_part_before_the_country() {
        for (address, is) in [
            ("27 Osongsaengmyeong 4-ro, Cheongju", "Cheongju"),
            ("1 Street, Ha Noi, Viet Nam", "Ha Noi"),
            ("1 Street, Ha Noi,", "Ha Noi"),
            ("Ha Noi", "Ha Noi"),
            ("Viet Nam", "Viet Nam"),
        ] {
            assert_eq!(place(address, "Viet Nam"), is, "{address}");
        }
    }
}
