//! Argo workflow templates. Pure.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::lenient::{List, Obj};
use super::meta::Meta;
use super::{Kind, KindSpec, SlimMeta};
use crate::domain::{Clean, ClusterId, TemplateRow};

/// The feed `templates`.
#[derive(Debug, Clone, Copy)]
pub struct WorkflowTemplates;

/// What is read of a workflow template.
#[derive(Debug, Deserialize)]
pub struct Slim {
    metadata: Meta,
    #[serde(default)]
    spec: Obj<Spec>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Spec {
    entrypoint: Clean,
    templates: List<IgnoredAny>,
    arguments: Obj<Arguments>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Arguments {
    parameters: List<Obj<Named>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    name: Clean,
}

impl Kind for WorkflowTemplates {
    type Slim = Slim;
    type Row = TemplateRow;
    const SPEC: KindSpec = KindSpec {
        feed: "templates",
        group: "argoproj.io",
        version: "v1alpha1",
        plural: "workflowtemplates",
        kind: "WorkflowTemplate",
        namespaced: true,
        page: 250,
    };

    fn meta(slim: &Slim) -> &SlimMeta {
        &slim.metadata.slim
    }

    fn row(cluster: &ClusterId, slim: Slim) -> TemplateRow {
        let spec = slim.spec.or_empty();
        let names: Vec<&str> = spec
            .arguments
            .get()
            .into_iter()
            .flat_map(|a| a.parameters.iter())
            .filter_map(Obj::get)
            .map(|p| p.name.as_str())
            .collect();
        TemplateRow {
            key: slim.metadata.slim.key(cluster),
            parameters: Clean::new(&names.join(", ")),
            entrypoint: spec.entrypoint,
            templates: u32::try_from(spec.templates.len()).unwrap_or(u32::MAX),
            created: slim.metadata.created.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_tells_what_it_takes() {
        let slim = serde_json::from_str(
            r#"{"metadata":{"name":"train"},"spec":{"entrypoint":"main","templates":[{},{},{}],
                "arguments":{"parameters":[{"name":"epochs","value":5},{"name":"dataset"}]}}}"#,
        )
        .unwrap();
        let row = WorkflowTemplates::row(&ClusterId::new("c"), slim);
        assert_eq!((&*row.entrypoint, row.templates), ("main", 3));
        assert_eq!(&*row.parameters, "epochs, dataset");
    }
}
