//! What can be done to what, and exactly what it would do. Pure: no I/O, no clock, no chance; the object as served, the
//! parameters and the time are given. Called by `cli`, and by whatever shows or runs an action.
//!
//! | file | owns |
//! |---|---|
//! | `spec` | what is known of an action before it meets an object: target, parameters, risk |
//! | `params` | what the operator gave, checked against the specification |
//! | `given` | what a plan is made of |
//! | `beside` | what is read besides the target |
//! | `check` | what shows that it is done |
//! | `form` | a plan: the requests in order, what they change, what surprises; its JSON (`docs/plan.md`) |
//! | `forecast` | who else writes the object, and whether a change stays |
//! | `deed` | what passes between who asks, who carries out and who shows: prepared, progress, outcome, confirmation |
//! | `record` | the lines of the journal, and what they say together |
//! | `sitting` | one run of a runbook, as the journal keeps it |
//! | `document` | one action of the journal as JSON, and as a Kubernetes Event |
//! | `story` | one action of the journal in words, for the screen and for the audit |
//! | `hide` | secrets cut out of what is recorded, previewed or compared |
//! | `refused` | why there is no plan, and what works instead |
//! | `made` | what an action makes, as later steps of a runbook speak of it |
//! | `look` | what an object shows of an action: whether it is done, its state in words, who wrote it |
//! | `loss` | work that an action throws away, and what is at stake with it |
//! | `again` | a plan made again: whether it still does what was shown |
//! | `possible` | whether an action can be done with some parameters |
//! | `words` | what shows that an action is done, in words |
//! | `json`, `wire` | reading and changing objects as served; paths and requests |
//! | `argo` | what Argo Workflows' own code does with a workflow |
//! | `serving` | what `KServe` does with an inference service |
//! | `training` | what the controllers of training jobs do with one |
//! | `home` | where kinds of objects live: in the API server, or in a service beside it |
//! | `stand` | what a request stands on where the server knows neither versions nor dry runs |
//! | `mlflow` | what the model registry keeps, and its requests |
//! | `nodes` | nodes: their pods as a drain sorts them, disruption budgets, layouts of their GPUs |
//! | `actions` | one file per action, and the registry |
//!
//! A plan is only a description. It carries the precondition of each write (uid and resource version of what was read),
//! so that whoever runs it writes nothing to an object that changed in between.

pub mod actions;
mod again;
mod alertmanager;
pub mod argo;
mod beside;
mod check;
mod deed;
mod document;
mod forecast;
mod form;
mod given;
pub mod hide;
mod home;
pub mod json;
mod katib;
mod look;
mod loss;
mod made;
mod mlflow;
mod nodes;
mod params;
mod possible;
mod queues;
mod record;
mod refused;
mod serving;
mod sitting;
mod spec;
mod stand;
mod story;
mod training;
mod wire;
mod words;

pub use actions::{ACTIONS, action, nearest};
pub use again::only_course;
pub use beside::{Beside, NOTHING_BESIDE, Read};
pub use deed::{
    Access, Answered, Ask, By, Change, Confirm, Consent, Halt, HaltKind, Offer, Operator, Outcome,
    Possible, Prepared, Progress, Safety, Undo, Verdict, changes, who,
};
pub use document::{EVENT_REASON, document, event};
pub use forecast::{
    Evidence, Forecast, Keeper, Keepers, Owner, Sight, Sought, Stays, forecast, keeper_among,
    sought, zones,
};
pub use form::{
    API_VERSION, Check, Expect, Fact, Inverse, Keep, Need, Plan, Step, Target, Trap, Verify,
};
pub use given::{Cluster, Given};
pub use home::Home;
pub use look::{state_words, wrote_after, wrote_since};
pub use mlflow::guards::{GATES, Measure, Measured};
pub use mlflow::{JOURNAL, Move, moves, run_path, version_path};
pub use nodes::Rollback;
pub use params::{Params, ParamsError};
pub use possible::possible;
pub use record::{Ended, Entry, Folding, Intent, Mended, Record, Request, Stage, Standing};
pub use refused::Refused;
pub use sitting::{About, Begun, Closed, Did, How, Lost, Mark, Signed, Sitting, Stepped};
pub use spec::{Action, ActionSpec, ParameterKind, ParameterSpec, Resource, Right, Risk};
pub use stand::Stand;
pub use story::{Line, Tone, story};
pub use wire::escaped;
