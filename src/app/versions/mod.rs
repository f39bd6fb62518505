//! One registered model opened: its versions, and what is known of the selected one. Pure.

mod facts;
mod history;

use super::column::Fact;
use super::command::{Place, Verb};
use super::deed::Aim;
use super::history::Spot;
use super::inspect::subject;
use super::list::{ListScreen, Only};
use super::lists::Versions;
use super::pointer::Hit;
use super::run::RunScreen;
use super::screen::{Checked, Ctx, Screen, Turn};
use crate::domain::{Clean, ClusterId, Key, RunRow, VersionRow};
use crate::store::{Scope, Table, Want};

pub use facts::{of, served};

/// One model on the screen.
#[derive(Debug)]
pub struct ModelScreen {
    key: Key,
    /// Its versions.
    pub list: ListScreen<Versions>,
    /// First visible line of the facts.
    pub scroll: usize,
}

impl ModelScreen {
    /// Opens a model.
    #[must_use]
    pub fn new(key: Key) -> Self {
        let mut list = ListScreen::default();
        let model = key.clone();
        list.show_only(Only::new(
            format!("Versions of {}", key.name),
            move |version: &VersionRow| {
                version.model == model.name && version.key.cluster == model.cluster
            },
        ));
        Self {
            key,
            list,
            scroll: 0,
        }
    }

    /// Which model.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Facts of the selected version.
    #[must_use]
    pub fn facts(&self, ctx: &Ctx<'_>) -> Vec<Fact> {
        self.list
            .selected()
            .map_or_else(Vec::new, |row| of(row, ctx))
    }

    /// The pipeline run that made the selected version, while the cluster still has it.
    fn pipeline(&self, ctx: &Ctx<'_>) -> Option<Key> {
        let version = self.list.selected()?;
        pipeline(version, ctx).map(|run| run.key.clone())
    }
}

/// The pipeline run that made a version, while the cluster still has it.
#[must_use]
pub fn pipeline<'a>(version: &VersionRow, ctx: &Ctx<'a>) -> Option<&'a RunRow> {
    let name = version.pipeline()?;
    let runs = ctx
        .world
        .table::<RunRow>()
        .into_iter()
        .flat_map(Table::iter);
    let mine = |run: &&std::sync::Arc<RunRow>| {
        run.key.cluster == version.key.cluster && (run.key.name == *name || run.kfp_run == *name)
    };
    let mut found = runs.filter(mine);
    let one = found.next()?;
    // a name that stands in two namespaces names neither
    found.next().is_none().then_some(&**one)
}

impl Screen for ModelScreen {
    fn id(&self) -> &'static str {
        "model"
    }

    fn title(&self, _ctx: &Ctx<'_>) -> String {
        self.key.name.to_string()
    }

    fn places(&self) -> &'static [Place] {
        &[Place::List, Place::Tree, Place::Object]
    }

    fn wants(&self, _clusters: &[ClusterId]) -> Vec<Want> {
        let all = |feed| Want {
            cluster: self.key.cluster.clone(),
            feed,
            scope: Scope::All,
        };
        let versions = Want {
            scope: Scope::Object {
                namespace: String::new(),
                name: self.key.name.to_string(),
            },
            ..all("versions")
        };
        vec![
            versions,
            all("models"),
            all("services"),
            all("llm-services"),
            all("revisions"),
        ]
    }

    fn act(&mut self, verb: Verb, ctx: &Ctx<'_>) -> Turn {
        match verb {
            Verb::FactsDown => self.scroll += 1,
            Verb::FactsUp => self.scroll = self.scroll.saturating_sub(1),
            Verb::Open => {
                return match self.pipeline(ctx) {
                    Some(run) => Turn::Open(Box::new(RunScreen::new(run))),
                    None => Turn::Taken,
                };
            }
            _ => {
                let before = self.list.selected().map(|row| row.key.clone());
                let turn = self.list.act(verb, ctx);
                if self.list.selected().map(|row| row.key.clone()) != before {
                    self.scroll = 0;
                }
                return turn;
            }
        }
        Turn::Taken
    }

    fn offers(&self, verb: Verb) -> bool {
        match verb {
            Verb::FactsDown | Verb::FactsUp | Verb::Actions => true,
            Verb::Open => self.list.selected().is_some_and(|v| v.pipeline().is_some()),
            Verb::NextTab
            | Verb::PrevTab
            | Verb::Mark
            | Verb::MarkRange
            | Verb::MarkAll
            | Verb::Toggle
            | Verb::NextFailed
            | Verb::AskDriver
            | Verb::Expand
            | Verb::Collapse
            | Verb::ExpandAll
            | Verb::CollapseAll => false,
            other => self.list.offers(other),
        }
    }

    fn refuses(&self, verb: Verb, ctx: &Ctx<'_>) -> Option<String> {
        match verb {
            Verb::Open if self.list.selected().is_none() => {
                Some("no version is selected".to_owned())
            }
            Verb::Open if !self.offers(verb) => {
                Some("no tag tells which pipeline run made it".to_owned())
            }
            Verb::Open if self.pipeline(ctx).is_none() => {
                Some("its pipeline run is not among the runs that the cluster has".to_owned())
            }
            other => (!self.offers(other)).then(|| "does nothing here".to_owned()),
        }
    }

    fn click(&mut self, at: (u16, u16)) -> Hit {
        self.scroll = 0;
        self.list.click(at)
    }

    fn refresh(&mut self, ctx: &Ctx<'_>) {
        self.list.refresh(ctx);
    }

    fn typed(&mut self, text: &str) {
        self.list.typed(text);
    }

    fn answered(&mut self, kept: bool) {
        self.list.answered(kept);
    }

    fn check(&self, text: &str, cursor: usize, ctx: &Ctx<'_>) -> Checked {
        self.list.check(text, cursor, ctx)
    }

    /// The model; the version on the line is meant where an action takes one.
    fn aim(&self, _ctx: &Ctx<'_>) -> Aim {
        let version = self.list.selected().map(|row| row.number);
        Aim {
            given: version
                .map(|number| ("version", number.to_string()))
                .into_iter()
                .collect(),
            ..Aim::at(Some(subject("models", &self.key, &Clean::default())))
        }
    }

    fn evidence(&self, ctx: &Ctx<'_>) -> Vec<Fact> {
        self.facts(ctx)
    }

    fn filter(&self) -> Option<&str> {
        self.list.filter()
    }

    fn columns(&self) -> Vec<&'static str> {
        Screen::columns(&self.list)
    }

    fn spot(&self) -> Spot {
        self.list.spot()
    }

    fn clear(&mut self) -> bool {
        self.list.clear()
    }

    fn clears(&self) -> bool {
        self.list.clears()
    }
}
