//! `midwatch do`: an action on one object. This version plans and shows; it sends nothing but reads. I/O.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use serde_json::Value;

use super::actions::{Form, known};
use super::args::Connect;
use super::console::{log_in, runtime};
use super::exit::{Failure, NOT_FOUND};
use super::print::{json_text, print};
use super::told::told;
use crate::act::{Reads, keepers};
use crate::domain::Clean;
use crate::fault::{Fault, FaultKind};
use crate::feed::kube::{Once, Options, Target};
use crate::plan::{
    ActionSpec, Cluster, Given, Params, ParamsError, Plan, Refused, Resource, action, forecast,
    nearest,
};

/// The action is not possible on this object.
const REFUSED: u8 = 5;
/// The arguments are wrong.
const USAGE: u8 = 2;

/// Plan an action on one object.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Exit codes:
  0  the plan is printed
  1  failed; what failed is on standard error
  2  the arguments are wrong
  4  there is no such object
  5  refused: the action is not possible on this object, or would do harm; why is on standard error")]
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
    /// How to write the plan
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

/// Plans an action, and prints the plan.
pub fn run(args: &DoArgs, connect: &Connect) -> Result<ExitCode, Failure> {
    let spec = known(&args.action)?;
    let params = Params::parse(spec, &args.params).map_err(|e| wrong_parameter(&e))?;
    if !args.dry_run {
        return Err(ended(
            USAGE,
            "this version only plans: add --dry-run",
            "The plan names each request, so that it can be sent by hand.",
        ));
    }
    let connect = joined(&args.connect, connect);
    let [namespace, more @ ..] = &connect.namespaces[..] else {
        return plan_in(args, spec, &params, &connect, "");
    };
    if !more.is_empty() {
        return Err(ended(
            USAGE,
            "an action has one target: name one namespace",
            "",
        ));
    }
    plan_in(args, spec, &params, &connect, namespace)
}

fn plan_in(
    args: &DoArgs,
    spec: &'static ActionSpec,
    params: &Params,
    connect: &Connect,
    namespace: &str,
) -> Result<ExitCode, Failure> {
    let mut found = log_in(connect)?;
    let Some(cluster) = found.pop().filter(|_| found.is_empty()) else {
        return Err(ended(
            USAGE,
            "an action has one target: name one context",
            "",
        ));
    };
    let object = Object::named(&args.target, spec, namespace, &cluster)?;
    let runtime = runtime()?;
    let server = Server(Once::new(cluster.clone(), Options::default()));
    let (value, cluster) = runtime.block_on(object.read(&server.0, &cluster))?;
    let given = Given {
        object: &value,
        params,
        now: Timestamp::now(),
        cluster: &cluster,
        namespace: &object.namespace,
        suffix: &suffix(),
    };
    let planned = action(spec.name).map(|action| action.plan(&given));
    match planned {
        Some(Ok(mut plan)) => {
            let seen = runtime.block_on(keepers(&server, &value, &plan));
            runtime.shutdown_background();
            plan.forecast = forecast(&value, &plan, &seen);
            show(&plan, args.output)
        }
        Some(Err(refused)) => Err(not_possible(spec, &object, &refused)),
        None => Err(ended(1, "the action is not known", "")),
    }
}

/// Prints the plan. One that must not run ends like one that cannot be made.
fn show(plan: &Plan, form: Form) -> Result<ExitCode, Failure> {
    let printed = print(&match form {
        Form::Json => json_text(plan),
        Form::Text => told(plan, width()),
    })?;
    Ok(if plan.is_blocked() {
        ExitCode::from(REFUSED)
    } else {
        printed
    })
}

/// What the command itself names goes before what stands before it.
fn joined(own: &Connect, outer: &Connect) -> Connect {
    let or = |own: &Vec<String>, outer: &Vec<String>| {
        if own.is_empty() {
            outer.clone()
        } else {
            own.clone()
        }
    };
    Connect {
        kubeconfig: own.kubeconfig.clone().or_else(|| outer.kubeconfig.clone()),
        contexts: or(&own.contexts, &outer.contexts),
        namespaces: or(&own.namespaces, &outer.namespaces),
    }
}

/// A cluster that is only read.
struct Server(Once);

impl Reads for Server {
    fn get(&self, path: &str, what: &str) -> impl Future<Output = Result<Value, Fault>> + Send {
        self.0.get(path, what)
    }
}

/// The object that is meant.
struct Object {
    resource: Resource,
    namespace: String,
    name: String,
}

impl Object {
    fn named(
        target: &str,
        spec: &ActionSpec,
        namespace: &str,
        cluster: &Target,
    ) -> Result<Self, Failure> {
        let wrong = || {
            ended(
                USAGE,
                &format!("{} is no target", Clean::new(target)),
                "Write NAME, NAMESPACE/NAME or RESOURCE/NAME.",
            )
        };
        let (before, name) = target.rsplit_once('/').unwrap_or(("", target));
        let resource = spec.targets.iter().find(|r| r.plural == before);
        let place = if resource.is_some() { "" } else { before };
        if name.is_empty() || before.contains('/') || target.starts_with('/') {
            return Err(wrong());
        }
        if !place.is_empty() && !namespace.is_empty() && place != namespace {
            let text = format!("two namespaces are named: {place} and {namespace}");
            return Err(ended(USAGE, &text, ""));
        }
        let namespace = [place, namespace, &cluster.namespace]
            .into_iter()
            .find(|n| !n.is_empty());
        Ok(Self {
            resource: *resource.or(spec.targets.first()).ok_or_else(wrong)?,
            namespace: namespace.unwrap_or("default").to_owned(),
            name: name.to_owned(),
        })
    }

    fn words(&self) -> String {
        let name = Clean::new(&self.name);
        let kind = self.resource.kind;
        if self.resource.namespaced {
            format!("{kind} {name} in namespace {}", Clean::new(&self.namespace))
        } else {
            format!("{kind} {name}")
        }
    }

    /// Reads it, and which cluster it is on.
    async fn read(&self, server: &Once, target: &Target) -> Result<(Value, Cluster), Failure> {
        let mut cluster = Cluster {
            name: Clean::new(target.id.as_str()).to_string(),
            server: target.server.clone(),
            system_uid: String::new(),
            ca: String::new(),
        };
        let path = self.resource.path(&self.namespace, &self.name);
        let asked = format!("get {}", self.words());
        let value = server.get(&path, &asked).await;
        let value = value.map_err(|fault| self.missing(fault))?;
        // not everyone may read it; without it, only the address tells which cluster it is
        let system = server.get(
            "/api/v1/namespaces/kube-system",
            "get namespace kube-system",
        );
        if let Ok(system) = system.await {
            let uid = system.pointer("/metadata/uid").and_then(Value::as_str);
            cluster.system_uid = Clean::new(uid.unwrap_or_default()).to_string();
        }
        Ok((value, cluster))
    }

    fn missing(&self, fault: Fault) -> Failure {
        // a kind that is not installed is another matter, and says so
        let named = fault.what.contains(&format!("\"{}\" not found", self.name));
        if fault.kind == FaultKind::Gone && named {
            return ended(
                NOT_FOUND,
                &format!("there is no {}", self.words()),
                "Another namespace is named with -n, another cluster with --context.",
            );
        }
        fault.into()
    }
}

fn not_possible(spec: &ActionSpec, object: &Object, refused: &Refused) -> Failure {
    let text = format!(
        "{} of {} is refused: {}",
        spec.name,
        object.words(),
        refused.why
    );
    ended(REFUSED, &text, &refused.instead)
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

/// Columns of the terminal that is written to; `None` when it is none.
fn width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    let (columns, _) = crossterm::terminal::size().ok()?;
    Some(usize::from(columns)).filter(|c| *c > 0)
}

/// Five letters or digits by chance, as the API server makes names.
fn suffix() -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut chance = RandomState::new().build_hasher().finish();
    let mut text = String::new();
    for _ in 0..5 {
        let at = usize::try_from(chance % 27).unwrap_or_default();
        text.push(LETTERS.get(at).map_or('x', |b| char::from(*b)));
        chance /= 27;
    }
    text
}
