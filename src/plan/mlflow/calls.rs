//! Requests to the registry, each with what it stands on. Pure.
//!
//! The registry has no locks and no versions of its objects, and a move of an alias leaves no trace in the model. So each
//! request stands on where the alias pointed when it was shown.

use serde_json::{Map, Value, json};

use super::BASE;
use crate::domain::Clean;
use crate::plan::form::{Check, Need, Plan};
use crate::plan::given::Given;
use crate::plan::home::Home;
use crate::plan::json;
use crate::plan::stand::{Call, Stand};

/// A registered model, as it was read.
#[derive(Debug, Clone, Copy)]
pub(in crate::plan) struct Model<'a> {
    /// As it was read.
    pub object: &'a Value,
}

impl<'a> Model<'a> {
    pub(in crate::plan) fn of(given: &Given<'a>) -> Self {
        Self {
            object: given.object,
        }
    }

    pub(in crate::plan) fn name(self) -> &'a str {
        json::text(self.object, &["metadata", "name"])
    }

    /// The version that an alias points at.
    pub(in crate::plan) fn alias(self, alias: &str) -> Option<&'a str> {
        let aliases = self.object.pointer("/spec/aliases")?.as_object()?;
        aliases.get(alias)?.as_str()
    }

    /// Aliases of a version.
    pub(in crate::plan) fn aliases_of(self, version: &str) -> Vec<&'a str> {
        let all = self.object.pointer("/spec/aliases");
        let all = all.and_then(Value::as_object).into_iter().flatten();
        all.filter(|(_, at)| at.as_str() == Some(version))
            .map(|(name, _)| name.as_str())
            .collect()
    }

    /// The right that reaching the registry needs, where the API server passes on what is asked.
    fn need(self, verb: &'static str) -> Option<Need> {
        let service = json::text(self.object, &["metadata", "service"]);
        let (namespace, name) = service.split_once('/')?;
        Some(Need {
            verb: verb.into(),
            group: String::new(),
            resource: "services/proxy".to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }

    fn stand(self, plan: &Plan, alias: &str, to: Value) -> Stand {
        let at = pointer(alias);
        Stand {
            object: plan.target.path(),
            before: vec![match self.alias(alias) {
                Some(version) => Check::is(&at, &[version]),
                None => Check::absent(&at),
            }],
            change: json!({"spec": {"aliases": Map::from_iter([(alias.to_owned(), to)])}}),
        }
    }

    /// Points an alias at a version, or takes it away; nothing where it is so already.
    pub(in crate::plan) fn move_alias(self, plan: &mut Plan, alias: &str, to: Option<&str>) {
        if self.alias(alias) == to {
            return;
        }
        let shown = Clean::new(alias);
        let from = self.alias(alias).map(Clean::new);
        let path = Home::Mlflow.at(&format!("{BASE}/registered-models/alias"));
        let (method, verb, body, why) = match to {
            Some(version) => {
                let from = from.map_or_else(|| "nothing".to_owned(), |v| format!("v{v}"));
                (
                    "POST",
                    "create",
                    json!({"name": self.name(), "alias": alias, "version": version}),
                    format!("{shown}: {from} → v{}", Clean::new(version)),
                )
            }
            None => (
                "DELETE",
                "delete",
                json!({"name": self.name(), "alias": alias}),
                format!("{shown}: v{} → nothing", from.unwrap_or_default()),
            ),
        };
        let stand = self.stand(plan, alias, to.map_or(Value::Null, Value::from));
        let call = Call {
            method,
            path,
            body,
            stand,
        };
        plan.call(call, self.need(verb), &why);
    }
}

/// Where an alias stands in the model.
pub(in crate::plan) fn pointer(alias: &str) -> String {
    let escaped = alias.replace('~', "~0").replace('/', "~1");
    format!("/spec/aliases/{escaped}")
}

/// What holds once an alias points there.
pub(in crate::plan) fn points(alias: &str, to: Option<&str>) -> Check {
    let at = pointer(alias);
    match to {
        Some(version) => Check::is(&at, &[version]),
        None => Check::absent(&at),
    }
}
