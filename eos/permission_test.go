package eos

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

const wholeTree = `{"ainn":true,"alarm":true,"share":true,"notify":true,"advnwc":true,"network":true,"display":true,` +
	`"rtsp":true,"lora":true,"coap":true,"wallpaper":true,"account":true,"printer":true,"auxstorage":true,"vpn":true,` +
	`"mqtt":{"publish":true,"subscribe":true},"mediacenter":{"readable":true,"writable":true,"removable":true},` +
	`"vehicle":{"media":true,"geolocation":true,"diagnostic":true,"cockpit":true,"drive":true},"devices":["d1","d2"]}`

// Section 6 B: each permission of the tree is asked for by itself.
func TestEachPermission(t *testing.T) {
	whole, err := LoadPermissions(strings.NewReader(wholeTree))
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := json.Marshal(whole); string(b) != wholeTree {
		t.Errorf("written as %s", b)
	}
	nothing, everything := new(Permissions), NewPermissions(whole)
	if everything.Check(whole) != nil || nothing.Check(PermissionTree{}) != nil {
		t.Error("what is there is denied")
	}
	paths := strings.Fields(`ainn alarm share notify advnwc network display rtsp lora coap wallpaper account
		printer auxstorage vpn
		mqtt.publish mqtt.subscribe mediacenter.readable mediacenter.writable mediacenter.removable
		vehicle.media vehicle.geolocation vehicle.diagnostic vehicle.cockpit vehicle.drive`)
	for _, path := range paths {
		text := `{"` + path + `":true}`
		if object, member, ok := strings.Cut(path, "."); ok {
			text = `{"` + object + `":{"` + member + `":true}}`
		}
		one, err := LoadPermissions(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if everything.Check(one) != nil || NewPermissions(one).Check(one) != nil {
			t.Errorf("%s: denied although it is there", path)
		}
		var denied *DeniedError
		if err := nothing.Check(one); !errors.As(err, &denied) || !slices.Equal(denied.Missing, []string{path}) {
			t.Errorf("%s: %v", path, err)
		}
	}
	var denied *DeniedError
	all := append(slices.Clone(paths), "devices.d1", "devices.d2")
	if err := nothing.Check(whole); !errors.As(err, &denied) || !slices.Equal(denied.Missing, all) {
		t.Errorf("everything of nothing: %v", err)
	}
	err = everything.Check(PermissionTree{Devices: []string{"d2", "d3"}})
	if err == nil || err.Error() != "eos: permission denied: devices.d3" || !IsDenied(fmt.Errorf("x: %w", err)) {
		t.Errorf("a device of another: %v", err)
	}
	if IsDenied(nil) || IsDenied(errors.New("denied")) || IsDenied(errStale) {
		t.Error("another error is a denial")
	}
}

func TestPermissionUpdates(t *testing.T) {
	p := NewPermissions(PermissionTree{Network: true})
	var told []string
	var off func()
	off = p.OnUpdate(func(tree PermissionTree) {
		told = append(told, fmt.Sprint("a", tree.Network, tree.Alarm))
		off() // while the list is walked over
	})
	p.OnUpdate(func(tree PermissionTree) {
		told = append(told, fmt.Sprint("b", tree.Network, tree.Alarm))
		if len(tree.Devices) > 0 {
			tree.Devices[0] = "changed by a callback"
		}
	})
	p.Update(PermissionTree{Network: true}) // nothing new
	devices := []string{"d1"}
	p.Update(PermissionTree{Alarm: true, Devices: devices})
	devices[0] = "changed by the caller"
	p.Tree().Devices[0] = "changed by a reader"
	if p.Check(PermissionTree{Devices: []string{"d1"}}) != nil {
		t.Errorf("the tree is shared: %+v", p.Tree())
	}
	p.Update(PermissionTree{Alarm: true, Devices: []string{"d2"}})
	off() // a second time
	if want := []string{"afalse" + "true", "bfalse" + "true", "bfalse" + "true"}; !slices.Equal(compact(told), want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

func compact(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strings.ReplaceAll(s, " ", "")
	}
	return out
}

func TestBadPermissions(t *testing.T) {
	for text, place := range map[string]string{
		"": "line 1, column 1", "{\"network\":true,\n \"nets\":true}": "line 2", `{"network":1}`: "line 1",
		`{"mqtt":{"publish":true,"all":true}}`: "line 1", `{} {}`: "line 1, column", `[]`: "line 1", "{\n\n]": "line 3",
		`{"devices":["` + strings.Repeat("d", maxPermissionBytes) + `"]}`: "more than 262144 bytes",
	} {
		tree, err := LoadPermissions(strings.NewReader(text))
		var where *FileError
		if !errors.As(err, &where) || !strings.Contains(err.Error(), place) || tree.Network {
			t.Errorf("%.40q: %+v %v, want %s", text, tree, err, place)
		}
	}
}

// A tree that is taken is written down and taken again as the same.
func FuzzPermissions(f *testing.F) {
	f.Add(wholeTree)
	f.Add("{\n\n]")
	f.Add(`{"devices":null,"mqtt":{"publish":1}}`)
	f.Fuzz(func(t *testing.T, text string) {
		tree, err := LoadPermissions(strings.NewReader(text))
		if err != nil {
			var where *FileError
			if !errors.As(err, &where) || where.Line < 1 && len(text) <= maxPermissionBytes || !tree.equal(&PermissionTree{}) {
				t.Fatalf("%v with %+v", err, tree)
			}
			return
		}
		b, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		again, err := LoadPermissions(strings.NewReader(string(b)))
		if err != nil || !tree.equal(&again) {
			t.Fatalf("%s: %v", b, err)
		}
	})
}
