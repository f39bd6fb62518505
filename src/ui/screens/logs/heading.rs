//! The heading of logs: whose they are, whether they go on, how many lines, what is hidden. Pure.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::logs::{Containers, Found, LogScreen, Pattern, Pick, Standing, Target};
use crate::app::screen::Ctx;
use crate::domain::Span;
use crate::fault::ended;
use crate::theme::Role;
use crate::ui::Look;
use crate::ui::paint::{Pen, line};

/// Paints it; the lines used.
pub fn paint(
    look: Look,
    screen: &LogScreen,
    ctx: &Ctx<'_>,
    area: Rect,
    buffer: &mut Buffer,
) -> u16 {
    let standings = standings(screen, ctx);
    let (mut first, counts) = (title(screen, &standings, area.width), counts(screen, ctx));
    let mut rows = Vec::new();
    // on a narrow screen the figures have a line of their own
    let fits = width_of(&first) + width_of(&counts) < usize::from(area.width);
    if fits || area.height < 8 {
        first.extend(counts);
        rows.push(first);
    } else {
        rows.push(first);
        rows.push(counts);
    }
    if let Some((text, role)) = narrowed(screen, ctx) {
        rows.push(vec![(text, role)]);
    }
    let room = usize::from(area.height / 4).clamp(1, 4);
    let troubles = troubles(screen, &standings);
    // when nothing else is on the screen, the body tells all of it
    if screen.book(ctx).is_some() {
        let shown = troubles.len().min(room.saturating_sub(rows.len() - 1));
        let left = troubles.len() - shown;
        rows.extend(
            troubles
                .into_iter()
                .take(shown)
                .map(|t| vec![(t, Role::Warn)]),
        );
        if let Some(last) = rows.last_mut().filter(|_| left > 0) {
            last.push((format!("   and {left} more"), Role::Warn));
        }
    }
    let mut used = 0;
    for row in rows
        .iter()
        .take(usize::from(area.height.saturating_sub(1)).max(1))
    {
        let mut pen = Pen::new(buffer, line(area, used), look);
        pen.put(" ", Role::Text);
        for (text, role) in row {
            pen.put(text, *role);
        }
        if used == 0 {
            aside(&looks(screen), pen.room(), area, buffer, look);
        }
        used += 1;
    }
    used
}

/// Texts that stand beside each other.
type Parts = Vec<(String, Role)>;

fn width_of(parts: &[(String, Role)]) -> usize {
    parts.iter().map(|(text, _)| text.chars().count()).sum()
}

/// Puts a text at the right end of the first line when it has room.
fn aside(text: &str, room: u16, area: Rect, buffer: &mut Buffer, look: Look) {
    let width = u16::try_from(text.chars().count()).unwrap_or(u16::MAX);
    if width > 0 && room > width.saturating_add(2) {
        let at = Rect {
            x: area.right() - width - 1,
            width,
            ..line(area, 0)
        };
        Pen::new(buffer, at, look).put(text, Role::Dim);
    }
}

/// Whose logs, and whether they go on.
fn title(screen: &LogScreen, standings: &[Standing], width: u16) -> Parts {
    let (word, role) = state(screen, standings);
    vec![
        ("Logs  ".to_owned(), Role::Strong),
        (whose(screen, width), Role::Strong),
        (format!("   {word}   "), role),
    ]
}

/// How many lines, and what is not among them.
fn counts(screen: &LogScreen, ctx: &Ctx<'_>) -> Parts {
    let Some(book) = screen.book(ctx) else {
        return Vec::new();
    };
    let (shown, all) = (screen.shown(book).len(), book.lines().len());
    let mut parts = vec![if shown == all {
        (lines(all, "line"), Role::Text)
    } else {
        (
            format!("{} of {}", grouped(shown as u64), lines(all, "line")),
            Role::Text,
        )
    }];
    if !screen.is_scanned(book) {
        parts.push((", still looking".to_owned(), Role::Warn));
    }
    if book.errors() > 0 {
        parts.push((
            format!(" · {}", lines(book.errors(), "error line")),
            Role::Bad,
        ));
    }
    for (count, what) in [(book.dropped(), "oldest dropped"), (book.lost(), "lost")] {
        if count > 0 {
            parts.push((format!(" · {} {what}", grouped(count)), Role::Warn));
        }
    }
    match screen.fresh(book) {
        _ if screen.follows() || screen.is_ended() => {}
        0 => parts.push(("   stopped: f follows".to_owned(), Role::Chosen)),
        fresh => parts.push((
            format!("   {} new below: G", grouped(fresh as u64)),
            Role::Chosen,
        )),
    }
    parts
}

/// `1 line`, `1,200 lines`
fn lines(count: usize, word: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{} {word}{s}", grouped(count as u64))
}

/// Whose logs: run and step, or pod, and the container where there is one.
fn whose(screen: &LogScreen, width: u16) -> String {
    let tails = screen.tails();
    let name = screen.target().key().name.to_string();
    let one = tails.first().filter(|first| {
        let same = |t: &&crate::app::logs::Tail| t.scope.pod == first.scope.pod;
        tails.iter().filter(same).count() == tails.len()
    });
    let mut parts = Vec::new();
    match (screen.target(), one) {
        (Target::Step { .. }, None) if !screen.found().step.is_empty() => {
            parts.extend((width >= 100).then_some(name));
            parts.push(screen.found().step.to_string());
        }
        (Target::Pod(_), _) | (_, None) => parts.push(name),
        // the step says more than the run that the person came from
        (_, Some(tail)) if width < 100 => parts.push(tail.label.to_string()),
        (_, Some(tail)) => parts.extend([name, tail.label.to_string()]),
    }
    if let [tail] = tails {
        parts.push(tail.scope.container.clone());
    }
    let found = screen.found();
    let read = screen.reading();
    if found.attempts > 1 {
        parts.push(format!("attempt {} of {}", found.attempt, found.attempts));
    }
    if read.previous {
        parts.push("before the last restart".to_owned());
    }
    if found.all > found.pods.len() {
        parts.push(format!(
            "{} of {} pods, failed first",
            found.pods.len(),
            found.all
        ));
    } else if one.is_none() && tails.len() > 1 {
        parts.push(format!("{} pods", found.pods.len()));
    }
    parts.join(" · ")
}

/// One word when all logs stand alike, else how many stand how.
fn state(screen: &LogScreen, standings: &[Standing]) -> (String, Role) {
    let bad = |s: &Standing| matches!(s, Standing::Trouble(..) | Standing::Waiting(_));
    let role = if standings.iter().any(bad) {
        Role::Warn
    } else if standings.contains(&Standing::Following) {
        Role::Good
    } else {
        Role::Dim
    };
    let mut words: Vec<(&str, usize)> = Vec::new();
    for word in standings.iter().map(Standing::word) {
        let word = match word {
            "live" if screen.follows() => "following",
            word => word,
        };
        match words.iter_mut().find(|(w, _)| *w == word) {
            Some((_, count)) => *count += 1,
            None => words.push((word, 1)),
        }
    }
    let text = match words.as_slice() {
        [] if screen.found().troubled => "not known".to_owned(),
        [] if !screen.found().unknown.is_empty() => "asking".to_owned(),
        [] if !screen.found().gone.is_empty() => "gone".to_owned(),
        [] => "no pod".to_owned(),
        [(word, _)] => (*word).to_owned(),
        many => {
            let parts: Vec<String> = many.iter().map(|(w, n)| format!("{n} {w}")).collect();
            parts.join(", ")
        }
    };
    (text, role)
}

fn looks(screen: &LogScreen) -> String {
    let mut parts = Vec::new();
    let since = screen.reading().since;
    parts.extend(since.map(|s| format!("last {}", Span(i64::from(s)).short())));
    match &screen.reading().containers {
        Containers::Main => {}
        Containers::All => parts.push("all containers".to_owned()),
        Containers::Named(name) => parts.push(name.to_string()),
    }
    for (on, word) in [
        (screen.looks.wrap, "wrap"),
        (screen.looks.raw, "raw JSON"),
        (screen.is_cleared(), "cleared"),
    ] {
        parts.extend(on.then(|| word.to_owned()));
    }
    if screen.looks.shift > 0 {
        parts.push(format!("from column {}", screen.looks.shift + 1));
    }
    parts.join(" · ")
}

/// Filters, search, and what came of the last key.
fn narrowed(screen: &LogScreen, ctx: &Ctx<'_>) -> Option<(String, Role)> {
    let [include, exclude, search] = screen.patterns().map(|p| p.map(Pattern::text));
    let mut parts = Vec::new();
    parts.extend(include.map(|text| format!("only {text}")));
    parts.extend(exclude.map(|text| format!("without {text}")));
    if let (Some(text), Some(book)) = (search, screen.book(ctx)) {
        let counted = match screen.hit(book) {
            Some((Some(at), all)) => format!("{} of {}", grouped(at as u64), grouped(all as u64)),
            Some((None, 0)) if screen.is_scanned(book) => "not found".to_owned(),
            Some((None, all)) => format!("{} found", grouped(all as u64)),
            None => String::new(),
        };
        parts.push(format!("/{text}  {counted}"));
    }
    let said = screen.said();
    if !said.is_empty() {
        parts.push(said.to_owned());
    }
    let role = if said.is_empty() {
        Role::Chosen
    } else {
        Role::Warn
    };
    (!parts.is_empty()).then(|| (parts.join("   "), role))
}

pub(super) fn standings(screen: &LogScreen, ctx: &Ctx<'_>) -> Vec<Standing> {
    let book = screen.book(ctx);
    let tails = screen.tails().iter();
    tails.map(|tail| tail.standing(book, ctx)).collect()
}

/// What a person has to know besides the lines: what cannot be read, what has not started, what is gone.
pub(super) fn troubles(screen: &LogScreen, standings: &[Standing]) -> Vec<String> {
    let names = screen.prefixes();
    let mut troubles = Vec::new();
    for (index, standing) in standings.iter().enumerate() {
        let name = names.get(index).filter(|n| !n.is_empty());
        let of = name.map_or_else(String::new, |n| format!("{n}: "));
        match standing {
            Standing::Waiting(why) => troubles.push(format!("{of}waiting to start: {why}")),
            Standing::Trouble(state, why) => {
                troubles.push(ended(&format!("{of}{}: {why}", state.word())));
            }
            Standing::Gone => {
                troubles.push(format!("{of}the pod went away; these are its last lines"));
            }
            Standing::Asking | Standing::Following | Standing::Complete => {}
        }
    }
    troubles.extend(gone(screen.found()));
    troubles
}

/// Pods that are not there: where each log is kept; those without one together.
pub(super) fn gone(found: &Found) -> Vec<String> {
    let kept = |p: &&Pick| p.archived.is_some();
    let mut told: Vec<String> = found
        .gone
        .iter()
        .filter(kept)
        .map(|pick| {
            let place = pick.archived.as_deref().unwrap_or_default();
            format!(
                "{}: its pod is gone; its log is kept at {place}",
                pick.label
            )
        })
        .collect();
    let lost: Vec<&str> = found
        .gone
        .iter()
        .filter(|p| !kept(p))
        .map(|p| &*p.label)
        .collect();
    match lost.as_slice() {
        [] => {}
        [one] => told.push(format!("{one}: its pod is gone, and its log with it")),
        many => {
            let names = many.join(", ");
            told.push(format!(
                "{} pods are gone, and their logs with them: {names}",
                many.len()
            ));
        }
    }
    told
}

/// `12,345`
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn long_numbers_are_grouped() {
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(grouped),
            ["0", "999", "1,000", "1,234,567"]
        );
    }
}
