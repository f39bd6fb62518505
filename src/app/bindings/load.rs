//! A keymap from its files: what it builds on, lowest first, each overlaid by the next. Pure.

use super::keep::keep;
use super::layer::Layer;
use super::{Bindings, Bound};
use crate::domain::Clean;
use crate::fault::Mistake;
use crate::keys::{BUILT_IN, built_in};

/// What every keymap builds on that does not name another one.
pub const DEFAULT: &str = "default";

/// Builds on nothing.
const NOTHING: &str = "none";

/// Most files one keymap may stand on.
const DEEP: usize = 8;

/// Gives the text of the person's keymap of a name.
type Find<'a> = &'a dyn Fn(&str) -> Option<String>;

/// See [`Bindings::load`].
pub fn load(name: &str, find: Find<'_>) -> (Bindings, Vec<(String, Mistake)>) {
    let mut stack = Stack {
        find,
        layers: Vec::new(),
        used: Vec::new(),
        mistakes: Vec::new(),
    };
    stack.fill(name);
    let Stack {
        mut layers,
        mut mistakes,
        ..
    } = stack;
    let mut bound: Vec<Bound> = Vec::new();
    for layer in layers.iter().rev() {
        bound = overlay(bound, layer);
    }
    keep(&mut bound, &mut layers);
    for layer in layers {
        let of = |m| (layer.name.clone(), m);
        mistakes.extend(layer.mistakes.into_iter().map(of));
    }
    let clean = |(name, m): (String, Mistake)| {
        let safe = |text: &str| Clean::new(text).to_string();
        let m = Mistake {
            what: safe(&m.what),
            hint: safe(&m.hint),
            ..m
        };
        (safe(&name), m)
    };
    let name = if mistakes.iter().any(|(n, _)| n == name) && !exists(name, find) {
        DEFAULT
    } else {
        name
    };
    (
        Bindings::new(name, bound),
        mistakes.into_iter().map(clean).collect(),
    )
}

fn exists(name: &str, find: Find<'_>) -> bool {
    built_in(name).is_some() || find(name).is_some()
}

/// The files of a keymap while they are found, uppermost first.
struct Stack<'a> {
    find: Find<'a>,
    layers: Vec<Layer>,
    /// Names, and whether the file is the person's.
    used: Vec<(String, bool)>,
    /// Of names that lead nowhere.
    mistakes: Vec<(String, Mistake)>,
}

impl Stack<'_> {
    fn fill(&mut self, name: &str) {
        if !self.push(name, true) {
            let what = format!("there is no keymap called `{name}`");
            let mistake = Mistake::at("", 0, what, known());
            self.mistakes.push((name.to_owned(), mistake));
            self.push(DEFAULT, true);
        }
        while let Some(below) = self.below() {
            if self.layers.len() >= DEEP || !self.push(&below, true) {
                self.astray(&below);
                break;
            }
        }
    }

    /// Puts the file of this name below the others: the person's, or the built-in one when that is not asked for or
    /// used already.
    fn push(&mut self, name: &str, own: bool) -> bool {
        let used = |own: bool| self.used.iter().any(|(n, o)| n == name && *o == own);
        let mine = if own && !used(true) {
            (self.find)(name)
        } else {
            None
        };
        let (text, own) = match mine {
            Some(text) => (text, true),
            None if used(false) => return false,
            None => match built_in(name) {
                Some(text) => (text.to_owned(), false),
                None => return false,
            },
        };
        self.used.push((name.to_owned(), own));
        self.layers.push(Layer::read(name, text));
        true
    }

    /// What the lowest file builds on.
    fn below(&self) -> Option<String> {
        let (layer, (name, own)) = (self.layers.last()?, self.used.last()?);
        match &layer.inherits {
            Some(word) if word.text == NOTHING => None,
            Some(word) => Some(word.text.clone()),
            None if *own && built_in(name).is_some() => Some(name.clone()),
            None if name == DEFAULT => None,
            None => Some(DEFAULT.to_owned()),
        }
    }

    /// The lowest file builds on something that cannot be had; the default keys stand in.
    fn astray(&mut self, name: &str) {
        let known = known();
        let round = self.used.iter().any(|(n, _)| n == name);
        if let Some(layer) = self.layers.last_mut() {
            let at = layer.inherits.as_ref().map_or(0, |w| w.at);
            let (what, hint) = if round {
                (
                    format!("`{name}` builds on this keymap itself"),
                    "leave `inherits` out, or name another keymap".to_owned(),
                )
            } else {
                (format!("there is no keymap called `{name}`"), known)
            };
            layer.mistake(at, what, hint);
        }
        self.push(DEFAULT, false);
    }
}

fn known() -> String {
    let names: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
    format!("built-in keymaps are {}", names.join(", "))
}

/// The bindings of a file come first; of those below it, what they do not stand in the way of stays.
fn overlay(below: Vec<Bound>, layer: &Layer) -> Vec<Bound> {
    let free = |low: &Bound| {
        let in_the_way = |(b, _): &(Bound, usize)| {
            b.place == low.place
                && (b.chords.starts_with(&low.chords) || low.chords.starts_with(&b.chords))
        };
        !layer.bound.iter().any(in_the_way)
    };
    let above = layer.bound.iter().map(|(b, _)| b.clone());
    let kept: Vec<Bound> = below.into_iter().filter(free).collect();
    above.chain(kept).collect()
}
