//! What the driver of a machine answers, as rows. Pure: the driver is behind [`Driver`].

use jiff::Timestamp;

use super::Wrong;
use crate::domain::{Busy, BusyBy, Clean, ClusterId, GpuBy, GpuRow, Key, LastXid, Slice};

/// What can be asked of a driver.
pub trait Driver {
    /// Its version, where it tells one.
    fn version(&self) -> Option<String>;
    /// How many boards there are.
    fn count(&self) -> Result<u32, Wrong>;
    /// What one of them tells; none where it is lost.
    fn board(&self, index: u32) -> Option<Board>;
}

/// What the driver tells of a board. What a board has no sensor for is none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Board {
    /// `GPU-…`
    pub uuid: Option<String>,
    /// `NVIDIA A100-SXM4-80GB`
    pub name: Option<String>,
    /// °C.
    pub temperature: Option<u32>,
    /// °C of its memory.
    pub memory_temperature: Option<u64>,
    /// mW.
    pub power: Option<u32>,
    /// MHz.
    pub clock: Option<u32>,
    /// Why it is slower than it could be, as bits.
    pub throttle: Option<u64>,
    /// Percent of time in which a kernel ran. Not told of a board that is cut.
    pub busy: Option<u32>,
    /// Memory of the whole board.
    pub memory: Option<Memory>,
    /// Uncorrectable memory errors since the driver was loaded.
    pub ecc_uncorrectable: Option<u64>,
    /// Corrected ones.
    pub ecc_corrected: Option<u64>,
    /// Rows remapped after uncorrectable errors.
    pub rows_uncorrectable: Option<u64>,
    /// Rows remapped after corrected errors.
    pub rows_corrected: Option<u64>,
    /// A row could not be remapped.
    pub remap_failed: Option<bool>,
    /// It is set to be cut.
    pub mig: bool,
    /// Its slices.
    pub parts: Vec<Part>,
}

/// What the driver tells of a slice.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Part {
    /// Its index on the board, as `nvidia-smi -L` counts.
    pub index: u32,
    /// `NVIDIA A100-SXM4-80GB MIG 1g.10gb`
    pub name: Option<String>,
    /// Its memory.
    pub memory: Option<Memory>,
}

/// Bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Memory {
    /// In use.
    pub used: u64,
    /// Not in use.
    pub free: u64,
}

/// The number of the error that means a lost board: the driver does not tell it to those who ask the board itself.
const LOST: u32 = 79;

/// Rows of all boards.
pub fn rows(
    driver: &impl Driver,
    cluster: &ClusterId,
    node: &str,
    now: Timestamp,
) -> Result<Vec<GpuRow>, Wrong> {
    let version = Clean::new(&driver.version().unwrap_or_default());
    let node = Clean::new(node);
    let all = (0..driver.count()?).map(|index| {
        let key = Key::new(cluster.clone(), "", &format!("{node}/{index}"));
        let row = GpuRow {
            driver: version.clone(),
            measured: Some(now),
            by: GpuBy::Nvml,
            ..GpuRow::new(key, node.clone(), Clean::new(&index.to_string()))
        };
        match driver.board(index) {
            Some(board) => told(&board, row),
            None => lost(row),
        }
    });
    Ok(all.collect())
}

/// A board that does not answer is not left out: it is what a person came to see.
fn lost(row: GpuRow) -> GpuRow {
    GpuRow {
        xid: Some(LastXid {
            code: LOST,
            at: None,
            before: row.measured,
        }),
        slices: Box::new([Slice::default()]),
        ..row
    }
}

fn told(board: &Board, row: GpuRow) -> GpuRow {
    let text = |text: Option<&str>| Clean::new(text.unwrap_or_default());
    GpuRow {
        uuid: text(board.uuid.as_deref()),
        model: text(board.name.as_deref()),
        temperature: board.temperature.map(f64::from),
        memory_temperature: board.memory_temperature.map(count),
        power: board
            .power
            .map(|milliwatts| f64::from(milliwatts) / 1_000.0),
        clock: board.clock.map(f64::from),
        throttle: board.throttle,
        ecc_uncorrectable: board.ecc_uncorrectable.map(count),
        ecc_corrected: board.ecc_corrected.map(count),
        rows_uncorrectable: board.rows_uncorrectable.map(count),
        rows_corrected: board.rows_corrected.map(count),
        remap_failed: board.remap_failed,
        slices: slices(board),
        ..row
    }
}

/// What can be held of it. A board that is set to be cut and has no slices gives nothing out.
fn slices(board: &Board) -> Box<[Slice]> {
    if board.mig {
        return board.parts.iter().map(part).collect();
    }
    let busy = board.busy.map(|percent| Busy {
        ratio: (f64::from(percent) / 100.0).min(1.0),
        by: BusyBy::Kernels,
    });
    let (memory_used, memory_free) = memory(board.memory);
    Box::new([Slice {
        busy,
        memory_used,
        memory_free,
        ..Slice::default()
    }])
}

fn part(part: &Part) -> Slice {
    let (memory_used, memory_free) = memory(part.memory);
    Slice {
        instance: Some(part.index),
        profile: Clean::new(profile(part.name.as_deref().unwrap_or_default())),
        memory_used,
        memory_free,
        ..Slice::default()
    }
}

/// `1g.10gb` out of the name of a slice.
fn profile(name: &str) -> &str {
    name.rsplit_once("MIG ")
        .map_or("", |(_, profile)| profile.trim())
}

fn memory(memory: Option<Memory>) -> (Option<f64>, Option<f64>) {
    let mib = |bytes: u64| count(bytes / (1 << 20));
    (memory.map(|m| mib(m.used)), memory.map(|m| mib(m.free)))
}

#[allow(clippy::cast_precision_loss)] // counts, and MiB
fn count(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers as they were recorded; none for a board that is lost.
    struct Recorded(Vec<Option<Board>>);

    impl Driver for Recorded {
        fn version(&self) -> Option<String> {
            Some("570.124.06".to_owned())
        }
        fn count(&self) -> Result<u32, Wrong> {
            Ok(u32::try_from(self.0.len()).unwrap())
        }
        fn board(&self, index: u32) -> Option<Board> {
            self.0[usize::try_from(index).unwrap()].clone()
        }
    }

    fn read(boards: Vec<Option<Board>>) -> Vec<GpuRow> {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        rows(&Recorded(boards), &ClusterId::new("local"), "gpu-1", now).unwrap()
    }

    fn whole() -> Board {
        Board {
            uuid: Some("GPU-1".to_owned()),
            name: Some("NVIDIA A100-SXM4-80GB".to_owned()),
            temperature: Some(41),
            power: Some(63_912),
            clock: Some(1_410),
            throttle: Some(0x4),
            busy: Some(37),
            memory: Some(Memory {
                used: 4 << 30,
                free: 76 << 30,
            }),
            remap_failed: Some(false),
            ..Board::default()
        }
    }

    #[test]
    fn a_board_is_told_in_the_units_of_the_screen() {
        let [gpu] = &*read(vec![Some(whole())]) else {
            panic!("one board")
        };
        assert_eq!(&*gpu.key.name, "gpu-1/0");
        assert_eq!((gpu.power, gpu.temperature), (Some(63.912), Some(41.0)));
        assert_eq!((&*gpu.driver, gpu.by), ("570.124.06", GpuBy::Nvml));
        let [slice] = &*gpu.slices else {
            panic!("{:?}", gpu.slices)
        };
        assert!((slice.busy.unwrap().ratio - 0.37).abs() < 1e-9);
        assert_eq!(slice.memory_used, Some(4_096.0));
        // nothing is told of its errors, which is not none
        assert_eq!(
            (gpu.ecc_uncorrectable, gpu.remap_failed),
            (None, Some(false))
        );
    }

    #[test]
    fn of_a_board_that_is_cut_busy_is_not_known_and_never_nothing() {
        let part = |index: u32, name: &str| Part {
            index,
            name: Some(name.to_owned()),
            memory: None,
        };
        let cut = Board {
            mig: true,
            busy: Some(0),
            parts: vec![
                part(0, "NVIDIA A100-SXM4-80GB MIG 3g.40gb"),
                part(2, "NVIDIA A100-SXM4-80GB MIG 1g.10gb"),
            ],
            ..whole()
        };
        let [gpu] = &*read(vec![Some(cut)]) else {
            panic!("one board")
        };
        let told: Vec<_> = gpu
            .slices
            .iter()
            .map(|s| (s.instance, s.profile.as_str(), s.busy))
            .collect();
        assert_eq!(
            told,
            [(Some(0), "3g.40gb", None), (Some(2), "1g.10gb", None)]
        );
        assert!(gpu.is_mig() && gpu.slices[0].memory_used.is_none());
    }

    #[test]
    fn a_board_that_is_lost_is_shown_as_lost() {
        let all = read(vec![Some(whole()), None]);
        assert_eq!(all[1].xid.unwrap().code, 79);
        assert_eq!((all[1].temperature, all[1].slices[0].busy), (None, None));
    }
}
