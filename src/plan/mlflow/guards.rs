//! What every plan for a registered model begins with: that it is one, that its version is there and ready, that it passes
//! its gates. Pure.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{LEADS, Model, version_path};
use crate::domain::Clean;
use crate::plan::beside::Read;
use crate::plan::forecast::Sight;
use crate::plan::form::Plan;
use crate::plan::given::Given;
use crate::plan::json;
use crate::plan::refused::Refused;
use crate::plan::spec::ActionSpec;

/// A path that begins with this asks for the gates of a version, measured now by whoever reads it.
pub const GATES: &str = "gates:";

/// Least letters of a reason for which gates are overridden.
const REASON: usize = 10;

/// Longest name of an alias.
const LONGEST: usize = 255;

/// What the gates of a version are asked by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// Name of the model.
    pub model: String,
    /// The version.
    pub version: String,
    /// The version that it is measured against; empty when there is none.
    pub champion: String,
}

/// A gate of a version, as it was measured just now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// Its name.
    pub name: Clean,
    /// `passed`, `failed`, `unknown`.
    pub verdict: Clean,
    /// What was measured; empty when nothing was.
    pub value: Clean,
    /// What it must be.
    pub threshold: Clean,
    /// Who set it.
    pub from: Clean,
}

impl Measured {
    fn words(&self) -> String {
        let value = match self.value.as_str() {
            "" => String::new(),
            value => format!("{value}, "),
        };
        // a tag that holds the verdict says it itself
        let told = self.threshold.to_lowercase().starts_with(&*self.verdict);
        let verdict = if told && value.is_empty() {
            String::new()
        } else {
            format!("{}: ", self.verdict)
        };
        format!(
            "{} {verdict}{value}{} [{}]",
            self.name, self.threshold, self.from
        )
    }

    fn passed(&self) -> bool {
        self.verdict.as_str() == "passed"
    }
}

impl Measure {
    /// The read that measures.
    pub(in crate::plan) fn read(&self) -> Read {
        Read {
            path: self.path(),
            what: format!("the gates of v{}", Clean::new(&self.version)),
        }
    }

    fn path(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        format!("{GATES}{text}")
    }

    /// What a path asks for.
    #[must_use]
    pub fn of(path: &str) -> Option<Self> {
        serde_json::from_str(path.strip_prefix(GATES)?).ok()
    }
}

/// A plan for a model, and the model.
pub(in crate::plan) fn begin<'a>(
    given: &Given<'a>,
    spec: &ActionSpec,
) -> Result<(Plan, Model<'a>), Refused> {
    if json::text(given.object, &["kind"]) != "RegisteredModel" {
        return Err(Refused::new("It is no registered model"));
    }
    let mut plan = Plan::new(given, spec, "");
    let place = Clean::new(&plan.target.endpoint);
    plan.fact("in", &format!("MLflow at {place}"));
    if json::text(given.object, &["metadata", "service"]).is_empty() {
        plan.fact(
            "rights",
            "Whether you may, MLflow tells only when it is asked to write",
        );
    }
    plan.fact(
        "serving",
        "No service changes by this alone: each serves what its own spec names, until service.set-canary or service.promote moves its traffic",
    );
    Ok((plan, Model::of(given)))
}

/// The number of a version as it was given: `41` or `v41`; none when it is none.
pub(in crate::plan) fn number(text: &str) -> Option<&str> {
    let text = text.trim();
    let digits = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let fits =
        !digits.is_empty() && digits.len() < 10 && digits.bytes().all(|b| b.is_ascii_digit());
    fits.then_some(digits)
}

/// The version that must be given.
pub(in crate::plan) fn version<'a>(given: &Given<'a>) -> Result<&'a str, Refused> {
    named(given.params.text("version"))
}

/// The version that a text names.
pub(in crate::plan) fn named(text: &str) -> Result<&str, Refused> {
    if text.is_empty() {
        return Err(Refused::new("It has to be said which version is meant")
            .instead("--param version=NUMBER"));
    }
    number(text).ok_or_else(|| {
        let what = format!("{} is no number of a version", Clean::new(text));
        Refused::new(&what).instead("--param version=NUMBER")
    })
}

/// The read that tells whether a version is there and ready.
pub(in crate::plan) fn reads(given: &Given<'_>, version: &str) -> Read {
    let model = json::text(given.object, &["metadata", "name"]);
    Read {
        path: version_path(model, version),
        what: format!("get v{version} of {}", Clean::new(model)),
    }
}

/// The version is there; one that is not ready blocks.
pub(in crate::plan) fn check_version(
    plan: &mut Plan,
    given: &Given<'_>,
    version: &str,
) -> Result<(), Refused> {
    match given.beside.at(&reads(given, version).path) {
        Sight::Found(found) => {
            let state = Clean::new(json::text(found, &["status", "state"]));
            if state.as_str() != "READY" {
                let words = state.to_lowercase().replace('_', " ");
                plan.block(&format!(
                    "v{version} is not ready ({words}): its files may not be there"
                ));
            }
        }
        Sight::Absent => {
            let what = format!("There is no v{version} of {}", plan.target.words());
            return Err(Refused::new(&what)
                .instead("midwatch get versions NAME lists those that there are"));
        }
        Sight::Unseen(why) => plan.block(&format!(
            "Whether v{version} is ready cannot be told: {why}"
        )),
        Sight::Unasked => {}
    }
    Ok(())
}

/// An alias that can be set.
pub(in crate::plan) fn alias_name(alias: &str) -> Result<(), Refused> {
    let numbered = alias
        .strip_prefix(['v', 'V'])
        .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    let shown = Clean::new(alias);
    if alias.is_empty() {
        return Err(
            Refused::new("It has to be said which alias is meant").instead("--param alias=NAME")
        );
    }
    if numbered || alias.eq_ignore_ascii_case("latest") {
        let what = format!("MLflow keeps the alias {shown} for itself");
        return Err(Refused::new(&what));
    }
    let fits = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    if alias.len() > LONGEST || !alias.chars().all(fits) {
        let what = format!("{shown} is no name of an alias: letters, digits, - and _ are");
        return Err(Refused::new(&what));
    }
    Ok(())
}

/// What leads a model.
pub(in crate::plan) fn lead(model: Model<'_>) -> &'static str {
    let mut all = LEADS.iter().copied();
    all.find(|alias| model.alias(alias).is_some())
        .unwrap_or("champion")
}

/// What measures a version against what leads its model.
pub(in crate::plan) fn measure(model: Model<'_>, version: &str) -> Measure {
    Measure {
        model: model.name().to_owned(),
        version: version.to_owned(),
        champion: model.alias(lead(model)).unwrap_or_default().to_owned(),
    }
}

/// The gates of a version: those that it does not pass block, unless a reason is given.
pub(in crate::plan) fn check_gates(plan: &mut Plan, given: &Given<'_>, measure: &Measure) {
    let version = &measure.version;
    let gates: Vec<Measured> = match given.beside.at(&measure.path()) {
        Sight::Found(found) => serde_json::from_value(Value::clone(found)).unwrap_or_default(),
        Sight::Absent => Vec::new(),
        Sight::Unseen(why) => {
            let text = format!("Whether v{version} passes its gates cannot be told: {why}");
            return hold(plan, given, &text);
        }
        Sight::Unasked => return,
    };
    for gate in &gates {
        plan.fact("gate", &gate.words());
    }
    if gates.is_empty() {
        plan.warn("No gate is set for this model: nothing is measured before it is promoted");
    }
    let held: Vec<String> = gates
        .iter()
        .filter(|g| !g.passed())
        .map(|g| format!("{} {}", g.name, g.verdict))
        .collect();
    if held.is_empty() {
        return;
    }
    let s = if held.len() == 1 { "gate" } else { "gates" };
    hold(
        plan,
        given,
        &format!("v{version} does not pass its {s}: {}", held.join(", ")),
    );
}

/// Blocks, unless a reason is given for which it is done all the same.
fn hold(plan: &mut Plan, given: &Given<'_>, why: &str) {
    let reason = Clean::new(given.params.text("override").trim());
    if reason.chars().count() >= REASON {
        plan.warn(&format!(
            "{why}. It is done all the same, for this reason: {reason}"
        ));
        return;
    }
    let short = if reason.is_empty() {
        ""
    } else {
        " The reason that is given is too short to tell anyone anything."
    };
    plan.block(&format!(
        "{why}.{short} Only a reason lets it pass, which the audit keeps: --param override=REASON"
    ));
}
