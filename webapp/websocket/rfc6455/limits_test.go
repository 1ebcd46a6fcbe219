package rfc6455

import "fmt"

// limits is group 9: what the public suite measures, and wants back as it was.
func limits(d dialect) (rows []row) {
	for i, op := range []byte{opText, opBinary} {
		add := func(group, n int, what, wire string, chop int, payload string) {
			rows = append(rows, sound(fmt.Sprintf("9.%d.%d", group+i, n+1), "5.6", kinds[op]+" message of "+what,
				[]step{{wire: wire, chop: chop}}, event{kinds[op], payload}))
		}
		for n, size := range []int{64 << 10, 256 << 10, 1 << 20, 4 << 20, 8 << 20, 16 << 20} {
			payload := d.fill(op, size)
			add(1, n, amount(size), frame(fin|op, payload), 0, payload)
		}
		payload := d.fill(op, 4<<20)
		for n, size := range []int{64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20} {
			add(3, n, "4 MiB in fragments of "+amount(size), fragments(op, payload, size), 0, payload)
		}
		payload = d.fill(op, 1<<20)
		for n, size := range []int{64, 128, 256, 512, 1024, 2048} {
			add(5, n, "1 MiB in chops of "+amount(size), frame(fin|op, payload), size, payload)
		}
		for n, size := range []int{0, 16, 64, 256, 1 << 10, 4 << 10} {
			rows = append(rows, roundTrips(d, fmt.Sprintf("9.%d.%d", 7+i, n+1), op, size))
		}
	}
	return rows
}

// roundTrips are 1000 messages, each sent when the one before is back.
func roundTrips(d dialect, id string, op byte, size int) row {
	payload := d.fill(op, size)
	if op == opText && len(payload) < len(d.prefix) {
		payload = d.prefix
	}
	steps, want := make([]step, 1000), make([]event, 1000)
	wire := frame(fin|op, payload)
	for i := range steps {
		steps[i], want[i] = step{wire: wire, await: i + 1}, event{kinds[op], payload}
	}
	return sound(id, "5.6", fmt.Sprintf("1000 %s messages of %s, one by one", kinds[op], amount(size)), steps, want...)
}

func amount(n int) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d octets", n)
}
