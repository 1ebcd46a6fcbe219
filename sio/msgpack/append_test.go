package msgpack

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tinylib/msgp/msgp"
)

// Every value is appended as msgp does, and what stands before it stays.
func TestAppendAgainstMsgp(t *testing.T) {
	numbers := edges()
	random := rand.New(rand.NewPCG(1, 1))
	for range 10000 {
		numbers = append(numbers, random.Uint64()>>random.UintN(64))
	}
	before := []byte("before")
	same := func(name string, n any, got, want []byte) {
		t.Helper()
		if !bytes.Equal(got, want) {
			t.Errorf("%s of %v: %.20x, msgp appends %.20x", name, n, got, want)
		}
	}
	for _, n := range numbers {
		same("uint", n, appendUint(before, n), msgp.AppendUint64(before, n))
		same("array", n, appendArray(before, uint32(n)), msgp.AppendArrayHeader(before, uint32(n)))
		same("map", n, appendMap(before, uint32(n)), msgp.AppendMapHeader(before, uint32(n)))
		if n <= math.MaxInt64 {
			same("int", n, appendInt(before, int64(n)), msgp.AppendUint64(before, n))
			same("int", -int64(n), appendInt(before, -int64(n)), msgp.AppendInt64(before, -int64(n)))
			same("int", -int64(n)-1, appendInt(before, -int64(n)-1), msgp.AppendInt64(before, -int64(n)-1))
		}
		for _, f := range []float64{float64(n), -float64(n), math.Float64frombits(n)} {
			same("float", f, appendFloat64(before, f), msgp.AppendFloat64(before, f))
		}
		if n <= 1<<17 {
			b := make([]byte, n)
			same("string", n, appendString(before, b), msgp.AppendStringFromBytes(before, b))
			same("binary", n, appendBinary(before, b), msgp.AppendBytes(before, b))
		}
	}
	same("nil", nil, appendNil(before), msgp.AppendNil(before))
	same("bool", true, appendBool(before, true), msgp.AppendBool(before, true))
	same("bool", false, appendBool(before, false), msgp.AppendBool(before, false))
	for name, field := range map[string]string{
		"id": fieldID, "type": fieldType, "data": fieldData, "nsp": fieldNamespace,
	} {
		same("string", name, []byte(field), msgp.AppendString(nil, name))
	}
}

// Where there is room nothing is moved, and a message of many values is moved as often as it doubles.
func TestRoom(t *testing.T) {
	big := make([]byte, 0, 100)
	if b := appendString(big, make([]byte, 95)); &b[0] != &big[:1][0] {
		t.Error("moved although there is room")
	}
	var b []byte
	moves, had := 0, 0
	for len(b) < 1<<20 {
		if b = appendFloat64(appendUint(b, 1000), 1.5); cap(b) != had {
			moves, had = moves+1, cap(b)
		}
	}
	if moves > 20 {
		t.Errorf("moved %d times", moves)
	}
}
