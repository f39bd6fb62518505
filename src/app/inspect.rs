//! Commands about one object: describe it, show it as it is written, its events, copy something about it. Pure.

use super::command::Verb;
use super::copy::CopyMenu;
use super::events::EventsScreen;
use super::jobs::JobScreen;
use super::note::Note;
use super::run::RunScreen;
use super::screen::Screen;
use super::serving::ServiceScreen;
use super::text::{Sort, TextScreen};
use super::trials::{ExperimentScreen, TrialScreen};
use super::versions::ModelScreen;
use super::{Effect, Effects, Model};
use crate::domain::{Clean, JobKind, Key, Subject};

/// Carries out one of them on what is selected.
pub fn act(model: &mut Model, verb: Verb) -> Effects {
    let Some((screen, ctx)) = model.screen_mut() else {
        return Effects::none();
    };
    // rows may have come since the last frame: what is selected must be what is there now
    screen.refresh(&ctx);
    let (subject, evidence) = (screen.subject(&ctx), screen.evidence(&ctx));
    let Some(subject) = subject else {
        let now = model.now;
        model.notes.tell(
            Note::warn("nothing is selected here that could be shown"),
            now,
        );
        return Effects::one(Effect::Draw);
    };
    match verb {
        Verb::Describe => show(model, TextScreen::new(Sort::Describe, subject)),
        Verb::Yaml => show(model, TextScreen::new(Sort::Yaml, subject)),
        Verb::Events => model.open(Box::new(EventsScreen::new(subject))),
        _ => model.menu = Some(CopyMenu::new(subject, evidence)),
    }
    Effects::one(Effect::Draw)
}

/// Opens a text; another one about the same object makes room for it, so that going back leads to where it began.
fn show(model: &mut Model, text: TextScreen) {
    let shown = model
        .screen()
        .and_then(|s| s.as_any().downcast_ref::<TextScreen>());
    if shown.is_some_and(|s| s.subject == text.subject) {
        model.close();
    }
    model.open(Box::new(text));
}

/// What opening an object shows: a run its steps, a service what it serves, everything else its description.
#[must_use]
pub fn opened(subject: Subject) -> Box<dyn Screen> {
    if let Some(kind) = JobKind::of(subject.feed) {
        return Box::new(JobScreen::new(kind, subject.key));
    }
    match subject.feed {
        "workflows" => Box::new(RunScreen::new(subject.key)),
        "experiments" => Box::new(ExperimentScreen::new(subject.key)),
        "trials" => Box::new(TrialScreen::new(subject.key)),
        "models" => Box::new(ModelScreen::new(subject.key)),
        "services" | "llm-services" => Box::new(ServiceScreen::new(subject.feed, subject.key)),
        _ => Box::new(TextScreen::new(Sort::Describe, subject)),
    }
}

/// What an object of a feed is called.
#[must_use]
pub fn word(feed: &str) -> &'static str {
    match feed {
        "workflows" => "run",
        "pods" => "pod",
        "nodes" => "node",
        "namespaces" => "namespace",
        "cron-workflows" => "cron workflow",
        "templates" => "template",
        "caches" => "cache",
        "services" | "llm-services" => "service",
        "revisions" => "revision",
        "experiments" => "experiment",
        "trials" => "trial",
        "suggestions" => "suggestion",
        "slo-sloth" | "slo-pyrra" | "slo-openslo" => "objective",
        "models" => "model",
        "cluster-queues" | "local-queues" => "queue",
        "workloads" => "workload",
        "quotas" => "quota",
        "profiles" => "profile",
        "notebooks" => "notebook",
        feed => JobKind::of(feed).map_or("object", |_| "job"),
    }
}

/// An object of a feed.
#[must_use]
pub fn subject(feed: &'static str, key: &Key, uid: &Clean) -> Subject {
    Subject {
        feed,
        word: word(feed),
        key: key.clone(),
        uid: uid.clone(),
    }
}
