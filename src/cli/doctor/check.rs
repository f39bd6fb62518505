//! One finding of the doctor, and printing them. Pure but for the output.

use serde_json::{Map, Value, json};
use unicode_width::UnicodeWidthStr;

use crate::cli::exit::Failure;
use crate::cli::get::API_VERSION;
use crate::cli::output::Out;
use crate::domain::Clean;
use crate::fault::{Fault, FaultKind};
use crate::theme::{Mark, Role};
use crate::ui::wrap;

/// Columns before a name is written, with those behind it.
const INDENT: usize = 14;

/// How something stands, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Works; worth knowing.
    Note,
    /// Not installed, so nothing of it can be shown.
    Absent,
    /// The server refuses.
    Denied,
    /// Does not work.
    Down,
}

impl Verdict {
    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Absent => "absent",
            Self::Denied => "denied",
            Self::Down => "down",
        }
    }

    fn mark(self) -> Mark {
        match self {
            Self::Ok => Mark::Ok,
            Self::Note => Mark::Unknown,
            Self::Absent => Mark::Omitted,
            Self::Denied => Mark::Waiting,
            Self::Down => Mark::Failed,
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// `this machine`, or the context.
    pub area: String,
    /// What was looked at.
    pub name: String,
    /// How it stands.
    pub verdict: Verdict,
    /// What was found, one sentence.
    pub said: String,
    /// What to do; empty when there is nothing to do.
    pub advice: String,
    /// Figures for programs.
    pub details: Map<String, Value>,
}

impl Check {
    /// A finding; `said` may hold text from outside.
    pub fn new(area: &str, name: &str, verdict: Verdict, said: impl AsRef<str>) -> Self {
        Self {
            area: Clean::new(area).to_string(),
            name: name.to_owned(),
            verdict,
            said: Clean::new(said.as_ref()).to_string(),
            advice: String::new(),
            details: Map::new(),
        }
    }

    /// What to do.
    #[must_use]
    pub fn advice(mut self, advice: impl AsRef<str>) -> Self {
        self.advice = Clean::new(advice.as_ref()).to_string();
        self
    }

    /// A figure for programs.
    #[must_use]
    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// What failed.
    #[must_use]
    pub fn of_fault(area: &str, name: &str, fault: &Fault) -> Self {
        let verdict = match fault.kind {
            FaultKind::Denied => Verdict::Denied,
            FaultKind::Gone => Verdict::Absent,
            _ => Verdict::Down,
        };
        Self::new(area, name, verdict, &fault.what).advice(&fault.hint)
    }
}

/// The worst of all.
#[must_use]
pub fn worst(checks: &[Check]) -> Verdict {
    checks
        .iter()
        .map(|c| c.verdict)
        .max()
        .unwrap_or(Verdict::Ok)
}

/// Prints the findings by area, each with its mark and its word.
pub fn print(checks: &[Check], out: &mut Out) -> Result<(), Failure> {
    let names = checks.iter().map(|c| c.name.width());
    let width = names.max().unwrap_or(0);
    let mut area = "";
    for check in checks {
        if check.area != area {
            if !area.is_empty() {
                out.line("")?;
            }
            area = &check.area;
            out.role(area, Role::Strong)?;
            out.line("")?;
        }
        one(check, width, out)?;
    }
    out.line("")?;
    out.line(&summary(checks))
}

fn one(check: &Check, width: usize, out: &mut Out) -> Result<(), Failure> {
    let mark = check.verdict.mark();
    let word = format!(
        "{} {:<6}",
        mark.glyph(out.look().ascii),
        check.verdict.word()
    );
    out.text("  ")?;
    out.role(&word, mark.role())?;
    out.text("  ")?;
    out.role(&check.name, Role::Text)?;
    let gap = width.saturating_sub(check.name.width()) + 2;
    out.text(&" ".repeat(gap))?;
    let indent = INDENT + width;
    block(&check.said, indent, Role::Text, out)?;
    if !check.advice.is_empty() {
        let lead = if out.look().ascii { "> " } else { "→ " };
        out.text(&" ".repeat(indent))?;
        out.role(lead, Role::Chosen)?;
        block(&check.advice, indent + 2, Role::Chosen, out)?;
    }
    Ok(())
}

/// A text that begins behind `indent` columns; on a terminal it goes on below itself.
fn block(text: &str, indent: usize, role: Role, out: &mut Out) -> Result<(), Failure> {
    let room = out.width().map(|w| w.saturating_sub(indent).max(20));
    let lines = match room.and_then(|room| u16::try_from(room).ok()) {
        Some(room) => wrap(text, room),
        None => vec![text.to_owned()],
    };
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            out.text(&" ".repeat(indent))?;
        }
        out.role(line.trim_end(), role)?;
        out.line("")?;
    }
    Ok(())
}

fn summary(checks: &[Check]) -> String {
    let count = |verdict| checks.iter().filter(|c| c.verdict == verdict).count();
    let parts: Vec<String> = [Verdict::Down, Verdict::Denied, Verdict::Absent]
        .into_iter()
        .filter(|v| count(*v) > 0)
        .map(|v| format!("{} {}", count(v), v.word()))
        .collect();
    if parts.is_empty() {
        "All is well.".to_owned()
    } else {
        format!("{}, {} ok.", parts.join(", "), count(Verdict::Ok))
    }
}

/// Prints one document: `docs/schema/midwatch-v1.json`.
pub fn print_json(checks: &[Check], out: &mut Out) -> Result<(), Failure> {
    let words = |text: &str| {
        if text.is_empty() {
            Value::Null
        } else {
            text.into()
        }
    };
    let items: Vec<Value> = checks
        .iter()
        .map(|c| {
            json!({
                "area": c.area,
                "name": c.name,
                "verdict": c.verdict.word(),
                "said": words(&c.said),
                "advice": words(&c.advice),
                "details": c.details,
            })
        })
        .collect();
    // notes are for reading: they change nothing
    let verdict = Some(worst(checks)).filter(|v| *v != Verdict::Note);
    let document = json!({
        "apiVersion": API_VERSION,
        "kind": "Doctor",
        "verdict": verdict.unwrap_or(Verdict::Ok).word(),
        "checks": items,
    });
    out.line(&format!("{document:#}"))
}
