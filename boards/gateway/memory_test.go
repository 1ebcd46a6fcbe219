package main

import (
	"math"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/edgesio/edgesio/boards/gateway/settings"
)

// files is the files of a board, by path.
func files(list ...string) fstest.MapFS {
	root := fstest.MapFS{}
	for i := 0; i < len(list); i += 2 {
		root[list[i]] = &fstest.MapFile{Data: []byte(list[i+1])}
	}
	return root
}

const (
	meminfo64 = "MemTotal:          60236 kB\nMemFree:           20000 kB\n"
	inV2      = "0::/system.slice/edgesio.service\n"
	inV1      = "9:cpu,cpuacct:/a\n4:memory:/docker/abc\n0::/\n"
)

func TestPlanMemory(t *testing.T) {
	for name, v := range map[string]struct {
		root   fstest.MapFS
		flag   string
		set    int64
		fitted int64
		limit  int64
		from   string
		budget int
	}{
		"board of 64 MB": {root: files("proc/meminfo", meminfo64), limit: part(60236<<10, 50), from: "MemTotal",
			budget: 7710200},
		"version 2": {root: files("proc/meminfo", meminfo64, "proc/self/cgroup", inV2,
			"sys/fs/cgroup/system.slice/edgesio.service/memory.max", "33554432\n"),
			limit: 25165800, from: "cgroup", budget: 6291450},
		"a parent of version 2 has less": {root: files("proc/meminfo", meminfo64, "proc/self/cgroup", inV2,
			"sys/fs/cgroup/system.slice/edgesio.service/memory.max", "max\n",
			"sys/fs/cgroup/system.slice/memory.high", "32000000\n", "sys/fs/cgroup/system.slice/memory.max", "33554432\n"),
			limit: 24000000, from: "cgroup", budget: 6000000},
		"version 2 beside version 1": {root: files("proc/self/cgroup", inV1+inV2,
			"sys/fs/cgroup/unified/system.slice/memory.max", "20000000"), limit: 15000000, from: "cgroup", budget: leastBudget},
		"version 1": {root: files("proc/self/cgroup", inV1,
			"sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "33554432\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
			limit: 25165800, from: "cgroup", budget: 6291450},
		"version 1 that sees only its own part": {root: files("proc/self/cgroup", inV1,
			"sys/fs/cgroup/memory/memory.limit_in_bytes", "4000000\n"), limit: 3000000, from: "cgroup", budget: leastBudget},
		"a limit above the board's memory": {root: files("proc/meminfo", meminfo64, "proc/self/cgroup", inV2,
			"sys/fs/cgroup/memory.max", "99999999999"), limit: part(60236<<10, 50), from: "MemTotal", budget: 7710200},
		"a service's limit above our share": {root: files("proc/meminfo", meminfo64, "proc/self/cgroup", inV2,
			"sys/fs/cgroup/system.slice/edgesio.service/memory.max", "46261248\n"),
			limit: part(60236<<10, 50), from: "MemTotal", budget: 7710200},
		"a container that the profile was fitted to": {root: files("proc/meminfo", meminfo64, "proc/self/cgroup", inV2,
			"sys/fs/cgroup/system.slice/edgesio.service/memory.max", "33554432\n"), fitted: 33554432,
			limit: 16777200, from: "cgroup", budget: leastBudget},
		"GOMEMLIMIT": {root: files("proc/meminfo", meminfo64), set: 24 << 20, limit: 24 << 20, from: "GOMEMLIMIT",
			budget: 6 << 20},
		"the operator": {root: files("proc/meminfo", meminfo64), set: 24 << 20, flag: "48M", limit: 48 << 20,
			from: "-memory", budget: 12 << 20},
		"off": {root: files("proc/meminfo", meminfo64), flag: "off", from: "-memory", budget: -1},
		"a large machine": {root: files("proc/meminfo", "MemTotal: 67108864 kB\n"), limit: part(64<<30, 50),
			from: "MemTotal", budget: mostBudget},
		"nothing is known":   {root: files()},
		"files that are odd": {root: files("proc/meminfo", "MemTotal", "proc/self/cgroup", "0::\n:::\nx\n4:memory:../..\n")},
	} {
		c := defaults()
		if v.flag != "" {
			if err := c.table.Find("memory").Value.Set(v.flag); err != nil {
				t.Fatal(err)
			}
		}
		if v.set == 0 {
			v.set = math.MaxInt64
		}
		want := memoryPlan{v.limit, v.from, v.budget}
		if got := planMemory(c.memory, c.memoryShare, v.fitted, v.root, v.set); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

// GOGC counts until somebody asks for something else, and again when nobody does any more.
func TestGOGC(t *testing.T) {
	for _, v := range []struct {
		args string
		gogc string
		want int
	}{
		{"", "", 50}, {"", "200", 200}, {"", "off", -1}, {"", "many", 100}, {"-profile rpi4", "200", 200},
		{"-profile rpi4", "", 100}, {"-gc 50", "200", 50}, {"-gc 30", "off", 30},
	} {
		running, fresh := loaded(t, nil, "-profile", "none", "-gc", "40"), loaded(t, nil, append([]string{"-profile", "none"},
			strings.Fields(v.args)...)...)
		running.table.Take(fresh.table, settings.Live)
		for name, c := range map[string]*config{"at the start": fresh, "on SIGHUP": running} {
			if got := c.gcPercent(v.gogc); got != v.want {
				t.Errorf("%s: %q with GOGC=%s is %d, want %d", name, v.args, v.gogc, got, v.want)
			}
		}
	}
}

// The limit of a cgroup is never above any that the files tell, whatever else is in them.
func FuzzContainerLimit(f *testing.F) {
	f.Add(inV2, "33554432\n")
	f.Add(inV1, "max\n")
	f.Add("0::/../..//x\n4:memory:/a:b\n", "9223372036854771712\n")
	f.Fuzz(func(t *testing.T, cgroup, limit string) {
		root := files("proc/self/cgroup", cgroup, "sys/fs/cgroup/memory.max", limit,
			"sys/fs/cgroup/memory/memory.limit_in_bytes", limit)
		v1, v2 := parseCgroup([]byte(cgroup))
		for _, p := range []string{v1, v2} {
			if p != "" && (p[0] != '/' || !strings.Contains(cgroup, p)) {
				t.Errorf("path %q of %q", p, cgroup)
			}
		}
		got, want := containerLimit(root), parseLimit([]byte(limit))
		if v1 == "" && v2 == "" {
			want = 0
		}
		if got != want {
			t.Errorf("%d, want %d", got, want)
		}
	})
}
