//! Figures from Prometheus: carries the questions of an [`Asks`], and tells what it makes of the answers as rows. Does
//! I/O. Reads no `PromQL`.
//!
//! | file | owns |
//! |---|---|
//! | `query` | one question, sent and read |
//! | `decode` | what an answer looks like |
//! | `canary` | one canary, while it is looked at |
//! | `gpus` | what is asked about GPUs; the feed of GPUs asks it |
//! | `carry` | the loop: due, asked, answered, told |
//! | `past` | a time that is over, asked once |
//! | `documents` | objectives that stand in the cluster |

mod canary;
mod carry;
mod decode;
mod documents;
mod gpus;
mod past;
mod query;

pub(crate) use self::canary::{SPEC as CANARY_SPEC, canary};
use self::carry::carry;
pub(crate) use self::gpus::Gpus;
pub(crate) use self::past::look_back;
pub(crate) use self::query::Server;
use crate::feed::kube::Source;
use crate::kinds::KindSpec;
use crate::slo::Burn;

/// The feed of error budgets.
pub(crate) const BURN_SPEC: KindSpec = crate::feed::asked("burn");

/// Tells how fast error budgets burn until nobody listens any more.
pub(crate) async fn burn(source: Source) {
    let asks = Burn::new(&source.link.options.objectives);
    let (tell, written) = tokio::sync::watch::channel(Vec::new());
    // in one task, so that both end before their rows are forgotten
    tokio::join!(
        carry(source.clone(), asks, written),
        documents::follow(source, tell)
    );
}
