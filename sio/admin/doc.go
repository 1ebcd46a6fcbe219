// Package admin lets the admin UI of Socket.IO (npm @socket.io/admin-ui 0.5, any copy of its page) look at a server.
// It speaks what the package's server side speaks, on a namespace of its own, and only shows: the UI is told of no
// command, and one that comes nevertheless has no effect and is counted.
//
//	a, err := admin.New(io, admin.Options{
//		Auth: func(c admin.Credentials, decide func(bool)) { ... },
//	})
//
// Production mode, the default, sends the state of the server every two seconds and nothing else. Development mode
// sends sockets, rooms and events one by one:
//
//	session              id with which the page comes back without its password
//	config               {supportedFeatures}: AGGREGATED_EVENTS, and in development mode ALL_EVENTS
//	server_stats         {serverId, hostname, pid, uptime, clientsCount, pollingClientsCount, aggregatedEvents,
//	                     namespaces}
//	all_sockets          [{id, clientId, transport, nsp, data, handshake, rooms}, ...]
//	socket_connected     the same of one socket, time
//	socket_updated       {id, nsp, transport}
//	socket_disconnected  nsp, id, reason, time
//	room_joined, _left   nsp, room, id, time
//	event_received, _sent  nsp, id, [name, argument, ...], time
//
// What differs from the reference:
//
//   - Nobody signed in: nothing is listened to and nothing is counted beside the layers' Stats. One watches in
//     development mode: each event and each broadcast costs some microseconds more.
//   - What waits for the page is bounded in bytes. When more happens than it takes, events are left out and counted;
//     when sockets and rooms were left out, they are told anew.
//   - A server with many sockets tells a first part as all_sockets and the others as socket_connected, with the time of
//     their handshake, up to Options.MaxSockets.
//   - Secrets in headers and queries are shown as ***; see Options.Hide. Socket.Data is shown as Options.Data says.
//   - An attachment is shown as "<binary>", an argument that is too large as "<1234 bytes>".
//   - aggregatedEvents counts the bytes of all connections of the loop, HTTP and framing included.
//
// Read next: admin.go, feed.go.
package admin
