//! What every screen can do. Pure. A new screen is a file here, a painter in `ui`, and a line in both registries.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use jiff::Timestamp;

use super::Effect;
use super::column::Fact;
use super::command::{Place, Verb};
use super::deed::Aim;
use super::history::Spot;
use super::note::Notes;
use super::pointer::Hit;
use crate::domain::{ClusterId, ClusterLoad, Subject};
use crate::settings::Settings;
use crate::store::{Want, World};

/// What a screen may look at.
#[derive(Debug, Clone, Copy)]
pub struct Ctx<'a> {
    /// Everything known.
    pub world: &'a World,
    /// The clusters shown.
    pub clusters: &'a [ClusterId],
    /// What the person has set.
    pub settings: &'a Settings,
    /// What the console told.
    pub notes: &'a Notes,
    /// What midwatch costs each cluster.
    pub loads: &'a BTreeMap<ClusterId, ClusterLoad>,
    /// Now.
    pub now: Timestamp,
    /// Rows of the body: what a page is.
    pub page: usize,
}

/// What came of a command.
#[derive(Debug)]
pub enum Turn {
    /// Not for this screen.
    Unknown,
    /// Taken; draw.
    Taken,
    /// Opens another screen on top.
    Open(Box<dyn Screen>),
    /// Asks for a line of text; what is typed arrives by [`Screen::typed`], the end by [`Screen::answered`].
    Ask(Question),
    /// Something to do outside.
    Do(Effect),
}

/// A line of text that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Question {
    /// What stands before the line: `/`.
    pub label: &'static str,
    /// What can be written, in a few words.
    pub hint: &'static str,
    /// What stands in it at first.
    pub text: String,
}

/// What is thought of a line while it is typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// What is wrong, and with which bytes of the line.
    pub mistake: Option<(Range<usize>, String)>,
    /// What could stand there instead of the bytes from `from` to the cursor, best first.
    pub completions: Vec<String>,
    /// Where the word to complete begins, in bytes.
    pub from: usize,
}

/// A screen. It owns its selection, order and scroll; what it shows it reads from the world.
pub trait Screen: Any + fmt::Debug + Send {
    /// Its id in the registries.
    fn id(&self) -> &'static str;
    /// What the body is headed with.
    fn title(&self, ctx: &Ctx<'_>) -> String;
    /// Where the keys are, innermost first.
    fn places(&self) -> &'static [Place];
    /// What has to be watched while it is shown.
    fn wants(&self, clusters: &[ClusterId]) -> Vec<Want>;
    /// Carries out a command.
    fn act(&mut self, verb: Verb, ctx: &Ctx<'_>) -> Turn;
    /// A command of this place does something here.
    fn offers(&self, _verb: Verb) -> bool {
        true
    }
    /// Why a command of this place does nothing now.
    fn refuses(&self, verb: Verb, _ctx: &Ctx<'_>) -> Option<String> {
        (!self.offers(verb)).then(|| "does nothing on this screen".to_owned())
    }
    /// Selects what was drawn at a cell.
    fn click(&mut self, _at: (u16, u16)) -> Hit {
        Hit::Nothing
    }
    /// Brings what is shown up to date; called before each frame, so it must be cheap when nothing changed.
    fn refresh(&mut self, ctx: &Ctx<'_>);
    /// A person did something while it was shown: what is selected is theirs from now on.
    fn touched(&mut self) {}
    /// Takes a line while it is typed.
    fn typed(&mut self, _text: &str) {}
    /// The line that was asked for is complete (`kept`), or was dropped; [`Screen::typed`] gave its text.
    fn answered(&mut self, _kept: bool) {}
    /// What is thought of the line that is being typed; `cursor` in bytes.
    fn check(&self, _text: &str, _cursor: usize, _ctx: &Ctx<'_>) -> Checked {
        Checked::default()
    }
    /// What commands about one object are about: the selected row or step.
    fn subject(&self, _ctx: &Ctx<'_>) -> Option<Subject> {
        None
    }
    /// The object whose ladder is shown.
    fn why(&self, ctx: &Ctx<'_>) -> Option<Subject> {
        self.subject(ctx)
    }
    /// What an action would be done to: the selected object, and what belongs to it.
    fn aim(&self, ctx: &Ctx<'_>) -> Aim {
        Aim::at(self.subject(ctx))
    }
    /// The screen that shows the logs of what is selected.
    fn logs(&self, _ctx: &Ctx<'_>) -> Option<Box<dyn Screen>> {
        None
    }
    /// What is told of the selection, to be copied as evidence.
    fn evidence(&self, _ctx: &Ctx<'_>) -> Vec<Fact> {
        Vec::new()
    }
    /// It has pages of its own, which the keys for the next and the previous list turn.
    fn turns(&self) -> bool {
        false
    }
    /// The filter in force, where there is one.
    fn filter(&self) -> Option<&str> {
        None
    }
    /// Ids of the columns that can be chosen, where there are some.
    fn columns(&self) -> Vec<&'static str> {
        Vec::new()
    }
    /// Where a person is in it, to come back to; a screen that was opened is kept as it is and needs none.
    fn spot(&self) -> Spot {
        Spot::default()
    }
    /// Comes back to where a person was.
    fn go(&mut self, _spot: &Spot) {}
    /// Is there something that Back undoes before the screen closes?
    fn clear(&mut self) -> bool {
        false
    }
    /// [`Self::clear`] would undo something now.
    fn clears(&self) -> bool {
        false
    }
    /// More is to be found out than one frame may do; another follows at once.
    fn unfinished(&self, _ctx: &Ctx<'_>) -> bool {
        false
    }
}

impl dyn Screen {
    /// For whoever knows which screen it is: painters, and commands of one screen.
    pub fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    /// The same, to look at only.
    pub fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A screen that a key can reach.
pub struct Entry {
    /// Its id.
    pub id: &'static str,
    /// The group it stands in; the first of a group is what the group's key shows.
    pub group: &'static str,
    /// Its name among the tabs of its group.
    pub title: &'static str,
    /// The group's number key and name for the header, at the first of each group.
    pub number: Option<(char, &'static str)>,
    /// Makes it.
    pub make: fn() -> Box<dyn Screen>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}
