//! How a Kubernetes API server answers: one suite of tests, run against the embedded platform by `tests/embedded.rs`
//! and against a real API server by `tests/live/api.rs`. Same assertions for both.
//!
//! Each test makes a namespace of its own and removes it.

pub mod accelerators;
pub mod access;
pub mod deletes;
pub mod discovery;
pub mod forms;
pub mod lists;
pub mod logs;
pub mod patches;
pub mod pods;
pub mod refusals;
pub mod watches;
pub mod writes;

use std::path::Path;
use std::time::Duration;

use futures::StreamExt;
use http::{Method, Request};
use http_body_util::BodyExt;
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};

pub const CONFIG_MAPS: &str = "configmaps";
pub const MERGE: &str = "application/merge-patch+json";
pub const JSON_PATCH: &str = "application/json-patch+json";
pub const STRATEGIC: &str = "application/strategic-merge-patch+json";
/// Keeps a real Argo controller from touching a test's workflow.
pub const NO_CONTROLLER: &str = "workflows.argoproj.io/controller-instanceid";

/// A server and the persons it knows.
pub struct Server {
    pub admin: Client,
    pub viewer: Client,
    pub nobody: Client,
    /// Without any credentials.
    pub anonymous: Client,
    /// With a token that nobody has.
    pub stranger: Client,
}

/// An answer as it came.
#[derive(Debug)]
pub struct Answer {
    pub code: u16,
    pub kind: String,
    pub text: String,
    pub body: Value,
}

impl Answer {
    /// `code reason`, e.g. `404 NotFound`.
    pub fn verdict(&self) -> String {
        format!("{} {}", self.code, self.str("/reason"))
    }

    pub fn str(&self, pointer: &str) -> &str {
        self.body
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or("")
    }

    pub fn message(&self) -> &str {
        self.str("/message")
    }

    pub fn version(&self) -> u64 {
        self.str("/metadata/resourceVersion")
            .parse()
            .unwrap_or_else(|_| panic!("no resourceVersion in {self:?}"))
    }

    pub fn names(&self) -> Vec<&str> {
        let items = self.body["items"]
            .as_array()
            .unwrap_or_else(|| panic!("no items in {self:?}"));
        items
            .iter()
            .filter_map(|i| i["metadata"]["name"].as_str())
            .collect()
    }

    #[track_caller]
    pub fn ok(self) -> Self {
        assert!(
            (200..300).contains(&self.code),
            "{} {}",
            self.code,
            self.text
        );
        self
    }
}

async fn client(path: &Path, change: impl Fn(&mut Config)) -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let file = Kubeconfig::read_from(path).unwrap();
    let mut config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default())
        .await
        .unwrap();
    config.default_retry = false;
    change(&mut config);
    Client::try_from(config).unwrap()
}

/// A namespace of one test.
pub struct Place<'a> {
    pub server: &'a Server,
    pub name: String,
}

impl Server {
    pub async fn new(admin: &Path, viewer: &Path, nobody: &Path) -> Self {
        Self {
            admin: client(admin, |_| {}).await,
            viewer: client(viewer, |_| {}).await,
            nobody: client(nobody, |_| {}).await,
            anonymous: client(admin, |c| c.auth_info = kube::config::AuthInfo::default()).await,
            stranger: client(admin, |c| {
                c.auth_info.token = Some("stolen".to_owned().into());
            })
            .await,
        }
    }

    /// Makes a namespace for a test, named after it.
    pub async fn place(&self, test: &str) -> Place<'_> {
        let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"generateName": format!("api-{test}-")}});
        let made = self.post("/api/v1/namespaces", &body).await.ok();
        let name = made.str("/metadata/name").to_owned();
        Place { server: self, name }
    }

    pub async fn get(&self, path: &str) -> Answer {
        call(&self.admin, Method::GET, path, "", None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        call(
            &self.admin,
            Method::POST,
            path,
            "application/json",
            Some(body),
        )
        .await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        call(
            &self.admin,
            Method::PUT,
            path,
            "application/json",
            Some(body),
        )
        .await
    }

    pub async fn patch(&self, path: &str, kind: &str, body: &Value) -> Answer {
        call(&self.admin, Method::PATCH, path, kind, Some(body)).await
    }

    pub async fn delete(&self, path: &str, options: Option<&Value>) -> Answer {
        call(
            &self.admin,
            Method::DELETE,
            path,
            "application/json",
            options,
        )
        .await
    }
}

impl Place<'_> {
    /// Path of a kind of the core group in this namespace.
    pub fn core(&self, rest: &str) -> String {
        format!("/api/v1/namespaces/{}/{rest}", self.name)
    }

    /// Path of an Argo kind in this namespace.
    pub fn argo(&self, rest: &str) -> String {
        format!("/apis/argoproj.io/v1alpha1/namespaces/{}/{rest}", self.name)
    }

    pub async fn config_map(&self, name: &str, labels: &Value) -> Answer {
        let body = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": labels},
            "data": {"key": "value"}});
        self.server.post(&self.core(CONFIG_MAPS), &body).await
    }

    pub async fn workflow(&self, name: &str, more: &Value) -> Answer {
        let mut body = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
            "metadata": {"name": name, "labels": {NO_CONTROLLER: "none"}},
            "spec": {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]}});
        json_patch::merge(&mut body, more);
        self.server.post(&self.argo("workflows"), &body).await
    }

    /// Removes the namespace; a real server takes its time, which nobody waits for.
    pub async fn leave(self) {
        let path = format!("/api/v1/namespaces/{}", self.name);
        self.server.delete(&path, None).await.ok();
    }
}

/// One request, raw.
pub async fn call(
    client: &Client,
    method: Method,
    path: &str,
    kind: &str,
    body: Option<&Value>,
) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("user-agent", "midwatch-api-suite/1.0");
    if !kind.is_empty() {
        request = request.header("content-type", kind);
    }
    let bytes = body.map(|b| b.to_string().into_bytes()).unwrap_or_default();
    send(client, request.body(Body::from(bytes)).unwrap()).await
}

/// A GET with an Accept header.
pub async fn accept(client: &Client, path: &str, accept: &str) -> Answer {
    let request = Request::get(path)
        .header("accept", accept)
        .body(Body::empty())
        .unwrap();
    send(client, request).await
}

async fn send(client: &Client, request: Request<Body>) -> Answer {
    let response = client.send(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    let kind = parts
        .headers
        .get("content-type")
        .and_then(|v| v.to_str().ok())
        .unwrap_or("");
    Answer {
        code: parts.status.as_u16(),
        kind: kind.to_owned(),
        body: serde_json::from_str(&text).unwrap_or(Value::Null),
        text,
    }
}

/// An open watch.
pub struct Watch {
    chunks: std::pin::Pin<Box<dyn futures::Stream<Item = Vec<u8>> + Send>>,
    rest: Vec<u8>,
}

/// How long a test waits for an event.
pub const PATIENCE: Duration = Duration::from_secs(90);

impl Watch {
    pub async fn open(client: &Client, path: &str) -> Self {
        let response = client
            .send(Request::get(path).body(Body::empty()).unwrap())
            .await
            .unwrap();
        assert_eq!(response.status().as_u16(), 200, "{path}");
        let stream = response.into_body().into_data_stream();
        Self {
            chunks: Box::pin(stream.filter_map(|c| async { c.ok().map(|b| b.to_vec()) })),
            rest: Vec::new(),
        }
    }

    /// The next event, or nothing when the server ends the watch.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.rest.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).unwrap());
            }
            let chunk = tokio::time::timeout(PATIENCE, self.chunks.next()).await;
            self.rest
                .extend(chunk.unwrap_or_else(|_| panic!("no event within {PATIENCE:?}"))?);
        }
    }

    /// The next event as `TYPE name`.
    pub async fn said(&mut self) -> String {
        let event = self.next().await.expect("the watch goes on");
        let name = event["object"]["metadata"]["name"].as_str().unwrap_or("-");
        format!("{} {name}", event["type"].as_str().unwrap_or("?"))
    }
}

/// Asks again until the answer is as wanted.
pub async fn until(what: &str, mut ask: impl AsyncFnMut() -> bool) {
    let end = tokio::time::Instant::now() + PATIENCE;
    while !ask().await {
        assert!(
            tokio::time::Instant::now() < end,
            "waited {PATIENCE:?} for {what}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Expands to one test per promise; `$start` makes a server, `$attr` goes on every test.
#[macro_export]
macro_rules! api_suite {
    ($(#[$attr:meta])* $start:path) => {
        $crate::api_tests! { ($(#[$attr])*) $start;
            discovery: groups_and_kinds_are_discovered, all_groups_come_in_one_document, health_and_version_are_open,
                paths_that_nothing_serves_answer_404;
            lists: a_list_comes_in_pages_of_one_snapshot, an_expired_page_can_be_resumed_inconsistently,
                labels_and_fields_choose, unknown_fields_are_refused, bad_list_options_are_refused,
                a_version_from_the_future_is_refused;
            watches: a_watch_resumes_where_it_was_left, a_watch_without_a_version_starts_with_what_is_there,
                selectors_turn_changes_into_comings_and_goings, a_watch_ends_when_its_time_is_up,
                bookmarks_come_when_asked_for, a_version_that_is_too_old_answers_410_in_the_stream,
                initial_events_end_with_a_bookmark;
            writes: names_are_generated, what_exists_is_not_created_again, an_old_version_conflicts,
                a_dry_run_stores_nothing, workflows_have_no_status_subresource, replacing_a_custom_object_needs_a_version,
                generations_and_owners_of_fields_are_kept, the_same_again_makes_no_version,
                status_of_a_node_is_written_apart;
            patches: patches_change_what_they_name, a_failed_test_rejects_a_json_patch,
                strategic_merge_is_for_built_in_kinds, strategic_merge_joins_lists_of_a_node;
            deletes: preconditions_guard_a_delete, finalizers_hold_an_object, dependants_follow_their_owner,
                orphans_stay, a_collection_is_deleted_by_label, a_namespace_takes_its_content_along,
                a_deleted_object_is_told_by_its_uid;
            refusals: strangers_are_unauthorized, the_forbidden_is_named, what_is_absent_is_named,
                bad_names_are_named, bodies_that_do_not_fit_the_url_are_refused, a_missing_spec_is_named,
                an_uncreated_namespace_is_named;
            access: rights_can_be_asked_for, who_one_is_can_be_asked_for;
            forms: kubectl_gets_tables, metadata_comes_alone, unknown_forms_are_refused;
            logs: a_running_log_is_cut_as_asked, a_followed_log_ends_with_its_container, odd_options_are_refused,
                what_has_not_started_or_was_not_restarted_has_no_log, a_log_needs_its_right;
            pods: pods_wait_for_a_node, a_pod_cannot_be_changed_at_will, logs_need_a_host, an_eviction_can_be_tried;
        }
    };
}

/// The same of what only controllers do: `$start` makes a server at which they work.
#[macro_export]
macro_rules! accelerator_suite {
    ($(#[$attr:meta])* $start:path) => {
        $crate::api_tests! { ($(#[$attr])*) $start;
            accelerators: kinds_of_training_are_served, a_job_of_a_queue_waits_for_quota_and_goes_when_there_is_some,
                a_budget_keeps_the_pod_that_it_needs, a_layout_goes_by_its_labels_from_pending_to_its_end;
        }
    };
}

/// See [`api_suite`].
#[macro_export]
macro_rules! api_tests {
    ($attrs:tt $start:path; $($group:ident: $($name:ident),+;)+) => {
        $(mod $group { $( $crate::api_test! { $attrs $start, $group, $name } )+ })+
    };
}

/// See [`api_suite`].
#[macro_export]
macro_rules! api_test {
    (($(#[$attr:meta])*) $start:path, $group:ident, $name:ident) => {
        #[tokio::test]
        $(#[$attr])*
        async fn $name() {
            let (server, _keep) = $start().await;
            super::suite::$group::$name(&server).await;
        }
    };
}
