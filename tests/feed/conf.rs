//! A small kind to test with: config maps.

use std::path::Path;
use std::time::Duration;

use midwatch::domain::{Clean, ClusterId, Key, Row};
use midwatch::feed::kube::{Options, entry};
use midwatch::kinds::{Kind, KindSpec, SlimMeta};
use serde::Deserialize;

use super::support::console::Console;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfRow {
    pub key: Key,
    pub value: Clean,
}

impl Row for ConfRow {
    fn key(&self) -> &Key {
        &self.key
    }
}

#[derive(Deserialize)]
pub struct SlimConf {
    metadata: SlimMeta,
    #[serde(default)]
    data: Data,
}

#[derive(Deserialize, Default)]
struct Data {
    #[serde(default)]
    v: String,
}

pub struct ConfigMaps;

impl Kind for ConfigMaps {
    type Slim = SlimConf;
    type Row = ConfRow;
    const SPEC: KindSpec = KindSpec {
        feed: "confs",
        group: "",
        version: "v1",
        plural: "configmaps",
        kind: "ConfigMap",
        namespaced: true,
        page: 5,
    };

    fn meta(slim: &SlimConf) -> &SlimMeta {
        &slim.metadata
    }

    fn row(cluster: &ClusterId, slim: SlimConf) -> ConfRow {
        ConfRow {
            key: slim.metadata.key(cluster),
            value: Clean::new(&slim.data.v),
        }
    }
}

/// Options with times that a test can wait for.
pub fn quick() -> Options {
    let ms = Duration::from_millis;
    Options {
        kinds: vec![entry::<ConfigMaps>()],
        answer: ms(1_500),
        page: ms(4_000),
        retry_min: ms(20),
        retry_max: ms(200),
        retry_api: ms(100),
        retry_denied: ms(700),
        settled: ms(300),
        gap: ms(300),
        renew: ms(200),
        batch: ms(20),
        alive: ms(100),
        load: ms(200),
        ..Options::default()
    }
}

/// Watches all config maps through a kubeconfig.
pub fn watch_all(kubeconfig: &Path, options: Options) -> Console {
    let console = Console::start(kubeconfig, &[], options, 64);
    console.want("test", &["confs"]);
    console
}

/// The table equals what the server holds.
pub fn same(console: &Console, truth: &std::collections::BTreeMap<String, String>) -> bool {
    console.rows(|r: &ConfRow| r.value.to_string()) == *truth
}
