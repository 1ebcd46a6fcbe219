package metrics

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// A strict reader of the text format 0.0.4: what it lets pass, Prometheus reads.

type family struct {
	kind, help string
	samples    map[string]float64 // by name and labels, as written
}

var (
	nameExpr  = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)
	labelExpr = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
)

func parse(page string) (map[string]*family, error) {
	all := map[string]*family{}
	var now *family
	name := ""
	if !strings.HasSuffix(page, "\n") {
		return nil, fmt.Errorf("no line feed at the end")
	}
	for n, line := range strings.Split(strings.TrimSuffix(page, "\n"), "\n") {
		var err error
		switch {
		case strings.HasPrefix(line, "# HELP "):
			f := strings.SplitN(line[7:], " ", 2)
			if len(f) != 2 || !nameExpr.MatchString(f[0]) || all[f[0]] != nil {
				return nil, fmt.Errorf("line %d: %q", n, line)
			}
			name, now = f[0], &family{help: f[1], samples: map[string]float64{}}
			all[name] = now
		case strings.HasPrefix(line, "# TYPE "):
			f := strings.Split(line[7:], " ")
			if len(f) != 2 || f[0] != name || now.kind != "" || len(now.samples) > 0 {
				return nil, fmt.Errorf("line %d: %q", n, line)
			}
			if now.kind = f[1]; now.kind != "counter" && now.kind != "gauge" && now.kind != "histogram" {
				return nil, fmt.Errorf("line %d: kind %q", n, now.kind)
			}
		default:
			if now == nil || now.kind == "" {
				return nil, fmt.Errorf("line %d: a sample outside a family: %q", n, line)
			}
			err = now.sample(name, line)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w: %q", n, err, line)
		}
	}
	for name, f := range all {
		if f.kind == "histogram" {
			if err := f.checkHistogram(name); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// sample reads name{label="value",...} number.
func (f *family) sample(family, line string) error {
	end := strings.IndexAny(line, "{ ")
	if end < 0 {
		return fmt.Errorf("no value")
	}
	name := line[:end]
	base := name
	if f.kind == "histogram" {
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			base = strings.TrimSuffix(base, suffix)
		}
	}
	if base != family {
		return fmt.Errorf("name %q in family %q", name, family)
	}
	if f.kind == "counter" && !strings.HasSuffix(name, "_total") {
		return fmt.Errorf("a counter without _total")
	}
	key, rest := name, line[end:]
	if rest[0] == '{' {
		labels, tail, err := readLabels(rest[1:])
		if err != nil {
			return err
		}
		key, rest = name+"{"+labels+"}", tail
	}
	if len(rest) < 2 || rest[0] != ' ' {
		return fmt.Errorf("want one blank before the value")
	}
	v, err := strconv.ParseFloat(rest[1:], 64)
	if err != nil || math.IsNaN(v) || v < 0 {
		return fmt.Errorf("value %q", rest[1:])
	}
	if _, twice := f.samples[key]; twice {
		return fmt.Errorf("%s stands twice", key)
	}
	f.samples[key] = v
	return nil
}

// readLabels returns the labels with their values unquoted, and what is behind the closing brace.
func readLabels(s string) (labels, rest string, err error) {
	for {
		name, after, ok := strings.Cut(s, `="`)
		if !ok || !labelExpr.MatchString(name) {
			return "", "", fmt.Errorf("label %q", name)
		}
		var value strings.Builder
		i := 0
		for ; i < len(after) && after[i] != '"'; i++ {
			if after[i] != '\\' {
				value.WriteByte(after[i])
				continue
			}
			if i++; i == len(after) {
				break
			}
			c, ok := map[byte]byte{'\\': '\\', '"': '"', 'n': '\n'}[after[i]]
			if !ok {
				return "", "", fmt.Errorf("escape %q", after[i])
			}
			value.WriteByte(c)
		}
		if i >= len(after)-1 {
			return "", "", fmt.Errorf("labels do not end")
		}
		if strings.ToValidUTF8(value.String(), "") != value.String() {
			return "", "", fmt.Errorf("label value is no UTF-8")
		}
		labels += name + "=" + value.String()
		switch after[i+1] {
		case '}':
			return labels, after[i+2:], nil
		case ',':
			labels, s = labels+",", after[i+2:]
		default:
			return "", "", fmt.Errorf("byte %q behind a label", after[i+1])
		}
	}
}

// checkHistogram: buckets grow, and the last one is the count.
func (f *family) checkHistogram(name string) error {
	last, n := -1.0, 0
	for key, v := range f.samples {
		if strings.HasPrefix(key, name+"_bucket{le=") {
			n++
			last = max(last, v)
		}
	}
	inf, ok := f.samples[name+"_bucket{le=+Inf}"]
	if _, sum := f.samples[name+"_sum"]; !sum || !ok || inf != last || f.samples[name+"_count"] != inf || n < 2 {
		return fmt.Errorf("histogram %s: %v", name, f.samples)
	}
	return nil
}
