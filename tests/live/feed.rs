//! The data plane against a real API server: outages, refusals, logins, and what it costs.
//!
//! Some of these tests end and start the API server, so the live suite runs its tests one after another.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use midwatch::domain::{
    CronRow, NamespaceRow, NodeRow, PodRow, RunRow, SourceState as S, TemplateRow,
};
use midwatch::fault::FaultKind;
use midwatch::feed::kube::Options;

use super::kubectl::kubectl;
use super::support::console::Console;
use super::support::cut::Proxy;
use super::support::{SOON, rig, wait_for};

#[path = "feed/account.rs"]
mod account;
#[path = "feed/server.rs"]
mod server;

const KINDS: [&str; 6] = [
    "namespaces",
    "nodes",
    "pods",
    "workflows",
    "cron-workflows",
    "templates",
];

/// A figure for the report of the suite.
fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn admin() -> PathBuf {
    rig("MIDWATCH_RIG_KUBECONFIG_ADMIN").into()
}

fn ctl(verb: &str) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rig/ctl");
    let program = std::env::var("MIDWATCH_RIG_CTL").map_or(here, PathBuf::from);
    let done = Command::new(program)
        .args([verb, "apiserver"])
        .status()
        .unwrap();
    assert!(done.success(), "ctl {verb} apiserver");
}

/// A paused server goes on when a test ends.
struct Resumed;

impl Drop for Resumed {
    fn drop(&mut self) {
        ctl("resume");
    }
}

/// Manifests that are taken away when a test ends.
struct Taken(&'static str);

impl Drop for Taken {
    fn drop(&mut self) {
        kubectl(&["delete", "-f", "-"], self.0);
    }
}

/// The API server runs again when a test ends, however it ends.
struct Mended;

impl Drop for Mended {
    fn drop(&mut self) {
        ctl("start");
        ctl("wait");
    }
}

/// Workflow templates do nothing by themselves, so they are what tests create and change.
fn template(namespace: &str, name: &str, entry: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nmetadata: {{name: {name}, namespace: {namespace}, labels: {{made-by: feed-test}}}}\nspec: {{entrypoint: {entry}, templates: [{{name: {entry}, container: {{image: x}}}}]}}\n---\n"
    )
}

fn apply(manifests: &str) {
    kubectl(&["apply", "-f", "-"], manifests);
}

/// Takes the templates of a test away again.
struct Swept;

impl Drop for Swept {
    fn drop(&mut self) {
        kubectl(
            &[
                "delete",
                "workflowtemplates.argoproj.io",
                "-A",
                "-l",
                "made-by=feed-test",
                "--ignore-not-found",
            ],
            "",
        );
    }
}

/// Waits until the namespaces that other tests gave up are gone: they and what is in them would vanish meanwhile.
fn at_rest() {
    let form = "jsonpath={.items[*].metadata.deletionTimestamp}";
    wait_for("no namespace to be going", SOON, || {
        let going = kubectl(&["get", "namespaces", "-o", form], "");
        going.trim().is_empty().then_some(())
    });
}

/// `namespace/name` of all objects of a kind, as kubectl tells them.
fn truth(kind: &str) -> Vec<String> {
    let form = "jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name}{\"\\n\"}{end}";
    let mut names: Vec<String> = kubectl(&["get", kind, "-A", "-o", form], "")
        .lines()
        .map(str::to_owned)
        .collect();
    names.sort();
    names
}

fn names(console: &Console, feed: &str) -> Vec<String> {
    let all = match feed {
        "namespaces" => console.rows(|_: &NamespaceRow| ()),
        "nodes" => console.rows(|_: &NodeRow| ()),
        "pods" => console.rows(|_: &PodRow| ()),
        "workflows" => console.rows(|_: &RunRow| ()),
        "cron-workflows" => console.rows(|_: &CronRow| ()),
        _ => console.rows(|_: &TemplateRow| ()),
    };
    all.into_keys().collect()
}

/// A kubeconfig beside another one: changed text.
fn changed(from: &Path, change: impl Fn(String) -> String) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kubeconfig");
    std::fs::write(&path, change(std::fs::read_to_string(from).unwrap())).unwrap();
    (folder, path)
}

fn server_of(kubeconfig: &Path) -> String {
    let text = std::fs::read_to_string(kubeconfig).unwrap();
    let line = text
        .lines()
        .find(|l| l.contains("server: https://"))
        .unwrap();
    line.split("https://").nth(1).unwrap().trim().to_owned()
}

async fn proxied(person: &Path) -> (Proxy, tempfile::TempDir, PathBuf) {
    let server = server_of(person);
    let proxy = Proxy::start(&server).await;
    let addr = proxy.addr.to_string();
    let (folder, path) = changed(person, |text| text.replace(&server, &addr));
    (proxy, folder, path)
}

fn all_are(console: &Console, state: S) -> bool {
    KINDS.iter().all(|k| console.state(k) == Some(state)) && console.state("api") == Some(state)
}

async fn live(kubeconfig: &Path, options: Options) -> Console {
    let mut console = Console::start(kubeconfig, &[], options, 64);
    console.want("rig", &KINDS);
    console
        .until("all kinds live", |c| all_are(c, S::Live))
        .await;
    console
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/rig/live"]
async fn the_viewer_of_two_namespaces_sees_those() {
    let _swept = Swept;
    let all: String = ["argo", "ml-fraud", "default"]
        .map(|n| template(n, "feed-v", "main"))
        .concat();
    apply(&all);
    let options = Options {
        namespaces: vec!["ml-fraud".into(), "default".into()],
        ..Options::default()
    };
    let mut console = Console::start(
        Path::new(&rig("MIDWATCH_RIG_KUBECONFIG_VIEWER")),
        &[],
        options,
        64,
    );
    console.want("rig", &KINDS);
    let namespaced = ["pods", "workflows", "cron-workflows", "templates"];
    console
        .until("two namespaces", |c| {
            namespaced.iter().all(|k| c.state(k) == Some(S::Live))
                && ["nodes", "namespaces"]
                    .iter()
                    .all(|k| c.state(k) == Some(S::Denied))
        })
        .await;
    let rows = names(&console, "templates");
    let has = |name: &str| rows.contains(&name.to_owned());
    assert!(
        has("argo/feed-v") && has("ml-fraud/feed-v") && !has("default/feed-v"),
        "{rows:?}"
    );
    let endpoint = &console.source("templates", "").unwrap().endpoint;
    assert_eq!(
        endpoint,
        "2 namespaces: ml-fraud, argo (the whole cluster is denied)"
    );
    apply(&template("ml-fraud", "feed-w", "main"));
    console
        .until("a change", |c| {
            names(c, "templates").contains(&"ml-fraud/feed-w".to_owned())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/rig/live"]
async fn nobody_is_denied_everywhere_with_the_reason() {
    let mut console = Console::start(
        Path::new(&rig("MIDWATCH_RIG_KUBECONFIG_NOBODY")),
        &[],
        Options::default(),
        64,
    );
    console.want("rig", &KINDS);
    console
        .until("denied", |c| {
            KINDS.iter().all(|k| c.state(k) == Some(S::Denied))
        })
        .await;
    for kind in KINDS {
        let fault = console.source(kind, "").unwrap().fault.clone().unwrap();
        assert_eq!(fault.kind, FaultKind::Denied);
        assert!(
            fault.what.contains("User \"nobody\" cannot list resource"),
            "{fault:?}"
        );
        assert!(!fault.hint.is_empty());
    }
    console
        .until("the server itself to be live", |c| {
            c.state("api") == Some(S::Live)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/rig/live"]
async fn one_denied_kind_leaves_the_others_live() {
    let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: feed-test-partial}\nrules:\n- {apiGroups: [''], resources: [pods, namespaces], verbs: [get, list, watch]}\n- {apiGroups: [argoproj.io], resources: ['*'], verbs: [get, list, watch]}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: feed-test-partial}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: feed-test-partial}\nsubjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: feed-test-partial}]\n";
    apply(role);
    let _taken = Taken(role);
    let (_folder, kubeconfig) = changed(&admin(), |text| {
        text.replace("      token:", "      as: feed-test-partial\n      token:")
    });
    let options = Options {
        retry_denied: Duration::from_secs(2),
        ..Options::default()
    };
    let mut console = Console::start(&kubeconfig, &[], options, 64);
    console.want("rig", &KINDS);
    console
        .until("nodes denied, the rest live", |c| {
            c.state("nodes") == Some(S::Denied)
                && KINDS
                    .iter()
                    .filter(|k| **k != "nodes")
                    .all(|k| c.state(k) == Some(S::Live))
        })
        .await;
    // the missing verb is given
    let more = role.replace("[pods, namespaces]", "[pods, namespaces, nodes]");
    apply(&more);
    console
        .until("nodes live", |c| c.state("nodes") == Some(S::Live))
        .await;
    assert_eq!(names(&console, "nodes").len(), truth("nodes").len());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/rig/live"]
async fn an_idle_minute_costs_a_watch_for_each_kind() {
    let mut console = live(
        Path::new(&rig("MIDWATCH_RIG_KUBECONFIG_SRE")),
        Options::default(),
    )
    .await;
    console
        .until("a first figure", |c| !c.loads.is_empty())
        .await;
    // the start has left the sliding minute after this
    console.for_a_while(Duration::from_secs(75)).await;
    let load = *console.loads.last().unwrap();
    note(&format!(
        "idle: {} requests and {} bytes a minute, {} figures told",
        load.requests,
        load.bytes,
        console.loads.len()
    ));
    assert!(load.requests < 20, "{load:?}");
    // a watch that has just ended may be opening again
    console.until("all live", |c| all_are(c, S::Live)).await;
}
