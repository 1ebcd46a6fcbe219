package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"regexp"
)

var installedSize = regexp.MustCompile(`(?m)^Installed-Size: .*$`)

// measure corrects the control file of an .ipk that nfpm made. Installed-Size is in bytes, those of data.tar when it is
// unpacked, as OpenWrt's ipkg-build has it: opkg refuses what does not fit on the flash. nfpm writes it in KiB, as it
// is in a .deb.
func measure(file string) error {
	ipk, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	size := int64(-1)
	if ipk, err = repack(ipk, func(name string, b []byte) (_ []byte, err error) {
		if name == "data.tar.gz" {
			size, err = unpackedSize(b)
		}
		return b, err
	}); err != nil {
		return err
	}
	if size < 0 {
		return errors.New("it has no data.tar.gz")
	}
	ipk, err = repack(ipk, func(name string, b []byte) ([]byte, error) {
		if name != "control.tar.gz" {
			return b, nil
		}
		return repack(b, func(name string, b []byte) ([]byte, error) {
			if name == "control" {
				b = installedSize.ReplaceAll(b, fmt.Appendf(nil, "Installed-Size: %d", size))
			}
			return b, nil
		})
	})
	if err != nil {
		return err
	}
	return os.WriteFile(file, ipk, 0o644)
}

func unpackedSize(packed []byte) (int64, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return 0, err
	}
	return io.Copy(io.Discard, r)
}

// repack gives each file of a .tar.gz to change, with its name without folders, and packs what comes back. All names
// begin with "./" then, as those of OpenWrt's packages do. The same input gives the same bytes.
func repack(packed []byte, change func(name string, b []byte) ([]byte, error)) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // of a level that exists
	to, from := tar.NewWriter(w), tar.NewReader(r)
	for {
		h, err := from.Next()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(from)
		if err != nil {
			return nil, err
		}
		if b, err = change(path.Base(h.Name), b); err != nil {
			return nil, err
		}
		h.Name, h.Size = "./"+path.Clean(h.Name), int64(len(b))
		if err := to.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := to.Write(b); err != nil {
			return nil, err
		}
	}
	if err := to.Close(); err != nil {
		return nil, err
	}
	err = w.Close()
	return out.Bytes(), err
}
