//! What documents promise: the same bytes for the same sheet, their own day, whatever people write, and nothing that
//! vanishes.

use document::{Attachment, Both, Code, Field, Goods, Section, Sheet, pdf};

fn both(en: &str, zh: &str) -> Both {
    Both {
        en: en.to_owned(),
        zh: zh.to_owned(),
    }
}

fn field(label: &str, says: &str) -> Field {
    Field {
        label: both(label, "项目"),
        lines: vec![both(says, "")],
    }
}

fn sheet(drugs: usize, name: &str) -> Sheet {
    let cell = |says: &str| both(says, "芬太尼");
    Sheet {
        title: "Export permit XP-1".to_owned(),
        day: (2024, 6, 3),
        authority: "Authority (CN)".to_owned(),
        heading: both("Export authorization", "麻醉药品出口准许证"),
        number: "XP-1".to_owned(),
        stamp: Some(both("REVOKED", "已吊销")),
        parties: vec![field("Exporter", name), field("Importer", name)],
        fields: vec![field("Purpose", "medical"); 7],
        wide: vec![field("Conditions", "One consignment only.")],
        goods: Goods {
            title: both("Drugs", "药品"),
            columns: ["Drug", "INN", "Form", "Quantity", "Base"].map(cell).to_vec(),
            rows: vec![
                ["Fentanyl citrate", "Fentanyl", "citrate", "1 g", "1 g"]
                    .map(cell)
                    .to_vec();
                drugs
            ],
            words: 3,
            total: Some((both("Total", "合计"), "1 g".to_owned())),
        },
        endorsed: Some(Section {
            title: both("Endorsements", "签注"),
            fields: vec![field("Departure", "Not yet"), field("Arrival", "Not yet")],
        }),
        codes: vec![code(), code(), code()],
        beside: vec![both("Code", "代码"), both("It is signed.", "已签名。")],
        log: vec![field("Entry", "7")],
        foot: both("What counts is the log.", "以账本为准。"),
        replaced: both("Written as code points:", "以码位表示："),
        attachment: Some(Attachment {
            name: "entry-7.tlog-proof".to_owned(),
            kind: "text/plain".to_owned(),
            description: "A proof".to_owned(),
            bytes: b"c2sp.org/tlog-proof@v1".to_vec(),
        }),
    }
}

fn code() -> Code {
    let square = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"><path d="M0 0h1v1h-1z"/></svg>"#;
    Code {
        svg: square.to_owned(),
        alt: "The signed code".to_owned(),
        part: Some(both("Part 1", "第 1 部分")),
    }
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

#[test]
fn one_sheet_gives_one_document() {
    let bytes = pdf(&sheet(3, "Łódź 阿片")).unwrap();
    assert_eq!(pdf(&sheet(3, "Łódź 阿片")).unwrap(), bytes);
    assert_ne!(pdf(&sheet(3, "Łódź 阿芙")).unwrap(), bytes);
    for part in [
        "D:20240603",
        "/MarkInfo",
        "entry-7.tlog-proof",
        "<pdfuaid:part>1</pdfuaid:part>",
        "<pdfaid:part>3</pdfaid:part>",
    ] {
        assert!(has(&bytes, part), "there is no {part}");
    }
}

/// Names are never markup, and one that no font has does not keep a document from being made.
#[test]
fn whatever_people_write_is_written() {
    for name in [
        "#panic(\"no\") $x$ *b* _e_ `r` <label> @ref // ",
        "한국 𪛖 \u{200b}\u{feff}",
        "= Heading\n- list",
        "",
    ] {
        pdf(&sheet(1, name)).unwrap();
    }
    let replaced = pdf(&sheet(1, "한")).unwrap();
    assert_ne!(
        replaced,
        pdf(&sheet(1, "[U+D55C]")).unwrap(),
        "it is not said that a character was replaced"
    );
}

/// As many lines as a permit may have.
#[test]
fn a_long_sheet_is_made() {
    pdf(&sheet(20, "Name")).unwrap();
}
