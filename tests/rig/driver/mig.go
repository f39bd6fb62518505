package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// entry is one line of a layout in the MIG manager's ConfigMap.
type entry struct {
	Devices any            `json:"devices"` // all, or a list of indices
	Filter  any            `json:"device-filter"`
	Enabled bool           `json:"mig-enabled"`
	Slices  map[string]int `json:"mig-devices"`
}

// boards are the PCI ids that filters of layouts name.
var boards = map[string]string{"NVIDIA-A100-SXM4-80GB": "0x20B210DE", "NVIDIA-H100-80GB-HBM3": "0x233010DE"}

// layout is how the GPUs of a node are cut: by index, the slices of each; nil for a whole one.
type layout []map[string]int

// readLayout finds a layout by its name and lays it over the GPUs of a board.
func readLayout(config, name, board string, gpus int) (layout, error) {
	var file struct {
		Configs map[string][]entry `json:"mig-configs"`
	}
	if err := yaml.Unmarshal([]byte(config), &file); err != nil {
		return nil, err
	}
	entries, ok := file.Configs[name]
	if !ok {
		return nil, fmt.Errorf("no layout %q", name)
	}
	cut := make(layout, gpus)
	for _, e := range entries {
		for gpu := range cut {
			if !e.covers(gpu, board) || !e.Enabled {
				continue
			}
			cut[gpu] = map[string]int{}
			for profile, n := range e.Slices {
				cut[gpu][profile] = n
			}
			if err := fits(cut[gpu]); err != nil {
				return nil, err
			}
		}
	}
	return cut, nil
}

func (e entry) covers(gpu int, board string) bool {
	switch filter := e.Filter.(type) {
	case string:
		if filter != boards[board] {
			return false
		}
	case []any:
		if !slices.Contains(filter, any(boards[board])) {
			return false
		}
	}
	list, ok := e.Devices.([]any)
	return e.Devices == "all" || ok && slices.ContainsFunc(list, func(n any) bool { return fmt.Sprint(n) == strconv.Itoa(gpu) })
}

var profileName = regexp.MustCompile(`^(\d+)g\.(\d+)gb([+.-].*)?$`)

// parts of a GPU that a slice takes: of 7 compute slices, and of 8 of memory on a board of 80 GB.
func partsTaken(profile string) (compute, memory int) {
	match := profileName.FindStringSubmatch(profile)
	if match == nil {
		return 8, 9 // fits nowhere
	}
	compute, _ = strconv.Atoi(match[1])
	gigabytes, _ := strconv.Atoi(match[2])
	return compute, gigabytes / 10
}

func fits(cut map[string]int) error {
	var compute, memory int
	for profile, n := range cut {
		c, m := partsTaken(profile)
		compute, memory = compute+n*c, memory+n*m
	}
	if compute > 7 || memory > 8 {
		return fmt.Errorf("%v does not fit on a GPU", cut)
	}
	return nil
}

// offer is what the device plugin gives out: resources and the labels of discovery.
type offer struct {
	resources map[corev1.ResourceName]int
	labels    map[string]string
}

// offered describes a layout under a strategy; sick GPUs are counted, but not given out.
func offered(board, strategy string, memory int, cut layout) offer {
	o := offer{resources: map[corev1.ResourceName]int{"nvidia.com/gpu": 0}, labels: map[string]string{}}
	total, whole := map[string]int{}, 0
	for _, gpu := range cut {
		if gpu == nil {
			whole++
		}
		for profile, n := range gpu {
			total[profile] += n
		}
	}
	o.labels["nvidia.com/gpu.product"], o.labels["nvidia.com/gpu.count"] = board, strconv.Itoa(whole)
	o.labels["nvidia.com/gpu.memory"] = strconv.Itoa(memory)
	o.resources["nvidia.com/gpu"] = whole
	if strategy == "single" && len(total) > 0 {
		return o.single(board, whole, total)
	}
	for profile, n := range total {
		name := strings.ReplaceAll(profile, "+", ".")
		compute, _ := partsTaken(profile)
		o.resources[corev1.ResourceName("nvidia.com/mig-"+name)] = n
		for label, value := range map[string]string{
			"count": strconv.Itoa(n), "product": board + "-MIG-" + profile, "memory": strconv.Itoa(sliceMemory(profile)),
			"replicas": "1", "slices.gi": strconv.Itoa(compute), "slices.ci": strconv.Itoa(compute),
			"multiprocessors": strconv.Itoa(14 * compute),
		} {
			o.labels["nvidia.com/mig-"+name+"."+label] = strings.ReplaceAll(value, "+", ".")
		}
	}
	return o
}

// single gives slices out under the name of GPUs; that needs them all to be alike.
func (o offer) single(board string, whole int, total map[string]int) offer {
	if whole > 0 || len(total) > 1 {
		o.labels["nvidia.com/gpu.product"], o.labels["nvidia.com/gpu.count"] = board+"-MIG-INVALID", "0"
		o.resources["nvidia.com/gpu"] = 0
		return o
	}
	for profile, n := range total {
		o.labels["nvidia.com/gpu.product"] = board + "-MIG-" + strings.ReplaceAll(profile, "+", ".")
		o.labels["nvidia.com/gpu.count"] = strconv.Itoa(n)
		o.labels["nvidia.com/gpu.memory"] = strconv.Itoa(sliceMemory(profile))
		o.resources["nvidia.com/gpu"] = n
	}
	return o
}

// sliceMemory is in MiB, as boards of 80 GB have it.
func sliceMemory(profile string) int {
	_, memory := partsTaken(profile)
	return map[int]int{1: 9856, 2: 19968, 4: 40192, 8: 80384}[memory]
}
