//! Everything the console is at one moment. Pure; owned by one task.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::bindings::Bindings;
use super::command::{Command, Place, available};
use super::copy::CopyMenu;
use super::deed::Deeds;
use super::findings::{self, Watch};
use super::guard::Guard;
use super::history::{self, History, Opened, Spot};
use super::journal::Book;
use super::list::ListScreen;
use super::lists::Runs;
use super::note::{Note, Notes};
use super::palette::Palette;
use super::pointer::Spots;
use super::prompt::Prompt;
use super::registry::entry;
use super::run::RunScreen;
use super::runbooks::Runbooks;
use super::screen::{Ctx, Screen};
use crate::domain::{ClusterId, ClusterLoad, Key, RunDetail, SourceRow};
use crate::keys::Chord;
use crate::settings::Settings;
use crate::store::{ClusterInfo, Want, World};

/// The whole state.
#[derive(Debug)]
pub struct Model {
    /// What is known.
    pub world: World,
    /// Clusters to show, in the order given on the command line.
    pub clusters: Vec<ClusterId>,
    /// Who they are, as far as known.
    pub infos: BTreeMap<ClusterId, ClusterInfo>,
    /// What midwatch costs each of them.
    pub loads: BTreeMap<ClusterId, ClusterLoad>,
    /// Size of the terminal in cells.
    pub size: (u16, u16),
    /// Now, as of the last message.
    pub now: Timestamp,
    /// What the person has set.
    pub settings: Settings,
    /// Which keys give which command.
    pub bindings: Bindings,
    /// Keys pressed that are the beginning of something.
    pub pending: Vec<Chord>,
    /// What the console told.
    pub notes: Notes,
    /// The line being typed.
    pub prompt: Option<Prompt>,
    /// The palette, while it is open.
    pub palette: Option<Palette>,
    /// What was drawn where in the last frame, for clicks.
    pub spots: Spots,
    /// Commands last run from the palette, newest first.
    pub recent: Vec<&'static str>,
    /// What to copy is being chosen.
    pub menu: Option<CopyMenu>,
    /// Contexts that are unlocked for a while.
    pub guard: Guard,
    /// What is known of the journal besides its rows.
    pub book: Book,
    /// The actions, and the box of one of them.
    pub deeds: Deeds,
    /// Runbooks and the runs of them.
    pub runbooks: Runbooks,
    /// The help is shown; the number is its first visible line.
    pub help: Option<usize>,
    /// Rows of the body in the last frame: what a page is.
    pub page: usize,
    /// What is known of the findings besides their rows.
    pub watch: Watch,
    base: &'static str,
    screens: BTreeMap<&'static str, Box<dyn Screen>>,
    pub(super) opened: Vec<Opened>,
    /// Where the person has been.
    pub history: History,
    /// The run that was open at the end of the last session, until it is known whether it still exists.
    returning: Option<Key>,
    /// Lines typed before, by the label of their question.
    pub(super) lines: BTreeMap<&'static str, Vec<String>>,
}

/// What screens may look at of a model: a macro, as a screen of it is borrowed beside it.
macro_rules! looked_at {
    ($model:expr) => {
        Ctx {
            world: &$model.world,
            clusters: &$model.clusters,
            settings: &$model.settings,
            notes: &$model.notes,
            loads: &$model.loads,
            now: $model.now,
            page: $model.page,
        }
    };
}

impl Model {
    /// A console that knows nothing yet, on its first screen.
    #[must_use]
    pub fn new(clusters: Vec<ClusterId>, size: (u16, u16), now: Timestamp) -> Self {
        let mut model = Self {
            world: World::default(),
            clusters,
            infos: BTreeMap::new(),
            loads: BTreeMap::new(),
            size,
            now,
            settings: Settings::default(),
            bindings: Bindings::default(),
            pending: Vec::new(),
            notes: Notes::default(),
            prompt: None,
            palette: None,
            spots: Spots::default(),
            recent: Vec::new(),
            menu: None,
            guard: Guard::default(),
            book: Book::default(),
            deeds: Deeds::default(),
            runbooks: Runbooks::default(),
            help: None,
            page: usize::from(size.1.saturating_sub(6)).max(1),
            watch: Watch::default(),
            base: "runs",
            screens: BTreeMap::new(),
            opened: Vec::new(),
            history: History::default(),
            returning: None,
            lines: BTreeMap::new(),
        };
        model.show("runs");
        model
    }

    /// Switches to a screen of the registry; what was opened on top of the old one is closed.
    pub fn show(&mut self, id: &'static str) {
        let Some(entry) = entry(id) else { return };
        self.screens.entry(id).or_insert_with(entry.make);
        self.base = id;
        self.watch.looked = None;
        while self.close() {}
    }

    /// Begins on the screen that was set; where it was last is not known here.
    pub fn begin(&mut self) {
        if let Some(entry) = entry(&self.settings.start) {
            self.show(entry.id);
        }
    }

    /// Opens a screen on top.
    pub fn open(&mut self, screen: Box<dyn Screen>) {
        let opened = self.history.number(screen);
        self.opened.push(opened);
    }

    /// Closes what is on top; false when nothing was opened.
    pub fn close(&mut self) -> bool {
        let closed = self.opened.pop();
        let some = closed.is_some();
        if let Some(closed) = closed {
            self.history.rest(closed);
        }
        some
    }

    /// The number of the page that was opened on top, if one was.
    #[must_use]
    pub fn on_top(&self) -> Option<u64> {
        self.opened.last().map(|opened| opened.number)
    }

    /// Where the person is.
    #[must_use]
    pub fn here(&self) -> history::Place {
        let below = self.screens.get(self.base);
        history::Place {
            base: self.base,
            spot: below.map(|s| s.spot()).unwrap_or_default(),
            opened: self.opened.iter().map(|o| o.number).collect(),
        }
    }

    /// Comes back to a spot in the screen that lies below what is opened.
    pub(super) fn go(&mut self, spot: &Spot) {
        if let Some(screen) = self.screens.get_mut(self.base) {
            screen.go(spot);
        }
    }

    /// The run that is open.
    #[must_use]
    pub fn opened_run(&self) -> Option<&Key> {
        let screens = self.opened.iter().map(|o| o.screen.as_any());
        let mut runs = screens.filter_map(|s| s.downcast_ref::<RunScreen>());
        runs.next().map(RunScreen::key)
    }

    /// Opens a run that was open before, as long as it is not known to be gone.
    pub(super) fn open_again(&mut self, run: Key) {
        self.open(Box::new(RunScreen::new(run.clone())));
        self.returning = Some(run);
    }

    /// Closes the run that was open before when it is gone; true when it was.
    pub(super) fn settle(&mut self) -> bool {
        let Some(run) = self.returning.take() else {
            return false;
        };
        if self.opened_run() != Some(&run) {
            return false;
        }
        let table = self.world.table::<RunDetail>();
        if table.is_some_and(|t| t.get(&run).is_some()) {
            return false;
        }
        let scope = format!("{}/{}", run.namespace, run.name);
        let told = |s: &SourceRow| {
            s.id.cluster == run.cluster && s.id.feed == "run" && s.id.scope == scope
        };
        let gone = self.world.sources().any(|s| told(s) && s.state.is_live());
        if gone {
            while self.close() {}
            let text = format!("the run {} that was open is gone", run.name);
            self.notes.tell(Note::warn(text), self.now);
        } else {
            self.returning = Some(run);
        }
        gone
    }

    /// Id of the screen of the registry that is shown, or lies below what was opened.
    #[must_use]
    pub fn base(&self) -> &'static str {
        self.base
    }

    /// The home screen was shown: what it tells of is watched from then on, whichever screen is shown.
    #[must_use]
    pub fn watches(&self) -> bool {
        self.screens.contains_key(findings::SCREEN)
    }

    /// How many findings need somebody now; 0 before the home screen was shown.
    #[must_use]
    pub fn needs(&self) -> usize {
        self.watch.now
    }

    /// The screen that is shown.
    #[must_use]
    pub fn screen(&self) -> Option<&dyn Screen> {
        self.opened
            .last()
            .map(|o| &o.screen)
            .or_else(|| self.screens.get(self.base))
            .map(|s| &**s)
    }

    /// The list of runs, which the header reads on every screen.
    #[must_use]
    pub fn runs(&self) -> Option<&ListScreen<Runs>> {
        self.screens.get("runs")?.as_any().downcast_ref()
    }

    /// Brings the list of runs up to date, whichever screen is shown.
    pub fn refresh_runs(&mut self) {
        let ctx = looked_at!(self);
        if let Some(runs) = self.screens.get_mut("runs") {
            runs.refresh(&ctx);
        }
    }

    /// What screens may look at.
    #[must_use]
    pub fn ctx(&self) -> Ctx<'_> {
        looked_at!(self)
    }

    /// The screen that is shown, with what it may look at.
    pub fn screen_mut(&mut self) -> Option<(&mut Box<dyn Screen>, Ctx<'_>)> {
        let ctx = looked_at!(self);
        let screen = self
            .opened
            .last_mut()
            .map(|o| &mut o.screen)
            .or_else(|| self.screens.get_mut(self.base))?;
        Some((screen, ctx))
    }

    /// The screen has more to find out: another frame is to follow.
    #[must_use]
    pub fn unfinished(&mut self) -> bool {
        self.screen_mut().is_some_and(|(s, ctx)| s.unfinished(&ctx))
    }

    /// Where keys are, innermost first.
    #[must_use]
    pub fn places(&self) -> &'static [Place] {
        self.screen().map_or(&[], |s| s.places())
    }

    /// Commands that can be given now.
    pub fn commands(&self) -> impl Iterator<Item = &'static Command> {
        available(self.places()).filter(|c| self.screen().is_none_or(|s| s.offers(c.verb)))
    }

    /// Going back does something: something was opened, a filter or marks are in the way.
    #[must_use]
    pub fn goes_back(&self) -> bool {
        !self.opened.is_empty() || self.screen().is_some_and(Screen::clears)
    }

    /// What has to be watched for what is shown now, and for what Back leads to.
    #[must_use]
    pub fn wants(&self) -> BTreeSet<Want> {
        let below = self.screens.get(self.base).map(|s| s.wants(&self.clusters));
        let above = self.opened.iter().map(|o| o.screen.wants(&self.clusters));
        let menu = self.menu.iter().map(CopyMenu::wants);
        // the header tells of runs on every screen, and of what is new once the home screen was shown
        let header = ["runs", findings::SCREEN].into_iter();
        let header = header.filter_map(|id| self.screens.get(id));
        let header = header.map(|s| s.wants(&self.clusters));
        below
            .into_iter()
            .chain(header)
            .chain(above)
            .chain(menu)
            .flatten()
            .chain(self.runbooks.wants())
            .chain(findings::wants(&self.world))
            .collect()
    }
}
