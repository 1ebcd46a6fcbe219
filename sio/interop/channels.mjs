// Clients of the plain WebSocket server: npm's ws in the generations that the stock clients bring, or with --browser
// Debian's Chromium.
//
//   node channels.mjs [--browser] COMMAND [ARGUMENT ...]
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { check, talk } from "./lib/channel.mjs";
import { Report } from "./lib/report.mjs";
import { Server } from "./lib/server.mjs";

const argv = process.argv.slice(2);
const browsing = argv[0] === "--browser" && argv.shift();
const report = new Report(/./);
const server = new Server(argv);
await server.start();
const base = `ws://${server.address}`;
await (browsing ? inChromium() : inNode());
await report.run("the server ends on SIGTERM", async () => assert.equal((await server.stop()).code, 0));
process.exit(report.close());

async function inNode() {
  const here = createRequire(import.meta.url);
  for (const client of ["client4", "client3", "client2"]) {
    const from = createRequire(here.resolve(`${client}/package.json`));
    const WebSocket = from("ws");
    const label = `ws ${from("ws/package.json").version}`;
    await report.run(`${label}: messages, pings, broadcast, closes`, async () => check(await talk(base, WebSocket)));
    await report.run(`${label}: frames and pings of the client`, () => frames(WebSocket));
    await report.run(`${label}: origin, protocol, refusals`, () => admission(WebSocket));
    await report.run(`${label}: users`, () => users(WebSocket));
  }
}

// frames are what the browser's API cannot do: pings, fragments, a message without compression.
async function frames(WebSocket) {
  const ws = new WebSocket(`${base}/chat`);
  await once(ws, "open");
  ws.ping("are you there?");
  assert.equal(String(await once(ws, "pong")), "are you there?");
  for (const compress of [true, false]) {
    ws.send("frag", { fin: false, compress });
    ws.ping("between");
    ws.send("ments", { fin: false, compress });
    ws.send(" end", { fin: true, compress });
    assert.equal(String(await once(ws, "message")), "fragments end");
  }
  ws.terminate();
}

function once(emitter, event) {
  return new Promise((resolve) => emitter.once(event, resolve));
}

// refusal is the status and the body of a handshake that is not accepted.
function refusal(WebSocket, path, options) {
  const ws = new WebSocket(base + path, options);
  return new Promise((resolve, reject) => {
    ws.on("open", () => reject(new Error("accepted")));
    ws.on("error", reject);
    ws.on("unexpected-response", (_, res) => {
      let body = "";
      res.on("data", (data) => (body += data));
      res.on("end", () => resolve([res.statusCode, body]));
    });
  });
}

async function admission(WebSocket) {
  const friend = { origin: "http://friend.example" };
  const ws = new WebSocket(`${base}/guarded/kitchen?a=b`, ["v1", "v2"], { ...friend, headers: { "User-Agent": "tester" } });
  await once(ws, "open");
  assert.equal(ws.protocol, "v2");
  ws.send("who");
  assert.equal(String(await once(ws, "message")), "kitchen /guarded/kitchen v2 tester");
  ws.terminate();
  const foreign = { origin: "http://friend.example.evil" };
  assert.deepEqual(await refusal(WebSocket, "/guarded/a", foreign), [403, "Origin is not allowed"]);
  assert.deepEqual(await refusal(WebSocket, "/guarded/a?word=wrong", friend), [403, "wrong word"]);
  assert.equal((await refusal(WebSocket, "/guarded/a/b", friend))[0], 404);
  assert.equal((await refusal(WebSocket, "/nowhere", friend))[0], 404);
}

// users are told by a token, in a header or the query; a bad one and a proxy's header from elsewhere are refused.
async function users(WebSocket) {
  const signed = { headers: { "edger-token": "ada's" } };
  for (const [path, options, name] of [["", {}, ""], ["", signed, "ada"], ["?edger-token=ada%27s", {}, "ada"]]) {
    const ws = new WebSocket(`${base}/chat${path}`, options);
    await once(ws, "open");
    ws.send("user");
    assert.equal(String(await once(ws, "message")), `user ${name}`);
    ws.terminate();
  }
  assert.equal((await refusal(WebSocket, "/chat?edger-token=forged", {}))[0], 401);
  const posing = { headers: { "edger-acoid": "ada" } };
  assert.deepEqual(await refusal(WebSocket, "/chat", posing), [401, "untrusted address"]);
}

async function inChromium() {
  const { launch } = await import("./browser/chromium.mjs");
  const browser = await launch();
  const page = await browser.newPage();
  await page.goto(server.url);
  await report.run("Chromium: messages, pings, broadcast, closes", async () => check(await page.evaluate(talk, base)));
  await report.run("Chromium: a page of another origin is turned away", async () => {
    const opened = await page.evaluate((url) => {
      const ws = new WebSocket(url, ["v1"]);
      return new Promise((resolve) => {
        ws.onopen = () => resolve(true);
        ws.onclose = () => resolve(false);
      });
    }, `${base}/guarded/a`);
    assert.equal(opened, false);
  });
  await browser.close();
}
