//! Authorizations, permits and endorsements as documents: A4, in two languages side by side, as PDF that is tagged for
//! assistive software (PDF/UA-1) and good for archives (PDF/A-3a), with files attached.
//!
//! [`pdf`] is a function of what is given and of nothing else: no clock, no file, no network. The same sheet gives the
//! same bytes.
//!
//! Letters are those of `fonts/`, which `scripts/fonts` makes: Latin, Greek, Cyrillic, and Chinese as in GB 2312. A
//! character that they do not have is written as its code point, and the document says so.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::float_arithmetic
)]
#![cfg_attr(test, allow(clippy::indexing_slicing))]

mod letters;
mod room;

use serde::Serialize;
use typst::comemo;
use typst::diag::{SourceDiagnostic, Warned};
use typst::foundations::Smart;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use room::Room;

/// Words in both languages.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Both {
    /// In English.
    pub en: String,
    /// In the other language; empty where it says the same.
    pub zh: String,
}

/// A label and what it is of.
#[derive(Clone, Debug, Serialize)]
pub struct Field {
    /// The label.
    pub label: Both,
    /// What it says, line by line.
    pub lines: Vec<Both>,
}

/// Fields under a heading.
#[derive(Clone, Debug, Serialize)]
pub struct Section {
    /// The heading.
    pub title: Both,
    /// The fields.
    pub fields: Vec<Field>,
}

/// Goods as a table; figures stand at the end of their cells.
#[derive(Clone, Debug, Serialize)]
pub struct Goods {
    /// The heading.
    pub title: Both,
    /// The heads of the columns.
    pub columns: Vec<Both>,
    /// A line of cells for each drug.
    pub rows: Vec<Vec<Both>>,
    /// How many of the columns, from the first, hold words.
    pub words: usize,
    /// The label and figure under the last column.
    pub total: Option<(Both, String)>,
}

/// A code for a camera.
#[derive(Clone, Debug, Serialize)]
pub struct Code {
    /// The picture.
    pub svg: String,
    /// What it is, for whoever cannot see it.
    pub alt: String,
    /// Which part it is, where there are several.
    pub part: Option<Both>,
}

/// A file that is attached.
#[derive(Clone, Debug, Serialize)]
pub struct Attachment {
    /// The file's name.
    pub name: String,
    /// Its media type.
    pub kind: String,
    /// What it is.
    pub description: String,
    /// Its bytes.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

/// What a document says.
#[derive(Clone, Debug, Serialize)]
pub struct Sheet {
    /// The document's name, for whoever opens the file.
    pub title: String,
    /// The day that it is of: year, month, day.
    pub day: (i16, i8, i8),
    /// Who issues it.
    pub authority: String,
    /// What it is.
    pub heading: Both,
    /// Its number.
    pub number: String,
    /// What is stamped on it, if it is not, or no more, what it looks like.
    pub stamp: Option<Both>,
    /// The parties, side by side.
    pub parties: Vec<Field>,
    /// Short fields, four in a row.
    pub fields: Vec<Field>,
    /// Fields that take a whole row.
    pub wide: Vec<Field>,
    /// The goods.
    pub goods: Goods,
    /// What was endorsed, and room for what is to come.
    pub endorsed: Option<Section>,
    /// The codes.
    pub codes: Vec<Code>,
    /// What is said beside them; the first is their heading.
    pub beside: Vec<Both>,
    /// Where it stands in the log.
    pub log: Vec<Field>,
    /// What is said at the foot.
    pub foot: Both,
    /// What is said of characters that are written as code points.
    pub replaced: Both,
    /// The file attached.
    pub attachment: Option<Attachment>,
}

/// Why a document was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a document could not be made: {0}")]
pub struct DocumentError(String);

impl DocumentError {
    fn of(errors: impl IntoIterator<Item = SourceDiagnostic>) -> Self {
        let says: Vec<String> = errors.into_iter().map(|error| error.message.to_string()).collect();
        Self(says.join("; "))
    }
}

/// The sheet as PDF.
pub fn pdf(sheet: &Sheet) -> Result<Vec<u8>, DocumentError> {
    let json = serde_json::to_value(sheet).map_err(|error| DocumentError(error.to_string()))?;
    let room = Room::of(&letters::written(json), sheet.attachment.as_ref());
    let room = room.ok_or_else(|| DocumentError("its fonts cannot be read".to_owned()))?;
    let Warned { output, .. } = typst::compile::<PagedDocument>(&room);
    let bytes = output
        .map_err(DocumentError::of)
        .and_then(|document| exported(&document, sheet));
    // What was remembered of this sheet serves no other.
    comemo::evict(0);
    bytes
}

fn exported(document: &PagedDocument, sheet: &Sheet) -> Result<Vec<u8>, DocumentError> {
    let standards = PdfStandards::new(&[PdfStandard::Ua_1, PdfStandard::A_3a]);
    let options = PdfOptions {
        ident: Smart::Custom(format!("{} {}", sheet.authority, sheet.title)),
        creator: Smart::Custom(Some("Countersign".to_owned())),
        standards: standards.map_err(|error| DocumentError(error.message().to_string()))?,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(document, &options).map_err(DocumentError::of)
}
