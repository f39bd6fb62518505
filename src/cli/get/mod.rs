//! `midwatch get`: what the lists show, for scripts and for people without the screen. I/O.
//!
//! | file | owns |
//! |---|---|
//! | `ask` | the arguments |
//! | `kinds` | which lists there are, and reading one of them through the same code as the screen |
//! | `models` | the versions of the models that are named |
//! | `steps` | the steps of one run |
//! | `sheet` | what was read, ready to be printed |
//! | `table` | as a table, as names |
//! | `document` | as JSON |
//! | `follow` | changes as they happen (`-w`) |

mod ask;
mod document;
mod follow;
mod kinds;
mod models;
mod sheet;
mod steps;
mod table;

use std::process::ExitCode;

use jiff::Timestamp;

pub use ask::{Form, GetArgs};
pub use document::API_VERSION;
pub use kinds::{STEPS, kinds};

use super::args::{Connect, Show};
use super::exit::{Failure, NOT_FOUND, PARTIAL, say};
use super::output::Out;
use super::session::{Session, Settled, Trouble, run as connected};
use crate::app::list::ListScreen;
use crate::app::lists::Namespaces;
use crate::app::screen::Screen;
use crate::domain::{NamespaceRow, SourceState};
use crate::store::Scope;
use sheet::{Sheet, View};

/// Reads what is asked for and prints it.
pub fn run(args: &GetArgs, connect: &Connect, show: &Show) -> Result<ExitCode, Failure> {
    let args = &args.joined(connect).judged_by(show);
    let plan = args.plan()?;
    let mut out = Out::new(show);
    connected(&args.reach(), show, async move |mut session| {
        let view = plan.view(&mut session, args).await?;
        let mut sheet = read(&mut session, &*view, args).await?;
        look_for_namespaces(&mut session, &mut sheet, args).await;
        if args.watch {
            return follow::run(session, &*view, args, &mut out, sheet).await;
        }
        print(&session, &sheet, args, &mut out)?;
        Ok(ExitCode::from(verdict(&session, &*view, &sheet, args)))
    })
}

/// Waits until everything that is needed has answered, and reads it.
async fn read(session: &mut Session, view: &dyn View, args: &GetArgs) -> Result<Sheet, Failure> {
    session.want(view.wants(session));
    if session.settle(args.timeout).await == Settled::Late {
        tracing::debug!("not every source answered in time");
    }
    view.sheet(session, Timestamp::now())
}

/// A namespace that was named and gave no row may not be there at all: that is told where it can be known.
async fn look_for_namespaces(session: &mut Session, sheet: &mut Sheet, args: &GetArgs) {
    let before = session.wants().clone();
    let asked = |n: &&String| {
        before
            .iter()
            .any(|w| w.scope == Scope::Namespace((*n).clone()))
    };
    let empty = |n: &&String| !sheet.lines.iter().any(|l| *l.key.namespace == ***n);
    let silent: Vec<&String> = args.namespaces.iter().filter(asked).filter(empty).collect();
    if silent.is_empty() {
        return;
    }
    session.want(ListScreen::<Namespaces>::default().wants(session.clusters()));
    let settled = session.settle(args.timeout).await;
    let known =
        settled == Settled::All && !session.troubles().iter().any(|t| t.id.feed == "namespaces");
    let table = session
        .world()
        .table::<NamespaceRow>()
        .filter(|t| known && !t.is_empty());
    if let Some(table) = table {
        for name in silent {
            if !table.iter().any(|row| *row.key.name == **name) {
                sheet.missing.push(format!("there is no namespace {name}"));
                sheet.astray = true;
            }
        }
    }
    session.drop_wants(|want| !before.contains(want));
}

/// Prints a list of what a session knows already, without asking anyone.
pub(super) fn print_known(
    session: &Session,
    kind: &str,
    form: Form,
    out: &mut Out,
) -> Result<usize, Failure> {
    let args = GetArgs::plain(kind, form);
    let Some(list) = kinds::find(kind) else {
        return Ok(0);
    };
    let sheet = list.view(&args).sheet(session, Timestamp::now())?;
    print(session, &sheet, &args, out)?;
    Ok(sheet.lines.len())
}

fn print(session: &Session, sheet: &Sheet, args: &GetArgs, out: &mut Out) -> Result<(), Failure> {
    match args.output {
        Form::Json => document::print(session, sheet, out)?,
        Form::Name => table::names(session, sheet, out)?,
        Form::Table | Form::Wide => {
            let wide = args.output == Form::Wide;
            let table = table::Table::new(session, sheet, wide, out.width(), false);
            if !args.no_headers && !sheet.lines.is_empty() {
                table.headings(out)?;
            }
            for line in &sheet.lines {
                table.line(line, None, out)?;
            }
        }
    }
    out.flush()
}

/// Names every trouble on standard error; the exit code.
fn verdict(session: &Session, view: &dyn View, sheet: &Sheet, args: &GetArgs) -> u8 {
    let mut troubles = session.troubles();
    troubles.retain(|t| t.state != Some(SourceState::Absent) || !view.spares(t.id.feed));
    for trouble in &troubles {
        tell(trouble);
    }
    let (needed, extra): (Vec<_>, Vec<_>) =
        troubles.into_iter().partition(|t| view.needs(t.id.feed));
    drop(extra);
    if needed.is_empty() {
        if sheet.missing.is_empty() {
            return nothing(sheet, args);
        }
        for missing in &sheet.missing {
            say(missing);
        }
        return NOT_FOUND;
    }
    if !sheet.missing.is_empty() {
        say("what was named may be there all the same: not everything could be read");
    }
    let asked = session
        .wants()
        .iter()
        .filter(|w| view.needs(w.feed))
        .count();
    let silent = |t: &&Trouble| t.is_blind() && t.state != Some(SourceState::Absent);
    if needed.iter().filter(silent).count() == asked {
        1
    } else {
        PARTIAL
    }
}

/// No rows is an answer too; a person who looks at an empty table is told so.
fn nothing(sheet: &Sheet, args: &GetArgs) -> u8 {
    let table = matches!(args.output, Form::Table | Form::Wide);
    if table && sheet.lines.is_empty() {
        say(&sheet.nothing);
    }
    0
}

/// One trouble on standard error.
fn tell(trouble: &Trouble) {
    say(&told(trouble));
}

/// One trouble in words: which source stands how, and below it what to do next.
pub(super) fn told(trouble: &Trouble) -> String {
    let state = match trouble.state {
        Some(SourceState::Live) => "is not complete",
        Some(SourceState::Partial) if trouble.answered => "is not complete",
        Some(SourceState::Connecting | SourceState::Partial) | None => "was not read in time",
        Some(SourceState::Denied) => "is denied",
        Some(SourceState::Absent) => "is absent",
        Some(SourceState::Stale) => "is stale",
        Some(SourceState::Down) => "is down",
    };
    let hint = if trouble.hint.is_empty() {
        String::new()
    } else {
        format!("\n  {}", trouble.hint)
    };
    let name = source_name(trouble);
    format!("{name} {state}: {}{hint}", trouble.what)
}

fn source_name(trouble: &Trouble) -> String {
    let id = &trouble.id;
    if id.scope.is_empty() {
        format!("{}/{}", id.cluster, id.feed)
    } else {
        format!("{}/{} {}", id.cluster, id.feed, id.scope)
    }
}
