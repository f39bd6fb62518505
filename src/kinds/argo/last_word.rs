//! The one phrase that a run's row ends with: `train: OOMKilled (137)`, `gate: approve`, `transform 12/40`. Pure.

use super::fold::{Candidate, Folded};
use super::message::{Said, cut, short, understand};
use super::object::{Spec, Status};
use crate::domain::{Clean, Phase};

/// Longest phrase, in characters.
const LONGEST: usize = 120;

/// The phrase for a run that stands at `phase`.
#[must_use]
pub fn last_word<N>(phase: Phase, spec: &Spec, status: &Status<N>, folded: &Folded) -> Clean {
    let words = match phase {
        Phase::Failed | Phase::Error => failed(status, folded),
        Phase::Waiting => waiting(spec, folded),
        Phase::Running => running(spec, status, folded),
        Phase::Pending => pending(status, folded),
        _ => status.message.to_string(),
    };
    Clean::new(&cut(&words, LONGEST))
}

fn failed<N>(status: &Status<N>, folded: &Folded) -> String {
    let Some(step) = &folded.failed else {
        return short(&status.message, None);
    };
    match &folded.failed_fan {
        Some(fan) if fan.failed > 1 => {
            let words = short(&step.message, step.exit_code);
            format!(
                "{} {} of {} failed: {words}",
                fan.label, fan.failed, fan.total
            )
        }
        _ => said(step),
    }
}

/// `train: OOMKilled (137)`
fn said(step: &Candidate) -> String {
    let words = short(&step.message, step.exit_code);
    if words.is_empty() {
        step.label.clone()
    } else {
        format!("{}: {words}", step.label)
    }
}

fn waiting(spec: &Spec, folded: &Folded) -> String {
    match &folded.gate {
        Some(_) if spec.suspend.0 => "suspended, and a gate is open".to_owned(),
        Some(gate) if folded.tally.waiting > 1 => {
            format!("gate: {gate} +{}", folded.tally.waiting - 1)
        }
        Some(gate) => format!("gate: {gate}"),
        None => "suspended".to_owned(),
    }
}

fn running<N>(spec: &Spec, status: &Status<N>, folded: &Folded) -> String {
    if let Some(ending) = ending(spec) {
        return ending.to_owned();
    }
    if let (None, None, None, Some(step)) = (
        &folded.fan,
        &folded.running,
        &folded.pending,
        &folded.failed,
    ) {
        return said(step);
    }
    let mut words = match (&folded.fan, &folded.running, &folded.pending) {
        (Some(fan), _, _) => format!("{} {}/{}", fan.label, fan.done, fan.total),
        (None, Some(step), _) => match folded.tally.running {
            0 | 1 => step.label.clone(),
            n => format!("{} +{}", step.label, n - 1),
        },
        (None, None, Some(step)) if step.message.is_empty() => format!("{} pending", step.label),
        (None, None, Some(step)) => said(step),
        (None, None, None) => status.message.to_string(),
    };
    if folded.tally.failed > 0 {
        words = format!("{words}, {} failed", folded.tally.failed);
    }
    words
}

/// A run that is being ended.
fn ending(spec: &Spec) -> Option<&'static str> {
    match spec.shutdown.as_str() {
        "Terminate" => Some("terminating"),
        "" if spec.active_deadline_seconds.0 == Some(0) => Some("terminating"),
        "" => None,
        _ => Some("stopping"),
    }
}

fn pending<N>(status: &Status<N>, folded: &Folded) -> String {
    if let Some(step) = &folded.pending {
        return said(step);
    }
    if status.phase.is_empty() && status.message.is_empty() {
        return "not picked up by a controller yet".to_owned();
    }
    match understand(&status.message) {
        Said::Other(text) if text.contains("too many workflows") => {
            "postponed: too many workflows are running".to_owned()
        }
        _ => short(&status.message, None),
    }
}
