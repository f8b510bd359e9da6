//! Writing SVG: escaping, numbers, and how wide a text will be.

use std::borrow::Cow;
use std::fmt::Write;

use super::{Head, count};

/// Size of letters in every chart, in units of its view box.
pub(super) const LETTER: f64 = 16.0;
/// Series that have a colour and a pattern of their own; later ones begin again.
pub(super) const SERIES: usize = 6;

/// An SVG that is being written.
pub(super) struct Svg(String);

impl Svg {
    /// Opens a picture of this width and height, with its title and description.
    pub(super) fn open(head: &Head<'_>, kind: &str, width: f64, height: f64) -> Self {
        let id = escape(head.id);
        let mut out = String::with_capacity(4096);
        let _ = write!(
            out,
            "<svg class=\"cs-chart cs-chart--{kind}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" \
             viewBox=\"0 0 {} {}\" direction=\"ltr\" xmlns=\"http://www.w3.org/2000/svg\">\
             <title id=\"{id}-title\">{}</title><desc id=\"{id}-desc\">{}</desc>",
            number(width),
            number(height),
            escape(head.title),
            escape(head.desc),
        );
        Self(out)
    }

    /// A picture with nothing but its title: there was nothing to draw.
    pub(super) fn empty(head: &Head<'_>, kind: &str) -> String {
        Self::open(head, kind, 1.0, 1.0).close()
    }

    /// The patterns of the second and later series: seen without colour, they still differ.
    pub(super) fn patterns(&mut self, id: &str, series: usize) {
        const DRAWN: [&str; SERIES] = [
            "",
            "M-2 10L10-2M6 10L10 6M-2 2L2-2",
            "M2 4h1M6 8h1M6 0h1",
            "M0 4h8M4 0v8",
            "M0 2h8M0 6h8",
            "M2 0v8M6 0v8",
        ];
        let id = escape(id);
        self.0.push_str("<defs>");
        for (number, drawn) in DRAWN.iter().enumerate().take(series).skip(1) {
            let n = number + 1;
            let _ = write!(
                self.0,
                "<pattern id=\"{id}-p{n}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">\
                 <path class=\"cs-paper-{n}\" d=\"M0 0h8v8h-8z\"/><path class=\"cs-ink-{n}\" d=\"{drawn}\"/></pattern>"
            );
        }
        self.0.push_str("</defs>");
    }

    /// A text; `class` may be empty.
    pub(super) fn text(&mut self, class: &str, x: f64, y: f64, text: &str) {
        let _ = write!(
            self.0,
            "<text class=\"{class}\" x=\"{}\" y=\"{}\">{}</text>",
            number(x),
            number(y),
            escape(text)
        );
    }

    /// A rectangle; what is not at least a little wide and high is not drawn.
    pub(super) fn rect(&mut self, class: &str, x: f64, y: f64, width: f64, height: f64) {
        self.rect_with("", class, x, y, width, height);
    }

    /// A rectangle in the colour and pattern of a series.
    pub(super) fn series(&mut self, id: &str, series: usize, (x, y): (f64, f64), (width, height): (f64, f64)) {
        let n = series % SERIES + 1;
        let fill = if n == 1 {
            String::new()
        } else {
            format!(" fill=\"url(#{}-p{n})\"", escape(id))
        };
        self.rect_with(&fill, &format!("cs-series-{n}"), x, y, width, height);
    }

    fn rect_with(&mut self, more: &str, class: &str, x: f64, y: f64, width: f64, height: f64) {
        if width > 0.0 && height > 0.0 {
            let _ = write!(
                self.0,
                "<rect class=\"{class}\"{more} x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
                number(x),
                number(y),
                number(width),
                number(height)
            );
        }
    }

    /// A straight line.
    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let _ = write!(
            self.0,
            "<path class=\"{class}\" d=\"M{} {}L{} {}\"/>",
            number(from.0),
            number(from.1),
            number(to.0),
            number(to.1)
        );
    }

    /// A path with a title of its own; `d` is written as it is.
    pub(super) fn path(&mut self, class: &str, d: &str, title: Option<&str>) {
        let _ = write!(self.0, "<path class=\"{class}\" d=\"{d}\"");
        match title {
            Some(title) => {
                let _ = write!(self.0, "><title>{}</title></path>", escape(title));
            }
            None => self.0.push_str("/>"),
        }
    }

    /// A circle with a title of its own.
    pub(super) fn circle(&mut self, class: &str, (x, y): (f64, f64), radius: f64, title: Option<&str>) {
        let _ = write!(
            self.0,
            "<circle class=\"{class}\" cx=\"{}\" cy=\"{}\" r=\"{}\"",
            number(x),
            number(y),
            number(radius)
        );
        match title {
            Some(title) => {
                let _ = write!(self.0, "><title>{}</title></circle>", escape(title));
            }
            None => self.0.push_str("/>"),
        }
    }

    /// Opens a group with a title, which a pointer shows.
    pub(super) fn group(&mut self, title: &str) {
        let _ = write!(self.0, "<g><title>{}</title>", escape(title));
    }

    /// Closes a group.
    pub(super) fn end(&mut self) {
        self.0.push_str("</g>");
    }

    /// The whole picture.
    pub(super) fn close(mut self) -> String {
        self.0.push_str("</svg>");
        self.0
    }
}

/// A text that cannot end its element or its attribute.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['<', '>', '&', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// A coordinate with at most one decimal, the same on every machine.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// About how wide a text is at the size of letters here. Fonts differ, so it is rather too wide.
pub(super) fn width_of(text: &str) -> f64 {
    let ems: f64 = text
        .chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | 't' | 'f' | 'r' | '.' | ',' | ' ' | '\'' | '|' | '(' | ')' => 0.36,
            'm' | 'w' | 'M' | 'W' => 0.92,
            'A'..='Z' => 0.7,
            // Marks that sit on the letter before them take no room.
            '\u{300}'..='\u{36f}' => 0.0,
            // Chinese, Japanese, Korean and full-width forms fill a square.
            '\u{1100}'..='\u{11ff}'
            | '\u{2e80}'..='\u{a4cf}'
            | '\u{ac00}'..='\u{d7ff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{fe30}'..='\u{fe4f}'
            | '\u{ff00}'..='\u{ff60}'
            | '\u{20000}'..='\u{3ffff}' => 1.0,
            _ => 0.58,
        })
        .sum();
    ems * LETTER
}

/// The text, or as much of its beginning as fits.
pub(super) fn fit(text: &str, room: f64) -> Cow<'_, str> {
    if width_of(text) <= room {
        return Cow::Borrowed(text);
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if width_of(&kept) + LETTER > room {
            kept.pop();
            break;
        }
    }
    let mut kept = kept.trim_end().to_owned();
    kept.push('…');
    Cow::Owned(kept)
}

/// Where each text of a legend begins, as (x, row), and the number of rows.
pub(super) fn legend(texts: &[String], key: f64, room: f64) -> (Vec<(f64, f64)>, f64) {
    let (mut x, mut row) = (0.0, 0.0);
    let mut places = Vec::with_capacity(texts.len());
    for text in texts {
        let width = key + width_of(text) + LETTER;
        if x > 0.0 && x + width > room {
            x = 0.0;
            row += 1.0;
        }
        places.push((x, row));
        x += width;
    }
    (places, if texts.is_empty() { 0.0 } else { row + 1.0 })
}

/// The middle of the `at`-th of `parts` equal parts of a length.
pub(super) fn middle(at: usize, parts: usize, length: f64) -> f64 {
    (count(at) + 0.5) * length / count(parts.max(1))
}
