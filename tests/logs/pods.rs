//! Which logs are asked for.

use midwatch::app::logs::PODS;
use midwatch::domain::{
    Artifact, Clean, ContainerState, LogEnd, Phase, PodRow, SourceState, StepKind,
};
use midwatch::store::{Change, News};

use crate::desk::{Desk, container, fan, pod, step};
use crate::platform;

fn names(desk: &Desk) -> Vec<String> {
    desk.scopes()
        .iter()
        .map(midwatch::domain::LogScope::name)
        .collect()
}

/// Runs, the fan-out chosen, its logs open.
fn fan_out(
    below: Vec<midwatch::domain::Step>,
    parents: Vec<Option<usize>>,
    pods: Vec<PodRow>,
) -> Desk {
    let mut desk = Desk::of(platform::live());
    fan(&mut desk, below, parents);
    desk.put("pods", pods);
    desk.press("/");
    desk.write("fan");
    desk.press("Enter l");
    desk
}

fn running(name: &str) -> PodRow {
    let main = container("main", ContainerState::Running, "");
    let wait = container("wait", ContainerState::Running, "");
    pod(name, "sweep-fan-out-b7", vec![main, wait])
}

#[test]
fn the_logs_of_a_run_are_those_of_its_main_containers() {
    let mut desk = Desk::failed();
    assert_eq!(names(&desk), ["train-nightly-x7k2p-train-118/main"]);
    desk.press("o");
    assert_eq!(
        names(&desk),
        [
            "train-nightly-x7k2p-train-118/main",
            "train-nightly-x7k2p-train-118/wait"
        ]
    );
    desk.press("o o");
    assert_eq!(names(&desk), ["train-nightly-x7k2p-train-118/wait"]);
    desk.press("o");
    assert_eq!(names(&desk), ["train-nightly-x7k2p-train-118/main"]);
}

#[test]
fn since_is_asked_for_and_old_lines_are_not_kept() {
    let mut desk = Desk::failed();
    desk.print(0, &["1 old"]);
    desk.press("s");
    assert_eq!(desk.scopes()[0].since, Some(3600));
    assert!(!desk.picture().contains("old"));
    desk.print(0, &["2 new"]);
    assert!(desk.picture().contains("new") && desk.picture().contains("last 1 h"));
    desk.press("s s s");
    assert_eq!(desk.scopes()[0].since, None);
}

#[test]
fn of_a_wide_step_the_failed_pods_come_first_and_the_rest_is_said() {
    let mut steps = Vec::new();
    let mut pods = Vec::new();
    for item in 0..30 {
        let phase = if item % 10 == 9 {
            Phase::Failed
        } else {
            Phase::Succeeded
        };
        steps.push(step(
            &format!("score({item}:a)"),
            StepKind::Task,
            phase,
            &format!("p{item}"),
        ));
        pods.push(running(&format!("p{item}")));
    }
    let parents = vec![None; steps.len()];
    let mut desk = fan_out(steps, parents, pods);
    let asked = names(&desk);
    assert_eq!(asked.len(), PODS);
    for failed in ["p9/main", "p19/main", "p29/main"] {
        assert!(asked.contains(&failed.to_owned()), "{asked:?}");
    }
    let shown = desk.picture();
    assert!(shown.contains("20 of 30 pods, failed first"), "{shown}");
}

#[test]
fn of_a_retried_step_the_last_attempt_is_shown_and_a_key_goes_back() {
    let attempt = |n: u32| {
        let mut step = step(
            &format!("train({n})"),
            StepKind::Task,
            Phase::Failed,
            &format!("try{n}"),
        );
        step.attempt = Some(n);
        step
    };
    let steps = vec![
        step("train", StepKind::Retry, Phase::Failed, ""),
        attempt(0),
        attempt(1),
        attempt(2),
    ];
    let parents = vec![None, Some(1), Some(1), Some(1)];
    let pods = ["try0", "try1", "try2"].map(running).to_vec();
    let mut desk = fan_out(steps, parents, pods);
    assert_eq!(
        names(&desk),
        ["try2/main"],
        "of the whole run only what counts"
    );
    // the step itself, from the tree
    desk.press("Esc Enter");
    desk.press("g j l");
    assert_eq!(names(&desk), ["try2/main"]);
    assert!(
        desk.picture().contains("attempt 3 of 3"),
        "{}",
        desk.picture()
    );
    desk.press("p");
    assert_eq!(names(&desk), ["try1/main"]);
    assert!(desk.picture().contains("attempt 2 of 3"));
    desk.press("p p");
    assert_eq!(names(&desk), ["try2/main"]);
    // the second attempt itself: there is one before it
    desk.press("Esc");
    desk.press("j j l");
    assert_eq!(names(&desk), ["try1/main"]);
    let shown = desk.picture();
    assert!(shown.contains("attempt 2 of 3"), "{shown}");
    desk.press("p");
    assert_eq!(names(&desk), ["try0/main"]);
    let shown = desk.picture();
    assert!(shown.contains("attempt 1 of 3"), "{shown}");
}

#[test]
fn a_step_without_a_pod_is_named_with_the_reason() {
    let gate = step("approve", StepKind::Gate, Phase::Waiting, "");
    let left_out = step("notify", StepKind::Task, Phase::Omitted, "");
    let mut desk = fan_out(vec![gate, left_out], vec![None, None], Vec::new());
    desk.press("Esc Enter");
    desk.press("g j l");
    let shown = desk.picture();
    assert!(shown.contains("· approve"), "{shown}");
    assert!(
        shown.contains("approve has no pod: it is a gate, which runs no pod."),
        "{shown}"
    );
    desk.press("Esc");
    desk.press("j l");
    let shown = desk.picture();
    assert!(
        shown.contains("notify has no pod: it was omitted"),
        "{shown}"
    );
}

#[test]
fn pods_that_could_not_be_listed_are_not_denied() {
    let mut model = platform::live();
    platform::set_state(&mut model, "pods", SourceState::Down);
    let mut desk = Desk::of(model);
    fan(&mut desk, Vec::new(), Vec::new());
    desk.press("/");
    desk.write("fan");
    desk.press("Enter l");
    let shown = desk.picture();
    assert!(
        shown.contains("Whether sweep-fan-out-b7 has pods is not known: the source pods is down."),
        "{shown}"
    );
    assert!(
        shown.contains("not known") && !shown.contains("no pod "),
        "{shown}"
    );
}

#[test]
fn a_restarted_container_shows_what_it_printed_before() {
    let mut main = container("main", ContainerState::Running, "");
    main.restarts = 2;
    let mut desk = fan_out(
        vec![step("serve", StepKind::Task, Phase::Running, "p")],
        vec![None],
        vec![pod("p", "sweep-fan-out-b7", vec![main])],
    );
    desk.press("p");
    assert_eq!(names(&desk), ["p/main (previous)"]);
    assert!(desk.picture().contains("before the last restart"));
    desk.press("p");
    assert_eq!(names(&desk), ["p/main"]);
}

#[test]
fn an_init_container_that_failed_is_the_log_to_read() {
    let mut init = container("init-data", ContainerState::Terminated, "Error");
    init.exit_code = Some(3);
    let main = container("main", ContainerState::Waiting, "PodInitializing");
    let desk = fan_out(
        vec![step("load", StepKind::Task, Phase::Failed, "p")],
        vec![None],
        vec![pod("p", "sweep-fan-out-b7", vec![init, main])],
    );
    assert_eq!(names(&desk), ["p/init-data", "p/main"]);
}

#[test]
fn a_pod_that_is_gone_is_said_with_the_place_of_its_log() {
    let mut lost = step("score", StepKind::Task, Phase::Failed, "nowhere");
    lost.artifacts_out = vec![Artifact {
        name: Clean::new("main-logs"),
        location: Clean::new("s3://logs/score/main.log"),
        deleted: false,
    }];
    let mut desk = fan_out(vec![lost], vec![None], Vec::new());
    assert!(names(&desk).is_empty());
    let shown = desk.picture();
    assert!(
        shown.contains("score: its pod is gone; its log is kept at s3://logs/score/main.log"),
        "{shown}"
    );
}

#[test]
fn lines_stay_when_the_pod_goes_away_while_they_are_read() {
    let mut desk = fan_out(
        vec![step("score", StepKind::Task, Phase::Running, "p")],
        vec![None],
        vec![running("p")],
    );
    desk.print(0, &["1 last words"]);
    let source = midwatch::domain::SourceId {
        cluster: crate::desk::cluster(),
        feed: "pods",
        scope: String::new(),
    };
    let key = midwatch::domain::Key::new(crate::desk::cluster(), "ml-nlp", "p");
    let changes: Vec<Change<PodRow>> = vec![Change::Drop(key)];
    let gone = News::Rows(Box::new(midwatch::store::Batch { source, changes }));
    let _ = desk.tell(midwatch::app::Msg::Arrived(gone));
    desk.end(0, LogEnd::Gone);
    assert_eq!(names(&desk), ["p/main"]);
    let shown = desk.picture();
    assert!(
        shown.contains("last words") && shown.contains("the pod went away"),
        "{shown}"
    );
}

#[test]
fn pods_that_start_later_join_in() {
    let steps = || {
        vec![
            step("a", StepKind::Task, Phase::Running, "pa"),
            step("b", StepKind::Task, Phase::Running, "pb"),
        ]
    };
    let mut desk = fan_out(steps()[..1].to_vec(), vec![None], vec![running("pa")]);
    desk.print(0, &["5 from a"]);
    fan(&mut desk, steps(), vec![None, None]);
    desk.put("pods", vec![running("pb")]);
    assert_eq!(names(&desk), ["pa/main", "pb/main"]);
    desk.print(1, &["3 from b"]);
    let shown = desk.picture();
    let order = (shown.find("b from b"), shown.find("a from a"));
    assert!(order.0.is_some() && order.0 < order.1, "{shown}");
}

#[test]
fn an_empty_log_says_why() {
    let main = container("main", ContainerState::Waiting, "ImagePullBackOff");
    let steps = || vec![step("a", StepKind::Task, Phase::Pending, "p")];
    let mut desk = fan_out(
        steps(),
        vec![None],
        vec![pod("p", "sweep-fan-out-b7", vec![main])],
    );
    assert!(
        desk.picture()
            .contains("waiting to start: ImagePullBackOff"),
        "{}",
        desk.picture()
    );

    desk.state(0, SourceState::Connecting, None);
    assert!(
        desk.picture().contains("● live"),
        "what waits is not a source in doubt"
    );

    let mut desk = fan_out(steps(), vec![None], vec![running("p")]);
    assert!(
        desk.picture().contains("Asking for the log"),
        "{}",
        desk.picture()
    );
    desk.state(
        0,
        SourceState::Denied,
        Some(("pods/log is forbidden", "ask for get pods/log")),
    );
    let shown = desk.picture();
    assert!(
        shown.contains("denied: pods/log is forbidden. ask for get pods/log."),
        "{shown}"
    );
    desk.state(0, SourceState::Live, None);
    assert!(desk.picture().contains("Nothing was printed yet"));
    desk.end(0, LogEnd::Complete);
    assert!(
        desk.picture()
            .contains("It ended without printing anything")
    );

    let mut desk = fan_out(Vec::new(), Vec::new(), Vec::new());
    assert!(
        desk.picture().contains("Nothing here has a pod"),
        "{}",
        desk.picture()
    );
}

#[test]
fn what_prints_no_log_says_so() {
    let mut desk = Desk::of(platform::live());
    desk.press("8 l");
    let shown = desk.picture();
    assert!(
        shown.contains("nothing that is selected here prints a log"),
        "{shown}"
    );
    desk.press("Tab l");
    assert_eq!(names(&desk), ["train-nightly-x7k2p-train-118/main"]);
    desk.press("Esc");
    assert!(
        names(&desk).is_empty(),
        "nothing is read for a screen that was left"
    );
}
