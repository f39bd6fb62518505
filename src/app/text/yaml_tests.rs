//! What is written reads back as what it was.

use proptest::prelude::*;

use super::*;
use crate::kinds::manifest::{pretty, read};

fn written(json: &serde_json::Value) -> String {
    doc(&read(&json.to_string(), "").unwrap(), true).text()
}

#[test]
fn an_object_reads_as_kubectl_would_write_it() {
    let json = serde_json::json!({"metadata": {"name": "a", "labels": {}, "when": "2026-11-21T03:00:00Z"},
        "spec": {"args": ["--epochs=3", "true", "3"], "items": [{"a": 1, "b": [[1, 2], []]}, null],
            "script": "set -e\npython train.py\n", "image": "reg.example.com/a:7", "ip": "10.0.0.1", "cpu": "500m"}});
    let text = written(&json);
    let want = "metadata:\n  labels: {}\n  name: a\n  when: \"2026-11-21T03:00:00Z\"\nspec:\n  args:\n  - --epochs=3\n  - \"true\"\n  - \"3\"\n  cpu: 500m\n  image: reg.example.com/a:7\n  ip: 10.0.0.1\n  items:\n  - a: 1\n    b:\n    - - 1\n      - 2\n    - []\n  - null\n  script: |\n    set -e\n    python train.py\n";
    assert_eq!(text, want);
}

#[test]
fn what_is_long_is_folded_with_its_count_at_first() {
    let json = serde_json::json!({"status": {"nodes": {"a": {"x": 1}, "b": 2}, "packed": "x".repeat(4_000)}});
    let doc = doc(&read(&json.to_string(), "").unwrap(), false);
    let nodes = doc
        .lines
        .iter()
        .find(|l| l.text().contains("nodes:"))
        .unwrap();
    let fold = nodes.fold.as_ref().unwrap();
    assert!(fold.closed);
    assert_eq!(fold.note, "2 entries, 3 lines");
    let packed = doc
        .lines
        .iter()
        .find(|l| l.text().contains("packed:"))
        .unwrap();
    let fold = packed.fold.as_ref().unwrap();
    assert_eq!((fold.closed, &*fold.note), (true, "4,000 characters"));
    assert!(fold.keeps.is_some_and(|at| at < 100));
}

#[test]
fn who_wrote_which_field_is_left_out_until_it_is_asked_for() {
    let json =
        serde_json::json!({"metadata": {"managedFields": [{"manager": "kubectl"}], "name": "a"}});
    let tree = read(&json.to_string(), "").unwrap();
    assert!(!doc(&tree, false).text().contains("managedFields"));
    assert!(doc(&tree, true).text().contains("manager: kubectl"));
}

fn scalars() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1.0e9..1.0e9f64).prop_map(Value::from),
        "[a-z0-9:.#_+\\-x ]{0,12}".prop_map(Value::from),
        "[ \\na-c#:\\-|>']{0,20}".prop_map(Value::from),
        ".{0,30}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec![
            "~", "yes", "null", "0x1f", "1e3", "12:30", "---", "...", "- a", "? b", "<<", "=",
            "\n", "\n\n", "a\n\n", " a\n b", "1_000", "0o7", ".inf", "*x", "&x", "!x", "%x", "@x",
            "`x", "[x", "{x", "'x", "\"x", "x:", "x #y"
        ])
        .prop_map(Value::from),
    ]
}

fn trees() -> impl Strategy<Value = serde_json::Value> {
    scalars().prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::btree_map("[a-zA-Z0-9:./ \\-#~]{0,12}", inner, 0..6)
                .prop_map(|m| serde_json::Value::Object(m.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    /// Any JSON: no control character, every line one line, and it reads back as the tree unless something was hidden.
    #[test]
    fn any_tree_reads_back(inner in trees()) {
        let json = serde_json::json!({"spec": inner});
        let tree = read(&json.to_string(), "").unwrap();
        let doc = doc(&tree, true);
        for line in &doc.lines {
            prop_assert!(!line.text().chars().any(char::is_control), "{:?}", line.text());
            let parts: String = line.parts().map(|(text, _)| text).collect();
            prop_assert_eq!(parts, line.text());
        }
        let want: serde_json::Value = serde_json::from_str(&pretty(&tree)).unwrap();
        if want.to_string().contains("hidden>") {
            return Ok(());
        }
        let text = doc.text();
        let back: Result<serde_json::Value, _> = serde_saphyr::from_str(&text);
        match back {
            Ok(back) => prop_assert_eq!(back, want, "{}", text),
            Err(error) => prop_assert!(false, "{error}\n{text}"),
        }
    }
}
