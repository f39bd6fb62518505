//! Workflows recorded from the real controller: what a person reads of them.

use midwatch::domain::{Engine, NodeStorage, Phase};
use serde_json::Value;

use super::picture::{detail, picture, record, recorded, row};

/// Nodes that a workflow really has.
fn nodes(json: &[u8]) -> Option<usize> {
    let value: Value = serde_json::from_slice(json).unwrap();
    if let Some(nodes) = value["status"]["nodes"].as_object() {
        return Some(nodes.len());
    }
    let packed = value["status"]["compressedNodes"].as_str()?;
    let json = midwatch::kinds::argo::packed::unpack(packed).unwrap();
    let nodes: Value = serde_json::from_slice(&json).unwrap();
    Some(nodes.as_object().unwrap().len())
}

#[test]
fn no_step_of_a_recorded_workflow_is_lost_and_both_decodings_agree() {
    let all = recorded();
    assert!(all.len() >= 20, "only {} records", all.len());
    for (name, json) in all {
        let (row, detail) = (row(&json), detail(&json));
        let known = nodes(&json).unwrap_or(0);
        assert_eq!(
            detail.tree.steps.len() + detail.tree.folded.len(),
            known,
            "{name}"
        );
        assert_eq!(detail.tree.lost_steps(known), 0, "{name}");
        assert_eq!(
            detail.tree.walk().count(),
            detail.tree.steps.len(),
            "{name}"
        );
        assert_eq!(row, detail.row, "{name}");
        assert_eq!(row.tally, detail.tree.total(), "{name}");
    }
}

#[test]
fn the_last_word_of_each_recorded_run_says_what_is_the_matter() {
    let read = |name: &str| {
        let row = row(&record(name));
        format!("{} {}", row.phase.word(), row.last_word)
    };
    let cases = [
        ("batch-score-from-template", "Succeeded "),
        ("evicted", "Failed train: evicted: memory"),
        ("exit-hook", "Failed train: exit 2"),
        ("fraud-pipeline-x7k2p", "Succeeded "),
        ("fraud-train-oom", "Failed train: OOMKilled (137)"),
        ("image-pull", "Running train: ImagePullBackOff"),
        ("node-lost", "Failed train: pod lost"),
        ("pod-deleted", "Failed train: pod deleted"),
        ("promote-gate", "Waiting gate: approve"),
        (
            "recsys-embed-shards",
            "Failed embed 2 of 200 failed: exit 3",
        ),
        ("retry-exhausted", "Failed retry-exhausted: exit 1"),
        ("retry-recovers", "Succeeded "),
        ("run-deadline", "Failed train: out of time"),
        ("stuck-pending", "Running train pending"),
        ("sweep-compressed", "Failed trial(13:13): OOMKilled (137)"),
        (
            "unschedulable",
            "Running train: no node fits: nvidia.com/gpu",
        ),
    ];
    for (name, words) in cases {
        assert_eq!(read(name), words, "{name}");
    }
}

#[test]
fn a_kfp_run_reads_as_its_tasks() {
    let run = detail(&record("fraud-pipeline-x7k2p"));
    assert_eq!(run.row.engine, Engine::Kfp);
    assert!(!run.row.kfp_run.is_empty());
    insta::assert_snapshot!(picture(&run.tree), @r"
    * fraud-pipeline-x7k2p Succeeded Group 5 ok of 5 [root root-driver]
    *   ingest Succeeded cached [executor ingest-driver]
    *   train Succeeded Retry [executor train-driver]
    *     train(0) Failed
    *     train(1) Succeeded
    *   score-region Succeeded FanOut 3 ok of 3 [iteration-iterations score-region-driver]
          iteration 0 Succeeded Group 1 ok of 1 [iteration-item iteration-item-driver]
            score Succeeded [executor score-driver]
    *     iteration 1 Succeeded Group 1 ok of 1 [iteration-item iteration-item-driver]
    *       score Succeeded [executor score-driver]
          iteration 2 Succeeded Group 1 ok of 1 [iteration-item iteration-item-driver]
            score Succeeded [executor score-driver]
    ");
    let train = run
        .tree
        .steps
        .iter()
        .position(|s| &*s.label == "train")
        .unwrap();
    assert_eq!(run.tree.attempts(train).len(), 2);
    let score = run
        .tree
        .steps
        .iter()
        .find(|s| &*s.label == "score")
        .unwrap();
    assert!(
        score.pod.contains("system-container-impl"),
        "logs come from the executor: {}",
        score.pod
    );
}

#[test]
fn hooks_stand_beside_what_they_watch() {
    insta::assert_snapshot!(picture(&detail(&record("exit-hook")).tree), @r"
    * exit-hook Failed Group 2 ok of 3 [[0]]
    *   train Failed
        train.hooks.running Succeeded hook
    *   train.onExit Succeeded hook
      exit-hook.hooks.failed Succeeded hook
    * exit-hook.onExit Succeeded hook
    ");
}

#[test]
fn nested_steps_show_a_level_only_where_steps_run_side_by_side() {
    insta::assert_snapshot!(picture(&detail(&record("nested-steps")).tree), @r"
    * nested-steps Succeeded Group 7 ok of 8 [[0] [2]]
    *   prepare Succeeded
    *   [1] 2 side by side Succeeded Group 6 ok of 6
    *     features Succeeded Group 3 ok of 3 [[0] [1]]
    *       extract Succeeded Group 2 ok of 2 [[0]]
              left Succeeded
    *         right Succeeded
    *       check Succeeded
          labels Succeeded Group 3 ok of 3 [[0] [1]]
            extract Succeeded Group 2 ok of 2 [[0]]
              left Succeeded
              right Succeeded
            check Succeeded
        publish Skipped Skipped
    ");
}

#[test]
fn a_wide_fan_out_leads_to_its_failures() {
    let run = detail(&record("recsys-embed-shards"));
    insta::assert_snapshot!(picture(&run.tree), @r"
    * recsys-embed-shards Failed Group 199 ok of 202
    *   plan Succeeded
    *   embed Failed FanOut 198 ok of 200
          embed(0:0) Succeeded
          embed(1:1) Succeeded
          embed(57:57) Failed
          embed(157:157) Failed
        merge Omitted Skipped
    ");
    let (open, first) = run.tree.failed_path();
    let labels: Vec<&str> = open.iter().map(|id| &*run.tree.steps[*id].label).collect();
    assert_eq!(labels, ["recsys-embed-shards", "embed"]);
    let first = &run.tree.steps[first.unwrap()];
    assert_eq!((first.phase, first.exit_code), (Phase::Failed, Some(3)));
}

#[test]
fn packed_nodes_are_read() {
    let run = detail(&record("sweep-compressed"));
    assert_eq!(run.row.storage, NodeStorage::Compressed);
    assert_eq!((run.row.tally.ok, run.row.tally.failed), (39, 1));
    assert_eq!(&*run.gap, "");
}

#[test]
fn a_gate_tells_what_it_wants() {
    let run = detail(&record("promote-gate"));
    let gate = run.tree.steps.iter().find(|s| s.gate.is_some()).unwrap();
    assert_eq!((&*gate.label, gate.phase), ("approve", Phase::Waiting));
    let wanted: Vec<&str> = gate
        .gate
        .as_ref()
        .unwrap()
        .wanted
        .iter()
        .map(|p| &*p.name)
        .collect();
    assert!(!wanted.is_empty(), "{gate:?}");
    println!("{wanted:?}");
}

#[test]
fn the_pod_names_are_those_that_the_controller_gave() {
    // the recorded message names the pod's node; ids are checked against the hash of names
    for (name, json) in recorded() {
        let run = detail(&json);
        for step in run
            .tree
            .steps
            .iter()
            .chain(run.tree.folded.iter().map(|(_, s)| s))
        {
            let id = midwatch::kinds::argo::names::node_id(&run.row.key.name, &step.name);
            assert_eq!(id, *step.id, "{name}: {}", step.name);
        }
    }
}

#[test]
fn where_an_end_is_not_told_a_failed_step_does_not_seem_to_run_on() {
    let run = detail(&record("evicted"));
    let train = run
        .tree
        .steps
        .iter()
        .find(|s| &*s.label == "train")
        .unwrap();
    assert!(train.finished.is_some());
    assert!(run.tree.critical[run.tree.find(&train.id).unwrap()]);
}
