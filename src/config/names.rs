//! What the settings name in the console: screens, columns of lists, saved filters. Pure.

use crate::app::list::parse;
use crate::app::lists::{Crons, Events, Namespaces, Nodes, Pods, Runs, Sources, Templates};
use crate::app::registry::{SCREENS, entry};
use crate::fault::{Mistake, meant, quoted};
use crate::settings::{Effective, Origin, Settings};
use crate::store::{Filter, FilterMistake};

/// Reads a filter for one list.
type Reading = fn(&str, &Settings) -> Result<Filter, FilterMistake>;

/// One for each list.
const READINGS: [Reading; 8] = [
    parse::<Runs>,
    parse::<Pods>,
    parse::<Nodes>,
    parse::<Namespaces>,
    parse::<Crons>,
    parse::<Templates>,
    parse::<Events>,
    parse::<Sources>,
];

/// What is named and not there, or broken: the key that names it, and the mistake with its place in the file's text.
pub fn mistakes(text: &str, found: &Effective) -> Vec<(String, Mistake)> {
    let mut all = screens(found);
    all.extend(columns(text, found));
    all.extend(filters(text, found));
    all
}

/// Screens that are named and not there.
fn screens(found: &Effective) -> Vec<(String, Mistake)> {
    let start = [("start".to_owned(), found.settings.start.clone())];
    let columns = found.settings.columns.keys();
    let named = columns.map(|id| (format!("columns.{id}"), id.clone()));
    let missing = start.into_iter().chain(named);
    let missing =
        missing.filter(|(key, id)| entry(id).is_none() && (key != "start" || id != "last"));
    let told = missing.map(|(key, id)| {
        let hint = meant(&id, SCREENS.iter().map(|screen| screen.id));
        let mistake = nowhere(format!("there is no screen {}", quoted(&id)), hint);
        (key, mistake)
    });
    told.collect()
}

/// Columns that a list does not have.
fn columns(text: &str, found: &Effective) -> Vec<(String, Mistake)> {
    let mut told = Vec::new();
    for (screen, ids) in &found.settings.columns {
        let Some(entry) = entry(screen) else { continue };
        let known = (entry.make)().columns();
        let key = format!("columns.{screen}");
        for id in ids.iter().filter(|id| !known.contains(&id.as_str())) {
            let what = format!("{screen} have no column {}", quoted(id));
            let mistake = nowhere(what, meant(id, known.iter().copied()));
            told.push((
                key.clone(),
                placed(text, &found.origin(&key), id, 0, mistake),
            ));
        }
    }
    told
}

/// Saved filters that no list can read.
fn filters(text: &str, found: &Effective) -> Vec<(String, Mistake)> {
    let mut told = Vec::new();
    for (name, filter) in &found.settings.filters {
        let read: Result<Vec<FilterMistake>, Filter> = READINGS
            .iter()
            .map(|read| match read(filter, &found.settings) {
                Err(wrong) => Ok(wrong),
                Ok(right) => Err(right),
            })
            .collect();
        // a list that has its columns comes farthest: what it says is what is wrong
        let Some(wrong) = read.ok().and_then(farthest) else {
            continue;
        };
        let key = format!("filters.{name}");
        let mistake = nowhere(
            format!("the filter {}: {}", quoted(name), wrong.what),
            String::new(),
        );
        let origin = found.origin(&key);
        told.push((
            key,
            placed(text, &origin, filter, 1 + wrong.at.start, mistake),
        ));
    }
    told
}

/// The mistake that stands last; of several in one place the first.
fn farthest(wrong: Vec<FilterMistake>) -> Option<FilterMistake> {
    let last = wrong.iter().map(|w| w.at.start).max()?;
    wrong.into_iter().find(|w| w.at.start == last)
}

/// Where a word stands in the file, so many bytes after its opening quote: on the line that sets it, or below.
fn placed(text: &str, origin: &Origin, word: &str, after: usize, mistake: Mistake) -> Mistake {
    let Origin::File(line) = origin else {
        return mistake;
    };
    let lines = text.split_inclusive('\n').take(line.saturating_sub(1));
    let from: usize = lines.map(str::len).sum();
    let rest = text.get(from..).unwrap_or_default();
    let at = ['"', '\'']
        .into_iter()
        .filter_map(|q| rest.find(&format!("{q}{word}{q}")))
        .min();
    match at {
        Some(at) => Mistake::at(text, from + at + after, mistake.what, mistake.hint),
        None => Mistake {
            line: *line,
            column: 1,
            ..mistake
        },
    }
}

/// A mistake without a place.
pub fn nowhere(what: String, hint: String) -> Mistake {
    Mistake {
        line: 0,
        column: 0,
        what,
        hint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{effective, parse as read};

    fn told(text: &str) -> Vec<String> {
        let found = effective(&[read(text).0]);
        let all = mistakes(text, &found).into_iter();
        all.map(|(_, m)| format!("{}:{} {}; {}", m.line, m.column, m.what, m.hint))
            .collect()
    }

    #[test]
    fn a_column_that_a_list_does_not_have_is_told_with_its_place() {
        assert_eq!(
            told("[columns]\nruns = [\"state\", \"nam\"]\npods = ['name']"),
            ["2:18 runs have no column `nam`; did you mean `name`?"]
        );
    }

    #[test]
    fn a_filter_that_no_list_can_read_is_told_with_its_place() {
        let text = "[filters]\nold = \"age:>x\"\nred = 'phase:failed'\nfull = 'restarts:>3'";
        let told = told(text);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("2:13 the filter `old`: "), "{told:?}");
    }
}
