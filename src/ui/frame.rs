//! The frame around every screen: where am I, is it true, what burns, what does it cost, which key is next. Pure.

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
use crate::domain::{SourceState, Span};
use crate::theme::{Mark, Role};

/// The top line. When it is short the load goes first, then the clock: what failed stays longest.
pub fn header(model: &Model, area: Rect, buffer: &mut Buffer, look: Look) {
    let place = place(model);
    let (mark, fresh, role) = freshness(model);
    let said = burning(model);
    let gap = if said.is_empty() { "" } else { "   " };
    let doubt = doubt(model);
    let left = format!(" midwatch  {place}  m {fresh}{doubt}{gap}{said}").width();
    let clock = model.now.strftime("%H:%MZ").to_string();
    let fits = |right: &String| left + 2 + right.width() < usize::from(area.width);
    let right = [format!("{}{clock}", load(model)), clock.clone()]
        .into_iter()
        .find(fits);
    let mut pen = Pen::new(buffer, area, look);
    pen.put(" midwatch", Role::Strong)
        .put("  ", Role::Text)
        .put(&place, Role::Chosen)
        .put("  ", Role::Text)
        .put(mark.glyph(look.ascii), role)
        .put(" ", role)
        .put(&fresh, role)
        .put(&doubt, Role::Bad)
        .put(gap, Role::Text)
        .put(&said, Role::Strong);
    if let Some(right) = right {
        let width = u16::try_from(right.width()).unwrap_or(0);
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

fn freshness(model: &Model) -> (Mark, String, Role) {
    if model.clusters.len() > 1
        && let Some((mark, text)) = super::clusters::trouble(model)
    {
        return (mark, text, Role::Bad);
    }
    let (state, since) = model.freshness();
    let clock = || {
        let span = Span::between(since, model.now).0;
        format!("{}:{:02}", span / 60, span % 60)
    };
    match state {
        SourceState::Live | SourceState::Absent if model.in_part() => {
            (Mark::Waiting, "live, in part".to_owned(), Role::Warn)
        }
        SourceState::Live | SourceState::Absent => (Mark::Running, "live".to_owned(), Role::Good),
        SourceState::Partial => (Mark::Pending, "loading".to_owned(), Role::Warn),
        SourceState::Connecting => (Mark::Pending, "connecting".to_owned(), Role::Warn),
        SourceState::Denied => (Mark::Waiting, "partly denied".to_owned(), Role::Warn),
        SourceState::Stale => (Mark::Stale, format!("stale {}", clock()), Role::Bad),
        SourceState::Down => (Mark::Failed, format!("down {}", clock()), Role::Bad),
    }
}

/// Actions whose end is not known, with a gap before it, until the journal was looked at.
fn doubt(model: &Model) -> String {
    match model.book.unseen() {
        0 => String::new(),
        1 => "   1 action in doubt".to_owned(),
        n => format!("   {n} actions in doubt"),
    }
}

/// What needs somebody, and how runs stand, from the list of runs as last laid out.
fn burning(model: &Model) -> String {
    let known = model
        .runs()
        .map(ListScreen::<Runs>::summary)
        .unwrap_or_default();
    let known = super::clusters::with_unknown(model, known);
    match model.needs() {
        0 => known,
        n if known.is_empty() => needs(n),
        n => format!("{} · {known}", needs(n)),
    }
}

/// How many findings need somebody now.
fn needs(count: usize) -> String {
    match count {
        1 => "1 needs you".to_owned(),
        n => format!("{n} need you"),
    }
}

/// What watching costs, with a gap behind it.
fn load(model: &Model) -> String {
    let requests: u32 = model.loads.values().map(|l| l.requests).sum();
    let bytes: u64 = model.loads.values().map(|l| l.bytes).sum();
    if model.loads.is_empty() {
        return String::new();
    }
    // the cap is for each server, the figure for all
    let servers = u32::try_from(model.loads.len()).unwrap_or(u32::MAX);
    let cap = match model.settings.refresh.requests_per_minute {
        0 => String::new(),
        cap => format!(" of {}", cap.saturating_mul(servers)),
    };
    format!("api {requests}{cap}/min {}/min  ", size(bytes))
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
    if model.deeds.is_open() {
        super::deed::footer(model, area, buffer, look);
        return;
    }
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

/// Keys and what they do, as many as fit whole, in the order of the table; the way to all others and the way out are
/// always among them.
fn fitting(model: &Model, room: u16) -> Vec<(String, &'static str)> {
    let places = model.places();
    // where hardly anything fits, the help tells the way out
    let kept = |c: &Command| match c.verb {
        Verb::Help => true,
        Verb::Back => room >= 60,
        other => other == Verb::Quit && room >= 50,
    };
    let hint = |c: &'static Command| {
        let text = if model.help.is_some() {
            while_helped(c.verb)
        } else {
            c.hint
        };
        if text.is_empty() || model.help.is_none() && c.verb == Verb::Back && !model.goes_back() {
            return None;
        }
        let key = model.bindings.keys_at(c, places).into_iter().next()?;
        let need = key.width() + 1 + text.width() + 2;
        Some((kept(c), need, (key, text)))
    };
    let all: Vec<_> = model.commands().filter_map(hint).collect();
    let held: usize = all.iter().filter(|(kept, ..)| *kept).map(|h| h.1).sum();
    let mut left = usize::from(room).saturating_sub(held);
    let mut fits = |need: usize| {
        let fits = need <= left;
        left -= if fits { need } else { 0 };
        fits
    };
    let (last, first): (Vec<_>, Vec<_>) = all.into_iter().partition(|(kept, ..)| *kept);
    let first = first.into_iter().filter(|(_, need, _)| fits(*need));
    first.chain(last).map(|(.., hint)| hint).collect()
}

/// What keys do while the help is open: the others only close it.
fn while_helped(verb: Verb) -> &'static str {
    match verb {
        Verb::Down => "down",
        Verb::Up => "up",
        Verb::PageDown => "page down",
        Verb::PageUp => "page up",
        Verb::First => "top",
        Verb::Last => "end",
        Verb::Back | Verb::Help => "close",
        Verb::Palette => "commands",
        Verb::Quit => "quit",
        _ => "",
    }
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
