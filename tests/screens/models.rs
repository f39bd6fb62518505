//! Registered models: what aliases say, what is served, and one model opened.

use std::sync::Arc;

use jiff::{Span, Timestamp};
use midwatch::app::deed::{Entry, Shown};
use midwatch::app::{Model, Msg, update};
use midwatch::domain::{
    Clean, ClusterId, Key, Labels, Made, ModelRow, ModelState, RevisionRow, Row, ServiceRow,
    ServingMode, Share, SourceId, SourceState, VersionRow,
};
use midwatch::fault::{Fault, FaultKind};
use midwatch::kinds::mlflow;
use midwatch::store::{Batch, Change, News};
use midwatch::ui::Look;
use serde_json::json;

use super::{mono, picture, platform, press};

fn cluster() -> ClusterId {
    ClusterId::new("prod-eu")
}

fn ago(hours: i64) -> Timestamp {
    platform::now() - Span::new().hours(hours)
}

fn put<R: Row>(model: &mut Model, feed: &'static str, rows: Vec<R>) {
    let source = SourceId {
        cluster: cluster(),
        feed,
        scope: String::new(),
    };
    let rows = rows.into_iter().map(|row| Change::Put(Arc::new(row)));
    let changes = [Change::Restart]
        .into_iter()
        .chain(rows)
        .chain([Change::Swap])
        .collect();
    let news = News::Rows(Box::new(Batch { source, changes }));
    let _ = update(model, Msg::Arrived(news), platform::now());
}

/// A version as the registry answers.
fn version(model: &str, number: u64, hours: i64, tags: &serde_json::Value) -> VersionRow {
    let body = json!({"model_versions": [{
        "name": model, "version": number.to_string(), "status": "READY",
        "creation_timestamp": ago(hours).as_millisecond(),
        "source": format!("s3://ml-models/{model}/{number}"),
        "run_id": format!("run-{model}-{number}"), "user_id": "ci", "tags": tags,
    }]});
    let page = mlflow::versions(&cluster(), body.to_string().as_bytes()).unwrap();
    page.rows.into_iter().next().unwrap()
}

/// The run of a version as the tracking server answers.
fn by(mut version: VersionRow, metrics: &serde_json::Value) -> VersionRow {
    let body = json!({"run": {
        "info": {"run_id": &*version.run, "run_name": "brave-owl-12", "status": "FINISHED", "user_id": "ci",
            "start_time": ago(60).as_millisecond(), "end_time": ago(58).as_millisecond()},
        "data": {"metrics": metrics,
            "params": [{"key": "epochs", "value": "12"}, {"key": "lr", "value": "0.01"}],
            "tags": [{"key": "mlflow.user", "value": "ci"}, {"key": "argo_workflow", "value": "train-nightly-x7k2p"}]},
        "inputs": {"dataset_inputs": [{"tags": [{"key": "mlflow.data.context", "value": "training"}],
            "dataset": {"name": "tx-2026-11", "digest": "9f3c", "source_type": "s3",
                "source": "{\"uri\":\"s3://lake/tx/2026-11\"}"}}]},
    }});
    version.made = Made::By(Arc::new(mlflow::run(body.to_string().as_bytes()).unwrap()));
    version
}

fn registered(name: &str, aliases: &[(&str, u64)], versions: &[VersionRow]) -> ModelRow {
    let aliases: Vec<_> = aliases
        .iter()
        .map(|(alias, version)| json!({"alias": alias, "version": version.to_string()}))
        .collect();
    let body = json!({"registered_model": {"name": name, "creation_timestamp": ago(9000).as_millisecond(),
        "description": "scores card payments", "aliases": aliases,
        "tags": [{"key": "team", "value": "risk"}, {"key": "gate.bias", "value": "parity_gap <= 0.05"}]}});
    let mut row = mlflow::model(&cluster(), body.to_string().as_bytes()).unwrap();
    row.newest = versions.iter().map(|v| v.number).max();
    row.versions = Some(versions.iter().map(VersionRow::mark).collect());
    row
}

fn service(name: &str, uri: &str, traffic: &[(&str, u32)]) -> ServiceRow {
    let share = |(revision, percent): &(&str, u32)| Share {
        revision: Clean::new(revision),
        percent: *percent,
        tag: Clean::default(),
    };
    ServiceRow {
        key: Key::new(cluster(), "ml-fraud", name),
        place: Key::new(cluster(), "ml-fraud", name),
        uid: Clean::default(),
        labels: Labels::default(),
        mode: ServingMode::Knative,
        ready: Some(true),
        trouble: Clean::default(),
        model: ModelState::default(),
        uri: Clean::new(uri),
        format: Clean::default(),
        runtime: Clean::default(),
        canary: None,
        traffic: traffic.iter().map(share).collect(),
        created_revision: traffic.first().map(|t| Clean::new(t.0)).unwrap_or_default(),
        ready_revision: Clean::default(),
        rolled_out: Clean::default(),
        previous: Clean::default(),
        canaries: Box::default(),
        beside: Box::default(),
        min_replicas: None,
        max_replicas: None,
        ready_replicas: None,
        stopped: false,
        frozen: false,
        behind: false,
        url: Clean::default(),
        created: None,
    }
}

fn revision(name: &str, uri: &str) -> RevisionRow {
    RevisionRow {
        key: Key::new(cluster(), "ml-fraud", name),
        uid: Clean::default(),
        labels: Labels::default(),
        service: Clean::default(),
        ready: Some(true),
        active: None,
        trouble: Clean::default(),
        replicas: None,
        desired: None,
        uri: Clean::new(uri),
        created: Some(ago(30)),
    }
}

/// The versions of `fraud-scorer`: the champion, a canary that is worse, and older ones.
fn versions() -> Vec<VersionRow> {
    let metric = |key: &str, value: serde_json::Value| json!({"key": key, "value": value});
    let failed = json!([{"key": "gate.latency", "value": "failed (p95 412 ms)"}]);
    let mut all = vec![
        by(
            version("fraud-scorer", 42, 3, &failed),
            &json!([
                metric("auc", json!(0.9312)),
                metric("drift", json!("NaN")),
                metric("parity_gap", json!(0.03))
            ]),
        ),
        by(
            version("fraud-scorer", 41, 200, &json!([])),
            &json!([
                metric("auc", json!(0.9511)),
                metric("drift", json!(0.02)),
                metric("parity_gap", json!(0.04))
            ]),
        ),
        version("fraud-scorer", 40, 400, &json!([])),
    ];
    all[0].aliases = [Clean::new("challenger")].into();
    all[1].aliases = [Clean::new("champion")].into();
    all[2].aliases = [Clean::new("archived")].into();
    all
}

/// A registry with a model in step, one that drifts, one that nobody serves, and a hostile one.
fn registry() -> Model {
    let mut model = platform::live();
    for feed in ["models", "versions", "services", "revisions"] {
        platform::set_state(&mut model, feed, SourceState::Live);
    }
    platform::set_state(&mut model, "llm-services", SourceState::Absent);
    let fraud = versions();
    let churn = [
        version("churn-llm", 8, 48, &json!([])),
        version("churn-llm", 7, 900, &json!([])),
    ];
    let odd = "evil\u{1b}]52;c;eA==\u{7}\u{202e}model";
    let models = vec![
        registered(
            "fraud-scorer",
            &[("champion", 41), ("challenger", 42), ("archived", 40)],
            &fraud,
        ),
        registered("churn-llm", &[("champion", 8)], &churn),
        registered(
            "ranker",
            &[("shadow", 2)],
            &[version("ranker", 2, 10, &json!([]))],
        ),
        registered(odd, &[], &[]),
    ];
    put(&mut model, "models", models);
    put(&mut model, "versions", fraud);
    let scorer = service(
        "fraud-scorer",
        "s3://ml-models/fraud-scorer/42",
        &[
            ("fraud-scorer-predictor-00002", 10),
            ("fraud-scorer-predictor-00001", 90),
        ],
    );
    put(
        &mut model,
        "services",
        vec![
            scorer,
            service("churn-llm", "s3://ml-models/churn-llm/7", &[]),
        ],
    );
    let stable = revision(
        "fraud-scorer-predictor-00001",
        "s3://ml-models/fraud-scorer/41",
    );
    let canary = revision(
        "fraud-scorer-predictor-00002",
        "s3://ml-models/fraud-scorer/42",
    );
    put(&mut model, "revisions", vec![stable, canary]);
    let gates = [
        ("regression", "auc >= champion - 0.005"),
        ("accuracy", "auc >= 0.9"),
    ];
    model.settings.gates = gates
        .map(|(name, rule)| (name.to_owned(), rule.to_owned()))
        .into();
    press(&mut model, "4");
    model
}

/// Takes pictures of what is shown at all sizes.
fn pictures(name: &str, model: &mut Model, sizes: &[(u16, u16)]) {
    for size in sizes {
        let shown = picture(model, *size, Look::default());
        insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), shown);
    }
    insta::assert_snapshot!(
        format!("{name}_mono_80x24"),
        picture(model, (80, 24), mono())
    );
}

const SIZES: [(u16, u16); 4] = [(200, 50), (120, 36), (80, 24), (40, 10)];

#[test]
fn models_that_drift_stand_first_with_what_is_served() {
    let mut model = registry();
    pictures("models", &mut model, &SIZES);
    let shown = picture(&mut model, (120, 36), Look::default());
    assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202e}']));
}

#[test]
fn an_opened_model_tells_gates_metrics_and_who_serves_each_version() {
    let mut model = registry();
    press(&mut model, "/ f r a u d Enter Enter");
    pictures("model", &mut model, &SIZES);
}

/// What the menu of actions offers, in its order.
fn offered(model: &Model) -> Vec<&'static str> {
    match &model.deeds.shown {
        Some(Shown::Menu(menu)) => menu.items.iter().map(|item| item.spec.name).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn a_model_is_acted_on_from_the_list_and_the_version_under_the_cursor_is_meant_in_it() {
    let all = [
        "model.promote",
        "model.set-alias",
        "model.revert-alias",
        "model.archive",
    ];
    let mut model = registry();
    press(&mut model, "a");
    assert_eq!(offered(&model), all);
    press(&mut model, "Esc / f r a u d Enter Enter");
    let shown = picture(&mut model, (120, 36), Look::default());
    assert!(shown.contains("a actions"), "{shown}");
    press(&mut model, "a");
    assert_eq!(offered(&model), all);
    for (line, given) in [("1", true), ("3", false)] {
        press(&mut model, line);
        let Some(Shown::Form(form)) = &model.deeds.shown else {
            panic!("no form");
        };
        let row = form.rows.iter().find(|r| r.spec.name == "version").unwrap();
        let Entry::Text(text) = &row.entry else {
            panic!("no text");
        };
        // what it was before is the journal's to tell
        assert_eq!(!text.text().is_empty(), given, "{line}: {}", text.text());
        press(&mut model, "Esc");
        if model.deeds.shown.is_none() {
            press(&mut model, "a");
        }
    }
}

#[test]
fn the_serving_screen_tells_beside_each_service_what_the_alias_of_its_model_says() {
    let mut model = registry();
    press(&mut model, "5");
    let shown = picture(&mut model, (200, 50), Look::default());
    assert!(shown.contains("champion v8 → v7 ✗ max 2 d"), "{shown}");
    assert!(shown.contains("champion v41 → v41 · v42 ✓"), "{shown}");
}

#[test]
fn while_services_are_not_read_nothing_is_said_of_them() {
    let mut model = registry();
    for state in [SourceState::Stale, SourceState::Denied, SourceState::Down] {
        platform::set_state(&mut model, "services", state);
        let shown = picture(&mut model, (120, 36), Look::default());
        assert!(
            !shown.contains("In step") && !shown.contains("Not served"),
            "{state:?}\n{shown}"
        );
        assert!(shown.contains("? Unknown"), "{shown}");
    }
    platform::set_state(&mut model, "services", SourceState::Absent);
    let shown = picture(&mut model, (120, 36), Look::default());
    assert!(!shown.contains("? Unknown"), "{shown}");
}

#[test]
fn a_registry_that_is_not_found_is_told_and_not_taken_for_an_empty_one() {
    let mut model = platform::live();
    let source = midwatch::domain::SourceRow {
        id: SourceId {
            cluster: cluster(),
            feed: "models",
            scope: String::new(),
        },
        state: SourceState::Absent,
        since: platform::now(),
        seen: None,
        endpoint: String::new(),
        rows: 0,
        fault: Some(
            Fault::new(
                "prod-eu/models",
                FaultKind::Gone,
                "no service of the cluster is MLflow",
                platform::now(),
            )
            .hint("Set sources.mlflow.url."),
        ),
        retry: None,
    };
    let _ = update(
        &mut model,
        Msg::Arrived(News::Source(Box::new(source))),
        platform::now(),
    );
    press(&mut model, "4");
    let shown = picture(&mut model, (120, 36), Look::default());
    assert!(
        shown.contains("no service of the cluster is MLflow"),
        "{shown}"
    );
    assert!(shown.contains("Set sources.mlflow.url."), "{shown}");
    assert!(!shown.contains("No registered models"), "{shown}");
}

#[test]
fn no_size_is_too_small() {
    let mut model = registry();
    for open in [false, true] {
        if open {
            press(&mut model, "Enter");
        }
        for width in (0..130).step_by(7) {
            for height in 0..40 {
                let _ = picture(&mut model, (width, height), Look::default());
            }
        }
    }
}
