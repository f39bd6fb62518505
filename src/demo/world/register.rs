//! Steps that register a model, and what they hand on. Pure but for the registry.

use serde_json::json;

use super::kubelet::KUBELET;
use super::pods;
use super::simulation::World;
use crate::demo::catalog::text;
use crate::demo::store::Name;

/// The model that a step registers a version of.
const REGISTERS: &str = "/metadata/annotations/rig.midwatch.dev~1registers";
/// The service that serves it.
const SERVICE: &str = "/metadata/annotations/rig.midwatch.dev~1service";
/// What a step hands on.
const OUTPUTS: &str = "rig.midwatch.dev/outputs";

impl World {
    /// A pod has done its work: where that is to register a model, the registry has a new version, and the pod tells which.
    pub(super) fn register(&mut self, pod: &Name) {
        let model = self.read(pods(), pod, REGISTERS);
        if model.is_empty() {
            return;
        }
        let workflow = self.read(
            pods(),
            pod,
            "/metadata/labels/workflows.argoproj.io~1workflow",
        );
        let at = self.wall();
        let made = self.site.registry().register(&model, &workflow, at);
        let Some((version, uri)) = made else {
            return;
        };
        self.change(pods(), pod, KUBELET, |pod| {
            let service = text(pod, SERVICE).to_owned();
            let told = json!({"parameters": {"model": model, "version": version.to_string(),
                "uri": uri, "service": service}});
            pod["metadata"]["annotations"][OUTPUTS] = json!(told.to_string());
        });
    }
}
