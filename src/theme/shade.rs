//! Colours, and what is left of them where a terminal has fewer. Pure.

/// Colours the terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Colours {
    /// None (`NO_COLOR`, `TERM=dumb`, vt220).
    None,
    /// The 16 of ANSI.
    #[default]
    Ansi,
    /// 256.
    Palette,
    /// 24 bit.
    True,
}

impl Colours {
    /// How a person writes it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Ansi => "16",
            Self::Palette => "256",
            Self::True => "true",
        }
    }
}

/// One colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Shade {
    /// The terminal's own.
    #[default]
    Default,
    /// One of the 16 that a person can set in the terminal.
    Ansi(u8),
    /// One of 256, from 16 on the same everywhere.
    Indexed(u8),
    /// 24 bit.
    Rgb(u8, u8, u8),
}

/// Names of the 16, in their order.
pub const NAMES: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

/// What xterm shows for the 16, for finding the nearest.
const ANSI: [(u8, u8, u8); 16] = [
    (0, 0, 0),
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (0, 0, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (92, 92, 255),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
];

/// Steps of each of red, green and blue in the cube of colours 16 to 231.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

impl Shade {
    /// One of the 16 by its name, or `default`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        if name == "default" {
            return Some(Self::Default);
        }
        let at = NAMES.iter().position(|n| *n == name)?;
        u8::try_from(at).ok().map(Self::Ansi)
    }

    /// `#rrggbb`.
    #[must_use]
    pub fn hex(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|d| d.len() == 6)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let [_, r, g, b] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self::Rgb(r, g, b))
    }

    /// Red, green and blue as xterm shows them; `None` for the terminal's own.
    #[must_use]
    pub fn rgb(self) -> Option<(u8, u8, u8)> {
        match self {
            Self::Default => None,
            Self::Ansi(n) => Some(ANSI[usize::from(n % 16)]),
            Self::Indexed(n @ 0..16) => Some(ANSI[usize::from(n)]),
            Self::Indexed(n @ 16..232) => {
                let n = usize::from(n - 16);
                Some((STEPS[n / 36], STEPS[n / 6 % 6], STEPS[n % 6]))
            }
            Self::Indexed(n) => {
                let grey = 8 + (n - 232) * 10;
                Some((grey, grey, grey))
            }
            Self::Rgb(r, g, b) => Some((r, g, b)),
        }
    }

    /// The nearest that a terminal has.
    #[must_use]
    pub fn at(self, colours: Colours) -> Self {
        let Some(rgb) = self.rgb() else {
            return Self::Default;
        };
        match (colours, self) {
            (Colours::None, _) => Self::Default,
            (Colours::True, _)
            | (_, Self::Default | Self::Ansi(_))
            | (Colours::Palette, Self::Indexed(_)) => self,
            (Colours::Ansi, Self::Indexed(n @ 0..16)) => Self::Ansi(n),
            (Colours::Palette, _) => {
                // the first 16 are the person's own and may look like anything
                Self::Indexed(closest(rgb, 16..=255, Self::Indexed))
            }
            (Colours::Ansi, _) => Self::Ansi(closest(rgb, 0..=15, Self::Ansi)),
        }
    }

    /// How a theme file writes it.
    #[must_use]
    pub fn word(self) -> String {
        match self {
            Self::Default => "default".to_owned(),
            Self::Ansi(n) => NAMES[usize::from(n % 16)].to_owned(),
            Self::Indexed(n) => n.to_string(),
            Self::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        }
    }
}

fn closest(rgb: (u8, u8, u8), mut numbers: impl Iterator<Item = u8>, shade: fn(u8) -> Shade) -> u8 {
    let first = numbers.next().unwrap_or(0);
    let far = |n: u8| {
        shade(n)
            .rgb()
            .map_or(u32::MAX, |other| distance(rgb, other))
    };
    numbers
        .fold((first, far(first)), |best, n| {
            let this = far(n);
            if this < best.1 { (n, this) } else { best }
        })
        .0
}

/// How different two colours look, roughly: the eye is keener on green, and on red where it is bright
/// (<https://www.compuphase.com/cmetric.htm>).
fn distance(a: (u8, u8, u8), b: (u8, u8, u8)) -> u32 {
    let red = u32::midpoint(u32::from(a.0), u32::from(b.0));
    let square = |x: u8, y: u8| u32::from(x.abs_diff(y)).pow(2);
    ((512 + red) * square(a.0, b.0)) / 256
        + 4 * square(a.1, b.1)
        + ((767 - red) * square(a.2, b.2)) / 256
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_becomes_the_nearest_that_the_terminal_has() {
        let red = Shade::hex("#f4706c").unwrap();
        assert_eq!(red.at(Colours::True), red);
        assert_eq!(red.at(Colours::Palette), Shade::Indexed(203));
        assert_eq!(red.at(Colours::None), Shade::Default);
        assert_eq!(
            Shade::hex("#ff2020").unwrap().at(Colours::Ansi),
            Shade::Ansi(9)
        );
        assert_eq!(
            Shade::hex("#fafafa").unwrap().at(Colours::Ansi),
            Shade::Ansi(15)
        );
        assert_eq!(
            Shade::hex("#0a0a0a").unwrap().at(Colours::Ansi),
            Shade::Ansi(0)
        );
        assert_eq!(Shade::Indexed(9).at(Colours::Ansi), Shade::Ansi(9));
        assert_eq!(Shade::Ansi(4).at(Colours::True), Shade::Ansi(4));
    }

    #[test]
    fn every_colour_of_256_is_its_own_nearest() {
        for n in 16..=255_u8 {
            let (r, g, b) = Shade::Indexed(n).rgb().unwrap();
            let back = Shade::Rgb(r, g, b).at(Colours::Palette);
            assert_eq!(back.rgb(), Some((r, g, b)), "{n}");
        }
    }

    #[test]
    fn what_is_no_colour_is_none() {
        for text in [
            "", "#", "#12345", "#1234567", "#12345g", "123456", "#+12345", "#é123",
        ] {
            assert_eq!(Shade::hex(text), None, "{text}");
        }
        assert_eq!(Shade::named("bright-red"), Some(Shade::Ansi(9)));
        assert_eq!(Shade::named("crimson"), None);
    }
}
