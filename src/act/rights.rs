//! Access reviews: whether the rights that requests need are there. Does I/O through the wire.

use futures::future::join_all;
use serde_json::{Value, json};

use super::plane::Plane;
use super::wire::Wire;
use crate::domain::Clean;
use crate::plan::{Access, Halt, HaltKind, Need};

/// Where they are asked for.
const REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

impl<W: Wire + 'static> Plane<W> {
    /// Asks for all at once; the answers in the same order.
    pub(super) async fn rights(&self, needs: &[Need]) -> Vec<Access> {
        join_all(needs.iter().map(|need| self.right(need))).await
    }

    async fn right(&self, need: &Need) -> Access {
        let (resource, part) = need
            .resource
            .split_once('/')
            .unwrap_or((&need.resource, ""));
        let body = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {
                "verb": need.verb,
                "group": need.group,
                "resource": resource,
                "subresource": part,
                "namespace": need.namespace,
                "name": need.name,
            }},
        });
        let asked = self.inner.wire.ask(REVIEWS, &body, "ask for your rights");
        match asked.await {
            Ok(answer) => told(&answer),
            Err(fault) => Access::Unknown(Clean::new(&fault.what)),
        }
    }
}

fn told(answer: &Value) -> Access {
    let status = |key: &str| answer.pointer(&format!("/status/{key}"));
    let text = |key: &str| Clean::new(status(key).and_then(Value::as_str).unwrap_or_default());
    match status("allowed").and_then(Value::as_bool) {
        Some(true) => Access::Allowed,
        Some(false) => Access::Denied(text("reason")),
        None => Access::Unknown(Clean::new("the answer to an access review says nothing")),
    }
}

/// The rights that are missing.
pub(super) fn missing(needs: &[Need], rights: &[Access]) -> Vec<Need> {
    let pairs = needs.iter().zip(rights);
    pairs
        .filter(|(_, access)| matches!(access, Access::Denied(_)))
        .map(|(need, _)| need.clone())
        .collect()
}

/// A right in words: `update workflows.argoproj.io in ml-fraud`.
fn words(need: &Need) -> String {
    let dot = if need.group.is_empty() { "" } else { "." };
    let place = match need.namespace.as_str() {
        "" => String::new(),
        namespace => format!(" in {namespace}"),
    };
    format!("{} {}{dot}{}{place}", need.verb, need.resource, need.group)
}

/// Stops an action for want of rights; names each.
pub(super) fn denied(missing: &[Need], who: &str) -> Option<Halt> {
    let words: Vec<String> = missing.iter().map(words).collect();
    let first = words.first()?;
    let who = if who.is_empty() { "you" } else { who };
    let halt = Halt::new(
        HaltKind::Denied,
        &format!("You may not {}: nothing was sent", words.join(", nor ")),
    );
    Some(halt.hint(&format!(
        "Someone with the right to give it has to allow {} to {first}",
        Clean::new(who)
    )))
}
