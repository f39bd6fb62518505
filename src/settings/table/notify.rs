//! Keys of how new findings are told. Pure; rows of the table of keys.

use super::super::key::{Key, Kind, Refusal};
use super::super::{Desktop, Value};
use super::{put, switch, text};
use crate::fault::{meant, quoted};

/// The bell of the terminal.
pub(super) const BELL: Key = Key {
    name: "notify.bell",
    kind: Kind::Switch,
    form: "true or false",
    about: "The bell of the terminal rings once for each new finding that cannot wait.",
    example: "",
    take: |s, _, v| put(&mut s.notify.bell, switch(v)?),
    show: |s, _| Some(Value::Switch(s.notify.bell)),
};

/// The desktop.
pub(super) const DESKTOP: Key = Key {
    name: "notify.desktop",
    kind: Kind::Text,
    form: "\"none\", \"osc9\" or \"osc777\"",
    about: "The desktop tells of it as well, where your terminal knows OSC 9 or OSC 777; also over SSH and in tmux.",
    example: "\"osc9\"",
    take: |s, _, v| put(&mut s.notify.desktop, desktop(v)?),
    show: |s, _| text(s.notify.desktop.word()),
};

fn desktop(value: &Value) -> Result<Desktop, Refusal> {
    let given = match value {
        Value::Text(given) => given.clone(),
        // people write the number alone
        Value::Number(n) => format!("osc{n}"),
        Value::Switch(_) | Value::List(_) => return Err(Refusal::Sort),
    };
    let found = Desktop::ALL.iter().find(|d| d.word() == given);
    found.copied().ok_or_else(|| {
        let hint = meant(&given, Desktop::ALL.map(Desktop::word));
        Refusal::value(
            format!("{} is no way to tell a desktop", quoted(&given)),
            hint,
        )
    })
}
