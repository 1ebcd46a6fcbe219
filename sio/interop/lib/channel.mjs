// What a client of the browser's WebSocket API does to a plain WebSocket server. talk runs in Node.js with npm's ws, and
// in a page, where its text is evaluated: it uses nothing from outside.
import assert from "node:assert/strict";

export async function talk(base, WebSocket) {
  WebSocket ??= globalThis.WebSocket;
  const out = {};
  const open = (url, ...protocols) =>
    new Promise((resolve, reject) => {
      const ws = new WebSocket(base + url, ...protocols);
      ws.binaryType = "arraybuffer";
      ws.got = [];
      ws.waiting = [];
      ws.onmessage = ({ data }) => (ws.waiting.length ? ws.waiting.shift()(data) : ws.got.push(data));
      ws.ended = new Promise((done) => {
        ws.onclose = (e) => {
          done([e.code, e.reason, e.wasClean]);
          reject(new Error(`closed ${e.code}`));
        };
      });
      ws.onerror = () => {};
      ws.onopen = () => resolve(ws);
    });
  const next = (ws) => (ws.got.length ? ws.got.shift() : new Promise((resolve) => ws.waiting.push(resolve)));
  const ask = (ws, data) => (ws.send(data), next(ws));
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  // Messages of every form of a frame's length, text and binary, as large as may be.
  const ws = await open("/chat");
  out.extensions = ws.extensions;
  out.same = [];
  for (const n of [0, 1, 125, 126, 1023, 1024, 65535, 65536, 999_999]) {
    const text = "😀".repeat(n % 7) + "é€ x".repeat(n / 10);
    out.same.push((await ask(ws, text)) === text);
    const bytes = new Uint8Array(n).map((_, i) => (i * 31 + (i >> 8)) % 251);
    const answer = new Uint8Array(await ask(ws, bytes));
    out.same.push(answer.length === n && answer.every((c, i) => c === bytes[i]));
  }
  ws.send("many");
  const order = [];
  while (order.length < 1000) order.push(await next(ws));
  out.inOrder = order.every((text, i) => text === String(i));
  await pause(1200); // two pings of the server, which the client answers by itself
  out.alive = await ask(ws, "alive");

  // A broadcast reaches everyone.
  const others = [await open("/chat"), await open("/chat")];
  ws.send("all together");
  out.all = await Promise.all([ws, ...others].map(next));

  // Either side closes; the connection goes; a message is too large.
  ws.close(4001, "from the client");
  out.clientCloses = await ws.ended;
  others[0].send("close 4002 from the server: é");
  out.serverCloses = await others[0].ended;
  others[1].send("abort");
  out.aborted = await others[1].ended;
  const large = await open("/chat");
  large.send(new Uint8Array(1_000_001));
  out.tooLarge = await large.ended;
  const bare = await open("/chat");
  bare.send("close 0");
  out.noCode = await bare.ended;
  return out;
}

// check compares what talk found.
export function check(out) {
  assert.deepEqual(out.same, Array(18).fill(true));
  assert.match(out.extensions, /^permessage-deflate/);
  assert.equal(out.inOrder, true);
  assert.equal(out.alive, "alive");
  assert.deepEqual(out.all, Array(3).fill("all together"));
  assert.deepEqual(out.clientCloses, [4001, "", true]);
  assert.deepEqual(out.serverCloses, [4002, "from the server: é", true]);
  assert.deepEqual(out.aborted, [1006, "", false]);
  assert.equal(out.tooLarge[0], 1009);
  assert.deepEqual(out.noCode, [1005, "", true]);
}
