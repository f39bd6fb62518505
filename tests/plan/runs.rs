//! Runs to compare plans on: recorded, played from the examples of the Argo project, and made by chance.

use std::path::Path;

use midwatch::plan::argo::pack::{Algorithm, pack};
use serde_json::{Value, json};

use super::oracle::Oracle;
use super::specs;
use super::walk::{Chance, Mood, play};

/// The recorded samples.
pub fn samples() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/workflows");
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    found.sort();
    let read = |path| serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    found.into_iter().map(read).collect()
}

/// The YAML reader makes a float of an octal number such as 0755.
fn whole(value: &mut Value) {
    match value {
        Value::Object(map) => map.values_mut().for_each(whole),
        Value::Array(list) => list.iter_mut().for_each(whole),
        Value::Number(number) => {
            if let Some(n) = number.as_f64().filter(|n| n.fract() == 0.0) {
                #[allow(clippy::cast_possible_truncation)]
                let n = n as i64;
                *value = n.into();
            }
        }
        _ => {}
    }
}

/// The examples of the Argo project, played; those that its own code cannot read are left out.
pub fn examples(folder: &str, oracle: &mut Oracle, chance: &mut Chance) -> Vec<Value> {
    let mut folders = vec![Path::new(folder).to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        let mut paths: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().path())
            .collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|e| e != "yaml") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let documents: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
            for mut document in documents {
                if document["kind"] != "Workflow" || !document["spec"]["templates"].is_array() {
                    continue;
                }
                if document["metadata"]["name"].is_null() {
                    let made = format!(
                        "{}x7k2p",
                        document["metadata"]["generateName"].as_str().unwrap()
                    );
                    document["metadata"]["name"] = made.into();
                }
                document["metadata"]["namespace"] = "ml".into();
                whole(&mut document);
                play(&mut document, chance, Mood { fail: 35, open: 0 });
                let read = oracle.ask(&json!({"op": "read", "workflow": document}));
                if read["error"].is_null() {
                    found.push(document);
                }
            }
        }
    }
    found
}

/// Runs by chance; every fourth has its nodes packed.
pub fn by_chance(count: usize, chance: &mut Chance, open: usize) -> Vec<Value> {
    let mut found = Vec::new();
    for number in 0..count {
        let mut run = specs::workflow(&format!("run-{number}"), chance);
        let fail = *chance.pick(&[5, 20, 50, 90]);
        play(&mut run, chance, Mood { fail, open });
        if number % 4 == 3 {
            packed(&mut run);
        }
        found.push(run);
    }
    found
}

fn packed(run: &mut Value) {
    let nodes = run["status"]["nodes"].take();
    let text = pack(nodes.to_string().as_bytes(), Algorithm::Gzip).unwrap();
    run["status"]["compressedNodes"] = text.into();
    run["status"].as_object_mut().unwrap().remove("nodes");
}
