package sim

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/edgesio/edgesio/sio"
)

// Figures count what happened in a run: they show that a simulation without a
// violation was not one without traffic.
type Figures struct {
	Dials, Requests, Sessions, Upgrades, ProbesFailed    int
	Lost, Misfortunes, Stalls, Villains                  int
	Joins, Refusals                                      int
	Up, Down, Binary, Broadcasts                         int        // messages that arrived, broadcasts that were sent
	Fates                                                [steps]int // sessions that ended at a step of the protocol
	Crowds, Clients                                      int        // runs with hundreds of clients; all clients
	Drains, TurnedAway                                   int        // servers that drained, and who came to them meanwhile
	Handovers                                            int        // to a second server
	Pages, Echoes                                        int        // answers to guests
	Naps                                                 int        // of the machine
	Refused, Throttled, Held, JoinsRefused               int        // by a limit the latter
	Inflated                                             int        // compressed messages that arrived
	Volatile, VolatileDropped                            int
	Recovered, Renewed, Replayed                         int // sockets that came back, or did as new ones; missed events
	Asked, Answered, TimedOut, Unanswered                int // by clients
	ServerAsked, ServerAnswered, ServerTimeouts          int
	ServerUnanswered, Survivors, Turns, Accepted, Closed int
	VirtualSeconds                                       float64
	Reasons                                              map[sio.Reason]int
}

// Add adds o to f.
func (f *Figures) Add(o *Figures) {
	to, from := reflect.ValueOf(f).Elem(), reflect.ValueOf(o).Elem()
	for i := range to.NumField() {
		switch v := to.Field(i); v.Kind() {
		case reflect.Int:
			v.SetInt(v.Int() + from.Field(i).Int())
		case reflect.Array:
			for j := range v.Len() {
				v.Index(j).SetInt(v.Index(j).Int() + from.Field(i).Index(j).Int())
			}
		case reflect.Float64:
			v.SetFloat(v.Float() + from.Field(i).Float())
		}
	}
	if f.Reasons == nil {
		f.Reasons = make(map[sio.Reason]int)
	}
	for r, n := range o.Reasons {
		f.Reasons[r] += n
	}
}

// String is a small table.
func (f *Figures) String() string {
	var b strings.Builder
	v := reflect.ValueOf(f).Elem()
	for i := range v.NumField() {
		fmt.Fprintf(&b, "%s=%v ", v.Type().Field(i).Name, v.Field(i))
		if i%8 == 7 {
			b.WriteString("\n")
		}
	}
	return strings.TrimSpace(b.String())
}
