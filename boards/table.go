package boards

// The builds. mips without an FPU traps on each floating point instruction; arm
// 5 has none either, and no atomic ones.
var (
	arm5    = Build{GOOS: "linux", GOARCH: "arm", GOARM: "5"}
	arm6    = Build{GOOS: "linux", GOARCH: "arm", GOARM: "6"}
	arm7    = Build{GOOS: "linux", GOARCH: "arm", GOARM: "7"}
	arm64   = Build{GOOS: "linux", GOARCH: "arm64", GOARM64: "v8.0"}
	arm64v2 = Build{GOOS: "linux", GOARCH: "arm64", GOARM64: "v8.2"} // atomic instructions without a check
	mips    = Build{GOOS: "linux", GOARCH: "mips", GOMIPS: "softfloat"}
	mipsle  = Build{GOOS: "linux", GOARCH: "mipsle", GOMIPS: "softfloat"}
	mips64  = Build{GOOS: "linux", GOARCH: "mips64", GOMIPS64: "softfloat"}
	mips64l = Build{GOOS: "linux", GOARCH: "mips64le", GOMIPS64: "softfloat"}
	riscv64 = Build{GOOS: "linux", GOARCH: "riscv64", GORISCV64: "rva20u64"}
	amd64   = Build{GOOS: "linux", GOARCH: "amd64", GOAMD64: "v1"}
)

// The builds that must fail on a CPU.
var (
	hardMIPS     = Build{GOOS: "linux", GOARCH: "mips", GOMIPS: "hardfloat"}
	hardMIPSle   = Build{GOOS: "linux", GOARCH: "mipsle", GOMIPS: "hardfloat"}
	hardMIPS64   = Build{GOOS: "linux", GOARCH: "mips64", GOMIPS64: "hardfloat"}
	hardMIPS64le = Build{GOOS: "linux", GOARCH: "mips64le", GOMIPS64: "hardfloat"}
)

const mb = 1 << 20

// table has the boards with what their smallest model has. Its order is that of
// the README. Reserved and System are estimates that nobody measured on the board:
// of OpenWrt with radio and web interface, Raspberry Pi OS Lite with 64 MB for
// graphics, Debian without a desktop.
var table = [...]Profile{
	{Name: "rpi-zero", Title: "Raspberry Pi 1 and Zero",
		Models: []string{"raspberry pi model ", "raspberry pi zero", "raspberry pi compute module rev"},
		Build:  arm6, Emulator: "qemu-arm-static", CPU: "arm1176", Wrong: arm7,
		RAM: 256 * mb, Cores: 1, MHz: 700, Reserved: 72 * mb, System: 80 * mb, Limits: limits256},
	{Name: "rpi2", Title: "Raspberry Pi 2",
		Models: []string{"raspberry pi 2"},
		Build:  arm7, Emulator: "qemu-arm-static", CPU: "cortex-a7",
		RAM: 1024 * mb, Cores: 4, MHz: 900, Reserved: 100 * mb, System: 128 * mb, Limits: limits1024},
	{Name: "rpi3", Title: "Raspberry Pi 3 and Zero 2",
		Models: []string{"raspberry pi 3", "raspberry pi zero 2", "raspberry pi compute module 3"},
		Build:  arm64, Emulator: "qemu-aarch64-static", CPU: "cortex-a53",
		RAM: 512 * mb, Cores: 4, MHz: 1000, Reserved: 88 * mb, System: 128 * mb, Limits: limits512},
	{Name: "rpi4", Title: "Raspberry Pi 4",
		Models: []string{"raspberry pi 4", "raspberry pi compute module 4"},
		Build:  arm64, Emulator: "qemu-aarch64-static", CPU: "cortex-a72",
		RAM: 1024 * mb, Cores: 4, MHz: 1500, Reserved: 100 * mb, System: 160 * mb, Limits: limits1024},
	{Name: "rpi5", Title: "Raspberry Pi 5",
		Models: []string{"raspberry pi 5", "raspberry pi compute module 5"},
		Build:  arm64v2, Emulator: "qemu-aarch64-static", CPU: "cortex-a76",
		RAM: 2048 * mb, Cores: 4, MHz: 2400, Reserved: 100 * mb, System: 192 * mb, Limits: limits2048},
	{Name: "kirkwood", Title: "Kirkwood-class NAS and plugs",
		Models: []string{"marvell kirkwood", "globalscale technologies", "seagate dockstar", "seagate goflex", "zyxel nsa"},
		Build:  arm5, Emulator: "qemu-arm-static", CPU: "arm926", Wrong: arm7,
		RAM: 128 * mb, Cores: 1, MHz: 1000, Reserved: 6 * mb, System: 50 * mb, Limits: limits128},
	{Name: "ath79", Title: "OpenWrt ath79 (24Kc, big-endian)",
		Models: []string{"atheros ar", "qualcomm atheros qca"},
		Build:  mips, Emulator: "qemu-mips-static", CPU: "24Kc", Wrong: hardMIPS,
		RAM: 64 * mb, Cores: 1, MHz: 560, Reserved: 5 * mb, System: 20 * mb, Limits: limits64},
	{Name: "ramips", Title: "OpenWrt ramips (MT7621, MT7628)",
		Models: []string{"mediatek mt7", "ralink mt7", "ralink rt"},
		Build:  mipsle, Emulator: "qemu-mipsel-static", CPU: "24KEc", Wrong: hardMIPSle,
		RAM: 64 * mb, Cores: 1, MHz: 580, Reserved: 5 * mb, System: 20 * mb, Limits: limits64},
	{Name: "octeon", Title: "Octeon-class, big-endian",
		Models: []string{"cavium octeon", "ubnt_e"},
		Build:  mips64, Emulator: "qemu-mips64-static", CPU: "5Kc", Wrong: hardMIPS64,
		RAM: 256 * mb, Cores: 2, MHz: 500, Reserved: 16 * mb, System: 64 * mb, Limits: limits256},
	{Name: "mips64le", Title: "MIPS64, little-endian",
		Build: mips64l, Emulator: "qemu-mips64el-static", CPU: "5Kc", Wrong: hardMIPS64le,
		RAM: 256 * mb, Cores: 2, MHz: 500, Reserved: 16 * mb, System: 64 * mb, Limits: limits256},
	{Name: "riscv64", Title: "RISC-V boards",
		Build: riscv64, Emulator: "qemu-riscv64-static", CPU: "rv64",
		RAM: 512 * mb, Cores: 1, MHz: 1000, Reserved: 32 * mb, System: 128 * mb, Limits: limits512},
	{Name: "x86-64", Title: "PCs, thin clients and APU boards",
		Build: amd64,
		RAM:   1024 * mb, Cores: 2, MHz: 1000, Reserved: 64 * mb, System: 192 * mb, Limits: limits1024},
	{Name: "edgeros", Title: "EdgerOS-class ARM gateway",
		Build: arm7, Emulator: "qemu-arm-static", CPU: "cortex-a7",
		RAM: 256 * mb, Cores: 4, MHz: 1000, Reserved: 16 * mb, System: 96 * mb, Limits: limits256},
}
