//! Documents with objectives as they stand in a cluster: resources of sloth and pyrra, and `OpenSLO` in `ConfigMap`s.
//! Pure. What they say is read by `slo`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Kind, KindSpec, SlimMeta};
use crate::domain::{Clean, ClusterId, DocumentRow, Key, Written};

/// `PrometheusServiceLevel` of sloth.
#[derive(Debug, Clone, Copy)]
pub struct SlothDocuments;

/// `ServiceLevelObjective` of pyrra.
#[derive(Debug, Clone, Copy)]
pub struct PyrraDocuments;

/// `ConfigMap`s that carry the label [`OPENSLO_LABEL`], with `OpenSLO` documents (or any of the others) as their data.
#[derive(Debug, Clone, Copy)]
pub struct OpenSloDocuments;

/// The label of a `ConfigMap` that objectives are written in: all others are not read.
pub const OPENSLO_LABEL: &str = "midwatch.dev/objectives";

/// What is read of all of them.
#[derive(Debug, Deserialize)]
#[serde(from = "Raw")]
pub struct Slim {
    meta: SlimMeta,
    labels: Value,
    spec: Value,
    data: Value,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Raw {
    metadata: Value,
    spec: Value,
    data: Value,
}

impl From<Raw> for Slim {
    fn from(raw: Raw) -> Self {
        let text = |name: &str| raw.metadata[name].as_str().unwrap_or_default().to_owned();
        Self {
            meta: SlimMeta {
                name: text("name"),
                namespace: text("namespace"),
                uid: text("uid"),
                resource_version: text("resourceVersion"),
            },
            labels: raw.metadata["labels"].clone(),
            spec: raw.spec,
            data: raw.data,
        }
    }
}

const fn spec(
    feed: &'static str,
    (group, version): (&'static str, &'static str),
    (plural, kind): (&'static str, &'static str),
) -> KindSpec {
    KindSpec {
        feed,
        group,
        version,
        plural,
        kind,
        namespaced: true,
        page: 250,
    }
}

fn row(
    cluster: &ClusterId,
    (spec, word): (KindSpec, &'static str),
    meta: &SlimMeta,
    parts: Vec<(String, String)>,
) -> DocumentRow {
    let name = format!("{word}/{}", meta.name);
    DocumentRow {
        key: Key::new(cluster.clone(), &meta.namespace, &name),
        object: Written {
            feed: spec.feed,
            word,
            key: meta.key(cluster),
            uid: Clean::new(&meta.uid),
        },
        parts: parts.into(),
    }
}

/// The object as one document, a field a line: what is wrong is told with the path that its line has.
fn whole(spec: &KindSpec, slim: &Slim) -> Vec<(String, String)> {
    let object = json!({
        "apiVersion": format!("{}/{}", spec.group, spec.version),
        "kind": spec.kind,
        "metadata": {"name": slim.meta.name, "namespace": slim.meta.namespace,
            "labels": labels(&slim.labels)},
        "spec": slim.spec,
    });
    let text = serde_json::to_string_pretty(&object).unwrap_or_default();
    vec![(String::new(), text)]
}

/// Labels are texts; anything else is none.
fn labels(of: &Value) -> Value {
    let fields = of.as_object().into_iter().flatten();
    let texts = fields.filter(|(_, v)| v.is_string());
    Value::Object(texts.map(|(k, v)| (k.clone(), v.clone())).collect())
}

impl Kind for SlothDocuments {
    type Slim = Slim;
    type Row = DocumentRow;
    const SPEC: KindSpec = spec(
        "slo-sloth",
        ("sloth.slok.dev", "v1"),
        ("prometheusservicelevels", "PrometheusServiceLevel"),
    );

    fn meta(slim: &Slim) -> &SlimMeta {
        &slim.meta
    }

    fn row(cluster: &ClusterId, slim: Slim) -> DocumentRow {
        let parts = whole(&Self::SPEC, &slim);
        row(cluster, (Self::SPEC, "sloth"), &slim.meta, parts)
    }
}

impl Kind for PyrraDocuments {
    type Slim = Slim;
    type Row = DocumentRow;
    const SPEC: KindSpec = spec(
        "slo-pyrra",
        ("pyrra.dev", "v1alpha1"),
        ("servicelevelobjectives", "ServiceLevelObjective"),
    );

    fn meta(slim: &Slim) -> &SlimMeta {
        &slim.meta
    }

    fn row(cluster: &ClusterId, slim: Slim) -> DocumentRow {
        let parts = whole(&Self::SPEC, &slim);
        row(cluster, (Self::SPEC, "pyrra"), &slim.meta, parts)
    }
}

impl Kind for OpenSloDocuments {
    type Slim = Slim;
    type Row = DocumentRow;
    const SPEC: KindSpec = spec("slo-openslo", ("", "v1"), ("configmaps", "ConfigMap"));

    fn meta(slim: &Slim) -> &SlimMeta {
        &slim.meta
    }

    fn row(cluster: &ClusterId, slim: Slim) -> DocumentRow {
        let texts = slim.data.as_object().into_iter().flatten();
        let parts =
            texts.filter_map(|(name, text)| Some((name.clone(), text.as_str()?.to_owned())));
        let parts = parts.collect();
        row(cluster, (Self::SPEC, "openslo"), &slim.meta, parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster() -> ClusterId {
        ClusterId::new("c")
    }

    #[test]
    fn an_object_becomes_a_document_with_its_namespace_and_labels() {
        let object = json!({"metadata": {"name": "errors", "namespace": "ml", "uid": "u",
            "labels": {"serving.kserve.io/inferenceservice": "fraud", "odd": 5}},
            "spec": {"target": "99.9"}});
        let row = PyrraDocuments::row(&cluster(), serde_json::from_value(object).unwrap());
        assert_eq!(
            (&*row.key.name, &*row.object.key.name),
            ("pyrra/errors", "errors")
        );
        let document: Value = serde_json::from_str(&row.parts[0].1).unwrap();
        assert_eq!(document["apiVersion"], "pyrra.dev/v1alpha1");
        assert_eq!(
            document["metadata"]["labels"],
            json!({"serving.kserve.io/inferenceservice": "fraud"})
        );
        assert_eq!(document["spec"]["target"], "99.9");
    }

    #[test]
    fn the_data_of_a_config_map_are_documents() {
        let object = json!({"metadata": {"name": "slos", "namespace": "ml"},
            "data": {"a.yaml": "kind: SLO", "odd": 5}});
        let row = OpenSloDocuments::row(&cluster(), serde_json::from_value(object).unwrap());
        assert_eq!(*row.parts, [("a.yaml".to_owned(), "kind: SLO".to_owned())]);
    }

    #[test]
    fn odd_fields_lose_no_row() {
        for odd in ["null", "5", "\"x\"", "[1]"] {
            let json = format!(
                r#"{{"metadata":{{"name":"s","labels":{odd}}},"spec":{odd},"data":{odd}}}"#
            );
            let slim = || serde_json::from_str(&json).unwrap();
            assert_eq!(
                &*SlothDocuments::row(&cluster(), slim()).object.key.name,
                "s"
            );
            assert!(OpenSloDocuments::row(&cluster(), slim()).parts.is_empty());
        }
    }
}
