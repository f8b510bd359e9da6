//! Tables as CSV (RFC 4180), safe to open in a spreadsheet.

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
    let risky = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) && !is_number(cell);
    let quoted = risky || cell.contains(['"', ',', '\n', '\r']);
    if quoted {
        out.push('"');
    }
    if risky {
        out.push('\'');
    }
    if quoted {
        out.push_str(&cell.replace('"', "\"\""));
    } else {
        out.push_str(cell);
    }
    if quoted {
        out.push('"');
    }
}

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
}
