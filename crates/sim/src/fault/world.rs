//! The world of the simulation: some countries, each with one company that imports and exports, and with goods.

use std::collections::BTreeSet;

use domain::access::Actor;
use domain::authority::Province;
use domain::country::Country;
use domain::id::Id;
use domain::partner::KeyFile;
use domain::trade::Line;
use domain::{Command, Envelope};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::astray::Nature;
use super::{Broken, Checked};
use crate::dice::Dice;
use crate::memory::{Core, Flip, Memory};
use crate::node::{NewAuthority, Outcome};
use crate::wire;

/// So many authorities there may be.
pub const AUTHORITIES_MAX: usize = 200;
/// Countries that trade first; more come in the order of their letters.
const COUNTRIES: [&str; 8] = ["CN", "KR", "DE", "BR", "US", "IN", "ZA", "FR"];
/// So many neighbours on either side each country trades with: everybody with everybody would be too many pairs.
const NEIGHBOURS: usize = 4;
/// The first two, where they are provinces of one country. The first speaks abroad.
const PROVINCES: [&str; 2] = ["CN-HB", "CN-HN"];
/// When their books begin.
const START: &str = "2024-01-15T08:00:00Z";
/// Who acts, beside the two administrators.
const ACTORS: [&str; 7] = [
    "licensing_officer:lea",
    "planning_officer:paul",
    "permit_officer:pia",
    "permit_officer:piet",
    "approver:anna",
    "customs_officer:cem",
    "H:hana",
];

/// Amounts of the two kinds of goods: ampoules, and micrograms of a salt.
pub(super) type Amounts = [i64; 2];

/// The amounts in some lines.
pub(super) fn amounts(lines: &[Line]) -> Amounts {
    let mut sums = [0; 2];
    for line in lines {
        sums[usize::from(line.goods.bulk)] += line.amount;
    }
    sums
}

/// A country's authority.
#[derive(Debug)]
pub(super) struct Node {
    pub id: Id,
    pub country: Country,
    pub core: Core,
    /// It is down until this step.
    pub down_until: Option<u64>,
    /// How far its clock runs ahead; behind if negative.
    pub ahead: SignedDuration,
    /// How many things it has named.
    pub named: u64,
    /// The places of those it speaks with.
    pub partners: Vec<usize>,
    /// The place of the other province of its country, if it is one.
    pub neighbour: Option<usize>,
    /// How many exports it has begun.
    pub begun: usize,
    /// Its cases of which goods wait at customs.
    pub under_way: BTreeSet<Id>,
    /// Whether it can be trusted.
    pub nature: Nature,
    /// What has changed in what it has stored, if it has not noticed yet.
    pub changed: Option<Flip>,
}

impl Node {
    /// Whether it runs.
    pub fn is_up(&self) -> bool {
        self.down_until.is_none()
    }

    /// Whether it keeps to law and protocol, and has its whole journal.
    pub fn is_honest(&self) -> bool {
        matches!(self.nature, Nature::Honest)
    }

    /// What its clock says.
    pub fn time(&self, now: Timestamp) -> Timestamp {
        now + self.ahead
    }

    /// The places of those it trades with.
    pub fn abroad(&self) -> Vec<usize> {
        let partners = self.partners.iter().copied();
        partners.filter(|place| self.neighbour != Some(*place)).collect()
    }

    /// A new name.
    pub fn name(&mut self, what: &str) -> String {
        self.named += 1;
        format!("{what}-{}-{}", self.id, self.named)
    }

    /// Its own names of the two kinds of goods.
    pub fn item(&self, kind: usize) -> String {
        format!("{}-{}", ["amp", "bulk"][kind.min(1)], self.id)
    }

    /// The address of its company, as party of a trade.
    pub fn party(&self) -> Value {
        json!({ "name": "Company", "address": "1 Harbour Road", "country": self.country })
    }

    /// Somebody gives a command.
    pub fn submit(
        &mut self,
        dice: &mut Dice,
        now: Timestamp,
        actor: &str,
        verb: &str,
        with: &Value,
    ) -> Checked<Outcome> {
        let unread = |why: String| Broken::new("a command can be read", format!("{verb} {with}: {why}"));
        let at = self.time(now);
        let actor: Actor = actor.parse().map_err(unread)?;
        let command = Command::parse(verb, &with.to_string()).map_err(unread)?;
        let millis = u64::try_from(at.as_millisecond()).unwrap_or_default();
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &dice.bytes()).into_uuid();
        let envelope = Envelope::new(id, actor, command, dice.bytes());
        Ok(self.core.submit(at, &envelope)?.outcome)
    }
}

/// Sets one country up.
struct Founding<'a> {
    node: Node,
    dice: &'a mut Dice,
    now: Timestamp,
}

impl Founding<'_> {
    fn must(&mut self, actor: &str, verb: &str, with: &Value) -> Checked<u64> {
        match self.node.submit(self.dice, self.now, actor, verb, with)? {
            Outcome::Done { seq, .. } => Ok(seq),
            Outcome::Refused { code, says, .. } => {
                Err(Broken::new("the world can be made", format!("{verb}: {code}: {says}")))
            }
        }
    }

    /// A decision of two people.
    fn both(&mut self, first: &str, other: &str, verb: &str, with: &Value) -> Checked {
        let of = self.must(first, verb, with)?;
        self.must(other, "approve", &json!({ "of": of })).map(drop)
    }

    fn register(&mut self) -> Checked {
        let lea = "licensing_officer:lea";
        let (amp, bulk) = (self.node.item(0), self.node.item(1));
        self.must(
            lea,
            "register_preparation",
            &json!({ "id": amp, "name": "Fentanyl 0.1 mg", "substance": "fentanyl", "strength": "0.1 mg",
                "strength_as": "base", "dosage_form": "injection", "unit": "ampoule", "units_per_pack": 10 }),
        )?;
        let salt = json!({ "id": bulk, "substance": "fentanyl", "form": "citrate" });
        self.must(lea, "register_bulk", &salt)?;
        self.must(lea, "register_holder", &json!({ "id": "H", "name": "Company" }))?;
        let site = json!({ "id": "S", "holder": "H", "kinds": ["importer", "exporter"], "province": "p" });
        self.must(lea, "register_site", &site)?;
        for actor in ACTORS {
            let with = json!({ "actor": actor });
            // Officers are known before there is a register.
            if actor.starts_with("H:") {
                self.both("administrator:a", "administrator:b", "grant_role", &with)?;
            }
        }
        for activity in ["import", "export"] {
            let licence = json!({ "id": format!("LIC-{activity}"), "holder": "H", "activity": activity,
                "substances": ["fentanyl"], "sites": ["S"], "valid_from": "2024-01-01", "valid_until": "2025-12-31" });
            self.both(lea, "approver:anna", "grant_licence", &licence)?;
        }
        Ok(())
    }

    /// A wholesaler that supplies the other province's, and is supplied by it.
    fn register_wholesaler(&mut self) -> Checked {
        let lea = "licensing_officer:lea";
        let kinds = ["national_wholesaler", "regional_wholesaler"];
        let site = json!({ "id": "W", "holder": "H", "kinds": kinds, "province": "p" });
        self.must(lea, "register_site", &site)?;
        for activity in ["wholesale_national", "wholesale_regional"] {
            let licence = json!({ "id": format!("LIC-{activity}"), "holder": "H", "activity": activity,
                "substances": ["fentanyl"], "sites": ["W"], "valid_from": "2024-01-01", "valid_until": "2025-12-31" });
            self.both(lea, "approver:anna", "grant_licence", &licence)?;
        }
        let edge = json!({ "id": "E", "from": kinds[0], "to": kinds[1], "effective_from": "2024-01-01" });
        self.both(lea, "approver:anna", "open_channel", &edge)?;
        self.open("W", [50_000, 5_000_000_000])
    }

    /// What a site holds when its books begin.
    fn open(&mut self, site: &str, amounts: Amounts) -> Checked {
        for (kind, amount) in amounts.into_iter().enumerate() {
            let (day, batch) = (self.node.core.today(self.now), ["A", "B"][kind]);
            let opening = json!({ "site": site, "item": self.node.item(kind), "batch": batch, "amount": amount,
                "occurred_on": day });
            self.must("H:hana", "opening", &opening)?;
        }
        Ok(())
    }

    /// The Board's totals for those it trades with.
    fn totals(&mut self, others: &[&str]) -> Checked {
        let row =
            |country: &&str| json!({ "country": country, "substance": "fentanyl", "year": 2024, "total": "900 kg" });
        let rows: Vec<Value> = others.iter().map(row).collect();
        let totals =
            json!({ "version": "T-1", "dated_on": "2024-01-10", "source": "Table of the Board", "rows": rows });
        self.must("planning_officer:paul", "record_totals", &totals).map(drop)
    }

    fn plan(&mut self, others: &[&str]) -> Checked {
        let estimate = json!({ "year": 2024, "substance": "fentanyl", "consumption": "900 kg", "utilization": "0",
            "special_additions": "0", "stock_target": "0", "stock_previous": "0", "manufacture": [], "deduction": "0",
            "method": "returns" });
        self.both("planning_officer:paul", "approver:anna", "set_estimate", &estimate)?;
        if !others.is_empty() {
            self.totals(others)?;
        }
        let stale = json!({ "policy": "totals_stale_days", "value": 3650 });
        self.both("administrator:a", "administrator:b", "set_policy", &stale)?;
        self.open("S", [50_000_000, 5_000_000_000_000])
    }
}

/// The two letters of an authority's country.
fn country_of(id: &str) -> &str {
    id.get(..2).unwrap_or(id)
}

fn found_one(place: usize, ids: &[&str], now: Timestamp, dice: &mut Dice) -> Checked<Node> {
    let wrong = |why: String| Broken::new("the world can be made", why);
    let id = ids[place];
    let country = Country::parse(country_of(id)).map_err(|why| wrong(why.to_string()))?;
    let (partners, neighbour) = (partners(place, ids), neighbour(place, ids));
    let others: Vec<&str> = partners.iter().map(|other| country_of(ids[*other])).collect();
    let others: Vec<&str> = others.into_iter().filter(|other| *other != country_of(id)).collect();
    let new = NewAuthority {
        id: id.to_owned(),
        name: format!("Authority of {id}"),
        country: country.code().to_owned(),
        province: province(place, id)?,
        zone: country.zone().to_owned(),
        books_from: jiff::civil::date(2024, 1, 1),
        administrators: ["a".to_owned(), "b".to_owned()],
        command_id: uuid::Builder::from_unix_timestamp_millis(0, &dice.bytes()).into_uuid(),
        random: dice.bytes(),
    };
    let core = Core::found(&new, &Memory::key_seed(place), wire::url_of(id), now)?;
    let node = Node {
        id: core.state.founding.id.clone(),
        country,
        core,
        down_until: None,
        ahead: SignedDuration::ZERO,
        named: 0,
        partners,
        neighbour,
        begun: 0,
        under_way: BTreeSet::new(),
        nature: Nature::Honest,
        changed: None,
    };
    let mut founding = Founding { node, dice, now };
    for actor in ACTORS.iter().filter(|actor| !actor.starts_with("H:")) {
        let with = json!({ "actor": actor });
        founding.both("administrator:a", "administrator:b", "grant_role", &with)?;
    }
    founding.register()?;
    founding.plan(&others)?;
    if neighbour.is_some() {
        founding.register_wholesaler()?;
    }
    Ok(founding.node)
}

/// What an authority is for, if it is not for a whole country.
fn province(place: usize, id: &str) -> Checked<Option<Province>> {
    if !PROVINCES.contains(&id) {
        return Ok(None);
    }
    let wrong = |why: domain::id::BadId| Broken::new("the world can be made", why.to_string());
    let id = id.parse().map_err(wrong)?;
    let speaks_abroad = place == 0;
    Ok(Some(Province { id, speaks_abroad }))
}

/// The other province of the same country.
fn neighbour(place: usize, ids: &[&str]) -> Option<usize> {
    let near = |other: &usize| *other != place && country_of(ids[*other]) == country_of(ids[place]);
    (0..ids.len()).find(near)
}

/// So many authorities: each for a country, or the first two for provinces of one.
fn authorities(count: usize, provinces: bool) -> Checked<Vec<&'static str>> {
    if !provinces {
        return countries(count);
    }
    let others = countries(count)?.into_iter().skip(1).take(count - 2);
    Ok(PROVINCES.into_iter().chain(others).collect())
}

/// So many countries that trade.
fn countries(count: usize) -> Checked<Vec<&'static str>> {
    let wrong = |says: String| Broken::new("the world can be made", says);
    if !(2..=AUTHORITIES_MAX).contains(&count) {
        return Err(wrong(format!(
            "{count} authorities were asked for; 2 to {AUTHORITIES_MAX} can be"
        )));
    }
    let others = Country::all().map_err(|why| wrong(why.to_string()))?.map(Country::code);
    let others = others.filter(|code| !COUNTRIES.contains(code));
    Ok(COUNTRIES.into_iter().chain(others).take(count).collect())
}

/// Whom each speaks with: those next to it on a ring, which of a few are all. A province that does not speak abroad
/// speaks with the other one alone.
fn partners(place: usize, ids: &[&str]) -> Vec<usize> {
    let silent = |place: usize| ids[place] == PROVINCES[1];
    let near = |other: &usize| {
        let apart = place.abs_diff(*other);
        *other != place && apart.min(ids.len() - apart) <= NEIGHBOURS
    };
    let speaks = |other: &usize| neighbour(place, ids) == Some(*other) || !(silent(place) || silent(*other));
    (0..ids.len()).filter(near).filter(speaks).collect()
}

/// Founds so many authorities and pairs those that speak; gives the moment when all is ready.
pub(super) fn found(count: usize, provinces: bool, dice: &mut Dice) -> Checked<(Vec<Node>, Timestamp)> {
    let now: Timestamp = START.parse().unwrap_or_default();
    let ids = authorities(count, provinces)?;
    let mut nodes = Vec::new();
    for place in 0..ids.len() {
        nodes.push(found_one(place, &ids, now, dice)?);
    }
    let files: Vec<KeyFile> = nodes
        .iter()
        .map(|node| node.core.key_file())
        .collect::<Result<_, _>>()?;
    for node in &mut nodes {
        for place in node.partners.clone() {
            pair(node, &files[place], now, dice)?;
        }
    }
    // Clocks may run behind, and a key signs from the founding on.
    Ok((nodes, now + SignedDuration::from_hours(24)))
}

/// Two administrators pair a node with a partner.
fn pair(node: &mut Node, file: &KeyFile, now: Timestamp, dice: &mut Dice) -> Checked {
    let heard = file.fingerprint();
    let with = json!({ "file": file, "fingerprint": heard });
    let outcome = node.submit(dice, now, "administrator:a", "pair_partner", &with)?;
    let Outcome::Done { seq, .. } = outcome else {
        return Err(Broken::new("the world can be made", format!("{outcome:?}")));
    };
    let with = json!({ "of": seq, "read_back": heard });
    node.submit(dice, now, "administrator:b", "approve", &with)?;
    Ok(())
}
