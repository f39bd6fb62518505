//! The palette: every command by name, narrowed by what is typed, run with Enter. Pure; `update` gives it the keys.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::bindings::Found;
use super::command::{COMMANDS, Command, Place, Verb};
use super::registry::tabs;
use super::screen::Question;
use super::{Model, Prompt, Typed};
use crate::keys::{Chord, Code};

/// Most commands remembered as recent.
const RECENT: usize = 8;

/// What hands type that know another tool, and the command that it means here.
const ALIASES: &[(&str, &str)] = &[
    ("q", "quit"),
    ("q!", "quit"),
    ("qa", "quit"),
    ("exit", "quit"),
    ("h", "help"),
    ("wf", "runs"),
    ("workflows", "runs"),
    ("no", "nodes"),
    ("node", "nodes"),
    ("po", "pods"),
    ("pod", "pods"),
    ("ns", "namespaces"),
    ("namespace", "namespaces"),
    ("cwf", "schedules"),
    ("cron", "schedules"),
    ("cronworkflows", "schedules"),
    ("wftmpl", "templates"),
    ("workflowtemplates", "templates"),
    ("isvc", "serving"),
    ("inferenceservices", "serving"),
    ("llmisvc", "serving"),
    ("rev", "revisions"),
    ("katib", "experiments"),
    ("exp", "experiments"),
    ("kueue", "workloads"),
    ("cq", "queues"),
    ("nb", "notebooks"),
    ("pytorchjobs", "jobs"),
    ("trainjobs", "jobs"),
    ("jobsets", "jobs"),
    ("rayjobs", "jobs"),
    ("pulses", "sources"),
];

/// The palette while it is open.
#[derive(Debug)]
pub struct Palette {
    /// What is typed.
    pub prompt: Prompt,
    /// What is offered for it. It stays as it is until the next letter, so that nothing moves under the hand.
    pub items: Vec<Item>,
    /// The chosen one.
    pub index: usize,
    /// First visible one; the painter keeps the chosen one in sight.
    pub top: usize,
    /// The cell that was clicked: the palette is a menu there, of the commands about what was clicked.
    pub anchor: Option<(u16, u16)>,
}

/// One command that is offered.
#[derive(Debug, Clone)]
pub struct Item {
    /// The command.
    pub command: &'static Command,
    /// Why it cannot be given now.
    pub refused: Option<String>,
    /// Characters of its name that were typed, by their number.
    pub in_name: Vec<usize>,
    /// The same of its title.
    pub in_title: Vec<usize>,
    score: u32,
}

/// What a key did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressed {
    /// Nothing.
    Nothing,
    /// Something that is to be drawn.
    Changed,
    /// It is closed.
    Closed,
    /// It is closed, and this is to be carried out.
    Run(Verb),
}

/// Opens it; `anchor` is the cell whose menu it is.
pub fn open(model: &mut Model, anchor: Option<(u16, u16)>) {
    let question = Question {
        label: ":",
        hint: "",
        text: String::new(),
    };
    let items = offered(model, "", anchor.is_some());
    model.palette = Some(Palette {
        prompt: Prompt::new(question),
        items,
        index: 0,
        top: 0,
        anchor,
    });
}

/// Takes a key.
pub fn press(model: &mut Model, chord: Chord) -> Pressed {
    let back =
        matches!(model.bindings.lookup(&[chord], &[]), Found::Command(c) if c.verb == Verb::Back);
    let Some(palette) = &mut model.palette else {
        return Pressed::Nothing;
    };
    let ctrl = |c| chord == Chord::ctrl(c);
    let empty = palette.prompt.text().is_empty();
    let last = palette.items.len().saturating_sub(1);
    match chord.code {
        Code::Enter => return run(model),
        Code::Backspace if empty => return close(model),
        Code::Tab => {
            let name = palette.chosen().map(|i| i.command.name);
            return type_name(model, name);
        }
        Code::Down => palette.choose(1),
        Code::Up | Code::BackTab => palette.choose(-1),
        Code::PageDown => palette.index = (palette.index + 10).min(last),
        Code::PageUp => palette.index = palette.index.saturating_sub(10),
        Code::Char('n') if ctrl('n') => palette.choose(1),
        Code::Char('p') if ctrl('p') => palette.choose(-1),
        Code::Char(_) if back && !chord.mods.ctrl && !chord.mods.alt => return edit(model, chord),
        Code::Backspace => return edit(model, chord),
        _ if back => return close(model),
        _ => return edit(model, chord),
    }
    Pressed::Changed
}

/// Takes pasted text.
pub fn paste(model: &mut Model, text: &str) -> Pressed {
    let Some(palette) = &mut model.palette else {
        return Pressed::Nothing;
    };
    palette.prompt.push(text);
    narrow(model)
}

/// Runs the item with this number, as a click does.
pub fn click(model: &mut Model, index: usize) -> Pressed {
    if let Some(palette) = &mut model.palette {
        palette.index = index;
    }
    run(model)
}

impl Palette {
    /// The chosen item.
    #[must_use]
    pub fn chosen(&self) -> Option<&Item> {
        self.items.get(self.index)
    }

    /// Moves the choice, and stops at the ends.
    pub fn scroll(&mut self, step: isize) {
        let last = self.items.len().saturating_sub(1);
        self.index = self.index.saturating_add_signed(step).min(last);
    }

    fn choose(&mut self, step: isize) {
        let count = self.items.len().max(1);
        self.index = self
            .index
            .checked_add_signed(step)
            .map_or(count - 1, |i| i % count);
    }
}

fn close(model: &mut Model) -> Pressed {
    model.palette = None;
    Pressed::Closed
}

fn edit(model: &mut Model, chord: Chord) -> Pressed {
    let Some(palette) = &mut model.palette else {
        return Pressed::Nothing;
    };
    match palette.prompt.press(chord) {
        Typed::Changed => narrow(model),
        Typed::Dropped => close(model),
        Typed::Kept => run(model),
        Typed::Nothing => Pressed::Nothing,
    }
}

fn type_name(model: &mut Model, name: Option<&'static str>) -> Pressed {
    let (Some(palette), Some(name)) = (&mut model.palette, name) else {
        return Pressed::Nothing;
    };
    palette.prompt = Prompt::new(Question {
        text: name.to_owned(),
        ..palette.prompt.question
    });
    narrow(model)
}

fn narrow(model: &mut Model) -> Pressed {
    let Some(palette) = &model.palette else {
        return Pressed::Nothing;
    };
    let text = palette.prompt.text().to_owned();
    let items = offered(model, &text, palette.anchor.is_some());
    if let Some(palette) = &mut model.palette {
        palette.items = items;
        palette.index = 0;
        palette.top = 0;
    }
    Pressed::Changed
}

/// Runs the chosen command; one that is refused stays, with its reason beside it.
fn run(model: &mut Model) -> Pressed {
    let chosen = model.palette.as_ref().and_then(Palette::chosen);
    let Some(command) = chosen.map(|item| item.command) else {
        return Pressed::Nothing;
    };
    // rows may have come or gone since it was offered
    if let Some(why) = refusal(model, command) {
        let chosen = model
            .palette
            .as_mut()
            .and_then(|p| p.items.get_mut(p.index));
        if let Some(item) = chosen {
            item.refused = Some(why);
        }
        return Pressed::Changed;
    }
    model.palette = None;
    model.recent.retain(|name| *name != command.name);
    model.recent.insert(0, command.name);
    model.recent.truncate(RECENT);
    Pressed::Run(command.verb)
}

/// What is offered for a text: without one the commands of these places, recent ones first; with one all that it fits,
/// those that can be given first. A menu has only those that are about an object or a row and can be given.
fn offered(model: &mut Model, text: &str, menu: bool) -> Vec<Item> {
    let text = text.trim().trim_start_matches(':');
    let places = model.places();
    let here = |c: &Command| c.place == Place::Anywhere || places.contains(&c.place);
    let of_menu = |c: &Command| c.place == Place::Object || c.verb == Verb::Open;
    let recent = model.recent.clone();
    let mut finder = Finder::new(text);
    let fitting: Vec<Item> = COMMANDS
        .iter()
        .filter(|c| c.verb != Verb::Palette && (here(c) || !text.is_empty()))
        .filter(|c| !menu || of_menu(c))
        // they stand in the menu of actions; here a person looks for one by its name
        .filter(|c| menu || !text.is_empty() || !matches!(c.verb, Verb::Do(_)))
        .filter_map(|c| finder.item(c))
        .collect();
    let mut items: Vec<Item> = fitting
        .into_iter()
        .map(|item| Item {
            refused: refusal(model, item.command),
            ..item
        })
        .filter(|item| !menu || item.refused.is_none())
        .collect();
    let age = |item: &Item| {
        let at = recent.iter().position(|name| *name == item.command.name);
        at.unwrap_or(usize::MAX)
    };
    if text.is_empty() {
        items.sort_by_key(|item| age(item));
    } else {
        let meant = |item: &Item| meant(text, item.command);
        items.sort_by_key(|i| {
            // what cannot be given stands behind what can, unless it is far more like what was typed
            let score = i.score >> u32::from(i.refused.is_some());
            (!meant(i), std::cmp::Reverse(score), age(i))
        });
    }
    items
}

/// The text is the command's name, or another tool's word for it.
fn meant(text: &str, command: &Command) -> bool {
    command.name == text || ALIASES.contains(&(text, command.name))
}

/// Why a command cannot be given now.
fn refusal(model: &mut Model, command: &Command) -> Option<String> {
    let places = model.places();
    if command.place != Place::Anywhere && !places.contains(&command.place) {
        return Some(format!("only in [{}]", command.place.name()));
    }
    let turns = matches!(command.verb, Verb::NextTab | Verb::PrevTab);
    let own = model.screen().is_some_and(super::screen::Screen::turns);
    if turns && !own && tabs(model.base()).is_empty() {
        return Some("this screen has no other list".to_owned());
    }
    if command.place == Place::Anywhere {
        return None;
    }
    if let Verb::Do(name) = command.verb {
        return super::deed::refusal(model, name);
    }
    let (screen, ctx) = model.screen_mut()?;
    let acts = command.verb == Verb::Actions && screen.offers(command.verb);
    if command.place == Place::Object && !acts && screen.subject(&ctx).is_none() {
        return Some("nothing is selected".to_owned());
    }
    screen.refuses(command.verb, &ctx)
}

/// Finds letters in commands: scattered ones in names, words and their beginnings in titles.
struct Finder {
    letters: Pattern,
    words: Pattern,
    matcher: Matcher,
    text: String,
}

impl Finder {
    fn new(text: &str) -> Self {
        let (case, normal) = (CaseMatching::Ignore, Normalization::Smart);
        Self {
            letters: Pattern::new(text, case, normal, AtomKind::Fuzzy),
            words: Pattern::new(text, case, normal, AtomKind::Substring),
            matcher: Matcher::new(Config::DEFAULT),
            text: text.to_owned(),
        }
    }

    /// The command, when the text fits it: its name counts more than its title.
    fn item(&mut self, command: &'static Command) -> Option<Item> {
        let name = find(&self.letters, &mut self.matcher, command.name);
        let title = find(&self.words, &mut self.matcher, command.title);
        if name.is_none() && title.is_none() && !meant(&self.text, command) {
            return None;
        }
        let starts = command.name.starts_with(&self.text);
        let best =
            |found: &Option<(u32, Vec<usize>)>| found.as_ref().map_or(0, |(score, _)| *score);
        let score = (best(&name) * 2 + 50 * u32::from(starts)).max(best(&title));
        let in_title = if name.is_some() { None } else { title };
        Some(Item {
            command,
            refused: None,
            in_name: name.map(|(_, at)| at).unwrap_or_default(),
            in_title: in_title.map(|(_, at)| at).unwrap_or_default(),
            score,
        })
    }
}

/// How well a text fits, and which of its characters do.
fn find(pattern: &Pattern, matcher: &mut Matcher, text: &str) -> Option<(u32, Vec<usize>)> {
    let (mut buffer, mut hits) = (Vec::new(), Vec::new());
    let score = pattern.indices(Utf32Str::new(text, &mut buffer), matcher, &mut hits)?;
    let mut hits: Vec<usize> = hits.into_iter().filter_map(|i| i.try_into().ok()).collect();
    hits.sort_unstable();
    hits.dedup();
    Some((score, hits))
}
