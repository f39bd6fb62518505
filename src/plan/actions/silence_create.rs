//! `silence.create`: an alert is held back for a time. Pure.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::domain::{Clean, Span};
use crate::plan::alertmanager::condition::{self, Condition};
use crate::plan::alertmanager::{ALERTS, MAKES, alert_of, all_alerts, all_silences, need, until};
use crate::plan::beside::Read;
use crate::plan::forecast::Sight;
use crate::plan::form::{Check, Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::json;
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, ParameterKind, ParameterSpec, Risk};
use crate::plan::stand::{Call, Stand};

/// See the module.
pub(super) struct Create;

/// Names of alerts that are told.
const TOLD: usize = 5;
/// Longer than this, in seconds, is worth a word: a silence is forgotten more easily than it is made.
const LONG: i64 = 86_400;

const SPEC: ActionSpec = ActionSpec {
    name: "silence.create",
    title: "Silence an alert for a time",
    targets: ALERTS,
    parameters: &[
        ParameterSpec {
            name: "for",
            kind: ParameterKind::Text,
            default: "",
            help: "How long: 30m, 2h, 1d; or until when: 2026-11-21T08:00:00Z.",
        },
        ParameterSpec {
            name: "comment",
            kind: ParameterKind::Text,
            default: "",
            help: "Why: who meets the silence later reads this.",
        },
        ParameterSpec {
            name: "author",
            kind: ParameterKind::Text,
            default: "",
            help: "Whom to ask about it.",
        },
        ParameterSpec {
            name: "matchers",
            kind: ParameterKind::Text,
            default: "",
            help: "Which alerts, as alertname=\"X\", severity=~\"page|ticket\"; without any, those with all labels of this one.",
        },
    ],
    risk: Risk::Reversible,
    rights: MAKES,
    inverse: "silence.end: ends the silence that was made",
    verify: "Alertmanager says that the alert is silenced",
};

impl Action for Create {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn reads(&self, _given: &Given<'_>) -> Vec<Read> {
        vec![Read {
            path: all_alerts(),
            what: "all alerts".to_owned(),
        }]
    }

    fn example(&self, _given: &Given<'_>) -> Vec<(String, String)> {
        let pair = |k: &str, v: &str| (k.to_owned(), v.to_owned());
        vec![pair("for", "1h"), pair("comment", "x"), pair("author", "x")]
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let labels = labels(given.object);
        if json::text(given.object, &["status", "silenced"]) == "yes" {
            return Err(Refused::new("A silence holds it already").instead(
                "silence.end ends that one; its author and end stand below the list of alerts",
            ));
        }
        let wanted = Wanted::of(given, &labels)?;
        let mut plan = Plan::new(given, &SPEC, "");
        plan.does = Clean::new(&format!(
            "Silences {} for {}, by {}: {}",
            name(&labels),
            Span::between(given.now, wanted.end),
            Clean::new(wanted.author),
            Clean::new(wanted.comment)
        ));
        hides(&mut plan, given, &wanted.conditions);
        if Span::between(given.now, wanted.end).0 > LONG {
            plan.warn("It lasts longer than a day: whatever happens meanwhile to what it holds tells nobody");
        }
        let call = Call {
            method: "POST",
            path: all_silences(),
            body: wanted.body(given.now),
            stand: Stand {
                object: plan.target.path(),
                before: vec![Check::is("/status/silenced", &["no"])],
                change: json!({"status": {"silenced": "yes", "state": "suppressed"}}),
            },
        };
        let why = format!("until {}", wanted.end);
        plan.call(call, need(given.object, "create"), &why);
        plan.undone_by(
            Inverse {
                action: "silence.end",
                text: "ends the silence; the alert is told again if it fires still",
            },
            Vec::new(),
        );
        plan.done_when(SPEC.verify, vec![Check::is("/status/silenced", &["yes"])]);
        Ok(plan)
    }
}

/// What was asked for.
struct Wanted<'a> {
    conditions: Vec<Condition>,
    end: Timestamp,
    comment: &'a str,
    author: &'a str,
}

impl<'a> Wanted<'a> {
    fn of(given: &Given<'a>, labels: &Map<String, Value>) -> Result<Self, Refused> {
        let some = |name: &str, what: &str| {
            let text = given.params.text(name).trim();
            let refused = || Refused::new(what).instead(&format!("Give it with {name}=…"));
            (!text.is_empty()).then_some(text).ok_or_else(refused)
        };
        let until = some(
            "for",
            "It is not said how long: a silence without an end is an alert that is lost",
        )?;
        let end = until::end(until, given.now).ok_or_else(|| {
            Refused::new(&format!(
                "{} is no length of time, nor a time to come",
                Clean::new(until)
            ))
            .instead("Write 30m, 2h, 1d, or a time like 2026-11-21T08:00:00Z")
        })?;
        let conditions = match given.params.text("matchers").trim() {
            "" => Condition::all_of(labels),
            text => condition::read(text).map_err(|why| {
                Refused::new(&format!("The matchers cannot be taken: {why}"))
                    .instead("Write them as alertname=\"X\", severity=~\"page|ticket\"")
            })?,
        };
        if !condition::holds(&conditions, labels) {
            let all = Clean::new(&condition::written(&conditions));
            return Err(Refused::new(&format!(
                "{all} does not hold {}",
                name(labels)
            )));
        }
        Ok(Self {
            conditions,
            end,
            comment: some(
                "comment",
                "It is not said why: who meets the silence later has to know",
            )?,
            author: some(
                "author",
                "It is not said by whom: who meets the silence later has to ask somebody",
            )?,
        })
    }

    fn body(&self, now: Timestamp) -> Value {
        let matchers: Vec<Value> = self.conditions.iter().map(Condition::body).collect();
        json!({"matchers": matchers, "startsAt": now.to_string(), "endsAt": self.end.to_string(),
            "createdBy": self.author, "comment": self.comment})
    }
}

/// The labels of an alert.
pub(super) fn labels(alert: &Value) -> Map<String, Value> {
    let labels = alert.pointer("/spec/labels").and_then(Value::as_object);
    labels.cloned().unwrap_or_default()
}

/// What an alert is called, safe to show: its name, and where it is.
pub(super) fn name(labels: &Map<String, Value>) -> Clean {
    let label = |key: &str| labels.get(key).and_then(Value::as_str).unwrap_or_default();
    let name = match label("alertname") {
        "" => "an alert without a name",
        name => name,
    };
    Clean::new(&match label("namespace") {
        "" => name.to_owned(),
        namespace => format!("{name} in {namespace}"),
    })
}

/// Says which alerts would be held besides the one that is meant.
fn hides(plan: &mut Plan, given: &Given<'_>, conditions: &[Condition]) {
    for one in conditions {
        plan.fact("matches", &one.shown());
    }
    let Sight::Found(all) = given.beside.at(&all_alerts()) else {
        plan.warn("Which other alerts it would hold cannot be told: the alerts could not be read");
        return;
    };
    let own = json::text(given.object, &["metadata", "uid"]);
    let all: Vec<Value> = all.as_array().into_iter().flatten().map(alert_of).collect();
    let others: Vec<&Value> = all
        .iter()
        .filter(|a| json::text(a, &["metadata", "uid"]) != own)
        .filter(|a| condition::holds(conditions, &labels(a)))
        .collect();
    let none = format!("This alert and no other of the {} there are now", all.len());
    if others.is_empty() {
        plan.fact("holds", &none);
    } else {
        plan.warn(&format!(
            "It holds {} more: {}",
            count(others.len()),
            names(&others)
        ));
    }
    if !conditions.iter().any(Condition::names_an_alert) {
        plan.warn("It names no alert: whatever begins to fire meanwhile and fits is held as well");
    }
}

fn count(number: usize) -> String {
    match number {
        1 => "1 alert".to_owned(),
        n => format!("{n} alerts"),
    }
}

/// Names of alerts, as many as are read.
pub(super) fn names(alerts: &[&Value]) -> String {
    let told: Vec<String> = alerts
        .iter()
        .take(TOLD)
        .map(|a| name(&labels(a)).to_string())
        .collect();
    match alerts.len() - told.len() {
        0 => told.join(", "),
        more => format!("{} and {more} more", told.join(", ")),
    }
}
