//! A theme file as it is written: entries with their places, names not yet looked up. Pure.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::paint::Weight;
use super::shade::Shade;
use super::{Colours, Role};
use crate::fault::{Document, Entry, Mistake, Place, entries, meant, quoted, sort_of};

/// A colour as written: one for all depths, or one for some.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Ink {
    /// For each of 16, 256, true.
    pub at: [Option<Hue>; 3],
}

/// A colour or the name of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hue {
    Shade(Shade),
    /// A name of the palette, or one of the 16; looked up when all palettes are known.
    Named(String, Place),
}

/// What a file says of one role.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Style {
    pub fg: Option<Ink>,
    pub bg: Option<Ink>,
    pub weights: Vec<(Weight, bool)>,
    /// Instead of all the rest, where there are no colours.
    pub plain: Option<Weight>,
}

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Sheet {
    pub inherits: Option<(String, Place)>,
    pub ground: Option<Ink>,
    pub palette: BTreeMap<String, Ink>,
    pub roles: BTreeMap<Role, Style>,
}

const TOP: [&str; 4] = ["inherits", "ground", "palette", "roles"];
const OF_ROLE: [&str; 8] = [
    "fg",
    "bg",
    "bold",
    "dim",
    "italic",
    "underline",
    "reverse",
    "plain",
];
const DEPTHS: [(&str, Colours); 3] = [
    ("16", Colours::Ansi),
    ("256", Colours::Palette),
    ("true", Colours::True),
];

/// Reads a file; what is wrong is skipped and told.
pub(super) fn read(text: &str) -> (Sheet, Vec<Mistake>) {
    let document = Document::read(text);
    let mut reader = Reader {
        text,
        mistakes: Vec::new(),
    };
    let mut sheet = Sheet::default();
    for entry in document.entries() {
        match entry.name {
            "inherits" => {
                sheet.inherits = reader.word(&entry).map(|w| (w.to_owned(), entry.place));
            }
            "ground" => sheet.ground = reader.ink(&entry, false),
            "palette" => {
                let inks = reader.table(&entry).into_iter().flat_map(entries);
                sheet.palette = inks
                    .filter_map(|e| Some((e.name.to_owned(), reader.ink(&e, true)?)))
                    .collect();
            }
            "roles" => {
                let roles = reader.table(&entry).into_iter().flat_map(entries);
                sheet.roles = roles.filter_map(|e| reader.role(&e)).collect();
            }
            other => reader.unknown(other, entry.at.start, "a part of a theme", &TOP),
        }
    }
    let found = reader.mistakes;
    (sheet, document.finish(found))
}

struct Reader<'a> {
    text: &'a str,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn wrong(&mut self, at: usize, what: impl Into<String>, hint: impl Into<String>) {
        self.mistakes.push(Mistake::at(self.text, at, what, hint));
    }

    fn unknown(&mut self, name: &str, at: usize, what: &str, known: &[&str]) {
        let hint = meant(name, known.iter().copied());
        self.wrong(at, format!("{} is not {what}", quoted(name)), hint);
    }

    fn table<'t>(&mut self, entry: &Entry<'t>) -> Option<&'t DeTable<'t>> {
        let DeValue::Table(table) = entry.value else {
            let what = format!(
                "{} is {}, and should be a table",
                quoted(entry.name),
                sort_of(entry.value)
            );
            self.wrong(entry.place.start, what, format!("write [{}]", entry.name));
            return None;
        };
        Some(table)
    }

    fn word<'t>(&mut self, entry: &Entry<'t>) -> Option<&'t str> {
        let DeValue::String(word) = entry.value else {
            let what = format!(
                "{} is {}, and should be the name of a theme",
                quoted(entry.name),
                sort_of(entry.value)
            );
            self.wrong(entry.place.start, what, "");
            return None;
        };
        Some(word)
    }

    fn role(&mut self, entry: &Entry<'_>) -> Option<(Role, Style)> {
        let Some(role) = Role::named(entry.name) else {
            self.unknown(
                entry.name,
                entry.at.start,
                "a role",
                &Role::ALL.map(Role::name),
            );
            return None;
        };
        let DeValue::Table(fields) = entry.value else {
            let what = format!(
                "{} is {}, and should be a table",
                quoted(entry.name),
                sort_of(entry.value)
            );
            self.wrong(
                entry.place.start,
                what,
                "write { fg = \"red\", bold = true }",
            );
            return None;
        };
        let mut style = Style::default();
        for field in entries(fields) {
            match field.name {
                "fg" => style.fg = self.ink(&field, false),
                "bg" => style.bg = self.ink(&field, false),
                "plain" => style.plain = self.plain(&field),
                name => match Weight::NAMES.iter().find(|(n, _)| *n == name) {
                    Some((_, weight)) => {
                        style
                            .weights
                            .extend(self.switch(&field).map(|on| (*weight, on)));
                    }
                    None => self.unknown(name, field.at.start, "known of a role", &OF_ROLE),
                },
            }
        }
        Some((role, style))
    }

    fn plain(&mut self, entry: &Entry<'_>) -> Option<Weight> {
        let fields = self.table(entry)?;
        let mut plain = Weight::default();
        for field in entries(fields) {
            match Weight::NAMES.iter().find(|(n, _)| *n == field.name) {
                Some((_, weight)) => {
                    let on = self.switch(&field).unwrap_or(false);
                    plain = plain.with(*weight, on);
                }
                None => {
                    let known = Weight::NAMES.map(|(name, _)| name);
                    self.unknown(field.name, field.at.start, "a weight", &known);
                }
            }
        }
        Some(plain)
    }

    fn switch(&mut self, entry: &Entry<'_>) -> Option<bool> {
        if let DeValue::Boolean(on) = entry.value {
            return Some(*on);
        }
        let what = format!(
            "{} is {}, and should be true or false",
            quoted(entry.name),
            sort_of(entry.value)
        );
        self.wrong(entry.place.start, what, "");
        None
    }

    /// A colour, or one for each depth; in the palette itself no names of the palette.
    fn ink(&mut self, entry: &Entry<'_>, literal: bool) -> Option<Ink> {
        let DeValue::Table(depths) = entry.value else {
            let hue = self.hue(entry.value, &entry.place, literal)?;
            return Some(Ink {
                at: [None, None, Some(hue)],
            });
        };
        let mut ink = Ink::default();
        for depth in entries(depths) {
            match DEPTHS.iter().position(|(name, _)| *name == depth.name) {
                Some(at) => ink.at[at] = self.hue(depth.value, &depth.place, literal),
                None => {
                    let known = DEPTHS.map(|(name, _)| name);
                    self.unknown(depth.name, depth.at.start, "a number of colours", &known);
                }
            }
        }
        ink.at.iter().any(Option::is_some).then_some(ink)
    }

    fn hue(&mut self, value: &DeValue<'_>, place: &Place, literal: bool) -> Option<Hue> {
        const HINT: &str = "write \"#rrggbb\", one of the 16 ANSI names, or a number from 0 to 255";
        match value {
            DeValue::String(text) if text.starts_with('#') => {
                let shade = Shade::hex(text).map(Hue::Shade);
                if shade.is_none() {
                    self.wrong(place.start, format!("{} is no colour", quoted(text)), HINT);
                }
                shade
            }
            DeValue::String(name) if literal => {
                let shade = Shade::named(name).map(Hue::Shade);
                if shade.is_none() {
                    self.wrong(place.start, format!("{} is no colour", quoted(name)), HINT);
                }
                shade
            }
            DeValue::String(name) => Some(Hue::Named(name.to_string(), place.clone())),
            DeValue::Integer(number) => {
                let number = u8::from_str_radix(number.as_str(), number.radix()).ok();
                if number.is_none() {
                    self.wrong(place.start, "a colour is a number from 0 to 255", HINT);
                }
                number.map(|n| Hue::Shade(Shade::Indexed(n)))
            }
            other => {
                let what = format!("a colour is not {}", sort_of(other));
                self.wrong(place.start, what, HINT);
                None
            }
        }
    }
}
