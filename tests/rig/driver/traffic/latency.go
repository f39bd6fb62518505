package traffic

import (
	"math"
	"strconv"
	"strings"
)

// bounds are the upper ends of a histogram's buckets, in seconds, and how its
// exporter writes them.
type bounds struct {
	seconds []float64
	unit    float64 // what one second is in the exporter's unit: 1000 for ms
	python  bool    // writes 1.0 where the others write 1
}

// The default buckets of each exporter. No default of KServe, Istio or Knative
// from 1.19 on ends at 200 ms; vLLM's end to end ones begin at 300 ms.
var (
	kserveBounds = bounds{seconds: clientDefaults, unit: 1, python: true}
	otelBounds   = bounds{seconds: clientDefaults, unit: 1}
	istioBounds  = milliseconds(0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000,
		300000, 600000, 1800000, 3600000)
	censusBounds = milliseconds(5, 10, 20, 40, 60, 80, 100, 150, 200, 250, 300, 350, 400, 450, 500, 600, 700, 800,
		900, 1000, 2000, 5000, 10000, 20000, 50000, 100000)
	vllmEndToEnd = bounds{unit: 1, python: true, seconds: []float64{0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30,
		40, 50, 60, 120, 240, 480, 960, 1920, 7680}}
	vllmFirstToken = bounds{unit: 1, python: true, seconds: []float64{0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1,
		0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560}}
	vllmBetweenTokens = bounds{unit: 1, python: true, seconds: []float64{0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3,
		0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80}}
)

var clientDefaults = []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}

func milliseconds(ends ...float64) bounds {
	b := bounds{unit: 1000}
	for _, end := range ends {
		b.seconds = append(b.seconds, end/1000)
	}
	return b
}

// text is a bound as the exporter writes it into `le`.
func (b bounds) text(i int) string {
	// 0.0005 * 1000 is not quite 0.5
	text := strconv.FormatFloat(math.Round(b.seconds[i]*b.unit*1e6)/1e6, 'f', -1, 64)
	if b.python && !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// share is the part of requests that take at most this many seconds: latencies
// are log-normal.
func share(seconds, median, spread float64) float64 {
	return 0.5 * math.Erfc(-(math.Log(seconds)-math.Log(median))/(spread*math.Sqrt2))
}

// mean is the expected latency in seconds.
func mean(median, spread float64) float64 { return median * math.Exp(spread*spread/2) }
