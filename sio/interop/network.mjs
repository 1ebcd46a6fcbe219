// What breaks between a server and its clients, and how soon the server knows: stock clients in a namespace of their
// own, behind a router that can go silent. Whatever happens, the server tells the end of each socket once, within
// pingInterval + pingTimeout + 1 s.
//
//   node network.mjs COMMAND [ARGUMENT ...]
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Hosts } from "./lib/hosts.mjs";
import { Report } from "./lib/report.mjs";
import { Server } from "./lib/server.mjs";
import { within } from "./lib/wait.mjs";

const interval = 3000;
const timeout = 2000;
const bound = interval + timeout + 1000;

const broken = ["transport close", "transport error"];
const silent = ["ping timeout"];

const guestFile = fileURLToPath(new URL("./guest.mjs", import.meta.url));
const hosts = new Hosts();
const report = new Report(/./);

// Guest is a client process; kind -> id of its sockets.
class Guest {
  constructor(host = "client") {
    const [file, ...args] = hosts.on(host, process.execPath, guestFile, server.url);
    this.child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.sockets = new Map();
    this.heard = 0;
    this.child.stdin.on("error", () => {});
    createInterface({ input: this.child.stdout }).on("line", (line) => this.line(line));
    this.joined = within(30000, "all clients of a guest", new Promise((resolve) => (this.allJoined = resolve)));
  }

  line(line) {
    const [word, kind, id] = line.split(" ");
    if (word === "joined") this.sockets.set(kind, id);
    if (word === "heard") this.heard++;
    if (this.sockets.size === 6) this.allJoined();
  }

  say(command) {
    this.child.stdin.write(`${command}\n`);
  }
}

// ends lets something happen to a guest and demands that the server tells all its sockets' ends in time and why.
async function ends(guest, reasons, happen) {
  await guest.joined;
  const began = performance.now();
  happen(guest);
  const late = [];
  await Promise.all([...guest.sockets].map(async ([kind, id]) => {
    const reason = await server.reason("/", id);
    const took = performance.now() - began;
    if (took > bound || !reasons.includes(reason)) late.push(`${kind}: ${reason} after ${Math.round(took)} ms`);
  }));
  assert.deepEqual(late, []);
}

hosts.open();
process.on("exit", () => hosts.close());
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

const flags = ["-ping-interval-ms", String(interval), "-ping-timeout-ms", String(timeout)];
const server = new Server(hosts.on("server", ...process.argv.slice(2)), flags);
server.address = `${hosts.server}:0`;
await server.start();

const healthy = new Guest(); // sees none of it
await healthy.joined;
const guests = Array.from({ length: 5 }, () => new Guest());
const [stopped, reset, ended, killed, departed] = guests;
await Promise.all(guests.map((g) => g.joined));

// All at once: each has its own process.
await Promise.all([
  report.run("a client that is stopped (SIGSTOP)", () => ends(stopped, silent, (g) => g.child.kill("SIGSTOP"))),
  report.run("connections that are reset", () => ends(reset, broken, (g) => g.say("reset"))),
  report.run("connections that are half closed", () => ends(ended, broken, (g) => g.say("end"))),
  report.run("a client that is killed", () => ends(killed, broken, (g) => g.child.kill("SIGKILL"))),
  report.run("a program that ends", () => ends(departed, broken, (g) => g.say("leave"))),
]);
stopped.child.kill("SIGKILL");

await report.run("nobody else has lost anything", async () => {
  healthy.say("shout");
  await within(5000, "the others to hear", (async () => {
    while (healthy.heard < 5) await new Promise((resolve) => setTimeout(resolve, 20));
  })());
  for (const id of healthy.sockets.values()) assert.equal(server.closed.has(`/ ${id}`), false);
});

const [vanished, unplugged, neighbour] = [new Guest(), new Guest(), new Guest("server")];
await Promise.all([vanished.joined, unplugged.joined, neighbour.joined]);
hosts.plug(false);
const shouting = setInterval(() => neighbour.say("shout"), 100); // to the dead and the living
await Promise.all([
  report.run("half open: a host that vanished", () => ends(vanished, silent, (g) => g.child.kill("SIGKILL"))),
  report.run("an unplugged network", () => ends(unplugged, silent, () => {})),
  report.run("an unplugged network, of a client since long", () => ends(healthy, silent, () => {})),
]);
clearInterval(shouting);
await report.run("those who can be reached have lost nothing", async () => {
  assert.ok(neighbour.heard > 5 * (interval / 100));
  for (const id of neighbour.sockets.values()) assert.equal(server.closed.has(`/ ${id}`), false);
});
hosts.plug(true);
for (const guest of [unplugged, healthy, neighbour]) guest.say("leave");

await report.run("each end was told exactly once", async () => {
  assert.equal((await server.stop()).code, 0);
  assert.deepEqual(server.unsettled(), []);
});
process.exit(report.close());
