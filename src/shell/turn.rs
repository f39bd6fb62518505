//! The loop: messages in, effects out, frames when they are due. I/O through [`Screen`] and [`Sources`] only, so that
//! it runs without a terminal in tests.
//!
//! One task owns the model. Each turn waits for anything to happen, takes in what people did, then a bounded part of
//! the news, then draws if a frame is due and the writer is idle.

mod away;

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc::{self, Receiver};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until};

use super::hands::{Hands, NoHands};
use super::program::Shown;
use super::save::{keep_seen, note_found, save};
use super::{End, Scene, Screen, Sources};
use crate::app::Setup;
use crate::app::deed::Order;
use crate::app::note::Level;
use crate::app::{Effect, Effects, Frames, Model, Msg, Pace, update};
use crate::store::{News, Want};
use crate::term::{Caps, Ended, Extras, Signal};
use crate::ui::{Look, View};

/// Most keys taken in before a frame may be drawn.
const KEYS_A_TURN: usize = 64;

/// Most news taken in before keys are looked at again, by number and by time.
const NEWS_A_TURN: usize = 256;
const NEWS_TIME: Duration = Duration::from_millis(8);

/// Reports waiting for the loop.
const REPORTS: usize = 64;

/// How often clocks may change.
const SECOND: Duration = Duration::from_secs(1);

/// What the loop listens to. All channels are bounded.
#[derive(Debug)]
pub struct Inbox {
    /// Keys, pastes, sizes.
    pub input: Receiver<Msg>,
    /// Rows and states of sources.
    pub news: Receiver<News>,
    /// Stopped, continued.
    pub signals: Receiver<Signal>,
    /// Reasons to end.
    pub alarms: Receiver<Ended>,
}

/// The loop's state.
#[derive(Debug)]
pub struct Turns<S, F> {
    model: Model,
    screen: S,
    sources: F,
    view: View,
    frames: Frames,
    /// What the terminal can show, before anything was set.
    caps: Caps,
    scene: Scene,
    /// How many notes are in the log.
    logged: u64,
    /// What the sources were told last.
    wants: Option<BTreeSet<Want>>,
    /// The feed has ended; its channel is not waited for any more.
    silent: bool,
    /// What was done beside the loop is told here.
    tell: mpsc::Sender<Msg>,
    told: Receiver<Msg>,
    /// A text that waits for a program to be shown in.
    shown: Option<Shown>,
    /// When the last program gave the terminal back.
    back: Option<Instant>,
    hands: Box<dyn Hands>,
}

/// What a turn woke up for.
enum Woken {
    Alarm(Ended),
    Input(Msg),
    Signal(Signal),
    News(News),
    /// The feed ended.
    Silence,
    Second,
    Told(Msg),
    /// The writer is idle again, or a frame is due.
    Frame,
}

impl<S: Screen, F: Sources> Turns<S, F> {
    /// A loop that has not started.
    pub fn new(model: Model, screen: S, sources: F, look: Look, pace: Pace) -> Self {
        let (tell, told) = mpsc::channel(REPORTS);
        Self {
            model,
            screen,
            sources,
            view: View::new(look),
            frames: Frames::new(pace),
            caps: Caps {
                look,
                pace,
                extras: Extras::default(),
            },
            scene: Scene::default(),
            logged: 0,
            wants: None,
            silent: false,
            tell,
            told,
            shown: None,
            back: None,
            hands: Box::new(NoHands),
        }
    }

    /// Tells which screen is shown.
    #[must_use]
    pub fn seen_by(self, scene: Scene) -> Self {
        Self { scene, ..self }
    }

    /// Acts with these hands; they are made with where their reports go. The journal is read at once: what is in doubt is
    /// told before anything else is done.
    #[must_use]
    pub fn with_hands(self, make: impl FnOnce(mpsc::Sender<Msg>) -> Box<dyn Hands>) -> Self {
        let mut hands = make(self.tell.clone());
        hands.act(Order::ReadJournal);
        Self { hands, ..self }
    }

    /// What carries out orders, to wait for when the loop has ended.
    pub fn hands(&mut self) -> &mut dyn Hands {
        &mut *self.hands
    }

    /// What the person was told is in the log as well.
    fn log_notes(&mut self) {
        let notes = &self.model.notes;
        let new = usize::try_from(notes.total() - self.logged).unwrap_or(usize::MAX);
        self.logged = notes.total();
        let newest: Vec<_> = notes.all().rev().take(new).collect();
        for told in newest.into_iter().rev() {
            let text = &told.note.text;
            match told.note.level {
                Level::Info => tracing::info!("told: {text}"),
                Level::Warn => tracing::warn!("told: {text}"),
                Level::Error => tracing::error!("told: {text}"),
            }
        }
    }

    /// Puts in force what the person has set, before the loop runs.
    pub fn set_up(&mut self, setup: Setup) {
        self.dress(&setup);
        let _ = update(
            &mut self.model,
            Msg::SetUp(Box::new(setup)),
            Timestamp::now(),
        );
        self.model.begin();
    }

    /// What the model does not hold: how it is painted, how often, and what it may cost.
    fn dress(&mut self, setup: &Setup) {
        let Caps { look, pace, .. } = self.caps.obey(&setup.settings, &setup.theme);
        self.view.look = look;
        self.frames.pace(pace);
        self.sources
            .limit(setup.settings.refresh.requests_per_minute);
    }

    /// Runs until something ends it.
    pub async fn run(&mut self, mut inbox: Inbox) -> End {
        match self.turns(&mut inbox).await {
            Ok(end) => end,
            Err(error) => End::Screen(error.to_string()),
        }
    }

    /// The model, to look at when the loop has ended.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The screen, to look at when the loop has ended.
    pub fn screen(&self) -> &S {
        &self.screen
    }

    async fn turns(&mut self, inbox: &mut Inbox) -> io::Result<End> {
        let mut second = interval_at(Instant::now() + SECOND, SECOND);
        second.set_missed_tick_behavior(MissedTickBehavior::Skip);
        self.frames.ask_input(Instant::now().into_std());
        loop {
            self.tell_wants();
            self.draw_if_due()?;
            let woken = self.wait(inbox, &mut second).await;
            if let Some(end) = self.turn(woken, inbox)? {
                return Ok(end);
            }
            if let Some(shown) = self.shown.take()
                && let Some(end) = self.lend(shown, inbox).await?
            {
                return Ok(end);
            }
        }
    }

    /// Waits for the first thing to happen; what people do comes before what clusters do.
    async fn wait(&mut self, inbox: &mut Inbox, second: &mut Interval) -> Woken {
        let ready = self.screen.ready();
        let due = self.frames.due().map(Instant::from_std);
        tokio::select! {
            biased;
            Some(reason) = inbox.alarms.recv() => Woken::Alarm(reason),
            msg = inbox.input.recv() => match msg {
                Some(msg) => Woken::Input(msg),
                None => Woken::Alarm(Ended::Lost("its input has ended".to_owned())),
            },
            Some(signal) = inbox.signals.recv() => Woken::Signal(signal),
            () = self.screen.idle(), if !ready => Woken::Frame,
            () = until(due), if ready => Woken::Frame,
            _ = second.tick() => Woken::Second,
            Some(told) = self.told.recv() => Woken::Told(told),
            news = inbox.news.recv(), if !self.silent => news.map_or(Woken::Silence, Woken::News),
        }
    }

    fn turn(&mut self, woken: Woken, inbox: &mut Inbox) -> io::Result<Option<End>> {
        match woken {
            Woken::Alarm(reason) if self.is_echo(&reason) => {}
            Woken::Alarm(reason) => return Ok(Some(End::Alarm(reason))),
            Woken::Input(msg) => {
                if let Some(end) = self.take_input(msg, &mut inbox.input)? {
                    return Ok(Some(end));
                }
            }
            Woken::News(news) => {
                if let Some(end) = self.take_news(news, &mut inbox.news)? {
                    return Ok(Some(end));
                }
            }
            Woken::Signal(Signal::Stop) => self.screen.suspend()?,
            Woken::Signal(Signal::Continued) => return self.resume(),
            Woken::Second => return self.apply(Msg::Ticked),
            Woken::Told(msg) => return self.apply(msg),
            Woken::Silence => self.silent = true,
            Woken::Frame => {}
        }
        Ok(None)
    }

    /// Takes in what is there, up to a bound; of several sizes in a row only the last.
    fn take_input(&mut self, first: Msg, more: &mut Receiver<Msg>) -> io::Result<Option<End>> {
        let mut next = Some(first);
        for _ in 0..KEYS_A_TURN {
            let Some(msg) = next.take() else {
                return Ok(None);
            };
            next = more.try_recv().ok();
            if matches!((&msg, &next), (Msg::Resized(..), Some(Msg::Resized(..)))) {
                continue;
            }
            if let Some(end) = self.apply(msg)? {
                return Ok(Some(end));
            }
        }
        match next {
            Some(msg) => self.apply(msg),
            None => Ok(None),
        }
    }

    fn take_news(&mut self, first: News, more: &mut Receiver<News>) -> io::Result<Option<End>> {
        let start = Instant::now();
        let mut next = Some(first);
        for _ in 0..NEWS_A_TURN {
            let Some(news) = next.take() else {
                break;
            };
            if let Some(end) = self.apply(Msg::Arrived(news))? {
                return Ok(Some(end));
            }
            if start.elapsed() >= NEWS_TIME {
                break;
            }
            next = more.try_recv().ok();
        }
        match next {
            Some(news) => self.apply(Msg::Arrived(news)),
            None => Ok(None),
        }
    }

    fn apply(&mut self, msg: Msg) -> io::Result<Option<End>> {
        if let Msg::Resized(columns, rows) = msg {
            self.screen.resize(columns, rows);
        }
        if let Msg::SetUp(setup) = &msg {
            self.dress(setup);
        }
        if matches!(msg, Msg::Pressed(_)) {
            self.scene.pressed(Timestamp::now());
        }
        if let Msg::Arrived(News::Cluster(info)) = &msg {
            self.hands.reached(&info.id);
        }
        let effects = update(&mut self.model, msg, Timestamp::now());
        self.log_notes();
        self.carry_out(effects)
    }

    fn carry_out(&mut self, effects: Effects) -> io::Result<Option<End>> {
        let now = Instant::now().into_std();
        for effect in effects.0 {
            match effect {
                Effect::Quit => return Ok(Some(End::Quit)),
                Effect::Draw => self.frames.ask_input(now),
                Effect::DrawData => self.frames.ask_data(now),
                Effect::Suspend => self.screen.suspend()?,
                Effect::Reconnect => self.sources.reconnect(),
                Effect::Reread(cluster) => self.sources.reread(&cluster),
                Effect::Act(order) => self.hands.act(order),
                Effect::Ring(ring) => self.screen.ring(&ring),
                Effect::NoteFound(noted) => note_found(noted, self.tell.clone()),
                Effect::KeepSeen(kept) => keep_seen(kept, self.tell.clone()),
                Effect::Save { text, name } => save(text, name, self.tell.clone()),
                Effect::Copy { text, what } => {
                    if let Some(end) = self.copy(&text, &what)? {
                        return Ok(Some(end));
                    }
                }
                Effect::Show { text, name, with } => self.shown = Some(Shown { text, name, with }),
            }
        }
        Ok(None)
    }

    fn resume(&mut self) -> io::Result<Option<End>> {
        let (columns, rows) = self.screen.resume()?;
        self.frames.ask_input(Instant::now().into_std());
        self.apply(Msg::Resized(columns, rows))
    }

    fn tell_wants(&mut self) {
        self.tell_scene();
        let wants = self.model.wants();
        if self.wants.as_ref() != Some(&wants) {
            self.sources.want(wants.clone());
            self.wants = Some(wants);
        }
    }

    fn tell_scene(&self) {
        let model = &self.model;
        let Some(screen) = model.screen() else { return };
        self.scene.set(screen.id());
        if let Some(page) = model.on_top() {
            let title = || screen.title(&model.ctx());
            self.scene.on_top(page, Timestamp::now(), title);
        }
    }

    fn draw_if_due(&mut self) -> io::Result<()> {
        let now = Instant::now().into_std();
        if self.screen.ready() && self.frames.due().is_some_and(|due| due <= now) {
            let (model, view) = (&mut self.model, &mut self.view);
            self.screen.draw(|frame| view.draw(model, frame))?;
            self.frames.drawn(now);
            if self.model.unfinished() {
                self.frames.ask_input(now);
            }
        }
        Ok(())
    }
}

/// Waits until a frame is due; for ever when none is.
async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}
