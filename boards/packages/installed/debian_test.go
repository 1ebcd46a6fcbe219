//go:build linux

package installed

import (
	"strings"
	"testing"
)

// debian is a machine with the package of this machine's architecture installed.
func debian(t *testing.T) *machine {
	m := boot(t)
	m.put(only(t, *folder+"/*_amd64_x86-64.deb"), "/p.deb")
	m.sh("dpkg -i /p.deb")
	return m
}

// serves waits until the gateway answers on a port. A service that has been started does so at once.
func (m *machine) serves(port string) {
	m.t.Helper()
	m.sh("systemctl is-active " + unit + "; curl -fsS --max-time 5 http://127.0.0.1:" + port + "/healthz")
}

// main is the process number of the service.
func (m *machine) main() string { return m.sh("systemctl show -P MainPID " + unit) }

func TestInstall(t *testing.T) {
	m := debian(t)
	m.serves("8000")
	m.want("systemctl is-enabled "+unit, "enabled")
	m.want("systemctl is-active edgesio-gateway.socket || true", "inactive")
	m.want("getent passwd edgesio | cut -d: -f6,7", "/nonexistent:/usr/sbin/nologin")
	m.want("stat -c '%U:%G %a %n' /usr/sbin/edgesio-gateway /usr/lib/edgesio/prepare /etc/edgesio /etc/edgesio/*",
		"root:root 755 /usr/sbin/edgesio-gateway\nroot:root 755 /usr/lib/edgesio/prepare\nroot:root 755 /etc/edgesio\n"+
			"root:root 644 /etc/edgesio/gateway.conf\nroot:edgesio 640 /etc/edgesio/key\nroot:edgesio 640 /etc/edgesio/users")
	m.want("stat -c %s /etc/edgesio/key", "32")
	m.want("dpkg --verify edgesio-gateway", "")
	m.want("man -w edgesio-gateway", "/usr/share/man/man8/edgesio-gateway.8.gz")
	// What the unit asks for is so: nobody's rights, a filter for system calls, the limit of descriptors.
	status := m.sh("cat /proc/" + m.main() + "/status")
	for _, line := range []string{"CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1",
		"Seccomp:\t2"} {
		if !strings.Contains(status, line) {
			t.Errorf("no %q in\n%s", line, status)
		}
	}
	m.want("ps -o user= -p "+m.main(), "edgesio")
	// 32768, or what this machine allows
	m.want("awk '/open files/ {print $4}' /proc/"+m.main()+"/limits",
		m.sh("h=$(ulimit -Hn); echo $((h < 32768 ? h : 32768))"))
	// A user who is added may sign in after a reload; the page of the sign-in is told of it.
	m.sh(`echo "ada 1001 admin $(echo tulip42 | edgesio-gateway -hash) Ada" >>/etc/edgesio/users
systemctl reload ` + unit)
	signIn := `curl -fsS --max-time 20 -o /dev/null -d '{"name":"ada","password":"tulip42"}' http://127.0.0.1:8000/signin`
	m.await(signIn)
}

// The telemetry reads /proc and /sys: the sandbox shows them, and hides other processes.
func TestSandbox(t *testing.T) {
	m := debian(t)
	inside := "nsenter -t " + m.main() + " -m setpriv --reuid edgesio --regid edgesio --clear-groups "
	m.sh(inside + "cat /proc/meminfo /proc/stat /proc/loadavg /proc/net/dev /proc/self/statm /proc/self/cgroup")
	m.sh(inside + "ls /sys/class/thermal /sys/class/net || " + inside + "ls /sys/class/net")
	if said, err := m.try(inside + "ls /proc/1"); err == nil {
		t.Error("other processes can be seen:", said)
	}
	for _, path := range []string{"/etc/edgesio/x", "/usr/x", "/var/lib/x"} {
		if said, err := m.try(inside + "touch " + path); err == nil {
			t.Error("it can write", path, said)
		}
	}
	log := "journalctl -u " + unit + " -o cat --no-pager | grep -e level=WARN -e level=ERROR -e denied -e Failed"
	m.want(log+" | grep -v -e 'nobody may sign in' -e 'may not open a descriptor' || true", "")
	m.want("systemd-analyze verify "+unit+" edgesio-gateway.socket", "")
	m.sh("systemd-analyze security --offline=true --threshold=15 /usr/lib/systemd/system/" + unit)
}

// Settings with a mistake are refused by a reload, which changes nothing, and are fixed by another one.
func TestReload(t *testing.T) {
	m := debian(t)
	before := m.main()
	m.sh("cp /etc/edgesio/gateway.conf /ok; echo 'listne :80' >>/etc/edgesio/gateway.conf")
	if _, err := m.try("systemctl reload " + unit); err == nil {
		t.Error("a reload takes a file with a mistake")
	}
	m.serves("8000")
	m.sh("cp /ok /etc/edgesio/gateway.conf; systemctl reload " + unit)
	m.serves("8000")
	if now := m.main(); now != before {
		t.Errorf("the process was %s and is %s", before, now)
	}
}

// The program is replaced while it runs: systemd follows, nothing is restarted, and its watchdog hears the new process.
func TestReplace(t *testing.T) {
	m := debian(t)
	m.sh("mkdir -p /etc/systemd/system/" + unit + ".d; printf '[Service]\\nWatchdogSec=4\\n' >/etc/systemd/system/" +
		unit + ".d/x.conf; systemctl daemon-reload; systemctl restart " + unit)
	before := m.main()
	m.sh("systemctl kill --kill-who=main -s USR2 " + unit)
	m.await("[ $(systemctl show -P MainPID " + unit + ") != " + before + " ] && ! [ -e /proc/" + before + " ]")
	after := m.main()
	m.sh("sleep 5") // the watchdog's time
	m.serves("8000")
	m.want("systemctl show -P MainPID -P NRestarts "+unit, after+"\n0")
}

// Whatever ends it, it comes back: killed, hanging, or without its files for a while.
func TestComesBack(t *testing.T) {
	m := debian(t)
	m.sh("mkdir -p /etc/systemd/system/" + unit + ".d; cd /etc/systemd/system/" + unit +
		".d; printf '[Service]\\nWatchdogSec=3\\nRestartSec=100ms\\n' >x.conf\n" +
		"systemctl daemon-reload; systemctl restart " + unit)
	m.sh("systemctl kill --kill-who=main -s KILL " + unit)
	m.await("[ $(systemctl show -P NRestarts " + unit + ") = 1 ] && systemctl is-active " + unit)
	m.serves("8000")
	m.sh("kill -STOP " + m.main())
	m.await("[ $(systemctl show -P NRestarts " + unit + ") = 2 ] && systemctl is-active " + unit)
	m.serves("8000")
	m.sh("mv /etc/edgesio/gateway.conf /away; systemctl kill --kill-who=main -s KILL " + unit)
	m.await("[ $(systemctl show -P NRestarts " + unit + ") -ge 12 ]") // more often than systemd's own limit allows
	m.sh("mv /away /etc/edgesio/gateway.conf")
	m.await("systemctl is-active " + unit)
	m.serves("8000")
	m.sh("rm /etc/edgesio/key; systemctl restart " + unit) // as in an image for many boxes
	m.want("stat -c '%U:%G %a %s' /etc/edgesio/key", "root:edgesio 640 32")
}

// A port below 1024 is systemd's.
func TestSocket(t *testing.T) {
	m := debian(t)
	m.sh("systemctl stop " + unit + "; systemctl enable --now edgesio-gateway.socket; systemctl start " + unit)
	m.serves("80")
	m.sh("systemctl stop " + unit)
	m.sh("curl -fsS --max-time 20 http://127.0.0.1/healthz") // the first client starts it
	m.serves("80")
}
