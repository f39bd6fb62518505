//! `midwatch` without a command: the console. I/O.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::Sender;

use super::act::named_incident;
use super::args::{Connect, Show};
use super::demo::{DemoArgs, serve};
use super::drill;
use super::exit::{Failure, say};
use crate::act::{self, Copies, Journal, Plane, journal};
use crate::app::Msg;
use crate::app::findings::Seen;
use crate::app::history::LastPlace;
use crate::app::note::Note;
use crate::config::{
    CrashReport, Files, Loaded, LogGuard, Reload, keep_place, last_place, load, objectives,
    seen_in, start_log, state_folder,
};
use crate::demo::{Drill, Platform, Referee};
use crate::domain::ClusterId;
use crate::fault::{Fault, FaultKind};
use crate::feed::kube::{Feeds, Options, Places, Target, login, targets};
use crate::settings::{Endpoint, Layer, Settings, Value};
use crate::shell::{Bench, ClusterWire, Crew, Hands, Launch, Scene, Shelf, Sources, Tools, open};
use crate::store::Want;
use crate::term::{Tty, caps};

/// Exit code after a panic; its message is already printed.
const PANICKED: u8 = 1;

/// Opens the console on the clusters asked for and runs it to its end.
pub fn run(connect: &Connect, show: &Show) -> Result<ExitCode, Failure> {
    let tty = Tty::find()?;
    let log = log(show);
    let runtime = runtime()?;
    let played = Played::default();
    let ended = run_on(&runtime, &tty, connect, show, (log.as_ref(), &played));
    // Not dropped: that would wait for tasks that may never end.
    runtime.shutdown_background();
    ended
}

/// Runs the embedded platform, and the console on it as on any cluster.
pub fn run_demo(args: &DemoArgs, show: &Show) -> Result<ExitCode, Failure> {
    if args.list {
        let mut out = std::io::stdout().lock();
        out.write_all(drill::listed().as_bytes())
            .map_err(Failure::Output)?;
        return Ok(ExitCode::SUCCESS);
    }
    let runtime = runtime()?;
    if args.serve {
        runtime
            .block_on(serve(args))
            .map_err(|e| Failure::Demo(format!("{e:#}")))?;
        return Ok(ExitCode::SUCCESS);
    }
    let tty = Tty::find()?;
    let log = log(show);
    let platform = runtime
        .block_on(Platform::start(args.options()))
        .map_err(|e| Failure::Demo(e.to_string()))?;
    let connect = Connect {
        kubeconfig: Some(platform.kubeconfig().to_owned()),
        ..Connect::default()
    };
    let played = Played {
        scene: Scene::default(),
        page: args.drill.map(drill::paged),
        drill: args.drill.map(|drill| (drill, platform.referee())),
    };
    let ended = run_on(&runtime, &tty, &connect, show, (log.as_ref(), &played));
    let scene = &played.scene;
    if let (Some(drill), Some(tally)) = (args.drill, platform.tally()) {
        let seen = drill::Console {
            keys: scene.keys_until(tally.solved),
            opened: scene.first_opened(drill.word()),
        };
        say(drill::score(drill, &tally, Some(seen)).trim_end());
    }
    runtime.block_on(platform.shutdown());
    runtime.shutdown_background();
    ended
}

/// What a drill adds to a console: nothing to any other.
#[derive(Debug, Default)]
struct Played {
    /// What is shown is told here.
    scene: Scene,
    /// What the person is told at the begin.
    page: Option<String>,
    /// The drill, and who knows when it is solved.
    drill: Option<(&'static Drill, Referee)>,
}

/// How often it is looked whether a drill is solved.
const LOOK: Duration = Duration::from_millis(250);

/// Tells the person when the drill is solved.
async fn tell_solved((drill, referee): (&'static Drill, Referee), tell: Sender<Msg>) {
    loop {
        if let Some(text) = referee.tally().and_then(|t| drill::solved(drill, &t)) {
            let _ = tell.send(Msg::Noted(Note::info(text))).await;
            return;
        }
        tokio::select! {
            () = tell.closed() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

fn run_on(
    runtime: &Runtime,
    tty: &Arc<Tty>,
    connect: &Connect,
    show: &Show,
    (log, played): (Option<&LogGuard>, &Played),
) -> Result<ExitCode, Failure> {
    tracing::info!(version = env!("CARGO_PKG_VERSION"), ?connect, "started");
    let (reload, loaded) = settings(connect, show);
    let connect = &with_settings(connect, &loaded.effective.settings);
    let found = log_in(connect)?;
    let clusters: Vec<ClusterId> = found.iter().map(|t| t.id.clone()).collect();
    let (place, mut notes) = last(&clusters);
    let (seen, told) = seen();
    notes.extend(told);
    let settings = &loaded.effective.settings;
    let (copies, faults) = Copies::new(&settings.audit, &|name| env::var(name).ok());
    notes.extend(faults.iter().map(|fault| Note::warn(fault.told())));
    let (objectives, troubles) = objectives(&settings.slo);
    notes.extend(troubles.iter().map(|t| Note::warn(t.to_string())));
    notes.extend(played.page.iter().map(|page| Note::warn(page.as_str())));
    let launch = Launch {
        clusters,
        caps: caps(|name| env::var(name).ok()),
        setup: loaded.setup(),
        reload: Some(reload),
        place,
        seen,
        notes,
        incident: named_incident(),
        crash: CrashReport::of(log),
        log: log.map(|log| log.path.display().to_string()),
        scene: played.scene.clone(),
    };
    let options = Options {
        namespaces: connect.namespaces.clone(),
        sources: backends(connect, settings),
        objectives,
        ..Options::default()
    };
    let hands = hands(&found, &options, settings, copies);
    let drilled = played.drill.clone();
    let hands = |tell: Sender<Msg>| {
        if let Some(drilled) = drilled {
            tokio::spawn(tell_solved(drilled, tell.clone()));
        }
        hands(tell)
    };
    let feed = |news| Feeds::start(options, found, news);
    let ended = catch_unwind(AssertUnwindSafe(|| open(runtime, tty, launch, feed, hands)));
    let Ok(ended) = ended else {
        return Ok(ExitCode::from(PANICKED));
    };
    let (end, place) = ended?;
    tracing::info!(?end, "ended");
    keep(place);
    match end.message() {
        Some(message) => Err(Failure::Ended {
            message,
            code: end.code(),
        }),
        None => Ok(ExitCode::from(end.code())),
    }
}

impl Sources for Feeds {
    fn want(&self, wants: BTreeSet<Want>) {
        Feeds::want(self, wants);
    }
    fn limit(&self, requests_per_minute: u32) {
        Feeds::limit(self, requests_per_minute);
    }
    fn reconnect(&self) {
        Feeds::reconnect(self);
    }
    fn reread(&self, cluster: &ClusterId) {
        Feeds::reread(self, cluster);
    }
}

/// What acts: an action plane for each cluster, with one journal for all.
fn hands(
    found: &[Target],
    options: &Options,
    settings: &Settings,
    copies: Copies,
) -> impl FnOnce(Sender<Msg>) -> Box<dyn Hands> + use<> {
    let targets: BTreeMap<ClusterId, Target> =
        found.iter().map(|t| (t.id.clone(), t.clone())).collect();
    let (options, kept) = (options.clone(), kept(settings));
    let shelf = match &kept {
        Ok(journal) => Shelf::of(journal.clone()),
        Err(why) => {
            let why = why.clone();
            Shelf::new(move || Err(why.clone()))
        }
    };
    let open = move |id: &ClusterId| {
        let fault = |what: &str| {
            let now = jiff::Timestamp::now();
            Fault::new(id.as_str(), FaultKind::Config, what, now)
        };
        let target = targets.get(id);
        let target = target.ok_or_else(|| fault("This cluster is not open here"))?;
        let journal = kept.as_ref().map_err(|why| fault(why))?;
        let wire = ClusterWire::new(target.clone(), options.clone());
        Ok(Bench {
            plane: Plane::new(wire, journal.clone(), act::Options::default()),
            journal: journal.clone(),
            copies: copies.clone(),
        })
    };
    move |tell| {
        let tools = Tools {
            open: Box::new(open),
            shelf,
        };
        Box::new(Crew::new(tools, tell))
    }
}

/// The journal of this user, or why there is none.
fn kept(settings: &Settings) -> Result<Journal, String> {
    let folder = state_folder().map_err(|error| format!("the journal cannot be kept: {error}"))?;
    let options = journal::Options::rotating(settings.audit.rotate_mb);
    Ok(Journal::open(&folder.join("journal"), options))
}

/// The clusters asked for, each logged in: a credential plugin may ask on the terminal, so this comes before the
/// screen opens. Of several clusters, one without a login does not keep the others from being watched: its sources
/// say what failed.
pub(super) fn log_in(connect: &Connect) -> Result<Vec<Target>, Failure> {
    let places = Places::of_process(connect.kubeconfig.clone());
    let found = targets(&places, &connect.contexts).map_err(wrong_context)?;
    let faults: Vec<Fault> = found.iter().filter_map(|t| login(t).err()).collect();
    if faults.len() < found.len() {
        for fault in faults {
            say(&format!("{}: {}", fault.source, fault.what));
        }
        return Ok(found);
    }
    match faults.into_iter().next() {
        Some(fault) => Err(fault.into()),
        None => Ok(found),
    }
}

/// A context that was named and is not there is a wrong argument.
fn wrong_context(fault: Fault) -> Failure {
    if fault.what.starts_with("There is no context") {
        return Failure::Usage {
            what: fault.what,
            hint: fault.hint,
        };
    }
    fault.into()
}

/// Starts the log. A console without a log is better than none, on a night when the disk is full.
fn log(show: &Show) -> Option<LogGuard> {
    let started = state_folder()
        .map_err(|error| error.to_string())
        .and_then(|folder| {
            start_log(&folder, show.log_level)
                .map_err(|error| format!("{} cannot be written to: {error}", folder.display()))
        });
    match started {
        Ok(log) => Some(log),
        Err(why) => {
            say(&format!("no log is kept: {why}"));
            None
        }
    }
}

/// Where the person was last with these clusters, if that is where to begin; a broken file is told and ignored.
fn last(clusters: &[ClusterId]) -> (Option<LastPlace>, Vec<Note>) {
    let names: Vec<&str> = clusters.iter().map(ClusterId::as_str).collect();
    // a folder that cannot be used was told when the log could not be kept
    let Ok(folder) = state_folder() else {
        return (None, Vec::new());
    };
    match last_place(&folder, &names) {
        Ok(place) => (place, Vec::new()),
        Err(error) => (None, vec![Note::warn(format!("the last place: {error}"))]),
    }
}

/// What the person has seen of findings; a broken file is told and ignored.
fn seen() -> (Vec<Seen>, Option<Note>) {
    let Ok(folder) = state_folder() else {
        return (Vec::new(), None);
    };
    match seen_in(&folder) {
        Ok(seen) => (seen, None),
        Err(error) => {
            let text = format!("what you have seen: {error}");
            (Vec::new(), Some(Note::warn(text)))
        }
    }
}

/// Keeps where the person is, for the next start. Not worth a word on the terminal when it fails.
fn keep(place: LastPlace) {
    let kept = state_folder().map(|folder| keep_place(&folder, place));
    if let Ok(Err(error)) = kept {
        tracing::warn!(%error, "the last place could not be kept");
    }
}

/// The console shares its machine with others: four threads decode what a busy cluster sends.
pub(super) fn runtime() -> Result<Runtime, Failure> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(Builder::new_multi_thread()
        .worker_threads(cores.clamp(1, 4))
        .enable_all()
        .build()?)
}

/// What is set by files, environment and command line, and what reads it again.
pub fn settings(connect: &Connect, show: &Show) -> (Reload, Loaded) {
    let reload = Reload {
        files: Files::of(show.config.as_deref(), |name| env::var_os(name)),
        flags: flags(connect, show),
    };
    let loaded = load(&reload.files, &|name| env::var(name).ok(), &reload.flags);
    (reload, loaded)
}

/// The services beside Kubernetes that the settings name. As with contexts, what is not said to be for a context is not
/// meant for another kubeconfig or the demo: figures of elsewhere would be shown as theirs.
pub fn backends(connect: &Connect, settings: &Settings) -> BTreeMap<String, Endpoint> {
    let meant = |endpoint: &Endpoint| connect.kubeconfig.is_none() || endpoint.context.is_some();
    let all = settings.sources.iter().filter(|(_, e)| meant(e));
    all.map(|(name, e)| (name.clone(), e.clone())).collect()
}

/// What the command line sets.
fn flags(connect: &Connect, show: &Show) -> Layer {
    let text = |value: &Option<String>| value.clone().map(Value::Text);
    let list = |values: &[String]| (!values.is_empty()).then(|| Value::List(values.to_vec()));
    let mut layer = Layer::default();
    layer.flag("contexts", list(&connect.contexts), "--context");
    layer.flag("namespaces", list(&connect.namespaces), "--namespace");
    layer.flag("theme", text(&show.theme), "--theme");
    layer.flag("keymap", text(&show.keymap), "--keymap");
    layer.flag(
        "ascii",
        show.ascii.then_some(Value::Switch(true)),
        "--ascii",
    );
    let none = Value::Text("none".to_owned());
    layer.flag("colours", show.no_color.then_some(none), "--no-color");
    layer
}

/// The clusters that are set, where the command line names none. Names of contexts belong to the kubeconfig that is
/// used every day: another one, such as the demo's, has its own.
fn with_settings(connect: &Connect, settings: &Settings) -> Connect {
    let mut connect = connect.clone();
    if connect.kubeconfig.is_none() {
        connect.contexts.clone_from(&settings.contexts);
        connect.namespaces.clone_from(&settings.namespaces);
    }
    connect
}
