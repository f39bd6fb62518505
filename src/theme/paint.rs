//! How each role is painted on one terminal. Pure.

use std::ops::{BitOr, Index};

use super::{Colours, Role, Shade};

/// Heavier, fainter, slanted letters and the like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Weight(u8);

impl Weight {
    /// Heavier letters.
    pub const BOLD: Self = Self(1);
    /// Fainter letters.
    pub const DIM: Self = Self(2);
    /// Slanted letters.
    pub const ITALIC: Self = Self(4);
    /// A line below.
    pub const UNDERLINE: Self = Self(8);
    /// Letters and ground swapped.
    pub const REVERSE: Self = Self(16);

    /// Each with its name in a theme file.
    pub const NAMES: [(&'static str, Self); 5] = [
        ("bold", Self::BOLD),
        ("dim", Self::DIM),
        ("italic", Self::ITALIC),
        ("underline", Self::UNDERLINE),
        ("reverse", Self::REVERSE),
    ];

    /// Has all of these.
    #[must_use]
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// With or without these.
    #[must_use]
    pub fn with(self, other: Self, on: bool) -> Self {
        if on {
            self | other
        } else {
            Self(self.0 & !other.0)
        }
    }
}

impl BitOr for Weight {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// How a role is painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Paint {
    /// Colour of the letters.
    pub fg: Shade,
    /// Colour of the ground.
    pub bg: Shade,
    /// Weight of the letters.
    pub weight: Weight,
}

/// How everything is painted on one terminal: a theme at one depth of colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paints {
    /// The depth.
    pub colours: Colours,
    /// The ground of the whole screen; the terminal's own when it is the default.
    pub ground: Shade,
    pub(super) roles: [Paint; Role::COUNT],
}

impl Paints {
    /// With the selection as plain text: something over the screen has the bar.
    #[must_use]
    pub fn without_bar(mut self) -> Self {
        self.roles[Role::Selected as usize] = self.roles[Role::Strong as usize];
        self
    }
}

impl Index<Role> for Paints {
    type Output = Paint;

    fn index(&self, role: Role) -> &Paint {
        &self.roles[role as usize]
    }
}
