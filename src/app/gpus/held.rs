//! The slices that some pods hold, as a part of a page: which, how busy, and what they have cost. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::app::describe::page::{Cell, Page};
use crate::app::inspect::subject;
use crate::app::lists::gpu_cells::{rounded, short_amounts, stale, xid};
use crate::app::lists::slices::memory;
use crate::app::screen::Ctx;
use crate::app::trials::words::cost_words;
use crate::domain::{Busy, ClusterId, GpuRow, PodRow, Slice, Span, Subject};
use crate::store::{Asked, Scope, Want, short, slices_of};
use crate::theme::Role;

/// What has to be watched for it.
#[must_use]
pub fn want(cluster: &ClusterId) -> Want {
    Want {
        cluster: cluster.clone(),
        feed: super::SCREEN,
        scope: Scope::All,
    }
}

/// Some of these pods ask for accelerators.
#[must_use]
pub fn any<'a>(mut pods: impl Iterator<Item = &'a Arc<PodRow>>) -> bool {
    pods.any(|pod| holds(pod))
}

/// A pod has accelerators, or waits for some; one that has ended gave them back.
fn holds(pod: &PodRow) -> bool {
    !pod.gpus.is_empty() && !matches!(&*pod.phase, "Succeeded" | "Failed")
}

/// Hours of accelerators that pods have held up to a time, for each resource.
#[must_use]
pub fn hours(pods: &[&Arc<PodRow>], now: Timestamp) -> Vec<(String, f64)> {
    let mut all: BTreeMap<String, f64> = BTreeMap::new();
    for pod in pods.iter().filter(|pod| !pod.node.is_empty()) {
        let Some(created) = pod.created else { continue };
        let seconds = u32::try_from(Span::between(created, now).0).unwrap_or(u32::MAX);
        for asked in Asked::of(pod) {
            let hours = f64::from(asked.count) * f64::from(seconds) / 3_600.0;
            *all.entry(short(&asked.resource).to_owned()).or_default() += hours;
        }
    }
    all.into_iter().collect()
}

/// Writes what pods hold; nothing where none asks for an accelerator.
pub fn write(page: &mut Page, pods: &[&Arc<PodRow>], ctx: &Ctx<'_>) {
    let asking: Vec<&Arc<PodRow>> = pods.iter().filter(|pod| holds(pod)).copied().collect();
    if asking.is_empty() {
        return;
    }
    page.heading("Accelerators");
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut links: Vec<Subject> = Vec::new();
    for pod in &asking {
        for row in lines(pod, ctx) {
            rows.push(row);
            links.push(subject("pods", &pod.key, &pod.uid));
        }
    }
    let titles = ["GPU / SLICE", "POD", "BUSY", "1 H", "MEMORY", "SAYS"];
    page.linked(&titles, &rows, links);
    let cost = hours(&asking, ctx.now);
    if !cost.is_empty() {
        let text = format!("{}, since these pods were made", cost_words(&cost));
        page.fact("cost", text, Role::Text);
    }
}

fn lines(pod: &PodRow, ctx: &Ctx<'_>) -> Vec<Vec<Cell>> {
    let told = slices_of(ctx.world, &pod.key);
    if told.is_empty() {
        let why = if pod.node.is_empty() {
            "waits for a node"
        } else {
            "which one is not told"
        };
        let dash = || cell("-", Role::Dim);
        return vec![vec![
            cell(short_amounts(pod), Role::Text),
            cell(pod.key.name.to_string(), Role::Text),
            dash(),
            dash(),
            dash(),
            cell(why, Role::Dim),
        ]];
    }
    let each = told.iter().filter_map(|(gpu, at)| {
        let slice = gpu.slices.get(*at)?;
        Some(line(pod, gpu, slice, ctx))
    });
    each.collect()
}

fn line(pod: &PodRow, gpu: &GpuRow, slice: &Slice, ctx: &Ctx<'_>) -> Vec<Cell> {
    let dash = || cell("-", Role::Dim);
    let busy = |busy: Option<Busy>| match busy {
        None => dash(),
        Some(busy) if busy.ratio < 0.05 => cell(rounded(busy.ratio), Role::Warn),
        Some(busy) => cell(rounded(busy.ratio), Role::Text),
    };
    let says = match (xid(gpu, ctx.now), stale(gpu, ctx.now)) {
        (_, Some(old)) => cell(format!("figures are {old} old"), Role::Warn),
        (Some((text, role)), None) => (text, role),
        (None, None) => cell("", Role::Text),
    };
    vec![
        cell(place(gpu, slice), Role::Strong),
        cell(pod.key.name.to_string(), Role::Text),
        busy(slice.busy),
        busy(slice.hour),
        memory(slice).map_or_else(dash, |m| cell(rounded(m), Role::Text)),
        says,
    ]
}

/// `gpu-1 GPU 0 slice 7 (1g.10gb)`
fn place(gpu: &GpuRow, slice: &Slice) -> String {
    match slice.instance {
        Some(id) => format!(
            "{} GPU {} slice {id} ({})",
            gpu.node, gpu.index, slice.profile
        ),
        None => format!("{} GPU {}", gpu.node, gpu.index),
    }
}

fn cell(text: impl Into<String>, role: Role) -> Cell {
    (text.into(), role)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Clean, Key, Labels};

    fn pod(node: &str, gpus: &str, created: i64) -> Arc<PodRow> {
        Arc::new(PodRow {
            key: Key::new(ClusterId::new("c"), "ml", "p"),
            uid: Clean::default(),
            phase: Clean::new("Running"),
            reason: Clean::default(),
            message: Clean::default(),
            node: Clean::new(node),
            unscheduled: Clean::default(),
            run: Clean::default(),
            step: Clean::default(),
            containers: Box::default(),
            gpus: Clean::new(gpus),
            labels: Labels::of(std::iter::empty()),
            owner: None,
            created: Timestamp::from_second(created).ok(),
            deleting: None,
        })
    }

    #[test]
    fn hours_are_counted_by_resource_and_not_while_a_pod_waits() {
        let now = Timestamp::from_second(7_200).unwrap();
        let (a, b) = (
            pod("n", "2 nvidia.com/gpu", 0),
            pod("n", "1 nvidia.com/gpu, 1 nvidia.com/mig-1g.10gb", 3_600),
        );
        let waiting = pod("", "8 nvidia.com/gpu", 0);
        let told = hours(&[&a, &b, &waiting], now);
        assert_eq!(
            told,
            [("gpu".to_owned(), 5.0), ("mig-1g.10gb".to_owned(), 1.0)]
        );
    }
}
