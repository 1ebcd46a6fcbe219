// The cases that every stock client runs over every transport. Each gets Peers and the server, and throws what is wrong.
import assert from "node:assert/strict";
import { call, collect, next } from "./wait.mjs";

const equal = assert.deepStrictEqual;

const values = [
  null, true, false, 0, 1, -1, 1.5, 1e21, 5e-324, Number.MAX_SAFE_INTEGER, "", "text", "é€😀", "\u2028\u2029\x1e\x00\"\\/",
  [], [[], [1, [2, [3]]]], {}, { b: 1, a: { "": null, "10": [false] } }, { _placeholder: false, num: 1 },
];

// notepack, which is msgpack's in the clients, writes whole numbers from 2^64 on wrong.
const valuesFor = ({ client }) => (client.options.parser ? values.filter((v) => v !== 1e21) : values);

const bytes = (...list) => Buffer.from(list);
const big = Buffer.from(Array.from({ length: 70000 }, (_, i) => i & 255));

// plain turns whatever a client uses for binary (Buffer, ArrayBuffer, views) into a Buffer, at any depth.
function plain(value) {
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  }
  return value;
}

async function connect(peers) {
  const s = await peers.connect();
  const [who] = await call(s, "who");
  const transport = peers.mode === "polling" ? "polling" : "websocket";
  equal(who, { id: s.id, nsp: "/", transport, eio: peers.client.eio });
  equal(s.io.engine.transport.name, transport);
  assert.ok(s.connected);
}

async function eventArguments(peers) {
  const s = await peers.connect();
  const values = valuesFor(peers);
  for (const list of [[], values, ...values.map((v) => [v])]) {
    const back = next(s, "echo");
    s.emit("echo", ...list);
    equal(await back, list);
  }
}

async function eventOrder(peers) {
  const s = await peers.connect({ settle: false });
  const seen = collect(s, "echo");
  for (let i = 0; i < 100; i++) s.emit("echo", i);
  await call(s, "who");
  for (let i = 100; i < 200; i++) s.emit("echo", i);
  await peers.settled(s);
  for (let i = 200; i < 300; i++) s.emit("echo", i);
  await call(s, "who");
  equal(seen, Array.from({ length: 300 }, (_, i) => [i]));
}

async function acks(peers) {
  const s = await peers.connect();
  const values = valuesFor(peers);
  equal(await call(s, "echo"), []);
  equal(await call(s, "echo", "one"), ["one"]);
  equal(await call(s, "echo", ...values), values);
  const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => call(s, "echo", i)));
  equal(answers, Array.from({ length: 100 }, (_, i) => [i]));
}

async function acksFromClient(peers) {
  const s = await peers.connect();
  const values = valuesFor(peers);
  s.on("question", (...args) => args.pop()("answer to", ...args));
  equal(await call(s, "ask"), ["answer to"]);
  equal(await call(s, "ask", ...values), ["answer to", ...values]);
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => call(s, "ask", i)));
  equal(answers, Array.from({ length: 50 }, (_, i) => ["answer to", i]));
  equal(await call(s, "ask in vain"), ["timed out"]);
}

async function binary(peers) {
  const s = await peers.connect();
  const list = [bytes(1, 2, 3), { deep: [bytes(0), "x", { deeper: bytes(255, 254) }] }, "text", bytes(4)];
  const back = next(s, "echo");
  s.emit("echo", ...list);
  equal(plain(await back), list);
  equal(plain(await call(s, "echo", ...list)), list);
  equal(plain(await call(s, "echo", big, bytes(9), big)), [big, bytes(9), big]);
  const sent = next(s, "binary");
  s.emit("binary");
  equal(plain(await sent), [{ a: bytes(0, 1, 254, 255), b: ["x", bytes(7)] }, bytes(), "end"]);
}

async function binaryAcksFromClient(peers) {
  const s = await peers.connect();
  s.on("question", (...args) => args.pop()({ got: args }, bytes(8, 9)));
  const list = [bytes(1), { x: bytes(2, 3) }];
  equal(plain(await call(s, "ask", ...list)), [{ got: list }, bytes(8, 9)]);
}

async function binaryOrder(peers) {
  const s = await peers.connect({ settle: false });
  const seen = collect(s, "echo");
  for (let i = 0; i < 40; i++) {
    s.emit("echo", i, bytes(i), bytes(i, i));
    s.emit("echo", i);
  }
  await call(s, "who");
  await peers.settled(s);
  await call(s, "who");
  equal(plain(seen), Array.from({ length: 40 }, (_, i) => [[i, bytes(i), bytes(i, i)], [i]]).flat());
}

async function namespaces(peers, server) {
  const main = await peers.connect();
  const chat = peers.client.socket(main.io, "/chat");
  await next(chat, "connect");
  equal((await call(chat, "who"))[0].nsp, "/chat");
  equal((await call(chat, "who"))[0].id, peers.client.id(chat));
  const stray = collect(main, "echo");
  const back = next(chat, "echo");
  chat.emit("echo", "for /chat", bytes(1), bytes(2));
  equal(plain(await back), ["for /chat", bytes(1), bytes(2)]);
  const id = peers.client.id(chat);
  chat.disconnect();
  equal(await server.reason("/chat", id), "client namespace disconnect");
  await call(main, "who");
  equal(stray, []);
  assert.ok(main.connected);

  const unknown = peers.client.socket(main.io, "/unknown");
  const refused = peers.client.seenRefusal(await next(unknown, peers.client.refused));
  // To clients 1.x and 2.x the reference 2.x answers the text and the reference 4.x the object: both are taken.
  equal(refused.message ?? refused, "Invalid namespace");
  await call(main, "who");
}

async function rooms(peers) {
  const [a, b, c] = await Promise.all([peers.connect(), peers.connect(), peers.connect()]);
  const all = [a, b, c];
  const said = all.map((s) => collect(s, "said"));
  const announced = all.map((s) => collect(s, "announced"));
  // What a socket was sent before is there when its own ack is, as order is kept.
  const settle = () => Promise.all(all.map((s) => call(s, "who")));

  await Promise.all([call(a, "join", "red"), call(b, "join", "red"), call(c, "join", "blue")]);
  await call(b, "join", "blue");
  equal(await call(b, "rooms"), [["blue", "red"]]);
  await call(a, "say", "red", "to red but the sender");
  await call(c, "say", "red", "from outside");
  await call(a, "announce", "red", "to all of red");
  await call(a, "announce except", "blue", "red", "to blue but red");
  await call(a, "leave", "red");
  await call(b, "announce", "red", "after leave");
  await settle();
  equal(said, [[["from outside"]], [["to red but the sender"], ["from outside"]], []]);
  equal(announced, [[["to all of red"]], [["to all of red"], ["after leave"]], [["to blue but red"]]]);
}

async function broadcast(peers) {
  const [a, b] = await Promise.all([peers.connect({ nsp: "/chat" }), peers.connect({ nsp: "/chat" })]);
  const elsewhere = await peers.connect();
  const heard = [a, b, elsewhere].map((s) => collect(s, "shouted"));
  const shown = [a, b, elsewhere].map((s) => collect(s, "shown"));
  // The name is this case's own, as other cases may use the namespace at the same time.
  const mine = (seen) => seen.filter(([text]) => text === a.id || text?.id === a.id);
  await call(a, "shout", a.id);
  await call(a, "show", { id: a.id, x: bytes(1), y: [bytes(2, 3)] });
  await Promise.all([a, b, elsewhere].map((s) => call(s, "who")));
  equal(heard.map(mine), [[], [[a.id]], []]);
  equal(plain(shown.map(mine)), [[], [[{ id: a.id, x: bytes(1), y: [bytes(2, 3)] }]], []]);
}

async function middlewareError(peers) {
  const { client } = peers;
  const main = await peers.connect();
  const deny = client.socket(main.io, "/deny");
  const refused = client.seenRefusal(await next(deny, client.refused));
  equal(refused, client.refusal("no entry", { code: "E1", list: [1, 2] }));

  const wrong = client.socket(peers.manager(), "/auth", "wrong");
  equal(client.seenRefusal(await next(wrong, client.refused)), client.refusal("wrong token"));
  const right = await peers.connect({ nsp: "/auth", token: "sesame" });
  equal((await call(right, "who"))[0].nsp, "/auth");

  const leaked = collect(main, "leaked");
  main.emit("forbidden");
  await call(main, "who");
  equal(leaked, []);
}

async function disconnectByClient(peers, server) {
  const s = await peers.connect();
  const { id } = s;
  const told = next(s, "disconnect");
  s.disconnect();
  equal((await told)[0], "io client disconnect");
  const reason = await server.reason("/", id);
  // The stock client closes the connection right behind its packet, so both are true; the packet comes first.
  equal(reason, "client namespace disconnect");
}

async function disconnectByServer(peers, server) {
  for (const how of ["kick", "kick out"]) {
    const s = await peers.connect();
    const { id } = s;
    const told = next(s, "disconnect");
    s.emit(how);
    equal((await told)[0], "io server disconnect");
    equal(await server.reason("/", id), "server namespace disconnect");
  }
}

async function disconnectByEngine(peers, server) {
  const s = await peers.connect();
  const { id } = s;
  const told = next(s, "disconnect");
  s.io.engine.close();
  equal((await told)[0], "forced close");
  equal(await server.reason("/", id), "transport close");
}

async function largeMessage(peers) {
  const s = await peers.connect();
  // Over polling binary is base64, and the limit is that of the body.
  const text = "x".repeat(peers.client.options.parser ? 700_000 : 900_000);
  const [back] = await call(s, "echo", text);
  assert.ok(back === text);
}

async function tooLargeMessage(peers, server) {
  const neighbour = await peers.connect();
  const s = await peers.connect();
  const { id } = s;
  const told = next(s, "disconnect");
  s.emit("echo", "x".repeat(1_000_001));
  const websocket = peers.mode !== "polling";
  equal((await told)[0], websocket ? "transport close" : "transport error");
  equal(await server.reason("/", id), websocket ? "transport error" : "transport close");
  await call(neighbour, "who");
}

export const cases = {
  "connect": connect,
  "event with many argument types": eventArguments,
  "events in order, across the upgrade": eventOrder,
  "ack to the client": acks,
  "ack to the server": acksFromClient,
  "binary both ways, several attachments": binary,
  "binary ack to the server": binaryAcksFromClient,
  "binary events in order, across the upgrade": binaryOrder,
  "namespaces": namespaces,
  "rooms": rooms,
  "broadcast but the sender": broadcast,
  "middleware error": middlewareError,
  "disconnect by the client": disconnectByClient,
  "disconnect by the server": disconnectByServer,
  "engine closed by the client": disconnectByEngine,
  "900 kB message": largeMessage,
  "1 MB message refused by the limit": tooLargeMessage,
};
