//! The nation's balance is the sum of what its provinces state: what goes between them cancels, and what is on the way is
//! counted once.

use domain::State;
use domain::ledger::Compartment;
use domain::province::overdue;
use domain::quantity::Mass;
use domain::reporting::{Identity, identity};

use jiff::civil::date;

use crate::text::lines;
use crate::two::Two;

const YEAR: i16 = 2026;

/// Dispatches of every fate: whole, in parts, still on the way, taken back, lost, short.
const HISTORY: &str = r#"
CN  NAT:nora               dispatch            site=NAT-1 to=REGN-1 partner=LK item=amp batch=A1 amount=100  ok @D
LK  REGN:rena              receive             site=REGN-1 dispatch=$IN-1 amount=100                        ok
CN  NAT:nora               dispatch            site=NAT-1 to=REGN-1 partner=LK item=amp batch=A1 amount=80  ok @E
LK  REGN:rena              receive             site=REGN-1 dispatch=$IN-2 amount=30 more_to_come=true       ok
CN  NAT:nora               cancel_dispatch     site=NAT-1 dispatch=@E amount=20 reason="the road is closed"  ok
CN  NAT:nora               lose_in_transit     site=NAT-1 dispatch=@E amount=5 reason="a broken box" case=C-1  ok
CN  NAT:nora               dispatch            site=NAT-1 to=REGN-1 partner=LK item=amp batch=A1 amount=50  ok @F
LK  REGN:rena              receive             site=REGN-1 dispatch=$IN-3 amount=47                         ok
LK  licensing_officer:lin  resolve_difference  dispatch=$IN-3 cause=loss explanation="it was open" incident=I-1  ok
CN  licensing_officer:lin  resolve_difference  dispatch=@F cause=loss explanation="a broken box" incident=C-2  ok
LK  REGN:rena              lose                site=REGN-1 item=ampoule batch=A1 amount=2 reason="they fell" case=I-2  ok
CN  NAT:nora               dispatch            site=NAT-1 to=REGN-1 partner=LK item=amp batch=A1 amount=40  ok @G
"#;

/// The sum of a term over both provinces.
fn sum(two: &Two, term: impl Fn(&Identity) -> Mass) -> Mass {
    let rows = [0, 1].map(|side| identity(two.state(side), YEAR));
    rows.iter().flatten().map(term).sum()
}

/// What lies on the supply side of one province, lots in process included, and what is on the way in its books.
fn lies(state: &State) -> Mass {
    let mass = |batch, amount: i64| {
        let item = state.items.at(state.ledger.batch_at(batch).item);
        Mass::from_pg(i128::from(item.content_pg)) * i128::from(amount)
    };
    let supplies = |site| !state.holders.site_at(site).retail;
    let accounts = state.ledger.accounts().filter(|account| supplies(account.site));
    let held = accounts.map(|account| {
        let special = account.holds(Compartment::Special);
        mass(account.batch, account.held.iter().sum::<i64>() - special)
    });
    let transit = state.ledger.transit().values();
    let on_the_way = transit.map(|transit| mass(transit.batch, transit.outstanding));
    let sites = (0..).zip(state.holders.sites()).map(|(site, _)| site);
    let lots = sites.flat_map(|site| state.ledger.lots_of(site)).filter(|lot| lot.open);
    held.chain(on_the_way).chain(lots.map(|lot| lot.held)).sum()
}

/// The balance of the whole, in which nothing is said of provinces.
#[track_caller]
fn balances(two: &Two, before: Mass) {
    assert_eq!(sum(two, |row| row.residual), Mass::ZERO, "each explains itself");
    let crossed = sum(two, |row| row.from_provinces);
    assert_eq!(
        sum(two, |row| row.to_provinces),
        crossed,
        "what is between them cancels"
    );
    let closing = sum(two, |row| row.closing);
    let lost = sum(two, |row| row.lost);
    assert_eq!(before, closing + lost, "a nation has what it had, less what was lost");
    let lies = lies(two.state(0)) + lies(two.state(1));
    assert_eq!(closing, lies, "what is on the way is counted once");
    [0, 1].into_iter().for_each(|side| lists_what_is_open(two.state(side)));
}

/// What is open is listed, and nothing else.
#[track_caller]
fn lists_what_is_open(state: &State) {
    let all = state.provinces.dispatches().iter();
    let open = all.filter(|(_, domestic)| !domestic.is_over());
    let open: Vec<u64> = open.map(|(entry, _)| *entry).collect();
    let listed: Vec<u64> = state.provinces.open().map(|(entry, _)| entry).collect();
    assert_eq!(listed, open);
}

#[test]
fn the_nations_balance_is_the_sum_of_its_provinces() {
    let mut two = Two::at("neighbours");
    let before = sum(&two, |row| row.closing);
    let mut crossed = Mass::ZERO;
    for line in lines(HISTORY) {
        two.follow("nation", &line);
        balances(&two, before);
        crossed = sum(&two, |row| row.to_provinces);
    }
    assert_eq!(crossed.to_string(), "0.0177", "177 ampoules of 0.1 mg were received");
    let transit = two.state(0).ledger.transit().values().filter(|one| one.away.is_some());
    let on_the_way: i64 = transit.map(|one| one.outstanding).sum();
    assert_eq!(on_the_way, 25 + 3 + 40, "one rest, what was short, one dispatch");
}

#[test]
fn what_is_not_received_in_time_is_late_at_both_ends() {
    let mut two = Two::at("neighbours");
    for line in lines(HISTORY) {
        two.follow("nation", &line);
    }
    // A difference waits for words, and not for goods.
    let short = r"
CN  NAT:nora               dispatch            site=NAT-1 to=REGN-1 partner=LK item=amp batch=A1 amount=10  ok
LK  REGN:rena              receive             site=REGN-1 dispatch=$IN-5 amount=9                          ok
";
    lines(short).iter().for_each(|line| two.follow("nation", line));
    let late = |day| {
        [0, 1].map(|side| {
            overdue(two.state(side), day)
                .map(|late| late.domestic.told.number)
                .collect::<Vec<_>>()
        })
    };
    // Sixty days after 15 June; of the second some is still on the way, the third is complete.
    assert!(late(date(2026, 8, 14)).iter().all(Vec::is_empty));
    assert_eq!(late(date(2026, 8, 15)), [vec![2, 4], vec![2, 4]]);
}

#[test]
fn a_site_is_offered_while_its_authority_says_so() {
    let mut two = Two::at("neighbours");
    for line in lines("LK  licensing_officer:lin  withdraw_site  site=HOSN-1 partner=CN reason=why  ok\n") {
        two.follow("nation", &line);
    }
    let offered = |day| {
        let sites = two.state(0).provinces.offered();
        let open = sites.filter(|(_, offered)| offered.is_open(day));
        open.map(|(_, offered)| offered.site.site.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(offered(date(2026, 6, 9)), ["REGN-1", "REGN-3"]);
    assert_eq!(offered(date(2026, 6, 20)), ["REGN-1", "REGN-2", "REGN-3"]);
    assert_eq!(offered(date(2026, 6, 21)), ["REGN-1", "REGN-3"]);
}

/// Until a receipt is taken its goods are in both books, and exactly these: whoever adds up waits for the messages.
#[test]
fn what_a_receipt_on_its_way_says_is_in_both_books() {
    let mut two = Two::at("neighbours");
    let before = sum(&two, |row| row.closing);
    for line in lines(
        r"
CN  NAT:nora               dispatch            site=NAT-1 to=REGN-1 partner=LK item=amp batch=A1 amount=100  ok @D
*  hold  LK
LK  REGN:rena              receive             site=REGN-1 dispatch=$IN-1 amount=100                        ok
",
    ) {
        two.follow("nation", &line);
    }
    let twice = sum(&two, |row| row.closing) - before;
    assert_eq!(twice.to_string(), "0.01");
    assert_eq!(
        sum(&two, |row| row.from_provinces) - sum(&two, |row| row.to_provinces),
        twice
    );
    for line in lines("*  release  LK\n") {
        two.follow("nation", &line);
    }
    balances(&two, before);
}
