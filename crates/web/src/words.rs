//! Words in several languages, from the files in `locales`, one a noun.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use include_dir::{Dir, include_dir};
use unic_langid::LanguageIdentifier;

static LOCALES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/locales");

/// A language of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// English.
    En,
    /// Simplified Chinese.
    Zh,
}

impl Lang {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::En, Self::Zh];

    /// Its short name, as in the cookie and in `locales`.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }

    /// Its name in BCP 47, for the page.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh-Hans",
        }
    }

    /// Its own name.
    pub fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Zh => "中文",
        }
    }

    /// The language of a short name.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.code() == code)
    }

    /// The first language of an `Accept-Language` header that there are pages in.
    pub fn accepted(header: &str) -> Self {
        let mut wanted = header.split(',').filter_map(|part| part.split(';').next());
        let known = |tag: &str| Self::parse(tag.trim().split('-').next().unwrap_or_default());
        wanted.find_map(known).unwrap_or(Self::En)
    }
}

type Bundle = FluentBundle<FluentResource>;

static EN: LazyLock<Bundle> = LazyLock::new(|| bundle(Lang::En));
static ZH: LazyLock<Bundle> = LazyLock::new(|| bundle(Lang::Zh));

/// The files of a language.
fn files(lang: Lang) -> impl Iterator<Item = &'static str> {
    let folder = LOCALES.get_dir(lang.code());
    folder
        .into_iter()
        .flat_map(Dir::files)
        .filter_map(|file| file.contents_utf8())
}

fn bundle(lang: Lang) -> Bundle {
    let id: LanguageIdentifier = lang.code().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![id]);
    // Ids and numbers stand in tables and codes; marks around them would be copied along.
    bundle.set_use_isolating(false);
    for text in files(lang) {
        // What is wrong in a file is found by the tests; the rest of it is of use all the same.
        let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// The words of one language.
#[derive(Clone, Copy, Debug)]
pub struct Words(pub Lang);

impl Words {
    fn bundle(self) -> &'static Bundle {
        match self.0 {
            Lang::En => &EN,
            Lang::Zh => &ZH,
        }
    }

    /// The words under a key, if there are any.
    pub fn find(self, key: &str, args: &[(&str, &dyn Display)]) -> Option<String> {
        self.format(key, args).map(|(words, _)| words)
    }

    /// The words under a key, and whether all that they put in is given.
    fn format(self, key: &str, args: &[(&str, &dyn Display)]) -> Option<(String, bool)> {
        let bundle = self.bundle();
        let pattern = bundle.get_message(key)?.value()?;
        let mut given = FluentArgs::new();
        for (name, value) in args {
            given.set((*name).to_owned(), value.to_string());
        }
        let mut errors = Vec::new();
        let words = bundle.format_pattern(pattern, Some(&given), &mut errors).into_owned();
        Some((words, errors.is_empty()))
    }

    /// The words under a key. A key that is missing is shown as such: a test looks for them.
    pub fn t(self, key: &str) -> String {
        self.find(key, &[]).unwrap_or_else(|| format!("⟦{key}⟧"))
    }

    /// The words under a key with one thing put in.
    pub fn t1(self, key: &str, name: &str, value: impl Display) -> String {
        self.with(key, &[(name, &value)])
    }

    /// The words under a key with two things put in.
    pub fn t2(self, key: &str, name: &str, value: impl Display, other: &str, second: impl Display) -> String {
        self.with(key, &[(name, &value), (other, &second)])
    }

    /// The words under a key with things put in.
    pub fn with(self, key: &str, args: &[(&str, &dyn Display)]) -> String {
        self.find(key, args).unwrap_or_else(|| format!("⟦{key}⟧"))
    }

    /// The words for a count: the keys `key-one` and `key-other`.
    pub fn count(self, key: &str, count: u64) -> String {
        let form = if count == 1 && self.0 == Lang::En {
            "one"
        } else {
            "other"
        };
        self.t1(&format!("{key}-{form}"), "count", self.number(count))
    }

    /// The words under a key, if there are any and all that they put in is given.
    pub fn whole(self, key: &str, args: &[(&str, &dyn Display)]) -> Option<String> {
        let (words, whole) = self.format(key, args)?;
        whole.then_some(words)
    }

    /// The word of a value of the law, such as a stage or an activity, or of a rule that a report broke; the value itself
    /// where there is none.
    pub fn value(self, word: &str) -> String {
        let plain = plain(word);
        let of_value = self.find(&format!("value-{plain}"), &[]);
        let of_breach = || self.find(&format!("breach-{plain}"), &[]);
        of_value.or_else(of_breach).unwrap_or_else(|| word.replace('_', " "))
    }

    /// The word of a value in a field where it may mean something else than elsewhere, such as `special` in `kind`.
    pub fn value_in(self, field: &str, word: &str) -> String {
        let key = format!("value-{}-{}", plain(field), plain(word));
        self.find(&key, &[]).unwrap_or_else(|| self.value(word))
    }

    /// The words for a rule that a report broke, by the refusal's code.
    pub fn breach(self, code: &str) -> String {
        let found = self.find(&format!("breach-{}", plain(code)), &[]);
        found.unwrap_or_else(|| code.replace('_', " "))
    }

    /// A whole number with its thousands apart.
    pub fn number(self, number: impl Display) -> String {
        grouped(&number.to_string())
    }

    /// A decimal with its thousands apart, as it is.
    pub fn decimal(self, number: impl Display) -> String {
        let text = number.to_string();
        match text.split_once('.') {
            Some((whole, part)) => format!("{}.{part}", grouped(whole)),
            None => grouped(&text),
        }
    }

    /// A civil day in words.
    pub fn day(self, day: jiff::civil::Date) -> String {
        match self.0 {
            Lang::En => day.strftime("%-d %B %Y").to_string(),
            Lang::Zh => day.strftime("%Y年%-m月%-d日").to_string(),
        }
    }

    /// A civil day and time in words, to the minute.
    pub fn time(self, at: jiff::civil::DateTime) -> String {
        format!("{} {}", self.day(at.date()), at.strftime("%H:%M"))
    }
}

/// A word of the law as a part of a key.
fn plain(word: &str) -> String {
    word.replace(['_', '.', '+', ' '], "-")
}

fn grouped(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |rest| ("−", rest));
    let mut out = sign.to_owned();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Every key of a language, for the tests.
pub fn keys(lang: Lang) -> BTreeSet<String> {
    let keys = files(lang).flat_map(str::lines).filter_map(|line| {
        let (key, _) = line.split_once('=')?;
        let named = key.starts_with(|first: char| first.is_ascii_alphabetic());
        named.then(|| key.trim().to_owned())
    });
    keys.collect()
}

#[cfg(test)]
mod tests;
