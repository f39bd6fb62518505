//! Which names are names of secrets, and where secrets stand in a text. Pure.
//!
//! Hiding too much costs a look at the cluster; hiding too little costs a credential.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// A variable or parameter of this name holds a secret: `HF_TOKEN`, `db-password`, `apiKey`. Not `TOKENIZER` and not
/// `max_tokens`.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let has = |word: &str| name.contains(word);
    let token = name.match_indices("TOKEN").any(|(at, word)| {
        let next = name.as_bytes().get(at + word.len());
        next.is_none_or(|b| !b.is_ascii_alphabetic())
    });
    token
        || has("PASSWORD")
        || has("PASSWD")
        || has("PASSPHRASE")
        || has("SECRET")
        || has("CREDENTIAL")
        || has("KEY")
        || name.ends_with("PWD")
}

/// Last letters of keys whose text is a secret.
const ENDS: [&str; 11] = [
    "password",
    "passwd",
    "passphrase",
    "token",
    "apikey",
    "secretkey",
    "privatekey",
    "accesskey",
    "accesskeyid",
    "clientsecret",
    "authorization",
];

/// Text under this key of a map is a secret. Stricter than [`is_secret`]: manifests are full of keys such as
/// `secretName` and `key` that name where a secret is.
#[must_use]
pub fn holds_secret(key: &str) -> bool {
    let bare: String = key
        .rsplit('/')
        .next()
        .unwrap_or(key)
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    ENDS.iter().any(|end| bare.ends_with(end)) || bare == "secret"
}

/// `--token=x`, `API_KEY=x`, `password: x`, `Bearer x`, `https://user:x@host`, and what looks like a JWT.
static SPOTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let name = r"[a-z0-9_.-]*(?:token|password|passwd|passphrase|secret|api[_-]?key|access[_-]?key(?:[_-]?id)?|private[_-]?key|secret[_-]?key|credentials?)";
    let value = r#"[^\s"'`,;&|<>(){}\[\]]+"#;
    let named =
        format!(r#"(?P<n>(?:--?{name}(?:\s+|=)|\b{name}["']?\s*[=:]\s*)["']?)(?P<v>{value})"#);
    let bearer = format!(r"(?P<b>\b(?:bearer|basic)\s+)(?P<w>{value})");
    let url = r"(?P<u>://[^\s/@:]*:)(?P<x>[^\s/@]+)(?P<a>@)";
    let jwt = r"(?P<j>\beyJ[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*)*)";
    // a pattern of our own that did not compile would fail the tests below
    Regex::new(&format!("(?i){bearer}|{named}|{url}|{jwt}")).ok()
});

/// What stands in the place of a value is where the value is, not the value.
fn is_reference(value: &str) -> bool {
    value.starts_with(['$', '/', '<']) || value.starts_with("{{") || value.starts_with("./")
}

/// The text with `mark` in the place of each secret.
#[must_use]
pub fn cut<'t>(text: &'t str, mark: &'static str) -> Cow<'t, str> {
    let Some(spots) = &*SPOTS else {
        return Cow::Borrowed(mark);
    };
    spots.replace_all(text, |found: &Captures<'_>| {
        let part = |name: &str| found.name(name).map_or("", |m| m.as_str());
        for (before, value, after) in [("n", "v", ""), ("b", "w", ""), ("u", "x", "a")] {
            if !part(value).is_empty() {
                return if is_reference(part(value)) {
                    part_of(found)
                } else {
                    format!("{}{mark}{}", part(before), part(after))
                };
            }
        }
        mark.to_owned()
    })
}

fn part_of(found: &Captures<'_>) -> String {
    found
        .get(0)
        .map_or_else(String::new, |m| m.as_str().to_owned())
}

/// The flag whose value is the next argument: `--token`, `-password`.
#[must_use]
pub fn is_flag(argument: &str) -> bool {
    argument.starts_with('-') && !argument.contains(['=', ' ']) && holds_secret(argument)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known_and_those_of_models_are_not() {
        for name in [
            "HF_TOKEN",
            "token",
            "DB_PASSWORD",
            "hfToken",
            "AWS_SECRET_ACCESS_KEY",
            "API_KEY",
            "wandb-api-key",
            "PGPWD",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "TOKENIZER",
            "max_tokens",
            "TOKENIZERS_PARALLELISM",
            "EPOCHS",
            "PWD_PATH",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn keys_that_say_where_a_secret_is_are_no_secrets() {
        for key in [
            "secretName",
            "key",
            "secretKeyRef",
            "tokenExpirationSeconds",
            "imagePullSecrets",
        ] {
            assert!(!holds_secret(key), "{key}");
        }
        for key in [
            "password",
            "apiKey",
            "api_key",
            "example.com/auth-token",
            "clientSecret",
            "secret",
        ] {
            assert!(holds_secret(key), "{key}");
        }
    }

    #[test]
    fn secrets_are_cut_out_of_commands_and_scripts() {
        for (text, left) in [
            ("--token=hunter2 --epochs=3", "--token=<hidden> --epochs=3"),
            (
                "train --api-key hunter2 run",
                "train --api-key <hidden> run",
            ),
            (
                "export HF_TOKEN=hunter2; python train.py",
                "export HF_TOKEN=<hidden>; python train.py",
            ),
            (
                "curl -H 'Authorization: Bearer hunter2' x",
                "curl -H 'Authorization: Bearer <hidden>' x",
            ),
            (
                "psql postgres://ml:hunter2@db/x",
                "psql postgres://ml:<hidden>@db/x",
            ),
            ("password: \"hunter2\"", "password: \"<hidden>\""),
            (
                "got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln",
                "got <hidden>",
            ),
        ] {
            assert_eq!(cut(text, "<hidden>"), left);
        }
    }

    #[test]
    fn plain_texts_and_references_stay() {
        for text in [
            "--tokenizer=bert --max-tokens=512",
            "export HF_TOKEN=$(cat /run/token)",
            "--token=$TOKEN",
            "--token-file /var/run/secrets/token",
            "password: {{inputs.parameters.pw}}",
            "the secret sauce of training",
            "image registry.example.com/ml/train:7",
        ] {
            assert_eq!(cut(text, "<hidden>"), text);
        }
    }
}
