package trim

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// file is a program at fixed addresses, of either class and order.
type file struct {
	*elf.File
	bytes []byte
}

func open(program []byte) (*file, error) {
	f, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		return nil, err
	}
	if f.Type != elf.ET_EXEC {
		return nil, fmt.Errorf("%v: only a program at fixed addresses can be trimmed", f.Type)
	}
	return &file{f, program}, nil
}

// pointer is the size of an address in bytes.
func (f *file) pointer() int {
	if f.Class == elf.ELFCLASS64 {
		return 8
	}
	return 4
}

// word reads an address.
func (f *file) word(b []byte) uint64 {
	if f.pointer() == 8 {
		return f.ByteOrder.Uint64(b)
	}
	return uint64(f.ByteOrder.Uint32(b))
}

func (f *file) putWord(b []byte, v uint64) {
	if f.pointer() == 8 {
		f.ByteOrder.PutUint64(b, v)
	} else {
		f.ByteOrder.PutUint32(b, uint32(v))
	}
}

func (f *file) append32(b []byte, v uint32) []byte {
	b = append(b, 0, 0, 0, 0)
	f.ByteOrder.PutUint32(b[len(b)-4:], v)
	return b
}

// part is what a section has in the file.
func (f *file) part(name string) (*elf.Section, []byte, error) {
	s := f.Section(name)
	if s == nil || s.Type == elf.SHT_NOBITS || s.Offset > uint64(len(f.bytes)) ||
		s.FileSize > uint64(len(f.bytes))-s.Offset {
		return nil, nil, fmt.Errorf("it has no section %s", name)
	}
	return s, f.bytes[s.Offset : s.Offset+s.FileSize], nil
}

// shrunk is the file with shorter contents of a section. What follows keeps its addresses and moves up in the file by
// whole pages; the segment ends with the new contents, and another one has the rest of it.
func (f *file) shrunk(s *elf.Section, contents []byte) ([]byte, error) {
	at := slices.IndexFunc(f.Progs, func(p *elf.Prog) bool {
		return p.Type == elf.PT_LOAD && p.Off <= s.Offset && s.Offset+s.Size <= p.Off+p.Filesz
	})
	if at < 0 {
		return nil, errors.New("the tables are not in a segment")
	}
	seg := f.Progs[at].ProgHeader
	end, old := s.Offset+uint64(len(contents)), s.Offset+s.Size
	next := min(seg.Off+seg.Filesz, f.behind(old)) // what follows in the segment, or its end
	if seg.Align == 0 || next < end {
		return nil, errors.New("the tables cannot be made shorter")
	}
	shift := (next - end) / seg.Align * seg.Align
	var progs []elf.ProgHeader
	for i, p := range f.Progs {
		h := p.ProgHeader
		if i == at && shift > 0 {
			first := seg
			first.Filesz, first.Memsz = end-seg.Off, end-seg.Off
			progs = append(progs, first)
			by := next - seg.Off
			h.Off, h.Vaddr, h.Paddr = next-shift, seg.Vaddr+by, seg.Paddr+by
			if h.Filesz, h.Memsz = seg.Filesz-by, seg.Memsz-by; h.Memsz == 0 {
				continue
			}
		} else if h.Off >= next {
			h.Off -= shift
		}
		progs = append(progs, h)
	}
	out := slices.Concat(f.bytes[:s.Offset], contents, make([]byte, next-shift-end), f.bytes[next:])
	return out, f.putHeaders(out, progs, f.moved(s, contents, next, shift))
}

// behind is where the next section's contents begin.
func (f *file) behind(off uint64) uint64 {
	next := uint64(len(f.bytes))
	for _, s := range f.Sections {
		if s.Type != elf.SHT_NOBITS && s.Type != elf.SHT_NULL && s.Offset >= off && s.Size > 0 {
			next = min(next, s.Offset)
		}
	}
	return next
}

// moved are the sections' headers, with where they are now.
func (f *file) moved(changed *elf.Section, contents []byte, next, shift uint64) []byte {
	_, shoff, _ := f.header()
	size, offset, length := 40, 16, 20 // Elf32_Shdr: sh_offset, sh_size
	if f.pointer() == 8 {
		size, offset, length = 64, 24, 32
	}
	from := f.word(f.bytes[shoff:])
	table := slices.Clone(f.bytes[from : from+uint64(len(f.Sections)*size)])
	for i, s := range f.Sections {
		h := table[i*size:]
		if s == changed {
			f.putWord(h[length:], uint64(len(contents)))
		} else if s.Offset >= next {
			f.putWord(h[offset:], s.Offset-shift)
		}
	}
	return table
}

// Offsets in an ELF header, by class: e_phoff, e_shoff, e_phnum.
func (f *file) header() (phoff, shoff, phnum int) {
	if f.pointer() == 8 {
		return 0x20, 0x28, 0x38
	}
	return 0x1c, 0x20, 0x2c
}

// putHeaders writes the segments', of which there may be one more than before, and behind them the sections'. That is
// where Go has both, and it leaves room.
func (f *file) putHeaders(out []byte, progs []elf.ProgHeader, sections []byte) error {
	phoff, shoff, phnum := f.header()
	size := 32
	if f.pointer() == 8 {
		size = 56
	}
	table := make([]byte, 0, len(progs)*size+8)
	for _, p := range progs {
		if p.Type == elf.PT_PHDR {
			p.Filesz, p.Memsz = uint64(len(progs)*size), uint64(len(progs)*size)
		}
		var err error
		if table, err = binary.Append(table, f.ByteOrder, f.raw(p)); err != nil {
			return err
		}
	}
	at := f.word(f.bytes[phoff:])
	room := f.behind(at) - at
	table = append(table, make([]byte, -len(table)&7)...)
	behind := at + uint64(len(table))
	table = append(table, sections...)
	if uint64(len(table)) > room || f.word(f.bytes[shoff:]) > at+room {
		return errors.New("there is no room for another segment")
	}
	clear(out[at : at+room])
	copy(out[at:], table)
	f.putWord(out[shoff:], behind)
	f.ByteOrder.PutUint16(out[phnum:], uint16(len(progs)))
	return nil
}

// raw is a segment's header as the file has it.
func (f *file) raw(p elf.ProgHeader) any {
	if f.pointer() == 8 {
		return elf.Prog64{Type: uint32(p.Type), Flags: uint32(p.Flags), Off: p.Off, Vaddr: p.Vaddr, Paddr: p.Paddr,
			Filesz: p.Filesz, Memsz: p.Memsz, Align: p.Align}
	}
	return elf.Prog32{Type: uint32(p.Type), Off: uint32(p.Off), Vaddr: uint32(p.Vaddr), Paddr: uint32(p.Paddr),
		Filesz: uint32(p.Filesz), Memsz: uint32(p.Memsz), Flags: uint32(p.Flags), Align: uint32(p.Align)}
}
