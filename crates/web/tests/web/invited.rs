//! The page on which an authority that does not run this software answers: link by letter, code by telephone.

use axum::http::StatusCode;
use domain::Event;
use store::Notice;

use crate::world::{Reply, Visitor, WALL_S, World};

const TO: &str = "new@nddcb.example";

fn letters(world: &World) -> Vec<Notice> {
    let later = (WALL_S + 24 * 3600) * 1_000_000;
    world.app.authority().local().notices_due(later, 100).unwrap()
}

/// The path in the last letter.
fn link(world: &World) -> String {
    let letters = letters(world);
    let letter = letters.last().unwrap();
    let email = world
        .app
        .authority()
        .local()
        .person(&letter.person)
        .unwrap()
        .unwrap()
        .email;
    assert_eq!(email.as_deref(), Some(TO), "it goes to the directory's address");
    let (_, rest) = letter.text.split_once("http://localhost").unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}

/// Invites the authority; gives the path of its page and the code.
fn invite(world: &World, officer: &Visitor<'_>) -> (String, String) {
    let seq = officer
        .act("invite_confirmation", &[("export", "EXP-1")])
        .unwrap_or_else(|reply| panic!("{}", reply.body));
    let path = format!("/done/{seq}");
    let done = officer.get(&path);
    let (_, rest) = done.body.split_once("id=\"handed\">").unwrap();
    let code = rest.split('<').next().unwrap().to_owned();
    assert_eq!(code.chars().filter(char::is_ascii_digit).count(), 20);
    assert!(!officer.get(&path).body.contains(&code), "it is told once");
    (link(world), code)
}

fn sees_goods(reply: &Reply) -> bool {
    reply.body.contains("remifentanil") || reply.body.contains("Lanka Imports")
}

fn stage(world: &World) -> &'static str {
    world
        .app
        .authority()
        .state()
        .trade
        .case("CN/EXP-1")
        .unwrap()
        .stage
        .word()
}

#[test]
fn an_authority_answers_once_with_the_link_of_its_letter_and_the_code_of_the_telephone() {
    let world = World::after("trade/contact-too-new.toml", "CN");
    let officer = world.visitor("permit_officer:li");
    let size = world.size();
    let refused = officer.act("invite_confirmation", &[("export", "EXP-1")]).unwrap_err();
    assert!(refused.body.contains("e-mail"), "{}", refused.body);
    assert_eq!(
        (world.size(), letters(&world).len()),
        (size, 0),
        "without letters nobody is invited"
    );
    world.app.send_notices();
    let (path, code) = invite(&world, &officer);
    let token = path.strip_prefix("/confirm/").unwrap();
    // Neither half is in the journal, nor is either kept in clear once the letter is gone.
    let written = format!("{:?}", world.last_entry());
    assert!(!written.contains(token) && !written.contains(&code), "{written}");
    let abroad = world.nobody();
    let first = abroad.get(&path);
    assert!(
        first.status == StatusCode::OK && !sees_goods(&first),
        "the link alone shows nothing"
    );
    assert!(!first.body.contains("<script src=\"http"));
    let wrong = abroad.post(&path, &[("code", "00000-00000-00000-00000")]);
    assert!(!sees_goods(&wrong) && wrong.body.contains("4 more"), "{}", wrong.body);
    let shown = abroad.post(&path, &[("code", &code.replace('-', " "))]);
    for field in [
        "Lanka Imports",
        "12 Galle Road, Colombo",
        "East Lake Pharmaceutical",
        "88 Optics Road, Wuhan",
        "DC-7",
        "Colombo",
        "31 December 2024",
        "100",
        "200",
        "CN/EXP-1",
    ] {
        assert!(shown.body.contains(field), "{field} is not shown: {}", shown.body);
    }
    assert!(!shown.body.contains('⟦'), "{}", shown.body);
    let to = format!("{path}/answer");
    let nothing = abroad.post(&to, &[("code", &code)]);
    assert!(nothing.body.contains("Choose one"), "{}", nothing.body);
    let silent = abroad.post(&to, &[("code", &code), ("answer", "refuse"), ("text", " ")]);
    assert!(silent.body.contains("Write the reason"), "{}", silent.body);
    let forged = abroad.post(&to, &[("code", "1"), ("answer", "confirm")]);
    assert!(!sees_goods(&forged) && stage(&world) == "requested");
    let done = abroad.post(&to, &[("code", &code), ("answer", "confirm")]);
    assert!(done.body.contains("recorded"), "{}", done.body);
    assert_eq!(stage(&world), "confirmed");
    let entry = world.last_entry();
    assert!(matches!(entry.event, Event::InvitationAnswered(_)));
    assert_eq!(entry.actor.as_str(), "exchange:node", "it is our own record");
    let copy = letters(&world);
    assert_eq!(copy.len(), 2, "a copy of the answer goes to the same address");
    assert!(
        copy[1].text.contains("confirmed") && !copy[1].text.contains(token),
        "{copy:?}"
    );
    for again in [
        abroad.get(&path),
        abroad.post(&path, &[("code", &code)]),
        abroad.post(&to, &[("code", &code), ("answer", "refuse"), ("text", "x")]),
    ] {
        assert!(again.body.contains("closed") && !sees_goods(&again), "{}", again.body);
    }
    assert_eq!(stage(&world), "confirmed");
    // The page of the case tells the grade, in both languages.
    let page = officer.get("/cases/CN/EXP-1");
    assert!(
        page.body.contains("answered on our page") && !page.body.contains('⟦'),
        "{}",
        page.body
    );
}

#[test]
fn a_page_closes_after_five_wrong_codes_and_when_another_invitation_takes_its_place() {
    let world = World::after("trade/contact-too-new.toml", "CN");
    world.app.send_notices();
    let officer = world.visitor("permit_officer:li");
    let (path, code) = invite(&world, &officer);
    let abroad = world.nobody();
    for _ in 0..5 {
        assert!(!sees_goods(&abroad.post(&path, &[("code", "12345-12345-12345-12345")])));
    }
    let late = abroad.post(&path, &[("code", &code)]);
    assert!(late.body.contains("closed") && !sees_goods(&late), "{}", late.body);
    let (second, code) = invite(&world, &officer);
    let (third, newest) = invite(&world, &officer);
    let replaced = abroad.post(&second, &[("code", &code)]);
    assert!(
        replaced.body.contains("closed") && !sees_goods(&replaced),
        "{}",
        replaced.body
    );
    assert!(
        !sees_goods(&abroad.post(&third, &[("code", &code)])),
        "a code is of one link"
    );
    assert!(sees_goods(&abroad.post(&third, &[("code", &newest)])));
    let asked = abroad.post(
        &format!("{third}/answer"),
        &[("code", &newest), ("answer", "ask"), ("text", "which hospital?")],
    );
    assert!(asked.body.contains("recorded"), "{}", asked.body);
    assert_eq!(stage(&world), "queried");
}

#[test]
fn what_the_first_officer_has_read_is_shown_when_the_second_has_read_it_too() {
    let world = World::after("trade/contact-too-new.toml", "CN");
    let first = world.visitor("permit_officer:li");
    let csrf = first.get("/evidence").hidden("csrf").to_owned();
    assert_eq!(
        first.upload("/evidence", "wrong", "a letter").status,
        StatusCode::FORBIDDEN
    );
    assert!(first.upload("/evidence", &csrf, "").body.contains("Choose a file"));
    let large = first.upload("/evidence", &csrf, &"x".repeat(5 << 20));
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    let kept = first.upload("/evidence", &csrf, "a letter");
    let (_, rest) = kept.body.split_once("id=\"hash\">").unwrap();
    let hash = rest.split('<').next().unwrap().to_owned();
    let said = |importer: &'static str, hash: &str| {
        vec![
            ("export", "EXP-1".to_owned()),
            ("file", hash.to_owned()),
            ("authorization", "DC-7".to_owned()),
            ("exporter.name", "East Lake Pharmaceutical".to_owned()),
            ("exporter.address", "88 Optics Road, Wuhan".to_owned()),
            ("exporter.country", "CN".to_owned()),
            ("importer.name", importer.to_owned()),
            ("importer.address", "12 Galle Road, Colombo".to_owned()),
            ("importer.country", "LK".to_owned()),
            ("lines.0.item", "remifentanil-hydrochloride".to_owned()),
            ("lines.0.amount", "100 g".to_owned()),
            ("purpose", "medical".to_owned()),
        ]
    };
    let transcribe = |by: &Visitor<'_>, importer, hash: &str| {
        let fields = said(importer, hash);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        by.act("transcribe_confirmation", &fields)
    };
    let unknown = transcribe(
        &first,
        "Lanka Importers",
        "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=",
    );
    assert!(unknown.unwrap_err().body.contains("is not kept here"));
    transcribe(&first, "Lanka Importers", &hash).unwrap_or_else(|reply| panic!("{}", reply.body));
    let second = world.visitor("permit_officer:lu");
    let page = second.get("/cases/CN/EXP-1");
    assert!(page.body.contains("has written it down") && !page.body.contains("Lanka Importers"));
    transcribe(&second, "Lanka Imports", &hash).unwrap_or_else(|reply| panic!("{}", reply.body));
    let page = second.get("/cases/CN/EXP-1");
    assert!(
        page.body.contains("Lanka Importers") && page.body.contains("the second"),
        "{}",
        page.body
    );
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("hash", &hash)
        .finish();
    let (status, kind, bytes) = second.bytes(&format!("/evidence/file?{query}"));
    assert_eq!(
        (status, kind.as_str(), &bytes[..]),
        (StatusCode::OK, "application/octet-stream", &b"a letter"[..])
    );
    assert!(page.body.contains("/evidence/file?hash="), "{}", page.body);
    // The directory shows every text it ever had.
    let listed = second.get("/directory/LK-NDDCB");
    assert!(
        listed.body.contains(TO) && listed.body.contains("control@nddcb.example"),
        "{}",
        listed.body
    );
    assert!(second.get("/directory").body.contains("Sri Lanka"));
}
