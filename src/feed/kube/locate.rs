//! Which kubeconfig files count, and reading them. Does I/O on files only.
//!
//! Order as in kubectl: `--kubeconfig`, the files named by `KUBECONFIG` (merged, the first that says something
//! wins, missing ones are passed over), `~/.kube/config`, and last the service account of the pod we run in.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use kube::config::{Kubeconfig, KubeconfigError};

use super::trouble::Trouble;

/// Largest kubeconfig read; the largest seen in the field are below 1 MB.
const LARGEST: u64 = 16 << 20;
/// What a pod finds of its service account.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// Where to look. A value, so that tests say what the environment is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// `--kubeconfig`.
    pub flag: Option<PathBuf>,
    /// `KUBECONFIG`.
    pub env: Option<OsString>,
    /// The home folder.
    pub home: Option<PathBuf>,
    /// We run in a pod.
    pub in_cluster: bool,
}

impl Places {
    /// As this process finds them.
    #[must_use]
    pub fn of_process(flag: Option<PathBuf>) -> Self {
        Self {
            flag,
            env: std::env::var_os("KUBECONFIG").filter(|v| !v.is_empty()),
            home: std::env::home_dir(),
            in_cluster: std::env::var_os("KUBERNETES_SERVICE_HOST").is_some()
                && Path::new(SERVICE_ACCOUNT).exists(),
        }
    }
}

/// What was found.
#[derive(Clone)]
pub(crate) enum Found {
    /// The merged contents of these files.
    Files(Vec<PathBuf>, Box<Kubeconfig>),
    /// The service account of the pod.
    InCluster,
}

/// Finds and reads.
pub(crate) fn find(places: &Places) -> Result<Found, Trouble> {
    if let Some(path) = &places.flag {
        return read_all(vec![path.clone()]);
    }
    if let Some(list) = &places.env {
        let named: Vec<PathBuf> = std::env::split_paths(list)
            .filter(|p| !p.as_os_str().is_empty())
            .collect();
        let there: Vec<PathBuf> = named.iter().filter(|p| p.exists()).cloned().collect();
        if there.is_empty() {
            let shown: Vec<String> = named.iter().map(|p| p.display().to_string()).collect();
            return Err(Trouble::config(
                format!("KUBECONFIG names no file that exists: {}", shown.join(", ")),
                "Set KUBECONFIG to your kubeconfig, or name it with --kubeconfig.",
            ));
        }
        return read_all(there);
    }
    let default = places.home.as_ref().map(|h| h.join(".kube").join("config"));
    match default {
        Some(path) if path.exists() => read_all(vec![path]),
        _ if places.in_cluster => Ok(Found::InCluster),
        other => Err(Trouble::config(
            format!(
                "No kubeconfig found: KUBECONFIG is not set, {} is not there, and this is not a pod",
                other.map_or_else(|| "~/.kube/config".to_owned(), |p| p.display().to_string())
            ),
            "Name one with --kubeconfig, or try the embedded platform: midwatch demo.",
        )),
    }
}

/// Reads and merges files.
pub(crate) fn read_all(paths: Vec<PathBuf>) -> Result<Found, Trouble> {
    let mut merged = Kubeconfig::default();
    for path in &paths {
        let next = read(path)?;
        merged = merged.merge(next).map_err(|e| {
            Trouble::config(
                format!(
                    "{} cannot be merged with the files before it: {e}",
                    path.display()
                ),
                "Give the files of KUBECONFIG the same kind and apiVersion.",
            )
        })?;
    }
    Ok(Found::Files(paths, Box::new(merged)))
}

fn read(path: &Path) -> Result<Kubeconfig, Trouble> {
    let shown = path.display();
    let bytes = slurp(path).map_err(|e| {
        Trouble::config(
            format!("Cannot read the kubeconfig {shown}: {e}"),
            "Check the path and its permissions, or name another with --kubeconfig.",
        )
    })?;
    let mut config = parse(&bytes).map_err(|what| {
        Trouble::config(
            format!("The kubeconfig {shown} cannot be understood: {what}"),
            "Correct the file, or name another with --kubeconfig.",
        )
    })?;
    if let Some(dir) = path.parent() {
        rebase(&mut config, dir);
    }
    Ok(config)
}

fn slurp(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(std::io::Error::other("larger than 16 MiB"));
    }
    Ok(bytes)
}

/// Parses the bytes of a kubeconfig. The error is one sentence with line and column, and never quotes the file, since
/// kubeconfigs hold secrets.
pub fn parse(bytes: &[u8]) -> Result<Kubeconfig, String> {
    let text = decode(bytes)?;
    Kubeconfig::from_yaml(&text).map_err(|e| match e {
        KubeconfigError::Parse(e) => match e.location() {
            Some(at) => format!(
                "line {}, column {} is not what a kubeconfig has there",
                at.line(),
                at.column()
            ),
            None => "it is not a kubeconfig in YAML".to_owned(),
        },
        KubeconfigError::KindMismatch => "its documents differ in kind".to_owned(),
        KubeconfigError::ApiVersionMismatch => "its documents differ in apiVersion".to_owned(),
        _ => "it is not a kubeconfig".to_owned(),
    })
}

/// UTF-8, or UTF-16 with a byte order mark, as editors on Windows write it.
fn decode(bytes: &[u8]) -> Result<String, String> {
    let wide = |rest: &[u8], from: fn([u8; 2]) -> u16| {
        let pairs = rest.chunks_exact(2);
        if !pairs.remainder().is_empty() {
            return Err("it is cut off in the middle of a UTF-16 character".to_owned());
        }
        let units: Vec<u16> = pairs
            .map(|p| {
                from([
                    p.first().copied().unwrap_or(0),
                    p.get(1).copied().unwrap_or(0),
                ])
            })
            .collect();
        String::from_utf16(&units).map_err(|_| "it is not valid UTF-16".to_owned())
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] | rest => std::str::from_utf8(rest)
            .map(str::to_owned)
            .map_err(|e| format!("byte {} is not UTF-8 text", e.valid_up_to())),
    }
}

/// Paths in a kubeconfig are relative to its folder; a plugin's name without a slash is searched in `PATH`.
fn rebase(config: &mut Kubeconfig, dir: &Path) {
    let fix = |path: &mut Option<String>| {
        if let Some(p) = path
            && !p.is_empty()
            && Path::new(p.as_str()).is_relative()
        {
            *path = Some(dir.join(p.as_str()).to_string_lossy().into_owned());
        }
    };
    for cluster in config
        .clusters
        .iter_mut()
        .filter_map(|c| c.cluster.as_mut())
    {
        fix(&mut cluster.certificate_authority);
    }
    for user in config
        .auth_infos
        .iter_mut()
        .filter_map(|u| u.auth_info.as_mut())
    {
        fix(&mut user.client_certificate);
        fix(&mut user.client_key);
        fix(&mut user.token_file);
        if let Some(exec) = &mut user.exec
            && exec.command.as_ref().is_some_and(|c| c.contains('/'))
        {
            fix(&mut exec.command);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SAMPLE: &str = "apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters:\n- name: c\n  cluster:\n    server: https://h:6443\n    certificate-authority: ca.crt\ncontexts:\n- name: a\n  context: {cluster: c, user: u, namespace: team}\nusers:\n- name: u\n  user:\n    token: very-secret-value\n    exec: {apiVersion: client.authentication.k8s.io/v1, command: ./login, args: [x], interactiveMode: Never}\n";

    #[test]
    fn paths_are_relative_to_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kc");
        std::fs::write(&path, SAMPLE).unwrap();
        let config = read(&path).unwrap();
        let ca = config.clusters[0].cluster.as_ref().unwrap();
        assert_eq!(
            ca.certificate_authority.as_deref(),
            dir.path().join("ca.crt").to_str()
        );
        let exec = config.auth_infos[0].auth_info.as_ref().unwrap();
        let command = exec.exec.as_ref().unwrap().command.clone().unwrap();
        assert!(Path::new(&command).is_absolute(), "{command}");
    }

    #[test]
    fn a_broken_file_is_told_with_its_line_and_without_its_secrets() {
        let broken = SAMPLE.replace("    token: very", "    token: [very");
        let what = parse(broken.as_bytes()).unwrap_err();
        assert!(what.starts_with("line 1"), "{what}");
        assert!(!what.contains("secret"), "{what}");
    }

    #[test]
    fn files_named_by_the_environment_are_merged_and_missing_ones_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        std::fs::write(&a, SAMPLE).unwrap();
        std::fs::write(
            &b,
            SAMPLE
                .replace("name: a", "name: b")
                .replace("current-context: a", "current-context: b"),
        )
        .unwrap();
        let list = std::env::join_paths([dir.path().join("none"), a, b]).unwrap();
        let places = Places {
            env: Some(list),
            ..Places::default()
        };
        let Ok(Found::Files(paths, config)) = find(&places) else {
            panic!("two files are there");
        };
        assert_eq!(paths.len(), 2);
        assert_eq!(config.current_context.as_deref(), Some("a"));
        let names: Vec<&str> = config.contexts.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn a_missing_file_says_what_was_tried_and_what_to_do() {
        let places = Places {
            flag: Some("/no/such/file".into()),
            ..Places::default()
        };
        let trouble = find(&places).err().unwrap();
        assert!(trouble.what.contains("/no/such/file"), "{}", trouble.what);
        assert!(trouble.hint.contains("--kubeconfig"));
        let trouble = find(&Places::default()).err().unwrap();
        assert!(
            trouble.what.contains("KUBECONFIG is not set"),
            "{}",
            trouble.what
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn any_bytes_are_a_kubeconfig_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn any_bytes_after_a_byte_order_mark(mark in prop_oneof![Just(vec![0xFF_u8, 0xFE]), Just(vec![0xFE, 0xFF]), Just(vec![0xEF, 0xBB, 0xBF])], bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = parse(&[mark, bytes].concat());
        }

        #[test]
        fn a_changed_kubeconfig_is_understood_or_told_without_its_secrets(at in 0..SAMPLE.len(), cut in 0..40_usize, insert in "[\\PC\n\t]{0,8}") {
            let mut bytes = SAMPLE.as_bytes().to_vec();
            let end = (at + cut).min(bytes.len());
            bytes.splice(at..end, insert.bytes());
            if let Err(what) = parse(&bytes) {
                prop_assert!(!what.contains("very-secret"));
            }
        }
    }
}
