//! Runs of runbooks of this console: what is asked of the shell for them, and what screens are shown of them. Pure.

use std::any::Any;
use std::sync::Arc;

use jiff::Timestamp;

use super::facts::{facts_of, uid, wants_of};
use super::{ReaderScreen, aim, subject_of};
use crate::app::deed::{Deed, Form, Order, TaskId};
use crate::app::note::Note;
use crate::app::screen::Screen;
use crate::app::{Effect, Effects, Model};
use crate::domain::{Clean, ClusterId, Key, Row, SourceId, Subject};
use crate::fault::ended as sentence;
use crate::plan::{How, Safety, action};
use crate::runbook::course::{Facts, Found, Reply, State, Wanted};
use crate::runbook::{Course, Shelf, What};
use crate::store::{Batch, Change, Want};

/// Milliseconds between two looks at facts that change all the time.
const PACE: i64 = 250;

/// Everything about runbooks that is no screen.
#[derive(Debug)]
pub struct Runbooks {
    /// All runbooks.
    pub shelf: Arc<Shelf>,
    /// The runs of this console, oldest first.
    seats: Vec<Seat>,
    tasks: TaskId,
    /// Whether runs that were left were asked about.
    pub(super) asked: bool,
    /// Runs that were left, of the clusters shown.
    pub(super) left: Vec<crate::plan::Sitting>,
}

impl Default for Runbooks {
    fn default() -> Self {
        Self {
            shelf: Arc::new(Shelf::new(Vec::new())),
            seats: Vec::new(),
            tasks: 0,
            asked: false,
            left: Vec::new(),
        }
    }
}

/// One run.
#[derive(Debug)]
struct Seat {
    task: TaskId,
    about: Subject,
    course: Course,
    /// When its facts were looked at last, in milliseconds; none to look at once.
    looked: Option<i64>,
    /// What the shown row was made of.
    shown: u64,
    /// Its end was told.
    told: bool,
    /// The object that is meant was seen to be there.
    sure: bool,
    /// Whoever began it wants to see what its first action would do.
    first: bool,
}

/// A run as screens see it.
#[derive(Debug, Clone)]
pub struct CourseRow {
    /// The number of the run in this console.
    pub task: TaskId,
    /// What it is about.
    pub about: Subject,
    /// The run.
    pub course: Arc<Course>,
    key: Key,
    /// Differs when the run does.
    version: u64,
}

impl PartialEq for CourseRow {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && self.version == other.version
    }
}

impl Row for CourseRow {
    fn key(&self) -> &Key {
        &self.key
    }
}

impl CourseRow {
    /// Where the run of a number stands in its table.
    #[must_use]
    pub fn place(task: TaskId) -> Key {
        Key::new(ClusterId::new(""), "", &task.to_string())
    }
}

impl Runbooks {
    /// What has to be watched for the runs that go on.
    pub fn wants(&self) -> impl Iterator<Item = Want> {
        let open = self.seats.iter().filter(|s| s.course.ended().is_none());
        open.flat_map(|seat| wants_of(&seat.course, &seat.about))
    }

    /// The runs about an object that go on.
    pub(super) fn about(&self, about: &Subject) -> Vec<(TaskId, Arc<Course>)> {
        let same = |s: &&Seat| s.about.key == about.key && s.about.feed == about.feed;
        let open = self.seats.iter().filter(|s| s.course.ended().is_none());
        open.filter(same)
            .map(|s| (s.task, Arc::new(s.course.clone())))
            .collect()
    }

    /// It is one of the runs of this console.
    pub(super) fn has(&self, id: &str) -> bool {
        self.seats.iter().any(|seat| seat.course.id == id)
    }

    /// A run begins, or goes on here. In a context that is only read, nobody is told of it.
    pub(super) fn sit(&mut self, mut course: Course, at: (&ClusterId, Safety)) -> TaskId {
        let (cluster, safety) = at;
        course.quiet = safety == Safety::ReadOnly;
        self.tasks += 1;
        self.seats.push(Seat {
            task: self.tasks,
            about: subject_of(&course.about, cluster),
            course,
            looked: None,
            shown: 0,
            told: false,
            sure: false,
            first: false,
        });
        self.tasks
    }

    /// What the first action of the newest run would do is shown when it comes to it, unless it asks something before.
    pub(super) fn shows_first(&mut self) {
        if let Some(seat) = self.seats.last_mut() {
            seat.first = true;
        }
    }

    fn seat(&mut self, task: TaskId) -> Option<&mut Seat> {
        self.seats.iter_mut().find(|seat| seat.task == task)
    }

    /// Says something to a run; it goes on at once.
    pub(super) fn tell(&mut self, task: TaskId, say: impl FnOnce(&mut Course)) {
        if let Some(seat) = self.seat(task) {
            say(&mut seat.course);
            seat.looked = None;
        }
    }

    /// After an action that a run marked has ended: the run, and the action that waits to be looked at next.
    #[must_use]
    pub fn next_after(&self, mark: &str) -> Option<(TaskId, &str)> {
        let (id, _) = mark.rsplit_once('/')?;
        let seat = self.seats.iter().find(|seat| seat.course.id == id)?;
        let course = &seat.course;
        let ready = matches!(course.state(), State::Ready(why) if why.is_empty());
        match course.step().map(|step| &step.what) {
            Some(What::Action { name, .. }) if ready && course.mark_of(course.at()) != mark => {
                Some((seat.task, name))
            }
            _ => None,
        }
    }

    /// A person is asked something by the run.
    pub(super) fn asks(&self, task: TaskId) -> bool {
        let seat = self.seats.iter().find(|seat| seat.task == task);
        seat.is_some_and(|seat| matches!(seat.course.state(), State::Person(_)))
    }

    /// What came of a need of a run.
    pub fn replied(&mut self, task: TaskId, reply: Reply, now: Timestamp) {
        self.tell(task, |course| course.take(reply, now));
    }

    /// An action has ended that a run asked for.
    pub(super) fn acted(&mut self, mark: &str, found: Found, now: Timestamp) {
        let at = |s: &&mut Seat| s.course.mark_of(s.course.at()) == mark;
        let waits = |s: &&mut Seat| matches!(s.course.state(), State::Acting | State::Ready(_));
        if let Some(seat) = self.seats.iter_mut().filter(at).find(waits) {
            seat.looked = None;
            seat.course.acted(found, now);
        }
    }
}

/// Goes on with every run as far as it can.
pub fn bring_up(model: &mut Model) -> Effects {
    let mut effects = Effects::none();
    for at in 0..model.runbooks.seats.len() {
        effects.0.extend(go_on(model, at));
    }
    effects
}

fn go_on(model: &mut Model, at: usize) -> Vec<Effect> {
    let now = model.now;
    let Some(seat) = model.runbooks.seats.get(at) else {
        return Vec::new();
    };
    let mark = seat.course.mark_of(seat.course.at());
    let dropped = matches!(seat.course.state(), State::Acting) && !model.deeds.is_at(&mark);
    let fresh = |looked: i64| (0..PACE).contains(&(now.as_millisecond() - looked));
    if seat.course.ended().is_some() && seat.told || seat.looked.is_some_and(fresh) && !dropped {
        return Vec::new();
    }
    let known = if seat.course.watches() || !seat.sure {
        facts_of(&seat.course, &seat.about, &model.ctx())
    } else {
        Facts::default()
    };
    let Some(seat) = model.runbooks.seats.get_mut(at) else {
        return Vec::new();
    };
    seat.looked = Some(now.as_millisecond());
    let seen = uid(&known);
    seat.course.meant(seen);
    seat.sure |= !seen.is_empty() && !seat.course.replaced;
    if dropped {
        seat.course.put_back("nothing was sent");
    }
    let need = seat.course.next(&known, now);
    let mut effects: Vec<Effect> = need
        .map(|need| {
            Effect::Act(Order::Runbook {
                task: seat.task,
                cluster: seat.about.key.cluster.clone(),
                id: seat.course.id.clone(),
                need: Box::new(need),
            })
        })
        .into_iter()
        .collect();
    if show(model, at) {
        effects.push(Effect::Draw);
    }
    if let Some(task) = first(model, at) {
        effects.extend(plan(model, task).0);
    }
    effects
}

/// The run, where what its first action would do has to be shown now: it is in front of the person who began it so.
fn first(model: &mut Model, at: usize) -> Option<TaskId> {
    let front = model.screen().map(<dyn Screen>::as_any);
    let front = front.and_then(<dyn Any>::downcast_ref::<ReaderScreen>);
    let (front, busy) = (front.map(ReaderScreen::task), model.deeds.is_open());
    let seat = model.runbooks.seats.get_mut(at)?;
    let state = seat.course.state();
    let waits = matches!(state, State::Until { .. } | State::Ended(..));
    if !seat.first || !waits && !seat.course.waits_for_person() {
        return None;
    }
    let ready = matches!(state, State::Ready(why) if why.is_empty());
    seat.first = false;
    (ready && !busy && front == Some(seat.task)).then_some(seat.task)
}

/// Puts the run where screens read it; true when it is not as it was shown.
fn show(model: &mut Model, at: usize) -> bool {
    let now = model.now;
    let Some(seat) = model.runbooks.seats.get_mut(at) else {
        return false;
    };
    let course = &seat.course;
    let version = crate::app::text::doc::id((
        format!("{:?}{:?}", course.state(), course.stands),
        (course.at(), course.replaced),
    ));
    if version == seat.shown {
        return false;
    }
    seat.shown = version;
    let row = CourseRow {
        task: seat.task,
        about: seat.about.clone(),
        course: Arc::new(course.clone()),
        key: CourseRow::place(seat.task),
        version,
    };
    let ended = match course.state() {
        State::Ended(how, why) if !seat.told => Some((*how, why.clone())),
        _ => None,
    };
    if let Some((how, why)) = ended {
        seat.told = true;
        let title = &seat.course.book.id;
        let text = format!(
            "{title} of {}: {}. {why}",
            seat.course.about.words(),
            how.word()
        );
        let text = sentence(text.trim_end_matches([' ', '.']));
        let note = match how {
            How::Done => Note::info(text),
            How::Stopped | How::Left => Note::warn(text),
        };
        model.notes.keep(note, now);
    }
    let source = SourceId {
        cluster: ClusterId::new(""),
        feed: "runbook",
        scope: String::new(),
    };
    let changes = vec![Change::Put(Arc::new(row))];
    let table = model.world.table_mut::<CourseRow>();
    table.apply(Batch { source, changes })
}

/// Shows what the action of a run would do: the same way as any other action.
pub(super) fn plan(model: &mut Model, task: TaskId) -> Effects {
    let seat = model.runbooks.seats.iter().find(|seat| seat.task == task);
    let known = seat.map(|seat| facts_of(&seat.course, &seat.about, &model.ctx()));
    let Some(known) = known else {
        return Effects::none();
    };
    let Some(seat) = model.runbooks.seat(task) else {
        return Effects::none();
    };
    let wanted = seat.course.want(&known);
    seat.looked = None;
    let form = wanted.and_then(|wanted| form(&seat.about, seat.course.about.uid.clone(), wanted));
    match form {
        Ok(form) => Deed::ask(model, form),
        Err(why) => {
            seat.course.put_back(&why);
            seat.looked = None;
            let text = sentence(&Clean::new(&why));
            model.notes.tell(Note::warn(text), model.now);
            Effects::one(Effect::Draw)
        }
    }
}

fn form(about: &Subject, uid: Clean, wanted: Wanted) -> Result<Form, String> {
    let spec = action(&wanted.action)
        .ok_or("the action is not known")?
        .spec();
    let about = Subject {
        uid,
        ..about.clone()
    };
    let point = aim(spec, &about, wanted.on.as_deref())?;
    let mut given = Vec::new();
    for (name, value) in wanted.with {
        let known = spec.parameter(&name);
        let name = known
            .ok_or_else(|| format!("there is no parameter {name}"))?
            .name;
        given.push((name, value));
    }
    let word = crate::app::inspect::word(point.resource.feed);
    let mut form = Form::new(spec, point, word, &given);
    form.runbook = wanted.runbook;
    Ok(form)
}
