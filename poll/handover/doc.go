// Package handover replaces a running process by a new one without a moment in which nobody listens: on the program's
// wish (the gateway: SIGUSR2) a Succession starts the program's file again, and gives it the listening sockets and,
// when the new process has found its configuration good, the program's state. Connections are not passed on: they end,
// and clients come again, to the new process.
//
//	old process                                       new process
//	Start: fork, exec ------------------------------> Predecessor finds the marker
//	Secrets --------------------------------------->  the program is made, with Listeners
//	State(Rehearsal) ------------------------------>  Take: state is read
//	                 <------------------------------  taken: it would work
//	Freeze: nobody is accepted any more, callers wait in the sockets' queues
//	State(Frozen) --------------------------------->  state is read again
//	                 <------------------------------  taken
//	State(Rest), go ------------------------------->  Take returns, the program serves
//	Done: the old process ends <--------------------  Serving
//
// Until Freeze nothing has changed for anybody: a new process that cannot start, fails, or does not answer in time is
// killed, Failed is called, and the old one goes on. It does so after Freeze, too; its clients have to connect again
// then. If the old process dies on the way, the new one serves with what it has.
//
// LISTEN_FDS of systemd is not used on this way, since LISTEN_PID is not known before the fork. The variable
// EDGESIO_HANDOVER names the process that may be believed (it must be the parent), the descriptor of a unix socket, and
// the listeners, which are the descriptors from 3 on.
//
// Read next: giver.go, then channel.go.
package handover
