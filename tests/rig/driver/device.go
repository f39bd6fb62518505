package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// device is what one pod can hold: a GPU, a slice, or its turn at a shared GPU.
type device struct {
	gpu      int
	profile  string // of a slice
	instance int    // id of its GPU instance
	turn     int    // of a shared GPU
	resource corev1.ResourceName
}

// firstInstance is the id that the driver gives the first instance of so many compute slices.
var firstInstance = map[int]int{7: 0, 4: 1, 3: 1, 2: 3, 1: 7}

// devicesOf lists what a node has, cut as it is.
func devicesOf(node *corev1.Node, cut layout) []device {
	single := node.Labels["nvidia.com/mig.strategy"] == "single"
	var all []device
	for gpu, slicesOf := range cut {
		if slicesOf == nil {
			for turn := range replicasOf(node) {
				all = append(all, device{gpu: gpu, turn: turn, resource: "nvidia.com/gpu"})
			}
		}
		for _, profile := range ordered(slicesOf) {
			compute, _ := partsTaken(profile)
			for n := range slicesOf[profile] {
				name := corev1.ResourceName("nvidia.com/mig-" + strings.ReplaceAll(profile, "+", "."))
				if single {
					name = "nvidia.com/gpu"
				}
				all = append(all, device{gpu: gpu, profile: profile, instance: firstInstance[compute] + n, resource: name})
			}
		}
	}
	return all
}

func ordered(cut map[string]int) []string {
	var all []string
	for profile := range cut {
		all = append(all, profile)
	}
	slices.Sort(all)
	return all
}

// wants is what a pod asks of the device plugin.
func wants(pod *corev1.Pod) map[corev1.ResourceName]int {
	all := map[corev1.ResourceName]int{}
	for _, c := range pod.Spec.Containers {
		for name, amount := range c.Resources.Requests {
			if strings.HasPrefix(string(name), "nvidia.com/") && amount.Value() > 0 {
				all[name] += int(amount.Value())
			}
		}
	}
	return all
}

// held remembers which device each pod was given: one that runs keeps its own.
type held struct {
	mutex sync.Mutex
	by    map[string]map[device]types.UID // by node
}

func newHeld() *held { return &held{by: map[string]map[device]types.UID{}} }

// share gives the pods of a node their devices, the oldest first.
func (h *held) share(node string, devices []device, pods []*corev1.Pod) map[device]*corev1.Pod {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	slices.SortFunc(pods, func(a, b *corev1.Pod) int {
		if order := a.CreationTimestamp.Compare(b.CreationTimestamp.Time); order != 0 {
			return order
		}
		return strings.Compare(string(a.UID), string(b.UID))
	})
	before, now := h.by[node], map[device]types.UID{}
	given := map[device]*corev1.Pod{}
	for _, pod := range pods {
		left := wants(pod)
		for _, again := range []bool{true, false} {
			for _, d := range devices {
				owner, had := before[d]
				if given[d] == nil && left[d.resource] > 0 && (again && owner == pod.UID || !again && (!had || !alive(owner, pods))) {
					given[d], now[d] = pod, pod.UID
					left[d.resource]--
				}
			}
		}
	}
	h.by[node] = now
	return given
}

func alive(uid types.UID, pods []*corev1.Pod) bool {
	return slices.ContainsFunc(pods, func(p *corev1.Pod) bool { return p.UID == uid })
}

// uuid is the name of a GPU, always the same.
func uuid(node string, gpu int) string {
	digits := fmt.Sprintf("%016x%016x", uint64(chance(node, fmt.Sprint(gpu), "a")*(1<<53)), uint64(chance(node, fmt.Sprint(gpu), "b")*(1<<53)))
	return fmt.Sprintf("GPU-%s-%s-%s-%s-%s", digits[8:16], digits[16:20], digits[3:7], digits[4:8], digits[20:32])
}
