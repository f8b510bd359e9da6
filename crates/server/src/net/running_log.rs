//! The running log: a line an event on standard error, with its moment and who speaks. No body, no token and no query of
//! a request stands in it.

use std::fmt::Display;
use std::io::Write;
use std::sync::OnceLock;

use jiff::{Timestamp, Unit};

/// How the lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one object a line.
    Json,
}

static FORMAT: OnceLock<LogFormat> = OnceLock::new();

/// Chooses how the lines are written, once.
pub fn set_format(format: LogFormat) {
    let _ = FORMAT.set(format);
}

/// Writes a line; `who` is an authority or a part of the node.
pub fn note(who: impl Display, says: impl Display) {
    let format = FORMAT.get().copied().unwrap_or_default();
    let line = line(format, Timestamp::now(), &who.to_string(), &says.to_string());
    // A full disk under the log must not stop the node.
    drop(writeln!(std::io::stderr(), "{line}"));
}

fn line(format: LogFormat, at: Timestamp, who: &str, says: &str) -> String {
    let at = at.round(Unit::Millisecond).unwrap_or(at);
    match format {
        LogFormat::Text => format!("{at:.3} {who}: {}", on_one_line(says)),
        LogFormat::Json => {
            serde_json::json!({ "at": format!("{at:.3}"), "who": who, "says": on_one_line(says) }).to_string()
        }
    }
}

/// What others wrote may stand in it: it cannot begin a line of its own, nor move the cursor of a terminal.
fn on_one_line(says: &str) -> String {
    says.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_with_its_moment() {
        let at = Timestamp::UNIX_EPOCH;
        let says = "KR: no\n2024 CN: yes\u{1b}[2J";
        assert_eq!(
            line(LogFormat::Text, at, "CN", says),
            "1970-01-01T00:00:00.000Z CN: KR: no 2024 CN: yes [2J"
        );
        let json: serde_json::Value = serde_json::from_str(&line(LogFormat::Json, at, "CN", says)).unwrap_or_default();
        assert_eq!(json["at"], "1970-01-01T00:00:00.000Z");
        assert_eq!(
            (json["who"].as_str(), json["says"].as_str()),
            (Some("CN"), Some("KR: no 2024 CN: yes [2J"))
        );
    }
}
