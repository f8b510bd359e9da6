//! The load of `scripts/api-rate`: clients that each send one movement after the other over HTTP, and a probe of the disk.
//! It uses nothing but the standard library, and `rustc` alone builds it.
//!
//! `api-rate ADDRESS TOKEN FOLDER CLIENTS SECONDS SITE ITEM BATCH DAY` prints one JSON object.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [address, token, folder, clients, seconds, site, item, batch, day] = args.as_slice() else {
        panic!("nine arguments are needed: look into scripts/api-rate");
    };
    let clients: u64 = clients.parse().expect("CLIENTS is a number");
    let within = Duration::from_secs_f64(seconds.parse().expect("SECONDS is a number"));
    let probe = probe(folder);
    let with = format!(r#"{{"site":"{site}","item":"{item}","batch":"{batch}","amount":1,"occurred_on":"{day}","mode":"report"}}"#);
    let began = Instant::now();
    let threads: Vec<_> = (0..clients)
        .map(|client| {
            let (address, token, with) = (address.clone(), token.clone(), with.clone());
            std::thread::spawn(move || load(&address, &token, &with, client, within))
        })
        .collect();
    let mut times: Vec<Duration> = threads.into_iter().flat_map(|thread| thread.join().expect("a client")).collect();
    let took = began.elapsed().as_secs_f64();
    times.sort_unstable();
    println!(
        r#"{{"clients":{clients},"movements":{},"per_second":{:.0},"p50_ms":{:.2},"p99_ms":{:.2},"probe_p50_ms":{:.2},"probe_p99_ms":{:.2},"fsyncs_per_second":{:.0}}}"#,
        times.len(),
        times.len() as f64 / took,
        at(&times, 0.5),
        at(&times, 0.99),
        at(&probe, 0.5),
        at(&probe, 0.99),
        probe.len() as f64 / probe.iter().sum::<Duration>().as_secs_f64(),
    );
}

/// The time that such a share stays within, in milliseconds; the times are in order.
fn at(times: &[Duration], share: f64) -> f64 {
    let place = (share * (times.len().saturating_sub(1)) as f64) as usize;
    times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}

/// How long the disk under the journal takes to append 4 KiB and sync them, again and again for two seconds.
fn probe(folder: &str) -> Vec<Duration> {
    let path = format!("{folder}/probe.tmp");
    let mut file = File::create(&path).expect("a file to probe the disk with");
    let (began, mut times) = (Instant::now(), Vec::new());
    while began.elapsed() < Duration::from_secs(2) {
        let one = Instant::now();
        file.write_all(&[0; 4096]).and_then(|()| file.sync_data()).expect("a sync");
        times.push(one.elapsed());
    }
    drop(std::fs::remove_file(path));
    times.sort_unstable();
    times
}

/// One client on one connection; gives how long each answer took.
fn load(address: &str, token: &str, with: &str, client: u64, within: Duration) -> Vec<Duration> {
    let stream = TcpStream::connect(address).expect("a connection");
    stream.set_nodelay(true).expect("a connection");
    let mut out = stream.try_clone().expect("a connection");
    let mut input = BufReader::new(stream);
    let (mut times, began) = (Vec::new(), Instant::now());
    let mut number = 0;
    while began.elapsed() < within {
        number += 1;
        let body = format!(r#"[{{"id":"{}","do":"dispense","with":{with}}}]"#, id(client, number));
        let request = format!(
            "POST /api/v1/movements HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len(),
        );
        let sent = Instant::now();
        out.write_all(request.as_bytes()).expect("a request");
        let answer = answer(&mut input);
        assert!(answer.contains("\"leaf\""), "not recorded: {answer}");
        times.push(sent.elapsed());
    }
    times
}

/// Reads an answer; gives its body.
fn answer(input: &mut impl BufRead) -> String {
    let mut length = 0;
    loop {
        let mut line = String::new();
        input.read_line(&mut line).expect("an answer");
        let (name, value) = line.split_once(':').unwrap_or_default();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().expect("a length");
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body).expect("a body");
    String::from_utf8_lossy(&body).into_owned()
}

/// A UUID of version 7: the moment, then who and how often.
fn id(client: u64, number: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_millis();
    let (high, low) = ((now >> 16) & 0xFFFF_FFFF, now & 0xFFFF);
    let process = u64::from(std::process::id()) & 0xFFF;
    format!("{high:08x}-{low:04x}-7{process:03x}-8{:03x}-{number:012x}", client & 0xFFF)
}
