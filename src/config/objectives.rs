//! Objectives as the settings wish for them, with those of the documents that they name. I/O: reads these files.

use std::path::Path;

use super::files::read;
use super::load::Trouble;
use crate::domain::{Clean, Origin};
use crate::fault::Mistake;
use crate::settings::{BurnWindows, Slo};
use crate::slo::{self, Objectives, Period, Windows};

/// The objectives, and what is wrong with the documents: what stands in a mistake is left out, the rest is taken.
#[must_use]
pub fn objectives(wished: &Slo) -> (Objectives, Vec<Trouble>) {
    let mut objectives = Objectives {
        period: Period::of(wished.days).unwrap_or_default(),
        windows: match wished.windows {
            BurnWindows::Workbook => Windows::Workbook,
            BurnWindows::Sloth => Windows::Sloth,
            BurnWindows::Pyrra => Windows::Pyrra,
        },
        custom: Vec::new(),
    };
    let mut troubles = Vec::new();
    for file in &wished.files {
        let place = || file.clone();
        match read(Path::new(file)) {
            Ok(text) => {
                let found = slo::read(&text);
                let origin = Origin::File(Clean::new(file));
                let named = |slo| slo::Slo {
                    origin: origin.clone(),
                    ..slo
                };
                objectives.custom.extend(found.slos.into_iter().map(named));
                let trouble = |mistake| Trouble {
                    place: place(),
                    mistake,
                };
                troubles.extend(found.mistakes.into_iter().map(trouble));
            }
            Err(error) => troubles.push(Trouble {
                place: place(),
                mistake: Mistake {
                    line: 0,
                    column: 0,
                    what: format!("it cannot be read: {error}"),
                    hint: String::new(),
                },
            }),
        }
    }
    (objectives, troubles)
}
