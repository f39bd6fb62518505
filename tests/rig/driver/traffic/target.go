package traffic

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// target is one endpoint that Prometheus scrapes.
type target struct {
	path   string
	labels map[string]string
	told   []*told
	shared bool // it also answers for others when one of them is gone
}

// told is a stream in the names of one exporter.
type told struct {
	of    *stream
	write writer
}

// gone says that the endpoint does not answer.
func (t *target) gone() bool { return !t.shared && t.told[0].of.Gone }

func (t *target) write(p page, unix float64) {
	for _, each := range t.told {
		if !each.of.Gone {
			each.write(p, each.of, unix)
		}
	}
}

// targets gives every endpoint of the play, labelled as the pod monitors of the
// Prometheus operator label what they find.
func targets(parts []*part) []*target {
	gateway := endpoint("istio-system", "istio-ingressgateway-6d5b8f9c77-q2m4x", "istio-proxy", 15020, 1)
	scaler := endpoint("knative-serving", "autoscaler-5f6c4d7b9d-8k2lw", "autoscaler", 9090, 2)
	gateway.shared, scaler.shared = true, true
	var all []*target
	for i, part := range parts {
		s := &part.stream
		for _, e := range part.exporters {
			t := endpoint(s.namespace, s.pod(), e.container, e.port, i+10)
			t.told = []*told{{s, e.write}}
			all = append(all, t)
		}
		if part.gateway != nil {
			gateway.told = append(gateway.told, &told{s, part.gateway})
		}
		if part.scaler != nil {
			scaler.told = append(scaler.told, &told{s, part.scaler})
		}
	}
	return append(all, gateway, scaler)
}

func endpoint(namespace, pod, container string, port, host int) *target {
	return &target{
		path: fmt.Sprintf("/metrics/%s/%s/%s", namespace, pod, container),
		labels: map[string]string{
			"namespace": namespace, "pod": pod, "container": container, "endpoint": "metrics",
			"job": namespace + "/" + container, "instance": fmt.Sprintf("10.244.9.%d:%d", host, port),
		},
	}
}

// text is the target's labels as they stand between the braces.
func (t *target) text() string {
	labels := ""
	for _, name := range sorted(t.labels) {
		labels = with(labels, name, t.labels[name])
	}
	return labels
}

func sorted[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}

// name is how a stream is asked for: NAMESPACE/SERVICE.
func (s *stream) name() string { return s.namespace + "/" + s.service }

// is says whether a stream is meant: revision is the end of its name, or empty
// for all revisions of the service.
func (s *stream) is(service, revision string) bool {
	return s.name() == service && strings.HasSuffix(s.revision, revision)
}
