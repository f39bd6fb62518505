//! Objectives that stand in the cluster, from the API server to the figures: what is read, what is broken, what is not
//! installed.

use std::time::Duration;

use midwatch::domain::{BurnRow, Burning, Origin, SourceState, WrittenRow};
use midwatch::feed::kube::Options;
use serde_json::{Value, json};
use wiremock::matchers::{path, path_regex, query_param};
use wiremock::{Mock, ResponseTemplate};

use super::figures::failing;
use super::stage::{Stage, quick, status};
use super::support::console::Console;

const PYRRA: &str = "/apis/pyrra.dev/v1alpha1/servicelevelobjectives";

/// A list that stays as it is.
async fn lists(stage: &Stage, at: &str, items: &[Value]) {
    let quiet = ResponseTemplate::new(200).set_delay(Duration::from_secs(300));
    Mock::given(path(at))
        .and(query_param("watch", "true"))
        .respond_with(quiet)
        .mount(&stage.api)
        .await;
    let list = json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "7"}, "items": items});
    Mock::given(path(at))
        .respond_with(ResponseTemplate::new(200).set_body_json(list))
        .mount(&stage.api)
        .await;
}

fn pyrra(name: &str, target: &str) -> Value {
    json!({"apiVersion": "pyrra.dev/v1alpha1", "kind": "ServiceLevelObjective",
        "metadata": {"name": name, "namespace": "ml-fraud", "uid": format!("u-{name}"), "resourceVersion": "5",
            "labels": {"serving.kserve.io/inferenceservice": "fraud-scorer"}},
        "spec": {"target": target, "window": "4w", "indicator": {"ratio": {
            "errors": {"metric": "revision_request_count{response_code_class=\"5xx\"}"},
            "total": {"metric": "revision_request_count"}}}}})
}

async fn console(stage: &Stage, options: Options) -> Console {
    for end in ["query", "query_range"] {
        let at = format!(
            "/api/v1/namespaces/monitoring/services/prometheus-operated:9090/proxy/api/v1/{end}"
        );
        Mock::given(path(at))
            .respond_with(failing)
            .mount(&stage.api)
            .await;
    }
    stage.prometheus().await;
    let console = Console::start(&stage.kubeconfig(), &[], options, 64);
    console.want("prod-eu", &["burn"]);
    console
}

fn burn(console: &Console, name: &str) -> Option<BurnRow> {
    let table = console.world.table::<BurnRow>()?;
    let row = table.iter().find(|r| &*r.objective == name)?;
    Some((**row).clone())
}

#[tokio::test]
async fn an_objective_of_the_cluster_is_measured_and_a_broken_one_hides_no_other() {
    let stage = Stage::start().await;
    let broken = pyrra("broken", "many");
    lists(&stage, PYRRA, &[pyrra("availability", "99"), broken]).await;
    let slo = "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: from-text}\nspec:\n  service: fraud-scorer\n";
    let map = json!({"metadata": {"name": "slos", "namespace": "ml-fraud", "uid": "u", "resourceVersion": "5",
        "labels": {"midwatch.dev/objectives": "true"}}, "data": {"slo.yaml": slo}});
    lists(&stage, "/api/v1/configmaps", &[map]).await;
    let mut console = console(&stage, quick()).await;
    console
        .until("its figures", |c| {
            burn(c, "availability").is_some_and(|r| r.state == Burning::Page)
        })
        .await;
    let row = burn(&console, "availability").unwrap();
    assert_eq!(row.origin.told(), "pyrra ml-fraud/availability");
    let Origin::Object(object) = &row.origin else {
        panic!("{:?}", row.origin)
    };
    assert_eq!((object.feed, &*object.uid), ("slo-pyrra", "u-availability"));
    assert_eq!(
        (&*row.service.namespace, &*row.service.name),
        ("ml-fraud", "fraud-scorer")
    );
    assert!(burn(&console, "errors").is_some(), "the built-in ones stay");

    let written = console.rows(|r: &WrittenRow| (r.objectives, r.mistakes.join("; ")));
    assert_eq!(written["ml-fraud/pyrra/availability"], (1, String::new()));
    let (count, said) = &written["ml-fraud/pyrra/broken"];
    assert_eq!(*count, 0);
    assert!(
        said.starts_with("spec.target: `many` is no number"),
        "{said}"
    );
    console
        .until("the text", |c| {
            c.rows(|_: &WrittenRow| ())
                .contains_key("ml-fraud/openslo/slos")
        })
        .await;
    let written = console.rows(|r: &WrittenRow| r.mistakes.join("; "));
    let said = &written["ml-fraud/openslo/slos"];
    assert!(said.starts_with("slo.yaml, line "), "{said}");

    // sloth is not installed there, which is said and keeps nothing from being live
    console
        .until("absent", |c| {
            c.state("slo-sloth") == Some(SourceState::Absent)
        })
        .await;
    console
        .until("live", |c| c.state("burn") == Some(SourceState::Live))
        .await;
}

#[tokio::test]
async fn documents_that_may_not_be_read_are_denied_and_figures_go_on() {
    let stage = Stage::start().await;
    let denied = status(403, "servicelevelobjectives.pyrra.dev is forbidden");
    Mock::given(path_regex("/servicelevelobjectives$"))
        .respond_with(denied)
        .mount(&stage.api)
        .await;
    let mut console = console(&stage, quick()).await;
    console
        .until("denied", |c| {
            c.state("slo-pyrra") == Some(SourceState::Denied)
        })
        .await;
    console
        .until("figures", |c| {
            burn(c, "errors").is_some_and(|r| r.origin == Origin::BuiltIn)
        })
        .await;
}
