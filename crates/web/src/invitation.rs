//! Invitations of authorities that do not run this software to answer on a page of ours.
//!
//! The link goes by e-mail to the directory's address, the code is told once to the officer who reads it out over the
//! directory's telephone: neither suffices. Here only their hashes are kept; the journal knows that of the link.

use domain::digest::Bytes;
use domain::id::Id;
use domain::trade::{Case, ConfirmationInvited, PageAnswer};
use serde::{Deserialize, Serialize};
use store::{Notice, Person};
use subtle::ConstantTimeEq as _;

use crate::answer::Fault;
use crate::words::{Lang, Words};
use crate::{App, enrolment, session};

/// So often a code may be wrong; after that the invitation is void.
pub const TRIES_MAX: u32 = 5;

/// What this machine keeps of an invitation.
#[derive(Serialize, Deserialize)]
struct Kept {
    case: Id,
    code_hash: [u8; 32],
    failures: u32,
}

/// What came of an attempt to open a page.
pub enum Found {
    /// Link and code are right: the case.
    Good(Id),
    /// The code is wrong; so many tries are left.
    CodeWrong(u32),
    /// It was never made, has ended, was answered, or the code was wrong too often.
    Unknown,
}

/// A link that nobody knows yet: its token, and the hash that the journal gets.
pub fn new_link() -> Result<(String, Bytes<32>), Fault> {
    let token = session::new_token()?;
    let hash = Bytes(session::hash(&token));
    Ok((token, hash))
}

/// Where an invitation is kept.
fn key(hash: &[u8; 32]) -> String {
    format!("invitation:{}", Bytes(*hash))
}

/// The id under which an authority's address is kept for letters: no person's id has a space.
fn reader(authority: &Id) -> String {
    format!("authority {authority}")
}

impl App {
    /// Whether letters are sent at all: without them nobody is invited, for an officer who had link and code could answer.
    pub fn sends_letters(&self) -> bool {
        self.notices.are_sent()
    }

    /// Keeps an invitation that was recorded, sends its link, and gives its code for the officer to read out.
    pub fn invite_authority(&self, invited: &ConfirmationInvited, token: &str) -> Result<String, Fault> {
        let code = enrolment::new_code()?;
        let kept = Kept {
            case: invited.case.clone(),
            code_hash: session::hash(&code),
            failures: 0,
        };
        let kept = serde_json::to_string(&kept).map_err(|error| Fault::Failed(error.to_string()))?;
        self.authority().local().put_meta(&key(&invited.link.0), &kept)?;
        let link = self.url(&format!("/confirm/{token}"));
        self.write_to(invited, |words, authority| {
            let until = words.day(invited.until);
            format!(
                "{}\n\n{link}\n\n{}\n{}\n",
                words.t1("invitation-letter", "authority", authority),
                words.t1("invitation-letter-until", "until", until),
                words.t("invitation-letter-code"),
            )
        })?;
        Ok(code)
    }

    /// Tells the authority, at the directory's address, what was answered on its page.
    pub fn copy_to_authority(&self, invited: &ConfirmationInvited, said: &PageAnswer) -> Result<(), Fault> {
        let (key, text) = match said {
            PageAnswer::Confirm {} => ("invited-said-confirm", String::new()),
            PageAnswer::Refuse { reason } => ("invited-said-refuse", reason.to_string()),
            PageAnswer::Ask { question } => ("invited-said-ask", question.to_string()),
        };
        self.write_to(invited, |words, authority| {
            format!(
                "{}\n\n{}\n{text}\n\n{}\n",
                words.t2("invitation-copy", "authority", authority, "case", &invited.case),
                words.t(key),
                words.t("invitation-copy-wrong"),
            )
        })
    }

    /// Puts a letter to the directory's address into the queue, in both languages.
    fn write_to(&self, invited: &ConfirmationInvited, text: impl Fn(Words, &str) -> String) -> Result<(), Fault> {
        let ours = self.authority().state().founding.name.to_string();
        let person = Person {
            id: reader(&invited.authority),
            email: Some(invited.email.to_string()),
            ..Person::default()
        };
        let words = [Lang::En, Lang::Zh].map(Words);
        let subjects = words.map(|words| words.t1("invitation-subject", "case", &invited.case));
        let notice = Notice {
            no: 0,
            at_us: self.wall_us(),
            person: person.id.clone(),
            subject: format!("{ours}: {}", subjects.join(" / ")),
            text: words.map(|words| text(words, &ours)).join("\n--\n\n"),
            tries: 0,
        };
        let mut local = self.authority().local();
        local.put_whole_person(&person)?;
        local.put_notice(&notice)?;
        Ok(())
    }

    /// Looks whether a link is one of ours and open, without its code.
    pub fn is_invited(&self, token: &str) -> Result<bool, Fault> {
        let kept = self.authority().local().meta(&key(&session::hash(token)))?;
        Ok(kept.is_some_and(|kept| !kept.is_empty()))
    }

    /// Takes the code of a link. A wrong one is counted before the next is looked at.
    pub fn open_invitation(&self, token: &str, code: &str) -> Result<Found, Fault> {
        let key = key(&session::hash(token));
        let mut local = self.authority().local();
        let kept = local.meta(&key)?.filter(|kept| !kept.is_empty());
        let Some(mut kept) = kept.and_then(|kept| serde_json::from_str::<Kept>(&kept).ok()) else {
            return Ok(Found::Unknown);
        };
        let given = session::hash(&enrolment::grouped(code));
        if bool::from(given.ct_eq(&kept.code_hash)) {
            return Ok(Found::Good(kept.case));
        }
        kept.failures = kept.failures.saturating_add(1);
        let left = TRIES_MAX.saturating_sub(kept.failures);
        let next = if left == 0 {
            String::new()
        } else {
            serde_json::to_string(&kept).map_err(|error| Fault::Failed(error.to_string()))?
        };
        local.put_meta(&key, &next)?;
        Ok(if left == 0 {
            Found::Unknown
        } else {
            Found::CodeWrong(left)
        })
    }

    /// The invitation was answered: its secrets are forgotten.
    pub fn forget_invitation(&self, token: &str) -> Result<(), Fault> {
        self.authority().local().put_meta(&key(&session::hash(token)), "")?;
        Ok(())
    }
}

/// The last invitation of a case as the journal has it.
pub fn of_case(case: &Case, link: Bytes<32>) -> Option<ConfirmationInvited> {
    let paper = case.paper.as_ref()?;
    let open = paper.invitation.as_ref().filter(|open| open.link == link)?;
    Some(ConfirmationInvited {
        case: case.id.clone(),
        authority: paper.authority.clone()?,
        email: open.email.clone(),
        link: open.link,
        shows: open.shows,
        until: open.until,
        officer: paper.officers.last()?.clone(),
    })
}
