//! What the programs of the embedded platform print, held to what people would see.

use serde_json::json;

use super::*;

fn pod(image: &str, command: &[&str], log: &str) -> Value {
    json!({"metadata": {"name": "p", "namespace": "ml", "uid": "u-1", "annotations": {"rig.midwatch.dev/log": log},
            "labels": {"workflows.argoproj.io/workflow": "run"}},
        "spec": {"nodeName": "gpu-1", "containers": [{"name": "main", "image": image, "command": command,
            "resources": {"limits": {"memory": "64Gi"}}}, {"name": "wait", "image": "argoexec"}]}})
}

const START: &str = "2026-11-21T09:00:00Z";

fn at(seconds: i64) -> Timestamp {
    let start: Timestamp = START.parse().unwrap();
    later(start, SignedDuration::from_secs(seconds))
}

fn running() -> Value {
    json!({"running": {"startedAt": START}})
}

fn ended(seconds: i64, code: i64, reason: &str, message: &str) -> Value {
    json!({"terminated": {"startedAt": START, "finishedAt": at(seconds).to_string(), "exitCode": code,
        "reason": reason, "message": message}})
}

fn script(pod: &Value, container: &str, state: &Value, speed: f64) -> Script {
    Script::new(pod, container, state, Clock::new(at(0), speed)).unwrap()
}

fn read(script: &Script, now: Timestamp) -> Vec<String> {
    let lines = script.lines(now).map(|n| script.line(n));
    lines
        .map(|l| String::from_utf8_lossy(&l.text).into_owned())
        .collect()
}

#[test]
fn lines_come_in_order_of_time_and_stay_as_they_are_when_the_container_ends() {
    for (log, speed) in [
        ("", 1.0),
        ("", 30.0),
        ("chatty", 1.0),
        ("flood:500", 2.0),
        ("json", 1.0),
    ] {
        let pod = pod("registry/fit:1", &["python", "-m", "fit"], log);
        let runs = script(&pod, "main", &running(), speed);
        let over = script(
            &pod,
            "main",
            &ended(60, 1, "Error", "KeyError: plan_type"),
            speed,
        );
        let now = runs.lines(at(60));
        assert!(now.end > 10, "{log} {now:?}");
        let before: Vec<Line> = now.clone().map(|n| runs.line(n)).collect();
        let after: Vec<Line> = over.lines(at(900)).map(|n| over.line(n)).collect();
        assert_eq!(before, after[..before.len()], "{log}");
        assert!(after.is_sorted_by_key(|l| l.at), "{log}");
        assert!(before.iter().all(|l| l.at <= at(60)), "{log}");
    }
}

#[test]
fn a_fast_platform_prints_as_much_in_less_time() {
    let pod = pod("registry/fit:1", &["python", "-m", "fit"], "");
    let slow = script(&pod, "main", &running(), 1.0).lines(at(600));
    let fast = script(&pod, "main", &running(), 60.0).lines(at(10));
    assert_eq!(slow, fast);
}

#[test]
fn a_flood_is_as_fast_as_it_says() {
    let pod = pod("x", &[], "flood:50000");
    let flood = script(&pod, "main", &running(), 60.0);
    let one = flood.lines(at(1));
    let two = flood.lines(at(3));
    assert_eq!((two.end - one.end) / 2, 50_000);
    assert_eq!(two.start, 0);
    let late = flood.lines(at(600));
    assert_eq!(late.end - late.start, KEPT, "older lines were rotated away");
}

#[test]
fn a_time_finds_its_line() {
    let pod = pod("registry/fit:1", &["fit"], "");
    let runs = script(&pod, "main", &running(), 1.0);
    let from = runs.since(at(100), at(200));
    assert!(runs.time(from) >= at(100) && runs.time(from - 1) < at(100));
    assert_eq!(runs.since(at(0), at(200)), 0);
    assert_eq!(runs.since(at(500), at(200)), runs.lines(at(200)).end);
}

#[test]
fn the_last_words_fit_the_failure() {
    let fit = pod("registry/fit:1", &["python", "-m", "fit"], "");
    let last = |code: i64, reason: &str, message: &str| {
        read(
            &script(&fit, "main", &ended(30, code, reason, message), 1.0),
            at(60),
        )
    };
    let key = last(1, "Error", "KeyError: plan_type");
    assert_eq!(
        key.last().map(String::as_str),
        Some("KeyError: 'plan_type'")
    );
    assert!(
        key.iter()
            .any(|l| l == "Traceback (most recent call last):")
    );
    let nan = last(1, "Error", "loss is NaN at step 4100");
    let want = "FloatingPointError: loss is NaN at step 4100";
    assert_eq!(nan.last().map(String::as_str), Some(want));
    let oom = last(137, "OOMKilled", "");
    assert!(
        oom.last()
            .unwrap()
            .ends_with("host memory at 99 % of limit 64Gi")
    );
    assert!(!oom.iter().any(|l| l.contains("Traceback")));
    let good = last(0, "Completed", "");
    assert!(good.last().unwrap().ends_with("done"));
    let wait = read(
        &script(&fit, "wait", &ended(30, 0, "Completed", ""), 1.0),
        at(60),
    );
    assert!(wait.iter().any(|l| l.contains("Saving logs")), "{wait:?}");
}

#[test]
fn a_container_that_has_not_started_has_no_log() {
    let waits = json!({"waiting": {"reason": "ContainerCreating"}});
    let pod = pod("x", &[], "");
    assert!(Script::new(&pod, "main", &waits, Clock::new(at(0), 1.0)).is_none());
}
