//! Nothing secret in a message. Pure.
//!
//! Every text that comes from a server, a plugin or a library passes through here before a person or a log sees it:
//! known secrets are cut out, then what looks like one; what is left is sanitised and shortened.

use crate::domain::Clean;

/// Longest message shown, in characters.
const LONGEST: usize = 300;
/// Shortest known secret that is searched for; shorter ones would tear words apart.
const SHORTEST: usize = 4;
const MARK: &str = "[redacted]";

/// Cuts secrets out of texts.
#[derive(Clone, Default)]
pub(crate) struct Redactor {
    known: Vec<String>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} secrets)", self.known.len())
    }
}

impl Redactor {
    /// Remembers a secret of the operator's.
    pub(crate) fn learn(&mut self, secret: &str) {
        let secret = secret.trim();
        if secret.len() >= SHORTEST && !self.known.iter().any(|k| k == secret) {
            self.known.push(secret.to_owned());
            // the longest first, so that a secret that holds another one goes as a whole
            self.known.sort_by_key(|k| std::cmp::Reverse(k.len()));
        }
    }

    /// The text as it may be shown: one line.
    pub(crate) fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.known {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), MARK);
            }
        }
        let text = guess(&text);
        let text = Clean::new(text.trim());
        let mut short: String = text.chars().take(LONGEST).collect();
        if short.len() < text.len() {
            short.push('…');
        }
        short
    }
}

/// Cuts out what looks like a credential.
fn guess(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut after_hint = false;
    let mut word = String::new();
    let mut flush = |word: &mut String, out: &mut String| {
        if word.is_empty() {
            return;
        }
        let lower = word.to_ascii_lowercase();
        let hint = HINTS.iter().any(|h| lower.ends_with(h));
        if (after_hint && !hint && word.len() >= SHORTEST && !PLAIN.contains(&lower.as_str()))
            || looks_secret(word)
        {
            out.push_str(MARK);
        } else {
            out.push_str(word);
        }
        after_hint = hint;
        word.clear();
    };
    for c in text.chars() {
        if c.is_alphanumeric() || matches!(c, '+' | '-' | '_' | '.' | '~') {
            word.push(c);
        } else {
            flush(&mut word, &mut out);
            out.push(c);
        }
    }
    flush(&mut word, &mut out);
    out
}

/// Words after which a secret is expected.
const HINTS: &[&str] = &[
    "bearer",
    "basic",
    "token",
    "password",
    "passwd",
    "secret",
    "authorization",
];
/// Words that stand after them in plain sentences.
const PLAIN: &[&str] = &[
    "expired",
    "invalid",
    "file",
    "from",
    "that",
    "this",
    "has",
    "been",
    "was",
    "were",
    "auth",
    "authentication",
    "required",
    "missing",
    "request",
    "review",
    "must",
    "cannot",
    "could",
    "with",
    "lookup",
    "error",
    "failed",
    "does",
    "secrets",
    "signature",
    "issuer",
    "audience",
    "type",
];

fn looks_secret(word: &str) -> bool {
    if word.starts_with("eyJ") && word.len() > 20 {
        return true;
    }
    let has = |f: fn(&u8) -> bool| word.as_bytes().iter().any(f);
    word.len() >= 32
        && !word.contains('.')
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_secrets_are_cut_out_wherever_they_stand() {
        let mut r = Redactor::default();
        r.learn("hunter2-and-more");
        r.learn("hunter2");
        assert_eq!(
            r.clean("dial https://me:hunter2@host: hunter2-and-more refused"),
            "dial https://me:[redacted]@host: [redacted] refused"
        );
    }

    #[test]
    fn what_looks_like_a_credential_is_cut_out() {
        let r = Redactor::default();
        for text in [
            "Authorization: Bearer abc123def",
            "token=s3cr3tvalue is bad",
            "got eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJpc3MiOiJrIn0.c2ln",
            "key Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MEFCQ0RFRg==",
        ] {
            let clean = r.clean(text);
            assert!(clean.contains(MARK), "{clean}");
            for secret in ["abc123def", "s3cr3tvalue", "eyJ", "Zm9v"] {
                assert!(!clean.contains(secret), "{clean}");
            }
        }
    }

    #[test]
    fn plain_sentences_of_servers_stay_readable() {
        let r = Redactor::default();
        for text in [
            "workflows.argoproj.io is forbidden: User \"viewer\" cannot list resource \"workflows\" in API group",
            "the token has expired",
            "secrets is forbidden",
            "pod training-run-7f9c8d6b5-x2x4z-1234567890-main not found",
        ] {
            assert_eq!(r.clean(text), text);
        }
    }

    #[test]
    fn long_texts_are_shortened() {
        let long = "word ".repeat(1000);
        assert_eq!(
            Redactor::default().clean(&long).chars().count(),
            LONGEST + 1
        );
    }
}
