//! `-w`: changes as they happen. I/O.
//!
//! The first answer is printed whole; from then on each change is a line. A source that goes is told too, on standard
//! error, and as an object of its own in JSON: silence must not look like calm.

use std::collections::{BTreeMap, HashMap};
use std::process::ExitCode;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::ask::{Form, GetArgs};
use super::sheet::{Line, Sheet, View};
use super::table::{Change, Table, name};
use super::{document, tell};
use crate::app::items::source;
use crate::cli::exit::{Failure, say};
use crate::cli::output::{Out, closed};
use crate::cli::session::{Heard, Session};
use crate::domain::SourceId;

/// Changes that come within this time are one.
const PAUSE: Duration = Duration::from_millis(200);

/// Prints the first answer, then changes until nobody reads them.
pub async fn run(
    session: Session,
    view: &dyn View,
    args: &GetArgs,
    out: &mut Out,
    first: Sheet,
) -> Result<ExitCode, Failure> {
    let mut follower = Follower {
        table: Table::new(
            &session,
            &first,
            args.output == Form::Wide,
            out.width(),
            true,
        ),
        session,
        args,
        known: HashMap::new(),
        states: BTreeMap::new(),
    };
    follower.begin(first, out)?;
    let nobody = closed();
    tokio::pin!(nobody);
    loop {
        let heard = tokio::select! {
            heard = follower.session.next_after(PAUSE) => heard,
            () = &mut nobody => return Ok(ExitCode::SUCCESS),
        };
        let Some(Heard { rows, sources }) = heard else {
            say("the connection has ended");
            return Ok(ExitCode::FAILURE);
        };
        if sources {
            follower.tell_sources(out)?;
        }
        if rows {
            let sheet = view.sheet(&follower.session, Timestamp::now())?;
            follower.compare(sheet, out)?;
        }
        out.flush()?;
    }
}

struct Follower<'a> {
    session: Session,
    args: &'a GetArgs,
    table: Table,
    known: HashMap<String, Line>,
    states: BTreeMap<SourceId, String>,
}

impl Follower<'_> {
    fn begin(&mut self, sheet: Sheet, out: &mut Out) -> Result<(), Failure> {
        match self.args.output {
            Form::Json => out.line(&document::document(&self.session, &sheet).to_string())?,
            Form::Name => {}
            Form::Table | Form::Wide if self.args.no_headers => {}
            Form::Table | Form::Wide => self.table.headings(out)?,
        }
        for missing in &sheet.missing {
            say(&format!("{missing}; waiting for it"));
        }
        for line in sheet.lines {
            match self.args.output {
                Form::Json => {}
                Form::Name => name(&self.session, &line, out)?,
                Form::Table | Form::Wide => self.table.line(&line, None, out)?,
            }
            self.known.insert(line.id.clone(), line);
        }
        self.states = self.states();
        for trouble in self.session.troubles() {
            tell(&trouble);
        }
        out.flush()
    }

    /// Prints what is not as it was.
    fn compare(&mut self, sheet: Sheet, out: &mut Out) -> Result<(), Failure> {
        let mut gone = std::mem::take(&mut self.known);
        for line in sheet.lines {
            match gone.remove(&line.id) {
                None => self.print(Change::Added, &line, out)?,
                Some(old) if old.item != line.item => self.print(Change::Changed, &line, out)?,
                Some(_) => {}
            }
            self.known.insert(line.id.clone(), line);
        }
        let mut gone: Vec<Line> = gone.into_values().collect();
        gone.sort_by(|a, b| a.id.cmp(&b.id));
        gone.iter()
            .try_for_each(|line| self.print(Change::Removed, line, out))
    }

    fn print(&self, change: Change, line: &Line, out: &mut Out) -> Result<(), Failure> {
        match self.args.output {
            Form::Json => event(change.word(), "row", &line.item, out),
            Form::Name if change == Change::Added => name(&self.session, line, out),
            Form::Name => Ok(()),
            Form::Table | Form::Wide => self.table.line(line, Some(change), out),
        }
    }

    /// What a person has to know of each source: its state and what is wrong.
    fn states(&self) -> BTreeMap<SourceId, String> {
        let rows = self.session.sources().into_iter();
        rows.map(|row| {
            let fault = row.fault.as_ref().map_or("", |f| f.what.as_str());
            (row.id.clone(), format!("{} {fault}", row.state.word()))
        })
        .collect()
    }

    fn tell_sources(&mut self, out: &mut Out) -> Result<(), Failure> {
        let now = self.states();
        let before = std::mem::replace(&mut self.states, now);
        let changed: Vec<SourceId> = self
            .states
            .iter()
            .filter(|(id, state)| before.get(*id) != Some(*state))
            .map(|(id, _)| id.clone())
            .collect();
        let troubles = self.session.troubles();
        for id in changed {
            let Some(row) = self.session.world().source(&id) else {
                continue;
            };
            if self.args.output == Form::Json {
                event("source", "source", &source(row), out)?;
            }
            match troubles.iter().find(|t| t.id == id) {
                Some(trouble) => tell(trouble),
                None if before.contains_key(&id) && row.state.is_live() => {
                    say(&format!("{}/{} is live again", id.cluster, id.feed));
                }
                None => {}
            }
        }
        Ok(())
    }
}

fn event(word: &str, field: &str, value: &Value, out: &mut Out) -> Result<(), Failure> {
    // by hand, so that the type comes first for those who read along
    out.line(&format!("{{\"type\":\"{word}\",\"{field}\":{value}}}"))
}
