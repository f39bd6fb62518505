//! Namespaces. Pure.

use serde::Deserialize;

use super::lenient::Obj;
use super::meta::Meta;
use super::{Kind, KindSpec, SlimMeta};
use crate::domain::{Clean, ClusterId, NamespaceRow};

/// The feed `namespaces`.
#[derive(Debug, Clone, Copy)]
pub struct Namespaces;

/// What is read of a namespace.
#[derive(Debug, Deserialize)]
pub struct Slim {
    metadata: Meta,
    #[serde(default)]
    status: Obj<Status>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status {
    phase: Clean,
}

impl Kind for Namespaces {
    type Slim = Slim;
    type Row = NamespaceRow;
    const SPEC: KindSpec = KindSpec {
        feed: "namespaces",
        group: "",
        version: "v1",
        plural: "namespaces",
        kind: "Namespace",
        namespaced: false,
        page: 1000,
    };

    fn meta(slim: &Slim) -> &SlimMeta {
        &slim.metadata.slim
    }

    fn row(cluster: &ClusterId, slim: Slim) -> NamespaceRow {
        NamespaceRow {
            key: slim.metadata.slim.key(cluster),
            phase: slim.status.or_empty().phase,
            created: slim.metadata.created.0,
        }
    }
}
