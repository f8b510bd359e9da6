//! The exchange: two authorities, and an authority with a partner that lies.

use std::path::Path;

use authority::{Answer, Authority, MadeBy, NewAuthority, Outgoing, Place, Settled, fsck};
use domain::partner::{KeyFile, Receipt, Taken};
use jiff::Timestamp;
use serde_json::json;

use crate::peer::{Letter, Peer, size};
use crate::{after, envelope, new, one, seq, start};

fn founded(id: &str, seed: u8, place: Place) -> Authority {
    let new = NewAuthority {
        id: id.to_owned(),
        country: id.to_owned(),
        province: None,
        key_seed: [seed; 32],
        ..new()
    };
    let authority = Authority::create(place, &new, start()).unwrap();
    for (number, actor) in [(1, "statistician:sun"), (3, "approver:wang")] {
        let with = json!({ "actor": actor });
        let of = seq(&one(
            &authority,
            start(),
            envelope(start(), number, "administrator:a", "grant_role", &with),
        ));
        let yes = envelope(start(), number + 1, "administrator:b", "approve", &json!({ "of": of }));
        seq(&one(&authority, start(), yes));
    }
    authority
}

pub fn memory(id: &str, seed: u8) -> Authority {
    founded(id, seed, Place::memory(MadeBy::Run))
}

pub fn in_folder(id: &str, seed: u8, folder: &Path) -> Authority {
    founded(id, seed, Place::create(folder, id, "sqlite:", MadeBy::Run).unwrap())
}

pub fn pair(authority: &Authority, file: &KeyFile) {
    let with = json!({ "file": file, "fingerprint": file.fingerprint() });
    let of = seq(&one(
        authority,
        start(),
        envelope(start(), 8, "administrator:a", "pair_partner", &with),
    ));
    let with = json!({ "of": of, "read_back": file.fingerprint() });
    seq(&one(
        authority,
        start(),
        envelope(start(), 9, "administrator:b", "approve", &with),
    ));
}

pub fn paired(exporter: &Authority, importer: &Authority) {
    pair(exporter, &importer.key_file().unwrap());
    pair(importer, &exporter.key_file().unwrap());
}

/// Queues a message: a statement of a year before the books.
pub fn state_year(authority: &Authority, partner: &str, year: i16, at: Timestamp) {
    let number = u8::try_from(year - 1990).unwrap();
    let with = json!({ "partner": partner, "year": year });
    let propose = envelope(at, number, "statistician:sun", "propose_trade_statement", &with);
    let of = seq(&one(authority, at, propose));
    let yes = envelope(at, number + 100, "approver:wang", "approve", &json!({ "of": of }));
    seq(&one(authority, at, yes));
}

/// Hands messages to a partner in the same process.
pub fn post(to: &Authority, at: Timestamp) -> impl FnMut(&Outgoing) -> Result<Vec<u8>, String> {
    move |message| {
        let answer = to.accept(at, message.bytes.as_bytes());
        answer
            .map(|answer| answer.encode().into_bytes())
            .map_err(|error| error.to_string())
    }
}

pub fn receipt(answer: Answer) -> (String, Receipt) {
    let Answer::Receipt(text) = answer else {
        panic!("{answer:?}")
    };
    let receipt = exchange::parse(text.as_bytes()).unwrap().payload.read().unwrap();
    (text, receipt)
}

pub fn code(answer: &Answer) -> &str {
    match answer {
        Answer::Refused { code, .. } | Answer::Alarm { code, .. } => code,
        answer => panic!("{answer:?}"),
    }
}

pub fn differences(authority: Authority) -> Vec<authority::Difference> {
    authority.close().unwrap().fsck().unwrap().differences
}

#[test]
fn a_message_is_signed_taken_answered_and_cosigned() {
    let (cn, kr) = (memory("CN", 1), memory("KR", 2));
    paired(&cn, &kr);
    state_year(&cn, "KR", 2022, after(1));
    state_year(&cn, "KR", 2023, after(1));
    let round = cn.send_round(after(1), &mut post(&kr, after(1))).unwrap();
    assert_eq!((round.signed, round.sent, round.settled), (2, 2, 2), "{round:?}");
    assert_eq!(round.failed, []);
    let (cn_state, kr_state) = (cn.state().clone(), kr.state().clone());
    let (there, here) = (
        cn_state.partners.get("KR").unwrap(),
        kr_state.partners.get("CN").unwrap(),
    );
    assert!(there.unanswered.is_empty() && there.queue.is_empty() && there.refused.is_empty());
    assert_eq!(there.sent, here.received, "both ends of the chain are the same");
    assert_eq!(there.cosigned, there.sent.map(|sent| sent.head.size));
    assert_eq!(kr_state.trade.statements().count(), 2);
    let mut lines = Vec::new();
    cn.read(|journal| {
        journal.cosignatures(&mut |size, name, line| {
            lines.push((size, name.to_owned(), line.to_owned()));
            std::ops::ControlFlow::Continue(())
        })
    })
    .unwrap();
    let (size, name, line) = lines.first().unwrap();
    assert_eq!(Some(*size), there.cosigned);
    assert!(kr.log_key().starts_with(name));
    assert!(line.starts_with('\u{2014}'));
    for state in [&cn_state, &kr_state] {
        let read = domain::State::from_bytes(&state.to_bytes().unwrap()).unwrap();
        assert_eq!(read.hash(), state.hash(), "a snapshot holds partners and their chains");
    }
    assert_eq!(cn.outgoing().unwrap(), []);
    assert_eq!(cn.send_round(after(2), &mut post(&kr, after(2))).unwrap().sent, 0);
    assert_eq!(differences(cn), []);
    assert_eq!(differences(kr), []);
}

#[test]
fn a_message_that_comes_twice_gets_the_same_receipt_even_after_a_restart() {
    let (cn, kr) = (memory("CN", 1), memory("KR", 2));
    paired(&cn, &kr);
    state_year(&cn, "KR", 2023, after(1));
    assert_eq!(cn.sign_queued(after(1)).unwrap(), 1);
    let sent = cn.outgoing().unwrap();
    let bytes = sent[0].bytes.as_bytes();
    let (first, read) = receipt(kr.accept(after(1), bytes).unwrap());
    assert_eq!(read.taken, Taken::Accepted);
    let entries = size(&kr);
    let kr = kr.close().unwrap().open().unwrap();
    let cn = cn.close().unwrap().open().unwrap();
    assert_eq!(cn.outgoing().unwrap(), sent, "the same bytes for ever");
    for at in [after(1), after(2), after(200)] {
        assert_eq!(receipt(kr.accept(at, bytes).unwrap()).0, first);
    }
    assert_eq!(size(&kr), entries);
    let to = "KR".parse().unwrap();
    let settled = cn.settle(after(2), &to, first.as_bytes()).unwrap();
    assert!(
        matches!(settled, Settled::Recorded { refused: None, .. }),
        "{settled:?}"
    );
    let again = cn.settle(after(3), &to, first.as_bytes()).unwrap();
    assert!(
        matches!(&again, Settled::Refused { code, .. } if code == "receipt_not_awaited"),
        "{again:?}"
    );
}

#[test]
fn messages_out_of_order_wait_for_the_one_before() {
    let (cn, kr) = (memory("CN", 1), memory("KR", 2));
    paired(&cn, &kr);
    for year in 2020..=2023 {
        state_year(&cn, "KR", year, after(1));
    }
    assert_eq!(cn.sign_queued(after(1)).unwrap(), 4);
    let sent = cn.outgoing().unwrap();
    let entries = size(&kr);
    for late in [3, 1, 2] {
        let answer = kr.accept(after(1), sent[late].bytes.as_bytes()).unwrap();
        assert_eq!(answer, Answer::Parked { expected: 1 });
    }
    assert_eq!(size(&kr), entries, "what is parked is not journaled");
    receipt(kr.accept(after(1), sent[0].bytes.as_bytes()).unwrap());
    let last = kr.state().partners.get("CN").unwrap().received.unwrap();
    assert_eq!(last.seq, 4, "the parked ones followed");
    let round = cn.send_round(after(1), &mut post(&kr, after(1))).unwrap();
    assert_eq!((round.sent, round.settled), (4, 4));
}

#[test]
fn a_round_stops_at_the_first_message_without_a_receipt() {
    let (cn, kr) = (memory("CN", 1), memory("KR", 2));
    paired(&cn, &kr);
    state_year(&cn, "KR", 2022, after(1));
    state_year(&cn, "KR", 2023, after(1));
    let round = cn.send_round(after(1), &mut |_| Err("no route".to_owned())).unwrap();
    assert_eq!(
        (round.signed, round.sent, round.settled, round.failed.len()),
        (2, 0, 0, 1)
    );
    let round = cn.send_round(after(1), &mut |_| Ok(b"nonsense".to_vec())).unwrap();
    assert_eq!((round.sent, round.settled, round.failed.len()), (1, 0, 1));
    // A receipt of somebody else's is not taken for KR's.
    let mut lie = |message: &Outgoing| Ok(message.bytes.clone().into_bytes());
    let round = cn.send_round(after(1), &mut lie).unwrap();
    assert_eq!((round.sent, round.settled, round.failed.len()), (1, 0, 1));
    let late = after(exchange::MESSAGE_DAYS + 2);
    let round = cn.send_round(late, &mut post(&kr, late)).unwrap();
    assert_eq!(
        (round.sent, round.settled),
        (2, 2),
        "out of date, they travel all the same"
    );
    let refused = &cn.state().partners.get("KR").unwrap().refused.clone();
    assert!(refused.iter().all(|refused| refused.code.as_str() == "message_expired"));
    assert_eq!(refused.len(), 2);
}

#[test]
fn rounds_at_the_same_time_sign_and_settle_each_message_once() {
    let (cn, kr) = (memory("CN", 1), memory("KR", 2));
    paired(&cn, &kr);
    for year in 2014..=2023 {
        state_year(&cn, "KR", year, after(1));
    }
    let entries = size(&cn);
    let rounds: Vec<_> = std::thread::scope(|scope| {
        let round = || cn.send_round(after(1), &mut post(&kr, after(1))).unwrap();
        let rounds: Vec<_> = (0..4).map(|_| scope.spawn(round)).collect();
        rounds.into_iter().map(|round| round.join().unwrap()).collect()
    });
    assert_eq!(rounds.iter().map(|round| round.signed).sum::<usize>(), 10);
    assert_eq!(size(&cn), entries + 20, "ten messages and ten receipts");
    assert!(rounds.iter().all(|round| round.failed.is_empty()), "{rounds:?}");
    assert_eq!(differences(cn), []);
    assert_eq!(differences(kr), []);
}

#[test]
fn a_clock_that_runs_behind_signs_and_takes_messages_all_the_same() {
    let (cn, kr) = (memory("CN", 1), memory("KR", 2));
    paired(&cn, &kr);
    state_year(&cn, "KR", 2023, after(1));
    let round = cn.send_round(after(-9), &mut post(&kr, after(-9))).unwrap();
    assert_eq!(
        (round.signed, round.settled, round.failed.len()),
        (1, 1, 0),
        "{round:?}"
    );
    state_year(&kr, "CN", 2023, after(3));
    kr.sign_queued(after(-30)).unwrap();
    let message = kr.outgoing().unwrap().remove(0);
    assert!(
        message.not_after > after(30),
        "it was signed no earlier than what was recorded before"
    );
}

#[test]
fn keys_that_the_journal_does_not_name_do_not_open_it() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    in_folder("CN", 1, ours.path()).close().unwrap();
    in_folder("KR", 2, theirs.path()).close().unwrap();
    for key in ["exchange.key", "root.key"] {
        let [own, other] = [&ours, &theirs].map(|folder| folder.path().join("keys").join(key));
        let kept = std::fs::read(&own).unwrap();
        std::fs::copy(other, &own).unwrap();
        let opened = Authority::open(ours.path());
        assert!(matches!(opened, Err(authority::AuthorityError::Broken(_))), "{key}");
        std::fs::write(&own, "no key").unwrap();
        let opened = Authority::open(ours.path());
        assert!(matches!(opened, Err(authority::AuthorityError::Folder(..))), "{key}");
        std::fs::write(&own, kept).unwrap();
        Authority::open(ours.path()).unwrap().close().unwrap();
    }
}

#[test]
fn each_key_has_a_seed_of_its_own() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    in_folder("CN", 1, folder.path()).close().unwrap();
    let seed = |key: &&str| {
        let path = folder.path().join("keys").join(key);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{key}");
        let text = std::fs::read_to_string(path).unwrap();
        text.trim().rsplit('+').next().unwrap().to_owned()
    };
    let seeds: std::collections::BTreeSet<String> = ["log.key", "root.key", "exchange.key"].iter().map(seed).collect();
    assert_eq!(seeds.len(), 3);
}

#[test]
fn a_day_passes_whether_or_not_something_is_due() {
    let cn = memory("CN", 1);
    let entries = size(&cn);
    assert_eq!(cn.pass_day(after(1)).unwrap(), 0);
    assert_eq!(cn.pass_day(after(1)).unwrap(), 0);
    assert_eq!(size(&cn), entries);
}

#[test]
fn nobody_but_the_node_hands_messages_to_the_writer() {
    let (cn, kr) = (memory("CN", 1), memory("KR", 2));
    paired(&cn, &kr);
    state_year(&cn, "KR", 2023, after(1));
    cn.sign_queued(after(1)).unwrap();
    let bytes = cn.outgoing().unwrap()[0].bytes.clone();
    let mut signed = exchange::parse(bytes.as_bytes()).unwrap();
    signed.signature.0[3] ^= 1;
    let with =
        json!({ "from": "CN", "head": { "size": 1, "root": domain::digest::Digest::of("") }, "message": signed });
    let entries = size(&kr);
    let forged = envelope(after(1), 50, "exchange:node", "receive_message", &with);
    assert_eq!(one(&kr, after(1), forged).outcome.code(), Some("not_entitled"));
    assert_eq!(size(&kr), entries);
}

#[test]
fn an_authority_is_not_founded_with_an_address_that_is_none() {
    let bad = NewAuthority {
        url: Some("cn.example".to_owned()),
        ..new()
    };
    assert!(bad.check().is_err());
    let good = NewAuthority {
        url: Some("https://cn.example".to_owned()),
        ..new()
    };
    good.check().unwrap();
    let cn = Authority::create(Place::memory(MadeBy::Run), &good, start()).unwrap();
    let file = cn.key_file().unwrap();
    assert_eq!(file.url.unwrap().as_str(), "https://cn.example");
}

#[test]
fn a_key_file_that_was_changed_is_not_paired_with() {
    let (cn, kr) = (memory("CN", 1), memory("KR", 2));
    let mut file = kr.key_file().unwrap();
    file.url = Some("https://elsewhere.example".parse().unwrap());
    let with = json!({ "file": file, "fingerprint": file.fingerprint() });
    let propose = envelope(start(), 8, "administrator:a", "pair_partner", &with);
    assert_eq!(one(&cn, start(), propose).outcome.code(), Some("key_file_bad"));
}

#[test]
fn the_address_stands_in_the_key_file_and_in_the_settings() {
    let folder = tempfile::tempdir().unwrap();
    let cn = in_folder("CN", 1, folder.path());
    assert_eq!(cn.key_file().unwrap().url, None);
    assert!(cn.place().set_url(Some("ftp://cn.example")).is_err());
    cn.place().set_url(Some("https://cn.example/countersign")).unwrap();
    cn.close().unwrap();
    let cn = Authority::open(folder.path()).unwrap();
    let file = cn.key_file().unwrap();
    assert_eq!(
        file.url.as_ref().map(domain::id::Text::as_str),
        Some("https://cn.example/countersign")
    );
    assert_eq!(exchange::read_key_file(&exchange::key_file_text(&file)).unwrap(), file);
    cn.close().unwrap();
    // The root key may be taken away: then there is no key file, and everything else goes on.
    std::fs::remove_file(folder.path().join("keys").join("root.key")).unwrap();
    let cn = Authority::open(folder.path()).unwrap();
    assert!(cn.key_file().is_err());
}

/// A lie, the code it is refused with, and how it is told.
type Lie = (&'static str, &'static str, fn(&mut Peer, &Letter) -> Vec<u8>);

fn changed(peer: &Peer, taken: &Letter, change: impl FnOnce(&mut Letter)) -> Vec<u8> {
    let mut letter = peer.letter(2, Some(taken), 5, after(1));
    change(&mut letter);
    letter.bytes()
}

const LIES: &[Lie] = &[
    ("nothing", "message_unreadable", |_, _| Vec::new()),
    ("oversized", "message_too_large", |_, _| vec![b'A'; 32 * 1024 + 1]),
    ("forged", "signature_bad", |peer, taken| {
        let mut bytes = changed(peer, taken, |_| {});
        let last = bytes.len() - 5;
        bytes[last] = if bytes[last] == b'A' { b'B' } else { b'A' };
        bytes
    }),
    ("cut short", "message_unreadable", |peer, taken| {
        let mut bytes = changed(peer, taken, |_| {});
        bytes.truncate(bytes.len() - 1);
        bytes
    }),
    ("another's key under the right name", "signature_bad", |peer, taken| {
        let theirs = exchange::parse(&changed(peer, taken, |letter| letter.key = Peer::new(77).key)).unwrap();
        let kid = peer.key.kid().clone();
        domain::partner::Signed { kid, ..theirs }.compact().into_bytes()
    }),
    ("an unknown key", "key_unknown", |peer, taken| {
        changed(peer, taken, |letter| letter.key = Peer::new(77).key)
    }),
    ("an unknown sender", "sender_unknown", |peer, taken| {
        changed(peer, taken, |letter| letter.message.from = "BR".parse().unwrap())
    }),
    ("ourselves", "sender_unknown", |peer, taken| {
        changed(peer, taken, |letter| letter.message.from = "CN".parse().unwrap())
    }),
    ("for another", "message_for_another", |peer, taken| {
        changed(peer, taken, |letter| letter.message.to = "BR".parse().unwrap())
    }),
    ("no chain", "chain_broken", |peer, taken| {
        changed(peer, taken, |letter| letter.message.prev = None)
    }),
    ("number nought", "message_out_of_order", |peer, taken| {
        changed(peer, taken, |letter| letter.message.seq = 0)
    }),
    ("a field too many", "message_unreadable", |peer, taken| {
        let text = domain::partner::Json::of(&peer.letter(2, Some(taken), 5, after(1)).message).unwrap();
        let text = text.as_str().replacen('{', "{\"w\":1,", 1);
        let payload = domain::partner::Json::parse(&text).unwrap();
        exchange::sign(&peer.key, payload).compact().into_bytes()
    }),
    ("a field twice", "message_unreadable", |peer, taken| {
        let text = domain::partner::Json::of(&peer.letter(2, Some(taken), 5, after(1)).message).unwrap();
        let text = text.as_str().replacen('{', "{\"to\":\"CN\",", 1);
        let payload = domain::partner::Json::parse(&text).unwrap();
        exchange::sign(&peer.key, payload).compact().into_bytes()
    }),
    ("a checkpoint of another log", "checkpoint_bad", |peer, taken| {
        let mut other = Peer::new(77);
        other.grow(9);
        changed(peer, taken, |letter| letter.message.checkpoint = other.note())
    }),
    ("no checkpoint", "checkpoint_bad", |peer, taken| {
        changed(peer, taken, |letter| letter.message.checkpoint = String::new())
    }),
    ("no proof", "consistency_missing", |peer, taken| {
        peer.grow(9);
        changed(peer, taken, |letter| letter.message.consistency.hashes.clear())
    }),
    ("a proof from elsewhere", "consistency_missing", |peer, taken| {
        peer.grow(9);
        changed(peer, taken, |letter| letter.message.consistency.from_size = 4)
    }),
    ("a log with two roots", "log_forked", |peer, taken| {
        peer.fork(5);
        changed(peer, taken, |_| {})
    }),
    ("a log that was rewritten and has grown", "log_forked", |peer, taken| {
        peer.fork(9);
        changed(peer, taken, |_| {})
    }),
    ("a log that was rolled back", "log_rolled_back", |peer, taken| {
        peer.fork(0);
        peer.grow(4);
        changed(peer, taken, |_| {})
    }),
];

#[test]
fn each_lie_is_refused_with_its_code_and_leaves_no_trace() {
    let cn = memory("CN", 1);
    let mut peer = Peer::new(40);
    pair(&cn, &peer.key_file());
    peer.grow(5);
    let taken = peer.letter(1, None, 0, after(1));
    let (_, read) = receipt(cn.accept(after(1), &taken.bytes()).unwrap());
    let code_of_kind = "unknown_kind".parse().unwrap();
    assert_eq!(
        read.taken,
        Taken::Refused { code: code_of_kind },
        "a kind of tomorrow is taken, and refused"
    );
    let state = cn.state().hash().unwrap();
    // A log that does not continue is an alarm, and leaves one.
    for (lie, expected, told) in LIES.iter().filter(|(_, code, _)| !code.starts_with("log_")) {
        let mut liar = Peer::new(40);
        liar.grow(5);
        let bytes = told(&mut liar, &taken);
        for at in [after(1), after(2)] {
            assert_eq!(code(&cn.accept(at, &bytes).unwrap()), *expected, "{lie}");
        }
        assert_eq!(cn.state().hash().unwrap(), state, "{lie}");
    }
    peer.grow(9);
    let next = peer.letter(2, Some(&taken), 5, after(1));
    receipt(cn.accept(after(1), &next.bytes()).unwrap());
    let old = peer.letter(3, Some(&next), 9, after(401));
    assert_eq!(
        code(&cn.accept(after(401), &old.bytes()).unwrap()),
        "key_unknown",
        "its key has ended"
    );
    assert_eq!(differences(cn), []);
}

#[test]
fn a_log_that_does_not_continue_is_an_alarm_kept_once_and_told() {
    let alarms: Vec<_> = LIES.iter().filter(|(_, code, _)| code.starts_with("log_")).collect();
    assert_eq!(alarms.len(), 3);
    for (lie, expected, told) in alarms {
        let folder = tempfile::tempdir().unwrap();
        let cn = in_folder("CN", 1, folder.path());
        let mut peer = Peer::new(40);
        pair(&cn, &peer.key_file());
        peer.grow(5);
        let taken = peer.letter(1, None, 0, after(1));
        receipt(cn.accept(after(1), &taken.bytes()).unwrap());
        let entries = size(&cn);
        let bytes = told(&mut peer, &taken);
        for at in [after(1), after(2), after(90)] {
            let answer = cn.accept(at, &bytes).unwrap();
            assert_eq!(code(&answer), *expected, "{lie}");
            let Answer::Alarm { checkpoint, .. } = answer else {
                panic!("{lie}: {answer:?}")
            };
            assert_eq!(checkpoint, taken.message.checkpoint, "what its own log has signed");
        }
        assert_eq!(size(&cn), entries + 1, "{lie}: the alarm alone, and once");
        let partner = cn.state().partners.get("KR").unwrap().clone();
        assert_eq!(partner.alarms.len(), 1, "{lie}");
        assert_eq!(partner.alarms[0].kind.code(), *expected);
        assert!(partner.own_alarm().is_none(), "it is about the other log");
        assert_eq!(partner.received.unwrap().seq, 1, "the message is not taken");
        cn.close().unwrap();
        assert_eq!(fsck(folder.path()).unwrap().differences, [], "{lie}");
        damage(folder.path(), "LogAlarmRaised", "\"signature\":\"");
        let found = fsck(folder.path()).unwrap().differences;
        assert!(
            found.iter().any(|found| found.what.contains("did not sign this")),
            "{lie}: {found:?}"
        );
    }
}

/// Copies a folder that no process has open.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (entry, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        if entry.is_dir() {
            copy(&entry, &to.join(name));
        } else {
            std::fs::copy(&entry, to.join(name)).unwrap();
        }
    }
}

#[test]
fn an_authority_that_went_on_from_an_old_backup_hears_of_it_and_signs_nothing_more_for_whoever_holds_it() {
    let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let [ours, backup, theirs] = folders.each_ref().map(tempfile::TempDir::path);
    let (cn, kr) = (in_folder("CN", 1, ours), in_folder("KR", 2, theirs));
    paired(&cn, &kr);
    state_year(&cn, "KR", 2020, after(1));
    cn.send_round(after(1), &mut post(&kr, after(1))).unwrap();
    cn.close().unwrap();
    copy(ours, backup);
    let cn = Authority::open(ours).unwrap();
    for year in [2021, 2022] {
        state_year(&cn, "KR", year, after(2));
    }
    cn.send_round(after(2), &mut post(&kr, after(2))).unwrap();
    cn.close().unwrap();

    let cn = Authority::open(backup).unwrap();
    state_year(&cn, "KR", 2023, after(3));
    let round = cn.send_round(after(3), &mut post(&kr, after(3))).unwrap();
    assert_eq!((round.sent, round.settled), (1, 0));
    let told = &round.failed[0].1;
    assert!(
        told.contains("equivocation") && told.contains("does not continue it"),
        "{told}"
    );
    let alarm = cn.state().partners.get("KR").unwrap().own_alarm().cloned().unwrap();
    assert_eq!(alarm.kind.code(), "log_rolled_back");
    assert_eq!(
        kr.state().partners.get("CN").unwrap().equivocations.len(),
        1,
        "both sides know"
    );
    let entries = size(&cn);
    let round = cn.send_round(after(4), &mut post(&kr, after(4))).unwrap();
    assert_eq!(size(&cn), entries, "once: {round:?}");
    state_year(&cn, "KR", 2019, after(4));
    let round = cn.send_round(after(4), &mut post(&kr, after(4))).unwrap();
    assert_eq!(round.signed, 0, "nothing is signed for whoever holds the other past");
    assert!(round.failed[0].1.starts_with("log_rolled_back: KR holds"), "{round:?}");
    cn.close().unwrap();
    kr.close().unwrap();
    for folder in [backup, theirs] {
        assert_eq!(fsck(folder).unwrap().differences, []);
    }
}

#[test]
fn whoever_raises_an_alarm_without_reason_is_not_believed() {
    let (cn, kr) = (memory("CN", 1), memory("KR", 2));
    paired(&cn, &kr);
    state_year(&cn, "KR", 2020, after(1));
    cn.sign_queued(after(1)).unwrap();
    let message = cn.outgoing().unwrap().remove(0);
    let good = exchange::parse(message.bytes.as_bytes()).unwrap();
    let good: domain::partner::Message = good.payload.read().unwrap();
    let entries = size(&cn);
    let strange = Peer::new(40).note();
    for checkpoint in [good.checkpoint, strange, "nonsense".to_owned()] {
        let answer = Answer::Alarm {
            code: "log_rolled_back".to_owned(),
            says: "it was".to_owned(),
            checkpoint,
        };
        let heard = cn.hear(after(1), &message, answer.encode().as_bytes()).unwrap();
        assert!(heard.unwrap_err().starts_with("log_rolled_back"));
        assert_eq!(size(&cn), entries, "nothing is kept");
    }
}

#[test]
fn two_messages_of_one_number_are_kept_as_evidence_once() {
    let cn = memory("CN", 1);
    let mut peer = Peer::new(40);
    pair(&cn, &peer.key_file());
    peer.grow(5);
    let taken = peer.letter(1, None, 0, after(1));
    let (first, _) = receipt(cn.accept(after(1), &taken.bytes()).unwrap());
    let mut same_number = peer.letter(1, None, 0, after(1));
    same_number.message.id = uuid::Uuid::from_u128(77);
    let mut same_id = peer.letter(2, Some(&taken), 5, after(1));
    same_id.message.id = taken.message.id;
    for (count, other) in (1..).zip([&same_number, &same_id]) {
        let entries = size(&cn);
        for at in [after(1), after(2), after(90)] {
            assert_eq!(code(&cn.accept(at, &other.bytes()).unwrap()), "equivocation");
        }
        assert_eq!(size(&cn), entries + 1, "the evidence alone, and once");
        assert_eq!(cn.state().partners.get("KR").unwrap().equivocations.len(), count);
    }
    assert_eq!(receipt(cn.accept(after(2), &taken.bytes()).unwrap()).0, first);
    let next = peer.letter(2, Some(&taken), 5, after(1));
    receipt(cn.accept(after(90), &next.bytes()).unwrap());
    assert_eq!(differences(cn), []);
}

#[test]
fn many_hands_with_the_same_message_get_one_receipt() {
    let cn = memory("CN", 1);
    let mut peer = Peer::new(40);
    pair(&cn, &peer.key_file());
    peer.grow(5);
    let letters: Vec<Letter> = (1..=5).fold(Vec::new(), |mut letters: Vec<Letter>, seq| {
        let from = if seq == 1 { 0 } else { 5 };
        letters.push(peer.letter(seq, letters.last(), from, after(1)));
        letters
    });
    std::thread::scope(|scope| {
        for hand in 0..4 {
            let (cn, letters) = (&cn, &letters);
            scope.spawn(move || {
                for number in 0..40 {
                    let letter = &letters[(number * 7 + hand) % letters.len()];
                    let answer = cn.accept(after(1), &letter.bytes()).unwrap();
                    assert!(!matches!(answer, Answer::Refused { .. }), "{answer:?}");
                }
            });
        }
    });
    assert_eq!(cn.state().partners.get("KR").unwrap().taken.len(), 5);
    assert_eq!(differences(cn), []);
}

/// Changes one letter of the first entry of a kind, where a text begins.
pub fn damage(folder: &Path, kind: &str, text: &str) {
    let journal = rusqlite::Connection::open(folder.join("journal.db")).unwrap();
    let like = format!("%\"kind\":\"{kind}\"%");
    let sql = "SELECT seq, bytes FROM entry WHERE CAST(bytes AS TEXT) LIKE ?1 ORDER BY seq LIMIT 1";
    let (seq, mut bytes): (i64, Vec<u8>) = journal
        .query_row(sql, [like], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let at = String::from_utf8(bytes.clone()).unwrap().rfind(text).unwrap() + text.len();
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    let leaf = tlog::leaf_hash(&bytes);
    journal
        .execute(
            "UPDATE entry SET bytes = ?1, leaf = ?2 WHERE seq = ?3",
            (bytes, leaf, seq),
        )
        .unwrap();
}

/// Changes a row of the journal beside the one that goes with it: bytes without their leaf, or a leaf without its bytes.
fn change_at_rest(folder: &Path, kind: &str, set: &str) {
    let journal = rusqlite::Connection::open(folder.join("journal.db")).unwrap();
    let like = format!("%\"kind\":\"{kind}\"%");
    let last = "(SELECT max(seq) FROM entry WHERE CAST(bytes AS TEXT) LIKE ?1)";
    let changed = journal.execute(&format!("UPDATE entry SET {set} WHERE seq = {last}"), [like]);
    assert_eq!(changed.unwrap(), 1);
}

fn broken<T: std::fmt::Debug>(outcome: Result<T, authority::AuthorityError>, says: &str) {
    match outcome {
        Err(authority::AuthorityError::Broken(what)) if what.contains(says) => {}
        outcome => panic!("{outcome:?}"),
    }
}

#[test]
fn what_was_changed_at_rest_is_not_signed() {
    let other_bytes = "bytes = CAST(replace(CAST(bytes AS TEXT), '\"year\":2023', '\"year\":2022') AS BLOB)";
    for set in [other_bytes, "leaf = zeroblob(32)"] {
        let folder = tempfile::tempdir().unwrap();
        let (cn, kr) = (in_folder("CN", 1, folder.path()), memory("KR", 2));
        paired(&cn, &kr);
        state_year(&cn, "KR", 2023, after(1));
        cn.close().unwrap();
        change_at_rest(folder.path(), "MessageQueued", set);
        // The snapshot is whole, and so is what it was taken of.
        if let Ok(cn) = Authority::open(folder.path()) {
            let round = cn.send_round(after(1), &mut |message| panic!("{message:?} is sent"));
            broken(round, "was changed at rest");
            assert_eq!(cn.state().partners.get("KR").unwrap().unanswered.len(), 0, "{set}");
            cn.close().unwrap();
        }
        std::fs::remove_dir_all(folder.path().join("snapshots")).unwrap();
        broken(Authority::open(folder.path()).map(drop), "changed at rest");
    }
}

#[test]
fn a_proof_made_of_changed_hashes_is_not_signed() {
    let folder = tempfile::tempdir().unwrap();
    let (cn, kr) = (in_folder("CN", 1, folder.path()), memory("KR", 2));
    paired(&cn, &kr);
    state_year(&cn, "KR", 2022, after(1));
    assert_eq!(cn.send_round(after(1), &mut post(&kr, after(1))).unwrap().settled, 1);
    state_year(&cn, "KR", 2023, after(1));
    let before = size(&cn);
    let journal = rusqlite::Connection::open(folder.path().join("journal.db")).unwrap();
    // What comes after the message is on no tile yet: the proof is made of these hashes.
    journal
        .execute("UPDATE entry SET leaf = zeroblob(32) WHERE seq = 0", [])
        .unwrap();
    let round = cn.send_round(after(2), &mut post(&kr, after(2)));
    assert!(round.is_err(), "{round:?}");
    assert_eq!(size(&cn), before, "nothing was signed");
}

#[test]
fn fsck_verifies_every_signature_again() {
    let damages: [(&str, &str, &str, bool); 6] = [
        ("PartnerPaired", "\"signature\":\"", "root key did not sign", true),
        ("MessageSigned", "\"signature\":\"", "did not sign this", true),
        ("MessageReceived", "\"signature\":\"", "did not sign this", false),
        ("MessageReceipted", "\"signature\":\"", "did not sign this", true),
        ("MessageSigned", "\"root\":\"", "tree head beside the message", true),
        ("MessageReceived", "\"root\":\"", "tree head beside the message", false),
    ];
    for (kind, text, says, sender) in damages {
        let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (cn, kr) = (in_folder("CN", 1, ours.path()), in_folder("KR", 2, theirs.path()));
        paired(&cn, &kr);
        state_year(&cn, "KR", 2023, after(1));
        assert_eq!(cn.send_round(after(1), &mut post(&kr, after(1))).unwrap().settled, 1);
        cn.close().unwrap();
        kr.close().unwrap();
        let folder = if sender { ours.path() } else { theirs.path() };
        assert_eq!(fsck(folder).unwrap().differences, []);
        damage(folder, kind, text);
        let found = fsck(folder).unwrap().differences;
        assert!(found.iter().any(|found| found.what.contains(says)), "{kind}: {found:?}");
    }
}

#[test]
fn fsck_verifies_the_evidence_of_equivocation_too() {
    let folder = tempfile::tempdir().unwrap();
    let cn = in_folder("CN", 1, folder.path());
    let mut peer = Peer::new(40);
    pair(&cn, &peer.key_file());
    peer.grow(5);
    cn.accept(after(1), &peer.letter(1, None, 0, after(1)).bytes()).unwrap();
    let mut other = peer.letter(1, None, 0, after(1));
    other.message.body = domain::partner::Json::parse("{\"other\":1}").unwrap();
    assert_eq!(code(&cn.accept(after(1), &other.bytes()).unwrap()), "equivocation");
    cn.close().unwrap();
    assert_eq!(fsck(folder.path()).unwrap().differences, []);
    damage(folder.path(), "MessageEquivocated", "\"signature\":\"");
    let found = fsck(folder.path()).unwrap().differences;
    assert!(
        found.iter().any(|found| found.what.contains("did not sign this")),
        "{found:?}"
    );
}

#[test]
fn fsck_names_a_cosignature_that_is_no_partners_or_gone() {
    let ours = tempfile::tempdir().unwrap();
    let (cn, kr) = (in_folder("CN", 1, ours.path()), memory("KR", 2));
    paired(&cn, &kr);
    state_year(&cn, "KR", 2023, after(1));
    cn.send_round(after(1), &mut post(&kr, after(1))).unwrap();
    cn.close().unwrap();
    let change = |sql: &str| {
        let journal = rusqlite::Connection::open(ours.path().join("journal.db")).unwrap();
        journal.execute(sql, []).unwrap();
        drop(journal);
        fsck(ours.path()).unwrap().differences
    };
    let stranger = "INSERT INTO cosignature SELECT size, 'stranger.example/log', line FROM cosignature";
    assert_eq!(change(stranger).first().unwrap().place, "cosignature");
    let found = change("UPDATE cosignature SET line = replace(line, 'A', 'B') WHERE name LIKE 'countersign/%'");
    assert!(found.len() > 1, "{found:?}");
    let found = change("DELETE FROM cosignature");
    assert!(found[0].what.contains("is missing"), "{found:?}");
}
