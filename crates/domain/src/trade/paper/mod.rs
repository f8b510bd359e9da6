//! Confirmation by an importing authority that does not run this software: its entry in the directory, its papers, and
//! how sure each is. No case of this kind has a partner, so no message goes out for it.

mod arrival;
mod command;
mod directory;
mod document;
mod gate;
mod invitation;
mod letter;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Case, Consignment, Side, Stage, TradeRefusal};
use crate::State;
use crate::access::Actor;
use crate::digest::Digest;
use crate::id::{Id, Text};
use crate::refusal::{NameRefusal, Refused, refusals};

pub use command::*;
pub use directory::{Directory, Listed};
pub use gate::{differing, grades};
pub use invitation::shown;

pub(crate) use arrival::{apply_recorded_arrival, decide_recorded_arrival};
pub(crate) use directory::{apply_listing, apply_registered, decide_listing, decide_registered};
pub(crate) use document::{apply_document, decide_document};
pub(crate) use gate::apart;
pub(super) use gate::{accepted, confirmed, third_person};
pub(crate) use invitation::{apply_invitation_answer, apply_invited, decide_invitation, decide_invitation_answer};
pub(crate) use letter::{
    apply_admission, apply_call_back, apply_transcript, decide_admission, decide_call_back, decide_transcript,
};

/// The most papers of one case.
pub const PAPERS_MAX: usize = 20;

refusals! {
    /// Why a confirmation without this software is refused.
    pub enum PaperRefusal {
        Speaks { country: String, authority: String } = "authority_is_partner", None, "the authority of {country} is the partner {authority}: ask it by message";
        NotListed { country: String } = "authority_not_listed", None, "the directory has no authority of {country}: two administrators list it first";
        ContactNew { authority: String, listed_on: Date, days: i64, today: Date } = "contact_too_new", None,
            "the address of {authority} was approved on {listed_on} and is used from {days} days after that on, not on {today}: whoever changes an address cannot use it at once";
        ContactOfOfficer { authority: String, person: String } = "contact_of_officer", None,
            "{person} has set the address of {authority}, and may not act in a case that rests on it: another officer must";
        InvitationOver { case: String } = "invitation_over", None, "the invitation for {case} was answered, or another one has taken its place";
        InvitationEnded { case: String, until: Date, today: Date } = "invitation_ended", None, "the invitation for {case} ended on {until}, before {today}: have a new one sent";
        ShownDiffers { case: String } = "shown_differs", None, "what the page showed of {case} is not what stands there now: have a new invitation sent";
        Unverified { export: String, from: String } = "evidence_unverified", Some("1961 art. 31(1), 31(5)"),
            "what came for {export} from {from} is not from the address that the directory has: it is kept, and confirms nothing";
        Differs { export: String, field: &'static str, confirmed: String, asked: String } = "evidence_differs", Some("1961 art. 31(4), 31(5)"),
            "the confirmation of {export} and the application differ in {field}: {confirmed} is confirmed, {asked} asked";
        SameReader { export: String, person: String } = "same_reader", None, "{person} has read the letter for {export} already: a second officer reads it without having seen what the first wrote";
        OtherFile { export: String, first: Digest, second: Digest } = "other_file", None, "the first officer has read the file {first} for {export}, not {second}: both read the same letter";
        ReadingMissing { export: String } = "second_reading_missing", None, "two officers read the letter for {export} before anybody calls back";
        ReadingsDiffer { export: String, fields: String } = "readings_differ", None, "the two readings of the letter for {export} differ in {fields}: both are kept, and two officers read it anew";
        OtherNumber { authority: String, listed: String, given: String } = "call_back_number_differs", None,
            "the directory has {listed} for {authority}, not {given}: a number from the letter proves nothing";
        GradeBarred { grade: &'static str, country: String } = "grade_not_accepted", None, "a confirmation of grade {grade} is not accepted of {country}";
        ThirdMissing { export: String, total_g: String, limit_g: i64 } = "third_person_missing", None,
            "{export} is of {total_g} g of base and confirmed on paper: above {limit_g} g a third person admits it first (admit_confirmation)";
        NotThird { export: String, person: String } = "not_a_third_person", None, "{person} has acted on the confirmation of {export} already: a third person admits it";
        Admitted { export: String } = "already_admitted", None, "a third person has admitted the confirmation of {export}";
    }
}

/// A letter as an officer has written it down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Who.
    pub officer: Id,
    /// When.
    pub on: Date,
    /// The hash of what was read.
    pub file: Digest,
    /// What it confirms.
    pub consignment: Consignment,
}

/// The last invitation of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// The hash of the secret in the page's address.
    pub link: Digest,
    /// The hash of what the page shows.
    pub shows: Digest,
    /// The last day on which it can be answered.
    pub until: Date,
    /// Where it was sent.
    pub email: Text,
    /// Whether it was answered.
    pub answered: bool,
}

/// Something that came from an address that is not the directory's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unverified {
    /// The address; none for a letter by post.
    pub from: Option<Text>,
    /// The hash of the file.
    pub file: Digest,
    /// When it was recorded.
    pub on: Date,
}

/// What there is of an importing authority that does not run this software, in one case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// The authority by its id in the directory.
    pub authority: Option<Id>,
    /// Who had set its address, as it was last used.
    pub setters: Vec<Id>,
    /// Who has acted on the confirmation.
    pub officers: Vec<Id>,
    /// The last invitation.
    pub invitation: Option<Invitation>,
    /// Readings of letters: the first and second of each pair, the last pair last.
    pub readings: Vec<Reading>,
    /// The number that was called back.
    pub called: Option<Text>,
    /// The third person, where one has admitted it.
    pub admitted: Option<Id>,
    /// The file that confirms, of grade B' or C.
    pub file: Option<Digest>,
    /// What came from elsewhere and confirms nothing.
    pub unverified: Vec<Unverified>,
    /// The grade of the confirmation, once there is one.
    pub grade: Option<Grade>,
    /// The scan on which the arrival was endorsed.
    pub arrival_file: Option<Digest>,
}

impl Paper {
    /// The two readings that count, if the second is there.
    pub fn pair(&self) -> Option<(&Reading, &Reading)> {
        match self.readings.as_slice() {
            [.., first, second] if self.readings.len().is_multiple_of(2) => Some((first, second)),
            _ => None,
        }
    }

    /// The first reading that waits for its second.
    pub fn half(&self) -> Option<&Reading> {
        self.readings.last().filter(|_| !self.readings.len().is_multiple_of(2))
    }

    fn acts(&mut self, officer: &Id) {
        if !self.officers.contains(officer) {
            self.officers.push(officer.clone());
        }
    }

    /// Somebody has used the address of an authority.
    fn uses(&mut self, listed: Option<&Listed>, officers: &[&Id]) {
        self.authority = listed.map(|listed| listed.listing.id.clone());
        self.setters = listed.map(|listed| listed.setters().to_vec()).unwrap_or_default();
        officers.iter().for_each(|officer| self.acts(officer));
    }

    /// Nothing more than so many papers of one case.
    fn room(&self) -> Refused<()> {
        let count = self.readings.len() + self.unverified.len() + 1;
        let (field, max) = ("papers", PAPERS_MAX);
        if count > max {
            return Err(NameRefusal::TooMany { field, count, max }.into());
        }
        Ok(())
    }
}

/// The person of an actor, as entries name them.
fn person(by: &Actor) -> Refused<Id> {
    by.person()
        .parse()
        .map_err(|_| crate::refusal::unknown("person", by.person()))
}

/// The authority of the directory that a case asks: the one that was asked, or its country's where no partner speaks.
pub fn listed_of<'a>(state: &'a State, case: &Case) -> Option<&'a Listed> {
    if let Some(asked) = case.paper.as_ref().and_then(|paper| paper.authority.as_ref()) {
        return state.trade.directory.get(asked);
    }
    let country = case.consignment.importer.country;
    let silent = case.partner.is_none() && state.partners.of_country(country).is_none();
    state.trade.directory.of_country(country).filter(|_| silent)
}

/// A case of ours that waits for an answer and whose importing authority is no partner.
fn waiting<'a>(state: &'a State, export: &Id) -> Refused<&'a Case> {
    let case = super::export::application(state, export)?;
    if case.emergency.is_some() {
        let case = case.id.to_string();
        return Err(TradeRefusal::EmergencyOnly { case }.into());
    }
    let country = case.consignment.importer.country;
    let partner = state.partners.of_country(country).map(|partner| &partner.file.id);
    if let Some(authority) = case.partner.as_ref().or(partner.filter(|_| case.paper.is_none())) {
        let (country, authority) = (country.to_string(), authority.to_string());
        return Err(PaperRefusal::Speaks { country, authority }.into());
    }
    if !matches!(case.stage, Stage::Draft | Stage::Requested) {
        return Err(case.not_in("requested").into());
    }
    if case.consignment.authorization.is_none() {
        let export = export.to_string();
        return Err(TradeRefusal::AuthorizationMissing { export }.into());
    }
    super::address::check(&case.consignment.importer)?;
    Ok(case)
}

/// The papers of a case, from now on asked on paper.
fn papers_of<'a>(state: &'a mut State, case: &Id, on: Date) -> Option<(&'a mut Case, Option<Listed>)> {
    let listed = listed_of(state, state.trade.cases.get(case)?).cloned();
    let case = state.trade.cases.get_mut(case)?;
    if case.stage == Stage::Draft {
        case.stage = Stage::Requested;
        case.requested_on = Some(on);
    }
    Some((case, listed))
}

/// What a confirmation does to its case.
fn confirm(case: &mut Case, grade: Grade, answers: Digest, consignment: Consignment, on: Date) {
    let said = super::Confirmation {
        request: answers,
        consignment,
        officer: None,
        confirmed_on: on,
    };
    super::import::answer(case, super::Answer::Confirmed(said));
    case.paper.get_or_insert_default().grade = Some(grade);
}

/// What a refusal does to its case.
fn refuse(case: &mut Case, authority: &Id, reason: Text, on: Date) {
    let officer = authority.clone();
    let said = super::ConfirmationRefusal { officer, reason };
    super::import::answer(case, super::Answer::Refused(on, said));
}

impl Case {
    /// How sure the importing authority's confirmation is, if there is one.
    pub fn grade(&self) -> Option<Grade> {
        self.confirmation.as_ref()?;
        let on_paper = self.paper.as_ref().and_then(|paper| paper.grade);
        Some(on_paper.unwrap_or(Grade::A))
    }

    /// The importing authority of an export: a partner, or one of the directory.
    pub fn asked(&self) -> Option<&Id> {
        let on_paper = || self.paper.as_ref().and_then(|paper| paper.authority.as_ref());
        self.partner
            .as_ref()
            .or_else(on_paper)
            .filter(|_| self.side == Side::Exporting)
    }
}
