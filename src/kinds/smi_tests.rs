//! The XML of two generations of drivers, whole boards and cut ones, and what is not known.

use super::*;
use crate::domain::throttled;

const TEXT: &str = r#"<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log>
  <timestamp>Fri Oct 11 18:24:09 2024</timestamp>
  <driver_version>570.124.06</driver_version>
  <cuda_version>12.8</cuda_version>
  <attached_gpus>3</attached_gpus>
  <gpu id="00000000:07:00.0">
    <product_name>NVIDIA H100 80GB HBM3</product_name>
    <mig_mode><current_mig>Disabled</current_mig><pending_mig>Disabled</pending_mig></mig_mode>
    <mig_devices>None</mig_devices>
    <uuid>GPU-f124aa59-d406-d45b-9481-8fcd694e6c9e</uuid>
    <gpu_recovery_action>Reset</gpu_recovery_action>
    <clocks_event_reasons>
      <clocks_event_reason_gpu_idle>Not Active</clocks_event_reason_gpu_idle>
      <clocks_event_reason_hw_slowdown>Active</clocks_event_reason_hw_slowdown>
      <clocks_event_reason_hw_thermal_slowdown>Active</clocks_event_reason_hw_thermal_slowdown>
      <clocks_event_reason_sw_thermal_slowdown>Not Active</clocks_event_reason_sw_thermal_slowdown>
    </clocks_event_reasons>
    <fb_memory_usage><total>81559 MiB</total><reserved>600 MiB</reserved><used>4096 MiB</used><free>76863 MiB</free></fb_memory_usage>
    <utilization><gpu_util>37 %</gpu_util><memory_util>4 %</memory_util></utilization>
    <ecc_errors><volatile>
      <sram_correctable>1</sram_correctable><sram_uncorrectable_parity>0</sram_uncorrectable_parity>
      <sram_uncorrectable_secded>2</sram_uncorrectable_secded><dram_correctable>3</dram_correctable>
      <dram_uncorrectable>1</dram_uncorrectable>
    </volatile><aggregate><dram_uncorrectable>99</dram_uncorrectable></aggregate></ecc_errors>
    <remapped_rows><remapped_row_corr>0</remapped_row_corr><remapped_row_unc>1</remapped_row_unc>
      <remapped_row_pending>Yes</remapped_row_pending><remapped_row_failure>No</remapped_row_failure></remapped_rows>
    <temperature><gpu_temp>41 C</gpu_temp><memory_temp>44 C</memory_temp></temperature>
    <gpu_power_readings><power_state>P0</power_state><average_power_draw>N/A</average_power_draw><instant_power_draw>63.91 W</instant_power_draw></gpu_power_readings>
    <clocks><graphics_clock>1980 MHz</graphics_clock><sm_clock>1980 MHz</sm_clock></clocks>
    <processes>
      <process_info><gpu_instance_id>N/A</gpu_instance_id><compute_instance_id>N/A</compute_instance_id><pid>41394</pid><type>C</type><process_name>python&#x202e; train.py</process_name><used_memory>4080 MiB</used_memory></process_info>
    </processes>
  </gpu>
  <gpu id="00000000:0F:00.0">
    <product_name>NVIDIA A100-SXM4-80GB</product_name>
    <mig_mode><current_mig>Enabled</current_mig><pending_mig>Enabled</pending_mig></mig_mode>
    <mig_devices>
      <mig_device><index>0</index><gpu_instance_id>2</gpu_instance_id><compute_instance_id>0</compute_instance_id>
        <fb_memory_usage><total>40192 MiB</total><reserved>0 MiB</reserved><used>298 MiB</used><free>39894 MiB</free></fb_memory_usage></mig_device>
      <mig_device><index>1</index><gpu_instance_id>9</gpu_instance_id><compute_instance_id>0</compute_instance_id></mig_device>
    </mig_devices>
    <uuid>GPU-feba7e40-d724-01ff-b00f-3a439a28a6c7</uuid><minor_number>3</minor_number>
    <gpu_recovery_action>None</gpu_recovery_action>
    <clocks_throttle_reasons><clocks_throttle_reason_sw_power_cap>Active</clocks_throttle_reason_sw_power_cap></clocks_throttle_reasons>
    <utilization><gpu_util>N/A</gpu_util></utilization>
    <power_readings><power_draw>71.02 W</power_draw></power_readings>
    <ecc_errors><volatile><sram_correctable>0</sram_correctable><sram_uncorrectable>4</sram_uncorrectable></volatile></ecc_errors>
    <remapped_rows>N/A</remapped_rows>
    <processes></processes>
  </gpu>
  <gpu id="00000000:17:00.0">
    <product_name>NVIDIA A100-SXM4-80GB</product_name>
    <utilization><gpu_util>[Unknown Error]</gpu_util></utilization>
    <temperature><gpu_temp>[GPU requires reset]</gpu_temp></temperature>
  </gpu>
</nvidia_smi_log>"#;

fn answer() -> SmiRow {
    let cluster = ClusterId::new("c");
    let asked = Asked {
        cluster: &cluster,
        node: "gpu-1",
        pod: "gpu-operator/nvidia-driver-daemonset-x",
        at: Timestamp::from_second(1_700_000_000).unwrap(),
    };
    read(TEXT, asked).unwrap()
}

#[test]
fn a_whole_board_is_read_with_its_programs_and_what_the_driver_wants() {
    let answer = answer();
    let gpu = &answer.gpus[0];
    let row = &gpu.row;
    assert_eq!((&*answer.key.name, &*answer.cuda), ("gpu-1", "12.8"));
    assert_eq!((&*row.key.name, &*row.driver), ("gpu-1/0", "570.124.06"));
    assert_eq!(
        (row.temperature, row.power, row.clock),
        (Some(41.0), Some(63.91), Some(1980.0))
    );
    assert_eq!(throttled(row.throttle.unwrap()), ["too hot (hardware)"]);
    // of all memories, since the driver was loaded
    assert_eq!(
        (row.ecc_uncorrectable, row.ecc_corrected),
        (Some(3.0), Some(4.0))
    );
    assert_eq!(
        (row.rows_uncorrectable, row.remap_failed),
        (Some(1.0), Some(false))
    );
    assert_eq!((&*gpu.recovery, gpu.remap_pending), ("Reset", true));
    assert!((row.slices[0].busy.unwrap().ratio - 0.37).abs() < 1e-9);
    let program = &gpu.programs[0];
    assert_eq!((&*program.pid, program.memory), ("41394", Some(4080)));
    assert!(!program.name.contains('\u{202e}'), "{}", program.name);
}

#[test]
fn of_a_board_that_is_cut_each_slice_has_its_memory_and_no_utilisation() {
    let answer = answer();
    let row = &answer.gpus[1].row;
    let slices: Vec<_> = row
        .slices
        .iter()
        .map(|s| (s.instance, s.memory_used, s.busy))
        .collect();
    assert_eq!(
        slices,
        [(Some(2), Some(298.0), None), (Some(9), None, None)]
    );
    assert_eq!((row.power, row.ecc_uncorrectable), (Some(71.02), Some(4.0)));
    assert_eq!((row.rows_corrected, row.remap_failed), (None, None));
    assert_eq!(throttled(row.throttle.unwrap()), ["at its power limit"]);
    assert!(answer.gpus[1].recovery.is_empty());
    // the device, not the place in the list
    assert_eq!(&*row.index, "3");
}

#[test]
fn what_is_no_figure_is_not_known_and_never_0() {
    let answer = answer();
    let row = &answer.gpus[2].row;
    assert_eq!(
        (row.temperature, row.slices[0].busy, row.throttle),
        (None, None, None)
    );
    assert_eq!(
        (row.ecc_uncorrectable, row.slices[0].memory_used),
        (None, None)
    );
}

#[test]
fn what_is_no_answer_of_the_driver_is_told_as_that() {
    let cluster = ClusterId::new("c");
    let asked = Asked {
        cluster: &cluster,
        node: "n",
        pod: "p",
        at: Timestamp::UNIX_EPOCH,
    };
    assert!(read("Failed to initialize NVML", asked).is_err());
    assert!(
        read("<html></html>", asked)
            .unwrap_err()
            .contains("nvidia_smi_log")
    );
    assert!(read("<nvidia_smi_log/>", asked).unwrap().gpus.is_empty());
    // what an entity would blow up is refused
    let bomb = "<!DOCTYPE a [<!ENTITY x \"aaaaaaaaaa\"><!ENTITY y \"&x;&x;&x;&x;&x;&x;&x;&x;&x;&x;\">\
        <!ENTITY z \"&y;&y;&y;&y;&y;&y;&y;&y;&y;&y;\">]><nvidia_smi_log>&z;&z;&z;&z;&z;&z;</nvidia_smi_log>";
    let _ = read(bomb, asked);
}
