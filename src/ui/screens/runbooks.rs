//! Paints the runbooks that fit an object, and runs that were left. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::runbook::since;
use crate::app::runbooks::{ChoiceScreen, Fit, Pick};
use crate::app::screen::{Ctx, Screen};
use crate::domain::Clean;
use crate::theme::{Mark, Role};
use crate::ui::Look;
use crate::ui::paint::{Pen, line, selection};

/// Paints it.
pub fn paint(
    look: Look,
    screen: &mut ChoiceScreen,
    ctx: &Ctx<'_>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let mut pen = Pen::new(buffer, line(area, 0), look);
    pen.put(" ", Role::Text)
        .put(&screen.title(ctx), Role::Strong);
    if screen.picks.is_empty() {
        let text = " There is no runbook for it. Esc goes back.";
        Pen::new(buffer, line(area, 2), look).put(text, Role::Warn);
        return;
    }
    let height = usize::from(area.height.saturating_sub(2)) / 2;
    let top = (screen.index + 1).saturating_sub(height.max(1));
    for (y, (at, pick)) in screen
        .picks
        .iter()
        .enumerate()
        .skip(top)
        .take(height)
        .enumerate()
    {
        let y = u16::try_from(y * 2 + 2).unwrap_or(u16::MAX);
        let (mark, word, title, about) = told(pick, ctx);
        let place = line(area, y);
        Pen::new(buffer, place, look)
            .put(" ", Role::Text)
            .put(mark.glyph(look.ascii), mark.role())
            .put(" ", Role::Text)
            .cell(word, 10, false, mark.role())
            .put(" ", Role::Text)
            .put(&title, Role::Strong);
        Pen::new(buffer, line(area, y + 1), look)
            .skip(14)
            .put(&about, Role::Dim);
        if at == screen.index {
            buffer.set_style(place, selection(look));
        }
    }
}

/// Mark, word, title and what is said of a line.
fn told(pick: &Pick, ctx: &Ctx<'_>) -> (Mark, &'static str, String, String) {
    match pick {
        Pick::Going(_, course) => {
            let step = course.at() + 1;
            let title = Clean::new(&course.book.title).to_string();
            let text = format!("step {step} of {}: Enter shows it", course.stands.len());
            (Mark::Running, "under way", title, text)
        }
        Pick::Left(sitting) => {
            let begun = &sitting.begun;
            let text = format!(
                "step {} of {}, left by {}, {}: Enter goes on with it",
                sitting.step() + 1,
                begun.steps.len(),
                sitting.last.words(),
                since(sitting.seen, ctx)
            );
            let title = format!("{}   {}", begun.title, begun.about.words());
            (Mark::Waiting, "left", title, text)
        }
        Pick::Book(book, fit) => {
            let title = Clean::new(&book.title).to_string();
            let id = &book.id;
            match fit {
                Fit::Yes => {
                    let text = format!("{id}, {} steps", book.steps.len());
                    (Mark::Ok, "fits", title, text)
                }
                Fit::Unknown(why) => {
                    let text = format!("{id}: whether it fits cannot be told: {why}");
                    (Mark::Unknown, "may fit", title, text)
                }
                Fit::No(what) => {
                    let text = format!("{id}: meant for {what}");
                    (Mark::Omitted, "for other", title, text)
                }
            }
        }
        Pick::Broken(name) => {
            let text = "midwatch runbook check tells its mistakes".to_owned();
            (Mark::Failed, "broken", name.clone(), text)
        }
    }
}
