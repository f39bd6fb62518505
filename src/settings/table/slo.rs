//! Keys of objectives. Pure; rows of the table of keys.

use super::super::key::{Key, Kind, Refusal};
use super::super::{BurnWindows, Value};
use super::{list, names, put, text};
use crate::fault::{meant, quoted};

/// How long budgets last.
pub(super) const PERIOD: Key = Key {
    name: "slo.period",
    kind: Kind::Text,
    form: "\"30d\" or \"28d\"",
    about: "How long the error budget of an objective lasts; 28d always holds four of each weekday.",
    example: "",
    take: |s, _, v| put(&mut s.slo.days, days(v)?),
    show: |s, _| text(&format!("{}d", s.slo.days)),
};

/// Which windows alert.
pub(super) const WINDOWS: Key = Key {
    name: "slo.windows",
    kind: Kind::Text,
    form: "\"workbook\", \"sloth\" or \"pyrra\"",
    about: "Pairs of windows, and burn rates, at which an objective pages or makes a ticket.",
    example: "",
    take: |s, _, v| put(&mut s.slo.windows, windows(v)?),
    show: |s, _| text(s.slo.windows.word()),
};

/// Objectives of the person's.
pub(super) const FILES: Key = Key {
    name: "slo.files",
    kind: Kind::List,
    form: "a list of paths",
    about: "YAML documents of sloth, pyrra or OpenSLO, whose objectives stand beside the built-in ones.",
    example: "[\"/etc/midwatch/slo.yaml\"]",
    take: |s, _, v| put(&mut s.slo.files, names(v)?),
    show: |s, _| list(&s.slo.files),
};

fn days(value: &Value) -> Result<u32, Refusal> {
    let Value::Text(given) = value else {
        return Err(Refusal::Sort);
    };
    match given.as_str() {
        "30d" => Ok(30),
        "28d" => Ok(28),
        _ => Err(Refusal::value(
            format!("{} is no period", quoted(given)),
            "write \"30d\" or \"28d\"",
        )),
    }
}

fn windows(value: &Value) -> Result<BurnWindows, Refusal> {
    let Value::Text(given) = value else {
        return Err(Refusal::Sort);
    };
    let found = BurnWindows::ALL.iter().find(|w| w.word() == given);
    found.copied().ok_or_else(|| {
        let hint = meant(given, BurnWindows::ALL.map(BurnWindows::word));
        Refusal::value(format!("{} is no set of windows", quoted(given)), hint)
    })
}
