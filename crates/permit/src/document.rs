//! What a permit says (1961 Convention art. 31(4)(b)–(c), (9)).

use jiff::civil::Date;
use sha2::{Digest, Sha256};

/// The longest number, id of an authority, or case, in bytes.
pub const ID_BYTES_MAX: usize = 64;

/// The longest name or other text, in bytes.
pub const TEXT_BYTES_MAX: usize = 1000;

/// The most lines: one consignment of a few drugs (1961 art. 31(4)(a)).
pub const LINES_MAX: usize = 20;

/// The most customs posts.
pub const POSTS_MAX: usize = 4;

/// What the document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Goods may leave once, as it says (1961 art. 31(4)(c)).
    ExportPermit,
    /// Goods may enter, as it says (1961 art. 31(4)(b)).
    ImportAuthorization,
    /// Goods may leave once for an emergency, without an import authorization (WHO model guidelines, 1996).
    EmergencyExport,
}

/// What the goods are for (1961 art. 4(c)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Treatment of the sick.
    Medical,
    /// Research.
    Scientific,
    /// To be made into preparations or other drugs.
    Manufacture,
    /// To be exported again.
    ReExport,
}

/// What an amount counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Micrograms of the salt: bulk substance.
    SaltMicrograms,
    /// Dispensing units: a preparation.
    Dispensing,
}

/// Exporter or importer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Its name, whole.
    pub name: String,
    /// Its city.
    pub city: String,
    /// Its country, as ISO 3166 alpha-2.
    pub country: String,
}

/// The hash of the two full postal addresses, as they are printed on the permit: SHA-256 of the exporter's address, a
/// newline, and the importer's, in UTF-8. One hash for both, for it cannot be compressed.
#[must_use]
pub fn addresses_hash(exporter: &str, importer: &str) -> [u8; 32] {
    Sha256::digest(format!("{exporter}\n{importer}")).into()
}

/// One drug, and how much of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The international non-proprietary name of the substance.
    pub inn: String,
    /// The salt of bulk substance, or the preparation.
    pub form: String,
    /// In anhydrous base, in micrograms.
    pub base_ug: i64,
    /// How many units.
    pub amount: i64,
    /// What the amount counts.
    pub unit: Unit,
}

/// The import authorization on which an export permit rests (1961 art. 31(4)(c)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// Its number.
    pub number: String,
    /// Its date.
    pub issued_on: Date,
    /// The authority that issued it.
    pub issuer: String,
}

/// An export permit or import authorization, as its code carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    /// Its number.
    pub number: String,
    /// What it is; that decides which of the two authorities issues and signs it.
    pub kind: Kind,
    /// 0 for the original, else which duplicate this is.
    pub duplicate: u8,
    /// The authority of the country that the goods leave.
    pub exporting_authority: String,
    /// The authority of the country that the goods enter; of an emergency, where nobody was asked, that country.
    pub importing_authority: String,
    /// Who exports.
    pub exporter: Party,
    /// Who imports.
    pub importer: Party,
    /// The hash of their full addresses: [`addresses_hash`].
    pub addresses: [u8; 32],
    /// What, and how much.
    pub lines: Vec<Line>,
    /// The import authorization that it rests on; there is one exactly if this is an export permit.
    pub authorization: Option<Authorization>,
    /// When it was issued.
    pub issued_on: Date,
    /// The first day on which goods may leave, or enter.
    pub valid_from: Date,
    /// The last such day.
    pub valid_until: Date,
    /// Customs posts, where they are prescribed.
    pub posts: Vec<String>,
    /// What the goods are for.
    pub purpose: Purpose,
    /// Whether they go to a bonded warehouse (1961 art. 31(9)).
    pub bonded: bool,
    /// Whether an import authorization allows several consignments (1961 art. 31(4)(d)).
    pub several: bool,
    /// The case, the same at both authorities; an import authorization may have none yet.
    pub case: Option<String>,
    /// The number of the issuer's journal entry that issued it.
    pub entry: i64,
}

/// A field that cannot be signed as it is: its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the field {0} of the permit is empty, too long, negative, or not of its form")]
pub struct Field(pub &'static str);

impl Permit {
    /// The authority that issues and signs it.
    pub fn issuer(&self) -> &str {
        match self.kind {
            Kind::ExportPermit | Kind::EmergencyExport => &self.exporting_authority,
            Kind::ImportAuthorization => &self.importing_authority,
        }
    }

    /// The authority of the other side.
    pub fn counterpart(&self) -> &str {
        match self.kind {
            Kind::ExportPermit | Kind::EmergencyExport => &self.importing_authority,
            Kind::ImportAuthorization => &self.exporting_authority,
        }
    }

    /// Checks every field; the first that is wrong is named.
    pub fn check(&self) -> Result<(), Field> {
        self.check_names()?;
        self.exporter.check("exporter")?;
        self.importer.check("importer")?;
        demand(!self.lines.is_empty() && self.lines.len() <= LINES_MAX, "lines")?;
        self.lines.iter().try_for_each(Line::check)?;
        let rests = self.authorization.as_ref().is_none_or(Authorization::is_good);
        demand(rests, "authorization")?;
        demand(
            self.posts.len() <= POSTS_MAX && self.posts.iter().all(|post| is_text(post)),
            "posts",
        )?;
        let days = [self.issued_on, self.valid_from, self.valid_until];
        demand(days.iter().all(|day| (1970..=9000).contains(&day.year())), "validity")?;
        demand(
            self.valid_from <= self.valid_until && self.issued_on <= self.valid_from,
            "validity",
        )?;
        demand(self.entry >= 0, "entry")
    }

    fn check_names(&self) -> Result<(), Field> {
        let is_export = self.kind != Kind::ImportAuthorization;
        demand(is_id(&self.number), "number")?;
        demand(is_id(&self.exporting_authority), "exporting_authority")?;
        demand(is_id(&self.importing_authority), "importing_authority")?;
        demand(
            self.case.as_deref().is_none_or(is_id) && (self.case.is_some() || !is_export),
            "case",
        )?;
        let rests = self.kind == Kind::ExportPermit;
        demand(self.authorization.is_some() == rests, "authorization")?;
        demand(!(self.several && is_export), "several")
    }
}

impl Party {
    fn check(&self, what: &'static str) -> Result<(), Field> {
        let is_country = self.country.len() == 2 && self.country.bytes().all(|byte| byte.is_ascii_uppercase());
        demand(is_text(&self.name) && is_text(&self.city) && is_country, what)
    }
}

impl Line {
    fn check(&self) -> Result<(), Field> {
        let is_some = self.base_ug > 0 && self.amount > 0;
        demand(is_text(&self.inn) && is_text(&self.form) && is_some, "lines")
    }
}

impl Authorization {
    fn is_good(&self) -> bool {
        let day = (1970..=9000).contains(&self.issued_on.year());
        is_id(&self.number) && is_id(&self.issuer) && day
    }
}

fn demand(holds: bool, field: &'static str) -> Result<(), Field> {
    if holds { Ok(()) } else { Err(Field(field)) }
}

/// Whether a text is an id: 1 to 64 printable ASCII characters without space, quote, backslash or colon.
fn is_id(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\' | b':');
    !text.is_empty() && text.len() <= ID_BYTES_MAX && text.bytes().all(good)
}

fn is_text(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= TEXT_BYTES_MAX && !text.chars().any(char::is_control)
}
