//! Objects that become rows while they are decoded, so that no large object is ever held. Pure.
//!
//! The client library decodes a whole page at once, and one object that cannot be decoded would lose the page:
//! [`Slim`] never fails, it holds the row or the reason.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use kube::api::ObjectMeta;
use kube::core::DynamicResourceScope;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::domain::{ClusterId, Key};
use crate::kinds::{Kind, SlimMeta};

tokio::task_local! {
    /// The cluster whose objects the present task decodes.
    pub(crate) static CLUSTER: ClusterId;
}

/// One object of the API, already a row.
pub(crate) struct Slim<K: Kind> {
    meta: ObjectMeta,
    pub(crate) key: Key,
    /// The row, or why there is none.
    pub(crate) row: Result<Arc<K::Row>, String>,
}

impl<K: Kind> Slim<K> {
    fn read(cluster: &ClusterId, text: &str) -> Self {
        match serde_json::from_str::<K::Slim>(text) {
            Ok(slim) => {
                let meta = K::meta(&slim).clone();
                let key = meta.key(cluster);
                let row = if key.name.is_empty() {
                    Err("it has no name".to_owned())
                } else {
                    Ok(Arc::new(K::row(cluster, slim)))
                };
                Self::of(&meta, key, row)
            }
            Err(e) => {
                let meta = head(text);
                let key = meta.key(cluster);
                // the text of the error may quote the object; the place and the sort are enough
                let why = format!("{:?} error at column {} of it", e.classify(), e.column());
                Self::of(&meta, key, Err(why.to_lowercase()))
            }
        }
    }

    fn of(meta: &SlimMeta, key: Key, row: Result<Arc<K::Row>, String>) -> Self {
        Self {
            meta: ObjectMeta {
                resource_version: Some(meta.resource_version.clone()),
                ..ObjectMeta::default()
            },
            key,
            row,
        }
    }
}

/// The identity of an object whose rest cannot be read. Nothing but its metadata is looked at, however deep the rest.
fn head(text: &str) -> SlimMeta {
    #[derive(Deserialize)]
    struct Head<'a> {
        #[serde(borrow)]
        metadata: HashMap<String, &'a RawValue>,
    }
    let head = serde_json::from_str::<Head<'_>>(text).ok();
    let field = |name: &str| {
        let raw = head.as_ref().and_then(|h| h.metadata.get(name));
        raw.and_then(|r| serde_json::from_str::<String>(r.get()).ok())
            .unwrap_or_default()
    };
    SlimMeta {
        name: field("name"),
        namespace: field("namespace"),
        uid: field("uid"),
        resource_version: field("resourceVersion"),
    }
}

impl<'de, K: Kind> Deserialize<'de> for Slim<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        CLUSTER
            .try_with(|cluster| Self::read(cluster, raw.get()))
            .map_err(|_| serde::de::Error::custom("decoded outside of a source"))
    }
}

impl<K: Kind> Clone for Slim<K> {
    fn clone(&self) -> Self {
        Self {
            meta: self.meta.clone(),
            key: self.key.clone(),
            row: self.row.clone(),
        }
    }
}

impl<K: Kind> fmt::Debug for Slim<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slim({})", self.key)
    }
}

impl<K: Kind> kube::Resource for Slim<K> {
    type DynamicType = ();
    type Scope = DynamicResourceScope;

    fn kind((): &()) -> Cow<'_, str> {
        K::SPEC.kind.into()
    }
    fn group((): &()) -> Cow<'_, str> {
        K::SPEC.group.into()
    }
    fn version((): &()) -> Cow<'_, str> {
        K::SPEC.version.into()
    }
    fn plural((): &()) -> Cow<'_, str> {
        K::SPEC.plural.into()
    }
    fn meta(&self) -> &ObjectMeta {
        &self.meta
    }
    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.meta
    }
}
