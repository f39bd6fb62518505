//! The report as Markdown. Pure.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::curves::{Burned, curves};
use super::runbooks::{self, Walk, runbooks};
use super::spells::Spell;
use crate::app::findings::How;
use crate::config::Incident;
use crate::domain::Span;
use crate::plan::Entry;

/// Everything that is told.
pub(super) struct Story {
    pub(super) incident: Incident,
    pub(super) spells: Vec<Spell>,
    pub(super) actions: Vec<Entry>,
    /// Runs of runbooks.
    pub(super) walks: Vec<Walk>,
    /// How the budgets burned.
    pub(super) burned: Vec<Burned>,
    /// Bars in ASCII.
    pub(super) ascii: bool,
    /// The journal is as it was written.
    pub(super) intact: bool,
    pub(super) now: Timestamp,
}

/// The rules that tell of budgets.
pub(super) const BURN: &[&str] = &["burn", "slow-burn"];

/// The report.
pub(super) fn markdown(story: &Story) -> String {
    let mut text = head(story);
    text += "\n## Timeline\n\n";
    let mut lines = happened(story);
    lines.sort_by_key(|(at, _)| *at);
    if lines.is_empty() {
        text +=
            "Nothing was found and nothing was done. A console has to be open to find something.\n";
    }
    for (at, line) in lines {
        let _ = writeln!(text, "- {} {line}", moment(at, story));
    }
    text += &burn(story);
    text += &curves(story);
    text += &found(story);
    text += &runbooks(story);
    text += &done(story);
    text
}

fn head(story: &Story) -> String {
    let incident = &story.incident;
    let mut text = match incident.title.as_str() {
        "" => format!("# Since {}\n\n", full(incident.began)),
        title => format!("# Incident: {}\n\n", md(title)),
    };
    let by = match incident.by.as_str() {
        "" => String::new(),
        by => format!(" by {}", md(by)),
    };
    let _ = writeln!(text, "- began {}{by}", full(incident.began));
    let _ = match incident.ended {
        Some(ended) => {
            let took = Span::between(incident.began, ended);
            writeln!(text, "- ended {}, after {took}", full(ended))
        }
        None => {
            let took = Span::between(incident.began, story.now);
            writeln!(text, "- still open, for {took}")
        }
    };
    let count = |n: usize, word: &str| match n {
        1 => format!("1 {word}"),
        n => format!("{n} {word}s"),
    };
    let mut counts = vec![
        count(story.spells.len(), "finding"),
        count(story.actions.len(), "action"),
    ];
    if !story.walks.is_empty() {
        counts.push(match story.walks.len() {
            1 => "1 run of a runbook".to_owned(),
            n => format!("{n} runs of runbooks"),
        });
    }
    let _ = writeln!(text, "- {}", counts.join(", "));
    text += if story.intact {
        "- the journal is as it was written\n"
    } else {
        "- **the journal is not as it was written**: midwatch audit verify tells what was found\n"
    };
    text
}

/// Everything that happened, each on a line.
fn happened(story: &Story) -> Vec<(Timestamp, String)> {
    let mut lines = Vec::new();
    for spell in &story.spells {
        for note in &spell.notes {
            let before = spell.before && note.at < story.incident.began;
            let word = match note.how {
                How::There => "was there",
                How::Found => "found",
                How::Worse => "got worse",
                How::Seen => "seen",
                How::Gone => "gone",
            };
            let at = if before {
                story.incident.began
            } else {
                note.at
            };
            let word = if before { "was there" } else { word };
            let line = format!("{word}: {}", what(spell, true));
            lines.push((at, line));
        }
        if let Some(until) = spell.until {
            let took = Span::between(spell.from, until);
            lines.push((until, format!("gone after {took}: {}", what(spell, false))));
        }
    }
    lines.dedup();
    lines.extend(runbooks::happened(story));
    for action in &story.actions {
        lines.push((action.at, format!("**done**: {}", acted(action))));
    }
    lines
}

/// What a finding is about, and what it says.
fn what(spell: &Spell, says: bool) -> String {
    let Some(note) = spell.last() else {
        return String::new();
    };
    let place = match note.namespace.as_str() {
        "" => md(&note.cluster),
        namespace => format!("{}, {}", md(namespace), md(&note.cluster)),
    };
    let name = format!("{} **{}** ({place})", md(&note.state), md(&note.what));
    if says {
        format!("{name}: {}", md(&note.sentence))
    } else {
        name
    }
}

fn acted(action: &Entry) -> String {
    let intent = &action.intent;
    let why = match intent.reason.as_str() {
        "" => String::new(),
        reason => format!(", because: {}", md(reason)),
    };
    format!(
        "`{}` on {} by {}{why}: {}",
        intent.action,
        md(&action.target()),
        md(intent.operator.name()),
        came(action)
    )
}

/// What came of an action.
pub(super) fn came(action: &Entry) -> String {
    let word = action.standing().words();
    let later = if action.resolved {
        " (found out by looking later)"
    } else {
        ""
    };
    match &action.ended {
        Some(ended) if !ended.what.is_empty() => format!("{word}: {}{later}", md(&ended.what)),
        _ => format!("{word}{later}"),
    }
}

fn burn(story: &Story) -> String {
    let mut text = String::new();
    for spell in story.spells.iter().filter(|s| BURN.contains(&s.rule())) {
        let until = spell.until.map_or_else(
            || "still burns".to_owned(),
            |until| format!("until {}", moment(until, story)),
        );
        let _ = writeln!(
            text,
            "- {}, from {} {until}",
            what(spell, true),
            moment(spell.from, story)
        );
    }
    if text.is_empty() {
        text
    } else {
        format!("\n## Budgets that burned\n\n{text}")
    }
}

fn found(story: &Story) -> String {
    if story.spells.is_empty() {
        return String::new();
    }
    let mut text =
        "\n## What was found\n\n| from | to | what | where | says |\n|---|---|---|---|---|\n"
            .to_owned();
    for spell in &story.spells {
        let Some(note) = spell.last() else { continue };
        let until = spell.until.map(|at| moment(at, story));
        let _ = writeln!(
            text,
            "| {} | {} | {} {} | {} {} | {} |",
            moment(spell.from, story),
            until.unwrap_or_else(|| "-".to_owned()),
            md(&note.state),
            md(&note.what),
            md(&note.cluster),
            md(&note.namespace),
            md(&note.sentence)
        );
    }
    text
}

fn done(story: &Story) -> String {
    if story.actions.is_empty() {
        return String::new();
    }
    let mut text = "\n## What was done\n\n| at | action | on | by | what came of it | id |\n|---|---|---|---|---|---|\n"
        .to_owned();
    for action in &story.actions {
        let _ = writeln!(
            text,
            "| {} | `{}` | {} {} | {} | {} | {} |",
            moment(action.at, story),
            action.intent.action,
            md(&action.intent.cluster.name),
            md(&action.target()),
            md(action.intent.operator.name()),
            came(action),
            md(&action.id)
        );
    }
    text
}

/// A time of the day while that is enough.
pub(super) fn moment(at: Timestamp, story: &Story) -> String {
    let day = |at: Timestamp| at.strftime("%F").to_string();
    if day(at) == day(story.incident.began) {
        at.strftime("%H:%M:%SZ").to_string()
    } else {
        full(at)
    }
}

fn full(at: Timestamp) -> String {
    at.strftime("%F %H:%M:%SZ").to_string()
}

/// Text from outside, so that it is nothing but text in Markdown.
pub(super) fn md(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        if "\\`*_[]<>|#~!".contains(c) {
            safe.push('\\');
        }
        safe.push(if c == '\n' { ' ' } else { c });
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::super::spells::spells;
    use super::*;
    use crate::app::findings::Noted;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_760_000_000 + minute * 60).unwrap()
    }

    fn noted(minute: i64, name: &str, how: How) -> Noted {
        Noted {
            at: at(minute),
            cluster: "prod-eu".into(),
            namespace: "ml-fraud".into(),
            name: name.into(),
            what: name.split(' ').next_back().unwrap_or_default().into(),
            state: "Burning".into(),
            sentence: "errors at 31× | <b>now</b>".into(),
            how,
        }
    }

    fn report(notes: &[Noted]) -> String {
        let incident = Incident {
            title: "fraud_burns".into(),
            began: at(10),
            ended: Some(at(60)),
            by: "ada".into(),
        };
        markdown(&Story {
            spells: spells(notes, at(10), at(60)),
            actions: Vec::new(),
            walks: Vec::new(),
            burned: Vec::new(),
            ascii: false,
            intact: true,
            now: at(90),
            incident,
        })
    }

    #[test]
    fn a_finding_is_told_once_from_its_beginning_to_its_end() {
        let notes = [
            noted(2, "burn old", How::Found),
            noted(4, "burn old", How::Gone),
            noted(5, "burn fraud", How::Found),
            noted(12, "burn fraud", How::Seen),
            // another console that opens
            noted(20, "burn fraud", How::There),
            noted(35, "burn fraud", How::Gone),
            noted(40, "sick-node gpu-03", How::Found),
            noted(70, "burn later", How::Found),
        ];
        let text = report(&notes);
        assert!(text.starts_with("# Incident: fraud\\_burns\n"), "{text}");
        assert!(text.contains("2 findings, 0 actions"), "{text}");
        assert!(
            text.contains("after 50 m") || text.contains("after 50:00"),
            "{text}"
        );
        for word in [
            "was there: ",
            "seen: ",
            "gone after ",
            "found: Burning **gpu-03**",
        ] {
            assert_eq!(text.matches(word).count(), 1, "{word}\n{text}");
        }
        let budgets = text.split("## Budgets that burned").nth(1).unwrap();
        assert!(
            !budgets.split("##").next().unwrap().contains("gpu-03"),
            "{text}"
        );
        assert!(
            !text.contains("later") && !text.contains("**old**"),
            "{text}"
        );
    }

    #[test]
    fn text_of_a_cluster_stays_text_in_markdown() {
        let text = report(&[noted(12, "burn fraud", How::Found)]);
        assert!(text.contains("31× \\| \\<b\\>now\\</b\\>"), "{text}");
    }
}
