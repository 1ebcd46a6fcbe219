package metrics

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Text is a page in the making: families, and behind each its samples.
// https://prometheus.io/docs/instrumenting/exposition_formats/
type Text struct {
	b    []byte
	name string // of the family
}

// Family begins a family. name and kind ("counter", "gauge", "histogram") are the program's and not checked; help may
// be any text. A family that was begun before must not be begun again on the same page.
func (t *Text) Family(name, kind, help string) {
	t.name = name
	t.b = append(append(append(t.b, "# HELP "...), name...), ' ')
	t.escape(help, false)
	t.b = append(append(append(append(t.b, "\n# TYPE "...), name...), ' '), kind...)
	t.b = append(t.b, '\n')
}

// Int adds a sample to the family. labels are names, which are not checked, and values, which may be any text, in turn.
func (t *Text) Int(v uint64, labels ...string) {
	t.sample("", labels)
	t.b = append(strconv.AppendUint(t.b, v, 10), '\n')
}

// Float is Int for numbers with a fraction.
func (t *Text) Float(v float64, labels ...string) {
	t.sample("", labels)
	t.float(v)
}

// Counter is a family of one counter.
func (t *Text) Counter(name, help string, v uint64) {
	t.Family(name, "counter", help)
	t.Int(v)
}

// Gauge is a family of one figure that goes up and down. A negative one is told as 0.
func (t *Text) Gauge(name, help string, v int) {
	t.Family(name, "gauge", help)
	t.Int(uint64(max(v, 0)))
}

// Histogram is a family of one histogram: counts[i] fell into bucket i, at most bounds[i] and above the bound before;
// one more count is for what is above all bounds. sum is that of all observations, in the unit of the bounds.
func (t *Text) Histogram(name, help string, bounds []float64, counts []uint64, sum float64) {
	t.Family(name, "histogram", help)
	total := uint64(0)
	for i, n := range counts {
		total += n
		t.b = append(append(t.b, name...), `_bucket{le="`...)
		if i < len(bounds) {
			t.b = strconv.AppendFloat(t.b, bounds[i], 'g', -1, 64)
		} else {
			t.b = append(t.b, "+Inf"...)
		}
		t.b = append(t.b, `"} `...)
		t.b = append(strconv.AppendUint(t.b, total, 10), '\n')
	}
	t.sample("_sum", nil)
	t.float(sum)
	t.sample("_count", nil)
	t.b = append(strconv.AppendUint(t.b, total, 10), '\n')
}

// sample begins a line up to its value.
func (t *Text) sample(suffix string, labels []string) {
	t.b = append(append(t.b, t.name...), suffix...)
	for i := 0; i+1 < len(labels); i += 2 {
		t.b = append(t.b, "{,"[min(i, 1)])
		t.b = append(append(t.b, labels[i]...), `="`...)
		t.escape(labels[i+1], true)
		t.b = append(t.b, '"')
	}
	if len(labels) > 1 {
		t.b = append(t.b, '}')
	}
	t.b = append(t.b, ' ')
}

func (t *Text) float(v float64) {
	t.b = append(strconv.AppendFloat(t.b, v, 'g', -1, 64), '\n')
}

// escape appends text as it may stand in a HELP line, or within the quotes of a label. Bytes that are no UTF-8 become
// U+FFFD: a reader would refuse the page for them.
func (t *Text) escape(text string, quoted bool) {
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\\':
			t.b = append(t.b, `\\`...)
		case c == '\n':
			t.b = append(t.b, `\n`...)
		case c == '"' && quoted:
			t.b = append(t.b, `\"`...)
		default:
			t.b = append(t.b, c)
		}
	}
}
