// The client of 2010 in today's Chromium, on each transport that it still can: websocket, xhr-polling, jsonp-polling,
// and htmlfile with a stand-in for Internet Explorer's ActiveXObject.
//
//   node client06.mjs COMMAND [ARGUMENT ...]
//
// COMMAND is the server beside this file.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect } from "node:net";
import { launch } from "../../../sio/interop/browser/chromium.mjs";
import { Gateway } from "../../../sio/interop/browser/gateway.mjs";
import { Report } from "../../../sio/interop/lib/report.mjs";
import { within } from "../../../sio/interop/lib/wait.mjs";

const report = new Report(/./);
const server = new Gateway(process.argv.slice(2));
await server.start();
const browser = await launch();

// clients waits until the server has so many.
async function clients(n) {
  for (const end = Date.now() + 5000; ; await new Promise((r) => setTimeout(r, 50))) {
    const ids = await (await fetch(new URL("/clients", server.page))).json();
    if (ids.length === n) return ids;
    assert.ok(Date.now() < end, `${ids.length} clients, want ${n}`);
  }
}

// activeX runs in the page: what the client takes of Internet Explorer for its htmlfile transport.
function activeX() {
  window.ActiveXObject = function (name) {
    if (name !== "htmlfile") throw new Error(`no ${name}`);
    const frame = document.createElement("iframe");
    frame.style.display = "none";
    document.body.appendChild(frame);
    frame.contentDocument.parentWindow = frame.contentWindow;
    return frame.contentDocument;
  };
  window.attachEvent = (name, fn) => addEventListener(name.slice(2), fn);
  window.CollectGarbage = () => {};
}

// talk runs in the page: two clients, messages of all kinds both ways, and what came back.
function talk({ options, texts }) {
  const make = () => {
    const s = new io.Socket("127.0.0.1", { rememberTransport: false, reconnect: false, connectTimeout: 3000, ...options });
    const box = [];
    const readers = [];
    s.on("message", (m) => (readers.length ? readers.shift()(m) : box.push(m)));
    s.next = () => (box.length ? Promise.resolve(box.shift()) : new Promise((r) => readers.push(r)));
    s.event = (name) => new Promise((r) => s.on(name, r));
    s.open = () => {
      const connected = s.event("connect");
      s.connect();
      return connected;
    };
    return s;
  };
  const run = async () => {
    // Both before one connects: a jsonp client puts its scripts in front of the first one of the page, which must stay.
    const [first, second] = [make(), make()];
    await first.open();
    const out = { type: first.transport.type, welcome: await first.next(), echo: [], burst: [] };
    for (const t of texts) first.send(t);
    for (const _ of texts) out.echo.push(await first.next());
    first.send("!burst");
    while (out.burst.length < 20) out.burst.push(await first.next());
    await second.open();
    await second.next();
    second.send("!others");
    out.heard = await first.next();
    await new Promise((r) => setTimeout(r, 900)); // heartbeats, or polls without messages
    first.send("!info");
    out.info = await first.next();
    out.same = out.info.id === first.transport.sessionid;
    const gone = second.event("disconnect");
    second.send("!close");
    if (options.transports[0] !== "htmlfile") await gone; // there the client waits for its own time-out
    second.disconnect();
    out.connected = [first.connected, second.connected];
    first.disconnect();
    return out;
  };
  return Promise.race([run(), new Promise((_, no) => setTimeout(() => no(new Error("no answer within 20 s")), 20000))]);
}

const texts = ["plain", "é€😀\u2028\"\\</script><!--", { a: [1, "é😀</script>"], b: null }, "", "x".repeat(70000)];

async function one(url, transport, prepare) {
  const page = await browser.newPage();
  const errors = [];
  page.on("pageerror", (err) => errors.push(err.message));
  try {
    await page.goto(url);
    if (prepare) await page.evaluate(prepare);
    // A form's line ends are the page's own choice no more, so they are part of the test there.
    const all = transport === "jsonp-polling" ? [...texts, "two\nlines\n", "old\r\nlines"] : texts;
    const options = { transports: [transport], port: new URL(server.page).port };
    const { info, burst, ...out } = await page.evaluate(talk, { options, texts: all });
    assert.deepStrictEqual(out, {
      type: transport, welcome: "welcome", echo: all, heard: "for the others", same: true, connected: [true, false],
    });
    assert.deepStrictEqual(burst, Array.from({ length: 20 }, (_, i) => `${i}`));
    assert.equal(info.transport, transport);
    assert.ok(transport.endsWith("polling") ? info.connections > 3 : info.connections === 1, JSON.stringify(info));
    assert.deepStrictEqual(errors, []);
  } finally {
    await page.close();
  }
  await clients(0);
}

await report.run("the client file, and the same again", async () => {
  const url = new URL("/socket.io/socket.io.js", server.page);
  const res = await fetch(url);
  assert.equal(res.status, 200);
  assert.match(await res.text(), /version: '0\.6\.\d'/);
  assert.equal((await fetch(url, { headers: { "If-None-Match": res.headers.get("etag") } })).status, 304);
});

await report.run("what this Chromium can", async () => {
  const page = await browser.newPage();
  await page.goto(server.page);
  const can = await page.evaluate(() => Object.fromEntries(
    ["websocket", "flashsocket", "htmlfile", "xhr-multipart", "xhr-polling", "jsonp-polling"]
      .map((name) => [name, !!io.Transport[name].check()])));
  await page.close();
  assert.deepStrictEqual(can, { websocket: true, flashsocket: false, htmlfile: false, "xhr-multipart": false,
    "xhr-polling": true, "jsonp-polling": true });
});

for (const transport of ["websocket", "xhr-polling", "jsonp-polling"]) {
  await report.run(transport, () => one(server.page, transport));
}
await report.run("htmlfile, with a stand-in for ActiveXObject", () => one(server.page, "htmlfile", activeX));

const panel = createServer((_, res) => {
  res.setHeader("Content-Type", "text/html; charset=utf-8");
  res.end(`<!doctype html><script src="${new URL("/socket.io/socket.io.js", server.page)}"></script><body></body>`);
});
await new Promise((resolve) => panel.listen(0, "127.0.0.1", resolve));
for (const transport of ["websocket", "xhr-polling", "jsonp-polling"]) {
  await report.run(`${transport}, from a page of another origin`, () =>
    one(`http://127.0.0.1:${panel.address().port}/`, transport));
}
panel.close();

await report.run("the policy file on the app's port", async () => {
  const { hostname, port } = new URL(server.page);
  const socket = connect(+port, hostname, () => socket.write("<policy-file-request/>\0"));
  let text = "";
  for await (const part of socket) text += part;
  assert.match(text, /<allow-access-from domain="\*" to-ports="\*"\/>/);
});

await browser.close();
await report.run("the server ends on SIGTERM", async () => {
  assert.equal((await within(10000, "the end", server.stop())).code, 0);
});
process.exit(report.close());
