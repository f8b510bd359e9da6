//! Signs sample permits and a list into a folder, and says what is in them, for readers of other projects.
//!
//! `sample DIR TODAY` writes, for each permit, `NAME.json` with its fields, codes and pictures' files, and `keys.json`,
//! `list.bin`. The key is no secret: its seed is thirty-two ones.

use std::error::Error;
use std::path::Path;

use ed25519_dalek::SigningKey;
use jiff::civil::Date;
use jiff::{Span, ToSpan};
use permit::{
    Authorization, Kind, Line, Listed, Listing, Party, Permit, Purpose, Unit, addresses_hash, draw, kid, sign,
    sign_list,
};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(today)) = (arguments.next(), arguments.next()) else {
        return Err("sample DIR TODAY".into());
    };
    let (folder, today): (&Path, Date) = (Path::new(&folder), today.parse()?);
    let key = SigningKey::from_bytes(&[1; 32]);
    let public = key.verifying_key().to_bytes();
    let keys = json!({ "kid": hex(&kid(&public)), "public": hex(&public), "issuer": "CN" });
    std::fs::write(folder.join("keys.json"), keys.to_string())?;
    for (name, permit) in permits(today)? {
        write(folder, name, &permit, &key)?;
    }
    let listing = Listing {
        issuer: "CN",
        sequence: 7,
        issued_on: today,
        valid_until: today.checked_add(7.days())?,
        permits: &[("XP-REVOKED", Listed::Revoked), ("XP-USED", Listed::Used)],
    };
    let list = sign_list(&listing, &key).ok_or("the list cannot be written")?;
    std::fs::write(folder.join("list.bin"), list)?;
    Ok(())
}

fn permits(today: Date) -> Result<Vec<(&'static str, Permit)>, Box<dyn Error>> {
    let latin = latin(today)?;
    let mut chinese = latin.clone();
    "XP-USED".clone_into(&mut chinese.number);
    chinese.exporter = party("宜昌人福药业有限责任公司", "宜昌", "CN");
    chinese.importer = party("首尔国立中央医院", "首尔", "KR");
    chinese.bonded = true;
    chinese.duplicate = 1;
    chinese.valid_from = today.checked_add(Span::new().try_days(1)?)?;
    let mut long = latin.clone();
    "XP-LONG".clone_into(&mut long.number);
    let other = |n: i64| {
        let form = hex(&addresses_hash("line", &n.to_string()));
        line("sufentanil", &form, 1000 + n, n + 1)
    };
    long.lines = (0..20).map(other).collect();
    Ok(vec![("latin", latin), ("chinese", chinese), ("long", long)])
}

fn latin(today: Date) -> Result<Permit, Box<dyn Error>> {
    Ok(Permit {
        number: "XP-24-01".to_owned(),
        kind: Kind::ExportPermit,
        duplicate: 0,
        exporting_authority: "CN".to_owned(),
        importing_authority: "KR".to_owned(),
        exporter: party("Jade Spring Pharmaceutical", "Taizhou", "CN"),
        importer: party("Hangang Pharmaceutical Industry", "Cheongju", "KR"),
        addresses: addresses_hash(
            "18 Yingbin Road, Taizhou, Zhejiang",
            "27 Osongsaengmyeong 4-ro, Cheongju",
        ),
        lines: vec![
            Line {
                unit: Unit::SaltMicrograms,
                ..line("remifentanil", "hydrochloride", 1_367_550_000, 1_500_000_000)
            },
            line("fentanyl", "injection 0.1 mg", 636_500_000, 10_000_000),
        ],
        authorization: Some(Authorization {
            number: "KR-IA-24-01".to_owned(),
            issued_on: today.checked_sub(30.days())?,
            issuer: "KR".to_owned(),
        }),
        issued_on: today,
        valid_from: today,
        valid_until: today.checked_add(180.days())?,
        posts: vec!["CNPVG".to_owned(), "KRICN".to_owned()],
        purpose: Purpose::Manufacture,
        bonded: false,
        several: false,
        case: Some("CN/EX-24-01".to_owned()),
        entry: 5321,
    })
}

fn party(name: &str, city: &str, country: &str) -> Party {
    Party {
        name: name.to_owned(),
        city: city.to_owned(),
        country: country.to_owned(),
    }
}

fn line(inn: &str, form: &str, base_ug: i64, amount: i64) -> Line {
    let (inn, form) = (inn.to_owned(), form.to_owned());
    Line {
        inn,
        form,
        base_ug,
        amount,
        unit: Unit::Dispensing,
    }
}

fn write(folder: &Path, name: &str, permit: &Permit, key: &SigningKey) -> Result<(), Box<dyn Error>> {
    let codes = sign(permit, key)?;
    let mut pictures = Vec::new();
    for (number, code) in codes.texts().iter().enumerate() {
        let file = format!("{name}-{number}.svg");
        std::fs::write(folder.join(&file), draw(code)?.svg)?;
        pictures.push(file);
    }
    let document = json!({ "codes": codes.texts(), "pictures": pictures, "permit": fields(permit) });
    std::fs::write(folder.join(format!("{name}.json")), document.to_string())?;
    Ok(())
}

/// The fields by their names.
fn fields(permit: &Permit) -> Value {
    let party = |party: &Party| json!([party.name, party.city, party.country]);
    let line = |line: &Line| {
        let unit = u8::from(line.unit == Unit::Dispensing);
        json!([line.inn, line.form, line.base_ug, line.amount, unit])
    };
    json!({
        "number": permit.number,
        "kind": u8::from(permit.kind == Kind::ImportAuthorization),
        "duplicate": permit.duplicate,
        "issuer": permit.issuer(),
        "counterpart": permit.counterpart(),
        "exporter": party(&permit.exporter),
        "importer": party(&permit.importer),
        "lines": permit.lines.iter().map(line).collect::<Vec<_>>(),
        "authorization": permit.authorization.as_ref().map(|known| json!([known.number, known.issued_on.to_string()])),
        "issued_on": permit.issued_on.to_string(),
        "valid_from": permit.valid_from.to_string(),
        "valid_until": permit.valid_until.to_string(),
        "posts": permit.posts,
        "purpose": permit.purpose as u8,
        "case": permit.case,
        "entry": permit.entry,
        "bonded": permit.bonded,
        "several": permit.several,
        "addresses": hex(&permit.addresses),
    })
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or_default();
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}
