package eos

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// Section 6 A: what is privileged is denied in User Mode, with module, API and mode.
func TestGuard(t *testing.T) {
	user, privileged := NewGuard(nil, UserMode), NewGuard(nil, PrivilegeMode)
	for _, r := range DefaultMatrix().Rows() {
		if err := privileged.Check(r.API); err != nil {
			t.Errorf("Privilege Mode: %v", err)
		}
		err := user.Check(r.API)
		if r.User {
			if err != nil {
				t.Errorf("User Mode: %v", err)
			}
			continue
		}
		var denied *PermissionError
		if !errors.As(err, &denied) || *denied != (PermissionError{r.Module, r.Name, UserMode}) {
			t.Errorf("%s in User Mode: %v", r.API, err)
		}
	}
	if n := len(strings.Fields(privilegedRows)); user.Denials() != uint64(n) || privileged.Denials() != 0 {
		t.Errorf("%d and %d denials, want %d and 0", user.Denials(), privileged.Denials(), n)
	}
	err := user.Check(ProcessSpawn)
	if err.Error() != "eos: process.process.spawn is not available in User Mode" || !IsDenied(fmt.Errorf("x: %w", err)) {
		t.Error(err)
	}
	if user.Denied(ProcessSpawn) != 2 || user.Denied(FSChown) != 1 || user.Denied(SocketEmit) != 0 {
		t.Error("denials are not counted per API")
	}
	if user.Mode() != UserMode || privileged.Mode() != PrivilegeMode {
		t.Error("mode")
	}
}

func TestGuardOfNothing(t *testing.T) {
	var none *Guard
	if none.Check(ProcessKill) != nil {
		t.Error("no guard denies")
	}
	var zero Guard
	if zero.Check(SocketEmit) == nil || NewGuard(nil, 9).Check(SocketEmit) == nil {
		t.Error("the zero guard, or that of an unknown mode, allows")
	}
	g := NewGuard(nil, PrivilegeMode)
	for a := apiCount; a < apiCount+100; a++ {
		if g.Check(a) == nil {
			t.Fatal("an API that does not exist is allowed")
		}
	}
	if g.Denials() != 100 || len(g.denied) != 1 {
		t.Errorf("%d denials in %d entries", g.Denials(), len(g.denied))
	}
}

func TestGuardNarrows(t *testing.T) {
	m := DefaultMatrix()
	g := NewGuard(m, UserMode)
	if err := m.Narrow(strings.NewReader("socket.io.socket.emit user deny")); err != nil {
		t.Fatal(err)
	}
	if g.Check(SocketEmit) != nil {
		t.Error("the guard changed without being told")
	}
	g.Narrow(m.Allowed(UserMode))
	if g.Check(SocketEmit) == nil || g.Check(SocketOn) != nil {
		t.Error("the guard was not narrowed to the matrix")
	}
	g.Narrow(DefaultMatrix().Allowed(PrivilegeMode))
	if g.Check(SocketEmit) == nil || g.Check(ProcessKill) == nil {
		t.Error("the guard was widened")
	}
}

func TestSet(t *testing.T) {
	var s Set
	for a := range apiCount {
		s.Add(a)
		if !s.Has(a) || s.Has(a+1) {
			t.Fatal(a)
		}
	}
	for a := range apiCount {
		s.Remove(a)
		if s.Has(a) || a+1 < apiCount && !s.Has(a+1) {
			t.Fatal(a)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("an API that does not exist was added")
		}
	}()
	s.Remove(apiCount)
	s.Add(apiCount)
}

func TestCheckDoesNotAllocate(t *testing.T) {
	g := NewGuard(nil, UserMode)
	_ = g.Check(ProcessKill) // the first denial makes its entry
	n := testing.AllocsPerRun(100, func() {
		_ = g.Check(SocketEmit)
		_ = g.Check(ProcessKill)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCheck(b *testing.B) {
	g := NewGuard(nil, UserMode)
	for name, a := range map[string]API{"allowed": SocketEmit, "denied": ProcessKill} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if (g.Check(a) == nil) != (a == SocketEmit) {
					b.Fatal("wrong")
				}
			}
		})
	}
}
