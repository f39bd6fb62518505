//! What a runbook and its actions are done to. Pure.

use crate::app::deed::Point;
use crate::app::inspect::subject;
use crate::domain::{Clean, ClusterId, Key, Subject};
use crate::plan::{About, ActionSpec, Resource};
use crate::runbook::Target;

/// The target of a run as the console knows objects.
#[must_use]
pub fn subject_of(about: &About, cluster: &ClusterId) -> Subject {
    let feed = Target::of_feed(&about.feed).and_then(|target| {
        let mut feeds = target.feeds.iter().copied();
        feeds.find(|feed| *feed == about.feed)
    });
    let key = Key {
        cluster: cluster.clone(),
        namespace: about.namespace.clone(),
        name: about.name.clone(),
    };
    subject(feed.unwrap_or_default(), &key, &about.uid)
}

/// An object of the console as the target of a run.
#[must_use]
pub fn about_of(subject: &Subject) -> About {
    About {
        feed: subject.feed.to_owned(),
        namespace: subject.key.namespace.clone(),
        name: subject.key.name.clone(),
        uid: subject.uid.clone(),
    }
}

/// What an action of a runbook is done to: its target, or what the step names, `NAMESPACE/NAME` or `NAME`.
pub fn aim(spec: &ActionSpec, about: &Subject, on: Option<&str>) -> Result<Point, String> {
    let Some(on) = on else {
        let namespaced = !about.key.namespace.is_empty();
        let fits = |r: &&Resource| r.feed == about.feed && r.namespaced == namespaced;
        let resource = spec.targets.iter().find(fits);
        let resource = resource.ok_or_else(|| {
            format!(
                "{} is not for a {}: `on` names what it is for",
                spec.name, about.word
            )
        })?;
        return Ok(Point::new(about, *resource));
    };
    let (namespace, name) = match on.split_once('/') {
        Some((namespace, name)) => (namespace, name),
        None => (about.key.namespace.as_str(), on),
    };
    let fits = |r: &&Resource| !r.namespaced || !namespace.is_empty();
    let resource = spec.targets.iter().find(fits);
    let resource = resource.ok_or_else(|| format!("{} needs a namespace", spec.name))?;
    let namespace = if resource.namespaced { namespace } else { "" };
    let key = Key {
        cluster: about.key.cluster.clone(),
        namespace: Clean::new(namespace),
        name: Clean::new(name),
    };
    let meant = subject(resource.feed, &key, &Clean::default());
    Ok(Point::new(&meant, *resource))
}
