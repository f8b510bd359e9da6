//! Refusals: a stable code, a sentence with the numbers in it, and the article of law where there is one.

use std::collections::BTreeMap;
use std::fmt;

/// Why a command was refused, in the form that a journal entry, a receipt and a page share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Stable code in `snake_case`.
    pub code: &'static str,
    /// The sentence, with the numbers in it.
    pub says: String,
    /// The article of law or the paragraph of the contract it rests on.
    pub article: Option<&'static str>,
    /// The facts behind the sentence by name.
    pub figures: BTreeMap<&'static str, String>,
    /// Whether it is journaled. A request of somebody not entitled goes to the security log only.
    pub journaled: bool,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.says)?;
        match self.article {
            Some(article) => write!(f, " [{article}]"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {}

/// A refusal travels in a box: it is rare, and the common path stays small.
pub type Refused<T> = Result<T, Box<Refusal>>;

/// One line of the list of refusals in the documentation: code, article, sentence pattern.
pub type RefusalDoc = (&'static str, Option<&'static str>, &'static str);

/// Declares the closed refusals of one noun. Every variant has a code, an article or `None`, and a sentence.
macro_rules! refusals {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$vmeta:meta])* $variant:ident
        { $($field:ident : $type:ty),* $(,)? } = $code:literal, $article:expr, $says:literal;)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs)]
        $vis enum $name { $($(#[$vmeta])* $variant { $($field: $type),* }),* }

        impl $name {
            /// Every refusal of this noun, for the documentation.
            pub const ALL: &'static [$crate::refusal::RefusalDoc] = &[$(($code, $article, $says)),*];
        }

        impl From<$name> for Box<$crate::refusal::Refusal> {
            fn from(refusal: $name) -> Self {
                match refusal {
                    $($name::$variant { $($field),* } => {
                        let says = format!($says);
                        #[allow(unused_mut)]
                        let mut figures = std::collections::BTreeMap::new();
                        $(figures.insert(stringify!($field), $field.to_string());)*
                        Box::new($crate::refusal::Refusal { code: $code, says, article: $article, figures, journaled: true })
                    })*
                }
            }
        }
    };
}
pub(crate) use refusals;

refusals! {
    /// What any noun may say of a name.
    pub enum NameRefusal {
        Unknown { what: &'static str, id: String } = "unknown_name", None, "no {what} is known by the name {id:?}";
        Taken { what: &'static str, id: String } = "name_taken", None, "a {what} named {id:?} exists already";
        BadQuantity { field: &'static str, why: String } = "bad_quantity", None, "{field}: {why}";
        NotPositive { field: &'static str, amount: String } = "amount_not_positive", None, "{field} must be more than nothing, not {amount}";
        BadPeriod { from: String, until: String } = "bad_period", None, "a period from {from} until {until} ends before it begins";
        Empty { field: &'static str } = "list_empty", None, "{field} must name at least one";
        TooMany { field: &'static str, count: usize, max: usize } = "list_too_long", None, "{field} names {count}, at most {max} are allowed";
    }
}

/// No thing of this kind is known by that name.
pub(crate) fn unknown(what: &'static str, id: impl fmt::Display) -> Box<Refusal> {
    NameRefusal::Unknown {
        what,
        id: id.to_string(),
    }
    .into()
}

/// That name is taken.
pub(crate) fn taken(what: &'static str, id: impl fmt::Display) -> Box<Refusal> {
    NameRefusal::Taken {
        what,
        id: id.to_string(),
    }
    .into()
}
