//! What is told of one inference service below the list, what matters most first. Pure.

use crate::app::list::Fact;
use crate::app::screen::Ctx;
use crate::app::serving::burn::{self, fresh, sentence};
use crate::app::serving::standing::{
    Standing, asked, canary, comparison, replicas, routed, short, traffic,
};
use crate::app::serving::words::verdict;
use crate::domain::{Burning, Clean, RevisionRow, ServiceRow, ServingMode, age, clock};
use crate::theme::Role;

/// Its facts.
#[must_use]
pub fn of(service: &ServiceRow, ctx: &Ctx<'_>) -> Vec<Fact> {
    let mut facts = Vec::new();
    trouble(&mut facts, service, ctx);
    objectives(&mut facts, service, ctx);
    compared(&mut facts, service, ctx);
    rollout(&mut facts, service);
    controller(&mut facts, service);
    facts.extend(rest(service, ctx));
    facts
}

/// Those that an opened service begins with: the canary has a part of its own there.
#[must_use]
pub fn urgent(service: &ServiceRow, ctx: &Ctx<'_>) -> Vec<Fact> {
    let mut facts = Vec::new();
    trouble(&mut facts, service, ctx);
    objectives(&mut facts, service, ctx);
    rollout(&mut facts, service);
    controller(&mut facts, service);
    facts
}

/// What it is, and what limits the trust in its figures.
#[must_use]
pub fn rest(service: &ServiceRow, ctx: &Ctx<'_>) -> Vec<Fact> {
    let mut facts = Vec::new();
    identity(&mut facts, service, ctx);
    doubts(&mut facts, service, ctx);
    facts
}

fn trouble(facts: &mut Vec<Fact>, service: &ServiceRow, ctx: &Ctx<'_>) {
    if !service.trouble.is_empty() {
        let role = if service.ready == Some(false) {
            Role::Bad
        } else {
            Role::Warn
        };
        facts.push(Fact::with("why", service.trouble.to_string(), role));
    }
    let model = &service.model;
    if !model.failure.is_empty() {
        let at = model
            .failed_at
            .map_or_else(String::new, |t| format!(", {}", clock(t, ctx.now)));
        // a failure that was overcome stays in the status
        let now = Standing::of(service, ctx) == Standing::FailedLoad;
        let (label, role) = if now {
            ("model", Role::Bad)
        } else {
            ("failed once", Role::Dim)
        };
        facts.push(Fact::with(label, format!("{}{at}", model.failure), role));
    }
}

fn objectives(facts: &mut Vec<Fact>, service: &ServiceRow, ctx: &Ctx<'_>) {
    if service.stopped {
        return;
    }
    let all = burn::objectives(&service.key, ctx);
    let burns = |state| matches!(state, Burning::Page | Burning::Ticket);
    let hot = all.iter().filter(|r| burns(r.state)).count();
    for (at, row) in all.iter().take(hot.clamp(1, 3)).enumerate() {
        let role = match row.state {
            _ if !fresh(row, ctx) => Role::Dim,
            Burning::Page => Role::Bad,
            Burning::Ticket | Burning::Unknown => Role::Warn,
            Burning::NoTraffic | Burning::Inside => Role::Text,
        };
        let label = match (at, burns(row.state)) {
            (0, true) => "burns",
            (0, false) => "burn",
            _ => "",
        };
        facts.push(Fact::with(label, sentence(row), role));
    }
    if all.is_empty() && burn::is_live(ctx) {
        let text = "nothing measures it: no objective has data";
        facts.push(Fact::with("burn", text, Role::Warn));
    }
}

fn name(revision: &Clean, service: &ServiceRow) -> String {
    short(revision, &service.key.name).to_owned()
}

fn compared(facts: &mut Vec<Fact>, service: &ServiceRow, ctx: &Ctx<'_>) {
    if !service.has_canary() {
        return;
    }
    let since = canary(service, ctx).and_then(|r| r.created);
    let since = since.map_or_else(String::new, |t| {
        format!(", since {} ({})", clock(t, ctx.now), age(Some(t), ctx.now))
    });
    let told = comparison(service, ctx).map(|row| verdict(row.verdict));
    let word = told.map_or_else(String::new, |(word, _)| format!(": {word}"));
    let text = format!(
        "{} against stable {}{since}{word}",
        name(&service.ready_revision, service),
        name(&service.rolled_out, service)
    );
    let role = told.map_or(Role::Text, |(_, role)| role);
    facts.push(Fact::with("canary", text, role));
}

fn rollout(facts: &mut Vec<Fact>, service: &ServiceRow) {
    if let Some(asked) = asked(service) {
        let text = format!(
            "{} is routed, {asked} % to {} is asked for",
            traffic(service),
            name(&service.ready_revision, service)
        );
        facts.push(Fact::with("traffic", text, Role::Warn));
    }
    if service.is_pinned() && !service.stopped {
        let text =
            "pinned by a rollback: the percent is 0, so the next model gets no traffic either";
        facts.push(Fact::with("pinned", text, Role::Warn));
    }
    let made = &service.created_revision;
    if !made.is_empty() && *made != service.ready_revision {
        let text = format!("{} is not ready and takes no traffic", name(made, service));
        facts.push(Fact::with("newest", text, Role::Warn));
    }
    for part in &service.beside {
        let routed = routed(&part.traffic, &service.key.name);
        let (text, role) = match (part.has_canary(), part.canary) {
            (true, Some(asked)) => (
                format!("{routed}; its canary is to get {asked} %"),
                Role::Warn,
            ),
            (true, None) => (format!("{routed}: a canary of its own"), Role::Warn),
            (false, Some(0)) => (
                format!("{routed}: pinned by a rollback of its own"),
                Role::Warn,
            ),
            (false, _) => (routed, Role::Dim),
        };
        if !part.traffic.is_empty() {
            facts.push(Fact::with(part.component, text, role));
        }
    }
    for canary in &service.canaries {
        let ready = if canary.ready { "ready" } else { "not ready" };
        let text = format!(
            "{}, {ready}: sized for {} %, which splits no traffic in standard mode",
            canary.name, canary.percent
        );
        facts.push(Fact::with("canary", text, Role::Warn));
    }
}

fn controller(facts: &mut Vec<Fact>, service: &ServiceRow) {
    if service.frozen {
        let text =
            "disable-auto-update is set: edits are accepted and not carried out while it is ready";
        facts.push(Fact::with("frozen", text, Role::Warn));
    }
    if service.behind {
        let text = "the controller has not taken in the newest edit yet";
        facts.push(Fact::with("behind", text, Role::Warn));
    }
    if service.stopped {
        let lost = match service.mode {
            ServingMode::Knative => ": its revisions are gone, so there is nothing to roll back to",
            _ => "",
        };
        facts.push(Fact::new("stopped", format!("by its annotation{lost}")));
    }
}

fn identity(facts: &mut Vec<Fact>, service: &ServiceRow, ctx: &Ctx<'_>) {
    let mut about = vec![service.uri.to_string()];
    about.extend((!service.format.is_empty()).then(|| service.format.to_string()));
    about.extend((!service.runtime.is_empty()).then(|| format!("on {}", service.runtime)));
    about.retain(|part| !part.is_empty());
    if !about.is_empty() {
        facts.push(Fact::new("model", about.join(" · ")));
    }
    let bounds = bounds(service);
    let told = replicas(service, ctx).is_some() || service.stopped;
    if !bounds.is_empty() {
        let unknown = if told {
            ""
        } else {
            "; how many run is not told here"
        };
        facts.push(Fact::new("replicas", format!("{bounds}{unknown}")));
    }
    if !service.previous.is_empty() || !service.rolled_out.is_empty() {
        facts.push(Fact::new("rolls back", back(service, ctx)));
    }
    if !service.url.is_empty() {
        facts.push(Fact::with("answers at", service.url.to_string(), Role::Dim));
    }
}

/// Replicas as they are written: `1 to 3`, `2 or more`.
fn bounds(service: &ServiceRow) -> String {
    match (service.min_replicas, service.max_replicas) {
        (Some(least), Some(most)) if most > least => format!("{least} to {most} as written"),
        (Some(least), Some(0) | None) => format!("{least} or more as written"),
        (Some(least), Some(_)) => format!("{least} as written"),
        (None, Some(most)) if most > 0 => format!("up to {most} as written"),
        _ => String::new(),
    }
}

/// Where a rollback would go, and whether that is still there.
fn back(service: &ServiceRow, ctx: &Ctx<'_>) -> String {
    let target = if service.has_canary() {
        &service.rolled_out
    } else {
        &service.previous
    };
    if target.is_empty() || *target == service.ready_revision {
        return "there is no older revision to go back to".to_owned();
    }
    let key = crate::domain::Key {
        name: target.clone(),
        ..service.key.clone()
    };
    let table = ctx.world.table::<RevisionRow>();
    let known = table.filter(|t| !t.is_empty());
    let gone = match known.map(|t| t.get(&key)) {
        Some(None) => ", which is gone",
        Some(Some(row)) if row.ready == Some(false) => ", which is not ready",
        _ => "",
    };
    format!("to {}{gone}", short(target, &service.key.name))
}

fn doubts(facts: &mut Vec<Fact>, service: &ServiceRow, ctx: &Ctx<'_>) {
    if service.stopped {
        return;
    }
    let mut said: Vec<&Clean> = Vec::new();
    for row in burn::objectives(&service.key, ctx) {
        for doubt in &row.doubts {
            if said.len() < 4 && !said.contains(&doubt) {
                let label = if said.is_empty() { "doubts" } else { "" };
                facts.push(Fact::with(
                    label,
                    format!("{}: {doubt}", row.objective),
                    Role::Dim,
                ));
                said.push(doubt);
            }
        }
    }
}
