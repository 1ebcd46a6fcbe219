// The browser bundles of all generations in Chromium: unlike in Node.js they have XMLHttpRequest with binary responses
// (so clients 1.x and 2.x take binary payloads over polling), the native WebSocket, and JSONP.
//
//   node generations.mjs COMMAND [ARGUMENT ...]
//
// COMMAND is a server of the interop suite; see ../reference.mjs.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { clients, modes } from "../lib/clients.mjs";
import { deflateFlags } from "../lib/deflate.mjs";
import { Report } from "../lib/report.mjs";
import { Server } from "../lib/server.mjs";
import { launch } from "./chromium.mjs";

const report = new Report(/./);
const server = new Server(process.argv.slice(2));
await server.start();
const browser = await launch();

// talk runs in the page: events, acks and binary both ways, in order, and what came back as plain values.
function talk({ options, transport, text }) {
  const bytes = (...list) => new Uint8Array(list).buffer;
  const plain = (v) => {
    if (v instanceof ArrayBuffer) return { bytes: [...new Uint8Array(v)] };
    if (Array.isArray(v)) return v.map(plain);
    if (v && typeof v === "object") return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, plain(x)]));
    return v;
  };
  const socket = io("/", options);
  const next = (emitter, event) => new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
  const call = (...args) => new Promise((resolve) => socket.emit(...args, (...answer) => resolve(answer)));
  const run = async () => {
    await next(socket, "connect");
    const engine = socket.io.engine;
    socket.on("question", (...args) => args.pop()("answer to", ...args));
    const early = Promise.all([call("echo", 1), call("echo", "two", bytes(2, 200))]);
    if (engine.transport.name !== transport) await next(engine, "upgrade");
    const out = { early: await early };
    out.text = await call("echo", text, { a: [null, 1.5] });
    out.binary = await call("echo", bytes(0, 255), { deep: [bytes(7)] }, "x", bytes());
    out.asked = await call("ask", "a", bytes(1), bytes(2));
    const sent = next(socket, "binary");
    socket.emit("binary");
    out.sent = await sent;
    out.who = (await call("who"))[0];
    const gone = next(socket, "disconnect");
    socket.emit("kick");
    out.gone = (await gone)[0];
    return plain(out);
  };
  return Promise.race([run(), new Promise((_, no) => setTimeout(() => no(new Error("no answer within 8 s")), 8000))]);
}

async function one(client, options, transport, server, bundle = "socket.io.js") {
  const page = await browser.newPage();
  try {
    await page.goto(server.url);
    await page.addScriptTag({ path: fileURLToPath(new URL(`../node_modules/${client.name}/dist/${bundle}`, import.meta.url)) });
    // A 1.x client in a browser takes a text payload for bytes and loses what is not ASCII, with the reference too.
    const ascii = client.major === 1 && transport === "polling" && !options.forceJSONP;
    const text = (ascii ? "" : "é€😀\u2028") + "\\n\\\n\"'";
    const out = await page.evaluate(talk, { options: { reconnection: false, ...options }, transport, text });
    const { id, ...who } = out.who;
    assert.deepStrictEqual(out, {
      early: [[1], ["two", { bytes: [2, 200] }]],
      text: [text, { a: [null, 1.5] }],
      binary: [{ bytes: [0, 255] }, { deep: [{ bytes: [7] }] }, "x", { bytes: [] }],
      asked: ["answer to", "a", { bytes: [1] }, { bytes: [2] }],
      sent: [{ a: { bytes: [0, 1, 254, 255] }, b: ["x", { bytes: [7] }] }, { bytes: [] }, "end"],
      who: out.who,
      gone: "io server disconnect",
    });
    assert.deepStrictEqual(who, { nsp: "/", transport, eio: client.eio });
    assert.equal(await server.reason("/", id), "server namespace disconnect");
  } finally {
    await page.close();
  }
}

// squeeze runs in the page: large messages both ways, on a WebSocket that has agreed on compression.
async function squeeze(options) {
  const socket = io("/", options);
  const next = (emitter, event) => new Promise((resolve) => emitter.once(event, resolve));
  await next(socket, "connect");
  const { engine } = socket.io;
  if (engine.transport.name !== "websocket") await next(engine, "upgrade");
  const bytes = new Uint8Array(70_000).map((_, i) => i % 251);
  const texts = ["", "short", "é€😀 sensor ".repeat(10_000)];
  const same = [];
  for (const text of texts) {
    const answer = await new Promise((resolve) => socket.emit("echo", text, bytes.buffer, (...args) => resolve(args)));
    same.push(answer[0] === text && new Uint8Array(answer[1]).every((c, i) => c === bytes[i]));
  }
  const { extensions } = engine.transport.ws;
  socket.disconnect();
  return { same, extensions };
}

async function compressed(client, transports) {
  const page = await browser.newPage();
  try {
    await page.goto(dense.url);
    await page.addScriptTag({ path: fileURLToPath(new URL(`../node_modules/${client.name}/dist/socket.io.js`, import.meta.url)) });
    const out = await page.evaluate(squeeze, { reconnection: false, transports });
    assert.deepStrictEqual(out.same, [true, true, true]);
    assert.match(out.extensions, /^permessage-deflate/);
  } finally {
    await page.close();
  }
}

for (const client of clients) {
  for (const [mode, transports] of Object.entries(modes)) {
    await report.run(`browser ${client.label} ${mode}`, () => one(client, { transports }, transports.at(-1), server));
  }
  if (client.major < 4) {
    const options = { transports: ["polling"], forceJSONP: true };
    await report.run(`browser ${client.label} jsonp`, () => one(client, options, "polling", server));
  }
}
const packed = new Server(process.argv.slice(2), ["-parser", "msgpack"]);
await packed.start();
for (const [mode, transports] of Object.entries(modes)) {
  const [client] = clients;
  await report.run(`browser ${client.label} msgpack bundle ${mode}`, () =>
    one(client, { transports }, transports.at(-1), packed, "socket.io.msgpack.min.js"));
}
await packed.stop();
const dense = new Server(process.argv.slice(2), deflateFlags);
await dense.start();
for (const client of clients) {
  for (const mode of ["websocket", "upgrade"]) {
    await report.run(`browser ${client.label} ${mode}, compressed`, () => compressed(client, modes[mode]));
  }
}
await dense.stop();
await browser.close();
await report.run("the server ends on SIGTERM", async () => assert.equal((await server.stop()).code, 0));
process.exit(report.close());
