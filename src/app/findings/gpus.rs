//! GPUs whose driver reported errors, and work that holds GPUs and does nothing with them. Pure.
//!
//! A GPU that its node lost is told of by the node.

use super::{Find, believed, seconds};
use crate::app::inspect::subject;
use crate::app::screen::Ctx;
use crate::domain::{Clean, FindingRow, GpuRow, Key, Need, Span, Subject, Xid, XidWeight};
use crate::store::{Asked, HolderRow, Table, WaitingRow, short};

/// An error is told for so many seconds; the list of GPUs keeps it.
const TOLD: u64 = 24 * 3_600;

/// Work may pause between two steps: seconds without any after which that is told.
const PATIENCE: u64 = 3_600;

pub(super) fn find(ctx: &Ctx<'_>) -> Vec<FindingRow> {
    let mut found: Vec<FindingRow> = believed::<GpuRow>(ctx)
        .filter_map(|gpu| sick(gpu, ctx))
        .collect();
    let measured = believed::<GpuRow>(ctx).next().is_some();
    let idle = believed::<HolderRow>(ctx).filter(|_| measured);
    found.extend(idle.filter_map(|holder| idles(holder, ctx)));
    found
}

/// What is wrong with a GPU, the worst alone.
fn sick(gpu: &GpuRow, ctx: &Ctx<'_>) -> Option<FindingRow> {
    let (need, says, advice, since) = failed(gpu, ctx).or_else(|| worn(gpu))?;
    let node = Key::new(gpu.key.cluster.clone(), "", &gpu.node);
    let held = gpu.slices.iter().flat_map(|slice| slice.held.iter());
    let mut held: Vec<String> = held.map(|h| format!("{}/{}", h.namespace, h.pod)).collect();
    held.dedup();
    held.truncate(5);
    let find = Find::new("sick-gpu", need, &gpu.key)
        .says(&says)
        .because("helps", advice)
        .because("held by", &held.join(", "))
        .because("model", &gpu.model)
        .because("uuid", &gpu.uuid)
        .within(seconds(since, ctx.now))
        .since(since);
    Some(
        find.subject(subject("nodes", &node, &Clean::default()))
            .done(),
    )
}

type Said = (Need, String, &'static str, Option<jiff::Timestamp>);

/// The last error that the driver reported.
fn failed(gpu: &GpuRow, ctx: &Ctx<'_>) -> Option<Said> {
    let last = gpu.xid.filter(|last| last.code != 0)?;
    let xid = Xid::of(last.code);
    if !matches!(xid.weight, XidWeight::Page | XidWeight::Ticket) {
        return None;
    }
    if last.at.is_some_and(|at| seconds(Some(at), ctx.now) > TOLD) {
        return None;
    }
    let need = match (xid.weight, last.at) {
        (XidWeight::Page, Some(_)) => Need::Failed,
        (XidWeight::Page, None) => Need::Waiting,
        _ => Need::Slow,
    };
    // it is kept until the driver is loaded anew
    let when = if last.at.is_some() {
        ""
    } else {
        "; when is not known"
    };
    let says = format!("XID {}: {}{when}", last.code, xid.meaning);
    Some((need, says, xid.advice, last.at))
}

/// Its memory wears out.
fn worn(gpu: &GpuRow) -> Option<Said> {
    if gpu.remap_failed == Some(true) {
        let says = "a row of its memory could not be remapped".to_owned();
        return Some((
            Need::Failed,
            says,
            "drain the node and replace the GPU",
            None,
        ));
    }
    let errors = gpu.ecc_uncorrectable.filter(|n| *n >= 1.0)?;
    let says = format!("{errors:.0} uncorrectable memory errors since its driver was loaded");
    Some((Need::Slow, says, "reset it when nothing runs on it", None))
}

/// Somebody holds GPUs and does nothing with them; it matters more while others wait for the same.
fn idles(holder: &HolderRow, ctx: &Ctx<'_>) -> Option<FindingRow> {
    let since = holder.idle_since.filter(|_| holder.is_idle())?;
    let idle = seconds(Some(since), ctx.now);
    if idle < PATIENCE {
        return None;
    }
    let asked = |asked: &Asked| format!("{} {}", asked.count, short(&asked.resource));
    let asked: Vec<String> = holder.asked.iter().map(asked).collect();
    let waits = waiting(holder, ctx);
    let (need, beside) = match waits {
        0 => (Need::Slow, String::new()),
        1 => (Need::Waiting, ", and 1 pod waits for it".to_owned()),
        n => (Need::Waiting, format!(", and {n} pods wait for it")),
    };
    let sentence = format!(
        "holds {} and has done nothing with it for {}{beside}",
        asked.join(", "),
        Span::between(since, ctx.now)
    );
    let hours = format!("{:.1} held so far", holder.hours(ctx.now));
    let mut find = Find::new("idle-holder", need, &holder.key)
        .what(&holder.holder.key.name)
        .says(&sentence)
        .because("what", holder.holder.kind.word())
        .because("owner", &holder.holder.owner)
        .because("GPU hours", &hours)
        .within(u64::from(u32::MAX).saturating_sub(idle))
        .since(Some(since));
    if let Some(one) = subject_of(holder) {
        find = find.subject(one);
    }
    if let Some(pod) = holder.pods.first() {
        find = find.example(subject("pods", pod, &Clean::default()));
    }
    Some(find.done())
}

/// Pods of its cluster that wait for something that it holds.
fn waiting(holder: &HolderRow, ctx: &Ctx<'_>) -> usize {
    let table = ctx.world.table::<WaitingRow>().into_iter();
    let same = |row: &&std::sync::Arc<WaitingRow>| {
        let mut wanted = row.asked.iter();
        let mine = |wanted: &Asked| holder.asked.iter().any(|a| a.resource == wanted.resource);
        row.key.cluster == holder.key.cluster && wanted.any(mine)
    };
    table.flat_map(Table::iter).filter(same).count()
}

/// The object that holds, where the console knows its kind.
fn subject_of(holder: &HolderRow) -> Option<Subject> {
    let feed = holder.holder.feed?;
    Some(subject(feed, &holder.holder.key, &Clean::default()))
}
