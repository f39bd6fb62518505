//! What the driver of a node tells, where a person asks it: shown below the facts of the node and of its GPUs. Pure.

use super::{GpuScreen, What};
use crate::app::column::Fact;
use crate::app::lists::gpu_cells::{board, rounded};
use crate::app::lists::slices::memory;
use crate::app::screen::Ctx;
use crate::domain::{GpuRow, Key, Program, SmiGpu, SmiRow, SourceId, SourceState, clock};
use crate::store::{Scope, Want};
use crate::theme::Role;

/// The feed that runs `nvidia-smi` on a node.
const FEED: &str = "smi";
/// Most programs of a GPU that are named.
const PROGRAMS: usize = 6;

/// What has to be asked for a node.
pub(super) fn want(node: &Key) -> Want {
    Want {
        cluster: node.cluster.clone(),
        feed: FEED,
        scope: Scope::Object {
            namespace: String::new(),
            name: node.name.to_string(),
        },
    }
}

impl GpuScreen {
    /// Asks the driver of the node of the selected line, or stops asking it.
    pub(super) fn ask_driver(&mut self) {
        let node = self.here().and_then(|line| self.node(line.what));
        let Some(key) = node.map(|node| node.key.clone()) else {
            return;
        };
        self.asked = Some(key).filter(|key| self.asked.as_ref() != Some(key));
    }
}

/// What the driver tells of a line; nothing where it is not asked.
pub(super) fn facts(screen: &GpuScreen, what: What, ctx: &Ctx<'_>) -> Vec<Fact> {
    let Some(node) = screen
        .node(what)
        .filter(|n| screen.asked.as_ref() == Some(&n.key))
    else {
        return Vec::new();
    };
    let mut facts = standing(&node.key, ctx);
    let told = ctx.world.table::<SmiRow>().and_then(|t| t.get(&node.key));
    let Some(told) = told else {
        return facts;
    };
    facts.push(Fact::with(
        "driver",
        format!(
            "nvidia-smi in {}, {}, CUDA {}",
            told.pod,
            clock(told.at, ctx.now),
            told.cuda
        ),
        Role::Dim,
    ));
    match screen.gpu(what) {
        None => facts.extend(told.gpus.iter().map(line)),
        Some(on) => facts.extend(of_gpu(&on.row, told, ctx)),
    }
    facts
}

/// What the driver tells of a GPU that an exporter tells of.
fn of_gpu(row: &GpuRow, told: &SmiRow, ctx: &Ctx<'_>) -> Vec<Fact> {
    let same = |gpu: &&SmiGpu| match (row.uuid.is_empty(), gpu.row.uuid.is_empty()) {
        (false, false) => gpu.row.uuid == row.uuid,
        // ids are told by nobody: the driver counts as the exporter does
        _ => gpu.row.index == row.index,
    };
    match told.gpus.iter().find(same) {
        Some(gpu) => whole(gpu, ctx),
        None => vec![Fact::with(
            "driver",
            "the driver does not list this GPU: it is lost to it",
            Role::Bad,
        )],
    }
}

/// How the asking stands, where it is not well.
fn standing(node: &Key, ctx: &Ctx<'_>) -> Vec<Fact> {
    let id = SourceId {
        cluster: node.cluster.clone(),
        feed: FEED,
        scope: format!("/{}", node.name),
    };
    let source = ctx.world.source(&id);
    match source {
        None => vec![Fact::with("driver", "nvidia-smi is asked", Role::Dim)],
        Some(row) if row.state == SourceState::Live => Vec::new(),
        Some(row) => match &row.fault {
            None => vec![Fact::with("driver", "nvidia-smi is asked", Role::Dim)],
            Some(fault) => {
                let mut facts = vec![Fact::with("driver", fault.what.clone(), Role::Bad)];
                if !fault.hint.is_empty() {
                    facts.push(Fact::with("do", fault.hint.clone(), Role::Text));
                }
                facts
            }
        },
    }
}

/// One GPU of a node in a line.
fn line(gpu: &SmiGpu) -> Fact {
    let row = &gpu.row;
    let unit = |value: Option<f64>, unit: &str| {
        value.map_or_else(|| format!("- {unit}"), |v| format!("{v:.0} {unit}"))
    };
    let mut parts = vec![
        format!("GPU {}", row.index),
        unit(row.temperature, "°C"),
        unit(row.power, "W"),
    ];
    if row.is_mig() {
        parts.push(format!("{} slices", row.slices.len()));
    } else if let Some(slice) = row.slices.first() {
        let busy = slice
            .busy
            .map_or_else(|| "-".to_owned(), |b| rounded(b.ratio));
        parts.push(format!("busy {busy}"));
        parts.extend(memory(slice).map(|m| format!("memory {}", rounded(m))));
    }
    match gpu.programs.len() {
        // that none is told of is not that there is none
        0 => {}
        1 => parts.push("1 program".to_owned()),
        n => parts.push(format!("{n} programs")),
    }
    let wants = wants(gpu);
    let role = if wants.is_empty() {
        Role::Text
    } else {
        Role::Bad
    };
    parts.extend(wants);
    Fact::with("driver", parts.join(" · "), role)
}

/// What the driver wants to be done about a GPU.
fn wants(gpu: &SmiGpu) -> Vec<String> {
    let mut wants = Vec::new();
    if !gpu.recovery.is_empty() {
        wants.push(format!("the driver asks for: {}", gpu.recovery));
    }
    if gpu.remap_pending {
        wants.push("a memory row is remapped at the next reset".to_owned());
    }
    wants
}

/// All that the driver tells of one GPU.
fn whole(gpu: &SmiGpu, ctx: &Ctx<'_>) -> Vec<Fact> {
    let mut facts: Vec<Fact> = wants(gpu)
        .into_iter()
        .map(|text| Fact::with("do", text, Role::Bad))
        .collect();
    facts.push(line(gpu));
    facts.extend(board(&gpu.row, ctx.now));
    let shown = gpu.programs.iter().take(PROGRAMS);
    facts.extend(shown.map(|program| Fact::new("program", named(program))));
    if gpu.programs.is_empty() {
        let text = "none told of; from inside a container the driver often tells of none";
        facts.push(Fact::with("program", text, Role::Dim));
    }
    let more = gpu.programs.len().saturating_sub(PROGRAMS);
    if more > 0 {
        facts.push(Fact::with("program", format!("{more} more"), Role::Dim));
    }
    facts
}

fn named(program: &Program) -> String {
    let name = if program.name.is_empty() {
        "(no name told)"
    } else {
        program.name.as_str()
    };
    let slice = program.instance.map(|id| format!("slice {id}"));
    let memory = program.memory.map(|memory| format!("{memory} MiB"));
    let mut parts = vec![name.to_owned(), format!("process {}", program.pid)];
    parts.extend(slice.into_iter().chain(memory));
    parts.join(", ")
}
