// What needs a server of its own: silence on either side, and the server's end and return.
import assert from "node:assert/strict";
import { clients, modes, Peers } from "./clients.mjs";
import { Server } from "./server.mjs";
import { call, next } from "./wait.mjs";

// forAll runs one case for every client and transport at the same time and reports them in order.
// The case is told how many run.
async function forAll(report, server, name, run) {
  const jobs = [];
  for (const client of clients) {
    for (const mode of Object.keys(modes)) {
      const label = `${client.label} ${mode}: ${name}`;
      if (report.wants(label)) jobs.push({ label, peers: new Peers(server, client, mode) });
    }
  }
  for (const job of jobs) {
    job.outcome = run(job.peers, jobs.length).finally(() => job.peers.close());
    job.outcome.catch(() => {}); // reported below
  }
  for (const { label, outcome } of jobs) await report.run(label, () => outcome);
}

const isReference = (command) => command.some((word) => word.endsWith("reference.mjs"));

// silence keeps a client from sending pings (1.x, 2.x) and pongs (3.x, 4.x), and from giving up by itself first.
function silence(engine) {
  engine.sendPacket = engine._sendPacket = () => {};
  clearTimeout(engine.pingTimeoutTimer);
  clearTimeout(engine._pingTimeoutTimer);
  engine.off("heartbeat"); // 1.7 listens to itself: a late packet would start its deadline again
  engine.onHeartbeat = engine.resetPingTimeout = engine._resetPingTimeout = () => {};
}

// heartbeatCases: a client that falls silent is dropped in time, one that is merely idle is not.
export async function heartbeatCases(report, command) {
  // The limits leave room for a machine that is busy with other things.
  const server = new Server(command, ["-ping-interval-ms", "200", "-ping-timeout-ms", "1500"]);
  await server.start();
  await forAll(report, server, "silent client is dropped with ping timeout", async (peers) => {
    // The reference forgets the deadline of a protocol 3 session when it upgrades.
    if (peers.client.eio === 3 && peers.mode === "upgrade" && isReference(command)) return;
    const s = await peers.connect();
    const { id } = s;
    const told = next(s, "disconnect");
    silence(s.io.engine);
    assert.equal(await server.reason("/", id), "ping timeout");
    assert.equal((await told)[0], "transport close");
  });
  await forAll(report, server, "idle client stays over ten heartbeats", async (peers) => {
    const s = await peers.connect();
    await new Promise((resolve) => setTimeout(resolve, 2000)); // being idle is the case
    await call(s, "who");
  });
  await server.stop();
}

// restartCases: the server ends, in order or killed; every client notices and comes back by itself.
export async function restartCases(report, command) {
  const server = new Server(command);
  await server.start();
  for (const signal of ["SIGTERM", "SIGKILL"]) {
    let arrived = 0;
    let everyone;
    const all = new Promise((resolve) => (everyone = resolve));
    const restarted = all.then(async () => {
      await server.stop(signal);
      await server.start();
    });
    restarted.catch(() => {});
    await forAll(report, server, `reconnect after the server's ${signal}`, async (peers, total) => {
      const options = { reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 100, randomizationFactor: 0 };
      let before, lost, id;
      try {
        before = await peers.connect({ nsp: "/chat", options });
        id = peers.client.id(before);
        lost = next(before, "disconnect", 20000);
      } finally {
        if (++arrived === total) everyone();
      }
      const back = next(before, "connect", 20000);
      const [reason] = await lost;
      assert.match(reason, signal === "SIGTERM" ? /^transport close$/ : /^transport (close|error)$/);
      if (signal === "SIGTERM") assert.equal(await server.reason("/chat", id), "server shutting down");
      await back;
      await restarted;
      assert.notEqual(peers.client.id(before), id);
      assert.deepStrictEqual(await call(before, "echo", "again"), ["again"]);
    });
    if (arrived) await restarted;
  }
  await server.stop();
}
