//! Kueue: which workloads have quota, and in its words why others wait. Pure but for the store.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{MANAGER, World, condition, devices, is, kueue, mark, named, number};
use crate::demo::catalog::text;
use crate::demo::world::list;

/// A resource of a flavor.
type Slot = (String, String);

/// What queues have, and what is reserved of it.
#[derive(Debug, Default)]
struct Shelf {
    /// Queues by name.
    clusters: BTreeMap<String, Value>,
    /// Local ones by namespace and name.
    locals: BTreeMap<(String, String), Value>,
    /// Reserved, by cluster queue.
    used: BTreeMap<String, BTreeMap<Slot, i64>>,
}

impl World {
    /// Evicts what may not keep its quota, and lets in what has room, the highest priority first.
    pub(super) fn admit_workloads(&mut self) {
        let mut shelf = Shelf::new(self);
        let mut all = self.all_of(kueue("workloads"));
        all.sort_by_key(|w| {
            let since = text(w, "/metadata/creationTimestamp").to_owned();
            (-number(&w["spec"]["priority"]), since)
        });
        for workload in &all {
            self.hold(workload);
        }
        let all: Vec<Value> = all.iter().filter_map(|w| self.again(w)).collect();
        for workload in all
            .iter()
            .filter(|w| is(w, "QuotaReserved") && !is(w, "Finished"))
        {
            shelf.take(workload);
            self.let_job(workload, true);
        }
        for workload in all.iter().filter(|w| waits(w)) {
            self.try_admit(&mut shelf, workload);
        }
        self.count_queues(&shelf);
    }

    fn again(&self, workload: &Value) -> Option<Value> {
        let name = named(workload);
        let found = self
            .site
            .store()
            .get(kueue("workloads"), &name.namespace, &name.name);
        found.map(|o| o.value())
    }

    /// A workload that somebody holds loses its quota and its pods; one that is let go is queued again.
    fn hold(&mut self, workload: &Value) {
        let name = named(workload);
        let now = self.stamp_now();
        let held =
            condition(workload, "Evicted")["reason"] == "Deactivated" && is(workload, "Evicted");
        let active = workload["spec"]["active"] != false;
        if !active && (is(workload, "QuotaReserved") || !held) {
            self.let_job(workload, false);
            let why = ("Deactivated", "The workload is deactivated");
            self.change(kueue("workloads"), &name, MANAGER, |w| {
                mark(w, ("Evicted", true), why, &now);
                mark(w, ("QuotaReserved", false), ("Pending", why.1), &now);
                mark(
                    w,
                    ("Admitted", false),
                    ("NoReservation", "The workload has no reservation"),
                    &now,
                );
                mark(w, ("Requeued", false), why, &now);
                w["status"]["admission"] = Value::Null;
                w["status"]["schedulingStats"] = evicted(w);
            });
        } else if active && held && !is(workload, "Requeued") {
            self.change(kueue("workloads"), &name, MANAGER, |w| {
                let why = ("Reactivated", "The workload was reactivated");
                mark(w, ("Requeued", true), why, &now);
            });
        }
    }

    fn try_admit(&mut self, shelf: &mut Shelf, workload: &Value) {
        let name = named(workload);
        let now = self.stamp_now();
        let found = shelf.open(workload).and_then(|queue| {
            let assigned = shelf.fit(&queue, workload)?;
            Ok((queue, assigned))
        });
        match found {
            Ok((queue, assigned)) => {
                let changed = self.change(kueue("workloads"), &name, MANAGER, |w| {
                    let said = format!("Quota reserved in ClusterQueue {queue}");
                    w["status"]["admission"] =
                        json!({"clusterQueue": queue, "podSetAssignments": assigned});
                    mark(
                        w,
                        ("QuotaReserved", true),
                        ("QuotaReserved", said.as_str()),
                        &now,
                    );
                    mark(
                        w,
                        ("Admitted", true),
                        ("Admitted", "The workload is admitted"),
                        &now,
                    );
                    if is(w, "Evicted") {
                        mark(
                            w,
                            ("Evicted", false),
                            ("QuotaReserved", "Previously: The workload is deactivated"),
                            &now,
                        );
                    }
                });
                if let Some(object) = changed {
                    let workload = object.value();
                    shelf.take(&workload);
                    self.let_job(&workload, true);
                }
            }
            Err((reason, why)) => {
                self.change(kueue("workloads"), &name, MANAGER, |w| {
                    mark(w, ("QuotaReserved", false), (reason, why.as_str()), &now);
                });
            }
        }
    }

    /// What queues tell of themselves.
    fn count_queues(&mut self, shelf: &Shelf) {
        let all = self.all_of(kueue("workloads"));
        let now = self.stamp_now();
        for queue in shelf.locals.values() {
            let name = named(queue);
            let mine = |w: &&Value| {
                text(w, "/metadata/namespace") == name.namespace
                    && text(w, "/spec/queueName") == name.name
            };
            let counts = counts(all.iter().filter(mine));
            self.change(kueue("localqueues"), &name, MANAGER, |q| {
                tell(q, counts, &now);
            });
        }
        for (name, queue) in &shelf.clusters {
            let mine = |w: &&Value| {
                let local = (
                    text(w, "/metadata/namespace").to_owned(),
                    text(w, "/spec/queueName").to_owned(),
                );
                let local = shelf.locals.get(&local);
                local.is_some_and(|l| text(l, "/spec/clusterQueue") == name)
            };
            let counts = counts(all.iter().filter(mine));
            let flavors = shelf.flavors(name);
            self.change(kueue("clusterqueues"), &named(queue), MANAGER, |q| {
                tell(q, counts, &now);
                q["status"]["flavorsReservation"].clone_from(&flavors);
                q["status"]["flavorsUsage"].clone_from(&flavors);
            });
        }
    }
}

fn waits(workload: &Value) -> bool {
    !is(workload, "QuotaReserved")
        && !is(workload, "Finished")
        && workload["spec"]["active"] != false
}

/// One eviction more.
fn evicted(workload: &Value) -> Value {
    let before = number(&workload["status"]["schedulingStats"]["evictions"][0]["count"]);
    json!({"evictions": [{"reason": "Deactivated", "underlyingCause": "", "count": before + 1}]})
}

/// How many wait, and how many are let in.
fn counts<'a>(workloads: impl Iterator<Item = &'a Value>) -> (u32, u32) {
    workloads.fold((0, 0), |(waiting, running), w| {
        (
            waiting + u32::from(waits(w)),
            running + u32::from(is(w, "Admitted")),
        )
    })
}

fn tell(queue: &mut Value, (waiting, running): (u32, u32), now: &Value) {
    let stopped = !matches!(text(queue, "/spec/stopPolicy"), "" | "None");
    let why = if stopped {
        ("Stopped", "Can't admit new workloads: is stopped.")
    } else {
        ("Ready", "Can admit new workloads")
    };
    mark(queue, ("Active", !stopped), why, now);
    queue["status"]["pendingWorkloads"] = waiting.into();
    queue["status"]["reservingWorkloads"] = running.into();
    queue["status"]["admittedWorkloads"] = running.into();
}

impl Shelf {
    fn new(world: &World) -> Self {
        let clusters = world.all_of(kueue("clusterqueues")).into_iter();
        let locals = world.all_of(kueue("localqueues")).into_iter();
        Self {
            clusters: clusters.map(|q| (named(&q).name, q)).collect(),
            locals: locals
                .map(|q| {
                    let name = named(&q);
                    ((name.namespace, name.name), q)
                })
                .collect(),
            used: BTreeMap::new(),
        }
    }

    fn take(&mut self, workload: &Value) {
        let queue = text(workload, "/status/admission/clusterQueue").to_owned();
        let used = self.used.entry(queue).or_default();
        for set in list(&workload["status"]["admission"], "podSetAssignments") {
            let usage = set["resourceUsage"].as_object();
            for (name, amount) in usage.into_iter().flatten() {
                let flavor = set["flavors"][name].as_str().unwrap_or_default();
                *used.entry((flavor.to_owned(), name.clone())).or_default() += number(amount);
            }
        }
    }

    /// The cluster queue of a workload, or why it cannot be had.
    fn open(&self, workload: &Value) -> Result<String, (&'static str, String)> {
        let (namespace, name) = (
            text(workload, "/metadata/namespace"),
            text(workload, "/spec/queueName"),
        );
        let stopped = |q: &Value| !matches!(text(q, "/spec/stopPolicy"), "" | "None");
        let none = |why: String| Err(("Inadmissible", why));
        let Some(local) = self.locals.get(&(namespace.to_owned(), name.to_owned())) else {
            return none(format!("LocalQueue {name} doesn't exist"));
        };
        let cluster = text(local, "/spec/clusterQueue");
        match self.clusters.get(cluster) {
            None => none(format!("ClusterQueue {cluster} doesn't exist")),
            Some(_) if stopped(local) => none(format!("LocalQueue {name} is inactive")),
            Some(queue) if stopped(queue) => none(format!("ClusterQueue {cluster} is inactive")),
            Some(_) => Ok(cluster.to_owned()),
        }
    }

    /// What a cluster queue has of its own of a slot, and how much it may borrow.
    fn quota(queue: &Value, (flavor, resource): &Slot) -> Option<(i64, i64)> {
        let groups = list(&queue["spec"], "resourceGroups");
        let flavors = groups
            .flat_map(|g| list(g, "flavors"))
            .filter(|f| f["name"] == **flavor);
        let mut own = flavors.flat_map(|f| list(f, "resources"));
        let own = own.find(|r| r["name"] == **resource)?;
        let most = match &own["borrowingLimit"] {
            Value::Null => i64::MAX / 4,
            limit => number(limit),
        };
        Some((number(&own["nominalQuota"]), most))
    }

    fn reserved(&self, queue: &str, slot: &Slot) -> i64 {
        self.used
            .get(queue)
            .and_then(|u| u.get(slot))
            .copied()
            .unwrap_or(0)
    }

    /// What a cluster queue may still take of a slot, and what it could take at most.
    fn room(&self, name: &str, slot: &Slot) -> Option<(i64, i64)> {
        let queue = self.clusters.get(name)?;
        let (own, limit) = Self::quota(queue, slot)?;
        let left = own - self.reserved(name, slot);
        let cohort = text(queue, "/spec/cohortName");
        if cohort.is_empty() {
            return Some((left, own));
        }
        let same = self
            .clusters
            .iter()
            .filter(|(_, q)| text(q, "/spec/cohortName") == cohort);
        let (mut idle, mut all) = (0, 0);
        for (other, queue) in same {
            let theirs = Self::quota(queue, slot).map_or(0, |(n, _)| n);
            all += theirs;
            idle += theirs - self.reserved(other, slot);
        }
        Some((
            idle.min(left.saturating_add(limit)),
            all.min(own.saturating_add(limit)),
        ))
    }

    /// Flavors for a workload, or in Kueue's words why there are none.
    fn fit(&self, queue: &str, workload: &Value) -> Result<Value, (&'static str, String)> {
        let mut assigned = Vec::new();
        let mut taken: BTreeMap<Slot, i64> = BTreeMap::new();
        for set in list(&workload["spec"], "podSets") {
            let (mut flavors, mut usage) = (json!({}), json!({}));
            for (name, each) in devices(&set["template"]["spec"]) {
                let wanted = each * number(&set["count"]);
                let flavor = self.choose(queue, &name, wanted, &taken).map_err(|why| {
                    (
                        "Pending",
                        format!(
                            "couldn't assign flavors to pod set {}: {why}",
                            text(set, "/name")
                        ),
                    )
                })?;
                *taken.entry((flavor.clone(), name.clone())).or_default() += wanted;
                flavors[&name] = flavor.into();
                usage[&name] = wanted.to_string().into();
            }
            assigned.push(json!({"name": set["name"], "flavors": flavors, "resourceUsage": usage, "count": set["count"]}));
        }
        Ok(assigned.into())
    }

    fn choose(
        &self,
        queue: &str,
        resource: &str,
        wanted: i64,
        taken: &BTreeMap<Slot, i64>,
    ) -> Result<String, String> {
        let spec = self
            .clusters
            .get(queue)
            .map_or(&Value::Null, |q| &q["spec"]);
        let flavors = list(spec, "resourceGroups").flat_map(|g| list(g, "flavors"));
        let mut reasons = Vec::new();
        for flavor in flavors.map(|f| text(f, "/name").to_owned()) {
            let slot = (flavor.clone(), resource.to_owned());
            let Some((free, most)) = self.room(queue, &slot) else {
                continue;
            };
            let before = taken.get(&slot).copied().unwrap_or(0);
            let left = free - before;
            if wanted <= left {
                return Ok(flavor);
            }
            reasons.push(if wanted + before > most {
                format!("insufficient quota for {resource} in flavor {flavor}, previously considered podsets requests ({before}) + current podset request ({wanted}) > maximum capacity ({most})")
            } else {
                format!("insufficient unused quota for {resource} in flavor {flavor}, {} more needed", wanted - left.max(0))
            });
        }
        if reasons.is_empty() {
            reasons.push(format!("resource {resource} unavailable in ClusterQueue"));
        }
        Err(reasons.join(", "))
    }

    /// What is reserved of each flavor, as a queue's status writes it.
    fn flavors(&self, name: &str) -> Value {
        let spec = self.clusters.get(name).map_or(&Value::Null, |q| &q["spec"]);
        let flavors = list(spec, "resourceGroups").flat_map(|g| list(g, "flavors"));
        let told =
            flavors.map(|flavor| {
                let resources = list(flavor, "resources").map(|r| {
                let slot = (text(flavor, "/name").to_owned(), text(r, "/name").to_owned());
                let used = self.reserved(name, &slot);
                let borrowed = (used - number(&r["nominalQuota"])).max(0);
                json!({"name": slot.1, "total": used.to_string(), "borrowed": borrowed.to_string()})
            });
                json!({"name": flavor["name"], "resources": resources.collect::<Vec<_>>()})
            });
        told.collect()
    }
}
