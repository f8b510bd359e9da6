//! Passwords and second factors: how they are made and checked.

use std::sync::{Condvar, Mutex, PoisonError};

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use store::{Credential, Local, StoreError};
use totp_rs::{Builder, Secret, Totp};

/// Letters of the shortest password.
pub const PASSWORD_LETTERS_MIN: usize = 12;
/// Bytes of the longest: more would only be work for the server.
const PASSWORD_BYTES_MAX: usize = 512;
/// The time step of the second factor, in seconds (RFC 6238).
const STEP: u64 = 30;
/// A hash that no password has, so that an unknown person takes as long as a known one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlz$vmO2MyQXhnzOmzuwICYsoyQ4F6EoFxQ6mUTtW+FLNWQ";
/// Failures after which the first pause comes.
const FAILURES_FREE: u32 = 5;
/// When somebody failed last who is not counted against anyone: read by nobody.
const FAILED_AT: &str = "failed_at_us";
/// The longest pause, in seconds.
const PAUSE_MAX: u64 = 15 * 60;

/// Argon2id with what OWASP's password storage sheet gives as the least: 19 MiB, two passes, one lane.
fn argon() -> Argon2<'static> {
    Argon2::new(
        Algorithm::Argon2id,
        Version::V0x13,
        Params::new(19_456, 2, 1, None).unwrap_or_default(),
    )
}

/// How many passwords are hashed at the same time: each takes 19 MiB and a core. Others wait.
const HASHED_AT_ONCE: usize = 8;

/// How many are being hashed.
static HASHED: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

/// Does the work of hashing once there is a place for it.
fn in_turn<T>(work: impl FnOnce() -> T) -> T {
    let (count, left) = &HASHED;
    let mut busy = count.lock().unwrap_or_else(PoisonError::into_inner);
    while *busy >= HASHED_AT_ONCE {
        busy = left.wait(busy).unwrap_or_else(PoisonError::into_inner);
    }
    *busy += 1;
    drop(busy);
    let done = work();
    *count.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
    left.notify_one();
    done
}

/// Hashes a new password; the key of the words that say what is wrong with it.
pub fn hash(password: &str, person: &str) -> Result<String, &'static str> {
    let letters = password.chars().count();
    if letters < PASSWORD_LETTERS_MIN {
        return Err("enrol-password-short");
    }
    if password.len() > PASSWORD_BYTES_MAX {
        return Err("enrol-password-long");
    }
    let first = password.chars().next();
    if password.chars().all(|letter| Some(letter) == first) || COMMON.contains(&password.to_lowercase().as_str()) {
        return Err("enrol-password-common");
    }
    if person.len() > 3 && password.to_lowercase().contains(&person.to_lowercase()) {
        return Err("enrol-password-person");
    }
    let salt: [u8; 16] = crate::random().map_err(|_| "fault-unavailable")?;
    let hashed = in_turn(|| argon().hash_password_with_salt(password.as_bytes(), &salt));
    hashed.map(|hash| hash.to_string()).map_err(|_| "fault-unavailable")
}

/// Passwords of twelve letters and more that everybody tries first.
const COMMON: &[&str] = &[
    "123456789012",
    "1234567890123",
    "qwertyuiop123",
    "password1234",
    "passwordpassword",
    "administrator",
    "administrator1",
    "letmeinletmein",
    "iloveyou1234",
    "qwerty123456",
    "abcdefghijkl",
    "abc123abc123",
    "changeme1234",
    "welcome12345",
    "countersign1",
    "countersign123",
    "1q2w3e4r5t6y",
    "qwertyuiopas",
];

/// Whether a password is the one of a hash. Without a hash it takes as long, and is none.
pub fn fits(password: &str, hashed: Option<&str>) -> bool {
    compared(password, hashed, |taken, hashed| {
        PasswordHash::new(hashed).is_ok_and(|hash| in_turn(|| argon().verify_password(taken, &hash)).is_ok())
    })
}

/// The same with what does the work: for somebody unknown it is done on a hash that is as dear.
fn compared(password: &str, hashed: Option<&str>, verify: impl FnOnce(&[u8], &str) -> bool) -> bool {
    let taken = password
        .get(..PASSWORD_BYTES_MAX.min(password.len()))
        .unwrap_or_default();
    let verified = verify(taken.as_bytes(), hashed.unwrap_or(NOBODY));
    verified && hashed.is_some() && taken.len() == password.len()
}

/// The second factor of a secret: SHA-1, six digits, thirty seconds, as every authenticator app has it (RFC 6238).
fn factor(secret: &[u8]) -> Totp {
    Builder::new()
        .with_skew(0)
        .with_step_duration(STEP)
        .with_secret(secret)
        .build_noncompliant()
}

/// The code of a secret at a moment, for the tests' own telephones.
pub fn code(secret: &[u8], now_s: u64) -> String {
    factor(secret).generate(now_s).to_string()
}

/// A secret as people type it into an authenticator app.
pub fn secret_in_letters(secret: &[u8]) -> String {
    Secret::from(secret).to_base32()
}

/// The step of a code that is right at a moment: the clock of a telephone may be half a minute off. Of several steps the
/// latest counts, so that one code is not two.
pub fn step_of(secret: &[u8], given: &str, now_s: u64) -> Option<u64> {
    let given: String = given
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .map(ascii_digit)
        .collect();
    let factor = factor(secret);
    let step = now_s / STEP;
    let steps = [step + 1, step, step.saturating_sub(1)];
    steps
        .into_iter()
        .find(|step| factor.check(&given, step * STEP).is_some())
}

/// A digit of any width as ASCII.
fn ascii_digit(letter: char) -> char {
    match letter {
        '０'..='９' => char::from_digit(u32::from(letter) - u32::from('０'), 10).unwrap_or(letter),
        other => other,
    }
}

/// What came of an attempt to prove who one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It is them.
    Good,
    /// Something was wrong; nobody is told what.
    Bad,
    /// The code was right, but it was used before: the next one will do.
    Used,
    /// Too many failures: nothing is looked at for so many seconds.
    Wait(u64),
}

/// The pause after so many failures, in seconds: none for the first few, then doubled each time.
fn pause(failures: u32) -> u64 {
    match failures.checked_sub(FAILURES_FREE) {
        None => 0,
        Some(more) => 30_u64.saturating_mul(1 << more.min(10)).min(PAUSE_MAX),
    }
}

/// What came of a check, and what it counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What it proves.
    pub proof: Proof,
    /// The step of the code that was right.
    pub step: Option<u64>,
    /// Whether a failure brings the pause nearer. Without the password it does not: whoever only knows a name could keep
    /// that person out for ever. Guessing goes by address, and the answer never tells that a password was right.
    pub counts: bool,
}

impl Checked {
    fn of(proof: Proof, counts: bool) -> Self {
        Self {
            proof,
            step: None,
            counts,
        }
    }
}

/// What a password proves beside the code.
pub enum Given<'a> {
    /// Password and code: to sign in.
    Both(&'a str, &'a str),
    /// The code alone, of somebody who is signed in: to sign.
    Code(&'a str),
}

/// Checks what a person gives as proof against what is kept, without changing anything. Whether the code was used before,
/// `keep` finds out.
pub fn check(kept: Option<&Credential>, given: &Given<'_>, now_us: i64) -> Checked {
    let now_s = u64::try_from(now_us / 1_000_000).unwrap_or_default();
    // The password is hashed whatever else is known, so that the time tells nothing.
    let (password, code) = match given {
        Given::Both(password, code) => (fits(password, kept.map(|kept| kept.password.as_str())), code),
        Given::Code(code) => (true, code),
    };
    let wait = kept.map_or(0, |kept| kept.locked_until_us.saturating_sub(now_us));
    if wait > 0 {
        let seconds = u64::try_from(wait / 1_000_000).unwrap_or_default() + 1;
        return Checked::of(Proof::Wait(seconds), false);
    }
    let step = kept.and_then(|kept| step_of(&kept.secret, code, now_s));
    match (kept, password, step) {
        (Some(_), true, Some(step)) => Checked {
            step: Some(step),
            ..Checked::of(Proof::Good, false)
        },
        _ => Checked::of(Proof::Bad, password),
    }
}

/// Keeps what came of an attempt. Of two at once with one code, one is good.
pub fn keep(local: &mut Local, person: &str, checked: Checked, now_us: i64) -> Result<Proof, StoreError> {
    match (checked.proof, checked.step) {
        (Proof::Good, Some(step)) => Ok(if local.take_step(person, step)? {
            Proof::Good
        } else {
            Proof::Used
        }),
        (Proof::Bad, _) => {
            let kept = local.credential(person)?.filter(|_| checked.counts);
            match kept {
                Some(kept) => local.put_credential(&failed(kept, now_us))?,
                // Written all the same, so that the time tells neither who is known nor whose password was right.
                None => local.put_meta(FAILED_AT, &now_us.to_string())?,
            }
            Ok(Proof::Bad)
        }
        (proof, _) => Ok(proof),
    }
}

/// Credentials after one more failure.
fn failed(mut kept: Credential, now_us: i64) -> Credential {
    kept.failures = kept.failures.saturating_add(1);
    let seconds = i64::try_from(pause(kept.failures)).unwrap_or_default();
    kept.locked_until_us = now_us.saturating_add(seconds.saturating_mul(1_000_000));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000_000;

    fn kept(password: &str) -> Credential {
        Credential {
            person: "li".to_owned(),
            password: hash(password, "li").unwrap(),
            secret: b"12345678901234567890".to_vec(),
            last_step: 0,
            failures: 0,
            locked_until_us: 0,
        }
    }

    #[test]
    fn few_passwords_are_hashed_at_the_same_time() {
        use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = || {
            most.fetch_max(inside.fetch_add(1, SeqCst) + 1, SeqCst);
            (0..1_000).for_each(|_| std::thread::yield_now());
            inside.fetch_sub(1, SeqCst);
        };
        std::thread::scope(|scope| {
            (0..4 * HASHED_AT_ONCE).for_each(|_| drop(scope.spawn(|| in_turn(work))));
        });
        assert!((1..=HASHED_AT_ONCE).contains(&most.into_inner()));
        assert_eq!(inside.into_inner(), 0);
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, SHA-1: the last six of eight digits.
        for (at, shown) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(code(b"12345678901234567890", at), shown);
        }
    }

    #[test]
    fn password_and_code_are_both_needed_and_a_code_is_taken_once() {
        let mut local = store::create(std::path::Path::new(""), &store::Engine::Memory)
            .unwrap()
            .local;
        let credential = kept("correct horse battery");
        local.put_credential(&credential).unwrap();
        let now_s = u64::try_from(NOW / 1_000_000).unwrap();
        let right = code(&credential.secret, now_s);
        let wrong = if right == "000000" { "000001" } else { "000000" };
        let mut attempt = |password: &str, code: &str, at| {
            let found = local.credential("li").unwrap();
            let checked = check(found.as_ref(), &Given::Both(password, code), at);
            keep(&mut local, "li", checked, at).unwrap()
        };
        assert_eq!(attempt("correct horse battery", wrong, NOW), Proof::Bad);
        assert_eq!(attempt("wrong horse battery", &right, NOW), Proof::Bad);
        assert_eq!(attempt("correct horse battery", &right, NOW), Proof::Good);
        assert_eq!(attempt("correct horse battery", &right, NOW), Proof::Used);
        for _ in 0..20 {
            assert_eq!(attempt("wrong horse battery", wrong, NOW), Proof::Bad);
        }
        assert_eq!(
            attempt("correct horse battery", &right, NOW),
            Proof::Used,
            "whoever knows the name alone shuts nobody out"
        );
        for _ in 0..5 {
            assert_eq!(attempt("correct horse battery", wrong, NOW), Proof::Bad);
        }
        assert_eq!(attempt("correct horse battery", &right, NOW), Proof::Wait(31));
    }

    #[test]
    fn a_code_of_full_width_digits_with_a_space_is_taken() {
        let wide: String = code(b"12345678901234567890", 59)
            .chars()
            .map(|digit| char::from_u32(u32::from(digit) - u32::from('0') + u32::from('０')).unwrap())
            .collect();
        let (first, second) = wide.split_at(9);
        assert_eq!(
            step_of(b"12345678901234567890", &format!(" {first} {second}"), 59),
            Some(1)
        );
    }

    #[test]
    fn nobody_takes_as_long_and_weak_passwords_are_refused() {
        assert!(
            PasswordHash::new(NOBODY).is_ok(),
            "an unknown person's password is hashed too"
        );
        assert!(!fits("anything at all", None));
        let mut asked = None;
        let known = compared("anything at all", None, |_, hashed| {
            asked = Some(hashed.to_owned());
            true
        });
        let real = hash("a password of somebody", "li").unwrap();
        let price = |hashed: &str| hashed.split('$').take(4).collect::<Vec<_>>().join("$");
        assert!(!known && asked.is_some_and(|asked| price(&asked) == price(&real)));
        let refused = ["short", "aaaaaaaaaaaaaaaa", "Password1234", "hong-hong-hong-1"];
        for weak in refused {
            assert!(hash(weak, "hong").is_err(), "{weak}");
        }
    }
}
