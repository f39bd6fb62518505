//! Disruption budgets.

use serde_json::Value;

use super::{BUILT_IN, Column, Resource, age, age_column, column};

const COLUMNS: &[Column] = &[
    column("Min Available", "string"),
    column("Max Unavailable", "string"),
    column("Allowed Disruptions", "integer"),
    age_column(),
];

pub(super) static BUDGETS: Resource = Resource {
    group: "policy",
    plural: "poddisruptionbudgets",
    singular: "poddisruptionbudget",
    kind: "PodDisruptionBudget",
    short: &["pdb"],
    status: true,
    generation: true,
    unconditional: false,
    columns: COLUMNS,
    cells: |object, now| {
        let of = |key: &str| match &object["spec"][key] {
            Value::Null => Value::from("N/A"),
            Value::String(text) => Value::from(text.as_str()),
            other => Value::from(other.to_string()),
        };
        vec![
            of("minAvailable"),
            of("maxUnavailable"),
            Value::from(object["status"]["disruptionsAllowed"].as_i64().unwrap_or(0)),
            age(object, now),
        ]
    },
    ..BUILT_IN
};
