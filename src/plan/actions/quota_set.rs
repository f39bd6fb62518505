//! `quota.set`: how much of a resource a team may have in use. Pure.
//!
//! A quota that a Profile keeps is put back within seconds, so what is changed is the Profile. Lowering ends nothing: what
//! is in use goes on, and nothing new starts until enough of it has ended.

use serde_json::{Map, Value, json};

use super::QUOTAS;
use crate::domain::{Amount, Clean, PROFILE_QUOTA, QuotaLine};
use crate::plan::argo::guards::stands;
use crate::plan::beside::Read;
use crate::plan::forecast::Sight;
use crate::plan::form::{Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::queues::{Limit, NONE, SETTLING, is_device, keeper};
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, ParameterKind, ParameterSpec, Right, Risk};
use crate::plan::{json, wire};

/// See the module.
pub(super) struct Set;

const SPEC: ActionSpec = ActionSpec {
    name: "quota.set",
    title: "Set how much of a resource a team may use",
    targets: QUOTAS,
    parameters: &[
        ParameterSpec {
            name: "resource",
            kind: ParameterKind::Text,
            default: "",
            help: "The resource: gpu, mig-1g.10gb, nvidia.com/gpu, pods. Not needed while only one accelerator has a limit.",
        },
        ParameterSpec {
            name: "hard",
            kind: ParameterKind::Text,
            default: "",
            help: "How much may be in use, as Kubernetes writes it; none takes the limit away.",
        },
    ],
    risk: Risk::Reversible,
    rights: &[
        Right::to("patch", "", "resourcequotas"),
        Right::to("patch", "kubeflow.org", "profiles"),
    ],
    inverse: "quota.set with the earlier limit",
    verify: "The limit is as it was given",
};

impl Action for Set {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn reads(&self, given: &Given<'_>) -> Vec<Read> {
        if !is_profile(given.object) {
            return Vec::new();
        }
        let name = json::text(given.object, &["metadata", "name"]);
        vec![Read {
            path: kept(name),
            what: format!("the quota of {}", Clean::new(name)),
        }]
    }

    fn example(&self, given: &Given<'_>) -> Vec<(String, String)> {
        let limits = limits(given.object);
        let Some((resource, now)) = limits.into_iter().flatten().next() else {
            let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            return vec![pair("resource", "pods"), pair("hard", "1")];
        };
        let now = json::any_text(now).and_then(|t| Amount::read(&t));
        let other = now.unwrap_or_default().and(Amount::whole(1));
        vec![
            ("resource".to_owned(), resource.clone()),
            ("hard".to_owned(), other.to_string()),
        ]
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        stands(given.object)?;
        let profile = is_profile(given.object);
        let keeper = Clean::new(keeper(given.object));
        if !profile && !keeper.is_empty() {
            return Err(Refused::new(&format!(
                "Profile {keeper} keeps this quota: its controller puts it back within seconds"
            ))
            .instead(&format!(
                "quota.set on Profile {keeper}, from which the quota is made"
            )));
        }
        let resource = resource(given)?;
        let limit = Limit::read(&resource, given.params.text("hard"))?;
        let was = now(given.object, &resource);
        if was.as_deref().and_then(Amount::read) == limit.amount()
            && was.is_some() == limit.amount().is_some()
        {
            return Err(Refused::new(&match &was {
                Some(was) => format!("{resource} is limited to {} already", Clean::new(was)),
                None => format!("{resource} has no limit already"),
            }));
        }
        Ok(change(given, &resource, &limit, was))
    }
}

/// The plan itself.
fn change(given: &Given<'_>, resource: &str, limit: &Limit, was: Option<String>) -> Plan {
    let mut plan = Plan::new(given, &SPEC, "");
    let before = was.clone().unwrap_or_else(|| "no limit".to_owned());
    plan.does = format!(
        "Sets the limit of {resource} of {} from {} to {}",
        plan.target.words(),
        Clean::new(&before),
        limit.words()
    )
    .into();
    used(&mut plan, given, resource, limit);
    let path: &[&str] = if is_profile(given.object) {
        keeps(&mut plan, given, limit);
        &["spec", "resourceQuotaSpec", "hard"]
    } else {
        &["spec", "hard"]
    };
    let mut body = json!({});
    json::set(&mut body, path, json!({resource: limit.value()}));
    plan.patch(body, "What is asked for from now on is held against it");
    let inverse = vec![
        ("resource", resource.to_owned()),
        ("hard", was.unwrap_or_else(|| NONE.to_owned())),
    ];
    plan.undone_by(
        Inverse {
            action: "quota.set",
            text: "sets the earlier limit",
        },
        inverse,
    );
    let mut checks = vec![limit.check(&format!("/{}", path.join("/")), resource)];
    if !is_profile(given.object) {
        // what counts is what the quota's controller has taken over
        checks.push(limit.check("/status/hard", resource));
    }
    plan.done_when(SPEC.verify, checks);
    plan.verify.patience = SETTLING;
    plan
}

fn is_profile(object: &Value) -> bool {
    json::text(object, &["kind"]) == "Profile"
}

/// Where the quota of a profile is.
fn kept(profile: &str) -> String {
    wire::path("", "v1", (profile, "resourcequotas", PROFILE_QUOTA))
}

fn limits(object: &Value) -> Option<&Map<String, Value>> {
    let path: &[&str] = if is_profile(object) {
        &["spec", "resourceQuotaSpec", "hard"]
    } else {
        &["spec", "hard"]
    };
    json::at(object, path)?.as_object()
}

fn now(object: &Value, resource: &str) -> Option<String> {
    json::any_text(limits(object)?.get(resource)?)
}

/// The resource as the quota names it: as it was given, or the one among its limits that is meant.
fn resource(given: &Given<'_>) -> Result<String, Refused> {
    let wanted = given.params.text("resource").trim();
    let names: Vec<&str> = limits(given.object)
        .into_iter()
        .flatten()
        .map(|(k, _)| k.as_str())
        .collect();
    let short = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
    let bare = |name: &str| name.strip_prefix("requests.").unwrap_or(name).to_owned();
    let meant = |name: &&&str| match wanted {
        "" => is_device(name),
        wanted => {
            **name == wanted || bare(name) == wanted || (is_device(name) && short(name) == wanted)
        }
    };
    let found: Vec<&&str> = names.iter().filter(meant).collect();
    match found.as_slice() {
        [one] => Ok((**one).to_owned()),
        [] if wanted.is_empty() => Err(Refused::new(
            "No accelerator has a limit here: which resource is to have one?",
        )
        .instead("--param resource=nvidia.com/gpu")),
        // a limit of something new, in the words that quotas have for it
        [] if wanted.contains('/')
            && !wanted.contains("requests.")
            && !wanted.starts_with("count/") =>
        {
            Ok(format!("requests.{wanted}"))
        }
        [] => Ok(wanted.to_owned()),
        many => {
            let many: Vec<&str> = many.iter().map(|n| **n).collect();
            Err(Refused::new(&format!(
                "Several resources have a limit here: {}",
                Clean::new(&many.join(", "))
            ))
            .instead("--param resource= one of them"))
        }
    }
}

/// What is in use of it, and what a lower limit does not end.
fn used(plan: &mut Plan, given: &Given<'_>, resource: &str, limit: &Limit) {
    let profile = is_profile(given.object);
    let name = json::text(given.object, &["metadata", "name"]);
    let object = match (profile, given.beside.at(&kept(name))) {
        (false, _) => given.object,
        (true, Sight::Found(quota)) => quota,
        (true, Sight::Absent) => {
            return plan.fact(
                "used",
                "There is no quota yet; the Profile's controller makes it",
            );
        }
        (true, Sight::Unseen(why)) => {
            return plan.warn(&format!("How much is in use could not be seen: {why}"));
        }
        (true, Sight::Unasked) => return,
    };
    let used = json::at(object, &["status", "used", resource]).and_then(json::any_text);
    let Some(used) = used else {
        return plan.fact("used", "How much of it is in use is not told");
    };
    let line = QuotaLine {
        resource: Clean::new(resource),
        hard: limit.text.as_deref().map(Clean::new).unwrap_or_default(),
        used: Clean::new(&used),
        device: is_device(resource),
    };
    if line.is_over() {
        plan.warn(&format!(
            "{} are in use, more than {}: lowering ends none of them, and nothing new starts until enough have ended. A pod that ends or is evicted then does not come back",
            line.used,
            limit.words()
        ));
    } else if line.is_full() {
        plan.warn(&format!(
            "All {} are in use then: nothing new starts until one has ended",
            line.used
        ));
    } else {
        plan.fact("used", &format!("{} of it are in use", line.used));
    }
}

/// What the profile's controller makes of it.
fn keeps(plan: &mut Plan, given: &Given<'_>, limit: &Limit) {
    plan.fact(
        "quota",
        &format!("The Profile's controller changes ResourceQuota {PROFILE_QUOTA} of its namespace accordingly"),
    );
    let few = limits(given.object).is_some_and(|all| all.len() <= 1);
    if limit.text.is_none() && few {
        plan.warn("It is the Profile's only limit: the controller deletes the whole quota then");
    }
}

#[cfg(test)]
mod tests {
    use super::super::queue_tests::{plan, refusal, seen, trap};
    use super::*;

    const GPU: &str = "requests.nvidia.com/gpu";

    fn quota(name: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "ResourceQuota",
            "metadata": {"name": name, "namespace": "team", "uid": "u", "resourceVersion": "7"},
            "spec": {"hard": {GPU: "4", "pods": "40"}},
            "status": {"hard": {GPU: "4", "pods": "40"}, "used": {GPU: "3", "pods": "9"}}})
    }

    fn profile() -> Value {
        json!({"apiVersion": "kubeflow.org/v1", "kind": "Profile",
            "metadata": {"name": "team", "uid": "u", "resourceVersion": "7"},
            "spec": {"owner": {"kind": "User", "name": "ada"}, "resourceQuotaSpec": {"hard": {GPU: "4"}}}})
    }

    #[test]
    fn a_limit_is_set_by_the_name_that_people_say() {
        let object = quota("gpus");
        for given in [
            vec![("hard", "8")],
            vec![("resource", "gpu"), ("hard", "8")],
            vec![("resource", "nvidia.com/gpu"), ("hard", "8")],
        ] {
            let set = plan("quota.set", &object, &given).unwrap();
            assert_eq!(set.steps[0].body["spec"], json!({"hard": {GPU: "8"}}));
            assert!(set.traps.is_empty(), "{:?}", set.traps);
            assert_eq!(set.inverse_parameters["hard"], "4");
        }
        let set = plan("quota.set", &object, &[("hard", "8")]).unwrap();
        let mut after = object.clone();
        after["spec"]["hard"][GPU] = "8".into();
        assert!(
            !set.verify.holds(Some(&after)),
            "its controller has not taken it over"
        );
        after["status"]["hard"][GPU] = "8".into();
        assert!(set.verify.holds(Some(&after)));
        let new = plan(
            "quota.set",
            &object,
            &[("resource", "nvidia.com/mig-1g.10gb"), ("hard", "2")],
        )
        .unwrap();
        assert_eq!(
            new.steps[0].body["spec"]["hard"],
            json!({"requests.nvidia.com/mig-1g.10gb": "2"})
        );
        assert_eq!(new.inverse_parameters["hard"], "none");
    }

    #[test]
    fn lowering_ends_nothing_and_says_so() {
        let lower = plan("quota.set", &quota("gpus"), &[("hard", "1")]).unwrap();
        trap(
            &lower,
            "3 are in use, more than 1: lowering ends none of them",
        );
        let full = plan("quota.set", &quota("gpus"), &[("hard", "3")]).unwrap();
        trap(&full, "All 3 are in use then");
        let gone = plan("quota.set", &quota("gpus"), &[("hard", "none")]).unwrap();
        assert_eq!(gone.steps[0].body["spec"]["hard"][GPU], Value::Null);
        assert!(gone.traps.is_empty());
    }

    #[test]
    fn a_quota_that_a_profile_keeps_is_changed_in_the_profile() {
        let text = refusal("quota.set", &quota(PROFILE_QUOTA), &[("hard", "8")]);
        assert!(
            text.contains("puts it back") && text.contains("on Profile team"),
            "{text}"
        );
        let path = "/api/v1/namespaces/team/resourcequotas/kf-resource-quota";
        let set = seen(
            "quota.set",
            &profile(),
            &[("hard", "2")],
            (path, &quota(PROFILE_QUOTA)),
        )
        .unwrap();
        trap(&set, "3 are in use, more than 2");
        assert_eq!(
            set.steps[0].body["spec"],
            json!({"resourceQuotaSpec": {"hard": {GPU: "2"}}})
        );
        assert!(set.target.path().ends_with("/profiles/team"));
        let mut after = profile();
        after["spec"]["resourceQuotaSpec"]["hard"][GPU] = "2".into();
        assert!(set.verify.holds(Some(&after)));
        let none = seen(
            "quota.set",
            &profile(),
            &[("hard", "none")],
            (path, &quota(PROFILE_QUOTA)),
        )
        .unwrap();
        trap(&none, "deletes the whole quota");
    }

    #[test]
    fn what_is_no_limit_is_refused() {
        let object = quota("gpus");
        for hard in ["", "-1", "many", "1.5", "500m"] {
            let text = refusal("quota.set", &object, &[("hard", hard)]);
            assert!(text.contains("a whole number from 0"), "{hard}: {text}");
        }
        assert!(refusal("quota.set", &object, &[("hard", "4")]).contains("already"));
        let mut two = object.clone();
        two["spec"]["hard"]["requests.nvidia.com/mig-1g.10gb"] = "4".into();
        assert!(refusal("quota.set", &two, &[("hard", "8")]).contains("Several resources"));
    }
}
