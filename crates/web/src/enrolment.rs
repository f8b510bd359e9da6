//! Invitations to set up credentials.
//!
//! Where two administrators let a person enrol, the first gets the link and the second a code, and the person needs
//! both: so neither of the two can enrol in the person's name.

use store::Enrolment;

use crate::answer::Fault;
use crate::{App, session};

/// How long an invitation is good, in microseconds.
const GOOD_US: i64 = 7 * 24 * 3600 * 1_000_000;

/// What came of an attempt to use an invitation.
pub enum Found {
    /// It is good.
    Good(Enrolment),
    /// It was never made, has ended, or was used.
    Unknown,
    /// The second administrator has not agreed yet.
    NotOpen,
    /// The second administrator's code is missing or wrong.
    CodeWrong(Enrolment),
}

/// Makes a link for a person of a demonstration or of a founding: nobody else has a word in it.
pub fn invite(app: &App, person: &str) -> Result<String, String> {
    let made = make(app, person, true, None, None).map_err(|fault| format!("{fault:?}"));
    made.map(|token| app.url(&format!("/enrol/{token}")))
}

/// Keeps an invitation and gives the token of its link.
fn make(
    app: &App,
    person: &str,
    renews_all: bool,
    proposal: Option<u64>,
    code_hash: Option<[u8; 32]>,
) -> Result<String, Fault> {
    let token = session::new_token()?;
    app.authority().local().put_enrolment(&Enrolment {
        person: person.to_owned(),
        token_hash: session::hash(&token),
        code_hash,
        renews_all,
        proposal,
        open: proposal.is_none(),
        failures: 0,
        expires_at_us: app.wall_us() + GOOD_US,
    })?;
    Ok(token)
}

/// The first administrator has proposed it: keeps the invitation shut, and gives the link for them to hand over.
pub fn proposed(app: &App, person: &str, renews_all: bool, proposal: u64) -> Result<String, Fault> {
    let token = make(app, person, renews_all, Some(proposal), None)?;
    Ok(app.url(&format!("/enrol/{token}")))
}

/// The second administrator has agreed: opens the invitation, and gives the code for them to hand over.
pub fn approved(app: &App, person: &str, proposal: u64) -> Result<Option<String>, Fault> {
    let mut local = app.authority().local();
    let Some(mut enrolment) = local
        .enrolment_of(person)?
        .filter(|kept| kept.proposal == Some(proposal))
    else {
        return Ok(None);
    };
    let code = new_code()?;
    enrolment.open = true;
    enrolment.code_hash = Some(session::hash(&code));
    enrolment.expires_at_us = app.wall_us() + GOOD_US;
    local.put_enrolment(&enrolment)?;
    Ok(Some(code))
}

/// A code that is easily read out: twenty decimal digits in groups, 66 bits.
pub fn new_code() -> Result<String, Fault> {
    let bytes: [u8; 16] = crate::random().map_err(Fault::Failed)?;
    let number = u128::from_be_bytes(bytes) % 10_u128.pow(20);
    let digits = format!("{number:020}");
    let groups: Vec<&str> = (0..4)
        .filter_map(|place| digits.get(place * 5..place * 5 + 5))
        .collect();
    Ok(groups.join("-"))
}

/// Looks for the invitation of a link's token.
pub fn find(app: &App, token: &str) -> Result<Found, Fault> {
    let found = app.authority().local().enrolment(&session::hash(token))?;
    Ok(match found {
        Some(kept) if kept.expires_at_us <= app.wall_us() => Found::Unknown,
        Some(kept) if !kept.open => Found::NotOpen,
        Some(kept) => Found::Good(kept),
        None => Found::Unknown,
    })
}

/// Looks for the invitation, and demands the second administrator's code where there is one.
pub fn redeem(app: &App, token: &str, code: &str) -> Result<Found, Fault> {
    let Found::Good(kept) = find(app, token)? else {
        return find(app, token);
    };
    let given = session::hash(&grouped(code));
    if kept.code_hash.is_none_or(|hash| hash == given) {
        return Ok(Found::Good(kept));
    }
    // Nothing ends by it: 66 bits are not guessed within a week, and whoever has the link alone, as the first administrator
    // does, could void the invitation with nobody the wiser.
    Ok(Found::CodeWrong(kept))
}

/// A code as it was made, however somebody has typed it; of another length it is none.
pub fn grouped(code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_digit).collect();
    if plain.len() != 20 {
        return String::new();
    }
    let groups: Vec<&str> = (0..4).filter_map(|place| plain.get(place * 5..place * 5 + 5)).collect();
    groups.join("-")
}
