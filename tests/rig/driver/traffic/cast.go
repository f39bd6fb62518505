package traffic

import "time"

// Past is how far the counters go back.
const Past = 84 * time.Hour

// turn is something that happened before the live time began.
type turn struct {
	ago     time.Duration
	change  func(*Settings)
	restart bool
}

// part is one role of the play: a revision, its exporters and its past.
type part struct {
	stream
	exporters []exporter // of its own pod
	gateway   writer     // what the ingress gateway tells of it
	scaler    writer     // what Knative's autoscaler tells of it
	past      []turn
}

// exporter is an endpoint of a pod.
type exporter struct {
	container string
	port      int
	write     writer
}

// What a pod exposes.
var (
	queueProxyNew    = exporter{"queue-proxy", 9091, knativeNew}
	queueProxyMiddle = exporter{"queue-proxy", 9091, knativeMiddle}
	queueProxyOld    = exporter{"queue-proxy", 9091, knativeOld}
	modelServer      = exporter{"kserve-container", 8080, kservePython}
	sidecar          = exporter{"istio-proxy", 15020, istioBy("destination")}
	vllmServer       = exporter{"kserve-container", 8000, vllm}
	tritonServer     = exporter{"kserve-container", 8002, triton}
)

var meshed = istioBy("source")

var kserveKinds = []*kind{kserveBefore, kservePredict, kserveAfter}

func role(namespace, service, revision string, settings Settings, kinds ...*kind) stream {
	if revision != "" {
		revision = service + "-predictor-" + revision
	}
	settings.Pods = max(settings.Pods, 1)
	return stream{
		Settings: settings, namespace: namespace, service: service, revision: revision, model: service, kinds: kinds,
	}
}

// incident is a while of failures that is over.
func incident(ago, length time.Duration, during, after float64) []turn {
	return []turn{
		{ago: ago, change: func(s *Settings) { s.Errors = during }},
		{ago: ago - length, change: func(s *Settings) { s.Errors = after }},
	}
}

// cast is who plays, as things stand when the live time begins.
func cast() []*part {
	fraud := append([]*kind{otelWhole, istioWhole}, kserveKinds...)
	return []*part{
		{ // the stable side of a canary
			stream:    role("ml-fraud", "fraud-scorer", "00001", Settings{Rate: 40, Errors: 0.0008, Median: 0.03, Spread: 0.6, Pods: 3}, fraud...),
			exporters: []exporter{queueProxyNew, modelServer, sidecar}, gateway: meshed, scaler: autoscalerNew,
			past: append(incident(30*time.Hour, 40*time.Minute, 0.02, 0.0008),
				turn{ago: canaryAge, change: func(s *Settings) { s.Rate = 36 }}),
		},
		{ // the canary
			stream:    role("ml-fraud", "fraud-scorer", "00002", Settings{Rate: 4, Errors: 0.04, Median: 0.045, Spread: 0.6, Gone: true}, fraud...),
			exporters: []exporter{queueProxyNew, modelServer, sidecar}, gateway: meshed, scaler: autoscalerNew,
			past: []turn{{ago: canaryAge, change: func(s *Settings) { s.Gone = false }}},
		},
		{ // its series are there, and nobody asks it
			stream:    role("recsys", "ranker", "00003", Settings{Rate: 6, Errors: 0, Median: 0.02, Spread: 0.5}, append([]*kind{otelWhole}, kserveKinds...)...),
			exporters: []exporter{queueProxyNew, modelServer}, scaler: autoscalerNew,
			past: []turn{{ago: 80 * time.Hour, change: func(s *Settings) { s.Rate = 0 }}},
		},
		{ // Standard mode: no queue-proxy; it has never failed, so no series says 500
			stream:    role("ml-churn", "churn", "", Settings{Rate: 12, Errors: 0, Median: 0.06, Spread: 0.5}, append([]*kind{istioWhole}, kserveKinds...)...),
			exporters: []exporter{modelServer, sidecar}, gateway: meshed,
		},
		{ // an old Knative, whose pod restarted
			stream:    role("ml-churn", "propensity", "00007", Settings{Rate: 20, Errors: 0.0005, Median: 0.08, Spread: 0.4}, censusWhole),
			exporters: []exporter{queueProxyOld}, scaler: autoscalerOld,
			past: []turn{{ago: 50 * time.Minute, restart: true}},
		},
		{ // a language model
			stream:    role("ml-nlp", "churn-llm", "", Settings{Rate: 2, Errors: 0.0004, Median: 1.8, Spread: 0.7}, vllmWhole, vllmFirst, vllmBetween),
			exporters: []exporter{vllmServer},
		},
		{
			stream:    role("ml-nlp", "intent", "", Settings{Rate: 60, Errors: 0.0003, Median: 0.012, Spread: 0.4}),
			exporters: []exporter{tritonServer},
		},
		{ // its series stopped
			stream:    role("ml-nlp", "toxicity", "00004", Settings{Rate: 5, Errors: 0.0006, Median: 0.04, Spread: 0.5}, otelWhole),
			exporters: []exporter{queueProxyNew}, scaler: autoscalerNew,
			past: []turn{{ago: 20 * time.Minute, change: func(s *Settings) { s.Gone = true }}},
		},
		{ // Knative 1.19, seldom asked: it scales to zero and starts cold
			stream:    role("ml-nlp", "embedder", "00001", Settings{Rate: 0.02, Errors: 0, Median: 0.25, Spread: 0.5, ColdStarts: 12}, otelWhole),
			exporters: []exporter{queueProxyMiddle}, scaler: autoscalerNew,
		},
	}
}

const canaryAge = 45 * time.Minute
