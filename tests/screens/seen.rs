//! What a person has seen of the findings, and what is told as new.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use midwatch::app::findings::{Acks, Kept, Ring};
use midwatch::app::{Effect, Effects, Model, Msg, update};
use midwatch::domain::{Clean, FindingRow, Key, PodRow, SourceId, SourceRow, SourceState};
use midwatch::keys::Chord;
use midwatch::settings::Desktop;
use midwatch::store::{Batch, Change, RowsBatch};
use midwatch::ui::Look;

use super::platform::{ago, now, oom_pod, set_state};
use super::{picture, platform};

/// Every source of the home screen is live, and nothing is wrong.
fn calm() -> Model {
    let mut model = platform::empty();
    for feed in midwatch::app::findings::FEEDS {
        set_state(&mut model, feed, SourceState::Live);
    }
    let _ = give(&mut model, "1", 0);
    model
}

fn later(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

/// Presses a key, some seconds after the beginning; a frame follows, as in life.
fn give(model: &mut Model, key: &str, at: i64) -> Effects {
    let effects = update(
        model,
        Msg::Pressed(key.parse::<Chord>().unwrap()),
        later(at),
    );
    let _ = picture(model, (120, 36), Look::default());
    effects
}

fn tick(model: &mut Model, at: i64) -> Effects {
    let effects = update(model, Msg::Ticked, later(at));
    let _ = picture(model, (120, 36), Look::default());
    effects
}

/// So many pods that no node takes.
fn waiting(model: &mut Model, count: usize) {
    let pod = |n: usize| PodRow {
        key: Key::new(platform::cluster(), "recsys", &format!("infer-{n}")),
        phase: Clean::new("Pending"),
        node: Clean::default(),
        unscheduled: Clean::new("0/4 nodes are available: 4 Insufficient nvidia.com/gpu."),
        gpus: Clean::new("1 nvidia.com/gpu"),
        run: Clean::default(),
        containers: Box::default(),
        created: Some(ago(3_600)),
        ..oom_pod()
    };
    let rows = (0..count).map(|n| Change::Put(Arc::new(pod(n))));
    let changes = [Change::Restart].into_iter().chain(rows);
    let batch: Box<dyn RowsBatch> = Box::new(Batch {
        source: SourceId {
            cluster: platform::cluster(),
            feed: "pods",
            scope: String::new(),
        },
        changes: changes.chain([Change::Swap]).collect(),
    });
    // not through a message: the rules are to look when the test says so
    batch.apply(&mut model.world);
}

fn turns(model: &mut Model, feed: &str, state: SourceState) {
    let row = model.world.feed(feed).next().unwrap().clone();
    model.world.source_changed(SourceRow { state, ..row });
}

fn rings(effects: &Effects) -> Vec<&Ring> {
    let rings = effects.0.iter().filter_map(|effect| match effect {
        Effect::Ring(ring) => Some(ring),
        _ => None,
    });
    rings.collect()
}

fn kept(effects: &Effects) -> Kept {
    let mut kept = effects.0.iter().filter_map(|effect| match effect {
        Effect::KeepSeen(kept) => Some(kept.clone()),
        _ => None,
    });
    kept.next().unwrap_or_default()
}

fn rows(model: &Model) -> Vec<Arc<FindingRow>> {
    let table = model.world.table::<FindingRow>().unwrap();
    table.iter().cloned().collect()
}

#[test]
fn a_console_begins_at_home() {
    let mut model = platform::empty();
    model.begin();
    assert_eq!(model.base(), "home");
}

#[test]
fn what_was_seen_stands_below_and_stays_seen_after_a_restart() {
    let mut model = calm();
    waiting(&mut model, 2);
    let _ = tick(&mut model, 2);
    let _ = give(&mut model, "1", 3);
    let effects = give(&mut model, "x", 4);
    let kept_now = kept(&effects);
    assert_eq!(kept_now.put.len(), 1, "{effects:?}");
    let shown = picture(&mut model, (120, 36), Look::default());
    assert!(shown.contains("What burns  1 · 1 seen"), "{shown}");
    assert!(shown.contains("– Seen"), "{shown}");
    assert!(shown.contains("told again when it gets worse"), "{shown}");

    // another console, later
    let mut model = calm();
    model.watch.acks = Acks::new(kept_now.put);
    waiting(&mut model, 2);
    let effects = tick(&mut model, 600);
    assert!(
        rings(&effects).is_empty(),
        "what was seen is not told again"
    );
    assert!(rows(&model)[0].seen.is_some());

    // once more takes it back
    let _ = give(&mut model, "1", 603);
    let effects = give(&mut model, "x", 604);
    assert_eq!(kept(&effects).drop.len(), 1, "{effects:?}");
    assert!(rows(&model)[0].seen.is_none());
}

#[test]
fn what_got_worse_comes_back_and_what_went_is_forgotten() {
    let mut model = calm();
    waiting(&mut model, 2);
    let _ = tick(&mut model, 2);
    let _ = give(&mut model, "x", 3);
    assert!(rows(&model)[0].seen.is_some());
    // one more of many is no news, twice as many are
    waiting(&mut model, 3);
    let _ = tick(&mut model, 6);
    assert!(rows(&model)[0].seen.is_some());
    waiting(&mut model, 4);
    let effects = tick(&mut model, 8);
    assert!(rows(&model)[0].seen.is_none());
    assert_eq!(kept(&effects).drop.len(), 1);
    assert!(rings(&effects)[0].text.contains("4 pods"), "{effects:?}");

    let _ = give(&mut model, "x", 10);
    // while a source is away nothing is known to be gone
    turns(&mut model, "pods", SourceState::Stale);
    waiting(&mut model, 0);
    let effects = tick(&mut model, 12);
    assert!(kept(&effects).is_empty(), "{effects:?}");
    turns(&mut model, "pods", SourceState::Live);
    let effects = tick(&mut model, 14);
    assert_eq!(kept(&effects).drop.len(), 1, "{effects:?}");
}

#[test]
fn a_new_finding_rings_once_on_every_screen() {
    let mut model = calm();
    model.settings.notify.desktop = Desktop::Osc9;
    let _ = tick(&mut model, 2);
    // whichever screen is shown
    let _ = give(&mut model, "2", 3);
    waiting(&mut model, 2);
    let effects = tick(&mut model, 5);
    let rang = rings(&effects);
    assert_eq!(rang.len(), 1, "{effects:?}");
    assert!(rang[0].bell && rang[0].desktop == Desktop::Osc9);
    assert!(rang[0].text.starts_with("2 pods: no node takes them"));
    let shown = picture(&mut model, (120, 36), Look::default());
    assert!(shown.contains("new on Home: 2 pods"), "{shown}");
    assert!(rings(&tick(&mut model, 7)).is_empty(), "once");
    // one that comes and goes rings once
    waiting(&mut model, 0);
    assert!(rings(&tick(&mut model, 60)).is_empty());
    waiting(&mut model, 2);
    assert!(rings(&tick(&mut model, 120)).is_empty());
    // not at all, where that is set
    model.settings.notify.bell = false;
    model.settings.notify.desktop = Desktop::None;
    waiting(&mut model, 0);
    let _ = tick(&mut model, 2_000);
    let _ = tick(&mut model, 4_000);
    waiting(&mut model, 2);
    assert!(rings(&tick(&mut model, 4_002)).is_empty());
}

#[test]
fn what_was_there_before_the_console_opened_is_not_new() {
    let mut model = platform::empty();
    for feed in midwatch::app::findings::FEEDS {
        set_state(&mut model, feed, SourceState::Connecting);
    }
    let _ = give(&mut model, "1", 0);
    waiting(&mut model, 2);
    let effects = tick(&mut model, 2);
    assert!(rings(&effects).is_empty(), "{effects:?}");
    for feed in midwatch::app::findings::FEEDS {
        turns(&mut model, feed, SourceState::Live);
    }
    waiting(&mut model, 2);
    let effects = tick(&mut model, 4);
    assert!(rings(&effects).is_empty(), "{effects:?}");
    waiting(&mut model, 4);
    // the same finding with more pods is no new one
    assert!(rings(&tick(&mut model, 6)).is_empty());
}
