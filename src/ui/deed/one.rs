//! One action in a box: what it would do, the buttons, what happens, what came of it. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::{framed, inner, line as typed};
use crate::app::Model;
use crate::app::column::Fact;
use crate::app::deed::{Decision, Deed, Focus, State, told};
use crate::domain::{Clean, Span};
use crate::plan::{Confirm, Risk};
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::paint::{Pen, line, selection};
use crate::ui::screens::facts;

/// Paints it.
pub fn paint(model: &Model, deed: &mut Deed, body: Rect, buffer: &mut Buffer, look: Look) {
    let facts = said(model, deed);
    let width = inner(body);
    let below = below(model, deed);
    let need = facts::height(&facts, width) + below.len();
    let inside = framed(&title(deed), need, body, buffer, look);
    let under = u16::try_from(below.len()).unwrap_or(u16::MAX);
    let upper = Rect {
        height: inside.height.saturating_sub(under),
        ..inside
    };
    scrolled(&facts, &mut deed.scroll, upper, buffer, look);
    for (at, part) in below.iter().enumerate() {
        let at = upper.height + u16::try_from(at).unwrap_or(u16::MAX);
        let place = line(inside, at);
        match (part, &deed.state) {
            (Part::Verdict, State::Ended(_, outcome)) => {
                let mark = told::mark(outcome.verdict);
                Pen::new(buffer, place, look)
                    .put(mark.glyph(look.ascii), mark.role())
                    .put(" ", Role::Text)
                    .put(outcome.verdict.words(), mark.role())
                    .put(
                        if deed.undo().is_some() {
                            "   u undo"
                        } else {
                            ""
                        },
                        Role::Chosen,
                    );
            }
            (part, State::Deciding(decision)) => {
                decide(part, (model, deed, decision), place, buffer, look);
            }
            _ => {}
        }
    }
}

/// What stands below what scrolls.
enum Part {
    Reason,
    Name(String),
    Told(String),
    Buttons,
    Verdict,
}

fn below(model: &Model, deed: &Deed) -> Vec<Part> {
    let decision = match &deed.state {
        State::Deciding(decision) => decision,
        State::Ended(..) => return vec![Part::Verdict],
        _ => return Vec::new(),
    };
    let confirm = decision.confirm(model);
    let mut parts = Vec::new();
    if confirm.is_some() {
        parts.push(Part::Reason);
    }
    if confirm == Some(Confirm::Name) {
        let name = Clean::new(&decision.prepared.plan.target.name);
        parts.push(Part::Name(name.to_string()));
    }
    parts.extend(decision.told.clone().map(Part::Told));
    parts.push(Part::Buttons);
    parts
}

/// What scrolls.
fn said(model: &Model, deed: &Deed) -> Vec<Fact> {
    let now = model.now;
    match &deed.state {
        State::Asking(since) => {
            let span = Span::between(*since, now);
            let age = if span.0 < 2 {
                String::new()
            } else {
                format!(" for {span}")
            };
            let text = format!("what it would do{age} … nothing is written");
            vec![Fact::new("asking", text)]
        }
        State::Halted(halt) => told::halted(halt, deed.unfolded, now),
        State::Deciding(decision) => told::preview(decision, deed.unfolded, model),
        State::Running(story) => told::running(story, now),
        State::Ended(story, outcome) => told::ended(story, outcome, deed.unfolded, now),
    }
}

fn title(deed: &Deed) -> String {
    let name = Clean::new(&deed.form.point.name);
    let state = match &deed.state {
        State::Running(_) => "   under way",
        _ => "",
    };
    format!("{}: {} {name}{state}", deed.form.spec.title, deed.form.word)
}

/// The facts from where they are scrolled to; when there are more, the last line says so.
fn scrolled(all: &[Fact], scroll: &mut usize, area: Rect, buffer: &mut Buffer, look: Look) {
    let total = facts::height(all, area.width);
    let full = total <= usize::from(area.height) || area.height < 2;
    let shown = Rect {
        height: area.height - u16::from(!full),
        ..area
    };
    facts::paint(all, scroll, shown, buffer, look);
    if full {
        return;
    }
    let below = total.saturating_sub(*scroll + usize::from(shown.height));
    let text = match (*scroll, below) {
        (0, below) => format!("{below} more lines below: PgDn"),
        (above, 0) => format!("{above} lines above: PgUp"),
        (above, below) => format!("{above} lines above, {below} below"),
    };
    Pen::new(buffer, line(area, area.height - 1), look).cell(&text, area.width, true, Role::Dim);
}

/// The lines below a preview.
fn decide(
    part: &Part,
    (model, deed, decision): (&Model, &Deed, &Decision),
    area: Rect,
    buffer: &mut Buffer,
    look: Look,
) {
    match part {
        Part::Reason => {
            let focused = decision.focus == Focus::Reason;
            let hint = "(optional; kept in the journal)";
            field(
                "reason",
                hint,
                (&decision.reason, focused),
                area,
                buffer,
                look,
            );
        }
        Part::Name(name) => {
            let focused = decision.focus == Focus::Name;
            let label = format!("type {name}");
            field(&label, "", (&decision.typed, focused), area, buffer, look);
        }
        Part::Told(text) => {
            Pen::new(buffer, area, look).put(text, Role::Mistake);
        }
        Part::Buttons => buttons(model, deed, decision, area, buffer, look),
        Part::Verdict => {}
    }
}

fn field(
    label: &str,
    hint: &str,
    (prompt, focused): (&crate::app::Prompt, bool),
    area: Rect,
    buffer: &mut Buffer,
    look: Look,
) {
    let cells = u16::try_from(label.width()).unwrap_or(u16::MAX);
    let cells = cells.clamp(10, (area.width / 2).max(10));
    let mut pen = Pen::new(buffer, area, look);
    let role = if focused { Role::Chosen } else { Role::Dim };
    pen.cell(label, cells, false, role).skip(1);
    let rest = Rect {
        x: area.right().saturating_sub(pen.room()),
        width: pen.room(),
        ..area
    };
    if prompt.text().is_empty() && !focused {
        pen.put(hint, Role::Dim);
    }
    typed::paint(prompt, focused, rest, buffer, look);
}

/// *Cancel* and the action, at the right end; a plan that must not run has no second one.
fn buttons(
    model: &Model,
    deed: &Deed,
    decision: &Decision,
    area: Rect,
    buffer: &mut Buffer,
    look: Look,
) {
    let act = deed.form.spec.name;
    let confirm = decision.confirm(model);
    let cancel = "[ Cancel ]";
    let word = format!("[ {act} ]");
    let cells = |text: &str| u16::try_from(text.width()).unwrap_or(u16::MAX);
    let mut need = cells(cancel);
    if confirm.is_some() {
        need = need.saturating_add(3 + cells(&word));
    }
    let mut pen = Pen::new(buffer, area, look);
    let left = area.width.saturating_sub(need);
    let why = match confirm {
        None => "It must not be done like this. ",
        Some(_) if decision.prepared.plan.risk == Risk::LosesWork => "This loses work. ",
        Some(_) => "",
    };
    pen.cell(why, left, false, Role::Bad);
    let x = area.right().saturating_sub(pen.room());
    pen.put(cancel, Role::Text);
    if confirm.is_some() {
        let role = if decision.focus == Focus::Act {
            Role::Bad
        } else {
            Role::Text
        };
        pen.skip(3).put(&word, role);
    }
    let (from, width) = match decision.focus {
        Focus::Cancel => (x, cells(cancel)),
        Focus::Act => (x + cells(cancel) + 3, cells(&word)),
        Focus::Reason | Focus::Name => return,
    };
    let chosen = Rect {
        x: from,
        width,
        ..area
    };
    buffer.set_style(chosen.intersection(area), selection(look));
}
