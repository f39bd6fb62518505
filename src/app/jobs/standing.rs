//! One word for where a job stands, its pods, what of it failed first, what holds it. Pure.

use std::sync::Arc;

use crate::app::screen::Ctx;
use crate::domain::{
    Failure, JobKind, JobPhase, JobRow, PodRow, Rank, Role as Replicas, Row, Span, Suspender, clock,
};
use crate::store::{Table, World};
use crate::theme::{Mark, Role};

/// All words that can stand in the column `state`.
pub const WORDS: &[&str] = &[
    "Failed",
    "Restarting",
    "Terminating",
    "Unknown",
    "Pending",
    "Queued",
    "Suspended",
    "Running",
    "Stopped",
    "Succeeded",
];

/// Mark and word; those that need a person most come first by [`rank`].
#[must_use]
pub fn state(job: &JobRow, ctx: &Ctx<'_>) -> (Mark, &'static str) {
    if job.deleting.is_some() {
        return (Mark::Stale, "Terminating");
    }
    match phase(job, ctx) {
        JobPhase::Failed => (Mark::Failed, "Failed"),
        JobPhase::Restarting => (Mark::Failed, "Restarting"),
        JobPhase::Suspended if job.held_by() == Some(Suspender::Queue) => (Mark::Pending, "Queued"),
        JobPhase::Suspended => (Mark::Waiting, "Suspended"),
        JobPhase::Pending => (Mark::Pending, "Pending"),
        JobPhase::Running => (Mark::Running, "Running"),
        JobPhase::Unknown => (Mark::Unknown, "Unknown"),
        JobPhase::Stopped => (Mark::Omitted, "Stopped"),
        JobPhase::Succeeded => (Mark::Ok, "Succeeded"),
    }
}

/// How much a job needs a person, 0 first.
#[must_use]
pub fn rank(job: &JobRow, ctx: &Ctx<'_>) -> u64 {
    let (_, word) = state(job, ctx);
    let place = WORDS.iter().position(|known| *known == word);
    place.unwrap_or(WORDS.len()) as u64
}

/// The `JobSet` that works for a `TrainJob` which does not tell how it is, as those of Trainer 2.0 do not.
fn stands_in<'a>(job: &JobRow, world: &'a World) -> Option<&'a Arc<JobRow>> {
    let silent = job.kind == JobKind::Train && job.active().is_none();
    let place = JobRow::place_of(JobKind::JobSet, &job.key);
    let set = world.table::<JobRow>().filter(|_| silent)?.get(&place)?;
    let owner = set.owner.as_ref()?;
    (&*owner.kind == JobKind::Train.word() && owner.name == job.key.name).then_some(set)
}

/// Where a job stands, as it tells itself or as what works for it tells.
#[must_use]
pub fn phase(job: &JobRow, ctx: &Ctx<'_>) -> JobPhase {
    match job.phase {
        JobPhase::Unknown => stands_in(job, ctx.world).map_or(JobPhase::Unknown, |set| set.phase),
        known => known,
    }
}

/// Its roles, as it tells itself or as what works for it tells.
#[must_use]
pub fn roles<'a>(job: &'a JobRow, ctx: &Ctx<'a>) -> &'a [Replicas] {
    stands_in(job, ctx.world).map_or(&job.roles, |set| &set.roles)
}

/// How often it was started again, as it tells itself or as what works for it tells.
#[must_use]
pub fn restarts(job: &JobRow, ctx: &Ctx<'_>) -> Option<u32> {
    let other = || stands_in(job, ctx.world).and_then(|set| set.restarts);
    job.restarts.or_else(other)
}

/// How often that may be, told in the same way.
#[must_use]
pub fn retries(job: &JobRow, ctx: &Ctx<'_>) -> Option<u32> {
    let other = || stands_in(job, ctx.world).and_then(|set| set.retries);
    job.retries.or_else(other)
}

/// Replicas at work, and those wanted.
#[must_use]
pub fn replicas(job: &JobRow, ctx: &Ctx<'_>) -> (Option<u32>, Option<u32>) {
    let told = stands_in(job, ctx.world).map_or(job, |set| set);
    (told.active(), told.wanted())
}

/// The pods of a job, in the order of their ranks.
#[must_use]
pub fn pods<'a>(job: &JobRow, world: &'a World) -> Vec<(Rank, &'a Arc<PodRow>)> {
    let table = world.table::<PodRow>().into_iter();
    let mine = table.flat_map(Table::iter).filter(|pod| job.has(pod));
    let told = stands_in(job, world).map_or(job, |set| set);
    let mut all: Vec<_> = mine.map(|pod| (told.rank(pod), pod)).collect();
    all.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.key.cmp(&y.key)));
    all
}

/// What of its pods failed, the first one first.
#[must_use]
pub fn failures<'a>(job: &JobRow, world: &'a World) -> Vec<Failure<'a>> {
    let table = world.table::<PodRow>().into_iter();
    let mine = table.flat_map(Table::iter).filter(|pod| job.has(pod));
    let told = stands_in(job, world).map_or(job, |set| set);
    told.failures(mine.map(|pod| &**pod))
}

/// The rank that failed first in a sentence: `worker 2 failed first: OOMKilled (exit 137) on gpu-17`.
#[must_use]
pub fn first_failed(all: &[Failure<'_>]) -> Option<String> {
    let first = all.first()?;
    let who = match first.rank.words() {
        rank if rank.is_empty() => first.pod.key.name.to_string(),
        rank => rank,
    };
    let down = all.iter().filter(|f| !f.again).count();
    let how = if first.how.is_empty() {
        "failed".to_owned()
    } else {
        first.how.clone()
    };
    let node = match &*first.pod.node {
        "" => String::new(),
        node => format!(" on {node}"),
    };
    Some(match (first.again, down) {
        (true, _) => format!("{who}: {how}{node}"),
        (_, 1) => format!("{who} failed: {how}{node}"),
        // none tells when: which was the first is not known
        (_, n) if first.at.is_none() => format!("{n} pods failed, {who}: {how}{node}"),
        (_, n) => format!("{who} failed first of {n}: {how}{node}"),
    })
}

/// Who holds a suspended job, in a few words.
#[must_use]
pub fn held(job: &JobRow) -> Option<String> {
    Some(match job.held_by()? {
        Suspender::Queue => format!("by Kueue, queue {}", job.queue),
        Suspender::Spec => "as it was made".to_owned(),
        Suspender::Person => "by hand".to_owned(),
    })
}

/// What is to be known of a job, in a sentence; none while all is well.
#[must_use]
pub fn why(job: &JobRow, ctx: &Ctx<'_>) -> Option<(String, Role)> {
    if let Some(since) = job.deleting {
        let text = format!("being deleted for {}", Span::between(since, ctx.now));
        return Some((text, Role::Warn));
    }
    let phase = phase(job, ctx);
    let troubled = matches!(phase, JobPhase::Failed | JobPhase::Restarting);
    if troubled || (phase == JobPhase::Running && job.failed() > 0) {
        let role = if troubled { Role::Bad } else { Role::Warn };
        let first = first_failed(&failures(job, ctx.world));
        return first.or_else(|| said(job)).map(|text| (text, role));
    }
    match phase {
        JobPhase::Suspended => held(job).map(|by| (format!("suspended {by}"), Role::Text)),
        JobPhase::Pending | JobPhase::Unknown => pending(job, ctx)
            .or_else(|| said(job))
            .map(|text| (text, Role::Warn)),
        JobPhase::Stopped => Some(("was told to end".to_owned(), Role::Dim)),
        _ => None,
    }
}

/// What its controller says.
#[must_use]
pub fn said(job: &JobRow) -> Option<String> {
    let parts = [&*job.reason, &*job.message];
    let parts: Vec<&str> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(": "))
}

/// Why its first pod that waits is not placed.
fn pending(job: &JobRow, ctx: &Ctx<'_>) -> Option<String> {
    let all = pods(job, ctx.world);
    let waits: Vec<_> = all
        .iter()
        .filter(|(_, p)| !p.unscheduled.is_empty())
        .collect();
    let (_, first) = waits.first()?;
    Some(format!(
        "{} of {} pods wait: {}",
        waits.len(),
        all.len(),
        first.unscheduled
    ))
}

/// When the first one failed, and how much later the others did.
#[must_use]
pub fn order_of(all: &[Failure<'_>], ctx: &Ctx<'_>) -> Option<String> {
    let (first, rest) = all.split_first()?;
    let at = first.at.filter(|_| !first.again)?;
    let later = rest.iter().filter(|f| !f.again).filter_map(|f| {
        let span = Span::between(at, f.at?);
        Some(format!("{} {span} later", f.rank.words()))
    });
    let later: Vec<String> = later.take(4).collect();
    let more = if later.is_empty() {
        String::new()
    } else {
        format!("; {}", later.join(", "))
    };
    Some(format!("{}{more}", clock(at, ctx.now)))
}

/// Jobs that work for a job: their places are looked up by what owns them.
#[must_use]
pub fn parts<'a>(job: &JobRow, world: &'a World) -> Vec<&'a Arc<JobRow>> {
    let mine = |other: &&Arc<JobRow>| {
        other.key.namespace == job.key.namespace
            && other.key.cluster == job.key.cluster
            && other
                .owner
                .as_ref()
                .is_some_and(|o| &*o.kind == job.kind.word() && o.name == job.key.name)
    };
    let table = world.table::<JobRow>().into_iter();
    let mut all: Vec<_> = table.flat_map(Table::iter).filter(mine).collect();
    all.sort_by(|a, b| Row::key(&***a).cmp(Row::key(&***b)));
    all
}
