//! What the DCGM exporters of the platform's GPU nodes tell, with the labels that a scrape without `honorLabels` leaves.
//! Pure. Source: dcgm-exporter, internal/pkg/rendermetrics, etc/default-counters.csv.

use super::series::{Kind, Labels, Series, labels};

/// A GPU, or a slice of one, as the device plugin gives it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::demo) struct Device {
    pub(in crate::demo) node: String,
    pub(in crate::demo) model: String,
    /// Index of the board on its node.
    pub(in crate::demo) gpu: u32,
    /// Instance id and profile of a slice.
    pub(in crate::demo) slice: Option<(u32, String)>,
    /// Who has it: namespace, pod, container; and since when, in Unix seconds.
    pub(in crate::demo) held: Option<(String, String, String, i64)>,
    /// It fell off the bus, in Unix seconds.
    pub(in crate::demo) lost: Option<i64>,
}

const DRIVER: &str = "570.124.06";
/// MiB of a whole board.
const MEMORY: f64 = 81_038.0;

impl Device {
    /// Part of a board.
    fn part(&self) -> f64 {
        let first = self.slice.as_ref().and_then(|(_, p)| p.chars().next());
        first
            .and_then(|c| c.to_digit(10))
            .map_or(1.0, |n| f64::from(n) / 7.0)
    }

    /// How busy it is kept, by what it is used for.
    fn busy(&self) -> f64 {
        let Some((_, pod, ..)) = &self.held else {
            return 0.0;
        };
        let is = |words: &[&str]| words.iter().any(|w| pod.contains(w));
        if is(&["notebook", "sweep", "sleep"]) {
            // a person thinks, a trial waits for its data
            0.0
        } else if is(&["train", "pretrain", "tune"]) {
            0.91
        } else if is(&["infer", "predictor", "llm", "serve"]) {
            0.34
        } else {
            0.58
        }
    }

    fn labels(&self, name: &str) -> Labels {
        let (gpu, uuid) = (self.gpu.to_string(), self.uuid());
        let mut own = labels(&[
            ("__name__", name),
            ("gpu", &gpu),
            ("UUID", &uuid),
            ("device", &format!("nvidia{gpu}")),
            (
                "pci_bus_id",
                &format!("00000000:{:02X}:00.0", 0x10 + self.gpu),
            ),
            ("modelName", &self.model),
            ("Hostname", &self.node),
            ("DCGM_FI_DRIVER_VERSION", DRIVER),
            ("job", "nvidia-dcgm-exporter"),
            ("namespace", "gpu-operator"),
            ("pod", &format!("nvidia-dcgm-exporter-{}", self.node)),
            ("container", "nvidia-dcgm-exporter"),
        ]);
        let mut put = |key: &str, value: &str| own.insert(key.to_owned(), value.to_owned());
        if let Some((id, profile)) = &self.slice {
            put("GPU_I_ID", &id.to_string());
            put("GPU_I_PROFILE", profile);
        }
        if let Some((namespace, pod, container, _)) = &self.held {
            put("exported_namespace", namespace);
            put("exported_pod", pod);
            put("exported_container", container);
        }
        own
    }

    fn uuid(&self) -> String {
        let sum = self
            .node
            .bytes()
            .fold(7_u32, |h, b| h.wrapping_mul(31).wrapping_add(u32::from(b)));
        format!("GPU-{sum:08x}-0000-4000-8000-{:012}", self.gpu)
    }

    /// The series of one device. Figures of the board repeat on each of its slices.
    pub(super) fn series(&self, board: f64, begun: f64, out: &mut Vec<Series>) {
        let lost = self.lost.map(seconds);
        #[allow(clippy::cast_precision_loss)]
        let from = self
            .held
            .as_ref()
            .map_or(begun, |(.., since)| *since as f64);
        let mut put = |name: &str, kind: Kind, to: f64| {
            out.push(Series {
                labels: self.labels(name),
                from,
                to,
                fails: 0.0,
                kind,
            });
        };
        // the driver keeps the last error; a lost board tells nothing else
        let error = lost.map_or(Kind::Constant(0.0), |at| Kind::Step { at, after: 79.0 });
        put("DCGM_FI_DEV_XID_ERRORS", error, f64::INFINITY);
        let end = lost.unwrap_or(f64::INFINITY);
        let busy = self.busy();
        let swing = if busy > 0.0 { 0.06 } else { 0.0 };
        let phase = f64::from(self.gpu) + self.slice.as_ref().map_or(0.0, |(id, _)| f64::from(*id));
        let wave = |base: f64, swing: f64| Kind::Wave { base, swing, phase };
        put("DCGM_FI_PROF_GR_ENGINE_ACTIVE", wave(busy, swing), end);
        let memory = MEMORY * self.part();
        let share: f64 = match &self.held {
            None => 0.002,
            Some(_) if busy > 0.0 => 0.81,
            Some(_) => 0.12,
        };
        put(
            "DCGM_FI_DEV_FB_USED",
            Kind::Constant((memory * share).round()),
            end,
        );
        put(
            "DCGM_FI_DEV_FB_FREE",
            Kind::Constant((memory * (1.0 - share)).round()),
            end,
        );
        if self.slice.is_none() {
            put(
                "DCGM_FI_DEV_GPU_UTIL",
                wave(busy * 100.0, swing * 100.0),
                end,
            );
        }
        put("DCGM_FI_DEV_GPU_TEMP", wave(33.0 + 36.0 * board, 1.0), end);
        put(
            "DCGM_FI_DEV_MEMORY_TEMP",
            wave(38.0 + 44.0 * board, 1.0),
            end,
        );
        put(
            "DCGM_FI_DEV_POWER_USAGE",
            wave(68.0 + 320.0 * board, 4.0),
            end,
        );
        put(
            "DCGM_FI_DEV_SM_CLOCK",
            Kind::Constant(if board > 0.0 { 1_410.0 } else { 210.0 }),
            end,
        );
        put(
            "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS",
            Kind::Constant(0.0),
            end,
        );
        put("DCGM_FI_DEV_ROW_REMAP_FAILURE", Kind::Constant(0.0), end);
    }
}

#[allow(clippy::cast_precision_loss)]
fn seconds(at: i64) -> f64 {
    at as f64
}

/// The series of all devices, from a time on.
pub(super) fn all(devices: &[Device], begun: f64, out: &mut Vec<Series>) {
    for device in devices {
        let same = |d: &&Device| d.node == device.node && d.gpu == device.gpu;
        let board = devices
            .iter()
            .filter(same)
            .map(|d| d.busy() * d.part())
            .sum();
        device.series(board, begun, out);
    }
}
