//! What can be written with the letters that there are.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::room;

/// The texts of a sheet with every character that no font has as its code point, and which those are, under
/// `code_points`.
pub(crate) fn written(mut sheet: Value) -> Value {
    let mut missing = BTreeSet::new();
    replace(&mut sheet, &mut missing);
    if let Value::Object(fields) = &mut sheet {
        let told = missing.into_iter().map(code_point).collect();
        fields.insert("code_points".to_owned(), told);
    }
    sheet
}

fn replace(value: &mut Value, missing: &mut BTreeSet<char>) {
    match value {
        Value::String(text) => {
            let lacking: BTreeSet<char> = text.chars().filter(|letter| !room::has(*letter)).collect();
            if lacking.is_empty() {
                return;
            }
            let letter = |letter: char| {
                if lacking.contains(&letter) {
                    format!("[{}]", code_point(letter))
                } else {
                    letter.to_string()
                }
            };
            *text = text.chars().map(letter).collect();
            missing.extend(lacking);
        }
        Value::Array(all) => all.iter_mut().for_each(|one| replace(one, missing)),
        Value::Object(all) => all.values_mut().for_each(|one| replace(one, missing)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn code_point(letter: char) -> String {
    format!("U+{:04X}", u32::from(letter))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::written;

    #[test]
    fn what_cannot_be_written_is_told() {
        let sheet = written(json!({ "name": "Łódź 阿片 한", "lines": [{ "en": "𪛖" }, 1] }));
        assert_eq!(sheet["name"], "Łódź 阿片 [U+D55C]");
        assert_eq!(sheet["lines"][0]["en"], "[U+2A6D6]");
        assert_eq!(sheet["code_points"], json!(["U+D55C", "U+2A6D6"]));
        assert_eq!(written(json!({ "name": "Hà Nội" }))["code_points"], json!([]));
    }
}
