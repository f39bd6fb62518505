//! Acting on what is selected: choosing an action, its parameters, the preview, the confirmation, and what comes of it.
//! Pure; the orders are carried out by the shell.
//!
//! | file | owns |
//! |---|---|
//! | `order` | what is asked of the shell, and what it reports |

mod order;

pub use order::{Acted, Order, Point, TaskId};

use super::{Effects, Model};

/// Takes what the shell reports.
pub fn take(_model: &mut Model, _acted: Acted) -> Effects {
    Effects::none()
}
