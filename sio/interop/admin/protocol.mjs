// What the page of the admin UI would see, of the reference and of ours: the same events with values of the same shape.
//
//   node protocol.mjs COMMAND [ARGUMENT ...]
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { io } from "client4";
import { Report } from "../lib/report.mjs";
import { Server } from "../lib/server.mjs";
import { next, within } from "../lib/wait.mjs";

const reference = [process.execPath, fileURLToPath(new URL("reference.mjs", import.meta.url))];
const right = { username: "admin", password: "changeit" };

// shape is the type of a value, of every one in it; of arrays those of their elements, without repeats.
function shape(value) {
  if (value === null) return "null";
  if (Array.isArray(value)) return [...new Set(value.map((v) => JSON.stringify(shape(v))))].sort();
  if (typeof value === "object") return Object.fromEntries(Object.keys(value).sort().map((k) => [k, shape(value[k])]));
  if (typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)) return "time";
  return typeof value;
}

// The values of these are open: a server tells what it knows.
function trim(name, args) {
  const sockets = name === "all_sockets" ? args[0] : name === "socket_connected" ? [args[0]] : [];
  for (const s of sockets) {
    for (const open of ["headers", "query"]) {
      assert.equal(typeof s.handshake[open], "object");
      assert(Object.values(s.handshake[open]).every((v) => typeof v === "string"));
      s.handshake[open] = {};
    }
    s.data = {};
  }
  if (name === "all_sockets") args[0] = [...new Set(args[0].map((s) => s.nsp))].sort().concat(args[0].slice(0, 1));
  if (name === "server_stats") {
    for (const e of args[0].aggregatedEvents) {
      assert.equal(e.timestamp % 1000, 0);
      assert(e.count > 0);
      assert.equal(e.type === "rawDisconnection", typeof e.subType === "string");
      if (e.subType) delete e.subType;
    }
  }
  return args;
}

const viewer = (server, auth) => io(`${server.url}/admin`, { auth, forceNew: true, reconnection: false });

async function look(server, auth = right) {
  const seen = [];
  const socket = viewer(server, auth);
  socket.onAny((name, ...args) => seen.push([name, ...args]));
  await within(5000, "the admin to connect", new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", reject);
  }));
  const wait = (name, ok = () => true) => within(8000, name, (async () => {
    for (;;) {
      const found = seen.find((e) => e[0] === name && ok(...e.slice(1)));
      if (found) return found.slice(1);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })());
  return { socket, seen, wait };
}

// record drives one server and returns the shapes of the events, by their name.
async function record(command, mode) {
  const server = new Server(command, ["-mode", mode]);
  await server.start();
  try {
    const early = io(server.url, { forceNew: true });
    await next(early, "connect");
    const { socket, seen, wait } = await look(server);
    const development = mode === "development";
    await wait("config");
    if (development) await wait("all_sockets");
    await wait("server_stats");
    const client = io(`${server.url}/chat?color=red`, { forceNew: true });
    await next(client, "connect");
    const is = (nsp, id) => nsp === "/chat" && id === client.id;
    if (development) await wait("socket_updated", (s) => s.id === client.id && s.transport === "websocket");
    await client.emitWithAck("echo", 1, "two", { three: [4] });
    client.emit("tell", "everybody");
    client.emit("leave", "all");
    const events = {};
    if (development) {
      const [received] = [await wait("event_received", is)];
      assert.deepStrictEqual(received[2], ["echo", 1, "two", { three: [4] }]);
      const sent = await wait("event_sent", is);
      assert.deepStrictEqual(sent[2], ["echo", 1, "two", { three: [4] }]);
      await wait("event_sent", (nsp, id, args) => is(nsp, id) && args[0] === "told");
      await wait("room_joined", (nsp, room, id) => room === "all" && is(nsp, id));
      await wait("room_joined", (nsp, room, id) => room === client.id && is(nsp, id));
      await wait("room_left", (nsp, room, id) => room === "all" && is(nsp, id));
      const [connected] = await wait("socket_connected", (s) => is(s.nsp, s.id));
      assert.equal(connected.handshake.query.color, "red");
      assert.equal(connected.handshake.query.transport, "polling");
      assert.match(connected.clientId, /^.{12}$/);
      assert(connected.rooms.includes(client.id));
    }
    await wait("server_stats", (s) => s.namespaces.some((n) => n.name === "/chat" && n.socketsCount === 1));
    const id = client.id;
    client.disconnect();
    if (development) {
      const [, , reason] = await wait("socket_disconnected", (nsp, gone) => gone === id);
      assert.equal(reason, "client namespace disconnect");
    }
    await wait("server_stats", (s) => s.aggregatedEvents.some((e) => e.type === "rawDisconnection"));
    const kinds = new Set(seen.filter((e) => e[0] === "server_stats").flatMap((e) => e[1].aggregatedEvents)
      .map((e) => e.type));
    events.aggregated = [...kinds].sort();
    events.features = seen.find((e) => e[0] === "config")[1].supportedFeatures.sort();

    // Commands have no effect.
    for (const [name, ...args] of [["emit", "/", undefined, "pwned"], ["join", "/", "pwned"], ["leave", "/", "all"],
      ["_disconnect", "/", true], ["_disconnect", "/", false, early.id]]) socket.emit(name, ...args);
    let pwned = false;
    early.on("pwned", () => (pwned = true));
    assert.equal(await early.emitWithAck("echo", 1), "done");
    assert.equal(pwned, false);
    assert.equal(early.connected, true);

    // The session comes back without the password.
    const [session] = await wait("session");
    assert.match(session, /^[0-9a-f]{16,}$/);
    const again = await look(server, { sessionId: session });
    await again.wait("config");
    assert.equal(again.seen.some((e) => e[0] === "session"), false);
    for (const s of [again.socket, socket, early]) s.disconnect();

    for (const [name, ...args] of seen) {
      const list = (events[name] ??= new Set());
      list.add(JSON.stringify(trim(name, args).map(shape)));
    }
    // Some values are arrays that may be empty: the fullest counts.
    for (const [name, list] of Object.entries(events)) {
      if (list instanceof Set) events[name] = [...list].sort((a, b) => b.length - a.length).slice(0, 1);
    }
    return events;
  } finally {
    await server.stop();
  }
}

const ours = process.argv.slice(2);
const report = new Report(/./);
await Promise.all(["production", "development"].map((mode) =>
  report.run(`${mode}: every event has the shape that the reference's has`, async () => {
    const [want, got] = await Promise.all([record(reference, mode), record(ours, mode)]);
    delete want.event_received;
    delete want.event_sent; // compared by value
    delete got.event_received;
    delete got.event_sent;
    assert.deepStrictEqual(got, want);
    console.log(`     ${Object.keys(want).length} kinds: ${Object.keys(want).join(" ")}`);
  })));
await report.run("who has no password, a wrong one, or a session that is none is refused", async () => {
  for (const command of [reference, ours]) {
    const server = new Server(command, []);
    await server.start();
    try {
      for (const auth of [undefined, {}, { username: "admin", password: "wrong" }, { username: "other", password: "changeit" },
        { sessionId: "0123456789abcdef" }, { sessionId: "" }, { sessionId: null, username: "", password: "" }]) {
        const socket = viewer(server, auth);
        socket.on("connect", () => assert.fail("connected"));
        const [err] = await next(socket, "connect_error");
        assert.equal(err.message, "invalid credentials");
        socket.disconnect();
      }
    } finally {
      await server.stop();
    }
  }
});
process.exit(report.close());
