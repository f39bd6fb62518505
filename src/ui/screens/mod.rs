//! Painters: one for each kind of screen. Pure. A new screen adds a file and a line in [`PAINTERS`].

mod action;
mod curve;
mod experiment;
pub(super) mod facts;
mod gpus;
mod heading;
mod job;
mod ladder;
mod list;
mod logs;
mod messages;
mod model;
mod run;
mod runbook;
mod runbooks;
mod service;
mod text;
mod timeline;
mod tree;
mod trial;

use std::fmt;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::View;
use crate::app::Model;
use crate::app::events::EventsScreen;
use crate::app::gpus::GpuScreen;
use crate::app::jobs::JobScreen;
use crate::app::journal::{ActionPage, Actions};
use crate::app::ladder::LadderScreen;
use crate::app::list::{ListScreen, Listing};
use crate::app::lists::{
    Alerts, Crons, Events, Experiments, Holders, Home, Jobs, Models, Namespaces, Nodes, Notebooks,
    Pods, Queues, Quotas, Revisions, Runs, Services, Slices, Sources, Templates, Trials, Waiting,
    Workloads,
};
use crate::app::logs::LogScreen;
use crate::app::messages::Messages;
use crate::app::run::RunScreen;
use crate::app::runbooks::{ChoiceScreen, ReaderScreen};
use crate::app::screen::{Ctx, Screen};
use crate::app::serving::ServiceScreen;
use crate::app::text::TextScreen;
use crate::app::trials::{ExperimentScreen, TrialScreen};
use crate::app::versions::ModelScreen;

type Paint = fn(&mut View, &mut dyn Screen, &Ctx<'_>, Rect, &mut Buffer);

/// How a screen of the registry is painted.
struct Painter {
    id: &'static str,
    paint: Paint,
}

impl fmt::Debug for Painter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

const fn list_of<L: Listing>() -> Painter {
    Painter {
        id: L::ID,
        paint: |view, screen, ctx, area, buffer| {
            if let Some(screen) = screen.as_any_mut().downcast_mut::<ListScreen<L>>() {
                list::paint(view.look, screen, ctx, area, buffer);
            }
        },
    }
}

static PAINTERS: &[Painter] = &[
    list_of::<Home>(),
    list_of::<Runs>(),
    list_of::<Models>(),
    list_of::<Nodes>(),
    list_of::<Pods>(),
    list_of::<Namespaces>(),
    list_of::<Crons>(),
    list_of::<Alerts>(),
    list_of::<Templates>(),
    list_of::<Actions>(),
    list_of::<Sources>(),
    list_of::<Events>(),
    list_of::<Queues>(),
    list_of::<Workloads>(),
    list_of::<Quotas>(),
    list_of::<Notebooks>(),
    list_of::<Services>(),
    list_of::<Revisions>(),
    list_of::<Experiments>(),
    list_of::<Trials>(),
    Painter {
        id: "experiment",
        paint: |view, screen, ctx, area, buffer| {
            if let Some(screen) = screen.as_any_mut().downcast_mut::<ExperimentScreen>() {
                experiment::paint(view.look, screen, ctx, area, buffer);
            }
        },
    },
    Painter {
        id: "trial",
        paint: |view, screen, ctx, area, buffer| {
            if let Some(screen) = screen.as_any_mut().downcast_mut::<TrialScreen>() {
                trial::paint(view.look, screen, ctx, area, buffer);
            }
        },
    },
    list_of::<Jobs>(),
    Painter {
        id: "job",
        paint: |view, screen, ctx, area, buffer| {
            if let Some(screen) = screen.as_any_mut().downcast_mut::<JobScreen>() {
                job::paint(view.look, screen, ctx, area, buffer);
            }
        },
    },
    list_of::<Slices>(),
    list_of::<Holders>(),
    list_of::<Waiting>(),
    Painter {
        id: "gpus",
        paint: |view, screen, ctx, area, buffer| {
            if let Some(screen) = screen.as_any_mut().downcast_mut::<GpuScreen>() {
                gpus::paint(view, screen, ctx, area, buffer);
            }
        },
    },
    Painter {
        id: "service",
        paint: |view, screen, ctx, area, buffer| {
            if let Some(screen) = screen.as_any_mut().downcast_mut::<ServiceScreen>() {
                service::paint(view.look, screen, ctx, area, buffer);
            }
        },
    },
    Painter {
        id: "events-of",
        paint: |view, screen, ctx, area, buffer| {
            if let Some(screen) = screen.as_any_mut().downcast_mut::<EventsScreen>() {
                list::paint(view.look, &mut screen.list, ctx, area, buffer);
            }
        },
    },
    Painter {
        id: "text",
        paint: |view, screen, ctx, area, buffer| {
            if let Some(screen) = screen.as_any_mut().downcast_mut::<TextScreen>() {
                text::paint(view.look, screen, ctx, area, buffer);
            }
        },
    },
    Painter {
        id: "action",
        paint: |view, screen, ctx, area, buffer| {
            if let Some(screen) = screen.as_any_mut().downcast_mut::<ActionPage>() {
                action::paint(view.look, screen, ctx, area, buffer);
            }
        },
    },
    Painter {
        id: "ladder",
        paint: |view, screen, ctx, area, buffer| {
            if let Some(screen) = screen.as_any_mut().downcast_mut::<LadderScreen>() {
                ladder::paint(view.look, screen, ctx, area, buffer);
            }
        },
    },
    Painter {
        id: "messages",
        paint: |view, screen, ctx, area, buffer| {
            if let Some(screen) = screen.as_any_mut().downcast_mut::<Messages>() {
                messages::paint(view.look, screen, ctx, area, buffer);
            }
        },
    },
    Painter {
        id: "run",
        paint: |view, screen, ctx, area, buffer| {
            if let Some(screen) = screen.as_any_mut().downcast_mut::<RunScreen>() {
                run::paint(view, screen, ctx, area, buffer);
            }
        },
    },
    Painter {
        id: "runbooks",
        paint: |view, screen, ctx, area, buffer| {
            if let Some(screen) = screen.as_any_mut().downcast_mut::<ChoiceScreen>() {
                runbooks::paint(view.look, screen, ctx, area, buffer);
            }
        },
    },
    Painter {
        id: "runbook",
        paint: |view, screen, ctx, area, buffer| {
            if let Some(screen) = screen.as_any_mut().downcast_mut::<ReaderScreen>() {
                runbook::paint(view.look, screen, ctx, area, buffer);
            }
        },
    },
    Painter {
        id: "model",
        paint: |view, screen, ctx, area, buffer| {
            if let Some(screen) = screen.as_any_mut().downcast_mut::<ModelScreen>() {
                model::paint(view, screen, ctx, area, buffer);
            }
        },
    },
    Painter {
        id: "logs",
        paint: |view, screen, ctx, area, buffer| {
            if let Some(screen) = screen.as_any_mut().downcast_mut::<LogScreen>() {
                logs::paint(view.look, screen, ctx, area, buffer);
            }
        },
    },
];

/// Brings the shown screen up to date and paints it.
pub fn paint(view: &mut View, model: &mut Model, area: Rect, buffer: &mut Buffer) {
    model.refresh_runs();
    let Some((screen, ctx)) = model.screen_mut() else {
        return;
    };
    screen.refresh(&ctx);
    if let Some(painter) = PAINTERS.iter().find(|p| p.id == screen.id()) {
        (painter.paint)(view, &mut **screen, &ctx, area, buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::registry::SCREENS;

    #[test]
    fn every_screen_of_the_registry_has_a_painter() {
        for entry in SCREENS {
            assert!(PAINTERS.iter().any(|p| p.id == entry.id), "{}", entry.id);
            assert_eq!((entry.make)().id(), entry.id);
        }
    }
}
