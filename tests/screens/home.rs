//! The home screen: what needs a person, ranked by what it costs, and never a false calm.

use std::collections::HashSet;

use midwatch::app::Model;
use midwatch::domain::{
    AlertRow, AlertState, Clean, GpuCount, Labels, NodeRow, Phase, PodRow, RunRow, SourceState,
};
use midwatch::ui::Look;
use ratatui::style::Color;

use super::platform::{ago, node, oom_pod, put, run, set_state};
use super::serving::world;
use super::{mono, painted, picture, platform, press};

/// Feeds of the home screen that the platform of the pictures does not tell of.
const REST: &[&str] = &[
    "models",
    "alerts",
    "experiments",
    "trials",
    "suggestions",
    "workloads",
    "cluster-queues",
    "local-queues",
    "gpus",
];

fn live() -> Model {
    let mut model = platform::live();
    world::fill(&mut model);
    for feed in REST {
        set_state(&mut model, feed, SourceState::Live);
    }
    model
}

fn shown(model: &mut Model) -> String {
    press(model, "1");
    picture(model, (120, 36), Look::default())
}

/// The line of the list that tells of something.
fn line(picture: &str, what: &str) -> Option<String> {
    let mut lines = picture.lines().skip(4);
    lines
        .find(|line| line.chars().skip(14).collect::<String>().starts_with(what))
        .map(str::to_owned)
}

#[test]
fn what_costs_most_stands_first_with_its_reason() {
    let mut model = live();
    let gpu = node("gpu-03");
    let lost = NodeRow {
        gpus: Box::new([GpuCount {
            resource: Clean::new("nvidia.com/gpu"),
            capacity: 8,
            allocatable: 7,
        }]),
        ..gpu
    };
    put(&mut model, "nodes", vec![node("gpu-17"), lost]);
    let waits = |name: &str| PodRow {
        key: midwatch::domain::Key::new(platform::cluster(), "recsys", name),
        phase: Clean::new("Pending"),
        node: Clean::default(),
        unscheduled: Clean::new("0/4 nodes are available: 4 Insufficient nvidia.com/mig-1g.10gb."),
        gpus: Clean::new("1 nvidia.com/mig-1g.10gb"),
        run: Clean::default(),
        containers: Box::default(),
        created: Some(ago(3_600)),
        ..oom_pod()
    };
    put(
        &mut model,
        "pods",
        vec![oom_pod(), waits("infer-1"), waits("infer-2")],
    );
    insta::assert_snapshot!("home_120x36", shown(&mut model));
    for (name, size) in [
        ("home_200x50", (200, 50)),
        ("home_80x24", (80, 24)),
        ("home_40x10", (40, 10)),
    ] {
        insta::assert_snapshot!(name, picture(&mut model, size, Look::default()));
    }
    insta::assert_snapshot!("home_mono_80x24", picture(&mut model, (80, 24), mono()));
    // one key leads to the cause
    press(&mut model, "Enter");
    let opened = picture(&mut model, (120, 36), Look::default());
    assert!(opened.contains("canary"), "{opened}");
    press(&mut model, "Esc");
    assert!(
        line(&picture(&mut model, (120, 36), Look::default()), "2 pods").is_some(),
        "pods that wait for the same are one line"
    );
}

#[test]
fn what_burns_is_painted_as_it_is_and_not_as_old() {
    let mut model = live();
    press(&mut model, "1");
    let rows = painted(&mut model, (120, 36), Look::default());
    let burns = rows
        .iter()
        .find(|row| row.0.contains("train-nightly-x7k2p"));
    let (text, colours) = burns.unwrap();
    let different: HashSet<&Color> = colours.iter().collect();
    assert!(different.len() > 2, "{text}: {different:?}");
}

#[test]
fn a_source_that_gives_no_answer_is_a_finding_and_nothing_is_said_of_its_rows() {
    let mut model = live();
    assert!(line(&shown(&mut model), "fraud-scorer").is_some());
    set_state(&mut model, "burn", SourceState::Stale);
    set_state(&mut model, "services", SourceState::Stale);
    let picture = shown(&mut model);
    assert_eq!(line(&picture, "fraud-scorer "), None, "{picture}");
    let blind = line(&picture, "services").unwrap();
    assert!(blind.contains("rows are from"), "{picture}");
    assert!(!picture.contains("services inside budget"), "{picture}");
    assert!(picture.contains("not known: services, burn"), "{picture}");
}

#[test]
fn quiet_is_said_only_while_every_source_is_live() {
    let mut model = platform::empty();
    for feed in midwatch::app::findings::FEEDS {
        set_state(&mut model, feed, SourceState::Live);
    }
    let calm = shown(&mut model);
    assert!(
        calm.contains("Nothing needs you. Every source is live."),
        "{calm}"
    );
    set_state(&mut model, "pods", SourceState::Connecting);
    let unsure = shown(&mut model);
    assert!(!unsure.contains("Nothing needs you"), "{unsure}");
    assert!(unsure.contains("not known: pods"), "{unsure}");
    // what is not installed makes nothing unsure
    set_state(&mut model, "pods", SourceState::Live);
    set_state(&mut model, "models", SourceState::Absent);
    let calm = shown(&mut model);
    assert!(!calm.contains("not known"), "{calm}");
}

fn nightly(name: &str, phase: Phase, hours: i64) -> RunRow {
    RunRow {
        origin: Clean::new("cron nightly"),
        started: Some(ago(hours * 3_600 + 600)),
        finished: phase.is_final().then(|| ago(hours * 3_600)),
        ..run(name, "ml-fraud", phase, "train: exit code 1")
    }
}

#[test]
fn a_failure_that_a_later_run_made_good_needs_nobody() {
    let mut model = live();
    let runs = vec![
        nightly("nightly-a", Phase::Failed, 9),
        nightly("nightly-b", Phase::Succeeded, 2),
    ];
    put(&mut model, "workflows", runs);
    let picture = shown(&mut model);
    assert_eq!(line(&picture, "nightly"), None, "{picture}");

    let runs = vec![
        nightly("nightly-a", Phase::Succeeded, 9),
        nightly("nightly-b", Phase::Failed, 5),
        nightly("nightly-c", Phase::Failed, 2),
    ];
    put(&mut model, "workflows", runs);
    let picture = shown(&mut model);
    let told = line(&picture, "nightly-c").unwrap();
    assert!(told.contains("2 failures in a row"), "{picture}");
    assert_eq!(line(&picture, "nightly-b"), None, "{picture}");
    // what is older than a day is kept by the list of runs
    put(
        &mut model,
        "workflows",
        vec![nightly("nightly-a", Phase::Failed, 30)],
    );
    let picture = shown(&mut model);
    assert_eq!(line(&picture, "nightly"), None, "{picture}");
}

#[test]
fn a_run_that_takes_far_longer_than_usual_is_told() {
    let mut model = live();
    let slow = RunRow {
        estimate: Some(600),
        ..nightly("nightly-d", Phase::Running, 1)
    };
    put(&mut model, "workflows", vec![slow]);
    let picture = shown(&mut model);
    let told = line(&picture, "nightly-d").unwrap();
    assert!(told.contains("7 times as long as usual"), "{picture}");
}

/// What the cursor is on.
fn on(model: &mut Model) -> String {
    let shown = picture(model, (80, 24), mono());
    let line = shown.lines().find(|line| line.starts_with('>'));
    let words = line.unwrap_or_else(|| panic!("{shown}")).get(14..32);
    words.unwrap_or_default().trim().to_owned()
}

#[test]
fn who_works_through_the_findings_goes_on_to_the_next_that_was_not_seen() {
    let mut model = live();
    let _ = shown(&mut model);
    let first = on(&mut model);
    press(&mut model, "Down");
    let second = on(&mut model);
    press(&mut model, "Down");
    let third = on(&mut model);
    press(&mut model, "k");
    press(&mut model, "x");
    assert_eq!(on(&mut model), third);
    // the last of them: the one before it, and not what was seen
    press(&mut model, "G");
    press(&mut model, "k");
    let last = on(&mut model);
    press(&mut model, "x");
    let before = on(&mut model);
    assert!(![&second, &last].contains(&&before), "{before}");
    press(&mut model, "g");
    assert_eq!(on(&mut model), first);
    // what was marked goes, and the cursor, which is on another, stays
    press(&mut model, "Down Space");
    let other = on(&mut model);
    press(&mut model, "x");
    assert_eq!(on(&mut model), other);
}

#[test]
fn an_alert_that_no_runbook_fits_says_that_it_has_a_link_and_shows_it() {
    let mut model = live();
    let alert = |name: &str, link: &str| AlertRow {
        key: midwatch::domain::Key::new(platform::cluster(), "ml-fraud", name),
        title: Clean::new(name),
        state: AlertState::Firing,
        severity: Clean::new("page"),
        summary: Clean::new("the queue of features is full"),
        runbook: Clean::new(link),
        labels: Labels::default(),
        since: Some(ago(600)),
        silenced_by: Box::default(),
        inhibited: false,
        service: None,
    };
    let link = "https://runbooks.example/features/full";
    let rows = vec![alert("Linked", link), alert("Bare", "")];
    put(&mut model, "alerts", rows);
    let picture = shown(&mut model);
    assert!(line(&picture, "Linked").unwrap().contains("link below"));
    assert!(!line(&picture, "Bare").unwrap().contains("link"));
    press(&mut model, "/");
    for letter in "Linked".chars() {
        press(&mut model, &letter.to_string());
    }
    press(&mut model, "Enter");
    let picture = super::picture(&mut model, (120, 36), Look::default());
    assert!(picture.contains(link), "{picture}");
}
