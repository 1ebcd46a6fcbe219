// A board in qemu, as boards/machine boots it: its console, and what is typed there.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { setTimeout as pause } from "node:timers/promises";

// The stock client is the one that sio/interop pins.
const require = createRequire(new URL("../../sio/interop/package.json", import.meta.url));
export const { io } = require("client4");

const bootTime = 180_000;

// readings are the numbers of a line "name=value ...".
export const readings = (line) =>
  Object.fromEntries([...line.matchAll(/(\w+)=("[^"]*"|\S*)/g)].map(([, k, v]) => [k, /^[\d.]+$/.test(v) ? Number(v) : v]));

export class Guest {
  lines = [];
  stats = []; // lines "init: stat", as numbers
  #waiting = new Set();

  constructor(program, ...args) {
    this.child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.closed = new Promise((resolve) => this.child.once("close", (code) => {
      this.code = code;
      this.#look();
      resolve(code);
    }));
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      this.lines.push(line);
      if (process.env.CONSOLE) console.log(`  | ${line}`);
      if (line.startsWith("init: stat ")) this.stats.push(readings(line));
      this.#look();
    });
  }

  #look() {
    for (const w of this.#waiting) {
      const found = this.lines.slice(w.from).find((line) => w.pattern.test(line));
      if (found === undefined && this.code === undefined) continue;
      this.#waiting.delete(w);
      clearTimeout(w.timer);
      if (found !== undefined) w.resolve(found);
      else w.reject(new Error(`the machine has ended with ${this.code} before ${w.pattern}\n${this.tail()}`));
    }
  }

  tail() {
    return this.lines.slice(-15).join("\n");
  }

  // line resolves to the first line of the console from the given one on that a pattern fits.
  line(pattern, ms = 30_000, from = 0) {
    return new Promise((resolve, reject) => {
      const w = { pattern, from, resolve, reject };
      w.timer = setTimeout(() => {
        this.#waiting.delete(w);
        reject(new Error(`waited ${ms} ms for ${pattern} on the console\n${this.tail()}`));
      }, ms);
      this.#waiting.add(w);
      this.#look();
    });
  }

  // say types a command and resolves to the line that answers it.
  say(command, answer, ms) {
    const from = this.lines.length;
    this.child.stdin.write(`${command}\n`);
    return this.line(answer, ms, from);
  }

  async stat() {
    return readings(await this.say("stat", /^init: stat /));
  }

  // use starts another service, and resolves when that is ready.
  async use(name) {
    await this.say(`use ${name}`, new RegExp(`^init: ready service=${name} `), 60_000);
  }

  // up waits until the gateway answers: the ports are known, the service is ready, /healthz says so.
  async up() {
    const ports = (await this.line(/^machine: ports /, bootTime)).split(" ").slice(2);
    this.urls = ports.map((port) => `http://127.0.0.1:${port}`);
    [this.url] = this.urls;
    await this.line(/^init: ready /, bootTime);
    assert.equal((await fetch(`${this.url}/healthz`)).status, 200);
    this.healthy = true;
  }

  // off powers off; what the machine says of its disk must be that nobody wrote there.
  async off() {
    const writes = readings(await this.say("off", /^init: writes /, 40_000));
    assert.equal(await this.closed, 0, this.tail());
    assert.deepEqual(writes.mounts.split(",").sort(), ["/dev:devtmpfs", "/proc:proc", "/sys:sysfs", "/tmp:tmpfs"]);
    assert.deepEqual([writes.disk, writes.root, writes.tmp, writes.dev],
      ["0,0", '"read-only file system"', "/tmp/notify", "none"]);
    await this.line(/^machine: the disk is what it was/, 1000);
  }

  // kill ends a machine that is still there: it ends with its console.
  async kill() {
    this.child.stdin.end();
    await this.closed;
  }
}

// connected makes a client and waits for it.
export async function connected(url, options = {}, ms = 30_000) {
  const socket = io(url, { forceNew: true, timeout: 30_000, ...options });
  await event(socket, "connect", ms);
  return socket;
}

export function event(socket, name, ms = 30_000) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`waited ${ms} ms for ${name}`)), ms);
    socket.once(name, (...args) => (clearTimeout(timer), resolve(args)));
  });
}

// many connects count clients, one at a time and in a second through each port of the board: the gateway takes 200 of one
// address, which they have in common, and then 20 a second; who is refused comes again, and it takes longer.
export async function many(urls, count, options = {}, nsp = "") {
  const sockets = [];
  await Promise.all(urls.map(async (url, first) => {
    for (let n = first; n < count; n += urls.length) {
      sockets.push((await Promise.all([connected(url + nsp, options, 120_000), pause(1000)]))[0]);
    }
  }));
  return sockets;
}

export { pause };
