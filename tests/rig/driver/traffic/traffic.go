package traffic

import (
	"slices"
	"sync"
	"time"
)

// The history is kept as seldom as this: closer for the last hours, where short
// windows and trends are looked at.
const (
	farStep  = 5 * time.Minute
	nearStep = time.Minute
	near     = 6 * time.Hour
)

// Traffic is the whole play: at a time, with all that was counted until then.
type Traffic struct {
	mutex   sync.Mutex
	parts   []*part
	targets []*target
	at      time.Time
}

// New plays the past up to a time. Steps and their order are always the same,
// so two processes come to the same counters, to the last digit. Visit, where
// it is given, is called after every step.
func New(until time.Time, visit func(*Traffic)) *Traffic {
	parts := cast()
	t := &Traffic{parts: parts, targets: targets(parts), at: until.Add(-Past)}
	for _, p := range parts {
		slices.SortFunc(p.past, func(a, b turn) int { return int(b.ago - a.ago) })
		t.turns(p, until)
	}
	for t.at.Before(until) {
		step := farStep
		if until.Sub(t.at) <= near {
			step = nearStep
		}
		t.advance(t.at.Add(step))
		for _, p := range parts {
			t.turns(p, until)
		}
		if visit != nil {
			visit(t)
		}
	}
	return t
}

// turns makes what has come to pass by now.
func (t *Traffic) turns(p *part, until time.Time) {
	for len(p.past) > 0 && !t.at.Before(until.Add(-p.past[0].ago)) {
		turn := p.past[0]
		p.past = p.past[1:]
		if turn.restart {
			p.restart()
		}
		if turn.change != nil {
			settings := p.Settings
			turn.change(&settings)
			p.set(settings)
		}
	}
}

// advance runs all traffic until a time that is not before the last one.
func (t *Traffic) advance(to time.Time) {
	seconds := to.Sub(t.at).Seconds()
	if seconds <= 0 {
		return
	}
	for _, p := range t.parts {
		p.advance(seconds)
	}
	t.at = to
}

func unix(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }
