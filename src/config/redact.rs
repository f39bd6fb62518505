//! Takes secrets out of a line before it is kept. Pure; the log writes nothing that did not pass here.
//!
//! A net below the rule that secrets are not logged in the first place: errors of libraries quote what they were
//! given.

use std::borrow::Cow;

/// What stands where a secret stood.
const GONE: &str = "[redacted]";

/// Words after which a value is a secret, in any case, with `:` or `=` (and quotes, blanks) between.
const NAMES: [&str; 12] = [
    "token",
    "password",
    "passwd",
    "secret",
    "authorization",
    "api-key",
    "api_key",
    "apikey",
    "client-key-data",
    "access_key",
    "session_key",
    "cookie",
];

/// Words after which the next word is a secret: schemes of the `Authorization` header.
const SCHEMES: [&str; 2] = ["bearer", "basic"];

/// Shortest word after a scheme that is taken for a credential ("basic auth" stays readable).
const SHORTEST: usize = 8;

/// The line without passwords, tokens, keys and credentials in URLs.
#[must_use]
pub fn redact(line: &str) -> Cow<'_, str> {
    if line.contains("PRIVATE KEY-----") {
        return Cow::Borrowed("[a line with a private key was redacted]\n");
    }
    let mut out = String::new();
    let mut rest = line;
    while let Some((start, end)) = next_secret(rest) {
        let (Some(before), Some(after)) = (rest.get(..start), rest.get(end..)) else {
            break;
        };
        out.push_str(before);
        out.push_str(GONE);
        rest = after;
    }
    if out.is_empty() {
        Cow::Borrowed(line)
    } else {
        out.push_str(rest);
        Cow::Owned(out)
    }
}

/// The first secret in the text: where it begins and ends, in bytes.
fn next_secret(text: &str) -> Option<(usize, usize)> {
    let lower = text.to_ascii_lowercase();
    let named = NAMES.iter().filter_map(|name| after_name(&lower, name));
    let schemes = SCHEMES.iter().filter_map(|name| after_scheme(&lower, name));
    named
        .chain(schemes)
        .chain(in_url(&lower))
        .chain(web_token(text))
        .min()
}

/// The end of a value that begins at `start`.
fn value(text: &str, start: usize) -> Option<(usize, usize)> {
    let tail = text.get(start..)?;
    let length = tail
        .find(|c: char| c.is_whitespace() || "\"',;&)}]".contains(c))
        .unwrap_or(tail.len());
    let secret = tail.get(..length)?;
    (length > 0 && !secret.starts_with("[redacted")).then_some((start, start + length))
}

fn after_name(lower: &str, name: &str) -> Option<(usize, usize)> {
    lower.match_indices(name).find_map(|(at, _)| {
        let after = at + name.len();
        let tail = lower.get(after..)?;
        let value_part = tail.trim_start_matches(['"', '\'', ' ', '\\']);
        let value_part = value_part.strip_prefix([':', '='])?;
        let value_part = value_part.trim_start_matches(['"', '\'', ' ', '\\']);
        let mut start = lower.len() - value_part.len();
        // `Authorization: Bearer x`: the scheme stays, the credential goes.
        for scheme in SCHEMES {
            if let Some(credential) = value_part.strip_prefix(scheme) {
                start = lower.len() - credential.trim_start().len();
            }
        }
        value(lower, start)
    })
}

fn after_scheme(lower: &str, scheme: &str) -> Option<(usize, usize)> {
    lower.match_indices(scheme).find_map(|(at, _)| {
        let tail = lower.get(at + scheme.len()..)?.strip_prefix(' ')?;
        let found = value(lower, lower.len() - tail.len())?;
        (found.1 - found.0 >= SHORTEST).then_some(found)
    })
}

/// The password in `scheme://user:password@host`.
fn in_url(lower: &str) -> Option<(usize, usize)> {
    lower.match_indices("://").find_map(|(at, _)| {
        let start = at + 3;
        let tail = lower.get(start..)?;
        let end = tail
            .find(|c: char| c.is_whitespace() || "/\"'".contains(c))
            .unwrap_or(tail.len());
        let authority = tail.get(..end)?;
        let user = authority.get(..authority.rfind('@')?)?;
        let password = user.find(':')? + 1;
        let found = (start + password, start + user.len());
        (found.0 < found.1 && lower.get(found.0..found.1)? != GONE).then_some(found)
    })
}

/// A JSON web token anywhere: three parts in base64, the first of which opens an object.
fn web_token(text: &str) -> Option<(usize, usize)> {
    text.match_indices("eyJ").find_map(|(at, _)| {
        let tail = text.get(at..)?;
        let length = tail
            .find(|c: char| !(c.is_ascii_alphanumeric() || "-_.=".contains(c)))
            .unwrap_or(tail.len());
        let token = tail.get(..length)?;
        (token.matches('.').count() == 2).then_some((at, at + length))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn secrets_do_not_reach_the_log() {
        for (line, secret) in [
            ("Authorization: Bearer abc.def-123", "abc.def-123"),
            ("sent authorization=\"Basic dXNlcjpwYXNz\"", "dXNlcjpwYXNz"),
            ("got bearer sha256~0123456789", "sha256~0123456789"),
            (r#"{"token":"s3cr3t","user":"ann"}"#, "s3cr3t"),
            (r#"{\"password\": \"hunter2\"}"#, "hunter2"),
            (
                "client-key-data: LS0tLS1CRUdJTiBSU0E",
                "ls0tls1cruditibsu0e",
            ),
            ("GET https://ann:hunter2@mlflow.example/api", "hunter2"),
            ("GET /x?access_token=s3cr3t&page=2", "s3cr3t"),
            ("cannot parse eyJhbGciOi.eyJzdWIi.c2ln now", "eyJzdWIi"),
            ("-----BEGIN RSA PRIVATE KEY-----MIIE", "MIIE"),
        ] {
            let kept = redact(line);
            assert!(
                !kept.to_lowercase().contains(&secret.to_lowercase()),
                "{line} -> {kept}"
            );
            assert!(kept.contains("redacted"), "{line} -> {kept}");
        }
    }

    #[test]
    fn the_rest_of_the_line_stays_readable() {
        assert_eq!(
            redact("GET https://ann:hunter2@mlflow.example/api token=abc 403"),
            "GET https://ann:[redacted]@mlflow.example/api token=[redacted] 403"
        );
        for line in [
            "pods: token refreshed after 401",
            "basic auth is not offered by https://host:6443/api",
            "watch of workflows ended; secrets are not watched",
            "listening on http://127.0.0.1:8001",
        ] {
            assert_eq!(redact(line), line);
        }
    }

    proptest! {
        #[test]
        fn any_line_is_redacted_to_the_end(line in ".{0,200}") {
            let once = redact(&line).into_owned();
            prop_assert_eq!(redact(&once), once.as_str());
        }

        #[test]
        fn a_token_is_found_wherever_it_stands(
            before in "[ -~]{0,40}",
            token in "[A-Za-z0-9]{20}",
        ) {
            let line = format!("{before} token={token}");
            prop_assert!(!redact(&line).contains(&token));
        }
    }
}
