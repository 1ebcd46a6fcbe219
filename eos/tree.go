package eos

import (
	"slices"
	"strings"
)

// permit is one boolean of the tree and its path.
type permit struct {
	path string
	of   func(*PermissionTree) bool
}

// permits are the booleans of the tree in the order of the platform's list.
var permits = [...]permit{
	{"ainn", func(t *PermissionTree) bool { return t.AINN }},
	{"alarm", func(t *PermissionTree) bool { return t.Alarm }},
	{"share", func(t *PermissionTree) bool { return t.Share }},
	{"notify", func(t *PermissionTree) bool { return t.Notify }},
	{"advnwc", func(t *PermissionTree) bool { return t.AdvNWC }},
	{"network", func(t *PermissionTree) bool { return t.Network }},
	{"display", func(t *PermissionTree) bool { return t.Display }},
	{"rtsp", func(t *PermissionTree) bool { return t.RTSP }},
	{"lora", func(t *PermissionTree) bool { return t.LoRa }},
	{"coap", func(t *PermissionTree) bool { return t.CoAP }},
	{"wallpaper", func(t *PermissionTree) bool { return t.Wallpaper }},
	{"account", func(t *PermissionTree) bool { return t.Account }},
	{"printer", func(t *PermissionTree) bool { return t.Printer }},
	{"auxstorage", func(t *PermissionTree) bool { return t.AuxStorage }},
	{"vpn", func(t *PermissionTree) bool { return t.VPN }},
	{"mqtt.publish", func(t *PermissionTree) bool { return t.MQTT.Publish }},
	{"mqtt.subscribe", func(t *PermissionTree) bool { return t.MQTT.Subscribe }},
	{"mediacenter.readable", func(t *PermissionTree) bool { return t.MediaCenter.Readable }},
	{"mediacenter.writable", func(t *PermissionTree) bool { return t.MediaCenter.Writable }},
	{"mediacenter.removable", func(t *PermissionTree) bool { return t.MediaCenter.Removable }},
	{"vehicle.media", func(t *PermissionTree) bool { return t.Vehicle.Media }},
	{"vehicle.geolocation", func(t *PermissionTree) bool { return t.Vehicle.Geolocation }},
	{"vehicle.diagnostic", func(t *PermissionTree) bool { return t.Vehicle.Diagnostic }},
	{"vehicle.cockpit", func(t *PermissionTree) bool { return t.Vehicle.Cockpit }},
	{"vehicle.drive", func(t *PermissionTree) bool { return t.Vehicle.Drive }},
}

// missing lists what subset asks for and t does not have.
func (t *PermissionTree) missing(subset *PermissionTree) []string {
	var list []string
	for _, f := range permits {
		if f.of(subset) && !f.of(t) {
			list = append(list, f.path)
		}
	}
	for _, d := range subset.Devices {
		if !slices.Contains(t.Devices, d) {
			list = append(list, "devices."+d)
		}
	}
	return list
}

func (t *PermissionTree) equal(u *PermissionTree) bool {
	for _, f := range permits {
		if f.of(t) != f.of(u) {
			return false
		}
	}
	return slices.Equal(t.Devices, u.Devices)
}

func (t PermissionTree) copied() PermissionTree {
	t.Devices = slices.Clone(t.Devices)
	return t
}

// place is the line and column of an offset in bytes.
func place(text string, offset int64) (line, column int) {
	before := text[:min(max(offset, 0), int64(len(text)))]
	return 1 + strings.Count(before, "\n"), 1 + len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
}
