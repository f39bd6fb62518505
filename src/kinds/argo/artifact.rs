//! Where a file is kept, in one line. Pure. Source: `ArtifactLocation` in `workflow_types.go`.

use serde::Deserialize;

use crate::domain::{Artifact, Clean};
use crate::kinds::lenient::{Flag, Obj};

/// An artifact as Argo writes it: one location block at most.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RawArtifact {
    name: Clean,
    path: Clean,
    deleted: Flag,
    s3: Obj<Block>,
    gcs: Obj<Block>,
    oss: Obj<Block>,
    azure: Obj<Block>,
    http: Obj<Block>,
    artifactory: Obj<Block>,
    git: Obj<Block>,
    hdfs: Obj<Block>,
    raw: Obj<Block>,
    plugin: Obj<Block>,
}

/// Any location block; each kind uses some of the fields.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Block {
    bucket: Clean,
    key: Clean,
    container: Clean,
    blob: Clean,
    url: Clean,
    repo: Clean,
    revision: Clean,
    path: Clean,
    data: Clean,
    name: Clean,
}

/// `status.artifactRepositoryRef`: where artifacts that name only a key are kept.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Repository {
    artifact_repository: Obj<RawArtifact>,
}

impl RawArtifact {
    /// As shown.
    #[must_use]
    pub fn shown(&self, repository: Option<&Repository>) -> Artifact {
        let home = repository.and_then(|r| r.artifact_repository.get());
        let at = location(self, home).unwrap_or_else(|| self.path.to_string());
        Artifact {
            name: self.name.clone(),
            location: Clean::new(&at),
            deleted: self.deleted.0,
        }
    }
}

fn location(at: &RawArtifact, home: Option<&RawArtifact>) -> Option<String> {
    let keyed = |scheme: &str, block: &Block, home: Option<&Block>| {
        let own = if block.bucket.is_empty() {
            &block.container
        } else {
            &block.bucket
        };
        let bucket = match home {
            Some(home) if own.is_empty() && !home.bucket.is_empty() => &home.bucket,
            Some(home) if own.is_empty() => &home.container,
            _ => own,
        };
        let key = if block.key.is_empty() {
            &block.blob
        } else {
            &block.key
        };
        format!("{scheme}://{bucket}/{key}")
    };
    if let Some(b) = at.s3.get() {
        return Some(keyed("s3", b, home.and_then(|h| h.s3.get())));
    }
    if let Some(b) = at.gcs.get() {
        return Some(keyed("gs", b, home.and_then(|h| h.gcs.get())));
    }
    if let Some(b) = at.oss.get() {
        return Some(keyed("oss", b, home.and_then(|h| h.oss.get())));
    }
    if let Some(b) = at.azure.get() {
        return Some(keyed("azure", b, home.and_then(|h| h.azure.get())));
    }
    if let Some(b) = at.http.get().or(at.artifactory.get()) {
        return Some(without_password(&b.url));
    }
    if let Some(b) = at.git.get() {
        let repo = without_password(&b.repo);
        return Some(if b.revision.is_empty() {
            repo
        } else {
            format!("{repo}@{}", b.revision)
        });
    }
    if let Some(b) = at.hdfs.get() {
        return Some(format!("hdfs:{}", b.path));
    }
    if let Some(b) = at.raw.get() {
        return Some(format!("raw, {} bytes", b.data.len()));
    }
    at.plugin
        .get()
        .map(|b| format!("plugin {}: {}", b.name, b.key))
}

/// Takes user and password out of a URL.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    match host.rfind('@').and_then(|at| rest.get(at + 1..)) {
        Some(bare) => format!("{scheme}://{bare}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(json: &str) -> String {
        let artifact: RawArtifact = serde_json::from_str(json).unwrap();
        let home: Repository = serde_json::from_str(
            r#"{"artifactRepository":{"s3":{"bucket":"ml-artifacts","endpoint":"minio:9000"}}}"#,
        )
        .unwrap();
        artifact.shown(Some(&home)).location.to_string()
    }

    #[test]
    fn a_location_reads_as_an_address() {
        let cases = [
            (
                r#"{"s3":{"bucket":"b","key":"k/main.log"}}"#,
                "s3://b/k/main.log",
            ),
            (r#"{"s3":{"key":"k"}}"#, "s3://ml-artifacts/k"),
            (r#"{"gcs":{"bucket":"b","key":"k"}}"#, "gs://b/k"),
            (r#"{"azure":{"container":"c","blob":"x"}}"#, "azure://c/x"),
            (r#"{"http":{"url":"https://u:p@host/x"}}"#, "https://host/x"),
            (
                r#"{"git":{"repo":"https://t@host/r.git","revision":"main"}}"#,
                "https://host/r.git@main",
            ),
            (r#"{"raw":{"data":"12345"}}"#, "raw, 5 bytes"),
            (r#"{"path":"/tmp/x"}"#, "/tmp/x"),
            (r#"{"s3":null,"path":5}"#, "5"),
        ];
        for (json, at) in cases {
            assert_eq!(shown(json), at, "{json}");
        }
    }
}
