//! Questions that a table asks of the state: `?  held  NAT-1 amp A1  900`.

use domain::ledger::Compartment;
use domain::partner::{ChainEnd, Partner, RecoveredMessage, TreeHead};
use domain::plan::Planned;
use domain::reporting::{Destination, answer, identity, statement};
use domain::trade::{Signing, StatementLine, headroom, own_lines, signed_by, stated_lines, to_review};
use domain::{Event, State};

use crate::world::World;

/// The answer in the words of the tables.
pub fn ask(world: &World, question: &str, of: &str) -> String {
    let words: Vec<&str> = of.split(' ').collect();
    match (question, &words[..]) {
        ("held", [site, item, batch]) => held(world, site, item, batch, Compartment::Stock),
        ("held_in", [compartment, site, item, batch]) => {
            let found = Compartment::ALL.iter().find(|(_, word)| word == compartment);
            held(world, site, item, batch, found.expect("a compartment").0)
        }
        ("identity", [year, substance, figures @ ..]) => figures_of(world, year, substance, figures),
        ("estimate", [year, substance]) => estimate(world, year, substance),
        // What has left for a country in a year, in grams, whether statistics count it or not.
        ("asked", [year, country]) => {
            let country = Destination::Country(country.parse().expect("a country"));
            answer(world.state(), year.parse().expect("a year"), country)
                .exported_g
                .to_string()
        }
        ("content", [item]) => world
            .state()
            .items
            .find(item)
            .expect("an item")
            .1
            .content_pg
            .to_string(),
        ("quota", [year, holder, of]) => quota(world, year, holder, of),
        ("plan_line", [year, of]) => plan_line(world, year, of),
        ("on_the_way", [name]) => on_the_way(world, name),
        ("domestic", [number]) => {
            let mut found = world.state().provinces.dispatches().values();
            let number: u64 = number.parse().expect("a number");
            let one = found.find(|one| one.told.number == number).expect("a dispatch");
            let stands = match (one.differs(), one.is_over()) {
                (false, false) => "open",
                (true, false) => "differs",
                (false, true) => "over",
                (true, true) => "resolved",
            };
            let (received, excess, returned, lost) = (one.received, one.excess, one.returned, one.lost);
            format!("received {received} excess {excess} returned {returned} lost {lost} {stands}")
        }
        ("notices", ["due"]) => {
            let due = world.state().channels.notices_due();
            joined(due.map(|(dispatch, day)| format!("{}:{day}", named(world, dispatch))))
        }
        ("order", [id]) => order(world, id),
        ("orders", ["of", site]) => {
            let (no, _) = world.state().holders.site(site).expect("a site");
            joined(world.state().orders.of_site(no).map(|order| order.id.to_string()))
        }
        ("orders", ["to", site]) => {
            let (no, _) = world.state().holders.site(site).expect("a site");
            joined(world.state().orders.to_supplier(no).map(|order| order.id.to_string()))
        }
        ("answered_by", [dispatch]) => {
            let order = world.state().orders.answered_by(world.names[*dispatch]);
            order.map_or("none".to_owned(), |order| order.id.to_string())
        }
        ("waiting", ["count"]) => world.state().access.waiting().len().to_string(),
        ("entries", ["since", name]) => (world.journal.len() as u64 - world.names[*name] - 1).to_string(),
        ("exports", [year]) => {
            let cells = statement(world.state(), year.parse().expect("a year"), None)
                .exported
                .cells;
            joined(cells.iter().map(|cell| {
                format!(
                    "{}:{}:{}:{}",
                    cell.substance, cell.destination, cell.total_g, cell.count
                )
            }))
        }
        ("last_entry", [field]) => {
            let event = &world.journal.last().expect("an entry").event;
            let data = serde_json::to_value(event).expect("JSON");
            data[*field].to_string()
        }
        ("closed", [year, substance]) => closed(world, year, substance),
        ("makers", [year]) => {
            let makers = statement(world.state(), year.parse().expect("a year"), None).makers;
            format!("{} {}", makers.substance, makers.finished)
        }
        ("schedule", [substance, day]) => {
            let (_, of) = world.state().substances.find(substance).expect("a substance");
            format!("{:?}", of.schedule_on(day.parse().expect("a day")))
        }
        ("refused", [year, code]) => {
            let refused = statement(world.state(), year.parse().expect("a year"), None).refused;
            refused.get(*code).copied().unwrap_or_default().to_string()
        }
        _ => trade(world, question, &words),
    }
}

/// Questions about partners and trade across the border.
/// Messages of ours that were put back, and whether what they say holds.
fn recovered(partner: &Partner) -> String {
    let said = |one: &RecoveredMessage| {
        let holds = if one.holds { "holds" } else { "kept" };
        format!("{}:{holds}", one.seq)
    };
    partner.recovered.iter().map(said).collect::<Vec<_>>().join(" ")
}

/// How many logs of ours and of a partner have ended, and whether the heads in the chains are of the new ones.
fn logs(state: &State, partner: &Partner) -> String {
    let of = |end: Option<ChainEnd>| match end {
        Some(end) if end.head == TreeHead::EMPTY => "anew",
        Some(_) => "on",
        None => "none",
    };
    let (ours, theirs) = (state.own.ended.len(), partner.ended.len());
    format!(
        "ours {ours} {} theirs {theirs} {}",
        of(partner.sent),
        of(partner.received)
    )
}

fn trade(world: &World, question: &str, words: &[&str]) -> String {
    let state = world.state();
    let id = |text: &str| text.parse().expect("an id");
    let year = |text: &str| text.parse().expect("a year");
    match (question, words) {
        ("case", [case]) => state.trade.case(case).map_or("none".to_owned(), |case| {
            let marks = [
                (case.cancelled_too_late, " too_late"),
                (case.unused_there, " unused_there"),
                (case.beyond_permit, " beyond_permit"),
            ];
            let marks = marks.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark);
            format!("{}{}", case.stage.word(), marks.collect::<String>())
        }),
        ("partner", [partner]) => {
            let partner = state.partners.get(partner).expect("a partner");
            let (queued, unanswered) = (partner.queue.len(), partner.unanswered.len());
            let (refused, equivocations) = (partner.refused.len(), partner.equivocations.len());
            format!("queued {queued} unanswered {unanswered} refused {refused} equivocations {equivocations}")
        }
        ("alarms", [partner]) => {
            let partner = state.partners.get(partner).expect("a partner");
            let counted = |ours: bool| {
                let open = partner
                    .alarms
                    .iter()
                    .filter(|alarm| alarm.ours == ours && !alarm.settled);
                open.count()
            };
            format!("ours {} theirs {}", counted(true), counted(false))
        }
        // Which key speaks to a partner now, and which are believed of it.
        ("keys", [partner]) => {
            let partner = state.partners.get(partner).expect("a partner");
            let short = |kid: &str| kid.get(..4).unwrap_or_default().to_owned();
            let ours = partner.our_key_now(&state.own.keys, world.now());
            let ours = ours.map_or("none".to_owned(), |held| short(&held.key.kid));
            let good = partner.keys.iter().filter(|held| held.is_good_at(world.now()));
            let theirs: Vec<String> = good.map(|held| short(&held.key.kid)).collect();
            let theirs = if theirs.is_empty() {
                "none".to_owned()
            } else {
                theirs.join(",")
            };
            format!("ours {ours} theirs {theirs}")
        }
        ("sent", [partner]) => {
            let sent = state.partners.get(partner).expect("a partner").sent;
            sent.map_or(0, |last| last.seq).to_string()
        }
        // Why a permit is to be looked at again.
        ("review", [permit]) => {
            let case = state.trade.permitted(permit).expect("a permit");
            to_review(state, case, world.today)
                .map_or("none".to_owned(), |(substance, since)| format!("{substance} {since}"))
        }
        ("recovered", [partner]) => recovered(state.partners.get(partner).expect("a partner")),
        ("logs", [partner]) => logs(state, state.partners.get(partner).expect("a partner")),
        ("refused_by_us", [partner]) => {
            let of_partner = |entry: &&domain::Entry| match &entry.event {
                domain::Event::MessageReceived(data) => data.from.as_str() == *partner && data.refused.is_some(),
                _ => false,
            };
            world.journal.iter().filter(of_partner).count().to_string()
        }
        ("entries", ["refusals"]) => {
            let refused = |entry: &&domain::Entry| matches!(entry.event, domain::Event::InstructionRefused(_));
            world.journal.iter().filter(refused).count().to_string()
        }
        ("headroom", [country, substance, of]) => {
            let country = country.parse().expect("a country");
            let room = headroom(state, country, &id(substance), year(of), None);
            room.map_or("none".to_owned(), |room| {
                format!("{} {} of {}", room.version, room.available, room.total)
            })
        }
        ("stated", [partner, of, substance]) => {
            let partner = state.partners.get(partner).expect("a partner");
            line_of(&stated_lines(state, partner, year(of)), substance)
        }
        ("own", [partner, of, substance]) => {
            let partner = state.partners.get(partner).expect("a partner");
            line_of(&own_lines(state, partner, year(of)), substance)
        }
        ("signed_by", [country, of]) => {
            let signed = signed_by(state, country.parse().expect("a country"), year(of));
            if signed.is_some() { "yes" } else { "no" }.to_owned()
        }
        ("trade_statement", [exporter, importer, of]) => {
            let known = state.trade.statement(&id(exporter), &id(importer), year(of));
            match &known.expect("a statement").signing {
                Signing::Open => "open".to_owned(),
                Signing::Signed { .. } => "signed".to_owned(),
                Signing::Disputed { lines } => {
                    let line = |line: &StatementLine| format!("{}:{}:{}", line.substance, line.total_g, line.count);
                    format!("disputed {}", joined(lines.iter().map(line)))
                }
            }
        }
        _ => aside(world, question, words),
    }
}

/// Questions about what leads a case aside.
fn aside(world: &World, question: &str, words: &[&str]) -> String {
    let state = world.state();
    let year = |text: &str| text.parse().expect("a year");
    match (question, words) {
        ("passage", [id]) => state.trade.passage(id).map_or("none".to_owned(), |passage| {
            let (word, packing) = (passage.passing.word(), passage.packing);
            format!("{word} {} packages {} g", packing.packages, packing.gross_g)
        }),
        ("emergencies", [from]) => {
            let told = state.trade.emergencies().filter(|(by, ..)| by.as_str() == *from);
            let told = told.map(|(_, case, told)| format!("{case} {}", told.emergency.agency));
            told.collect::<Vec<_>>().join(", ")
        }
        ("emergency", [of, substance]) => {
            let cells = statement(state, year(of), None).emergencies;
            let cell = cells.iter().find(|cell| cell.substance.as_str() == *substance);
            cell.map_or("none".to_owned(), |cell| format!("{} in {}", cell.total_g, cell.count))
        }
        ("exported", [of, substance]) => {
            let rows = identity(state, year(of));
            let row = rows.iter().find(|row| row.substance.as_str() == *substance);
            row.map_or("none".to_owned(), |row| {
                format!("{} consumed {} residual {}", row.exported, row.consumed, row.residual)
            })
        }
        ("reminders", [case]) => state.trade.case(case).map_or(0, |case| case.reminders).to_string(),
        ("grade", [case]) => {
            let grade = state.trade.case(case).and_then(domain::trade::Case::grade);
            grade.map_or("none", domain::trade::Grade::word).to_owned()
        }
        ("grades", [of]) => grades(world, year(of)),
        ("paper", [case]) => {
            let paper = state
                .trade
                .case(case)
                .and_then(|case| case.paper.as_ref())
                .expect("papers");
            let (readings, unverified) = (paper.readings.len(), paper.unverified.len());
            format!("readings {readings} unverified {unverified}")
        }
        ("listings", [authority]) => state.trade.directory.history(authority).len().to_string(),
        ("copy", [case]) => state.trade.case(case).map_or(0, domain::trade::Case::copy).to_string(),
        ("text", [number]) => {
            let own = state.trade.own(number).map(|own| (own.version, &own.authorization));
            let foreign = state
                .trade
                .foreigns()
                .find(|(_, foreign)| foreign.authorization.number.as_str() == *number);
            let foreign = foreign.map(|(_, foreign)| (foreign.version, &foreign.authorization));
            own.or(foreign).map_or("none".to_owned(), |(version, text)| {
                let amounts: Vec<String> = text.lines.iter().map(|line| line.amount.to_string()).collect();
                format!("{version} until {} {}", text.valid_until, amounts.join("+"))
            })
        }
        _ => panic!("no question {question} {words:?}"),
    }
}

fn line_of(lines: &[StatementLine], substance: &str) -> String {
    let line = lines.iter().find(|line| line.substance.as_str() == substance);
    line.map_or("none".to_owned(), |line| format!("{} in {}", line.total_g, line.count))
}

fn joined(words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.collect();
    if words.is_empty() {
        "none".to_owned()
    } else {
        words.join(" ")
    }
}

fn named(world: &World, seq: u64) -> String {
    let name = world.names.iter().find(|(_, named)| **named == seq);
    name.map_or_else(|| seq.to_string(), |(name, _)| name.clone())
}

fn held(world: &World, site: &str, item: &str, batch: &str, compartment: Compartment) -> String {
    let state = world.state();
    let (site, _) = state.holders.site(site).expect("a site");
    let (item, _) = state.items.find(item).expect("an item");
    let account = state
        .ledger
        .batch(item, batch)
        .and_then(|(batch, _)| state.ledger.account(site, batch));
    account.map_or(0, |account| account.holds(compartment)).to_string()
}

fn figures_of(world: &World, year: &str, substance: &str, figures: &[&str]) -> String {
    let rows = identity(world.state(), year.parse().expect("a year"));
    let Some(row) = rows.iter().find(|row| row.substance.as_str() == substance) else {
        return "none".to_owned();
    };
    let row = serde_json::to_value(row).expect("figures have a JSON form");
    let figure = |name: &&str| {
        let figure = row[format!("{name}_g")].as_str();
        figure.unwrap_or_else(|| panic!("no figure {name}")).to_owned()
    };
    joined(figures.iter().map(figure))
}

fn estimate(world: &World, year: &str, substance: &str) -> String {
    let state = world.state();
    let (no, _) = state.substances.find(substance).expect("a substance");
    let set = state.planning.estimate(year.parse().expect("a year"), no);
    set.map_or("none".to_owned(), |set| {
        format!("{} v{} {}", set.total, set.version, set.formula)
    })
}

fn planned(world: &World, of: &str) -> Planned {
    match world.state().substances.find(of) {
        Ok((no, _)) => Planned::Substance(no),
        Err(_) => Planned::Preparation(world.state().items.find(of).expect("an item").0),
    }
}

fn quota(world: &World, year: &str, holder: &str, of: &str) -> String {
    let (holder, _) = world.state().holders.holder(holder).expect("a holder");
    let thing = planned(world, of);
    let quota = world
        .state()
        .planning
        .quota(year.parse().expect("a year"), thing, holder);
    quota.map_or("none".to_owned(), |quota| {
        format!("{} used {}", thing.print(quota.granted), thing.print(quota.used))
    })
}

fn plan_line(world: &World, year: &str, of: &str) -> String {
    let thing = planned(world, of);
    let mut lines = world.state().planning.lines(year.parse().expect("a year"));
    let line = lines.find(|(planned, _)| *planned == thing);
    line.map_or("none".to_owned(), |(_, line)| {
        format!("{} granted {}", thing.print(line.planned), thing.print(line.granted))
    })
}

fn on_the_way(world: &World, name: &str) -> String {
    let transit = world.state().ledger.transit().get(&world.names[name]);
    transit.map_or("none".to_owned(), |transit| {
        let short = if transit.short { " short" } else { "" };
        format!("{} of {}{short}", transit.outstanding, transit.sent)
    })
}

fn closed(world: &World, year: &str, substance: &str) -> String {
    let closed = world.state().planning.closed(year.parse().expect("a year"));
    let line = closed.and_then(|closed| closed.lines.iter().find(|line| line.substance.as_str() == substance));
    line.map_or("none".to_owned(), |line| {
        format!(
            "acquired {} allowed {} excess {}",
            line.acquired, line.allowed, line.excess
        )
    })
}

/// Where an order stands, and of each line how much is supplied of what is ordered.
fn order(world: &World, id: &str) -> String {
    let Some(order) = world.state().orders.get(id) else {
        return "none".to_owned();
    };
    let lines = order.lines.iter();
    let lines = lines.map(|line| format!("{} {}/{}", line.item_id, line.supplied, line.ordered));
    let by = order.ended.as_ref().map(|ended| format!(" by {}", ended.by));
    format!(
        "{} {}{}",
        order.status().word(),
        lines.collect::<Vec<_>>().join(" "),
        by.unwrap_or_default()
    )
}

/// Permits of a year by grade, counted a second time from the journal itself.
fn grades(world: &World, year: i16) -> String {
    let counted = domain::trade::grades(world.state(), year);
    for (grade, count) in counted {
        let of_grade = world.journal.iter().filter(|entry| match &entry.event {
            Event::ExportPermitIssued(issued) if issued.permit.issued_on.year() == year => {
                let emergency = issued.permit.consignment.authorization.is_none();
                !emergency && issued.grade.unwrap_or(domain::trade::Grade::A) == grade
            }
            _ => false,
        });
        assert_eq!(of_grade.count() as u64, count, "grade {}", grade.word());
    }
    let words = counted.map(|(grade, count)| format!("{} {count}", grade.word()));
    words.join(" ")
}
