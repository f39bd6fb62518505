//! What the screens show of experiments and trials: what is stuck, how far each has come, and why a trial failed.

use std::time::Instant;

use midwatch::app::Model;
use midwatch::domain::{Busy, BusyBy, Clean, GpuRow, HeldBy, Key, Slice, SourceState};
use midwatch::ui::Look;
use serde_json::json;

use super::platform::{ago, cluster, put, set_state};
use super::{mono, picture, platform, press};
use world::{condition, experiment, live, lr, spec, sweep, trial};

#[path = "trials/world.rs"]
mod world;

fn shown(model: &mut Model) -> String {
    picture(model, (120, 36), Look::default())
}

#[test]
fn experiments_that_are_stuck_stand_first_with_the_reason_in_words() {
    let mut model = live();
    insta::assert_snapshot!(
        "experiments_200x50",
        picture(&mut model, (200, 50), Look::default())
    );
    insta::assert_snapshot!("experiments_120x36", shown(&mut model));
    insta::assert_snapshot!(
        "experiments_80x24",
        picture(&mut model, (80, 24), Look::default())
    );
    insta::assert_snapshot!(
        "experiments_40x10",
        picture(&mut model, (40, 10), Look::default())
    );
    insta::assert_snapshot!(
        "experiments_mono_80x24",
        picture(&mut model, (80, 24), mono())
    );
    let text = shown(&mut model);
    assert!(
        text.contains("the suggestion is not ready: DeploymentNotReady: image cannot be pulled"),
        "{text}"
    );
}

/// Opens the sweep, which is second: a part of it waits.
fn opened() -> Model {
    let mut model = live();
    press(&mut model, "/ s w e e p Enter Enter");
    model
}

#[test]
fn an_experiment_opens_on_its_curve_its_parameters_and_its_trials() {
    let mut model = opened();
    insta::assert_snapshot!("experiment_120x36", shown(&mut model));
    insta::assert_snapshot!(
        "experiment_80x24",
        picture(&mut model, (80, 24), Look::default())
    );
    insta::assert_snapshot!(
        "experiment_40x10",
        picture(&mut model, (40, 10), Look::default())
    );
    insta::assert_snapshot!(
        "experiment_mono_120x36",
        picture(&mut model, (120, 36), mono())
    );
    insta::assert_snapshot!(
        "experiment_mono_80x24",
        picture(&mut model, (80, 24), mono())
    );
    let text = shown(&mut model);
    assert!(text.contains("goal 0.95"), "{text}");
    assert!(text.contains("1 of 4 trials have no node"), "{text}");
}

#[test]
fn tab_turns_what_stands_above_the_trials() {
    let mut model = opened();
    press(&mut model, "Tab");
    insta::assert_snapshot!(
        "experiment_parameters_80x24",
        picture(&mut model, (80, 24), mono())
    );
    press(&mut model, "Tab");
    let text = shown(&mut model);
    assert!(
        text.contains("sweep-0016") && text.contains("optimizer: sgd"),
        "{text}"
    );
    press(&mut model, "Tab");
    let text = shown(&mut model);
    assert!(!text.contains("best so far by trial"), "{text}");
    press(&mut model, "Tab");
    assert!(shown(&mut model).contains("best so far by trial"));
}

#[test]
fn a_failed_trial_says_what_broke_it_and_one_without_a_metric_where_it_was_looked_for() {
    let mut model = opened();
    press(&mut model, "/ 0 0 1 3 Enter Enter");
    let text = shown(&mut model);
    insta::assert_snapshot!("trial_failed_120x36", text);
    assert!(text.contains("main OOMKilled (137)"), "{text}");
    let mut model = opened();
    press(&mut model, "/ 0 0 0 4 Enter Enter");
    let text = shown(&mut model);
    assert!(
        text.contains("told no f1: the metric was not printed by container main"),
        "{text}"
    );
    assert!(text.contains("unavailable"), "{text}");
}

#[test]
fn a_trial_shows_the_slice_it_holds_how_busy_that_is_and_what_it_has_cost() {
    let mut model = opened();
    press(&mut model, "/ 0 0 2 0 Enter Enter");
    let text = shown(&mut model);
    assert!(text.contains("which one is not told"), "{text}");
    assert!(text.contains("0.4 h of mig-1g.10gb, since"), "{text}");
    let asked = |model: &Model| model.wants().iter().any(|w| w.feed == "gpus");
    assert!(asked(&model));
    let held = HeldBy {
        namespace: Clean::new("ml-nlp"),
        pod: Clean::new("sweep-0020-x7k2p"),
        container: Clean::new("main"),
    };
    let busy = Some(Busy {
        ratio: 0.93,
        by: BusyBy::Engine,
    });
    let slice = Slice {
        instance: Some(9),
        profile: Clean::new("1g.10gb"),
        held: Box::new([held]),
        busy,
        ..Slice::default()
    };
    let key = Key::new(cluster(), "", "gpu-m01/3");
    let gpu = GpuRow {
        slices: Box::new([slice]),
        measured: Some(ago(12)),
        ..GpuRow::new(key, Clean::new("gpu-m01"), Clean::new("3"))
    };
    put(&mut model, "gpus", vec![gpu]);
    let text = shown(&mut model);
    let line = text
        .lines()
        .find(|l| l.contains("slice 9"))
        .unwrap_or(&text);
    assert!(line.contains("gpu-m01 GPU 3 slice 9 (1g.10gb)"), "{text}");
    // the last hour is not told, which is not nothing
    assert!(line.contains("93 %") && line.contains(" - "), "{text}");
    // one that has ended gave its slice back
    let mut ended = opened();
    press(&mut ended, "/ 0 0 1 3 Enter Enter");
    let _ = shown(&mut ended);
    assert!(!asked(&ended));
}

#[test]
fn trials_are_sorted_by_their_figure_the_best_first_and_without_one_last() {
    let mut model = opened();
    let text = shown(&mut model);
    let at = |name: &str| text.find(name).unwrap_or(usize::MAX);
    assert!(at("sweep-0016") < at("sweep-0019"), "{text}");
    assert!(at("sweep-0019") < at("sweep-0018"), "{text}");
}

#[test]
fn sources_that_are_denied_are_no_calm() {
    let mut model = live();
    set_state(&mut model, "trials", SourceState::Denied);
    let text = shown(&mut model);
    assert!(
        text.contains("stuck or not is not fully known: trials denied"),
        "{text}"
    );
}

/// 5,000 trials of one experiment, and a hundred experiments beside it.
#[test]
#[ignore = "prints figures"]
#[allow(clippy::print_stdout)]
fn five_thousand_trials_open_in_under_a_second() {
    let mut model = platform::live();
    for feed in ["experiments", "trials", "suggestions", "pods"] {
        set_state(&mut model, feed, SourceState::Live);
    }
    let many = (0..5_000_u32).map(|n| {
        let figure = format!(
            "{}",
            0.5 + 0.4 * (1.0 - (-f64::from(n) / 900.0).exp()) - f64::from(n % 17) * 0.01
        );
        trial(n, "Succeeded", &figure, 5_000 - i64::from(n))
    });
    put(&mut model, "trials", many.collect());
    let mut all = vec![sweep()];
    let objective = json!({"type": "maximize", "goal": 0.95, "objectiveMetricName": "f1"});
    all.extend((0..100).map(|n| {
        let status = json!({"trials": 9, "trialsRunning": 3, "startTime": ago(900), "conditions": condition("Running", "")});
        experiment(("ml-nlp", &format!("other-{n}")), &spec(&lr(), &objective, (3, 40)), &status, 20)
    }));
    put(&mut model, "experiments", all);
    let clock = Instant::now();
    press(&mut model, "3");
    shown(&mut model);
    println!(
        "list of 101 experiments, first frame {:>24} ms",
        clock.elapsed().as_millis()
    );
    press(&mut model, "/ s w e e p Enter");
    let clock = Instant::now();
    press(&mut model, "Enter");
    shown(&mut model);
    let opened = clock.elapsed();
    println!(
        "experiment of 5,000 trials, key to first frame {:>14} ms",
        opened.as_millis()
    );
    let clock = Instant::now();
    for key in ["j", "j", "s", "s", "R", "G", "g"] {
        press(&mut model, key);
        shown(&mut model);
    }
    println!(
        "seven keys on it, each with its frame {:>23} ms",
        clock.elapsed().as_millis()
    );
    assert!(opened.as_secs() < 1, "{opened:?}");
}
