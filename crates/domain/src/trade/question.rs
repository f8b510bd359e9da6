//! What the importing authority wants to know before it answers a request, and what the exporting one says to it.

use jiff::civil::Date;

use super::notice::{Notice, Question, QuestionAnswer};
use super::{AnswerQuestion, AskQuestion, Case, QuestionAnswered, QuestionAsked, Side, Stage, TradeRefusal, queue};
use crate::State;
use crate::access::Actor;
use crate::journal::Event;
use crate::refusal::{NameRefusal, Refused};

/// The most questions of one case: who needs more should refuse, or pick up the telephone.
pub const QUESTIONS_MAX: usize = 20;

/// A question, and what was said to it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Asked {
    /// The importing authority's question.
    pub question: Question,
    /// The day on which this side knew of it.
    pub on: Date,
    /// The exporting authority's answer, and the day on which this side knew of it.
    pub answer: Option<(QuestionAnswer, Date)>,
}

/// The importing authority asks; until it is answered nothing is confirmed.
pub(crate) fn decide_question(state: &State, by: &Actor, ask: &AskQuestion) -> Refused<Vec<Event>> {
    let case = state.trade.on_side(&ask.case, Side::Importing)?;
    let (Stage::Requested, Some(partner), Ok(officer)) = (case.stage, &case.partner, by.person().parse()) else {
        return Err(case.not_in("requested").into());
    };
    if case.questions.len() >= QUESTIONS_MAX {
        return Err(NameRefusal::TooMany {
            field: "questions",
            count: case.questions.len() + 1,
            max: QUESTIONS_MAX,
        }
        .into());
    }
    let question = Question {
        officer,
        text: ask.question.clone(),
    };
    Ok(vec![
        Event::QuestionAsked(Box::new(QuestionAsked {
            case: case.id.clone(),
            question: question.clone(),
        })),
        queue(partner, Some(&case.id), Notice::Query(Box::new(question))),
    ])
}

/// The exporting authority answers; the request waits for its answer again.
pub(crate) fn decide_question_answer(state: &State, by: &Actor, given: &AnswerQuestion) -> Refused<Vec<Event>> {
    let case = state.trade.on_side(&given.case, Side::Exporting)?;
    let (Stage::Queried, Ok(officer)) = (case.stage, by.person().parse()) else {
        return Err(case.not_in("queried").into());
    };
    let answer = QuestionAnswer {
        officer,
        text: given.answer.clone(),
    };
    let mut events = vec![Event::QuestionAnswered(Box::new(QuestionAnswered {
        case: case.id.clone(),
        answer: answer.clone(),
    }))];
    // Who does not run this software reads it on the page of the next invitation.
    if let Some(partner) = &case.partner {
        events.push(queue(partner, Some(&case.id), Notice::Answer(Box::new(answer))));
    }
    Ok(events)
}

/// Whether the last question is still open: then nothing is confirmed.
pub(super) fn unanswered(case: &Case) -> Refused<()> {
    match case.questions.last() {
        Some(asked) if asked.answer.is_none() => {
            let case = case.id.to_string();
            Err(TradeRefusal::QuestionOpen { case }.into())
        }
        _ => Ok(()),
    }
}

pub(crate) fn apply_question(state: &mut State, asked: &QuestionAsked, on: Date) {
    if let Some(case) = state.trade.cases.get_mut(&asked.case) {
        ask(case, asked.question.clone(), on);
    }
}

/// A question stops the clock of a request: the same on either side.
pub(super) fn ask(case: &mut Case, question: Question, on: Date) {
    let answer = None;
    case.questions.push(Asked { question, on, answer });
    if case.stage == Stage::Requested {
        case.stage = Stage::Queried;
    }
}

pub(crate) fn apply_question_answer(state: &mut State, answered: &QuestionAnswered, on: Date) {
    if let Some(case) = state.trade.cases.get_mut(&answered.case) {
        say(case, answered.answer.clone(), on);
    }
}

/// An answer starts it again.
pub(super) fn say(case: &mut Case, answer: QuestionAnswer, on: Date) {
    if let Some(asked) = case.questions.last_mut() {
        asked.answer = Some((answer, on));
    }
    if case.stage == Stage::Queried {
        case.stage = Stage::Requested;
    }
}
