//! One script of commands, by name, on the embedded platform. Each built-in keymap translates it to its own keys, and
//! all of them must lead through the same screens.

use std::time::Duration;

use jiff::Timestamp;
use midwatch::app::bindings::Bindings;
use midwatch::app::command::{COMMANDS, Command};
use midwatch::app::run::RunScreen;
use midwatch::app::{Effect, Model, Msg, update};
use midwatch::demo::{Options, Platform};
use midwatch::domain::{ClusterId, RunDetail, SourceState};
use midwatch::feed::kube::{self, Feeds, Places, targets};
use midwatch::keys::{BUILT_IN, Chord, Code};
use midwatch::store::{News, Table, World};
use midwatch::ui::{Look, View};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tokio::sync::mpsc;

/// One step: a command, or text typed into what it opened.
enum Do {
    Give(&'static str),
    Type(&'static str),
}
use Do::{Give, Type};

/// Through every place and screen there is.
const SCRIPT: &[Do] = &[
    Give("open"),
    Give("step-last"),
    Give("step-up"),
    Give("step-first"),
    Give("step-down"),
    Give("step-page-down"),
    Give("step-page-up"),
    Give("expand-all"),
    Give("collapse-all"),
    Give("next-failed"),
    Give("collapse"),
    Give("expand"),
    Give("toggle"),
    Give("facts-down"),
    Give("facts-up"),
    Give("help"),
    Give("back"),
    Give("back"),
    Give("list-down"),
    Give("list-down"),
    Give("list-up"),
    Give("list-page-down"),
    Give("list-first"),
    Give("list-last"),
    Give("list-page-up"),
    Give("sort-next"),
    Give("sort-next"),
    Give("sort-previous"),
    Give("sort-reverse"),
    Give("follow-newest"),
    Give("filter"),
    Type("train"),
    Give("list-down"),
    Give("back"),
    Give("list-first"),
    Give("platform"),
    Give("next-tab"),
    Give("next-tab"),
    Give("list-down"),
    Give("previous-tab"),
    Give("palette"),
    Type("schedules"),
    Give("palette"),
    Type("ns"),
    Give("sources"),
    Give("reconnect"),
    Give("runs"),
    Give("quit"),
];

/// What a person sees: the screen without the bottom line, in which the keys stand, and without what a clock changes.
fn seen(model: &mut Model) -> String {
    let mut terminal = Terminal::new(TestBackend::new(120, 36)).unwrap();
    let mut view = View::new(Look::default());
    terminal.draw(|frame| view.draw(model, frame)).unwrap();
    if model.help.is_some() || model.palette.is_some() {
        // the keys themselves
        return format!(
            "help {} palette {}",
            model.help.is_some(),
            model.palette.is_some()
        );
    }
    let buffer = terminal.backend().buffer();
    let row = |y: u16| -> String { (0..120).map(|x| buffer[(x, y)].symbol()).collect() };
    (0..35).map(row).collect::<Vec<_>>().join("\n")
}

fn named(name: &str) -> &'static Command {
    COMMANDS
        .iter()
        .find(|c| c.name == name)
        .unwrap_or_else(|| panic!("{name}"))
}

/// A way of a keymap through the script: what was seen after each step, and what was asked for.
struct Way {
    seen: Vec<String>,
    effects: Vec<Effect>,
    bases: Vec<&'static str>,
}

/// Presses the script's keys in a keymap; of several keys for a command, the one with this number.
fn walk(model: &mut Model, number: usize, now: Timestamp) -> Way {
    let mut way = Way {
        seen: vec![seen(model)],
        effects: Vec::new(),
        bases: Vec::new(),
    };
    for step in SCRIPT {
        let keys: Vec<Chord> = match step {
            Type(text) => text
                .chars()
                .map(Chord::char)
                .chain([Chord::plain(Code::Enter)])
                .collect(),
            Give(name) => {
                let keys = model.bindings.keys_at(named(name), model.places());
                let keys = keys.get(number % keys.len().max(1)).unwrap_or_else(|| {
                    panic!(
                        "{}: no key for {name} at {:?}",
                        model.bindings.name(),
                        model.places()
                    )
                });
                keys.split(' ').map(|k| k.parse().unwrap()).collect()
            }
        };
        for chord in keys {
            way.effects
                .extend(update(model, Msg::Pressed(chord), now).0);
        }
        assert!(model.pending.is_empty());
        way.seen.push(seen(model));
        if matches!(step, Give("open")) {
            let run = model
                .screen()
                .and_then(|s| s.as_any().downcast_ref::<RunScreen>());
            assert!(
                run.is_some_and(|r| r.lines().len() > 3),
                "the run's steps are there"
            );
        }
        way.bases.push(model.base());
    }
    way.effects
        .retain(|e| !matches!(e, Effect::Draw | Effect::DrawData));
    way
}

/// The console with everything in it that the script looks at, as the feeds brought it.
async fn filled(platform: &Platform) -> Model {
    let places = Places {
        flag: Some(platform.kubeconfig().to_owned()),
        ..Places::default()
    };
    let found = targets(&places, &[]).unwrap_or_else(|f| panic!("{f:?}"));
    let clusters: Vec<ClusterId> = found.iter().map(|t| t.id.clone()).collect();
    let (tx, mut rx) = mpsc::channel(64);
    let feeds = Feeds::start(kube::Options::default(), found, tx);
    let mut model = Model::new(clusters, (120, 36), Timestamp::now());
    let enter = Msg::Pressed(Chord::plain(Code::Enter));
    for screen in ["platform", "pods", "namespaces", "schedules", "runs"] {
        model.show(screen);
        arrive(&feeds, &mut model, &mut rx, |m| {
            m.freshness().0 == SourceState::Live
        })
        .await;
    }
    let _ = seen(&mut model);
    let _ = update(&mut model, enter, Timestamp::now());
    let here = |w: &World| {
        w.table::<RunDetail>()
            .is_some_and(|t: &Table<_>| !t.is_empty())
    };
    arrive(&feeds, &mut model, &mut rx, |m| here(&m.world)).await;
    model
}

async fn arrive(
    feeds: &Feeds,
    model: &mut Model,
    news: &mut mpsc::Receiver<News>,
    done: impl Fn(&Model) -> bool,
) {
    feeds.want(model.wants());
    let all = async {
        while !done(model) {
            let news = news.recv().await.expect("the feed goes on");
            let _ = update(model, Msg::Arrived(news), Timestamp::now());
        }
    };
    let late = tokio::time::timeout(Duration::from_secs(90), all).await;
    assert!(
        late.is_ok(),
        "{:?} of {} never came",
        model.freshness(),
        model.base()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_built_in_keymap_drives_the_same_script_through_the_same_screens() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let platform = Platform::start(Options::default()).await.unwrap();
    let mut world = filled(&platform).await;
    let now = world.now;
    let mut first: Option<Way> = None;
    for (name, _) in BUILT_IN {
        // the second round presses each command's second key, where it has one
        for number in 0..3 {
            let mut model = Model::new(world.clusters.clone(), (120, 36), now);
            model.world = std::mem::take(&mut world.world);
            model.bindings = Bindings::load(name, &|_| None).0;
            let way = walk(&mut model, number, now);
            world.world = model.world;
            let first = first.get_or_insert_with(|| Way {
                seen: way.seen.clone(),
                effects: way.effects.clone(),
                bases: way.bases.clone(),
            });
            for (step, (a, b)) in first.seen.iter().zip(&way.seen).enumerate() {
                assert!(a == b, "{name}, key {number}, step {step}:\n{a}\n{b}");
            }
            assert_eq!(first.effects, way.effects, "{name}");
            assert_eq!(first.bases, way.bases, "{name}");
        }
    }
    let way = first.unwrap();
    assert_eq!(way.effects, [Effect::Reconnect, Effect::Quit]);
    for base in [
        "runs",
        "platform",
        "pods",
        "namespaces",
        "schedules",
        "sources",
    ] {
        assert!(way.bases.contains(&base), "{base} was not visited");
    }
    let moved = way.seen.windows(2).filter(|w| w[0] != w[1]).count();
    assert!(
        moved > SCRIPT.len() * 2 / 3,
        "only {moved} steps changed the screen"
    );
    platform.shutdown().await;
}
