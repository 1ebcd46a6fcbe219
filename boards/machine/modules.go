//go:build linux

package main

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
)

// driverFiles are the files of drivers and of what they depend on, in the order to load them: what depmod and modprobe
// would do, without either. A driver that is part of the kernel has no file.
func driverFiles(k kernel, names []string) (list []string, err error) {
	files := map[string]string{}
	err = filepath.WalkDir(k.modules, func(path string, d fs.DirEntry, err error) error {
		if name, ok := strings.CutSuffix(d.Name(), ".ko"); ok && err == nil {
			files[moduleName(name)] = path
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s has no modules that end in .ko: compressed ones are not known here", k.modules)
	}
	o := order{files: files, seen: map[string]bool{}}
	for _, name := range names {
		if err := o.add(name); err != nil {
			return nil, err
		}
	}
	return o.list, nil
}

// moduleName is a module's name as its file may spell it with dashes.
func moduleName(name string) string { return strings.ReplaceAll(name, "-", "_") }

type order struct {
	files map[string]string
	seen  map[string]bool
	list  []string
}

func (o *order) add(name string) error {
	name = moduleName(name)
	file, ok := o.files[name]
	if o.seen[name] || !ok {
		return nil
	}
	o.seen[name] = true
	needs, err := dependencies(file)
	if err != nil {
		return err
	}
	for _, n := range needs {
		if err := o.add(n); err != nil {
			return err
		}
	}
	o.list = append(o.list, file)
	return nil
}

// dependencies are the modules that a module's section .modinfo names.
func dependencies(file string) ([]string, error) {
	f, err := elf.Open(file)
	if err != nil {
		return nil, err
	}
	defer io.Closer(f).Close()
	section := f.Section(".modinfo")
	if section == nil {
		return nil, fmt.Errorf("%s is no module", file)
	}
	text, err := section.Data()
	if err != nil {
		return nil, err
	}
	for field := range bytes.SplitSeq(text, []byte{0}) {
		if list, ok := bytes.CutPrefix(field, []byte("depends=")); ok && len(list) > 0 {
			return strings.Split(string(list), ","), nil
		}
	}
	return nil, nil
}
