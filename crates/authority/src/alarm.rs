//! Logs that do not continue: a partner's, as its message shows, and our own, as a partner's answer does.

use domain::id::Id;
use domain::partner::{AlarmKind, Message, RaiseAlarm};
use domain::{Command, Event};
use exchange::{Answer, Shown};
use jiff::Timestamp;

use crate::error::AuthorityError;
use crate::recover::JournalHashes;
use crate::{Authority, Outgoing};

impl Authority {
    /// Keeps the evidence that a partner's log does not continue, and tells it to the partner with the checkpoint that
    /// was seen before. Sent again, it is answered again and kept once.
    pub(crate) fn raise(&self, at: Timestamp, shown: Shown) -> Result<Answer, AuthorityError> {
        let (code, says) = (shown.says.code.to_owned(), shown.says.says);
        let Some(checkpoint) = self.last_seen(&shown.from)? else {
            return Ok(Answer::Refused { code, says });
        };
        let made = shown
            .message
            .payload
            .read::<Message>()
            .map_or(at, |message| message.created);
        let alarm = RaiseAlarm {
            about: shown.from.clone(),
            partner: shown.from,
            kind: shown.kind,
            known: checkpoint.clone(),
            shown: shown.checkpoint,
            message: Some(shown.message),
        };
        // Refused where it is known, or where enough is known already.
        self.submit_alarm(at, made, alarm)?;
        Ok(Answer::Alarm { code, says, checkpoint })
    }

    fn submit_alarm(&self, at: Timestamp, made: Timestamp, alarm: RaiseAlarm) -> Result<(), AuthorityError> {
        let about = format!("{} {}", alarm.about, alarm.evidence());
        self.submit_own(at, made, Command::RaiseAlarm(Box::new(alarm)), about.as_bytes())
            .map(drop)
    }

    /// The checkpoint in the last message that was taken from a partner.
    pub(crate) fn last_seen(&self, from: &Id) -> Result<Option<String>, AuthorityError> {
        let entry = {
            let state = self.state();
            let partner = state.partners.get(from);
            partner.and_then(|partner| Some(partner.taken.get(&partner.received?.seq)?.entry))
        };
        let Some(entry) = entry else { return Ok(None) };
        let Event::MessageReceived(received) = self.written(entry)?.0.event else {
            return Ok(None);
        };
        let message: Message = received.message.payload.read().map_err(AuthorityError::Broken)?;
        Ok(Some(message.checkpoint))
    }

    /// Hears that a partner holds a checkpoint which our log does not continue; tells whether that is so. Whoever says it
    /// of a log that does continue it is mistaken: nothing is kept.
    pub(crate) fn hear_alarm(&self, at: Timestamp, message: &Outgoing, known: &str) -> Result<bool, AuthorityError> {
        let Ok(theirs) = tlog::verify(known, &self.log_key()) else {
            return Ok(false);
        };
        let shown = self.writer.checkpoint()?;
        let ours = tlog::verify(&shown, &self.log_key())?;
        let kind = if theirs.size > ours.size {
            AlarmKind::RolledBack
        } else if self.read(|journal| tlog::root_at(&JournalHashes(journal), theirs.size))? != theirs.root {
            AlarmKind::Forked
        } else {
            return Ok(false);
        };
        let about = self.state().founding.id.clone();
        let alarm = RaiseAlarm {
            about,
            partner: message.to.clone(),
            kind,
            known: known.to_owned(),
            shown,
            message: None,
        };
        // The evidence grows with the log; what a partner holds is kept once.
        let heard = {
            let state = self.state();
            let partner = state.partners.get(&message.to);
            partner.is_some_and(|partner| partner.own_alarm().is_some())
        };
        if !heard {
            self.submit_alarm(at, at, alarm)?;
        }
        Ok(true)
    }

    /// Why nothing may be signed for a partner now: it holds a past of our log that this journal does not have, and what
    /// is signed on another one would be evidence against us and nothing else.
    pub(crate) fn must_not_speak_to(&self, to: &Id) -> Option<String> {
        let state = self.state();
        let partner = state.partners.get(to)?;
        let alarm = partner.own_alarm()?;
        Some(format!(
            "{}: {} holds a checkpoint that this journal does not continue (entry {}): find the later journal; see \
             docs/operating/back-up.md",
            alarm.kind.code(),
            partner.file.id,
            alarm.entry
        ))
    }
}
