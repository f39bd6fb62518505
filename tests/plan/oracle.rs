//! Argo's own code, asked one question after the other (`tests/rig/oracle`).

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use jiff::Timestamp;
use serde_json::{Value, json};

pub struct Oracle {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    start: Timestamp,
}

impl Oracle {
    pub fn start(program: &str) -> Self {
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("{program}: {e}"));
        let to = child.stdin.take().unwrap();
        let from = BufReader::new(child.stdout.take().unwrap());
        // whole seconds, as the times it writes
        let start = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
        Self {
            child,
            to,
            from,
            start,
        }
    }

    /// Asks, and gives what it answers, times of now replaced.
    pub fn ask(&mut self, question: &Value) -> Value {
        writeln!(self.to, "{question}").unwrap();
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        let mut answer: Value =
            serde_json::from_str(&line).unwrap_or_else(|e| panic!("the oracle says {line:?}: {e}"));
        if let Some(workflow) = answer.get_mut("workflow") {
            plain(workflow, self.start);
        }
        answer
    }

    /// A workflow of ours as Argo reads it: what it does not know is gone, numbers are texts where it wants texts, and
    /// packed nodes are unpacked. So two workflows that are the same to Argo are equal.
    pub fn read(&mut self, workflow: &Value) -> Value {
        let answer = self.ask(&json!({"op": "read", "workflow": workflow}));
        assert_eq!(answer["error"], Value::Null, "Argo cannot read {workflow}");
        answer["workflow"].clone()
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Takes out what says nothing: nulls and empty things, what the server fills in, and the second in which it was made.
fn plain(value: &mut Value, start: Timestamp) {
    match value {
        Value::Object(map) => {
            for key in ["managedFields", "resourceVersion"] {
                map.remove(key);
            }
            for inner in map.values_mut() {
                plain(inner, start);
            }
            map.retain(|_, v| !is_nothing(v));
        }
        Value::Array(list) => list.iter_mut().for_each(|v| plain(v, start)),
        Value::String(text) => {
            let now = text.len() == 20 && text.parse::<Timestamp>().is_ok_and(|t| t >= start);
            if now {
                "NOW".clone_into(text);
            }
        }
        _ => {}
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        // an empty `supplied` or `suspend` says something by being there
        _ => false,
    }
}
