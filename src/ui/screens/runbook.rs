//! Paints one run of a runbook: its steps on the left, the text of one of them and what can be said on the right; on a narrow
//! screen one above the other. Pure.

mod desk;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::runbooks::{CourseRow, ReaderScreen, prose};
use crate::app::screen::Ctx;
use crate::domain::{Clean, Span, clock};
use crate::plan::How;
use crate::runbook::course::{Standing, State};
use crate::runbook::{Course, Step};
use crate::theme::{Mark, Role};
use crate::ui::Look;
use crate::ui::paint::{Pen, below, line, selection};
use crate::ui::text::wrap;

/// Columns from which the steps stand beside the text.
const BESIDE: u16 = 76;

/// Most lines of what came of the step that is looked at.
const TOLD: usize = 6;

/// A line with how it is painted.
type Told = (String, Role);

/// Paints it.
pub fn paint(
    look: Look,
    screen: &mut ReaderScreen,
    ctx: &Ctx<'_>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let Some(row) = screen.row().cloned() else {
        Pen::new(buffer, line(area, 1), look).put(" The runbook begins…", Role::Warn);
        return;
    };
    heading(&row, ctx, line(area, 0), buffer, look);
    let below = below(area);
    let (left, right) = if area.width >= BESIDE {
        let width = (area.width * 2 / 5).clamp(30, 56);
        let left = Rect { width, ..below };
        let right = Rect {
            x: below.x + width + 1,
            width: below.width - width - 1,
            ..below
        };
        (left, right)
    } else {
        let wanted = u16::try_from(row.course.stands.len()).unwrap_or(u16::MAX);
        let height = (wanted + 1).min(below.height / 3);
        let right = Rect {
            y: below.y + height,
            height: below.height - height,
            ..below
        };
        (Rect { height, ..below }, right)
    };
    steps(screen, &row, left, buffer, look);
    let desk = desk::paint((screen, &row), ctx, right, buffer, look);
    let text = Rect {
        height: right.height.saturating_sub(desk),
        ..right
    };
    words(screen, &row.course, text, buffer, look);
}

/// What it is, on what, where it stands.
fn heading(row: &CourseRow, ctx: &Ctx<'_>, area: Rect, buffer: &mut Buffer, look: Look) {
    let course = &row.course;
    let (mark, word) = state(course);
    let mut pen = Pen::new(buffer, area, look);
    pen.put(" ", Role::Text)
        .put(&Clean::new(&course.book.title), Role::Strong)
        .put("   ", Role::Text)
        .put(row.about.word, Role::Dim)
        .put(" ", Role::Dim)
        .put(&course.about.words(), Role::Text);
    if ctx.clusters.len() > 1 {
        pen.put(" in ", Role::Dim)
            .put(row.about.key.cluster.as_str(), Role::Text);
    }
    pen.put("   ", Role::Text)
        .put(mark.glyph(look.ascii), mark.role())
        .put(" ", Role::Text)
        .put(&word, mark.role());
    if !course.id.is_empty() {
        pen.put("   ", Role::Text).put(&course.id, Role::Dim);
    }
}

/// Mark and words of where a run stands.
fn state(course: &Course) -> (Mark, String) {
    let of = course.stands.len();
    let step = format!("step {} of {of}", (course.at() + 1).min(of));
    match course.state() {
        State::Ended(How::Done, _) => (Mark::Ok, "done".to_owned()),
        State::Ended(how, _) => (Mark::Failed, how.word().to_owned()),
        State::Halted(..) => (Mark::Failed, format!("{step}, held up")),
        State::Person(_) | State::Ready(_) => (Mark::Waiting, format!("{step}, your turn")),
        _ => (Mark::Running, step),
    }
}

/// Mark of where a step stands.
fn mark(course: &Course, at: usize) -> Mark {
    let stand = course.stands.get(at).map(|s| s.standing);
    match stand.unwrap_or_default() {
        Standing::Ahead => Mark::Pending,
        Standing::Now if course.waits_for_person() => Mark::Waiting,
        Standing::Now => Mark::Running,
        Standing::Passed => Mark::Ok,
        Standing::Skipped => Mark::Omitted,
        Standing::Failed => Mark::Failed,
    }
}

/// The steps, each with what came of it.
fn steps(screen: &ReaderScreen, row: &CourseRow, area: Rect, buffer: &mut Buffer, look: Look) {
    let course = &row.course;
    let room = area.width.saturating_sub(6);
    let index = screen.index();
    let mut lines: Vec<(usize, bool, Told)> = Vec::new();
    for (at, step) in course.book.steps.iter().enumerate() {
        let role = match course.stands.get(at).map(|s| s.standing) {
            Some(Standing::Now) => Role::Strong,
            Some(Standing::Ahead | Standing::Skipped) => Role::Dim,
            _ => Role::Text,
        };
        let title = format!("{}. {}", at + 1, Clean::new(&step.title));
        lines.push((at, true, (title, role)));
        let what = course.stands.get(at).map(|s| s.what.clone());
        let what = what.unwrap_or_default();
        // the one that is looked at is told whole, the others as far as a line goes
        let parts = match (area.width < BESIDE / 3, at == index) {
            (true, _) => Vec::new(),
            _ if what.is_empty() => Vec::new(),
            (_, true) => wrap(&what, room).into_iter().take(TOLD).collect(),
            (_, false) => vec![what.to_string()],
        };
        let parts = parts.into_iter();
        lines.extend(parts.map(|part| (at, false, (part, Role::Dim))));
    }
    let height = usize::from(area.height);
    let last = lines.iter().rposition(|(at, ..)| *at == index).unwrap_or(0);
    let top = (last + 1).saturating_sub(height);
    for (y, (at, first, (text, role))) in lines.iter().skip(top).take(height).enumerate() {
        let place = line(area, u16::try_from(y).unwrap_or(u16::MAX));
        let mut pen = Pen::new(buffer, place, look);
        let mark = mark(course, *at);
        if *first {
            pen.put(" ", Role::Text)
                .put(mark.glyph(look.ascii), mark.role())
                .put(" ", Role::Text)
                .put(text, *role);
        } else {
            pen.skip(6).put(text, *role);
        }
        if *first && *at == index {
            buffer.set_style(place, selection(look));
        }
    }
}

/// The text of the step that is looked at.
fn words(screen: &mut ReaderScreen, course: &Course, area: Rect, buffer: &mut Buffer, look: Look) {
    let Some(step) = course.book.steps.get(screen.index()) else {
        return;
    };
    let lines = text(course, step, screen.index(), area.width.saturating_sub(2));
    let height = usize::from(area.height);
    screen.scroll = screen.scroll.min(lines.len().saturating_sub(height));
    for (y, (text, role)) in lines.iter().skip(screen.scroll).take(height).enumerate() {
        let place = line(area, u16::try_from(y).unwrap_or(u16::MAX));
        Pen::new(buffer, place, look).skip(1).put(text, *role);
    }
}

fn text(course: &Course, step: &Step, index: usize, room: u16) -> Vec<Told> {
    let mut lines = Vec::new();
    if index == 0 {
        lines.extend(paragraphs(&course.book.about, room, Role::Dim));
        lines.push((String::new(), Role::Text));
    }
    lines.push((Clean::new(&step.title).to_string(), Role::Strong));
    lines.extend(paragraphs(&step.prose, room, Role::Text));
    lines.push((String::new(), Role::Text));
    let what = step.what.line().replace('\n', " ");
    let what = Clean::new(&format!("{}: {what}", step.what.word()));
    lines.extend(wrap(&what, room).into_iter().map(|l| (l, Role::Dim)));
    if let Some(when) = &step.when {
        let when = Clean::new(&format!("when: {}", when.text().replace('\n', " ")));
        lines.extend(wrap(&when, room).into_iter().map(|l| (l, Role::Dim)));
    }
    lines
}

fn paragraphs(markdown: &str, room: u16, role: Role) -> Vec<Told> {
    let mut lines = Vec::new();
    for para in prose(markdown) {
        if para.code || para.text.is_empty() {
            lines.push((para.text.to_string(), role));
        } else {
            lines.extend(wrap(&para.text, room).into_iter().map(|l| (l, role)));
        }
    }
    lines
}

/// How long it has been since, for a line.
pub(super) fn since(from: jiff::Timestamp, ctx: &Ctx<'_>) -> String {
    let span = Span::between(from, ctx.now);
    format!("since {} ({span})", clock(from, ctx.now))
}
