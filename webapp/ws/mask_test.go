package ws

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	gobwas "github.com/gobwas/ws"
)

// maskers are both ways to mask: each processor has its own, and must not do otherwise than the other.
var maskers = map[string]func([]byte, uint32) (uint32, bool){"own": applyMask, "aligned": applyMaskAligned}

// 5.3: every alignment, every length to 130, every cut, against the definition and gobwas' Cipher.
func TestMask(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	memory := make([]byte, 160)
	for range 10 {
		mask := randomMask(random)
		for i := range memory {
			memory[i] = byte(random.Uint32())
		}
		for offset := range 16 {
			for n := range 131 {
				want := masked(t, memory, mask, offset, n, random.IntN(n+1))
				theirs := bytes.Clone(memory)
				gobwas.Cipher(theirs[offset:offset+n], mask, 0)
				if !bytes.Equal(theirs, want) {
					t.Fatalf("%d bytes at %d, mask % x: gobwas/ws has others", n, offset, mask)
				}
			}
		}
	}
}

// One byte that is not ASCII is found wherever it stands, and what lies around the payload is not looked at.
func TestMaskFindsASCII(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for offset := range 9 {
		for n := range 40 {
			for at := -1; at < n; at++ {
				mask := randomMask(random)
				memory := bytes.Repeat([]byte{0xff}, 60)
				for i := range n {
					memory[offset+i] = 'a' ^ mask[i%4]
				}
				if at >= 0 {
					memory[offset+at] ^= 0x80
				}
				masked(t, memory, mask, offset, n, n)
			}
		}
	}
}

func FuzzMask(f *testing.F) {
	f.Add([]byte("payload that is longer than four words"), uint32(0x01020304), uint8(3), uint8(7))
	f.Add([]byte("\x80"), uint32(0x80), uint8(0), uint8(0))
	f.Fuzz(func(t *testing.T, memory []byte, key uint32, offset, cut uint8) {
		var mask [4]byte
		binary.LittleEndian.PutUint32(mask[:], key)
		from := min(int(offset), len(memory))
		n := len(memory) - from
		masked(t, memory, mask, from, n, min(int(cut), n))
	})
}

func randomMask(random *rand.Rand) (mask [4]byte) {
	binary.LittleEndian.PutUint32(mask[:], random.Uint32())
	return mask
}

// masked is memory with n bytes of it masked one by one, as all maskers must have it, in two pieces.
func masked(t *testing.T, memory []byte, mask [4]byte, offset, n, cut int) (want []byte) {
	t.Helper()
	want = bytes.Clone(memory)
	ascii, rotated := true, mask
	for i := range n {
		want[offset+i] ^= mask[i%4]
		ascii = ascii && want[offset+i] < 0x80
	}
	for i := range rotated {
		rotated[i] = mask[(n+i)%4]
	}
	for name, apply := range maskers {
		got := bytes.Clone(memory)
		next, first := apply(got[offset:offset+cut], binary.LittleEndian.Uint32(mask[:]))
		next, second := apply(got[offset+cut:offset+n], next)
		if !bytes.Equal(got, want) || next != binary.LittleEndian.Uint32(rotated[:]) || (first && second) != ascii {
			t.Fatalf("%s: %d bytes at %d, cut at %d, mask % x: key % x, ASCII %t and %t, for\n% x have\n% x",
				name, n, offset, cut, mask, next, first, second, want, got)
		}
	}
	return want
}
