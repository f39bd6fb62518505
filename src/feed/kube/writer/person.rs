//! Who runs this program, as the operating system knows. Does I/O.

use crate::domain::Clean;

/// User of the operating system: by the id that the process has, not by what its environment says, where the system
/// can tell.
#[must_use]
pub fn os_user() -> Clean {
    let id = rustix::process::getuid().as_raw();
    let known = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = named(&known, id).or_else(|| {
        let told = ["USER", "LOGNAME"].map(std::env::var);
        told.into_iter().flatten().find(|name| !name.is_empty())
    });
    Clean::new(&name.unwrap_or_else(|| format!("uid {id}")))
}

/// The name of a user id.
fn named(passwd: &str, id: u32) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        (fields.nth(1)?.parse() == Ok(id)).then(|| name.to_owned())
    })
}

/// The host that midwatch runs on.
pub(super) fn host() -> Clean {
    Clean::new(&rustix::system::uname().nodename().to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_named_by_its_id() {
        let passwd =
            "root:x:0:0:root:/root:/bin/sh\n# x\n\nbroken\nann:x:1000:1000::/home/ann:/bin/sh\n";
        assert_eq!(named(passwd, 1000).as_deref(), Some("ann"));
        assert_eq!(named(passwd, 0).as_deref(), Some("root"));
        assert_eq!(named(passwd, 7), None);
    }

    #[test]
    fn there_is_always_a_user_and_a_host() {
        assert!(!os_user().is_empty() && !host().is_empty());
    }
}
