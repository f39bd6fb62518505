//! The NVIDIA driver of this machine, through its library. Does I/O, and blocks. Nothing is changed: only getters are
//! called, and what a board does not support is left out.

use nvml_wrapper::Nvml;
use nvml_wrapper::device::Device;
use nvml_wrapper::enum_wrappers::device::{Clock, EccCounter, MemoryError, TemperatureSensor};
use nvml_wrapper::enums::device::SampleValue;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::structs::device::FieldId;
use nvml_wrapper::sys_exports::field_id::{
    NVML_FI_DEV_MEMORY_TEMP, NVML_FI_DEV_REMAPPED_COR, NVML_FI_DEV_REMAPPED_FAILURE,
    NVML_FI_DEV_REMAPPED_UNC,
};

use super::Wrong;
use super::rows::{Board, Driver, Memory, Part};

/// The loaded library.
pub(super) struct Local(Nvml);

/// Loads it.
pub(super) fn open() -> Result<Local, Wrong> {
    Nvml::init().map(Local).map_err(|error| wrong(&error))
}

/// Why there is no driver to ask, and what to do next.
fn wrong(error: &NvmlError) -> Wrong {
    let remote = "From elsewhere, midwatch get gpus asks the cluster.";
    match error {
        NvmlError::LibloadingError(_) | NvmlError::LibraryNotFound => (
            "There is no NVIDIA driver on this machine: libnvidia-ml.so.1 cannot be loaded"
                .to_owned(),
            format!("Run it on a GPU host, in a container with the driver's libraries. {remote}"),
        ),
        NvmlError::DriverNotLoaded => (
            "The NVIDIA driver of this machine is not loaded".to_owned(),
            "Look at dmesg for NVRM, and at nvidia-smi.".to_owned(),
        ),
        NvmlError::LibRmVersionMismatch => (
            "The NVIDIA driver was replaced while it was loaded: library and kernel module differ"
                .to_owned(),
            "Restart the machine, or load the module anew.".to_owned(),
        ),
        NvmlError::NoPermission => (
            "This person may not ask the NVIDIA driver".to_owned(),
            "Look at the rights on /dev/nvidia*.".to_owned(),
        ),
        other => (
            format!("The NVIDIA driver of this machine cannot be asked: {other}"),
            "Compare with nvidia-smi.".to_owned(),
        ),
    }
}

impl Driver for Local {
    fn version(&self) -> Option<String> {
        self.0.sys_driver_version().ok()
    }

    fn count(&self) -> Result<u32, Wrong> {
        self.0.device_count().map_err(|error| wrong(&error))
    }

    fn board(&self, index: u32) -> Option<Board> {
        let device = self.0.device_by_index(index).ok()?;
        // whatever is asked of a lost board fails the same way
        let temperature = device.temperature(TemperatureSensor::Gpu);
        if matches!(temperature, Err(NvmlError::GpuLost)) {
            return None;
        }
        let ecc = |error| device.total_ecc_errors(error, EccCounter::Volatile).ok();
        let mig = device.mig_mode().is_ok_and(|mode| mode.current == 1);
        Some(Board {
            uuid: device.uuid().ok(),
            name: device.name().ok(),
            temperature: temperature.ok(),
            memory_temperature: field(&device, NVML_FI_DEV_MEMORY_TEMP).filter(|t| *t > 0),
            power: device.power_usage().ok(),
            clock: device.clock_info(Clock::SM).ok(),
            throttle: device.current_throttle_reasons().ok().map(|r| r.bits()),
            busy: device.utilization_rates().ok().map(|rates| rates.gpu),
            memory: memory(&device),
            ecc_uncorrectable: ecc(MemoryError::Uncorrected),
            ecc_corrected: ecc(MemoryError::Corrected),
            rows_uncorrectable: field(&device, NVML_FI_DEV_REMAPPED_UNC),
            rows_corrected: field(&device, NVML_FI_DEV_REMAPPED_COR),
            remap_failed: field(&device, NVML_FI_DEV_REMAPPED_FAILURE).map(|n| n > 0),
            parts: if mig { parts(&device) } else { Vec::new() },
            mig,
        })
    }
}

/// Slices of a board. The count is the most there can be: what is not there is not found.
fn parts(device: &Device<'_>) -> Vec<Part> {
    let most = device.mig_device_count().unwrap_or(0);
    let found = (0..most).filter_map(|index| {
        let part = device.mig_device_by_index(index).ok()?;
        Some(Part {
            index,
            name: part.name().ok(),
            memory: memory(&part),
        })
    });
    found.collect()
}

fn memory(device: &Device<'_>) -> Option<Memory> {
    let told = device.memory_info().ok()?;
    Some(Memory {
        used: told.used,
        free: told.free,
    })
}

/// One field that has no getter of its own.
fn field(device: &Device<'_>, id: u32) -> Option<u64> {
    let told = device.field_values_for(&[FieldId(id)]).ok()?;
    match told.into_iter().next()?.ok()?.value.ok()? {
        SampleValue::U32(value) => Some(u64::from(value)),
        SampleValue::U64(value) => Some(value),
        SampleValue::I64(value) => u64::try_from(value).ok(),
        SampleValue::F64(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_driver_it_is_said_in_one_sentence_and_what_to_do() {
        let (what, hint) = wrong(&NvmlError::LibraryNotFound);
        assert_eq!(
            what,
            "There is no NVIDIA driver on this machine: libnvidia-ml.so.1 cannot be loaded"
        );
        assert!(hint.contains("midwatch get gpus"), "{hint}");
        // a machine with a driver is not the worse for this test
        if let Err((what, _)) = open().and_then(|local| local.count()) {
            assert!(what.contains("NVIDIA driver"), "{what}");
        }
    }
}
