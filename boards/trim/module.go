package trim

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// release is the one whose tables are known here: the layout of moduledata changes with most of them.
const release = "go1.26"

// ErrRelease is of a program that another release of Go has linked. It runs as it is.
var ErrRelease = errors.New("tables of this release of Go are not known")

// The words of moduledata (runtime/symtab.go) that the linker fills with addresses of the tables. A slice is three.
const (
	modHeader   = 0
	modNames    = 1
	modUnits    = 4
	modFiles    = 7
	modPCs      = 10
	modFuncs    = 13
	modFinder   = 16 // ftab, which is where modFuncs begins
	modBuckets  = 19 // findfunctab
	modGofunc   = 40
	modEnd      = 41 // epclntab
	moduleWords = 42
)

// The words of pcHeader that follow its first eight bytes.
const (
	headFuncs   = 0
	headFiles   = 1
	headNames   = 3
	headUnits   = 4
	headNamesOf = 5 // of files
	headPCs     = 6
	headTable   = 7
	headWords   = 8
)

const magic = 0xfffffff1 // internal/abi.CurrentPCLnTabMagic, of go1.20 and later

// tables are a program's, cut out of their section.
type tables struct {
	*file
	section *elf.Section
	all     []byte // of the section
	module  []byte // moduledata
	names   []byte
	units   []byte // compilation units: where in files each of their files is
	files   []byte // names
	pcs     []byte
	funcs   []byte // by address, and what is known of each
	gofunc  []byte // funcdata
	buckets []byte // by address, where in funcs to look
	count   int    // of functions
	quantum byte   // bytes: the shortest instruction
}

// tablesOf reads those of a program that has not been trimmed.
func tablesOf(program []byte) (*tables, error) {
	f, err := open(program)
	if err != nil {
		return nil, err
	}
	t, err := readTables(f)
	if err == nil && t.mod(modFiles+1) == 0 {
		return nil, errors.New("it has been trimmed, and has no lines")
	}
	return t, err
}

// readTables finds the tables and compares what the linker wrote of them in two places.
func readTables(f *file) (*tables, error) {
	if err := linkedBy(f.bytes); err != nil {
		return nil, err
	}
	t := &tables{file: f}
	var err error
	if t.section, t.all, err = f.part(".gopclntab"); err != nil {
		return nil, err
	}
	if _, t.module, err = f.part(".go.module"); err != nil {
		return nil, err
	}
	if len(t.module) < moduleWords*f.pointer() || len(t.all) < 8+headWords*f.pointer() ||
		f.ByteOrder.Uint32(t.all) != magic || int(t.all[7]) != f.pointer() {
		return nil, errors.New("it has no tables, or others")
	}
	base, end := t.section.Addr, t.section.Addr+uint64(len(t.all))
	t.quantum, t.count = t.all[6], int(t.head(headFuncs))
	edges := []uint64{t.mod(modNames), t.mod(modUnits), t.mod(modFiles), t.mod(modPCs), t.mod(modFuncs),
		t.mod(modGofunc), t.mod(modBuckets), end}
	heads := []int{headNames, headUnits, headNamesOf, headPCs, headTable}
	for i, edge := range edges[:7] {
		if edge < base || edge > edges[i+1] || i < len(heads) && edge != base+t.head(heads[i]) {
			return nil, fmt.Errorf("table %d is at %#x, which the header does not say", i, edge)
		}
	}
	if t.mod(modHeader) != base || t.mod(modFinder) != t.mod(modFuncs) || t.mod(modEnd) != end ||
		t.mod(modFinder+1) != t.head(headFuncs)+1 {
		return nil, errors.New("its tables do not lie as the release's do")
	}
	piece := func(i int) []byte { return t.all[edges[i]-base : edges[i+1]-base] }
	t.names, t.units, t.files, t.pcs = piece(0), piece(1), piece(2), piece(3)
	t.funcs, t.gofunc, t.buckets = piece(4), piece(5), piece(6)
	return t, nil
}

// linkedBy compares the release.
func linkedBy(program []byte) error {
	info, err := buildinfo.Read(bytes.NewReader(program))
	if err != nil {
		return err
	}
	if v := info.GoVersion; v != release && !strings.HasPrefix(v, release+".") && !strings.HasPrefix(v, release+" ") {
		return fmt.Errorf("%w: %s, not %s", ErrRelease, v, release)
	}
	return nil
}

// mod is a word of moduledata.
func (t *tables) mod(i int) uint64 { return t.word(t.module[i*t.pointer():]) }

func (t *tables) setMod(i int, v uint64) { t.putWord(t.module[i*t.pointer():], v) }

// head is a word of the tables' header.
func (t *tables) head(i int) uint64 { return t.word(t.all[8+i*t.pointer():]) }

// name is the one at an offset.
func (t *tables) name(off uint32) string {
	name, _, _ := bytes.Cut(t.names[off:], []byte{0})
	return string(name)
}

// function is what the tables have of one, runtime._func: eleven words of 32 bits, and two lists.
type function struct {
	fixed    []byte
	pcdata   []uint32 // offsets into pcs by table, 0: none
	funcdata []uint32 // offsets into gofunc by table, none: none
}

// Where a function has what, in bytes.
const (
	funcEntry  = 0
	funcName   = 4
	funcPCSP   = 16
	funcFile   = 20
	funcLine   = 24
	funcPCData = 28 // how many
	funcUnit   = 32
	funcStart  = 36 // its first line
	funcID     = 40
	funcData   = 43 // how many, one byte
	funcSize   = 44
)

const none = ^uint32(0)

// function is number i in the order of addresses.
func (t *tables) function(i int) function {
	u32 := t.ByteOrder.Uint32
	at := t.funcs[u32(t.funcs[8*i+4:]):]
	f := function{fixed: at[:funcSize]}
	at = at[funcSize:]
	for range u32(f.fixed[funcPCData:]) {
		f.pcdata, at = append(f.pcdata, u32(at)), at[4:]
	}
	for range f.fixed[funcData] {
		f.funcdata, at = append(f.funcdata, u32(at)), at[4:]
	}
	return f
}

// series is the list of values by address at an offset of pcs: pairs of numbers in groups of seven bits, to a value
// that does not change.
func (t *tables) series(off uint32) []byte {
	p, at := t.pcs[off:], 0
	for first := true; ; first = false {
		value, n := binary.Uvarint(p[at:])
		if at += n; value == 0 && n > 0 && !first {
			return p[:at]
		}
		_, m := binary.Uvarint(p[at:])
		if at += m; n < 1 || m < 1 {
			panic("a series without an end")
		}
	}
}
