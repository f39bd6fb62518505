//! The table of commands: one row for everything a person can do. Palette, hints, help and docs/keys.md are made from
//! it; which keys give a command stands in `keymaps/`.
//! Pure.

mod verb;

pub use verb::{Place, Verb};

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
}

macro_rules! commands {
    ($($place:ident $verb:expr, $name:literal, $title:literal, $hint:literal;)*) => {
        &[$(Command {
            verb: $verb,
            name: $name,
            title: $title,
            hint: $hint,
            place: Place::$place,
        }),*]
    };
}

/// Every command, in the order of the help.
pub static COMMANDS: &[Command] = commands![
    List Verb::Open, "open", "open what is selected", "open";
    Tree Verb::Toggle, "toggle", "open or close the branch", "open/close";
    Tree Verb::AskDriver, "ask-driver", "run nvidia-smi on the node, once a minute; again to stop", "";
    Tree Verb::NextFailed, "next-failed", "go to the next failed step", "next failed";
    Runbook Verb::BookGo, "runbook-go", "give the chosen answer, show what the action would do, try again", "go on";
    Runbook Verb::BookYes, "runbook-yes", "answer yes; it was done by hand", "yes";
    Runbook Verb::BookNo, "runbook-no", "answer no; it was not done by hand", "no";
    Runbook Verb::BookNext, "runbook-next-answer", "the next answer", "";
    Runbook Verb::BookPrev, "runbook-answer-before", "the answer before", "";
    Runbook Verb::BookPass, "runbook-pass", "wait no longer; leave the action out", "pass over";
    Runbook Verb::BookEnd, "runbook-end", "end the runbook here", "end";
    Runbook Verb::Down, "runbook-down", "the next step", "";
    Runbook Verb::Up, "runbook-up", "the step before", "";
    Runbook Verb::PageDown, "runbook-page-down", "the text down", "";
    Runbook Verb::PageUp, "runbook-page-up", "the text up", "";
    Runbook Verb::First, "runbook-first", "the first step", "";
    Runbook Verb::Last, "runbook-last", "the last step", "";
    Log Verb::LogSearch, "log-search", "look for a pattern", "search";
    Log Verb::NextHit, "log-next-hit", "next line found", "next";
    Log Verb::PrevHit, "log-previous-hit", "previous line found", "previous";
    Log Verb::LogInclude, "log-only", "show only lines with a pattern", "only";
    Log Verb::LogExclude, "log-without", "leave out lines with a pattern", "without";
    Log Verb::FirstError, "log-first-error", "go to the first error", "first error";
    Log Verb::NextError, "log-next-error", "go to the next error", "next error";
    Log Verb::Follow, "log-follow", "keep to the newest line", "follow";
    Log Verb::LogPrevious, "log-previous-attempt", "the attempt before; before the last restart", "attempt before";
    Log Verb::LogContainers, "log-containers", "main, all, each container", "containers";
    Log Verb::LogSince, "log-since", "all, the last hour, 10 minutes, minute", "since";
    Log Verb::LogTimes, "log-times", "show the time of each line", "times";
    Log Verb::LogWrap, "log-wrap", "break long lines", "wrap";
    Log Verb::LogJson, "log-json", "JSON lines as they are written, or folded", "";
    Log Verb::LogOpen, "log-whole-line", "show the whole line, JSON laid out", "whole line";
    Log Verb::LogSave, "log-save", "save the lines to a file", "save";
    Log Verb::LogCopy, "log-copy-line", "copy the line", "";
    Log Verb::LogMark, "log-mark", "draw a line behind the last one", "";
    Log Verb::LogClear, "log-clear", "hide the lines up to now", "";
    Log Verb::Down, "log-down", "down", "";
    Log Verb::Up, "log-up", "up", "";
    Log Verb::PageDown, "log-page-down", "a page down", "";
    Log Verb::PageUp, "log-page-up", "a page up", "";
    Log Verb::First, "log-first", "first line", "";
    Log Verb::Last, "log-last", "last line, and keep to it", "";
    Log Verb::LogLeft, "log-left", "scroll to the left", "";
    Log Verb::LogRight, "log-right", "scroll to the right", "";
    Text Verb::Open, "follow", "open or close the fold; open the object of a link", "open/close";
    Text Verb::Toggle, "fold", "open or close the fold", "";
    Text Verb::Search, "search", "search in the text; capitals count when you write one", "search";
    Text Verb::SearchNext, "search-next", "next hit", "";
    Text Verb::SearchPrev, "search-previous", "hit before", "";
    Text Verb::NextChange, "next-change", "next line that changed since this was opened", "";
    Text Verb::Pager, "pager", "show it in $PAGER", "pager";
    Text Verb::Editor, "editor", "show a copy in $VISUAL or $EDITOR", "editor";
    Text Verb::Wrap, "wrap", "break long lines, or cut them", "wrap";
    Text Verb::Managers, "managers", "show or hide who wrote which field (managedFields)", "";
    Text Verb::ExpandAll, "unfold-all", "open every fold", "";
    Text Verb::CollapseAll, "fold-all", "close every fold", "";
    Text Verb::Down, "text-down", "down", "";
    Text Verb::Up, "text-up", "up", "";
    Text Verb::PageDown, "text-page-down", "a page down", "";
    Text Verb::PageUp, "text-page-up", "a page up", "";
    Text Verb::First, "text-first", "first line", "";
    Text Verb::Last, "text-last", "last line", "";
    Text Verb::ScrollRight, "text-right", "move a cut text to the left", "";
    Text Verb::ScrollLeft, "text-left", "move a cut text back", "";
    Journal Verb::Undo, "undo", "take the action back, through all stages", "undo";
    Object Verb::Actions, "actions", "what can be done to it", "actions";
    Object Verb::Runbooks, "runbooks", "the runbooks that fit it", "runbooks";
    Object Verb::BookBegin, "runbook-begin", "begin the runbook that fits it, and show what its first action would do", "";
    Object Verb::Why, "why", "what keeps it from getting on: run, pod, service", "why";
    List Verb::Acknowledge, "acknowledge", "you have seen it: it stands below until it gets worse", "seen";
    Object Verb::Logs, "logs", "what it prints", "logs";
    Object Verb::Events, "events", "what the cluster noted about it", "events";
    List Verb::Filter, "filter", "narrow the list: words, field:word, !not", "filter";
    List Verb::SavedFilter, "saved-filter", "narrow by a saved filter", "";
    List Verb::Mark, "mark", "mark the row, or take its mark off", "";
    List Verb::MarkRange, "mark-range", "mark all rows from the last mark to this one", "";
    List Verb::MarkAll, "mark-all", "mark all rows that are shown, or none", "";
    List Verb::SortNext, "sort-next", "sort by the next column", "sort";
    List Verb::SortPrev, "sort-previous", "sort by the previous column", "";
    List Verb::SortTurn, "sort-reverse", "turn the order around", "";
    List Verb::Follow, "follow-newest", "keep the selection on the newest row", "follow";
    List Verb::Down, "list-down", "down", "";
    List Verb::Up, "list-up", "up", "";
    List Verb::PageDown, "list-page-down", "a page down", "";
    List Verb::PageUp, "list-page-up", "a page up", "";
    List Verb::First, "list-first", "first row", "";
    List Verb::Last, "list-last", "last row", "";
    List Verb::NextTab, "next-tab", "next list of this screen", "";
    List Verb::PrevTab, "previous-tab", "previous list of this screen", "";
    Tree Verb::Down, "step-down", "down", "";
    Tree Verb::Up, "step-up", "up", "";
    Tree Verb::PageDown, "step-page-down", "a page down", "";
    Tree Verb::PageUp, "step-page-up", "a page up", "";
    Tree Verb::First, "step-first", "first step", "";
    Tree Verb::Last, "step-last", "last step", "";
    Tree Verb::Expand, "expand", "open the branch, or go into it", "";
    Tree Verb::Collapse, "collapse", "close the branch, or go out of it", "";
    Tree Verb::ExpandAll, "expand-all", "open every branch", "";
    Tree Verb::CollapseAll, "collapse-all", "close all but the failed path", "";
    Tree Verb::FactsDown, "facts-down", "scroll the facts down", "";
    Tree Verb::FactsUp, "facts-up", "scroll the facts up", "";
    Object Verb::Describe, "describe", "what is known of it, in words", "describe";
    Object Verb::Yaml, "yaml", "the object as it is written", "yaml";
    Object Verb::Copy, "copy", "copy its name, path, command, evidence or YAML", "copy";
    Object Verb::Do("run.retry"), "run-retry", "run the failed steps of a run again", "";
    Object Verb::Do("run.resubmit"), "run-resubmit", "start a copy of a run", "";
    Object Verb::Do("run.stop"), "run-stop", "stop a run, exit handlers run", "";
    Object Verb::Do("run.terminate"), "run-terminate", "end a run at once", "";
    Object Verb::Do("run.suspend"), "run-suspend", "start no further steps of a run", "";
    Object Verb::Do("run.resume"), "run-resume", "let a suspended run go on", "";
    Object Verb::Do("run.delete"), "run-delete", "delete a run", "";
    Object Verb::Do("gate.approve"), "gate-approve", "approve one gate that waits", "";
    Object Verb::Do("gate.reject"), "gate-reject", "reject one gate that waits", "";
    Object Verb::Do("gate.set-value"), "gate-set-value", "give a gate a value", "";
    Object Verb::Do("cron.suspend"), "cron-suspend", "start no further runs by the clock", "";
    Object Verb::Do("cron.resume"), "cron-resume", "start runs by the clock again", "";
    Object Verb::Do("template.submit"), "template-submit", "start a run of a template", "";
    Object Verb::Do("cache.drop"), "cache-drop", "take entries out of a memoization cache", "";
    Object Verb::Do("cache.put"), "cache-put", "put entries back into a memoization cache", "";
    Object Verb::Do("pod.delete"), "pod-delete", "delete a pod", "";
    Object Verb::Do("service.set-canary"), "service-set-canary", "give the newest revision a part of the traffic", "";
    Object Verb::Do("service.promote"), "service-promote", "give the newest revision all traffic", "";
    Object Verb::Do("service.rollback"), "service-rollback", "send all traffic back to the earlier revision", "";
    Object Verb::Do("service.restore-spec"), "service-restore-spec", "write the earlier model into the spec", "";
    Object Verb::Do("service.scale"), "service-scale", "set the replicas of a service", "";
    Object Verb::Do("service.restart"), "service-restart", "make the pods of a service anew", "";
    Object Verb::Do("service.stop"), "service-stop", "stop a service", "";
    Object Verb::Do("service.resume"), "service-resume", "start a stopped service again", "";
    Object Verb::Do("service.set-weight"), "service-set-weight", "give a member of a route group another part", "";
    Object Verb::Do("model.promote"), "model-promote", "promote a version of a model", "";
    Object Verb::Do("model.set-alias"), "model-set-alias", "point an alias at a version of a model", "";
    Object Verb::Do("model.revert-alias"), "model-revert-alias", "set an alias back to the version before", "";
    Object Verb::Do("model.archive"), "model-archive", "archive a version of a model", "";
    Object Verb::Do("silence.create"), "silence-create", "silence an alert for a time", "";
    Object Verb::Do("silence.end"), "silence-end", "end the silence of an alert", "";
    Object Verb::Do("experiment.set-parallelism"), "experiment-set-parallelism", "set how many trials run at a time", "";
    Object Verb::Do("experiment.pause"), "experiment-pause", "let one trial at a time go on", "";
    Object Verb::Do("experiment.unpause"), "experiment-unpause", "let as many trials run as before", "";
    Object Verb::Do("experiment.set-budget"), "experiment-set-budget", "set how many trials there may be", "";
    Object Verb::Do("experiment.restart"), "experiment-restart", "begin an experiment again", "";
    Object Verb::Do("experiment.delete"), "experiment-delete", "delete an experiment with its results", "";
    Object Verb::Do("trial.delete"), "trial-delete", "delete a trial, to be run again", "";
    Object Verb::Do("node.cordon"), "node-cordon", "let a node take no more pods", "";
    Object Verb::Do("node.uncordon"), "node-uncordon", "let a cordoned node take pods again", "";
    Object Verb::Do("node.drain"), "node-drain", "cordon a node and ask its pods to go", "";
    Object Verb::Do("node.mig-layout"), "node-mig-layout", "cut the GPUs of a node anew", "";
    Object Verb::Do("workload.hold"), "workload-hold", "put a job on hold in its queue", "";
    Object Verb::Do("workload.release"), "workload-release", "queue a job again that is on hold", "";
    Object Verb::Do("quota.set"), "quota-set", "set how much a team may use", "";
    Object Verb::Do("notebook.stop"), "notebook-stop", "stop a notebook", "";
    Object Verb::Do("notebook.start"), "notebook-start", "start a notebook that is stopped", "";
    Object Verb::Do("job.suspend"), "job-suspend", "hold a training job back, its pods go", "";
    Object Verb::Do("job.resume"), "job-resume", "let a suspended training job go on", "";
    Object Verb::Do("job.delete"), "job-delete", "delete a training job with its pods", "";
    Anywhere Verb::UnderWay, "under-way", "show an action that is carried out", "";
    Anywhere Verb::Back, "back", "go back; clear the filter first", "back";
    Anywhere Verb::Show("home"), "home", "what burns, and what needs you", "";
    Anywhere Verb::Show("runs"), "runs", "pipeline runs", "";
    Anywhere Verb::Show("experiments"), "experiments", "experiments: best so far, what is stuck", "";
    Anywhere Verb::Show("trials"), "trials", "trials of all experiments", "";
    Anywhere Verb::Show("models"), "models", "registered models, their aliases, and what is served", "";
    Anywhere Verb::Show("serving"), "serving", "inference services, and what burns", "";
    Anywhere Verb::Show("revisions"), "revisions", "revisions of inference services", "";
    Anywhere Verb::Show("gpus"), "gpus", "accelerators: node, GPU, slice, and who holds each", "";
    Anywhere Verb::Show("holders"), "holders", "who holds accelerators, what is idle first", "";
    Anywhere Verb::Show("waiting"), "waiting", "pods that wait for an accelerator, and why", "";
    Anywhere Verb::Show("slices"), "slices", "GPUs and slices as a list", "";
    Anywhere Verb::Show("queues"), "queues", "queues: what is reserved, borrowed and waits", "";
    Anywhere Verb::Show("workloads"), "workloads", "jobs in queues, and why they wait", "";
    Anywhere Verb::Show("quotas"), "quotas", "quotas of teams: in use, allowed, refused", "";
    Anywhere Verb::Show("notebooks"), "notebooks", "notebooks, and what they hold", "";
    Anywhere Verb::Show("jobs"), "jobs", "training jobs: what failed, and which rank first", "";
    Anywhere Verb::Show("platform"), "platform", "nodes, pods, namespaces, schedules, templates", "";
    Anywhere Verb::Show("platform"), "nodes", "nodes and their GPUs", "";
    Anywhere Verb::Show("pods"), "pods", "pods", "";
    Anywhere Verb::Show("namespaces"), "namespaces", "namespaces", "";
    Anywhere Verb::Show("schedules"), "schedules", "what starts runs by the clock", "";
    Anywhere Verb::Show("alerts"), "alerts", "alerts: firing, pending, silenced", "";
    Anywhere Verb::Show("templates"), "templates", "workflow templates", "";
    Anywhere Verb::Show("events"), "all-events", "what clusters noted about all objects", "";
    Anywhere Verb::Show("journal"), "journal", "what was done from this machine, and what is in doubt", "";
    Anywhere Verb::Show("sources"), "sources", "where the data comes from, and whether it is live", "";
    Anywhere Verb::Backward, "place-before", "the place before this one", "";
    Anywhere Verb::Forward, "place-after", "forth again after place-before", "";
    Anywhere Verb::Messages, "messages", "what the console told, and where its log is", "";
    Anywhere Verb::Unlock, "unlock", "allow changes in a protected or read-only context for a while", "";
    Anywhere Verb::Lock, "lock", "end every unlock now", "";
    Anywhere Verb::Reconnect, "reconnect", "ask all sources again now", "";
    Anywhere Verb::Suspend, "suspend", "back to the shell; fg returns", "";
    Anywhere Verb::Palette, "palette", "search and give any command", "commands";
    Anywhere Verb::Help, "help", "these keys", "help";
    Anywhere Verb::Quit, "quit", "end midwatch", "quit";
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
