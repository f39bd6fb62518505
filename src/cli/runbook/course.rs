//! A run of a runbook, driven on the terminal: news in, facts tested, people asked, actions carried out. I/O.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::process::ExitCode;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::run::Says;
use crate::app::note::Notes;
use crate::app::runbooks::{aim, facts_of, is_there, subject_of, uid, wants_of};
use crate::app::screen::Ctx;
use crate::cli::act::{Acts, Signals, code, write};
use crate::cli::actions::Form;
use crate::cli::exit::{Failure, INTERRUPTED, NOT_FOUND, say};
use crate::cli::print::{json_text, print};
use crate::cli::session::Session;
use crate::domain::{Clean, ClusterId, Subject};
use crate::plan::{API_VERSION, About, Ask, How, Params, action};
use crate::runbook::Course;
use crate::runbook::course::{Facts, Found, Kind, Need, Question, Reply, Standing, State, Wanted};
use crate::settings::Settings;
use crate::shell::ClusterWire;

/// Nobody is there to be asked.
const UNANSWERED: u8 = 9;
/// A step said that it ends here.
const STOPPED: u8 = 5;
/// How long all sources are waited for at first: what adds evidence may come later.
const SOON: Duration = Duration::from_secs(5);
/// How long the source of the target may take to answer at first.
const SETTLE: Duration = Duration::from_secs(30);
/// Between two looks at the clock, while something is waited for.
const TICK: Duration = Duration::from_millis(500);

/// What is said beforehand, and whether somebody can be asked.
pub(super) struct Voice {
    answers: Vec<(usize, String)>,
    person: bool,
    output: Form,
}

impl Voice {
    pub(super) fn new(says: &Says) -> Self {
        Self {
            answers: says.answers.clone(),
            person: io::stdin().is_terminal() && io::stderr().is_terminal(),
            output: says.output,
        }
    }

    /// The answer to a question of a step; none where nobody says.
    async fn answer(&mut self, step: usize, prompt: String) -> Option<String> {
        if let Some(at) = self.answers.iter().position(|(s, _)| *s == step) {
            // each is used once: the step may ask something else then
            let (_, said) = self.answers.remove(at);
            write(&format!("{prompt}{}\n", Clean::new(&said)));
            return Some(said);
        }
        if !self.person {
            return None;
        }
        let line = tokio::task::spawn_blocking(move || {
            write(&prompt);
            let mut line = String::new();
            match io::stdin().lock().read_line(&mut line) {
                Ok(0) | Err(_) => None,
                Ok(_) => Some(line.trim().to_owned()),
            }
        });
        line.await.ok().flatten()
    }
}

/// Why it does not go on.
enum Left {
    Interrupted,
    Unanswered,
    Failed(Clean, u8),
    NotThere,
}

/// A run, and everything it is driven with.
pub(super) struct Driver {
    course: Course,
    session: Session,
    acts: Acts<ClusterWire>,
    settings: Settings,
    about: Subject,
    voice: Voice,
    notes: Notes,
    signals: Signals,
    /// What was told of each step last.
    told: Vec<(Standing, Clean)>,
}

impl Driver {
    pub(super) fn new(
        course: Course,
        mut session: Session,
        (acts, settings, cluster): (Acts<ClusterWire>, Settings, ClusterId),
        voice: Voice,
    ) -> Self {
        let about = subject_of(&course.about, &cluster);
        session.want(wants_of(&course, &about));
        Self {
            told: course
                .stands
                .iter()
                .map(|_| (Standing::default(), Clean::default()))
                .collect(),
            course,
            session,
            acts,
            settings,
            about,
            voice,
            notes: Notes::default(),
            signals: Signals::new(),
        }
    }

    /// Whoever is on the target is told why it is taken from them.
    pub(super) fn take_over(&mut self, why: &str) {
        self.course.taking(why);
    }

    /// Goes on until it ends or has to be left.
    pub(super) async fn run(&mut self, reason: &str) -> Result<ExitCode, Failure> {
        let title = Clean::new(&self.course.book.title);
        write(&format!("{title}: {}\n", self.course.about.words()));
        if let Err(left) = self.find().await {
            return Err(self.left(left));
        }
        let left = loop {
            let facts = self.facts();
            let now = Timestamp::now();
            if let Some(need) = self.course.next(&facts, now) {
                let reply = self.acts.plane.runbook(&self.course.id, need).await;
                self.course.take(reply, Timestamp::now());
                self.tell();
                continue;
            }
            self.tell();
            let went = match self.course.state().clone() {
                State::Ended(how, why) => return self.end(how, &why),
                State::Person(question) => self.ask(&question).await,
                State::Ready(why) => self.act(&facts, &why, reason).await,
                State::Halted(why, _) => Err(Left::Failed(why, 1)),
                _ => self.wait(&facts).await,
            };
            if let Err(left) = went {
                break left;
            }
        };
        Err(self.left(left))
    }

    fn facts(&self) -> Facts {
        let ctx = Ctx {
            world: self.session.world(),
            clusters: self.session.clusters(),
            settings: &self.settings,
            notes: &self.notes,
            loads: self.session.loads(),
            now: Timestamp::now(),
            page: 1,
        };
        facts_of(&self.course, &self.about, &ctx)
    }

    /// Nothing is begun on what is not there.
    async fn find(&mut self) -> Result<(), Left> {
        let end = Instant::now() + SETTLE;
        self.session.settle(SOON).await;
        while is_there(&self.facts()).is_none() && Instant::now() < end {
            sleep(TICK).await;
            self.session.settle(SOON).await;
        }
        let facts = self.facts();
        match is_there(&facts) {
            Some(true) => self.course.meant(uid(&facts)),
            Some(false) => return Err(Left::NotThere),
            None => {
                let why = facts.lacks.get("target").cloned().unwrap_or_default();
                return Err(Left::Failed(Clean::new(&why), 1));
            }
        }
        if self.course.replaced {
            return Err(Left::Failed(crate::runbook::course::REPLACED.into(), 1));
        }
        self.about = subject_of(&self.course.about, &self.about.key.cluster);
        Ok(())
    }

    /// Waits for news, a moment, or Ctrl-C.
    async fn wait(&mut self, facts: &Facts) -> Result<(), Left> {
        if is_there(facts) == Some(false) {
            return Err(Left::NotThere);
        }
        tokio::select! {
            news = self.session.next() => match news {
                Some(_) => Ok(()),
                None => Err(Left::Failed("the connection has ended".into(), 1)),
            },
            () = sleep(TICK) => Ok(()),
            () = self.signals.next() => Err(Left::Interrupted),
        }
    }

    /// A person says something.
    async fn ask(&mut self, question: &Question) -> Result<(), Left> {
        let step = self.course.at();
        if !question.because.is_empty() {
            write(&format!("     {}\n", question.because));
        }
        let choices = match &question.kind {
            Kind::GoOn | Kind::Applies => "[y/N]".to_owned(),
            Kind::Note => "[done, or what to note; no passes it over]".to_owned(),
            Kind::Choice(all) if all.is_empty() => String::new(),
            Kind::Choice(all) => format!("[{}]", all.join("/")),
        };
        let prompt = format!("     {} {choices} ", question.text);
        let answer = tokio::select! {
            answer = self.voice.answer(step, prompt) => answer,
            () = self.signals.next() => return Err(Left::Interrupted),
        };
        let answer = answer.ok_or(Left::Unanswered)?;
        let yes = matches!(answer.as_str(), "y" | "Y" | "yes");
        let now = Timestamp::now();
        match &question.kind {
            Kind::GoOn | Kind::Applies => self.course.say(yes, now),
            Kind::Note if matches!(answer.as_str(), "" | "y" | "yes" | "done") => {
                self.course.say(true, now);
            }
            Kind::Note if matches!(answer.as_str(), "n" | "no") => self.course.say(false, now),
            Kind::Note | Kind::Choice(_) => {
                if let Err(why) = self.course.answer(&answer) {
                    write(&format!("     {why}\n"));
                }
            }
        }
        Ok(())
    }

    /// An action of the runbook, through all its stages.
    async fn act(&mut self, facts: &Facts, why: &Clean, reason: &str) -> Result<(), Left> {
        if !why.is_empty() {
            write(&format!("     {why}\n"));
            let prompt = "     Try it again? [y/N, skip passes it over] ".to_owned();
            let said = self.voice.answer(self.course.at(), prompt).await;
            match said.as_deref() {
                Some("y" | "yes") => {}
                Some("skip") => {
                    self.course.cancel();
                    return Ok(());
                }
                _ => return Err(Left::Failed(why.clone(), 1)),
            }
        }
        let wanted = match self.course.want(facts) {
            Ok(wanted) => wanted,
            Err(why) => return Err(Left::Failed(Clean::new(&why), 1)),
        };
        let ask = match self.asked(&wanted, reason) {
            Ok(ask) => ask,
            Err(why) => return Err(Left::Failed(Clean::new(&why), 1)),
        };
        match self.acts.perform(&ask).await {
            Ok(outcome) => {
                let found = Found {
                    id: outcome.id,
                    verdict: outcome.verdict,
                    what: outcome.what,
                    made: self.made().await,
                };
                self.course.acted(found, Timestamp::now());
                self.session.want(wants_of(&self.course, &self.about));
                Ok(())
            }
            Err(halt) => {
                self.course.put_back(&halt.what);
                let text = format!("{} {}", halt.what, halt.hint);
                Err(Left::Failed(Clean::new(text.trim()), code(halt.kind)))
            }
        }
    }

    /// What the action of this step made, as the journal has it.
    async fn made(&self) -> Option<About> {
        let look = Need::Look(self.course.at());
        match self.acts.plane.runbook(&self.course.id, look).await {
            Reply::Looked(Ok(found)) => found?.made,
            _ => None,
        }
    }

    fn asked(&self, wanted: &Wanted, reason: &str) -> Result<Ask, String> {
        let spec = action(&wanted.action)
            .ok_or("the action is not known")?
            .spec();
        let point = aim(spec, &self.about, wanted.on.as_deref())?;
        let params = Params::parse(spec, &wanted.with).map_err(|error| error.to_string())?;
        Ok(Ask {
            action: spec.name,
            cluster: point.cluster,
            resource: point.resource,
            namespace: point.namespace,
            name: point.name,
            uid: point.uid,
            params: params.held_to(&self.settings.gates),
            reason: Clean::new(reason),
            incident: crate::cli::act::incident(None),
            runbook: wanted.runbook.clone(),
        })
    }

    /// One line for each step that stands otherwise than it was told.
    fn tell(&mut self) {
        for (at, stand) in self.course.stands.iter().enumerate() {
            let Some(told) = self.told.get_mut(at) else {
                continue;
            };
            let now = (stand.standing, stand.what.clone());
            if *told == now {
                continue;
            }
            let begins = told.0 != stand.standing;
            *told = now;
            let title = self.course.book.steps.get(at).map_or("", |s| &s.title);
            if begins && stand.standing != Standing::Ahead {
                let (number, word) = (at + 1, stand.standing.word());
                write(&format!("{number:3}. {:8} {}\n", word, Clean::new(title)));
            }
            if !stand.what.is_empty() {
                write(&format!("     {}\n", stand.what));
            }
        }
    }

    fn end(&self, how: How, why: &Clean) -> Result<ExitCode, Failure> {
        let code = match how {
            How::Done => 0,
            How::Stopped | How::Left => STOPPED,
        };
        let done = self.course.stands.iter();
        let done = done.filter(|s| s.standing == Standing::Passed).count();
        let of = self.course.stands.len();
        match self.voice.output {
            Form::Json => print(&json_text(&self.document(how, why)))?,
            Form::Text => print(&format!(
                "{}: {done} of {of} steps done{}{why}\n  journal    {}\n",
                how.word(),
                if why.is_empty() { "" } else { ". " },
                self.course.id
            ))?,
        };
        Ok(ExitCode::from(code))
    }

    fn document(&self, how: How, why: &Clean) -> serde_json::Value {
        let steps = self.course.stands.iter().zip(&self.course.book.steps);
        let steps: Vec<_> = steps
            .map(|(stand, step)| {
                json!({"title": step.title, "kind": step.what.word(),
                    "state": stand.standing.word(), "what": stand.what,
                    "action": stand.action})
            })
            .collect();
        json!({"apiVersion": API_VERSION, "kind": "RunbookRun", "id": self.course.id,
            "runbook": self.course.book.id, "target": self.course.about.words(),
            "ended": how.word(), "why": why, "steps": steps})
    }

    /// What is told of a run that was left, and how it goes on.
    fn left(&self, left: Left) -> Failure {
        let (what, code) = match left {
            Left::Interrupted => ("it was left".to_owned(), INTERRUPTED),
            Left::Unanswered => {
                let step = self.course.at() + 1;
                let text = format!("nobody is there to be asked: add --answer {step}=TEXT");
                (text, UNANSWERED)
            }
            Left::Failed(why, code) => (why.to_string(), code),
            Left::NotThere => {
                let (word, name) = (self.about.word, self.course.about.words());
                (format!("there is no {word} {name}"), NOT_FOUND)
            }
        };
        if self.course.id.is_empty() {
            return super::run::ended(code, &what);
        }
        say(&what);
        let id = &self.course.id;
        super::run::ended(
            code,
            &format!("it goes on with: midwatch runbook resume {id}"),
        )
    }
}
