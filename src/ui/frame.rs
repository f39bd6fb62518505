//! The frame around every screen: where am I, is it true, what burns, what does it cost, which key is next. Pure.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use unicode_width::UnicodeWidthStr;

use super::Look;
use super::paint::Pen;
use crate::app::Model;
use crate::app::bindings::written;
use crate::app::command::{Command, Verb};
use crate::app::list::ListScreen;
use crate::app::lists::Runs;
use crate::app::note::Level;
use crate::app::registry::{SCREENS, entry, tabs as tabs_of};
use crate::domain::{ClusterId, SourceState, Span};
use crate::settings::Safety;
use crate::theme::{Mark, Role};

/// The top line.
pub fn header(model: &Model, area: Rect, buffer: &mut Buffer, look: Look) {
    let right = right_of_header(model);
    let width = u16::try_from(right.chars().count()).unwrap_or(0);
    let fits = width + 40 <= area.width;
    let left = Rect {
        width: if fits {
            area.width - width - 2
        } else {
            area.width
        },
        ..area
    };
    let mut pen = Pen::new(buffer, left, look);
    pen.put(" midwatch", Role::Strong)
        .put("  ", Role::Text)
        .put(&place(model), Role::Chosen)
        .put("  ", Role::Text);
    freshness(model, &mut pen, look);
    let said = burning(model);
    if pen.room() > 12 && !said.is_empty() {
        pen.put("   ", Role::Text).put(&said, Role::Strong);
    }
    if fits {
        let at = Rect {
            x: area.right() - width - 1,
            width,
            ..area
        };
        Pen::new(buffer, at, look).put(&right, Role::Dim);
    }
}

/// Which clusters, and as whom.
fn place(model: &Model) -> String {
    match model.clusters.as_slice() {
        [] => "no cluster".to_owned(),
        [one] => one.to_string(),
        _ => super::clusters::counted(model),
    }
}

fn freshness(model: &Model, pen: &mut Pen<'_>, look: Look) {
    if model.clusters.len() > 1
        && let Some((mark, text)) = super::clusters::trouble(model)
    {
        pen.put(mark.glyph(look.ascii), Role::Bad)
            .put(" ", Role::Bad)
            .put(&text, Role::Bad);
        return;
    }
    let (state, since) = model.freshness();
    let clock = || {
        let span = Span::between(since, model.now).0;
        format!("{}:{:02}", span / 60, span % 60)
    };
    let (mark, text, role) = match state {
        SourceState::Live | SourceState::Absent if model.in_part() => {
            (Mark::Waiting, "live, in part".to_owned(), Role::Warn)
        }
        SourceState::Live | SourceState::Absent => (Mark::Running, "live".to_owned(), Role::Good),
        SourceState::Partial => (Mark::Pending, "loading".to_owned(), Role::Warn),
        SourceState::Connecting => (Mark::Pending, "connecting".to_owned(), Role::Warn),
        SourceState::Denied => (Mark::Waiting, "partly denied".to_owned(), Role::Warn),
        SourceState::Stale => (Mark::Stale, format!("stale {}", clock()), Role::Bad),
        SourceState::Down => (Mark::Failed, format!("down {}", clock()), Role::Bad),
    };
    pen.put(mark.glyph(look.ascii), role)
        .put(" ", role)
        .put(&text, role);
}

/// What burns, from the list of runs as last laid out.
fn burning(model: &Model) -> String {
    let known = model
        .runs()
        .map(ListScreen::<Runs>::summary)
        .unwrap_or_default();
    super::clusters::with_unknown(model, known)
}

fn right_of_header(model: &Model) -> String {
    let requests: u32 = model.loads.values().map(|l| l.requests).sum();
    let bytes: u64 = model.loads.values().map(|l| l.bytes).sum();
    let clock = model.now.strftime("%H:%MZ");
    if model.loads.is_empty() {
        return clock.to_string();
    }
    // the cap is for each server, the figure for all
    let servers = u32::try_from(model.loads.len()).unwrap_or(u32::MAX);
    let cap = match model.settings.refresh.requests_per_minute {
        0 => String::new(),
        cap => format!(" of {}", cap.saturating_mul(servers)),
    };
    format!("api {requests}{cap}/min {}/min  {clock}", size(bytes))
}

/// Kilobytes below 100, then megabytes, with one decimal below ten.
pub fn size(bytes: u64) -> String {
    let tenths = bytes / 100_000;
    match tenths {
        0 => format!("{} kB", bytes.div_ceil(1000)),
        1..100 => format!("{}.{} MB", tenths / 10, tenths % 10),
        _ => format!("{} MB", tenths / 10),
    }
}

/// The second line: screens by number, and the tabs of this one. Answers which columns name which.
pub fn tabs(
    model: &Model,
    area: Rect,
    buffer: &mut Buffer,
    look: Look,
) -> Vec<(Range<u16>, &'static str)> {
    let mut spots = Vec::new();
    let at = |pen: &Pen<'_>| area.right() - pen.room();
    let group = entry(model.base()).map_or("", |e| e.group);
    let mut pen = Pen::new(buffer, area, look);
    for screen in SCREENS {
        let Some((key, name)) = screen.number else {
            continue;
        };
        let role = if screen.group == group {
            Role::Chosen
        } else {
            Role::Dim
        };
        let start = at(&pen);
        pen.put(" ", Role::Text)
            .put(&format!("{key} {name}"), role)
            .put(" ", Role::Text);
        spots.push((start..at(&pen), screen.id));
    }
    let tabs = tabs_of(model.base());
    if !tabs.is_empty() {
        pen.put("  ", Role::Text);
    }
    for (index, tab) in tabs.iter().enumerate() {
        let role = if tab.id == model.base() {
            Role::Chosen
        } else {
            Role::Dim
        };
        pen.put(if index == 0 { "" } else { " | " }, Role::Rule);
        let start = at(&pen);
        pen.put(tab.title, role);
        spots.push((start..at(&pen), tab.id));
    }
    let room = pen.room();
    safety(model, area, room, buffer, look);
    spots
}

/// What may be changed in the clusters shown, at the right end: `[read-only]`, `[prod-eu: ask]`.
fn safety(model: &Model, area: Rect, room: u16, buffer: &mut Buffer, look: Look) {
    let with = |safety: Safety| -> Vec<&str> {
        let names = model.clusters.iter().map(ClusterId::as_str);
        names
            .filter(|name| model.settings.safety(name) == safety)
            .collect()
    };
    let (ask, closed) = (with(Safety::Ask), with(Safety::ReadOnly));
    let mut parts = Vec::new();
    if !closed.is_empty() && closed.len() == model.clusters.len() {
        parts.push("read-only".to_owned());
    } else if !closed.is_empty() {
        parts.push(format!("{}: read-only", closed.join(", ")));
    }
    if !ask.is_empty() {
        parts.push(format!("{}: ask", ask.join(", ")));
    }
    if parts.is_empty() {
        return;
    }
    let mut word = format!("[{}]", parts.join(" · "));
    let width = |word: &str| u16::try_from(word.chars().count()).unwrap_or(u16::MAX);
    if width(&word) >= room {
        // the names are in the header; what holds must not be lost
        let short = if ask.is_empty() {
            " [read-only]"
        } else {
            " [ask]"
        };
        short.clone_into(&mut word);
    }
    let width = width(&word).min(area.width);
    let at = Rect {
        x: area.right() - width - u16::from(width < area.width),
        width,
        ..area
    };
    Pen::new(buffer, at, look).put(&word, Role::Warn);
}

/// What was told last, over the line above the bottom one, for a few seconds.
pub fn toast(model: &Model, area: Rect, buffer: &mut Buffer, look: Look) {
    let Some(told) = model.notes.shown(model.now) else {
        return;
    };
    let (mark, role) = match told.note.level {
        Level::Info => (Mark::Ok, Role::Good),
        Level::Warn => (Mark::Burning, Role::Warn),
        Level::Error => (Mark::Failed, Role::Bad),
    };
    let times = if told.count > 1 {
        format!(" ({} times)", told.count)
    } else {
        String::new()
    };
    // the rule below would lend it its colour
    Clear.render(area, buffer);
    Pen::new(buffer, area, look)
        .put(" ", Role::Text)
        .put(mark.glyph(look.ascii), role)
        .put(" ", role)
        .put(&told.note.text, Role::Strong)
        .put(&times, Role::Dim)
        .put(" ", Role::Text);
}

/// The bottom line: the keys that matter here, and the oldest trouble of a source.
pub fn footer(model: &Model, area: Rect, buffer: &mut Buffer, look: Look) {
    let trouble = trouble(model);
    if let Some(prompt) = &model.prompt {
        super::prompt::paint(prompt, area, buffer, look);
        return;
    }
    let begun = written(&model.pending);
    let (trouble, role) = if begun.is_empty() {
        (trouble, Role::Warn)
    } else {
        (format!("{begun} …"), Role::Chosen)
    };
    let width = u16::try_from(trouble.chars().count())
        .unwrap_or(0)
        .min(area.width / 2);
    let keys = Rect {
        width: area.width.saturating_sub(width + 2),
        ..area
    };
    hints(model, keys, buffer, look);
    if width > 0 {
        let at = Rect {
            x: area.right() - width - 1,
            width,
            ..area
        };
        Pen::new(buffer, at, look).put(&trouble, role);
    }
}

fn hints(model: &Model, area: Rect, buffer: &mut Buffer, look: Look) {
    let mut pen = Pen::new(buffer, area, look);
    pen.skip(1);
    for (key, hint) in fitting(model, pen.room()) {
        pen.put(&key, Role::Chosen)
            .put(" ", Role::Text)
            .put(hint, Role::Text)
            .put("  ", Role::Text);
    }
}

/// Keys and what they do, as many as fit whole, in the order of the table; the way to all others is always among them.
fn fitting(model: &Model, room: u16) -> Vec<(String, &'static str)> {
    let places = model.places();
    let hint = |c: &'static Command| {
        let key = model.bindings.keys_at(c, places).into_iter().next()?;
        let need = key.width() + 1 + c.hint.width() + 2;
        Some((c.verb == Verb::Help, need, (key, c.hint)))
    };
    let all: Vec<_> = model
        .commands()
        .filter(|c| !c.hint.is_empty())
        .filter_map(hint)
        .collect();
    let help: usize = all.iter().filter(|(help, ..)| *help).map(|h| h.1).sum();
    let mut left = usize::from(room).saturating_sub(help);
    let mut fits = |need: usize| {
        let fits = need <= left;
        left -= if fits { need } else { 0 };
        fits
    };
    let (last, first): (Vec<_>, Vec<_>) = all.into_iter().partition(|(help, ..)| *help);
    let first = first.into_iter().filter(|(_, need, _)| fits(*need));
    first.chain(last).map(|(.., hint)| hint).collect()
}

fn trouble(model: &Model) -> String {
    let Some(source) = model.world.worst_source() else {
        return String::new();
    };
    let name = if model.clusters.len() > 1 {
        format!("{} {}", source.id.cluster, source.id.feed)
    } else {
        source.id.feed.to_owned()
    };
    match source.state {
        SourceState::Denied => format!("{name} denied: 0 tells why"),
        state => {
            let span = Span::between(source.since, model.now).0;
            format!("{name} {} {}:{:02}", state.word(), span / 60, span % 60)
        }
    }
}
