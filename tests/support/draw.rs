//! A run opened in the console and read from its pictures, page by page.

use std::sync::Arc;

use jiff::Timestamp;
use midwatch::app::run::{RunScreen, What};
use midwatch::app::{Model, Msg, update};
use midwatch::domain::{RunDetail, RunRow, SourceId, SourceRow, SourceState};
use midwatch::keys::{Chord, Code};
use midwatch::store::{Batch, Change, News};
use midwatch::ui::{Look, View};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

/// Everything that the tree shows of a run when all branches are open: the text of each page.
pub fn all_pages(run: RunDetail, size: (u16, u16)) -> Vec<String> {
    let now: Timestamp = "2026-11-21T03:12:44Z".parse().unwrap();
    let steps = run.tree.steps.len();
    let mut model = Model::new(vec![run.row.key.cluster.clone()], size, now);
    tell(&mut model, now, "workflows", run.row.clone());
    let mut console = Console {
        terminal: Terminal::new(TestBackend::new(size.0, size.1)).unwrap(),
        view: View::new(Look::default()),
    };
    console.picture(&mut model);
    press(&mut model, now, Chord::plain(Code::Enter));
    tell(&mut model, now, "run", run);
    console.picture(&mut model);
    press(&mut model, now, Chord::char('+'));
    while let Some(below) = first_more(&model) {
        press(&mut model, now, Chord::char('g'));
        for _ in 0..below {
            press(&mut model, now, Chord::char('j'));
        }
        press(&mut model, now, Chord::plain(Code::Enter));
    }
    press(&mut model, now, Chord::char('g'));
    let mut pages = vec![console.picture(&mut model)];
    for _ in 0..=steps / 2 {
        press(&mut model, now, Chord::plain(Code::PageDown));
        let page = console.picture(&mut model);
        if pages.last() == Some(&page) {
            break;
        }
        pages.push(page);
    }
    pages
}

/// How far down the first row stands that holds back further steps.
fn first_more(model: &Model) -> Option<usize> {
    let screen: &RunScreen = model.screen()?.as_any().downcast_ref()?;
    screen
        .lines()
        .iter()
        .position(|l| matches!(l.what, What::More { .. }))
}

struct Console {
    terminal: Terminal<TestBackend>,
    view: View,
}

impl Console {
    fn picture(&mut self, model: &mut Model) -> String {
        self.terminal
            .draw(|frame| self.view.draw(model, frame))
            .unwrap();
        let buffer = self.terminal.backend().buffer();
        let row = |y| {
            (0..buffer.area.width)
                .map(|x| buffer[(x, y)].symbol())
                .collect::<String>()
        };
        (0..buffer.area.height)
            .map(row)
            .collect::<Vec<_>>()
            .join("\n")
    }
}

fn press(model: &mut Model, now: Timestamp, chord: Chord) {
    let _ = update(model, Msg::Pressed(chord), now);
}

fn tell<R: midwatch::domain::Row>(model: &mut Model, now: Timestamp, feed: &'static str, row: R) {
    let source = SourceId {
        cluster: row.key().cluster.clone(),
        feed,
        scope: String::new(),
    };
    let state = SourceRow {
        id: source.clone(),
        state: SourceState::Live,
        since: now,
        seen: Some(now),
        endpoint: String::new(),
        rows: 1,
        fault: None,
        retry: None,
    };
    let _ = update(model, Msg::Arrived(News::Source(Box::new(state))), now);
    let changes = vec![Change::Put(Arc::new(row))];
    let _ = update(
        model,
        Msg::Arrived(News::Rows(Box::new(Batch { source, changes }))),
        now,
    );
}

/// Draws a run on a wide screen, where no name is cut, and at 80 by 24; fails when a step is on no page.
pub fn assert_all_steps_shown(run: &RunDetail) {
    let _: &RunRow = &run.row;
    let pages = all_pages(run.clone(), (300, 60)).join("\n");
    for step in &run.tree.steps {
        // the longest names are cut even here
        let label: String = step.label.chars().take(60).collect();
        assert!(
            pages.contains(label.trim_end()),
            "{} of {} is on no page",
            step.label,
            run.row.key
        );
    }
    let _ = all_pages(run.clone(), (80, 24));
}
