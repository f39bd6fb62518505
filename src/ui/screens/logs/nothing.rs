//! Why there is nothing to see in logs. Pure; the painter of logs calls it.

use super::heading::{gone, grouped, standings, troubles};
use crate::app::logs::{LogScreen, Standing};
use crate::app::screen::Ctx;
use crate::domain::Span;
use crate::fault::ended;
use crate::theme::Role;

/// Why not one line can be seen: never a false calm.
pub fn why_nothing(screen: &LogScreen, ctx: &Ctx<'_>) -> (String, Role) {
    let found = screen.found();
    if screen.tails().is_empty() {
        let text = match (found.unknown.as_str(), gone(found).as_slice()) {
            ("", []) if !found.podless.is_empty() => {
                format!("{} has no pod: {}.", found.step, found.podless)
            }
            ("", []) if found.all == 0 => {
                "Nothing here has a pod: it has not started, or it never gets one.".to_owned()
            }
            ("", []) => "None of the pods has a container of this name. o shows others.".to_owned(),
            ("", gone) => gone.join(". "),
            (unknown, _) => unknown.to_owned(),
        };
        return (text, Role::Warn);
    }
    if let Some(book) = screen.book(ctx).filter(|book| book.lines().len() > 0) {
        let all = grouped(book.lines().len() as u64);
        let text = match (screen.is_scanned(book), screen.is_cleared()) {
            (false, _) => "Still looking…".to_owned(),
            (true, true) => {
                format!("Nothing new since the screen was cleared; Esc brings {all} lines back.")
            }
            (true, false) => format!("None of {all} lines passes the filter; Esc takes it off."),
        };
        return (text, Role::Warn);
    }
    let standings = standings(screen, ctx);
    let troubles = troubles(screen, &standings);
    if !troubles.is_empty() {
        let told: Vec<String> = troubles.iter().map(|t| ended(t)).collect();
        return (told.join(" "), Role::Warn);
    }
    let since = screen.reading().since;
    let window = since.map_or_else(String::new, |s| {
        format!(" in the last {}; s shows more", Span(i64::from(s)).short())
    });
    let text = if standings.iter().all(|s| *s == Standing::Complete) {
        format!("It ended without printing anything{window}.")
    } else if standings.contains(&Standing::Following) {
        format!("Nothing was printed yet{window}. New lines appear here.")
    } else {
        "Asking for the log…".to_owned()
    };
    (text, Role::Dim)
}
