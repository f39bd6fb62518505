//! `model.archive`: a version is marked as one of the past: `archived` points at it, and no other alias does. Nothing is
//! deleted. Pure.

use crate::domain::Clean;
use crate::plan::beside::Read;
use crate::plan::form::Plan;
use crate::plan::given::Given;
use crate::plan::mlflow::guards::{self, begin, check_version, number};
use crate::plan::mlflow::{ARCHIVED, LEADS, MODELS, RIGHTS};
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, ParameterKind, ParameterSpec, Risk};

use super::model_promote::{carry, example};

/// See the module.
pub(super) struct Archive;

const SPEC: ActionSpec = ActionSpec {
    name: "model.archive",
    title: "Archive a version of a model: archived points at it, no other alias does",
    targets: MODELS,
    parameters: &[ParameterSpec {
        name: "version",
        kind: ParameterKind::Text,
        default: "",
        help: "The version.",
    }],
    risk: Risk::Reversible,
    rights: RIGHTS,
    inverse: "model.revert-alias: sets all aliases back to where they pointed",
    verify: "Only archived points at it",
};

impl Action for Archive {
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
        example(given)
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let (mut plan, model) = begin(given, &SPEC)?;
        let version = guards::version(given)?;
        let has = model.aliases_of(version);
        let others: Vec<&str> = has.iter().copied().filter(|a| *a != ARCHIVED).collect();
        if has.contains(&ARCHIVED) && others.is_empty() {
            return Err(Refused::new(&format!("v{version} is archived already")));
        }
        check_version(&mut plan, given, version)?;
        if let Some(lead) = others.iter().find(|a| LEADS.contains(a)) {
            plan.block(&format!(
                "v{version} is {lead}: nothing would say which version should be served. model.promote puts another one in its place, and archives it"
            ));
        }
        let words = plan.target.words();
        let shown: Vec<String> = others.iter().map(|a| Clean::new(a).to_string()).collect();
        let loses = match shown.as_slice() {
            [] => String::new(),
            all => format!("; it is {} no longer", all.join(", ")),
        };
        plan.does = Clean::new(&format!("Archives v{version} of {words}{loses}"));
        plan.fact(
            "deletes",
            "Nothing: the version and its files stay. A service that names the version by its number or address goes on with it",
        );
        if let Some(old) = model.alias(ARCHIVED).filter(|old| *old != version) {
            plan.fact(
                "archived",
                &format!("One version can have an alias: v{} is archived no longer, and stays in the registry", Clean::new(old)),
            );
        }
        let mut moves = vec![(ARCHIVED, Some(version))];
        moves.extend(others.iter().map(|alias| (*alias, None)));
        carry(&mut plan, model, &moves);
        Ok(plan)
    }
}
