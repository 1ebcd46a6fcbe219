package installed

import "testing"

func TestTry(t *testing.T) {
	m := boot(t)
	t.Log(m.sh("systemctl is-system-running; systemctl --version | head -1; cat /proc/1/cgroup; ls /; systemctl list-units --no-pager | tail -40"))
}
