//! Countries of ISO 3166-1 and the regions of UN M49.
//!
//! The tables are `data/countries.csv` and `data/regions.csv`. They are read once; after that a [`Country`] is a pointer
//! to its line, so that its name or zone costs nothing and a country that does not exist cannot be made.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::LazyLock;

use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::reference::{TableError, rows};

/// A country or area of ISO 3166-1, written as its two capital letters, such as `CN`.
///
/// Ordered by those letters. In JSON it is the string of two letters.
#[derive(Clone, Copy)]
pub struct Country(&'static CountryRow);

/// A geographical region of UN M49, written as its three digits, such as `003` for North America.
///
/// Ordered by those digits. In JSON it is the string of three digits. Regions overlap: the Caribbean (029) is in North
/// America (003) and in Latin America and the Caribbean (419).
#[derive(Clone, Copy)]
pub struct Region(&'static RegionRow);

/// Why a text is not a country or a region.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// No code of a country; holds the first characters of what was given.
    #[error("{0:?} is not a country: give its two capital letters of ISO 3166-1, such as CN or LK")]
    NotCountry(CompactString),
    /// No code of a region; holds the first characters of what was given.
    #[error("{0:?} is not a region: give its three digits of UN M49, such as 003 for North America")]
    NotRegion(CompactString),
    /// Our own table cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// A line of `data/countries.csv`.
#[derive(Deserialize)]
struct CountryRow {
    alpha2: CompactString,
    alpha3: CompactString,
    m49: CompactString,
    name: String,
    zone: String,
    region: CompactString,
}

/// A line of `data/regions.csv`.
#[derive(Deserialize)]
struct RegionRecord {
    code: CompactString,
    name: String,
    contains: String,
}

/// A region with all its countries, in order.
struct RegionRow {
    code: CompactString,
    name: String,
    countries: Vec<Country>,
}

/// The longest part of a wrong code that an error repeats.
const GIVEN_CHARACTERS_MAX: usize = 16;

static COUNTRIES: LazyLock<Result<Vec<CountryRow>, TableError>> =
    LazyLock::new(|| read_countries(include_str!("../../../data/countries.csv")));

static REGIONS: LazyLock<Result<Vec<RegionRow>, TableError>> =
    LazyLock::new(|| read_regions(include_str!("../../../data/regions.csv"), Country::all()?));

impl Country {
    /// The country with these two letters, such as `CN`. Only capital letters are taken.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let countries = country_rows()?;
        countries
            .binary_search_by(|row| row.alpha2.as_str().cmp(text))
            .ok()
            .and_then(|place| countries.get(place))
            .map(Self)
            .ok_or_else(|| CodeError::NotCountry(first_characters(text)))
    }

    /// Every country, in the order of its two letters.
    pub fn all() -> Result<impl Iterator<Item = Self>, TableError> {
        Ok(country_rows()?.iter().map(Self))
    }

    /// The two letters of ISO 3166-1, such as `CN`.
    pub fn code(self) -> &'static str {
        &self.0.alpha2
    }

    /// The three letters of ISO 3166-1, such as `CHN`.
    pub fn alpha3(self) -> &'static str {
        &self.0.alpha3
    }

    /// The three digits of UN M49 and ISO 3166-1, such as `156`.
    pub fn m49(self) -> &'static str {
        &self.0.m49
    }

    /// The short English name in the style of the United Nations, such as `Viet Nam`.
    pub fn name(self) -> &'static str {
        &self.0.name
    }

    /// The IANA time zone of the capital or of most people, such as `Asia/Shanghai`.
    pub fn zone(self) -> &'static str {
        &self.0.zone
    }

    /// Whether the region holds this country.
    pub fn is_in(self, region: Region) -> bool {
        region.countries().binary_search(&self).is_ok()
    }
}

impl Region {
    /// The region with these three digits, such as `003` for North America.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let regions = region_rows()?;
        regions
            .binary_search_by(|row| row.code.as_str().cmp(text))
            .ok()
            .and_then(|place| regions.get(place))
            .map(Self)
            .ok_or_else(|| CodeError::NotRegion(first_characters(text)))
    }

    /// Every region, in the order of its digits.
    pub fn all() -> Result<impl Iterator<Item = Self>, TableError> {
        Ok(region_rows()?.iter().map(Self))
    }

    /// The three digits of UN M49, such as `003`.
    pub fn code(self) -> &'static str {
        &self.0.code
    }

    /// The English name in UN M49, such as `North America`.
    pub fn name(self) -> &'static str {
        &self.0.name
    }

    /// Every country of the region, also through the regions it contains, in the order of their two letters.
    pub fn countries(self) -> &'static [Country] {
        &self.0.countries
    }
}

fn country_rows() -> Result<&'static [CountryRow], TableError> {
    COUNTRIES.as_deref().map_err(Clone::clone)
}

fn region_rows() -> Result<&'static [RegionRow], TableError> {
    REGIONS.as_deref().map_err(Clone::clone)
}

fn first_characters(text: &str) -> CompactString {
    text.chars().take(GIVEN_CHARACTERS_MAX).collect()
}

const COUNTRIES_TABLE: &str = "countries.csv";
const REGIONS_TABLE: &str = "regions.csv";

fn read_countries(text: &str) -> Result<Vec<CountryRow>, TableError> {
    let mut countries: Vec<CountryRow> = Vec::new();
    for (line, row) in rows::<CountryRow>(COUNTRIES_TABLE, text)? {
        let fail = |reason: String| TableError::new(COUNTRIES_TABLE, line, reason);
        if !is_code(&row.alpha2, 2, u8::is_ascii_uppercase) || !is_code(&row.alpha3, 3, u8::is_ascii_uppercase) {
            return Err(fail(format!(
                "the codes {} and {} must be 2 and 3 capital letters",
                row.alpha2, row.alpha3
            )));
        }
        if !is_code(&row.m49, 3, u8::is_ascii_digit) {
            return Err(fail(format!("the M49 code {} must be 3 digits", row.m49)));
        }
        if row.name.is_empty() || row.zone.is_empty() {
            return Err(fail(format!("{} needs a name and a time zone", row.alpha2)));
        }
        if countries.last().is_some_and(|before| before.alpha2 >= row.alpha2) {
            return Err(fail(format!(
                "{} must come once, in the order of the two letters",
                row.alpha2
            )));
        }
        countries.push(row);
    }
    Ok(countries)
}

/// Reads the regions and gathers for each the countries of all the regions below it.
fn read_regions(text: &str, countries: impl Iterator<Item = Country>) -> Result<Vec<RegionRow>, TableError> {
    let mut regions = BTreeMap::new();
    let mut below = BTreeMap::new();
    let mut members: BTreeMap<CompactString, BTreeSet<Country>> = BTreeMap::new();
    for (line, record) in rows::<RegionRecord>(REGIONS_TABLE, text)? {
        let fail = |reason: String| TableError::new(REGIONS_TABLE, line, reason);
        if !is_code(&record.code, 3, u8::is_ascii_digit) {
            return Err(fail(format!("the code {} must be 3 digits", record.code)));
        }
        let contained: Vec<CompactString> = record.contains.split_whitespace().map(CompactString::from).collect();
        below.insert(record.code.clone(), (line, contained));
        members.insert(record.code.clone(), BTreeSet::new());
        if regions.insert(record.code.clone(), record.name).is_some() {
            return Err(fail(format!("region {} is given twice", record.code)));
        }
    }
    for country in countries {
        let leaf = &country.0.region;
        let reason = || format!("the region {leaf} of {} is missing from regions.csv", country.code());
        members
            .get_mut(leaf)
            .ok_or_else(|| TableError::new(COUNTRIES_TABLE, 0, reason()))?
            .insert(country);
    }
    spread_members(&below, &mut members)?;
    let row = |(code, name): (CompactString, String)| {
        let countries = members.remove(&code).unwrap_or_default().into_iter().collect();
        RegionRow { code, name, countries }
    };
    Ok(regions.into_iter().map(row).collect())
}

/// The regions directly below each region, with the line that says so.
type Below = BTreeMap<CompactString, (u64, Vec<CompactString>)>;

/// Adds to each region the countries of those below it, until nothing changes.
fn spread_members(below: &Below, members: &mut BTreeMap<CompactString, BTreeSet<Country>>) -> Result<(), TableError> {
    // Each pass carries members one level up, so there are never more passes than regions, a ring included.
    for _ in 0..below.len() {
        let mut changed = false;
        for (code, (line, contained)) in below {
            for inner in contained {
                let reason = || format!("region {code} contains {inner}, which is missing");
                let inner_members = members
                    .get(inner)
                    .ok_or_else(|| TableError::new(REGIONS_TABLE, *line, reason()))?
                    .clone();
                let outer_members = members.entry(code.clone()).or_default();
                let count_before = outer_members.len();
                outer_members.extend(inner_members);
                changed |= outer_members.len() > count_before;
            }
        }
        if !changed {
            break;
        }
    }
    Ok(())
}

fn is_code(text: &str, length: usize, allowed: fn(&u8) -> bool) -> bool {
    text.len() == length && text.as_bytes().iter().all(allowed)
}

/// Both types are compared, hashed, printed and kept in JSON by their code alone.
macro_rules! behaves_as_its_code {
    ($type:ident) => {
        impl PartialEq for $type {
            fn eq(&self, other: &Self) -> bool {
                self.code() == other.code()
            }
        }

        impl Eq for $type {}

        impl PartialOrd for $type {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $type {
            fn cmp(&self, other: &Self) -> Ordering {
                self.code().cmp(other.code())
            }
        }

        impl Hash for $type {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.code().hash(state);
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.pad(self.code())
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.pad(self.code())
            }
        }

        impl FromStr for $type {
            type Err = CodeError;

            fn from_str(text: &str) -> Result<Self, CodeError> {
                Self::parse(text)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.code())
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = CompactString::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

behaves_as_its_code!(Country);
behaves_as_its_code!(Region);

#[cfg(test)]
mod tests {
    use super::*;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    fn codes(region: &str) -> Result<String, CodeError> {
        let codes: Vec<&str> = Region::parse(region)?
            .countries()
            .iter()
            .map(|country| country.code())
            .collect();
        Ok(codes.join(" "))
    }

    #[test]
    fn there_are_249_countries_with_codes_of_their_own() -> TestResult {
        let all: Vec<Country> = Country::all()?.collect();
        assert_eq!(all.len(), 249);
        for fact in [Country::alpha3, Country::m49, Country::name] {
            assert_eq!(
                all.iter().map(|country| fact(*country)).collect::<BTreeSet<_>>().len(),
                249
            );
        }
        assert!(all.is_sorted());
        Ok(())
    }

    #[test]
    fn a_country_has_its_codes_name_and_zone() -> TestResult {
        let facts = |code: &str| -> Result<_, CodeError> {
            let country = Country::parse(code)?;
            Ok((country.alpha3(), country.m49(), country.name(), country.zone()))
        };
        assert_eq!(facts("CN")?, ("CHN", "156", "China", "Asia/Shanghai"));
        assert_eq!(
            facts("US")?,
            ("USA", "840", "United States of America", "America/New_York")
        );
        assert_eq!(facts("LK")?, ("LKA", "144", "Sri Lanka", "Asia/Colombo"));
        assert_eq!(facts("KR")?, ("KOR", "410", "Republic of Korea", "Asia/Seoul"));
        assert_eq!(facts("TW")?.1, "158");
        assert_eq!(facts("RU")?.3, "Europe/Moscow");
        assert_eq!(facts("BR")?.3, "America/Sao_Paulo");
        Ok(())
    }

    #[test]
    fn a_wrong_code_is_refused_with_its_remedy() {
        for given in ["", "cn", "CHN", "XX", "ZZ", "C", "C\u{4e2d}", "UK"] {
            assert_eq!(Country::parse(given), Err(CodeError::NotCountry(given.into())));
        }
        for given in ["", "3", "156", "000", "North America"] {
            assert_eq!(Region::parse(given), Err(CodeError::NotRegion(given.into())));
        }
        assert_eq!(
            Country::parse(&"A".repeat(1000)),
            Err(CodeError::NotCountry("A".repeat(16).into()))
        );
    }

    #[test]
    fn every_country_is_in_exactly_one_smallest_region_and_one_continent() -> TestResult {
        let records = rows::<RegionRecord>(REGIONS_TABLE, include_str!("../../../data/regions.csv"))?;
        let leaves = records.iter().filter(|(_, record)| record.contains.is_empty());
        let leaves: Vec<Region> = leaves
            .map(|(_, record)| Region::parse(&record.code))
            .collect::<Result<_, _>>()?;
        let continents = ["002", "009", "019", "142", "150"].into_iter().map(Region::parse);
        let continents: Vec<Region> = continents.collect::<Result<_, _>>()?;
        for country in Country::all()? {
            // Antarctica is in the world only.
            let expected = usize::from(country.code() != "AQ");
            let count = |regions: &[Region]| regions.iter().filter(|region| country.is_in(**region)).count();
            assert_eq!((count(&leaves), count(&continents)), (expected, expected), "{country}");
        }
        assert_eq!(Region::parse("001")?.countries().len(), 249);
        Ok(())
    }

    #[test]
    fn north_america_is_northern_and_central_america_and_the_caribbean() -> TestResult {
        assert_eq!(Region::parse("003")?.name(), "North America");
        assert_eq!(codes("021")?, "BM CA GL PM US");
        assert_eq!(codes("013")?, "BZ CR GT HN MX NI PA SV");
        assert_eq!(
            codes("029")?,
            "AG AI AW BB BL BQ BS CU CW DM DO GD GP HT JM KN KY LC MF MQ MS PR SX TC TT VC VG VI"
        );
        assert_eq!(
            codes("003")?,
            "AG AI AW BB BL BM BQ BS BZ CA CR CU CW DM DO GD GL GP GT HN HT JM KN KY LC MF MQ MS MX NI PA PM PR SV SX \
             TC TT US VC VG VI"
        );
        Ok(())
    }

    #[test]
    fn regions_overlap() -> TestResult {
        let mexico = Country::parse("MX")?;
        for code in ["001", "003", "013", "019", "419"] {
            assert!(mexico.is_in(Region::parse(code)?), "{code}");
        }
        for code in ["005", "021", "029", "142"] {
            assert!(!mexico.is_in(Region::parse(code)?), "{code}");
        }
        assert!(Country::parse("KR")?.is_in(Region::parse("030")?));
        assert!(Country::parse("VN")?.is_in(Region::parse("035")?));
        assert_eq!(
            Region::parse("202")?.countries().len() + Region::parse("015")?.countries().len(),
            60
        );
        Ok(())
    }

    #[test]
    fn codes_travel_as_strings() -> TestResult {
        let text = r#"["CN","LK"]"#;
        let countries: Vec<Country> = serde_json::from_str(text)?;
        assert_eq!(serde_json::to_string(&countries)?, text);
        let region: Region = serde_json::from_str("\"003\"")?;
        assert_eq!(serde_json::to_string(&region)?, "\"003\"");
        assert!(serde_json::from_str::<Country>("\"XX\"").is_err_and(|error| error.to_string().contains("ISO 3166-1")));
        assert_eq!(
            format!("{:>4}|{:?}", Country::parse("CN")?, Country::parse("CN")?),
            "  CN|CN"
        );
        Ok(())
    }

    #[test]
    fn a_broken_table_is_refused_with_its_line() {
        let countries = "alpha2,alpha3,m49,name,zone,region\nCN,CHN,156,China,Asia/Shanghai,030\n";
        for (line, reason) in [
            ("CN,CHN,156,China,Asia/Shanghai,030", "once"),
            ("AA,CHN,156,China,Asia/Shanghai,030", "order"),
            ("cn,CHN,156,China,Asia/Shanghai,030", "capital letters"),
            ("DE,DEU,76,Germany,Europe/Berlin,155", "3 digits"),
            ("DE,DEU,276,Germany,,155", "time zone"),
            ("DE,DEU,276", "fields"),
        ] {
            let error = read_countries(&[countries, line].concat()).err();
            assert!(
                error.is_some_and(|error| error.line == 3 && error.reason.contains(reason)),
                "{line}"
            );
        }
        for (line, reason) in [
            ("02,Africa,", "3 digits"),
            ("002,Africa,015", "missing"),
            ("001,World,", "twice"),
        ] {
            let text = format!("code,name,contains\n001,World,\n{line}\n");
            let error = read_regions(&text, std::iter::empty()).err();
            assert!(
                error.is_some_and(|error| error.line == 3 && error.reason.contains(reason)),
                "{line}"
            );
        }
    }
}
