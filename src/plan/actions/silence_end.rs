//! `silence.end`: a silence ends before its time. Pure.

use serde_json::{Value, json};

use super::silence_create::{labels, name, names};
use crate::domain::Clean;
use crate::plan::alertmanager::condition::{self, Condition};
use crate::plan::alertmanager::{ALERTS_AND_SILENCES, ENDS, alert_of, all_alerts, need, path};
use crate::plan::beside::Read;
use crate::plan::forecast::Sight;
use crate::plan::form::{Check, Expect, Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::json;
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, ParameterKind, ParameterSpec, Risk};
use crate::plan::stand::{Call, Stand};

/// See the module.
pub(super) struct End;

const SPEC: ActionSpec = ActionSpec {
    name: "silence.end",
    title: "End the silence of an alert",
    targets: ALERTS_AND_SILENCES,
    parameters: &[ParameterSpec {
        name: "id",
        kind: ParameterKind::Text,
        default: "",
        help: "Which, where several silences hold the alert.",
    }],
    risk: Risk::Reversible,
    rights: ENDS,
    inverse: "silence.create: the same again, by the same author, with the same end",
    verify: "Alertmanager says that the silence has ended",
};

impl Action for End {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn reads(&self, given: &Given<'_>) -> Vec<Read> {
        let alerts = Read {
            path: all_alerts(),
            what: "all alerts".to_owned(),
        };
        let silence = |id: &str| Read {
            path: path("silences", id),
            what: format!("silence {}", Clean::new(id)),
        };
        let held = holding(given.object).into_iter().map(silence);
        held.chain([alerts]).collect()
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let mut plan = Plan::new(given, &SPEC, "");
        let of_alert = json::text(given.object, &["kind"]) != "Silence";
        let (id, silence) = if of_alert {
            chosen(given)?
        } else {
            (plan.target.name.clone(), given.object)
        };
        if json::text(silence, &["status", "state"]) == "expired" {
            return Err(Refused::new("The silence has ended already"));
        }
        let conditions = Condition::of_silence(silence);
        let what = if of_alert {
            name(&labels(given.object)).to_string()
        } else {
            condition::written(&conditions)
        };
        let said = |key| json::text(silence, &["spec", key]);
        let (author, comment) = (said("createdBy"), said("comment"));
        plan.does = Clean::new(&format!(
            "Ends the silence of {what} by {author}: {comment}"
        ));
        plan.fact("until", json::text(silence, &["status", "endsAt"]));
        frees(&mut plan, given, (&id, &conditions));
        let call = Call {
            method: "DELETE",
            path: path("silences", &id),
            body: Value::Null,
            stand: stands(&plan, given.object, (of_alert, &id)),
        };
        let need = need(given.object, "delete");
        plan.call(call, need, "what it holds is told again");
        let seen = if of_alert {
            anew(&mut plan, silence, &conditions);
            Check::absent(&held(&id))
        } else {
            plan.fact("undo", "silence.create on an alert makes another one");
            Check::is("/status/state", &["expired"])
        };
        plan.done_when(SPEC.verify, vec![seen]);
        Ok(plan)
    }
}

fn not_ended() -> Check {
    Check {
        pointer: "/status/state".to_owned(),
        expect: Expect::Not("expired".into()),
    }
}

/// Where a silence stands in the alert that it holds.
fn held(id: &str) -> String {
    format!(
        "/status/silences/{}",
        id.replace('~', "~0").replace('/', "~1")
    )
}

/// Ids of the silences that hold an alert.
fn holding(alert: &Value) -> Vec<&str> {
    let all = alert.pointer("/status/silences").and_then(Value::as_object);
    all.into_iter()
        .flatten()
        .map(|(id, _)| id.as_str())
        .collect()
}

/// The silence that is meant.
fn chosen<'a>(given: &Given<'a>) -> Result<(String, &'a Value), Refused> {
    let all = holding(given.object);
    let wanted = given.params.text("id").trim();
    let id = match (wanted, all.as_slice()) {
        (_, []) => {
            return Err(Refused::new("No silence holds it").instead("silence.create makes one"));
        }
        ("", [one]) => *one,
        ("", _) => {
            let ids: Vec<String> = all.iter().map(|id| Clean::new(id).to_string()).collect();
            let what = format!("{} silences hold it", ids.len());
            return Err(
                Refused::new(&what).instead(&format!("Say which with id=…: {}", ids.join(", ")))
            );
        }
        (wanted, all) if all.contains(&wanted) => wanted,
        (wanted, _) => {
            return Err(Refused::new(&format!(
                "Silence {} does not hold it",
                Clean::new(wanted)
            )));
        }
    };
    match given.beside.at(&path("silences", id)) {
        Sight::Found(silence) => Ok((id.to_owned(), silence)),
        _ => Err(
            Refused::new(&format!("Silence {} cannot be read", Clean::new(id)))
                .instead("Ask again; Alertmanager may be gossiping it still"),
        ),
    }
}

/// What the request stands on: the alert, or the silence itself.
fn stands(plan: &Plan, object: &Value, (of_alert, id): (bool, &str)) -> Stand {
    if of_alert {
        return of_the_alert(plan, object, id);
    }
    Stand {
        object: plan.target.path(),
        before: vec![not_ended()],
        change: json!({"status": {"state": "expired"}}),
    }
}

/// What ending one makes of the alert.
fn of_the_alert(plan: &Plan, alert: &Value, id: &str) -> Stand {
    let more = holding(alert).len() > 1;
    let inhibited = json::flag(alert, &["status", "inhibited"]);
    let state = if more || inhibited {
        "suppressed"
    } else {
        "active"
    };
    Stand {
        object: plan.target.path(),
        before: vec![Check {
            pointer: held(id),
            expect: Expect::Absent(false),
        }],
        change: json!({"status": {"silences": {id: null}, "silenced": if more { "yes" } else { "no" }, "state": state}}),
    }
}

/// Says which alerts are told again.
fn frees(plan: &mut Plan, given: &Given<'_>, (id, conditions): (&str, &[Condition])) {
    for one in conditions {
        plan.fact("matches", &one.shown());
    }
    let Sight::Found(all) = given.beside.at(&all_alerts()) else {
        plan.warn("Which alerts are told again cannot be said: the alerts could not be read");
        return;
    };
    let all: Vec<Value> = all.as_array().into_iter().flatten().map(alert_of).collect();
    let free: Vec<&Value> = all.iter().filter(|a| holding(a) == [id]).collect();
    let text = if free.is_empty() {
        "Nothing that fires now: no alert is held by it alone".to_owned()
    } else {
        format!("{} that it alone holds: {}", free.len(), names(&free))
    };
    plan.fact("told again", &text);
}

/// The same again takes it back.
fn anew(plan: &mut Plan, silence: &Value, conditions: &[Condition]) {
    let said = |key| json::text(silence, &["spec", key]).to_owned();
    plan.undone_by(
        Inverse {
            action: "silence.create",
            text: "the same again under a new id",
        },
        vec![
            ("matchers", condition::written(conditions)),
            ("for", json::text(silence, &["status", "endsAt"]).to_owned()),
            ("comment", said("comment")),
            ("author", said("createdBy")),
        ],
    );
}
