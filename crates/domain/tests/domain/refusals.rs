//! A refusal says what, how much, and by which article; people act on these sentences.

use crate::world::World;

fn check(actor: &str, verb: &str, fields: &str, expected: &str) {
    let mut world = World::fixed();
    let outcome = world.as_(actor).give(verb, fields);
    assert_eq!(outcome.refusal().to_string(), expected, "{actor} {verb} {fields}");
}

#[test]
fn a_refusal_says_its_numbers_and_its_article() {
    check(
        "NAT:nora",
        "dispatch",
        "site=NAT-1 to=REG-1 item=amp batch=A1 amount=811",
        "stock_insufficient: NAT-1 holds 810 of amp batch A1 in stock; 811 asked [1961 art. 34(b)]",
    );
    check(
        "API:zhang",
        "manufacture",
        "site=API-1 item=citrate batch=M amount=\"1 kg\"",
        "quota_exceeded: the quota of API for fentanyl in 2026 is 500 g, 0 g are used; 636.5 g asked, 500 g are left \
         [1961 art. 29(2)(c)]",
    );
    check(
        "API:zhang",
        "dispatch",
        "site=API-1 to=HOSP-1 item=citrate batch=B1 amount=1",
        "channel_closed: no channel leads from API-1 (substance_maker) to HOSP-1 (institution) on 2026-06-10 \
         [1961 art. 30(1)]",
    );
    check(
        "planning_officer:pan",
        "grant_quota",
        "year=2026 holder=API of=fentanyl amount=\"501 g\"",
        "quotas_exceed_plan: the plan of fentanyl for 2026 is 1000 g, 500 g are granted; 501 g more asked, 500 g are \
         left [1961 art. 29(2)(c)]",
    );
    check(
        "REG:rui",
        "dispatch",
        "site=REG-1 to=RG2-1 item=amp batch=A1 amount=1",
        "channel_emergency_only: channel E-REG-REG is open in an emergency only: mark the dispatch so and give notice \
         within 2 days",
    );
    check(
        "FORM:fang",
        "close_lot",
        "site=FORM-1 lot=L1",
        "loss_reason_missing: lot L1 lost 0.6365 g of 0.6365 g fed, beyond the tolerance of 50000 millionths: give the \
         reason [1961 art. 34(b)]",
    );
}

/// Only the machine's own command line founds an authority, and with two different people.
#[test]
fn an_authority_is_founded_by_the_machine_with_two_administrators() {
    let founding = "id=CN name=Authority country=CN zone=Asia/Shanghai books_from=2026-01-01 \
                    origin=log.example/cn log_key=cn+0+key \
                    root=AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE= key={\"kid\":\"75877bb41d393b5f\",\"public\":\"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\",\
                    \"valid_from\":\"2026-01-01T00:00:00Z\",\"valid_until\":\"2027-12-31T23:59:59Z\"} \
                    administrators=";
    let mut world = World::empty();
    for (actor, administrators, expected) in [
        ("administrator:ada", "[ada,ben]", "not_entitled"),
        ("operator:other", "[ada,ben]", "not_entitled"),
        ("operator:shell", "[ada,ada]", "same_person"),
        ("operator:shell", "[ada,ben]", "ok"),
    ] {
        let said = world.as_(actor).found(&format!("{founding}{administrators}")).word();
        assert_eq!(said, expected, "{actor} {administrators}");
    }
}

/// What cannot be read is told by field, and never reaches a decision.
#[test]
fn what_cannot_be_read_is_told_by_field() {
    let mut world = World::fixed();
    let entries = world.journal.len();
    for (fields, expected) in [
        (
            "site=NAT-1 item=amp batch=A1",
            "unreadable: dispense: missing field `amount`",
        ),
        (
            "site=NAT-1 item=amp batch=A1 amount=1.5",
            "unreadable: dispense: invalid type: floating point `1.5`",
        ),
        (
            "site=NAT-1 item=amp batch=A1 amount=99999999999999999999",
            "unreadable: dispense: ",
        ),
        (
            "site=NAT-1 item=amp batch=A1 amount=1 more=2",
            "unreadable: dispense: unknown field `more`",
        ),
        (
            "site=\"a b\" item=amp batch=A1 amount=1",
            "unreadable: dispense: \"a b\" is not an id",
        ),
        (
            "site=\"\" item=amp batch=A1 amount=1",
            "unreadable: dispense: \"\" is not an id",
        ),
        (
            "site=NAT-1 item=amp batch=A1 amount=1 occurred_on=2026-02-30",
            "unreadable: dispense: ",
        ),
        (
            "site=NAT-1 item=amp batch=A1 amount=1 mode=guess",
            "unreadable: dispense: unknown variant `guess`",
        ),
    ] {
        let said = world.as_("NAT:nora").dispense(fields).word();
        assert!(said.starts_with(expected), "{fields}: {said}");
    }
    let said = world.as_("NAT:nora").give("steal", "site=NAT-1").word();
    assert!(said.contains("\"steal\" is no command"), "{said}");
    assert_eq!(world.journal.len(), entries);
}
