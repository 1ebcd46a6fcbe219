package rate

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

func v4(i int) netip.Addr {
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(i))))
}

func TestTableOfAddresses(t *testing.T) {
	tab := Table{Limit: New(5, time.Minute, 5)}
	a, b := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::ffff")
	for range 5 {
		if tab.Take(a, 1000, 1) != 0 {
			t.Fatal("the burst is refused")
		}
	}
	if wait := tab.Take(b, 1000, 1); wait != 12000 {
		t.Errorf("a neighbour in the /64 waits %d ms", wait)
	}
	if tab.Take(netip.MustParseAddr("2001:db8:0:1::1"), 1000, 1) != 0 {
		t.Error("the next /64 waits")
	}
	mapped, plain := netip.MustParseAddr("::ffff:1.2.3.4"), netip.MustParseAddr("1.2.3.4")
	if tab.Take(mapped, 1000, 5) != 0 || tab.Wait(plain, 1000, 1) == 0 {
		t.Error("an IPv4 address in IPv6's form is another one")
	}
	if tab.Take(netip.Addr{}, 1000, 1e6) != 0 || tab.Len() != 3 {
		t.Error("a unix socket is limited")
	}
}

// Whoever owes is remembered, however many others come.
func TestTableForgetsNobodyInDebt(t *testing.T) {
	tab := Table{Limit: New(5, time.Minute, 5), Max: 64}
	abuser := netip.MustParseAddr("198.51.100.7")
	tab.Take(abuser, 1000, 5)
	for i := range 100000 {
		tab.Take(v4(i<<3), 1000, 1)
	}
	if tab.Wait(abuser, 1000, 1) == 0 {
		t.Error("the abuser is forgotten")
	}
	if tab.Len() != 64 || len(tab.entries) > 80 {
		t.Errorf("%d addresses, %d entries", tab.Len(), len(tab.entries))
	}
	waiting := 0
	for i := range 16 { // one of each /48
		if tab.Take(netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 0, byte(i)}), 1000, 1) != 0 {
			waiting++
		}
	}
	if waiting > 8 { // by chance a few share a bucket with the 13 networks of the spray
		t.Errorf("%d newcomers of 16 from elsewhere wait", waiting)
	}
	tab.Take(v4(1<<30), 90000, 1)
	for i := range 64 { // each newcomer sweeps two away
		tab.Take(v4(1<<30+i), 90000, 1)
	}
	if n := tab.Len(); n > 64 || tab.Wait(abuser, 90000, 5) != 0 {
		t.Errorf("%d addresses after a minute", n)
	}
}

// TestTableModel counts connections with a map beside it, and wants no memory to
// be left when they are gone.
func TestTableModel(t *testing.T) {
	d := rand.New(rand.NewPCG(1, 2))
	tab := Table{Limit: New(100, time.Second, 100), Max: 16}
	open := map[netip.Addr]int{}
	now := int64(1 << 30)
	for range 100000 {
		now += int64(d.IntN(3))
		a := v4(d.IntN(200))
		switch k := d.IntN(3); {
		case k == 0:
			open[a]++
			if n := tab.Enter(a, now); n != open[a] {
				t.Fatalf("%d connections, want %d", n, open[a])
			}
		case k == 1 && open[a] > 0:
			open[a]--
			tab.Leave(a, now)
		default:
			tab.Take(a, now, 1+d.IntN(5))
		}
		pinned := 0
		for _, n := range open {
			pinned += min(n, 1)
		}
		if tab.listed > 16 || tab.Len() != tab.listed+pinned {
			t.Fatalf("%d listed, %d pinned, %d in all", tab.listed, pinned, tab.Len())
		}
	}
	now += 1e6
	for a, n := range open {
		for range n {
			tab.Leave(a, now)
		}
	}
	for i := range 20 {
		tab.sweep(now + int64(i))
	}
	if tab.Len() != 0 || tab.index != nil || tab.entries != nil {
		t.Errorf("%d addresses are left", tab.Len())
	}
}

// A table that was large is small again.
func TestTableShrinks(t *testing.T) {
	tab := Table{Limit: New(1, time.Second, 1)}
	for i := range 1000 {
		tab.Enter(v4(i), 1)
	}
	for i := range 990 {
		tab.Leave(v4(i), 1)
	}
	if len(tab.entries) > keepEntries || tab.Len() != 10 {
		t.Errorf("%d entries for %d addresses", len(tab.entries), tab.Len())
	}
	for i := 990; i < 1000; i++ {
		if n := tab.Enter(v4(i), 1); n != 2 {
			t.Errorf("address %d has %d connections", i, n)
		}
	}
}
