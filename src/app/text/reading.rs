//! What keys do in every text that is read: moving, folding, searching, going to what a line names, showing it in another
//! program. Pure; the screens that show a [`Pane`] call it.

use super::Pane;
use crate::app::command::Verb;
use crate::app::effect::{Effect, Program};
use crate::app::inspect;
use crate::app::screen::{Question, Turn};

/// Columns that a text moves sideways at a time.
const ASIDE: usize = 8;

/// Carries out one of these commands; none where it is no command of a text. `page` is how many lines are seen, `file`
/// what the text is called in another program.
pub fn act(pane: &mut Pane, verb: Verb, page: usize, file: &str) -> Option<Turn> {
    if walk(pane, verb, page.saturating_sub(1).max(1)) {
        return Some(Turn::Taken);
    }
    match verb {
        Verb::Open => match pane.link().cloned() {
            Some(subject) => return Some(Turn::Open(inspect::opened(subject))),
            None => pane.toggle(),
        },
        Verb::Toggle => pane.toggle(),
        Verb::ExpandAll => pane.all(false),
        Verb::CollapseAll => pane.all(true),
        Verb::Search => {
            pane.begin_search();
            return Some(Turn::Ask(Question {
                label: "/",
                hint: "words to find",
                text: String::new(),
            }));
        }
        Verb::SearchNext => pane.next_hit(true),
        Verb::SearchPrev => pane.next_hit(false),
        Verb::Wrap => pane.wrap = !pane.wrap,
        Verb::ScrollRight => pane.left += ASIDE,
        Verb::ScrollLeft => pane.left = pane.left.saturating_sub(ASIDE),
        Verb::Pager => return Some(shown(pane, file, Program::Pager)),
        Verb::Editor => return Some(shown(pane, file, Program::Editor)),
        _ => return None,
    }
    Some(Turn::Taken)
}

fn walk(pane: &mut Pane, verb: Verb, page: usize) -> bool {
    let at = pane.index();
    let target = match verb {
        Verb::Down => at + 1,
        Verb::Up => at.saturating_sub(1),
        Verb::PageDown => at + page,
        Verb::PageUp => at.saturating_sub(page),
        Verb::First => 0,
        Verb::Last => usize::MAX,
        _ => return false,
    };
    pane.go(target);
    true
}

fn shown(pane: &Pane, file: &str, with: Program) -> Turn {
    Turn::Do(Effect::Show {
        text: pane.doc().text(),
        name: file.to_owned(),
        with,
    })
}

/// Whether a command does something in a text, where its screen does not know better.
#[must_use]
pub fn offers(pane: &Pane, verb: Verb) -> bool {
    match verb {
        Verb::Managers | Verb::NextChange => false,
        Verb::SearchNext | Verb::SearchPrev => pane.hits().is_some(),
        Verb::ScrollLeft | Verb::ScrollRight => !pane.wrap,
        _ => true,
    }
}

/// The line that was asked for is complete, or was dropped: then nothing is searched for.
pub fn answered(pane: &mut Pane, kept: bool) {
    if !kept {
        pane.search("");
    }
}
