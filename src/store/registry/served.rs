//! What each service serves, and how that is known. Pure.

use jiff::Timestamp;

use super::index::Index;
use super::place::{Named, named};
use super::{Claim, Served};
use crate::domain::{Clean, Key, Labels, RevisionRow, ServiceRow};

/// What services serve, with the place of the model among the models.
pub fn of<'a>(
    index: &Index,
    service: &ServiceRow,
    revision: impl Fn(&Key) -> Option<&'a RevisionRow>,
) -> Vec<(usize, Served)> {
    if service.stopped {
        return Vec::new();
    }
    let parts = parts(service, revision);
    let one = |part: Part| {
        let (model, by, versions, alias) = claimed(index, service, &part)?;
        let served = Served {
            service: service.key.clone(),
            uid: service.uid.clone(),
            revision: part.revision,
            versions: versions.into(),
            alias,
            percent: part.percent,
            by,
            began: part.began,
            ready: service.ready,
        };
        Some((model, served))
    };
    parts.into_iter().filter_map(one).collect()
}

/// One revision that gets requests.
struct Part {
    revision: Clean,
    uri: Clean,
    percent: Option<u32>,
    began: Option<Timestamp>,
    /// What the service says of itself holds for this revision.
    newest: bool,
}

fn parts<'a>(
    service: &ServiceRow,
    revision: impl Fn(&Key) -> Option<&'a RevisionRow>,
) -> Vec<Part> {
    if service.traffic.is_empty() {
        return vec![Part {
            revision: Clean::default(),
            uri: service.uri.clone(),
            percent: None,
            began: None,
            newest: true,
        }];
    }
    let busy = service.traffic.iter().filter(|share| share.percent > 0);
    let part = |share: &crate::domain::Share| {
        let key = Key {
            name: share.revision.clone(),
            ..service.key.clone()
        };
        let row = revision(&key);
        let newest = [&service.created_revision, &service.ready_revision]
            .contains(&&share.revision)
            || share.revision.is_empty();
        // what an older revision loads stands in it alone
        let uri = match row.map(|r| &r.uri).filter(|uri| !uri.is_empty()) {
            Some(uri) => uri.clone(),
            None if newest => service.uri.clone(),
            None => Clean::default(),
        };
        Part {
            revision: share.revision.clone(),
            uri,
            percent: Some(share.percent),
            began: row.and_then(|r| r.created),
            newest,
        }
    };
    busy.map(part).collect()
}

type Claimed = (usize, Claim, Vec<u64>, Option<Clean>);

fn claimed(index: &Index, service: &ServiceRow, part: &Part) -> Option<Claimed> {
    let labels = part.newest.then(|| by_label(index, service)).flatten();
    labels
        .or_else(|| by_name(index, service, &part.uri))
        .or_else(|| {
            let (claim, model, versions) = index.at(&service.key.cluster, &part.uri)?;
            Some((model, claim, versions, None))
        })
}

fn by_name(index: &Index, service: &ServiceRow, uri: &str) -> Option<Claimed> {
    let model = |name: &str| index.model(&service.key.cluster, name);
    match named(uri)? {
        Named::Version(name, number) => Some((model(name)?, Claim::Named, vec![number], None)),
        Named::Alias(name, alias) => Some((
            model(name)?,
            Claim::Alias,
            Vec::new(),
            Some(Clean::new(alias)),
        )),
    }
}

fn by_label(index: &Index, service: &ServiceRow) -> Option<Claimed> {
    let model = named_by(
        &service.labels,
        &["model-name", "registered-model-name", "registered-model"],
    )?;
    let model = index.model(&service.key.cluster, model)?;
    let version = named_by(
        &service.labels,
        &["model-version", "registered-model-version"],
    );
    let number = version.and_then(|v| v.strip_prefix('v').unwrap_or(v).parse().ok());
    if let Some(number) = number {
        return Some((model, Claim::Label, vec![number], None));
    }
    let alias = named_by(&service.labels, &["model-alias"])?;
    Some((model, Claim::Alias, Vec::new(), Some(Clean::new(alias))))
}

/// A label of a registry: `mlflow.org/model-name`, `modelregistry.example.com/model-name`.
fn named_by<'l>(labels: &'l Labels, names: &[&str]) -> Option<&'l str> {
    let mine = |key: &str| {
        key.split_once('/').is_some_and(|(prefix, name)| {
            let registry = ["mlflow", "modelregistry", "model-registry"];
            registry.iter().any(|r| prefix.contains(r)) && names.contains(&name)
        })
    };
    labels
        .iter()
        .find(|(key, _)| mine(key))
        .map(|(_, value)| value)
}
