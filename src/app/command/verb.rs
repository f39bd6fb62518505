//! The words of commands: what a person can do, and where. Pure; the table of commands puts them together, screens carry
//! verbs out.

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
    /// On an action of the journal.
    Journal,
    /// In a run of a runbook.
    Runbook,
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
    /// Ask the driver of a node what it knows, or stop asking.
    AskDriver,
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
    /// Take an action of the journal back.
    Undo,
    /// Unlock a protected or read-only context for a while.
    Unlock,
    /// End every unlock.
    Lock,
    /// Show what can be done to it.
    Actions,
    /// Begin the action of this name.
    Do(&'static str),
    /// Show an action that is carried out.
    UnderWay,
    /// Show what keeps it from getting on.
    Why,
    /// Say of a finding that it is seen.
    Acknowledge,
    /// Show the runbooks that fit it.
    Runbooks,
    /// Begin the runbook that fits it.
    BookBegin,
    /// Do what stands next in a runbook.
    BookGo,
    /// Answer yes.
    BookYes,
    /// Answer no.
    BookNo,
    /// The next answer.
    BookNext,
    /// The answer before.
    BookPrev,
    /// Wait no longer, or pass the action over.
    BookPass,
    /// End the run of the runbook.
    BookEnd,
}
