// Whole boards with 64 MB under qemu-system: a stock client by every transport, telemetry, both watchdogs, SIGTERM, TLS,
// and memory with nobody and with a thousand idle clients.
//
//   node check.mjs PROGRAM BOARD ...
//
// PROGRAM is boards/machine, built. The boards run at the same time. CONSOLE=1 shows their consoles.
import assert from "node:assert/strict";
import { Report } from "../../sio/interop/lib/report.mjs";
import { connected, event, Guest, many, pause } from "./guest.mjs";

const [program, ...boards] = process.argv.slice(2);
const report = new Report(/./);
const kB = 1024;
const ceilings = { start: 8 * kB, idle: 16 * kB }; // of the gateway's resident memory, in kB
const idle = Number(process.env.CLIENTS ?? 1000);
const ways = { polling: ["polling"], websocket: ["websocket"], upgrade: ["polling", "websocket"] };
const quick = { reconnectionDelay: 500, reconnectionDelayMax: 1000 };
const table = [];

const told = (name, s) => table.push(`${name}: rss ${s.rss} kB, anonymous ${s.anon}, file ${s.rss - s.anon}, ` +
  `kernel's count ${s.VmRSS}, peak ${s.VmHWM}; available ${s.MemAvailable} of ${s.MemTotal}, slab ${s.Slab}`);

async function talk(url, transports) {
  const socket = await connected(url, { transports });
  if (transports.length > 1 && socket.io.engine.transport.name !== "websocket") await event(socket.io.engine, "upgrade");
  assert.equal(await socket.timeout(20_000).emitWithAck("req"), "hello world");
  const said = event(socket, "chat");
  socket.emit("chat", "grüß dich");
  assert.equal((await said)[0], `client_${socket.id} says: grüß dich`); // the second is recovery's offset
  socket.disconnect();
}

async function signIn(url) {
  const answer = await fetch(`${url}/signin`, { method: "POST",
    body: JSON.stringify({ Name: "admin", Password: "board-of-a-test" }) });
  assert.equal(answer.status, 200, await answer.clone().text());
  const { token, srand } = await answer.json();
  return { "edger-token": token, "edger-srand": srand };
}

async function telemetry(guest) {
  const query = await signIn(guest.url);
  const socket = await connected(`${guest.url}/device`, { query });
  for (const topic of ["load", "memory", "network", "sockets", "events"]) {
    assert.deepEqual(await socket.timeout(20_000).emitWithAck("watch", topic), {});
    for (let n = 0; n < 2; n++) await event(socket, topic);
  }
  const [memory] = await event(socket, "memory");
  const { MemTotal } = await guest.stat();
  assert.equal(memory.total, MemTotal * 1024, JSON.stringify(memory));
  socket.disconnect();
}

// survives waits until a client that was connected while harm was done has its acks again.
async function survives(guest, url, options, harm, ended) {
  const socket = await connected(url, { ...quick, ...options });
  assert.equal(await socket.timeout(20_000).emitWithAck("req"), "hello world");
  const from = guest.lines.length;
  const gone = event(socket, "disconnect", 60_000);
  await harm(socket);
  await guest.line(ended, 60_000, from);
  const back = event(socket, "connect", 60_000);
  await gone;
  if (!socket.active) socket.connect(); // the server's own farewell: the user decides
  await back;
  assert.equal(await socket.timeout(20_000).emitWithAck("req"), "hello world");
  socket.disconnect();
}

async function hasMemory(guest, name, ceiling) {
  const s = await guest.stat();
  told(name, s);
  assert.ok(s.rss <= ceiling, `${s.rss} kB are resident, more than ${ceiling}`);
  assert.equal(s.oom_kill, 0);
  assert.equal(s.Uid, 990);
}

async function check(board) {
  const guest = new Guest(program, "-limit", "8m", board);
  const run = (name, fn) => report.run(`${board}: ${name}`, fn);
  try {
    await run("it boots, and the gateway is ready as a user without rights", () => guest.up());
    if (!guest.healthy) return;
    await run("memory at the start", () => hasMemory(guest, `${board} at the start`, ceilings.start));
    for (const [name, transports] of Object.entries(ways)) {
      await run(`acks and chat by ${name}`, () => talk(guest.url, transports));
    }
    await run("telemetry for an administrator", () => telemetry(guest));
    await run("a stopped gateway is killed for its silence, and started again", () => survives(guest, guest.url, {},
      () => guest.say("signal STOP", /^init: signal STOP .*ok/), /^init: ended .*killed/));
    await run("SIGTERM drains, the next service comes", () => survives(guest, guest.url, {},
      () => guest.use("hazard"), /^init: ended .*exit status 0/));
    await run("binary there and back", async () => {
      const socket = await connected(guest.url, { path: "/hazard.io" });
      const sent = Buffer.alloc(40_000, "edge");
      assert.deepEqual(await socket.timeout(20_000).emitWithAck("echo", { sent }), { sent });
      socket.disconnect();
    });
    await run("a handler that hangs ends the gateway with status 70", () => survives(guest, guest.url,
      { path: "/hazard.io" }, (socket) => socket.emit("block"), /^init: ended .*exit status 70/));
    await run("TLS", async () => {
      await guest.use("tls");
      const url = guest.url.replace("http:", "https:");
      for (const transports of Object.values(ways)) {
        const socket = await connected(url, { transports, rejectUnauthorized: false });
        assert.equal(await socket.timeout(20_000).emitWithAck("req"), "hello world");
        socket.disconnect();
      }
      await hasMemory(guest, `${board} with TLS, after three clients`, ceilings.idle);
    });
    await run(`memory with ${idle} idle clients`, async () => {
      await guest.use("gateway");
      const sockets = await many(guest.urls, idle, { transports: ["websocket"] }, "/device");
      await pause(2000);
      const away = sockets.filter((s) => !s.connected).length;
      if (away > 0) table.push(`${board} with ${idle} clients: ${away} were lost and had to come again`);
      if (board !== "mips") assert.equal(away, 0); // its clock may stand while this machine is busy, see RUNS.md
      for (let s = 0; s < 60 && sockets.some((c) => !c.connected); s++) await pause(1000);
      assert.equal(sockets.filter((s) => s.connected).length, idle);
      await hasMemory(guest, `${board} with ${idle} clients`, ceilings.idle);
      sockets.forEach((s) => s.disconnect());
    });
    await run("power off, nothing was written", () => guest.off());
  } finally {
    await guest.kill();
  }
}

await Promise.all(boards.map((board) => check(board)));
table.sort().forEach((line) => console.log(`  ${line}`));
process.exit(report.close());
