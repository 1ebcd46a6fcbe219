package sim

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Every message has a number of its own, its first argument; what follows is
// made from that number alone, so that both sides know it.

var words = []string{
	"", "a", "hello world", "line\nbreak\ttab", `quote " and back \ slash \n`, "grün", "日本語",
	"😀 pile", "\u2028\u2029", "</script>", "nul \x01 \x1e sep", "NaN", "_placeholder", "0", "4€",
}

// body makes the arguments of message n. Without binary no []byte is in it.
func body(seed, n uint64) []any {
	rnd := rand.New(rand.NewPCG(seed, n))
	args := []any{float64(n)}
	for range rnd.IntN(4) {
		args = append(args, value(rnd, 2))
	}
	switch n := rnd.IntN(400); {
	case n < 8:
		args = append(args, blob(rnd, 16<<10))
	case n < 16:
		args = append(args, strings.Repeat(words[rnd.IntN(len(words))], rnd.IntN(500)))
	case n == 16:
		args = append(args, blob(rnd, 80<<10))
	}
	return args
}

func value(rnd *rand.Rand, depth int) any {
	n := rnd.IntN(10)
	if depth == 0 {
		n = rnd.IntN(7)
	}
	switch n {
	case 0:
		return nil
	case 1:
		return rnd.IntN(2) == 0
	case 2:
		return float64(rnd.IntN(1<<20)-1<<19) / 8
	case 3, 4:
		return words[rnd.IntN(len(words))]
	case 5:
		return float64(rnd.Int64N(1 << 53))
	case 6:
		return blob(rnd, 64)
	case 7, 8:
		list := make([]any, rnd.IntN(4))
		for i := range list {
			list[i] = value(rnd, depth-1)
		}
		return list
	default:
		m := make(map[string]any)
		for range rnd.IntN(4) {
			m[fmt.Sprint("k", rnd.IntN(9))] = value(rnd, depth-1)
		}
		return m
	}
}

func blob(rnd *rand.Rand, limit int) []byte {
	b := make([]byte, rnd.IntN(limit))
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	return b
}

// attachments counts the binary values in v.
func attachments(v any) int {
	n := 0
	switch v := v.(type) {
	case []byte:
		return 1
	case []any:
		for _, x := range v {
			n += attachments(x)
		}
	case map[string]any:
		for _, x := range v {
			n += attachments(x)
		}
	}
	return n
}

// same compares values deeply.
func same(a, b any) bool {
	switch a := a.(type) {
	case []byte:
		b, ok := b.([]byte)
		return ok && bytes.Equal(a, b)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, same)
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k, v := range a {
			w, ok := b[k]
			if !ok || !same(v, w) {
				return false
			}
		}
		return true
	}
	return a == b
}

// keys are the keys of m in order: nothing may depend on the order of a map.
func keys(m map[string]any) []string {
	list := make([]string, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}
