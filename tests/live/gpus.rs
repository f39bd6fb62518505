//! GPUs of real servers: through Prometheus, without it, with an exporter that stops, and from the driver of a node.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use midwatch::domain::{GpuRow, SmiRow, SourceState};
use midwatch::feed::kube::Options;
use midwatch::store::{Scope, Want};
use serde_json::Value;

use super::act::kubectl;
use super::schema::assert_valid;
use super::support::console::Console;
use super::support::pty::Program;
use super::support::{SOON, rig, wait_for};

/// Settings in which Prometheus is where nothing listens.
const NO_PROMETHEUS: &str = "[sources.prometheus]\nurl = \"http://127.0.0.1:9\"\n";

/// What a list of the person on watch is with these settings; the exit code, and what is on standard error.
fn get(kind: &str, settings: &str) -> (Vec<Value>, Option<i32>, String) {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.toml");
    std::fs::write(&file, settings).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_midwatch"))
        .env("KUBECONFIG", rig("MIDWATCH_RIG_KUBECONFIG_SRE"))
        .env("HOME", home.path())
        .env("XDG_STATE_HOME", home.path())
        .args(["get", kind, "-o", "json", "--timeout", "60s", "--config"])
        .arg(&file)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let list: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {told}"));
    assert_valid(&list);
    let items = list["items"].as_array().unwrap().clone();
    (items, output.status.code(), told)
}

fn names(items: &[Value]) -> BTreeSet<String> {
    let named = |item: &Value| item["name"].as_str().unwrap().to_owned();
    items.iter().map(named).collect()
}

fn of_node<'a>(items: &'a [Value], node: &str) -> Vec<&'a Value> {
    items.iter().filter(|item| item["node"] == node).collect()
}

#[test]
#[ignore = "needs tests/rig/live"]
fn exporters_tell_the_same_gpus_as_prometheus_does() {
    // one that another test has stopped takes its time to come back, and to be scraped again
    let (kept, (asked, code, told)) = wait_for("every exporter", SOON, || {
        let (kept, asked) = (get("gpus", "").0, get("gpus", NO_PROMETHEUS));
        (names(&asked.0) == names(&kept)).then_some((kept, asked))
    });
    for (items, source) in [
        (&kept, "DCGM, through Prometheus"),
        (&asked, "DCGM exporter, asked itself"),
    ] {
        assert!(!items.is_empty(), "{source}: {told}");
        assert!(items.iter().all(|i| i["source"] == source), "{items:#?}");
    }
    // one of them does not answer, which is told
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("1 of "), "{told}");
    assert!(told.contains("DCGM exporters do not answer"), "{told}");
    // what it cannot know is not made up
    for gpu in &asked {
        assert!(gpu["xid"]["at"].is_null(), "{gpu}");
        let slices = gpu["slices"].as_array().unwrap();
        assert!(slices.iter().all(|s| s["lastHour"].is_null()), "{gpu}");
    }
}

#[test]
#[ignore = "needs tests/rig/live"]
fn what_boards_and_slices_cannot_tell_is_null_and_never_0() {
    for settings in ["", NO_PROMETHEUS] {
        let (gpus, _, told) = get("gpus", settings);
        // an old exporter prints 9.2e18, a board without the profiling counters has the other metric
        let old = of_node(&gpus, "gpu-l4-01");
        assert!(!old.is_empty(), "{told}");
        for gpu in old {
            assert!(gpu["memoryTemperatureCelsius"].is_null(), "{gpu}");
            let metric = &gpu["slices"][0]["busy"]["metric"];
            assert_eq!(metric, "DCGM_FI_DEV_GPU_UTIL", "{gpu}");
        }
        // a driver that tells no memory of slices
        let cut = of_node(&gpus, "gpu-mig-02");
        let slices: Vec<&Value> = cut
            .iter()
            .flat_map(|gpu| gpu["slices"].as_array().unwrap())
            .filter(|slice| !slice["instance"].is_null())
            .collect();
        assert!(!slices.is_empty(), "{cut:#?}");
        for slice in slices {
            assert!(slice["memoryUsedMiB"].is_null(), "{slice}");
            assert_eq!(slice["busy"]["metric"], "DCGM_FI_PROF_GR_ENGINE_ACTIVE");
        }
        // both generations of labels name their node
        for node in ["gpu-h100-01", "gpu-a100-01"] {
            assert!(!of_node(&gpus, node).is_empty(), "{node}");
        }
        let lost = of_node(&gpus, "gpu-a100-03");
        assert!(lost.iter().any(|gpu| gpu["xid"]["code"] == 79), "{lost:#?}");
    }
}

/// An exporter that a test ended answers again, however the test ends.
struct Silent(&'static str);

impl Silent {
    fn now(node: &'static str) -> Self {
        let note = "rig.midwatch.dev/exporter=gone";
        kubectl(&["annotate", "node", node, "--overwrite", note], "").unwrap();
        Self(node)
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        let note = "rig.midwatch.dev/exporter-";
        if let Err(why) = kubectl(&["annotate", "node", self.0, note], "") {
            println!("{}: {why}", self.0);
        }
    }
}

fn watch() -> Console {
    let kubeconfig = rig("MIDWATCH_RIG_KUBECONFIG_SRE");
    Console::start(Path::new(&kubeconfig), &[], Options::default(), 256)
}

fn cluster(console: &Console) -> midwatch::domain::ClusterId {
    console.clusters.keys().next().unwrap().clone()
}

/// When a GPU of a node was measured last, in seconds; none where it is not on the screen.
fn measured(console: &Console, node: &str) -> Option<i64> {
    let table = console.world.table::<GpuRow>()?;
    let all = table.iter().filter(|row| &*row.node == node);
    all.filter_map(|row| row.measured.map(jiff::Timestamp::as_second))
        .max()
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn an_exporter_that_stops_leaves_its_gpus_with_the_time_of_their_last_figures() {
    let mut console = watch();
    console
        .until("the cluster", |c| !c.clusters.is_empty())
        .await;
    let name = cluster(&console);
    console.want(name.as_str(), &["gpus"]);
    let (silent, other) = ("gpu-a100-02", "gpu-a100-01");
    console
        .until("figures of both", |c| {
            measured(c, silent).is_some() && measured(c, other).is_some()
        })
        .await;
    let _silent = Silent::now(silent);
    console
        .until("the other's figures to be newer", |c| {
            let (old, new) = (measured(c, silent), measured(c, other));
            // it stays, and does not count as measured now
            old.zip(new).is_some_and(|(old, new)| new - old >= 20)
        })
        .await;
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn the_driver_of_a_node_tells_its_gpus_and_leaves_out_one_that_is_lost() {
    let mut console = watch();
    console
        .until("the cluster", |c| !c.clusters.is_empty())
        .await;
    let want = |node: &str| Want {
        cluster: cluster(&console),
        feed: "smi",
        scope: Scope::Object {
            namespace: String::new(),
            name: node.to_owned(),
        },
    };
    console
        .feeds
        .want([want("gpu-a100-03"), want("gpu-mig-01")].into());
    console
        .until("both nodes", |c| {
            c.world.table::<SmiRow>().is_some_and(|t| t.len() == 2)
        })
        .await;
    let rows = console.world.table::<SmiRow>().unwrap();
    let of = |node: &str| rows.iter().find(|row| &*row.key.name == node).unwrap();
    // the GPU that fell off the bus is not among them
    assert_eq!(of("gpu-a100-03").gpus.len(), 7);
    assert!(of("gpu-a100-03").pod.starts_with("gpu-operator/"));
    let cut = of("gpu-mig-01");
    assert!(cut.gpus.iter().any(|gpu| gpu.row.is_mig()), "{cut:#?}");
    for gpu in &cut.gpus {
        let parts = gpu.row.slices.iter().filter(|s| s.instance.is_some());
        assert!(parts.clone().all(|s| s.busy.is_none()), "{gpu:#?}");
    }
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn who_may_not_run_a_program_in_a_pod_is_told_which_right_that_is() {
    // may read in two namespaces, that of the operator is none of them
    let kubeconfig = rig("MIDWATCH_RIG_KUBECONFIG_VIEWER");
    let mut console = Console::start(Path::new(&kubeconfig), &[], Options::default(), 256);
    console
        .until("the cluster", |c| !c.clusters.is_empty())
        .await;
    let want = Want {
        cluster: cluster(&console),
        feed: "smi",
        scope: Scope::Object {
            namespace: String::new(),
            name: "gpu-a100-01".to_owned(),
        },
    };
    console.feeds.want([want].into());
    console
        .until("denied", |c| {
            c.source("smi", "/gpu-a100-01")
                .is_some_and(|s| s.state == SourceState::Denied && s.fault.is_some())
        })
        .await;
}

#[test]
#[ignore = "needs tests/rig/live"]
fn without_prometheus_the_screen_says_whose_figures_it_has_and_the_driver_answers_a_key() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.toml");
    std::fs::write(&file, NO_PROMETHEUS).unwrap();
    let mut console = Program::new(env!("CARGO_BIN_EXE_midwatch"))
        .args(&[
            "--kubeconfig",
            &rig("MIDWATCH_RIG_KUBECONFIG_SRE"),
            "--config",
            file.to_str().unwrap(),
        ])
        .size(160, 50)
        .spawn();
    console.wait_for("● live", SOON);
    console.send("6");
    for key in [
        "/", "g", "p", "u", "-", "a", "1", "0", "0", "-", "0", "1", "Enter",
    ] {
        console.send(key);
    }
    console.wait_for("filter gpu-a100-01", SOON);
    console.send_all(&["g", "j", "D"]);
    console.wait_for(
        "nvidia-smi in gpu-operator/nvidia-dcgm-exporter-gpu-a100-01",
        SOON,
    );
    console.wait_for("busy", SOON);
    console.send("q");
    assert!(console.wait_exit(SOON).success());
}
