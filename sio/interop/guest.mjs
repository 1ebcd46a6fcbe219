// A process with a stock client of each kind, for network.mjs: it prints "joined KIND ID" for each, "heard N" when all
// have got the n-th "shouted", and does what it reads on its standard input: shout, reset (RST), end (FIN), leave.
import net from "node:net";
import { createInterface } from "node:readline";
import { clients, modes } from "./lib/clients.mjs";

// Every TCP connection of the process: what the clients hide is what this is about.
const wires = new Set();
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  wires.add(this);
  this.once("close", () => wires.delete(this));
  return connect.apply(this, args);
};

const sockets = [];
let heard = 0;
for (const client of clients.filter((c) => c.major === 4 || c.major === 2)) {
  for (const mode of Object.keys(modes)) {
    const socket = client.socket(client.manager(process.argv[2], mode));
    sockets.push(socket);
    const ready = () => console.log(`joined ${client.major}-${mode} ${client.id(socket)}`);
    const upgraded = () => mode !== "upgrade" || socket.io.engine.transport.name === "websocket";
  socket.on("connect", () => (upgraded() ? ready() : socket.io.engine.once("upgrade", ready)));
    socket.on("shouted", () => console.log(`heard ${++heard}`));
  }
}

const commands = {
  shout: () => sockets[0].emit("shout", "hello"),
  reset: () => wires.forEach((w) => w.resetAndDestroy()),
  end: () => wires.forEach((w) => w.end()),
  leave: () => process.exit(0),
};
createInterface({ input: process.stdin }).on("line", (line) => commands[line]());
process.stdin.on("end", () => process.exit(0));
