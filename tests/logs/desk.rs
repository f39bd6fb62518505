//! A console with logs open, and what a test does with it.

use std::sync::Arc;

use jiff::{Span, Timestamp};
use midwatch::app::logs::LogScreen;
use midwatch::app::{Effects, Model, Msg, update};
use midwatch::domain::{
    Clean, ClusterId, ContainerRow, ContainerState, Key, Labels, LogEnd, LogLine, LogScope, Phase,
    PodRow, Row, RunDetail, SourceId, SourceRow, SourceState, Step, StepKind, StepTree,
};
use midwatch::fault::{Fault, FaultKind};
use midwatch::keys::{Chord, Code};
use midwatch::store::{Batch, Change, LogBatch, News, Scope};
use midwatch::ui::{Look, View};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Modifier};

use crate::platform;

/// A console and what it draws on.
pub struct Desk {
    pub model: Model,
    view: View,
    terminal: Terminal<TestBackend>,
}

impl Desk {
    /// The logs of the failed run of the small platform.
    pub fn failed() -> Self {
        let mut desk = Self::of(platform::live());
        desk.press("l");
        desk
    }

    pub fn of(model: Model) -> Self {
        let mut desk = Self {
            model,
            view: View::new(Look::default()),
            terminal: Terminal::new(TestBackend::new(120, 36)).unwrap(),
        };
        desk.picture();
        desk
    }

    pub fn look(&mut self, look: Look) {
        self.view = View::new(look);
    }

    pub fn size(&mut self, width: u16, height: u16) {
        self.terminal.backend_mut().resize(width, height);
        let _ = update(
            &mut self.model,
            Msg::Resized(width, height),
            platform::now(),
        );
    }

    /// Keys with a space between them; names for those without a sign.
    pub fn press(&mut self, keys: &str) -> Effects {
        let mut effects = Effects::none();
        for key in keys.split(' ') {
            let chord = match key {
                "Enter" => Chord::plain(Code::Enter),
                "Esc" => Chord::plain(Code::Esc),
                "Tab" => Chord::plain(Code::Tab),
                "Up" => Chord::plain(Code::Up),
                "End" => Chord::plain(Code::End),
                "PageUp" => Chord::plain(Code::PageUp),
                "Right" => Chord::plain(Code::Right),
                "Space" => Chord::char(' '),
                "C-l" => Chord::ctrl('l'),
                other => Chord::char(other.chars().next().unwrap()),
            };
            effects = self.tell(Msg::Pressed(chord));
            self.picture();
        }
        effects
    }

    /// Types a text into the line that is asked for.
    pub fn write(&mut self, text: &str) {
        let _ = self.tell(Msg::Pasted(text.to_owned()));
        self.picture();
    }

    pub fn tell(&mut self, msg: Msg) -> Effects {
        update(&mut self.model, msg, platform::now())
    }

    pub fn put<R: Row>(&mut self, feed: &'static str, rows: Vec<R>) {
        let source = SourceId {
            cluster: cluster(),
            feed,
            scope: String::new(),
        };
        let changes = rows.into_iter().map(|r| Change::Put(Arc::new(r))).collect();
        let batch = Batch { source, changes };
        let _ = self.tell(Msg::Arrived(News::Rows(Box::new(batch))));
        self.picture();
    }

    pub fn logs(&self) -> &LogScreen {
        self.model
            .screen()
            .unwrap()
            .as_any()
            .downcast_ref()
            .unwrap()
    }

    /// The logs that are asked for.
    pub fn scopes(&self) -> Vec<LogScope> {
        let wants = self.model.wants().into_iter();
        wants
            .filter_map(|want| match want.scope {
                Scope::Log(scope) => Some(scope),
                _ => None,
            })
            .collect()
    }

    /// A log prints lines, each `second text` or, for the time of the line before, ` text`.
    pub fn print(&mut self, log: usize, lines: &[&str]) {
        let lines = lines.iter().map(|l| line(l)).collect();
        self.batch(log, lines, None);
    }

    pub fn end(&mut self, log: usize, end: LogEnd) {
        self.batch(log, Vec::new(), Some(end));
    }

    pub fn batch(&mut self, log: usize, lines: Vec<LogLine>, end: Option<LogEnd>) {
        let scope = self.scopes()[log].clone();
        let batch = LogBatch {
            source: source(&scope),
            scope,
            restart: false,
            lines,
            lost: 0,
            end,
        };
        let _ = self.tell(Msg::Arrived(News::Log(Box::new(batch))));
        self.picture();
    }

    /// Tells how a log is read.
    pub fn state(&mut self, log: usize, state: SourceState, fault: Option<(&str, &str)>) {
        let scope = self.scopes()[log].clone();
        let fault = fault.map(|(what, hint)| {
            Fault::new("prod-eu", FaultKind::Denied, what, platform::now()).hint(hint)
        });
        let row = SourceRow {
            id: source(&scope),
            state,
            since: platform::now() - Span::new().seconds(42),
            seen: None,
            endpoint: String::new(),
            rows: 0,
            fault,
            retry: None,
        };
        let _ = self.tell(Msg::Arrived(News::Source(Box::new(row))));
        self.picture();
    }

    /// What is on the screen.
    pub fn picture(&mut self) -> String {
        let (model, view) = (&mut self.model, &mut self.view);
        self.terminal.draw(|frame| view.draw(model, frame)).unwrap();
        let buffer = self.terminal.backend().buffer();
        let row = |y| {
            let cells = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol());
            cells.collect::<String>().trim_end().to_owned()
        };
        let rows: Vec<String> = (0..buffer.area.height).map(row).collect();
        rows.join("\n")
    }

    /// Text of all cells that are painted as what a search has found.
    pub fn found(&self) -> String {
        let cells = self.terminal.backend().buffer().content();
        let lit = |c: &&ratatui::buffer::Cell| {
            c.bg != Color::Reset || c.modifier.contains(Modifier::REVERSED)
        };
        cells
            .iter()
            .filter(lit)
            .map(ratatui::buffer::Cell::symbol)
            .collect()
    }

    /// Text of the line under the cursor.
    pub fn cursor(&self) -> String {
        let view = self.scopes()[0].view;
        let book = self.model.world.book(view).unwrap();
        let line = book.line_at(book.number(self.logs().cursor().unwrap()));
        line.unwrap().text.to_string()
    }
}

pub fn cluster() -> ClusterId {
    ClusterId::new("prod-eu")
}

pub fn source(scope: &LogScope) -> SourceId {
    SourceId {
        cluster: cluster(),
        feed: "logs",
        scope: scope.source(),
    }
}

pub fn at(second: i64) -> Timestamp {
    platform::now() - Span::new().seconds(600) + Span::new().seconds(second)
}

fn line(text: &str) -> LogLine {
    let (second, text) = text.split_once(' ').unwrap();
    LogLine {
        at: second.parse().ok().map(at),
        text: Clean::new(text),
        cut: 0,
    }
}

pub fn container(name: &str, state: ContainerState, reason: &str) -> ContainerRow {
    ContainerRow {
        name: Clean::new(name),
        init: name.starts_with("init"),
        state,
        reason: Clean::new(reason),
        message: Clean::default(),
        exit_code: None,
        ended: None,
        restarts: 0,
        last_reason: Clean::default(),
        memory_limit: Clean::default(),
        image: Clean::default(),
    }
}

pub fn pod(name: &str, run: &str, containers: Vec<ContainerRow>) -> PodRow {
    PodRow {
        key: Key::new(cluster(), "ml-nlp", name),
        uid: Clean::new(name),
        phase: Clean::new("Running"),
        reason: Clean::default(),
        message: Clean::default(),
        node: Clean::new("gpu-3"),
        unscheduled: Clean::default(),
        run: Clean::new(run),
        step: Clean::default(),
        containers: containers.into(),
        gpus: Clean::default(),
        owner: None,
        created: Some(at(0)),
        deleting: None,
        labels: Labels::default(),
    }
}

pub fn step(label: &str, kind: StepKind, phase: Phase, pod: &str) -> Step {
    Step {
        id: Clean::new(label),
        name: Clean::new(label),
        label: Clean::new(label),
        kind,
        engine_kind: Clean::new("Pod"),
        phase,
        message: Clean::default(),
        template: Clean::new(label),
        started: Some(at(0)),
        finished: None,
        attempt: None,
        hook: false,
        cached: false,
        memo: None,
        pod: Clean::new(pod),
        host: Clean::default(),
        exit_code: None,
        progress: None,
        inputs: Vec::new(),
        outputs: Vec::new(),
        artifacts_in: Vec::new(),
        artifacts_out: Vec::new(),
        gate: None,
        lock: Clean::default(),
    }
}

/// The fan-out of the small platform with other steps: a root and what lies directly below it.
pub fn fan(desk: &mut Desk, below: Vec<Step>, parents: Vec<Option<usize>>) {
    let table = desk.model.world.table::<RunDetail>().unwrap();
    let old = table
        .iter()
        .find(|d| &*d.row.key.name == "sweep-fan-out-b7");
    let old = old.unwrap().clone();
    let mut steps = vec![step("main", StepKind::Group, Phase::Running, "")];
    let mut parent = vec![None];
    steps.extend(below);
    parent.extend(parents.into_iter().map(|p| p.or(Some(0))));
    let tree = StepTree::new(steps, parent, Vec::new());
    desk.put(
        "run",
        vec![RunDetail {
            tree,
            ..(*old).clone()
        }],
    );
}
