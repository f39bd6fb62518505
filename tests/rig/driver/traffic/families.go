package traffic

import (
	"fmt"
	"math"
)

// page takes what a target exposes.
type page interface {
	// family comes before the samples of one metric.
	family(name, kind string)
	// sample takes labels as they stand between the braces.
	sample(name, labels string, value float64)
}

// writer writes the metrics of a stream in the names of one exporter.
type writer func(p page, s *stream, unix float64)

// with adds a label to others.
func with(labels, name, value string) string {
	if labels != "" {
		labels += ","
	}
	return labels + name + `="` + value + `"`
}

func single(p page, name, kind, labels string, value float64) {
	p.family(name, kind)
	p.sample(name, labels, value)
}

func spread(p page, name, labels string, h *histogram, ends *bounds) {
	for i, under := range h.under {
		p.sample(name+"_bucket", with(labels, "le", ends.text(i)), math.Floor(under))
	}
	p.sample(name+"_bucket", with(labels, "le", "+Inf"), math.Floor(h.all))
	p.sample(name+"_sum", labels, h.sum*ends.unit)
	p.sample(name+"_count", labels, math.Floor(h.all))
}

// kservePython is what the Python model servers count: no answer codes.
func kservePython(p page, s *stream, _ float64) {
	labels := with("", "model_name", s.model)
	for _, part := range []struct {
		name string
		kind *kind
	}{{"preprocess", kserveBefore}, {"predict", kservePredict}, {"postprocess", kserveAfter}} {
		name := "request_" + part.name + "_seconds"
		p.family(name, "histogram")
		spread(p, name, labels, s.both(part.kind), part.kind.ends)
	}
}

// knativeOf gives queue-proxy's metrics of the OpenTelemetry generations: the
// revision stands in target_info alone.
func knativeOf(duration, depth, scope string) writer {
	return func(p page, s *stream, _ float64) {
		p.family(duration, "histogram")
		for _, class := range s.classes() {
			labels := with(with("", "http_response_status_code", class), "otel_scope_name", scope)
			spread(p, duration, labels, s.tallies[class].latency[otelWhole], otelWhole.ends)
		}
		single(p, depth, "gauge", with("", "otel_scope_name", scope), math.Floor(s.Rate*mean(s.Median, s.Spread)))
		info := with("", "container_name", "queue-proxy")
		for _, l := range [][2]string{
			{"k8s_namespace_name", s.namespace}, {"kn_configuration_name", s.knative()}, {"kn_revision_name", s.revision},
			{"kn_service_name", s.knative()}, {"service_instance_id", s.pod()}, {"service_name", s.knative()},
			{"telemetry_sdk_language", "go"}, {"telemetry_sdk_name", "opentelemetry"},
		} {
			info = with(info, l[0], l[1])
		}
		single(p, "target_info", "gauge", info, 1)
	}
}

var (
	// from 1.21
	knativeNew = knativeOf("kn_serving_invocation_duration_seconds", "kn_serving_queue_depth", "knative.dev/serving/pkg/queue")
	// 1.19 and 1.20
	knativeMiddle = knativeOf("kn_queueproxy_app_duration_seconds", "kn_queueproxy_depth", "knative.dev/serving/pkg/queue")
)

// knativeOld is queue-proxy up to 1.18: OpenCensus, in milliseconds.
func knativeOld(p page, s *stream, _ float64) {
	base := with(s.census(), "container_name", "queue-proxy")
	base = with(base, "pod_name", s.pod())
	for _, name := range []string{"revision_request", "revision_app_request"} {
		p.family(name+"_count", "counter")
		for _, class := range s.classes() {
			p.sample(name+"_count", coded(base, class), math.Floor(s.count(class)))
		}
		p.family(name+"_latencies", "histogram")
		for _, class := range s.classes() {
			spread(p, name+"_latencies", coded(base, class), s.tallies[class].latency[censusWhole], censusWhole.ends)
		}
	}
	single(p, "revision_queue_depth", "gauge", base, math.Floor(s.Rate*mean(s.Median, s.Spread)))
}

func (s *stream) census() string {
	labels := with("", "configuration_name", s.knative())
	labels = with(labels, "namespace_name", s.namespace)
	labels = with(labels, "revision_name", s.revision)
	return with(labels, "service_name", s.knative())
}

func coded(labels, class string) string {
	return with(with(labels, "response_code", class), "response_code_class", class[:1]+"xx")
}

// autoscalerNew has the gauges of Knative's autoscaler from 1.19 on.
func autoscalerNew(p page, s *stream, unix float64) {
	labels := with("", "k8s_namespace_name", s.namespace)
	labels = with(labels, "kn_configuration_name", s.knative())
	labels = with(labels, "kn_revision_name", s.revision)
	labels = with(labels, "kn_service_name", s.knative())
	pods := s.pods(unix)
	gauges(p, labels, "kn_revision_", map[string]float64{
		"pods_count": pods, "pods_desired": pods, "pods_requested": pods, "pods_not_ready_count": 0,
		"pods_pending_count": 0, "pods_terminating_count": 0, "panic_mode": 0,
		"concurrency_stable": s.Rate * mean(s.Median, s.Spread),
	})
}

// autoscalerOld has them up to 1.18.
func autoscalerOld(p page, s *stream, unix float64) {
	pods := s.pods(unix)
	gauges(p, s.census(), "autoscaler_", map[string]float64{
		"actual_pods": pods, "desired_pods": pods, "requested_pods": pods, "not_ready_pods": 0, "pending_pods": 0,
		"terminating_pods": 0, "panic_mode": 0,
	})
}

func gauges(p page, labels, prefix string, values map[string]float64) {
	for _, name := range sorted(values) {
		single(p, prefix+name, "gauge", labels, values[name])
	}
}

// istioBy gives the proxies' metrics as one reporter tells them. The gateway
// and the sidecar each count every request.
func istioBy(reporter string) writer {
	return func(p page, s *stream, _ float64) {
		base := with("", "reporter", reporter)
		for _, l := range [][2]string{
			{"source_workload", "istio-ingressgateway"}, {"source_workload_namespace", "istio-system"},
			{"destination_workload", s.workload()}, {"destination_workload_namespace", s.namespace},
			{"destination_service_name", s.endpoint()}, {"destination_service_namespace", s.namespace},
			{"destination_service", s.endpoint() + "." + s.namespace + ".svc.cluster.local"},
			{"destination_canonical_service", s.knative()}, {"destination_canonical_revision", s.canonical()},
			{"request_protocol", "http"}, {"response_flags", "-"},
			{"connection_security_policy", map[string]string{"source": "unknown", "destination": "mutual_tls"}[reporter]},
		} {
			base = with(base, l[0], l[1])
		}
		p.family("istio_requests_total", "counter")
		for _, class := range s.classes() {
			p.sample("istio_requests_total", with(base, "response_code", class), math.Floor(s.count(class)))
		}
		p.family("istio_request_duration_milliseconds", "histogram")
		for _, class := range s.classes() {
			spread(p, "istio_request_duration_milliseconds", with(base, "response_code", class),
				s.tallies[class].latency[istioWhole], istioWhole.ends)
		}
	}
}

// vllm is what the engine counts, and the HTTP server before it.
func vllm(p page, s *stream, unix float64) {
	labels := with(with("", "engine", "0"), "model_name", s.model)
	waiting := math.Floor(s.Rate * mean(s.Median, s.Spread))
	single(p, "vllm:num_requests_running", "gauge", labels, waiting)
	single(p, "vllm:num_requests_waiting", "gauge", labels, 0)
	single(p, "vllm:kv_cache_usage_perc", "gauge", labels, 0.4+0.1*math.Sin(unix/600))
	done := s.count(good)
	single(p, "vllm:prompt_tokens_total", "counter", labels, math.Floor(done*512))
	single(p, "vllm:generation_tokens_total", "counter", labels, math.Floor(done*180))
	p.family("vllm:request_success_total", "counter")
	p.sample("vllm:request_success_total", with(labels, "finished_reason", "length"), math.Floor(done/10))
	p.sample("vllm:request_success_total", with(labels, "finished_reason", "stop"), math.Floor(done)-math.Floor(done/10))
	for _, part := range []struct {
		name string
		kind *kind
	}{
		{"e2e_request_latency_seconds", vllmWhole}, {"time_to_first_token_seconds", vllmFirst},
		{"inter_token_latency_seconds", vllmBetween},
	} {
		p.family("vllm:"+part.name, "histogram")
		spread(p, "vllm:"+part.name, labels, s.both(part.kind), part.kind.ends)
	}
	p.family("http_requests_total", "counter")
	for _, class := range s.classes() {
		route := with(with("", "handler", "/v1/chat/completions"), "method", "POST")
		p.sample("http_requests_total", with(route, "status", class[:1]+"xx"), math.Floor(s.count(class)))
	}
}

// triton counts latencies as sums of microseconds: no quantile can be had.
func triton(p page, s *stream, _ float64) {
	labels := with(with("", "model", s.model), "version", "1")
	single(p, "nv_inference_request_success", "counter", labels, math.Floor(s.count(good)))
	single(p, "nv_inference_request_failure", "counter", with(labels, "reason", "BACKEND"), math.Floor(s.count(failed)))
	single(p, "nv_inference_count", "counter", labels, math.Floor(s.count(good)*4))
	single(p, "nv_inference_exec_count", "counter", labels, math.Floor(s.count(good)))
	single(p, "nv_inference_pending_request_count", "gauge", labels, 0)
	var seconds float64
	if t := s.tallies[good]; t != nil {
		seconds = t.seconds
	}
	for _, part := range []struct {
		name string
		of   float64
	}{{"request", 1}, {"queue", 0.05}, {"compute_input", 0.05}, {"compute_infer", 0.85}, {"compute_output", 0.05}} {
		single(p, "nv_inference_"+part.name+"_duration_us", "counter", labels, math.Floor(seconds*part.of*1e6))
	}
	gpu := with("", "gpu_uuid", "GPU-2f1d0a6e-0000-0000-0000-000000000001")
	single(p, "nv_gpu_utilization", "gauge", gpu, math.Min(1, s.Rate*mean(s.Median, s.Spread)/4))
}

// knative is the name of the Knative service, and of the Kubernetes one where
// there is none.
func (s *stream) knative() string { return s.service + "-predictor" }

// endpoint is the Kubernetes service that requests are sent to.
func (s *stream) endpoint() string {
	if s.revision == "" {
		return s.knative()
	}
	return s.revision
}

func (s *stream) workload() string {
	if s.revision == "" {
		return s.knative()
	}
	return s.revision + "-deployment"
}

func (s *stream) canonical() string {
	if s.revision == "" {
		return "latest"
	}
	return s.revision
}

// pod is the name of its one pod.
func (s *stream) pod() string {
	var sum uint32 = 2166136261
	for _, b := range []byte(s.namespace + s.workload()) {
		sum = (sum ^ uint32(b)) * 16777619
	}
	return fmt.Sprintf("%s-%08x-%05x", s.workload(), sum, sum&0xfffff)
}
