package traffic

import (
	"bufio"
	"io"
	"math"
	"strconv"
	"time"
)

// WriteHistory writes what Prometheus would have scraped until a time, as
// OpenMetrics text with a time on each line.
func WriteHistory(to io.Writer, until time.Time) error {
	out := &history{Writer: bufio.NewWriterSize(to, 1<<20)}
	New(until, out.visit)
	_, _ = out.WriteString("# EOF\n")
	return out.Flush() // tells of the first write that failed
}

// history is the page that all targets write their past on.
type history struct {
	*bufio.Writer
	labels string // of the target
	stamp  string
	number []byte
}

func (h *history) visit(t *Traffic) {
	now := unix(t.at)
	h.stamp = strconv.FormatFloat(now, 'f', -1, 64)
	for _, target := range t.targets {
		if target.gone() {
			continue
		}
		h.labels = target.text()
		target.write(h, now)
		h.sample("up", "", 1)
	}
}

func (h *history) family(string, string) {}

func (h *history) sample(name, labels string, value float64) {
	_, _ = h.WriteString(name)
	_ = h.WriteByte('{')
	_, _ = h.WriteString(labels)
	if labels != "" {
		_ = h.WriteByte(',')
	}
	_, _ = h.WriteString(h.labels)
	_, _ = h.WriteString("} ")
	h.number = number(h.number[:0], value)
	_, _ = h.Write(h.number)
	_ = h.WriteByte(' ')
	_, _ = h.WriteString(h.stamp)
	_ = h.WriteByte('\n')
}

func number(to []byte, value float64) []byte {
	if math.Floor(value) == value && math.Abs(value) < 1e15 {
		return strconv.AppendInt(to, int64(value), 10)
	}
	return strconv.AppendFloat(to, value, 'g', -1, 64)
}
