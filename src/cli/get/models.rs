//! Reading the versions of the models that are named. Pure.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::ask::{GetArgs, wrong};
use super::kinds::{ListView, Listed, find};
use super::sheet::{Sheet, View};
use crate::app::items::gate;
use crate::app::lists::gates_of;
use crate::app::screen::Screen;
use crate::app::versions::ModelScreen;
use crate::cli::exit::Failure;
use crate::cli::session::Session;
use crate::domain::{Clean, Key, VersionRow};
use crate::store::{Table, TruthRow, Want};

/// What the versions are called on the command line.
pub const VERSIONS: &str = "versions";

/// The versions of models.
#[derive(Debug)]
pub struct Versions {
    list: ListView,
    models: Vec<String>,
}

impl Versions {
    /// Of the models that the arguments name.
    pub fn new(args: &GetArgs) -> Result<Self, Failure> {
        if args.names.is_empty() {
            return Err(wrong(
                "versions are those of a model",
                "Write: midwatch get versions MODEL; midwatch get models lists them",
            ));
        }
        let list: &'static Listed =
            find(VERSIONS).ok_or_else(|| wrong("there is no such kind", ""))?;
        let all = GetArgs {
            names: Vec::new(),
            namespaces: Vec::new(),
            ..args.clone()
        };
        Ok(Self {
            list: list.view(&all),
            models: args.names.clone(),
        })
    }
}

impl View for Versions {
    fn wants(&self, session: &Session) -> Vec<Want> {
        let clusters = session.clusters();
        let of = |name: &String| {
            let each = clusters.iter().flat_map(|cluster| {
                let key = Key::new(cluster.clone(), "", name);
                ModelScreen::new(key).wants(clusters)
            });
            each.collect::<Vec<_>>()
        };
        let wants: BTreeSet<Want> = self.models.iter().flat_map(of).collect();
        wants.into_iter().collect()
    }

    /// Models and services only add what is served.
    fn needs(&self, feed: &str) -> bool {
        feed == VERSIONS || feed == "models"
    }

    fn spares(&self, feed: &str) -> bool {
        matches!(feed, "services" | "llm-services" | "revisions")
    }

    fn sheet(&self, session: &Session, now: Timestamp) -> Result<Sheet, Failure> {
        let mut sheet = self.list.sheet(session, now)?;
        let versions = session.world().table::<VersionRow>();
        let ctx = self.list.ctx(session, now);
        for line in &mut sheet.lines {
            let gates = versions
                .and_then(|t| t.get(&line.key))
                .map(|row| gates_of(row, &ctx));
            let gates: Vec<Value> = gates.iter().flatten().map(gate).collect();
            if let Value::Object(fields) = &mut line.item {
                fields.insert("gates".to_owned(), gates.into());
            }
        }
        for name in &self.models {
            let clean = Clean::new(name);
            let mut all = versions.into_iter().flat_map(Table::iter);
            let mut models = session
                .world()
                .table::<TruthRow>()
                .into_iter()
                .flat_map(Table::iter);
            if !all.any(|v| v.model == clean) && !models.any(|m| m.model.key.name == clean) {
                sheet
                    .missing
                    .push(format!("there is no registered model {clean}"));
            }
        }
        Ok(sheet)
    }
}
