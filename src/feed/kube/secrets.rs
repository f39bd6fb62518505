//! Which settings are secret. Reads token files, else pure.

use kube::Config;
use kube::config::{AuthInfo, ExecConfig};

use super::redact::Redactor;

/// All secrets of the settings, made known to the redactor.
pub(crate) fn teach(config: &Config, redact: &mut Redactor) {
    for url in [Some(&config.cluster_url), config.proxy_url.as_ref()]
        .into_iter()
        .flatten()
    {
        if let Some((user, _)) = url.authority().and_then(|a| a.as_str().rsplit_once('@')) {
            user.splitn(2, ':')
                .skip(1)
                .for_each(|password| redact.learn(password));
        }
    }
    let user: &AuthInfo = &config.auth_info;
    if let Some(path) = &user.token_file
        && let Ok(token) = std::fs::read_to_string(path)
    {
        redact.learn(&token);
    }
    // the library hides secrets from its Debug, and shows them to a serializer
    let Ok(value) = serde_json::to_value(user) else {
        return;
    };
    for field in ["token", "password", "client-key-data"] {
        if let Some(secret) = value.get(field).and_then(|v| v.as_str()) {
            redact.learn(secret);
        }
    }
    for (name, value) in user.auth_provider.iter().flat_map(|p| &p.config) {
        if ["token", "secret"].iter().any(|w| name.contains(w)) {
            redact.learn(value);
        }
    }
    if let Some(exec) = &user.exec {
        teach_plugin(exec, redact);
    }
}

/// Secrets handed to a plugin: by their variable's name, or by the flag before them.
fn teach_plugin(exec: &ExecConfig, redact: &mut Redactor) {
    let secret = |name: &str| {
        let name = name.to_ascii_lowercase();
        ["token", "secret", "password", "key"]
            .iter()
            .any(|w| name.contains(w))
    };
    for pair in exec.env.iter().flatten() {
        if let (Some(name), Some(value)) = (pair.get("name"), pair.get("value"))
            && secret(name)
        {
            redact.learn(value);
        }
    }
    let args: Vec<&String> = exec.args.iter().flatten().collect();
    for (n, arg) in args
        .iter()
        .enumerate()
        .filter(|(_, a)| a.starts_with('-') && secret(a))
    {
        match arg.split_once('=') {
            Some((_, value)) => redact.learn(value),
            None => args
                .get(n + 1)
                .into_iter()
                .for_each(|value| redact.learn(value)),
        }
    }
}
