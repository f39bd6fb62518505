//! A platform whose time passes only as a test says, and someone who plans and acts on it.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use midwatch::demo::{Options, Platform};
use midwatch::plan::{Cluster, Given, Params, Plan, Refused, Step, action};
use serde_json::{Value, json};

use super::suite::{self, Answer, Server};

/// A platform with its past, and a person who may do all.
pub struct Stage {
    pub platform: Platform,
    pub server: Server,
}

pub const ARGO: &str = "/apis/argoproj.io/v1alpha1";

impl Stage {
    pub async fn open(seed: u64) -> Self {
        let options = Options {
            seed,
            past: Duration::from_secs(46 * 60),
            ..Options::default()
        };
        let opening: Timestamp = "2026-11-21T03:12:44Z".parse().unwrap();
        let platform = Platform::paused(options, opening).await.unwrap();
        let of = |person| platform.kubeconfig_for(person);
        let server = Server::new(&of("admin"), &of("viewer"), &of("nobody")).await;
        Self { platform, server }
    }

    pub async fn list(&self, plural: &str) -> Value {
        self.server.get(&format!("{ARGO}/{plural}")).await.ok().body
    }

    pub async fn get(&self, path: &str) -> Value {
        self.server.get(path).await.ok().body
    }

    pub fn path(run: &Value) -> String {
        let of = |key: &str| run["metadata"][key].as_str().unwrap().to_owned();
        format!(
            "{ARGO}/namespaces/{}/workflows/{}",
            of("namespace"),
            of("name")
        )
    }

    pub fn pass(&self, seconds: u64) -> Timestamp {
        self.platform.advance(Duration::from_secs(seconds))
    }

    pub async fn plan(
        &self,
        name: &str,
        path: &str,
        params: &[(&str, &str)],
    ) -> Result<Plan, Refused> {
        let object = self.get(path).await;
        let action = action(name).unwrap();
        let given: Vec<(String, String)> = params
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        let params = Params::parse(action.spec(), &given).unwrap();
        action.plan(&Given {
            object: &object,
            params: &params,
            now: self.pass(0),
            cluster: &Cluster::default(),
            namespace: "platform",
            suffix: "x7k2p",
            beside: &midwatch::plan::NOTHING_BESIDE,
        })
    }

    async fn send(&self, step: &Step, dry: bool) -> Answer {
        let mut query: Vec<String> = step.query.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let mut body = step.body.clone();
        if dry && step.method == "DELETE" {
            body["dryRun"] = json!(["All"]);
        } else if dry {
            query.push("dryRun=All".to_owned());
        }
        let path = format!("{}?{}", step.path, query.join("&"));
        let method = Method::from_bytes(step.method.as_bytes()).unwrap();
        let admin = &self.server.admin;
        suite::call(admin, method, &path, step.content_type, Some(&body)).await
    }

    /// Sends the requests of a plan; the answer to the last.
    pub async fn carry_out(&self, plan: &Plan) -> Value {
        let mut last = Value::Null;
        for step in &plan.steps {
            let answer = self.send(step, false).await;
            if !(answer.code == 404 && step.absent_is_done) {
                last = answer.ok().body;
            }
        }
        last
    }

    /// Sends them for a dry run; what was refused.
    pub async fn try_out(&self, plan: &Plan) -> Vec<String> {
        let mut refused = Vec::new();
        for step in &plan.steps {
            let answer = self.send(step, true).await;
            if answer.code >= 300 {
                refused.push(answer.text);
            }
        }
        refused
    }

    /// Lets time pass until a schedule has just started a run.
    pub async fn until_cron_runs(&self, namespace: &str, name: &str) {
        for _ in 0..100 {
            let all = self.list("workflows").await;
            let mut own = all["items"].as_array().unwrap().iter().filter(|w| {
                w["metadata"]["namespace"] == namespace && label(w, "cron-workflow") == name
            });
            if own.any(|w| label(w, "completed") == "false") {
                return;
            }
            self.pass(60);
        }
        panic!("{name} did not run");
    }

    /// The one run of a scene.
    pub async fn run(&self, namespace: &str, prefix: &str) -> String {
        let all = self.list("workflows").await;
        let found = all["items"].as_array().unwrap().iter().find(|w| {
            w["metadata"]["namespace"] == namespace && text(w, "/metadata/name").starts_with(prefix)
        });
        Self::path(found.unwrap_or_else(|| panic!("no {prefix} in {namespace}")))
    }

    /// Plans and does it; the answer to the last request.
    pub async fn act(&self, name: &str, path: &str, params: &[(&str, &str)]) -> Value {
        let plan = self.plan(name, path, params).await.unwrap();
        self.carry_out(&plan).await
    }

    /// Lets time pass until the object is as wanted; fails after so many minutes.
    pub async fn until(&self, path: &str, minutes: u64, wanted: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..=minutes * 6 {
            let object = self.get(path).await;
            if wanted(&object) {
                return object;
            }
            self.pass(10);
        }
        panic!(
            "{path} did not come to that: {:#}",
            self.get(path).await["status"]
        );
    }

    pub async fn until_ended(&self, path: &str, minutes: u64) -> Value {
        let ended = |w: &Value| label(w, "completed") == "true";
        self.until(path, minutes, ended).await
    }

    /// Names and uids of the pods of a run.
    pub async fn pods(&self, run: &str) -> BTreeMap<String, String> {
        let (namespace, name) = home(run);
        let path = format!(
            "/api/v1/namespaces/{namespace}/pods?labelSelector=workflows.argoproj.io/workflow%3D{name}"
        );
        let all = self.get(&path).await;
        let pods = all["items"].as_array().unwrap().iter();
        pods.map(|p| {
            (
                text(p, "/metadata/name").to_owned(),
                text(p, "/metadata/uid").to_owned(),
            )
        })
        .collect()
    }
}

pub fn home(path: &str) -> (&str, &str) {
    let parts: Vec<&str> = path.split('/').collect();
    (parts[5], parts[7])
}

pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

pub fn label<'a>(run: &'a Value, key: &str) -> &'a str {
    text(
        run,
        &format!("/metadata/labels/workflows.argoproj.io~1{key}"),
    )
}

pub fn nodes(run: &Value) -> &serde_json::Map<String, Value> {
    run["status"]["nodes"].as_object().unwrap()
}

/// The node of this display name.
pub fn node<'a>(run: &'a Value, shown: &str) -> &'a Value {
    let mut all = nodes(run).values();
    all.find(|n| n["displayName"] == shown).unwrap_or_else(|| {
        panic!(
            "no {shown} in {:#?}",
            nodes(run)
                .values()
                .map(|n| &n["displayName"])
                .collect::<Vec<_>>()
        )
    })
}

/// Its phase; empty while there is none.
pub fn node_phase<'a>(run: &'a Value, shown: &str) -> &'a str {
    let mut all = nodes(run).values();
    all.find(|n| n["displayName"] == shown)
        .map_or("", |n| text(n, "/phase"))
}
