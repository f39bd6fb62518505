//! `node.drain`: a node takes no more pods, and those that it has are asked to go. By evictions only, which respect
//! disruption budgets; never by deleting. Pure.

use std::collections::BTreeMap;

use super::NODES;
use crate::domain::{HolderKind, Span};
use crate::plan::argo::guards;
use crate::plan::beside::Read;
use crate::plan::form::Plan;
use crate::plan::given::Given;
use crate::plan::nodes::budget::{self, Budget};
use crate::plan::nodes::pods::{self, Class, Pod};
use crate::plan::nodes::{self, named, within};
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, ParameterKind, ParameterSpec, Right, Risk};

/// See the module.
pub(super) struct Drain;

const SPEC: ActionSpec = ActionSpec {
    name: "node.drain",
    title: "Cordon a node and ask its pods to go",
    targets: NODES,
    parameters: &[
        ParameterSpec {
            name: "delete-emptydir-data",
            kind: ParameterKind::Flag,
            default: "false",
            help: "Also pods that keep data in an emptyDir, which is lost.",
        },
        ParameterSpec {
            name: "force",
            kind: ParameterKind::Flag,
            default: "false",
            help: "Also pods that nothing makes anew: they are lost.",
        },
        ParameterSpec {
            name: "within",
            kind: ParameterKind::Text,
            default: "15m",
            help: "How long it is asked again where a disruption budget says not now, and ending pods are waited for.",
        },
    ],
    risk: Risk::LosesWork,
    rights: &[
        Right::to("patch", "", "nodes"),
        Right::to("list", "", "pods"),
        Right::to("list", "policy", "poddisruptionbudgets"),
        Right::to("create", "", "pods/eviction"),
    ],
    inverse: "node.uncordon: lets it take pods again; those that left do not come back by themselves",
    verify: "The pods that were asked to go are gone, and the node takes no more",
};

impl Action for Drain {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn reads(&self, given: &Given<'_>) -> Vec<Read> {
        vec![pods::read(given.object), budget::read()]
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        guards::stands(given.object)?;
        let patience = within(given.params.text("within"), given.now)?;
        let all = pods::seen(given)?;
        let of = |class| all.iter().filter(move |p: &&Pod<'_>| p.class() == class);
        let moves: Vec<&Pod<'_>> = of(Class::Moves).collect();
        let cordoned = nodes::is_cordoned(given.object);
        if cordoned && moves.is_empty() {
            return Err(Refused::new(
                "The node is cordoned, and no pod is on it that a drain would move",
            )
            .instead("node.uncordon lets it take pods again"));
        }
        let mut plan = Plan::new(given, &SPEC, "");
        plan.does = format!(
            "Lets node {} take no more pods, and asks {} to go",
            plan.target.words(),
            count(moves.len(), "pod")
        )
        .into();
        pods::need(&mut plan);
        if cordoned {
            plan.fact("again", "The node is cordoned already, and stays so");
        } else {
            nodes::cordon(&mut plan);
            plan.inverse = Some(nodes::UNDONE);
        }
        lost(&mut plan, given, &moves);
        dies(&mut plan, &moves);
        budgets(&mut plan, given, &moves);
        stays(&mut plan, &of);
        for pod in &moves {
            plan.evict(pod, &format!("It has {} s to end", pod.grace()));
        }
        nodes::drained(&mut plan, SPEC.verify, patience);
        Ok(plan)
    }
}

/// Pods whose data, or who themselves, do not come back: not without the operator's word.
fn lost(plan: &mut Plan, given: &Given<'_>, moves: &[&Pod<'_>]) {
    let names = |which: &dyn Fn(&Pod<'_>) -> bool| -> Vec<String> {
        let all = moves.iter().filter(|p| which(p));
        all.map(|p| p.words()).collect()
    };
    let local = names(&|p| p.has_local_data());
    let bare = names(&|p| p.is_bare());
    let cases = [
        (
            local,
            "keeps data in an emptyDir that is lost with it",
            "keep data in an emptyDir that is lost with them",
            "delete-emptydir-data",
        ),
        (
            bare,
            "is owned by nothing that makes it anew: it is lost",
            "are owned by nothing that makes them anew: they are lost",
            "force",
        ),
    ];
    for (pods, one, many, flag) in cases {
        if pods.is_empty() {
            continue;
        }
        let what = if pods.len() == 1 { one } else { many };
        let text = format!("{} {what}: {}", count(pods.len(), "pod"), named(&pods));
        if given.params.flag(flag) {
            plan.warn(&text);
        } else {
            plan.block(&format!("{text}. If that is meant: --param {flag}=true"));
        }
    }
}

/// What the pods work for, and what becomes of it.
fn dies(plan: &mut Plan, moves: &[&Pod<'_>]) {
    let mut work: BTreeMap<(HolderKind, String), usize> = BTreeMap::new();
    for pod in moves {
        let holder = &pod.holder;
        let name = format!("{}/{}", holder.key.namespace, holder.key.name);
        *work.entry((holder.kind, name)).or_default() += 1;
    }
    for (kind, becomes) in [
        (
            HolderKind::Run,
            "their steps fail here, and run again only where they are retried",
        ),
        (
            HolderKind::Trial,
            "what they have learnt is lost; Katib counts them as failed, or begins them anew",
        ),
        (
            HolderKind::Job,
            "what is not in a checkpoint is lost, and the whole job may begin anew",
        ),
        (HolderKind::Notebook, "what is in their memory is lost"),
        (
            HolderKind::Service,
            "they serve with fewer replicas until new ones have loaded their model elsewhere",
        ),
    ] {
        let of = work.iter().filter(|((k, _), _)| *k == kind);
        let names: Vec<String> = of.map(|((_, name), n)| worker(name, *n)).collect();
        if !names.is_empty() {
            plan.warn(&format!(
                "{}: {}: {becomes}",
                count(names.len(), kind.word()),
                named(&names)
            ));
        }
    }
}

fn worker(name: &str, pods: usize) -> String {
    match pods {
        1 => name.to_owned(),
        n => format!("{name} ({n} pods)"),
    }
}

/// What disruption budgets say.
fn budgets(plan: &mut Plan, given: &Given<'_>, moves: &[&Pod<'_>]) {
    budget::need(plan);
    let all = match budget::seen(given) {
        Ok(all) => all,
        Err(why) => {
            plan.warn(&format!(
                "Which disruption budgets there are could not be seen ({why}): the server asks them all the same, and may say not now"
            ));
            return;
        }
    };
    for pod in moves {
        let over: Vec<String> = all
            .iter()
            .filter(|b| b.covers(pod))
            .map(|b| b.words())
            .collect();
        if over.len() > 1 {
            plan.block(&format!(
                "Pod {} has {} disruption budgets ({}): the server never evicts such a pod. One of them has to go",
                pod.words(),
                over.len(),
                named(&over)
            ));
        }
    }
    for budget in all {
        let under: Vec<String> = moves
            .iter()
            .filter(|p| budget.covers(p))
            .map(|p| p.words())
            .collect();
        if !under.is_empty() {
            say(plan, budget, &under);
        }
    }
}

fn say(plan: &mut Plan, budget: Budget<'_>, under: &[String]) {
    let allows = budget.allows();
    let here = count(under.len(), "pod");
    let head = format!("Budget {} ({})", budget.words(), budget.why());
    if budget.never() {
        plan.warn(&format!(
            "{head} never lets one of its pods go, so {here} here would stay: {}. Its owner has to scale up, or change it",
            named(under)
        ));
    } else if allows <= 0 {
        plan.warn(&format!(
            "{head} lets none of its pods go now: {here} here wait until it does: {}",
            named(under)
        ));
    } else if usize::try_from(allows).unwrap_or(usize::MAX) < under.len() {
        plan.warn(&format!(
            "{head} lets {allows} go at a time, and {here} of it are here, so they go one after the other: {}",
            named(under)
        ));
    } else {
        plan.fact("budget", &format!("{head} lets {here} here go"));
    }
}

/// The pods that stay, and those that are going.
fn stays<'a, I>(plan: &mut Plan, of: &impl Fn(Class) -> I)
where
    I: Iterator<Item = &'a Pod<'a>>,
{
    let names = |class| -> Vec<String> { of(class).map(Pod::words).collect() };
    for (class, topic, text) in [
        (
            Class::Stays,
            "stays",
            "of DaemonSets or of the kubelet itself stay: they would be made anew at once",
        ),
        (Class::Going, "going", "are ending already"),
    ] {
        let names = names(class);
        if !names.is_empty() {
            let text = format!("{} {text}: {}", count(names.len(), "pod"), named(&names));
            plan.fact(topic, &text);
        }
    }
    let ended = names(Class::Finished).len();
    if ended > 0 {
        let pods = count(ended, "pod");
        plan.fact(
            "ended",
            &format!("{pods} here came to an end: with their logs, they stay"),
        );
    }
    let longest = of(Class::Moves).map(Pod::grace).max().unwrap_or(0);
    if longest > 60 {
        plan.fact(
            "grace",
            &format!("One of them has up to {} to end", Span(longest)),
        );
    }
}

fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}
