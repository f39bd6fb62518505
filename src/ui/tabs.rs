//! The second line: screens by number, the tabs of this one, and what may be changed. Pure; [`super::view`] calls it.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::Look;
use super::paint::Pen;
use crate::app::Model;
use crate::app::registry::{SCREENS, entry, tabs};
use crate::app::screen::Entry;
use crate::domain::ClusterId;
use crate::plan::Safety;
use crate::theme::Role;

/// Between two tabs.
const RULE: &str = " | ";

/// Columns, and the screen that a click there shows.
type Spots = Vec<(Range<u16>, &'static str)>;

/// Paints it. Answers which columns name which screen.
pub fn paint(model: &Model, area: Rect, buffer: &mut Buffer, look: Look) -> Spots {
    let tabs = tabs(model.base());
    let word = safety(model, area.width.saturating_sub(needed(&tabs)));
    let right = cells(&word) + u16::from(!word.is_empty());
    let left = Rect {
        width: area.width.saturating_sub(right),
        ..area
    };
    if !word.is_empty() {
        let at = Rect {
            x: left.right(),
            width: area.right() - left.right(),
            ..area
        };
        Pen::new(buffer, at, look).put(&word, Role::Warn);
    }
    let mut pen = Pen::new(buffer, left, look);
    let named = named(&tabs, model.base(), left.width);
    let mut spots = groups(model, left, named, &mut pen);
    spots.extend(row(model, &tabs, left, &mut pen, look));
    spots
}

/// The names of all screens and that of the shown tab have no room side by side.
fn is_short(tabs: &[&Entry], base: &str, width: u16) -> bool {
    let here = tabs.iter().find(|t| t.id == base);
    // what is left out before and behind it is told by dots
    let tab = here.map_or(0, |t| cells(t.title) + 10);
    needed(&[]) + tab > width
}

/// How many screens are named, the first ones: as many as leave room for all tabs. None where not even the numbers do,
/// so that as many tabs as can be are seen.
fn named(tabs: &[&Entry], base: &str, width: u16) -> usize {
    if is_short(tabs, base, width) {
        return 0;
    }
    let group = entry(base).map_or("", |e| e.group);
    let all: Vec<&Entry> = SCREENS.iter().filter(|s| s.number.is_some()).collect();
    let room = width.saturating_sub(2 + self::width(tabs));
    let cells = |named: usize| {
        let each = all.iter().enumerate();
        let each = each.map(|(at, s)| group_cells(s, at < named || s.group == group));
        each.sum::<u16>()
    };
    let fits = |named: &usize| cells(*named) <= room;
    (0..=all.len()).rev().find(fits).unwrap_or(0)
}

/// Cells of a screen by number, with its name or without.
fn group_cells(screen: &Entry, named: bool) -> u16 {
    let Some((key, name)) = screen.number else {
        return 0;
    };
    cells(&group_text(key, name, named)) + 2
}

fn group_text(key: char, name: &str, named: bool) -> String {
    if named {
        format!("{key} {name}")
    } else {
        key.to_string()
    }
}

/// Screens by number; of those behind the first `named` ones only the number.
fn groups(model: &Model, area: Rect, named: usize, pen: &mut Pen<'_>) -> Spots {
    let group = entry(model.base()).map_or("", |e| e.group);
    let mut spots = Vec::new();
    let numbered = SCREENS.iter().filter_map(|s| Some((s, s.number?)));
    for (at, (screen, (key, name))) in numbered.enumerate() {
        let here = screen.group == group;
        let role = role(here);
        let start = area.right() - pen.room();
        let text = group_text(key, name, here || at < named);
        pen.put(" ", Role::Text)
            .put(&text, role)
            .put(" ", Role::Text);
        spots.push((start..area.right() - pen.room(), screen.id));
    }
    spots
}

/// The tabs, whole ones only, from the first one on that leaves room for the one that is shown.
fn row(model: &Model, tabs: &[&Entry], area: Rect, pen: &mut Pen<'_>, look: Look) -> Spots {
    let mut spots = Vec::new();
    let more = if look.ascii { "..." } else { "…" };
    let here = tabs.iter().position(|t| t.id == model.base()).unwrap_or(0);
    let room = pen.room().saturating_sub(2);
    let first = if width(tabs) <= room {
        0
    } else {
        first(tabs, here, room.saturating_sub(2 * (cells(more) + 1)))
    };
    pen.skip(2);
    if first > 0 {
        pen.put(more, Role::Rule).skip(1);
    }
    for (index, tab) in tabs.iter().enumerate().skip(first) {
        let rule = if index == first { "" } else { RULE };
        let rest = if index + 1 < tabs.len() {
            cells(more) + 1
        } else {
            0
        };
        if pen.room() < cells(rule) + cells(tab.title) + rest {
            if pen.room() > cells(more) {
                pen.skip(1).put(more, Role::Rule);
            }
            break;
        }
        pen.put(rule, Role::Rule);
        let start = area.right() - pen.room();
        pen.put(tab.title, role(index == here));
        spots.push((start..area.right() - pen.room(), tab.id));
    }
    spots
}

/// The first tab shown: the least one from which the one at `here` is inside the room.
fn first(tabs: &[&Entry], here: usize, room: u16) -> usize {
    let upto = |first: &usize| tabs.get(*first..=here).map_or(0, width);
    (0..here).find(|first| upto(first) <= room).unwrap_or(here)
}

fn role(chosen: bool) -> Role {
    if chosen { Role::Chosen } else { Role::Dim }
}

fn cells(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// Cells of tabs in a row.
fn width(tabs: &[&Entry]) -> u16 {
    let titles: u16 = tabs.iter().map(|t| cells(t.title) + cells(RULE)).sum();
    titles.saturating_sub(cells(RULE))
}

/// Cells of the whole line without what stands at its right end.
fn needed(tabs: &[&Entry]) -> u16 {
    let names = SCREENS.iter().filter_map(|s| s.number);
    let names: u16 = names
        .map(|(key, name)| cells(&format!(" {key} {name} ")))
        .sum();
    names + 2 + width(tabs)
}

/// What may be changed in the clusters shown, for the right end: `[read-only]`, `[prod-eu: ask]`, `[unlocked 4:31]`.
/// Nothing when all is allowed. `room` is what is left beside the whole line.
fn safety(model: &Model, room: u16) -> String {
    let with = |safety: Safety| -> Vec<&str> {
        let all = model.clusters.iter();
        all.filter(|id| model.safety(id) == safety && model.unlocked(id).is_none())
            .map(ClusterId::as_str)
            .collect()
    };
    let (ask, closed) = (with(Safety::Protected), with(Safety::ReadOnly));
    let mut parts: Vec<String> = unlocked(model);
    let open = parts.first().cloned();
    if !closed.is_empty() && closed.len() == model.clusters.len() {
        parts.push("read-only".to_owned());
    } else if !closed.is_empty() {
        parts.push(format!("{}: read-only", closed.join(", ")));
    }
    if !ask.is_empty() {
        parts.push(format!("{}: ask", ask.join(", ")));
    }
    if parts.is_empty() {
        return String::new();
    }
    let word = format!("[{}]", parts.join(" · "));
    if cells(&word) + 1 < room {
        return word;
    }
    // the names are in the header; what holds must not be lost
    let short = match open {
        Some(open) => open.rsplit(": ").next().unwrap_or_default().to_owned(),
        None if ask.is_empty() => "read-only".to_owned(),
        None => "ask".to_owned(),
    };
    format!("[{short}]")
}

/// What is unlocked, and for how long: `unlocked 4:31`, `eu: ask, unlocked 0:12` for one that was read-only.
fn unlocked(model: &Model) -> Vec<String> {
    let told = |id: &ClusterId| {
        let left = model.unlocked(id)?.0;
        let asks = match model.safety(id) {
            Safety::Open => "",
            Safety::Protected | Safety::ReadOnly => "ask, ",
        };
        let name = match model.clusters.len() {
            1 => String::new(),
            _ => format!("{id}: "),
        };
        Some(format!(
            "{name}{asks}unlocked {}:{:02}",
            left / 60,
            left % 60
        ))
    };
    model.clusters.iter().filter_map(told).collect()
}
