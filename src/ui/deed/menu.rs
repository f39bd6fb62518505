//! What can be done, in a box: one line each, and what is to be said of the chosen one below. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{framed, inner};
use crate::app::Model;
use crate::app::deed::{Item, Known, Menu, Why};
use crate::domain::Clean;
use crate::fault::ended;
use crate::plan::{Possible, Risk};
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::paint::{Pen, line, rule, selection};
use crate::ui::text::wrap;

/// Cells of the words of an action.
const TITLE: u16 = 50;

/// Lines for what is said of the chosen one.
const SAID: usize = 4;

/// Paints it.
pub fn paint(model: &Model, menu: &mut Menu, body: Rect, buffer: &mut Buffer, look: Look) {
    let whys: Vec<Option<Why>> = menu.items.iter().map(|i| menu.why(i, model)).collect();
    let chosen = menu.items.get(menu.index);
    let why = whys.get(menu.index).and_then(Option::as_ref);
    let said = chosen.map_or_else(Vec::new, |item| said(item, why, inner(body)));
    let need = menu.items.len() + 1 + SAID;
    let inside = framed(&title(menu), need, body, buffer, look);
    let most = usize::from(inside.height).saturating_sub(SAID + 1).max(1);
    let last = menu.items.len().saturating_sub(most);
    let above = (menu.index + 1).saturating_sub(most);
    menu.top = menu.top.min(menu.index).max(above).min(last);
    let several = menu.aim.subjects.len() > 1;
    let shown = menu.items.iter().zip(&whys).enumerate().skip(menu.top);
    for (at, (index, (item, why))) in shown.take(most).enumerate() {
        let place = line(inside, u16::try_from(at).unwrap_or(u16::MAX));
        row(item, why.as_ref(), several, place, buffer, look);
        if index == menu.index {
            buffer.set_style(place, selection(look));
        }
    }
    let under = u16::try_from(most.min(menu.items.len())).unwrap_or(u16::MAX);
    rule(buffer, line(inside, under), look);
    if menu.items.len() > most {
        let text = format!(" {} of {} ", menu.index + 1, menu.items.len());
        Pen::new(buffer, line(inside, under), look).put(&text, Role::Dim);
    }
    for (at, (text, role)) in said.iter().take(SAID).enumerate() {
        let at = under.saturating_add(1 + u16::try_from(at).unwrap_or(u16::MAX - 1));
        let place = line(inside, at);
        Pen::new(buffer, place, look).put(text, *role);
    }
}

fn title(menu: &Menu) -> String {
    let what: Vec<String> = menu
        .aim
        .subjects
        .iter()
        .map(|s| format!("{} {}", s.word, s.key.name))
        .collect();
    let gate = menu.aim.gate.as_ref();
    let gate = gate.map_or_else(String::new, |g| format!(", gate {}", g.label));
    let asking = if menu.asking() {
        "   asking what you may do …"
    } else {
        ""
    };
    format!("What can be done to {}{gate}{asking}", what.join(", "))
}

fn row(item: &Item, why: Option<&Why>, several: bool, area: Rect, buffer: &mut Buffer, look: Look) {
    let mut key = [0; 4];
    let key = item.key.encode_utf8(&mut key);
    let grey = why.is_some();
    let (strong, text) = if grey {
        (Role::Dim, Role::Dim)
    } else {
        (Role::Chosen, Role::Text)
    };
    let mut pen = Pen::new(buffer, area, look);
    pen.put(" ", text).put(key, strong).put("  ", text);
    let title = TITLE.min(area.width / 2);
    pen.cell(item.spec.title, title, false, text).skip(1);
    let risk = match item.known {
        Known::Told(Possible::Yes(risk)) => risk,
        _ => item.spec.risk,
    };
    if let Some(why) = why {
        pen.put(&why.text, Role::Warn);
        return;
    }
    if risk == Risk::LosesWork {
        pen.put("! ", Role::Bad);
    } else {
        pen.put("  ", text);
    }
    pen.put(item.spec.name, Role::Dim);
    if several {
        pen.put("  ", text).put(item.subject.word, Role::Dim);
    }
    match &item.known {
        Known::Asking => pen.put("  …", Role::Dim),
        Known::Unasked(_) | Known::Told(Possible::Unknown(_)) => {
            pen.put("  ? could not be asked", Role::Warn)
        }
        Known::Told(_) => &mut pen,
    };
}

/// What is to be said of the chosen line.
fn said(item: &Item, why: Option<&Why>, width: u16) -> Vec<(String, Role)> {
    let mut told: Vec<(String, Role)> = Vec::new();
    let place = Clean::new(&item.subject.key.to_string());
    // what it costs is known from a plan; without one only that it always loses work
    let risk = match &item.known {
        Known::Told(Possible::Yes(risk)) => Some(*risk),
        _ => Some(item.spec.risk).filter(|risk| *risk == Risk::LosesWork),
    };
    let risk = risk.map_or_else(String::new, |risk| format!(": {}", risk.words()));
    let name = format!("{} on {} {place}{risk}", item.spec.name, item.subject.word);
    told.push((name, Role::Dim));
    if let Some(why) = why {
        told.push((ended(&why.text), Role::Warn));
        if !why.instead.is_empty() {
            told.push((ended(&why.instead), Role::Text));
        }
        if !why.shut {
            let text = "Enter opens it all the same, to give it other parameters.";
            told.push((text.to_owned(), Role::Dim));
        }
    } else if let Known::Unasked(fault) | Known::Told(Possible::Unknown(fault)) = &item.known {
        told.push((ended(&fault.told()), Role::Warn));
    }
    let wrapped = told.into_iter().flat_map(|(text, role)| {
        let lines = wrap(&text, width.max(1));
        lines.into_iter().map(move |line| (line, role))
    });
    wrapped.collect()
}
