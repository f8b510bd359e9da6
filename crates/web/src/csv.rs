//! Tables as CSV (RFC 4180), safe to open in a spreadsheet.

use std::borrow::Cow;

/// Writes rows. A cell that a spreadsheet would take for a formula gets an apostrophe before it; plain numbers do not.
pub fn table<R: AsRef<[C]>, C: AsRef<str>>(rows: impl IntoIterator<Item = R>) -> String {
    // The mark tells spreadsheets that this is UTF-8.
    let mut out = String::from('\u{feff}');
    for row in rows {
        for (place, cell) in row.as_ref().iter().enumerate() {
            if place > 0 {
                out.push(',');
            }
            push(&mut out, cell.as_ref());
        }
        out.push_str("\r\n");
    }
    out
}

fn push(out: &mut String, cell: &str) {
    let safe = disarmed(cell);
    let quoted = safe != cell || cell.contains(['"', ',', ';', '\t', '\n', '\r']);
    if quoted {
        out.push('"');
    }
    if quoted {
        out.push_str(&safe.replace('"', "\"\""));
    } else {
        out.push_str(cell);
    }
    if quoted {
        out.push('"');
    }
}

/// A cell with an apostrophe before everything that would begin a formula: at its beginning, and after what a spreadsheet
/// of another country takes for the end of a cell, whatever quotation marks stand around it.
fn disarmed(cell: &str) -> Cow<'_, str> {
    if !cell.contains(BEGINS_FORMULA) && !cell.starts_with(['\t', '\r', '\n']) {
        return Cow::Borrowed(cell);
    }
    let mut safe = String::with_capacity(cell.len());
    for part in cell.split_inclusive([';', '\t', '\n', '\r']) {
        // A tab or a line end at the beginning is what some programs skip.
        let skipped = |letter: char| letter.is_whitespace() || letter == '"';
        let begins = part.trim_start_matches(skipped);
        let risky = begins.starts_with(BEGINS_FORMULA) && !is_number(begins.trim_end_matches([';', ' ']));
        let odd = safe.is_empty() && part.starts_with(['\t', '\r', '\n']);
        if risky || odd {
            safe.push('\'');
        }
        safe.push_str(part);
    }
    Cow::Owned(safe)
}

/// What begins a formula; a spreadsheet of East Asia takes the wide signs for the narrow ones.
const BEGINS_FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

fn is_number(cell: &str) -> bool {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn cells_are_quoted_and_formulas_disarmed() {
        let written = table([
            ["a", "1,5"],
            ["=1+1", "-5"],
            ["@x", "say \"no\""],
            ["-cmd|' /C calc'!A0", "+1"],
        ]);
        let shown =
            "\u{feff}a,\"1,5\"\r\n\"'=1+1\",-5\r\n\"'@x\",\"say \"\"no\"\"\"\r\n\"'-cmd|' /C calc'!A0\",\"'+1\"\r\n";
        assert_eq!(written, shown);
    }

    #[test]
    fn no_formula_begins_after_the_separator_of_another_country() {
        for (cell, written) in [
            ("a;=1+1", "\"a;'=1+1\""),
            ("a;\"=1+1", "\"a;'\"\"=1+1\""),
            ("a\t @x", "\"a\t' @x\""),
            ("a\r\n+x;-5;-x", "\"a\r\n'+x;-5;'-x\""),
            ("\tx", "\"'\tx\""),
            (" =1", "\"' =1\""),
            ("＝1", "\"'＝1\""),
            ("－x", "\"'－x\""),
            ("-5.25", "-5.25"),
            ("a-b=c", "a-b=c"),
            ("x, -5 degrees", "\"x, -5 degrees\""),
        ] {
            assert_eq!(table([[cell]]), format!("\u{feff}{written}\r\n"), "{cell:?}");
        }
    }
}
