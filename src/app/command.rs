//! The table of commands: one row for everything a person can do with a key. Keys, hints and help are made from it.
//! Pure.

use crate::keys::{Chord, Code};

/// Where a command can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// Everywhere.
    Anywhere,
    /// In a list.
    List,
    /// In the step tree of a run.
    Tree,
    /// On an object of a cluster: a row of a list, a step.
    Object,
    /// In a log.
    Log,
    /// In a text: an object as it is written, or described.
    Text,
}

impl Place {
    /// Its name in keymap files and in the help: `list` for [`Place::List`].
    #[must_use]
    pub fn name(self) -> String {
        let mut name = String::new();
        for c in format!("{self:?}").chars() {
            if c.is_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.extend(c.to_lowercase());
        }
        name
    }
}

/// What a command is called in the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// End the program.
    Quit,
    /// Show or hide the help.
    Help,
    /// Go back: close what is on top.
    Back,
    /// Switch to a screen of the registry.
    Show(&'static str),
    /// Next screen of the same group.
    NextTab,
    /// Previous screen of the same group.
    PrevTab,
    /// Hand the terminal back.
    Suspend,
    /// Ask all sources again now.
    Reconnect,
    /// Selection down by one.
    Down,
    /// Selection up by one.
    Up,
    /// Selection down by a page.
    PageDown,
    /// Selection up by a page.
    PageUp,
    /// Selection to the first.
    First,
    /// Selection to the last.
    Last,
    /// Open what is selected.
    Open,
    /// Start typing a filter.
    Filter,
    /// Sort by the next column.
    SortNext,
    /// Sort by the previous column.
    SortPrev,
    /// Turn the order around.
    SortTurn,
    /// Keep the selection on the newest row.
    Follow,
    /// Open the branch, or go to its first step.
    Expand,
    /// Close the branch, or go to the step that holds it.
    Collapse,
    /// Open or close the branch.
    Toggle,
    /// Open everything.
    ExpandAll,
    /// Close everything but the failed path.
    CollapseAll,
    /// Go to the next failed step.
    NextFailed,
    /// Scroll the facts down.
    FactsDown,
    /// Scroll the facts up.
    FactsUp,
    /// Show the commands that can be given, to be searched.
    Palette,
    /// Show what the console told.
    Messages,
    /// The place before this one.
    Backward,
    /// The place that [`Verb::Backward`] came from.
    Forward,
    /// Mark or unmark the row.
    Mark,
    /// Mark all rows from the last marked one to this one.
    MarkRange,
    /// Mark all rows that are shown, or none.
    MarkAll,
    /// Choose a saved filter.
    SavedFilter,
    /// Show what it prints.
    Logs,
    /// Show what is known of it, in words.
    Describe,
    /// Show it as it is written.
    Yaml,
    /// Show what the cluster noted about it.
    Events,
    /// Copy something about it.
    Copy,
    /// Look for a pattern in a log.
    LogSearch,
    /// Go to the next line that the search found.
    NextHit,
    /// Go to the previous line that the search found.
    PrevHit,
    /// Show only lines with a pattern.
    LogInclude,
    /// Leave out lines with a pattern.
    LogExclude,
    /// Go to the first error.
    FirstError,
    /// Go to the next error.
    NextError,
    /// The attempt before, or the log before the last restart.
    LogPrevious,
    /// Show the log of other containers.
    LogContainers,
    /// Read only the last hour, ten minutes, minute.
    LogSince,
    /// Show the time of each line.
    LogTimes,
    /// Break long lines.
    LogWrap,
    /// Show JSON lines as they are written.
    LogJson,
    /// Show the whole line.
    LogOpen,
    /// Scroll to the left.
    LogLeft,
    /// Scroll to the right.
    LogRight,
    /// Draw a line behind the last one.
    LogMark,
    /// Hide the lines up to now.
    LogClear,
    /// Save the lines to a file.
    LogSave,
    /// Copy the line.
    LogCopy,
    /// Search in the text.
    Search,
    /// Go to the next hit.
    SearchNext,
    /// Go to the hit before.
    SearchPrev,
    /// Break long lines, or cut them.
    Wrap,
    /// Move the text left.
    ScrollLeft,
    /// Move the text right.
    ScrollRight,
    /// Show or hide who wrote which field.
    Managers,
    /// Go to the next line that changed.
    NextChange,
    /// Show the text in a pager.
    Pager,
    /// Show a copy of the text in an editor.
    Editor,
}

/// One row of the table.
#[derive(Debug)]
pub struct Command {
    /// What it does.
    pub verb: Verb,
    /// Its name, as it would be written in a keymap.
    pub name: &'static str,
    /// What it does, for the help.
    pub title: &'static str,
    /// A word for the bottom line; empty when it is not worth one.
    pub hint: &'static str,
    /// Where it can be given.
    pub place: Place,
    /// Keys that give it where the default keymap names none.
    pub chords: &'static [Chord],
}

const fn key(c: char) -> Chord {
    Chord::char(c)
}

const fn special(code: Code) -> Chord {
    Chord::plain(code)
}

macro_rules! commands {
    ($($place:ident $verb:expr, $name:literal, $title:literal, $hint:literal $(, [$($chord:expr),+])?;)*) => {
        &[$(Command {
            verb: $verb,
            name: $name,
            title: $title,
            hint: $hint,
            place: Place::$place,
            chords: &[$($($chord),+)?],
        }),*]
    };
}

/// Every command, in the order of the help.
pub static COMMANDS: &[Command] = commands![
    List Verb::Open, "open", "open what is selected", "open", [special(Code::Enter)];
    Tree Verb::Toggle, "toggle", "open or close the branch", "open/close", [special(Code::Enter), key(' ')];
    Tree Verb::NextFailed, "next-failed", "go to the next failed step", "next failed", [key('n')];
    List Verb::Filter, "filter", "narrow the list: words, field:word, !not", "filter", [key('/')];
    List Verb::SavedFilter, "saved-filter", "narrow by a saved filter", "", [key('F')];
    List Verb::Mark, "mark", "mark the row, or take its mark off", "", [key(' ')];
    List Verb::MarkRange, "mark-range", "mark all rows from the last mark to this one", "", [key('v')];
    List Verb::MarkAll, "mark-all", "mark all rows that are shown, or none", "", [key('*'), Chord::ctrl('a')];
    List Verb::SortNext, "sort-next", "sort by the next column", "sort", [key('s')];
    List Verb::SortPrev, "sort-previous", "sort by the previous column", "", [key('S')];
    List Verb::SortTurn, "sort-reverse", "turn the order around", "", [key('R')];
    List Verb::Follow, "follow-newest", "keep the selection on the newest row", "follow newest", [key('f')];
    List Verb::Down, "list-down", "down", "", [special(Code::Down), key('j'), Chord::ctrl('n')];
    List Verb::Up, "list-up", "up", "", [special(Code::Up), key('k'), Chord::ctrl('p')];
    List Verb::PageDown, "list-page-down", "a page down", "", [special(Code::PageDown), Chord::ctrl('f'), Chord::ctrl('d')];
    List Verb::PageUp, "list-page-up", "a page up", "", [special(Code::PageUp), Chord::ctrl('b'), Chord::ctrl('u')];
    List Verb::First, "list-first", "first row", "", [special(Code::Home), key('g')];
    List Verb::Last, "list-last", "last row", "", [special(Code::End), key('G')];
    List Verb::NextTab, "next-tab", "next list of this screen", "", [special(Code::Tab), special(Code::Right)];
    List Verb::PrevTab, "previous-tab", "previous list of this screen", "", [special(Code::BackTab), special(Code::Left)];
    Tree Verb::Down, "step-down", "down", "", [special(Code::Down), key('j'), Chord::ctrl('n')];
    Tree Verb::Up, "step-up", "up", "", [special(Code::Up), key('k'), Chord::ctrl('p')];
    Tree Verb::PageDown, "step-page-down", "a page down", "", [special(Code::PageDown), Chord::ctrl('f'), Chord::ctrl('d')];
    Tree Verb::PageUp, "step-page-up", "a page up", "", [special(Code::PageUp), Chord::ctrl('b'), Chord::ctrl('u')];
    Tree Verb::First, "step-first", "first step", "", [special(Code::Home), key('g')];
    Tree Verb::Last, "step-last", "last step", "", [special(Code::End), key('G')];
    Tree Verb::Expand, "expand", "open the branch, or go into it", "", [special(Code::Right)];
    Tree Verb::Collapse, "collapse", "close the branch, or go out of it", "", [special(Code::Left)];
    Tree Verb::ExpandAll, "expand-all", "open every branch", "", [key('+'), key('*')];
    Tree Verb::CollapseAll, "collapse-all", "close all but the failed path", "", [key('-')];
    Tree Verb::FactsDown, "facts-down", "scroll the facts down", "", [key('J'), key('}')];
    Object Verb::Logs, "logs", "what it prints", "logs", [key('l')];
    Log Verb::LogSearch, "log-search", "look for a pattern", "search", [key('/')];
    Log Verb::NextHit, "log-next-hit", "next line found", "next", [key('n')];
    Log Verb::PrevHit, "log-previous-hit", "previous line found", "previous", [key('N')];
    Log Verb::LogInclude, "log-only", "show only lines with a pattern", "only", [key('&')];
    Log Verb::LogExclude, "log-without", "leave out lines with a pattern", "without", [key('!')];
    Log Verb::FirstError, "log-first-error", "go to the first error", "first error", [key('e')];
    Log Verb::NextError, "log-next-error", "go to the next error", "next error", [key('E')];
    Log Verb::Follow, "log-follow", "keep to the newest line", "follow", [key('f')];
    Log Verb::LogPrevious, "log-previous-attempt", "the attempt before; before the last restart", "attempt before", [key('p')];
    Log Verb::LogContainers, "log-containers", "main, all, each container", "containers", [key('o')];
    Log Verb::LogSince, "log-since", "all, the last hour, 10 minutes, minute", "since", [key('s')];
    Log Verb::LogTimes, "log-times", "show the time of each line", "times", [key('t')];
    Log Verb::LogWrap, "log-wrap", "break long lines", "wrap", [key('w')];
    Log Verb::LogJson, "log-json", "JSON lines as they are written, or folded", "", [key('J')];
    Log Verb::LogOpen, "log-whole-line", "show the whole line, JSON laid out", "whole line", [special(Code::Enter)];
    Log Verb::LogSave, "log-save", "save the lines to a file", "save", [key('S')];
    Log Verb::LogCopy, "log-copy-line", "copy the line", "", [key('y')];
    Log Verb::LogMark, "log-mark", "draw a line behind the last one", "", [key('M')];
    Log Verb::LogClear, "log-clear", "hide the lines up to now", "", [Chord::ctrl('l')];
    Log Verb::Down, "log-down", "down", "", [special(Code::Down), key('j'), Chord::ctrl('n')];
    Log Verb::Up, "log-up", "up", "", [special(Code::Up), key('k'), Chord::ctrl('p')];
    Log Verb::PageDown, "log-page-down", "a page down", "", [special(Code::PageDown), key(' '), Chord::ctrl('f'), Chord::ctrl('d')];
    Log Verb::PageUp, "log-page-up", "a page up", "", [special(Code::PageUp), Chord::ctrl('b'), Chord::ctrl('u')];
    Log Verb::First, "log-first", "first line", "", [special(Code::Home), key('g')];
    Log Verb::Last, "log-last", "last line, and keep to it", "", [special(Code::End), key('G')];
    Log Verb::LogLeft, "log-left", "scroll to the left", "", [special(Code::Left), key('<')];
    Log Verb::LogRight, "log-right", "scroll to the right", "", [special(Code::Right), key('>')];
    Tree Verb::FactsUp, "facts-up", "scroll the facts up", "", [key('K'), key('{')];
    Object Verb::Describe, "describe", "what is known of it, in words", "describe", [key('d')];
    Object Verb::Yaml, "yaml", "the object as it is written", "yaml", [key('y')];
    Object Verb::Events, "events", "what the cluster noted about it", "", [key('e')];
    Object Verb::Copy, "copy", "copy its name, path, command, evidence or YAML", "copy", [key('c')];
    Text Verb::Open, "follow", "open or close the fold; open the object of a link", "open/close", [special(Code::Enter)];
    Text Verb::Toggle, "fold", "open or close the fold", "", [key(' ')];
    Text Verb::Search, "search", "search in the text; capitals count when you write one", "search", [key('/')];
    Text Verb::SearchNext, "search-next", "next hit", "", [key('n')];
    Text Verb::SearchPrev, "search-previous", "hit before", "", [key('N')];
    Text Verb::NextChange, "next-change", "next line that changed since this was opened", "", [key('u')];
    Text Verb::Pager, "pager", "show it in $PAGER", "pager", [key('o')];
    Text Verb::Editor, "editor", "show a copy in $VISUAL or $EDITOR", "editor", [key('E')];
    Text Verb::Wrap, "wrap", "break long lines, or cut them", "wrap", [key('w')];
    Text Verb::Managers, "managers", "show or hide who wrote which field (managedFields)", "", [key('m')];
    Text Verb::ExpandAll, "unfold-all", "open every fold", "", [key('+'), key('*')];
    Text Verb::CollapseAll, "fold-all", "close every fold", "", [key('-')];
    Text Verb::Down, "text-down", "down", "", [special(Code::Down), key('j'), Chord::ctrl('n')];
    Text Verb::Up, "text-up", "up", "", [special(Code::Up), key('k'), Chord::ctrl('p')];
    Text Verb::PageDown, "text-page-down", "a page down", "", [special(Code::PageDown), Chord::ctrl('f'), Chord::ctrl('d')];
    Text Verb::PageUp, "text-page-up", "a page up", "", [special(Code::PageUp), Chord::ctrl('b'), Chord::ctrl('u')];
    Text Verb::First, "text-first", "first line", "", [special(Code::Home), key('g')];
    Text Verb::Last, "text-last", "last line", "", [special(Code::End), key('G')];
    Text Verb::ScrollRight, "text-right", "move a cut text to the left", "", [special(Code::Right)];
    Text Verb::ScrollLeft, "text-left", "move a cut text back", "", [special(Code::Left)];
    Anywhere Verb::Back, "back", "go back; clear the filter first", "back", [special(Code::Esc), special(Code::Backspace)];
    Anywhere Verb::Show("runs"), "runs", "pipeline runs", "", [key('2')];
    Anywhere Verb::Show("platform"), "platform", "nodes, pods, namespaces, schedules, templates", "", [key('8')];
    Anywhere Verb::Show("platform"), "nodes", "nodes and their GPUs", "";
    Anywhere Verb::Show("pods"), "pods", "pods", "";
    Anywhere Verb::Show("namespaces"), "namespaces", "namespaces", "";
    Anywhere Verb::Show("schedules"), "schedules", "what starts runs by the clock", "";
    Anywhere Verb::Show("templates"), "templates", "workflow templates", "";
    Anywhere Verb::Show("events"), "all-events", "what clusters noted about all objects", "";
    Anywhere Verb::Show("sources"), "sources", "where the data comes from, and whether it is live", "", [key('0')];
    Anywhere Verb::Backward, "place-before", "the place before this one", "", [key('[')];
    Anywhere Verb::Forward, "place-after", "the place that [ came from", "", [key(']')];
    Anywhere Verb::Messages, "messages", "what the console told, and where its log is", "", [key('m')];
    Anywhere Verb::Reconnect, "reconnect", "ask all sources again now", "", [Chord::ctrl('r')];
    Anywhere Verb::Suspend, "suspend", "back to the shell; fg returns", "", [Chord::ctrl('z')];
    Anywhere Verb::Palette, "palette", "search and give any command", "commands";
    Anywhere Verb::Help, "help", "these keys", "help", [key('?'), special(Code::F(1))];
    Anywhere Verb::Quit, "quit", "end midwatch", "quit", [key('q'), Chord::ctrl('c')];
];

/// The commands that can be given at these places, in the order of the table.
pub fn available(places: &[Place]) -> impl Iterator<Item = &'static Command> {
    COMMANDS
        .iter()
        .filter(move |c| c.place == Place::Anywhere || places.contains(&c.place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_chord_gives_one_command_at_each_place() {
        for place in [
            Place::Anywhere,
            Place::List,
            Place::Tree,
            Place::Object,
            Place::Log,
            Place::Text,
        ] {
            let mut seen = HashSet::new();
            for command in COMMANDS.iter().filter(|c| c.place == place) {
                for chord in command.chords {
                    assert!(
                        seen.insert(chord),
                        "{chord:?} twice at {place:?}: {}",
                        command.name
                    );
                }
            }
        }
    }

    #[test]
    fn names_are_unique_and_kebab_case() {
        let mut seen = HashSet::new();
        for command in COMMANDS {
            assert!(seen.insert(command.name), "{}", command.name);
            assert!(
                command
                    .name
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c == '-'),
                "{}",
                command.name
            );
            assert!(!command.title.is_empty());
        }
    }
}
