//! GPUs: of a cluster as JSON, and of this machine.

use serde_json::Value;

use super::schema::assert_valid;
use super::stage::{Done, Stage, command};

#[test]
fn gpus_slices_holders_and_who_waits_are_one_story() {
    let stage = Stage::busy();
    let read = |kind: &str| {
        let list = stage.run(&["get", kind, "-o", "json"]).code(0).json();
        assert_valid(&list);
        list["items"].as_array().unwrap().clone()
    };
    let (gpus, slices, holders) = (read("gpus"), read("slices"), read("holders"));
    read("waiting");
    for holder in &holders {
        assert!(holder["gpuHours"].as_f64().unwrap() >= 0.0, "{holder}");
    }
    let parts: usize = gpus
        .iter()
        .map(|gpu| gpu["slices"].as_array().unwrap().len())
        .sum();
    assert_eq!(parts, slices.len());
    let is_known = |hold: &Value| {
        let same = |h: &&Value| h["kind"] == hold["kind"] && h["holder"] == hold["holder"];
        holders.iter().any(|h| same(&h))
    };
    let held: Vec<&Value> = slices
        .iter()
        .flat_map(|slice| slice["holds"].as_array().unwrap())
        .collect();
    assert!(!held.is_empty());
    for hold in held {
        assert!(is_known(hold), "{hold} is among no holders");
    }
    for gpu in &gpus {
        assert_eq!(gpu["source"], "DCGM, through Prometheus");
        for slice in gpu["slices"].as_array().unwrap() {
            // of a slice only the engine tells
            let metric = &slice["busy"]["metric"];
            let engine = metric.is_null() || metric == "DCGM_FI_PROF_GR_ENGINE_ACTIVE";
            assert!(slice["instance"].is_null() || engine, "{slice}");
        }
    }
}

fn local(args: &[&str]) -> Done {
    let home = tempfile::tempdir().unwrap();
    let output = command(home.path()).arg("gpus").args(args).output();
    Done::of(output.unwrap())
}

#[test]
fn without_a_driver_that_is_one_sentence_and_what_to_do_and_with_one_it_is_what_get_prints() {
    let done = local(&["--local", "-o", "json"]);
    if done.code == 0 {
        let list = done.json();
        assert_valid(&list);
        assert_eq!(list["kind"], "GpuList");
        return;
    }
    let done = done.code(1);
    assert!(done.out.is_empty(), "{done:?}");
    assert!(done.err.contains("NVIDIA driver"), "{done:?}");
    assert!(done.err.contains("midwatch get gpus") || done.err.lines().count() > 1);
    assert!(!done.err.contains("panicked"), "{done:?}");
}

#[test]
fn gpus_of_where_has_to_be_said() {
    let done = local(&[]).code(2);
    assert!(done.err.contains("--local"), "{done:?}");
}
