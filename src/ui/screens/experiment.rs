//! Paints one experiment: how it stands, the curve of its results, its parameters, its trials. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::heading::{Heading, fresh, missing};
use super::{curve, facts, list};
use crate::app::list::Fact;
use crate::app::screen::Ctx;
use crate::app::trials::standing::{Standing, tail, trouble};
use crate::app::trials::{ExperimentScreen, Face, words};
use crate::domain::ExperimentRow;
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::paint::{Pen, line, rule};
use crate::ui::text::wrap;

/// Narrower than this, curve and parameters are shown one at a time.
const SIDE_BY_SIDE: u16 = 110;
/// Lower than this, the trials alone are shown.
const LOW: u16 = 14;

/// Paints it.
pub fn paint(
    look: Look,
    screen: &mut ExperimentScreen,
    ctx: &Ctx<'_>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let Some(row) = screen.seen.row().cloned() else {
        missing(("experiments", screen.key()), ctx, (area, buffer, look));
        return;
    };
    let used = heading(screen, &row, ctx, (area, buffer, look));
    let body = Rect {
        y: area.y + used,
        height: area.height.saturating_sub(used),
        ..area
    };
    if body.height < 3 {
        return;
    }
    let above = if screen.face == Face::Trials || body.height < LOW {
        0
    } else {
        (body.height * 2 / 5).clamp(6, 14)
    };
    if above > 0 {
        let face = Rect {
            x: body.x + 1,
            width: body.width.saturating_sub(2),
            height: above,
            ..body
        };
        faced(screen, &row, face, buffer, look);
        rule(buffer, line(body, above), look);
        faces(screen.face, line(body, above), buffer, look);
    }
    let gap = above + u16::from(above > 0);
    let below = Rect {
        y: body.y + gap,
        height: body.height.saturating_sub(gap),
        ..body
    };
    if below.height >= 2 {
        list::paint(look, &mut screen.list, ctx, below, buffer);
    }
}

/// What tab turns to, on the rule between it and the trials.
fn faces(shown: Face, area: Rect, buffer: &mut Buffer, look: Look) {
    let all = Face::ALL.map(|f| {
        let role = if f == shown { Role::Chosen } else { Role::Dim };
        (f.word(), role)
    });
    let width: usize = all.iter().map(|(word, _)| word.len() + 1).sum();
    let width = u16::try_from(width + 7).unwrap_or(0);
    if area.width < width + 4 {
        return;
    }
    let at = Rect {
        x: area.right() - width - 2,
        width,
        ..area
    };
    let mut pen = Pen::new(buffer, at, look);
    pen.put(" tab: ", Role::Dim);
    for (word, role) in all {
        // the star tells where there is no colour
        let word = if role == Role::Chosen {
            format!("{word}*")
        } else {
            word.to_owned()
        };
        pen.put(&word, role).put(" ", Role::Dim);
    }
}

/// What stands above the trials.
fn faced(
    screen: &ExperimentScreen,
    row: &ExperimentRow,
    area: Rect,
    buffer: &mut Buffer,
    look: Look,
) {
    let wide = area.width + 2 >= SIDE_BY_SIDE;
    let left = Rect {
        width: area.width * 55 / 100,
        ..area
    };
    let right = Rect {
        x: area.x + left.width + 2,
        width: area.width.saturating_sub(left.width + 2),
        ..area
    };
    match (screen.face, wide) {
        (Face::Curve, true) => {
            curve::results(screen.drawn(), row, left, buffer, look);
            curve::parameters(screen.drawn(), right, buffer, look);
        }
        (Face::Best, true) => {
            curve::results(screen.drawn(), row, left, buffer, look);
            best(row, right, buffer, look);
        }
        (Face::Curve, false) => curve::results(screen.drawn(), row, area, buffer, look),
        (Face::Best, false) => best(row, area, buffer, look),
        (Face::Parameters, _) => curve::parameters(screen.drawn(), area, buffer, look),
        (Face::Trials, _) => {}
    }
}

/// The best trial, its parameters as a trial template takes them.
fn best(row: &ExperimentRow, area: Rect, buffer: &mut Buffer, look: Look) {
    let Some(best) = &row.best else {
        Pen::new(buffer, line(area, 0), look).put("no trial told a figure yet", Role::Warn);
        return;
    };
    let mut facts = vec![Fact::with("best", best.trial.to_string(), Role::Strong)];
    for metric in &best.metrics {
        let own = metric.name == row.objective.metric;
        let text = format!("{} {}", metric.name, words::figure(metric, &row.objective));
        let role = if own { Role::Good } else { Role::Text };
        facts.push(Fact::with("metric", text, role));
    }
    for parameter in &best.parameters {
        facts.push(Fact::new(
            "set",
            format!("{}: {}", parameter.key, parameter.value),
        ));
    }
    facts.push(Fact::with(
        "copy",
        "select it below (it stands first), c s: the job it ran",
        Role::Dim,
    ));
    facts::paint(&facts, &mut 0, area, buffer, look);
}

/// Name, state, best and budget; what holds it up. Returns the lines used.
fn heading(
    screen: &ExperimentScreen,
    row: &ExperimentRow,
    ctx: &Ctx<'_>,
    (area, buffer, look): (Rect, &mut Buffer, Look),
) -> u16 {
    let standing = Standing::of(row, ctx);
    let mut pen = Pen::new(buffer, line(area, 0), look);
    let heading = Heading {
        key: &row.key,
        state: (standing.mark(), standing.word()),
        gone: screen.seen.gone(),
        fresh: fresh(row, ctx),
    };
    heading.begin(&mut pen, ctx, look);
    if let Some(best) = &row.best {
        let figure = words::own_figure(&best.metrics, &row.objective).unwrap_or_default();
        pen.put("   best ", Role::Dim)
            .put(&figure, Role::Strong)
            .put(
                &format!(" in {}", tail(&best.trial, &row.key.name)),
                Role::Dim,
            );
    }
    if let Some((goal, role)) = words::goal(row) {
        pen.put("   goal ", Role::Dim).put(&goal, role);
    }
    let most = row.max.map_or_else(String::new, |max| format!(" of {max}"));
    let about = format!(
        "   {}{most} trials, {} at once   {} · {}",
        row.trials.total, row.parallel, row.algorithm, row.key.namespace
    );
    pen.put(&about, Role::Dim);
    let Some(trouble) = trouble(row, ctx) else {
        return 1;
    };
    let role = if trouble.stuck { Role::Bad } else { Role::Warn };
    let parts = wrap(&trouble.text, area.width.saturating_sub(4));
    let shown = parts.iter().take(if area.height < LOW + 6 { 1 } else { 2 });
    let mut used = 1;
    for part in shown {
        Pen::new(buffer, line(area, used), look)
            .skip(3)
            .put(part, role);
        used += 1;
    }
    used
}
