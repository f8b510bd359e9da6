//! A form that sends a file (RFC 7578): a few short fields and one file, and nothing else.

use axum::body::Bytes;

use crate::fields::Fields;

/// The largest file: with what stands around it no more than anybody may send to the API.
pub const FILE_BYTES_MAX: usize = (1 << 20) - 16 * 1024;
/// The most parts of a form.
const PARTS_MAX: usize = 8;
/// The longest boundary (RFC 2046).
const BOUNDARY_MAX: usize = 70;

/// Where a text begins in others, from a place on.
fn find(bytes: &[u8], text: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let found = rest.windows(text.len()).position(|window| window == text)?;
    Some(from + found)
}

/// The value of a parameter such as `name="csrf"`.
fn parameter<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let mut parts = header.split(';').map(str::trim);
    let value = parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('='))?;
    Some(value.trim_matches('"'))
}

/// The fields of a form and the file in it; none where it is no such form, or has two files.
pub fn parse(content_type: &str, body: &Bytes) -> Option<(Fields, Bytes)> {
    let boundary = content_type
        .strip_prefix("multipart/form-data")
        .and_then(|rest| parameter(rest, "boundary"))
        .filter(|boundary| (1..=BOUNDARY_MAX).contains(&boundary.len()))?;
    let (first, between) = (format!("--{boundary}"), format!("\r\n--{boundary}"));
    let mut at = body.starts_with(first.as_bytes()).then_some(first.len())?;
    let (mut fields, mut file) = (Vec::new(), None);
    for _ in 0..PARTS_MAX {
        if body.get(at..)?.starts_with(b"--") {
            return Some((Fields::of(fields), file?));
        }
        let head = find(body, b"\r\n\r\n", at)?;
        let end = find(body, between.as_bytes(), head + 2)?;
        let headers = std::str::from_utf8(body.get(at..head)?).ok()?;
        let content = body.get(head + 4..end)?;
        let disposition = headers
            .lines()
            .find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
        let name = parameter(disposition, "name")?;
        if parameter(disposition, "filename").is_some() {
            if file.is_some() || content.len() > FILE_BYTES_MAX {
                return None;
            }
            file = Some(body.slice_ref(content));
        } else {
            fields.push((name.to_owned(), std::str::from_utf8(content).ok()?.to_owned()));
        }
        at = end + between.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "multipart/form-data; boundary=xyz";

    fn body(text: &str) -> Bytes {
        Bytes::from(text.replace('\n', "\r\n").into_bytes())
    }

    #[test]
    fn fields_and_one_file_are_read_byte_by_byte() {
        let sent = body(
            "--xyz\nContent-Disposition: form-data; name=\"csrf\"\n\ntoken\n--xyz\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\nContent-Type: application/pdf\n\n%PDF\n\n--xy\n--xyz--\n",
        );
        let (fields, file) = parse(KIND, &sent).unwrap();
        assert_eq!((fields.raw("csrf"), &file[..]), ("token", &b"%PDF\r\n\r\n--xy"[..]));
    }

    #[test]
    fn what_is_no_such_form_is_refused() {
        let part = "--xyz\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\n\nx\n";
        let two = format!("{part}{part}--xyz--\n");
        let open = part.to_owned();
        let many = format!(
            "{}--xyz--\n",
            "--xyz\nContent-Disposition: form-data; name=\"a\"\n\nx\n".repeat(20)
        );
        let bare = "--xyz\nContent-Disposition: form-data; name=\"a\"\n\nx\n--xyz--\n".to_owned();
        for wrong in [
            two,
            open,
            many,
            bare,
            String::new(),
            "--xyz".to_owned(),
            "--xyz\n\n\nx\n--xyz--".to_owned(),
        ] {
            assert!(parse(KIND, &body(&wrong)).is_none(), "{wrong:?}");
        }
        let good = body(&format!("{part}--xyz--\n"));
        assert!(parse(KIND, &good).is_some());
        for kind in [
            "multipart/form-data",
            "text/plain; boundary=xyz",
            "multipart/form-data; boundary=",
        ] {
            assert!(parse(kind, &good).is_none(), "{kind}");
        }
    }
}
