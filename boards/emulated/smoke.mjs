// Stock clients against a board's gateway, which runs under an emulator: what a person sees of it has to work.
//
//   node smoke.mjs COMMAND [ARGUMENT ...]
//
// COMMAND is the gateway with the emulator before it. Each case demands what the gateway answers.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Gateway } from "../../sio/interop/browser/gateway.mjs";
import { clients, modes, msgpackClients } from "../../sio/interop/lib/clients.mjs";
import { Report } from "../../sio/interop/lib/report.mjs";
import { collect, next, within } from "../../sio/interop/lib/wait.mjs";

const patience = 30000; // ms
const stock = clients.filter((c) => c.major === 4 || c.major === 2);
const report = new Report(/./);
const dir = mkdtempSync(join(tmpdir(), "smoke-"));
const gateway = new Gateway(process.argv.slice(2));
await gateway.start();

const open = []; // managers
const base = () => new URL(gateway.page).origin;

function socket(client, mode, nsp = "/", options = {}) {
  const manager = client.manager(base(), mode, { timeout: patience, ...options });
  open.push(manager);
  return manager.socket(nsp);
}

async function connected(client, mode, nsp, options) {
  const s = socket(client, mode, nsp, options);
  const refused = new Promise((_, reject) => s.once(client.refused, (err) => reject(new Error(`refused: ${err.message ?? err}`))));
  await Promise.race([next(s, "connect", patience), refused]);
  const engine = s.io.engine;
  if (mode === "upgrade" && engine.transport.name !== "websocket") await next(engine, "upgrade", patience);
  assert.equal(engine.transport.name, mode === "polling" ? "polling" : "websocket");
  return s;
}

const ask = (s, ...args) => within(patience, `the ack of "${args[0]}"`, new Promise((resolve) => s.emit(...args, resolve)));

// run is a case; its clients leave at its end.
const run = (name, fn) => report.run(name, async () => {
  try {
    await fn();
  } finally {
    for (const m of open.splice(0)) {
      m.reconnection(false);
      m.engine?.close();
    }
  }
});

const attachments = [Buffer.from([0, 255, 1, 254]), Buffer.alloc(3000, 7)];

for (const client of stock) {
  for (const mode of Object.keys(modes)) {
    await run(`${client.label} ${mode}: an ack, one for attachments, and the chat`, async () => {
      const s = await connected(client, mode);
      const other = await connected(stock.find((c) => c !== client), "websocket");
      assert.equal(await ask(s, "req", { some: ["JSON", 1.5, null] }), "hello world");
      assert.equal(await ask(s, "req", { file: attachments[0], more: [attachments[1]] }), "hello world");
      const said = [next(s, "chat", patience), next(other, "chat", patience)];
      s.emit("chat", "grüße 😀");
      for (const [text] of await Promise.all(said)) assert.match(text, /^client_\S+ says: grüße 😀$/);
    });
  }
}
await run("the pages, the browser client and the probes", async () => {
  for (const [path, want] of [["/index.html", "<html"], ["/socket.io/socket.io.js", "Socket.IO v4.8"], ["/readyz", ""]]) {
    const res = await fetch(base() + path, { signal: AbortSignal.timeout(patience) });
    assert.equal(res.status, 200, path);
    assert.ok((await res.text()).includes(want), `${path} lacks ${want}`);
  }
});

// signIn gets the pair of token and srand for a user whose password the gateway told at its start.
async function signIn(name, password) {
  const [, told] = new RegExp(`^sign in as ${name} +with (\\S+)$`, "m").exec(gateway.told.join("\n"));
  const res = await fetch(`${base()}/signin`, { method: "POST", signal: AbortSignal.timeout(patience),
    body: JSON.stringify({ name, password: password ?? told }) });
  return { status: res.status, body: await res.json() };
}

await run("a wrong password is refused", async () => assert.equal((await signIn("user", "not it")).status, 401));
for (const client of stock) {
  await run(`${client.label}: a user signs in and the telemetry comes`, async () => {
    const { status, body } = await signIn("user");
    assert.equal(status, 200);
    const query = { "edger-token": body.token, "edger-srand": body.srand };
    const s = await connected(client, "upgrade", "/device", { query });
    const loads = collect(s, "load");
    const firsts = ["load", "memory", "network", "sockets"].map((topic) => next(s, topic, patience));
    for (const topic of ["load", "memory", "network", "sockets"]) assert.equal((await ask(s, "watch", topic)).error, undefined);
    const [[load], [memory], , [sockets]] = await Promise.all(firsts);
    assert.ok(load && memory && sockets.clients >= 1, JSON.stringify({ load, memory, sockets }));
    const had = loads.length;
    await next(s, "load", patience); // and it goes on
    assert.ok(loads.length > had);
    const { error } = await ask(s, "notice", "from a user");
    assert.deepEqual([error?.action, error?.name], ["emit", "notice"], JSON.stringify(error));
  });
}
await run("nobody is refused what users may watch", async () => {
  const s = await connected(stock[0], "websocket", "/device");
  assert.ok((await ask(s, "watch", "network")).error);
});
await run("a restart: the client comes back by itself", async () => {
  const s = await connected(stock[0], "upgrade", "/", { reconnection: true, reconnectionDelay: 200, reconnectionDelayMax: 500 });
  const [gone, back] = [next(s, "disconnect", patience), next(s.io, "reconnect", patience)];
  assert.deepEqual(await gateway.stop(), { code: 0, signal: null });
  await gone;
  await gateway.start();
  await back;
  assert.equal(await ask(s, "req"), "hello world");
});
await report.run("the gateway ends on SIGTERM with status 0", async () =>
  assert.deepEqual(await gateway.stop(), { code: 0, signal: null }));

const plain = gateway.command;
gateway.command = [...plain, "-parser", "msgpack"];
await gateway.start();
for (const mode of Object.keys(modes)) {
  await run(`4.8 msgpack ${mode}: an ack, and one for attachments`, async () => {
    const s = await connected(msgpackClients[0], mode);
    assert.equal(await ask(s, "req", { some: ["JSON", 1.5, null] }), "hello world");
    assert.equal(await ask(s, "req", { file: attachments[0], more: [attachments[1]] }), "hello world");
  });
}
await report.run("the gateway with msgpack ends on SIGTERM with status 0", async () =>
  assert.deepEqual(await gateway.stop(), { code: 0, signal: null }));

const [cert, key] = [join(dir, "cert.pem"), join(dir, "key.pem")];
execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
  "-keyout", key, "-out", cert, "-subj", "/CN=board", "-addext", "subjectAltName=IP:127.0.0.1"], { stdio: "ignore" });
gateway.command = [...plain, "-tls-cert", cert, "-tls-key", key];
await gateway.start();
const ca = readFileSync(cert);
for (const client of stock) {
  for (const mode of client.major === 4 ? Object.keys(modes) : ["upgrade"]) {
    await run(`${client.label} ${mode}: TLS with the board's own certificate`, async () => {
      assert.match(gateway.page, /^https:/);
      const s = await connected(client, mode, "/", { ca, rejectUnauthorized: true });
      assert.equal(await ask(s, "req", attachments[0]), "hello world");
    });
  }
}
await run("TLS with a certificate that the client does not know is refused", async () => {
  const s = socket(stock[0], "websocket");
  const [err] = await next(s, "connect_error", patience);
  assert.match(String(err.description?.error?.code ?? err.description?.message), /SELF_SIGNED/);
  assert.ok(!s.connected);
});
await report.run("the gateway with TLS ends on SIGTERM with status 0", async () =>
  assert.deepEqual(await gateway.stop(), { code: 0, signal: null }));

rmSync(dir, { recursive: true });
process.exit(report.close());
