//! What the tests sign.

use ed25519_dalek::SigningKey;
use jiff::civil::{Date, date};
use permit::{Authorization, Key, Keys, Kind, Line, Party, Permit, Purpose, Unit, addresses_hash};

pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub fn keys_of(issuer: &str, seed: u8) -> Keys {
    let mut keys = Keys::default();
    keys.add(Key {
        issuer: issuer.to_owned(),
        public: key(seed).verifying_key().to_bytes(),
        valid_from: date(2024, 1, 1),
        valid_until: date(2025, 12, 31),
    });
    keys
}

pub fn keys() -> Keys {
    keys_of("CN", 1)
}

pub fn today() -> Date {
    date(2024, 7, 1)
}

pub fn party(name: &str, city: &str, country: &str) -> Party {
    Party {
        name: name.to_owned(),
        city: city.to_owned(),
        country: country.to_owned(),
    }
}

fn line(inn: &str, form: &str, base_ug: i64, amount: i64) -> Line {
    Line {
        inn: inn.to_owned(),
        form: form.to_owned(),
        base_ug,
        amount,
        unit: Unit::Dispensing,
    }
}

/// Two lines with names of 60 bytes, in Latin letters.
pub fn latin() -> Permit {
    Permit {
        number: "XP-2024-001874".to_owned(),
        kind: Kind::ExportPermit,
        duplicate: 0,
        exporting_authority: "CN".to_owned(),
        importing_authority: "KR".to_owned(),
        exporter: party(
            "Hubei Yichang Humanwell Pharmaceutical Import Export Co Ltd.",
            "Yichang",
            "CN",
        ),
        importer: party(
            "Seoul National Central Hospital Supplies and Distribution Co",
            "Seoul",
            "KR",
        ),
        addresses: addresses_hash("519 Kaifaqu Road, Yichang 443005", "245 Eulji-ro, Jung-gu, Seoul 04564"),
        lines: vec![
            line("fentanyl", "injection 0.1 mg", 636_500_000, 10_000_000),
            line("remifentanil", "powder for injection 2 mg", 1_244_470_500, 680_000),
        ],
        authorization: Some(Authorization {
            number: "IA-2024-KR-00731".to_owned(),
            issued_on: date(2024, 5, 2),
            issuer: "KR".to_owned(),
        }),
        issued_on: date(2024, 6, 3),
        valid_from: date(2024, 6, 3),
        valid_until: date(2024, 12, 2),
        posts: vec!["CNPVG".to_owned(), "KRICN".to_owned()],
        purpose: Purpose::Medical,
        bonded: false,
        several: false,
        case: Some("CN/EX-24-01".to_owned()),
        entry: 12_345,
    }
}

/// The same in Chinese: twenty characters of three bytes each.
pub fn chinese() -> Permit {
    let mut permit = latin();
    permit.exporter = party("宜昌人福药业有限责任公司进出口贸易分公司", "宜昌", "CN");
    permit.importer = party("首尔国立中央医院药品供应流通股份有限公司", "首尔", "KR");
    "注射液 0.1mg".clone_into(&mut permit.lines[0].form);
    "注射用粉剂 2mg".clone_into(&mut permit.lines[1].form);
    permit
}

/// Twenty lines that do not resemble each other: too much for one code.
pub fn long() -> Permit {
    let mut permit = latin();
    let other = |n: i64| {
        let digest = addresses_hash("line", &n.to_string());
        let form = format!("{digest:02x?}");
        line("sufentanil", &form, 1000 + n, 7 * n + 1)
    };
    permit.lines = (0..20).map(other).collect();
    permit
}
