package ws

import (
	"fmt"
	"strings"
	"testing"
)

// W17: the public RFC 6455 conformance groups 1 to 7, 9 and 10, by their numbers, at the level of the Reader: what a
// server is told of each stream. Echoing is not the Reader's. Groups 12 and 13 are in
// conformance_deflate_test.go. Each case is fed whole, in its own chops and, if it is not too long, in pieces of 997
// bytes and by the octet.

type conformanceCase struct {
	id, wire, want string
	chop           int // 0: whole
}

var conformanceLimits = Limits{MessageBytes: 16 << 20, Fragments: 1 << 17}

func TestConformance(t *testing.T) {
	var cases []conformanceCase
	for _, group := range [][]conformanceCase{
		framing(), pings(), reservedBits(), opcodes(), fragmentation(), utf8Basics(), utf8Table(), closeHandling(),
		limitCases(),
	} {
		cases = append(cases, group...)
	}
	seen := map[string]bool{}
	for _, c := range cases {
		if seen[c.id] {
			t.Errorf("%s stands twice", c.id)
		}
		seen[c.id] = true
		chops := []int{len(c.wire)}
		if c.chop > 0 {
			chops = append(chops, c.chop)
		}
		if len(c.wire) < 1<<18 {
			chops = append(chops, 997)
		}
		if len(c.wire) < 1<<13 {
			chops = append(chops, 1)
		}
		for _, n := range chops {
			if got := outcome(t, &conformanceLimits, octets(c.wire, max(n, 1))...); got != c.want {
				t.Errorf("%s in pieces of %d: got\n%s\nwant\n%s", c.id, n, got, c.want)
				break
			}
		}
	}
	t.Logf("%d cases", len(cases))
}

// line is what the log notes of a payload.
func line(what, payload string) string {
	var l log
	l.add(what, []byte(payload))
	return l.lines[0]
}

func framing() (cases []conformanceCase) {
	for kind, op := range map[string]OpCode{"text": OpText, "binary": OpBinary} {
		for i, size := range []int{0, 125, 126, 127, 128, 65535, 65536, 65536} {
			payload, c := strings.Repeat("*", size), conformanceCase{chop: []int{0, 997}[i/7]}
			c.id = fmt.Sprintf("1.%d.%d", op, i+1)
			c.wire, c.want = finFrame(op, payload), line(kind, payload)
			cases = append(cases, c)
		}
	}
	return cases
}

func pings() []conformanceCase {
	long := strings.Repeat("\xfe", 125)
	pong := func(payload string) string { return finFrame(OpPong, payload) }
	var ten, told string
	for i := range 10 {
		payload := fmt.Sprintf("payload-%d", i)
		ten += ping(payload)
		told += line("ping", payload) + "\n"
	}
	told = strings.TrimSpace(told)
	return []conformanceCase{
		{"2.1", ping(""), `ping ""`, 0},
		{"2.2", ping("Hello, world!"), `ping "Hello, world!"`, 0},
		{"2.3", ping("\x00\xff\xfe\xfd\xfc\xfb\x00\xff"), line("ping", "\x00\xff\xfe\xfd\xfc\xfb\x00\xff"), 0},
		{"2.4", ping(long), line("ping", long), 0},
		{"2.5", ping(long + "\xfe"), failure(ErrControlTooLong), 0},
		{"2.6", ping(long), line("ping", long), 1},
		{"2.7", pong(""), `pong ""`, 0},
		{"2.8", pong("unsolicited"), `pong "unsolicited"`, 0},
		{"2.9", pong("unsolicited") + ping("ping"), lines(`pong "unsolicited"`, `ping "ping"`), 0},
		{"2.10", ten, told, 0},
		{"2.11", ten, told, 1},
	}
}

func reservedBits() (cases []conformanceCase) {
	hello := text("Hello, world!")
	for rsv := byte(1); rsv <= 7; rsv++ {
		op := []OpCode{OpText, OpText, OpText, OpText, OpBinary, OpPing, OpClose}[rsv-1]
		c := conformanceCase{id: fmt.Sprintf("3.%d", rsv), want: failure(ErrReservedBit)}
		if rsv > 1 && rsv < 5 {
			c.wire, c.want = hello, lines(`text "Hello, world!"`, c.want)
		}
		c.wire += frame(fin|rsv<<4|byte(op), "Hello, world!") + ping("")
		cases = append(cases, c)
	}
	return cases
}

func opcodes() (cases []conformanceCase) {
	for group, first := range []byte{3, 11} {
		for i := range byte(5) {
			c := conformanceCase{id: fmt.Sprintf("4.%d.%d", group+1, i+1), want: failure(ErrReservedOpCode)}
			if i >= 2 {
				c.wire, c.want = text("Hello, world!"), lines(`text "Hello, world!"`, c.want)
			}
			payload := []string{"", "reserved opcode payload"}[i%2]
			c.wire += frame(fin|(first+i), payload) + ping("")
			cases = append(cases, c)
		}
	}
	return cases
}

func fragmentation() []conformanceCase {
	two := startText("fragment1") + last("fragment2")
	pinged := startText("fragment1") + ping("ping") + last("fragment2")
	whole := `text "fragment1fragment2"`
	dangling := more("non-continuation payload") + text("Hello, world!")
	ended := last("non-continuation payload") + text("Hello, world!")
	twice := strings.Repeat(more("fragment1")+last("fragment2"), 2)
	five := startText("fragment1") + more("fragment2") + ping("1") + more("fragment3") + more("fragment4") +
		ping("2") + last("fragment5")
	fiveTold := lines(`ping "1"`, `ping "2"`, line("text", "fragment1fragment2fragment3fragment4fragment5"))
	return []conformanceCase{
		{"5.1", frame(byte(OpPing), "fragment1") + last("fragment2"), failure(ErrControlFragmented), 0},
		{"5.2", frame(byte(OpPong), "fragment1") + last("fragment2"), failure(ErrControlFragmented), 0},
		{"5.3", two, whole, 0},
		{"5.4", two, whole, 15},
		{"5.5", two, whole, 1},
		{"5.6", pinged, lines(`ping "ping"`, whole), 0},
		{"5.7", pinged, lines(`ping "ping"`, whole), 15},
		{"5.8", pinged, lines(`ping "ping"`, whole), 1},
		{"5.9", ended, failure(ErrNoMessage), 0},
		{"5.10", ended, failure(ErrNoMessage), 30},
		{"5.11", ended, failure(ErrNoMessage), 1},
		{"5.12", dangling, failure(ErrNoMessage), 0},
		{"5.13", dangling, failure(ErrNoMessage), 30},
		{"5.14", dangling, failure(ErrNoMessage), 1},
		{"5.15", two + more("fragment3") + text("fragment4"), lines(whole, failure(ErrNoMessage)), 0},
		{"5.16", twice, failure(ErrNoMessage), 0},
		{"5.17", strings.Repeat(last("fragment1")+last("fragment2"), 2), failure(ErrNoMessage), 0},
		{"5.18", startText("fragment1") + text("fragment2"), failure(ErrInsideMessage), 0},
		{"5.19", five, fiveTold, 0},
		{"5.20", five, fiveTold, 1},
	}
}

func closeHandling() (cases []conformanceCase) {
	big, hello := strings.Repeat("*", 256<<10), text("Hello World!")
	told := `text "Hello World!"`
	long := strings.Repeat("*", 123)
	cases = []conformanceCase{
		{"7.1.1", hello + closing(1000, ""), lines(told, `close 1000 ""`), 0},
		{"7.1.2", closing(1000, "") + closing(1000, ""), `close 1000 ""`, 0},
		{"7.1.3", closing(1000, "") + ping(""), `close 1000 ""`, 0},
		{"7.1.4", closing(1000, "") + hello, `close 1000 ""`, 0},
		{"7.1.5", startText("fragment1") + closing(1000, "") + last("fragment2"), `close 1000 ""`, 0},
		{"7.1.6", text(big) + closing(1000, "") + ping(""), lines(line("text", big), `close 1000 ""`), 0},
		{"7.3.1", finFrame(OpClose, ""), `close 1005 ""`, 0},
		{"7.3.2", finFrame(OpClose, "a"), failure(ErrCloseLength), 0},
		{"7.3.3", closing(1000, ""), `close 1000 ""`, 0},
		{"7.3.4", closing(1000, "Hello World!"), `close 1000 "Hello World!"`, 0},
		{"7.3.5", closing(1000, long), line("close 1000", long), 0},
		{"7.3.6", closing(1000, long+"*"), failure(ErrControlTooLong), 0},
		{"7.5.1", closing(1000, "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80"), failure(ErrCloseReason), 0},
	}
	for i, code := range []uint16{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		cases = append(cases, conformanceCase{fmt.Sprintf("7.7.%d", i+1), closing(code, ""),
			fmt.Sprintf(`close %d ""`, code), 0})
	}
	for i, code := range []uint16{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999} {
		cases = append(cases, conformanceCase{fmt.Sprintf("7.9.%d", i+1), closing(code, ""), failure(ErrCloseCode), 0})
	}
	for i, code := range []uint16{5000, 65535} {
		cases = append(cases, conformanceCase{fmt.Sprintf("7.13.%d", i+1), closing(code, ""), failure(ErrCloseCode), 0})
	}
	return cases
}

func limitCases() (cases []conformanceCase) {
	kinds := []struct {
		name string
		op   OpCode
	}{{"text", OpText}, {"binary", OpBinary}}
	for k, kind := range kinds {
		add := func(group, i int, wire, payload string, chop int) {
			cases = append(cases, conformanceCase{fmt.Sprintf("9.%d.%d", group+k, i+1), wire,
				line(kind.name, payload), chop})
		}
		for i, size := range []int{64 << 10, 256 << 10, 1 << 20, 4 << 20, 8 << 20, 16 << 20} {
			payload := strings.Repeat("*", size)
			add(1, i, finFrame(kind.op, payload), payload, 0)
		}
		whole := strings.Repeat("*", 4<<20)
		for i, size := range []int{64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20} {
			add(3, i, fragmented(kind.op, whole, size), whole, 0)
		}
		whole = whole[:1<<20]
		for i, size := range []int{64, 128, 256, 512, 1024, 2048} {
			add(5, i, finFrame(kind.op, whole), whole, size)
		}
	}
	for group, chop := range []int{0, 1} {
		for i, size := range []int{0, 16, 64, 256, 1024, 4096} {
			payload := strings.Repeat("*", size)
			cases = append(cases, conformanceCase{fmt.Sprintf("9.%d.%d", 7+group, i+1),
				strings.Repeat(finFrame(OpText, payload), 10),
				strings.TrimSuffix(strings.Repeat(line("text", payload)+"\n", 10), "\n"), chop})
		}
	}
	payload := strings.Repeat("*", 65536)
	return append(cases, conformanceCase{"10.1.1", fragmented(OpText, payload, 1300), line("text", payload), 0})
}

// fragmented sends a message in frames of size bytes.
func fragmented(op OpCode, payload string, size int) string {
	var wire strings.Builder
	pieces := octets(payload, size)
	for i, piece := range pieces {
		first := byte(OpContinuation)
		if i == 0 {
			first = byte(op)
		}
		if i == len(pieces)-1 {
			first |= fin
		}
		wire.WriteString(frame(first, piece))
	}
	return wire.String()
}
