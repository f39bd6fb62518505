package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/retry"
)

// nodeSpec describes one machine: what GPU feature discovery would label it
// with and what the device plugin would announce.
type nodeSpec struct {
	name, zone, machine string
	cpu, memory         string
	labels              map[string]string
	notes               map[string]string // what the GPUs of it play
	devices             map[corev1.ResourceName]string
}

func nodeSpecs() []nodeSpec {
	var all []nodeSpec
	for i := range 8 {
		all = append(all, gpuNode(fmt.Sprintf("gpu-a100-%02d", i+1), i, "NVIDIA-A100-SXM4-80GB", "ampere", 81920, 8))
	}
	all[6] = migNode(all[6], "single", "all-1g.10gb")
	for i := range 4 {
		all = append(all, gpuNode(fmt.Sprintf("gpu-h100-%02d", i+1), i, "NVIDIA-H100-80GB-HBM3", "hopper", 81559, 8))
	}
	for i, layout := range []string{"custom-mixed", "custom-mixed", "all-balanced", "all-1g.10gb"} {
		n := gpuNode(fmt.Sprintf("gpu-mig-%02d", i+1), i, "NVIDIA-A100-SXM4-80GB", "ampere", 81920, 8)
		all = append(all, migNode(n, "mixed", layout))
	}
	for i := range 2 {
		n := gpuNode(fmt.Sprintf("gpu-l4-%02d", i+1), i, "NVIDIA-L4", "ada-lovelace", 23034, 4)
		n.labels["nvidia.com/mig.capable"], n.labels["nvidia.com/mig.strategy"] = "false", "none"
		delete(n.labels, "nvidia.com/mig.config")
		all = append(all, n)
	}
	shared(all[len(all)-1], 4)
	for i := range 2 {
		all = append(all, nodeSpec{
			name: fmt.Sprintf("cpu-%02d", i+1), zone: zone(i), machine: "n2-standard-64",
			cpu: "64", memory: "256Gi", labels: map[string]string{},
		})
	}
	return all
}

func zone(i int) string { return "europe-west4-" + string(rune('a'+i%3)) }

func gpuNode(name string, i int, product, family string, memory, count int) nodeSpec {
	return nodeSpec{
		name: name, zone: zone(i), machine: "dgx", cpu: "128", memory: "1Ti",
		labels: map[string]string{
			"nvidia.com/gpu.present":  "true",
			"nvidia.com/gpu.product":  product,
			"nvidia.com/gpu.family":   family,
			"nvidia.com/gpu.memory":   strconv.Itoa(memory),
			"nvidia.com/gpu.count":    strconv.Itoa(count),
			"nvidia.com/gpu.replicas": "1",
			"nvidia.com/mig.capable":  "true",
			"nvidia.com/mig.strategy": "mixed",
			"nvidia.com/mig.config":   "all-disabled",

			"nvidia.com/gpu.sharing-strategy":             "none",
			"nvidia.com/gpu.machine":                      "DGX",
			"nvidia.com/cuda.driver-version.full":         driverVersion,
			"nvidia.com/cuda.runtime-version.full":        "12.8",
			"nvidia.com/gpu.deploy.driver":                "true",
			"nvidia.com/gpu.deploy.mig-manager":           "true",
			"nvidia.com/gpu.deploy.operator-validator":    "true",
			"nvidia.com/gpu.deploy.device-plugin":         "true",
			"nvidia.com/gpu.deploy.gpu-feature-discovery": "true",
			"nvidia.com/gpu.deploy.dcgm-exporter":         "true",
			"nvidia.com/gpu.deploy.dcgm":                  "true",
		},
		notes:   gpuNotes[name],
		devices: map[corev1.ResourceName]string{"nvidia.com/gpu": strconv.Itoa(count)},
	}
}

const driverVersion = "570.124.06"

// gpuNotes is how the GPUs of some nodes are at the start; README.md tells what each note plays.
var gpuNotes = map[string]map[string]string{
	"gpu-a100-02": {prefix + "row-remap": "1=2"},
	"gpu-a100-03": {prefix + "xid": "5=79"},
	"gpu-a100-05": {prefix + "exporter": "gone"},
	"gpu-h100-02": {prefix + "row-remap": "0=8", prefix + "row-remap-failure": "0"},
	"gpu-h100-04": {prefix + "exporter": "none"},
	"gpu-mig-01":  {prefix + "xid": "6=94"},
	"gpu-l4-01":   {prefix + "exporter": "old"},
}

// migNode is to be cut by the MIG manager; until then it offers nothing.
func migNode(n nodeSpec, strategy, layout string) nodeSpec {
	n.labels["nvidia.com/mig.strategy"] = strategy
	n.labels["nvidia.com/mig.config"] = layout
	n.devices = map[corev1.ResourceName]string{"nvidia.com/gpu": "0"}
	return n
}

// shared has a node give out each GPU to several pods at a time.
func shared(n nodeSpec, replicas int) {
	n.labels["nvidia.com/gpu.replicas"] = strconv.Itoa(replicas)
	n.labels["nvidia.com/gpu.sharing-strategy"] = "time-slicing"
	n.labels["nvidia.com/gpu.product"] += "-SHARED"
	n.devices["nvidia.com/gpu"] = strconv.Itoa(4 * replicas)
}

func runNodes(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("nodes", flag.ContinueOnError)
	kubeconfig := kubeconfigFlag(flags)
	logPort := flags.Int("log-port", 0, "port that the kubelet serves logs on; 0 for none")
	if err := flags.Parse(args); err != nil {
		return err
	}
	a, err := connect(*kubeconfig, "nodes")
	if err != nil {
		return err
	}
	for _, spec := range nodeSpecs() {
		if err := ensureNode(ctx, a.typed, spec, *logPort); err != nil {
			return fmt.Errorf("node %s: %w", spec.name, err)
		}
	}
	return nil
}

func ensureNode(ctx context.Context, client kubernetes.Interface, spec nodeSpec, logPort int) error {
	labels := map[string]string{
		"kubernetes.io/hostname":           spec.name,
		"kubernetes.io/os":                 "linux",
		"kubernetes.io/arch":               "amd64",
		"node.kubernetes.io/instance-type": spec.machine,
		"topology.kubernetes.io/region":    "europe-west4",
		"topology.kubernetes.io/zone":      spec.zone,
	}
	for key, value := range spec.labels {
		labels[key] = value
	}
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: spec.name, Labels: labels, Annotations: spec.notes}}
	_, err := client.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	if err := writeNodeStatus(ctx, client, spec, logPort); err != nil {
		return err
	}
	return untaint(ctx, client, spec.name)
}

// untaint removes the not-ready taint that admission puts on every new node
// and that the lifecycle controller, which the rig runs without, would take off.
func untaint(ctx context.Context, client kubernetes.Interface, name string) error {
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		node, err := client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		node.Spec.Taints = slices.DeleteFunc(node.Spec.Taints, func(t corev1.Taint) bool { return t.Key == corev1.TaintNodeNotReady })
		_, err = client.CoreV1().Nodes().Update(ctx, node, metav1.UpdateOptions{})
		return err
	})
}

// writeNodeStatus writes what a healthy kubelet says of its node, and where it
// serves logs.
func writeNodeStatus(ctx context.Context, client kubernetes.Interface, spec nodeSpec, logPort int) error {
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		node, err := client.CoreV1().Nodes().Get(ctx, spec.name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		amounts := corev1.ResourceList{
			corev1.ResourceCPU: resource.MustParse(spec.cpu), corev1.ResourceMemory: resource.MustParse(spec.memory),
			corev1.ResourcePods: resource.MustParse("250"), corev1.ResourceEphemeralStorage: resource.MustParse("2Ti"),
		}
		for name, amount := range spec.devices {
			amounts[name] = resource.MustParse(amount)
		}
		// what is offered later is the device plugin's to say
		if len(node.Status.Capacity) == 0 {
			node.Status.Capacity, node.Status.Allocatable = amounts, amounts
		}
		node.Status.Addresses = []corev1.NodeAddress{
			{Type: corev1.NodeInternalIP, Address: "127.0.0.1"}, {Type: corev1.NodeHostName, Address: spec.name},
		}
		node.Status.DaemonEndpoints.KubeletEndpoint.Port = int32(logPort)
		node.Status.NodeInfo.KubeletVersion = "v1.36.3"
		node.Status.NodeInfo.OperatingSystem, node.Status.NodeInfo.Architecture = "linux", "amd64"
		node.Status.NodeInfo.ContainerRuntimeVersion = "containerd://2.1.4"
		node.Status.Conditions = healthy(node.Status.Conditions)
		_, err = client.CoreV1().Nodes().UpdateStatus(ctx, node, metav1.UpdateOptions{})
		return err
	})
}

func healthy(old []corev1.NodeCondition) []corev1.NodeCondition {
	now := metav1.NewTime(time.Now())
	conditions := []corev1.NodeCondition{
		{Type: corev1.NodeMemoryPressure, Status: "False", Reason: "KubeletHasSufficientMemory", Message: "kubelet has sufficient memory available"},
		{Type: corev1.NodeDiskPressure, Status: "False", Reason: "KubeletHasNoDiskPressure", Message: "kubelet has no disk pressure"},
		{Type: corev1.NodePIDPressure, Status: "False", Reason: "KubeletHasSufficientPID", Message: "kubelet has sufficient PID available"},
		{Type: corev1.NodeReady, Status: "True", Reason: "KubeletReady", Message: "kubelet is posting ready status"},
	}
	for i := range conditions {
		conditions[i].LastHeartbeatTime, conditions[i].LastTransitionTime = now, now
		for _, c := range old {
			if c.Type == conditions[i].Type && c.Status == conditions[i].Status {
				conditions[i].LastTransitionTime = c.LastTransitionTime
			}
		}
	}
	return conditions
}
