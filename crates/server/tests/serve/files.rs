//! Two nodes without a line between them: what they say travels in files, which only their reader can open.

use std::path::{Path, PathBuf};

use authority::Authority;
use domain::trade::Stage;
use serde_json::{Value, json};

use crate::Tested;
use crate::node::{Node, Step, Two, act, done, partner, refused, unsealed};

fn text(path: &Path) -> Step<&str> {
    path.to_str().ok_or_else(|| "no text".into())
}

/// Counts what is written, so that no file has the name of another.
struct Courier {
    two: Two,
    trips: u64,
}

impl Courier {
    /// Carries what waits from one to the other, and the answers back. Gives the file.
    fn carry(&mut self, from: &Path, to: &Path) -> Step<PathBuf> {
        let file = self.write(from)?;
        done(to, &["exchange", "import", text(&file)?])?;
        done(from, &["exchange", "import", &format!("{}.answers", text(&file)?)])?;
        let standing = partner(from)?;
        assert_eq!((&standing["queued"], &standing["unanswered"]), (&json!(0), &json!(0)));
        Ok(file)
    }

    fn write(&mut self, from: &Path) -> Step<PathBuf> {
        self.trips += 1;
        let file = from.with_extension(format!("{}.age", self.trips));
        done(from, &["exchange", "export", text(&file)?])?;
        Ok(file)
    }

    fn act(&mut self, dir: &Path, actor: &str, verb: &str, with: &Value) -> Step<u64> {
        self.trips += 1;
        let receipt = act(dir, self.trips, actor, verb, with)?;
        receipt["seq"]
            .as_u64()
            .ok_or_else(|| format!("{verb}: {receipt}").into())
    }
}

/// The permit and the customs of one gram; each step is told to the partner by a file.
fn permitted_and_arrived(courier: &mut Courier) -> Tested {
    let (cn, kr) = (courier.two.cn.clone(), courier.two.kr.clone());
    let gram = json!([{ "item": "remifentanil-hydrochloride", "amount": "1 g" }]);
    let permit = json!({ "id": "P-9", "export": "E-1", "valid_until": "2024-03-31" });
    let proposed = courier.act(&cn, "permit_officer:li", "issue_export_permit", &permit)?;
    courier.act(&cn, "approver:wang", "approve", &json!({ "of": proposed }))?;
    courier.carry(&cn, &kr)?;
    let dispatch = json!({ "site": "S-LAKE", "destination": "KR", "permit": "P-9", "item": "remifentanil-hydrochloride", "batch": "R-1", "amount": "1 g", "occurred_on": "2024-02-05" });
    let dispatched = courier.act(&cn, "H-LAKE:chen", "dispatch", &dispatch)?;
    let export = json!({ "site": "S-LAKE", "dispatch": dispatched, "amount": 1_000_000, "occurred_on": "2024-02-05" });
    courier.act(&cn, "H-LAKE:chen", "export", &export)?;
    let departure = json!({ "permit": "P-9", "post": "Shanghai Pudong Airport", "lines": gram });
    courier.act(&cn, "customs_officer:zhao", "endorse_departure", &departure)?;
    courier.carry(&cn, &kr)?;
    let import = json!({ "site": "S-HANBIT", "item": "remifentanil-hcl", "batch": "R-1", "amount": "1 g", "origin": "CN", "authorization": "IC-1", "case": "CN/E-1", "occurred_on": "2024-02-05" });
    courier.act(&kr, "H-HANBIT:minji", "import", &import)?;
    let arrival = json!({ "case": "CN/E-1", "post": "Incheon Airport", "lines": [{ "item": "remifentanil-hcl", "amount": "1 g" }] });
    courier.act(&kr, "customs_officer:park", "endorse_arrival", &arrival)?;
    courier.carry(&kr, &cn).map(drop)
}

/// The stage of the case in an authority's books.
fn stage(dir: &Path) -> Step<Stage> {
    let authority = Authority::open(dir)?;
    let case = authority.state().trade.case("CN/E-1").map(|case| case.stage);
    authority.close()?;
    case.ok_or_else(|| "the case is not known".into())
}

#[test]
fn a_case_goes_its_whole_way_in_files_alone() -> Tested {
    let two = Two::apart()?;
    let (cn, kr) = (two.cn.clone(), two.kr.clone());
    // Both run, and neither can reach the other.
    let nodes = [Node::start(&cn, two.cn_port)?, Node::start(&kr, two.kr_port)?];
    let mut courier = Courier { two, trips: 0 };
    courier.two.ask(1)?;
    let asked = courier.carry(&cn, &kr)?;
    let plain = unsealed(&kr, &asked)?;
    let bytes = std::fs::read(&asked)?;
    let part = &plain.as_bytes()[..40];
    assert!(
        !bytes.windows(40).any(|window| window == part),
        "nobody reads it on its way"
    );
    assert!(unsealed(&cn, &asked).is_err(), "not even its writer");
    courier.act(&kr, "permit_officer:jiho", "confirm", &json!({ "case": "CN/E-1" }))?;
    courier.carry(&kr, &cn)?;
    permitted_and_arrived(&mut courier)?;
    // An old file again changes nothing, and gets the answer that it got.
    let size = || -> Step<Value> { Ok(crate::node::json(&kr, &["exchange", "status"])?["size"].clone()) };
    let (before, answers) = (size()?, asked.with_extension("age.answers"));
    let first = unsealed(&cn, &answers)?;
    done(&kr, &["exchange", "import", text(&asked)?])?;
    assert_eq!((size()?, unsealed(&cn, &answers)?), (before, first));
    assert!(refused(&cn, &["exchange", "import", text(&answers)?])?.contains("receipt_not_awaited"));
    for node in nodes {
        assert_eq!(node.stop()?, Some(0));
    }
    for dir in [&cn, &kr] {
        done(dir, &["fsck"])?;
        assert_eq!(stage(dir)?, Stage::Closed);
    }
    Ok(())
}

#[test]
fn what_cannot_be_read_says_why_and_loses_nothing() -> Tested {
    let two = Two::apart()?;
    let (cn, kr) = (two.cn.clone(), two.kr.clone());
    let mut courier = Courier { two, trips: 0 };
    courier.two.ask(1)?;
    let file = courier.write(&cn)?;
    let whole = std::fs::read(&file)?;
    assert!(
        (65_552..66_552).contains(&whole.len()),
        "its size tells nothing of what is in it"
    );
    let of_kr = || -> Step<Value> { Ok(partner(&kr)?["received"]["seq"].clone()) };
    let before = of_kr()?;
    let other = file.with_extension("other");
    let mut cases = vec![
        ("file_cut_short", whole[..whole.len() - 1].to_vec()),
        ("file_cut_short", whole[..200].to_vec()),
        ("file_cut_short", whole[..100].to_vec()),
        ("file_unreadable", whole[1..].to_vec()),
        ("file_unreadable", b"-----BEGIN AGE ENCRYPTED FILE-----\n".to_vec()),
        ("file_unreadable", Vec::new()),
        ("file_unreadable", vec![0xff; 70]),
        ("file_changed", whole.iter().chain(&[0; 65_552]).copied().collect()),
    ];
    for place in [150, whole.len() / 2, whole.len() - 1] {
        let mut turned = whole.clone();
        turned[place] ^= 1;
        cases.push(("file_changed", turned));
    }
    for (number, (code, bytes)) in cases.into_iter().enumerate() {
        std::fs::write(&other, bytes)?;
        let why = refused(&kr, &["exchange", "import", text(&other)?])?;
        let heard = why.contains(code) || (code == "file_changed" && why.contains("file_for_another"));
        assert!(heard, "{number}: {why}");
        assert!(!other.with_extension("other.answers").exists());
    }
    let large = std::fs::File::create(&other)?;
    large.set_len((64 << 20) + 1)?;
    assert!(refused(&kr, &["exchange", "import", text(&other)?])?.contains("file_too_large"));
    // It is for Korea: whoever else takes it can do nothing with it.
    let why = refused(&cn, &["exchange", "import", text(&file)?])?;
    assert!(why.contains("file_for_another"), "{why}");
    assert_eq!(of_kr()?, before, "nothing was taken");
    // The file itself is still good, and nothing is written over it.
    assert!(refused(&cn, &["exchange", "export", text(&file)?])?.contains("exists already"));
    done(&kr, &["exchange", "import", text(&file)?])?;
    assert_ne!(of_kr()?, before);
    Ok(())
}

#[test]
fn a_key_for_files_comes_with_the_key_file_and_is_for_its_owner_only() -> Tested {
    use std::os::unix::fs::PermissionsExt;
    let two = Two::apart()?;
    let (cn, kr) = (two.cn.clone(), two.kr.clone());
    let mut courier = Courier { two, trips: 0 };
    courier.two.ask(1)?;
    let old = courier.write(&cn)?;
    // Korea makes new keys; files that are on their way are still read.
    let (request, signed) = (kr.with_extension("request"), kr.with_extension("signed"));
    done(&kr, &["key", "request", "--out", text(&request)?])?;
    let root = kr.join("keys/root.key");
    let args = [
        "key",
        "sign",
        text(&request)?,
        "--root-key",
        text(&root)?,
        "--out",
        text(&signed)?,
    ];
    done(&kr, &args)?;
    for dir in [&kr, &cn] {
        let install = ["key", "install", text(&signed)?, "--as", "administrator:a"];
        let of = crate::node::json(dir, &install)?["seq"].to_string();
        done(dir, &["key", "install", "--approve", &of, "--as", "administrator:b"])?;
    }
    for key in std::fs::read_dir(kr.join("keys"))? {
        assert_eq!(key?.metadata()?.permissions().mode() & 0o777, 0o600);
    }
    done(&kr, &["exchange", "import", text(&old)?])?;
    courier.two.ask(2)?;
    let new = courier.write(&cn)?;
    // Without the secret of the new key the old one does not help.
    let file: Value = serde_json::from_str(&std::fs::read_to_string(&signed)?)?;
    let secret = kr.join(format!(
        "keys/files-{}.key",
        file["age"].as_str().ok_or("no recipient")?
    ));
    let away = kr.with_extension("away");
    std::fs::rename(&secret, &away)?;
    assert!(refused(&kr, &["exchange", "import", text(&new)?])?.contains("file_for_another"));
    std::fs::rename(&away, &secret)?;
    done(&kr, &["exchange", "import", text(&new)?])?;
    Ok(())
}
