//! Two authorities in one story: messages that flow, are doubled, are lost, and come to somebody who is down.

use std::borrow::Cow;

use domain::{Entry, Event};
use sim::{LineOutcome, Scenario};

use crate::host::{Played, in_memory, on_sqlite};

const WORLD: &str = include_str!("two-countries.toml");

/// The rest of the conversation after the request: confirmed, permitted, left, arrived.
const REST: &str = r#"
[[step]]
do = "deliver"
[[step]]
in = "KR"
as = "permit_officer:j"
do = "confirm"
with = { case = "CN/E1" }
[[step]]
do = "deliver"
[[step]]
in = "CN"
as = "permit_officer:q"
do = "issue_export_permit"
id = "P1"
with = { export = "E1", valid_until = "2024-04-30" }
[[step]]
in = "CN"
as = "approver:a"
do = "approve"
with = { of = "P1" }
[[step]]
in = "CN"
do = "check"
case = { id = "CN/E1", side = "exporting", stage = "issued", permit = "P1", confirmed_by = "j", departed = [0, 0], arrived = [0, 0] }
authorization = { issuer = "KR", number = "IC", available = [2000, "100 g"], cancelled = false }
headroom = { country = "KR", substance = "fentanyl", year = 2024, total = "1 kg", available = "936.25 g" }
messages = { partner = "KR", queued = 1, unanswered = 0 }
[[step]]
do = "deliver"
[[step]]
in = "CN"
as = "H-EX:x"
do = "dispatch"
id = "D1"
with = { site = "S-EX", destination = "KR", permit = "P1", item = "amp", batch = "A", amount = 1000 }
[[step]]
in = "CN"
as = "H-EX:x"
do = "export"
with = { site = "S-EX", dispatch = "D1", amount = 1000 }
[[step]]
in = "CN"
as = "H-EX:x"
do = "dispatch"
id = "D2"
with = { site = "S-EX", destination = "KR", permit = "P1", item = "bulk", batch = "B", amount = "100 g" }
[[step]]
in = "CN"
as = "H-EX:x"
do = "export"
with = { site = "S-EX", dispatch = "D2", amount = 100000000 }
[[step]]
in = "CN"
as = "customs_officer:c"
do = "endorse_departure"
with = { permit = "P1", post = "Airport", lines = [{ item = "amp", amount = 1000 }, { item = "bulk", amount = "100 g" }] }
[[step]]
do = "deliver"
[[step]]
at = "2024-03-05T01:00:00Z"
in = "KR"
as = "H-IM:y"
do = "import"
with = { site = "S-IM", item = "ampoule", batch = "A", amount = 1000, origin = "CN", authorization = "IC", case = "CN/E1" }
[[step]]
in = "KR"
as = "H-IM:y"
do = "import"
with = { site = "S-IM", item = "citrate", batch = "B", amount = "100 g", origin = "CN", authorization = "IC", case = "CN/E1" }
[[step]]
in = "KR"
as = "customs_officer:c"
do = "endorse_arrival"
with = { case = "CN/E1", post = "Incheon", lines = [{ item = "ampoule", amount = 1000 }, { item = "citrate", amount = "100 g" }] }
[[step]]
do = "deliver"
[[step]]
in = "CN"
do = "check"
case = [{ id = "CN/E1", stage = "closed", departed = [1000, "100 g"], arrived = [1000, "100 g"] }, { id = "CN/E9", known = false }]
messages = { partner = "KR", queued = 0, unanswered = 0, refused = 0, sent = 3, received = 3, equivocations = 0 }
cosigned_by = ["KR"]
statement = { year = 2024, "exported.total_g" = "63.75", "exported.cells.fentanyl/KR.count" = 1, "exported.cells.fentanyl/KR.signed_by" = [] }
trade_statement = { exporter = "CN", importer = "KR", year = 2024, known = false }
fsck = true
[[step]]
in = "KR"
do = "check"
case = { id = "CN/E1", side = "importing", stage = "closed", departed = [1000, "100 g"], arrived = [1000, "100 g"] }
authorization = { number = "IC", imported = [1000, "100 g"], available = [2000, "100 g"] }
cosigned_by = ["CN"]
fsck = true
"#;

/// What a check at the point after the request says, after some steps.
fn read(steps: &str) -> Scenario {
    let story = format!("{WORLD}\n{steps}").into_bytes();
    let files = |name: &str| (name == "story.toml").then(|| Cow::Owned(story.clone()));
    Scenario::from_files("story.toml", &files).unwrap_or_else(|why| panic!("{why}"))
}

/// Plays steps after the request on both hosts: as they say, and every byte the same.
fn play(steps: &str) -> Played {
    let scenario = read(steps);
    let (memory, sqlite) = (in_memory(&scenario, 1), on_sqlite(&scenario, 1));
    assert_eq!((memory.wrong(), sqlite.wrong()), (String::new(), String::new()));
    for (id, entries) in &memory.journals {
        for (one, other) in entries.iter().zip(&sqlite.journals[id]) {
            assert_eq!(String::from_utf8_lossy(one), String::from_utf8_lossy(other), "{id}");
        }
    }
    assert_eq!(memory.journals, sqlite.journals);
    memory
}

/// How many messages have their receipt, and how many were lost, at each delivery.
fn deliveries(played: &Played) -> Vec<(usize, usize)> {
    let delivered = |outcome: &LineOutcome| match outcome {
        LineOutcome::Delivered { settled, lost } => Some((*settled, *lost)),
        _ => None,
    };
    played
        .lines
        .iter()
        .filter_map(|line| delivered(&line.outcome))
        .collect()
}

fn count(played: &Played, id: &str, is: fn(&Event) -> bool) -> usize {
    let entries = played.journals[id]
        .iter()
        .map(|bytes| Entry::parse(bytes).unwrap().event);
    entries.filter(is).count()
}

#[test]
fn an_export_is_confirmed_permitted_sent_and_received() {
    let played = play(REST);
    assert_eq!(deliveries(&played), [(1, 0), (1, 0), (1, 0), (1, 0), (1, 0), (1, 0)]);
    let paired = |event: &Event| matches!(event, Event::PartnerPaired(_));
    assert_eq!(count(&played, "KR", paired), 2, "with CN and DE");
    assert_eq!(count(&played, "CN", paired), 1, "DE names KR alone");
}

#[test]
fn a_message_that_comes_twice_gets_the_same_receipt() {
    let played = play(&REST.replace("\"deliver\"", "\"deliver\"\nwith = { twice = true }"));
    let taken = |event: &Event| matches!(event, Event::MessageReceived(_));
    assert_eq!((count(&played, "CN", taken), count(&played, "KR", taken)), (3, 3));
}

#[test]
fn a_message_lost_on_the_way_is_sent_again() {
    let steps = r#"
[[step]]
in = "CN"
do = "drop"
[[step]]
do = "deliver"
[[step]]
in = "CN"
do = "check"
messages = { partner = "KR", queued = 0, unanswered = 1, sent = 1 }
[[step]]
in = "KR"
do = "check"
case = { id = "CN/E1", known = false }
messages = { partner = "CN", received = 0 }
"#;
    let played = play(&format!("{steps}{REST}"));
    assert_eq!(deliveries(&played)[1..3], [(0, 1), (1, 0)]);
}

#[test]
fn who_is_down_gets_it_later() {
    let steps = r#"
[[step]]
in = "KR"
do = "stop"
[[step]]
do = "deliver"
[[step]]
in = "CN"
do = "check"
messages = { partner = "KR", unanswered = 1 }
[[step]]
in = "KR"
do = "start"
[[step]]
in = "CN"
do = "restart"
"#;
    let played = play(&format!("{steps}{REST}"));
    assert_eq!(deliveries(&played)[1..3], [(0, 1), (1, 0)]);
    let end = "[[step]]\nin = \"KR\"\ndo = \"stop\"\n";
    play(end);
}

#[test]
fn a_permit_that_ends_is_endorsed_as_not_used() {
    let begin = REST.split("[[step]]\nin = \"CN\"\nas = \"H-EX:x\"").next().unwrap();
    let end = r#"
[[step]]
do = "wait"
with = { days = 90 }
[[step]]
do = "deliver"
[[step]]
in = "CN"
do = "check"
case = { id = "CN/E1", stage = "expired" }
[[step]]
in = "KR"
do = "check"
case = { id = "CN/E1", stage = "expired" }
"#;
    play(&format!("{begin}{end}"));
}

#[test]
fn a_wrong_figure_is_a_mismatch() {
    let wrong = |check: &str| in_memory(&read(&format!("[[step]]\ndo = \"check\"\nin = \"CN\"\n{check}\n")), 1).wrong();
    let has = |check: &str, says: &str| {
        let wrong = wrong(check);
        assert!(wrong.contains(says), "expected {says:?} in {wrong:?}");
    };
    has(
        "case = { id = \"CN/E1\", stage = \"issued\" }",
        "expected stage of case CN/E1 \"issued\"; found",
    );
    has("case = { id = \"CN/E2\" }", "case CN/E2 is not known here");
    has(
        "case = { id = \"CN/E1\", departed = 1 }",
        "there are 2 lines, and 1 amounts are given",
    );
    has(
        "messages = { partner = \"KR\", queued = 0 }",
        "messages queued for KR 1",
    );
    has(
        "messages = { partner = \"KR\", refused = \"x\" }",
        "found messages refused by KR []",
    );
    has("messages = { partner = \"BR\" }", "BR");
    has("cosigned_by = [\"KR\"]", "found cosigned by []");
    has(
        "headroom = { country = \"KR\", substance = \"fentanyl\", year = 2024, available = \"999 g\" }",
        "\"1000\"",
    );
    has(
        "authorization = { number = \"IC\", cancelled = false }",
        "import authorization IC of CN is not known here",
    );
    let unknown = format!("{WORLD}\n[[step]]\ndo = \"check\"\ncase = {{ id = \"X\", stge = \"y\" }}\n");
    let files = |_: &str| Some(Cow::Owned(unknown.clone().into_bytes()));
    let why = Scenario::from_files("s", &files).map(drop).unwrap_err().to_string();
    assert!(why.contains("unknown field `stge`"), "{why}");
}
