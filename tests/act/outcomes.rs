//! What is on disk when, what is sent how often, and what is said about it.

use std::sync::Mutex;

use midwatch::plan::{HaltKind, Possible, Progress, Standing, Verdict};
use serde_json::{Value, json};

use super::played::{Fate, RUN, Stage0, ask, consent};

#[tokio::test]
async fn the_journal_is_on_disk_before_a_request_leaves_and_after_its_answer() {
    let stage = Stage0::new();
    let prepared = stage.prepare("run.suspend").await;
    assert_eq!(prepared.plan.changes[0].pointer, "/spec/suspend");
    let heard = Mutex::new(Vec::new());
    let hear = |progress: Progress| heard.lock().unwrap().push(progress);
    let outcome = stage.plane.carry_out(&prepared, &consent(), hear).await;
    assert_eq!(outcome.verdict, Verdict::Done, "{outcome:?}");
    assert_eq!(
        stage.wire.lock(|s| s.on_disk.clone()),
        [["intent", "sending 0"]]
    );
    let entry = stage.entries().remove(0);
    assert_eq!(entry.standing(), Standing::Ended(Verdict::Done));
    assert_eq!((entry.id, entry.answers.len()), (outcome.id.clone(), 1));
    assert_eq!(entry.intent.reason.as_str(), "drill");
    assert_eq!(outcome.undo.unwrap().action, "run.resume");
    assert_eq!(outcome.changes[0].pointer, "/spec/suspend");
    let heard = heard.into_inner().unwrap();
    assert!(matches!(heard[0], Progress::Checked));
    assert!(matches!(
        heard.last(),
        Some(Progress::Seen { hold: 1, of: 1, .. })
    ));
}

#[tokio::test]
async fn an_answer_that_is_lost_is_replaced_by_looking_and_nothing_is_sent_twice() {
    for (fate, verdict) in [
        (Fate::LoseAnswer, Verdict::Done),
        (Fate::PassBut(503), Verdict::Done),
        (
            Fate::LoseRequest,
            Verdict::NotWritten(HaltKind::Unreachable),
        ),
        (
            Fate::Refuse(500),
            Verdict::NotWritten(HaltKind::Unreachable),
        ),
        (Fate::Refuse(429), Verdict::NotWritten(HaltKind::Server)),
        (Fate::Refuse(403), Verdict::NotWritten(HaltKind::Denied)),
        (Fate::Refuse(409), Verdict::NotWritten(HaltKind::Changed)),
    ] {
        let stage = Stage0::new();
        let prepared = stage.prepare("run.suspend").await;
        stage.fates(&[fate]);
        let outcome = stage.carry_out(&prepared).await;
        assert_eq!(outcome.verdict, verdict, "{fate:?}: {outcome:?}");
        assert_eq!(stage.sent().len(), 1, "{fate:?}");
        let entry = stage.entries().remove(0);
        assert_eq!(entry.standing(), Standing::Ended(verdict), "{fate:?}");
    }
}

#[tokio::test]
async fn where_looking_does_not_tell_the_outcome_is_unknown() {
    let stage = Stage0::new();
    let prepared = stage.prepare("run.stop").await;
    stage.fates(&[Fate::Hold]);
    let outcome = tokio::join!(stage.carry_out(&prepared), async {
        // the request is on its way while someone else deletes the run
        while stage.sent().is_empty() {
            tokio::task::yield_now().await;
        }
        stage.wire.lock(|s| {
            s.fates.clear();
            s.objects.remove(RUN);
        });
        stage.wire.let_go.send_replace(true);
    })
    .0;
    // the server answers 404: it is certain that nothing was written
    assert_eq!(outcome.verdict, Verdict::NotWritten(HaltKind::Gone));

    let stage = Stage0::new();
    let prepared = stage.prepare("run.stop").await;
    stage.fates(&[Fate::LoseRequest]);
    let look = async {
        while stage.sent().is_empty() {
            tokio::task::yield_now().await;
        }
        stage
            .wire
            .edit("someone", |run| run["metadata"]["labels"]["x"] = json!("y"));
    };
    let outcome = tokio::join!(stage.carry_out(&prepared), look).0;
    assert_eq!(outcome.verdict, Verdict::Unknown, "{outcome:?}");
    assert!(outcome.hint.contains("ml/train"), "{}", outcome.hint);
    assert_eq!(stage.sent().len(), 1);
}

/// A run that failed, with one pod.
fn failed() -> Value {
    let text = include_str!("../data/workflows/fraud-train-oom.json");
    let text = text.replace("fraud-train-oom", "train");
    let mut run: Value = serde_json::from_str(&text).unwrap();
    run["metadata"]["namespace"] = json!("ml");
    run["metadata"]["uid"] = json!("u-1");
    run["metadata"]["resourceVersion"] = json!("1");
    run
}

#[tokio::test]
async fn a_conflict_after_the_pods_are_gone_is_partly_done_and_says_so() {
    let stage = Stage0::new();
    stage.wire.lock(|s| {
        s.objects.insert(RUN.to_owned(), failed());
    });
    let prepared = stage.prepare("run.retry").await;
    let steps = prepared.plan.steps.len();
    assert!(steps >= 2);
    for step in &prepared.plan.steps[..steps - 1] {
        let pod = json!({"metadata": {"name": "pod", "uid": "p"}});
        stage
            .wire
            .lock(|s| s.objects.insert(step.path.clone(), pod));
    }
    let mut fates = vec![Fate::Pass; steps - 1];
    fates.push(Fate::Refuse(409));
    stage.fates(&fates);
    let outcome = stage.carry_out(&prepared).await;
    assert_eq!(outcome.verdict, Verdict::Partly, "{outcome:?}");
    assert_eq!(stage.sent().len(), steps);
    assert_eq!(outcome.answers.last().unwrap().status, 409);
}

#[tokio::test]
async fn a_run_is_written_when_its_deleted_pods_are_gone_and_not_before() {
    for ends in [true, false] {
        let stage = Stage0::new();
        stage.wire.lock(|s| {
            s.objects.insert(RUN.to_owned(), failed());
            s.lingers = true;
        });
        let prepared = stage.prepare("run.retry").await;
        let steps = &prepared.plan.steps;
        for step in &steps[..steps.len() - 1] {
            let pod = json!({"metadata": {"name": "pod", "uid": "p"}});
            stage
                .wire
                .lock(|s| s.objects.insert(step.path.clone(), pod));
        }
        let waited = Mutex::new(false);
        let hear = |progress: Progress| {
            if matches!(progress, Progress::Leaving { .. }) {
                *waited.lock().unwrap() = true;
                // the node ends the pods, one of them for a newer pod of its name
                stage.wire.lock(|s| {
                    assert!(
                        s.sent.iter().all(|r| r.starts_with("DELETE")),
                        "{:?}",
                        s.sent
                    );
                    let pods = steps.iter().filter(|step| step.method == "DELETE");
                    for (n, step) in pods.enumerate().filter(|_| ends) {
                        s.objects.remove(&step.path);
                        if n == 0 {
                            let newer = json!({"metadata": {"name": "pod", "uid": "q"}});
                            s.objects.insert(step.path.clone(), newer);
                        }
                    }
                });
            }
        };
        let outcome = stage.plane.carry_out(&prepared, &consent(), hear).await;
        assert!(waited.into_inner().unwrap());
        let wrote = stage.sent().iter().any(|r| r.starts_with("PUT"));
        assert_eq!(wrote, ends, "{outcome:?}");
        if !ends {
            assert_eq!(outcome.verdict, Verdict::Partly, "{outcome:?}");
            assert!(outcome.what.contains("still ending"), "{}", outcome.what);
        }
    }
}

#[tokio::test]
async fn pods_that_were_gone_already_are_nothing_that_was_done() {
    let stage = Stage0::new();
    stage.wire.lock(|s| {
        s.objects.insert(RUN.to_owned(), failed());
    });
    let prepared = stage.prepare("run.retry").await;
    let steps = prepared.plan.steps.len();
    let mut fates = vec![Fate::Pass; steps - 1];
    fates.push(Fate::Refuse(409));
    stage.fates(&fates);
    let outcome = stage.carry_out(&prepared).await;
    assert_eq!(outcome.verdict, Verdict::NotWritten(HaltKind::Changed));
}

#[tokio::test]
async fn what_is_made_is_named_before_so_that_it_can_be_looked_for() {
    let stage = Stage0::new();
    let prepared = stage.prepare("run.resubmit").await;
    let made = prepared.plan.made().unwrap().to_owned();
    stage.fates(&[Fate::LoseAnswer]);
    let wire = stage.wire.clone();
    let path = RUN.replace("train", &made);
    let controller = async {
        while wire.lock(|s| !s.objects.contains_key(&path)) {
            tokio::task::yield_now().await;
        }
        wire.lock(|s| s.objects.get_mut(&path).unwrap()["status"] = json!({"phase": "Running"}));
    };
    let outcome = tokio::join!(stage.carry_out(&prepared), controller).0;
    assert_eq!(outcome.verdict, Verdict::Done, "{outcome:?}");
    assert!(outcome.what.contains(&made), "{}", outcome.what);
    assert_eq!(stage.sent().len(), 1);
}

#[tokio::test]
async fn leaving_before_the_first_request_takes_it_back_and_after_it_goes_on() {
    let stage = Stage0::new();
    let prepared = stage.prepare("run.suspend").await;
    // never asked for at all: the future is dropped before anything left
    {
        let word = consent();
        let work = stage.plane.carry_out(&prepared, &word, |_| ());
        tokio::pin!(work);
        assert!(futures::poll!(&mut work).is_pending());
    }
    stage.plane.idle().await;
    assert!(stage.sent().is_empty());

    stage.fates(&[Fate::Hold]);
    {
        let word = consent();
        let work = stage.plane.carry_out(&prepared, &word, |_| ());
        tokio::pin!(work);
        while stage.sent().is_empty() {
            assert!(futures::poll!(&mut work).is_pending());
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(stage.plane.running(), 1);
    stage.wire.let_go.send_replace(true);
    stage.plane.idle().await;
    assert_eq!(stage.sent().len(), 1);
    let last = stage.entries().pop().unwrap();
    assert_eq!(last.standing(), Standing::Ended(Verdict::Done));
}

#[tokio::test]
async fn every_action_on_the_kind_is_offered_or_says_why_not() {
    let stage = Stage0::new();
    stage.wire.lock(|s| s.denied.push("delete"));
    let spec = ask("run.stop").resource;
    let offers = stage
        .plane
        .survey((&spec, "ml", "train", "u-1"))
        .await
        .unwrap();
    let of = |name: &str| &offers.iter().find(|o| o.action == name).unwrap().possible;
    assert!(matches!(of("run.suspend"), Possible::Yes(_)));
    assert!(matches!(of("run.resume"), Possible::Refused(_)));
    assert!(matches!(of("run.delete"), Possible::Denied(needs) if needs[0].verb == "delete"));
    assert!(offers.iter().all(|o| o.action != "pod.delete"));
    let other = stage.plane.survey((&spec, "ml", "train", "u-9")).await;
    assert!(other.unwrap_err().what.contains("Another"));
}
