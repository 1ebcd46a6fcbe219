//go:build linux

package installed

import (
	"strings"
	"testing"
)

// repack makes /q.deb: a later version, with other default settings.
const repack = `dpkg-deb -R /p.deb /q; sed -i 's/^Version: .*/&.1/' /q/DEBIAN/control
echo '# something new' >>/q/etc/edgesio/gateway.conf; dpkg-deb -Znone -b /q /q.deb >/dev/null`

func TestUpgrade(t *testing.T) {
	m := debian(t)
	m.sh(repack + "; echo 'name changed' >>/etc/edgesio/gateway.conf; sha256sum /etc/edgesio/* >/sums")
	before := m.main()
	m.sh("dpkg --force-confold -i /q.deb")
	m.serves("8000")
	m.sh("sha256sum --quiet -c /sums && [ -e /etc/edgesio/gateway.conf.dpkg-dist ]")
	if m.main() == before {
		t.Error("the old program still runs")
	}
	// What the owner switched off stays off.
	m.sh("systemctl disable --now " + unit + "; dpkg --force-confold -i /p.deb /q.deb")
	m.want("systemctl is-enabled "+unit+" || true", "disabled")
	m.want("systemctl is-active "+unit+" || true", "inactive")
}

func TestRemove(t *testing.T) {
	m := boot(t)
	m.put(only(t, *folder+"/*_amd64_x86-64.deb"), "/p.deb")
	const list = "find /etc /usr /var/lib -path /var/lib/dpkg -prune -o -path /var/lib/systemd -prune -o -print | sort"
	before := m.sh(list + "; cat /etc/passwd /etc/group")
	m.sh("dpkg -i /p.deb; sha256sum /etc/edgesio/* >/sums; dpkg -r edgesio-gateway")
	m.want("systemctl is-active "+unit+" || true", "inactive")
	m.sh("! pgrep -x edgesio-gateway; ! [ -e /usr/sbin/edgesio-gateway ]; sha256sum --quiet -c /sums")
	m.sh("dpkg -i /p.deb; sha256sum --quiet -c /sums") // with the key of before
	m.serves("8000")
	m.sh("dpkg --purge edgesio-gateway")
	after := m.sh(list + "; cat /etc/passwd /etc/group")
	if after != before {
		t.Errorf("it leaves something behind:\n%s", difference(before, after))
	}
}

// difference is the lines that one of two texts has and the other has not.
func difference(a, b string) string {
	lines := map[string]int{}
	for line := range strings.Lines(a + "\n") {
		lines[line]--
	}
	for line := range strings.Lines(b + "\n") {
		lines[line]++
	}
	var d strings.Builder
	for line, n := range lines {
		switch {
		case n < 0:
			d.WriteString("- " + line)
		case n > 0:
			d.WriteString("+ " + line)
		}
	}
	return d.String()
}

// Without a systemd that runs, as in the making of an image, it is installed and enabled, and nothing is started.
func TestImage(t *testing.T) {
	m := boot(t)
	m.put(only(t, *folder+"/*_amd64_x86-64.deb"), "/p.deb")
	m.sh("mkdir /image; mount --rbind / /image; mount -t tmpfs tmpfs /image/run; chroot /image dpkg -i /p.deb")
	m.want("systemctl daemon-reload; systemctl is-enabled "+unit, "enabled")
	m.want("systemctl is-active "+unit+" || true", "inactive")
	m.sh("systemctl start " + unit)
	m.serves("8000")

	// Nor are the scripts run in there, if dpkg is told so.
	m.sh(`mkdir -p /tiny/etc /tiny/var/lib/dpkg/updates /tiny/var/lib/dpkg/info; touch /tiny/var/lib/dpkg/status
printf 'root:x:0:0::/:/bin/sh\n' >/tiny/etc/passwd; printf 'root:x:0:\n' >/tiny/etc/group
dpkg --root=/tiny --force-script-chrootless --force-depends -i /p.deb`)
	m.want("stat -c '%g' /tiny/etc/edgesio/key", m.sh("grep ^edgesio: /tiny/etc/group | cut -d: -f3"))
	m.sh("[ -L /tiny/etc/systemd/system/multi-user.target.wants/" + unit + " ]")
	m.sh("dpkg --root=/tiny --force-script-chrootless --force-depends --purge edgesio-gateway")
	m.want("cat /tiny/etc/passwd; find /tiny/etc -type f -newer /p.deb -name '*edgesio*'", "root:x:0:0::/:/bin/sh")
}

// A root that cannot be written is enough.
func TestReadOnly(t *testing.T) {
	m := debian(t)
	m.sh("systemctl stop " + unit + "; journalctl --relinquish-var; mount -o remount,bind,ro /")
	if _, err := m.try("touch /x"); err == nil {
		t.Fatal("the root can be written")
	}
	m.sh("systemctl start " + unit)
	m.serves("8000")
	m.sh("curl -fsS -o /run/page http://127.0.0.1:8000/index.html")
}
