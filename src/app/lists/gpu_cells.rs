//! Cells about accelerators that several lists share. Pure.

use jiff::Timestamp;

use crate::app::list::{Cell, Fact};
use crate::app::screen::Ctx;
use crate::domain::{
    Busy, Clean, GpuBy, GpuRow, HolderKind, PodRow, SourceState, Span, Xid, XidWeight, clock,
    throttled,
};
use crate::store::{Asked, Hold, short};
use crate::theme::Role;

/// Figures older than so many seconds are no longer the present.
pub const OLD: i64 = 180;

/// `93 %`; a dash when it is not measured.
#[must_use]
pub fn percent(busy: Option<Busy>) -> Cell {
    match busy {
        None => Cell::unknown(),
        Some(busy) => Cell::Text(rounded(busy.ratio).into(), worked(busy.ratio)),
    }
}

/// A ratio as whole percents; what is more than nothing is not shown as nothing.
#[must_use]
pub fn rounded(ratio: f64) -> String {
    let percent = (ratio * 100.0).round();
    if percent < 1.0 && ratio > 0.0 {
        "<1 %".to_owned()
    } else {
        format!("{percent:.0} %")
    }
}

fn worked(ratio: f64) -> Role {
    if ratio < 0.05 { Role::Warn } else { Role::Text }
}

/// `14 × mig-1g.10gb, 2 × gpu`
#[must_use]
pub fn amounts(asked: &[Asked]) -> String {
    let each = asked
        .iter()
        .map(|a| format!("{} × {}", a.count, short(&a.resource)));
    each.collect::<Vec<_>>().join(", ")
}

/// What a pod asks for, in the same words.
#[must_use]
pub fn short_amounts(pod: &PodRow) -> String {
    amounts(&Asked::of(pod))
}

/// Who holds something: `sweep-bert-x1 (trial of sweep-bert)`.
#[must_use]
pub fn who(hold: &Hold) -> String {
    let holder = &hold.holder;
    let name = &holder.key.name;
    match holder.kind {
        HolderKind::Pod => name.to_string(),
        HolderKind::Trial if !holder.of.is_empty() => format!("{name} (trial of {})", holder.of),
        kind => format!("{name} ({})", kind.word()),
    }
}

/// Who owns it: the owner that labels name, else its namespace.
#[must_use]
pub fn owner(hold: &Hold) -> String {
    let holder = &hold.holder;
    if holder.owner.is_empty() {
        holder.key.namespace.to_string()
    } else {
        format!("{} / {}", holder.key.namespace, holder.owner)
    }
}

/// `XID 79: the GPU fell off the bus, 6 m ago`; none where there is none.
#[must_use]
pub fn xid(gpu: &GpuRow, now: Timestamp) -> Option<(String, Role)> {
    let last = gpu.xid?;
    let known = Xid::of(last.code);
    let when = match (last.at, last.before) {
        (Some(at), _) => format!(", {} ago", Span::between(at, now).short()),
        (None, Some(before)) => format!(", more than {} ago", Span::between(before, now).short()),
        (None, None) => String::new(),
    };
    let role = match known.weight {
        XidWeight::Page => Role::Bad,
        XidWeight::Ticket => Role::Warn,
        XidWeight::Workload | XidWeight::Info => Role::Dim,
    };
    Some((format!("XID {}: {}{when}", last.code, known.meaning), role))
}

/// Somebody has to act: an error that the GPU does not get over, or a row that could not be remapped.
#[must_use]
pub fn is_sick(gpu: &GpuRow) -> bool {
    let xid = gpu
        .xid
        .is_some_and(|x| Xid::of(x.code).weight == XidWeight::Page);
    xid || gpu.remap_failed == Some(true)
}

/// Its figures are not the present: for how long.
#[must_use]
pub fn stale(gpu: &GpuRow, now: Timestamp) -> Option<Span> {
    let age = Span::between(gpu.measured?, now);
    (age.0 > OLD).then_some(age)
}

fn unit(value: Option<f64>, unit: &str) -> Option<String> {
    value.map(|v| format!("{v:.0} {unit}"))
}

/// Facts of a board.
#[must_use]
pub fn board(gpu: &GpuRow, now: Timestamp) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some((text, role)) = xid(gpu, now)
        && let Some(last) = gpu.xid
    {
        let when = last
            .at
            .map_or_else(String::new, |at| format!(" ({})", clock(at, now)));
        let known = Xid::of(last.code);
        facts.push(Fact::with("xid", format!("{text}{when}"), role));
        let advice = format!("{}: {}", known.weight.word(), known.advice);
        facts.push(Fact::with("do", advice, role));
    }
    if gpu.remap_failed == Some(true) {
        let text = "a memory row could not be remapped: reset the GPU, expect to replace it";
        facts.push(Fact::with("rows", text, Role::Bad));
    }
    if let Some(age) = stale(gpu, now) {
        let text = format!("figures are {age} old: its exporter tells nothing since then");
        facts.push(Fact::with("old", text, Role::Warn));
    }
    let words = gpu.throttle.map(throttled).unwrap_or_default();
    if !words.is_empty() {
        facts.push(Fact::with("slowed", words.join(", "), Role::Warn));
    }
    let running: Vec<String> = [
        unit(gpu.temperature, "°C"),
        unit(gpu.memory_temperature, "°C memory"),
        unit(gpu.power, "W"),
        unit(gpu.clock, "MHz"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let running = if running.is_empty() {
        "- nothing is told of temperature, power and clock".to_owned()
    } else {
        running.join(" · ")
    };
    facts.push(Fact::new("board", running));
    facts.extend(errors(gpu).map(|text| Fact::new("memory", text)));
    let named: Vec<&str> = [&gpu.model, &gpu.uuid, &gpu.driver]
        .into_iter()
        .map(Clean::as_str)
        .filter(|t| !t.is_empty())
        .collect();
    facts.push(Fact::with("is", named.join(" · "), Role::Dim));
    let when = gpu
        .measured
        .map_or_else(String::new, |at| format!(", {}", clock(at, now)));
    facts.push(Fact::with(
        "from",
        format!("{}{when}", gpu.by.word()),
        Role::Dim,
    ));
    facts
}

/// Memory errors and remapped rows, as far as they are told.
fn errors(gpu: &GpuRow) -> Option<String> {
    let parts = [
        (gpu.ecc_uncorrectable, "uncorrectable errors"),
        (gpu.ecc_corrected, "corrected errors"),
        (
            gpu.rows_uncorrectable,
            "rows remapped after uncorrectable ones",
        ),
        (gpu.rows_corrected, "rows remapped after corrected ones"),
    ];
    let told: Vec<String> = parts
        .into_iter()
        .filter_map(|(value, word)| value.map(|v| format!("{v:.0} {word}")))
        .collect();
    (!told.is_empty()).then(|| told.join(" · "))
}

/// How many are held; not known before pods were read, and where they may not be.
#[must_use]
pub fn held(count: u32, ctx: &Ctx<'_>) -> String {
    let read = ctx.world.feed("pods").any(|s| {
        !matches!(
            s.state,
            SourceState::Connecting | SourceState::Denied | SourceState::Absent
        )
    });
    if count > 0 || read {
        count.to_string()
    } else {
        "?".to_owned()
    }
}

/// What is to be known before figures of GPUs are believed; none while all is well.
#[must_use]
pub fn caveat(ctx: &Ctx<'_>) -> Option<String> {
    let source = ctx.world.feed("gpus").max_by_key(|s| match s.state {
        SourceState::Live => 0,
        SourceState::Partial => 1,
        SourceState::Connecting => 2,
        _ => 3,
    })?;
    let since = || Span::between(source.since, ctx.now);
    let known = ctx.world.table::<GpuRow>().filter(|t| !t.is_empty());
    match (source.state, known) {
        (SourceState::Live, None) => Some(
            "neither Prometheus nor an exporter has DCGM figures: which slice is whose is not known"
                .to_owned(),
        ),
        (SourceState::Partial, None) => Some(source.fault.as_ref().map_or_else(
            || "asking for DCGM figures".to_owned(),
            |fault| format!("no DCGM figures: {}", fault.what),
        )),
        (SourceState::Live | SourceState::Partial, Some(table)) => {
            let past = past(table.iter().map(|row| row.by))?;
            // what is missing stands first: a narrow screen cuts the rest; why the first is silent, the sources tell
            let silent = source.fault.as_ref().map(|fault| &fault.what);
            let silent = silent.and_then(|what| what.split(": ").next());
            Some(silent.map_or_else(|| past.to_owned(), |silent| format!("{silent}; {past}")))
        }
        (state, _) => ill(state, since),
    }
}

/// What is not known because nobody keeps it.
fn past(mut by: impl Iterator<Item = GpuBy>) -> Option<&'static str> {
    by.any(|by| by == GpuBy::Exporter).then_some(
        "asked of the exporters themselves: the last hour, and when errors came, is not known",
    )
}

fn ill(state: SourceState, since: impl Fn() -> Span) -> Option<String> {
    match state {
        SourceState::Live | SourceState::Partial => None,
        SourceState::Connecting => Some("asking for DCGM figures".to_owned()),
        SourceState::Absent => Some(
            "no Prometheus and no DCGM exporter found: which slice is whose is not known"
                .to_owned(),
        ),
        SourceState::Denied => Some("Prometheus may not be asked: busy is not known".to_owned()),
        SourceState::Stale | SourceState::Down => Some(format!(
            "figures are old: Prometheus {} for {}",
            state.word(),
            since()
        )),
    }
}
