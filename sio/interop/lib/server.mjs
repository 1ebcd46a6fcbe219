// A server under test: a child process that speaks the line protocol described in reference.mjs.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { within } from "./wait.mjs";

export class Server {
  constructor(command, flags = []) {
    this.command = command;
    this.flags = flags;
    this.address = "127.0.0.1:0";
    this.opened = new Map(); // "NSP ID" -> times
    this.closed = new Map(); // "NSP ID" -> reasons
    this.waiting = new Map(); // "NSP ID" -> resolve
  }

  get url() {
    return `http://${this.address}`;
  }

  // start runs the command; a later start listens on the same port again.
  async start() {
    const [file, ...args] = this.command;
    const all = [...args, "-listen", this.address, ...this.flags];
    this.child = spawn(file, all, { stdio: ["ignore", "pipe", "inherit"] });
    this.exited = new Promise((resolve) => this.child.once("exit", (code, signal) => resolve({ code, signal })));
    const listening = new Promise((resolve, reject) => {
      this.listening = resolve;
      this.child.once("error", reject);
      this.exited.then((how) => reject(new Error(`the server ended early: ${JSON.stringify(how)}`)));
    });
    createInterface({ input: this.child.stdout }).on("line", (line) => this.line(line));
    this.address = await within(20000, "the server to listen", listening);
  }

  line(line) {
    const [word, nsp, id, ...reason] = line.split(" ");
    const key = `${nsp} ${id}`;
    if (word === "listening") this.listening(nsp);
    if (word === "opened") this.opened.set(key, (this.opened.get(key) ?? 0) + 1);
    if (word === "closed") {
      this.closed.set(key, [...(this.closed.get(key) ?? []), reason.join(" ")]);
      this.waiting.get(key)?.(reason.join(" "));
    }
  }

  // reason resolves to the server's disconnect reason of a socket.
  reason(nsp, id) {
    const key = `${nsp} ${id}`;
    const known = this.closed.get(key);
    if (known) return Promise.resolve(known[0]);
    const told = new Promise((resolve) => this.waiting.set(key, resolve));
    return within(8000, `the server's disconnect of ${key}`, told);
  }

  // unsettled lists the sockets whose disconnect was not reported exactly once.
  unsettled() {
    const keys = new Set([...this.opened.keys(), ...this.closed.keys()]);
    return [...keys].filter((k) => this.opened.get(k) !== 1 || this.closed.get(k)?.length !== 1);
  }

  async stop(signal = "SIGTERM") {
    this.child.kill(signal);
    const how = await within(10000, `the server to end after ${signal}`, this.exited);
    return how;
  }
}
