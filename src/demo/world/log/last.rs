//! What a program says when it ends: it fits the state of its container. Pure.

use serde_json::Value;

use super::work::{Program, command};
use crate::demo::catalog::text;

/// The last words of a container that ended like this; none while it runs.
pub(super) fn words(
    program: &Program,
    pod: &Value,
    manifest: &Value,
    ended: &Value,
) -> Vec<String> {
    let Some(code) = ended["exitCode"].as_i64() else {
        return Vec::new();
    };
    if *program == Program::Executor {
        return executor(pod, manifest);
    }
    let said = text(ended, "/message");
    match (code, text(ended, "/reason")) {
        (0, _) => done(program),
        (137, "OOMKilled") => out_of_memory(manifest),
        (137, _) if text(pod, "/status/reason") == "Evicted" => vec![
            "{t} WARNING received SIGTERM, writing a last checkpoint".to_owned(),
            "{t} WARNING checkpoint is not complete: 3 of 8 parts written".to_owned(),
        ],
        // killed, or its node was lost: nobody got a word in
        (137, _) => Vec::new(),
        _ if text(pod, "/status/reason") == "NodeLost" => Vec::new(),
        _ => failed(code, said, manifest),
    }
}

fn done(program: &Program) -> Vec<String> {
    match program {
        Program::Train { .. } | Program::Ranks { .. } => vec![
            "{t} INFO  best checkpoint: epoch with the lowest val_loss".to_owned(),
            "{t} INFO  saved /tmp/model (412 MB)".to_owned(),
            "{t} INFO  done".to_owned(),
        ],
        Program::Service => {
            vec![r#"{"level":"info","logger":"main","msg":"done","time":"{z}"}"#.to_owned()]
        }
        Program::Driver => Vec::new(),
        _ => vec!["{t} INFO  done".to_owned()],
    }
}

fn out_of_memory(manifest: &Value) -> Vec<String> {
    let limit = match text(manifest, "/resources/limits/memory") {
        "" => "the node's memory".to_owned(),
        limit => format!("limit {limit}"),
    };
    vec![
        format!("{{t}} WARNING host memory at 92 % of {limit}: prefetch queue holds 38 batches"),
        format!("{{t}} WARNING host memory at 99 % of {limit}"),
    ]
}

/// A failure as the program tells it. What Argo shows as the message stands in the last line.
fn failed(code: i64, said: &str, manifest: &Value) -> Vec<String> {
    let words = command(manifest);
    let python = words.first().is_some_and(|w| w == "python") || said.contains("Error");
    let module = words
        .iter()
        .skip_while(|w| *w != "-m")
        .nth(1)
        .or(words.first())
        .map_or("main", String::as_str);
    if said.is_empty() {
        return vec![format!("{{t}} ERROR {module}: failed, exit {code}")];
    }
    if !python {
        return vec![
            format!("{{t}} ERROR {module}: {said}"),
            format!("{{t}} ERROR {module}: exit {code}"),
        ];
    }
    let (kind, message) = error(said);
    let mut lines = before(&kind, said);
    lines.push("Traceback (most recent call last):".to_owned());
    lines.extend(trace(module, &kind));
    lines.push(format!("{kind}: {message}"));
    lines
}

/// The exception and its text.
fn error(said: &str) -> (String, String) {
    match said.split_once(": ") {
        Some(("KeyError", key)) => ("KeyError".to_owned(), format!("'{key}'")),
        Some((kind, rest)) if kind.ends_with("Error") && !kind.contains(' ') => {
            (kind.to_owned(), rest.to_owned())
        }
        _ if said.contains("NaN") => ("FloatingPointError".to_owned(), said.to_owned()),
        _ if said.contains("schema") => ("SchemaError".to_owned(), said.to_owned()),
        _ => ("RuntimeError".to_owned(), said.to_owned()),
    }
}

/// Warnings that came before.
fn before(kind: &str, said: &str) -> Vec<String> {
    match kind {
        "ConnectionResetError" => (1..=3)
            .map(|n| format!("{{t}} WARNING feature store: attempt {n} of 3 failed: {said}"))
            .collect(),
        "FloatingPointError" => vec![
            "{t} WARNING grad norm inf at the step before".to_owned(),
            "{t} WARNING loss scale halved 6 times in a row".to_owned(),
        ],
        _ => Vec::new(),
    }
}

fn trace(module: &str, kind: &str) -> Vec<String> {
    let frame = |file: &str, line: u32, place: &str, code: &str| {
        [
            format!("  File \"{file}\", line {line}, in {place}"),
            format!("    {code}"),
        ]
    };
    let own = format!("/app/{module}/__main__.py");
    let mut lines = Vec::new();
    lines.extend(frame(&own, 88, "<module>", "sys.exit(main())"));
    lines.extend(frame(&own, 61, "main", "run(load(args.config), args)"));
    let deep = match kind {
        "KeyError" => frame(
            &format!("/app/{module}/table.py"),
            143,
            "group",
            "return [row[self.key] for row in rows]",
        ),
        "ConnectionResetError" => frame(
            "/usr/lib/python3.12/site-packages/feature_store/client.py",
            212,
            "_read",
            "chunk = self.sock.recv(65536)",
        ),
        "FloatingPointError" => frame(
            &format!("/app/{module}/loop.py"),
            307,
            "step",
            "raise FloatingPointError(f\"loss is NaN at step {self.step}\")",
        ),
        _ => frame(
            &format!("/app/{module}/job.py"),
            97,
            "run",
            "check(table, expected)",
        ),
    };
    lines.extend(deep);
    lines
}

fn executor(pod: &Value, manifest: &Value) -> Vec<String> {
    if text(manifest, "/name") != "wait" {
        return Vec::new();
    }
    let said = |what: &str| format!("time=\"{{z}}\" level=info msg=\"{what}\"");
    let key = format!(
        "{}/{}/main.log",
        text(pod, "/metadata/labels/workflows.argoproj.io~1workflow"),
        text(pod, "/metadata/name")
    );
    vec![
        format!("{} error=\"<nil>\"", said("Main container completed")),
        said("No Script output reference in workflow. Capturing script output ignored"),
        said("Saving logs"),
        said(&format!(
            "S3 Save path: /tmp/argo/outputs/logs/main.log, key: {key}"
        )),
        said("Successfully saved file: /tmp/argo/outputs/logs/main.log"),
        said("stopping progress monitor (context done)"),
    ]
}
