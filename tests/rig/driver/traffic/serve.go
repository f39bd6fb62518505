package traffic

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Handler serves the metrics of every target, the list of targets for
// Prometheus, and the control over the traffic:
//
//	GET  /targets   for http_sd_configs; ADDRESS is where this handler listens
//	GET  /metrics/…
//	GET  /state     what every revision is told to do and what came of it
//	POST /set       {"service": "ml-fraud/fraud-scorer", "revision": "00002", "errors": 0.2}
func (t *Traffic) Handler(address string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /targets", func(w http.ResponseWriter, _ *http.Request) { t.list(w, address) })
	mux.HandleFunc("GET /metrics/", t.expose)
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, _ *http.Request) { t.state(w, "", "") })
	mux.HandleFunc("POST /set", t.change)
	return mux
}

func (t *Traffic) list(w http.ResponseWriter, address string) {
	type group struct {
		Targets []string          `json:"targets"`
		Labels  map[string]string `json:"labels"`
	}
	var all []group
	for _, target := range t.targets {
		labels := map[string]string{"__metrics_path__": target.path}
		for name, value := range target.labels {
			labels[name] = value
		}
		all = append(all, group{[]string{address}, labels})
	}
	answer(w, all)
}

func (t *Traffic) expose(w http.ResponseWriter, r *http.Request) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.advance(time.Now())
	for _, target := range t.targets {
		if target.path != r.URL.Path {
			continue
		}
		if target.gone() {
			http.Error(w, "the pod is gone", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		target.write(&exposition{families: map[string]bool{}, to: w}, unix(t.at))
		return
	}
	http.NotFound(w, r)
}

// exposition is the page of one scrape.
type exposition struct {
	to       http.ResponseWriter
	families map[string]bool
}

func (e *exposition) family(name, kind string) {
	if !e.families[name] {
		e.families[name] = true
		fmt.Fprintf(e.to, "# TYPE %s %s\n", name, kind)
	}
}

func (e *exposition) sample(name, labels string, value float64) {
	if labels != "" {
		labels = "{" + labels + "}"
	}
	fmt.Fprintf(e.to, "%s%s %s\n", name, labels, number(nil, value))
}

// wish is the body of /set: what is not given stays as it is.
type wish struct {
	Service    string   `json:"service"`
	Revision   string   `json:"revision"`
	Rate       *float64 `json:"rate"`
	Errors     *float64 `json:"errors"`
	Median     *float64 `json:"median"`
	Spread     *float64 `json:"spread"`
	ColdStarts *float64 `json:"cold_starts"`
	Pods       *float64 `json:"pods"`
	Gone       *bool    `json:"gone"`
	Restart    bool     `json:"restart"` // the counters begin again at 0
}

func (w wish) over(s Settings) Settings {
	for _, pair := range []struct{ to, from *float64 }{
		{&s.Rate, w.Rate}, {&s.Errors, w.Errors}, {&s.Median, w.Median}, {&s.Spread, w.Spread},
		{&s.ColdStarts, w.ColdStarts}, {&s.Pods, w.Pods},
	} {
		if pair.from != nil {
			*pair.to = *pair.from
		}
	}
	if w.Gone != nil {
		s.Gone = *w.Gone
	}
	return s
}

func (t *Traffic) change(w http.ResponseWriter, r *http.Request) {
	var wish wish
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&wish); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	t.mutex.Lock()
	t.advance(time.Now())
	meant := t.meant(wish.Service, wish.Revision)
	for _, s := range meant {
		if err := wish.over(s.Settings).check(); err != nil {
			t.mutex.Unlock()
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	for _, s := range meant {
		s.set(wish.over(s.Settings))
		if wish.Restart {
			s.restart()
		}
	}
	t.mutex.Unlock()
	if len(meant) == 0 {
		http.Error(w, fmt.Sprintf("no service %q with a revision that ends in %q; GET /state lists them", wish.Service, wish.Revision),
			http.StatusNotFound)
		return
	}
	t.state(w, wish.Service, wish.Revision)
}

func (t *Traffic) meant(service, revision string) []*stream {
	var all []*stream
	for _, p := range t.parts {
		if service == "" || p.is(service, revision) {
			all = append(all, &p.stream)
		}
	}
	return all
}

// report is a stream as /state tells it.
type report struct {
	Service  string `json:"service"`
	Revision string `json:"revision"`
	Settings
	Requests float64            `json:"requests"` // since its counters began
	Failed   float64            `json:"failed"`
	Within   map[string]float64 `json:"within"` // share of requests that take at most so many seconds
}

func (t *Traffic) state(w http.ResponseWriter, service, revision string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.advance(time.Now())
	var all []report
	for _, s := range t.meant(service, revision) {
		r := report{
			Service: s.name(), Revision: s.revision, Settings: s.Settings,
			Requests: s.count(good) + s.count(failed), Failed: s.count(failed), Within: map[string]float64{},
		}
		for _, seconds := range []string{"0.05", "0.1", "0.2", "0.25", "0.5"} {
			var limit float64
			_, _ = fmt.Sscan(seconds, &limit)
			r.Within[seconds] = share(limit, s.Median, s.Spread)
		}
		all = append(all, r)
	}
	answer(w, all)
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}
