package main

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// blank is what very old exporters print where a GPU has no such field.
const blank = 9223372036854775794

// sample is what an exporter tells of one device.
type sample struct {
	node   *corev1.Node
	device device
	pod    *corev1.Pod // that holds it
	board  string
	busy   float64 // 0 to 1
	heat   float64 // of the whole GPU, 0 to 1
	memory float64 // MiB in all
	names  string
}

// expose writes the text of a node's exporter.
func (g *gpus) expose(w http.ResponseWriter, name string) {
	_, all, ok := g.sampled(name)
	if !ok {
		http.Error(w, "the pod is gone", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	page := &dcgmPage{lines: map[string][]string{}}
	for _, s := range all {
		s.tell(page)
	}
	page.write(w)
}

// sampled is what an exporter finds on a node; nothing where it is gone.
func (g *gpus) sampled(name string) (*corev1.Node, []sample, bool) {
	node, err := g.nodes.Get(name)
	if err != nil || node.Annotations[prefix+"exporter"] == "gone" || node.Labels["nvidia.com/gpu.deploy.dcgm-exporter"] != "true" {
		return nil, nil, false
	}
	all, err := g.pods.List(labels.Everything())
	if err != nil {
		return nil, nil, false
	}
	var pods []*corev1.Pod
	for _, pod := range all {
		if pod.Spec.NodeName == name && pod.Status.Phase == corev1.PodRunning && len(wants(pod)) > 0 {
			pods = append(pods, pod)
		}
	}
	devices := devicesOf(node, g.cutOf(name))
	return node, samples(node, devices, g.held.share(name, devices, pods)), true
}

// samples are one for each slice and each whole GPU; a shared GPU is told of
// once, as the newer exporters do for every pod, older ones for the first.
func samples(node *corev1.Node, devices []device, given map[device]*corev1.Pod) []sample {
	heat, counts := map[int]float64{}, map[int]float64{}
	for _, d := range devices {
		heat[d.gpu] += busyness(given[d])
		counts[d.gpu]++
	}
	var all []sample
	for _, d := range devices {
		if d.turn > 0 {
			continue
		}
		s := sample{node: node, device: d, pod: given[d], board: boardOf(node), busy: busyness(given[d]), heat: heat[d.gpu] / counts[d.gpu]}
		if d.profile == "" {
			s.busy = min(heat[d.gpu], 1)
			s.memory = 81920
			if strings.Contains(s.board, "L4") {
				s.memory = 23034
			}
		} else {
			s.memory = float64(sliceMemory(d.profile))
		}
		s.names = s.labels()
		all = append(all, s)
	}
	return all
}

// busyness is how much of its device a pod uses: what it says, else something
// of its own that moves a little.
func busyness(pod *corev1.Pod) float64 {
	if pod == nil {
		return 0
	}
	if said, err := strconv.ParseFloat(pod.Annotations[prefix+"gpu-busy"], 64); err == nil {
		return said
	}
	base := 0.55 + 0.4*chance(string(pod.UID))
	return base + 0.04*math.Sin(float64(time.Now().Unix())/30+10*base)
}

// labels of the two generations: newer exporters, here those of H100s, write hostname small and add the pod's uid.
func (s sample) labels() string {
	newer := strings.Contains(s.board, "H100")
	host := map[bool]string{true: "hostname", false: "Hostname"}[newer]
	text := fmt.Sprintf(`gpu="%d",UUID="%s",pci_bus_id="00000000:%02X:00.0",device="nvidia%d",modelName="%s",%s="%s",DCGM_FI_DRIVER_VERSION="%s"`,
		s.device.gpu, uuid(s.node.Name, s.device.gpu), 7+8*s.device.gpu, s.device.gpu, strings.ReplaceAll(s.board, "-", " "), host, s.node.Name, driverVersion)
	if s.device.profile != "" {
		text += fmt.Sprintf(`,GPU_I_PROFILE="%s",GPU_I_ID="%d"`, s.device.profile, s.device.instance)
	}
	if s.pod != nil {
		text += fmt.Sprintf(`,namespace="%s",pod="%s",container="%s"`, s.pod.Namespace, s.pod.Name, mainContainer(s.pod).Name)
		if newer {
			text += fmt.Sprintf(`,pod_uid="%s"`, s.pod.UID)
		}
	}
	return text
}

// tell writes all of a device: what is of the whole GPU stands at each of its slices.
func (s sample) tell(p *dcgmPage) {
	up := float64(time.Now().Unix() % 1_000_000)
	power := 62 + 330*s.heat
	if strings.Contains(s.board, "L4") {
		power = 16 + 52*s.heat
	}
	p.add("DEV_SM_CLOCK", "gauge", s.names, 210+1200*math.Ceil(s.heat))
	p.add("DEV_MEM_CLOCK", "gauge", s.names, 1593)
	p.add("DEV_GPU_TEMP", "gauge", s.names, math.Round(31+44*s.heat))
	p.add("DEV_POWER_USAGE", "gauge", s.names, power)
	p.add("DEV_TOTAL_ENERGY_CONSUMPTION", "counter", s.names, math.Round(power*1000*up))
	p.add("DEV_PCIE_REPLAY_COUNTER", "counter", s.names, 0)
	p.add("DEV_NVLINK_BANDWIDTH_TOTAL", "counter", s.names, math.Round(s.heat*1e4*up))
	p.add("DEV_VGPU_LICENSE_STATUS", "gauge", s.names, 0)
	s.tellHealth(p)
	if !s.lacks("FB") {
		used := math.Round(s.memory * 0.86 * math.Ceil(s.busy))
		p.add("DEV_FB_FREE", "gauge", s.names, s.memory-used-500)
		p.add("DEV_FB_USED", "gauge", s.names, used)
		p.add("DEV_FB_RESERVED", "gauge", s.names, 500)
	}
	if s.device.profile == "" {
		p.add("DEV_GPU_UTIL", "gauge", s.names, math.Round(100*s.busy))
		p.add("DEV_MEM_COPY_UTIL", "gauge", s.names, math.Round(60*s.busy))
		p.add("DEV_ENC_UTIL", "gauge", s.names, 0)
		p.add("DEV_DEC_UTIL", "gauge", s.names, 0)
	}
	if !s.lacks("PROF") {
		p.add("PROF_GR_ENGINE_ACTIVE", "gauge", s.names, s.busy)
		p.add("PROF_PIPE_TENSOR_ACTIVE", "gauge", s.names, 0.6*s.busy)
		p.add("PROF_DRAM_ACTIVE", "gauge", s.names, 0.5*s.busy)
		p.add("PROF_PCIE_TX_BYTES", "gauge", s.names, math.Round(1e8*s.busy))
		p.add("PROF_PCIE_RX_BYTES", "gauge", s.names, math.Round(4e8*s.busy))
	}
}

// tellHealth writes temperatures of memory, XID, row remapping and throttling.
func (s sample) tellHealth(p *dcgmPage) {
	notes := s.node.Annotations
	switch {
	case notes[prefix+"exporter"] == "old":
		p.add("DEV_MEMORY_TEMP", "gauge", s.names, blank)
	case !strings.Contains(s.board, "L4"):
		p.add("DEV_MEMORY_TEMP", "gauge", s.names, math.Round(35+46*s.heat))
	}
	xid := pairs(notes[prefix+"xid"])[s.device.gpu]
	names := s.names
	if xid != 0 {
		names += fmt.Sprintf(`,err_code="%d",err_msg="%s"`, xid, xidText[xid])
	}
	p.add("DEV_XID_ERRORS", "gauge", names, float64(xid))
	if strings.Contains(s.board, "L4") {
		return
	}
	_, bad := pairs(notes[prefix+"row-remap-failure"])[s.device.gpu]
	p.add("DEV_UNCORRECTABLE_REMAPPED_ROWS", "counter", s.names, float64(pairs(notes[prefix+"row-remap"])[s.device.gpu]))
	p.add("DEV_CORRECTABLE_REMAPPED_ROWS", "counter", s.names, 0)
	p.add("DEV_ROW_REMAP_FAILURE", "gauge", s.names, map[bool]float64{true: 1}[bad])
	if strings.Contains(s.board, "H100") {
		p.add("DEV_CLOCKS_EVENT_REASONS", "gauge", s.names, map[bool]float64{true: 4, false: 1}[s.heat > 0.5])
		p.add("DEV_ECC_DBE_VOL_TOTAL", "counter", s.names, map[bool]float64{true: 1}[xid == 48])
	}
}

var xidText = map[int]string{
	13: "Graphics Engine Exception", 31: "GPU memory page fault", 48: "Double Bit ECC Error", 63: "Row remapping recording event",
	64: "Row remapping failure", 74: "NVLINK Error", 79: "GPU has fallen off the bus", 94: "Contained memory error",
	95: "Uncontained memory error", 119: "GSP RPC Timeout",
}

// lacks are the holes: a driver that tells no memory of slices, boards without the profiling counters.
func (s sample) lacks(group string) bool {
	switch group {
	case "FB":
		return s.node.Name == "gpu-mig-02" && s.device.profile != ""
	default:
		return strings.Contains(s.board, "L4")
	}
}

// dcgmPage gathers the lines of each metric: a family stands together.
type dcgmPage struct {
	order []string
	lines map[string][]string
}

func (p *dcgmPage) add(name, kind, names string, value float64) {
	name = "DCGM_FI_" + name
	if p.lines[name] == nil {
		p.order = append(p.order, name)
		p.lines[name] = []string{fmt.Sprintf("# TYPE %s %s", name, kind)}
	}
	p.lines[name] = append(p.lines[name], fmt.Sprintf("%s{%s} %s", name, names, strconv.FormatFloat(value, 'f', -1, 64)))
}

func (p *dcgmPage) write(w http.ResponseWriter) {
	for _, name := range p.order {
		for _, line := range p.lines[name] {
			fmt.Fprintln(w, line)
		}
	}
}

func answerJSON(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}
