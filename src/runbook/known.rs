//! What expressions may speak of, by kind of target. Pure.
//!
//! `target` is the object as `midwatch get KIND -o json` prints it; the same schema says which fields there are. Beside it
//! stand what is joined to it, and what earlier steps named.

use std::sync::LazyLock;

use serde_json::Value;

use crate::domain::JobKind;
use crate::fault::meant;

/// A kind of object that a runbook can be for.
#[derive(Debug, PartialEq, Eq)]
pub struct Target {
    /// As the front matter names it.
    pub word: &'static str,
    /// Feeds whose rows it is.
    pub feeds: &'static [&'static str],
    /// Names besides those of steps, each with its definition in the schema; none where fields are not checked.
    pub names: &'static [(&'static str, Option<&'static str>)],
}

/// A name that an earlier step gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// What it stands for, where that is an object: its fields are those of such a target, and what is joined to it.
    pub object: Option<&'static Target>,
}

/// All of them.
pub static TARGETS: &[Target] = &[
    Target {
        word: "run",
        feeds: &["workflows"],
        names: &[
            ("target", Some("Run")),
            ("cause", Some("Cause")),
            ("outputs", None),
            ("cache", None),
            ("caches", None),
        ],
    },
    Target {
        word: "template",
        feeds: &["templates"],
        names: &[("target", Some("Template"))],
    },
    Target {
        word: "service",
        feeds: &["services", "llm-services"],
        names: &[
            ("target", Some("Service")),
            ("slo", Some("Objective")),
            ("canary", None),
        ],
    },
    Target {
        word: "model",
        feeds: &["models"],
        names: &[("target", Some("Model"))],
    },
    Target {
        word: "experiment",
        feeds: &["experiments"],
        names: &[("target", Some("Experiment"))],
    },
    Target {
        word: "node",
        feeds: &["nodes"],
        names: &[("target", Some("Node"))],
    },
    Target {
        word: "pod",
        feeds: &["pods"],
        names: &[("target", Some("Pod")), ("nodes", None)],
    },
    Target {
        word: "job",
        feeds: &JobKind::FEEDS,
        names: &[("target", Some("Job"))],
    },
];

/// What an expression speaks of and nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// What is wrong.
    pub what: String,
    /// What was probably meant.
    pub hint: String,
}

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    // a test reads the same file and fails when it is no JSON
    serde_json::from_str(include_str!("../../docs/schema/midwatch-v1.json")).unwrap_or_default()
});

impl Target {
    /// The one of this word.
    #[must_use]
    pub fn of(word: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.word == word)
    }

    /// The one whose rows a feed brings.
    #[must_use]
    pub fn of_feed(feed: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.feeds.contains(&feed))
    }

    /// Its objects live in namespaces.
    #[must_use]
    pub fn namespaced(&self) -> bool {
        !matches!(self.word, "model" | "node")
    }

    /// What has to stand before a name, where one name may be that of several objects; empty where it is told alone.
    #[must_use]
    pub fn kinds(&self) -> &'static [&'static str] {
        if self.word == "job" { self.feeds } else { &[] }
    }

    /// Is there such a path? `named` are the names that earlier steps gave.
    pub fn knows(&self, path: &str, named: &[Named]) -> Result<(), Unknown> {
        let mut parts = path.split('.');
        let root = parts.next().unwrap_or_default();
        if let Some(found) = named.iter().find(|named| named.name == root) {
            return match found.object {
                Some(object) => object.knows_of(path),
                None => Ok(()),
            };
        }
        let Some((_, shape)) = self.names.iter().find(|(name, _)| *name == root) else {
            let names = self.names.iter().map(|(name, _)| *name);
            let names = names.chain(named.iter().map(|named| named.name.as_str()));
            return Err(Unknown {
                what: format!(
                    "nothing is called `{root}` in a runbook for a {}",
                    self.word
                ),
                hint: meant(root, names),
            });
        };
        let Some(shape) = shape.and_then(|name| SCHEMA.pointer(&format!("/$defs/{name}"))) else {
            return Ok(());
        };
        let mut at = shape;
        for part in parts {
            at = match field(at, part) {
                Found::Field(found) => found,
                Found::Any => return Ok(()),
                Found::No(fields) => {
                    return Err(Unknown {
                        what: format!("`{path}`: there is no `{part}`"),
                        hint: meant(part, fields),
                    });
                }
            };
        }
        Ok(())
    }

    /// Is there such a path of an object of this kind that another name stands for? What is joined to it is one of its fields.
    fn knows_of(&self, path: &str) -> Result<(), Unknown> {
        let Some((_, rest)) = path.split_once('.') else {
            return Ok(());
        };
        let first = rest.split('.').next().unwrap_or_default();
        let mut joined = self.names.iter().filter(|(name, _)| *name != "target");
        let known = if joined.any(|(name, _)| *name == first) {
            self.knows(rest, &[])
        } else {
            self.knows(&format!("target.{rest}"), &[])
        };
        known.map_err(|unknown| Unknown {
            what: unknown.what.replacen(
                "`target.",
                &format!("`{}.", path.split('.').next().unwrap_or_default()),
                1,
            ),
            ..unknown
        })
    }
}

enum Found {
    Field(&'static Value),
    /// What stands there is not described further.
    Any,
    /// These are there.
    No(Vec<&'static str>),
}

fn field(shape: &'static Value, name: &str) -> Found {
    let shape = resolved(shape);
    let Some(fields) = shape.get("properties").and_then(Value::as_object) else {
        return if shape
            .get("additionalProperties")
            .is_some_and(|v| v != false)
        {
            Found::Any
        } else {
            Found::No(Vec::new())
        };
    };
    match fields.get(name) {
        Some(found) => Found::Field(found),
        None => Found::No(fields.keys().map(String::as_str).collect()),
    }
}

/// What a `$ref`, or the one alternative that is not null, leads to.
fn resolved(shape: &'static Value) -> &'static Value {
    let mut at = shape;
    loop {
        let next = if let Some(to) = at.get("$ref").and_then(Value::as_str) {
            SCHEMA.pointer(to.trim_start_matches('#'))
        } else {
            let one = at.get("oneOf").and_then(Value::as_array);
            one.into_iter()
                .flatten()
                .find(|s| s.get("type").and_then(Value::as_str) != Some("null"))
        };
        match next {
            Some(next) => at = next,
            None => return at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_those_of_the_schema() {
        let service = Target::of("service").unwrap();
        for path in [
            "target",
            "target.canaryPercent",
            "target.model.failure",
            "slo.burnHour",
            "canary.anything",
        ] {
            assert_eq!(service.knows(path, &[]), Ok(()), "{path}");
        }
        let unknown = service.knows("target.canary_percent", &[]).unwrap_err();
        assert_eq!(
            unknown.what,
            "`target.canary_percent`: there is no `canary_percent`"
        );
        assert!(
            service
                .knows("tarket.name", &[])
                .unwrap_err()
                .hint
                .contains("target")
        );
        let run = Target::of("run").unwrap();
        assert_eq!(run.knows("target.progress.done", &[]), Ok(()));
        assert!(run.knows("target.progress.doen", &[]).is_err());
        assert!(run.knows("slo.burnHour", &[]).is_err());
        let named = |name: &str, object| Named {
            name: name.to_owned(),
            object,
        };
        let named = [named("answer", None), named("new", Some(run))];
        for path in [
            "answer",
            "answer.any",
            "new",
            "new.state",
            "new.outputs.uri",
        ] {
            assert_eq!(service.knows(path, &named), Ok(()), "{path}");
        }
        let unknown = service.knows("new.stat", &named).unwrap_err();
        assert_eq!(unknown.what, "`new.stat`: there is no `stat`");
    }

    #[test]
    fn every_target_has_rows_and_every_definition_is_in_the_schema() {
        for target in TARGETS {
            assert_eq!(target.names.first().map(|n| n.0), Some("target"));
            for feed in target.feeds {
                assert_eq!(Target::of_feed(feed), Some(target));
            }
            for (_, shape) in target.names {
                if let Some(name) = shape {
                    assert!(SCHEMA.pointer(&format!("/$defs/{name}")).is_some());
                }
            }
        }
    }
}
