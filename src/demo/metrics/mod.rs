//! What is asked of the services of the platform, how well they answer, and the Prometheus that tells of it. Pure.
//!
//! | part | what it owns |
//! |---|---|
//! | `profile` | how much is asked of a service and when, and how well a model answers |
//! | `routes` | which revision got which part of it, over time |
//! | `series`, `exporters` | the series that follow from both |
//! | `rack`, `dcgm` | which pod has which GPU, and what its exporter tells |
//! | `parse`, `expr` | `PromQL`, as far as it is understood |
//! | `eval`, `binary`, `functions` | its value at a time |
//! | `rules` | alert rules |
//! | `answer` | the HTTP API of Prometheus |
//! | `alertmanager` | Alertmanager: alerts and silences |
//!
//! No sample is stored: what a counter showed at any time is computed when somebody asks. What is asked for and cannot
//! be evaluated is refused.

mod alertmanager;
mod answer;
mod binary;
mod dcgm;
mod eval;
mod exporters;
mod expr;
mod functions;
mod parse;
mod profile;
mod rack;
mod routes;
mod rules;
mod series;

pub(super) use alertmanager::{Post, Silences};
pub(super) use answer::{Question, Reply, prometheus};
pub(super) use profile::{RATE_PER_REPLICA, load, next_edge};
pub(super) use rack::Rack;
pub(super) use routes::{Routes, Share};
pub(super) use series::{Drift, Ground};

/// Answers as the platform's Alertmanager does.
pub(super) fn alertmanager(
    silences: &mut Silences,
    (routes, ground): (&Routes, &Ground<'_>),
    question: &Question<'_>,
    post: &Post<'_>,
) -> Reply {
    alertmanager::answer(silences, || series::all(routes, ground), question, post)
}

#[cfg(test)]
mod tests;
