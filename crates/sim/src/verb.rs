//! What the runner knows of commands beside the list of the domain: which have an id of their own, which name an entry,
//! which have a day, and how a cell of a CSV file is read.

use serde_json::Value;

/// Commands whose fields hold the `id` of the thing they create.
pub(crate) const WITH_ID: [&str; 25] = [
    "found",
    "register_substance",
    "register_bulk",
    "register_preparation",
    "register_holder",
    "register_site",
    "grant_licence",
    "issue_purchase_card",
    "open_channel",
    "approve_channel",
    "place_order",
    "place_hold",
    "plan_inspection",
    "record_finding",
    "hold_session",
    "record_stop_notice",
    "recognise_agency",
    "apply_import",
    "issue_import_authorization",
    "apply_emergency_export",
    "apply_export",
    "issue_export_permit",
    "record_overflight",
    "open_passage",
    "divert_passage",
];

/// Commands with the civil day on which something happened; where a step leaves it out, it is the step's own day.
pub(crate) const WITH_DAY: [&str; 19] = [
    "opening",
    "manufacture",
    "feed_lot",
    "yield_lot",
    "close_lot",
    "transform",
    "use_in_manufacture",
    "dispatch",
    "receive",
    "cancel_dispatch",
    "reclassify",
    "import",
    "export",
    "dispense",
    "destroy",
    "lose",
    "lose_in_transit",
    "find",
    "count",
];

/// The field by which a command names an earlier entry, if it does.
pub(crate) fn reference_of(verb: &str) -> Option<&'static str> {
    Some(match verb {
        "approve" | "reject" => "of",
        "receive" | "cancel_dispatch" | "export" | "lose_in_transit" | "give_notice" | "resolve_difference" => {
            "dispatch"
        }
        "reverse" => "line",
        "accept_count" => "count",
        _ => return None,
    })
}

/// Fields that are lists: in a cell, their parts are separated by semicolons.
const LISTS: [&str; 6] = ["substances", "sites", "kinds", "persons", "inspectors", "conditions"];
/// Fields that are numbers or, for some, a text with a unit or the id of a step.
const NUMBERS: [&str; 10] = [
    "year",
    "amount",
    "dispatch",
    "line",
    "count",
    "of",
    "units_per_pack",
    "notice_days_max",
    "content_ppm",
    "value",
];
/// Fields that are true or false.
const BOOLEANS: [&str; 6] = [
    "more_to_come",
    "emergency",
    "same_province",
    "approval",
    "synthetic",
    "value",
];

/// Reads a cell of a field; an empty cell is absent.
pub(crate) fn cell(field: &str, text: &str) -> Option<Value> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if LISTS.contains(&field) {
        let parts = text.split(';').map(|part| Value::from(part.trim()));
        return Some(Value::Array(parts.collect()));
    }
    if BOOLEANS.contains(&field)
        && let Ok(value) = text.parse::<bool>()
    {
        return Some(Value::Bool(value));
    }
    if NUMBERS.contains(&field)
        && let Ok(value) = text.parse::<i64>()
    {
        return Some(Value::from(value));
    }
    Some(Value::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Command;

    /// Gives a command one field and tells whether it knows it.
    fn knows(verb: &str, field: &str) -> bool {
        let with = format!("{{{field:?}:null}}");
        match Command::parse(verb, &with) {
            Ok(_) => true,
            Err(why) => !why.contains(&format!("unknown field `{field}`")),
        }
    }

    #[test]
    fn the_lists_agree_with_the_commands() {
        for (verb, ..) in domain::command::COMMANDS {
            if *verb == "set_policy" {
                continue;
            }
            // A listing has the id of its authority, which is listed anew when its contact changes.
            let names_another = *verb == "list_authority";
            let has_id = knows(verb, "id") && !names_another;
            assert_eq!(has_id, WITH_ID.contains(verb), "id of {verb}");
            assert_eq!(knows(verb, "occurred_on"), WITH_DAY.contains(verb), "day of {verb}");
            for field in ["dispatch", "line"] {
                let refers = reference_of(verb) == Some(field);
                assert_eq!(knows(verb, field), refers, "{field} of {verb}");
            }
        }
    }

    #[test]
    fn cells_are_read_by_their_field() {
        assert_eq!(cell("amount", "12"), Some(Value::from(12)));
        assert_eq!(cell("amount", "42 kg"), Some(Value::from("42 kg")));
        assert_eq!(cell("batch", "0012"), Some(Value::from("0012")));
        assert_eq!(cell("emergency", "true"), Some(Value::Bool(true)));
        assert_eq!(
            cell("kinds", "importer; exporter"),
            Some(serde_json::json!(["importer", "exporter"]))
        );
        assert_eq!(cell("expires_on", " "), None);
    }
}
