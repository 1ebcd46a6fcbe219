// What needs several generations at the same time.
import assert from "node:assert/strict";
import { clients, modes, Peers } from "./clients.mjs";
import { call, collect } from "./wait.mjs";

// Bystander asks for an ack all the time while the cases run, and must always get it on the same connection.
export class Bystander {
  static async start(server, client) {
    const b = new Bystander();
    b.label = client.label;
    b.peers = new Peers(server, client, client.major % 2 ? "polling" : "websocket");
    b.socket = await b.peers.connect();
    b.lost = collect(b.socket, "disconnect");
    b.asked = b.answered = 0;
    b.timer = setInterval(() => b.ask(), 50);
    return b;
  }

  ask() {
    const n = this.asked++;
    this.last = call(this.socket, "echo", n).then(
      ([back]) => (this.answered += back === n),
      (err) => (this.error ??= err),
    );
  }

  async finish() {
    clearInterval(this.timer);
    this.ask();
    await this.last;
    this.peers.close();
    if (this.error) throw this.error;
    assert.deepStrictEqual(this.lost.filter(([reason]) => reason !== "io client disconnect"), []);
    assert.equal(this.answered, this.asked);
  }
}

// chatTogether has every generation over every transport in one room; each says one line and hears all the others'.
export async function chatTogether(server) {
  const all = [];
  for (const client of clients) {
    for (const mode of Object.keys(modes)) all.push(new Peers(server, client, mode));
  }
  try {
    const sockets = await Promise.all(all.map((peers) => peers.connect({ nsp: "/chat" })));
    const names = all.map((peers) => `${peers.client.label} ${peers.mode}`);
    const heard = sockets.map((s) => collect(s, "said"));
    const shown = sockets.map((s) => collect(s, "shown"));
    await Promise.all(sockets.map((s) => call(s, "join", "together")));
    for (const [i, s] of sockets.entries()) {
      await call(s, "say", "together", names[i]);
      await call(s, "show", { from: names[i], bin: [Buffer.from([i]), Buffer.from([i, i])] });
    }
    await Promise.all(sockets.map((s) => call(s, "who")));
    for (const i of names.keys()) {
      const others = names.filter((_, j) => j !== i);
      assert.deepStrictEqual(heard[i].map(([text]) => text), others, `what ${names[i]} heard`);
      assert.deepStrictEqual(shown[i].map(([data]) => data.from), others, `what ${names[i]} was shown`);
      for (const [data] of shown[i]) {
        const n = names.indexOf(data.from);
        assert.deepStrictEqual(data.bin.map((b) => [...new Uint8Array(b)]), [[n], [n, n]]);
      }
    }
  } finally {
    for (const peers of all) peers.close();
  }
}
