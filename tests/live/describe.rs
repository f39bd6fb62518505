//! Real objects as they are written and their events, and that no secret in them is ever kept.

use std::path::PathBuf;
use std::time::Duration;

use midwatch::app::text::yaml;
use midwatch::domain::{ClusterId, EventRow, Key, ManifestRow};
use midwatch::feed::kube::Options;
use midwatch::store::{Scope, Want};

use super::kubectl::kubectl;
use super::support::console::Console;
use super::support::rig;

const PLANTED: &str = "hunter2-planted-on-the-rig";

/// A pod that no node takes, with a secret at every place where people leave them.
fn planted() -> String {
    format!(
        r#"
apiVersion: v1
kind: Pod
metadata:
  name: planted
  namespace: ml-fraud
  annotations: {{example.com/api-token: {PLANTED}}}
spec:
  nodeSelector: {{nothing: matches}}
  containers:
  - name: main
    image: train:1
    command: ["sh", "-c", "export HF_TOKEN={PLANTED}; curl -H 'Authorization: Bearer {PLANTED}' x"]
    args: ["--password", "{PLANTED}", "--api-key={PLANTED}"]
    env:
    - {{name: WANDB_API_KEY, value: {PLANTED}}}
    - {{name: ARGO_TEMPLATE, value: '{{"env":[{{"name":"DB_PASSWORD","value":"{PLANTED}"}}]}}'}}
    - {{name: EPOCHS, value: "3"}}
"#
    )
}

struct Taken;

impl Drop for Taken {
    fn drop(&mut self) {
        kubectl(
            &[
                "delete",
                "pod",
                "planted",
                "-n",
                "ml-fraud",
                "--grace-period=0",
                "--force",
                "--ignore-not-found",
            ],
            "",
        );
    }
}

fn console() -> Console {
    let path = PathBuf::from(rig("MIDWATCH_RIG_KUBECONFIG_SRE"));
    Console::start(&path, &[], Options::default(), 256)
}

async fn cluster_of(console: &mut Console) -> ClusterId {
    console
        .until("the cluster", |c| !c.clusters.is_empty())
        .await;
    console.clusters.keys().next().unwrap().clone()
}

fn manifest(cluster: &ClusterId, kind: &'static str, namespace: &str, name: &str) -> Want {
    Want {
        cluster: cluster.clone(),
        feed: "manifest",
        scope: Scope::Manifest {
            kind,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        },
    }
}

fn row<'a>(
    console: &'a Console,
    cluster: &ClusterId,
    kind: &str,
    namespace: &str,
    name: &str,
) -> Option<&'a ManifestRow> {
    let key = ManifestRow::key_of(kind, &Key::new(cluster.clone(), namespace, name));
    console
        .world
        .table::<ManifestRow>()?
        .get(&key)
        .map(|r| &**r)
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn a_manifest_follows_the_object_and_keeps_none_of_its_secrets() {
    kubectl(&["apply", "-f", "-"], &planted());
    let _taken = Taken;
    let mut console = console();
    let cluster = cluster_of(&mut console).await;
    console
        .feeds
        .want([manifest(&cluster, "pods", "ml-fraud", "planted")].into());
    let at = cluster.clone();
    console
        .until("the pod", |c| {
            row(c, &at, "pods", "ml-fraud", "planted").is_some()
        })
        .await;
    let pod = row(&console, &cluster, "pods", "ml-fraud", "planted").unwrap();
    let text = format!("{pod:?}\n{}", yaml::doc(&pod.tree, true).text());
    assert!(!text.contains(PLANTED), "{text}");
    assert!(pod.hidden >= 7, "{} hidden in\n{text}", pod.hidden);
    assert!(text.contains("name: EPOCHS") && text.contains("WANDB_API_KEY"));
    // apply has left the whole of it once more
    assert!(text.contains("last-applied-configuration"));
    kubectl(
        &["label", "pod", "planted", "-n", "ml-fraud", "seen=twice"],
        "",
    );
    console
        .until("the label", |c| {
            row(c, &at, "pods", "ml-fraud", "planted")
                .is_some_and(|r| r.tree.text_at(&["metadata", "labels", "seen"]) == "twice")
        })
        .await;
    drop(Taken);
    console
        .until("its end", |c| {
            row(c, &at, "pods", "ml-fraud", "planted").is_none()
        })
        .await;
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn a_run_and_a_node_are_read_as_kubectl_reads_them() {
    let mut console = console();
    let cluster = cluster_of(&mut console).await;
    let node = kubectl(
        &["get", "nodes", "-o", "jsonpath={.items[0].metadata.name}"],
        "",
    );
    let run = kubectl(
        &[
            "get",
            "workflows",
            "-n",
            "ml-fraud",
            "-o",
            "jsonpath={.items[0].metadata.name}",
        ],
        "",
    );
    for (kind, namespace, name, plural) in [
        ("nodes", "", node, "nodes"),
        ("workflows", "ml-fraud", run, "workflows.argoproj.io"),
    ] {
        console
            .feeds
            .want([manifest(&cluster, kind, namespace, &name)].into());
        let at = cluster.clone();
        console
            .until(&name, |c| row(c, &at, kind, namespace, &name).is_some())
            .await;
        let ours = yaml::doc(
            &row(&console, &cluster, kind, namespace, &name)
                .unwrap()
                .tree,
            true,
        )
        .text();
        let ours: serde_json::Value = serde_saphyr::from_str(&ours).unwrap();
        let theirs = kubectl(
            &[
                "get",
                plural,
                "-n",
                namespace,
                &name,
                "-o",
                "json",
                "--show-managed-fields",
            ],
            "",
        );
        let theirs: serde_json::Value = serde_json::from_str(&theirs).unwrap();
        for part in ["kind", "spec"] {
            assert_eq!(ours[part], theirs[part], "{part} of {name}");
        }
        assert_eq!(ours["metadata"]["uid"], theirs["metadata"]["uid"]);
    }
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn the_events_of_one_run_are_read_and_of_nothing_else() {
    let mut console = console();
    let cluster = cluster_of(&mut console).await;
    let name = kubectl(
        &[
            "get",
            "events",
            "-n",
            "ml-fraud",
            "--field-selector",
            "involvedObject.kind=Workflow",
            "-o",
            "jsonpath={.items[0].involvedObject.name}",
        ],
        "",
    );
    assert!(!name.is_empty(), "the controller writes events");
    let want = Want {
        cluster: cluster.clone(),
        feed: "events",
        scope: Scope::Events {
            namespace: "ml-fraud".to_owned(),
            kind: "Workflow",
            name: name.clone(),
        },
    };
    console.feeds.want([want].into());
    console
        .until("events", |c| {
            c.world.table::<EventRow>().is_some_and(|t| !t.is_empty())
        })
        .await;
    console.for_a_while(Duration::from_millis(300)).await;
    let about = Key::new(cluster, "ml-fraud", &name);
    for event in console.world.table::<EventRow>().unwrap().iter() {
        assert!(event.is_about("Workflow", &about), "{event:?}");
        assert!(
            !event.reason.is_empty() && event.last.is_some(),
            "{event:?}"
        );
    }
}
