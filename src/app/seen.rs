//! An object as it was last seen, and since when it is known to be deleted: an opened page goes on showing it. Pure; the
//! screens of one object keep one.

use std::sync::Arc;

use jiff::Timestamp;

use super::screen::Ctx;
use crate::domain::{Key, Row};

/// One object.
#[derive(Debug)]
pub struct Seen<R> {
    row: Option<Arc<R>>,
    gone: Option<Timestamp>,
}

impl<R> Default for Seen<R> {
    fn default() -> Self {
        Self {
            row: None,
            gone: None,
        }
    }
}

impl<R: Row> Seen<R> {
    /// The object as last seen.
    #[must_use]
    pub fn row(&self) -> Option<&Arc<R>> {
        self.row.as_ref()
    }

    /// Since when it is known to be deleted.
    #[must_use]
    pub fn gone(&self) -> Option<Timestamp> {
        self.gone
    }

    /// Looks at its place among the rows that its feed brings.
    pub fn look(&mut self, feed: &str, place: &Key, ctx: &Ctx<'_>) {
        self.look_while(place, ctx, || {
            let mut mine = ctx.world.feed(feed);
            mine.any(|s| s.id.cluster == place.cluster && s.state.is_live())
        });
    }

    /// The same; only while its source is live a row that is missing means that the object is deleted.
    pub fn look_while(&mut self, place: &Key, ctx: &Ctx<'_>, live: impl FnOnce() -> bool) {
        if let Some(row) = ctx.world.table::<R>().and_then(|t| t.get(place)) {
            self.row = Some(row.clone());
            self.gone = None;
        } else if self.row.is_some() && live() {
            self.gone.get_or_insert(ctx.now);
        }
    }
}
