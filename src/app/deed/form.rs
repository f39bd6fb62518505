//! The parameters of an action while they are given. Pure.

use super::aim::{Aim, is_of_gate};
use super::{Deed, Point, Shown, menu};
use crate::app::prompt::Prompt;
use crate::app::screen::Question;
use crate::app::{Effect, Effects, Model};
use crate::domain::{ServiceRow, Subject, TemplateRow};
use crate::keys::{Chord, Code};
use crate::plan::{ActionSpec, ParameterKind, ParameterSpec, Params};

/// Most characters of a value.
const LONGEST: usize = 4_000;

/// The form.
#[derive(Debug, Clone)]
pub struct Form {
    /// The action.
    pub spec: &'static ActionSpec,
    /// What it is done to.
    pub point: Point,
    /// What that is called: `run`.
    pub word: &'static str,
    /// The lines to fill in.
    pub rows: Vec<Row>,
    /// Which of them the cursor is in.
    pub index: usize,
    /// First visible line; the painter keeps the cursor in sight.
    pub top: usize,
    /// What the runbook that asks for it marks it with; empty for none.
    pub runbook: String,
    /// What is wrong with a line.
    pub mistake: Option<(usize, String)>,
    /// The menu that it came from.
    back: Option<(Aim, usize)>,
}

/// One line.
#[derive(Debug, Clone)]
pub struct Row {
    /// Of which parameter.
    pub spec: &'static ParameterSpec,
    /// It is the first of its parameter.
    pub first: bool,
    /// What stands in it.
    pub entry: Entry,
}

/// What stands in a line.
#[derive(Debug, Clone)]
pub enum Entry {
    /// One of several words.
    Word(&'static [&'static str], usize),
    /// A text.
    Text(Prompt),
    /// `NAME=VALUE`; with what was proposed, which counts as not given while it stands unchanged.
    Pair(Prompt, String),
}

/// What a flag can be.
const FLAG: &[&str] = &["false", "true"];

/// Values that can be told beforehand: which gate, and the names of what it or a template expects.
#[must_use]
pub fn proposed(
    model: &Model,
    spec: &ActionSpec,
    subject: &Subject,
    aim: &Aim,
) -> Vec<(&'static str, String)> {
    let mut given = Vec::new();
    if let Some(gate) = aim.gate.as_ref().filter(|_| is_of_gate(spec)) {
        given.push(("node", gate.node.to_string()));
        let wanted = gate
            .wanted
            .iter()
            .map(|name| ("values", format!("{name}=")));
        given.extend(wanted);
    }
    given.extend(present(model, spec, subject));
    // what it was before is the journal's to tell
    if spec.name != "model.revert-alias" {
        let fits = aim
            .given
            .iter()
            .filter(|(n, _)| spec.parameter(n).is_some());
        given.extend(fits.cloned());
    }
    if subject.feed == "templates" {
        let table = model.world.table::<TemplateRow>();
        let row = table.and_then(|t| t.get(&subject.key));
        let names = row.map_or("", |row| row.parameters.as_str()).split(", ");
        let names = names.filter(|name| !name.is_empty() && !name.contains(' '));
        given.extend(names.map(|name| ("parameters", format!("{name}="))));
    }
    given
}

/// What a service has now, where an action is about another number.
fn present(model: &Model, spec: &ActionSpec, subject: &Subject) -> Option<(&'static str, String)> {
    let llm = match subject.feed {
        "services" => false,
        "llm-services" => true,
        _ => return None,
    };
    let place = ServiceRow::place_of(&subject.key, llm);
    let row = model.world.table::<ServiceRow>()?.get(&place)?;
    let asked = spec.parameters.iter().any(|p| p.name == "percent");
    let percent = row.canary.filter(|_| asked)?;
    Some(("percent", percent.to_string()))
}

impl Form {
    /// With the defaults, and what is proposed.
    #[must_use]
    pub fn new(
        spec: &'static ActionSpec,
        point: Point,
        word: &'static str,
        proposed: &[(&'static str, String)],
    ) -> Self {
        let mut form = Self {
            spec,
            point,
            word,
            rows: Vec::new(),
            index: 0,
            top: 0,
            runbook: String::new(),
            mistake: None,
            back: None,
        };
        for parameter in spec.parameters {
            let of = proposed.iter().filter(|(name, _)| *name == parameter.name);
            let texts = of.map(|(_, text)| text.as_str());
            form.add(parameter, texts.collect());
        }
        // a gate that is known needs no typing: the keys begin at what is still to be given
        let known = proposed.iter().any(|(name, _)| *name == "node");
        let given = |row: &Row| known && row.spec.name == "node";
        form.index = form.rows.iter().position(|r| !given(r)).unwrap_or(0);
        form
    }

    /// Comes from a menu, which Esc goes back to.
    #[must_use]
    pub fn after(self, back: Option<(Aim, usize)>) -> Self {
        Self { back, ..self }
    }

    fn add(&mut self, spec: &'static ParameterSpec, proposed: Vec<&str>) {
        let word = |words: &'static [&'static str]| {
            let at = words.iter().position(|w| *w == spec.default);
            Entry::Word(words, at.unwrap_or(0))
        };
        let entries = match spec.kind {
            ParameterKind::Flag => vec![word(FLAG)],
            ParameterKind::Choice(words) => vec![word(words)],
            ParameterKind::Text => {
                let text = proposed.first().copied().unwrap_or(spec.default);
                vec![Entry::Text(prompt(text))]
            }
            ParameterKind::Pairs => {
                let texts = proposed.into_iter().chain([""]);
                texts
                    .map(|text| Entry::Pair(prompt(text), text.to_owned()))
                    .collect()
            }
        };
        let mut first = true;
        self.rows.extend(entries.into_iter().map(|entry| Row {
            spec,
            first: std::mem::take(&mut first),
            entry,
        }));
    }

    /// What is given, without what is as it would be anyway.
    fn given(&self) -> Vec<(usize, String, String)> {
        let value = |row: &Row| match &row.entry {
            Entry::Word(words, at) => {
                let word = words.get(*at).copied().unwrap_or_default();
                (word != row.spec.default).then(|| word.to_owned())
            }
            Entry::Text(text) => (text.text() != row.spec.default).then(|| text.text().to_owned()),
            Entry::Pair(text, proposed) => {
                let text = text.text();
                (!text.is_empty() && text != proposed).then(|| text.to_owned())
            }
        };
        let rows = self.rows.iter().enumerate();
        rows.filter_map(|(at, row)| Some((at, row.spec.name.to_owned(), value(row)?)))
            .collect()
    }

    /// The parameters, or the first line that is wrong.
    pub fn params(&self) -> Result<Params, (usize, String)> {
        let given = self.given();
        for (at, name, value) in &given {
            let one = [(name.clone(), value.clone())];
            Params::parse(self.spec, &one).map_err(|error| (*at, error.to_string()))?;
        }
        let all: Vec<_> = given.into_iter().map(|(_, n, v)| (n, v)).collect();
        Params::parse(self.spec, &all).map_err(|error| (self.index, error.to_string()))
    }

    /// The line with the cursor, when text can be typed in it.
    #[must_use]
    pub fn typing(&self) -> bool {
        let row = self.rows.get(self.index);
        row.is_some_and(|row| !matches!(row.entry, Entry::Word(..)))
    }

    fn line(&mut self) -> Option<&mut Prompt> {
        match &mut self.rows.get_mut(self.index)?.entry {
            Entry::Word(..) => None,
            Entry::Text(text) | Entry::Pair(text, _) => Some(text),
        }
    }

    /// Takes text at the cursor.
    pub fn paste(&mut self, text: &str) {
        if let Some(line) = self.line() {
            line.push(text);
        }
        self.changed();
    }

    /// Moves between the lines, around the ends.
    pub fn step(&mut self, step: isize) {
        let count = self.rows.len().max(1).cast_signed();
        let to = self.index.cast_signed().saturating_add(step);
        self.index = to.rem_euclid(count).cast_unsigned();
    }

    fn turn(&mut self, step: isize) {
        if let Some(Row {
            entry: Entry::Word(words, at),
            ..
        }) = self.rows.get_mut(self.index)
        {
            let count = words.len().max(1).cast_signed();
            *at = (at.cast_signed() + step).rem_euclid(count).cast_unsigned();
        }
        self.changed();
    }

    /// The mistake is looked for anew when a person goes on; below the last pair stands an empty one.
    fn changed(&mut self) {
        self.mistake = None;
        let Some(row) = self.rows.get(self.index) else {
            return;
        };
        let last = self.rows.get(self.index + 1);
        let last = last.is_none_or(|next| next.spec.name != row.spec.name);
        if last && matches!(&row.entry, Entry::Pair(text, _) if !text.text().is_empty()) {
            let empty = Row {
                spec: row.spec,
                first: false,
                entry: Entry::Pair(prompt(""), String::new()),
            };
            self.rows.insert(self.index + 1, empty);
        }
    }
}

fn prompt(text: &str) -> Prompt {
    let question = Question {
        text: text.to_owned(),
        ..Question::default()
    };
    Prompt::new(question).up_to(LONGEST)
}

/// Takes a key.
pub fn press(model: &mut Model, mut form: Box<Form>, chord: Chord) -> Effects {
    let plain = !chord.mods.ctrl && !chord.mods.alt;
    match chord.code {
        Code::Enter => match form.params() {
            Ok(_) => return Deed::ask(model, *form),
            Err((at, text)) => {
                form.index = at;
                form.mistake = Some((at, text));
            }
        },
        Code::Down | Code::Tab => form.step(1),
        Code::Up | Code::BackTab => form.step(-1),
        Code::Char(' ') | Code::Right if plain && !form.typing() => form.turn(1),
        Code::Left if !form.typing() => form.turn(-1),
        _ => {
            if let Some(line) = form.line() {
                line.press(chord);
                form.changed();
            }
        }
    }
    model.deeds.shown = Some(Shown::Form(form));
    Effects::one(Effect::Draw)
}

/// Goes back to the menu, or closes.
pub fn close(model: &mut Model, form: Form) -> Effects {
    match form.back {
        Some((aim, index)) => menu::open_at(model, aim, index),
        None => Effects::one(Effect::Draw),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ClusterId;
    use crate::plan::action;

    fn form(name: &str, proposed: &[(&'static str, String)]) -> Form {
        let spec = action(name).unwrap().spec();
        let point = Point {
            cluster: ClusterId::new("prod"),
            resource: spec.targets[0],
            namespace: "ml".to_owned(),
            name: "train".to_owned(),
            uid: String::new(),
        };
        Form::new(spec, point, "run", proposed)
    }

    #[test]
    fn of_a_gate_that_is_known_the_values_are_asked_for_first() {
        let known = [
            ("node", "train-17".to_owned()),
            ("values", "share=".to_owned()),
        ];
        let mut form_of = form("gate.approve", &known);
        assert_eq!(form_of.rows[form_of.index].spec.name, "values");
        form_of.paste("25");
        let params = form_of.params().unwrap();
        assert_eq!(params.text("node"), "train-17");
        let values: Vec<_> = params.pairs("values").collect();
        assert_eq!(values, [("share", "25")]);
        assert_eq!(form("gate.approve", &[]).index, 0, "which one is asked for");
        assert_eq!(form("run.retry", &[]).index, 0);
    }
}
