//! Paints one run: its heading, the step tree with a timeline, the facts of the selected step. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::heading::fresh;
use super::{facts, tree};
use crate::app::list::Fact;
use crate::app::lists::mark;
use crate::app::run::RunScreen;
use crate::app::screen::Ctx;
use crate::domain::{NodeStorage, RunDetail, SourceState, Span, took};
use crate::theme::Role;
use crate::ui::paint::{Pen, line, rule};
use crate::ui::pointer::window;
use crate::ui::text::wrap;
use crate::ui::{Look, View};

/// Narrower than this, facts go below the tree.
const SIDE_BY_SIDE: u16 = 110;

/// Paints the run.
pub fn paint(
    view: &mut View,
    screen: &mut RunScreen,
    ctx: &Ctx<'_>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let look = view.look;
    let Some(detail) = screen.detail().cloned() else {
        waiting(screen, ctx, area, buffer, view);
        return;
    };
    let used = heading(&detail, ctx, area, buffer, view);
    let body = Rect {
        y: area.y + used,
        height: area.height.saturating_sub(used),
        ..area
    };
    if screen.lines().is_empty() {
        no_steps(&detail, body, buffer, view);
        return;
    }
    let found = screen.facts(ctx);
    let (left, right) = split(body);
    let top = tree::paint(view, screen, &detail, ctx, left, buffer);
    screen.window = window(left, top);
    if right.x > body.x {
        let bar = if look.ascii { "|" } else { "│" };
        for row in 0..body.height {
            Pen::new(
                buffer,
                Rect {
                    x: right.x - 2,
                    width: 1,
                    ..line(body, row)
                },
                look,
            )
            .put(bar, Role::Rule);
        }
    } else {
        rule(buffer, line(right, 0), look);
    }
    let inner = if right.x > body.x {
        right
    } else {
        Rect {
            x: right.x + 1,
            y: right.y + 1,
            width: right.width.saturating_sub(2),
            height: right.height.saturating_sub(1),
        }
    };
    let top = step_heading(screen, &detail, inner, buffer, view);
    let inner = Rect {
        y: inner.y + top,
        height: inner.height.saturating_sub(top),
        ..inner
    };
    scrolled(&mut screen.scroll, &found, inner, buffer, look);
}

/// The facts from where they are scrolled to; when there are more, the last line says so.
pub(super) fn scrolled(
    scroll: &mut usize,
    found: &[Fact],
    area: Rect,
    buffer: &mut Buffer,
    look: Look,
) {
    let all = facts::height(found, area.width);
    let full = all <= usize::from(area.height);
    let lines = if full {
        area.height
    } else {
        area.height.saturating_sub(1)
    };
    let shown = Rect {
        height: lines,
        ..area
    };
    facts::paint(found, scroll, shown, buffer, look);
    let below = all.saturating_sub(*scroll + usize::from(lines));
    if !full && area.height > 0 {
        let text = match (*scroll, below) {
            (0, below) => format!("{below} more below: J"),
            (above, 0) => format!("{above} more above: K"),
            (above, below) => format!("{above} more above: K, {below} below: J"),
        };
        let at = line(area, area.height - 1);
        Pen::new(buffer, at, look).cell(&text, at.width, true, Role::Dim);
    }
}

/// Tree and facts: side by side on a wide screen, else one above the other.
pub(super) fn split(body: Rect) -> (Rect, Rect) {
    if body.width >= SIDE_BY_SIDE {
        let left = body.width * 58 / 100;
        let right = Rect {
            x: body.x + left + 2,
            width: body.width - left - 3,
            ..body
        };
        return (
            Rect {
                width: left,
                ..body
            },
            right,
        );
    }
    // too low for both: the tree alone
    if body.height < 9 {
        return (
            body,
            Rect {
                y: body.bottom(),
                height: 0,
                ..body
            },
        );
    }
    let below = (body.height * 2 / 5).max(4).min(body.height);
    let above = Rect {
        height: body.height - below,
        ..body
    };
    (
        above,
        Rect {
            y: body.y + above.height,
            height: below,
            ..body
        },
    )
}

/// Name, state, where it came from; then what it says of itself. Returns the lines used.
fn heading(run: &RunDetail, ctx: &Ctx<'_>, area: Rect, buffer: &mut Buffer, view: &View) -> u16 {
    let row = &run.row;
    let look = view.look;
    let mut pen = Pen::new(buffer, line(area, 0), look);
    let phase = mark(row.phase);
    pen.put(" ", Role::Text)
        .put(&row.key.name, Role::Strong)
        .put("   ", Role::Text);
    pen.put(phase.glyph(look.ascii), phase.role())
        .put(" ", Role::Text)
        .put(row.phase.word(), phase.role());
    if let Some(span) = took(row.started, row.finished, ctx.now) {
        pen.put(&format!(" {span}"), phase.role());
    }
    let mut about = vec![row.engine.word().to_owned(), row.key.namespace.to_string()];
    if ctx.clusters.len() > 1 {
        about.insert(1, row.key.cluster.to_string());
    }
    about.extend((!row.origin.is_empty()).then(|| format!("by {}", row.origin)));
    let steps = run.tree.total().total();
    about.push(format!("{steps} step{}", if steps == 1 { "" } else { "s" }));
    about.extend((!run.shutdown.is_empty()).then(|| format!("shutdown: {}", run.shutdown)));
    pen.put("   ", Role::Text)
        .put(&about.join(" · "), Role::Dim);
    if !fresh(run, ctx) {
        pen.put("   old: the source is not live", Role::Warn);
    }
    let said: Vec<String> = [&row.message, &run.gap]
        .iter()
        .filter(|t| !t.is_empty())
        .map(ToString::to_string)
        .collect();
    if said.is_empty() {
        return 1;
    }
    Pen::new(buffer, line(area, 1), look)
        .put(" ", Role::Text)
        .put(&said.join(" · "), phase.role());
    2
}

/// The selected step: its whole name. Returns the lines used.
fn step_heading(
    screen: &RunScreen,
    run: &RunDetail,
    area: Rect,
    buffer: &mut Buffer,
    view: &View,
) -> u16 {
    let Some(step) = screen.step().and_then(|id| run.tree.steps.get(id)) else {
        return 0;
    };
    let phase = mark(step.phase);
    let word = format!("{} {}", phase.glyph(view.look.ascii), step.phase.word());
    let width = u16::try_from(word.chars().count()).unwrap_or(0);
    let attempt = step
        .attempt
        .map_or_else(String::new, |n| format!("  attempt {}", n + 1));
    let mut pen = Pen::new(buffer, line(area, 0), view.look);
    let room = area.width.saturating_sub(width + 2);
    pen.cell(
        &format!("{}{attempt}", step.label),
        room,
        false,
        Role::Strong,
    )
    .skip(1)
    .put(&word, phase.role());
    1
}

/// The run has not come yet: says what is being waited for.
fn waiting(screen: &RunScreen, ctx: &Ctx<'_>, area: Rect, buffer: &mut Buffer, view: &View) {
    let source = ctx
        .world
        .feed("run")
        .find(|s| s.id.scope.ends_with(&*screen.key().name));
    let text = match source {
        Some(s) if s.state == SourceState::Live => {
            format!(
                "{} is not there any more. Esc goes back.",
                screen.key().name
            )
        }
        Some(s) => {
            let why = s
                .fault
                .as_ref()
                .map_or_else(String::new, |f| format!(": {}", f.told()));
            format!(
                "Asking for {}, {} for {}{why}",
                screen.key().name,
                s.state.word(),
                Span::between(s.since, ctx.now)
            )
        }
        None => format!("Asking for {}…", screen.key().name),
    };
    say(&text, area, buffer, view);
}

fn no_steps(run: &RunDetail, area: Rect, buffer: &mut Buffer, view: &View) {
    let text = match run.row.storage {
        NodeStorage::Offloaded => {
            "The steps are kept in the Argo server's database and cannot be read through the Kubernetes API.".to_owned()
        }
        _ if !run.gap.is_empty() => run.gap.to_string(),
        _ => "No steps yet: no controller has picked this run up.".to_owned(),
    };
    say(&text, area, buffer, view);
}

fn say(text: &str, area: Rect, buffer: &mut Buffer, view: &View) {
    for (index, text) in wrap(text, area.width.saturating_sub(2)).iter().enumerate() {
        let index = u16::try_from(index).unwrap_or(u16::MAX);
        Pen::new(buffer, line(area, index.saturating_add(1)), view.look)
            .skip(1)
            .put(text, Role::Warn);
    }
}
