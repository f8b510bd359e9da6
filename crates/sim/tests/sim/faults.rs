//! What the runner says of a faulty file: where, what, and what to do.

use std::borrow::Cow;
use std::cell::RefCell;

use sim::{Memory, Options, Scenario};

const HEAD: &str = "title = \"T\"\nstart = \"2024-01-01T08:00:00Z\"\n[[authority]]\nid = \"IS\"\nname = \"Agency\"\n";

/// Reads a story of these steps, which begin in line 6, with a file of rows beside it.
fn read_with(steps: &str, rows: &'static str) -> Result<Scenario, String> {
    let story = format!("{HEAD}{steps}").into_bytes();
    let files = |name: &str| match name {
        "set/story.toml" => Some(Cow::Owned(story.clone())),
        "set/rows.csv" => Some(Cow::Borrowed(rows.as_bytes())),
        _ => None,
    };
    Scenario::from_files("set/story.toml", &files).map_err(|why| why.to_string())
}

/// What is said of steps that cannot be read.
fn fault(steps: &str) -> String {
    read_with(steps, "").map_or_else(|why| why, |_| "no fault".to_owned())
}

/// Plays steps and gives the lines that are not as expected, or the error that ended the story.
fn played(steps: &str, rows: &'static str) -> String {
    let scenario = read_with(steps, rows).unwrap();
    let mut host = Memory::default();
    let wrong = RefCell::new(Vec::new());
    let options = Options {
        seed: 1,
        host: &mut host,
    };
    let summary = sim::run(&scenario, options, &mut |line| {
        if line.is_mismatch() {
            wrong.borrow_mut().push(line.to_string());
        }
    });
    match summary {
        Ok(_) => wrong.into_inner().join("\n"),
        Err(why) => why.to_string(),
    }
}

#[track_caller]
fn check(found: &str, expected: &str) {
    assert!(found.contains(expected), "expected {expected:?} in {found:?}");
}

#[test]
fn unknown_keys_are_told_with_line_and_column() {
    check(
        &fault("[[step]]\ndo = \"check\"\nfsk = true\n"),
        "set/story.toml:8:1: unknown field `fsk`",
    );
    check(
        &fault("[[step]]\ndo = \"check\"\nbalance = { sight = \"S\" }\n"),
        "set/story.toml:8:13: unknown field `sight`",
    );
    check(
        &fault("[[step]]\nexpect = { refusd = \"held\" }\ndo = \"check\"\n"),
        "set/story.toml:7:12: unknown field `refusd`",
    );
    check(
        &fault("[[step]]\nexpect = \"okay\"\ndo = \"check\"\n"),
        "set/story.toml:7:10: invalid value: string \"okay\"",
    );
    check(&fault("[[step]]\ndo = \"wait\n"), "set/story.toml:7:11: ");
}

#[test]
fn time_never_runs_backwards() {
    let steps = "[[step]]\ndo = \"wait\"\nwith = { days = 3 }\n[[step]]\nat = \"2024-01-02T08:00:00Z\"\ndo = \"check\"\nfsck = true\n";
    check(
        &fault(steps),
        "set/story.toml:10:6: time runs backwards: 2024-01-02T08:00:00Z lies before 2024-01-04T08:00:01Z",
    );
    check(
        &fault("[[step]]\nat = \"tomorrow\"\ndo = \"check\"\nfsck = true\n"),
        "set/story.toml:7:6: \"tomorrow\" is no moment",
    );
}

#[test]
fn names_must_be_known() {
    let step = |with: &str| fault(&format!("[[step]]\nas = \"approver:anna\"\ndo = \"approve\"\n{with}\n"));
    check(
        &step("with = { of = \"LIC-9\" }"),
        "set/story.toml:6:1: of names \"LIC-9\", but no earlier step has that id",
    );
    check(
        &fault("[[step]]\nagain = \"X\"\n"),
        "set/story.toml:7:9: again names \"X\"",
    );
    check(
        &fault("[[step]]\nin = \"CN\"\ndo = \"check\"\nfsck = true\n"),
        "set/story.toml:7:6: no authority \"CN\" is there",
    );
    check(
        &fault("[[step]]\nas = \"anna\"\ndo = \"approve\"\n"),
        "\"anna\" is not an actor",
    );
    check(
        &fault("[[step]]\nas = \"approver:anna\"\ndo = \"aprove\"\n"),
        "set/story.toml:8:6: \"aprove\" is no command",
    );
    let twice =
        "[[step]]\nid = \"H\"\nas = \"licensing_officer:l\"\ndo = \"register_holder\"\nwith = { name = \"N\" }\n";
    check(
        &fault(&format!("{twice}{twice}")),
        "set/story.toml:11:1: \"H\" names an earlier step already",
    );
}

#[test]
fn verbs_of_the_runner_are_used_as_they_are_meant() {
    check(&fault("[[step]]\ndo = \"start\"\n"), "it is not stopped");
    check(
        &fault("[[step]]\ndo = \"stop\"\n[[step]]\ndo = \"check\"\nfsck = true\n"),
        "set/story.toml:8:1: IS is stopped: start it before",
    );
    check(
        &fault("[[step]]\ndo = \"deliver\"\nwith = { thrice = true }\n"),
        "deliver takes nothing, or with = { twice = true }, { by = \"file\" } or both",
    );
    check(
        &fault("[[step]]\nas = \"x:y\"\ndo = \"pass_day\"\n"),
        "set/story.toml:8:6: pass_day is done by do = \"deliver\" alone",
    );
    check(
        &fault("[[authority]]\nid = \"KR\"\nname = \"K\"\npartners = [\"DE\"]\n"),
        "set/story.toml:6:1: partners names \"DE\", which is no other authority of the story",
    );
    check(&fault("[[step]]\ndo = \"check\"\n"), "the check looks at nothing");
    check(&fault("[[step]]\ndo = \"wait\"\n"), "wait takes with = { until");
    check(
        &fault("[[step]]\ndo = \"restart\"\nas = \"approver:anna\"\n"),
        "nobody acts in this step",
    );
    check(&fault("[[step]]\nnote = \"nothing\"\n"), "the step does nothing");
    check(
        &fault("[[step]]\nas = \"x:y\"\ndo = \"count\"\nwith = { amount = 1.5 }\n"),
        "1.5 is a fraction",
    );
    check(
        &fault("[[step]]\ndo = \"check\"\nstatement = { region = \"003\" }\n"),
        "a statement is of a year",
    );
    check(
        &fault("[[step]]\nas = \"x:y\"\ndo = \"count\"\nfsck = true\n"),
        "figures are looked at by do = \"check\"",
    );
    assert_eq!(fault("[[step]]\ndo = \"deliver\"\n"), "no fault");
}

#[test]
fn rows_are_told_by_file_and_line() {
    let steps = "[[step]]\ndo = \"register_holder\"\nrows = \"rows.csv\"\n";
    let fault = |rows| read_with(steps, rows).map_or_else(|why| why, |_| String::new());
    check(
        &fault("id,name\nH-1,One\n"),
        "set/rows.csv:1: the file has no column as, and its step names no actor",
    );
    check(&fault("as,id,id\n"), "set/rows.csv:1: column \"id\" stands twice");
    check(&fault("as,,id\n"), "set/rows.csv:1: a column has no name");
    check(&fault("as,id,name\na:b,H-1\n"), "set/rows.csv:2: CSV error");
    check(&fault("as,at\na:b,soon\n"), "set/rows.csv:2: \"soon\" is no moment");
    check(
        &fault("as,id,name\nlicensing_officer:l,H-1,One\nnobody,H-2,Two\n"),
        "set/rows.csv:3: \"nobody\" is not an actor",
    );
    let missing = played(steps, "as,id\nlicensing_officer:l,H-1\n");
    check(
        &missing,
        "MISMATCH at set/rows.csv:2: expected ok; found refused malformed: register_holder: missing field `name`",
    );
    let elsewhere = Scenario::from_files("set/other.toml", &|_| None)
        .map(|_| ())
        .unwrap_err();
    assert_eq!(
        elsewhere.to_string(),
        "set/other.toml: set/other.toml cannot be read: is it there?"
    );
}

#[test]
fn what_is_not_as_expected_is_a_mismatch() {
    let world = "[[step]]\nid = \"H\"\nas = \"licensing_officer:l\"\ndo = \"register_holder\"\nwith = { name = \"N\" }\n\
        [[step]]\nid = \"S\"\nas = \"licensing_officer:l\"\ndo = \"register_site\"\n\
        with = { holder = \"H\", kinds = [\"importer\"], province = \"p\" }\n\
        [[step]]\nid = \"F\"\nas = \"licensing_officer:l\"\ndo = \"register_bulk\"\n\
        with = { substance = \"fentanyl\", form = \"base\" }\n";
    let opening = |amount: &str, expect: &str| {
        played(
            &format!(
                "{world}[[step]]\nas = \"H:h\"\ndo = \"opening\"\n{expect}\n\
                with = {{ site = \"S\", item = \"F\", batch = \"B\", amount = {amount} }}\n"
            ),
            "",
        )
    };
    assert_eq!(opening("1", ""), "");
    check(
        &opening("-1", ""),
        "MISMATCH at set/story.toml:21: expected ok; found refused amount_not_positive",
    );
    assert_eq!(opening("-1", "expect = { refused = \"amount_not_positive\" }"), "");
    check(
        &opening("1", "expect = { refused = \"held\" }"),
        "expected refused held; found ok, entry",
    );
    assert_eq!(opening("true", "expect = { refused = \"malformed\" }"), "");
    let balance = format!("{world}[[step]]\ndo = \"check\"\nbalance = {{ site = \"S\", item = \"F\", amount = 5 }}\n");
    check(
        &played(&balance, ""),
        "expected F of S in stock 5; found F of S in stock 0",
    );
    let stranger = "[[step]]\nas = \"H-9:x\"\ndo = \"count\"\nwith = { site = \"S\" }\n";
    check(
        &played(stranger, ""),
        "set/story.toml:6:1: H-9:x cannot be given its role: unknown_name",
    );
}

#[test]
fn a_reference_to_what_was_refused_is_a_mismatch() {
    let steps = "[[step]]\nid = \"X\"\nas = \"!licensing_officer:l\"\ndo = \"close_channel\"\n\
        with = { edge = \"E\", until = \"2024-01-01\" }\nexpect = { refused = \"not_entitled\" }\n\
        [[step]]\nas = \"approver:a\"\ndo = \"approve\"\nwith = { of = \"X\" }\n";
    check(&played(steps, ""), "of names \"X\", which left no entry");
}

#[test]
fn a_row_takes_what_it_leaves_empty_from_its_step() {
    let rows = "as,id,name,expect\n,H-1,One,\nadministrator:a,H-2,Two,not_entitled\n,H-3,,ok\n";
    let steps = "[[step]]\nas = \"licensing_officer:l\"\ndo = \"register_holder\"\nrows = \"rows.csv\"\nwith = { name = \"N\" }\n\
        [[step]]\ndo = \"check\"\nentry = [{ of = \"H-1\", \"data.name\" = \"One\" }, { of = \"H-3\", \"data.name\" = \"N\" }]\n";
    assert_eq!(played(steps, rows), "");
}
