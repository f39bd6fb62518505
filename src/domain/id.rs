//! Identity of clusters and objects. Pure.

use std::fmt;
use std::sync::Arc;

use super::Clean;

/// A cluster as the operator names it (the kubeconfig context). Part of every key from the first day.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClusterId(Arc<str>);

impl ClusterId {
    /// Names a cluster; the name is sanitised, since a kubeconfig may come from elsewhere.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(Arc::from(Clean::new(name).as_str()))
    }

    /// The name as shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An object of one kind: cluster, namespace (empty for cluster-scoped kinds), name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The cluster it lives in.
    pub cluster: ClusterId,
    /// Its namespace; empty when the kind is cluster-scoped.
    pub namespace: Clean,
    /// Its name.
    pub name: Clean,
}

impl Key {
    /// Builds a key from already known parts.
    #[must_use]
    pub fn new(cluster: ClusterId, namespace: &str, name: &str) -> Self {
        Self {
            cluster,
            namespace: Clean::new(namespace),
            name: Clean::new(name),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            write!(f, "{}/{}", self.cluster, self.name)
        } else {
            write!(f, "{}/{}/{}", self.cluster, self.namespace, self.name)
        }
    }
}
