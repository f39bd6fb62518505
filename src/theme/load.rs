//! Themes by name: the person's files over the built-in ones, each built on another. Pure: texts are handed in.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::paint::{Paint, Paints, Weight};
use super::sheet::{Hue, Ink, Sheet, read};
use super::{Colours, Role, Shade};
use crate::fault::{Mistake, meant, quoted};

/// The files of the folder `themes`.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("ansi", include_str!("../../themes/ansi.toml")),
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    (
        "colour-blind",
        include_str!("../../themes/colour-blind.toml"),
    ),
    (
        "high-contrast",
        include_str!("../../themes/high-contrast.toml"),
    ),
    ("mono", include_str!("../../themes/mono.toml")),
];

/// What all themes build on.
const BASE: &str = "ansi";

/// Most themes that build on one another.
const DEEPEST: usize = 16;

/// How one role is painted at each depth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Style {
    /// For each of 16, 256, true.
    fg: [Shade; 3],
    bg: [Shade; 3],
    weight: Weight,
    plain: Option<Weight>,
}

/// A theme, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// Its name.
    pub name: String,
    ground: [Shade; 3],
    roles: [Style; Role::COUNT],
}

impl Default for Theme {
    /// The built-in base.
    fn default() -> Self {
        static THEME: LazyLock<Theme> = LazyLock::new(|| Theme::load(BASE, &|_| None).0);
        THEME.clone()
    }
}

/// A file in the chain of a theme: its name, its text, what it says.
struct Layer {
    name: String,
    /// Built in, not the person's.
    shipped: bool,
    text: String,
    sheet: Sheet,
}

impl Theme {
    /// Loads a theme. `find` gives the text of a person's file by the theme's name; it lies over the built-in theme of
    /// the same name. Mistakes come with the name of the theme they stand in; what is wrong is skipped. A theme that is
    /// not there is a mistake of line 0, and the base is taken.
    #[must_use]
    pub fn load(
        name: &str,
        find: &dyn Fn(&str) -> Option<String>,
    ) -> (Self, Vec<(String, Mistake)>) {
        let mut mistakes = Vec::new();
        let mut chain = layers(name, find, &mut mistakes);
        // the base first, what builds on it over it
        chain.reverse();
        let palette = palette(&chain);
        let mut theme = Self {
            name: name.to_owned(),
            ground: [Shade::Default; 3],
            roles: [Style::default(); Role::COUNT],
        };
        for layer in &chain {
            theme.lay(layer, &palette, &mut mistakes);
        }
        mistakes.sort_by_key(|(_, m)| (m.line, m.column));
        (theme, mistakes)
    }

    /// Names of the built-in themes.
    pub fn built_in() -> impl Iterator<Item = &'static str> + Clone {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// How everything is painted at a depth.
    #[must_use]
    pub fn paints(&self, colours: Colours) -> Paints {
        let at = match colours {
            Colours::None => None,
            Colours::Ansi => Some(0),
            Colours::Palette => Some(1),
            Colours::True => Some(2),
        };
        let shade = |shades: &[Shade; 3]| at.map_or(Shade::Default, |at: usize| shades[at]);
        Paints {
            colours,
            ground: shade(&self.ground),
            roles: self.roles.map(|style| Paint {
                fg: shade(&style.fg),
                bg: shade(&style.bg),
                weight: match (at, style.plain) {
                    (None, Some(plain)) => plain,
                    _ => style.weight,
                },
            }),
        }
    }

    fn lay(
        &mut self,
        layer: &Layer,
        palette: &BTreeMap<String, [Shade; 3]>,
        mistakes: &mut Vec<(String, Mistake)>,
    ) {
        let mut solve = |ink: &Ink| {
            solved(ink, palette, |name, at| {
                let known = palette.keys().map(String::as_str);
                let hint = meant(name, known.chain(super::shade::NAMES));
                let what = format!(
                    "{} is neither in the palette nor an ANSI colour",
                    quoted(name)
                );
                mistakes.push((layer.name.clone(), Mistake::at(&layer.text, at, what, hint)));
            })
        };
        if let Some(ground) = layer.sheet.ground.as_ref().and_then(&mut solve) {
            self.ground = ground;
        }
        for (role, style) in &layer.sheet.roles {
            let own = &mut self.roles[*role as usize];
            if let Some(fg) = style.fg.as_ref().and_then(&mut solve) {
                own.fg = fg;
            }
            if let Some(bg) = style.bg.as_ref().and_then(&mut solve) {
                own.bg = bg;
            }
            for (weight, on) in &style.weights {
                own.weight = own.weight.with(*weight, *on);
            }
            own.plain = style.plain.or(own.plain);
        }
    }
}

/// What is wrong in one file, read as the theme of a name; `find` gives the others.
#[must_use]
pub fn check(name: &str, text: &str, find: &dyn Fn(&str) -> Option<String>) -> Vec<Mistake> {
    let with = |other: &str| {
        if other == name {
            Some(text.to_owned())
        } else {
            find(other)
        }
    };
    let (_, mistakes) = Theme::load(name, &with);
    mistakes
        .into_iter()
        .filter(|(of, _)| of == name)
        .map(|(_, mistake)| mistake)
        .collect()
}

fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN
        .iter()
        .find(|(n, _)| *n == name)
        .map(|(_, text)| *text)
}

/// The files of a theme, itself first, the base last. A person's file lies over the built-in one of its name.
fn layers(
    name: &str,
    find: &dyn Fn(&str) -> Option<String>,
    mistakes: &mut Vec<(String, Mistake)>,
) -> Vec<Layer> {
    let mut chain: Vec<Layer> = Vec::new();
    // the name, and where it was asked for: in which file, at which byte
    let mut next = Some((name.to_owned(), None));
    while let Some((name, asked)) = next.take() {
        let Some(layer) = layer(&name, find, &chain, mistakes) else {
            mistakes.push(missing(&name, asked, &chain));
            break;
        };
        let at = chain.len();
        next = match &layer.sheet.inherits {
            Some((parent, place)) => Some((parent.clone(), Some((at, place.start)))),
            None if !layer.shipped && built_in(&name).is_some() => Some((name, None)),
            None => None,
        };
        chain.push(layer);
    }
    let based = |layer: &Layer| layer.shipped && layer.name == BASE;
    if !chain.iter().any(based) {
        chain.extend(layer(BASE, &|_| None, &[], mistakes));
    }
    chain
}

/// The next file of this name that is not in the chain yet.
fn layer(
    name: &str,
    find: &dyn Fn(&str) -> Option<String>,
    chain: &[Layer],
    mistakes: &mut Vec<(String, Mistake)>,
) -> Option<Layer> {
    let used = |shipped: bool| chain.iter().any(|l| l.name == name && l.shipped == shipped);
    let own = find(name).filter(|_| !used(false) && chain.len() < DEEPEST);
    let shipped = own.is_none();
    let text = match own {
        Some(text) => text,
        None => built_in(name).filter(|_| !used(true))?.to_owned(),
    };
    let (sheet, wrong) = read(&text);
    mistakes.extend(wrong.into_iter().map(|m| (name.to_owned(), m)));
    Some(Layer {
        name: name.to_owned(),
        shipped,
        text,
        sheet,
    })
}

/// The mistake of naming a theme that is not there, or that builds on the one that names it.
fn missing(name: &str, asked: Option<(usize, usize)>, chain: &[Layer]) -> (String, Mistake) {
    let circle = chain.iter().any(|l| l.name == name);
    let what = if circle {
        format!("theme {} builds on itself", quoted(name))
    } else {
        format!("there is no theme {}", quoted(name))
    };
    let hint = if circle {
        String::new()
    } else {
        meant(name, Theme::built_in())
    };
    match asked.and_then(|(at, byte)| Some((chain.get(at)?, byte))) {
        Some((layer, byte)) => (
            layer.name.clone(),
            Mistake::at(&layer.text, byte, what, hint),
        ),
        None => (
            name.to_owned(),
            Mistake {
                line: 0,
                column: 0,
                what,
                hint,
            },
        ),
    }
}

/// All named colours; a name of a later file replaces that of an earlier one.
fn palette(chain: &[Layer]) -> BTreeMap<String, [Shade; 3]> {
    let none = BTreeMap::new();
    chain
        .iter()
        .flat_map(|layer| &layer.sheet.palette)
        .filter_map(|(name, ink)| Some((name.clone(), solved(ink, &none, |_, _| {})?)))
        .collect()
}

/// The colour at each depth: as written, or the nearest to what is written for the depth above. `unknown` is told of a
/// name that nothing is known of.
fn solved(
    ink: &Ink,
    palette: &BTreeMap<String, [Shade; 3]>,
    mut unknown: impl FnMut(&str, usize),
) -> Option<[Shade; 3]> {
    let depths = [Colours::Ansi, Colours::Palette, Colours::True];
    let mut found: [Option<Shade>; 3] = [None; 3];
    for (at, hue) in ink.at.iter().enumerate() {
        found[at] = match hue {
            None => None,
            Some(Hue::Shade(shade)) => Some(*shade),
            Some(Hue::Named(name, place)) => match palette.get(name) {
                // a name that stands for all depths brings its own colour for each
                Some(shades) if ink.at[0].is_none() && ink.at[1].is_none() => return Some(*shades),
                Some(shades) => Some(shades[at]),
                None => {
                    let shade = Shade::named(name);
                    if shade.is_none() {
                        unknown(name, place.start);
                    }
                    shade
                }
            },
        };
    }
    let deepest = found[2].or(found[1]).or(found[0])?;
    let middle = found[1].or(found[2]).unwrap_or(deepest);
    let least = found[0].unwrap_or(middle);
    Some([
        least.at(depths[0]),
        middle.at(depths[1]),
        deepest.at(depths[2]),
    ])
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
