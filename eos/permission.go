package eos

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// PermissionTree is layer B: what the owner of a device allows an app. It is also
// the form of a question to Permissions.Check.
type PermissionTree struct {
	AINN       bool `json:"ainn,omitempty"`       // neural network computing
	Alarm      bool `json:"alarm,omitempty"`      // adding alarms
	Share      bool `json:"share,omitempty"`      // sharing with other apps
	Notify     bool `json:"notify,omitempty"`     // pushing messages
	AdvNWC     bool `json:"advnwc,omitempty"`     // advanced network control
	Network    bool `json:"network,omitempty"`    // network communication
	Display    bool `json:"display,omitempty"`    // display output
	RTSP       bool `json:"rtsp,omitempty"`       // cameras and microphones of the network
	LoRa       bool `json:"lora,omitempty"`       // LoRaWAN
	CoAP       bool `json:"coap,omitempty"`       // CoAP
	Wallpaper  bool `json:"wallpaper,omitempty"`  // setting the wallpaper
	Account    bool `json:"account,omitempty"`    // lists of users and groups
	Printer    bool `json:"printer,omitempty"`    // printers
	AuxStorage bool `json:"auxstorage,omitempty"` // auxiliary storage
	VPN        bool `json:"vpn,omitempty"`        // VPN networks

	MQTT        MQTTPermission        `json:"mqtt,omitzero"`
	MediaCenter MediaCenterPermission `json:"mediacenter,omitzero"`
	Vehicle     VehiclePermission     `json:"vehicle,omitzero"`
	Devices     []string              `json:"devices,omitempty"` // ids of devices that the app may talk to
}

// MQTTPermission is the part for the MQTT client.
type MQTTPermission struct {
	Publish   bool `json:"publish,omitempty"`
	Subscribe bool `json:"subscribe,omitempty"`
}

// MediaCenterPermission is the part for the media center.
type MediaCenterPermission struct {
	Readable  bool `json:"readable,omitempty"`
	Writable  bool `json:"writable,omitempty"`
	Removable bool `json:"removable,omitempty"`
}

// VehiclePermission is the part for vehicles.
type VehiclePermission struct {
	Media       bool `json:"media,omitempty"`
	Geolocation bool `json:"geolocation,omitempty"`
	Diagnostic  bool `json:"diagnostic,omitempty"`
	Cockpit     bool `json:"cockpit,omitempty"`
	Drive       bool `json:"drive,omitempty"`
}

// A DeniedError tells which permissions of a question an app does not have, as
// paths into the tree: "mqtt.publish", "devices.d17".
type DeniedError struct {
	Missing []string `json:"missing"`
}

// Error lists what is missing.
func (e *DeniedError) Error() string {
	return "eos: permission denied: " + strings.Join(e.Missing, ", ")
}

// IsDenied tells whether err, or an error that it wraps, is a denial: of layer A
// (*PermissionError), of layer B (*DeniedError) or of a policy (*PolicyError).
func IsDenied(err error) bool {
	var a *PermissionError
	var b *DeniedError
	var c *PolicyError
	return errors.As(err, &a) || errors.As(err, &b) || errors.As(err, &c)
}

// Permissions hold the tree of an app while it runs. The zero value allows
// nothing. Loop's goroutine only.
type Permissions struct {
	tree    PermissionTree
	updates []*func(PermissionTree)
}

// NewPermissions starts with tree, which is copied.
func NewPermissions(tree PermissionTree) *Permissions {
	return &Permissions{tree: tree.copied()}
}

// maxPermissionBytes bounds a file with a tree: 15 booleans and a list of devices.
const maxPermissionBytes = 256 << 10

// LoadPermissions reads a tree as JSON: one object, at most 256 kB, no members
// that the tree does not have.
func LoadPermissions(r io.Reader) (PermissionTree, error) {
	text, err := readFile(r, "permissions", maxPermissionBytes)
	if err != nil {
		return PermissionTree{}, err
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	var tree PermissionTree
	if err = d.Decode(&tree); err == nil {
		if _, end := d.Token(); end != io.EOF {
			err = errors.New("bytes after the tree")
		}
	}
	if err != nil {
		at := d.InputOffset()
		var syntax *json.SyntaxError
		var member *json.UnmarshalTypeError
		if errors.As(err, &syntax) {
			at = syntax.Offset - 1 // the byte after which it was found out
		} else if errors.As(err, &member) {
			at = member.Offset
		}
		line, column := place(text, at)
		return PermissionTree{}, &FileError{"permissions", line, column, err.Error()}
	}
	return tree, nil
}

// Tree is a copy of the tree.
func (p *Permissions) Tree() PermissionTree { return p.tree.copied() }

// Check is nil if the app has each permission of subset; else a *DeniedError that
// lists what is missing.
func (p *Permissions) Check(subset PermissionTree) error {
	missing := p.tree.missing(&subset)
	if len(missing) == 0 {
		return nil
	}
	return &DeniedError{Missing: missing}
}

// OnUpdate calls fn with a copy of the tree after each Update that changed it;
// off ends that.
func (p *Permissions) OnUpdate(fn func(PermissionTree)) (off func()) {
	at := &fn
	p.updates = append(p.updates, at)
	return func() {
		for i, u := range p.updates {
			if u == at { // a new slice: Update may be walking over the old one
				p.updates = append(append([]*func(PermissionTree){}, p.updates[:i]...), p.updates[i+1:]...)
				return
			}
		}
	}
}

// Update replaces the tree by a copy of tree and tells whoever asked to know, in
// the order of OnUpdate. It calls nobody if nothing changed.
func (p *Permissions) Update(tree PermissionTree) {
	if p.tree.equal(&tree) {
		return
	}
	p.tree = tree.copied()
	for _, fn := range p.updates {
		(*fn)(p.tree.copied())
	}
}
