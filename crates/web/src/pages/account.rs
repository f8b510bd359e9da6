//! Signing in and out, setting up credentials, the language, and as whom somebody acts.

use askama::Template;
use axum::http::header;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::access::Actor;
use store::{Credential, Enrolment};

use crate::answer::{Answered, Fault, html, local, see};
use crate::ask::{Ask, Via};
use crate::credentials::{self, Given, Proof};
use crate::enrolment::{self, Found};
use crate::frame::Frame;
use crate::limit::Purpose;
use crate::routes::{Route, form, page};
use crate::session;
use crate::who::Who;
use crate::words::Lang;

pub const ROUTES: &[Route] = &[
    page("/sign-in", Who::Public, sign_in_page),
    form("/sign-in", Who::Public, sign_in),
    form("/sign-out", Who::Public, sign_out),
    page("/enrol/{token}", Who::Public, enrol_page),
    form("/enrol/{token}", Who::Public, enrol),
    form("/language", Who::Public, language),
    form("/acting", Who::SignedIn, acting),
    page("/account", Who::SignedIn, account_page),
    form("/account/password", Who::SignedIn, change_password),
    form("/account/notices", Who::SignedIn, change_notices),
];

#[derive(Template)]
#[template(path = "account/sign-in.html")]
struct SignInPage {
    f: Frame,
    person: String,
    then: String,
    errors: Vec<(&'static str, String)>,
    just_enrolled: bool,
}

fn sign_in_page(ask: &Ask) -> Answered {
    if ask.visitor.is_some() {
        return Ok(see("/queue"));
    }
    html(&SignInPage {
        f: Frame::of(ask, ask.words().t("sign-in-title")),
        person: String::new(),
        then: local(ask.query.get("then")).to_owned(),
        errors: Vec::new(),
        just_enrolled: ask.query.has("enrolled"),
    })
}

/// Checks a proof of the visitor or of whoever wants to be one, and keeps count.
pub fn prove(ask: &Ask, person: &str, given: &Given<'_>) -> Result<Proof, Fault> {
    let now = ask.app.wall_us();
    let kept = ask.app.authority().local().credential(person)?;
    // Outside of the lock on local data: hashing a password takes a while.
    let checked = credentials::check(kept.as_ref(), given, now);
    Ok(credentials::keep(
        &mut ask.app.authority().local(),
        person,
        checked,
        now,
    )?)
}

/// The words for a proof that is not good; for whoever signs in they do not tell what was wrong.
pub fn proof_in_words(ask: &Ask, proof: Proof) -> Option<String> {
    let words = ask.words();
    match proof {
        Proof::Good => None,
        Proof::Bad => Some(words.t("proof-bad")),
        Proof::Used => Some(words.t("proof-used")),
        Proof::Wait(seconds) => Some(words.t1("proof-wait", "minutes", seconds.div_ceil(60))),
    }
}

fn sign_in(ask: &Ask) -> Answered {
    ask.app.limits.take(Purpose::Prove, ask.peer).map_err(Fault::TooMany)?;
    let person = ask.form.get("person");
    let proof = prove(
        ask,
        person,
        &Given::Both(ask.form.raw("password"), ask.form.get("code")),
    )?;
    let actors = ask.app.actors_of(person);
    let error = match (proof, actors.first()) {
        (Proof::Good, Some(actor)) => {
            // Whoever sat here before is out: their token would be good for as long as it was.
            if let Some(Via::Session(hash)) = ask.visitor.as_ref().map(|visitor| visitor.via) {
                ask.app.authority().local().end_session(&hash)?;
            }
            let token = ask.app.begin_session(person, actor, false)?;
            let then = local(ask.form.get("then"));
            return signed_in(ask, &token, if then == "/" { "/queue" } else { then });
        }
        (Proof::Good, None) => ask.words().t("sign-in-no-role"),
        (Proof::Used, _) => ask.words().t("proof-used"),
        // Nobody is told whether the name is known, the password wrong, or somebody has failed too often.
        (Proof::Bad | Proof::Wait(_), _) => ask.words().t("proof-bad"),
    };
    let f = Frame::of(ask, ask.words().t("sign-in-title"));
    let then = local(ask.form.get("then")).to_owned();
    let person = person.to_owned();
    let errors = vec![("person", error)];
    html(&SignInPage {
        f,
        person,
        then,
        errors,
        just_enrolled: false,
    })
}

fn signed_in(ask: &Ask, token: &str, then: &str) -> Answered {
    let mut response = see(then);
    let cookie = session::set_cookie(&ask.app.session_cookie(), token, session::WHOLE_US / 1_000_000)?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    forget_visit(ask, &mut response)?;
    Ok(response)
}

fn forget_visit(ask: &Ask, response: &mut Response) -> Result<(), Fault> {
    let gone = session::set_cookie(&ask.app.visit_cookie(), "", 0)?;
    response.headers_mut().append(header::SET_COOKIE, gone);
    Ok(())
}

fn sign_out(ask: &Ask) -> Answered {
    if let Some(Via::Session(hash)) = ask.visitor.as_ref().map(|visitor| visitor.via) {
        ask.app.authority().local().end_session(&hash)?;
    }
    let mut response = see("/");
    let gone = session::set_cookie(&ask.app.session_cookie(), "", 0)?;
    response.headers_mut().append(header::SET_COOKIE, gone);
    Ok(response)
}

#[derive(Template)]
#[template(path = "account/enrol.html")]
struct EnrolPage {
    f: Frame,
    token: String,
    person: String,
    asks_code: bool,
    renews_all: bool,
    /// The new second factor, to be typed.
    secret: String,
    /// The same as a picture.
    picture: String,
    /// What the form carries of it.
    sealed: String,
    errors: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "account/enrol-not.html")]
struct EnrolNotPage {
    f: Frame,
    says: String,
}

/// The page that says why an invitation cannot be used.
fn not_now(ask: &Ask, key: &str) -> Answered {
    let words = ask.words();
    html(&EnrolNotPage {
        f: Frame::of(ask, words.t("enrol-not-title")),
        says: words.t(key),
    })
}

fn enrol_page(ask: &Ask) -> Answered {
    ask.app.limits.take(Purpose::Prove, ask.peer).map_err(Fault::TooMany)?;
    match enrolment::find(&ask.app, ask.param("token"))? {
        Found::Good(enrolment) => {
            let secret: [u8; 20] = crate::random().map_err(Fault::Failed)?;
            enrol_form(ask, &enrolment, &secret, Vec::new())
        }
        Found::NotOpen => not_now(ask, "enrol-not-open"),
        Found::Unknown | Found::CodeWrong(_) => not_now(ask, "enrol-unknown"),
    }
}

fn enrol_form(ask: &Ask, enrolment: &Enrolment, secret: &[u8], errors: Vec<(&'static str, String)>) -> Answered {
    let words = ask.words();
    let letters = credentials::secret_in_letters(secret);
    let issuer = crate::answer::encoded(&format!("Countersign {}", ask.app.id()));
    let person = crate::answer::encoded(&enrolment.person);
    let uri = format!("otpauth://totp/{issuer}:{person}?secret={letters}&issuer={issuer}");
    let title = words.t(if errors.is_empty() {
        "enrol-title"
    } else {
        "enrol-title-error"
    });
    html(&EnrolPage {
        f: Frame::of(ask, title),
        token: ask.param("token").to_owned(),
        person: enrolment.person.clone(),
        asks_code: enrolment.code_hash.is_some(),
        renews_all: enrolment.renews_all,
        picture: picture(&uri),
        secret: letters,
        sealed: STANDARD.encode(secret),
        errors,
    })
}

/// A text as a picture for a telephone's camera, as a data URL.
fn picture(text: &str) -> String {
    let Ok(code) = qrcode::QrCode::new(text.as_bytes()) else {
        return String::new();
    };
    let drawn = code
        .render::<qrcode::render::svg::Color<'_>>()
        .min_dimensions(220, 220)
        .build();
    format!("data:image/svg+xml;base64,{}", STANDARD.encode(drawn))
}

fn enrol(ask: &Ask) -> Answered {
    ask.app.limits.take(Purpose::Prove, ask.peer).map_err(Fault::TooMany)?;
    let words = ask.words();
    let secret = STANDARD.decode(ask.form.get("sealed")).unwrap_or_default();
    if secret.len() != 20 {
        return Err(Fault::Bad("fault-no-form"));
    }
    let enrolment = match enrolment::redeem(&ask.app, ask.param("token"), ask.form.get("handed"))? {
        Found::Good(enrolment) => enrolment,
        Found::CodeWrong(enrolment) => {
            return enrol_form(ask, &enrolment, &secret, vec![("handed", words.t("enrol-code-wrong"))]);
        }
        Found::NotOpen => return not_now(ask, "enrol-not-open"),
        Found::Unknown => return not_now(ask, "enrol-unknown"),
    };
    let mut errors = Vec::new();
    let password = ask.form.raw("password");
    let hashed = match credentials::hash(password, &enrolment.person) {
        Ok(hashed) => hashed,
        Err(key) => {
            errors.push(("password", words.t(key)));
            String::new()
        }
    };
    if password != ask.form.raw("again") {
        errors.push(("again", words.t("enrol-password-differs")));
    }
    let factor = second_factor(ask, &enrolment, secret.clone())?;
    if factor.is_none() {
        errors.push(("code", words.t("proof-code-bad")));
    }
    let (Some((secret, last_step)), true) = (factor, errors.is_empty()) else {
        return enrol_form(ask, &enrolment, &secret, errors);
    };
    let person = enrolment.person;
    let credential = Credential {
        person,
        password: hashed,
        secret,
        last_step,
        failures: 0,
        locked_until_us: 0,
    };
    let mut kept = ask.app.authority().local();
    // Of two at once with one link, one is first.
    if !kept.remove_enrolment(&credential.person)? {
        drop(kept);
        return not_now(ask, "enrol-unknown");
    }
    kept.put_credential(&credential)?;
    kept.end_sessions(&credential.person)?;
    drop(kept);
    ask.app.credentials_changed(&credential.person)?;
    Ok(see("/sign-in?enrolled=yes"))
}

/// The second factor that holds from now on, proved by a code of it: the new one, or for a new password alone the one
/// that was there.
fn second_factor(ask: &Ask, enrolment: &Enrolment, new: Vec<u8>) -> Result<Option<(Vec<u8>, u64)>, Fault> {
    let given = ask.form.get("code");
    let now_s = u64::try_from(ask.app.wall_us() / 1_000_000).unwrap_or_default();
    if enrolment.renews_all {
        return Ok(credentials::step_of(&new, given, now_s).map(|step| (new, step)));
    }
    let proof = prove(ask, &enrolment.person, &Given::Code(given))?;
    let kept = ask.app.authority().local().credential(&enrolment.person)?;
    Ok(kept
        .filter(|_| proof == Proof::Good)
        .map(|kept| (kept.secret, kept.last_step)))
}

fn language(ask: &Ask) -> Answered {
    let lang = Lang::parse(ask.form.get("language")).ok_or(Fault::Bad("fault-no-form"))?;
    let mut response = see(ask.form.get("then"));
    let cookie = session::set_cookie(&ask.app.language_cookie(), lang.code(), 365 * 24 * 3600)?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

fn acting(ask: &Ask) -> Answered {
    let visitor = ask.visitor()?;
    let wanted: Actor = ask.form.get("actor").parse().map_err(|_| Fault::Bad("fault-no-form"))?;
    let (true, Via::Session(hash)) = (visitor.actors.contains(&wanted), visitor.via) else {
        return Err(Fault::NotEntitled);
    };
    let mut kept = ask.app.authority().local();
    if let Some(mut session) = kept.session(&hash)? {
        session.actor = wanted.to_string();
        kept.put_session(&session)?;
    }
    drop(kept);
    Ok(see("/queue"))
}

#[derive(Template)]
#[template(path = "account/account.html")]
struct AccountPage {
    f: Frame,
    person: String,
    name: String,
    email: String,
    saved: bool,
    errors: Vec<(&'static str, String)>,
}

fn account_page(ask: &Ask) -> Answered {
    account(ask, Vec::new())
}

fn account(ask: &Ask, errors: Vec<(&'static str, String)>) -> Answered {
    let person = ask.visitor()?.person().to_owned();
    let kept = ask.app.authority().local().person(&person)?.unwrap_or_default();
    html(&AccountPage {
        f: Frame::of(ask, ask.words().t("account-title")),
        person,
        name: kept.name,
        email: kept.email.unwrap_or_default(),
        saved: ask.query.has("saved"),
        errors,
    })
}

fn change_password(ask: &Ask) -> Answered {
    let person = ask.visitor()?.person().to_owned();
    let words = ask.words();
    let hashed = match credentials::hash(ask.form.raw("password"), &person) {
        Ok(hashed) => hashed,
        Err(key) => return account(ask, vec![("password", words.t(key))]),
    };
    let proof = prove(
        ask,
        &person,
        &Given::Both(ask.form.raw("current"), ask.form.get("code")),
    )?;
    if let Some(says) = proof_in_words(ask, proof) {
        return account(ask, vec![("current", says)]);
    }
    let mut kept = ask.app.authority().local();
    if let Some(mut credential) = kept.credential(&person)? {
        credential.password = hashed;
        kept.put_credential(&credential)?;
        // Whoever else has signed in with the old one is out.
        kept.end_sessions(&person)?;
    }
    drop(kept);
    ask.app.credentials_changed(&person)?;
    let token = ask.app.begin_session(&person, ask.actor()?, false)?;
    signed_in(ask, &token, "/account?saved=yes")
}

fn change_notices(ask: &Ask) -> Answered {
    let person = ask.visitor()?.person().to_owned();
    let email = ask.form.get("email");
    let plausible = |text: &str| {
        let (name, host) = text.split_once('@').unwrap_or_default();
        let plain = text.len() <= 254
            && text
                .chars()
                .all(|letter| !letter.is_whitespace() && !letter.is_control());
        plain && !name.is_empty() && host.contains('.') && !text.contains(['<', '>', ',', ';', '"'])
    };
    if !email.is_empty() && !plausible(email) {
        return account(ask, vec![("email", ask.words().t("account-email-bad"))]);
    }
    let mut kept = ask.app.authority().local();
    let mut known = kept.person(&person)?.unwrap_or_default();
    known.id = person;
    known.email = (!email.is_empty()).then(|| email.to_owned());
    known.language = Some(ask.lang.code().to_owned());
    kept.put_whole_person(&known)?;
    drop(kept);
    Ok(see("/account?saved=yes"))
}
