//! Opens the console on the terminal and runs it to its end. I/O; called by the command line.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use super::{End, Hands, Inbox, Scene, Sources, TtyScreen, Turns};
use crate::app::findings::{Acks, Seen};
use crate::app::history::LastPlace;
use crate::app::note::Note;
use crate::app::{Model, Msg, Setup};
use crate::config::{Crash, CrashReport, Reload};
use crate::domain::{Clean, ClusterId};
use crate::feed::kube::os_user;
use crate::store::News;
use crate::term::{
    Alarm, Bell, Caps, Clipboard, Output, Tty, guard_panics, listen, listen_signals, watch,
};

/// Keys and sizes waiting for the loop.
const INPUT: usize = 256;

/// The start that is where the person was last.
const LAST: &str = "last";

/// Batches waiting for the loop. The feed keeps the newest state per key while it is full.
const NEWS: usize = 64;

/// How long the end waits for actions that are under way.
const SEE_OFF: Duration = Duration::from_secs(5);

/// What a console is opened with.
#[derive(Debug)]
pub struct Launch {
    /// Clusters, in the order to show them.
    pub clusters: Vec<ClusterId>,
    /// What the terminal can show.
    pub caps: Caps,
    /// What the person has set.
    pub setup: Setup,
    /// Reads it again when a file changes.
    pub reload: Option<Reload>,
    /// Where the person was last, to begin there.
    pub place: Option<LastPlace>,
    /// Findings that were seen in earlier sessions.
    pub seen: Vec<Seen>,
    /// What is to be told at the start.
    pub notes: Vec<Note>,
    /// The incident that what is done belongs to; may be empty.
    pub incident: Clean,
    /// What is written when there is a bug.
    pub crash: CrashReport,
    /// Where the log is, to be shown.
    pub log: Option<String>,
    /// What is shown is told here.
    pub scene: Scene,
}

/// The console could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// A thread, signal or mode was refused by the system.
    #[error("the terminal could not be taken over: {0}")]
    Terminal(#[from] io::Error),
}

/// Opens the console and runs it until it ends; the terminal is handed back before this returns. `connect` starts the
/// feed, given where its news go, and `hands` what acts, given where its reports go; both run inside the runtime. Answers
/// also where the person was at the end.
pub fn open<F: Sources>(
    runtime: &Runtime,
    tty: &Arc<Tty>,
    launch: Launch,
    connect: impl FnOnce(mpsc::Sender<News>) -> F,
    hands: impl FnOnce(mpsc::Sender<Msg>) -> Box<dyn Hands>,
) -> Result<(End, LastPlace), LaunchError> {
    let _inside = runtime.enter();
    let (alarm, alarms) = Alarm::new();
    let signals = listen_signals(&alarm)?;
    let scene = launch.scene;
    let (crash, shown) = (launch.crash, scene.clone());
    guard_panics(
        Arc::clone(tty),
        alarm.clone(),
        move |what, backtrace, size| {
            crash.tell(&Crash {
                what,
                backtrace,
                size,
                screen: shown.get(),
            })
        },
    );
    let handed_back = HandedBack(tty);
    let wished = launch
        .caps
        .obey(&launch.setup.settings, &launch.setup.theme);
    tty.use_extras(wished.extras);
    tty.enter()?;
    let (sender, input) = mpsc::channel(INPUT);
    if let Some(reload) = launch.reload {
        reload.start(sender.downgrade())?;
    }
    // Before anything asks for the size, so that no new size is missed.
    let ears = listen(sender, alarm.clone())?;
    watch(Arc::clone(tty), alarm.clone())?;
    let screen = TtyScreen {
        tty: Arc::clone(tty),
        output: Output::start(Arc::clone(tty), alarm)?,
        ears,
        clipboard: Clipboard::new(|name| std::env::var(name).ok()),
        bell: Bell::new(|name| std::env::var(name).ok()),
    };
    let (sender, news) = mpsc::channel(NEWS);
    let mut model = Model::new(launch.clusters, tty.size(), Timestamp::now());
    if let Some(place) = &launch.place
        && launch.setup.settings.start == LAST
    {
        model.return_to(place);
    }
    for note in launch.notes {
        model.notes.tell(note, model.now);
    }
    model.deeds.incident = launch.incident;
    model.watch.acks = Acks::new(launch.seen).signed(&os_user());
    if let Some(path) = launch.log {
        model.notes.log_at(path);
    }
    let caps = launch.caps;
    let mut turns = Turns::new(model, screen, connect(sender), caps.look, caps.pace)
        .seen_by(scene)
        .with_hands(hands);
    turns.set_up(launch.setup);
    let end = runtime.block_on(turns.run(Inbox {
        input,
        news,
        signals,
        alarms,
    }));
    drop(handed_back);
    runtime.block_on(see_off(turns.hands()));
    Ok((end, turns.model().last_place()))
}

/// Waits a little for actions that are under way, and says so: their answers are worth more than a quick end.
async fn see_off(hands: &mut dyn Hands) {
    let count = hands.under_way();
    if count == 0 {
        return;
    }
    let say = |text: &str| {
        let _ = writeln!(io::stderr(), "midwatch: {text}");
    };
    let are = |n: usize| match n {
        1 => "1 action is".to_owned(),
        n => format!("{n} actions are"),
    };
    let seconds = SEE_OFF.as_secs();
    say(&format!(
        "{} under way; waiting up to {seconds} s for the end",
        are(count)
    ));
    match hands.finish(SEE_OFF).await {
        0 => say("it has ended; the journal has it"),
        left => say(&format!(
            "{} still under way. The journal has what was sent; the next start of midwatch looks what came of it",
            are(left)
        )),
    }
}

/// Hands the terminal back on every way out.
struct HandedBack<'a>(&'a Tty);

impl Drop for HandedBack<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}
