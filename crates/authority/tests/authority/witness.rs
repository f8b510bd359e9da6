//! An authority as a witness of other logs, and the witnesses of its own.

use std::path::Path;

use authority::{Authority, MEMORY_LOST, WitnessAnswer, WitnessRefusal};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::after;
use crate::partners::{in_folder, memory, pair, paired, post, state_year};
use crate::peer::Peer;

fn with_file(folder: &Path, id: &str, seed: u8, text: &str) -> Authority {
    in_folder(id, seed, folder).close().unwrap();
    std::fs::write(folder.join("witness.toml"), text).unwrap();
    Authority::open(folder).unwrap()
}

/// A request as the specification writes it down, without the crate that reads it.
fn request(old: u64, peer: &Peer) -> String {
    let proof = peer.proof(old).hashes;
    let lines: String = proof.iter().map(|hash| STANDARD.encode(hash.0) + "\n").collect();
    format!("old {old}\n{lines}\n{}", peer.note())
}

fn status(authority: &Authority, body: &str) -> u16 {
    match authority.add_checkpoint(after(1), body).unwrap() {
        Ok(_) => 200,
        Err(refusal) => refusal.status(),
    }
}

#[test]
fn a_log_is_cosigned_as_it_grows_and_never_a_second_past() {
    let folder = tempfile::tempdir().unwrap();
    let mut peer = Peer::new(40);
    peer.grow(5);
    let file = format!("[[log]]\nkey = \"{}\"\n", peer.log.verifier());
    let cn = with_file(folder.path(), "CN", 1, &file);
    let first = request(0, &peer);
    let line = cn.add_checkpoint(after(1), &first).unwrap().unwrap();
    let both = tlog::add_signature(&peer.note(), &line).unwrap();
    let ours = cn.log_key();
    let cosigner = cn.key_file().unwrap().cosignature_key.to_string();
    let verified = tlog::verify_all(&both, &[peer.log.verifier(), cosigner]).unwrap();
    assert_eq!(verified.cosignatures.len(), 1);
    assert!(ours.starts_with(&verified.cosignatures[0].name));

    // What was cosigned is remembered over a restart.
    let cn = cn.close().unwrap().open().unwrap();
    assert_eq!(
        cn.add_checkpoint(after(1), &first).unwrap(),
        Err(WitnessRefusal::OldSize(5)),
        "whoever asks learns the size"
    );
    assert_eq!(status(&cn, &request(5, &peer)), 200, "the same again");
    let mut forked = Peer::new(40);
    forked.fork(9);
    assert_eq!(status(&cn, &request(5, &forked)), 422);
    forked.fork(5);
    assert_eq!(status(&cn, &request(5, &forked)), 409, "another root of the same size");
    peer.grow(9);
    assert_eq!(status(&cn, &request(5, &peer)), 200);
    assert_eq!(status(&cn, &request(5, &peer)), 409);
    peer.grow(12);
    assert_eq!(status(&cn, &request(9, &peer)), 200);
    let mut stranger = Peer::new(41);
    stranger.grow(12);
    assert_eq!(
        status(&cn, &request(0, &stranger)),
        403,
        "another key under this origin"
    );
    let elsewhere = request(12, &peer).replace("peer.example/log", "other.example/log");
    assert_eq!(status(&cn, &elsewhere), 404);
    assert_eq!(status(&cn, "old x\n\n"), 400);

    // A memory that went back cosigns nothing more.
    cn.local().put_meta(MEMORY_LOST, "restored").unwrap();
    assert_eq!(status(&cn, &request(12, &peer)), 404);
}

#[test]
fn a_partners_log_is_cosigned_with_its_messages_and_with_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut peer = Peer::new(40);
    peer.grow(5);
    let file = format!("[[log]]\nkey = \"{}\"\n", peer.log.verifier());
    let cn = with_file(folder.path(), "CN", 1, &file);
    pair(&cn, &peer.key_file());
    assert_eq!(status(&cn, &request(0, &peer)), 404);
}

#[test]
fn the_own_log_is_witnessed_by_as_many_as_the_operator_wants() {
    let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (log, cosigner) = {
        let cn = in_folder("CN", 1, ours.path());
        let jp = in_folder("JP", 3, theirs.path());
        let found = (cn.log_key(), jp.key_file().unwrap().cosignature_key.to_string());
        cn.close().unwrap();
        jp.close().unwrap();
        found
    };
    let own = format!("need = 2\n[[witness]]\nkey = \"{cosigner}\"\nurl = \"https://witness.example\"\n");
    std::fs::write(ours.path().join("witness.toml"), own).unwrap();
    std::fs::write(
        theirs.path().join("witness.toml"),
        format!("[[log]]\nkey = \"{log}\"\n"),
    )
    .unwrap();
    let (cn, jp) = (
        Authority::open(ours.path()).unwrap(),
        Authority::open(theirs.path()).unwrap(),
    );
    let kr = memory("KR", 2);
    paired(&cn, &kr);
    state_year(&cn, "KR", 2020, after(1));
    cn.send_round(after(1), &mut post(&kr, after(1))).unwrap();
    assert_eq!(cn.witnessed().unwrap().size, None, "one cosignature is not two");

    let asks = cn.witness_asks().unwrap();
    assert_eq!((asks.len(), asks[0].url.as_str()), (1, "https://witness.example"));
    let line = jp.add_checkpoint(after(1), &asks[0].body).unwrap().unwrap();
    // What is no cosignature by that witness, of that checkpoint, is not kept.
    let forged = cn
        .hear_witness(&asks[0], WitnessAnswer::Cosigned(&line.replace('A', "B")))
        .unwrap();
    assert!(forged.is_err());
    assert!(cn.hear_witness(&asks[0], WitnessAnswer::Cosigned("")).unwrap().is_err());
    assert!(cn.hear_witness(&asks[0], WitnessAnswer::Refused(404)).unwrap().is_err());
    assert_eq!(cn.witness_lines().unwrap(), []);
    cn.hear_witness(&asks[0], WitnessAnswer::Cosigned(&line))
        .unwrap()
        .unwrap();
    assert_eq!(cn.witness_lines().unwrap().len(), 1);

    // The witness has another size than is thought: it tells, and is asked again with the right proof.
    state_year(&cn, "KR", 2021, after(1));
    cn.send_round(after(1), &mut post(&kr, after(1))).unwrap();
    cn.local()
        .put_meta(&format!("witness_has:{}", asks[0].name), "1")
        .unwrap();
    let asks = cn.witness_asks().unwrap();
    let Err(WitnessRefusal::OldSize(size)) = jp.add_checkpoint(after(1), &asks[0].body).unwrap() else {
        panic!("it has more than one entry")
    };
    let told = format!("{size}\n");
    assert!(cn.hear_witness(&asks[0], WitnessAnswer::Has(&told)).unwrap().is_err());
    assert!(
        cn.hear_witness(&asks[0], WitnessAnswer::Has("many\n"))
            .unwrap()
            .is_err()
    );
    let asks = cn.witness_asks().unwrap();
    let line = jp.add_checkpoint(after(1), &asks[0].body).unwrap().unwrap();
    cn.hear_witness(&asks[0], WitnessAnswer::Cosigned(&line))
        .unwrap()
        .unwrap();
    assert_eq!(cn.witness_asks().unwrap(), [], "it has the newest");

    // The partner has cosigned an older checkpoint: two of one size are needed.
    let newest = cn.witness_lines().unwrap()[0].0;
    let cosigned = cn.state().partners.get("KR").unwrap().cosigned.unwrap();
    let witnessed = cn.witnessed().unwrap();
    let both = (newest == cosigned).then_some(newest);
    assert_eq!((witnessed.size, witnessed.need), (both, 2));
    cn.close().unwrap();
    let own = format!("need = 1\n[[witness]]\nkey = \"{cosigner}\"\nurl = \"https://witness.example\"\n");
    std::fs::write(ours.path().join("witness.toml"), own).unwrap();
    let cn = Authority::open(ours.path()).unwrap();
    let witnessed = cn.witnessed().unwrap();
    assert_eq!(witnessed.size, Some(newest.max(cosigned)));
    assert!(!witnessed.by.is_empty());
}

#[test]
fn a_file_that_is_not_understood_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    in_folder("CN", 1, folder.path()).close().unwrap();
    let peer = Peer::new(40);
    let (log, cosigner) = (peer.log.verifier(), peer.log.cosignature_verifier());
    for text in [
        "nonsense".to_owned(),
        "wants = 3".to_owned(),
        format!("[[log]]\nkey = \"{cosigner}\"\n"),
        format!("[[log]]\nkey = \"{log}\"\n[[log]]\nkey = \"{log}\"\n"),
        format!("[[witness]]\nkey = \"{log}\"\nurl = \"https://a.example\"\n"),
        format!("[[witness]]\nkey = \"{cosigner}\"\nurl = \"nowhere\"\n"),
    ] {
        std::fs::write(folder.path().join("witness.toml"), &text).unwrap();
        assert!(Authority::open(folder.path()).is_err(), "{text}");
    }
    std::fs::write(folder.path().join("witness.toml"), "").unwrap();
    Authority::open(folder.path()).unwrap();
}
