//! Notices by e-mail: a thread that looks what came to wait for whom, and sends letters. A server that fails is tried
//! again later, and nothing else waits for it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use authority::{MadeBy, Mail, Settings};
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::SmtpTransport;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{Address, Transport};
use store::Notice;

use crate::net::{self, note};
use crate::output::Failure;

/// So often it is looked whether anything came to wait.
const EVERY: Duration = Duration::from_secs(1);
/// Letters that are sent one after the other.
const AT_ONCE: usize = 20;
/// So long a server may take for each step.
const STEP_WITHIN: Duration = Duration::from_secs(20);
/// The pause after a first failure; each further one doubles it.
const PAUSE_S: i64 = 60;
/// The longest pause.
const PAUSE_MAX_S: i64 = 6 * 3600;
/// After so many failures, two days and more, a letter is given up: what it told is long seen, or does not matter.
const TRIES_MAX: u32 = 16;

/// Where letters go.
enum Way {
    Server {
        transport: Box<SmtpTransport>,
        host: String,
    },
    Folder(PathBuf),
}

/// What letters are made with, and where they go.
pub struct Post {
    way: Way,
    from: Mailbox,
}

/// Sends notices in a thread of its own until it is stopped.
pub struct Mailer {
    ending: Arc<AtomicBool>,
}

impl Post {
    /// As the settings say; none if nobody is to get notices. A demonstration keeps its letters in a folder.
    pub fn of(folder: &Path, settings: &Settings) -> Result<Option<Self>, Failure> {
        let of_demo = || Mail {
            file: Some(PathBuf::from("outbox")),
            ..Mail::default()
        };
        let mail = settings.mail.clone();
        let Some(mail) = mail.or_else(|| (settings.made_by == MadeBy::Demo).then(of_demo)) else {
            return Ok(None);
        };
        let wrong = |what: &dyn std::fmt::Display| Failure::Refused(format!("authority.toml, mail: {what}"));
        let from = mail.from.as_deref().unwrap_or("countersign@localhost");
        let from: Address = from
            .parse()
            .map_err(|error| wrong(&format_args!("from {from:?}: {error}")))?;
        let way = match (&mail.smtp, &mail.file) {
            (Some(_), None) if mail.from.is_none() => return Err(wrong(&"from is missing")),
            (Some(smtp), None) => server(folder, settings, &mail, smtp).map_err(|why| wrong(&why))?,
            (None, Some(file)) => Way::Folder(folder.join(file)),
            _ => return Err(wrong(&"name either a server with smtp, or a folder with file")),
        };
        let from = Mailbox::new(None, from);
        Ok(Some(Self { way, from }))
    }

    /// A notice as a letter. Names and words cannot break out of their lines: what is no address is no letter.
    fn letter(&self, notice: &Notice, email: &str, id: &str) -> Result<Message, String> {
        let to: Address = email.parse().map_err(|_| "the address is none".to_owned())?;
        let host = self.from.email.domain();
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(one_line(&notice.subject))
            .message_id(Some(format!("<{id}@{host}>")))
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN)
            .body(notice.text.clone())
            .map_err(|error| error.to_string())
    }

    fn send(&self, letter: &Message, id: &str) -> Result<(), String> {
        match &self.way {
            // The server's own words may name anything: only what kind of failure it was is told.
            Way::Server { transport, host } => transport
                .send(letter)
                .map(drop)
                .map_err(|error| format!("{host}: {}", kind(&error))),
            Way::Folder(folder) => keep(folder, id, &letter.formatted()).map_err(|error| error.to_string()),
        }
    }
}

/// Says that no person wrote it, so that nobody's absence answers (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl lettre::message::header::Header for AutoSubmitted {
    fn name() -> lettre::message::header::HeaderName {
        lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> lettre::message::header::HeaderValue {
        lettre::message::header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// A text without line breaks and other control characters.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}

/// What kind of failure it was.
fn kind(error: &lettre::transport::smtp::Error) -> String {
    if let Some(code) = error.status() {
        return format!("it answered {code}");
    }
    let what = if error.is_timeout() {
        "it took too long"
    } else if error.is_tls() {
        "no encrypted connection"
    } else {
        "no connection, or it ended"
    };
    what.to_owned()
}

/// Writes a letter into a folder, all of it or nothing.
fn keep(folder: &Path, id: &str, letter: &[u8]) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
    if !folder.exists() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let (unfinished, path) = (folder.join(format!("{id}.new")), folder.join(format!("{id}.eml")));
    let file = std::fs::OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&unfinished);
    file?.write_all(letter)?;
    std::fs::rename(unfinished, path)
}

/// A server's address, taken apart.
struct Server<'a> {
    wrapped: bool,
    user: Option<&'a str>,
    host: &'a str,
    port: u16,
}

fn parsed(smtp: &str) -> Option<Server<'_>> {
    let (scheme, rest) = smtp.split_once("://")?;
    let wrapped = match scheme {
        "smtps" => true,
        "smtp" => false,
        _ => return None,
    };
    let (user, rest) = rest
        .rsplit_once('@')
        .map_or((None, rest), |(user, rest)| (Some(user), rest));
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (rest, if wrapped { 465 } else { 587 }),
    };
    let plain = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|letter| letter.is_ascii_graphic() && !"/:".contains(letter))
    };
    let good = plain(host) && user.is_none_or(|user| !user.is_empty() && !user.contains(':'));
    good.then_some(Server {
        wrapped,
        user,
        host,
        port,
    })
}

fn server(folder: &Path, settings: &Settings, mail: &Mail, smtp: &str) -> Result<Way, String> {
    let written = "write smtps://user@host:465, or smtp://user@host:587; the password stands in a file of its own";
    let server = parsed(smtp).ok_or(written)?;
    let mut builder = SmtpTransport::builder_dangerous(server.host)
        .port(server.port)
        .timeout(Some(STEP_WITHIN));
    let is_here = matches!(server.host, "localhost" | "127.0.0.1");
    builder = if server.wrapped {
        builder.tls(Tls::Wrapper(trusting(settings, server.host)?))
    } else if is_here {
        // What goes to this machine's own server goes over no wire.
        builder.tls(Tls::None)
    } else {
        builder.tls(Tls::Required(trusting(settings, server.host)?))
    };
    if let Some(user) = server.user {
        let file = mail.password_file.as_ref().ok_or("password_file is missing")?;
        let path = folder.join(file);
        let password = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let password = password.trim_end_matches(['\r', '\n']).to_owned();
        builder = builder.credentials(Credentials::new(user.replace("%40", "@"), password));
    }
    Ok(Way::Server {
        transport: Box::new(builder.build()),
        host: server.host.to_owned(),
    })
}

/// TLS that trusts what messages to partners trust.
fn trusting(settings: &Settings, host: &str) -> Result<TlsParameters, String> {
    let roots = net::trusted(settings.ca_file.as_deref()).map_err(|failure| failure.to_string())?;
    let mut tls = TlsParameters::builder(host.to_owned()).certificate_store(CertificateStore::None);
    for der in roots {
        tls = tls.add_root_certificate(Certificate::from_der(der).map_err(|error| error.to_string())?);
    }
    tls.build_rustls().map_err(|error| error.to_string())
}

impl Mailer {
    /// Starts to send.
    pub fn start(id: String, app: &Arc<web::App>, post: Post) -> Result<Self, String> {
        app.send_notices();
        let ending = Arc::new(AtomicBool::new(false));
        let work = Work {
            id,
            app: Arc::downgrade(app),
            post,
            ending: Arc::clone(&ending),
            failed: false,
        };
        let thread = std::thread::Builder::new().name("mail".to_owned());
        thread.spawn(move || work.run()).map_err(|error| error.to_string())?;
        Ok(Self { ending })
    }

    /// Sends nothing more. A letter that is under way is not waited for: at worst it is sent again.
    pub fn stop(self) {
        self.ending.store(true, Ordering::Release);
    }
}

struct Work {
    id: String,
    /// Not held while a letter is under way, so that the node can end.
    app: Weak<web::App>,
    post: Post,
    ending: Arc<AtomicBool>,
    /// Whether the last letter failed: it is said once, not with every letter.
    failed: bool,
}

impl Work {
    fn run(mut self) {
        while !self.is_over() {
            if let Err(why) = self.look() {
                note(&self.id, format_args!("notices: {why}"));
            }
            std::thread::park_timeout(EVERY);
        }
    }

    fn is_over(&self) -> bool {
        self.ending.load(Ordering::Acquire) || self.app.strong_count() == 0
    }

    fn look(&mut self) -> Result<(), String> {
        let due = {
            let Some(app) = self.app.upgrade() else { return Ok(()) };
            while app.follow_for_notices().map_err(|error| error.to_string())? {
                if self.is_over() {
                    return Ok(());
                }
            }
            let now = app.wall_us();
            let due = app.authority().local().notices_due(now, AT_ONCE);
            due.map_err(|error| error.to_string())?
        };
        for notice in due {
            if self.is_over() {
                return Ok(());
            }
            self.send(&notice)?;
        }
        Ok(())
    }

    fn send(&mut self, notice: &Notice) -> Result<(), String> {
        let email = {
            let Some(app) = self.app.upgrade() else { return Ok(()) };
            let known = app.authority().local().person(&notice.person);
            known
                .map_err(|error| error.to_string())?
                .and_then(|person| person.email)
        };
        // Whoever has taken back their address gets nothing.
        let sent = match email {
            None => Ok(()),
            Some(email) => {
                let id = format!("{}-{}-{}", self.id, notice.at_us, notice.no);
                match self.post.letter(notice, &email, &id) {
                    Ok(letter) => self.post.send(&letter, &id),
                    Err(why) => {
                        note(&self.id, format_args!("notice {} cannot be sent: {why}", notice.no));
                        Ok(())
                    }
                }
            }
        };
        self.keep(notice, &sent)
    }

    /// Keeps what came of a letter.
    fn keep(&mut self, notice: &Notice, sent: &Result<(), String>) -> Result<(), String> {
        let Some(app) = self.app.upgrade() else { return Ok(()) };
        let now = app.wall_us();
        let mut local = app.authority().local();
        let kept = match sent {
            Ok(()) => local.sent_notice(notice.no, now),
            Err(_) if notice.tries + 1 >= TRIES_MAX => local.sent_notice(notice.no, now),
            Err(_) => local.unsent_notice(notice.no, now + pause_s(notice.tries) * 1_000_000),
        };
        drop(local);
        if let (Err(why), false) = (sent, self.failed) {
            note(
                &self.id,
                format_args!("notices cannot be sent, and are tried again: {why}"),
            );
        } else if sent.is_ok() && self.failed {
            note(&self.id, "notices are sent again");
        }
        self.failed = sent.is_err();
        kept.map_err(|error| error.to_string())
    }
}

/// The pause before the next try, in seconds.
fn pause_s(tries: u32) -> i64 {
    PAUSE_S.saturating_mul(1 << tries.min(10)).min(PAUSE_MAX_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(subject: &str) -> Notice {
        Notice {
            no: 7,
            at_us: 1,
            person: "li".to_owned(),
            subject: subject.to_owned(),
            text: "有一项决定待您处理\n\n.\nBcc: other@example.org\n".to_owned(),
            tries: 0,
        }
    }

    fn post(way: Way) -> Post {
        let from = "control@example.org".parse().unwrap();
        Post {
            way,
            from: Mailbox::new(None, from),
        }
    }

    #[test]
    fn nothing_in_a_notice_becomes_a_header() {
        let post = post(Way::Folder(PathBuf::new()));
        let hostile = notice("Agency\r\nBcc: other@example.org\r\n\r\nBody");
        let letter = post.letter(&hostile, "li@example.org", "X-1-7").unwrap().formatted();
        let letter = String::from_utf8(letter).unwrap();
        let (head, _) = letter.split_once("\r\n\r\n").unwrap();
        assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{letter}");
        assert!(head.contains("Auto-Submitted: auto-generated"), "{letter}");
        for address in [
            "li@example.org\r\nBcc: other@example.org",
            "li@example.org, other@example.org",
            "<li>",
            "",
        ] {
            assert!(post.letter(&hostile, address, "X-1-7").is_err(), "{address:?}");
        }
    }

    #[test]
    fn letters_lie_in_a_folder_for_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let outbox = folder.path().join("outbox");
        let post = post(Way::Folder(outbox.clone()));
        let letter = post.letter(&notice("决定"), "li@example.org", "CN-1-7").unwrap();
        post.send(&letter, "CN-1-7").unwrap();
        let file = outbox.join("CN-1-7.eml");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::metadata(&outbox).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(std::fs::read_dir(&outbox).unwrap().count(), 1);
    }

    #[test]
    fn a_server_gets_a_letter_and_a_lost_one_is_told_without_its_words() {
        use std::io::{BufRead as _, BufReader};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let served = std::thread::spawn(move || {
            let mut got = Vec::new();
            for answers_data in ["250 kept", "554 secret words of li@example.org"] {
                let (stream, _) = listener.accept().unwrap();
                let mut out = stream.try_clone().unwrap();
                let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
                out.write_all(b"220 here\r\n").unwrap();
                while let Some(line) = lines.next() {
                    let answer = match line.split(' ').next().unwrap_or_default() {
                        "EHLO" => "250 here",
                        "DATA" => {
                            out.write_all(b"354 go on\r\n").unwrap();
                            got.extend(lines.by_ref().take_while(|line| line != "."));
                            answers_data
                        }
                        "QUIT" => "221 bye",
                        _ => "250 good",
                    };
                    if out.write_all(format!("{answer}\r\n").as_bytes()).is_err() {
                        break;
                    }
                }
            }
            got
        });
        let settings: Settings = toml_of(&format!(
            "smtp = \"smtp://localhost:{port}\"\nfrom = \"control@example.org\""
        ));
        let post = Post::of(Path::new("/nowhere"), &settings).unwrap().unwrap();
        let letter = post.letter(&notice("决定"), "li@example.org", "CN-1-7").unwrap();
        post.send(&letter, "CN-1-7").unwrap();
        let failed = post.send(&letter, "CN-1-7").unwrap_err();
        assert!(
            failed.contains("554") && !failed.contains("secret") && !failed.contains('@'),
            "{failed}"
        );
        drop(post);
        let got = served.join().unwrap();
        assert!(got.iter().any(|line| line == "To: li@example.org"), "{got:?}");
    }

    fn toml_of(mail: &str) -> Settings {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("id = \"IS\"\nstorage = \"sqlite:\"\nmade_by = \"init\"\n[mail]\n{mail}\n");
        std::fs::write(folder.path().join("authority.toml"), text).unwrap();
        Settings::read(folder.path()).unwrap()
    }

    #[test]
    fn what_is_wrong_in_the_settings_is_told_at_the_start() {
        let folder = tempfile::tempdir().unwrap();
        for wrong in [
            "",
            "smtp = \"smtp://mail.example.org\"",
            "file = \"outbox\"\nsmtp = \"smtps://mail.example.org\"",
            "smtp = \"http://mail.example.org\"\nfrom = \"a@example.org\"",
            "smtp = \"smtps://user:password@mail.example.org\"\nfrom = \"a@example.org\"",
            "smtp = \"smtps://user@mail.example.org\"\nfrom = \"a@example.org\"",
            "smtp = \"smtps://user@mail.example.org\"\nfrom = \"a@example.org\"\npassword_file = \"absent\"",
            "smtp = \"smtps://mail.example.org:many\"\nfrom = \"a@example.org\"",
            "file = \"outbox\"\nfrom = \"no address\"",
        ] {
            assert!(Post::of(folder.path(), &toml_of(wrong)).is_err(), "{wrong}");
        }
        std::fs::write(folder.path().join("secret"), "hush\n").unwrap();
        let good = "smtp = \"smtps://user@mail.example.org\"\nfrom = \"a@example.org\"\npassword_file = \"secret\"";
        assert!(Post::of(folder.path(), &toml_of(good)).unwrap().is_some());
        let none = Settings {
            mail: None,
            ..toml_of(good)
        };
        assert!(Post::of(folder.path(), &none).unwrap().is_none());
    }

    #[test]
    fn pauses_grow_and_end() {
        assert_eq!((pause_s(0), pause_s(1), pause_s(40)), (60, 120, PAUSE_MAX_S));
        let all: i64 = (0..TRIES_MAX).map(pause_s).sum();
        assert!(all > 2 * 24 * 3600, "{all}");
    }
}
