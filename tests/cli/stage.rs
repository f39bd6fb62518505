//! A platform, a home, and the program run in it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use http::Request;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use midwatch::demo::{Options, Platform};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::support;

/// The program under test.
pub const MIDWATCH: &str = env!("CARGO_BIN_EXE_midwatch");

/// Long enough for a busy machine; nothing waits for it to pass.
pub const SOON: Duration = support::SOON;

/// What the program did.
#[derive(Debug)]
pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Done {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    pub fn lines(&self) -> Vec<&str> {
        self.out.lines().collect()
    }

    #[track_caller]
    pub fn code(self, wanted: i32) -> Self {
        assert_eq!(self.code, wanted, "out: {}\nerr: {}", self.out, self.err);
        self
    }
}

/// A command with nothing of ours in its environment.
pub fn command(home: &Path) -> Command {
    let mut command = Command::new(MIDWATCH);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("TERM", "xterm-256color")
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::null());
    command
}

/// A running platform and a home.
pub struct Stage {
    pub platform: Platform,
    pub runtime: Runtime,
    pub home: TempDir,
}

impl Stage {
    /// A platform on which things have happened and go on at their own pace.
    pub fn busy() -> Self {
        Self::new(|runtime| {
            runtime
                .block_on(Platform::start(Options {
                    past: Duration::from_secs(3_600),
                    ..Options::default()
                }))
                .unwrap()
        })
    }

    /// A platform on which nothing happens by itself.
    pub fn quiet() -> Self {
        Self::new(|runtime| {
            runtime
                .block_on(Platform::empty(Options::default()))
                .unwrap()
        })
    }

    fn new(start: impl FnOnce(&Runtime) -> Platform) -> Self {
        support::tls();
        let runtime = Runtime::new().unwrap();
        Self {
            platform: start(&runtime),
            runtime,
            home: tempfile::tempdir().unwrap(),
        }
    }

    pub fn kubeconfig(&self, person: &str) -> PathBuf {
        self.platform.kubeconfig_for(person)
    }

    pub fn command(&self, person: &str, args: &[&str]) -> Command {
        let mut command = command(self.home.path());
        command
            .env("KUBECONFIG", self.kubeconfig(person))
            .args(args);
        command
    }

    /// Runs it to its end as a person of the platform.
    pub fn run_as(&self, person: &str, args: &[&str]) -> Done {
        Done::of(self.command(person, args).output().unwrap())
    }

    pub fn run(&self, args: &[&str]) -> Done {
        self.run_as("oncall", args)
    }

    /// Sends a request as the administrator.
    pub fn ask(&self, method: &str, path: &str, body: &Value) {
        let kubeconfig = self.kubeconfig("admin");
        let kind = match method {
            "PATCH" => "application/merge-patch+json",
            _ => "application/json",
        };
        self.runtime.block_on(async {
            let file = Kubeconfig::read_from(kubeconfig).unwrap();
            let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default())
                .await
                .unwrap();
            let client = Client::try_from(config).unwrap();
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header("content-type", kind)
                .body(body.to_string().into_bytes())
                .unwrap();
            client.request::<Value>(request).await.unwrap();
        });
    }
}

/// Waits for a child's end, which must come.
pub fn ended(child: &mut Child) -> ExitStatus {
    let end = Instant::now() + SOON;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if Instant::now() > end {
            let _ = child.kill();
            panic!("it did not end within {SOON:?}");
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
}
