//! A home of its own for each test, with a kubeconfig whose cluster does not answer, so that the screen opens and
//! shows the trouble.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use kube::config::{KubeConfigOptions, Kubeconfig};
use midwatch::demo::{Options, Platform};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::support::pty::{Program, Pty};
use crate::support::wait_for;
use crate::support::{self, process};

pub use crate::support::SOON;

/// On every screen.
pub const TITLE: &str = "midwatch";

/// The program under test.
pub const MIDWATCH: &str = env!("CARGO_BIN_EXE_midwatch");

/// A home folder that goes with the test.
pub struct Home(TempDir);

impl Home {
    pub fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        // A port that was free a moment ago: connections to it are refused.
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let kubeconfig = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: closed\n\
             clusters: [{{name: closed, cluster: {{server: 'http://127.0.0.1:{port}'}}}}]\n\
             users: [{{name: nobody, user: {{}}}}]\n\
             contexts: [{{name: closed, context: {{cluster: closed, user: nobody, namespace: ml}}}}]\n"
        );
        fs::write(home.path("kubeconfig"), kubeconfig).unwrap();
        home
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A program that lives in this home.
    pub fn program(&self, path: &str) -> Program {
        Program::new(path)
            .folder(self.0.path())
            .env("HOME", self.0.path())
            .env("XDG_STATE_HOME", self.path("state"))
            .env("KUBECONFIG", self.path("kubeconfig"))
            // where nobody was before, that is the list of runs
            .env("MIDWATCH_START", "last")
            .env("MIDWATCH", MIDWATCH)
    }

    /// The console itself.
    pub fn midwatch(&self) -> Program {
        self.program(MIDWATCH)
    }

    /// A shell script, in which `"$MIDWATCH"` starts the console.
    pub fn script(&self, script: &str) -> Program {
        self.program("/bin/sh").args(&["-c", script])
    }

    /// What was logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("state/midwatch/midwatch.log")).unwrap_or_default()
    }
}

/// A cluster in which nothing happens: the embedded platform without its simulation.
pub struct Cluster {
    platform: Platform,
    runtime: Runtime,
}

impl Cluster {
    pub fn quiet() -> Self {
        support::tls();
        let runtime = Runtime::new().unwrap();
        let platform = runtime
            .block_on(Platform::empty(Options::default()))
            .unwrap();
        Self { platform, runtime }
    }

    pub fn kubeconfig(&self) -> &Path {
        self.platform.kubeconfig()
    }

    /// Makes an object.
    pub fn create(&self, path: &str, object: &Value) {
        let file = Kubeconfig::read_from(self.kubeconfig()).unwrap();
        let request = http::Request::post(path)
            .header("content-type", "application/json")
            .body(object.to_string().into_bytes())
            .unwrap();
        self.runtime.block_on(async {
            let options = KubeConfigOptions::default();
            let config = kube::Config::from_custom_kubeconfig(file, &options).await;
            let client = kube::Client::try_from(config.unwrap()).unwrap();
            client.request::<Value>(request).await.unwrap();
        });
    }
}

/// The console is on the screen.
pub fn opened(pty: &Pty) {
    pty.wait_until("the console", SOON, |screen| {
        screen.alternate_screen() && screen.contents().contains(TITLE)
    });
}

/// The console that a script has started.
pub fn console_of(pty: &Pty) -> u32 {
    wait_for("the console's process", SOON, || {
        process::children(pty.pid()).first().copied()
    })
}
