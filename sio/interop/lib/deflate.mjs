// permessage-deflate between the stock clients, whose WebSocket in Node.js is npm's ws, and a server that has it on.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { clients, modes, Peers } from "./clients.mjs";
import { Server } from "./server.mjs";
import { call, next } from "./wait.mjs";

export const deflateFlags = ["-deflate-threshold", "1024"];

// Sizes on both sides of the threshold and of every form of a frame's length.
const sizes = [0, 1, 100, 1000, 1023, 1024, 1100, 5000, 65535, 65536, 200_000];

// deflateCases: messages of all sizes and kinds come back as they were, and those that can be are smaller on the wire.
export async function deflateCases(report, command) {
  const server = new Server(command, deflateFlags);
  await server.start();
  for (const client of clients) {
    for (const mode of Object.keys(modes).filter((mode) => mode !== "polling")) {
      await report.run(`${client.label} ${mode}: permessage-deflate`, async () => {
        const peers = new Peers(server, client, mode);
        try {
          await echoes(peers);
        } finally {
          peers.close();
        }
      });
    }
  }
  await server.stop();
}

// extensions are the names of those that were agreed on.
function extensions(socket) {
  const found = socket.io.engine.transport.ws.extensions ?? "";
  return typeof found === "string" ? found : Object.keys(found).join();
}

async function echoes(peers) {
  const s = await peers.connect({ options: { perMessageDeflate: { threshold: 1024 } } });
  assert.equal(extensions(s), "permessage-deflate");
  const wire = s.io.engine.transport.ws._socket;
  for (const size of sizes) {
    const text = "é€ sensor ".repeat(size / 10 + 1).slice(0, size);
    const sent = wire.bytesWritten;
    const read = wire.bytesRead;
    assert.deepStrictEqual(await call(s, "echo", text), [text]);
    if (size > 4096) {
      assert.ok(wire.bytesWritten - sent < size / 4, `${wire.bytesWritten - sent} bytes sent for ${size}`);
      assert.ok(wire.bytesRead - read < size / 4, `${wire.bytesRead - read} bytes read for ${size}`);
    }
    for (const bytes of [Buffer.alloc(size, 7), randomBytes(size)]) {
      assert.deepStrictEqual(Buffer.from((await call(s, "echo", bytes))[0]), bytes);
    }
  }
  const other = await peers.connect({ options: { perMessageDeflate: false } });
  assert.equal(extensions(other), "");
  const shown = [next(other, "shown"), next(s, "shown")];
  const big = { list: Array.from({ length: 500 }, (_, id) => ({ id, name: "sensor" })) };
  await Promise.all([call(s, "show", big), call(other, "show", big)]);
  for (const [got] of await Promise.all(shown)) assert.deepStrictEqual(got, big);
}
