//! Read, plan, forecast, rights, dry run: everything that an operator decides on. Writes nothing. Does I/O.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::dry_run::Tried;
use super::plane::{Plane, unreachable};
use super::rights::{denied, missing};
use super::wire::Wire;
use crate::domain::Clean;
use crate::fault::FaultKind;
use crate::plan::{
    Ask, Beside, Cluster, Forecast, Given, Halt, HaltKind, Operator, Plan, Prepared, Resource,
    action, forecast,
};

/// How often it is begun anew when the object changes while it is asked about.
const ATTEMPTS: usize = 3;

/// A plan with what the cluster said about it, and what keeps it from being carried out.
#[derive(Debug)]
pub struct Draft {
    /// What was found.
    pub prepared: Prepared,
    /// A right is missing, or the server would not take it.
    pub halt: Option<Halt>,
}

impl<W: Wire + 'static> Plane<W> {
    /// Makes a plan and asks the cluster about it. A plan that a trap blocks is given out all the same, to be shown; it
    /// is not carried out.
    pub async fn prepare(&self, ask: &Ask) -> Result<Prepared, Halt> {
        let draft = self.draft(ask).await?;
        match draft.halt {
            Some(halt) => Err(halt),
            None => Ok(draft.prepared),
        }
    }

    /// The same, with the plan also where it would not be carried out.
    pub async fn draft(&self, ask: &Ask) -> Result<Draft, Halt> {
        let cluster = self.identity().await?;
        let operator = self.inner.wire.operator().await;
        let mut left = ATTEMPTS;
        loop {
            left -= 1;
            let (mut prepared, tried) = self.attempt(ask, &cluster, &operator).await?;
            let halt = match tried {
                Tried::Taken(changes) => {
                    prepared.plan.changes = changes;
                    None
                }
                Tried::Refused(halt) => Some(halt),
                Tried::Conflict(_) if left > 0 => continue,
                Tried::Conflict(words) => Some(busy(&words)),
            };
            return Ok(Draft { prepared, halt });
        }
    }

    async fn attempt(
        &self,
        ask: &Ask,
        cluster: &Cluster,
        operator: &Operator,
    ) -> Result<(Prepared, Tried), Halt> {
        let object = self.target(ask).await?;
        let beside = self.beside(ask, &object, cluster).await;
        let mut plan = plan(ask, &object, cluster, (&suffix(), &beside))?;
        let (rights, forecast) =
            tokio::join!(self.rights(&plan.needs), self.forecast(&object, &plan));
        plan.rights = rights;
        plan.forecast = forecast;
        let who: &str = match operator.cluster_user.as_str() {
            "" => &operator.context_user,
            user => user,
        };
        let tried = match denied(&missing(&plan.needs, &plan.rights), who) {
            Some(halt) => Tried::Refused(halt),
            None if plan.is_blocked() => Tried::Taken(Vec::new()),
            None => self.dry_run(&mut plan, &object).await,
        };
        let prepared = Prepared {
            ask: ask.clone(),
            plan,
            object: Arc::new(object),
            cluster: cluster.clone(),
            operator: operator.clone(),
        };
        Ok((prepared, tried))
    }

    /// Who owns the object, and whether a change stays.
    async fn forecast(&self, object: &Value, plan: &Plan) -> Forecast {
        if !plan.target.home.is_kubernetes() {
            return Forecast::default();
        }
        let seen = self.inner.keeping.look(&self.inner.wire, object, plan);
        forecast(object, plan, &seen.await)
    }

    /// Reads the object that is meant.
    pub(super) async fn target(&self, ask: &Ask) -> Result<Value, Halt> {
        let what = words(&ask.resource, &ask.namespace, &ask.name);
        let path = ask.resource.path(&ask.namespace, &ask.name);
        let object = self.read(&path, &what).await.map_err(|fault| {
            // a kind that is not installed is another matter, and says so
            let named = fault.what.contains(&format!("\"{}\" not found", ask.name));
            if fault.kind == FaultKind::Gone && named {
                Halt::new(HaltKind::Gone, &format!("There is no {what}"))
            } else {
                unreachable(&fault)
            }
        })?;
        let uid = object.pointer("/metadata/uid").and_then(Value::as_str);
        if !ask.uid.is_empty() && uid != Some(&ask.uid) {
            return Err(replaced(&what));
        }
        Ok(object)
    }
}

/// Another object has the name.
pub(super) fn replaced(what: &str) -> Halt {
    Halt::new(
        HaltKind::Gone,
        &format!("The {what} that was shown is gone, and another one has its name"),
    )
    .hint("Look at the new one, and decide anew")
}

/// The plan for an object as it is now.
pub(super) fn plan(
    ask: &Ask,
    object: &Value,
    cluster: &Cluster,
    (suffix, beside): (&str, &Beside),
) -> Result<Plan, Halt> {
    let given = Given {
        object,
        params: &ask.params,
        now: Timestamp::now(),
        cluster,
        namespace: &ask.namespace,
        suffix,
        beside,
    };
    let Some(action) = action(ask.action) else {
        return Err(Halt::new(HaltKind::Refused, "The action is not known"));
    };
    let mut plan = action.plan(&given).map_err(|refused| {
        let what = words(&ask.resource, &ask.namespace, &ask.name);
        let text = format!("{} of {what} is refused: {}", ask.action, refused.why);
        Halt::new(HaltKind::Refused, &text).hint(&refused.instead)
    })?;
    plan.name_what_is_made(suffix);
    Ok(plan)
}

fn busy(words: &str) -> Halt {
    let text = format!("The object changes faster than it can be asked about: {words}");
    Halt::new(HaltKind::Changed, &text).hint("Try again")
}

/// An object in words, for sentences.
pub(super) fn words(resource: &Resource, namespace: &str, name: &str) -> String {
    let name = Clean::new(name);
    if resource.namespaced {
        format!(
            "{} {name} in namespace {}",
            resource.kind,
            Clean::new(namespace)
        )
    } else {
        format!("{} {name}", resource.kind)
    }
}

/// Five letters or digits by chance, as the API server makes names.
fn suffix() -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut chance = RandomState::new().build_hasher().finish();
    let mut text = String::new();
    for _ in 0..5 {
        let at = usize::try_from(chance % 27).unwrap_or_default();
        text.push(LETTERS.get(at).map_or('x', |b| char::from(*b)));
        chance /= 27;
    }
    text
}
