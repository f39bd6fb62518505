//! What the DCGM exporter tells, as rows: samples by their name and labels. Pure.
//!
//! Known generations: `Hostname` and `hostname`; workload labels plain, or renamed to `exported_*` by the server that
//! scraped them; fields that the hardware does not have are absent, or 9.2e18 in old exporters. Sources: dcgm-exporter,
//! internal/pkg/rendermetrics; gpu-operator, assets/state-dcgm-exporter.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::domain::{Busy, BusyBy, Clean, ClusterId, GpuBy, GpuRow, HeldBy, Key, LastXid, Slice};

/// Labels of a sample.
pub type Labels = BTreeMap<String, String>;

/// Metrics of a physical GPU; they repeat on every slice of it.
pub const OF_GPU: &[&str] = &[
    "DCGM_FI_DEV_GPU_TEMP",
    "DCGM_FI_DEV_MEMORY_TEMP",
    "DCGM_FI_DEV_POWER_USAGE",
    "DCGM_FI_DEV_SM_CLOCK",
    "DCGM_FI_DEV_XID_ERRORS",
    "DCGM_FI_DEV_CLOCK_THROTTLE_REASONS",
    "DCGM_FI_DEV_CLOCKS_EVENT_REASONS",
    "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL",
    "DCGM_FI_DEV_ECC_SBE_VOL_TOTAL",
    "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS",
    "DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS",
    "DCGM_FI_DEV_ROW_REMAP_FAILURE",
];

/// Metrics of what can be held: a whole GPU, or a slice.
pub const OF_SLICE: &[&str] = &[
    "DCGM_FI_PROF_GR_ENGINE_ACTIVE",
    "DCGM_FI_DEV_GPU_UTIL",
    "DCGM_FI_DEV_FB_USED",
    "DCGM_FI_DEV_FB_FREE",
];

/// Labels that say where a GPU is.
pub const WHERE: &[&str] = &["Hostname", "hostname", "node", "kubernetes_node"];
/// Labels that say which GPU it is.
pub const WHICH: &[&str] = &["gpu", "UUID"];
/// Labels that say what it is.
pub const WHAT: &[&str] = &["modelName", "DCGM_FI_DRIVER_VERSION"];
/// Labels that say which slice of it, and who holds that.
pub const HELD: &[&str] = &[
    "GPU_I_ID",
    "GPU_I_PROFILE",
    "exported_namespace",
    "exported_pod",
    "exported_container",
    "namespace",
    "pod",
    "container",
];

/// Old exporters print this where the hardware has no answer.
const BLANK: f64 = 1e18;

/// Which slice of which GPU.
pub type Place = (Clean, Clean, Option<u32>);

/// The node a sample is of; empty when nothing says so.
#[must_use]
pub fn node_of(labels: &Labels) -> Clean {
    let named = WHERE.iter().filter_map(|key| labels.get(*key));
    named
        .map(|name| Clean::new(name))
        .find(|name| !name.is_empty())
        .unwrap_or_default()
}

/// Node, GPU and slice that a sample is of.
#[must_use]
pub fn place_of(labels: &Labels) -> Place {
    let index = labels.get("gpu").map_or("", String::as_str);
    let instance = labels.get("GPU_I_ID").and_then(|id| id.parse().ok());
    (node_of(labels), Clean::new(index), instance)
}

/// A value that says something; `N/A` and blanks say nothing.
#[must_use]
pub fn told(value: f64) -> Option<f64> {
    (value.is_finite() && (0.0..BLANK).contains(&value)).then_some(value)
}

/// Collects samples into GPUs.
#[derive(Debug, Default)]
pub struct Dcgm {
    gpus: BTreeMap<(Clean, Clean), GpuRow>,
    slices: BTreeMap<Place, Parts>,
    /// Samples were renamed by who scraped them: a plain `pod` is the exporter itself.
    renamed: bool,
    plain: BTreeSet<(Place, HeldBy)>,
}

#[derive(Debug, Default)]
struct Parts {
    slice: Slice,
    held: BTreeSet<HeldBy>,
    /// By metric: of several that share a GPU in time, each has a part.
    busy: BTreeMap<BusyBy, f64>,
}

impl Dcgm {
    /// Takes one sample in; those of other metrics are left alone.
    pub fn take(&mut self, cluster: &ClusterId, name: &str, labels: &Labels, value: f64) {
        let (of_gpu, of_slice) = (OF_GPU.contains(&name), OF_SLICE.contains(&name));
        if !of_gpu && !of_slice {
            return;
        }
        let (node, index, instance) = place_of(labels);
        let gpu = self
            .gpus
            .entry((node.clone(), index.clone()))
            .or_insert_with(|| {
                let key = Key::new(cluster.clone(), "", &format!("{node}/{index}"));
                GpuRow::new(key, node.clone(), index.clone())
            });
        describe(gpu, labels);
        if of_gpu && let Some(value) = told(value) {
            measure(gpu, name, value);
        }
        if of_slice {
            self.take_slice(&(node, index, instance), name, labels, value);
        }
    }

    fn take_slice(&mut self, place: &Place, name: &str, labels: &Labels, value: f64) {
        let parts = self.slices.entry(place.clone()).or_default();
        parts.slice.instance = place.2;
        if let Some(profile) = labels.get("GPU_I_PROFILE") {
            parts.slice.profile = Clean::new(profile);
        }
        if let Some(by) = holder(labels, "exported_") {
            self.renamed = true;
            parts.held.insert(by);
        } else if let Some(by) = holder(labels, "") {
            self.plain.insert((place.clone(), by));
        }
        let Some(value) = told(value) else { return };
        let is_mig = place.2.is_some();
        match name {
            "DCGM_FI_PROF_GR_ENGINE_ACTIVE" => more(&mut parts.busy, BusyBy::Engine, value),
            // of a slice it is not measured: what stands there is nothing
            "DCGM_FI_DEV_GPU_UTIL" if !is_mig => {
                more(&mut parts.busy, BusyBy::Kernels, value / 100.0);
            }
            "DCGM_FI_DEV_FB_USED" => most(&mut parts.slice.memory_used, value),
            "DCGM_FI_DEV_FB_FREE" => most(&mut parts.slice.memory_free, value),
            _ => {}
        }
    }

    /// The GPUs, each with what can be held of it.
    #[must_use]
    pub fn rows(mut self, by: GpuBy, measured: impl Fn(&str) -> Option<Timestamp>) -> Vec<GpuRow> {
        if !self.renamed {
            for (place, held) in std::mem::take(&mut self.plain) {
                if !is_exporter(&held)
                    && let Some(parts) = self.slices.get_mut(&place)
                {
                    parts.held.insert(held);
                }
            }
        }
        let mut slices: BTreeMap<(Clean, Clean), Vec<Slice>> = BTreeMap::new();
        for ((node, index, _), parts) in self.slices {
            slices.entry((node, index)).or_default().push(parts.made());
        }
        let rows = self.gpus.into_iter().map(|(place, mut gpu)| {
            let mut all = slices.remove(&place).unwrap_or_default();
            // a GPU that is cut is held by its slices alone
            if all.iter().any(|s| s.instance.is_some()) {
                all.retain(|s| s.instance.is_some());
            } else if all.is_empty() {
                all.push(Slice::default());
            }
            gpu.slices = all.into();
            gpu.measured = measured(&gpu.node);
            gpu.by = by;
            gpu
        });
        rows.collect()
    }
}

impl Parts {
    fn made(self) -> Slice {
        let busy = self.busy.first_key_value();
        let busy = busy.map(|(by, ratio)| Busy {
            ratio: ratio.min(1.0),
            by: *by,
        });
        Slice {
            held: self.held.into_iter().collect(),
            busy,
            ..self.slice
        }
    }
}

fn describe(gpu: &mut GpuRow, labels: &Labels) {
    let parts = [
        ("UUID", &mut gpu.uuid),
        ("modelName", &mut gpu.model),
        ("DCGM_FI_DRIVER_VERSION", &mut gpu.driver),
    ];
    for (key, place) in parts {
        if place.is_empty()
            && let Some(text) = labels.get(key)
        {
            *place = Clean::new(text);
        }
    }
}

fn measure(gpu: &mut GpuRow, name: &str, value: f64) {
    match name {
        "DCGM_FI_DEV_GPU_TEMP" => most(&mut gpu.temperature, value),
        // boards without this sensor say 0
        "DCGM_FI_DEV_MEMORY_TEMP" if value > 0.0 => most(&mut gpu.memory_temperature, value),
        "DCGM_FI_DEV_POWER_USAGE" => most(&mut gpu.power, value),
        "DCGM_FI_DEV_SM_CLOCK" => most(&mut gpu.clock, value),
        "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL" => most(&mut gpu.ecc_uncorrectable, value),
        "DCGM_FI_DEV_ECC_SBE_VOL_TOTAL" => most(&mut gpu.ecc_corrected, value),
        "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS" => most(&mut gpu.rows_uncorrectable, value),
        "DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS" => most(&mut gpu.rows_corrected, value),
        "DCGM_FI_DEV_ROW_REMAP_FAILURE" => gpu.remap_failed = Some(value > 0.0),
        "DCGM_FI_DEV_XID_ERRORS" if value > 0.0 => {
            let code = number(value);
            gpu.xid = Some(LastXid {
                code,
                at: None,
                before: None,
            });
        }
        "DCGM_FI_DEV_CLOCK_THROTTLE_REASONS" | "DCGM_FI_DEV_CLOCKS_EVENT_REASONS" => {
            gpu.throttle = Some(gpu.throttle.unwrap_or(0) | u64::from(number(value)));
        }
        _ => {}
    }
}

/// A whole number out of a sample.
#[must_use]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // bounded just before
pub fn number(value: f64) -> u32 {
    value.clamp(0.0, f64::from(u32::MAX)).round() as u32
}

fn most(place: &mut Option<f64>, value: f64) {
    *place = Some(place.map_or(value, |old| old.max(value)));
}

/// The engine's figure is that of all who share it, repeated for each; the other one may be split between them. Counted
/// too high it is never a false idle.
fn more(places: &mut BTreeMap<BusyBy, f64>, by: BusyBy, value: f64) {
    let place = places.entry(by).or_default();
    *place = match by {
        BusyBy::Engine => place.max(value),
        BusyBy::Kernels => *place + value,
    };
}

fn holder(labels: &Labels, prefix: &str) -> Option<HeldBy> {
    let get = |key: &str| {
        let text = labels.get(&format!("{prefix}{key}"));
        Clean::new(text.map_or("", String::as_str))
    };
    let pod = get("pod");
    (!pod.is_empty()).then(|| HeldBy {
        namespace: get("namespace"),
        pod,
        container: get("container"),
    })
}

/// The labels of the target that was scraped, where nobody holds the GPU.
fn is_exporter(held: &HeldBy) -> bool {
    [&held.pod, &held.container]
        .iter()
        .any(|name| name.contains("dcgm-exporter") || name.contains("dcgm_exporter"))
}

#[cfg(test)]
#[path = "dcgm_tests.rs"]
mod tests;
