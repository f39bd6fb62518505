//! Who else writes an object, and whether what is changed stays. Pure; the applications are given as served.
//!
//! | file | owns |
//! |---|---|
//! | `marks` | what stands on an object about who keeps it |
//! | `keepers` | what there is to read, and what was read |
//! | `fields` | which fields a plan changes, and what git says of them |
//! | `application` | what Argo CD does about a difference |
//! | `ignored`, `windows`, `schedule`, `globs` | its rules of what is not compared, and of when nothing is synced |
//! | `source` | the way that lasts |
//! | `flux` | what Flux and Helm do |

mod application;
mod fields;
mod flux;
mod globs;
mod ignored;
mod keepers;
mod marks;
mod schedule;
mod source;
mod windows;

use serde::Serialize;
use serde_json::Value;

use self::application::Kept;
use self::fields::Touched;
use self::marks::{Marks, Tracking};
use super::form::Plan;
use super::json;
use crate::domain::Clean;

pub use self::keepers::{Keepers, Sight, Sought, keeper_among, sought};
pub use self::windows::zones;

/// What becomes of a change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Forecast {
    /// Who owns the object; none when nobody does, or when it could not be found out (then `unknown` says why).
    pub owner: Option<Owner>,
    /// Whether the change stays.
    pub stays: Stays,
    /// About when it is reverted, in seconds from the change.
    pub reverted_within: Option<u64>,
    /// What will happen and why, one or two sentences; empty when there is nothing to say.
    pub text: Clean,
    /// The way that lasts, one sentence; empty when none is needed.
    pub lasts: Clean,
    /// What could not be found out, and why; empty when all could.
    pub unknown: Clean,
}

impl Forecast {
    /// What is to be said even after the change was seen: it does not stay, or nobody knows.
    #[must_use]
    pub fn passing(&self) -> Option<&str> {
        if self.stays == Stays::Yes {
            return None;
        }
        let said = if self.text.is_empty() {
            &self.unknown
        } else {
            &self.text
        };
        Some(said.as_str()).filter(|text| !text.is_empty())
    }
}

/// Who owns an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// Which kind of keeper.
    pub keeper: Keeper,
    /// Its namespace; empty when not known.
    pub namespace: Clean,
    /// Its name.
    pub name: Clean,
    /// What says so.
    pub evidence: Evidence,
    /// It is owned itself by an `ApplicationSet` of this name; empty when it is not.
    pub set: Clean,
}

impl Owner {
    /// In words: `Argo CD app argocd/serving-prod of ApplicationSet teams (it lists the object)`.
    #[must_use]
    pub fn told(&self) -> String {
        let place = if self.namespace.is_empty() {
            self.name.to_string()
        } else {
            format!("{}/{}", self.namespace, self.name)
        };
        let set = if self.set.is_empty() {
            String::new()
        } else {
            format!(" of ApplicationSet {}", self.set)
        };
        format!(
            "{} {place}{set} ({})",
            self.keeper.words(),
            self.evidence.words()
        )
    }
}

/// What keeps objects as they are written elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keeper {
    /// An Argo CD Application.
    ArgoCd,
    /// A Flux Kustomization.
    FluxKustomization,
    /// A Flux `HelmRelease`.
    FluxHelm,
    /// A Helm release that is installed by hand or by a pipeline.
    Helm,
}

impl Keeper {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::ArgoCd => "Argo CD app",
            Self::FluxKustomization => "Flux Kustomization",
            Self::FluxHelm => "Flux HelmRelease",
            Self::Helm => "Helm release",
        }
    }
}

/// How sure it is, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// A label that other tools set as well.
    Label,
    /// A tracking id on the object that names this very object, or labels that only the keeper sets.
    Tracked,
    /// The keeper lists the object.
    Listed,
}

impl Evidence {
    /// In words, for after the owner.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Label => "perhaps: only a label says so",
            Self::Tracked => "the object says so",
            Self::Listed => "it lists the object",
        }
    }
}

/// Whether a change stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stays {
    /// Nobody else writes it.
    #[default]
    Yes,
    /// It stays until someone syncs by hand, or until the next release.
    UntilSync,
    /// It is reverted by itself.
    No,
    /// It could not be found out.
    Unknown,
}

/// Who owns the target of a plan, and whether what the plan changes stays.
#[must_use]
pub fn forecast(object: &Value, plan: &Plan, seen: &Keepers) -> Forecast {
    let touched = Touched::by(plan, object);
    if touched.is_nothing() {
        return Forecast::default();
    }
    let target = &plan.target;
    let marks = Marks::of(object, target);
    match marks.tracking {
        Some(tracking) if !tracking.is_this => return copied(object, &tracking),
        _ => {}
    }
    if let Some(app) = seen.application.found() {
        let kept = Kept {
            app,
            object,
            target,
            marks: &marks,
            seen,
        };
        return application::forecast(kept, &touched);
    }
    if let Some(tracking) = marks.tracking {
        return tracked_elsewhere(&tracking, &seen.application);
    }
    if let Some(forecast) = flux_or_helm(object, &marks, (seen, &touched)) {
        return forecast;
    }
    unmarked(&marks, &seen.application)
}

/// The id of another object was copied to this one.
fn copied(object: &Value, tracking: &Tracking<'_>) -> Forecast {
    let owners = json::list(object, &["metadata", "ownerReferences"]);
    let by = owners.iter().any(|o| {
        json::text(o, &["kind"]) == tracking.kind && json::text(o, &["name"]) == tracking.place.1
    });
    let how = if by { "Made by" } else { "Carries the mark of" };
    let text = format!(
        "{how} {} {}, which Argo CD app {} owns: this object itself is not compared, so this change stays",
        Clean::new(tracking.kind),
        Clean::new(tracking.place.1),
        Clean::new(tracking.app.1)
    );
    Forecast {
        text: Clean::new(&text),
        ..Forecast::default()
    }
}

/// The object names its application, and that is not to be read here.
fn tracked_elsewhere(tracking: &Tracking<'_>, seen: &Sight) -> Forecast {
    let owner = Owner {
        keeper: Keeper::ArgoCd,
        namespace: Clean::new(tracking.app.0),
        name: Clean::new(tracking.app.1),
        evidence: Evidence::Tracked,
        set: Clean::default(),
    };
    let unknown = match seen {
        Sight::Unseen(why) => why.clone(),
        _ => Clean::new(
            "The application is not on this cluster: Argo CD may run on another one, or be gone",
        ),
    };
    let text = format!(
        "Owned by Argo CD app {}, of which no more is known: with self-heal on, this change is reverted within seconds",
        owner.name
    );
    Forecast {
        owner: Some(owner),
        stays: Stays::Unknown,
        reverted_within: None,
        text: Clean::new(&text),
        lasts: Clean::new("Set it in git"),
        unknown,
    }
}

fn flux_or_helm(
    object: &Value,
    marks: &Marks<'_>,
    (seen, touched): (&Keepers, &Touched),
) -> Option<Forecast> {
    let change = if touched.deleted {
        "the deletion"
    } else {
        "this change"
    };
    let (keeper, (namespace, name), mut forecast) = if let Some(place) = marks.kustomization {
        let forecast = flux::kustomization((object, place.1), &seen.flux, change);
        (Keeper::FluxKustomization, place, forecast)
    } else if let Some(place) = marks.helm_release {
        let forecast = flux::helm_release(place.1, &seen.flux, change);
        (Keeper::FluxHelm, place, forecast)
    } else {
        let place = marks.helm?;
        (Keeper::Helm, place, flux::helm(place.1, change))
    };
    forecast.owner = Some(Owner {
        keeper,
        namespace: Clean::new(namespace),
        name: Clean::new(name),
        evidence: Evidence::Tracked,
        set: Clean::default(),
    });
    Some(forecast)
}

/// Nothing on the object says who keeps it, or only a label that many tools set.
fn unmarked(marks: &Marks<'_>, seen: &Sight) -> Forecast {
    let Sight::Unseen(why) = seen else {
        return Forecast::default();
    };
    if marks.instance.is_empty() {
        return Forecast {
            unknown: why.clone(),
            ..Forecast::default()
        };
    }
    let name = Clean::new(marks.instance);
    let text = format!(
        "Perhaps owned by Argo CD app {name}: its label is there, which charts set as well"
    );
    Forecast {
        owner: Some(Owner {
            keeper: Keeper::ArgoCd,
            namespace: Clean::default(),
            name,
            evidence: Evidence::Label,
            set: Clean::default(),
        }),
        stays: Stays::Unknown,
        text: Clean::new(&text),
        unknown: why.clone(),
        ..Forecast::default()
    }
}
