//! What a run of a runbook is at, and what a person can say to it: below the text of its step. Pure.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::since;
use crate::app::runbooks::{CourseRow, ReaderScreen, Say};
use crate::app::screen::Ctx;
use crate::domain::Clean;
use crate::plan::How;
use crate::runbook::course::{REPLACED, State};
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::paint::{Pen, line, rule};
use crate::ui::text::{bar, wrap};

/// Paints it at the bottom of the area; the rows it took.
pub(super) fn paint(
    (screen, row): (&ReaderScreen, &CourseRow),
    ctx: &Ctx<'_>,
    area: Rect,
    buffer: &mut Buffer,
    look: Look,
) -> u16 {
    let room = area.width.saturating_sub(2);
    let mut lines = Vec::new();
    if !row.course.told.is_empty() {
        lines.extend(
            wrap(&row.course.told, room)
                .into_iter()
                .map(|l| (l, Role::Dim)),
        );
    }
    if row.course.replaced && row.course.ended().is_none() {
        lines.extend(wrap(REPLACED, room).into_iter().map(|l| (l, Role::Warn)));
    }
    for (text, role) in said(row, ctx, look) {
        lines.extend(wrap(&text, room).into_iter().map(|line| (line, role)));
    }
    let says = screen.says();
    let wanted = lines.len() + says.len() + 1;
    // the text of the step keeps a part
    let most = usize::from(area.height.saturating_sub(3).max(area.height / 2));
    let height = u16::try_from(wanted.min(most)).unwrap_or(area.height);
    let area = Rect {
        y: area.bottom().saturating_sub(height),
        height,
        ..area
    };
    rule(buffer, line(area, 0), look);
    // what can be said stays in sight
    let shown = usize::from(height.saturating_sub(1)).saturating_sub(says.len());
    let mut y = 1;
    for (text, role) in lines.iter().take(shown) {
        Pen::new(buffer, line(area, y), look)
            .skip(1)
            .put(text, *role);
        y += 1;
    }
    for (at, say) in says.iter().enumerate() {
        let chosen = at == screen.option;
        let mut pen = Pen::new(buffer, line(area, y), look);
        let role = if chosen { Role::Chosen } else { Role::Text };
        pen.skip(1)
            .put(if chosen { "> " } else { "  " }, role)
            .put(&word(say, row), role);
        if chosen {
            pen.put("   Enter", Role::Dim);
        }
        y += 1;
    }
    height
}

/// What it is at.
fn said(row: &CourseRow, ctx: &Ctx<'_>, look: Look) -> Vec<(String, Role)> {
    let course = &row.course;
    let stand = course.stands.get(course.at());
    let what = stand.map(|s| s.what.to_string()).unwrap_or_default();
    match course.state() {
        State::Person(question) => {
            let mut lines = Vec::new();
            if !question.because.is_empty() {
                lines.push((question.because.to_string(), Role::Dim));
            }
            lines.push((question.text.to_string(), Role::Strong));
            lines
        }
        State::Ready(why) => {
            let name = course.step().map(|step| step.what.line());
            let name = Clean::new(&name.unwrap_or_default().replace('\n', " "));
            let mut lines = vec![(format!("Next: {name}"), Role::Strong)];
            if !why.is_empty() {
                lines.insert(0, (why.to_string(), Role::Warn));
            }
            lines
        }
        State::Until { since: from, end } => vec![
            (format!("Waiting, {}", since(*from, ctx)), Role::Busy),
            (progress(*from, *end, ctx.now, look), Role::Busy),
            (what, Role::Text),
        ],
        State::Halted(why, _) => vec![(why.to_string(), Role::Bad)],
        State::Facts(_) | State::Start => vec![(format!("Looking… {what}"), Role::Busy)],
        State::Query(_) => vec![("Asking Prometheus…".to_owned(), Role::Busy)],
        State::Look => {
            let text = "Looking what became of the action that was begun…";
            vec![(text.to_owned(), Role::Busy)]
        }
        State::Acting => vec![(
            "The action is being decided on or carried out: A shows it".to_owned(),
            Role::Busy,
        )],
        State::Writing(..) => vec![("Writing the journal…".to_owned(), Role::Dim)],
        State::Ended(How::Done, _) => vec![("All steps are done.".to_owned(), Role::Good)],
        State::Ended(how, why) => vec![(format!("It ended: {}. {why}", how.word()), Role::Warn)],
    }
}

fn progress(from: Timestamp, end: Timestamp, now: Timestamp, look: Look) -> String {
    let all = (end.as_second() - from.as_second()).max(1);
    let gone = (now.as_second() - from.as_second()).clamp(0, all);
    let left = all - gone;
    let share =
        f64::from(u32::try_from(gone).unwrap_or(0)) / f64::from(u32::try_from(all).unwrap_or(1));
    let left = match left {
        0..60 => format!("{left} s"),
        _ => format!("{} min", left / 60),
    };
    format!("{} at most {left} more", bar(share, 20, look.ascii))
}

fn word(say: &Say, row: &CourseRow) -> String {
    let note = matches!(
        row.course.state(),
        State::Person(q) if q.kind == crate::runbook::course::Kind::Note
    );
    match say {
        Say::Yes if note => "done".to_owned(),
        Say::No if note => "not done: pass it over".to_owned(),
        Say::Yes => "yes: go on".to_owned(),
        Say::No => "no: end here".to_owned(),
        Say::Choice(text) => Clean::new(text).to_string(),
        Say::Text if note => "done, with a word about it".to_owned(),
        Say::Text => "write an answer".to_owned(),
        Say::Plan => "show what it would do".to_owned(),
        Say::Again => "try again".to_owned(),
        Say::TakeOver => "take it over from whoever is on it: say why".to_owned(),
    }
}
