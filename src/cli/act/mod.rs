//! `midwatch do`: an action on one object, through the same stages as on the screen. I/O.
//!
//! | file | owns |
//! |---|---|
//! | `acts` | one action after the other, for runbooks |
//! | `target` | which object and which cluster are meant |
//! | `doubt` | actions of earlier sessions on the same object whose end is not known |
//! | `consent` | the operator's word: flags, or a question on the terminal |
//! | `stages` | what is told on the way; Ctrl-C |
//! | `report` | what came of it, and the exit code |
//! | `copies` | who else is told |

mod acts;
mod consent;
mod copies;
mod doubt;
mod report;
mod stages;
mod target;

use std::env;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use tokio::runtime::Runtime;

use super::actions::{Form, known};
use super::args::{Connect, Show};
use super::console::{backends, runtime, settings};
use super::duration::duration;
use super::exit::{Failure, say};
use super::print::{json_text, print};
use super::told::{preview, told};
use crate::act::{Journal, Options, Plane, journal};
use crate::config::{open_incident, state_folder};
use crate::domain::Clean;
use crate::feed::kube;
use crate::plan::{Ask, Halt, HaltKind, Params, ParamsError, Plan, Prepared, Safety, nearest};
use crate::settings::{self, Audit};
use crate::shell::ClusterWire;
use report::halted;

pub(super) use acts::Acts;
pub(super) use report::code;
pub(super) use stages::{Signals, write};

/// The action is not possible on this object.
const REFUSED: u8 = 5;
/// The arguments are wrong.
const USAGE: u8 = 2;
/// What an incident is called where nothing is said.
const INCIDENT: &str = "MIDWATCH_INCIDENT";

/// Carry out an action on one object.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Exit codes:
  0  done, and seen done; with --dry-run, the plan is printed
  1  failed; what failed is on standard error
  2  the arguments are wrong
  4  there is no such object
  5  a guard refused it, nothing was written: not possible, blocked, a right is missing, read-only, no journal, or the
     server did not take it
  6  the object changed in between, or the context is another cluster now: nothing was written
  7  partly done, or it cannot be told whether it was written
  8  taken by the server, and not seen done within --wait
  9  not confirmed; nothing was written")]
pub struct DoArgs {
    /// What to do: `midwatch actions` lists it
    #[arg(value_name = "ACTION")]
    pub action: String,
    /// To what: NAME, NAMESPACE/NAME or RESOURCE/NAME
    #[arg(value_name = "TARGET")]
    pub target: String,
    /// A parameter of the action, may be given several times
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = pair)]
    pub params: Vec<(String, String)>,
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do it without asking, where choosing it is enough
    #[arg(long)]
    pub yes: bool,
    /// The name of the target, where it has to be typed: work is lost, or the context is protected
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
    /// Why, for the audit
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub reason: String,
    /// The incident it belongs to, for the audit [default: `MIDWATCH_INCIDENT`, else the one that is open]
    #[arg(long, value_name = "ID")]
    pub incident: Option<String>,
    /// How long to wait until it is seen done; 0 does not wait [default: 60s, longer where a model is loaded]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub wait: Option<Duration>,
    /// How to write the plan, or what came of it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Form,
    /// Where.
    #[command(flatten)]
    pub connect: Connect,
}

fn pair(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| "write NAME=VALUE".to_owned())
}

/// Carries out an action, or plans it.
pub fn run(args: &DoArgs, connect: &Connect, show: &Show) -> Result<ExitCode, Failure> {
    let spec = known(&args.action)?;
    let params = Params::parse(spec, &args.params).map_err(|e| wrong_parameter(&e))?;
    let connect = args.connect.or(connect);
    let (cluster, object) = target::find(&args.target, spec, &connect)?;
    let (_, loaded) = settings(&connect, show);
    let settings = &loaded.effective.settings;
    let ask = Ask {
        action: spec.name,
        cluster: cluster.id.clone(),
        resource: object.resource,
        namespace: object.namespace.clone(),
        name: object.name.clone(),
        uid: String::new(),
        params: params.held_to(&settings.gates),
        reason: Clean::new(&args.reason),
        incident: incident(args.incident.clone()),
        runbook: String::new(),
    };
    let safety = match settings.safety(cluster.id.as_str()) {
        settings::Safety::Free => Safety::Open,
        settings::Safety::Ask => Safety::Protected,
        settings::Safety::ReadOnly => Safety::ReadOnly,
    };
    let journal = match journal(args.dry_run, settings.audit.rotate_mb) {
        Ok(journal) => journal,
        Err(halt) => return halted(halt, args.output),
    };
    let options = Options {
        wait: args.wait.unwrap_or(Options::default().wait),
        patient: args.wait.is_none(),
        front: "command",
        ..Options::default()
    };
    let data = kube::Options {
        sources: backends(&connect, settings),
        ..kube::Options::default()
    };
    let wire = ClusterWire::new(cluster, data);
    let runtime = runtime()?;
    let hand = Hand {
        args,
        ask,
        safety,
        plane: Plane::new(wire, journal.clone(), options),
        audit: &settings.audit,
        journal,
    };
    let ended = if args.dry_run {
        hand.plan(&runtime)
    } else {
        hand.act(&runtime)
    };
    runtime.shutdown_background();
    ended
}

/// The incident that the environment names; empty where it names none. A console looks for the one that is open whenever
/// something is done.
pub(super) fn named_incident() -> Clean {
    Clean::new(&env::var(INCIDENT).unwrap_or_default())
}

/// The incident that what is done belongs to: as given, else what the environment says, else the one that is open; empty
/// where nobody says.
pub(super) fn incident(given: Option<String>) -> Clean {
    let incident = given.or_else(|| env::var(INCIDENT).ok());
    incident.map_or_else(open_incident, |title| Clean::new(&title))
}

/// The journal of this user, in files of this many MiB. A plan needs none.
fn journal(dry_run: bool, rotate_mb: u32) -> Result<Journal, Halt> {
    let folder = match state_folder() {
        Ok(folder) => folder.join("journal"),
        Err(_) if dry_run => env::temp_dir(),
        Err(error) => {
            let text = format!("The journal cannot be kept, so nothing is sent: {error}");
            return Err(Halt::new(HaltKind::Journal, &text));
        }
    };
    let options = journal::Options::rotating(rotate_mb);
    Ok(Journal::open(&folder, options))
}

/// One action that is asked for, and what carries it out.
struct Hand<'a> {
    args: &'a DoArgs,
    ask: Ask,
    safety: Safety,
    plane: Plane<ClusterWire>,
    journal: Journal,
    /// Who else is told.
    audit: &'a Audit,
}

impl Hand<'_> {
    /// Prints the plan. One that must not run ends like one that cannot be made.
    fn plan(&self, runtime: &Runtime) -> Result<ExitCode, Failure> {
        let draft = match runtime.block_on(self.plane.draft(&self.ask)) {
            Ok(draft) => draft,
            Err(halt) => return Err(Self::failed(&halt)),
        };
        let plan = &draft.prepared.plan;
        let printed = print(&match self.args.output {
            Form::Json => json_text(plan),
            Form::Text => told(plan, width()),
        })?;
        match draft.halt {
            Some(halt) => Err(Self::failed(&halt)),
            None if plan.is_blocked() => Ok(ExitCode::from(REFUSED)),
            None => Ok(printed),
        }
    }

    /// The stages, in their order.
    fn act(&self, runtime: &Runtime) -> Result<ExitCode, Failure> {
        let form = self.args.output;
        if self.safety == Safety::ReadOnly {
            return halted(self.read_only(), form);
        }
        let copies = copies::copies(self.audit);
        if let Err(halt) = runtime.block_on(doubt::settle(&self.plane, &self.journal, &self.ask)) {
            return halted(halt, form);
        }
        let prepared = match runtime.block_on(self.plane.draft(&self.ask)) {
            Ok(draft) => match draft.halt {
                Some(halt) => {
                    Self::preview(&draft.prepared.plan);
                    return halted(named(halt), form);
                }
                None => draft.prepared,
            },
            Err(halt) => return halted(named(halt), form),
        };
        Self::preview(&prepared.plan);
        match self.decide(&prepared) {
            Err(halt) => halted(halt, form),
            Ok(consent) => {
                let carry = stages::carry_out(&self.plane, &self.journal, (&prepared, &consent));
                let outcome = runtime.block_on(carry);
                let told = report::ended(&outcome, Some(&prepared.plan), form);
                let kept = (&self.journal, &copies);
                runtime.block_on(copies::tell(&self.plane, kept, &outcome.id));
                told
            }
        }
    }

    fn decide(&self, prepared: &Prepared) -> Result<crate::plan::Consent, Halt> {
        if let Some(trap) = prepared.plan.traps.iter().find(|t| t.blocks) {
            return Err(Halt::new(HaltKind::Blocked, &trap.text));
        }
        let said = (self.args.yes, self.args.confirm.as_deref());
        consent::consent(said, self.safety, &prepared.plan)
    }

    /// What will happen, before it is asked for: on standard error, since the answer is what came of it.
    fn preview(plan: &Plan) {
        let text = preview(plan, stages::width());
        stages::write(&text);
    }

    fn read_only(&self) -> Halt {
        let context = Clean::new(self.ask.cluster.as_str());
        let text = format!("Context {context} is read-only: nothing is changed in it");
        Halt::new(HaltKind::ReadOnly, &text)
            .hint("The setting read-only names the contexts in which nothing is changed")
    }

    fn failed(halt: &Halt) -> Failure {
        let halt = named(halt.clone());
        ended(code(halt.kind), &sentence(&halt.what), &halt.hint)
    }
}

/// What to try where an object was not found by its name.
fn named(halt: Halt) -> Halt {
    if halt.kind != HaltKind::Gone || !halt.hint.is_empty() {
        return halt;
    }
    halt.hint("Another namespace is named with -n, another cluster with --context.")
}

/// As messages of this program begin: small, unless it is a name.
fn sentence(what: &str) -> String {
    let mut chars = what.chars();
    match (chars.next(), what.split(' ').next()) {
        (Some(first), Some("There" | "The" | "It" | "Context" | "Another")) => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => what.to_owned(),
    }
}

fn wrong_parameter(error: &ParamsError) -> Failure {
    let hint = match error {
        ParamsError::Unknown { name, known, .. } => {
            match (nearest(name, known.iter().copied()), known.is_empty()) {
                (Some(near), _) => format!("Did you mean {near}?"),
                (None, true) => "It takes none.".to_owned(),
                (None, false) => format!("It takes: {}", known.join(", ")),
            }
        }
        ParamsError::Value { .. } | ParamsError::Twice(_) => String::new(),
    };
    ended(USAGE, &error.to_string(), &hint)
}

fn ended(code: u8, what: &str, hint: &str) -> Failure {
    let message = if hint.is_empty() {
        what.to_owned()
    } else {
        format!("{what}\n{hint}")
    };
    Failure::Ended { message, code }
}

/// Columns of the terminal that answers are written to; `None` when it is none.
fn width() -> Option<usize> {
    use std::io::IsTerminal as _;
    std::io::stdout().is_terminal().then(stages::columns)?
}

/// Tells something on the way, where a person looks or a log is kept.
fn tell(line: &str) {
    say(line);
}
