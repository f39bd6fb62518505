//! Lists as tables, names and JSON.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::schema::assert_valid;
use super::stage::Stage;

const KINDS: [&str; 16] = [
    "runs",
    "pods",
    "nodes",
    "namespaces",
    "schedules",
    "templates",
    "services",
    "revisions",
    "alerts",
    "models",
    "experiments",
    "trials",
    "gpus",
    "slices",
    "holders",
    "sources",
];

#[test]
fn every_kind_is_json_as_the_schema_describes_it() {
    let stage = Stage::busy();
    for kind in KINDS {
        let list = whole(&stage, kind);
        assert_valid(&list);
        assert!(
            !list["items"].as_array().unwrap().is_empty(),
            "{kind}: {list}"
        );
    }
}

/// A list, once all of it was read. On a busy machine a source may not answer in its time, and the list says so then.
fn whole(stage: &Stage, kind: &str) -> Value {
    let mut told = String::new();
    for _ in 0..4 {
        let done = stage.run(&["get", kind, "-o", "json", "--timeout", "90s"]);
        if done.code == 0 {
            let list = done.json();
            if list["complete"] == true && list["clusters"][0]["state"] == "live" {
                return list;
            }
        }
        told = done.err;
    }
    panic!("{kind} is never read whole: {told}");
}

#[test]
fn a_table_in_a_pipe_is_plain_text_with_all_columns_and_the_words_of_the_screen() {
    let stage = Stage::busy();
    let done = stage.run(&["get", "nodes"]).code(0);
    let lines = done.lines();
    let titles: Vec<&str> = lines[0].split("  ").filter(|t| !t.is_empty()).collect();
    let titles: Vec<&str> = titles.iter().map(|t| t.trim()).collect();
    assert_eq!(
        titles,
        [
            "STATE",
            "NAME",
            "PRODUCT",
            "ACCELERATORS",
            "ZONE",
            "KUBELET",
            "AGE",
            "LAST WORD"
        ]
    );
    assert!(
        lines.iter().any(|l| l.starts_with("Ready  ")),
        "{}",
        done.out
    );
    for line in &lines {
        assert!(!line.contains('\x1b') && !line.ends_with(' '), "{line:?}");
    }
    // columns begin where their headings do
    let at = lines[0].find("PRODUCT").unwrap();
    assert!(lines[1..].iter().all(|l| l.as_bytes()[at - 1] == b' '));
    let bare = stage.run(&["get", "nodes", "--no-headers"]).code(0);
    assert_eq!(bare.lines().len(), lines.len() - 1);
}

#[test]
fn names_can_be_given_back_and_count_as_many_as_the_items() {
    let stage = Stage::busy();
    let names = stage.run(&["get", "runs", "-o", "name"]).code(0);
    let list = stage.run(&["get", "runs", "-o", "json"]).code(0).json();
    let told: BTreeSet<String> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| {
            format!(
                "{}/{}",
                i["namespace"].as_str().unwrap(),
                i["name"].as_str().unwrap()
            )
        })
        .collect();
    let printed: BTreeSet<String> = names.lines().iter().map(|l| (*l).to_owned()).collect();
    assert_eq!(printed, told);
    let two: Vec<&str> = names.lines()[..2].to_vec();
    let again = stage
        .run(&["get", "runs", two[0], two[1], "-o", "name"])
        .code(0);
    assert_eq!(again.lines(), two);
}

#[test]
fn short_and_singular_names_mean_the_same_list() {
    let stage = Stage::quiet();
    for (short, long) in [
        ("ns", "namespaces"),
        ("namespace", "namespaces"),
        ("po", "pods"),
    ] {
        let done = [short, long].map(|k| stage.run(&["get", k, "-o", "name"]).code(0).out);
        assert_eq!(done[0], done[1], "{short}");
    }
}

#[test]
fn a_namespace_alone_is_asked_for_when_it_is_named() {
    let stage = Stage::busy();
    let list = stage
        .run(&["get", "runs", "-n", "ml-nlp", "-o", "json"])
        .code(0)
        .json();
    assert_valid(&list);
    let items = list["items"].as_array().unwrap();
    assert!(!items.is_empty() && items.iter().all(|i| i["namespace"] == "ml-nlp"));
    let sources = list["sources"].as_array().unwrap();
    assert_eq!(sources.len(), 1);
    assert_eq!(sources[0]["scope"], "ml-nlp");
    // in front of the command as well
    let outer = stage
        .run(&["-n", "ml-nlp", "get", "runs", "-o", "name"])
        .code(0);
    assert_eq!(outer.lines().len(), items.len());
}

#[test]
fn a_namespace_that_is_not_there_is_no_calm() {
    let stage = Stage::busy();
    for kind in ["runs", "pods"] {
        let done = stage.run(&["get", kind, "-n", "nosuch"]).code(4);
        assert!(
            done.err.contains("there is no namespace nosuch"),
            "{}",
            done.err
        );
        assert!(!done.err.contains("Every source is live"), "{}", done.err);
    }
    let list = stage
        .run(&["get", "runs", "-n", "nosuch", "-o", "json"])
        .code(4)
        .json();
    assert_valid(&list);
    assert_eq!(list["complete"], false);
    assert_eq!(list["sources"].as_array().unwrap().len(), 1);
    // a namespace without rows is there all the same
    let empty = stage.run(&["get", "runs", "-n", "kube-system"]).code(0);
    assert!(empty.err.contains("No runs"), "{}", empty.err);
}

#[test]
fn a_filter_that_lets_nothing_through_says_so_and_knows_the_states() {
    let stage = Stage::busy();
    let done = stage
        .run(&["get", "runs", "--filter", "phase:faild"])
        .code(0);
    assert!(
        done.err
            .contains("passes the filter state:faild: no state is faild; did you mean failed?"),
        "{}",
        done.err
    );
    assert!(
        done.err.contains("none of ") && !done.err.contains("live"),
        "{}",
        done.err
    );
    let other = stage.run(&["get", "runs", "--filter", "zzzz"]).code(0);
    assert!(!other.err.contains("no state"), "{}", other.err);
}

#[test]
fn the_filter_and_the_order_are_those_of_the_screen() {
    let stage = Stage::busy();
    let failed = stage
        .run(&["get", "runs", "--filter", "phase:failed", "-o", "json"])
        .code(0);
    let failed = failed.json();
    let items = failed["items"].as_array().unwrap();
    assert!(!items.is_empty() && items.iter().all(|i| i["state"] == "Failed"));
    let all = stage.run(&["get", "runs", "-o", "json"]).code(0).json();
    assert_eq!(
        all["items"][0]["state"], "Failed",
        "what needs a person comes first"
    );
    let names = |args: &[&str]| -> Vec<String> {
        let done = stage
            .run(&[&["get", "nodes", "-o", "name"], args].concat())
            .code(0);
        done.lines().iter().map(|l| (*l).to_owned()).collect()
    };
    let up = names(&["--sort", "name"]);
    assert!(up.is_sorted() && up.len() > 3);
    let mut down = names(&["--sort", "-name"]);
    down.reverse();
    assert_eq!(up, down);
}

#[test]
fn no_rows_is_an_answer() {
    let stage = Stage::quiet();
    let done = stage.run(&["get", "runs"]).code(0);
    assert_eq!(done.out, "");
    assert!(done.err.contains("No runs"), "{}", done.err);
    let list = stage.run(&["get", "runs", "-o", "json"]).code(0);
    assert_eq!(list.err, "");
    assert_eq!(list.json()["items"], json!([]));
}

#[test]
fn what_is_not_there_is_told_with_what_is() {
    let stage = Stage::busy();
    let nodes = stage.run(&["get", "nodes", "-o", "name"]).code(0);
    let known = nodes.lines()[0].to_owned();
    let done = stage
        .run(&["get", "nodes", &known, "gpu-nope", "-o", "name"])
        .code(4);
    assert_eq!(
        done.lines(),
        [known.as_str()],
        "the one that is there is printed"
    );
    assert!(
        done.err.contains("there is no node gpu-nope"),
        "{}",
        done.err
    );
    let run = stage.run(&["get", "runs", "-o", "name"]).code(0).lines()[0].to_owned();
    let (namespace, name) = run.split_once('/').unwrap();
    let wrong = format!("{namespace}/{}x", &name[..name.len() - 1]);
    let done = stage.run(&["get", "runs", &wrong]).code(4);
    assert!(done.err.contains(&run), "it offers {run}: {}", done.err);
}

#[test]
fn wrong_arguments_say_what_is_right() {
    let stage = Stage::quiet();
    for (args, said) in [
        (&["get", "runz"][..], "'runs'"),
        (&["get", "runs", "--sort", "colour"], "last-word"),
        (&["get", "runs", "-A", "-n", "x"], "cannot be used with"),
        (&["get", "runs", "--timeout", "soon"], "30s, 2m"),
        (&["get", "steps"], "get steps RUN"),
        (&["get", "steps", "a", "--filter", "x"], "-o json"),
        (&["get"], "<KIND>"),
    ] {
        let done = stage.run(args).code(2);
        assert!(done.err.contains(said), "{args:?}: {}", done.err);
        assert_eq!(done.out, "");
    }
}

#[test]
fn what_is_not_known_is_null_and_never_nought() {
    let stage = Stage::quiet();
    let run = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
        "metadata": {"name": "young", "namespace": "default"}, "spec": {}});
    stage.ask(
        "POST",
        "/apis/argoproj.io/v1alpha1/namespaces/default/workflows",
        &run,
    );
    let list = stage.run(&["get", "runs", "-o", "json"]).code(0).json();
    assert_valid(&list);
    let item = &list["items"][0];
    for field in ["startedAt", "tookSeconds", "progress", "message"] {
        assert_eq!(item[field], Value::Null, "{field}");
    }
    assert_eq!(item["steps"]["total"], Value::Null);
}

#[test]
fn a_finished_run_reads_the_same_each_time() {
    let stage = Stage::quiet();
    let node = json!({"id": "old", "name": "old", "displayName": "old", "type": "Pod",
        "templateName": "main", "phase": "Failed", "message": "Error (exit code 3)",
        "startedAt": "2026-01-02T03:04:05Z", "finishedAt": "2026-01-02T03:14:06Z",
        "outputs": {"exitCode": "3"}});
    let run = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
        "metadata": {"name": "old", "namespace": "default"},
        "spec": {"entrypoint": "main", "templates": [{"name": "main", "container": {"image": "x"}}]},
        "status": {"phase": "Failed", "startedAt": "2026-01-02T03:04:05Z",
            "finishedAt": "2026-01-02T03:14:06Z", "progress": "0/1", "nodes": {"old": node}}});
    stage.ask(
        "POST",
        "/apis/argoproj.io/v1alpha1/namespaces/default/workflows",
        &run,
    );
    let wide = stage.run(&["get", "runs", "-o", "wide"]).code(0).out;
    let age = wide
        .lines()
        .nth(1)
        .unwrap()
        .split("  ")
        .map(str::trim)
        .filter(|c| !c.is_empty());
    let cells: Vec<&str> = age.collect();
    assert_eq!(
        [&cells[..6], &cells[7..]].concat(),
        [
            "Failed",
            "old",
            "argo",
            "demo",
            "default",
            "0/1",
            "10:01",
            "old: exit 3",
            "-"
        ],
        "{wide}"
    );
    let done = stage
        .run(&["get", "steps", "default/old", "-o", "json"])
        .code(0);
    let steps = done.json();
    assert_valid(&steps);
    assert_eq!(steps["items"][0]["tookSeconds"], 601);
    assert_eq!(steps["items"][0]["exitCode"], 3);
    assert_eq!(steps["items"][0]["cause"]["kind"], "exit-code");
}
