//! One action of the journal, told in words: the same for the screen and for `midwatch audit show`. Pure.

use jiff::Timestamp;

use super::deed::{Answered, By, Change, Operator, Verdict};
use super::record::{Ended, Entry, Intent, Request, Standing};
use crate::domain::{Clean, Span};

/// One line of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it tells; empty when it goes on with what the line before it tells.
    pub label: &'static str,
    /// The words, safe to show.
    pub text: String,
    /// How they are meant.
    pub tone: Tone,
}

/// How words are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// As they are.
    #[default]
    Plain,
    /// Where the eye should go first.
    Strong,
    /// Beside the matter.
    Dim,
    /// As it should be.
    Good,
    /// At work.
    Busy,
    /// Not as it should be, or not known.
    Warn,
    /// Nothing, or only a part, was done.
    Bad,
}

impl Standing {
    /// In one or two words, for lists.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Doubt => "in doubt",
            Self::Unchecked => "not checked",
            Self::Ended(verdict) => verdict.words(),
        }
    }

    /// How that is meant.
    #[must_use]
    pub fn tone(self) -> Tone {
        match self {
            Self::Ended(Verdict::Done) => Tone::Good,
            Self::Ended(Verdict::Accepted) => Tone::Busy,
            Self::Ended(Verdict::NotWritten(_)) => Tone::Dim,
            Self::Ended(Verdict::Partly) => Tone::Bad,
            Self::Begun | Self::Doubt | Self::Unchecked | Self::Ended(Verdict::Unknown) => {
                Tone::Warn
            }
        }
    }

    /// What came of it is not known.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Begun | Self::Doubt | Self::Unchecked)
    }

    /// What it means, one or two sentences; empty once it has ended.
    #[must_use]
    pub fn means(self) -> &'static str {
        match self {
            Self::Begun => {
                "It was written down, and nothing left for the cluster as far as is known."
            }
            Self::Doubt => {
                "A request left and there is no answer: it may have been done or not. Look at the target before you do \
                 it again."
            }
            Self::Unchecked => {
                "All requests were answered, and nobody looked what came of them. Look at the target."
            }
            Self::Ended(_) => "",
        }
    }
}

impl Entry {
    /// The target: `workflows ml-fraud/train-x7k2p`.
    #[must_use]
    pub fn target(&self) -> String {
        let target = &self.intent.target;
        let name = Clean::new(&target.name);
        let resource = Clean::new(&target.resource);
        match target.namespace.as_str() {
            "" => format!("{resource} {name}"),
            namespace => format!("{resource} {}/{name}", Clean::new(namespace)),
        }
    }
}

impl Operator {
    /// Who it is, in one word: as the API server knows them, else the kubeconfig, else the operating system.
    #[must_use]
    pub fn name(&self) -> &str {
        [&self.cluster_user, &self.context_user, &self.os_user]
            .into_iter()
            .find(|name| !name.is_empty())
            .map_or("somebody", Clean::as_str)
    }

    /// All that is known of who it is: `alice (user admin of the kubeconfig, ada on bastion-1)`.
    #[must_use]
    pub fn words(&self) -> String {
        let name = self.name();
        let mut more = Vec::new();
        if !self.context_user.is_empty() && *self.context_user != *name {
            more.push(format!("user {} of the kubeconfig", self.context_user));
        }
        match (self.os_user.as_str(), self.host.as_str()) {
            ("", "") => {}
            (user, "") => more.push(format!("{user} on this machine")),
            ("", host) => more.push(format!("on {host}")),
            (user, host) => more.push(format!("{user} on {host}")),
        }
        if more.is_empty() {
            name.to_owned()
        } else {
            format!("{name} ({})", more.join(", "))
        }
    }
}

impl Change {
    /// In one line: `spec.suspend: true → false`.
    #[must_use]
    pub fn words(&self) -> String {
        match (&self.before, &self.after) {
            (None, None) => self.path.to_string(),
            (None, Some(after)) => format!("{}: set to {after}", self.path),
            (Some(before), None) => format!("{}: {before} taken away", self.path),
            (Some(before), Some(after)) => format!("{}: {before} → {after}", self.path),
        }
    }
}

impl By {
    /// In one line: `argo-controller (Update) at 2026-10-12 22:04:13Z`.
    #[must_use]
    pub fn words(&self) -> String {
        let mut text = self.who.to_string();
        if !self.what.is_empty() {
            text = format!("{text} ({})", self.what);
        }
        if let Some(at) = self.at {
            text = format!("{text} at {}", moment(at));
        }
        text
    }
}

impl Answered {
    /// In a few words: `200 in 0.1 s: stored`, `no answer after 10 s: …`.
    #[must_use]
    pub fn words(&self) -> String {
        let took = length(self.millis);
        let head = match self.status {
            0 => format!("no answer after {took}"),
            status => format!("{status} in {took}"),
        };
        if self.words.is_empty() {
            head
        } else {
            format!("{head}: {}", self.words)
        }
    }
}

/// Everything that is known of an action, line by line.
#[must_use]
pub fn story(entry: &Entry) -> Vec<Line> {
    let mut told = Told::default();
    told.ending(entry);
    told.intent(entry);
    for (at, request) in entry.intent.requests.iter().enumerate() {
        told.request(at, request, entry);
    }
    let after = entry.intent.requests.len();
    if let Some(back) = entry
        .intent
        .rollback
        .as_ref()
        .filter(|_| entry.sent > after)
    {
        told.request(after, back, entry);
    }
    told.differences(entry);
    told.after(entry);
    told.0
}

#[derive(Default)]
struct Told(Vec<Line>);

impl Told {
    fn put(&mut self, label: &'static str, text: impl Into<String>, tone: Tone) {
        let text = text.into();
        if !text.is_empty() {
            self.0.push(Line { label, text, tone });
        }
    }

    fn plain(&mut self, label: &'static str, text: impl Into<String>) {
        self.put(label, text, Tone::Plain);
    }

    /// Several lines of one thing.
    fn lines(&mut self, label: &'static str, lines: impl Iterator<Item = String>, tone: Tone) {
        for (at, text) in lines.enumerate() {
            self.put(if at == 0 { label } else { "" }, text, tone);
        }
    }

    fn ending(&mut self, entry: &Entry) {
        let standing = entry.standing();
        self.put("action", entry.intent.action.as_str(), Tone::Strong);
        self.put("state", standing.words(), standing.tone());
        match &entry.ended {
            None => self.put("", standing.means(), Tone::Warn),
            Some(ended) => self.ended(ended, entry.resolved),
        }
    }

    fn ended(&mut self, ended: &Ended, resolved: bool) {
        self.plain("", ended.what.as_str());
        if resolved {
            self.put("", "Found out by looking later.", Tone::Dim);
        }
        if ended.millis > 0 {
            self.plain("took", length(ended.millis));
        }
    }

    fn intent(&mut self, entry: &Entry) {
        let intent = &entry.intent;
        self.plain("did", intent.does.as_str());
        self.put("target", entry.target(), Tone::Strong);
        self.put("", identity(intent), Tone::Dim);
        self.plain("cluster", cluster(intent));
        self.plain("began", moment(entry.at));
        self.plain("operator", intent.operator.words());
        match intent.reason.as_str() {
            "" => self.put("reason", "none given", Tone::Dim),
            reason => self.plain("reason", reason),
        }
        self.plain("incident", intent.incident.as_str());
        self.plain("runbook", &intent.runbook);
        let given = intent
            .parameters
            .iter()
            .flat_map(|(name, values)| values.iter().map(move |v| (name, v)));
        let given = given.map(|(name, value)| Clean::new(&format!("{name} {value}")).to_string());
        self.lines("parameter", given, Tone::Plain);
    }

    fn request(&mut self, at: usize, request: &Request, entry: &Entry) {
        let text = format!("{} {}", request.method, request.path);
        let label = if at == 0 { "requests" } else { "" };
        self.plain(label, Clean::new(&text).as_str());
        let answer = entry.answers.iter().find(|a| a.step == at);
        match answer {
            Some(answer) => {
                let tone = match answer.status {
                    200..300 => Tone::Dim,
                    _ => Tone::Warn,
                };
                self.put("", format!("  {}", answer.words()), tone);
            }
            None if at < entry.sent => self.put("", "  sent; no answer is known", Tone::Warn),
            None => self.put("", "  not sent", Tone::Dim),
        }
    }

    fn differences(&mut self, entry: &Entry) {
        let planned = entry.intent.changes.iter().map(Change::words);
        self.lines("would change", planned, Tone::Plain);
        let Some(ended) = &entry.ended else { return };
        let changed = ended.changes.iter().map(Change::words);
        self.lines("changed", changed, Tone::Plain);
        self.lines("others wrote", ended.by.iter().map(By::words), Tone::Warn);
    }

    fn after(&mut self, entry: &Entry) {
        let intent = &entry.intent;
        match &intent.undo {
            Some(undo) => self.plain("undo", undo.words()),
            None => self.put("undo", "cannot be taken back", Tone::Dim),
        }
        self.put("before", digest(&intent.before), Tone::Dim);
        let after = entry.ended.as_ref().map_or("", |e| e.after.as_str());
        self.put("after", digest(after), Tone::Dim);
        self.put("done with", intent.by.as_str(), Tone::Dim);
        self.put("id", Clean::new(&entry.id).as_str(), Tone::Dim);
    }
}

fn identity(intent: &Intent) -> String {
    let target = &intent.target;
    let text = format!("uid {}, version {}", target.uid, target.resource_version);
    Clean::new(&text).to_string()
}

fn cluster(intent: &Intent) -> String {
    let cluster = &intent.cluster;
    let uid = match cluster.system_uid.as_str() {
        "" => "identity not known".to_owned(),
        uid => format!("kube-system {uid}"),
    };
    Clean::new(&format!("{} at {}, {uid}", cluster.name, cluster.server)).to_string()
}

fn digest(hash: &str) -> String {
    if hash.is_empty() {
        String::new()
    } else {
        format!("sha256 {}", Clean::new(hash))
    }
}

fn moment(at: Timestamp) -> String {
    at.strftime("%F %H:%M:%SZ").to_string()
}

/// `0.4 s` below ten seconds, then whole ones.
fn length(millis: u64) -> String {
    if millis < 10_000 {
        format!("{}.{} s", millis / 1000, millis % 1000 / 100)
    } else {
        let seconds = i64::try_from(millis / 1000).unwrap_or(i64::MAX);
        Span(seconds).to_string()
    }
}

#[cfg(test)]
#[path = "story_tests.rs"]
mod tests;
