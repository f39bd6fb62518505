//! SHA-256, as the journal and the audit write it. Pure.

use std::fmt::Write;

use ring::digest::{SHA256, digest};

/// SHA-256 of some bytes, in lower-case hexadecimal: 64 letters.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in digest(&SHA256, bytes).as_ref() {
        // writing to a string does not fail
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_digest_that_sha256sum_prints() {
        assert_eq!(
            sha256(b"midwatch\n"),
            "67d7d14887d7e5a315bdc37dedcedac7b6b577a38f5d12c3b12b51b68c458c66"
        );
    }
}
