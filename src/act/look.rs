//! What became of a request whose answer never came, by looking at the object it was for. Nothing is sent again. Does
//! I/O: reads only.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::answer::Fate;
use super::plane::Plane;
use super::wire::Wire;
use crate::domain::Clean;
use crate::fault::{Fault, FaultKind};
use crate::plan::{Stand, Verify, json, wrote_after, wrote_since};

/// Between two tries to look while the server cannot be reached.
const PAUSE: Duration = Duration::from_millis(500);

/// A request that left.
#[derive(Debug, Clone)]
pub(super) struct Left<'a> {
    /// HTTP method.
    pub method: &'a str,
    /// Path of the object that it changes or makes; empty when the server names it.
    pub path: String,
    /// Uid of that object; empty when not known.
    pub uid: &'a str,
    /// Its version before the request; empty when not known.
    pub version: String,
    /// The object before, where it is known.
    pub before: Option<&'a Value>,
    /// What is expected of it; none when the action is shown by another object.
    pub verify: Option<&'a Verify>,
    /// What it stands on, where the server knows no versions.
    pub stand: Option<&'a Stand>,
    /// When the request left, or a little before.
    pub since: Timestamp,
}

impl<W: Wire + 'static> Plane<W> {
    /// Looks until it can be told, within a time. What is not seen is looked for twice, since it may be on its way.
    pub(super) async fn look(&self, left: &Left<'_>) -> Result<(Fate, Clean), Fault> {
        let end = Instant::now() + self.inner.options.look;
        let first = self.peek_until(left, end).await?;
        if first.0 != Fate::Refused {
            return Ok(first);
        }
        sleep(self.inner.options.settle).await;
        self.peek_until(left, end + self.inner.options.settle).await
    }

    async fn peek_until(&self, left: &Left<'_>, end: Instant) -> Result<(Fate, Clean), Fault> {
        loop {
            match self.peek(left).await {
                Err(_) if Instant::now() + PAUSE < end => sleep(PAUSE).await,
                other => return other,
            }
        }
    }

    async fn peek(&self, left: &Left<'_>) -> Result<(Fate, Clean), Fault> {
        if left.path.is_empty() {
            let text = "the server chose its name, so it cannot be looked for";
            return Ok((Fate::Unknown, text.into()));
        }
        let found = match self.read(&left.path, "what it was about").await {
            Ok(object) => Some(object),
            Err(fault) if fault.kind == FaultKind::Gone => None,
            Err(fault) => return Err(fault),
        };
        let (fate, text) = left.judge(found.as_ref());
        Ok((fate, text.into()))
    }
}

impl<'a> Left<'a> {
    /// A pod that was asked to go: it is looked at like one that was deleted.
    pub(super) fn evicted(pod: &str, uid: &'a str, since: Timestamp) -> Self {
        Self {
            method: "DELETE",
            path: pod.to_owned(),
            uid,
            version: String::new(),
            before: None,
            verify: None,
            stand: None,
            since,
        }
    }
}

impl Left<'_> {
    fn judge(&self, found: Option<&Value>) -> (Fate, &'static str) {
        if let Some(stand) = self.stand {
            return self.stood(stand, found);
        }
        match self.method {
            "DELETE" => self.deleted(found),
            "POST" if found.is_some() => (Fate::Taken, "what it makes is there"),
            "POST" => (Fate::Refused, "what it makes is not there"),
            _ => self.written(found),
        }
    }

    /// Of a service without versions: what the request makes of the object, or what it was before, is told apart from
    /// anything else.
    fn stood(&self, stand: &Stand, found: Option<&Value>) -> (Fate, &'static str) {
        let Some(object) = found.filter(|o| self.is_it(o)) else {
            return (Fate::Unknown, "the object is gone since");
        };
        if stand.is_done(object) {
            (Fate::Taken, "it is as it should be")
        } else if stand.differs(object).is_none() {
            (Fate::Refused, "the object is as it was before")
        } else {
            (
                Fate::Unknown,
                "others wrote to it since, and it does not show whether this was written",
            )
        }
    }

    fn deleted(&self, found: Option<&Value>) -> (Fate, &'static str) {
        let Some(object) = found.filter(|o| self.is_it(o)) else {
            return (Fate::Taken, "the object is gone");
        };
        let made = json::time(object, &["metadata", "creationTimestamp"]);
        if self.uid.is_empty() && made.is_some_and(|at| at.as_second() > self.since.as_second()) {
            return (
                Fate::Taken,
                "the object is gone, and a newer one has its name",
            );
        }
        if json::text(object, &["metadata", "deletionTimestamp"]).is_empty() {
            (Fate::Refused, "the object is still there")
        } else {
            (Fate::Taken, "the object is being deleted")
        }
    }

    fn written(&self, found: Option<&Value>) -> (Fate, &'static str) {
        let Some(object) = found.filter(|o| self.is_it(o)) else {
            return (Fate::Unknown, "the object is gone since");
        };
        let version = json::text(object, &["metadata", "resourceVersion"]);
        if !self.version.is_empty() && version == self.version {
            return (Fate::Refused, "the object is as it was before");
        }
        let wrote = match self.before {
            Some(before) => wrote_after(before, object),
            None => wrote_since(object, self.since),
        };
        let held = |object: Option<&Value>| self.verify.is_some_and(|v| v.holds(object));
        let held_before = self.before.is_some_and(|b| held(Some(b)));
        if wrote {
            (Fate::Taken, "midwatch stands among its writers since")
        } else if !held_before && held(Some(object)) {
            (Fate::Taken, "it is as it should be")
        } else {
            (
                Fate::Unknown,
                "others wrote to it since, and it does not show whether this was written",
            )
        }
    }

    fn is_it(&self, object: &Value) -> bool {
        self.uid.is_empty() || json::text(object, &["metadata", "uid"]) == self.uid
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn left(method: &'static str) -> Left<'static> {
        Left {
            method,
            path: "/x".to_owned(),
            uid: "u",
            version: "7".to_owned(),
            before: None,
            verify: None,
            stand: None,
            since: "2026-01-01T00:00:10Z".parse().unwrap(),
        }
    }

    #[test]
    fn a_deletion_is_told_by_the_object() {
        let there = json!({"metadata": {"uid": "u"}});
        let going = json!({"metadata": {"uid": "u", "deletionTimestamp": "x"}});
        let other = json!({"metadata": {"uid": "v"}});
        let fate = |found: Option<&Value>| left("DELETE").judge(found).0;
        assert_eq!(fate(None), Fate::Taken);
        assert_eq!(fate(Some(&other)), Fate::Taken);
        assert_eq!(fate(Some(&going)), Fate::Taken);
        assert_eq!(fate(Some(&there)), Fate::Refused);
    }

    #[test]
    fn a_write_is_told_by_version_and_writers() {
        let object = |version: &str, manager: &str, time: &str| {
            json!({"metadata": {"uid": "u", "resourceVersion": version, "managedFields":
                [{"manager": manager, "operation": "Update", "time": time}]}})
        };
        let fate = |found: &Value| left("PUT").judge(Some(found)).0;
        let late = "2026-01-01T00:00:11Z";
        assert_eq!(fate(&object("7", "midwatch", late)), Fate::Refused);
        assert_eq!(fate(&object("8", "midwatch", late)), Fate::Taken);
        assert_eq!(fate(&object("8", "argo", late)), Fate::Unknown);
        let early = "2025-12-31T00:00:00Z";
        assert_eq!(fate(&object("8", "midwatch", early)), Fate::Unknown);
        assert_eq!(left("PUT").judge(None).0, Fate::Unknown);
    }

    #[test]
    fn a_write_without_versions_is_told_by_what_it_makes() {
        let stand: Stand = serde_json::from_value(json!({"object": "mlflow:/x",
            "before": [{"pointer": "/spec/champion", "oneOf": ["41"]}],
            "change": {"spec": {"champion": "42"}}}))
        .unwrap();
        let fate = |champion: &str| {
            let object = json!({"metadata": {"uid": "u"}, "spec": {"champion": champion}});
            let left = Left {
                stand: Some(&stand),
                ..left("POST")
            };
            left.judge(Some(&object)).0
        };
        assert_eq!(fate("42"), Fate::Taken);
        assert_eq!(fate("41"), Fate::Refused);
        assert_eq!(fate("43"), Fate::Unknown);
    }

    #[test]
    fn what_is_made_is_there_or_not() {
        assert_eq!(left("POST").judge(None).0, Fate::Refused);
        assert_eq!(left("POST").judge(Some(&json!({}))).0, Fate::Taken);
    }
}
