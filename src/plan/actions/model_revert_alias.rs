//! `model.revert-alias`: an alias points again where it pointed before: as the journal tells, or as is said. Pure.

use crate::domain::{Clean, clock};
use crate::plan::beside::Read;
use crate::plan::forecast::Sight;
use crate::plan::form::Plan;
use crate::plan::given::Given;
use crate::plan::json;
use crate::plan::mlflow::guards::{self, alias_name, begin, check_version, number};
use crate::plan::mlflow::{JOURNAL, MODELS, Model, Move, RIGHTS};
use crate::plan::refused::Refused;
use crate::plan::spec::{Action, ActionSpec, ParameterKind, ParameterSpec, Risk};

use super::model_promote::carry;

/// See the module.
pub(super) struct RevertAlias;

const SPEC: ActionSpec = ActionSpec {
    name: "model.revert-alias",
    title: "Set an alias of a model back to the version before",
    targets: MODELS,
    parameters: &[
        ParameterSpec {
            name: "alias",
            kind: ParameterKind::Text,
            default: "champion",
            help: "The alias.",
        },
        ParameterSpec {
            name: "version",
            kind: ParameterKind::Text,
            default: "",
            help: "The version; where nothing is said, its last move is taken back, as the audit tells, with what moved with it. none takes it away.",
        },
        ParameterSpec {
            name: "also",
            kind: ParameterKind::Text,
            default: "",
            help: "Other aliases that are set with it: NAME=VERSION or NAME=none, divided by commas.",
        },
    ],
    risk: Risk::Reversible,
    rights: RIGHTS,
    inverse: "model.revert-alias: sets them to where they point now",
    verify: "The aliases point where they did before",
};

impl Action for RevertAlias {
    fn spec(&self) -> &'static ActionSpec {
        &SPEC
    }

    fn reads(&self, given: &Given<'_>) -> Vec<Read> {
        let mut reads = vec![history(given)];
        let said = [given.params.text("version")];
        let also = given.params.text("also").split(',');
        let also = also.filter_map(|pair| Some(pair.split_once('=')?.1));
        let versions = said.into_iter().chain(also).filter_map(number);
        reads.extend(versions.map(|version| guards::reads(given, version)));
        reads
    }

    fn plan(&self, given: &Given<'_>) -> Result<Plan, Refused> {
        let (mut plan, model) = begin(given, &SPEC)?;
        let alias = given.params.text("alias").trim();
        alias_name(alias)?;
        let before: Vec<Move>;
        let mut moves = match given.params.text("version").trim() {
            "none" => vec![(alias, None)],
            "" => {
                before = earlier(&mut plan, given, (model, alias))?;
                before
                    .iter()
                    .map(|m| (m.alias.as_str(), m.from.as_deref()))
                    .collect()
            }
            _ => vec![(alias, Some(guards::version(given)?))],
        };
        for pair in given.params.text("also").split(',').map(str::trim) {
            moves.extend(also(pair)?);
        }
        moves.retain(|(alias, to)| model.alias(alias) != *to);
        if moves.is_empty() {
            return Err(Refused::new("The aliases point there already"));
        }
        for version in moves.iter().filter_map(|(_, to)| *to) {
            check_version(&mut plan, given, version)?;
        }
        let told: Vec<String> = moves.iter().map(|(a, to)| step(model, a, *to)).collect();
        let words = plan.target.words();
        plan.does = Clean::new(&format!(
            "Sets back aliases of {words}: {}",
            told.join(", ")
        ));
        carry(&mut plan, model, &moves);
        Ok(plan)
    }
}

/// `champion v42 → v41`
fn step(model: Model<'_>, alias: &str, to: Option<&str>) -> String {
    let side = |v: Option<&str>| v.map_or_else(|| "nothing".to_owned(), |v| format!("v{v}"));
    format!("{alias} {} → {}", side(model.alias(alias)), side(to))
}

fn also(pair: &str) -> Result<Option<(&str, Option<&str>)>, Refused> {
    if pair.is_empty() {
        return Ok(None);
    }
    let wrong = || {
        let what = format!("{} is not NAME=VERSION", Clean::new(pair));
        Refused::new(&what).instead("--param also=NAME=VERSION,NAME=none")
    };
    let (alias, version) = pair.split_once('=').ok_or_else(wrong)?;
    alias_name(alias)?;
    match version {
        "none" => Ok(Some((alias, None))),
        version => Ok(Some((alias, Some(number(version).ok_or_else(wrong)?)))),
    }
}

fn history(given: &Given<'_>) -> Read {
    let model = json::text(given.object, &["metadata", "name"]);
    Read {
        path: format!("{JOURNAL}{model}"),
        what: format!("what the journal has of {}", Clean::new(model)),
    }
}

/// The last move of an alias, if it is the one that it stands at, and what the same action moved with it.
fn earlier(
    plan: &mut Plan,
    given: &Given<'_>,
    (model, alias): (Model<'_>, &str),
) -> Result<Vec<Move>, Refused> {
    let shown = Clean::new(alias);
    let say = "--param version=NUMBER says which version is meant";
    let moves = told(given).map_err(|why| {
        let what = format!("Where {shown} pointed before cannot be told: {why}");
        Refused::new(&what).instead(say)
    })?;
    let Some(last) = moves.iter().rev().find(|m| m.alias.as_str() == alias) else {
        let what = format!(
            "The audit has no move of {shown}, and MLflow keeps none: where it pointed before is not known"
        );
        return Err(Refused::new(&what).instead(say));
    };
    let history = format!(
        "{} by {} at {}",
        last.words(),
        last.who,
        clock(last.at, given.now)
    );
    let stands = |m: &Move| m.to.as_deref() == model.alias(&m.alias);
    if !stands(last) {
        let now = model.alias(alias).map(Clean::new);
        let points = now.map_or_else(|| "nothing".to_owned(), |v| format!("v{v}"));
        let what = format!(
            "Someone else moved {shown} since: it points at {points}, and the audit's last move is {history}"
        );
        return Err(Refused::new(&what).instead(say));
    }
    plan.fact("history", &format!("{history} ({})", last.id));
    let same = moves.iter().filter(|m| m.id == last.id);
    let (with, moved): (Vec<&Move>, Vec<&Move>) = same.partition(|m| stands(m));
    for other in moved {
        plan.warn(&format!(
            "{} was moved by the same action and by someone else since: it stays",
            other.alias
        ));
    }
    let mut back: Vec<Move> = with.into_iter().cloned().collect();
    // what is asked for comes first
    back.sort_by_key(|m| m.alias.as_str() != alias);
    Ok(back)
}

/// What the journal has of the model.
fn told(given: &Given<'_>) -> Result<Vec<Move>, Clean> {
    match given.beside.at(&history(given).path) {
        Sight::Found(found) => Ok(serde_json::from_value((**found).clone()).unwrap_or_default()),
        Sight::Unseen(why) => Err(why.clone()),
        Sight::Absent | Sight::Unasked => Ok(Vec::new()),
    }
}
