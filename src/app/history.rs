//! Where a person has been, to go back and forth as in a browser, and where they were last, for the next start. Pure;
//! the model keeps it, `config` keeps the last place in a file.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::screen::Screen;
use super::{Effects, Model};
use crate::domain::{Clean, ClusterId, Key};

/// Most places kept to go back to.
pub const DEEP: usize = 50;

/// Most opened screens kept for them: each holds a whole run.
const KEPT: usize = 20;

/// Where a person is in a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spot {
    /// What is typed as its filter.
    pub filter: String,
    /// Id of the column it is sorted by; `None` for its own order.
    pub sort: Option<String>,
    /// The order is turned around.
    pub turned: bool,
    /// The selection keeps to the newest row.
    pub follow: bool,
    /// The selected row.
    pub selected: Option<Key>,
}

/// A screen of the registry with what was opened on top of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Id of the screen below.
    pub base: &'static str,
    /// Where a person is in it.
    pub spot: Spot,
    /// What is opened on top, by number.
    pub opened: Vec<u64>,
}

impl Place {
    /// Another place for a person: going on to another row is none.
    fn differs(&self, other: &Self) -> bool {
        (self.base, &self.opened, &self.spot.filter)
            != (other.base, &other.opened, &other.spot.filter)
    }
}

/// A screen that was opened, with the number by which places know it.
#[derive(Debug)]
pub struct Opened {
    /// Never used twice.
    pub number: u64,
    /// The screen.
    pub screen: Box<dyn Screen>,
}

/// Places before and after this one.
#[derive(Debug, Default)]
pub struct History {
    back: VecDeque<Place>,
    forward: Vec<Place>,
    /// Opened screens of places that are not shown.
    asleep: BTreeMap<u64, Box<dyn Screen>>,
    /// Where a line of text was asked for.
    asked: Option<Place>,
    /// The last key went back or forth.
    travelled: bool,
    numbers: u64,
}

impl History {
    /// Gives an opened screen its number.
    pub fn number(&mut self, screen: Box<dyn Screen>) -> Opened {
        self.numbers += 1;
        Opened {
            number: self.numbers,
            screen,
        }
    }

    /// Keeps a screen that was closed, as long as a place leads to it.
    pub fn rest(&mut self, opened: Opened) {
        self.asleep.insert(opened.number, opened.screen);
    }

    fn push(&mut self, place: Place) {
        self.forward.clear();
        self.back.push_back(place);
        if self.back.len() > DEEP {
            self.back.pop_front();
        }
    }

    /// Lets go of the screens that no place leads to, and of the oldest of too many.
    fn tidy(&mut self) {
        let (back, forward) = (&self.back, &self.forward);
        let places = || back.iter().chain(forward);
        self.asleep
            .retain(|number, _| places().any(|place| place.opened.contains(number)));
        while self.asleep.len() > KEPT {
            self.asleep.pop_first();
        }
    }

    /// How many places lie before and after this one.
    #[must_use]
    pub fn len(&self) -> (usize, usize) {
        (self.back.len(), self.forward.len())
    }

    /// Nowhere to go.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == (0, 0)
    }
}

/// Does something and remembers where the person was, if that led elsewhere. A filter counts when it is kept, not
/// letter by letter.
pub fn watched(model: &mut Model, act: impl FnOnce(&mut Model) -> Effects) -> Effects {
    let before = model.here();
    let effects = act(model);
    if model.prompt.is_some() {
        model.history.asked.get_or_insert(before);
        return effects;
    }
    let before = model.history.asked.take().unwrap_or(before);
    if !std::mem::take(&mut model.history.travelled) && before.differs(&model.here()) {
        model.history.push(before);
    }
    model.history.tidy();
    effects
}

impl Model {
    /// Goes to the place before this one.
    pub fn backward(&mut self) {
        if let Some(place) = self.history.back.pop_back() {
            let here = self.here();
            self.history.forward.push(here);
            self.travel(&place);
        }
    }

    /// Goes to the place that [`Model::backward`] came from.
    pub fn forward(&mut self) {
        if let Some(place) = self.history.forward.pop() {
            let here = self.here();
            self.history.back.push_back(here);
            self.travel(&place);
        }
    }

    fn travel(&mut self, place: &Place) {
        self.history.travelled = true;
        self.show(place.base);
        for number in &place.opened {
            let Some(screen) = self.history.asleep.remove(number) else {
                break;
            };
            self.opened.push(Opened {
                number: *number,
                screen,
            });
        }
        self.go(&place.spot);
    }

    /// Where a person was last, to be kept for the next start.
    #[must_use]
    pub fn last_place(&self) -> LastPlace {
        let here = self.here();
        LastPlace {
            version: VERSION,
            clusters: self.clusters.iter().map(ToString::to_string).collect(),
            screen: here.base.to_owned(),
            filter: here.spot.filter,
            sort: here.spot.sort,
            turned: here.spot.turned,
            selected: here.spot.selected.as_ref().map(Named::new),
            run: self.opened_run().map(Named::new),
        }
    }

    /// Goes to where a person was last, when the same clusters are shown.
    pub fn return_to(&mut self, last: &LastPlace) {
        let mut clusters: Vec<&str> = self.clusters.iter().map(ClusterId::as_str).collect();
        let mut then: Vec<&str> = last.clusters.iter().map(String::as_str).collect();
        clusters.sort_unstable();
        then.sort_unstable();
        let Some(entry) = super::registry::entry(&last.screen) else {
            return;
        };
        // a look at what was told is no place to begin a night at
        let aside = entry.id == "messages";
        if last.version != VERSION || clusters != then || aside {
            return;
        }
        self.show(entry.id);
        self.go(&Spot {
            filter: Clean::new(&last.filter).chars().take(LONGEST).collect(),
            sort: last.sort.clone(),
            turned: last.turned,
            follow: false,
            selected: last.selected.as_ref().map(Named::key),
        });
        if let Some(run) = &last.run {
            self.open_again(run.key());
        }
    }
}

/// The form of [`LastPlace`]; another one is not understood.
const VERSION: u32 = 1;

/// Most characters of a filter.
const LONGEST: usize = 200;

/// Where a person was last.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LastPlace {
    /// The form of what follows.
    pub version: u32,
    /// The clusters that were shown.
    pub clusters: Vec<String>,
    /// Id of the screen.
    pub screen: String,
    /// Its filter.
    pub filter: String,
    /// Id of the column it was sorted by.
    pub sort: Option<String>,
    /// The order was turned around.
    pub turned: bool,
    /// The selected row.
    pub selected: Option<Named>,
    /// The run that was open.
    pub run: Option<Named>,
}

/// An object, as a file names it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Named {
    /// Its cluster.
    pub cluster: String,
    /// Its namespace; empty when it has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Named {
    fn new(key: &Key) -> Self {
        Self {
            cluster: key.cluster.to_string(),
            namespace: key.namespace.to_string(),
            name: key.name.to_string(),
        }
    }

    fn key(&self) -> Key {
        Key::new(ClusterId::new(&self.cluster), &self.namespace, &self.name)
    }
}
