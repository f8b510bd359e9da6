//! Notices: when something comes to wait for a person who has given an address, they are told so, and no more than that.
//!
//! A notice names no company, no drug and no figure: whoever reads letters on their way learns nothing. Of one kind a
//! person gets one in ten minutes; what comes meanwhile is told with the next.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use authority::AuthorityError;
use domain::access::{Capacity, Role};
use domain::command::COMMANDS;
use domain::ledger::MovementKind;
use domain::order::OrderStatus;
use domain::partner::{Message, MessageReceived};
use domain::province::Domestic;
use domain::trade::{Side, Stage};
use domain::{Entry, Event, State};
use store::{Notice, StoreError};

use crate::App;
use crate::words::{Lang, Words};

/// Of one kind a person gets one in so long, in microseconds.
const PAUSE_US: i64 = 10 * 60 * 1_000_000;
/// Entries that are looked at together.
const AT_ONCE: u64 = 1_000;
/// Where it is kept how far the journal was read.
const CURSOR: &str = "notices_next_seq";

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A decision waits for its second person.
    Decision,
    /// A partner authority has asked, or answered.
    Partner,
    /// A company has applied.
    Application,
    /// Goods are on their way to a site.
    Goods,
    /// An order was placed, withdrawn or declined.
    Order,
    /// A permit or an authorization was issued.
    Permit,
    /// The person may set up credentials.
    Enrolment,
    /// The person's password or second factor has changed.
    Credentials,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Decision => "decision",
            Self::Partner => "partner",
            Self::Application => "application",
            Self::Goods => "goods",
            Self::Order => "order",
            Self::Permit => "permit",
            Self::Enrolment => "enrolment",
            Self::Credentials => "credentials",
        }
    }

    /// Where it is seen.
    fn path(self) -> &'static str {
        match self {
            Self::Enrolment | Self::Credentials => "/account",
            _ => "/queue",
        }
    }
}

/// Whom something concerns.
enum To<'a> {
    Roles(&'a [Role]),
    Holder(String),
    Person(String),
}

/// Something that came to wait.
struct Call<'a> {
    kind: Kind,
    to: To<'a>,
    /// Who need not be told: they have done it themselves.
    except: &'a str,
}

/// What is remembered of notices while the node runs.
#[derive(Default)]
pub struct Notices {
    sent: AtomicBool,
    /// When the last notice of a kind to a person was due, or is: seconds in the future are those that wait.
    last: Mutex<HashMap<(String, Kind), i64>>,
}

impl Notices {
    /// Whether somebody sends what is kept.
    pub fn are_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
    }
}

impl App {
    /// From now on somebody sends notices.
    pub fn send_notices(&self) {
        self.notices.sent.store(true, Ordering::Relaxed);
    }

    /// Tells a person that their credentials have changed.
    pub fn credentials_changed(&self, person: &str) -> Result<(), StoreError> {
        if self.notices.sent.load(Ordering::Relaxed) {
            self.tell(person, Kind::Credentials)
        } else {
            Ok(())
        }
    }

    /// Keeps a notice to a person who has given an address, unless one of its kind waits already.
    fn tell(&self, person: &str, kind: Kind) -> Result<(), StoreError> {
        let Some(known) = self.authority().local().person(person)? else {
            return Ok(());
        };
        if known.email.is_none() {
            return Ok(());
        }
        let Some(at_us) = self.due(person, kind) else {
            return Ok(());
        };
        let words = Words(known.language.as_deref().and_then(Lang::parse).unwrap_or(Lang::En));
        let authority = self.authority().state().founding.name.to_string();
        let subject = words.t(&format!("notice-{}", kind.word()));
        let text = format!(
            "{subject}\n\n{}\n{}\n\n{}\n",
            words.t("notice-see"),
            self.url(kind.path()),
            words.t1("notice-why", "authority", &authority),
        );
        self.authority().local().put_notice(&Notice {
            no: 0,
            at_us,
            person: person.to_owned(),
            subject: format!("{authority}: {subject}"),
            text,
            tries: 0,
        })
    }

    /// When the next notice of a kind to a person is due; none if one waits already.
    fn due(&self, person: &str, kind: Kind) -> Option<i64> {
        let now = self.wall_us();
        let mut last = self.notices.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.retain(|_, at| now - *at < PAUSE_US);
        let kept = last.entry((person.to_owned(), kind)).or_insert(now - PAUSE_US);
        if *kept > now {
            return None;
        }
        *kept = now.max(*kept + PAUSE_US);
        Some(*kept)
    }

    /// Looks at what was recorded since the last look, and keeps notices of what came to wait. Tells whether there was
    /// anything to look at.
    pub fn follow_for_notices(&self) -> Result<bool, AuthorityError> {
        let size = self.authority().state().size;
        let from = self.authority().local().meta(CURSOR)?;
        let Some(from) = from
            .and_then(|from| from.parse::<u64>().ok())
            .filter(|from| *from <= size)
        else {
            // What was recorded before anybody sent notices is told by nobody.
            self.authority().local().put_meta(CURSOR, &size.to_string())?;
            return Ok(false);
        };
        if from == size {
            return Ok(false);
        }
        let (entries, next) = self.entries(from, AT_ONCE.min(size - from))?;
        let told = told(&self.authority().state(), &entries);
        for (person, kind) in told {
            self.tell(&person, kind)?;
        }
        self.authority().local().put_meta(CURSOR, &next.to_string())?;
        Ok(true)
    }

    /// Entries that may call somebody, from one on, and the number after the last one looked at.
    fn entries(&self, from: u64, count: u64) -> Result<(Vec<Entry>, u64), AuthorityError> {
        let mut entries = Vec::new();
        let mut broken = None;
        let next = self.authority().read(|journal| {
            journal.read(from, count, &mut |row| {
                if is_quiet(row.bytes) {
                    return ControlFlow::Continue(());
                }
                match Entry::parse(row.bytes) {
                    Ok(entry) => entries.push(entry),
                    Err(error) => broken = Some(format!("entry {}: {error}", row.seq)),
                }
                if broken.is_some() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })
        })?;
        match broken {
            None => Ok((entries, next)),
            Some(why) => Err(AuthorityError::Broken(why)),
        }
    }
}

/// Most entries are movements that call nobody: they are not worth the reading.
fn is_quiet(bytes: &[u8]) -> bool {
    let holds = |words: &[u8]| bytes.windows(words.len()).any(|window| window == words);
    holds(b"\"kind\":\"MovementRecorded\"") && !holds(b"\"movement\":\"dispatch\"")
}

/// Who is to be told of what. What does not wait any more is told to nobody.
fn told(state: &State, entries: &[Entry]) -> BTreeSet<(String, Kind)> {
    let mut told = BTreeSet::new();
    let mut officers: Option<Vec<(Role, String)>> = None;
    for entry in entries {
        for call in calls(state, entry) {
            let mut add = |person: &str| {
                if person != call.except {
                    told.insert((person.to_owned(), call.kind));
                }
            };
            match &call.to {
                To::Person(person) => add(person),
                To::Holder(holder) => state.access.actors_for(holder).for_each(|actor| add(actor.person())),
                To::Roles(roles) => {
                    let officers = officers.get_or_insert_with(|| of(state));
                    let held = officers.iter().filter(|(role, _)| roles.contains(role));
                    held.for_each(|(_, person)| add(person));
                }
            }
        }
    }
    told
}

/// Every officer's roles.
fn of(state: &State) -> Vec<(Role, String)> {
    let officer = |actor: &domain::access::Actor| match actor.capacity() {
        Capacity::Officer(role) => Some((role, actor.person().to_owned())),
        _ => None,
    };
    state.access.officers().filter_map(officer).collect()
}

const PERMITS: &[Role] = &[Role::PermitOfficer];
const LICENSING: &[Role] = &[Role::LicensingOfficer];
const STATISTICS: &[Role] = &[Role::Statistician];
const APPROVER: &[Role] = &[Role::Approver];

/// Whom an entry calls.
fn calls<'a>(state: &State, entry: &'a Entry) -> Vec<Call<'a>> {
    let by = entry.actor.person();
    let call = |kind, to| Call { kind, to, except: by };
    let holder_of = |site: &str| state.holders.site(site).map(|(_, site)| site.holder_id.to_string());
    let holder = |kind, site: &str| holder_of(site).ok().map(|holder| call(kind, To::Holder(holder)));
    match &entry.event {
        Event::DecisionProposed(proposal) if state.access.waiting().contains_key(&entry.seq) => {
            let known = COMMANDS.iter().find(|(verb, _, _)| *verb == proposal.verb.as_str());
            if let Some(roles) = known.and_then(|(_, _, second)| *second) {
                vec![call(Kind::Decision, To::Roles(roles))]
            } else {
                let own = entry.actor.holder().map(|holder| To::Holder(holder.to_owned()));
                let all = own.into_iter().chain([To::Roles(APPROVER)]);
                all.map(|to| call(Kind::Decision, to)).collect()
            }
        }
        Event::Movement(movement) if movement.movement == MovementKind::Dispatch => {
            let is_coming = state.ledger.transit().contains_key(&entry.seq);
            let peer = movement.peer.as_ref().filter(|_| is_coming);
            peer.and_then(|peer| holder(Kind::Goods, peer)).into_iter().collect()
        }
        Event::OrderPlaced(order) => {
            let is_open = state
                .orders
                .get(&order.id)
                .is_some_and(|order| order.status() == OrderStatus::Open);
            let to = is_open.then(|| holder(Kind::Order, &order.supplier)).flatten();
            to.into_iter().collect()
        }
        Event::OrderWithdrawn(end) | Event::OrderDeclined(end) => {
            let order = state.orders.get(&end.order);
            let sites = order.map(|order| [&order.site_id, &order.supplier_id]);
            let sites = sites.into_iter().flatten().filter(|site| {
                // The one who has ended it knows.
                holder_of(site).ok().as_deref() != entry.actor.holder()
            });
            sites.filter_map(|site| holder(Kind::Order, site)).collect()
        }
        Event::MessageReceived(received) if received.refused.is_none() => {
            let said = calls_of_trade(state, entry).into_iter();
            said.chain(call_of_provinces(state, entry.seq, received)).collect()
        }
        Event::EnrolmentAllowed(grant) => vec![call(Kind::Enrolment, To::Person(grant.person.to_string()))],
        _ => calls_of_trade(state, entry).into_iter().collect(),
    }
}

/// Whom a message of another province calls: who takes the goods, and who gives the word where figures differ.
fn call_of_provinces<'a>(state: &State, seq: u64, received: &MessageReceived) -> Option<Call<'a>> {
    let message: Message = received.message.payload.read().ok()?;
    let call = |kind, to| Call { kind, to, except: "" };
    if message.kind.as_str() == "domestic_dispatched" {
        let (_, domestic) = state.provinces.open().find(|(entry, _)| *entry == seq)?;
        let (_, site) = state.holders.site(&domestic.told.to).ok()?;
        return Some(call(Kind::Goods, To::Holder(site.holder_id.to_string())));
    }
    let of_dispatch = [
        "domestic_received",
        "domestic_returned",
        "domestic_lost",
        "difference_resolved",
    ];
    let body: serde_json::Value = serde_json::from_str(message.body.as_str()).ok()?;
    let number = body
        .get("number")
        .filter(|_| of_dispatch.contains(&message.kind.as_str()))?;
    let number = number.as_u64()?;
    let waits = |domestic: &Domestic| {
        let is_it = domestic.partner == received.from && domestic.told.number == number;
        is_it && domestic.differs() && domestic.our_word.is_none()
    };
    let mut open = state.provinces.open();
    open.any(|(_, domestic)| waits(domestic))
        .then(|| call(Kind::Partner, To::Roles(LICENSING)))
}

fn calls_of_trade<'a>(state: &State, entry: &'a Entry) -> Option<Call<'a>> {
    let except = entry.actor.person();
    let roles = |kind, roles| {
        Some(Call {
            kind,
            to: To::Roles(roles),
            except,
        })
    };
    let site = |site: &domain::id::Id| {
        let (_, site) = state.holders.site(site).ok()?;
        Some(Call {
            kind: Kind::Permit,
            to: To::Holder(site.holder_id.to_string()),
            except,
        })
    };
    match &entry.event {
        Event::ImportApplied(_) | Event::ExportApplied(_) | Event::EmergencyApplied(_) | Event::DiversionApplied(_) => {
            roles(Kind::Application, PERMITS)
        }
        Event::InvitationAnswered(_) => roles(Kind::Partner, PERMITS),
        // Who does not run this software is reminded by a person.
        Event::EndorsementReminded(reminded) => {
            let alone = state.trade.case(&reminded.case)?.paper.is_some();
            alone.then(|| roles(Kind::Partner, PERMITS)).flatten()
        }
        Event::ImportAuthorizationIssued(issued) => site(&state.trade.own(&issued.authorization.number)?.site),
        Event::ExportPermitIssued(issued) => site(state.trade.case(&issued.case)?.site.as_ref()?),
        Event::MessageReceived(received) if received.refused.is_none() => {
            let message: domain::partner::Message = serde_json::from_str(received.message.payload.as_str()).ok()?;
            match message.kind.as_str() {
                "confirmation_requested" => {
                    let case = state.trade.case(message.case.as_ref()?)?;
                    let waits = case.side == Side::Importing && case.stage == Stage::Requested;
                    waits.then(|| roles(Kind::Partner, PERMITS)).flatten()
                }
                "confirmed"
                | "confirmation_refused"
                | "query"
                | "answer"
                | "withdrawn"
                | "permit_revoked"
                | "endorsement_overdue"
                | "ordered_back"
                | "diverted"
                | "passage_diverted"
                | "emergency_export"
                | "re_export_ended"
                | "import_authorization_amended"
                | "import_authorization_cancelled"
                | "resolved" => roles(Kind::Partner, PERMITS),
                "trade_statement_proposed" | "trade_statement_disputed" => roles(Kind::Partner, STATISTICS),
                _ => None,
            }
        }
        _ => None,
    }
}
