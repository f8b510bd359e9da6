//! Documents: who gets them, and the same bytes whenever they are asked for. What is in them is read by other projects'
//! programs, for which `scripts/permit` has them written to a folder.

use std::fs;
use std::path::Path;

use axum::http::StatusCode;

use crate::world::{Visitor, World};

/// A document as it comes.
fn document(visitor: &Visitor<'_>, path: &str) -> Vec<u8> {
    let (status, kind, bytes) = visitor.bytes(path);
    assert_eq!((status, kind.as_str()), (StatusCode::OK, "application/pdf"), "{path}");
    assert!(bytes.starts_with(b"%PDF-1.7"), "{path}");
    bytes
}

#[test]
fn documents_are_the_same_whenever_they_are_asked_for() {
    let world = World::cn();
    let officer = world.visitor("permit_officer:lu");
    for path in ["/permits/XP-24-13/document.pdf", "/permits/XP-24-13/endorsement.pdf"] {
        let first = document(&officer, path);
        assert_eq!(document(&officer, path), first, "{path}");
        assert!(officer.get("/permits/XP-24-13").body.contains(path), "{path}");
    }
}

#[test]
fn documents_are_for_those_who_see_the_sheet() {
    let world = World::cn();
    for name in ["document", "endorsement"] {
        let path = format!("/permits/XP-24-13/{name}.pdf");
        for actor in ["H-M1:hu", "customs_officer:qin", "auditor:wen"] {
            document(&world.visitor(actor), &path);
        }
        assert_eq!(world.visitor("H-M2:xiao").get(&path).status, StatusCode::NOT_FOUND);
        assert_eq!(world.visitor("inspector:tian").get(&path).status, StatusCode::FORBIDDEN);
        assert_eq!(world.nobody().get(&path).status, StatusCode::SEE_OTHER);
        let path = format!("/permits/XP-99-01/{name}.pdf");
        assert_eq!(world.visitor("auditor:wen").get(&path).status, StatusCode::NOT_FOUND);
    }
    let ph = World::of("PH");
    let path = "/authorizations/PH-IA-24-13/document.pdf";
    document(&ph.visitor("permit_officer:reyes"), path);
    assert_eq!(ph.nobody().get(path).status, StatusCode::SEE_OTHER);
    // Of a partner's permit there is the copy, and what our own customs has endorsed.
    for name in ["document", "endorsement"] {
        document(
            &ph.visitor("permit_officer:reyes"),
            &format!("/permits/XP-24-13/{name}.pdf"),
        );
    }
}

/// Leaves documents of every kind in the folder that `DOCUMENTS` names, with the code and the authorities' keys.
#[test]
fn documents_are_left_for_other_readers() {
    let Some(folder) = std::env::var_os("DOCUMENTS") else {
        return;
    };
    let folder = Path::new(&folder);
    let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).unwrap();
    for (id, officer) in [("CN", "permit_officer:lu"), ("PH", "permit_officer:reyes")] {
        let world = World::of(id);
        let key_file = world.app.authority().key_file().unwrap();
        write(&format!("{id}.json"), exchange::key_file_text(&key_file).as_bytes());
        let officer = world.visitor(officer);
        for name in ["document", "endorsement"] {
            let path = format!("/permits/XP-24-13/{name}.pdf");
            write(&format!("{id}-{name}.pdf"), &document(&officer, &path));
        }
        if id == "CN" {
            write("code.txt", officer.get("/permits/XP-24-13/code").body.as_bytes());
        } else {
            let path = "/authorizations/PH-IA-24-13/document.pdf";
            write("PH-authorization.pdf", &document(&officer, path));
        }
    }
}
