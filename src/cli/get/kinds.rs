//! Which lists there are, and reading one of them through the very code of the screen: columns, filter and order are
//! the same. Pure. A new list adds a line to [`KINDS`].

mod view;

use std::collections::BTreeSet;

use super::ask::{Beside, GetArgs, wrong};
use super::sheet::{Eyes, Head, Sheet};
use crate::app::items::Item;
use crate::app::list::{Column, ListScreen, Listing};
use crate::app::lists::{
    Alerts, Crons, Events, Experiments, Gpus, Holders, Home, Jobs, Models, Namespaces, Nodes,
    Notebooks, Pods, Queues, Quotas, Revisions, Runs, Services, Slices, Sources, Templates, Trials,
    Versions, Waiting, Workloads,
};
use crate::app::screen::{Ctx, Screen};
use crate::cli::exit::Failure;
use crate::domain::ClusterId;
use crate::kinds::spec;
use crate::store::{Scope, Want};

/// Name and short names of the steps of a run, which are no list of their own.
pub const STEPS: (&str, &[&str]) = ("steps", &["step"]);

/// One list.
#[derive(Debug)]
pub struct Listed {
    /// Id of its screen.
    pub id: &'static str,
    /// What it is called on the command line.
    pub name: &'static str,
    /// What it is called as well.
    pub aliases: &'static [&'static str],
    /// What a row is called in a sentence.
    pub word: &'static str,
    /// What a row is called in JSON.
    pub kind: &'static str,
    wants: fn(&[ClusterId]) -> Vec<Want>,
    /// Feeds that only add to its rows.
    beside: &'static [&'static str],
    /// Feeds whose kind need not be installed.
    optional: &'static [&'static str],
    columns: fn() -> Vec<Head>,
    read: fn(&Asked, &Ctx<'_>) -> Result<Sheet, Failure>,
}

static KINDS: &[Listed] = &[
    listed::<Home>("findings", &["finding", "home"], "finding", "Finding"),
    listed::<Runs>(
        "runs",
        &["run", "workflows", "workflow", "wf"],
        "run",
        "Run",
    ),
    listed::<Models>(
        "models",
        &["model", "registeredmodels"],
        "registered model",
        "Model",
    ),
    // those of one model each: all of all models are asked for by nobody
    Listed {
        wants: |_| Vec::new(),
        ..listed::<Versions>(
            super::models::VERSIONS,
            &["version", "modelversions", "mv"],
            "version",
            "Version",
        )
    },
    listed::<Pods>("pods", &["pod", "po"], "pod", "Pod"),
    listed::<Nodes>("nodes", &["node", "no", "platform"], "node", "Node"),
    listed::<Namespaces>("namespaces", &["namespace", "ns"], "namespace", "Namespace"),
    listed::<Crons>(
        "schedules",
        &["schedule", "crons", "cron", "cronworkflows", "cwf"],
        "schedule",
        "Schedule",
    ),
    listed::<Templates>(
        "templates",
        &["template", "workflowtemplates", "wftmpl"],
        "template",
        "Template",
    ),
    listed::<Alerts>("alerts", &["alert"], "alert", "Alert"),
    listed::<Events>("events", &["event", "ev"], "event", "Event"),
    listed::<Services>(
        "services",
        &[
            "service",
            "serving",
            "isvc",
            "inferenceservices",
            "inferenceservice",
        ],
        "service",
        "Service",
    ),
    listed::<Revisions>("revisions", &["revision", "rev"], "revision", "Revision"),
    listed::<Experiments>(
        "experiments",
        &["experiment", "exp", "katib"],
        "experiment",
        "Experiment",
    ),
    listed::<Trials>("trials", &["trial"], "trial", "Trial"),
    listed::<Jobs>(
        "jobs",
        &["job", "trainjobs", "pytorchjobs", "jobsets", "rayjobs"],
        "job",
        "Job",
    ),
    listed::<Gpus>("gpus", &["gpu"], "GPU", "Gpu"),
    listed::<Slices>("slices", &["slice", "mig"], "slice", "Slice"),
    listed::<Holders>("holders", &["holder"], "holder", "Holder"),
    listed::<Waiting>("waiting", &[], "waiting pod", "Waiting"),
    listed::<Queues>(
        "queues",
        &["queue", "clusterqueues", "localqueues", "cq", "lq"],
        "queue",
        "Queue",
    ),
    listed::<Workloads>(
        "workloads",
        &["workload", "wl", "kueue"],
        "workload",
        "Workload",
    ),
    listed::<Quotas>(
        "quotas",
        &["quota", "resourcequotas", "resourcequota"],
        "quota",
        "Quota",
    ),
    listed::<Notebooks>("notebooks", &["notebook", "nb"], "notebook", "Notebook"),
    listed::<Sources>("sources", &["source"], "source", "Source"),
];

/// All lists.
#[must_use]
pub fn kinds() -> &'static [Listed] {
    KINDS
}

/// The list of this name or short name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Listed> {
    KINDS
        .iter()
        .find(|kind| kind.name == name || kind.aliases.contains(&name))
}

const fn listed<L: Listing>(
    name: &'static str,
    aliases: &'static [&'static str],
    word: &'static str,
    kind: &'static str,
) -> Listed
where
    L::Row: Item,
{
    Listed {
        id: L::ID,
        name,
        aliases,
        word,
        kind,
        wants: |clusters| ListScreen::<L>::default().wants(clusters),
        beside: L::BESIDE,
        optional: L::OPTIONAL,
        columns: || L::columns().iter().map(head).collect(),
        read: view::read::<L>,
    }
}

fn head<R>(column: &Column<R>) -> Head {
    Head {
        id: column.id,
        title: column.title,
        least: usize::from(column.min),
        drop: column.drop,
        right: column.right,
        wide: false,
    }
}

/// What is asked of a list.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    filter: String,
    sort: Option<(usize, bool)>,
    names: Vec<String>,
    namespaces: Vec<String>,
}

/// A list to be read.
#[derive(Debug)]
pub struct ListView {
    list: &'static Listed,
    asked: Asked,
    eyes: Eyes,
    beside: Beside,
}

impl Listed {
    /// This list as the arguments want it.
    #[must_use]
    pub fn view(&'static self, args: &GetArgs) -> ListView {
        let asked = Asked {
            filter: args.filter.clone().unwrap_or_default(),
            sort: args.sort.as_deref().and_then(|s| self.sort_of(s).ok()),
            names: args.names.clone(),
            namespaces: args.namespaces.clone(),
        };
        ListView {
            list: self,
            asked,
            eyes: Eyes::with_gates(args.gates.clone()),
            beside: args.beside.clone(),
        }
    }

    /// The column to sort by, and whether the order is turned around.
    pub fn sort_of(&self, text: &str) -> Result<(usize, bool), Failure> {
        let (turned, id) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let heads = (self.columns)();
        let at = heads.iter().position(|h| h.id == id);
        at.map(|at| (at, turned)).ok_or_else(|| {
            let ids: Vec<&str> = heads.iter().map(|h| h.id).collect();
            wrong(
                format!("{} have no column {:?}", self.name, id),
                format!("Columns: {}", ids.join(", ")),
            )
        })
    }

    /// What has to be watched: all of it, or the namespaces that were named.
    fn wants_in(&self, clusters: &[ClusterId], namespaces: &[String]) -> Vec<Want> {
        let mut wants = BTreeSet::new();
        for want in (self.wants)(clusters) {
            let whole = want.scope == Scope::All && !namespaces.is_empty();
            if whole && spec(want.feed).is_some_and(|s| s.namespaced) {
                wants.extend(namespaces.iter().map(|n| Want {
                    scope: Scope::Namespace(n.clone()),
                    ..want.clone()
                }));
            } else {
                wants.insert(want);
            }
        }
        wants.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::registry::SCREENS;

    #[test]
    fn every_list_of_a_cluster_that_a_key_reaches_can_be_printed() {
        let cluster = [ClusterId::new("c")];
        for entry in SCREENS {
            let reads = !(entry.make)().wants(&cluster).is_empty();
            if reads || entry.id == "sources" {
                let known = KINDS.iter().any(|k| k.id == entry.id);
                assert!(known, "midwatch get does not know the list {}", entry.id);
            }
        }
    }

    #[test]
    fn no_two_lists_answer_to_one_name() {
        let mut names: Vec<&str> = KINDS
            .iter()
            .flat_map(|k| k.aliases.iter().chain([&k.name]))
            .chain(STEPS.1.iter().chain([&STEPS.0]))
            .copied()
            .collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn named_namespaces_are_asked_for_alone() {
        let cluster = [ClusterId::new("c")];
        let two = ["a".to_owned(), "b".to_owned()];
        let scopes = |name: &str, namespaces: &[String]| -> Vec<Scope> {
            let wants = find(name).unwrap().wants_in(&cluster, namespaces);
            wants.into_iter().map(|w| w.scope).collect()
        };
        let named = [
            Scope::Namespace("a".to_owned()),
            Scope::Namespace("b".to_owned()),
        ];
        assert_eq!(scopes("wf", &two), named);
        assert_eq!(scopes("pods", &[]), [Scope::All]);
        assert_eq!(scopes("nodes", &two), [Scope::All]);
    }

    #[test]
    fn an_unknown_column_is_told_with_those_there_are() {
        let runs = find("runs").unwrap();
        assert_eq!(runs.sort_of("name").ok(), Some((1, false)));
        assert_eq!(runs.sort_of("-name").ok(), Some((1, true)));
        let Err(Failure::Usage { hint, .. }) = runs.sort_of("colour") else {
            panic!("there is no such column");
        };
        assert!(hint.contains("state, name"), "{hint}");
    }
}
