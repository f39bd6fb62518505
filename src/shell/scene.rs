//! Which screen is shown, for the report of a crash: the panic hook cannot ask the loop. No I/O.

use std::sync::{Arc, Mutex};

/// The screen that is shown. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Scene(Arc<Mutex<&'static str>>);

impl Scene {
    /// This one from now on.
    pub fn set(&self, screen: &'static str) {
        if let Ok(mut shown) = self.0.try_lock() {
            *shown = screen;
        }
    }

    /// The one that is shown; empty when the thread that sets it has died over it.
    #[must_use]
    pub fn get(&self) -> &'static str {
        self.0.try_lock().map_or("", |shown| *shown)
    }
}
