//! Whether an authority has stopped for good: nothing is acknowledged any more until it is opened again.

use std::sync::Arc;

use authority::AuthorityError;
use tokio::sync::watch;

/// Why an authority has stopped, once it has.
#[derive(Clone, Default)]
pub struct Halted(Arc<watch::Sender<Option<String>>>);

impl Halted {
    /// Keeps the first error that says so; gives any error as text.
    pub fn hear(&self, error: &AuthorityError) -> String {
        let text = error.to_string();
        if matches!(error, AuthorityError::Stopped(_)) {
            self.0.send_if_modified(|why| {
                let first = why.is_none();
                why.get_or_insert_with(|| text.clone());
                first
            });
        }
        text
    }

    /// Why it has stopped, if it has.
    pub fn why(&self) -> Option<String> {
        self.0.borrow().clone()
    }

    /// Waits until it has stopped.
    pub async fn wait(&self) {
        // The sender is held here: it does not go away.
        drop(self.0.subscribe().wait_for(Option::is_some).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_stopped_writer_halts_and_the_first_reason_stays() {
        let halted = Halted::default();
        halted.hear(&AuthorityError::Full);
        assert_eq!(halted.why(), None);
        let first = halted.hear(&AuthorityError::Stopped("the disk is full".to_owned()));
        halted.hear(&AuthorityError::Stopped("it was closed".to_owned()));
        assert_eq!(halted.why(), Some(first));
    }
}
