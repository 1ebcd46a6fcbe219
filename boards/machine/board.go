//go:build linux

package main

// board is a machine that qemu has and Debian has a kernel for.
type board struct {
	name    string
	debian  string   // architecture
	kernel  string   // package that depends on the kernel of the day
	profile string   // whose gateway it runs
	environ []string // of go build, for what is not the gateway
	qemu    []string // program and machine
	console string   // of the kernel's command line
	options string   // others of it
	bus     string   // ending of qemu's virtio devices
	nic     string   // options of the network's
	drivers []string // that it needs for disk, network and root; theirs are found
}

var machines = []board{
	{
		name: "arm", debian: "armhf", kernel: "linux-image-armmp",
		profile: "edgeros",
		environ: []string{"GOARCH=arm", "GOARM=7"},
		qemu:    []string{"qemu-system-arm", "-M", "virt", "-cpu", "cortex-a7"},
		console: "ttyAMA0",
		options: "initramfs_async=0", // or the kernel may look for init before it is unpacked
		bus:     "device",
		drivers: []string{"virtio_mmio", "virtio_blk", "virtio_net", "squashfs"},
	},
	{
		name: "mips", debian: "mipsel", kernel: "linux-image-4kc-malta",
		profile: "ramips",
		environ: []string{"GOARCH=mipsle", "GOMIPS=softfloat"},
		qemu:    []string{"qemu-system-mipsel", "-M", "malta", "-cpu", "24Kc", "-vga", "none"},
		console: "ttyS0",
		bus:     "pci",
		nic:     ",romfile=", // it is in a package of its own, and boots PCs
		drivers: []string{"virtio_pci", "virtio_blk", "virtio_net", "squashfs"},
	},
}

func machineNamed(name string) (board, bool) {
	for _, b := range machines {
		if b.name == name {
			return b, true
		}
	}
	return board{}, false
}
