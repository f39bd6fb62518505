//! One Argo workflow, opened: its row and its steps as a tree. Pure.

use super::argo::fold::Fold;
use super::argo::graph::{Context, tree};
use super::argo::node::NodeList;
use super::argo::object::{Arguments, Timers, Workflow};
use super::lenient::Obj;
use super::workflow::{Seen, run_row};
use super::{Kind, KindSpec, SlimMeta, Workflows};
use crate::domain::{Clean, ClusterId, Parameter, RunDetail};

/// The feed `run`: the same objects as `workflows`, decoded whole.
#[derive(Debug, Clone, Copy)]
pub struct Runs;

impl Kind for Runs {
    type Slim = Workflow<NodeList>;
    type Row = RunDetail;
    const SPEC: KindSpec = KindSpec {
        feed: "run",
        page: 10,
        ..Workflows::SPEC
    };

    fn meta(slim: &Self::Slim) -> &SlimMeta {
        &slim.metadata.slim
    }

    fn row(cluster: &ClusterId, mut slim: Self::Slim) -> RunDetail {
        let mut status = std::mem::take(&mut slim.status).or_empty();
        let (nodes, storage, gap) = status.take_nodes();
        slim.status = Obj(Some(status));
        let spec = std::mem::take(&mut slim.spec).or_empty();
        let timers = match slim.status.get() {
            Some(status) => Timers::new(&spec, status),
            None => Timers::default(),
        };
        let tree = tree(&nodes.0, &Context::new(&slim, &timers));
        let mut fold = Fold::default();
        for node in &nodes.0 {
            fold.add(&node.key, &node.slim());
        }
        let status = slim.status.or_empty();
        let folded = fold.finish(&timers);
        let seen = Seen {
            status: &status,
            folded,
            storage,
            gap: &gap,
        };
        RunDetail {
            row: run_row(cluster, &slim.metadata, &spec, &seen),
            tree,
            arguments: values(&spec.arguments),
            outputs: values(&status.outputs),
            gap: Clean::new(&gap),
            shutdown: spec.shutdown,
        }
    }
}

fn values(arguments: &Obj<Arguments>) -> Vec<Parameter> {
    let all = arguments.get().map(|a| &*a.parameters).unwrap_or_default();
    all.iter()
        .filter_map(Obj::get)
        .map(super::argo::object::RawParameter::shown)
        .collect()
}

#[cfg(test)]
mod tests;
