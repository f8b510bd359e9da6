//! What pages show of a gate is the gate: asked after every line of every history of two authorities.

use domain::trade::{
    Case, Check, Confirm, IssueExportPermit, Side, Stage, Standing, alike, checks, compared, confirmation_checks,
    longest_validity,
};
use domain::{Command, Context, decide};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::two::{CN, LK, Two};
use crate::world::World;

/// The first condition that does not hold, as the code of its refusal.
fn first_refusal(checks: &[Check]) -> Option<&'static str> {
    let failing = checks.iter().find(|check| check.standing() != Standing::Pass);
    failing.and_then(|check| check.refusal.as_ref().map(|refusal| refusal.code))
}

impl World {
    /// The code with which a permit officer's command would be refused now. What no message has room for is refused
    /// behind the gate.
    fn refuses(&self, command: &Command) -> Option<&'static str> {
        let by = "permit_officer:per".parse().expect("an actor");
        let context = Context {
            now: self.now(),
            today: self.today,
            cited: None,
        };
        let decided = decide(Some(self.state()), &by, command, context);
        decided
            .err()
            .map(|refusal| refusal.code)
            .filter(|code| *code != "message_too_large")
    }

    /// Both gates say of every case what their checks say.
    pub fn gates(&self, at: &str) {
        for case in self.state().trade.cases() {
            let known = case.permit.as_ref().map(|permit| permit.number.to_string());
            match case.side {
                Side::Exporting => {
                    for id in known.iter().map(String::as_str).chain(["P-fresh"]) {
                        self.export_gate(at, case, id);
                    }
                }
                Side::Importing => {
                    let said = first_refusal(&confirmation_checks(self.state(), case, self.today));
                    let confirm = Confirm { case: case.id.clone() };
                    let refused = self.refuses(&Command::Confirm(Box::new(confirm)));
                    assert_eq!(said, refused, "{at}: confirm {}", case.id);
                }
            }
            assert!(alike(self.state(), case).all(|other| other.id != case.id), "{at}");
            assert!(compared(self.state(), case).len() >= 10, "{at}");
        }
    }

    fn export_gate(&self, at: &str, case: &Case, id: &str) {
        let longest = longest_validity(self.state(), case, self.today);
        let days = [self.today.yesterday().expect("a day"), self.today, longest];
        let beyond = longest.checked_add(1.day()).unwrap_or(Date::MAX);
        for valid_until in days.into_iter().chain([beyond]) {
            for looked_up in [None, Some("the Board's site")] {
                let issue = IssueExportPermit {
                    id: id.parse().expect("an id"),
                    export: case.id.trim_start_matches("CN/").parse().expect("an id"),
                    valid_until,
                    estimate_checked: looked_up.map(|place| place.parse().expect("a text")),
                    posts: Vec::new(),
                    essential: None,
                };
                let said = first_refusal(&checks(self.state(), case, &issue, self.today));
                let refused = self.refuses(&Command::IssueExportPermit(Box::new(issue)));
                assert_eq!(said, refused, "{at}: {id} until {valid_until} for {}", case.id);
            }
        }
    }
}

fn case(two: &Two, side: usize) -> &Case {
    two.state(side).trade.case("CN/E-1").expect("a case")
}

fn issue(until: &str) -> IssueExportPermit {
    IssueExportPermit {
        id: "P-1".parse().expect("an id"),
        export: "E-1".parse().expect("an id"),
        valid_until: until.parse().expect("a day"),
        estimate_checked: None,
        posts: Vec::new(),
        essential: None,
    }
}

#[test]
fn checks_have_the_figures_that_the_gate_looks_at() {
    let two = Two::at("confirmed");
    let checks = checks(
        two.state(CN),
        case(&two, CN),
        &issue("2026-09-30"),
        two.worlds[CN].today,
    );
    assert!(checks.iter().all(|check| check.standing() == Standing::Pass));
    let names: Vec<&str> = checks.iter().map(|check| check.name).collect();
    let all = [
        "permit_number",
        "authorization_named",
        "authorization_received",
        "authorization_in_force",
        "confirmation",
        "trusted_key",
        "stage",
        "same_trade",
        "consignments",
        "authorization_room",
        "authorization_room",
        "validity",
        "address",
        "stop_notice",
        "estimate",
        "site_open",
        "hold",
        "licence",
        "stock",
        "licence",
        "stock",
    ];
    assert_eq!(names, all);
    let fact = |name: &str, fact: &str| {
        let check = checks.iter().find(|check| check.name == name).expect("a check");
        format!("{:?}", check.fact(fact).expect("a fact"))
    };
    assert!(fact("authorization_room", "available").contains("500"));
    assert!(fact("authorization_room", "asked").contains("300"));
    assert!(fact("estimate", "table").contains("B-1"));
    assert!(fact("licence", "licence").starts_with("Text"));
}

#[test]
fn a_figure_that_nobody_has_needs_a_person() {
    let two = Two::at("confirmed");
    let state = two.state(CN);
    let checks = checks(
        state,
        case(&two, CN),
        &issue("2026-09-30"),
        "2027-01-02".parse().expect("a day"),
    );
    let of_year = checks.iter().find(|check| check.name == "estimate");
    assert!(of_year.is_none(), "no year lies before the permit's end");
    let mut later = issue("2026-12-31");
    later.valid_until = "2027-01-02".parse().expect("a day");
    let checks = domain::trade::checks(state, case(&two, CN), &later, "2026-12-30".parse().expect("a day"));
    let person = checks.iter().filter(|check| check.standing() == Standing::Person);
    assert!(person.count() >= 1, "the total of the next year is not known");
}

#[test]
fn an_equal_application_is_noticed_until_it_has_ended() {
    let mut two = Two::at("requested");
    let again = format!(
        "id=E-2 site=FORM-1 address=\"1 Maker Road, Beijing\" importer={} authorization=LK-7 \
         lines=[{{\"item\":\"amp\",\"amount\":300}}] purpose=medical",
        crate::two::IMPORTER.replace("Lanka Imports", "LANKA  imports.")
    );
    assert!(alike(two.state(CN), case(&two, CN)).next().is_none());
    assert_eq!(two.worlds[CN].as_("FORM:fang").apply_export(&again).word(), "ok");
    let found: Vec<&str> = alike(two.state(CN), case(&two, CN))
        .map(|other| other.id.as_str())
        .collect();
    assert_eq!(found, ["CN/E-2"]);
    let second = two.state(CN).trade.case("CN/E-2").expect("a case");
    assert_eq!(second.stage, Stage::Draft);
}

#[test]
fn a_request_is_compared_field_by_field() {
    let two = Two::at("requested");
    let fields = compared(two.state(LK), case(&two, LK));
    assert!(fields.iter().all(|field| field.same), "{fields:?}");
    let mut case = case(&two, LK).clone();
    case.consignment.importer.address = "elsewhere".parse().expect("a text");
    case.consignment.lines[0].amount = 501;
    let differing: Vec<&str> = compared(two.state(LK), &case)
        .iter()
        .filter(|field| !field.same)
        .map(|field| field.field)
        .collect();
    assert_eq!(differing, ["importer_address", "line"]);
    case.consignment.authorization = None;
    assert!(compared(two.state(LK), &case).iter().all(|field| !field.same));
}
