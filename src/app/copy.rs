//! What can be copied about an object: a small menu. Pure.

use std::fmt::Write as _;

use super::Effect;
use super::column::Fact;
use super::describe;
use super::screen::Ctx;
use super::text::{doc::count, yaml};
use crate::domain::{ManifestRow, Subject};
use crate::keys::{Chord, Code};
use crate::kinds::{KindSpec, spec};
use crate::store::Want;

/// One line of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The key that takes it.
    pub key: char,
    /// What it is.
    pub label: &'static str,
    /// What is copied, or why it cannot be.
    pub text: Result<String, String>,
}

impl Item {
    /// What is shown of it in one line.
    #[must_use]
    pub fn preview(&self) -> String {
        match &self.text {
            Ok(text) if text.contains('\n') => count(text.lines().count(), "line"),
            Ok(text) => text.clone(),
            Err(why) => why.clone(),
        }
    }
}

/// What came of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picked {
    /// The menu stays.
    Nothing,
    /// The menu closes.
    Closed,
    /// Something is to be done, and the menu closes.
    Do(Effect),
}

/// The menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyMenu {
    subject: Subject,
    evidence: Vec<Fact>,
    /// The chosen line.
    pub index: usize,
}

impl CopyMenu {
    /// Opens it for an object.
    #[must_use]
    pub fn new(subject: Subject, evidence: Vec<Fact>) -> Self {
        Self {
            subject,
            evidence,
            index: 0,
        }
    }

    /// Which object.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// What has to be watched while it is open.
    #[must_use]
    pub fn wants(&self) -> Vec<Want> {
        vec![describe::manifest(&self.subject)]
    }

    /// Its lines.
    #[must_use]
    pub fn items(&self, ctx: &Ctx<'_>) -> Vec<Item> {
        let key = &self.subject.key;
        let spec = spec(self.subject.feed);
        let item = |key, label, text| Item { key, label, text };
        let none = |why: &str| Err(why.to_owned());
        let command = spec.map(|s| kubectl(&self.subject, s));
        let logs = logs(&self.subject);
        vec![
            item('n', "name", Ok(key.name.to_string())),
            item('p', "path", Ok(key.to_string())),
            item(
                'k',
                "kubectl command",
                command.ok_or_else(|| "not a kind of Kubernetes".to_owned()),
            ),
            item(
                'l',
                "kubectl logs command",
                logs.map_or_else(|| none("it prints nothing"), Ok),
            ),
            item(
                'e',
                "evidence",
                Ok(evidence(&self.subject, &self.evidence, ctx)),
            ),
            item('y', "YAML", manifest(&self.subject, ctx)),
        ]
        .into_iter()
        .chain((self.subject.feed == "trials").then(|| {
            // what a person takes from the best trial: its job with the parameters filled in
            item('s', "spec of its job", job(&self.subject, ctx))
        }))
        .collect()
    }

    /// Takes a key.
    pub fn press(&mut self, chord: Chord, ctx: &Ctx<'_>) -> Picked {
        let items = self.items(ctx);
        let plain = !chord.mods.ctrl && !chord.mods.alt;
        let at = match chord.code {
            Code::Down => return self.walk(self.index + 1, items.len()),
            Code::Up => return self.walk(self.index.saturating_sub(1), items.len()),
            Code::Char('j') if plain => return self.walk(self.index + 1, items.len()),
            Code::Enter => Some(self.index),
            Code::Char(c) if plain => items.iter().position(|i| i.key == c),
            _ => None,
        };
        let Some(item) = at.and_then(|at| items.into_iter().nth(at)) else {
            return Picked::Closed;
        };
        match item.text {
            Ok(text) => Picked::Do(Effect::Copy {
                text: safe(&text),
                what: format!("the {}", item.label),
            }),
            Err(_) => Picked::Nothing,
        }
    }

    fn walk(&mut self, to: usize, all: usize) -> Picked {
        self.index = to.min(all.saturating_sub(1));
        Picked::Nothing
    }
}

/// No control character but line ends, and none at the end: a shell that it is pasted into must not run it.
fn safe(text: &str) -> String {
    let kept = text.chars().filter(|c| *c == '\n' || !c.is_control());
    kept.collect::<String>().trim_end_matches('\n').to_owned()
}

/// A word of a shell.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

fn base(subject: &Subject) -> String {
    let mut command = format!("kubectl --context {}", word(subject.key.cluster.as_str()));
    if !subject.key.namespace.is_empty() {
        command.push_str(" -n ");
        command.push_str(&word(&subject.key.namespace));
    }
    command
}

fn kubectl(subject: &Subject, spec: &KindSpec) -> String {
    let kind = if spec.group.is_empty() {
        spec.plural.to_owned()
    } else {
        format!("{}.{}", spec.plural, spec.group)
    };
    format!(
        "{} get {kind} {} -o yaml",
        base(subject),
        word(&subject.key.name)
    )
}

fn logs(subject: &Subject) -> Option<String> {
    let name = &subject.key.name;
    match subject.feed {
        "pods" => Some(format!(
            "{} logs {} --all-containers --timestamps",
            base(subject),
            word(name)
        )),
        "workflows" => {
            let selector = word(&format!("workflows.argoproj.io/workflow={name}"));
            Some(format!(
                "{} logs -l {selector} -c main --prefix --timestamps --tail=-1",
                base(subject)
            ))
        }
        _ => None,
    }
}

/// Facts as plain text, to be pasted into a chat or a ticket.
fn evidence(subject: &Subject, facts: &[Fact], ctx: &Ctx<'_>) -> String {
    let at = ctx.now.strftime("%FT%TZ");
    let mut text = format!("{} {}, {at}", subject.word, subject.key);
    let width = facts.iter().map(|f| f.label.len()).max().unwrap_or(0);
    for fact in facts {
        // writing to a string cannot fail
        let _ = write!(text, "\n{:width$}  {}", fact.label, fact.text);
    }
    text
}

fn manifest(subject: &Subject, ctx: &Ctx<'_>) -> Result<String, String> {
    let key = ManifestRow::key_of(subject.feed, &subject.key);
    let row = ctx.world.table::<ManifestRow>().and_then(|t| t.get(&key));
    match row {
        Some(row) => Ok(yaml::doc(&row.tree, false).text()),
        None => Err(describe::waiting(subject, ctx)),
    }
}

/// What a trial runs.
fn job(subject: &Subject, ctx: &Ctx<'_>) -> Result<String, String> {
    let run = super::trials::run_spec(&subject.key, ctx);
    run.map(|tree| yaml::doc(tree, false).text())
        .ok_or_else(|| describe::waiting(subject, ctx))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Clean, ClusterId, Key};

    fn subject(feed: &'static str, name: &str) -> Subject {
        Subject {
            feed,
            word: "run",
            key: Key::new(ClusterId::new("prod eu"), "ml", name),
            uid: Clean::default(),
        }
    }

    #[test]
    fn commands_are_for_the_same_object_and_quoted_for_a_shell() {
        let run = subject("workflows", "train-x7k2p");
        assert_eq!(
            kubectl(&run, spec("workflows").unwrap()),
            "kubectl --context 'prod eu' -n ml get workflows.argoproj.io train-x7k2p -o yaml"
        );
        let odd = subject("pods", "a'; rm -rf ~");
        assert_eq!(
            logs(&odd).unwrap(),
            "kubectl --context 'prod eu' -n ml logs 'a'\\''; rm -rf ~' --all-containers --timestamps"
        );
        assert_eq!(logs(&subject("nodes", "n")), None);
    }

    #[test]
    fn nothing_that_is_copied_can_run_or_steer_by_itself() {
        assert_eq!(safe("a\u{1b}[31mb\u{7}\u{9b}\nc\r\n\n"), "a[31mb\nc");
    }
}
