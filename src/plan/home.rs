//! Where a kind of object lives: in the API server, or in a service beside Kubernetes that is reached by HTTP. Pure.
//!
//! A path that begins with the name of a service (`mlflow:/api/2.0/…`) is a path of that service; all others are paths of
//! the API server. So plans, journal and looking afterwards name requests to both in one way, and only who sends them
//! ([`crate::act::Wire`]) tells them apart. What a service answers is read as an object with metadata, `spec` and
//! `status` ([`Home::shape`]), so that versions, differences and checks are told alike.
//!
//! Another service is a variant here, its kinds in [`Home::path`] and its shape in [`Home::shape`].

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{alertmanager, mlflow, wire};

/// Where a kind of object lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Home {
    /// In the API server.
    #[default]
    Kubernetes,
    /// In the model registry.
    Mlflow,
    /// Where alerts are grouped and silenced.
    Alertmanager,
}

impl Home {
    /// Services beside Kubernetes.
    pub const BESIDE: &'static [Self] = &[Self::Mlflow, Self::Alertmanager];

    /// Its name, as in the settings and in front of paths.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::Mlflow => "mlflow",
            Self::Alertmanager => "alertmanager",
        }
    }

    /// What people call it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Kubernetes => "the API server",
            Self::Mlflow => "MLflow",
            Self::Alertmanager => "Alertmanager",
        }
    }

    /// It is the API server, which has versions, dry runs and watches.
    #[must_use]
    pub fn is_kubernetes(&self) -> bool {
        *self == Self::Kubernetes
    }

    /// It answers with nothing where a request was done.
    #[must_use]
    pub fn is_terse(self) -> bool {
        self == Self::Alertmanager
    }

    /// A path of this service as plans write it.
    #[must_use]
    pub fn at(self, path: &str) -> String {
        format!("{}:{path}", self.name())
    }

    /// The service that a path is of, and the path there.
    #[must_use]
    pub fn of(path: &str) -> (Self, &str) {
        let own = |home: &Self| {
            let rest = path.strip_prefix(home.name())?.strip_prefix(':')?;
            Some((*home, rest))
        };
        let found = Self::BESIDE.iter().find_map(own);
        found.unwrap_or((Self::Kubernetes, path))
    }

    /// Where an object of a kind is read. `place` is namespace (empty for none), plural and name.
    pub(super) fn path(self, group: &str, version: &str, place: (&str, &str, &str)) -> String {
        match self {
            Self::Kubernetes => wire::path(group, version, place),
            Self::Mlflow => mlflow::path(place.1, place.2),
            Self::Alertmanager => alertmanager::path(place.1, place.2),
        }
    }

    /// What the service answered at a path, as an object with metadata, `spec` and `status`. What is not known stays as it
    /// is; null where the path is of something that is not there.
    #[must_use]
    pub fn shape(self, path: &str, body: Value) -> Value {
        match self {
            Self::Kubernetes => body,
            Self::Mlflow => mlflow::shape(body),
            Self::Alertmanager => alertmanager::shape(path, body),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_tells_whose_it_is() {
        assert_eq!(Home::of("mlflow:/api/2.0/x"), (Home::Mlflow, "/api/2.0/x"));
        for path in ["/api/v1/nodes", "mlflow/x", "other:/x", ""] {
            assert_eq!(Home::of(path), (Home::Kubernetes, path));
        }
        assert_eq!(Home::of(&Home::Mlflow.at("/a")), (Home::Mlflow, "/a"));
    }
}
