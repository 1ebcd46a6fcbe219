// A board with 64 MB under qemu-system, and 500 stock clients that it tells its memory and its load every second.
//
//   node soak.mjs PROGRAM BOARD
//
// MINUTES says how long (default 1), CLIENTS how many. Everybody gets every reading; nobody is lost; nothing is killed.
import assert from "node:assert/strict";
import { Guest, many, pause, readings } from "./guest.mjs";

const [program, board] = process.argv.slice(2);
const minutes = Number(process.env.MINUTES ?? 1);
const count = Number(process.env.CLIENTS ?? 500);
const ceiling = 16 * 1024; // of the gateway's resident memory, in kB
const guest = new Guest(program, "-limit", `${Math.ceil(minutes + 12)}m`, ...(process.env.DUMP ? ["-dump", process.env.DUMP] : []), board);
const faults = [];

// Viewer counts what a socket gets.
class Viewer {
  got = 0;
  longest = 0; // ms between two readings

  constructor(socket, n) {
    this.socket = socket;
    socket.on("disconnect", (reason) => ending || faults.push(`client ${n} was lost: ${reason}`));
    socket.on("memory", () => {
      const now = Date.now();
      if (this.last) this.longest = Math.max(this.longest, now - this.last);
      this.last = now;
      this.got++;
    });
  }

  async watch() {
    assert.deepEqual(await this.socket.timeout(60_000).emitWithAck("watch", "memory"), {});
  }
}

let ending = false;

const show = (s) => console.log(`${String(Math.round(s.uptime)).padStart(6)} s  rss ${s.rss} kB (anonymous ${s.anon}, file ` +
  `${s.rss - s.anon}), peak ${s.VmHWM}; available ${s.MemAvailable} of ${s.MemTotal} kB, slab ${s.Slab}, tcp ${s.tcpPages} ` +
  `pages; processor ${s.busy} %, of it the gateway ${s.service} %; sockets ${s.sockets}, sent again ${s.retransmitted}`);

async function soak() {
  await guest.up();
  show(await guest.stat());
  const began = Date.now();
  const sockets = await many(guest.urls, count, { transports: ["websocket"] }, "/device");
  const viewers = sockets.map((s, n) => new Viewer(s, n));
  console.log(`${count} stock clients are connected after ${Math.round((Date.now() - began) / 1000)} s`);
  for (let n = 0; n < count; n += 50) await Promise.all(viewers.slice(n, n + 50).map((v) => v.watch()));
  await pause(3000);
  viewers.forEach((v) => Object.assign(v, { got: 0, longest: 0 }));
  const start = Date.now();
  for (let minute = 0; minute < minutes; minute++) {
    await pause(60_000);
    show(guest.stats.at(-1));
    assert.deepEqual(faults.slice(0, 5), []);
  }
  const seconds = (Date.now() - start) / 1000;
  const got = viewers.map((v) => v.got);
  const most = Math.max(...got), least = Math.min(...got);
  console.log(`${most} readings in ${seconds.toFixed(0)} s to each of ${count} clients; the one with least got ${least}; ` +
    `longest silence ${Math.max(...viewers.map((v) => v.longest))} ms`);
  const last = await guest.stat();
  show(last);
  ending = true;
  assert.ok(viewers.every((v) => v.socket.connected));
  assert.ok(least >= most - 1, "readings were lost");
  assert.ok(most >= seconds * 0.9, "not every second");
  assert.equal(guest.lines.filter((line) => line.startsWith("init: started")).length, 1, "the gateway was started again");
  for (const s of guest.stats) {
    assert.equal(s.oom_kill, 0);
    assert.ok((s.rss ?? 0) <= ceiling, `${s.rss} kB resident, more than ${ceiling}`);
  }
  const writes = readings(await guest.say("writes", /^init: writes /));
  assert.equal(writes.disk, "0,0");
  sockets.forEach((s) => s.disconnect());
  await guest.off();
}

let failed = 0;
try {
  await soak();
  console.log(`soak of ${minutes} minutes: passed`);
} catch (err) {
  failed = 1;
  console.log(`soak: FAILED\n${err.stack}\n${faults.length} faults: ${faults.slice(0, 5).join("; ")}`);
}
await guest.kill();
process.exit(failed);
