// The stock clients, one interface: what differs between the generations stands here and nowhere else.
import { createRequire } from "node:module";
import { next, within } from "./wait.mjs";

const require = createRequire(import.meta.url);

export const modes = {
  polling: ["polling"],
  websocket: ["websocket"],
  upgrade: ["polling", "websocket"],
};

class Client {
  constructor(name, options = {}, kind = "") {
    const io = require(name);
    this.options = options;
    this.name = name;
    this.Manager = io.Manager;
    this.version = require(`${name}/package.json`).version;
    this.major = +this.version.split(".")[0];
    this.eio = this.major >= 3 ? 4 : 3;
    this.label = this.version.split(".").slice(0, 2).join(".") + kind;
    this.refused = this.major >= 3 ? "connect_error" : "error";
  }

  // manager makes a connection of its own that does not reconnect unless told.
  manager(url, mode, options = {}) {
    return new this.Manager(url, {
      transports: modes[mode],
      forceNew: true,
      reconnection: false,
      timeout: 5000,
      autoConnect: true,
      ...this.options,
      ...options,
    });
  }

  // socket joins a namespace; token goes the way the generation has for it.
  socket(manager, nsp = "/", token) {
    if (token === undefined) return manager.socket(nsp);
    return manager.socket(nsp, this.major >= 3 ? { auth: { token } } : { query: `token=${token}` });
  }

  // id is the socket's id as the server has it: 1.x tells the engine's id in every namespace.
  id(socket) {
    return this.major === 1 && socket.nsp !== "/" ? `${socket.nsp}#${socket.id}` : socket.id;
  }

  // refusal is what the client tells about a refused namespace, in the words of its generation.
  refusal(message, data) {
    if (this.major >= 3) return data === undefined ? { message } : { message, data };
    return data ?? message;
  }

  seenRefusal([value]) {
    if (this.major < 3) return value;
    return value.data === undefined ? { message: value.message } : { message: value.message, data: value.data };
  }
}

export const clients = ["client4", "client3", "client2", "client1"].map((name) => new Client(name));

// The parser's current version is that of clients 3.x and 4.x.
const msgpack = { parser: require("socket.io-msgpack-parser") };
export const msgpackClients = ["client4", "client3"].map((name) => new Client(name, msgpack, " msgpack"));

// Peers opens sockets and closes them all when the case is over.
export class Peers {
  constructor(server, client, mode) {
    Object.assign(this, { server, client, mode });
    this.managers = [];
  }

  manager(options) {
    const m = this.client.manager(this.server.url, this.mode, options);
    this.managers.push(m);
    return m;
  }

  // connect resolves to a connected socket; in mode upgrade after the upgrade.
  async connect({ nsp = "/", token, options, settle = true } = {}) {
    const socket = this.client.socket(this.manager(options), nsp, token);
    await next(socket, "connect");
    if (settle) await this.settled(socket);
    return socket;
  }

  async settled(socket) {
    if (this.mode !== "upgrade") return;
    const engine = socket.io.engine;
    if (engine.transport.name === "websocket") return;
    await within(5000, "the upgrade", new Promise((resolve) => engine.once("upgrade", resolve)));
  }

  close() {
    for (const m of this.managers) {
      if (m.reconnection) m.reconnection(false);
      for (const nsp of Object.values(m.nsps)) nsp.disconnect ? nsp.disconnect() : nsp.close();
      m.engine?.close();
    }
    this.managers.length = 0;
  }
}
