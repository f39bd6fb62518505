//! Requests of a plan, sent: for a dry run, in which the server checks all and stores nothing, or for good.

use midwatch::plan::{Plan, Step};
use serde_json::{Value, json};

/// How to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code)]
pub enum Mode {
    DryRun,
    ForGood,
}

/// Sends all requests of a plan; the answer of the last.
pub async fn send_all(client: &kube::Client, plan: &Plan, mode: Mode) -> Result<Value, String> {
    let mut last = Value::Null;
    for step in &plan.steps {
        last = send(client, step, mode == Mode::DryRun).await?;
    }
    Ok(last)
}

async fn send(client: &kube::Client, step: &Step, dry: bool) -> Result<Value, String> {
    let dry_run = dry.then(|| "dryRun=All".to_owned());
    let mut query: Vec<String> = dry_run.into_iter().collect();
    query.extend(
        step.query
            .iter()
            .map(|(key, value)| format!("{key}={value}")),
    );
    let mut body = step.body.clone();
    if dry && step.method == "DELETE" {
        // with a body, only what stands in it counts
        body["dryRun"] = json!(["All"]);
    }
    let request = http::Request::builder()
        .method(step.method)
        .uri(format!("{}?{}", step.path, query.join("&")))
        .header("content-type", step.content_type)
        .body(body.to_string().into_bytes())
        .unwrap();
    match client.request::<Value>(request).await {
        Ok(answer) => Ok(answer),
        Err(kube::Error::Api(status)) if status.code == 404 && step.absent_is_done => {
            Ok(Value::Null)
        }
        Err(error) => Err(format!("{} {}: {error}", step.method, step.path)),
    }
}
