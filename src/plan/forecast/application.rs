//! What Argo CD does about a change of an object that one of its applications keeps. Pure.
//!
//! Source: `argo-cd: controller/appcontroller.go` (`autoSync`, `selfHealRemainingBackoff`), `controller/sync.go`.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::fields::{Named, Touched, named, words};
use super::ignored::{Ignored, ignored};
use super::keepers::{Keepers, Sight};
use super::marks::Marks;
use super::windows::{Gate, gate};
use super::{Forecast, Keeper, Owner, Stays, source};
use crate::domain::{Clean, Span};
use crate::plan::form::Target;
use crate::plan::json;

/// Seconds from a change to its end when nothing holds self-heal back: to notice it, to compare, to sync.
const SOON: u64 = 10;

/// First pause between two self-heals, how much longer each is than the one before, and the longest; seconds.
const PAUSE: (i64, i64, i64) = (2, 3, 300);

/// An application, and an object that it keeps.
#[derive(Clone, Copy)]
pub(super) struct Kept<'a> {
    pub app: &'a Value,
    pub object: &'a Value,
    pub target: &'a Target,
    pub marks: &'a Marks<'a>,
    pub seen: &'a Keepers,
}

/// What becomes of one change, and how sure that is.
struct Course {
    stays: Stays,
    /// What stands behind the name of the application, as far as the change.
    because: String,
    /// What becomes of it.
    then: String,
    within: Option<u64>,
    unknown: String,
}

/// What becomes of the change.
pub(super) fn forecast(kept: Kept<'_>, touched: &Touched) -> Forecast {
    let course = course(kept, touched);
    let owner = owner(kept);
    let text = format!(
        "Owned by Argo CD app {}, {}: {}",
        owner.name, course.because, course.then
    );
    let lasts = match course.stays {
        Stays::Yes => String::new(),
        Stays::UntilSync => source::in_git(kept.app, touched.deleted),
        Stays::No | Stays::Unknown => source::lasting(kept.app, &owner, touched.deleted),
    };
    Forecast {
        owner: Some(owner),
        stays: course.stays,
        reverted_within: course.within,
        text: Clean::new(&text),
        lasts: Clean::new(&lasts),
        unknown: Clean::new(&course.unknown),
    }
}

fn owner(kept: Kept<'_>) -> Owner {
    let meta = |key| Clean::new(json::text(kept.app, &["metadata", key]));
    let listed = kept.marks.entry(kept.app, kept.target).is_some();
    Owner {
        keeper: Keeper::ArgoCd,
        namespace: meta("namespace"),
        name: meta("name"),
        evidence: if listed {
            super::Evidence::Listed
        } else {
            super::Evidence::Tracked
        },
        set: Clean::new(source::set_of(kept.app)),
    }
}

fn course(kept: Kept<'_>, touched: &Touched) -> Course {
    let change = change(touched);
    if kept.marks.is_hook {
        let because = "which makes it in a sync as a hook and does not compare it";
        return stays(
            Stays::Yes,
            because,
            &format!("{change} stays; the next sync makes it anew"),
        );
    }
    let entry = kept.marks.entry(kept.app, kept.target);
    if entry.is_some_and(|e| json::flag(e, &["requiresPruning"])) && !touched.deleted {
        let because = "git does not hold it any more";
        return stays(Stays::UntilSync, because, "a sync that prunes deletes it");
    }
    if !json::text(kept.app, &["metadata", "deletionTimestamp"]).is_empty() {
        return going(kept.app, change);
    }
    let compared = match compared(kept, touched) {
        Ok(compared) => compared,
        Err(course) => return course,
    };
    let mut course = policy(kept, change, touched.deleted);
    if let Some(doubt) = compared {
        if course.stays == Stays::No {
            course.stays = Stays::Unknown;
        }
        course.unknown = joined(&course.unknown, &doubt);
    }
    course
}

/// The application itself goes.
fn going(app: &Value, change: &str) -> Course {
    let mut finalizers = json::texts(app, &["metadata", "finalizers"]);
    if finalizers.any(|f| f.starts_with("resources-finalizer.argocd.argoproj.io")) {
        let because = "which is being deleted with all that it keeps";
        return stays(Stays::No, because, "this object goes with it");
    }
    let because = "which is being deleted and syncs no more";
    stays(Stays::Yes, because, &format!("{change} stays"))
}

/// Whether the change makes a difference to what git says. `Ok` with a doubt where it cannot be told, `Err` when it makes
/// none that self-heal acts on.
fn compared(kept: Kept<'_>, touched: &Touched) -> Result<Option<String>, Course> {
    if touched.deleted {
        return Ok(None);
    }
    let (mut unnamed, mut agreeing, mut left_out, mut doubts) = (vec![], vec![], vec![], vec![]);
    for field in &touched.fields {
        let path = words(&field.0);
        let pointer = &field.0;
        let say = named(kept.object, field);
        match (say, ignored(kept.app, kept.marks.kind, kept.target, pointer)) {
            (Named::No, _) => unnamed.push(path),
            (Named::Agrees, _) => agreeing.push(path),
            (_, Ignored::Yes) => left_out.push(path),
            (Named::Differs, Ignored::No) => return Ok(None),
            (_, Ignored::Perhaps) => doubts.push(format!(
                "Whether its ignoreDifferences leave {path} out: a rule written in jq is not evaluated here"
            )),
            (Named::Unknown, Ignored::No) => doubts.push(format!(
                "Whether git names {path}: the object does not tell; what git does not name is not reverted"
            )),
        }
    }
    if let Some(doubt) = doubts.into_iter().next() {
        return Ok(Some(doubt));
    }
    Err(if !left_out.is_empty() {
        not_compared(kept.app, &listed(&left_out))
    } else if agreeing.is_empty() {
        let because = format!("git does not name {}", listed(&unnamed));
        stays(Stays::Yes, &because, "this change stays")
    } else {
        let because = format!("git says the same of {}", listed(&agreeing));
        stays(Stays::Yes, &because, "this change stays")
    })
}

/// Left out of the comparison. A sync for another reason still writes it, unless it is told to leave it.
fn not_compared(app: &Value, fields: &str) -> Course {
    let options = &mut json::texts(app, &["spec", "syncPolicy", "syncOptions"]);
    let because = format!("which does not compare {fields} (ignoreDifferences)");
    if options.any(|o| o == "RespectIgnoreDifferences=true") {
        return stays(Stays::Yes, &because, "this change stays");
    }
    let then = "this change stays until its next sync, which writes what git says";
    stays(Stays::UntilSync, &because, then)
}

/// What the settings and the state of the application mean for a difference.
fn policy(kept: Kept<'_>, change: &str, deleted: bool) -> Course {
    let app = kept.app;
    let until = |because: &str, event: &str| {
        stays(
            Stays::UntilSync,
            because,
            &format!("{change} stays until {event}"),
        )
    };
    let frozen = [
        "metadata",
        "annotations",
        "argocd.argoproj.io/skip-reconcile",
    ];
    if json::text(app, &frozen) == "true" {
        return until("frozen by skip-reconcile", "that is taken off and it syncs");
    }
    let automated = json::at(app, &["spec", "syncPolicy", "automated"]).filter(|a| a.is_object());
    let off = json::at(app, &["spec", "syncPolicy", "automated", "enabled"]);
    if automated.is_none() || off.is_some_and(|o| o == &Value::Bool(false)) {
        return until(
            "no auto-sync",
            "someone syncs it; until then the app shows OutOfSync",
        );
    }
    if !json::flag(app, &["spec", "syncPolicy", "automated", "selfHeal"]) {
        return until("auto-sync without self-heal", "the next commit is synced");
    }
    if let Some(why) = stuck(app) {
        return until(&format!("self-heal on, but {why}"), "that is mended");
    }
    healed(kept, change, deleted)
}

/// Why self-heal does nothing at present.
fn stuck(app: &Value) -> Option<&'static str> {
    let operation = |key| json::text(app, &["status", "operationState", key]);
    let synced = json::text(app, &["status", "operationState", "syncResult", "revision"]);
    let wanted = json::text(app, &["status", "sync", "revision"]);
    if matches!(operation("phase"), "Failed" | "Error") && !synced.is_empty() && synced == wanted {
        return Some("its last sync failed and is not tried again before a new commit");
    }
    let mut conditions = json::list(app, &["status", "conditions"]).iter();
    let broken = |c: &Value| {
        matches!(
            json::text(c, &["type"]),
            "ComparisonError" | "InvalidSpecError"
        )
    };
    conditions
        .any(broken)
        .then_some("it cannot compare at present")
}

/// Self-heal takes it back: soon, or when a window lets it.
fn healed(kept: Kept<'_>, change: &str, deleted: bool) -> Course {
    let verb = if deleted {
        again(kept.marks.kind)
    } else {
        "is reverted"
    };
    let now = kept.seen.at;
    let heal = heal_in(kept.app, now);
    let open = match &kept.seen.project {
        Sight::Found(project) => gate(project, kept.app, &kept.seen.zones, now),
        _ => Gate::Open,
    };
    let (because, when, within) = match open {
        Gate::ShutUntil(Some(until)) => {
            let wait = u64::try_from(Span::between(now, until).0).unwrap_or_default();
            // a weekday says enough for a week
            let form = if wait < 6 * 86_400 {
                "%a %H:%MZ"
            } else {
                "%Y-%m-%d %H:%MZ"
            };
            let at = until.strftime(form);
            let because = format!("self-heal on, held back by a sync window until {at}");
            (because, "then".to_owned(), Some(wait.saturating_add(SOON)))
        }
        Gate::ShutUntil(None) => {
            let because = "self-heal on, held back by a sync window of its project";
            return stays(
                Stays::UntilSync,
                because,
                &format!("{change} stays while that holds"),
            );
        }
        Gate::Open | Gate::Unreadable => {
            let about = Span(i64::try_from(heal).unwrap_or(i64::MAX)).short();
            (
                "self-heal on".to_owned(),
                format!("in about {about}"),
                Some(heal),
            )
        }
    };
    let mut course = stays(Stays::No, &because, &format!("{change} {verb} {when}"));
    course.within = within;
    course.unknown = windows_unknown(&kept.seen.project, open);
    course
}

/// What becomes of something that was deleted. A run has done its work already.
fn again(kind: &str) -> &'static str {
    if kind == "Workflow" {
        "is undone: it is made anew, and runs from its start,"
    } else {
        "is undone: it is made anew"
    }
}

fn windows_unknown(project: &Sight, open: Gate) -> String {
    match (project, open) {
        (Sight::Unseen(why), _) => format!("Whether a sync window holds it back: {why}"),
        (Sight::Absent, _) => {
            "Whether a sync window holds it back: its project is not there".to_owned()
        }
        (_, Gate::Unreadable) => {
            "Whether a sync window holds it back: one of its project cannot be read here".to_owned()
        }
        _ => String::new(),
    }
}

/// Seconds until self-heal has taken a change back. It pauses longer each time it had to act in a row.
fn heal_in(app: &Value, now: Timestamp) -> u64 {
    let state = ["status", "operationState"];
    let sync = [
        state[0],
        state[1],
        "operation",
        "sync",
        "selfHealAttemptsCount",
    ];
    let count = json::at(app, &sync).and_then(Value::as_u64).unwrap_or(0);
    let (first, factor, longest) = PAUSE;
    let mut pause = 0;
    for _ in 0..count.min(20) {
        pause = if pause == 0 {
            first
        } else {
            (pause * factor).min(longest)
        };
    }
    let ended = json::time(app, &[state[0], state[1], "finishedAt"]);
    let passed = ended.map_or(SignedDuration::ZERO, |t| now.duration_since(t));
    let left = (pause - passed.as_secs().max(0)).max(0);
    SOON.saturating_add(u64::try_from(left).unwrap_or_default())
}

fn stays(stays: Stays, because: &str, then: &str) -> Course {
    Course {
        stays,
        because: because.to_owned(),
        then: then.to_owned(),
        within: None,
        unknown: String::new(),
    }
}

fn change(touched: &Touched) -> &'static str {
    if touched.deleted {
        "the deletion"
    } else {
        "this change"
    }
}

/// The first of some fields, and how many more there are.
fn listed(paths: &[String]) -> String {
    match paths {
        [] => String::new(),
        [one] => one.clone(),
        [one, rest @ ..] => format!("{one} and {} more", rest.len()),
    }
}

fn joined(one: &str, other: &str) -> String {
    if one.is_empty() {
        other.to_owned()
    } else {
        format!("{one}. {other}")
    }
}
