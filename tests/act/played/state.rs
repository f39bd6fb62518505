//! What stands on the cluster that is played, and what a request makes of it.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use midwatch::act::Reply;
use midwatch::plan::{Cluster, Step};
use serde_json::{Value, json};

use super::Fate;

#[derive(Debug, Default)]
pub struct State {
    pub cluster: Cluster,
    pub objects: BTreeMap<String, Value>,
    pub fates: VecDeque<Fate>,
    /// Verbs that are denied.
    pub denied: Vec<&'static str>,
    /// What is deleted stays for a while, as a pod does that ends.
    pub lingers: bool,
    /// Requests that were sent for good: method and path.
    pub sent: Vec<String>,
    /// Requests that were tried.
    pub tried: usize,
    /// Where services beside Kubernetes are.
    pub place: String,
    /// What was on disk when each request left: names of stages.
    pub on_disk: Vec<Vec<String>>,
    pub(super) version: u64,
}

impl State {
    pub(super) fn write(&mut self, path: &str, mut object: Value, manager: &str) {
        self.version += 1;
        object["metadata"]["resourceVersion"] = self.version.to_string().into();
        let fields = object["metadata"]["managedFields"].as_array().cloned();
        let mut fields = fields.unwrap_or_default();
        fields.retain(|f| f["manager"] != manager);
        fields.push(json!({"manager": manager, "operation": "Update",
            "time": Timestamp::now().to_string(), "n": self.version}));
        object["metadata"]["managedFields"] = fields.into();
        self.objects.insert(path.to_owned(), object);
    }

    pub(super) fn carry(&mut self, step: &Step, dry: bool) -> Reply {
        let answered = |status, body| Reply::Answered { status, body };
        let said = |status: u16, message: &str| answered(status, json!({"message": message}));
        if let Some(stand) = &step.stand {
            assert!(!dry, "what has no dry run is not asked for one");
            let after = stand.applied(&self.objects[&stand.object]);
            self.write(&stand.object, after, "mlflow");
            return answered(200, json!({}));
        }
        if let Some((pod, uid)) = step.evicted() {
            return match self.objects.get(pod).cloned() {
                Some(found) if found["metadata"]["uid"] != uid => said(409, "the UID differs"),
                Some(_) => {
                    if !dry {
                        self.objects.remove(pod);
                    }
                    answered(201, json!({}))
                }
                None => said(404, "not found"),
            };
        }
        if step.method == "POST" {
            let path = format!(
                "{}/{}",
                step.path,
                step.body["metadata"]["name"].as_str().unwrap()
            );
            if !dry {
                self.write(&path, step.body.clone(), "midwatch");
            }
            return answered(201, step.body.clone());
        }
        let Some(found) = self.objects.get(&step.path).cloned() else {
            return said(404, "not found");
        };
        let wanted = [
            "/metadata/resourceVersion",
            "/preconditions/resourceVersion",
        ];
        let wanted = wanted.iter().find_map(|p| step.body.pointer(p));
        if wanted.is_some_and(|v| *v != found["metadata"]["resourceVersion"]) {
            return said(409, "the object has been modified");
        }
        if step.method == "DELETE" {
            if !dry && self.lingers {
                let mut ending = found.clone();
                ending["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
                self.objects.insert(step.path.clone(), ending);
            } else if !dry {
                self.objects.remove(&step.path);
            }
            return answered(200, found);
        }
        let mut object = found;
        if step.method == "PUT" {
            let fields = object["metadata"]["managedFields"].clone();
            object = step.body.clone();
            object["metadata"]["managedFields"] = fields;
        } else if step.body.is_array() {
            let patch: json_patch::Patch = serde_json::from_value(step.body.clone()).unwrap();
            if let Err(why) = json_patch::patch(&mut object, &patch) {
                return said(422, &why.to_string());
            }
        } else {
            json_patch::merge(&mut object, &step.body);
        }
        if dry {
            return answered(200, object);
        }
        self.write(&step.path, object, "midwatch");
        answered(200, self.objects[&step.path].clone())
    }
}
