//! One action in a box: what it would do, the buttons, what happens, what came of it. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::{framed, inner, line as typed};
use crate::app::column::Fact;
use crate::app::deed::{Decision, Deed, Focus, State, told};
use crate::app::{Model, Prompt};
use crate::domain::{Clean, Span};
use crate::plan::{Confirm, Risk, Verdict};
use crate::theme::{Mark, Role};
use crate::ui::Look;
use crate::ui::paint::{Pen, line, selection};
use crate::ui::screens::facts;
use crate::ui::text::wrap;

/// Paints it.
pub fn paint(model: &Model, deed: &mut Deed, body: Rect, buffer: &mut Buffer, look: Look) {
    let facts = said(model, deed);
    let status = status(model, deed);
    let width = inner(body);
    let below = below(model, deed, width);
    let above = usize::from(status.is_some());
    let need = facts::height(&facts, width) + below.len() + above;
    let inside = framed(&deed.title(), need, body, buffer, look);
    if let Some((mark, text)) = status {
        Pen::new(buffer, line(inside, 0), look)
            .put(mark.glyph(look.ascii), mark.role())
            .put(" ", Role::Text)
            .put(&text, mark.role());
    }
    let (head, foot) = (
        u16::from(above > 0),
        u16::try_from(below.len()).unwrap_or(u16::MAX),
    );
    let middle = Rect {
        y: inside.y.saturating_add(head),
        height: inside.height.saturating_sub(head).saturating_sub(foot),
        ..inside
    };
    scrolled(&facts, &mut deed.scroll, middle, buffer, look);
    let State::Deciding(decision) = &deed.state else {
        return;
    };
    for (at, part) in below.iter().enumerate() {
        let at = head + middle.height + u16::try_from(at).unwrap_or(0);
        let place = line(inside, at);
        decide(part, (model, deed, decision), place, buffer, look);
    }
}

/// Where it stands, in one line; nothing while a person decides.
fn status(model: &Model, deed: &Deed) -> Option<(Mark, String)> {
    let since = |from| Span::between(from, model.now);
    Some(match &deed.state {
        State::Asking(from) => {
            let text = format!("asking the cluster, {}; nothing is written", since(*from));
            (Mark::Pending, text)
        }
        State::Halted(halt) => {
            let text = format!("{}: nothing was written", halt.kind.words());
            (Mark::Failed, text)
        }
        State::Deciding(_) => return None,
        State::Running(story) => {
            let stop = if deed.stops() { "   x: stop" } else { "" };
            let text = format!("under way, {}{stop}", since(story.began));
            (Mark::Running, text)
        }
        State::Ended(_, outcome) => {
            let mut text = outcome.verdict.words().to_owned();
            if let Verdict::NotWritten(_) = outcome.verdict {
                text.push_str(": nothing was written");
            }
            if outcome.verdict == Verdict::Accepted {
                text.push_str(", and what is expected was not seen yet");
            }
            if deed.undo().is_some() {
                text.push_str("   u: undo");
            }
            let mark = &deed.form.runbook;
            if outcome.verdict == Verdict::Done
                && let Some((_, next)) = model.runbooks.next_after(mark)
            {
                text.push_str("   Enter: ");
                text.push_str(next);
            }
            (told::mark(outcome.verdict), text)
        }
    })
}

/// What stands below what scrolls, while a person decides.
enum Part {
    Reason,
    /// What has to be typed.
    Ask(String),
    Name,
    Told(String),
    Buttons,
}

fn below(model: &Model, deed: &Deed, width: u16) -> Vec<Part> {
    let State::Deciding(decision) = &deed.state else {
        return Vec::new();
    };
    let confirm = decision.confirm(model);
    let mut parts = Vec::new();
    if confirm.is_some() {
        parts.push(Part::Reason);
    }
    if confirm == Some(Confirm::Name) {
        let name = Clean::new(&decision.prepared.plan.target.name);
        let text = format!("To confirm, type the name: {name}");
        parts.extend(wrap(&text, width.max(1)).into_iter().map(Part::Ask));
        parts.push(Part::Name);
    }
    parts.extend(decision.told.clone().map(Part::Told));
    parts.push(Part::Buttons);
    parts
}

/// What scrolls.
fn said(model: &Model, deed: &Deed) -> Vec<Fact> {
    let now = model.now;
    match &deed.state {
        State::Asking(_) => Vec::new(),
        State::Halted(halt) => told::halted(halt, deed.unfolded, now),
        State::Deciding(decision) => told::preview(decision, deed.unfolded, model),
        State::Running(story) => told::running(story, now),
        State::Ended(story, outcome) => told::ended(story, outcome, deed.unfolded, now),
    }
}

/// The facts from where they are scrolled to; when there are more, the last line says so.
fn scrolled(all: &[Fact], scroll: &mut usize, area: Rect, buffer: &mut Buffer, look: Look) {
    let total = facts::height(all, area.width);
    let full = total <= usize::from(area.height) || area.height < 2;
    let shown = Rect {
        height: area.height.saturating_sub(u16::from(!full)),
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
    Pen::new(buffer, line(area, shown.height), look).cell(&text, area.width, true, Role::Dim);
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
            let empty = decision.reason.text().is_empty() && !focused;
            field("reason", (&decision.reason, focused), area, buffer, look);
            if empty {
                let hint = "optional, kept in the journal";
                Pen::new(buffer, area, look).skip(8).put(hint, Role::Dim);
            }
        }
        Part::Ask(text) => {
            Pen::new(buffer, area, look).put(text, Role::Warn);
        }
        Part::Name => {
            let focused = decision.focus == Focus::Name;
            field("name", (&decision.typed, focused), area, buffer, look);
        }
        Part::Told(text) => {
            Pen::new(buffer, area, look).put(text, Role::Mistake);
        }
        Part::Buttons => buttons(model, deed, decision, area, buffer, look),
    }
}

/// A line that can be typed in.
fn field(
    label: &str,
    (prompt, focused): (&Prompt, bool),
    area: Rect,
    buffer: &mut Buffer,
    look: Look,
) {
    let role = if focused { Role::Chosen } else { Role::Dim };
    let mut pen = Pen::new(buffer, area, look);
    pen.cell(label, 7, false, role).skip(1);
    let rest = Rect {
        x: area.right().saturating_sub(pen.room()),
        width: pen.room(),
        ..area
    };
    typed::paint(prompt, focused, rest, buffer, look);
}

/// *Cancel* and the action, at the right end, the chosen one in brackets; a plan that must not run has no second one.
fn buttons(
    model: &Model,
    deed: &Deed,
    decision: &Decision,
    area: Rect,
    buffer: &mut Buffer,
    look: Look,
) {
    let confirm = decision.confirm(model);
    let button = |word: &str, focus: Focus| {
        if decision.focus == focus {
            (format!("[ {word} ]"), true)
        } else {
            (format!("  {word}  "), false)
        }
    };
    let mut words = vec![button("Cancel", Focus::Cancel)];
    words.extend(confirm.map(|_| button(&deed.word(), Focus::Act)));
    let need: usize = words.iter().map(|(word, _)| word.width() + 1).sum();
    let left = area
        .width
        .saturating_sub(u16::try_from(need).unwrap_or(u16::MAX));
    let why = match confirm {
        None => "It must not be done like this.",
        Some(_) if decision.prepared.plan.risk == Risk::LosesWork => "This loses work.",
        Some(Confirm::Name) => "This context is protected.",
        Some(_) => "",
    };
    let mut pen = Pen::new(buffer, area, look);
    pen.cell(why, left, false, Role::Bad);
    let mut spots = Vec::new();
    for (word, chosen) in &words {
        pen.skip(1);
        let from = area.right().saturating_sub(pen.room());
        pen.put(word, if *chosen { Role::Strong } else { Role::Text });
        let width = area.right().saturating_sub(pen.room()) - from;
        spots.extend(chosen.then_some(Rect {
            x: from,
            width,
            ..area
        }));
    }
    for spot in spots {
        buffer.set_style(spot, selection(look));
    }
}
