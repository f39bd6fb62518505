//! MIG profiles and the layouts that they can stand in. Pure. Read by rule and not from a list: new boards bring new
//! names.
//!
//! A GPU has 7 compute slices and 8 of memory (A30 and RTX PRO 6000: 4 and 4). A profile takes some of each, and may
//! begin only at certain memory slices; a layout is valid when nothing overlaps and the compute slices suffice.

use std::fmt;

/// A MIG profile: `1g.10gb`, `3g.40gb`, `1g.10gb+me`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Profile {
    /// Compute slices.
    pub compute: u8,
    /// GB of memory, as its name has them.
    pub gigabytes: u16,
    /// It has the media engines, of which there is one set.
    pub media: bool,
}

impl Profile {
    /// Reads a profile, also as part of a resource: `nvidia.com/mig-1g.10gb.me`. None when it is no profile.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let name = text.rsplit('/').next().unwrap_or(text);
        let name = name.strip_prefix("mig-").unwrap_or(name);
        let (compute, rest) = name.split_once("g.")?;
        let at = rest.find("gb")?;
        let (gigabytes, more) = (rest.get(..at)?, rest.get(at + 2..)?);
        let known = more.is_empty() || more.starts_with(['+', '.', '-']);
        let profile = Self {
            compute: compute.parse().ok()?,
            gigabytes: gigabytes.parse().ok()?,
            media: matches!(more, "+me" | ".me" | "+me.all" | ".me.all"),
        };
        (known && (1..=8).contains(&profile.compute) && profile.gigabytes > 0).then_some(profile)
    }

    /// The resource that a pod asks for, as the device plugin names it with strategy `mixed`.
    #[must_use]
    pub fn resource(self) -> String {
        let media = if self.media { ".me" } else { "" };
        format!(
            "nvidia.com/mig-{}g.{}gb{media}",
            self.compute, self.gigabytes
        )
    }

    /// Which part of a GPU of a model it is, by compute slices.
    #[must_use]
    pub fn part(self, model: &str) -> f64 {
        f64::from(self.compute) / f64::from(compute_slices(model))
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let media = if self.media { "+me" } else { "" };
        write!(f, "{}g.{}gb{media}", self.compute, self.gigabytes)
    }
}

/// Compute slices of a model.
#[must_use]
pub fn compute_slices(model: &str) -> u8 {
    let small = model.contains("A30") || model.contains("RTX PRO 6000");
    // A300 is no A30
    if small && !model.contains("A300") {
        4
    } else {
        7
    }
}

/// A kind of GPU that can be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Board {
    /// Compute slices.
    compute: u8,
    /// Memory slices.
    memory: u8,
    /// GB of memory.
    gigabytes: u16,
}

impl Board {
    /// Of a model with so many MiB of memory. None when that is not known.
    #[must_use]
    pub fn of(model: &str, mebibytes: Option<u32>) -> Option<Self> {
        let compute = compute_slices(model);
        let memory = if compute == 4 { 4 } else { 8 };
        let gigabytes = u16::try_from((mebibytes? + 512) / 1024).ok()?;
        (gigabytes > 0).then_some(Self {
            compute,
            memory,
            gigabytes,
        })
    }

    /// Memory slices of a profile; none when this board has no such profile.
    fn memory_of(self, profile: Profile) -> Option<u8> {
        let parts = u32::from(profile.gigabytes) * u32::from(self.memory);
        let total = u32::from(self.gigabytes);
        // names are rounded: 18 GB of 141 is one eighth
        let slices = u8::try_from((parts + total / 2) / total).ok()?;
        let close = (f64::from(parts) / f64::from(total) - f64::from(slices)).abs() < 0.3;
        let whole = profile.compute == self.compute;
        let fits = close
            && slices.is_power_of_two()
            && slices <= self.memory
            && slices >= profile.compute.next_power_of_two().min(self.memory) / 2
            && profile.compute <= slices
            && (slices == self.memory) == whole;
        fits.then_some(slices)
    }

    /// It has this profile.
    #[must_use]
    pub fn has(self, profile: Profile) -> bool {
        self.memory_of(profile).is_some()
    }

    /// How many instances of a profile it can be cut into.
    #[must_use]
    pub fn most(self, profile: Profile) -> usize {
        let mut all = Vec::new();
        while all.len() < usize::from(self.compute) {
            all.push(profile);
            if !self.holds(&all) {
                all.pop();
                break;
            }
        }
        all.len()
    }

    /// It can be cut into all of these at once.
    #[must_use]
    pub fn holds(self, profiles: &[Profile]) -> bool {
        let compute: u32 = profiles.iter().map(|p| u32::from(p.compute)).sum();
        let media = profiles.iter().filter(|p| p.media).count();
        if compute > u32::from(self.compute) || media > 1 {
            return false;
        }
        let sizes = profiles.iter().map(|p| Some((self.memory_of(*p)?, *p)));
        let Some(mut sizes) = sizes.collect::<Option<Vec<_>>>() else {
            return false;
        };
        // what takes most is placed first
        sizes.sort_by_key(|(size, p)| std::cmp::Reverse((*size, p.compute)));
        self.place(&sizes, 0)
    }

    /// Places what is left among memory slices of which some are taken (bits).
    fn place(self, left: &[(u8, Profile)], taken: u16) -> bool {
        let Some(((size, profile), rest)) = left.split_first() else {
            return true;
        };
        let mask = (1_u16 << size) - 1;
        self.starts(*size, *profile).any(|start| {
            let here = mask << start;
            taken & here == 0 && self.place(rest, taken | here)
        })
    }

    /// The memory slices at which a profile may begin.
    fn starts(self, size: u8, profile: Profile) -> impl Iterator<Item = u8> {
        let last = match profile.compute {
            1 if size == 1 && self.memory == 8 => 6,
            2 if self.memory == 8 => 4,
            // half of the compute slices and more: only from the beginning
            n if 2 * n > self.compute => 0,
            _ => self.memory - size,
        };
        (0..=last).step_by(usize::from(size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board(model: &str, mebibytes: u32) -> Board {
        Board::of(model, Some(mebibytes)).unwrap()
    }

    fn profiles(text: &str) -> Vec<Profile> {
        text.split_whitespace()
            .map(|t| Profile::read(t).unwrap())
            .collect()
    }

    #[test]
    fn profiles_are_read_by_their_rule() {
        let p = Profile::read("nvidia.com/mig-1g.10gb").unwrap();
        assert_eq!((p.compute, p.gigabytes, p.media), (1, 10, false));
        assert_eq!(p.to_string(), "1g.10gb");
        assert_eq!(p.resource(), "nvidia.com/mig-1g.10gb");
        let media = Profile::read("1g.10gb+me").unwrap();
        assert_eq!(Profile::read("nvidia.com/mig-1g.10gb.me"), Some(media));
        assert_eq!(media.resource(), "nvidia.com/mig-1g.10gb.me");
        for wrong in [
            "",
            "gpu",
            "1g",
            "g.10gb",
            "1g.gb",
            "0g.5gb",
            "1g.10gbx",
            "nvidia.com/gpu",
        ] {
            assert_eq!(Profile::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_board_holds_as_many_as_nvidia_says() {
        let a40 = board("NVIDIA-A100-SXM4-40GB", 40_960);
        let a80 = board("NVIDIA-A100-SXM4-80GB", 81_920);
        let h80 = board("NVIDIA-H100-80GB-HBM3", 81_559);
        let h200 = board("NVIDIA H200", 143_771);
        let a30 = board("NVIDIA A30", 24_576);
        for (board, profile, most) in [
            (a40, "1g.5gb", 7),
            (a40, "1g.10gb", 4),
            (a40, "2g.10gb", 3),
            (a40, "3g.20gb", 2),
            (a40, "4g.20gb", 1),
            (a40, "7g.40gb", 1),
            (a80, "1g.10gb", 7),
            (a80, "1g.10gb+me", 1),
            (a80, "1g.20gb", 4),
            (a80, "2g.20gb", 3),
            (a80, "3g.40gb", 2),
            (a80, "4g.40gb", 1),
            (a80, "7g.80gb", 1),
            (h80, "1g.10gb", 7),
            (h80, "3g.40gb", 2),
            (h200, "1g.18gb", 7),
            (h200, "1g.35gb", 4),
            (h200, "2g.35gb", 3),
            (h200, "3g.71gb", 2),
            (h200, "7g.141gb", 1),
            (a30, "1g.6gb", 4),
            (a30, "2g.12gb", 2),
            (a30, "4g.24gb", 1),
            (a80, "1g.5gb", 0),
            (a40, "3g.40gb", 0),
            (h200, "3g.40gb", 0),
        ] {
            let profile = Profile::read(profile).unwrap();
            assert_eq!(board.most(profile), most, "{profile} on {board:?}");
        }
    }

    #[test]
    fn a_layout_stands_when_memory_and_compute_suffice() {
        let a80 = board("NVIDIA-A100-SXM4-80GB", 81_920);
        for good in [
            "4g.40gb 3g.40gb",
            "3g.40gb 3g.40gb",
            "1g.10gb 1g.10gb 2g.20gb 3g.40gb",
            "3g.40gb 1g.10gb 1g.10gb 1g.10gb",
            "",
        ] {
            assert!(a80.holds(&profiles(good)), "{good}");
        }
        for bad in [
            "4g.40gb 4g.40gb",
            "7g.80gb 1g.10gb",
            "3g.40gb 3g.40gb 1g.10gb",
            "1g.10gb+me 1g.10gb+me",
        ] {
            assert!(!a80.holds(&profiles(bad)), "{bad}");
        }
    }
}
