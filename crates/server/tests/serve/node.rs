//! What the tests share: folders with authorities, nodes that serve them, requests as bytes.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A result of a test's step.
pub type Step<T> = Result<T, Box<dyn Error>>;

/// So long a step may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs the binary to its end.
pub fn countersign(dir: &Path, args: &[&str]) -> Step<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.env_remove("COUNTERSIGN_DIR").arg("--dir").arg(dir).args(args);
    Ok(command.stdin(Stdio::null()).output()?)
}

/// Runs the binary, which must exit 0, and gives what it prints.
pub fn done(dir: &Path, args: &[&str]) -> Step<String> {
    let output = countersign(dir, args)?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    Err(format!("{args:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
}

/// Runs the binary, which must exit 1, and gives why.
pub fn refused(dir: &Path, args: &[&str]) -> Step<String> {
    let output = countersign(dir, args)?;
    if output.status.code() == Some(1) {
        return Ok(String::from_utf8(output.stderr)?);
    }
    Err(format!("{args:?}: {:?}", output.status).into())
}

/// A JSON document that the binary prints.
pub fn json(dir: &Path, args: &[&str]) -> Step<Value> {
    let args = [args, &["--json"]].concat();
    Ok(serde_json::from_str(&done(dir, &args)?)?)
}

/// A port that nobody listens on.
pub fn free_port() -> Step<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// China and Korea at the end of a story with one consignment, each in a folder that can be served on its port.
pub struct Two {
    pub cn: PathBuf,
    pub kr: PathBuf,
    pub cn_port: u16,
    pub kr_port: u16,
    _folder: tempfile::TempDir,
}

impl Two {
    pub fn new() -> Step<Self> {
        Self::from(true)
    }

    /// The same, but their key files name addresses that lead nowhere: what they say to each other goes in files.
    pub fn apart() -> Step<Self> {
        Self::from(false)
    }

    fn from(line: bool) -> Step<Self> {
        let folder = tempfile::tempdir()?;
        let (cn_port, kr_port) = (free_port()?, free_port()?);
        let story = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/exchange/delivered-twice.toml");
        let story = story.to_str().ok_or("the folder's name is no text")?;
        let (cn, kr) = (
            format!("CN=http://127.0.0.1:{cn_port}"),
            format!("KR=http://127.0.0.1:{kr_port}"),
        );
        let urls = ["--url", cn.as_str(), "--url", kr.as_str()];
        let run = ["run", story, "--storage", "sqlite", "--quiet"];
        let urls = if line { &urls[..] } else { &[] };
        done(folder.path(), &[&run[..], urls].concat())?;
        Ok(Self {
            cn: folder.path().join("CN"),
            kr: folder.path().join("KR"),
            cn_port,
            kr_port,
            _folder: folder,
        })
    }

    /// Asks Korea for one more confirmation. Gives what is printed.
    pub fn ask(&self, number: u32) -> Step<String> {
        let path = self.cn.with_extension("ndjson");
        let export = format!(
            r#"{{"id":"018d7a00-0000-7000-8000-1{number:011}","as":"H-LAKE:chen","do":"apply_export","with":{{"id":"E-{number}","site":"S-LAKE","address":"88 Optics Road, Wuhan","importer":{{"name":"Hanbit Medical","address":"17 Teheran Road, Seoul","country":"KR"}},"authorization":"IC-1","lines":[{{"item":"remifentanil-hydrochloride","amount":"1 g"}}],"purpose":"medical"}}}}"#
        );
        let ask = format!(
            r#"{{"id":"018d7a00-0000-7000-8000-2{number:011}","as":"permit_officer:li","do":"request_confirmation","with":{{"export":"E-{number}"}}}}"#
        );
        std::fs::write(&path, format!("{export}\n\n{ask}\n"))?;
        done(&self.cn, &["submit", path.to_str().ok_or("no text")?])
    }
}

/// Hands one command to an authority of a story; gives its receipt.
pub fn act(dir: &Path, number: u64, actor: &str, verb: &str, with: &Value) -> Step<Value> {
    let id = format!("018d7a00-0000-7000-8000-3{number:011}");
    let line = serde_json::json!({ "id": id, "as": actor, "do": verb, "with": with });
    let path = dir.with_extension("command");
    std::fs::write(&path, format!("{line}\n"))?;
    let output = countersign(dir, &["submit", path.to_str().ok_or("no text")?])?;
    let said = String::from_utf8(output.stdout)?;
    Ok(serde_json::from_str(said.lines().next().ok_or("no receipt")?)?)
}

/// What a file says that was encrypted to the authority of a folder.
pub fn unsealed(dir: &Path, file: &Path) -> Step<String> {
    let keys = authority::file_keys(dir)?;
    let text = exchange::unseal(&keys, &std::fs::read(file)?).map_err(|why| why.to_string())?;
    Ok(text.trim_end().to_owned())
}

/// A running node.
pub struct Node {
    process: Child,
    pub port: u16,
}

impl Node {
    /// Serves a folder, and waits until it answers.
    pub fn start(dir: &Path, port: u16) -> Step<Self> {
        let node = Self::with(dir, port, &[], Stdio::null())?;
        eventually(|| {
            let ready = get(port, "/health/ready");
            Ok(ready.is_ok_and(|answer| answer.status == 200))
        })?;
        Ok(node)
    }

    /// Serves a folder with more options, and somewhere for its running log.
    pub fn with(dir: &Path, port: u16, options: &[&str], log: Stdio) -> Step<Self> {
        // A write beyond a limit fails, as on a full disk, and does not end the process.
        let mut command = Command::new("sh");
        command
            .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
            .arg(env!("CARGO_BIN_EXE_countersign"))
            .arg("--dir")
            .arg(dir)
            .args(["serve", "--listen", &format!("127.0.0.1:{port}")])
            .args(options);
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn()?;
        Ok(Self { process, port })
    }

    /// Tells it to stop, and waits; gives its exit code.
    pub fn stop(mut self) -> Step<Option<i32>> {
        self.signal("-TERM")?;
        Ok(self.process.wait()?.code())
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: &str) -> Step<()> {
        let mut kill = Command::new("kill");
        let sent = kill.arg(signal).arg(self.process.id().to_string()).status()?;
        if sent.success() {
            Ok(())
        } else {
            Err("the node had ended".into())
        }
    }

    /// How much of it is in memory, in KiB.
    pub fn memory_kib(&self) -> Step<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()).ok_or("no VmRSS")?;
        Ok(kib.parse()?)
    }

    /// Lets no file of it be written any more, as on a full disk.
    pub fn write_no_more(&self) -> Step<()> {
        let limited = Command::new("prlimit")
            .args(["--pid", &self.process.id().to_string(), "--fsize=0"])
            .status()?;
        if limited.success() {
            Ok(())
        } else {
            Err("the node could not be limited".into())
        }
    }

    /// Waits until it ends by itself; gives its exit code.
    pub fn ended(mut self) -> Step<Option<i32>> {
        let mut code = None;
        eventually(|| {
            let ended = self.process.try_wait()?;
            code = ended.and_then(|status| status.code());
            Ok(ended.is_some())
        })?;
        Ok(code)
    }

    /// Ends it without a warning.
    pub fn kill(mut self) -> Step<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Waits until something holds.
pub fn eventually(mut holds: impl FnMut() -> Step<bool>) -> Step<()> {
    let until = Instant::now() + PATIENCE;
    while !holds()? {
        if Instant::now() > until {
            return Err("it did not come to that".into());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// The code of a refusal.
    pub fn code(&self) -> String {
        let problem: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        problem["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Sends bytes as they are, and reads until the other side closes.
pub fn raw(port: u16, request: &[u8]) -> Step<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    // Whoever answers before it has read everything may close first.
    let _ = stream.write_all(request);
    answer(&mut stream)
}

/// Reads an answer until the other side closes.
pub fn answer(stream: &mut TcpStream) -> Step<Answer> {
    let mut bytes = Vec::new();
    let read = stream.read_to_end(&mut bytes);
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let Some(end) = end else {
        read?;
        return Err("there was no answer".into());
    };
    let body = bytes.split_off(end + 4);
    let head = String::from_utf8(bytes)?;
    let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
    Ok(Answer {
        status,
        head: head.to_lowercase(),
        body,
    })
}

/// Gets a path.
pub fn get(port: u16, path: &str) -> Step<Answer> {
    raw(
        port,
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes(),
    )
}

/// Posts a message.
pub fn post(port: u16, message: &[u8]) -> Step<Answer> {
    let head = format!(
        "POST /exchange/v1/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/jose\r\nContent-Length: {}\r\n\r\n",
        message.len()
    );
    raw(port, &[head.as_bytes(), message].concat())
}

/// How it stands with the only partner of an authority.
pub fn partner(dir: &Path) -> Step<Value> {
    Ok(json(dir, &["exchange", "status"])?["partners"][0].take())
}

/// How many entries an authority has.
pub fn size(dir: &Path) -> Step<u64> {
    let status = json(dir, &["exchange", "status"])?;
    Ok(status["size"].as_u64().ok_or("no size")?)
}
