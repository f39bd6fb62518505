//! Actions on what lives in a service that knows neither versions nor dry runs: read, compare, write, read back.

use midwatch::plan::{
    Ask, Consent, HaltKind, Outcome, Params, Prepared, Safety, Standing, Verdict, action,
};
use serde_json::{Value, json};

use super::played::{Fate, Stage0, ask};

#[path = "standing/gates.rs"]
mod gates;

const MODEL: &str = "mlflow:/api/2.0/mlflow/registered-models/get?name=fraud";
const PLACE: &str = "mlops/mlflow:5000";

fn version(number: &str, bias: &str) -> (String, Value) {
    let tags = json!([{"key": "gate.bias", "value": bias}]);
    let path = format!("mlflow:/api/2.0/mlflow/model-versions/get?name=fraud&version={number}");
    let object = json!({"kind": "ModelVersion", "status": {"state": "READY"},
        "model_version": {"name": "fraud", "version": number, "status": "READY", "tags": tags}});
    (path, object)
}

/// A model of four versions: 1 archived, 2 champion, 3 challenger with a gate that fails, 4 shadow.
fn stage() -> Stage0 {
    let stage = Stage0::new();
    stage.wire.lock(|s| {
        let model = json!({"apiVersion": "mlflow/2.0", "kind": "RegisteredModel",
            "metadata": {"name": "fraud", "uid": "fraud@1", "resourceVersion": "1",
                "endpoint": PLACE, "service": PLACE},
            "spec": {"aliases": {"archived": "1", "challenger": "3", "champion": "2", "shadow": "4"},
                "tags": {}, "description": ""},
            "status": {"newest": 4}});
        s.objects.insert(MODEL.to_owned(), model);
        for (number, bias) in [("1", "passed"), ("2", "passed"), ("3", "failed"), ("4", "passed")] {
            let (path, object) = version(number, bias);
            s.objects.insert(path, object);
        }
        PLACE.clone_into(&mut s.place);
    });
    stage
}

fn asked(name: &str, given: &[(&str, &str)]) -> Ask {
    let spec = action(name).unwrap().spec();
    let given: Vec<(String, String)> = given
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    Ask {
        resource: spec.targets[0],
        action: spec.name,
        namespace: String::new(),
        name: "fraud".to_owned(),
        uid: String::new(),
        params: Params::parse(spec, &given).unwrap(),
        ..ask("run.suspend")
    }
}

async fn prepared(stage: &Stage0, name: &str, given: &[(&str, &str)]) -> Prepared {
    stage.plane.prepare(&asked(name, given)).await.unwrap()
}

async fn done(stage: &Stage0, prepared: &Prepared) -> Outcome {
    let consent = Consent {
        safety: Safety::Open,
        typed: String::new(),
    };
    stage.plane.carry_out(prepared, &consent, |_| ()).await
}

fn aliases(stage: &Stage0) -> Value {
    stage
        .wire
        .lock(|s| s.objects[MODEL]["spec"]["aliases"].clone())
}

fn set(stage: &Stage0, alias: &str, version: &str) {
    stage.wire.lock(|s| {
        let model = s.objects.get_mut(MODEL).unwrap();
        model["spec"]["aliases"][alias] = version.into();
        model["metadata"]["resourceVersion"] = format!("by-hand-{version}").into();
    });
}

fn words(prepared: &Prepared) -> Vec<String> {
    let side = |c: &Option<midwatch::domain::Clean>| {
        c.as_ref().map_or("-".to_owned(), ToString::to_string)
    };
    let all = prepared.plan.changes.iter();
    all.map(|c| format!("{} {} {}", c.path, side(&c.before), side(&c.after)))
        .collect()
}

#[tokio::test]
async fn a_promotion_does_what_was_worked_out_and_is_taken_back_whole() {
    let stage = stage();
    let before = aliases(&stage);
    let plan = prepared(&stage, "model.promote", &[("version", "4")]).await;
    assert_eq!(
        plan.plan.does.as_str(),
        "Makes v4 of fraud champion in place of v2, which is archived"
    );
    assert_eq!(
        words(&plan),
        [
            "spec.aliases.archived 1 2",
            "spec.aliases.champion 2 4",
            "spec.aliases.shadow 4 -",
        ]
    );
    assert_eq!(stage.wire.lock(|s| s.tried), 0);
    let outcome = done(&stage, &plan).await;
    assert_eq!(outcome.verdict, Verdict::Done, "{outcome:?}");
    assert_eq!(
        aliases(&stage),
        json!({"archived": "2", "challenger": "3", "champion": "4"})
    );
    assert_eq!(outcome.changes, plan.plan.changes);
    let alias = "mlflow:/api/2.0/mlflow/registered-models/alias";
    assert_eq!(
        stage.sent(),
        [
            format!("POST {alias}"),
            format!("POST {alias}"),
            format!("DELETE {alias}")
        ]
    );
    let undo = outcome.undo.unwrap();
    let given: Vec<(&str, &str)> = undo
        .parameters
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    let back = prepared(&stage, &undo.action, &given).await;
    assert_eq!(done(&stage, &back).await.verdict, Verdict::Done);
    assert_eq!(aliases(&stage), before);
    assert!(
        stage
            .entries()
            .iter()
            .all(|e| e.standing() == Standing::Ended(Verdict::Done))
    );
}

#[tokio::test]
async fn what_an_alias_was_before_is_the_journals_to_tell() {
    let stage = stage();
    let never = stage.plane.prepare(&asked("model.revert-alias", &[])).await;
    let why = never.unwrap_err().what.to_string();
    assert!(why.contains("The audit has no move of champion"), "{why}");
    let to = [("alias", "champion"), ("version", "4")];
    done(&stage, &prepared(&stage, "model.set-alias", &to).await).await;
    let back = prepared(&stage, "model.revert-alias", &[]).await;
    assert_eq!(words(&back), ["spec.aliases.champion 4 2"]);
    set(&stage, "champion", "3");
    let moved = stage.plane.prepare(&asked("model.revert-alias", &[])).await;
    let why = moved.unwrap_err().what.to_string();
    assert!(
        why.contains("Someone else moved champion since: it points at v3")
            && why.contains("champion v2 → v4 by ada"),
        "{why}"
    );
}

#[tokio::test]
async fn what_someone_else_moved_after_the_preview_is_told_with_both_values_and_nothing_is_sent() {
    let stage = stage();
    let plan = prepared(&stage, "model.promote", &[("version", "4")]).await;
    set(&stage, "champion", "3");
    let outcome = done(&stage, &plan).await;
    assert_eq!(outcome.verdict, Verdict::NotWritten(HaltKind::Changed));
    let change = &outcome.changes[0];
    let both = (change.before.as_deref(), change.after.as_deref());
    assert_eq!(
        (change.path.as_str(), both),
        ("spec.aliases.champion", (Some("2"), Some("3")))
    );
    assert!(stage.sent().is_empty());
}

#[tokio::test]
async fn what_someone_else_moves_in_the_middle_stops_the_rest() {
    let stage = stage();
    let plan = prepared(&stage, "model.promote", &[("version", "4")]).await;
    stage.fates(&[Fate::Hold]);
    let (outcome, ()) = tokio::join!(done(&stage, &plan), async {
        while stage.sent().is_empty() {
            tokio::task::yield_now().await;
        }
        set(&stage, "archived", "3");
        stage.wire.let_go.send_replace(true);
    });
    assert_eq!(outcome.verdict, Verdict::Partly, "{outcome:?}");
    assert!(
        outcome.what.contains(
            "1 of 3 requests changed something, then: It was not sent: spec.aliases.archived is 3, and was 1 when it was shown"
        ),
        "{}",
        outcome.what
    );
    assert_eq!(stage.sent().len(), 1);
    assert_eq!(aliases(&stage)["shadow"], "4");
}

#[tokio::test]
async fn what_is_read_back_differently_is_told_and_never_sent_again() {
    let stage = stage();
    let plan = prepared(&stage, "model.promote", &[("version", "4")]).await;
    stage.fates(&[Fate::Overwritten]);
    let outcome = done(&stage, &plan).await;
    assert_eq!(outcome.verdict, Verdict::Partly, "{outcome:?}");
    assert!(
        outcome
            .what
            .contains("read back it differs: spec.aliases.champion is 9, and 4 was written"),
        "{}",
        outcome.what
    );
    assert_eq!(stage.sent().len(), 1);
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_replaced_by_looking() {
    for (fates, verdict, sent) in [
        (vec![Fate::LoseAnswer, Fate::PassBut(500)], Verdict::Done, 3),
        (vec![Fate::Pass, Fate::LoseRequest], Verdict::Partly, 2),
        (vec![Fate::Pass, Fate::Refuse(500)], Verdict::Partly, 2),
        (vec![Fate::Pass, Fate::Refuse(403)], Verdict::Partly, 2),
        (
            vec![Fate::LoseRequest],
            Verdict::NotWritten(HaltKind::Unreachable),
            1,
        ),
    ] {
        let stage = stage();
        let plan = prepared(&stage, "model.promote", &[("version", "4")]).await;
        stage.fates(&fates);
        let outcome = done(&stage, &plan).await;
        assert_eq!(outcome.verdict, verdict, "{fates:?}: {outcome:?}");
        assert_eq!(stage.sent().len(), sent, "{fates:?}");
    }
}

/// An action that broke off after its first request left, found by the next start.
async fn resolved(stage: &Stage0, plan: &Prepared) -> midwatch::plan::Ended {
    stage.fates(&[Fate::Hold]);
    let consent = Consent {
        safety: Safety::Open,
        typed: String::new(),
    };
    let plane = stage.plane.clone();
    let plan = plan.clone();
    let work = tokio::spawn(async move { plane.carry_out(&plan, &consent, |_| ()).await });
    while stage.sent().is_empty() {
        tokio::task::yield_now().await;
    }
    work.abort();
    let mut entry = stage.entries().remove(0);
    assert_eq!(entry.standing(), Standing::Doubt);
    entry.intent.by = "midwatch 0.1.0 command pid 2147483646".into();
    stage.plane.resolve(&entry).await.unwrap()
}

#[tokio::test]
async fn an_action_that_was_killed_is_resolved_by_looking() {
    let before = stage();
    let plan = prepared(&before, "model.promote", &[("version", "4")]).await;
    let ended = resolved(&before, &plan).await;
    assert_eq!(
        ended.verdict,
        Verdict::NotWritten(HaltKind::Unreachable),
        "{ended:?}"
    );

    let after = stage();
    let plan = prepared(&after, "model.promote", &[("version", "4")]).await;
    set(&after, "champion", "2");
    let told = {
        after.fates(&[Fate::Hold]);
        let consent = Consent {
            safety: Safety::Open,
            typed: String::new(),
        };
        let (plane, plan) = (after.plane.clone(), plan.clone());
        drop(tokio::spawn(async move {
            plane.carry_out(&plan, &consent, |_| ()).await
        }));
        while after.sent().is_empty() {
            tokio::task::yield_now().await;
        }
        // the server did it, and nobody heard
        set(&after, "champion", "4");
        let mut entry = after.entries().remove(0);
        entry.intent.by = "midwatch 0.1.0 command pid 2147483646".into();
        after.plane.resolve(&entry).await.unwrap()
    };
    assert_eq!(told.verdict, Verdict::Partly, "{told:?}");
    assert!(
        told.what
            .contains("1 of 3 requests changed something, 2 never left"),
        "{}",
        told.what
    );
}

#[tokio::test]
async fn a_registry_that_moved_is_another_one() {
    let stage = stage();
    let plan = prepared(&stage, "model.promote", &[("version", "4")]).await;
    stage
        .wire
        .lock(|s| s.place = "other/mlflow:5000".to_owned());
    let outcome = done(&stage, &plan).await;
    assert_eq!(
        outcome.verdict,
        Verdict::NotWritten(HaltKind::Switched),
        "{outcome:?}"
    );
    assert!(stage.sent().is_empty());
}
