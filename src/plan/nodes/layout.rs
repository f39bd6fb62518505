//! The layouts of the MIG manager: which there are, what each makes of a GPU, and whether a node has it. Pure.
//!
//! They stand in a `ConfigMap` of the GPU operator: one that a node has to itself, else that of all nodes
//! (source: gpu-operator `assets/state-mig-manager`, mig-parted `cmd/nvidia-mig-manager`).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::super::beside::Read;
use super::super::given::Given;
use super::super::json;
use super::super::refused::Refused;
use super::super::wire;
use crate::domain::{Board, Clean, Profile};
use crate::plan::Sight;

/// Namespaces that the operator lives in where nothing else is said.
const HOMES: &[&str] = &["gpu-operator", "nvidia-gpu-operator"];

/// The layouts of all nodes, where the operator brings them.
const SHARED: &str = "default-mig-parted-config";

/// All layouts that can be asked for.
#[derive(Debug)]
pub(in crate::plan) struct Layouts {
    /// Where they stand: `gpu-operator/default-mig-parted-config`.
    pub(in crate::plan) place: String,
    all: BTreeMap<String, Vec<Entry>>,
}

/// One line of a layout: how some of the GPUs are cut.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Entry {
    devices: Value,
    #[serde(default)]
    mig_enabled: bool,
    #[serde(default)]
    mig_devices: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    mig_configs: BTreeMap<String, Vec<Entry>>,
}

/// Asks to see where layouts may stand.
pub(in crate::plan) fn reads(given: &Given<'_>) -> Vec<Read> {
    let places = places(given.object, given.params.text("config"));
    let read = |(namespace, name): (String, String)| Read {
        path: wire::path("", "v1", (&namespace, "configmaps", &name)),
        what: format!(
            "the layouts in {}",
            Clean::new(&format!("{namespace}/{name}"))
        ),
    };
    places.into_iter().map(read).collect()
}

/// Where layouts may stand, the nearest first.
fn places(node: &Value, config: &str) -> Vec<(String, String)> {
    if let Some((namespace, name)) = config.split_once('/') {
        return vec![(namespace.to_owned(), name.to_owned())];
    }
    let own = format!("{}-mig-config", json::text(node, &["metadata", "name"]));
    let of = |name: String| {
        HOMES
            .iter()
            .map(move |home| ((*home).to_owned(), name.clone()))
    };
    of(own).chain(of(SHARED.to_owned())).collect()
}

impl Layouts {
    /// Those of the first place where some are.
    pub(in crate::plan) fn seen(given: &Given<'_>) -> Result<Self, Refused> {
        let mut troubles = Vec::new();
        for (namespace, name) in places(given.object, given.params.text("config")) {
            let place = Clean::new(&format!("{namespace}/{name}")).to_string();
            match given
                .beside
                .at(&wire::path("", "v1", (&namespace, "configmaps", &name)))
            {
                Sight::Found(map) => return Self::read(place, map),
                Sight::Unseen(why) => troubles.push(why.to_string()),
                Sight::Absent | Sight::Unasked => {}
            }
        }
        let why = match troubles.first() {
            Some(why) => format!("The layouts of the MIG manager could not be seen: {why}"),
            None => "No layouts of the MIG manager were found where the GPU operator keeps them"
                .to_owned(),
        };
        Err(Refused::new(&why)
            .instead("Name the ConfigMap that has them: --param config=NAMESPACE/NAME"))
    }

    fn read(place: String, map: &Value) -> Result<Self, Refused> {
        let text = json::text(map, &["data", "config.yaml"]);
        let file: Result<File, _> = serde_saphyr::from_str(text);
        match file {
            Ok(file) => Ok(Self {
                place,
                all: file.mig_configs,
            }),
            Err(_) => Err(Refused::new(&format!(
                "The layouts in ConfigMap {place} cannot be read: its key config.yaml has no mig-configs as the MIG manager reads them"
            ))),
        }
    }

    /// Their names.
    pub(in crate::plan) fn names(&self) -> Vec<String> {
        self.all
            .keys()
            .map(|name| Clean::new(name).to_string())
            .collect()
    }

    /// The one that makes most slices of a size on each GPU: `mig-2g.20gb`, `1 nvidia.com/mig-2g.20gb`. Of equal ones the
    /// first by name.
    pub(in crate::plan) fn best(&self, size: &str, board: Option<Board>) -> Option<String> {
        let size = size.rsplit("mig-").next()?.replace('.', "+");
        let same = |name: &str| name.replace('.', "+") == size;
        let makes = |name: &String| -> u64 {
            let entries = self.all.get(name).into_iter().flatten();
            let fit = entries.filter(|e| e.mig_enabled && e.fits(board));
            let of = fit.flat_map(|e| e.mig_devices.iter());
            of.filter(|(name, _)| same(name))
                .map(|(_, n)| *n)
                .max()
                .unwrap_or(0)
        };
        let best = self.all.keys().rev().max_by_key(|name| makes(name))?;
        (makes(best) > 0).then(|| best.clone())
    }

    /// One of them, for a board where that is known.
    pub(in crate::plan) fn get(&self, name: &str, board: Option<Board>) -> Option<Layout<'_>> {
        let entries = self.all.get(name)?;
        let fits: Vec<&Entry> = entries.iter().filter(|e| e.fits(board)).collect();
        Some(Layout { entries: fits })
    }
}

/// A layout, as far as it is for a board.
#[derive(Debug)]
pub(in crate::plan) struct Layout<'a> {
    entries: Vec<&'a Entry>,
}

impl Layout<'_> {
    /// No line of it is for the board.
    pub(in crate::plan) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What it makes of the GPUs: `every GPU: 7 × 1g.10gb`.
    pub(in crate::plan) fn words(&self) -> String {
        let all: Vec<String> = self.entries.iter().map(|e| e.words()).collect();
        all.join("; ")
    }

    /// It cuts GPUs into unlike parts, or only some of them: with strategy `single` the node then gives out none.
    pub(in crate::plan) fn is_mixed(&self) -> bool {
        let mut kinds: Vec<&str> = Vec::new();
        for entry in &self.entries {
            if entry.mig_enabled {
                kinds.extend(entry.mig_devices.keys().map(String::as_str));
            } else {
                kinds.push("whole");
            }
        }
        kinds.sort_unstable();
        kinds.dedup();
        kinds.len() > 1
    }
}

impl Entry {
    /// A board can be cut so; of one that is not known, everything can.
    fn fits(&self, board: Option<Board>) -> bool {
        let Some(board) = board else { return true };
        let mut parts = Vec::new();
        for (name, count) in &self.mig_devices {
            let Some(profile) = Profile::read(name) else {
                // a name of a kind that is not known yet
                return true;
            };
            let count = usize::try_from(*count).unwrap_or(usize::MAX).min(64);
            parts.extend(std::iter::repeat_n(profile, count));
        }
        board.holds(&parts)
    }

    fn words(&self) -> String {
        let devices: Vec<String> = match &self.devices {
            Value::Array(list) => list.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        };
        let which = match devices.as_slice() {
            [] => "every GPU".to_owned(),
            [one] => format!("GPU {one}"),
            many => format!("GPUs {}", many.join(", ")),
        };
        let parts = self.mig_devices.iter();
        let parts: Vec<String> = parts.map(|(name, n)| format!("{n} × {name}")).collect();
        let how = match (self.mig_enabled, parts.is_empty()) {
            (false, _) => "whole".to_owned(),
            (true, true) => "MIG on, cut into nothing".to_owned(),
            (true, false) => parts.join(" + "),
        };
        Clean::new(&format!("{which}: {how}")).to_string()
    }
}

/// The board of a node, where its labels tell: those of a node that is cut under strategy `single` tell of a slice.
pub(in crate::plan) fn board(node: &Value) -> Option<Board> {
    let product = json::label(node, "nvidia.com/gpu.product");
    let memory = json::label(node, "nvidia.com/gpu.memory");
    let whole = !product.contains("-MIG-");
    whole.then(|| Board::of(product, memory.parse().ok()))?
}
