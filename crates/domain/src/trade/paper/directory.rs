//! The directory of authorities that do not run this software, and their import authorizations.

use std::collections::BTreeMap;

use jiff::Span;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{
    AuthorityListed, ListAuthority, PaperAuthorizationRegistered, PaperRefusal, RegisterPaperAuthorization, person,
};
use crate::State;
use crate::access::Actor;
use crate::country::Country;
use crate::id::{Id, Text};
use crate::partner::PartnerRefusal;
use crate::refusal::{NameRefusal, Refused, taken, unknown};
use crate::trade::import::two_countries;
use crate::trade::{Case, ForeignAuthorization, ImportAuthorization, TradeRefusal, lines, posts};

/// The longest e-mail address, in bytes (RFC 5321).
const EMAIL_BYTES_MAX: usize = 254;
/// A telephone number has so many digits (E.164, with an extension).
const DIGITS: std::ops::RangeInclusive<usize> = 6..=20;

/// An authority of the directory as it stood from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// What the directory says.
    pub listing: ListAuthority,
    /// The day of its approval.
    pub on: Date,
    /// Who proposed it.
    pub proposed_by: Id,
    /// Who approved it.
    pub approved_by: Id,
}

impl Listed {
    /// The two persons who have set it.
    pub fn setters(&self) -> [Id; 2] {
        [self.proposed_by.clone(), self.approved_by.clone()]
    }

    /// Whether an e-mail address is the directory's, but for capitals.
    pub fn is_from(&self, address: &Text) -> bool {
        let plain = |text: &Text| text.as_str().trim().to_lowercase();
        plain(&self.listing.email) == plain(address)
    }

    /// The address may be used: old enough, and set by others than whoever acts, or has acted, in the case.
    pub(super) fn usable(&self, state: &State, case: &Case, by: &Id, today: Date) -> Refused<()> {
        let days = state.policies.contact_age_days;
        let span = Span::new().try_days(days).ok();
        let from = span
            .and_then(|span| self.on.checked_add(span).ok())
            .unwrap_or(Date::MAX);
        let authority = self.listing.id.to_string();
        if today < from {
            let listed_on = self.on;
            return Err(PaperRefusal::ContactNew {
                authority,
                listed_on,
                days,
                today,
            }
            .into());
        }
        let before = case.paper.iter().flat_map(|paper| &paper.officers);
        for officer in before.chain([by]) {
            super::gate::set_by_others(&authority, &self.setters(), officer)?;
        }
        Ok(())
    }
}

/// Authorities that do not run this software, by id, each with all that was ever said of it, the newest last.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Directory(BTreeMap<Id, Vec<Listed>>);

impl Directory {
    /// An authority as it stands now.
    pub fn get(&self, id: &str) -> Option<&Listed> {
        self.0.get(id)?.last()
    }

    /// The authority of a country.
    pub fn of_country(&self, country: Country) -> Option<&Listed> {
        self.iter().find(|listed| listed.listing.country == country)
    }

    /// All as they stand now, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Listed> {
        self.0.values().filter_map(|history| history.last())
    }

    /// All that was ever said of an authority, the oldest first.
    pub fn history(&self, id: &str) -> &[Listed] {
        self.0.get(id).map_or(&[], Vec::as_slice)
    }
}

/// A name, an address and a number that can be what they say.
fn well_formed(listing: &ListAuthority) -> Refused<()> {
    let bad = |field, why: &str| {
        let why = why.to_owned();
        Err(NameRefusal::BadQuantity { field, why }.into())
    };
    let email = listing.email.as_str();
    let parts: Vec<&str> = email.split('@').collect();
    let plain = |letter: char| !letter.is_whitespace() && !"<>,;:\"".contains(letter);
    let is_address = matches!(parts[..], [name, host] if !name.is_empty() && host.contains('.'));
    if !is_address || email.len() > EMAIL_BYTES_MAX || !email.chars().all(plain) {
        return bad("email", "write one address, such as control@health.example");
    }
    let telephone = listing.telephone.as_str();
    let digits = digits(&listing.telephone).len();
    let known = |letter: char| letter.is_ascii_digit() || "+-() ./".contains(letter);
    if !DIGITS.contains(&digits) || !telephone.chars().all(known) {
        return bad("telephone", "write a number of 6 to 20 digits, such as +94 11 2345678");
    }
    Ok(())
}

/// The digits of a number: spaces and brackets make no other one.
pub(super) fn digits(number: &Text) -> String {
    number.as_str().chars().filter(char::is_ascii_digit).collect()
}

pub(crate) fn decide_listing(state: &State, by: &Actor, listing: &ListAuthority) -> Refused<AuthorityListed> {
    crate::authority::check_id(&listing.id)?;
    well_formed(listing)?;
    if listing.id == state.founding.id || state.partners.get(&listing.id).is_some() {
        return Err(taken("authority", &listing.id));
    }
    let partner = state
        .partners
        .of_country(listing.country)
        .map(|partner| &partner.file.id);
    let ours = (listing.country == state.founding.country).then_some(&state.founding.id);
    let other = state.trade.directory.of_country(listing.country);
    let other = other.map(|listed| &listed.listing.id).filter(|id| **id != listing.id);
    if let Some(by) = partner.or(ours).or(other) {
        let (country, by) = (listing.country.to_string(), by.to_string());
        return Err(PartnerRefusal::CountryTaken { country, by }.into());
    }
    // The papers of an authority stay those of its country.
    let known = state.trade.directory.get(&listing.id);
    if known.is_some_and(|known| known.listing.country != listing.country) {
        return Err(taken("authority", &listing.id));
    }
    if known.is_some_and(|known| known.listing == *listing) {
        let number = listing.id.to_string();
        return Err(TradeRefusal::NothingAmended { number }.into());
    }
    Ok(AuthorityListed {
        listing: listing.clone(),
        proposed_by: person(by)?,
    })
}

pub(crate) fn apply_listing(state: &mut State, listed: &AuthorityListed, by: &Actor, on: Date) {
    let Ok(approved_by) = person(by) else { return };
    let id = listed.listing.id.clone();
    let history = state.trade.directory.0.entry(id).or_default();
    history.push(Listed {
        listing: listed.listing.clone(),
        on,
        proposed_by: listed.proposed_by.clone(),
        approved_by,
    });
}

pub(crate) fn decide_registered(
    state: &State,
    register: &RegisterPaperAuthorization,
    today: Date,
) -> Refused<PaperAuthorizationRegistered> {
    let (authority, number) = (&register.authority, &register.number);
    let listed = state.trade.directory.get(authority);
    let listed = listed.ok_or_else(|| unknown("authority of the directory", authority))?;
    if state.trade.on_paper(authority, number).is_some() {
        return Err(taken("import authorization", number));
    }
    two_countries(&register.exporter, &register.importer)?;
    let countries = [
        (
            "country of the importer",
            listed.listing.country,
            register.importer.country,
        ),
        (
            "country of the exporter",
            state.founding.country,
            register.exporter.country,
        ),
    ];
    if let Some((field, authorized, asked)) = countries.into_iter().find(|(_, one, other)| one != other) {
        return Err(TradeRefusal::AuthorizationDiffers {
            number: number.to_string(),
            field,
            authorized: authorized.to_string(),
            asked: asked.to_string(),
        }
        .into());
    }
    if register.issued_on > today {
        let (number, from, on) = (number.to_string(), register.issued_on, today);
        return Err(TradeRefusal::AuthorizationNotBegun { number, from, on }.into());
    }
    if register.valid_until < register.issued_on {
        let (from, until) = (register.issued_on.to_string(), register.valid_until.to_string());
        return Err(NameRefusal::BadPeriod { from, until }.into());
    }
    posts::named(&register.posts)?;
    let (_, lines) = lines(state, &register.lines)?;
    Ok(PaperAuthorizationRegistered {
        authorization: ImportAuthorization {
            number: number.clone(),
            issuer: authority.clone(),
            issued_on: register.issued_on,
            valid_until: register.valid_until,
            importer: register.importer.clone(),
            exporter: register.exporter.clone(),
            lines,
            purpose: register.purpose,
            consignments: register.consignments,
            bonded: register.bonded,
        },
        posts: register.posts.clone(),
    })
}

pub(crate) fn apply_registered(state: &mut State, registered: &PaperAuthorizationRegistered) {
    let authorization = registered.authorization.clone();
    let key = (authorization.issuer.clone(), authorization.number.clone());
    let foreign = ForeignAuthorization {
        authorization,
        version: 1,
        cancelled: false,
        re_export_ended: false,
    };
    state.trade.on_paper.insert(key, (foreign, registered.posts.clone()));
}
