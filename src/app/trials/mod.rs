//! One experiment opened: the curve of its results, its parameters, its best trial, all its trials. Pure.
//!
//! | file | owns |
//! |---|---|
//! | `standing` | one word for where an experiment stands, what holds it up |
//! | `words` | objectives, figures, accelerators and cost in words |
//! | `facts` | what is told of an experiment and of a trial below their lists |
//! | `curve` | the best so far, the top trials among the parameters |
//! | `trial`, `page` | one trial opened, and its text |

pub mod curve;
pub mod facts;
mod page;
pub mod standing;
mod trial;
pub mod words;

use super::column::Fact;
use super::command::{Place, Verb};
use super::deed::{self, Aim};
use super::history::Spot;
use super::inspect::subject;
use super::list::{ListScreen, Only};
use super::lists::Trials;
use super::pointer::Hit;
use super::screen::{Checked, Ctx, Screen, Turn};
use super::seen::Seen;
use crate::domain::{ClusterId, ExperimentRow, Key, Subject, TrialRow};
use crate::kinds::trial::OF_EXPERIMENT;
use crate::store::{Scope, Table, Want};
use curve::{Axis, Curve};

pub use page::run_spec;
pub use trial::{TrialScreen, pods_of};

/// What stands above the trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// The curve of the results; where there is room, beside it the parameters.
    Curve,
    /// The parameters of the top trials.
    Parameters,
    /// The best trial.
    Best,
    /// Nothing: the trials have all the room.
    Trials,
}

impl Face {
    /// All of them, in the order in which they are turned.
    pub const ALL: [Self; 4] = [Self::Curve, Self::Parameters, Self::Best, Self::Trials];

    /// Its name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Curve => "curve",
            Self::Parameters => "parameters",
            Self::Best => "best",
            Self::Trials => "trials",
        }
    }
}

/// What is drawn of all trials together.
#[derive(Debug, Default)]
pub struct Drawn {
    /// The results.
    pub curve: Curve,
    /// The parameters, with the top trials on them.
    pub axes: Vec<Axis>,
    /// Names of the top trials without that of the experiment, and their figures, the best first.
    pub top: Vec<(String, String)>,
}

/// One experiment on the screen.
#[derive(Debug)]
pub struct ExperimentScreen {
    key: Key,
    /// It, as last seen.
    pub seen: Seen<ExperimentRow>,
    /// Its trials.
    pub list: ListScreen<Trials>,
    /// What stands above them.
    pub face: Face,
    drawn: Drawn,
    drawn_of: Option<(u64, u64)>,
}

impl ExperimentScreen {
    /// Opens an experiment.
    #[must_use]
    pub fn new(key: Key) -> Self {
        let mut list = ListScreen::default();
        let own = key.clone();
        list.show_only(Only::new(
            format!("Trials of {}", key.name),
            move |trial: &TrialRow| {
                trial.experiment == own.name
                    && trial.key.namespace == own.namespace
                    && trial.key.cluster == own.cluster
            },
        ));
        Self {
            key,
            seen: Seen::default(),
            list,
            face: Face::Curve,
            drawn: Drawn::default(),
            drawn_of: None,
        }
    }

    /// Which experiment.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// What is drawn of all trials together.
    #[must_use]
    pub fn drawn(&self) -> &Drawn {
        &self.drawn
    }

    /// Draws anew what all trials together show, when one has changed.
    fn draw(&mut self, ctx: &Ctx<'_>) {
        let trials = ctx.world.table::<TrialRow>().map_or(0, Table::version);
        let own = ctx.world.table::<ExperimentRow>().map_or(0, Table::version);
        if self.drawn_of == Some((trials, own)) {
            return;
        }
        let Some(row) = self.seen.row() else { return };
        self.drawn_of = Some((trials, own));
        let all = || standing::trials(&self.key, ctx.world).map(|t| &**t);
        let top = curve::top(row, all());
        self.drawn = Drawn {
            curve: Curve::of(row, all()),
            axes: curve::axes(row, &top),
            top: top
                .iter()
                .map(|t| {
                    let figure = words::own_figure(&t.metrics, &t.objective);
                    let name = standing::tail(&t.key.name, &self.key.name);
                    (name.to_owned(), figure.unwrap_or_default())
                })
                .collect(),
        };
    }

    fn turn(&mut self, step: usize) {
        let here = Face::ALL.iter().position(|f| *f == self.face).unwrap_or(0);
        let next = (here + step) % Face::ALL.len();
        self.face = Face::ALL.get(next).copied().unwrap_or(Face::Curve);
    }

    fn itself(&self) -> Subject {
        let uid = self.seen.row().map(|row| row.uid.clone());
        subject("experiments", &self.key, &uid.unwrap_or_default())
    }

    fn selected(&self) -> Option<Subject> {
        let row = self.list.selected()?;
        Some(subject("trials", &row.key, &row.uid))
    }
}

/// What has to be watched to know more of an experiment than it tells itself: what suggests, its trials, their pods.
#[must_use]
pub fn beside(experiment: &Key) -> [Want; 3] {
    let namespace = experiment.namespace.to_string();
    let name = experiment.name.to_string();
    let labelled = Scope::Labelled {
        namespace: namespace.clone(),
        selector: format!("{OF_EXPERIMENT}={name}"),
    };
    let object = Scope::Object { namespace, name };
    [
        ("suggestions", object),
        ("trials", labelled.clone()),
        ("pods", labelled),
    ]
    .map(|(feed, scope)| Want {
        cluster: experiment.cluster.clone(),
        feed,
        scope,
    })
}

impl Screen for ExperimentScreen {
    fn id(&self) -> &'static str {
        "experiment"
    }

    fn title(&self, _ctx: &Ctx<'_>) -> String {
        self.key.name.to_string()
    }

    fn places(&self) -> &'static [Place] {
        &[Place::List, Place::Object]
    }

    fn wants(&self, _clusters: &[ClusterId]) -> Vec<Want> {
        let own = Want {
            cluster: self.key.cluster.clone(),
            feed: "experiments",
            scope: Scope::Object {
                namespace: self.key.namespace.to_string(),
                name: self.key.name.to_string(),
            },
        };
        std::iter::once(own).chain(beside(&self.key)).collect()
    }

    fn turns(&self) -> bool {
        true
    }

    fn act(&mut self, verb: Verb, ctx: &Ctx<'_>) -> Turn {
        match verb {
            Verb::NextTab => self.turn(1),
            Verb::PrevTab => self.turn(Face::ALL.len() - 1),
            _ => return self.list.act(verb, ctx),
        }
        Turn::Taken
    }

    fn offers(&self, verb: Verb) -> bool {
        match verb {
            Verb::NextTab | Verb::PrevTab => true,
            Verb::Actions => deed::acts_on("experiments"),
            Verb::Mark | Verb::MarkRange | Verb::MarkAll => false,
            other => self.list.offers(other),
        }
    }

    fn refuses(&self, verb: Verb, ctx: &Ctx<'_>) -> Option<String> {
        if self.offers(verb) {
            return None;
        }
        let own = self.list.refuses(verb, ctx);
        own.or_else(|| Some("does nothing here".to_owned()))
    }

    fn click(&mut self, at: (u16, u16)) -> Hit {
        self.list.click(at)
    }

    fn refresh(&mut self, ctx: &Ctx<'_>) {
        self.seen.look("experiments", &self.key, ctx);
        self.list.refresh(ctx);
        self.draw(ctx);
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

    /// The selected trial, else the experiment.
    fn subject(&self, _ctx: &Ctx<'_>) -> Option<Subject> {
        Some(self.selected().unwrap_or_else(|| self.itself()))
    }

    /// The experiment, and the selected trial.
    fn aim(&self, _ctx: &Ctx<'_>) -> Aim {
        let subjects = std::iter::once(self.itself()).chain(self.selected());
        Aim {
            subjects: subjects.collect(),
            gate: None,
            marked: 0,
            given: Vec::new(),
        }
    }

    fn logs(&self, ctx: &Ctx<'_>) -> Option<Box<dyn Screen>> {
        self.list.logs(ctx)
    }

    fn evidence(&self, ctx: &Ctx<'_>) -> Vec<Fact> {
        self.list.evidence(ctx)
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
