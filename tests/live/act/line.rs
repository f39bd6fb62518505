//! A line to the real API server on which the answer to a write can be lost: `kubectl proxy` speaks TLS and has the
//! person's credentials, and what stands before it sees each request. One request a connection.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use super::Person;
use crate::support::rig;

/// What becomes of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It passes, and its answer too.
    Pass,
    /// It does not reach the server; this is answered.
    Answer(u16),
    /// It does not reach the server, and nothing is answered.
    Cut,
    /// The server does it, and something on the way answers this.
    DoneAndAnswer(u16),
    /// The server does it, and nothing is answered.
    DoneAndCut,
    /// The same, and from then on nobody can be reached.
    DoneAndAway,
    /// It does not reach the server; a login page is answered.
    Page,
    /// It does not reach the server, and is kept waiting until who sent it is gone.
    Hold,
    /// The server does it, and who sent it is kept waiting until it is gone.
    DoneAndHold,
}

#[derive(Default)]
struct State {
    fates: VecDeque<Fate>,
    writes: Vec<String>,
    away: bool,
}

/// The line; it ends with this value.
pub struct Line {
    port: u16,
    state: Arc<Mutex<State>>,
    proxy: Child,
    folder: tempfile::TempDir,
}

impl Drop for Line {
    fn drop(&mut self) {
        let _ = self.proxy.kill();
        let _ = self.proxy.wait();
    }
}

impl Line {
    /// For a person of the rig.
    pub fn new(person: &str) -> Self {
        let kubeconfig = rig(&format!(
            "MIDWATCH_RIG_KUBECONFIG_{}",
            person.to_uppercase()
        ));
        let mut proxy = Command::new(rig("MIDWATCH_RIG_KUBECTL"))
            .args(["--kubeconfig", &kubeconfig, "proxy", "--port=0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut out = BufReader::new(proxy.stdout.take().unwrap());
        out.read_line(&mut said).unwrap();
        let server = said.trim().rsplit(' ').next().unwrap().to_owned();
        assert!(server.starts_with("127.0.0.1:"), "{said}");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let (server, state) = (server.clone(), Arc::clone(&shared));
                // a client that goes away is no trouble
                thread::spawn(move || drop(carry(near, &server, &state)));
            }
        });
        Self {
            port,
            state,
            proxy,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Someone whose only way to the server is this line.
    pub fn person(&self) -> Person {
        let path = self.folder.path().join("kubeconfig");
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: rig\n\
             clusters: [{{name: rig, cluster: {{server: 'http://127.0.0.1:{}'}}}}]\n\
             users: [{{name: line, user: {{}}}}]\n\
             contexts: [{{name: rig, context: {{cluster: rig, user: line}}}}]\n",
            self.port
        );
        fs::write(&path, text).unwrap();
        Person::with(path.to_str().unwrap())
    }

    /// What becomes of the writes to come; those after them pass. Everyone can be reached again.
    pub fn set(&self, fates: &[Fate]) {
        let mut state = self.state.lock().unwrap();
        state.fates = fates.iter().copied().collect();
        state.writes.clear();
        state.away = false;
    }

    /// The writes that were sent since then: method and path.
    pub fn writes(&self) -> Vec<String> {
        self.state.lock().unwrap().writes.clone()
    }
}

fn carry(mut near: TcpStream, server: &str, state: &Mutex<State>) -> io::Result<()> {
    let (head, body) = request(&near)?;
    let first = head.lines().next().unwrap_or_default();
    let fate = {
        let mut state = state.lock().unwrap();
        if state.away {
            return near.shutdown(Shutdown::Both);
        }
        if is_write(first) {
            let (what, _) = first.rsplit_once(' ').unwrap_or((first, ""));
            state.writes.push(what.to_owned());
            state.fates.pop_front().unwrap_or(Fate::Pass)
        } else {
            Fate::Pass
        }
    };
    match fate {
        Fate::Cut => return near.shutdown(Shutdown::Both),
        Fate::Answer(code) => return answer(&mut near, code),
        Fate::Page => return page(&mut near),
        Fate::Hold => return hold(&mut near),
        _ => {}
    }
    let mut far = TcpStream::connect(server)?;
    far.write_all(alone(&head, server).as_bytes())?;
    far.write_all(&body)?;
    if fate == Fate::Pass {
        io::copy(&mut far, &mut near)?;
        return near.shutdown(Shutdown::Both);
    }
    // it is done once its answer is here
    io::copy(&mut far, &mut io::sink())?;
    match fate {
        Fate::DoneAndAnswer(code) => return answer(&mut near, code),
        Fate::DoneAndHold => return hold(&mut near),
        Fate::DoneAndAway => state.lock().unwrap().away = true,
        _ => {}
    }
    near.shutdown(Shutdown::Both)
}

/// Head and body of a request.
fn request(near: &TcpStream) -> io::Result<(String, Vec<u8>)> {
    let mut reader = BufReader::new(near);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    Ok((head, body))
}

/// The same head for a connection that ends with its answer.
fn alone(head: &str, server: &str) -> String {
    let mut lines = head.trim_end().lines();
    let mut text = format!("{}\r\n", lines.next().unwrap_or_default());
    for line in lines {
        let name = line.split(':').next().unwrap_or_default();
        if !name.eq_ignore_ascii_case("connection") && !name.eq_ignore_ascii_case("host") {
            let _ = write!(text, "{line}\r\n");
        }
    }
    let _ = write!(text, "Host: {server}\r\nConnection: close\r\n\r\n");
    text
}

fn is_write(first: &str) -> bool {
    let (method, path) = first.split_once(' ').unwrap_or_default();
    matches!(method, "POST" | "PUT" | "PATCH" | "DELETE")
        && !path.contains("dryRun=All")
        && !path.contains("/selfsubject")
}

/// Until who waits is gone.
fn hold(near: &mut TcpStream) -> io::Result<()> {
    io::copy(near, &mut io::sink()).map(drop)
}

fn page(near: &mut TcpStream) -> io::Result<()> {
    let body = "<!doctype html><title>Log in</title>";
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    near.write_all(head.as_bytes())?;
    near.write_all(body.as_bytes())?;
    near.shutdown(Shutdown::Both)
}

fn answer(near: &mut TcpStream, code: u16) -> io::Result<()> {
    let body = format!(
        r#"{{"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "said on the way", "code": {code}}}"#
    );
    let head = format!(
        "HTTP/1.1 {code} Said\r\nContent-Type: application/json\r\nRetry-After: 1\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    near.write_all(head.as_bytes())?;
    near.write_all(body.as_bytes())?;
    near.shutdown(Shutdown::Both)
}
