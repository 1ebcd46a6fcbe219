package main

import (
	"io/fs"
	"sync"
	"testing"
)

// slowBoard is a device whose files answer when the test lets them.
type slowBoard struct {
	fs.FS
	mu   sync.Mutex
	gate chan struct{} // nil: at once
	held int           // readings that wait at the gate, or did
}

func (b *slowBoard) Open(name string) (fs.File, error) {
	b.mu.Lock()
	gate := b.gate
	if gate != nil {
		b.held++
	}
	b.mu.Unlock()
	if gate != nil {
		<-gate
	}
	return b.FS.Open(name)
}

func (b *slowBoard) shut(gate chan struct{}) {
	b.mu.Lock()
	b.gate = gate
	b.mu.Unlock()
}

// A device that hangs holds up one reading, not the loop, and no second one is begun meanwhile.
func TestSlowDevice(t *testing.T) {
	b := &slowBoard{FS: board()}
	r := startOn(t, b)
	p := r.open(nil)
	gate := make(chan struct{})
	b.shut(gate)
	if refusal, _ := p.ask("watch", "memory"); refusal != nil {
		t.Fatalf("%v", refusal)
	}
	away := false
	r.on(func() {
		for range 3 {
			r.loop.Disarm(&r.telemetry.Timer)
			r.telemetry.OnTimer(&r.telemetry.Timer)
		}
		away = r.telemetry.away
	})
	if status, _, _ := r.ask("GET", "/", "", nil); status != 200 {
		t.Errorf("meanwhile a page is %d", status)
	}
	b.shut(nil)
	if !away || b.held > 1 {
		t.Errorf("away is %v, %d readings are under way", away, b.held)
	}
	close(gate)
	if got := p.reading("memory"); got["total"] != 247652.0*1024 {
		t.Errorf("%v", got)
	}
}

// A topic that the board does not have is told so, and its room stays empty.
func TestBareBoard(t *testing.T) {
	root := board()
	for name := range root {
		if len(name) > 4 && name[:4] == "sys/" {
			delete(root, name)
		}
	}
	r := startOn(t, root)
	p := r.open(nil)
	if refusal, _ := p.ask("watch", "temperature"); refusal["error"] != "NotOnThisBoard" {
		t.Errorf("%v", refusal)
	}
	if refusal, _ := p.ask("watch", "load"); refusal != nil {
		t.Errorf("%v", refusal)
	}
	var list []string
	r.on(func() { list = r.telemetry.watched() })
	if len(list) != 1 || list[0] != "load" {
		t.Errorf("watched are %v", list)
	}
}
