package trim

import (
	"fmt"
	"math/bits"
	"os"
	"slices"
	"strings"
)

// Tables of each function (internal/abi/symtab.go).
const (
	pcInlined = 2 // PCDATA_InlTreeIndex
	pcArgs    = 3 // PCDATA_ArgLiveIndex

	dataInlined = 3 // FUNCDATA_InlTree
	dataArgs    = 5 // FUNCDATA_ArgInfo
	dataArgLive = 6 // FUNCDATA_ArgLiveInfo
)

// Program gives the program without the tables that only people read; whole stays as it is. The result runs as whole
// does: it is the same code at the same addresses. The error is ErrRelease when whole was linked by another release of
// Go, or says why it is no program that can be trimmed; one that has been trimmed is none.
func Program(whole []byte) (small []byte, err error) {
	defer damaged(&err)
	t, err := tablesOf(slices.Clone(whole))
	if err != nil {
		return nil, err
	}
	return t.shrunk(t.section, newWriter(t).contents())
}

// File writes to a file small what Program makes of the one in the file whole, which stays for Trace. They are two:
// the Go command takes a program that it built before for what it would build, trimmed or not.
func File(small, whole string) error {
	program, err := os.ReadFile(whole)
	if err != nil {
		return err
	}
	if program, err = Program(program); err != nil {
		return fmt.Errorf("%s: %w", whole, err)
	}
	return os.WriteFile(small, program, 0o755)
}

// damaged makes a panic the error: each index into the tables is from the tables.
func damaged(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("its tables are damaged: %v", r)
	}
}

// writer makes the tables again, with what the runtime needs.
type writer struct {
	*tables
	names, pcs, gofunc []byte
	nameAt             map[string]uint32 // where in names a name is
	seriesAt           map[string]uint32 // where in pcs a series is
	dataAt             map[uint32]uint32 // where in gofunc is what was elsewhere
	starts             []uint32          // of what is in the old gofunc
}

func newWriter(t *tables) *writer {
	w := &writer{tables: t, names: []byte{0}, pcs: []byte{0}, nameAt: map[string]uint32{"": 0},
		seriesAt: map[string]uint32{"": 0}, dataAt: map[uint32]uint32{none: none}}
	for i := range t.count {
		for _, off := range t.function(i).funcdata {
			if off != none {
				w.starts = append(w.starts, off)
			}
		}
	}
	slices.Sort(w.starts)
	w.starts = slices.Compact(w.starts)
	return w
}

// contents gives the section, and writes where they are to moduledata.
func (w *writer) contents() []byte {
	finder, funcs := w.functions()
	size := w.pointer()
	out := slices.Clone(w.all[:8+headWords*size])
	base := w.section.Addr
	put := func(head, mod int, p []byte, align int) {
		out = append(out, make([]byte, -len(out)&(align-1))...)
		if head >= 0 {
			w.putWord(out[8+head*size:], uint64(len(out)))
		}
		w.setMod(mod, base+uint64(len(out)))
		if mod < modFinder { // a slice
			w.setMod(mod+1, uint64(len(p)))
			w.setMod(mod+2, uint64(len(p)))
		}
		out = append(out, p...)
	}
	w.putWord(out[8+headFiles*size:], 0)
	put(headNames, modNames, w.names, 1)
	put(headUnits, modUnits, nil, 4)
	put(headNamesOf, modFiles, nil, 1)
	put(headPCs, modPCs, w.pcs, 1)
	put(headTable, modFuncs, append(finder, funcs...), size)
	w.setMod(modFinder, w.mod(modFuncs))
	put(-1, modGofunc, w.gofunc, size)
	put(-1, modBuckets, w.buckets, 4)
	w.setMod(modEnd, base+uint64(len(out)))
	return out
}

// functions gives the list of functions by address, and what is known of each. Offsets in it count from the list's
// beginning.
func (w *writer) functions() (finder, funcs []byte) {
	size := w.pointer()
	length := 8*w.count + 4
	first := length + -length&(size-1)
	for i := range w.count {
		f := w.trimmed(w.function(i))
		funcs = append(funcs, make([]byte, -len(funcs)&(size-1))...)
		finder = append(finder, w.tables.funcs[8*i:8*i+4]...)
		finder = w.append32(finder, uint32(first+len(funcs)))
		funcs = append(funcs, f.fixed...)
		for _, off := range slices.Concat(f.pcdata, f.funcdata) {
			funcs = w.append32(funcs, off)
		}
	}
	finder = append(finder, w.tables.funcs[8*w.count:length]...) // where the last one ends
	return append(finder, make([]byte, first-length)...), funcs
}

// trimmed is a function without what only people read, and with offsets into the new tables.
func (w *writer) trimmed(f function) function {
	order := w.ByteOrder
	fixed := slices.Clone(f.fixed)
	order.PutUint32(fixed[funcName:], w.addName(w.name(order.Uint32(fixed[funcName:]))))
	order.PutUint32(fixed[funcPCSP:], w.addSeries(order.Uint32(fixed[funcPCSP:])))
	for _, at := range []int{funcFile, funcLine, funcUnit, funcStart} {
		order.PutUint32(fixed[at:], 0)
	}
	pcdata, funcdata := slices.Clone(f.pcdata), slices.Clone(f.funcdata)
	drop := func(list []uint32, i int, nothing uint32) {
		if i < len(list) {
			list[i] = nothing
		}
	}
	drop(pcdata, pcArgs, 0)
	drop(funcdata, dataArgs, none)
	drop(funcdata, dataArgLive, none)
	if !w.keepsInlined(f) {
		drop(pcdata, pcInlined, 0)
		drop(funcdata, dataInlined, none)
	}
	pcdata, funcdata = cutEnd(pcdata, 0), cutEnd(funcdata, none)
	for i, off := range pcdata {
		pcdata[i] = w.addSeries(off)
	}
	for i, off := range funcdata {
		funcdata[i] = w.addData(off, i == dataInlined)
	}
	order.PutUint32(fixed[funcPCData:], uint32(len(pcdata)))
	fixed[funcData] = byte(len(funcdata))
	return function{fixed, pcdata, funcdata}
}

// cutEnd is a list to its last entry that is something.
func cutEnd(list []uint32, nothing uint32) []uint32 {
	for len(list) > 0 && list[len(list)-1] == nothing {
		list = list[:len(list)-1]
	}
	return list
}

const inlinedSize = 16 // runtime.inlinedCall: ID and padding, name, parent, line

// keepsInlined tells whether the runtime asks for the calls that were inlined into f. Preemption asks which function is
// the innermost, to leave those of the runtime alone: all of f when f is one of them. And recover counts the functions
// up to the panic, without wrappers: what was inlined into a wrapper counts.
func (w *writer) keepsInlined(f function) bool {
	if len(f.funcdata) <= dataInlined || f.funcdata[dataInlined] == none {
		return false
	}
	if f.fixed[funcID] != 0 {
		return true
	}
	if ofRuntime(w.name(w.ByteOrder.Uint32(f.fixed[funcName:]))) {
		return false
	}
	for tree := w.data(f.funcdata[dataInlined]); len(tree) >= inlinedSize; tree = tree[inlinedSize:] {
		if ofRuntime(w.name(w.ByteOrder.Uint32(tree[4:]))) {
			return true
		}
	}
	return false
}

// addName gives the offset of a function's name.
func (w *writer) addName(name string) uint32 {
	name = short(name)
	at, ok := w.nameAt[name]
	if !ok {
		at = uint32(len(w.names))
		w.nameAt[name] = at
		w.names = append(append(w.names, name...), 0)
	}
	return at
}

func (w *writer) addSeries(off uint32) uint32 {
	if off == 0 {
		return 0
	}
	s := string(w.series(off))
	at, ok := w.seriesAt[s]
	if !ok {
		at = uint32(len(w.pcs))
		w.seriesAt[s] = at
		w.pcs = append(w.pcs, s...)
	}
	return at
}

// data is what funcdata has at an offset, to where the next begins.
func (w *writer) data(off uint32) []byte {
	i, _ := slices.BinarySearch(w.starts, off)
	end := uint32(len(w.tables.gofunc))
	if i+1 < len(w.starts) {
		end = w.starts[i+1]
	}
	return w.tables.gofunc[off:end]
}

// addData copies it, aligned as it was.
func (w *writer) addData(off uint32, inlined bool) uint32 {
	if at, ok := w.dataAt[off]; ok {
		return at
	}
	p := slices.Clone(w.data(off))
	for tree := p; inlined && len(tree) >= inlinedSize; tree = tree[inlinedSize:] {
		w.ByteOrder.PutUint32(tree[4:], w.addName(w.name(w.ByteOrder.Uint32(tree[4:]))))
		w.ByteOrder.PutUint32(tree[12:], 0) // the line it begins at
	}
	align := min(w.pointer(), 1<<bits.TrailingZeros32(off|16))
	w.gofunc = append(w.gofunc, make([]byte, -len(w.gofunc)&(align-1))...)
	w.dataAt[off] = uint32(len(w.gofunc))
	w.gofunc = append(w.gofunc, p...)
	return w.dataAt[off]
}

// ofRuntime tells whether the runtime treats functions of that name specially, by its first letters.
func ofRuntime(name string) bool {
	return strings.HasPrefix(name, "runtime.") || strings.HasPrefix(name, "internal/runtime/") ||
		strings.HasPrefix(name, "reflect.")
}

// short is a name without the folders of its package, and with type arguments as traces print them. Names of the
// runtime stay, and none becomes like one.
func short(name string) string {
	if ofRuntime(name) {
		return name
	}
	s := name
	if kind, ok := strings.CutPrefix(s, "type:."); ok { // equality and hash of a type
		kind, _, _ = strings.Cut(kind, ".")
		return "type:." + kind
	}
	s = printed(s)
	path, rest := s, ""
	if at := strings.IndexAny(s, "([ "); at >= 0 {
		path, rest = s[:at], s[at:]
	}
	s = path[strings.LastIndexByte(path, '/')+1:] + rest
	if ofRuntime(s) {
		return name
	}
	return s
}
