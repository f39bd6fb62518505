//! The events of one object: of a run with those of its pods in trouble. Pure.

use std::collections::HashSet;

use super::column::Fact;
use super::command::{Place, Verb};
use super::list::{ListScreen, Only};
use super::lists::Events;
use super::screen::{Ctx, Screen, Turn};
use crate::domain::{Clean, ClusterId, Key, PodRow, Subject};
use crate::kinds::spec;
use crate::store::{Scope, Table, Want};

/// Pods of a run whose events are read with its own: one watch each. All events of a namespace would cost more as
/// soon as others work in it.
const PODS: usize = 20;

/// Events of one object.
#[derive(Debug)]
pub struct EventsScreen {
    subject: Subject,
    /// Kind and name of the objects whose events are shown.
    about: Vec<(&'static str, Key)>,
    /// Pods of the run whose events are not read.
    left: usize,
    /// The list.
    pub list: ListScreen<Events>,
}

impl EventsScreen {
    /// Opens the list.
    #[must_use]
    pub fn new(subject: Subject) -> Self {
        let kind = spec(subject.feed).map_or("", |s| s.kind);
        let mut screen = Self {
            about: vec![(kind, subject.key.clone())],
            subject,
            left: 0,
            list: ListScreen::default(),
        };
        screen.narrow();
        screen
    }

    fn narrow(&mut self) {
        let about: HashSet<(Clean, Key)> = self
            .about
            .iter()
            .map(|(kind, key)| (Clean::new(kind), key.clone()))
            .collect();
        let pods = self.about.len() - 1;
        let title = match (pods, self.left) {
            (0, _) => format!("Events of {} {}", self.subject.word, self.subject.key.name),
            (n, 0) => format!(
                "Events of {} {} and {n} of its pods",
                self.subject.word, self.subject.key.name
            ),
            (n, left) => format!(
                "Events of {} {} and {n} of its pods ({left} more are not read)",
                self.subject.word, self.subject.key.name
            ),
        };
        self.list
            .show_only(Only::new(title, move |event: &crate::domain::EventRow| {
                about.contains(&(event.kind.clone(), event.object.clone()))
            }));
    }

    /// Pods in trouble come first: their events say why.
    fn pods(&self, ctx: &Ctx<'_>) -> Vec<Key> {
        let run = &self.subject.key;
        let mine = |pod: &&std::sync::Arc<PodRow>| {
            pod.run == run.name
                && pod.key.namespace == run.namespace
                && pod.key.cluster == run.cluster
        };
        let table = ctx.world.table::<PodRow>().into_iter();
        let mut pods: Vec<_> = table.flat_map(Table::iter).filter(mine).collect();
        pods.sort_by_key(|pod| {
            let rank = match &*pod.phase {
                "Failed" => 0,
                "Pending" | "Unknown" => 1,
                "Running" => 2,
                _ => 3,
            };
            (rank, std::cmp::Reverse(pod.created), pod.key.clone())
        });
        pods.into_iter().map(|pod| pod.key.clone()).collect()
    }
}

impl Screen for EventsScreen {
    fn id(&self) -> &'static str {
        "events-of"
    }

    fn title(&self, ctx: &Ctx<'_>) -> String {
        self.list.title(ctx)
    }

    fn places(&self) -> &'static [Place] {
        self.list.places()
    }

    fn wants(&self, _clusters: &[ClusterId]) -> Vec<Want> {
        let cluster = &self.subject.key.cluster;
        let events = self.about.iter().map(|(kind, key)| Want {
            cluster: cluster.clone(),
            feed: "events",
            scope: Scope::Events {
                namespace: key.namespace.to_string(),
                kind,
                name: key.name.to_string(),
            },
        });
        let pods =
            (self.subject.feed == "workflows").then(|| super::describe::pods_of(&self.subject.key));
        events.chain(pods).collect()
    }

    fn act(&mut self, verb: Verb, ctx: &Ctx<'_>) -> Turn {
        self.list.act(verb, ctx)
    }

    fn offers(&self, verb: Verb) -> bool {
        !matches!(verb, Verb::NextTab | Verb::PrevTab | Verb::Events) && self.list.offers(verb)
    }

    fn refresh(&mut self, ctx: &Ctx<'_>) {
        if self.subject.feed == "workflows" {
            let mut pods = self.pods(ctx);
            let left = pods.len().saturating_sub(PODS);
            pods.truncate(PODS);
            let now: Vec<_> = pods.into_iter().map(|key| ("Pod", key)).collect();
            if self.about.get(1..) != Some(&now) || self.left != left {
                self.about.truncate(1);
                self.about.extend(now);
                self.left = left;
                self.narrow();
            }
        }
        self.list.refresh(ctx);
    }

    fn typed(&mut self, text: &str) {
        self.list.typed(text);
    }

    fn answered(&mut self, kept: bool) {
        self.list.answered(kept);
    }

    fn check(&self, text: &str, cursor: usize, ctx: &Ctx<'_>) -> super::screen::Checked {
        self.list.check(text, cursor, ctx)
    }

    fn subject(&self, ctx: &Ctx<'_>) -> Option<Subject> {
        self.list
            .subject(ctx)
            .or_else(|| Some(self.subject.clone()))
    }

    fn evidence(&self, ctx: &Ctx<'_>) -> Vec<Fact> {
        self.list.evidence(ctx)
    }

    fn filter(&self) -> Option<&str> {
        self.list.filter()
    }

    fn clear(&mut self) -> bool {
        self.list.clear()
    }
}
