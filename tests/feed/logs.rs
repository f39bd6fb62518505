//! The log of a container as an operator gets it: whole, in order, once, whatever happens on the way.

use std::fmt::Write as _;
use std::time::Duration;

use axum::body::Bytes;
use midwatch::domain::{LogEnd, SourceState as S};
use midwatch::fault::FaultKind;
use midwatch::feed::kube::{Options, kinds};
use serde_json::json;

use super::conf::quick;
use super::server::{Answer, Seen, Server};
use super::support::log::{Log, scope};

#[path = "logs/embedded.rs"]
mod embedded;

pub fn options() -> Options {
    Options {
        kinds: kinds(),
        ..quick()
    }
}

const T: [&str; 4] = [
    "2026-11-21T09:00:00.1Z ",
    "2026-11-21T09:00:00.2Z ",
    "2026-11-21T09:00:01.3Z ",
    "2026-11-21T09:00:02.4Z ",
];

fn is_log(seen: &Seen) -> bool {
    seen.path.ends_with("/log")
}

fn logs_of(server: &Server) -> Vec<Seen> {
    server.seen().into_iter().filter(is_log).collect()
}

fn pod(state: &serde_json::Value) -> Answer {
    let phase = if state.get("terminated").is_some() {
        "Succeeded"
    } else {
        "Running"
    };
    Answer::Json(json!({"kind": "Pod", "metadata": {"name": "p"},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "main"}]},
        "status": {"phase": phase, "containerStatuses": [{"name": "main", "state": state}]}}))
}

fn ended() -> Answer {
    pod(&json!({"terminated": {"exitCode": 0}}))
}

fn running() -> Answer {
    pod(&json!({"running": {}}))
}

/// A server that answers the n-th question for the log, and questions for the pod.
async fn scripted(
    log: impl Fn(usize, &Seen) -> Answer + Send + Sync + 'static,
    pod: impl Fn() -> Answer + Send + Sync + 'static,
) -> Server {
    let server = Server::start().await;
    let asked = std::sync::atomic::AtomicUsize::new(0);
    server.hook(move |seen| {
        if is_log(seen) {
            let n = asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            return Some(log(n, seen));
        }
        seen.path.ends_with("/pods/p").then(&pod)
    });
    server
}

fn follow(server: &Server) -> Log {
    Log::start(&server.kubeconfig("{}"), options(), scope("ml", "p"), 64)
}

fn raw(text: String) -> Answer {
    Answer::Raw(Bytes::from(text))
}

#[tokio::test]
async fn a_log_is_read_to_its_end_with_times() {
    let server = scripted(|_, _| raw(format!("{}one\n{}two", T[0], T[2])), ended).await;
    let mut log = follow(&server);
    log.until("the end", |l| l.end.is_some() && l.state() == Some(S::Live))
        .await;
    assert_eq!(log.texts(), ["one", "two"]);
    assert_eq!(log.end, Some(LogEnd::Complete));
    assert_eq!(
        log.lines[1].at.map(|t| t.to_string()).as_deref(),
        Some("2026-11-21T09:00:01.3Z")
    );
    let asked = &logs_of(&server)[0];
    assert_eq!(asked.path, "/api/v1/namespaces/ml/pods/p/log");
    assert_eq!(asked.query["follow"], "true");
    assert_eq!(asked.query["timestamps"], "true");
}

#[tokio::test]
async fn a_stream_that_breaks_goes_on_without_loss_or_doubles() {
    let server = scripted(
        |n, seen| match n {
            0 => Answer::Break(Bytes::from(format!(
                "{}one\n{}two\n{}three\n{}fo",
                T[0], T[1], T[2], T[3]
            ))),
            1 => Answer::Status(503, "starting", Vec::new()),
            _ => {
                assert_eq!(seen.query["sinceTime"], "2026-11-21T09%3A00%3A00Z");
                raw(format!(
                    "{}one\n{}two\n{}three\n{}four\n",
                    T[0], T[1], T[2], T[3]
                ))
            }
        },
        ended,
    )
    .await;
    let mut log = follow(&server);
    log.until("the end", |l| l.end.is_some()).await;
    assert_eq!(log.texts(), ["one", "two", "three", "four"]);
    assert!(log.states.contains(&S::Stale), "{:?}", log.states);
    assert_eq!(log.restarts, 0);
}

#[tokio::test]
async fn a_stream_that_ends_while_the_container_runs_is_opened_again() {
    let server = scripted(
        |n, _| {
            if n == 0 {
                raw(format!("{}one\n", T[0]))
            } else {
                Answer::Hang(Bytes::from(format!("{}one\n{}two\n", T[0], T[1])))
            }
        },
        running,
    )
    .await;
    let mut log = follow(&server);
    log.until("both lines", |l| l.lines.len() == 2).await;
    assert_eq!(log.texts(), ["one", "two"]);
    assert_eq!((log.end, log.state()), (None, Some(S::Live)));
}

#[tokio::test]
async fn a_container_that_has_not_started_is_waited_for_and_that_is_said() {
    let server = scripted(
        |n, _| match n {
            0..3 => Answer::Status(
                400,
                "container \\\"main\\\" in pod \\\"p\\\" is waiting to start: ContainerCreating",
                Vec::new(),
            ),
            _ => raw(format!("{}one\n", T[0])),
        },
        ended,
    )
    .await;
    let mut log = follow(&server);
    log.until("the end", |l| l.end.is_some()).await;
    assert_eq!(log.texts(), ["one"]);
    assert!(
        log.faults.contains(&(
            FaultKind::Busy,
            "Container main of p waits to start: ContainerCreating".to_owned()
        )),
        "{:?}",
        log.faults
    );
}

#[tokio::test]
async fn a_refusal_names_the_right_that_is_missing() {
    let server = scripted(
        |_, _| {
            Answer::Status(
                403,
                "pods \\\"p\\\" is forbidden: User \\\"v\\\" cannot get resource \\\"pods/log\\\"",
                Vec::new(),
            )
        },
        running,
    )
    .await;
    let mut log = follow(&server);
    log.until("the refusal", |l| l.state() == Some(S::Denied))
        .await;
    let fault = log.source.unwrap().fault.unwrap();
    assert!(
        fault.what.starts_with("You may not get pods/log: "),
        "{}",
        fault.what
    );
    assert_eq!(fault.hint, "Ask for a role with get on pods/log in ml.");
}

#[tokio::test]
async fn what_is_gone_is_said_once_and_not_asked_for_again() {
    for message in [
        "previous terminated container \\\"main\\\" in pod \\\"p\\\" not found",
        "unable to retrieve container logs for containerd://9f",
    ] {
        let server = scripted(move |_, _| Answer::Status(400, message, Vec::new()), ended).await;
        let mut log = follow(&server);
        log.until("the end", |l| {
            l.end.is_some() && l.state() == Some(S::Absent)
        })
        .await;
        assert_eq!(log.end, Some(LogEnd::Gone));
        log.unwant();
        log.until("it to be forgotten", |l| l.forgotten).await;
        assert_eq!(logs_of(&server).len(), 1);
    }
    let server = scripted(
        |_, _| Answer::Status(404, "pods \\\"p\\\" not found", Vec::new()),
        ended,
    )
    .await;
    let mut log = follow(&server);
    log.until("the end", |l| {
        l.end == Some(LogEnd::Gone) && l.state() == Some(S::Absent)
    })
    .await;
    assert_eq!(
        log.source.unwrap().fault.unwrap().what,
        "Pod p is gone, and its log with it"
    );
}

#[tokio::test]
async fn a_kubelet_that_writes_its_failure_into_the_log_is_understood() {
    let server = scripted(
        |_, _| raw("unable to retrieve container logs for containerd://9f\n".to_owned()),
        running,
    )
    .await;
    let mut log = follow(&server);
    log.until("the end", |l| l.end == Some(LogEnd::Gone)).await;
}

#[tokio::test]
async fn an_answer_without_a_body_waits_for_the_pod() {
    let server = scripted(
        |_, _| Answer::Raw(Bytes::new()),
        || {
            Answer::Json(
                json!({"spec": {"containers": [{"name": "main"}]}, "status": {"phase": "Pending"}}),
            )
        },
    )
    .await;
    let mut log = follow(&server);
    log.until("the wait", |l| {
        l.faults
            .iter()
            .any(|(_, what)| what.ends_with("waits to start: Pending"))
    })
    .await;
    assert_eq!(log.end, None);
}

#[tokio::test]
async fn a_silent_container_is_live_before_it_prints_anything() {
    // the head of the answer comes with the first byte
    let server = Server::start().await;
    server.hook(|seen| {
        if is_log(seen) {
            return Some(Answer::Drip(Bytes::new(), Duration::from_secs(3_600)));
        }
        seen.path.ends_with("/pods/p").then(running)
    });
    let mut log = follow(&server);
    log.until("it to be live", |l| l.state() == Some(S::Live))
        .await;
    assert!(log.lines.is_empty() && log.end.is_none());
}

/// So many lines, as a server gives them.
fn records(count: usize) -> Bytes {
    let mut text = String::new();
    for n in 0..count {
        let second = n / 1_100;
        writeln!(text, "2026-11-21T09:00:{second:02}.{n:09}Z record {n:09}").unwrap();
    }
    Bytes::from(text)
}

#[tokio::test]
async fn lines_that_nobody_takes_are_dropped_and_counted() {
    let text = records(60_000);
    let server = scripted(move |_, _| Answer::Raw(text.clone()), ended).await;
    // one message has room, and nobody takes it before all was read
    let mut log = Log::start(&server.kubeconfig("{}"), options(), scope("ml", "p"), 1);
    let read = async {
        while !server.seen().iter().any(|s| s.path.ends_with("/pods/p")) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), read)
        .await
        .unwrap();
    log.until("the end", |l| l.end.is_some()).await;
    assert_eq!(log.lines.len() as u64 + log.lost, 60_000);
    assert!(log.lost > 30_000, "{}", log.lost);
    assert!(log.lines.last().unwrap().text.contains("000059999"));
    assert!(log.batches.iter().all(|b| *b <= 1_000));
}

#[tokio::test]
async fn a_reader_that_wants_all_lines_gets_them_however_slow_it_is() {
    let text = records(60_000);
    let server = scripted(move |_, _| Answer::Raw(text.clone()), ended).await;
    let options = Options {
        whole_logs: true,
        ..options()
    };
    let mut log = Log::start(&server.kubeconfig("{}"), options, scope("ml", "p"), 1);
    log.until("the end", |l| l.end.is_some()).await;
    assert_eq!((log.lines.len(), log.lost), (60_000, 0));
    log.assert_whole(0);
}

#[tokio::test]
async fn a_log_that_is_not_wanted_any_more_ends_at_once() {
    let server = scripted(
        |_, _| {
            Answer::Drip(
                Bytes::from_static(b"2026-11-21T09:00:00Z x\n"),
                Duration::from_millis(5),
            )
        },
        running,
    )
    .await;
    let mut log = follow(&server);
    log.until("lines", |l| l.lines.len() > 3).await;
    log.unwant();
    log.until("it to be forgotten", |l| l.forgotten).await;
}
