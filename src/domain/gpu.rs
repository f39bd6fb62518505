//! A GPU and its MIG slices as rows, as an exporter on its node tells of them. Pure.
//!
//! Everything is optional: an exporter leaves out what the hardware cannot say. What is not known stays unknown and is
//! never 0.

use jiff::Timestamp;

use super::{Clean, Key, Labels, Profile, Row};

/// Which metric says how busy something is. They do not count the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BusyBy {
    /// Part of the time in which the graphics and compute engine worked: also of a slice.
    Engine,
    /// Part of the time in which any kernel ran: of a whole GPU only.
    Kernels,
}

impl BusyBy {
    /// The metric's name, as DCGM has it.
    #[must_use]
    pub fn metric(self) -> &'static str {
        match self {
            Self::Engine => "DCGM_FI_PROF_GR_ENGINE_ACTIVE",
            Self::Kernels => "DCGM_FI_DEV_GPU_UTIL",
        }
    }

    /// Its name, as whoever told it calls it.
    #[must_use]
    pub fn told_by(self, by: GpuBy) -> &'static str {
        match by {
            GpuBy::Prometheus | GpuBy::Exporter => self.metric(),
            GpuBy::Nvml => "nvmlDeviceGetUtilizationRates",
            GpuBy::Smi => "nvidia-smi utilization.gpu_util",
        }
    }
}

/// How busy something is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Busy {
    /// 0 to 1.
    pub ratio: f64,
    /// What says so.
    pub by: BusyBy,
}

/// A pod as an exporter names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HeldBy {
    /// Its namespace.
    pub namespace: Clean,
    /// Its name.
    pub pod: Clean,
    /// The container.
    pub container: Clean,
}

/// A whole GPU, or one MIG slice of it: what a pod can hold.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Slice {
    /// GPU instance id; none for a whole GPU.
    pub instance: Option<u32>,
    /// The profile as it is written (`1g.10gb`); empty for a whole GPU.
    pub profile: Clean,
    /// Who holds it; several where it is shared in time; none when nobody does, or the exporter does not tell.
    pub held: Box<[HeldBy]>,
    /// How busy it is now.
    pub busy: Option<Busy>,
    /// How busy it was in the last hour.
    pub hour: Option<Busy>,
    /// It has done nothing since then, or longer.
    pub idle_since: Option<Timestamp>,
    /// Memory in use, in MiB.
    pub memory_used: Option<f64>,
    /// Memory not in use, in MiB.
    pub memory_free: Option<f64>,
}

impl Slice {
    /// Its profile, where it is a slice and the profile can be read.
    #[must_use]
    pub fn mig(&self) -> Option<Profile> {
        Profile::read(&self.profile)
    }
}

/// The last error that the driver reported for a GPU. It is kept until the driver is loaded anew, so it may be old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastXid {
    /// Its number.
    pub code: u32,
    /// When it came, if that was seen.
    pub at: Option<Timestamp>,
    /// It was there already then, the first time that is known of.
    pub before: Option<Timestamp>,
}

/// Where the figures of a GPU come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum GpuBy {
    /// DCGM, as Prometheus has kept it.
    #[default]
    Prometheus,
    /// The DCGM exporter of its node, asked itself.
    Exporter,
    /// The driver of this machine.
    Nvml,
    /// `nvidia-smi` in the driver's pod of its node, asked once.
    Smi,
}

impl GpuBy {
    /// In words.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Prometheus => "DCGM, through Prometheus",
            Self::Exporter => "DCGM exporter, asked itself",
            Self::Nvml => "NVML, the driver of this machine",
            Self::Smi => "nvidia-smi, asked once",
        }
    }
}

/// One GPU.
#[derive(Debug, Clone, PartialEq)]
pub struct GpuRow {
    /// Cluster, no namespace, `node/index`.
    pub key: Key,
    /// The node it is in, as the exporter names it.
    pub node: Clean,
    /// Its index on the node, as the exporter has it.
    pub index: Clean,
    /// `GPU-…`
    pub uuid: Clean,
    /// `NVIDIA A100-SXM4-80GB`
    pub model: Clean,
    /// Version of its driver.
    pub driver: Clean,
    /// °C.
    pub temperature: Option<f64>,
    /// °C of its memory.
    pub memory_temperature: Option<f64>,
    /// W.
    pub power: Option<f64>,
    /// MHz.
    pub clock: Option<f64>,
    /// Why it is slower than it could be, as bits; see [`throttled`].
    pub throttle: Option<u64>,
    /// Last error.
    pub xid: Option<LastXid>,
    /// Uncorrectable memory errors since the driver was loaded.
    pub ecc_uncorrectable: Option<f64>,
    /// Corrected memory errors since then.
    pub ecc_corrected: Option<f64>,
    /// Rows remapped after uncorrectable errors.
    pub rows_uncorrectable: Option<f64>,
    /// Rows remapped after corrected errors.
    pub rows_corrected: Option<f64>,
    /// A row could not be remapped.
    pub remap_failed: Option<bool>,
    /// What of it can be held: itself, or its slices in the order of their ids.
    pub slices: Box<[Slice]>,
    /// When it was measured last.
    pub measured: Option<Timestamp>,
    /// What says so.
    pub by: GpuBy,
}

impl GpuRow {
    /// A GPU of which nothing is known but where it is.
    #[must_use]
    pub fn new(key: Key, node: Clean, index: Clean) -> Self {
        Self {
            key,
            node,
            index,
            uuid: Clean::default(),
            model: Clean::default(),
            driver: Clean::default(),
            temperature: None,
            memory_temperature: None,
            power: None,
            clock: None,
            throttle: None,
            xid: None,
            ecc_uncorrectable: None,
            ecc_corrected: None,
            rows_uncorrectable: None,
            rows_corrected: None,
            remap_failed: None,
            slices: Box::default(),
            measured: None,
            by: GpuBy::default(),
        }
    }

    /// It is cut into slices.
    #[must_use]
    pub fn is_mig(&self) -> bool {
        self.slices.iter().any(|s| s.instance.is_some())
    }

    /// How busy it is as a whole: slices count by the part of the GPU that they are. None while a slice in use is not
    /// measured.
    #[must_use]
    pub fn busy(&self) -> Option<Busy> {
        if !self.is_mig() {
            return self.slices.first()?.busy;
        }
        let mut ratio = 0.0;
        for slice in &self.slices {
            let part = slice.mig()?.part(&self.model);
            match slice.busy {
                Some(busy) => ratio += busy.ratio * part,
                None if slice.held.is_empty() => {}
                None => return None,
            }
        }
        let by = BusyBy::Engine;
        Some(Busy { ratio, by })
    }
}

impl Row for GpuRow {
    fn key(&self) -> &Key {
        &self.key
    }
    fn labels(&self) -> &Labels {
        Labels::NONE
    }
}

/// Why clocks are held down, in words, what hurts first. Bits: `nvmlClocksEventReasons`.
#[must_use]
pub fn throttled(bits: u64) -> Vec<&'static str> {
    const REASONS: [(u64, &str); 6] = [
        (0x40, "too hot (hardware)"),
        (0x80, "power brake (hardware)"),
        (0x8, "slowed down by hardware"),
        (0x20, "too hot (driver)"),
        (0x4, "at its power limit"),
        (0x10, "held to the slowest of its group"),
    ];
    // idle, and clocks that somebody has set, are no trouble
    let mut words: Vec<&str> = REASONS
        .iter()
        .filter(|(bit, _)| bits & bit != 0)
        .map(|(_, word)| *word)
        .collect();
    // the hardware bit is set together with the one that says why
    if words.len() > 1 {
        words.retain(|word| *word != "slowed down by hardware");
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ClusterId;

    fn slice(instance: u32, profile: &str, busy: Option<f64>, held: bool) -> Slice {
        let pod = HeldBy {
            namespace: Clean::new("ml"),
            pod: Clean::new("p"),
            container: Clean::new("main"),
        };
        Slice {
            instance: Some(instance),
            profile: Clean::new(profile),
            held: if held {
                Box::new([pod])
            } else {
                Box::default()
            },
            busy: busy.map(|ratio| Busy {
                ratio,
                by: BusyBy::Engine,
            }),
            ..Slice::default()
        }
    }

    fn gpu(slices: Vec<Slice>) -> GpuRow {
        let key = Key::new(ClusterId::new("c"), "", "n/0");
        GpuRow {
            slices: slices.into(),
            model: Clean::new("NVIDIA A100-SXM4-80GB"),
            ..GpuRow::new(key, Clean::new("n"), Clean::new("0"))
        }
    }

    #[test]
    fn slices_count_by_the_part_of_the_gpu_that_they_are() {
        let whole = gpu(vec![
            slice(1, "3g.40gb", Some(1.0), true),
            slice(2, "4g.40gb", Some(0.5), true),
        ]);
        assert!((whole.busy().unwrap().ratio - 5.0 / 7.0).abs() < 1e-9);
    }

    #[test]
    fn a_slice_in_use_that_is_not_measured_makes_the_whole_unknown() {
        let held = gpu(vec![
            slice(1, "3g.40gb", Some(1.0), true),
            slice(2, "3g.40gb", None, true),
        ]);
        assert_eq!(held.busy(), None);
        let free = gpu(vec![
            slice(1, "3g.40gb", Some(1.0), true),
            slice(2, "3g.40gb", None, false),
        ]);
        assert!((free.busy().unwrap().ratio - 3.0 / 7.0).abs() < 1e-9);
    }

    #[test]
    fn what_only_idles_is_not_throttled() {
        assert!(throttled(0x1).is_empty() && throttled(0x2).is_empty());
        assert_eq!(throttled(0x48), ["too hot (hardware)"]);
        assert_eq!(throttled(0x4), ["at its power limit"]);
    }
}
