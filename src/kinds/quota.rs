//! Quotas of namespaces, and the profiles that keep some of them. Pure. Fields: `k8s.io/api/core/v1/types.go`,
//! `components/profile-controller/api/v1/profile_types.go` of Kubeflow 1.10.

use serde::Deserialize;

use super::conditions::safe;
use super::lenient::{Entries, List, Obj};
use super::meta::Meta;
use super::node::is_accelerator;
use super::{Kind, KindSpec, SlimMeta};
use crate::domain::{Clean, ClusterId, PROFILE_QUOTA, QuotaLine, QuotaRow, TeamRow};

/// The feed `quotas`.
#[derive(Debug, Clone, Copy)]
pub struct Quotas;

/// The feed `profiles`.
#[derive(Debug, Clone, Copy)]
pub struct Profiles;

/// Most resources read of one quota.
const MOST: usize = 256;

/// What is read of a quota.
#[derive(Debug, Deserialize)]
pub struct SlimQuota {
    metadata: Meta,
    #[serde(default)]
    spec: Obj<QuotaSpec>,
    #[serde(default)]
    status: Obj<Status>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct QuotaSpec {
    hard: Entries<Clean, Clean>,
    scopes: List<Clean>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status {
    used: Entries<Clean, Clean>,
}

/// What is read of a profile.
#[derive(Debug, Deserialize)]
pub struct SlimProfile {
    metadata: Meta,
    #[serde(default)]
    spec: Obj<ProfileSpec>,
    #[serde(default)]
    status: Obj<ProfileStatus>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ProfileSpec {
    owner: Obj<Subject>,
    resource_quota_spec: Obj<QuotaSpec>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Subject {
    kind: Clean,
    name: Clean,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ProfileStatus {
    conditions: List<Obj<Condition>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Condition {
    r#type: Clean,
    message: Clean,
}

impl Kind for Quotas {
    type Slim = SlimQuota;
    type Row = QuotaRow;
    const SPEC: KindSpec = KindSpec {
        feed: "quotas",
        group: "",
        version: "v1",
        plural: "resourcequotas",
        kind: "ResourceQuota",
        namespaced: true,
        page: 500,
    };

    fn meta(slim: &SlimQuota) -> &SlimMeta {
        &slim.metadata.slim
    }

    fn row(cluster: &ClusterId, slim: SlimQuota) -> QuotaRow {
        let meta = slim.metadata;
        let keeper = meta.owner.filter(|o| &*o.kind == "Profile");
        let keeper = match keeper {
            Some(owner) => owner.name,
            // older controllers set no owner; the name is theirs alone
            None if meta.slim.name == PROFILE_QUOTA => Clean::new(&meta.slim.namespace),
            None => Clean::default(),
        };
        let spec = slim.spec.or_empty();
        let scopes: Vec<&str> = spec.scopes.iter().map(Clean::as_str).take(MOST).collect();
        QuotaRow {
            key: meta.slim.key(cluster),
            uid: Clean::new(&meta.slim.uid),
            scopes: Clean::new(&scopes.join(", ")),
            lines: lines(spec.hard, &slim.status.or_empty().used),
            keeper,
            created: meta.created.0,
            labels: meta.all,
        }
    }
}

fn lines(hard: Entries<Clean, Clean>, used: &Entries<Clean, Clean>) -> Box<[QuotaLine]> {
    let each = hard.0.into_iter().take(MOST).map(|(resource, hard)| {
        let of = used.0.iter().find(|(name, _)| *name == resource);
        let mut line = QuotaLine {
            used: of.map(|(_, used)| used.clone()).unwrap_or_default(),
            resource,
            hard,
            device: false,
        };
        line.device = is_accelerator(line.asked());
        line
    });
    let mut all: Vec<QuotaLine> = each.collect();
    all.sort_by(|a, b| b.device.cmp(&a.device).then(a.resource.cmp(&b.resource)));
    all.into()
}

impl Kind for Profiles {
    type Slim = SlimProfile;
    type Row = TeamRow;
    const SPEC: KindSpec = KindSpec {
        feed: "profiles",
        group: "kubeflow.org",
        version: "v1",
        plural: "profiles",
        kind: "Profile",
        namespaced: false,
        page: 500,
    };

    fn meta(slim: &SlimProfile) -> &SlimMeta {
        &slim.metadata.slim
    }

    fn row(cluster: &ClusterId, slim: SlimProfile) -> TeamRow {
        let meta = slim.metadata;
        let spec = slim.spec.or_empty();
        let owner = spec.owner.or_empty();
        let conditions = slim.status.or_empty().conditions;
        let mut failed = conditions.iter().filter_map(Obj::get);
        let failed = failed.rfind(|c| &*c.r#type == "Failed");
        let hard = spec.resource_quota_spec.or_empty().hard.0;
        TeamRow {
            key: meta.slim.key(cluster),
            uid: Clean::new(&meta.slim.uid),
            owner_kind: owner.kind,
            owner: owner.name,
            hard: hard.into_iter().take(MOST).collect(),
            trouble: failed.map(|c| safe(&c.message)).unwrap_or_default(),
            created: meta.created.0,
            labels: meta.all,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_quota_tells_accelerators_first_and_who_keeps_it() {
        let object = json!({"metadata": {"name": PROFILE_QUOTA, "namespace": "team-vision"},
            "spec": {"hard": {"pods": "40", "requests.nvidia.com/gpu": 4, "requests.nvidia.com/mig-1g.10gb": "4"}},
            "status": {"used": {"requests.nvidia.com/gpu": "6", "pods": "5"}}});
        let row = Quotas::row(
            &ClusterId::new("c"),
            serde_json::from_value(object).unwrap(),
        );
        assert_eq!(&*row.keeper, "team-vision");
        let names: Vec<&str> = row.lines.iter().map(QuotaLine::asked).collect();
        assert_eq!(names, ["nvidia.com/gpu", "nvidia.com/mig-1g.10gb", "pods"]);
        assert!(row.lines[0].is_over() && row.lines[0].is_full());
        assert_eq!(row.lines[1].left(), None, "what is in use is not told");
        assert!(!row.lines[2].is_full());
    }

    #[test]
    fn a_profile_tells_whose_it_is() {
        let object = json!({"metadata": {"name": "team-vision"}, "spec": {"owner": {"kind": "User", "name": "ada@example.com"},
            "resourceQuotaSpec": {"hard": {"requests.nvidia.com/gpu": "4"}}},
            "status": {"conditions": [{"type": "Failed", "message": "namespace exists"}]}});
        let row = Profiles::row(
            &ClusterId::new("c"),
            serde_json::from_value(object).unwrap(),
        );
        assert_eq!(
            (&*row.owner, &*row.trouble),
            ("ada@example.com", "namespace exists")
        );
        assert_eq!(row.hard.len(), 1);
        let odd = json!({"metadata": {"name": "x"}, "spec": [], "status": {"conditions": {}}});
        let row = Profiles::row(&ClusterId::new("c"), serde_json::from_value(odd).unwrap());
        assert!(row.owner.is_empty() && row.trouble.is_empty());
    }
}
