//! A bug ends the console with its terminal restored and a message, wherever it happens. The product has no hook for
//! this: the test binary starts itself in a pseudo-terminal and opens the console on a source that panics.

use std::collections::BTreeSet;
use std::env;

use midwatch::app::Setup;
use midwatch::config::{CrashReport, Level, start_log, state_folder};
use midwatch::domain::Clean;
use midwatch::shell::{Hands, Launch, NoHands, Scene, Sources, open};
use midwatch::store::{News, Want};
use midwatch::term::{Tty, caps};
use rustix::process::Signal;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::Sender;

use crate::home::{Home, SOON, console_of, opened};
use crate::support::pty::{Modes, Pty, kill};

/// Set in the child only: where it panics.
const WHERE: &str = "MIDWATCH_TEST_PANIC";

/// The last line on the terminal names the report.
const ADVICE: &str = "The report to send along is";

/// A source that panics in the loop, when it is first told what to watch.
struct Bomb {
    armed: bool,
    _news: Sender<News>,
}

impl Sources for Bomb {
    fn want(&self, _: BTreeSet<Want>) {
        assert!(!self.armed, "bomb in the loop");
    }
    fn reconnect(&self) {}
}

/// Not a test: what the tests below run in a pseudo-terminal.
#[test]
#[ignore = "started by the other tests of this file"]
fn child() {
    let Ok(place) = env::var(WHERE) else {
        return;
    };
    let runtime = Runtime::new().unwrap();
    let log = start_log(&state_folder().unwrap(), Level::Info).ok();
    tracing::warn!("a line for the report, token=hunter2hunter2");
    let launch = Launch {
        scene: Scene::default(),
        seen: Vec::new(),
        place: None,
        notes: Vec::new(),
        incident: Clean::default(),
        clusters: Vec::new(),
        caps: caps(|name| env::var(name).ok()),
        setup: Setup::default(),
        reload: None,
        crash: CrashReport::of(log.as_ref()),
        log: None,
    };
    let feed = |news| {
        if place == "task" {
            let mut asked = signal(SignalKind::user_defined1()).unwrap();
            tokio::spawn(async move {
                asked.recv().await;
                panic!("bomb in a task");
            });
        }
        Bomb {
            armed: place == "loop",
            _news: news,
        }
    };
    let hands = |_| -> Box<dyn Hands> { Box::new(NoHands) };
    let end = open(&runtime, &Tty::find().unwrap(), launch, feed, hands);
    runtime.shutdown_background();
    std::process::exit(end.unwrap().0.code().into());
}

fn start(home: &Home, place: &str) -> (Pty, Modes) {
    let script = format!(
        "echo ready; read go; {WHERE}={place} \"$CHILD\" --exact panics::child --ignored --nocapture; \
         echo \"exit $?\"; read end"
    );
    let mut pty = home
        .script(&script)
        .env("CHILD", env::current_exe().unwrap())
        .spawn();
    pty.wait_for("ready", SOON);
    let before = pty.modes();
    pty.send("Enter");
    (pty, before)
}

fn told(pty: &Pty, before: &Modes, message: &str) {
    pty.wait_for("exit ", SOON);
    assert!(!pty.screen().contains("exit 0"), "{}", pty.screen());
    pty.look(|screen| {
        assert!(!screen.alternate_screen() && !screen.hide_cursor());
        let text = screen.contents();
        assert!(
            text.contains("midwatch has a bug and had to stop"),
            "{text}"
        );
        assert!(text.contains(message) && text.contains(ADVICE), "{text}");
    });
    assert_eq!(&pty.modes(), before);
}

#[test]
fn a_panic_in_the_loop_gives_the_terminal_back_and_is_told_on_it() {
    let home = Home::new();
    let (pty, before) = start(&home, "loop");
    told(&pty, &before, "bomb in the loop");
    let report = report(&home);
    for part in [
        "midwatch 0.1.0 crashed at 20",
        "bomb in the loop at tests/terminal/panics.rs",
        "terminal  120x36",
        "screen    home",
        "Who called whom",
        "Sources>::want",
        "a line for the report, token=[redacted]",
    ] {
        assert!(report.contains(part), "{part} is not in {report}");
    }
    assert!(!report.contains("hunter2"), "{report}");
}

/// The report of the crash.
fn report(home: &Home) -> String {
    let files = std::fs::read_dir(home.path("state/midwatch")).unwrap();
    let mut reports = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.to_string_lossy().contains("/crash-"));
    let text = std::fs::read_to_string(reports.next().expect("a report")).unwrap();
    assert!(reports.next().is_none(), "one crash, one report");
    text
}

#[test]
fn a_panic_in_the_background_ends_the_console_instead_of_leaving_a_dead_screen() {
    let home = Home::new();
    let (pty, before) = start(&home, "task");
    opened(&pty);
    kill(console_of(&pty), Signal::USR1);
    told(&pty, &before, "bomb in a task");
    assert!(pty.screen().contains("exit 1"), "{}", pty.screen());
}
