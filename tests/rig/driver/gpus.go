package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/informers"
	listers "k8s.io/client-go/listers/core/v1"
)

const (
	operatorNamespace = "gpu-operator"
	configLabel       = "nvidia.com/mig.config"
	stateLabel        = "nvidia.com/mig.config.state"
	appliedNote       = prefix + "mig-applied" // the layout that a node is cut in
	sinceNote         = prefix + "mig-since"   // when the change that goes on began
	changeTime        = 2 * time.Second
)

var nodeResource = schema.GroupVersionResource{Version: "v1", Resource: "nodes"}

// operands are what stands still while a layout changes.
var operands = []string{"device-plugin", "gpu-feature-discovery", "dcgm-exporter", "dcgm"}

// gpus plays what the GPU operator runs on nodes: the MIG manager with the
// device plugin, and the DCGM exporters.
type gpus struct {
	*player
	pods     listers.PodLister
	nodes    listers.NodeLister
	held     *held
	mutex    sync.Mutex
	settled  map[string]layout // how nodes are cut, once they were seen to be
	address  string
	ports    []string
	exporter map[string]string // node to port
}

func runGPUs(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("gpus", flag.ContinueOnError)
	kubeconfig := kubeconfigFlag(flags)
	port := flags.Int("port", 0, "loopback port of /targets and /readyz")
	ports := flags.String("ports", "", "loopback ports of the exporters, with commas")
	address := flags.String("address", "", "where the API server finds them, or nothing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	a, err := connect(*kubeconfig, "gpus")
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactoryWithOptions(a.typed, 0,
		informers.WithTweakListOptions(func(o *metav1.ListOptions) { o.LabelSelector = "!" + benchLabel }))
	g := &gpus{
		player: newPlayer(a), pods: factory.Core().V1().Pods().Lister(), nodes: factory.Core().V1().Nodes().Lister(),
		held: newHeld(), settled: map[string]layout{}, address: *address,
		ports: strings.FieldsFunc(*ports, func(r rune) bool { return r == ',' }), exporter: map[string]string{},
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	g.step = g.cut
	if err := g.export(ctx, *port); err != nil {
		return err
	}
	return g.run(ctx, 2, source{nodeResource, "nvidia.com/gpu.present=true", itself("node")})
}

// cut brings one node to the layout that its label asks for.
func (g *gpus) cut(ctx context.Context, next task) (time.Duration, error) {
	node, err := g.typed.CoreV1().Nodes().Get(ctx, next.name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	wanted, applied := node.Labels[configLabel], node.Annotations[appliedNote]
	if node.Labels["nvidia.com/mig.capable"] != "true" {
		return 0, g.offerWhole(ctx, node)
	}
	if wanted == "" {
		return 0, nil
	}
	cut, failure := g.read(ctx, node, wanted)
	switch {
	case wanted == applied && failure == nil:
		return 0, g.finish(ctx, node, cut, "success")
	case applied == "" && failure == nil:
		return 0, g.finish(ctx, node, cut, "success") // a node that has just come up
	case node.Labels[stateLabel] == "failed" && node.Annotations[prefix+"mig-tried"] == wanted:
		return 0, nil
	case node.Labels[stateLabel] != "pending" || node.Annotations[prefix+"mig-tried"] != wanted:
		return changeTime, g.pause(ctx, node, wanted)
	}
	return g.change(ctx, node, cut, failure)
}

func (g *gpus) read(ctx context.Context, node *corev1.Node, wanted string) (layout, error) {
	maps := g.typed.CoreV1().ConfigMaps(operatorNamespace)
	file, err := maps.Get(ctx, node.Name+"-mig-config", metav1.GetOptions{})
	if err != nil {
		if file, err = maps.Get(ctx, "default-mig-parted-config", metav1.GetOptions{}); err != nil {
			return nil, err
		}
	}
	return readLayout(file.Data["config.yaml"], wanted, boardOf(node), gpuCount(node))
}

// change is what a pending node comes to: stuck, failed or cut anew.
func (g *gpus) change(ctx context.Context, node *corev1.Node, cut layout, failure error) (time.Duration, error) {
	takes := changeTime
	if said, err := time.ParseDuration(node.Annotations[prefix+"mig-time"]); err == nil {
		takes = said
	}
	if node.Annotations[prefix+"mig-fate"] == "stuck" {
		return time.Second, nil
	}
	if left := time.Until(stamped(node.Annotations[sinceNote]).Add(takes)); left > 0 {
		return left, nil
	}
	holders, err := g.holders(ctx, node.Name)
	if err != nil {
		return 0, err
	}
	if failure != nil || len(holders) > 0 || node.Annotations[prefix+"mig-fate"] == "failed" {
		old, err := g.read(ctx, node, node.Annotations[appliedNote])
		if err != nil {
			return 0, err
		}
		return 0, g.finish(ctx, node, old, "failed")
	}
	return 0, g.finish(ctx, node, cut, "success")
}

// holders are the pods on a node that have a GPU or a slice: the API server is
// asked, for the one that came last counts.
func (g *gpus) holders(ctx context.Context, node string) ([]string, error) {
	all, err := g.typed.CoreV1().Pods("").List(ctx, metav1.ListOptions{FieldSelector: "spec.nodeName=" + node})
	if err != nil {
		return nil, err
	}
	var names []string
	for i := range all.Items {
		if pod := &all.Items[i]; !finished(pod) && len(wants(pod)) > 0 {
			names = append(names, pod.Namespace+"/"+pod.Name)
		}
	}
	return names, nil
}

// pause begins a change: the operands stand still, and nothing is given out.
func (g *gpus) pause(ctx context.Context, node *corev1.Node, wanted string) error {
	node.Labels[stateLabel] = "pending"
	for _, name := range operands {
		node.Labels["nvidia.com/gpu.deploy."+name] = "paused-for-mig-change"
	}
	note(node, sinceNote, stamp(time.Now()))
	note(node, prefix+"mig-tried", wanted)
	changed, err := g.typed.CoreV1().Nodes().Update(ctx, node, metav1.UpdateOptions{})
	if err != nil {
		return err
	}
	return g.give(ctx, changed, nil, nil)
}

// finish ends a change: labels and resources tell the layout again.
func (g *gpus) finish(ctx context.Context, node *corev1.Node, cut layout, state string) error {
	before := node.DeepCopy()
	memory, err := strconv.Atoi(specOf(node.Name).labels["nvidia.com/gpu.memory"])
	if err != nil {
		memory = 81920
	}
	told := offered(boardOf(node), node.Labels["nvidia.com/mig.strategy"], memory, cut)
	for label := range node.Labels {
		if strings.HasPrefix(label, "nvidia.com/mig-") {
			delete(node.Labels, label)
		}
	}
	for label, value := range told.labels {
		node.Labels[label] = value
	}
	for _, name := range operands {
		node.Labels["nvidia.com/gpu.deploy."+name] = "true"
	}
	node.Labels[stateLabel] = state
	if state == "success" {
		note(node, appliedNote, node.Labels[configLabel])
	}
	delete(node.Annotations, sinceNote)
	if !same(before.Labels, node.Labels) || !same(before.Annotations, node.Annotations) {
		changed, err := g.typed.CoreV1().Nodes().Update(ctx, node, metav1.UpdateOptions{})
		if err != nil {
			return err
		}
		node = changed
	}
	return g.give(ctx, node, told.resources, cut)
}

// offerWhole is for nodes that the MIG manager leaves alone.
func (g *gpus) offerWhole(ctx context.Context, node *corev1.Node) error {
	gpus := map[corev1.ResourceName]int{"nvidia.com/gpu": gpuCount(node) * replicasOf(node)}
	return g.give(ctx, node, gpus, make(layout, gpuCount(node)))
}

// give writes what the node has and what of it can be had. A GPU with an XID
// that is not an application's is given to nobody until the plugin starts anew.
func (g *gpus) give(ctx context.Context, node *corev1.Node, all map[corev1.ResourceName]int, cut layout) error {
	before := node.DeepCopy()
	if node.Status.Capacity == nil {
		node.Status.Capacity = corev1.ResourceList{}
	}
	if node.Status.Allocatable == nil {
		node.Status.Allocatable = corev1.ResourceList{}
	}
	free := map[corev1.ResourceName]int{}
	for name, n := range all {
		free[name] = n
	}
	for gpu, xid := range pairs(node.Annotations[prefix+"xid"]) {
		if slices.Contains([]int{13, 31, 43, 45, 68, 109}, xid) || gpu >= len(cut) {
			continue
		}
		for _, device := range devicesOf(node, cut) {
			if device.gpu == gpu && free[device.resource] > 0 {
				free[device.resource]--
			}
		}
	}
	for _, list := range []corev1.ResourceList{node.Status.Capacity, node.Status.Allocatable} {
		for name := range list { // the kubelet keeps the names of what is no longer offered
			if strings.HasPrefix(string(name), "nvidia.com/") {
				list[name] = resource.MustParse("0")
			}
		}
	}
	for name, n := range all {
		node.Status.Capacity[name] = *resource.NewQuantity(int64(n), resource.DecimalSI)
		node.Status.Allocatable[name] = *resource.NewQuantity(int64(free[name]), resource.DecimalSI)
	}
	if cut != nil {
		g.settle(node.Name, cut)
	}
	if same(before.Status, node.Status) {
		return nil
	}
	_, err := g.typed.CoreV1().Nodes().UpdateStatus(ctx, node, metav1.UpdateOptions{})
	return err
}

func (g *gpus) settle(node string, cut layout) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.settled[node] = cut
}

func note(node *corev1.Node, name, value string) {
	if node.Annotations == nil {
		node.Annotations = map[string]string{}
	}
	node.Annotations[name] = value
}

func specOf(name string) nodeSpec {
	for _, spec := range nodeSpecs() {
		if spec.name == name {
			return spec
		}
	}
	return nodeSpec{labels: map[string]string{}}
}

// gpuCount is how many GPUs are in a node, however they are cut. A node that is
// none of the rig's own says it in a note.
func gpuCount(node *corev1.Node) int {
	said := specOf(node.Name).labels["nvidia.com/gpu.count"]
	if said == "" {
		said = node.Annotations[prefix+"gpus"]
	}
	n, _ := strconv.Atoi(said)
	return n
}

// cutOf is how a node is cut; nil while that is not known.
func (g *gpus) cutOf(node string) layout {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.settled[node]
}

// boardOf is the model alone, without what discovery adds to it.
func boardOf(node *corev1.Node) string {
	product := specOf(node.Name).labels["nvidia.com/gpu.product"]
	if product == "" {
		product = node.Annotations[prefix+"board"]
	}
	board, _, _ := strings.Cut(product, "-SHARED")
	return board
}

func replicasOf(node *corev1.Node) int {
	n, err := strconv.Atoi(node.Labels["nvidia.com/gpu.replicas"])
	if err != nil {
		return 1
	}
	return n
}

// pairs reads notes such as 5=79,6=94.
func pairs(text string) map[int]int {
	all := map[int]int{}
	for _, each := range strings.Split(text, ",") {
		var key, value int
		if n, _ := fmt.Sscanf(each, "%d=%d", &key, &value); n >= 1 {
			all[key] = value
		}
	}
	return all
}
