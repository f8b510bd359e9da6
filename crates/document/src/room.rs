//! The world in which a sheet is laid out: its template, its text, three fonts, and nothing else.

use std::sync::LazyLock;

use serde_json::Value;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use crate::Attachment;

const TEMPLATE: &str = include_str!("sheet.typ");

const FONTS: [&[u8]; 3] = [
    include_bytes!("../fonts/NotoSans-Regular.ttf"),
    include_bytes!("../fonts/NotoSans-Bold.ttf"),
    include_bytes!("../fonts/NotoSansSC-Regular.otf"),
];

/// What is the same for every sheet.
struct Shelf {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    template: Source,
    sheet: FileId,
    attachment: FileId,
}

/// Nothing, if the names or fonts of ours were none.
static SHELF: LazyLock<Option<Shelf>> = LazyLock::new(|| {
    let fonts = FONTS.into_iter().filter_map(|bytes| Font::new(Bytes::new(bytes), 0));
    let fonts: Vec<Font> = fonts.collect();
    let named = |name: &str| {
        let path = VirtualPath::new(name).ok()?;
        Some(RootedPath::new(VirtualRoot::Project, path).intern())
    };
    Some(Shelf {
        library: LazyHash::new(Library::default()),
        book: LazyHash::new(FontBook::from_fonts(&fonts)),
        fonts,
        template: Source::new(named("sheet.typ")?, TEMPLATE.to_owned()),
        sheet: named("sheet.json")?,
        attachment: named("attachment")?,
    })
});

/// Whether one of the fonts has a character.
pub(crate) fn has(letter: char) -> bool {
    let code = u32::from(letter);
    let fonts = SHELF.iter().flat_map(|shelf| &shelf.fonts);
    fonts.into_iter().any(|font| font.info().coverage.contains(code))
}

/// The world of one sheet.
pub(crate) struct Room {
    shelf: &'static Shelf,
    sheet: Bytes,
    attachment: Bytes,
}

impl Room {
    pub(crate) fn of(sheet: &Value, attachment: Option<&Attachment>) -> Option<Self> {
        Some(Self {
            shelf: SHELF.as_ref()?,
            sheet: Bytes::from_string(sheet.to_string()),
            attachment: Bytes::new(attachment.map(|file| file.bytes.clone()).unwrap_or_default()),
        })
    }
}

impl World for Room {
    fn library(&self) -> &LazyHash<Library> {
        &self.shelf.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.shelf.book
    }

    fn main(&self) -> FileId {
        self.shelf.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let template = Some(&self.shelf.template).filter(|source| source.id() == id);
        template.cloned().ok_or(FileError::AccessDenied)
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.shelf.sheet {
            Ok(self.sheet.clone())
        } else if id == self.shelf.attachment {
            Ok(self.attachment.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.shelf.fonts.get(index).cloned()
    }

    /// A document has its own day, never that on which it is printed.
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
