package words

import (
	"bytes"
	"encoding/binary"
	"testing"
	"unsafe"
)

// Every start and length: the view is aligned, as long as can be, and of the same memory.
func TestOf(t *testing.T) {
	memory := make([]byte, 64)
	for from := range 32 {
		for n := range 33 {
			b := memory[from : from+n : from+n]
			for i := range b {
				b[i] = byte(i + 1)
			}
			at, w := Of(b)
			end := at + len(w)*Bytes
			if at < 0 || end > n || len(w) == 0 && at != n {
				t.Fatalf("%d bytes at %d: words [%d:%d]", n, from, at, end)
			}
			if len(w) == 0 {
				if n >= 2*Bytes-1 {
					t.Fatalf("%d bytes at %d: no words", n, from)
				}
				continue
			}
			if at >= Bytes || n-end >= Bytes || uintptr(unsafe.Pointer(&w[0]))%Bytes != 0 {
				t.Fatalf("%d bytes at %d: words [%d:%d]", n, from, at, end)
			}
			for i := range w {
				if w[i] != native(b[at+i*Bytes:]) {
					t.Fatalf("%d bytes at %d: word %d is %x", n, from, i, w[i])
				}
				w[i] = 0
			}
			if want := make([]byte, end-at); !bytes.Equal(b[at:end], want) ||
				bytes.IndexByte(b[:at], 0) >= 0 || bytes.IndexByte(b[end:], 0) >= 0 {
				t.Fatalf("%d bytes at %d, set to 0 from %d to %d: % x", n, from, at, end, b)
			}
		}
	}
}

func native(b []byte) uint {
	if Bytes == 4 {
		return uint(binary.NativeEndian.Uint32(b))
	}
	return uint(binary.NativeEndian.Uint64(b))
}

func TestRepeat(t *testing.T) {
	w := []uint{Repeat(0x04030201)}
	if b := unsafe.Slice((*byte)(unsafe.Pointer(&w[0])), Bytes); string(b) != "\x01\x02\x03\x04\x01\x02\x03\x04"[:Bytes] {
		t.Errorf("% x", b)
	}
	if Ones*0x80 != Tops || native(bytes.Repeat([]byte{1}, 8)) != Ones {
		t.Errorf("%x, %x", Ones, Tops)
	}
}
