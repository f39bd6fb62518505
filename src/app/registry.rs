//! Screens that a key can reach, in the order of the header. Pure. A new screen adds a line.

use super::gpus::GpuScreen;
use super::journal::Actions;
use super::list::ListScreen;
use super::lists::{
    Alerts, Crons, Events, Experiments, Holders, Home, Jobs, Models, Namespaces, Nodes, Notebooks,
    Pods, Queues, Quotas, Revisions, Runs, Services, Slices, Sources, Templates, Trials, Waiting,
    Workloads,
};
use super::messages::Messages;
use super::screen::Entry;

/// All of them; the first of a group is what the group's key shows.
pub static SCREENS: &[Entry] = &[
    Entry {
        id: "home",
        group: "home",
        title: "Home",
        number: Some(('1', "Home")),
        make: ListScreen::<Home>::make,
    },
    Entry {
        id: "runs",
        group: "runs",
        title: "Runs",
        number: Some(('2', "Runs")),
        make: ListScreen::<Runs>::make,
    },
    Entry {
        id: "experiments",
        group: "trials",
        title: "Experiments",
        number: Some(('3', "Trials")),
        make: ListScreen::<Experiments>::make,
    },
    Entry {
        id: "trials",
        group: "trials",
        title: "Trials",
        number: None,
        make: ListScreen::<Trials>::make,
    },
    Entry {
        id: "models",
        group: "models",
        title: "Models",
        number: Some(('4', "Models")),
        make: ListScreen::<Models>::make,
    },
    Entry {
        id: "serving",
        group: "serving",
        title: "Services",
        number: Some(('5', "Serving")),
        make: ListScreen::<Services>::make,
    },
    Entry {
        id: "revisions",
        group: "serving",
        title: "Revisions",
        number: None,
        make: ListScreen::<Revisions>::make,
    },
    Entry {
        id: "gpus",
        group: "gpus",
        title: "Tree",
        number: Some(('6', "GPUs")),
        make: GpuScreen::make,
    },
    Entry {
        id: "holders",
        group: "gpus",
        title: "Holders",
        number: None,
        make: ListScreen::<Holders>::make,
    },
    Entry {
        id: "waiting",
        group: "gpus",
        title: "Waiting",
        number: None,
        make: ListScreen::<Waiting>::make,
    },
    Entry {
        id: "slices",
        group: "gpus",
        title: "Slices",
        number: None,
        make: ListScreen::<Slices>::make,
    },
    Entry {
        id: "queues",
        group: "gpus",
        title: "Queues",
        number: None,
        make: ListScreen::<Queues>::make,
    },
    Entry {
        id: "workloads",
        group: "gpus",
        title: "Workloads",
        number: None,
        make: ListScreen::<Workloads>::make,
    },
    Entry {
        id: "quotas",
        group: "gpus",
        title: "Quotas",
        number: None,
        make: ListScreen::<Quotas>::make,
    },
    Entry {
        id: "notebooks",
        group: "gpus",
        title: "Notebooks",
        number: None,
        make: ListScreen::<Notebooks>::make,
    },
    Entry {
        id: "jobs",
        group: "jobs",
        title: "Jobs",
        number: Some(('7', "Jobs")),
        make: ListScreen::<Jobs>::make,
    },
    Entry {
        id: "platform",
        group: "platform",
        title: "Nodes",
        number: Some(('8', "Platform")),
        make: ListScreen::<Nodes>::make,
    },
    Entry {
        id: "pods",
        group: "platform",
        title: "Pods",
        number: None,
        make: ListScreen::<Pods>::make,
    },
    Entry {
        id: "namespaces",
        group: "platform",
        title: "Namespaces",
        number: None,
        make: ListScreen::<Namespaces>::make,
    },
    Entry {
        id: "schedules",
        group: "platform",
        title: "Schedules",
        number: None,
        make: ListScreen::<Crons>::make,
    },
    Entry {
        id: "templates",
        group: "platform",
        title: "Templates",
        number: None,
        make: ListScreen::<Templates>::make,
    },
    Entry {
        id: "events",
        group: "platform",
        title: "Events",
        number: None,
        make: ListScreen::<Events>::make,
    },
    Entry {
        id: "alerts",
        group: "serving",
        title: "Alerts",
        number: None,
        make: ListScreen::<Alerts>::make,
    },
    Entry {
        id: "journal",
        group: "journal",
        title: "Journal",
        number: Some(('9', "Journal")),
        make: ListScreen::<Actions>::make,
    },
    Entry {
        id: "sources",
        group: "sources",
        title: "Sources",
        number: Some(('0', "Sources")),
        make: ListScreen::<Sources>::make,
    },
    Entry {
        id: "messages",
        group: "sources",
        title: "Messages",
        number: None,
        make: Messages::make,
    },
];

/// One of them.
#[must_use]
pub fn entry(id: &str) -> Option<&'static Entry> {
    SCREENS.iter().find(|e| e.id == id)
}

/// The tabs of the group that a screen stands in; empty for a group of one.
#[must_use]
pub fn tabs(id: &str) -> Vec<&'static Entry> {
    let group = entry(id).map_or("", |e| e.group);
    let tabs: Vec<_> = SCREENS.iter().filter(|e| e.group == group).collect();
    if tabs.len() > 1 { tabs } else { Vec::new() }
}
