package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// export listens for Prometheus and for those who ask an exporter itself, and
// puts a pod before each exporter.
func (g *gpus) export(ctx context.Context, port int) error {
	all, err := g.nodes.List(labels.Everything())
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b *corev1.Node) int { return strings.Compare(a.Name, b.Name) })
	left := g.ports
	for _, node := range all {
		if node.Labels["nvidia.com/gpu.present"] != "true" || node.Annotations[prefix+"exporter"] == "none" || len(left) == 0 {
			continue
		}
		name := node.Name
		g.exporter[name], left = left[0], left[1:]
		mux := http.NewServeMux()
		mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) { g.expose(w, name) })
		mux.HandleFunc("GET /smi", func(w http.ResponseWriter, _ *http.Request) { g.smi(w, name) })
		if err := listen(ctx, g.exporter[name], mux); err != nil {
			return err
		}
		if err := g.exporterPod(ctx, name); err != nil {
			return err
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /targets", func(w http.ResponseWriter, _ *http.Request) { g.targets(w) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { g.ready(w) })
	return listen(ctx, strconv.Itoa(port), mux)
}

func listen(ctx context.Context, port string, handler http.Handler) error {
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()
	return nil
}

// ready once every node that is to be cut was.
func (g *gpus) ready(w http.ResponseWriter) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	for _, spec := range nodeSpecs() {
		if spec.labels["nvidia.com/gpu.present"] == "true" && g.settled[spec.name] == nil {
			http.Error(w, spec.name+" is not cut yet", http.StatusServiceUnavailable)
			return
		}
	}
	fmt.Fprintln(w, "ok")
}

func exporterName(node string) string { return "nvidia-dcgm-exporter-" + node }

// exporterPod is the pod of an exporter: bound to its node as a daemon set binds it.
func (g *gpus) exporterPod(ctx context.Context, node string) error {
	port, _ := strconv.ParseInt(g.exporter[node], 10, 64)
	pod := made("v1", "Pod", exporterName(node), nil)
	pod.SetNamespace(operatorNamespace)
	pod.SetLabels(map[string]string{"app": "nvidia-dcgm-exporter"})
	notes := map[string]string{prefix + "run-time": "8760h", prefix + "port": fmt.Sprintf("9400=%d", port)}
	if g.address != "" {
		notes[prefix+"pod-ip"] = g.address
	}
	pod.SetAnnotations(notes)
	pod.Object["spec"] = map[string]any{
		"nodeName":    node,
		"tolerations": []any{map[string]any{"operator": "Exists"}},
		"containers": []any{map[string]any{
			"name": "nvidia-dcgm-exporter", "image": "nvcr.io/nvidia/k8s/dcgm-exporter:4.5.1-4.8.0-distroless",
			"ports": []any{map[string]any{"name": "metrics", "containerPort": port}},
		}},
	}
	return g.create(ctx, pod)
}

// targets lists the exporters for Prometheus, with the labels that the GPU operator's ServiceMonitor leaves.
func (g *gpus) targets(w http.ResponseWriter) {
	type group struct {
		Targets []string          `json:"targets"`
		Labels  map[string]string `json:"labels"`
	}
	all := []group{}
	for node, port := range g.exporter {
		all = append(all, group{[]string{"127.0.0.1:" + port}, map[string]string{
			"job": "nvidia-dcgm-exporter", "namespace": operatorNamespace, "pod": exporterName(node),
			"container": "nvidia-dcgm-exporter", "service": "nvidia-dcgm-exporter", "endpoint": "gpu-metrics",
		}})
	}
	slices.SortFunc(all, func(a, b group) int { return strings.Compare(a.Targets[0], b.Targets[0]) })
	answerJSON(w, all)
}
