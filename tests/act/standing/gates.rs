//! Gates of a promotion, and what a registry is never asked for.

use midwatch::plan::{HaltKind, Stage, Verdict};
use serde_json::json;

use super::{aliases, asked, done, prepared, stage, version};
use crate::played::cluster;

#[tokio::test]
async fn a_gate_that_fails_blocks_and_only_a_reason_lets_it_pass() {
    let stage = stage();
    let held = |given: Vec<(&'static str, &'static str)>| {
        let stage = &stage;
        async move {
            let plan = prepared(stage, "model.promote", &given).await;
            (plan.plan.is_blocked(), plan)
        }
    };
    let (blocked, plan) = held(vec![("version", "3")]).await;
    assert!(blocked, "{:?}", plan.plan.traps);
    let text = plan
        .plan
        .traps
        .iter()
        .find(|t| t.blocks)
        .unwrap()
        .text
        .to_string();
    assert!(
        text.starts_with("v3 does not pass its gate: bias failed"),
        "{text}"
    );
    let outcome = done(&stage, &plan).await;
    assert_eq!(outcome.verdict, Verdict::NotWritten(HaltKind::Blocked));
    assert!(
        held(vec![("version", "3"), ("override", "because")])
            .await
            .0,
        "too short"
    );
    let reason = "bias was measured on the wrong set, see INC-7";
    let (blocked, plan) = held(vec![("version", "3"), ("override", reason)]).await;
    assert!(!blocked, "{:?}", plan.plan.traps);
    assert_eq!(done(&stage, &plan).await.verdict, Verdict::Done);
    let kept = stage
        .journal
        .read()
        .unwrap()
        .records
        .into_iter()
        .find_map(|r| match r.stage {
            Stage::Intent(intent) => Some(intent.parameters["override"].clone()),
            _ => None,
        });
    assert_eq!(kept.unwrap(), [reason]);
    assert_eq!(
        aliases(&stage)["shadow"],
        "3",
        "one step up from challenger"
    );
}

#[tokio::test]
async fn gates_of_the_settings_are_measured_from_what_the_registry_has_now() {
    let stage = stage();
    let rules = [("accuracy".to_owned(), "auc >= 0.9".to_owned())].into();
    let mut ask = asked("model.promote", &[("version", "4")]);
    ask.params = ask.params.held_to(&rules);
    let plan = stage.plane.prepare(&ask).await.unwrap();
    assert!(plan.plan.is_blocked(), "its run is not known");
    stage.wire.lock(|s| {
        let path = version("4", "").0;
        let found = s.objects.get_mut(&path).unwrap();
        found["model_version"]["run_id"] = "r4".into();
        let run = json!({"run": {"info": {"run_id": "r4"}, "data": {"metrics": [{"key": "auc", "value": 0.93}]}}});
        s.objects.insert("mlflow:/api/2.0/mlflow/runs/get?run_id=r4".to_owned(), run);
    });
    let plan = stage.plane.prepare(&ask).await.unwrap();
    assert!(!plan.plan.is_blocked(), "{:?}", plan.plan.traps);
    let gates: Vec<&str> = plan
        .plan
        .facts
        .iter()
        .filter(|f| f.topic == "gate")
        .map(|f| f.text.as_str())
        .collect();
    assert_eq!(
        gates,
        [
            "accuracy passed: 0.93, auc >= 0.9 [settings]",
            "bias passed [version tag]"
        ]
    );
}

#[tokio::test]
async fn a_champion_is_not_archived_and_another_version_is() {
    let stage = stage();
    let plan = prepared(&stage, "model.archive", &[("version", "2")]).await;
    assert!(plan.plan.is_blocked());
    let plan = prepared(&stage, "model.archive", &[("version", "3")]).await;
    assert_eq!(done(&stage, &plan).await.verdict, Verdict::Done);
    assert_eq!(
        aliases(&stage),
        json!({"archived": "3", "champion": "2", "shadow": "4"})
    );
}

#[tokio::test]
async fn versions_and_aliases_that_cannot_be_are_refused() {
    let stage = stage();
    for (name, given, words) in [
        (
            "model.set-alias",
            vec![("alias", "latest"), ("version", "2")],
            "keeps the alias latest for itself",
        ),
        (
            "model.set-alias",
            vec![("alias", "v7"), ("version", "2")],
            "keeps the alias v7 for itself",
        ),
        (
            "model.set-alias",
            vec![("alias", "a b"), ("version", "2")],
            "no name of an alias",
        ),
        (
            "model.set-alias",
            vec![("alias", "champion"), ("version", "2")],
            "points at v2 already",
        ),
        (
            "model.promote",
            vec![("version", "77")],
            "There is no v77 of fraud",
        ),
        (
            "model.promote",
            vec![("version", "newest")],
            "no number of a version",
        ),
        (
            "model.promote",
            vec![("version", "2")],
            "is champion already",
        ),
        (
            "model.archive",
            vec![("version", "1")],
            "is archived already",
        ),
    ] {
        let halt = stage.plane.prepare(&asked(name, &given)).await.unwrap_err();
        assert!(halt.what.contains(words), "{name} {given:?}: {}", halt.what);
    }
    assert_eq!(cluster().name, "eu");
}
