//! An authority of the story with its pages, and visitors who use them.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use authority::{Authority, MadeBy};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use domain::Entry;
use sim::{Clock, InProcess, Live, Options, Scenario};
use tempfile::TempDir;
use tower::ServiceExt;
use web::{App, Start};

/// The real time here stands still: codes of the second factor do not change while a test runs.
pub const WALL_S: i64 = 1_767_225_600;

/// The second factor's secret of everybody here.
pub const SECRET: &[u8; 20] = b"a secret of twenty b";

/// The story is played once for all tests.
pub fn story() -> &'static Path {
    static STORY: OnceLock<TempDir> = OnceLock::new();
    STORY.get_or_init(|| played("china-2024.toml")).path()
}

const SCENARIOS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios");

/// Plays a scenario: a folder for each of its authorities.
fn played(scenario: &str) -> TempDir {
    play(&Scenario::read(&Path::new(SCENARIOS).join(scenario)).unwrap())
}

fn play(scenario: &Scenario) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut host = Live {
        dir: folder.path().to_owned(),
        storage: "sqlite:".to_owned(),
        made_by: MadeBy::Run,
        key_seed: || {
            let mut seed = [0; 32];
            getrandom::fill(&mut seed).map_err(|error| error.to_string())?;
            Ok(seed)
        },
        wire: Rc::new(RefCell::new(InProcess::default())),
        clock: Clock::default(),
        last: Rc::new(|_, _| Ok(())),
    };
    let options = Options {
        seed: 1,
        host: &mut host,
    };
    let summary = sim::run(scenario, options, &mut |_| {}).unwrap();
    assert_eq!(summary.mismatches, 0, "{summary}");
    folder
}

/// An authority of its own for a test.
pub struct World {
    pub app: Arc<App>,
    router: Router,
    runtime: tokio::runtime::Runtime,
    _folder: TempDir,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub body: String,
}

impl Reply {
    /// Where it sends the browser.
    pub fn to(&self) -> &str {
        self.headers
            .get(header::LOCATION)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The value of a hidden field.
    pub fn hidden(&self, name: &str) -> &str {
        let (_, rest) = self
            .body
            .split_once(&format!("name=\"{name}\" value=\""))
            .unwrap_or(("", "\""));
        rest.split('"').next().unwrap()
    }
}

impl World {
    /// The exporting authority after its year.
    pub fn cn() -> Self {
        Self::of("CN")
    }

    /// An authority after the year.
    pub fn of(id: &str) -> Self {
        Self::copied(&story().join(id))
    }

    /// An authority after another scenario.
    pub fn after(scenario: &str, id: &str) -> Self {
        Self::copied(&played(scenario).path().join(id))
    }

    /// An authority in the midst of another scenario: before the step that says this.
    pub fn before(scenario: &str, says: &str, id: &str) -> Self {
        let text = std::fs::read_to_string(Path::new(SCENARIOS).join(scenario)).unwrap();
        let (before, _) = text.split_once(says).unwrap();
        let (before, _) = before.rsplit_once("[[step]]").unwrap();
        let bytes = before.as_bytes().to_vec();
        let story = Scenario::from_files(scenario, &|_| Some(bytes.clone().into())).unwrap();
        Self::copied(&play(&story).path().join(id))
    }

    fn copied(from: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(from, folder.path());
        let authority = Arc::new(Authority::open(folder.path()).unwrap());
        Self::with(authority, folder)
    }

    fn with(authority: Arc<Authority>, folder: TempDir) -> Self {
        let app = App::new(Start {
            authority,
            clock: Arc::new(|authority| Ok(authority.state().recorded_at)),
            submitted: None,
            heard: Arc::new(std::string::ToString::to_string),
            wall: Arc::new(|| WALL_S * 1_000_000),
            note: Arc::new(|line| eprintln!("{line}")),
            public_url: "http://localhost".to_owned(),
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        Self {
            router: web::router(Arc::clone(&app)),
            app,
            runtime,
            _folder: folder,
        }
    }

    /// Sends a request.
    pub fn send(&self, request: Request<Body>) -> Reply {
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let body = to_bytes(body, 64 << 20).await.unwrap();
            Reply {
                status: parts.status,
                headers: parts.headers,
                body: String::from_utf8_lossy(&body).into_owned(),
            }
        })
    }

    /// Somebody without a session.
    pub fn nobody(&self) -> Visitor<'_> {
        Visitor {
            world: self,
            cookies: RefCell::default(),
            person: String::new(),
        }
    }

    /// Somebody who has signed in, as an actor that holds its role.
    pub fn visitor(&self, actor: &str) -> Visitor<'_> {
        let actor: domain::access::Actor = actor.parse().unwrap();
        assert!(
            self.app.authority().state().access.holds(&actor),
            "{actor} holds no role"
        );
        let person = actor.person().to_owned();
        self.enrol(&person, "a password nobody hashes");
        let token = self.app.begin_session(&person, &actor, false).unwrap();
        let visitor = self.nobody();
        visitor.cookies.borrow_mut().push((self.app.session_cookie(), token));
        Visitor { person, ..visitor }
    }

    /// Gives a person credentials.
    pub fn enrol(&self, person: &str, password_hash: &str) {
        let credential = store::Credential {
            person: person.to_owned(),
            password: password_hash.to_owned(),
            secret: SECRET.to_vec(),
            last_step: 0,
            failures: 0,
            locked_until_us: 0,
        };
        self.app.authority().local().put_credential(&credential).unwrap();
    }

    /// A code of a person that was not used: each test has its own clock of codes.
    pub fn code(&self, person: &str) -> String {
        let mut local = self.app.authority().local();
        let mut credential = local.credential(person).unwrap().unwrap();
        credential.last_step = 0;
        local.put_credential(&credential).unwrap();
        web::credentials::code(SECRET, u64::try_from(WALL_S).unwrap())
    }

    /// The last entry.
    pub fn last_entry(&self) -> Entry {
        let size = self.app.authority().state().size;
        self.app.authority().entry(size - 1).unwrap().unwrap()
    }

    /// How many entries there are.
    pub fn size(&self) -> u64 {
        self.app.authority().state().size
    }
}

/// A browser with its cookies.
pub struct Visitor<'a> {
    pub world: &'a World,
    pub cookies: RefCell<Vec<(String, String)>>,
    pub person: String,
}

impl Visitor<'_> {
    fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let cookies: Vec<String> = self
            .cookies
            .borrow()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, cookies.join("; "))
    }

    fn remember(&self, reply: &Reply) {
        let mut cookies = self.cookies.borrow_mut();
        for set in reply.headers.get_all(header::SET_COOKIE) {
            let (pair, _) = set.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    /// Looks at a page.
    pub fn get(&self, path: &str) -> Reply {
        let reply = self.world.send(self.request("GET", path).body(Body::empty()).unwrap());
        self.remember(&reply);
        reply
    }

    /// A file: status, kind and bytes.
    pub fn bytes(&self, path: &str) -> (StatusCode, String, Vec<u8>) {
        let request = self.request("GET", path).body(Body::empty()).unwrap();
        self.world.runtime.block_on(async {
            let (parts, body) = self.world.router.clone().oneshot(request).await.unwrap().into_parts();
            let kind = parts
                .headers
                .get(header::CONTENT_TYPE)
                .map(|kind| kind.to_str().unwrap().to_owned());
            let body = to_bytes(body, 64 << 20).await.unwrap();
            (parts.status, kind.unwrap_or_default(), body.to_vec())
        })
    }

    /// Sends fields as they are, with nothing of the form's own.
    pub fn post_bare(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = self
            .request("POST", path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let reply = self.world.send(request.body(Body::from(body)).unwrap());
        self.remember(&reply);
        reply
    }

    /// Sends a file with a form of a page.
    pub fn upload(&self, path: &str, csrf: &str, content: &str) -> Reply {
        let body = format!(
            "--xyz\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--xyz\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"scan.pdf\"\r\n\r\n{content}\r\n--xyz--\r\n"
        );
        let request = self
            .request("POST", path)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=xyz");
        let reply = self.world.send(request.body(Body::from(body)).unwrap());
        self.remember(&reply);
        reply
    }

    /// Sends a form of a page: with what the page's forms carry.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let csrf = self.get("/help").hidden("csrf").to_owned();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        self.post_bare(path, &all)
    }

    /// Checks, signs and records an act; gives the number of its first entry, or the page that says what is wrong.
    pub fn act(&self, verb: &str, fields: &[(&str, &str)]) -> Result<u64, Reply> {
        let check = self.post(&format!("/act/{verb}"), fields);
        let id = check.hidden("id-of-command").to_owned();
        if id.is_empty() {
            return Err(check);
        }
        let code = self.world.code(&self.person);
        let mut all = fields.to_vec();
        all.extend([("id-of-command", id.as_str()), ("code", code.as_str())]);
        let done = self.post(&format!("/act/{verb}/sign"), &all);
        let seq = done
            .to()
            .strip_prefix("/done/")
            .and_then(|rest| rest.split('?').next()?.parse().ok());
        seq.ok_or(done)
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => {
                std::fs::create_dir_all(&target).unwrap();
                copy(&entry.path(), &target);
            }
            kind if kind.is_file() && entry.file_name() != "lock" => {
                std::fs::copy(entry.path(), &target).unwrap();
            }
            _ => {}
        }
    }
}
