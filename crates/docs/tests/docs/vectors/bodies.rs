//! A body for every kind of message. A kind that is new gets a row here.

use serde_json::{Value, json};

use super::world::World;

fn digest(byte: u8) -> Value {
    json!(domain::digest::Digest::of([byte]))
}

fn importer() -> Value {
    json!({ "name": "Hanbit Medical", "address": "17 Teheran Road, Seoul", "country": "KR" })
}

fn exporter() -> Value {
    json!({ "name": "东湖制药", "address": "88 Optics Road, Wuhan", "country": "CN" })
}

fn lines(amount: i64) -> Value {
    let goods = json!({ "substance": "remifentanil", "form": "hydrochloride", "bulk": true, "content_pg": 911_700 });
    json!([{ "goods": goods, "amount": amount }])
}

fn authorization() -> Value {
    json!({
        "number": "IC-1", "issuer": "CN", "issued_on": "2024-02-01", "valid_until": "2024-12-31",
        "importer": exporter(), "exporter": importer(), "lines": lines(500_000_000), "purpose": "medical",
        "consignments": "several", "bonded": false,
    })
}

fn consignment() -> Value {
    json!({
        "authorization": "KR-7", "exporter": exporter(), "importer": importer(), "lines": lines(300_000_000),
        "purpose": "medical", "bonded": false,
    })
}

fn permit(number: &str) -> Value {
    json!({
        "number": number, "issued_on": "2024-03-01", "valid_until": "2024-03-31", "consignment": consignment(),
        "authorization_issued_on": "2024-02-01", "authorization_issuer": "KR",
    })
}

fn endorsement() -> Value {
    json!({ "permit": "P-1", "on": "2024-03-01", "post": "Shanghai Pudong Airport", "lines": lines(300_000_000) })
}

fn statement() -> Value {
    let line = json!({ "substance": "remifentanil", "total_g": "273.51", "count": 1, "cases_root": digest(1) });
    let zero = json!({ "substance": "fentanyl", "total_g": "0", "count": 0, "cases_root": digest(2) });
    json!({ "exporter": "CN", "importer": "KR", "year": 2023, "lines": [zero, line], "log_size": 90 })
}

/// The body of a kind as CN says it to KR; none if there is no row for it.
pub fn body(world: &World, kind: &str) -> Option<Value> {
    let why = "the importer has asked for it";
    Some(match kind {
        "import_authorization_issued" => authorization(),
        "import_authorization_amended" => json!({ "version": 2, "authorization": authorization(), "reason": why }),
        "import_authorization_cancelled" | "re_export_ended" => json!({ "number": "IC-1", "reason": why }),
        "confirmation_requested" => consignment(),
        "confirmed" => json!({
            "request": digest(3), "consignment": consignment(), "officer": "li", "confirmed_on": "2024-03-01",
        }),
        "confirmation_refused" => json!({ "officer": "li", "reason": why }),
        "query" => json!({ "officer": "li", "text": "Which hospital is it for?" }),
        "answer" => json!({ "officer": "li", "text": "首尔国立中央医院" }),
        "withdrawn" => json!({ "reason": why }),
        "permit_issued" => permit("P-1"),
        "permit_replaced" => json!({
            "permit": "P-1", "copy": 1, "on": "2024-03-02", "replaced": { "lost": "affidavit 12/2024" },
        }),
        "emergency_export" => json!({
            "emergency": {
                "agency": "AID", "name": "An agency", "request": "12 of 2024-03-01", "situation": "after an earthquake",
            },
            "permit": permit("P-2"),
        }),
        "permit_revoked" | "ordered_back" => json!({ "permit": "P-1", "reason": why }),
        "dispatched" | "received" | "returned" => endorsement(),
        "endorsement_overdue" => json!({ "permit": "P-1", "reminder": 1 }),
        "diverted" => json!({ "permit": "P-1", "transit": "SG", "under": "SG-1", "destination": "AU", "reason": why }),
        "passage_diverted" => json!({
            "permit": "KR-3", "under": "CN-88", "destination": "AU", "on": "2024-03-01", "post": "Shanghai Pudong Airport",
            "lines": lines(300_000_000), "reason": why,
        }),
        "site_shared" => json!({
            "site": "HOSPITAL-1", "holder": "A hospital", "kinds": ["institution"], "licence": "CARD-1",
            "substances": ["remifentanil"], "valid_from": "2024-01-01", "valid_until": "2024-12-31",
        }),
        "site_withdrawn" => json!({ "site": "HOSPITAL-1", "reason": why }),
        "domestic_dispatched" => json!({
            "number": 1, "on": "2024-03-01", "from": "RW-1", "holder": "A wholesaler", "to": "HOSPITAL-1",
            "goods": lines(1)[0]["goods"], "batch": "R-1", "expires_on": "2027-12-31", "amount": 500,
            "transport_certificate": null,
        }),
        "domestic_received" => json!({ "number": 1, "on": "2024-03-02", "amount": 499, "excess": 0, "complete": true }),
        "domestic_returned" | "domestic_lost" => json!({ "number": 1, "on": "2024-03-02", "amount": 1, "reason": why }),
        "difference_resolved" => json!({
            "number": 1, "sender": true,
            "resolution": { "cause": "measurement", "explanation": "scales", "incident": null },
        }),
        "resolved" => json!({ "cause": "measurement", "explanation": "scales", "incident": null }),
        "endorsed_unused" | "already_dispatched" => json!({ "permit": "P-1" }),
        "trade_statement_proposed" => statement(),
        "trade_statement_signed" => json!({ "year": 2023, "digest": digest(4), "log_size": 90 }),
        "trade_statement_disputed" => json!({ "year": 2023, "digest": digest(4), "lines": statement()["lines"] }),
        "key_update" => json!(world.next_key_file()),
        _ => return None,
    })
}

/// The case of a kind, where it belongs to one.
pub fn case(kind: &str) -> Option<&'static str> {
    let without = [
        "import_authorization",
        "re_export_ended",
        "trade_statement",
        "key_update",
        "passage_diverted",
        "site_",
        "domestic_",
        "difference_",
    ];
    (!without.iter().any(|begin| kind.starts_with(begin))).then_some("CN/E-1")
}
