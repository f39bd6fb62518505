//! Work that an action throws away, and what is at stake with it. Pure; actions that know how much it is call it.
//!
//! Typing a name costs a person at night more than a few seconds of compute do, and a name that is typed for nothing is
//! soon typed without reading. So what is known to be little is only chosen.

use super::form::Plan;
use super::spec::Risk;
use crate::domain::Span;

/// From here on work is dear: the name of the target is typed before it is lost.
const DEAR: Span = Span(5 * 60);

impl Plan {
    /// Says how much work is lost, and raises what is at stake; `None` where nobody knows how much.
    pub(super) fn loses(&mut self, work: Option<Span>) {
        let (risk, text) = match work {
            Some(work) if work < DEAR => (Risk::LosesLittle, format!("{work} of work")),
            Some(work) => (Risk::LosesWork, format!("{work} of work")),
            None => (Risk::LosesWork, "how much work is not known".to_owned()),
        };
        self.risk = self.risk.max(risk);
        self.fact("lost", &text);
    }
}
