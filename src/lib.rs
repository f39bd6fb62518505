//! midwatch: the on-call console for machine learning platforms on Kubernetes.
//!
//! # The map of the house
//!
//! | room | pure | what it owns |
//! |---|---|---|
//! | [`domain`] | yes | the words of the trade: run, step, pod, node, source, cause |
//! | [`fault`] | yes | what an operator is told when something fails |
//! | [`kinds`] | yes | one file per backend kind: what its JSON looks like (slim), and how it becomes rows |
//! | [`slo`] | yes | error budgets, burn rates, canary statistics, the queries that feed them |
//! | [`store`] | yes | tables of rows: apply, swap, query, joins, freshness |
//! | [`plan`] | yes | actions: what can be done to what, and exactly what it would do |
//! | [`runbook`] | yes | runbooks: their files, their expressions, runs of them |
//! | [`settings`] | yes | what a person can set |
//! | [`keys`] | yes | chords, sequences of them, keymap files |
//! | [`theme`] | yes | roles, and what colour each has at a colour depth |
//! | [`app`] | yes | model, message, effect, command table, update, frame scheduler |
//! | [`ui`] | yes | view, layout, screens, widgets |
//! | [`act`] | no | access review, dry run, run, verify, journal: what carries out a plan |
//! | [`feed`] | no | Kubernetes watches, turned into batches of rows |
//! | [`term`] | no | the terminal: session, input, output, watchdog |
//! | [`config`] | no | paths and the log file |
//! | [`shell`] | no | the loop that ties them together |
//! | [`demo`] | no | the embedded platform: a loopback server that speaks the Kubernetes API |
//! | [`cli`] | no | the command line |
//!
//! Direction: `domain ← kinds ← store ← plan ← runbook ← app ← ui`; `slo` stands on `domain`; `keys`, `theme`, `settings`, `fault` are leaves; `feed`, `act`, `term`,
//! `config` use the pure side and never each other; `demo` uses `domain` only; only `shell` and `cli` see
//! everything. `tests/architecture.rs` fails on a breach.

pub mod act;
pub mod app;
pub mod cli;
pub mod config;
pub mod demo;
pub mod domain;
pub mod fault;
pub mod feed;
pub mod keys;
pub mod kinds;
pub mod plan;
pub mod runbook;
pub mod settings;
pub mod shell;
pub mod slo;
pub mod store;
pub mod term;
pub mod theme;
pub mod ui;
