//! A gate as a list: each condition with its test and the figures it looks at. The gate runs the tests in their order and
//! stops at the first refusal; a page runs all of them and shows each. Both run the same tests, so they cannot differ.

use jiff::civil::Date;

use super::notice::{Goods, Party, Purpose};
use super::{Case, Side, Stage};
use crate::State;
use crate::country::Country;
use crate::id::Id;
use crate::quantity::Mass;
use crate::refusal::{Refusal, Refused};

/// A figure or name behind a check, for pages that say it in the words of their language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// An id, or words as somebody wrote them.
    Text(String),
    /// A civil day.
    Day(Date),
    /// A year or a count.
    Number(i64),
    /// A mass of base.
    Mass(Mass),
    /// A country.
    Country(Country),
    /// A substance by id.
    Substance(Id),
    /// Goods.
    Goods(Goods),
    /// So many counting units of goods.
    Amount(Goods, i64),
    /// An importer or exporter.
    Party(Party),
    /// What goods are for.
    Purpose(Purpose),
    /// How far a case has come.
    Stage(Stage),
    /// How sure a confirmation is.
    Grade(super::Grade),
}

/// Figures by name.
pub type Facts = Vec<(&'static str, Fact)>;

/// How a condition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It holds.
    Pass,
    /// It does not, and the gate refuses.
    Fail,
    /// The figures here do not tell: a person must look, and the gate refuses until one has.
    Person,
}

/// One condition, tested.
#[derive(Clone, Debug)]
pub struct Check {
    /// Its name, the same whether it holds or not.
    pub name: &'static str,
    /// The article of law it rests on.
    pub article: Option<&'static str>,
    /// Why the gate refuses, if it does.
    pub refusal: Option<Box<Refusal>>,
    /// What was looked at.
    pub facts: Facts,
}

impl Check {
    /// How it stands.
    pub fn standing(&self) -> Standing {
        match &self.refusal {
            None => Standing::Pass,
            Some(refusal) if refusal.code == "estimate_unknown" => Standing::Person,
            Some(_) => Standing::Fail,
        }
    }

    /// A figure by name.
    pub fn fact(&self, name: &str) -> Option<&Fact> {
        self.facts
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, fact)| fact)
    }
}

/// A condition of a gate, not tested yet.
pub(super) struct Condition<'a> {
    name: &'static str,
    article: Option<&'static str>,
    test: Box<dyn Fn() -> Refused<()> + 'a>,
    facts: Box<dyn Fn() -> Facts + 'a>,
}

impl<'a> Condition<'a> {
    pub fn new(
        name: &'static str,
        article: Option<&'static str>,
        test: impl Fn() -> Refused<()> + 'a,
        facts: impl Fn() -> Facts + 'a,
    ) -> Self {
        let (test, facts) = (Box::new(test), Box::new(facts));
        Self {
            name,
            article,
            test,
            facts,
        }
    }

    /// Tests it, and tells what it looked at.
    pub fn check(&self) -> Check {
        Check {
            name: self.name,
            article: self.article,
            refusal: (self.test)().err(),
            facts: (self.facts)(),
        }
    }
}

/// The gate: the first condition that does not hold is the reason of the refusal.
pub(super) fn pass(conditions: &[Condition<'_>]) -> Refused<()> {
    conditions.iter().try_for_each(|condition| (condition.test)())
}

/// Other cases of this authority's side that ask for the same goods in the same quantity for the same importer, and have
/// not ended without goods: the same consignment may have been applied for twice.
pub fn alike<'a>(state: &'a State, case: &'a Case) -> impl Iterator<Item = &'a Case> {
    let same_goods = |other: &Case| {
        let lines = &case.consignment.lines;
        other.consignment.lines.iter().any(|line| lines.contains(line))
    };
    let same = move |other: &&Case| {
        let (one, another) = (&case.consignment.importer, &other.consignment.importer);
        let importer = one.country == another.country && alike_names(one.name.as_str(), another.name.as_str());
        other.id != case.id && other.side == case.side && importer && same_goods(other)
    };
    state.trade.open_cases().filter(same)
}

/// The same name but for case, spaces and punctuation.
fn alike_names(one: &str, other: &str) -> bool {
    let letters = |text: &'_ str| -> String {
        let kept = text.chars().filter(|letter| letter.is_alphanumeric());
        kept.flat_map(char::to_lowercase).collect()
    };
    letters(one) == letters(other)
}

/// One field of a request beside the same field of the import authorization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// The field.
    pub field: &'static str,
    /// As authorized, if it is.
    pub authorized: Option<Fact>,
    /// As asked, if it is.
    pub asked: Option<Fact>,
    /// Whether they agree. A quantity agrees with one that is not less.
    pub same: bool,
}

/// A request beside the import authorization it names, field by field: this authority's own where goods come here, the
/// partner's where they leave.
pub fn compared(state: &State, case: &Case) -> Vec<Compared> {
    let number = case.consignment.authorization.as_ref();
    let authorization = match case.side {
        Side::Importing => number
            .and_then(|number| state.trade.own(number))
            .map(|own| &own.authorization),
        Side::Exporting => super::foreign_of(state, case).map(|foreign| &foreign.authorization),
    };
    let asked = &case.consignment;
    let mut out = Vec::new();
    let mut add = |field, authorized: Option<Fact>, asked: Option<Fact>| {
        let same = match (&authorized, &asked) {
            (Some(Fact::Amount(_, most)), Some(Fact::Amount(_, amount))) => amount <= most,
            (Some(one), Some(other)) => one == other,
            _ => false,
        };
        out.push(Compared {
            field,
            authorized,
            asked,
            same,
        });
    };
    let text = |id: &Id| Fact::Text(id.to_string());
    add(
        "number",
        authorization.map(|known| text(&known.number)),
        number.map(text),
    );
    let party = |party: &Party| {
        [
            Fact::Text(party.name.to_string()),
            Fact::Text(party.address.to_string()),
            Fact::Country(party.country),
        ]
    };
    let parties = [
        (
            ["exporter_name", "exporter_address", "exporter_country"],
            authorization.map(|known| party(&known.exporter)),
            party(&asked.exporter),
        ),
        (
            ["importer_name", "importer_address", "importer_country"],
            authorization.map(|known| party(&known.importer)),
            party(&asked.importer),
        ),
    ];
    for (fields, known, asked) in parties {
        for (place, (field, asked)) in fields.into_iter().zip(asked).enumerate() {
            add(
                field,
                known.as_ref().and_then(|known| known.get(place).cloned()),
                Some(asked),
            );
        }
    }
    add(
        "purpose",
        authorization.map(|known| Fact::Purpose(known.purpose)),
        Some(Fact::Purpose(asked.purpose)),
    );
    let yes = |bonded: bool| Fact::Text(if bonded { "yes" } else { "no" }.to_owned());
    add(
        "bonded",
        authorization.map(|known| yes(known.bonded)),
        Some(yes(asked.bonded)),
    );
    for line in &asked.lines {
        let known = authorization.and_then(|known| known.lines.iter().find(|other| other.goods == line.goods));
        let amount = |line: &super::Line| Fact::Amount(line.goods.clone(), line.amount);
        add("line", known.map(amount), Some(amount(line)));
    }
    out
}
