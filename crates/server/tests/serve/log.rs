//! The log as anyone reads it, checked with the log's own rules and nothing of the node.

use std::path::Path;

use tlog::Hash;

use crate::Tested;
use crate::node::{Node, Step, Two, done, free_port, get, json};

/// The hashes of a tile.
fn tile(port: u16, path: &str) -> Step<(Vec<Hash>, String)> {
    let answer = get(port, &format!("/log/tile/{path}"))?;
    assert_eq!(answer.status, 200, "{path}");
    let (hashes, rest) = answer.body.as_chunks::<32>();
    assert!(rest.is_empty());
    Ok((hashes.to_vec(), answer.head))
}

fn root(leaves: &[Hash]) -> Hash {
    let mut tree = tlog::Tree::new();
    for leaf in leaves {
        tree.append(leaf);
    }
    tree.root()
}

/// The verifier key of an authority's log, from its key file.
fn log_key(dir: &Path) -> Step<String> {
    let out = dir.with_extension("key");
    let path = out.to_str().ok_or("no text")?;
    done(dir, &["key", "file", "--out", path])?;
    let file: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&out)?)?;
    Ok(file["log_key"].as_str().ok_or("no key")?.to_owned())
}

#[test]
fn tiles_lead_to_the_root_that_the_log_signed() -> Tested {
    let folder = tempfile::tempdir()?;
    let dir = folder.path().join("CN");
    json(&dir, &["bench", "--events", "600", "--batch", "100"])?;
    let key = log_key(&dir)?;
    let node = Node::start(&dir, free_port()?)?;
    let answer = get(node.port, "/log/checkpoint")?;
    assert_eq!(answer.status, 200);
    let checkpoint = tlog::verify(str::from_utf8(&answer.body)?, &key)?;
    assert!(checkpoint.size > 512, "{}", checkpoint.size);
    let mut leaves = Vec::new();
    for index in 0..checkpoint.size / 256 {
        let (hashes, head) = tile(node.port, &format!("0/{index:03}"))?;
        assert_eq!(hashes.len(), 256);
        assert!(head.contains("cache-control: max-age=31536000, immutable"), "{head}");
        leaves.extend(hashes);
    }
    let rest = checkpoint.size % 256;
    if rest > 0 {
        let (last, _) = tile(node.port, &format!("0/{:03}.p/{rest}", checkpoint.size / 256))?;
        leaves.extend(last);
    }
    assert_eq!(root(&leaves), checkpoint.root);
    let above: Vec<Hash> = leaves.chunks_exact(256).map(root).collect();
    for width in [above.len(), 1, above.len()] {
        let (hashes, _) = tile(node.port, &format!("1/000.p/{width}"))?;
        assert_eq!(Some(hashes.as_slice()), above.get(..width));
    }
    for beyond in [
        format!("1/000.p/{}", above.len() + 1),
        format!("0/{:03}.p/{}", checkpoint.size / 256, rest + 1),
    ] {
        assert_eq!(get(node.port, &format!("/log/tile/{beyond}"))?.status, 404, "{beyond}");
    }
    assert_eq!(node.stop()?, Some(0));
    Ok(())
}

#[test]
fn a_checkpoint_is_served_while_the_journal_grows() -> Tested {
    let two = Two::new()?;
    let key = log_key(&two.cn)?;
    let node = Node::start(&two.cn, two.cn_port)?;
    let size = || -> Step<u64> {
        let answer = get(node.port, "/log/checkpoint")?;
        Ok(tlog::verify(str::from_utf8(&answer.body)?, &key)?.size)
    };
    let before = size()?;
    two.ask(1)?;
    crate::node::eventually(|| Ok(size()? > before))?;
    assert_eq!(node.stop()?, Some(0));
    Ok(())
}
