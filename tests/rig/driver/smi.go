package main

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
)

// smi writes what `nvidia-smi -q -x` prints on a node, as far as it is read. A
// GPU that fell off the bus is not in it, and what MIG or a board cannot tell is N/A.
func (g *gpus) smi(w http.ResponseWriter, name string) {
	node, all, ok := g.sampled(name)
	if !ok {
		http.Error(w, "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.", http.StatusServiceUnavailable)
		return
	}
	lost := pairs(node.Annotations[prefix+"xid"])
	slices.SortStableFunc(all, func(a, b sample) int { return cmp.Compare(a.device.gpu, b.device.gpu) })
	fmt.Fprintln(w, `<?xml version="1.0" ?>`)
	fmt.Fprintln(w, `<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">`)
	fmt.Fprintf(w, "<nvidia_smi_log><driver_version>%s</driver_version><cuda_version>12.8</cuda_version>\n", driverVersion)
	for len(all) > 0 {
		gpu := all[0].device.gpu
		end := 0
		for end < len(all) && all[end].device.gpu == gpu {
			end++
		}
		if lost[gpu] != 79 {
			board(w, all[:end])
		}
		all = all[end:]
	}
	fmt.Fprintln(w, "</nvidia_smi_log>")
}

// board writes one GPU: all samples are of it.
func board(w http.ResponseWriter, all []sample) {
	first := all[0]
	mig, util, parts := "Disabled", fmt.Sprintf("%.0f %%", 100*first.busy), "None"
	if first.device.profile != "" {
		mig, util, parts = "Enabled", "N/A", ""
		for n, s := range all {
			parts += fmt.Sprintf("<mig_device><index>%d</index><gpu_instance_id>%d</gpu_instance_id>"+
				"<compute_instance_id>0</compute_instance_id>%s</mig_device>", n, s.device.instance, frame(s))
		}
	}
	fmt.Fprintf(w, "<gpu id=\"00000000:%02X:00.0\"><product_name>%s</product_name><mig_mode><current_mig>%s</current_mig></mig_mode>",
		7+8*first.device.gpu, strings.ReplaceAll(first.board, "-", " "), mig)
	fmt.Fprintf(w, "<mig_devices>%s</mig_devices><uuid>%s</uuid><minor_number>%d</minor_number><gpu_recovery_action>None</gpu_recovery_action>",
		parts, uuid(first.node.Name, first.device.gpu), first.device.gpu)
	fmt.Fprintf(w, "%s<utilization><gpu_util>%s</gpu_util></utilization>", frame(first), util)
	fmt.Fprintf(w, "<remapped_rows>N/A</remapped_rows><temperature><gpu_temp>%.0f C</gpu_temp><memory_temp>N/A</memory_temp></temperature>",
		math.Round(31+44*first.heat))
	fmt.Fprintf(w, "<gpu_power_readings><instant_power_draw>%.2f W</instant_power_draw></gpu_power_readings><processes>", 62+330*first.heat)
	for _, s := range all {
		if s.pod != nil {
			fmt.Fprintf(w, "<process_info><gpu_instance_id>N/A</gpu_instance_id><pid>%d</pid><process_name>python</process_name>"+
				"<used_memory>%.0f MiB</used_memory></process_info>", 40000+s.device.gpu, math.Round(s.memory*0.8))
		}
	}
	fmt.Fprintln(w, "</processes></gpu>")
}

func frame(s sample) string {
	used := math.Round(s.memory * 0.86 * math.Ceil(s.busy))
	return fmt.Sprintf("<fb_memory_usage><total>%.0f MiB</total><used>%.0f MiB</used><free>%.0f MiB</free></fb_memory_usage>",
		s.memory, used, s.memory-used)
}
