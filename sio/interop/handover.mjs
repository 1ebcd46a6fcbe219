// Five hundred stock clients and a server that is replaced under load, twice, and then drained.
//
//   node handover.mjs COMMAND [ARGUMENT ...]
//
// COMMAND is the program in handover/. Each client checks that the numbers of all and of its room come without a gap and
// without repetition across processes, and sends numbers of its own with the option retries, which the server checks.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { io } from "client4";
import { Report } from "./lib/report.mjs";

const count = Number(process.env.CLIENTS ?? 500);
const within = 60_000;
const transports = [["websocket"], ["polling"], ["polling", "websocket"]];
const report = new Report(/./);

class Server {
  pids = [];
  ended = [];
  faults = [];

  constructor(command) {
    this.child = spawn(command[0], command.slice(1), { stdio: ["ignore", "pipe", "inherit"] });
    this.closed = new Promise((resolve) => this.child.stdout.once("close", resolve));
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      const [word, value] = line.split(" ");
      if (word === "listening") this.port = Number(value);
      else if (word === "serving") this.pids.push(Number(value));
      else if (word === "ended") this.ended.push(Number(value));
      else this.faults.push(line);
    });
  }

  signal(name) {
    process.kill(this.pids.at(-1), name);
  }
}

// until waits for a condition; what tells what is missing.
async function until(condition, what) {
  for (const end = Date.now() + within; !condition(); ) {
    assert.ok(Date.now() < end, `waited for ${what()}`);
    await pause(20);
  }
}

// describe tells why a transport failed: the status of an answer, or the error of a socket.
function describe(err) {
  return `${err.message} ${err.description?.message ?? err.description} ${err.context?.responseText ?? ""}`;
}

class Client {
  faults = [];
  lives = 0;
  reasons = [];
  sent = 0;
  acked = 0;

  constructor(port, n) {
    this.name = `client-${n}`;
    this.room = n % 10;
    const socket = io(`http://127.0.0.1:${port}`, {
      forceNew: true, transports: transports[n % transports.length], auth: { room: this.room },
      retries: 100, ackTimeout: 5000,
    });
    this.socket = socket;
    socket.on("connect", () => {
      if (this.lives++ === 0) this.id = socket.id;
      else if (!socket.recovered || socket.id !== this.id) this.faults.push(`not recovered: ${socket.id}`);
    });
    socket.on("connect_error", (err) => this.faults.push(`connect_error: ${err.message}`));
    socket.io.on("reconnect_error", (err) => this.faults.push(`reconnect_error: ${describe(err)}`));
    socket.on("disconnect", (reason) => this.reasons.push(reason));
    socket.on("all", (number) => (this.all = this.next("all", this.all, number)));
    socket.on("room", (room, number) => {
      if (room !== this.room) this.faults.push(`an event of room ${room}`);
      this.inRoom = this.next("room", this.inRoom, number);
    });
  }

  next(what, last, number) {
    if (last !== undefined && number !== last + 1) this.faults.push(`${what}: ${number} after ${last}`);
    return number;
  }

  talk(every) {
    this.timer = setInterval(() => {
      if (this.sent - this.acked > 20) return;
      const n = ++this.sent;
      this.socket.emit("count", this.name, n, (err, answer) => {
        if (err || answer !== n) this.faults.push(`count ${n} was answered ${err ?? answer}`);
        this.acked++;
      });
    }, every);
  }
}

const server = new Server(process.argv.slice(2));
await until(() => server.pids.length === 1, () => "the server");
const clients = [];

function faults() {
  return clients.flatMap((c) => c.faults.map((f) => `${c.name} ${c.socket.io.opts.transports}: ${f}`));
}

function assertNoFaults() {
  const all = [...faults(), ...server.faults];
  assert.equal(all.length, 0, `${all.length} faults, as ${all.slice(0, 5).join("; ")}`);
}

const lives = (n) => clients.filter((c) => c.lives === n && c.socket.connected).length;

await report.run(`${count} clients are connected, by three transports`, async () => {
  for (let n = 0; n < count; n++) {
    clients.push(new Client(server.port, n));
    if (n % 25 === 24) {
      await pause(250); // no storm: all who come back later are one
      await until(() => lives(1) >= n - 24, () => `clients: ${lives(1)}`);
    }
  }
  await until(() => lives(1) === count, () => `clients: ${lives(1)} are connected`);
  clients.forEach((c) => c.talk(400 + Math.random() * 400));
  await pause(2000);
  assertNoFaults();
});

for (const life of [2, 3]) {
  await report.run(`hand-over ${life - 1}: all are recovered, nothing is lost or repeated`, async () => {
    server.signal("SIGUSR2");
    if (life === 3) server.signal("SIGUSR2"); // twice quickly is once
    await until(() => server.pids.length === life, () => "the next process");
    await until(() => lives(life) === count, () => `clients: ${lives(life)} are back`);
    await pause(1500);
    server.faults = server.faults.filter((line) => !(life === 3 && line.startsWith("refused")));
    assertNoFaults();
    assert.ok(server.ended.includes(server.pids.at(-2)), "the old process has not ended");
  });
}

await report.run("the numbers of both sides agree", async () => {
  clients.forEach((c) => clearInterval(c.timer));
  await until(() => clients.every((c) => c.acked === c.sent), () => "acks");
  const state = await new Promise((resolve) => clients[0].socket.emit("hush", (_, answer) => resolve(answer)));
  await until(() => clients.every((c) => c.all === state.All), () => `number ${state.All}`);
  for (const c of clients) {
    if (c.inRoom !== undefined) assert.equal(c.inRoom, state.Rooms[c.room]);
    assert.equal(c.sent, state.Last[c.name] ?? 0);
  }
  assert.equal(state.Faults, 0);
  assert.equal(state.Processes, 3);
  assertNoFaults();
  const packets = clients.reduce((sum, c) => sum + c.sent, 0);
  console.log(`  ${state.All} numbers to each of ${count} clients, ${packets} from them, none lost, none twice`);
});

await report.run("SIGTERM: everybody is told, and the process ends within its deadline", async () => {
  clients.forEach((c) => (c.socket.io.reconnection(false), (c.reasons = [])));
  const begin = Date.now();
  server.signal("SIGTERM");
  await server.closed;
  const took = Date.now() - begin;
  await until(() => clients.every((c) => c.reasons.length === 1), () => "the last clients");
  const reasons = {};
  for (const c of clients) reasons[c.reasons[0]] = (reasons[c.reasons[0]] ?? 0) + 1;
  console.log(`  ${took} ms; ${JSON.stringify(reasons)}`);
  assert.ok(server.ended.length === 3, "not in good order");
  assert.ok(took < 5500, `took ${took} ms`);
});

process.exit(report.close());
