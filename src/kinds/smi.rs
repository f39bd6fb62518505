//! The XML of `nvidia-smi -q -x`, as rows. Pure; the feed of one node's driver reads it.
//!
//! What a GPU does not have is written `N/A`, a sensor that broke `[Unknown Error]`, and what newer drivers renamed stands
//! under either name: whatever is no figure is not known. Of a slice the driver names no profile here, and no utilisation.

use jiff::Timestamp;
use roxmltree::{Document, Node, ParsingOptions};

use crate::domain::{
    Busy, BusyBy, Clean, ClusterId, GpuBy, GpuRow, Key, Program, Slice, SmiGpu, SmiRow,
};

/// Most programs kept of a GPU.
const PROGRAMS: usize = 64;
/// Most elements of a text: what has more is no answer of the driver's.
const NODES: u32 = 200_000;

/// Bits of `nvmlClocksEventReasons`, by the end of their element's name.
const REASONS: [(&str, u64); 9] = [
    ("gpu_idle", 0x1),
    ("applications_clocks_setting", 0x2),
    ("sw_power_cap", 0x4),
    ("hw_slowdown", 0x8),
    ("sync_boost", 0x10),
    ("sw_thermal_slowdown", 0x20),
    ("hw_thermal_slowdown", 0x40),
    ("hw_power_brake_slowdown", 0x80),
    ("display_clocks_setting", 0x100),
];

/// Where an answer comes from.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The cluster.
    pub cluster: &'a ClusterId,
    /// The node.
    pub node: &'a str,
    /// The pod it was asked in.
    pub pod: &'a str,
    /// When it answered.
    pub at: Timestamp,
}

/// Reads an answer; why it is none otherwise.
pub fn read(text: &str, asked: Asked<'_>) -> Result<SmiRow, String> {
    let options = ParsingOptions {
        // the text names its document type, which is not looked for
        allow_dtd: true,
        nodes_limit: NODES,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options)
        .map_err(|error| Clean::new(&error.to_string()).to_string())?;
    let root = document.root_element();
    if !root.has_tag_name("nvidia_smi_log") {
        return Err("there is no nvidia_smi_log in it".to_owned());
    }
    let driver = clean(root, &["driver_version"]);
    let gpus = root.children().filter(|n| n.has_tag_name("gpu"));
    Ok(SmiRow {
        key: Key::new(asked.cluster.clone(), "", asked.node),
        gpus: gpus
            .enumerate()
            .map(|(index, gpu)| read_gpu(gpu, index, &driver, asked))
            .collect(),
        cuda: clean(root, &["cuda_version"]),
        pod: Clean::new(asked.pod),
        at: asked.at,
    })
}

fn read_gpu(gpu: Node<'_, '_>, place: usize, driver: &Clean, asked: Asked<'_>) -> SmiGpu {
    // those behind a GPU that is lost move up in the list, and keep their device
    let device = word(gpu, &["minor_number"]).map(str::to_owned);
    let index = device.unwrap_or_else(|| place.to_string());
    let key = Key::new(
        asked.cluster.clone(),
        "",
        &format!("{}/{index}", asked.node),
    );
    let (ecc_uncorrectable, ecc_corrected) = errors(gpu);
    let remapped = |name: &str| figure(gpu, &["remapped_rows", name]);
    let says = |name: &str| word(gpu, &["remapped_rows", name]);
    let row = GpuRow {
        uuid: clean(gpu, &["uuid"]),
        model: clean(gpu, &["product_name"]),
        driver: driver.clone(),
        temperature: figure(gpu, &["temperature", "gpu_temp"]),
        memory_temperature: figure(gpu, &["temperature", "memory_temp"]).filter(|t| *t > 0.0),
        power: power(gpu),
        clock: figure(gpu, &["clocks", "sm_clock"]),
        throttle: throttle(gpu),
        ecc_uncorrectable,
        ecc_corrected,
        rows_uncorrectable: remapped("remapped_row_unc"),
        rows_corrected: remapped("remapped_row_corr"),
        remap_failed: says("remapped_row_failure").map(|said| said == "Yes"),
        slices: slices(gpu),
        measured: Some(asked.at),
        by: GpuBy::Smi,
        ..GpuRow::new(key, Clean::new(asked.node), Clean::new(&index))
    };
    let recovery = word(gpu, &["gpu_recovery_action"]).filter(|said| *said != "None");
    SmiGpu {
        row,
        programs: programs(gpu),
        recovery: Clean::new(recovery.unwrap_or_default()),
        remap_pending: says("remapped_row_pending") == Some("Yes"),
    }
}

/// The element at the end of a path.
fn at<'a, 'i>(from: Node<'a, 'i>, path: &[&str]) -> Option<Node<'a, 'i>> {
    path.iter().try_fold(from, |node, name| {
        node.children().find(|child| child.has_tag_name(*name))
    })
}

/// Its text, where it says something.
fn word<'a>(from: Node<'a, '_>, path: &[&str]) -> Option<&'a str> {
    let said = at(from, path)?.text()?.trim();
    let nothing = said.is_empty() || said == "N/A" || said.starts_with('[');
    (!nothing).then_some(said)
}

fn clean(from: Node<'_, '_>, path: &[&str]) -> Clean {
    Clean::new(word(from, path).unwrap_or_default())
}

/// Its number, without the unit: `41 C`, `63.91 W`, `4096 MiB`.
fn figure(from: Node<'_, '_>, path: &[&str]) -> Option<f64> {
    let number = word(from, path)?.split_whitespace().next()?;
    number
        .parse()
        .ok()
        .filter(|n: &f64| n.is_finite() && *n >= 0.0)
}

fn count(from: Node<'_, '_>, path: &[&str]) -> Option<u32> {
    word(from, path)?.split_whitespace().next()?.parse().ok()
}

/// Named differently by each generation of drivers.
fn power(gpu: Node<'_, '_>) -> Option<f64> {
    [
        ["gpu_power_readings", "average_power_draw"],
        ["gpu_power_readings", "power_draw"],
        ["gpu_power_readings", "instant_power_draw"],
        ["power_readings", "power_draw"],
    ]
    .iter()
    .find_map(|path| figure(gpu, path))
}

/// Why it is slower than it could be; not known where nothing stands there.
fn throttle(gpu: Node<'_, '_>) -> Option<u64> {
    let reasons =
        at(gpu, &["clocks_event_reasons"]).or_else(|| at(gpu, &["clocks_throttle_reasons"]))?;
    let active = reasons
        .children()
        .filter(|n| n.text().map(str::trim) == Some("Active"));
    let bits = active.map(|node| {
        let name = node.tag_name().name();
        let known = REASONS.iter().find(|(end, _)| {
            // `sw_thermal_slowdown` ends as `thermal_slowdown` does: the word before has to end there
            name.strip_suffix(end)
                .is_some_and(|rest| rest.ends_with("reason_"))
        });
        known.map_or(0, |(_, bit)| *bit)
    });
    Some(bits.fold(0, |all, bit| all | bit))
}

/// Uncorrectable and corrected errors since the driver was loaded: those of all memories, as far as they are told.
fn errors(gpu: Node<'_, '_>) -> (Option<f64>, Option<f64>) {
    let Some(since) = at(gpu, &["ecc_errors", "volatile"]) else {
        return (None, None);
    };
    let sum = |word: &str| {
        let told = since.children().filter(|n| {
            let name = n.tag_name().name();
            let is =
                name.contains(word) && (word != "correctable" || !name.contains("uncorrectable"));
            // the sum of the two above it
            is && name != "sram_uncorrectable"
        });
        let values: Vec<f64> = told.filter_map(|n| figure(n, &[])).collect();
        (!values.is_empty()).then(|| values.iter().sum())
    };
    // older drivers tell one figure of it
    let older = || figure(since, &["sram_uncorrectable"]);
    (sum("uncorrectable").or_else(older), sum("correctable"))
}

/// What can be held of it.
fn slices(gpu: Node<'_, '_>) -> Box<[Slice]> {
    let cut = word(gpu, &["mig_mode", "current_mig"]) == Some("Enabled");
    let parts = at(gpu, &["mig_devices"]);
    let parts = parts.into_iter().flat_map(|n| n.children());
    let parts = parts.filter(|n| n.has_tag_name("mig_device"));
    if cut {
        return parts
            .map(|part| Slice {
                instance: count(part, &["gpu_instance_id"]),
                ..memory(part)
            })
            .collect();
    }
    let busy = figure(gpu, &["utilization", "gpu_util"]);
    Box::new([Slice {
        busy: busy.map(|percent| Busy {
            ratio: (percent / 100.0).min(1.0),
            by: BusyBy::Kernels,
        }),
        ..memory(gpu)
    }])
}

fn memory(of: Node<'_, '_>) -> Slice {
    Slice {
        memory_used: figure(of, &["fb_memory_usage", "used"]),
        memory_free: figure(of, &["fb_memory_usage", "free"]),
        ..Slice::default()
    }
}

fn programs(gpu: Node<'_, '_>) -> Box<[Program]> {
    let all = at(gpu, &["processes"]);
    let all = all.into_iter().flat_map(|n| n.children());
    all.filter(|n| n.has_tag_name("process_info"))
        .take(PROGRAMS)
        .map(|one| Program {
            pid: clean(one, &["pid"]),
            name: clean(one, &["process_name"]),
            instance: count(one, &["gpu_instance_id"]),
            memory: count(one, &["used_memory"]),
        })
        .collect()
}

#[cfg(test)]
#[path = "smi_tests.rs"]
mod tests;
