//! How fast budgets burned, as Markdown. Pure.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::timeline::{Story, md, moment};
use crate::app::serving::words::{spark, times};
use crate::domain::Clean;
use crate::slo::Curve;

/// Cells of a curve.
pub(super) const CELLS: usize = 60;

/// Most rows of the table beside the curves.
const ROWS: usize = 12;

/// What is known of the budgets of one service.
#[derive(Debug)]
pub(super) struct Burned {
    pub(super) cluster: Clean,
    pub(super) namespace: Clean,
    pub(super) name: Clean,
    /// A curve for each objective.
    pub(super) curves: Vec<Curve>,
    /// Why more is not known; empty when all is.
    pub(super) why: Clean,
    /// Why objectives that stand in the cluster are not known, one sentence each.
    pub(super) unread: Vec<Clean>,
}

/// The curves of all services.
pub(super) fn curves(story: &Story) -> String {
    let mut text = String::new();
    for one in &story.burned {
        let place = format!("{}, {}", md(&one.namespace), md(&one.cluster));
        let _ = writeln!(text, "\n### {} ({place})\n", md(&one.name));
        if !one.why.is_empty() {
            let _ = writeln!(text, "- how it burned is not known: {}", md(&one.why));
        } else if one.curves.is_empty() {
            text += "- how it burned is not known: Prometheus has no figures of it for that time\n";
        }
        for curve in &one.curves {
            let _ = writeln!(text, "- {}: {}", md(&curve.title), most(curve, story));
        }
        for why in &one.unread {
            let _ = writeln!(
                text,
                "- objectives that stand in the cluster are left out: {}",
                md(why)
            );
        }
        text += &drawn(&one.curves, story);
        text += &table(&one.curves, story);
    }
    if text.is_empty() {
        return text;
    }
    format!("\n## How the budgets burned\n\n1× spends a budget exactly over its period.\n{text}")
}

fn most(curve: &Curve, story: &Story) -> String {
    let last = curve.points.last().and_then(|(_, burn)| *burn);
    let last = last.map_or_else(|| "not known".to_owned(), times);
    match curve.most() {
        Some((at, burn)) => format!(
            "at most {} at {}, {last} at the end",
            times(burn),
            moment(time(at), story)
        ),
        None => "not known".to_owned(),
    }
}

/// One line of bars for each objective.
fn drawn(curves: &[Curve], story: &Story) -> String {
    let Some(points) = curves.first().map(|c| &c.points) else {
        return String::new();
    };
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return String::new();
    };
    let width = curves.iter().map(|c| c.title.chars().count()).max();
    let width = width.unwrap_or_default();
    let mut text = format!(
        "\n```text\n{:width$}  from {} to {}, a blank where nothing was asked or is known\n",
        "",
        moment(time(first.0), story),
        moment(time(last.0), story)
    );
    for curve in curves {
        let burns: Vec<Option<f64>> = curve.points.iter().map(|(_, burn)| *burn).collect();
        let most = curve
            .most()
            .map_or_else(String::new, |(_, burn)| times(burn));
        // a title is no end of the block
        let title = curve.title.replace('`', "'");
        let _ = writeln!(
            text,
            "{title:width$}  |{}|  {most}",
            bars(&burns, story.ascii)
        );
    }
    text + "```\n"
}

fn bars(burns: &[Option<f64>], ascii: bool) -> String {
    const PLAIN: [(char, char); 8] = [
        ('▁', '_'),
        ('▂', '.'),
        ('▃', '-'),
        ('▄', '='),
        ('▅', '+'),
        ('▆', '*'),
        ('▇', '#'),
        ('█', '@'),
    ];
    let drawn = spark(burns, CELLS + 1);
    if !ascii {
        return drawn;
    }
    let plain = |c: char| {
        PLAIN
            .iter()
            .find(|(bar, _)| *bar == c)
            .map_or(c, |(_, p)| *p)
    };
    drawn.chars().map(plain).collect()
}

/// The same in figures: of several points that stand in one row the greatest.
fn table(curves: &[Curve], story: &Story) -> String {
    let Some(first) = curves.first() else {
        return String::new();
    };
    let titles: Vec<String> = curves.iter().map(|curve| md(&curve.title)).collect();
    let mut text = format!(
        "\n| from | {} |\n|---|{}\n",
        titles.join(" | "),
        "---|".repeat(titles.len())
    );
    let each = first.points.len().div_ceil(ROWS).max(1);
    for (row, points) in first.points.chunks(each).enumerate() {
        let Some((at, _)) = points.first() else {
            continue;
        };
        let _ = write!(text, "| {} |", moment(time(*at), story));
        for curve in curves {
            let points = curve.points.iter().skip(row * each).take(each);
            let known = points.filter_map(|(_, burn)| *burn);
            let most = known.max_by(f64::total_cmp);
            let _ = write!(text, " {} |", most.map_or_else(|| "?".to_owned(), times));
        }
        text.push('\n');
    }
    text
}

fn time(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or_default()
}
