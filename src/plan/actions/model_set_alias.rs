//! `model.set-alias`: an alias of a registered model points at another version, or is taken away. Pure.

use crate::domain::Clean;
use crate::plan::beside::Read;
use crate::plan::form::{Inverse, Plan};
use crate::plan::given::Given;
use crate::plan::mlflow::guards::{self, alias_name, begin, check_version, number};
use crate::plan::mlflow::{LEADS, MODELS, RIGHTS, points};
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, ParameterKind, ParameterSpec, Risk};

/// See the module.
pub(super) struct SetAlias;

const SPEC: ActionSpec = ActionSpec {
    name: "model.set-alias",
    title: "Point an alias of a model at a version, or take it away",
    targets: MODELS,
    parameters: &[
        ParameterSpec {
            name: "alias",
            kind: ParameterKind::Text,
            default: "",
            help: "The alias: any name.",
        },
        ParameterSpec {
            name: "version",
            kind: ParameterKind::Text,
            default: "",
            help: "The version that it points at; none takes the alias away.",
        },
    ],
    risk: Risk::Reversible,
    rights: RIGHTS,
    inverse: "model.set-alias: to the version that it pointed at before",
    verify: "The alias points where it should",
};

impl Action for SetAlias {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn reads(&self, given: &Given<'_>) -> Vec<Read> {
        let version = number(given.params.text("version"));
        version
            .map(|v| guards::reads(given, v))
            .into_iter()
            .collect()
    }

    fn example(&self, given: &Given<'_>) -> Vec<(String, String)> {
        super::model_promote::example(given)
            .into_iter()
            .chain([("alias".to_owned(), "another".to_owned())])
            .collect()
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let (mut plan, model) = begin(given, &SPEC)?;
        let alias = given.params.text("alias").trim();
        alias_name(alias)?;
        let to = match given.params.text("version").trim() {
            "none" => None,
            _ => Some(guards::version(given)?),
        };
        let (shown, now) = (Clean::new(alias), model.alias(alias));
        if now == to {
            let what = match to {
                Some(version) => format!("{shown} points at v{version} already"),
                None => format!("There is no alias {shown}"),
            };
            return Err(Refused::new(&what));
        }
        if let Some(version) = to {
            check_version(&mut plan, given, version)?;
        }
        let words = plan.target.words();
        let was = now.map_or_else(|| "new".to_owned(), |v| format!("v{} now", Clean::new(v)));
        plan.does = Clean::new(&match to {
            Some(version) => format!("Points {shown} of {words} at v{version} ({was})"),
            None => format!("Takes {shown} away from {words} ({was})"),
        });
        if LEADS.contains(&alias) {
            plan.warn(&match to {
                Some(_) => format!("{shown} leads the model, and no gate is looked at here: model.promote looks at them"),
                None => format!("{shown} leads the model: without it nothing says which version should be served"),
            });
        }
        model.move_alias(&mut plan, alias, to);
        let back = now.unwrap_or("none").to_owned();
        plan.undone_by(
            Inverse {
                action: SPEC.name,
                text: "to where it pointed before",
            },
            vec![("alias", alias.to_owned()), ("version", back)],
        );
        plan.done_when(SPEC.verify, vec![points(alias, to)]);
        Ok(plan)
    }
}
