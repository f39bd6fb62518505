//! What could be done to an object, and what could not and why. Does I/O: one read, and one access review per right.

use jiff::Timestamp;
use serde_json::Value;

use super::plane::{Plane, fault};
use super::rights::missing;
use super::wire::Wire;
use crate::domain::Clean;
use crate::fault::{Fault, FaultKind};
use crate::plan::{
    ACTIONS, Access, Action, Beside, Cluster, Given, Halt, HaltKind, NOTHING_BESIDE, Need, Offer,
    Params, Plan, Possible, Read, Refused, Resource, possible,
};

impl<W: Wire + 'static> Plane<W> {
    /// Every action on this kind of object, each with whether it can be done. `point` is kind, namespace, name and uid
    /// (empty when not known).
    pub async fn survey(&self, point: (&Resource, &str, &str, &str)) -> Result<Vec<Offer>, Fault> {
        let (resource, namespace, name, uid) = point;
        let what = super::prepare::words(resource, namespace, name);
        let path = resource.path(namespace, name);
        let (cluster, object) = tokio::join!(self.identity(), self.read(&path, &what));
        let cluster = cluster.map_err(|halt| of_halt(&halt))?;
        let object = object?;
        if !uid.is_empty() && object.pointer("/metadata/uid").and_then(Value::as_str) != Some(uid) {
            let text = format!("Another {what} has taken the place of the one that was shown");
            return Err(fault(&cluster.name, FaultKind::Gone, &text));
        }
        let asked = asked(resource, namespace, &object, &cluster);
        let beside = self.look_beside(asked, (&object, &Params::default())).await;
        let about = (&object, &cluster, &beside);
        let planned = plans(resource, namespace, about);
        let needs = needed(&planned);
        let rights = self.rights(&needs).await;
        Ok(planned
            .into_iter()
            .map(|(action, plan)| Offer {
                action,
                possible: judge(plan, &needs, &rights, &cluster),
            })
            .collect())
    }
}

type Planned = (&'static str, Result<Plan, Refused>);

/// The actions on this kind of object.
fn fitting(resource: &Resource) -> impl Iterator<Item = &'static dyn Action> {
    let (group, plural) = (resource.group, resource.plural);
    ACTIONS.iter().copied().filter(move |action| {
        let mut targets = action.spec().targets.iter();
        targets.any(|t| t.group == group && t.plural == plural)
    })
}

/// What they ask to see besides the object.
fn asked(resource: &Resource, namespace: &str, object: &Value, cluster: &Cluster) -> Vec<Read> {
    let params = Params::default();
    let given = Given {
        object,
        params: &params,
        now: Timestamp::now(),
        cluster,
        namespace,
        suffix: "xxxxx",
        beside: &NOTHING_BESIDE,
    };
    fitting(resource)
        .flat_map(|action| action.reads(&given))
        .collect()
}

fn plans(
    resource: &Resource,
    namespace: &str,
    (object, cluster, beside): (&Value, &Cluster, &Beside),
) -> Vec<Planned> {
    let now = Timestamp::now();
    fitting(resource)
        .map(|action| {
            let params = Params::parse(action.spec(), &[]).unwrap_or_default();
            let given = Given {
                object,
                params: &params,
                now,
                cluster,
                namespace,
                suffix: "xxxxx",
                beside,
            };
            (action.spec().name, possible(action, &given))
        })
        .collect()
}

/// The rights that all these plans need, each once.
fn needed(planned: &[Planned]) -> Vec<Need> {
    let mut needs: Vec<Need> = Vec::new();
    let plans = planned.iter().filter_map(|(_, plan)| plan.as_ref().ok());
    for need in plans.flat_map(|plan| &plan.needs) {
        if !needs.contains(need) {
            needs.push(need.clone());
        }
    }
    needs
}

fn judge(
    plan: Result<Plan, Refused>,
    needs: &[Need],
    rights: &[Access],
    cluster: &Cluster,
) -> Possible {
    let plan = match plan {
        Ok(plan) => plan,
        Err(refused) => return Possible::Refused(refused),
    };
    let own: Vec<(&Need, &Access)> = needs
        .iter()
        .zip(rights)
        .filter(|(need, _)| plan.needs.contains(need))
        .collect();
    let denied = missing(needs, rights);
    let denied: Vec<Need> = denied
        .into_iter()
        .filter(|n| plan.needs.contains(n))
        .collect();
    let unknown = own.iter().find_map(|(_, access)| match access {
        Access::Unknown(why) => Some(why),
        _ => None,
    });
    match (denied.is_empty(), unknown) {
        (false, _) => Possible::Denied(denied),
        (true, Some(why)) => Possible::Unknown(fault(&cluster.name, FaultKind::Unreachable, why)),
        (true, None) => Possible::Yes(plan.risk),
    }
}

fn of_halt(halt: &Halt) -> Fault {
    let kind = match halt.kind {
        HaltKind::Denied => FaultKind::Denied,
        HaltKind::Switched => FaultKind::Config,
        _ => FaultKind::Unreachable,
    };
    fault("cluster", kind, &halt.what).hint(Clean::new(&halt.hint).to_string())
}
