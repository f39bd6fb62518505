//! The parameters of an action in a box. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::{framed, inner, line as typed};
use crate::app::deed::{Entry, Form, Row, title};
use crate::domain::Clean;
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::paint::{Pen, line};
use crate::ui::text::wrap;

/// Paints it.
pub fn paint(form: &mut Form, body: Rect, buffer: &mut Buffer, look: Look) {
    let row = form.rows.get(form.index);
    let help = row.map_or_else(Vec::new, |row| wrap(row.spec.help, inner(body)));
    let told = form.mistake.as_ref().map(|(_, text)| Clean::new(text));
    let told = told.map_or_else(Vec::new, |text| wrap(&text, inner(body)));
    let below = help.len() + told.len() + 1;
    let title = title(form);
    let inside = framed(&title, form.rows.len() + below, body, buffer, look);
    let most = usize::from(inside.height).saturating_sub(below).max(1);
    let last = form.rows.len().saturating_sub(most);
    let above = (form.index + 1).saturating_sub(most);
    form.top = form.top.min(form.index).max(above).min(last);
    let names = form.rows.iter().map(|row| row.spec.name.width()).max();
    let width = u16::try_from(names.unwrap_or(0)).unwrap_or(u16::MAX);
    let width = width.min(inside.width / 2);
    for (at, index) in (form.top..form.rows.len()).take(most).enumerate() {
        let place = line(inside, u16::try_from(at).unwrap_or(u16::MAX));
        let Some(row) = form.rows.get(index) else {
            continue;
        };
        let wrong = form.mistake.as_ref().is_some_and(|(at, _)| *at == index);
        let chosen = index == form.index;
        paint_row(row, (chosen, wrong, width), place, buffer, look);
    }
    let under = u16::try_from(most.min(form.rows.len())).unwrap_or(u16::MAX);
    let said = told.iter().map(|text| (text, Role::Mistake));
    let said = said.chain(help.iter().map(|text| (text, Role::Dim)));
    for (at, (text, role)) in said.enumerate() {
        let at = under.saturating_add(1 + u16::try_from(at).unwrap_or(u16::MAX - 1));
        Pen::new(buffer, line(inside, at), look).put(text, role);
    }
}

fn paint_row(
    row: &Row,
    (chosen, wrong, width): (bool, bool, u16),
    area: Rect,
    buffer: &mut Buffer,
    look: Look,
) {
    let mark = match (chosen, look.ascii) {
        (true, true) => ">",
        (true, false) => "▌",
        (false, _) => " ",
    };
    let name = if row.first { row.spec.name } else { "" };
    let role = match (wrong, chosen) {
        (true, _) => Role::Mistake,
        (false, true) => Role::Strong,
        (false, false) => Role::Text,
    };
    let mut pen = Pen::new(buffer, area, look);
    pen.put(mark, Role::Chosen)
        .cell(name, width, false, role)
        .skip(2);
    let rest = Rect {
        x: area.right().saturating_sub(pen.room()),
        width: pen.room(),
        ..area
    };
    match &row.entry {
        Entry::Word(words, at) => {
            let turn = |word: &str, mine: bool| {
                if mine {
                    format!("({word})")
                } else {
                    format!(" {word} ")
                }
            };
            for (index, word) in words.iter().enumerate() {
                let mine = index == *at;
                let role = if mine { Role::Strong } else { Role::Dim };
                pen.put(&turn(word, mine), role).put(" ", Role::Text);
            }
        }
        Entry::Text(prompt) => {
            typed::paint(prompt, chosen, rest, buffer, look);
            hint(
                prompt.text().is_empty() && !chosen,
                "(not given)",
                rest,
                buffer,
                look,
            );
        }
        Entry::Pair(prompt, _) => {
            typed::paint(prompt, chosen, rest, buffer, look);
            hint(
                prompt.text().is_empty() && !chosen,
                "NAME=VALUE",
                rest,
                buffer,
                look,
            );
        }
    }
}

fn hint(shown: bool, text: &str, area: Rect, buffer: &mut Buffer, look: Look) {
    if shown {
        Pen::new(buffer, area, look).put(text, Role::Dim);
    }
}
