// Package traffic simulates what the metrics endpoints of an inference platform
// count: requests, failures and latencies per revision, for days that have
// passed and from then on as time goes by. Counters are integrals of the rates
// that a revision is told to have, so a ratio over a window is known beforehand.
package traffic

import (
	"fmt"
	"slices"
)

// Settings are what a revision's traffic is told to be.
type Settings struct {
	Rate       float64 `json:"rate"`        // requests per second
	Errors     float64 `json:"errors"`      // share of them that fail, 0 to 1
	Median     float64 `json:"median"`      // latency in seconds
	Spread     float64 `json:"spread"`      // of its logarithm; the 95th percentile is median * exp(1.645 * spread)
	ColdStarts float64 `json:"cold_starts"` // times an hour that it comes back from no pods
	Pods       float64 `json:"pods"`        // while it has any
	Gone       bool    `json:"gone"`        // its endpoints do not answer
}

func (s Settings) check() error {
	switch {
	case s.Rate < 0 || s.ColdStarts < 0 || s.Pods < 0:
		return fmt.Errorf("rate, cold_starts and pods are 0 or more")
	case s.Errors < 0 || s.Errors > 1:
		return fmt.Errorf("errors is a share from 0 to 1")
	case s.Median <= 0 || s.Spread <= 0:
		return fmt.Errorf("median and spread are above 0")
	}
	return nil
}

// The classes of answers.
const (
	good   = "200"
	failed = "500"
)

// kind is a latency that an exporter measures: a part of the whole request.
type kind struct {
	part float64
	ends *bounds
}

var (
	kserveBefore  = &kind{0.05, &kserveBounds}
	kservePredict = &kind{0.9, &kserveBounds}
	kserveAfter   = &kind{0.05, &kserveBounds}
	otelWhole     = &kind{1, &otelBounds}
	istioWhole    = &kind{1, &istioBounds}
	censusWhole   = &kind{1, &censusBounds}
	vllmWhole     = &kind{1, &vllmEndToEnd}
	vllmFirst     = &kind{0.1, &vllmFirstToken}
	vllmBetween   = &kind{0.012, &vllmBetweenTokens}
)

// histogram counts in seconds; its last bucket is the count of all.
type histogram struct {
	under []float64
	all   float64
	sum   float64
}

// tally is what one class of answers has come to.
type tally struct {
	requests float64
	seconds  float64
	latency  map[*kind]*histogram
}

// stream is the traffic of one revision, or of a service that has none.
type stream struct {
	Settings
	namespace, service, revision string
	model                        string
	tallies                      map[string]*tally
	kinds                        []*kind
	shares                       map[*kind][]float64 // for the settings as they are
}

func (s *stream) set(settings Settings) {
	s.Settings, s.shares = settings, nil
}

// restart is what a process that starts anew does to its counters.
func (s *stream) restart() { s.tallies = nil }

// advance lets the traffic run for a while.
func (s *stream) advance(seconds float64) {
	if s.shares == nil {
		s.shares = map[*kind][]float64{}
		for _, k := range s.kinds {
			for _, end := range k.ends.seconds {
				s.shares[k] = append(s.shares[k], share(end, s.Median*k.part, s.Spread))
			}
		}
	}
	if s.Gone || s.Rate == 0 {
		return
	}
	s.add(good, seconds*s.Rate*(1-s.Errors))
	s.add(failed, seconds*s.Rate*s.Errors)
}

func (s *stream) add(class string, requests float64) {
	if s.tallies == nil {
		s.tallies = map[string]*tally{}
	}
	t := s.tallies[class]
	if t == nil {
		t = &tally{latency: map[*kind]*histogram{}}
		s.tallies[class] = t
	}
	t.requests += requests
	t.seconds += requests * mean(s.Median, s.Spread)
	for _, k := range s.kinds {
		h := t.latency[k]
		if h == nil {
			h = &histogram{under: make([]float64, len(k.ends.seconds))}
			t.latency[k] = h
		}
		for i, part := range s.shares[k] {
			h.under[i] += requests * part
		}
		h.all += requests
		h.sum += requests * mean(s.Median*k.part, s.Spread)
	}
}

// classes that occurred: an exporter has no series for what never happened.
func (s *stream) classes() []string {
	var all []string
	for class, t := range s.tallies {
		if t.requests >= 1 {
			all = append(all, class)
		}
	}
	slices.Sort(all)
	return all
}

func (s *stream) count(class string) float64 {
	if t := s.tallies[class]; t != nil {
		return t.requests
	}
	return 0
}

// both is a latency over all classes, for exporters that do not tell them apart.
func (s *stream) both(k *kind) *histogram {
	sum := &histogram{under: make([]float64, len(k.ends.seconds))}
	for _, class := range s.classes() {
		h := s.tallies[class].latency[k]
		for i := range h.under {
			sum.under[i] += h.under[i]
		}
		sum.all += h.all
		sum.sum += h.sum
	}
	return sum
}

// pods at a time: it comes back from none at the same moments of every hour.
func (s *stream) pods(unix float64) float64 {
	if s.ColdStarts == 0 {
		return s.Pods
	}
	period := 3600 / s.ColdStarts
	if at := unix - float64(int64(unix/period))*period; at < 0.4*period {
		return 0
	}
	return s.Pods
}
