//! A console on a bench: its terminal, its feeds and its shell are looked at from here.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use midwatch::app::findings::Ring;
use midwatch::app::note::Note;
use midwatch::app::{Model, Msg, Pace};
use midwatch::domain::ClusterId;
use midwatch::shell::{End, Inbox, Screen, Shown, Sources, Turns};
use midwatch::store::{News, Want};
use midwatch::term::{Ended, Signal};
use midwatch::ui::Look;
use ratatui::backend::TestBackend;
use ratatui::{Frame, Terminal};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};

use super::ms;

/// What happened on the screen, in order, with the time since the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    Drawn(Duration),
    Resized(u16, u16),
    Suspended,
    Resumed,
    Copied(String),
    Rang(String),
    Lent(String),
}

/// A screen that is busy for as long as the test wants.
pub(super) struct Glass {
    start: Instant,
    idle: watch::Receiver<bool>,
    terminal: Terminal<TestBackend>,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Glass {
    fn log(&self, event: Event) {
        self.events.lock().unwrap().push(event);
    }
}

impl Screen for Glass {
    fn ready(&self) -> bool {
        *self.idle.borrow()
    }

    async fn idle(&self) {
        let _ = self.idle.clone().wait_for(|idle| *idle).await;
    }

    fn draw(&mut self, paint: impl FnOnce(&mut Frame)) -> io::Result<()> {
        assert!(self.ready(), "drawn while the last frame is being written");
        self.log(Event::Drawn(self.start.elapsed()));
        self.terminal.draw(paint).unwrap();
        Ok(())
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        self.terminal.backend_mut().resize(columns, rows);
        self.log(Event::Resized(columns, rows));
    }

    fn suspend(&mut self) -> io::Result<()> {
        self.log(Event::Suspended);
        Ok(())
    }

    fn copy(&mut self, text: &str) -> Result<(), String> {
        self.log(Event::Copied(text.to_owned()));
        Ok(())
    }

    fn ring(&mut self, ring: &Ring) {
        self.log(Event::Rang(ring.text.clone()));
    }

    async fn lend(&mut self, shown: &Shown) -> Option<Note> {
        self.log(Event::Lent(shown.name.clone()));
        sleep(ms(2000)).await;
        None
    }

    fn resume(&mut self) -> io::Result<(u16, u16)> {
        self.log(Event::Resumed);
        Ok((90, 25))
    }
}

/// Sources that remember what they were told.
#[derive(Clone, Default)]
pub(super) struct Told(pub(super) Arc<Mutex<(Vec<BTreeSet<Want>>, u32)>>);

impl Sources for Told {
    fn want(&self, wants: BTreeSet<Want>) {
        self.0.lock().unwrap().0.push(wants);
    }

    fn reconnect(&self) {
        self.0.lock().unwrap().1 += 1;
    }
}

/// Everything a test holds of a running loop.
pub(super) struct Bench {
    pub(super) turns: Turns<Glass, Told>,
    pub(super) inbox: Option<Inbox>,
    pub(super) input: mpsc::Sender<Msg>,
    pub(super) news: mpsc::Sender<News>,
    pub(super) signals: mpsc::Sender<Signal>,
    pub(super) alarms: mpsc::Sender<Ended>,
    pub(super) idle: watch::Sender<bool>,
    pub(super) events: Arc<Mutex<Vec<Event>>>,
    pub(super) told: Told,
}

pub(super) fn eu() -> ClusterId {
    ClusterId::new("eu")
}

impl Bench {
    pub(super) fn new() -> Self {
        let (input, keys) = mpsc::channel(1024);
        let (news, arriving) = mpsc::channel(1024);
        let (signals, heard) = mpsc::channel(8);
        let (alarms, raised) = mpsc::channel(8);
        let (idle, is_idle) = watch::channel(true);
        let (events, told) = (Arc::default(), Told::default());
        let glass = Glass {
            start: Instant::now(),
            idle: is_idle,
            terminal: Terminal::new(TestBackend::new(80, 24)).unwrap(),
            events: Arc::clone(&events),
        };
        let model = Model::new(vec![eu()], (80, 24), Timestamp::now());
        Self {
            turns: Turns::new(model, glass, told.clone(), Look::default(), Pace::LOCAL),
            inbox: Some(Inbox {
                input: keys,
                news: arriving,
                signals: heard,
                alarms: raised,
            }),
            input,
            news,
            signals,
            alarms,
            idle,
            events,
            told,
        }
    }

    /// Runs the loop beside `script`, until the loop ends.
    pub(super) async fn play(&mut self, script: impl Future<Output = ()>) -> End {
        let inbox = self.inbox.take().unwrap();
        let run = self.turns.run(inbox);
        let (end, ()) = tokio::join!(run, script);
        end
    }

    pub(super) fn frames(&self) -> Vec<Duration> {
        let events = self.events.lock().unwrap();
        let drawn = events.iter().filter_map(|event| match event {
            Event::Drawn(at) => Some(*at),
            _ => None,
        });
        drawn.collect()
    }

    pub(super) fn screen(&self) -> String {
        self.turns.screen().terminal.backend().to_string()
    }
}
