//! The text of an opened job: what failed first, its roles, its ranks with their pods, its parts and owners. Pure.

use super::standing::{self, failures, pods, roles};
use crate::app::column::Fact;
use crate::app::describe;
use crate::app::describe::page::{Cell, Page};
use crate::app::inspect::subject;
use crate::app::screen::Ctx;
use crate::app::text::Doc;
use crate::app::text::doc::count;
use crate::app::trials::words::devices;
use crate::domain::{
    Clean, Failure, JobKind, JobRow, ManifestRow, PodRow, Rank, Row, Span, Suspender, age, clock,
    took,
};
use crate::store::{Source, Table};
use crate::theme::Role;

/// Most pods listed.
const MOST: usize = 500;

/// What is told of a job.
pub fn doc(job: &JobRow, ctx: &Ctx<'_>) -> Doc {
    let failed = failures(job, ctx.world);
    let mut page = Page::default();
    page.heading("State");
    state(&mut page, job, &failed, ctx);
    page.heading("Roles");
    roles_of(&mut page, job, ctx);
    pods_of(&mut page, job, &failed, ctx);
    page.heading("Belongs to, and is made of");
    relatives(&mut page, job, ctx);
    conditions(&mut page, job, ctx);
    page.heading("Job");
    rest(&mut page, job, ctx);
    page.done()
}

/// The same as facts, to be copied.
pub fn evidence(job: &JobRow, ctx: &Ctx<'_>) -> Vec<Fact> {
    crate::app::only::evidence::<crate::app::lists::Jobs>(job, ctx)
}

fn cell(text: impl Into<String>, role: Role) -> Cell {
    (text.into(), role)
}

fn state(page: &mut Page, job: &JobRow, failed: &[Failure<'_>], ctx: &Ctx<'_>) {
    let (mark, word) = standing::state(job, ctx);
    page.fact("state", word, mark.role());
    if let Some(text) = standing::first_failed(failed) {
        let first = failed
            .first()
            .map(|f| subject("pods", &f.pod.key, &f.pod.uid));
        page.link("first failed", &text, first);
        let order = standing::order_of(failed, ctx).unwrap_or_default();
        page.fact("when", order, Role::Text);
    } else if job.failed() > 0 && pods_live(job, ctx) {
        let text = format!(
            "{} failed, and their pods are gone: which was the first is not known any more",
            count(job.failed() as usize, "replica")
        );
        page.fact("first failed", text, Role::Warn);
    }
    let said = standing::said(job).filter(|_| !job.phase.ended() || failed.is_empty());
    let held = held(job);
    let why = standing::why(job, ctx).filter(|_| failed.is_empty() && held.is_none());
    if let Some((text, role)) = why.filter(|(text, _)| said.as_ref() != Some(text)) {
        page.fact("why", text, role);
    }
    let role = if job.phase.ended() {
        mark.role()
    } else {
        Role::Text
    };
    page.fact("says", said.unwrap_or_default(), role);
    page.fact("held", held.unwrap_or_default(), Role::Warn);
    page.fact("ray says", &*job.engine, Role::Text);
    if let Some((topic, text)) = traps(job) {
        page.fact(topic, text, Role::Warn);
    }
}

/// A pod that is not known does not exist.
fn pods_live(job: &JobRow, ctx: &Ctx<'_>) -> bool {
    let mut mine = ctx.world.feed("pods");
    mine.any(|s| s.id.cluster == job.key.cluster && s.state.is_live())
}

/// What lets a suspended job go.
fn held(job: &JobRow) -> Option<String> {
    let by = job.held_by()?;
    Some(match by {
        Suspender::Queue => format!(
            "by Kueue: it waits for quota in queue {}. Let go by hand it is suspended again",
            job.queue
        ),
        Suspender::Spec => "it was made suspended, and nobody has let it go (a: resume)".to_owned(),
        Suspender::Person => "somebody suspended it after it was made (a: resume)".to_owned(),
    })
}

/// What is not expected of its kind.
fn traps(job: &JobRow) -> Option<(&'static str, &'static str)> {
    let sticks = job.kind == JobKind::RayJob && job.shuts_down == Some(false);
    sticks.then_some((
        "trap",
        "its cluster outlives it (shutdownAfterJobFinishes is false): it must not be suspended, KubeRay would not let it go on",
    ))
}

fn roles_of(page: &mut Page, job: &JobRow, ctx: &Ctx<'_>) {
    let number = |n: Option<u32>| n.map_or_else(|| "-".to_owned(), |n| n.to_string());
    let rows = roles(job, ctx).iter().map(|r| {
        let bad = r.failed.is_some_and(|n| n > 0);
        let wanted = match (r.wanted, r.each) {
            (Some(n), each) if each > 1 => format!("{n} x {each} pods"),
            (n, _) => number(n),
        };
        vec![
            cell(r.name.to_string(), Role::Strong),
            cell(wanted, Role::Text),
            cell(number(r.active), Role::Text),
            cell(number(r.succeeded), Role::Text),
            cell(number(r.failed), if bad { Role::Bad } else { Role::Text }),
            cell(dash(&r.restarts), Role::Text),
            cell(dash(&devices(&r.devices)), Role::Text),
        ]
    });
    let titles = [
        "ROLE",
        "WANTED",
        "ACTIVE",
        "DONE",
        "FAILED",
        "RESTARTS",
        "EACH POD HOLDS",
    ];
    page.table(&titles, &rows.collect::<Vec<_>>());
    if let Some((least, most)) = job.elastic {
        page.fact("elastic", format!("{least} to {most} workers"), Role::Text);
    }
}

fn dash(text: &str) -> String {
    let text = if text.is_empty() { "-" } else { text };
    text.to_owned()
}

fn pods_of(page: &mut Page, job: &JobRow, failed: &[Failure<'_>], ctx: &Ctx<'_>) {
    page.heading("Ranks");
    let mut all = pods(job, ctx.world);
    if all.is_empty() {
        let text = match (pods_live(job, ctx), job.phase.ended(), job.suspended) {
            (false, ..) => "asking for its pods…",
            (true, true, _) => "no pods: they are gone, and their logs with them",
            (true, _, true) => "no pods: a suspended job has none",
            (true, ..) => "no pods yet",
        };
        page.say(text, Role::Dim);
        return;
    }
    // what failed first stands on top
    let place = |pod: &PodRow| failed.iter().position(|f| f.pod.key == pod.key);
    all.sort_by_key(|(_, pod)| place(pod).unwrap_or(usize::MAX));
    let shown = all.iter().take(MOST);
    let rows: Vec<Vec<Cell>> = shown
        .map(|(rank, pod)| row(rank, pod, place(pod).and_then(|at| failed.get(at)), ctx))
        .collect();
    let links = all.iter().map(|(_, p)| subject("pods", &p.key, &p.uid));
    page.linked(
        &[
            "RANK", "STATE", "NODE", "HOLDS", "RESTARTS", "AGE", "POD", "SAYS",
        ],
        &rows,
        links.collect(),
    );
    if let Some(more) = all.len().checked_sub(MOST).filter(|n| *n > 0) {
        page.say(&format!("{} more", count(more, "pod")), Role::Dim);
    }
}

fn row(rank: &Rank, pod: &PodRow, failure: Option<&Failure<'_>>, ctx: &Ctx<'_>) -> Vec<Cell> {
    let role = match &*pod.phase {
        _ if failure.is_some() => Role::Bad,
        "Pending" => Role::Warn,
        "Running" => Role::Busy,
        _ => Role::Text,
    };
    let restarts: u32 = pod.containers.iter().map(|c| c.restarts).sum();
    let says = match failure {
        Some(failure) => failure.how.clone(),
        None if pod.unscheduled.is_empty() => pod.message.to_string(),
        None => pod.unscheduled.to_string(),
    };
    vec![
        cell(dash(&rank.words()), Role::Strong),
        cell(pod.phase.to_string(), role),
        cell(dash(&pod.node), Role::Text),
        cell(dash(&devices(&pod.gpus)), Role::Text),
        cell(restarts.to_string(), Role::Text),
        cell(age(pod.created, ctx.now), Role::Text),
        cell(pod.key.name.to_string(), Role::Text),
        cell(says, Role::Text),
    ]
}

/// What it belongs to, up to a run or a trial, and the jobs that work for it.
fn relatives(page: &mut Page, job: &JobRow, ctx: &Ctx<'_>) {
    let own = subject(job.kind.feed(), &job.key, &job.uid);
    for owner in describe::owners(&own, ctx) {
        page.link(&owner.how, &owner.text, owner.link);
    }
    let parts = standing::parts(job, ctx.world);
    for part in &parts {
        let (_, word) = standing::state(part, ctx);
        let text = format!("{} {} ({word})", part.kind.word(), part.key.name);
        let to = subject(part.kind.feed(), &part.key, &part.uid);
        page.link("made of", &text, Some(to));
    }
    let told = |name: &Clean| parts.iter().any(|p| p.key.name == *name);
    for cluster in job.clusters.iter().filter(|c| !told(c)) {
        let key = crate::domain::Key {
            name: cluster.clone(),
            ..job.key.clone()
        };
        let to = subject(JobKind::RayCluster.feed(), &key, &Clean::default());
        page.link("cluster", &format!("RayCluster {cluster}"), Some(to));
    }
    page.fact("queue", &*job.queue, Role::Text);
    page.fact("managed by", &*job.managed_by, Role::Text);
}

fn conditions(page: &mut Page, job: &JobRow, ctx: &Ctx<'_>) {
    page.heading("Conditions");
    let rows = job.conditions.iter().map(|c| {
        let (word, role) = match c.holds {
            Some(true) => ("True", Role::Text),
            Some(false) => ("False", Role::Dim),
            None => ("?", Role::Warn),
        };
        vec![
            cell(c.kind.to_string(), role),
            cell(word, role),
            cell(age(c.since, ctx.now), Role::Dim),
            cell(dash(&c.reason), Role::Text),
            cell(c.message.to_string(), Role::Text),
        ]
    });
    page.table(
        &["CONDITION", "HOLDS", "FOR", "REASON", "SAYS"],
        &rows.collect::<Vec<_>>(),
    );
}

fn rest(page: &mut Page, job: &JobRow, ctx: &Ctx<'_>) {
    page.fact("kind", job.kind.word(), Role::Text);
    page.fact("holds", devices(&Clean::from(job.devices())), Role::Text);
    let restarts = match (standing::restarts(job, ctx), standing::retries(job, ctx)) {
        (Some(n), Some(most)) => format!("{n} of {most}"),
        (Some(n), None) => n.to_string(),
        (None, Some(most)) => format!("not told, {most} at most"),
        (None, None) => String::new(),
    };
    page.fact("restarts", restarts, Role::Text);
    let deadline = job.deadline.map(|s| Span(i64::from(s)).to_string());
    page.fact("deadline", deadline.unwrap_or_default(), Role::Text);
    if let (Some(start), Some(span)) = (job.started, took(job.started, job.finished, ctx.now)) {
        let end = job
            .finished
            .map_or_else(|| "now".to_owned(), |f| clock(f, ctx.now));
        let text = format!("{span}, {} to {end}", clock(start, ctx.now));
        page.fact("time", text, Role::Text);
    } else if let Some(created) = job.created {
        let text = format!("made {} ago, not started", Span::between(created, ctx.now));
        page.fact("time", text, Role::Text);
    }
    let labels: Vec<String> = job.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    page.fact("labels", labels.join(" "), Role::Dim);
}

/// Changes when the text may read differently.
pub fn fingerprint(ctx: &Ctx<'_>) -> u64 {
    fn version<R: Row>(ctx: &Ctx<'_>) -> u64 {
        ctx.world.table::<R>().map_or(0, Table::version)
    }
    let versions = [
        version::<JobRow>(ctx),
        version::<PodRow>(ctx),
        version::<ManifestRow>(ctx),
        version::<Source>(ctx),
    ];
    crate::app::text::doc::id((versions, ctx.now.as_second()))
}
