//! The private folder of one run, and the kubeconfigs in it, one per person. I/O.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::platform::DemoError;

/// A folder that only its owner can enter; removed when dropped.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn make(name: &str) -> Result<Self, DemoError> {
        let path = std::env::temp_dir().join(name);
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path).map_err(|error| DemoError::Folder {
            path: path.clone(),
            error,
        })?;
        Ok(Self(path))
    }

    pub(super) fn path(&self, person: &str) -> PathBuf {
        self.0.join(format!("{person}.kubeconfig"))
    }

    /// Writes a kubeconfig that only its owner can read, whole or not at all.
    pub(super) fn write(&self, person: &str, text: &str) -> Result<(), DemoError> {
        let path = self.path(person);
        let fresh = path.with_extension("new");
        let write = || {
            let mut options = fs::OpenOptions::new();
            options.write(true).create(true).truncate(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.open(&fresh)?.write_all(text.as_bytes())?;
            fs::rename(&fresh, &path)
        };
        write().map_err(|error| DemoError::Folder { path, error })
    }

    pub(super) fn location(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(e) = fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), error = %e, "demo folder not removed");
        }
    }
}

/// A kubeconfig (JSON is YAML) for one person.
pub(super) fn text(url: &str, authority: &str, person: &str, token: &str) -> String {
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "demo", "preferences": {},
        "clusters": [{"name": "demo", "cluster": {"server": url,
            "certificate-authority-data": STANDARD.encode(authority)}}],
        "users": [{"name": person, "user": {"token": token}}],
        "contexts": [{"name": "demo", "context": {"cluster": "demo", "user": person, "namespace": "ml-fraud"}}],
    });
    format!("{config:#}\n")
}
