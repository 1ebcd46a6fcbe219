// Connection state recovery: the TCP connections of a client are cut again and again, and it must get everything once and
// in order, as one and the same socket.
import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { clients, modes, Peers } from "./clients.mjs";
import { Server } from "./server.mjs";
import { call, next, within } from "./wait.mjs";

// Cutter forwards TCP connections to the server, until it cuts them all.
class Cutter {
  constructor(address) {
    [this.host, this.port] = address.split(":");
    this.links = new Set();
    this.server = createServer((near) => {
      const far = connect(+this.port, this.host);
      for (const [a, b] of [[near, far], [far, near]]) {
        this.links.add(a);
        a.on("error", () => {});
        a.on("close", () => (this.links.delete(a), b.destroy()));
        a.setNoDelay(true);
        a.pipe(b);
      }
    });
  }

  listen() {
    return new Promise((resolve) => this.server.listen(0, this.host, () => {
      this.url = `http://${this.host}:${this.server.address().port}`;
      resolve();
    }));
  }

  cut() {
    for (const link of this.links) link.resetAndDestroy();
  }

  close() {
    this.cut();
    this.server.close();
  }
}

const times = 10;

async function cutTenTimes(server, client, mode) {
  const cutter = new Cutter(server.address);
  await cutter.listen();
  const near = new Peers({ url: cutter.url }, client, mode);
  const far = new Peers(server, client, "websocket");
  try {
    const options = { reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 60, randomizationFactor: 0 };
    const s = await near.connect({ options });
    const teller = await far.connect();
    const { id } = s;
    const room = `recovery ${id}`;
    const heard = [];
    s.on("announced", (n) => heard.push(n));
    let said = 0;
    // Binary and text take turns.
    const tell = () => call(teller, "announce", room, ++said % 3 ? said : { said, bin: Buffer.from([said & 255]) });
    await call(s, "join", room);
    for (let i = 0; i < times; i++) {
      await tell();
      const back = next(s, "connect", 10000);
      cutter.cut();
      await tell();
      await tell();
      await back;
      assert.equal(s.id, id, `another socket after cut ${i + 1}`);
      assert.ok(s.recovered);
      await tell();
      assert.deepStrictEqual(await call(s, "rooms"), [[room]]);
      await near.settled(s);
    }
    await tell();
    await call(s, "who");
    const plain = heard.map((x) => x.said ?? x);
    assert.deepStrictEqual(plain, Array.from({ length: said }, (_, i) => i + 1));
  } finally {
    near.close();
    far.close();
    cutter.close();
  }
}

// recoveryCases: the 4.x client, the only one that knows of it. The reference recovers a client only when it noticed the
// loss before the client came back, which is a matter of luck while no poll stands.
export async function recoveryCases(report, command) {
  const server = new Server(command, ["-recovery=true"]);
  await server.start();
  const isReference = command.some((word) => word.endsWith("reference.mjs"));
  for (const mode of Object.keys(modes).filter((mode) => !isReference || mode === "websocket")) {
    await report.run(`${clients[0].label} ${mode}: recovered ten times in a row`, () =>
      within(60000, "ten recoveries", cutTenTimes(server, clients[0], mode)));
  }
  await server.stop();
}
