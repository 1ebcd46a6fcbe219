// TLS with clients that others wrote: openssl s_client, curl, socket.io-client in Node, Chromium.
//
//   node run.mjs [--only REGEXP] COMMAND [ARGUMENT ...]
//
// COMMAND is the program in server/, which takes -cert NAME,CERT,KEY.
import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { io } from "client4";
import { Report } from "../lib/report.mjs";
import { call, next, within } from "../lib/wait.mjs";
import { launch, watch } from "../browser/chromium.mjs";

const argv = process.argv.slice(2);
let only = /./;
if (argv[0] === "--only") only = new RegExp(argv.splice(0, 2)[1]);
if (argv.length === 0) throw new Error("usage: node run.mjs [--only REGEXP] COMMAND [ARGUMENT ...]");

const dir = mkdtempSync(join(tmpdir(), "tls-"));
const file = (name) => join(dir, name);
function makeCert(name, alt) {
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "7",
    "-keyout", file(`${name}.key`), "-out", file(`${name}.pem`), "-subj", `/CN=${name}`,
    "-addext", `subjectAltName=${alt}`], { stdio: "ignore" });
}
makeCert("first", "DNS:localhost,IP:127.0.0.1");
makeCert("newer", "DNS:localhost,IP:127.0.0.1");
makeCert("second", "DNS:second.test");
function install(name) {
  copyFileSync(file(`${name}.pem`), file("cert.pem"));
  copyFileSync(file(`${name}.key`), file("key.pem"));
}
install("first");

const args = ["-cert", `,${file("cert.pem")},${file("key.pem")}`, "-cert", `,${file("second.pem")},${file("second.key")}`];
const server = spawn(argv[0], [...argv.slice(1), ...args], { stdio: ["ignore", "pipe", "inherit"] });
const exited = new Promise((resolve) => server.once("exit", (code, signal) => resolve({ code, signal })));
const lines = createInterface({ input: server.stdout });
const failures = [];
lines.on("line", (line) => line.startsWith("failed") && failures.push(line));
const [, address, plain] = (await next(lines, "line", 20000))[0].split(" ");
const port = Number(address.split(":")[1]);

// run resolves to what a program writes, with what it gets, on both outputs.
function run(program, args, input) {
  return within(20000, program, new Promise((resolve) => {
    const child = execFile(program, args, { maxBuffer: 64 << 20 }, (err, stdout, stderr) =>
      resolve({ code: err?.code ?? 0, stdout, stderr, all: stdout + stderr }));
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  }));
}
const request = (path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
const sclient = (input, ...args) => run("openssl", ["s_client", "-connect", address, "-ign_eof", ...args], input);
const curl = (...args) => run("curl", ["-s", "--max-time", "15", ...args]);

const report = new Report(only);
for (const [version, name] of [["-tls1_2", "TLSv1.2"], ["-tls1_3", "TLSv1.3"]]) {
  await report.run(`openssl ${name}: request, ALPN, close_notify`, async () => {
    const { code, all } = await sclient(request("/secure"), version, "-alpn", "h2,http/1.1", "-CAfile", file("first.pem"));
    assert.equal(code, 0);
    for (const want of [name, "ALPN protocol: http/1.1", "Verify return code: 0", "HTTP/1.1 200 OK", "true"]) {
      assert.ok(all.includes(want), `lacks ${want}:\n${all}`);
    }
    assert.ok(!all.includes("unexpected eof"), "the server hung up without close_notify");
  });
  await report.run(`openssl ${name}: resumes with its ticket`, async () => {
    const ticket = file(`ticket${version}`);
    await sclient(request("/secure"), version, "-sess_out", ticket);
    const { all } = await sclient(request("/secure"), version, "-sess_in", ticket);
    assert.match(all, /^Reused, /m);
  });
  await report.run(`openssl ${name}: server names`, async () => {
    for (const [ask, want] of [["second.test", "second"], ["localhost", "first"], ["unknown.test", "first"]]) {
      const { all } = await sclient(request("/"), version, "-servername", ask);
      assert.match(all, new RegExp(`subject=CN ?= ?${want}`));
    }
  });
}
await report.run("openssl: TLS 1.1, weak suites and h2 alone are refused", async () => {
  for (const args of [["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], ["-tls1_2", "-cipher", "AES128-SHA"],
    ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"], ["-alpn", "h2"]]) {
    const { code, all } = await sclient(request("/"), ...args);
    assert.ok(code !== 0 && !all.includes("200 OK"), args.join(" "));
  }
});

// talk types lines into s_client, one at a time. A letter is a command only where a read of openssl's begins with it,
// however busy the machine is: openssl says when it has taken one.
async function talk(args, typed, ms) {
  const child = spawn("openssl", ["s_client", "-connect", address, ...args]);
  let all = "";
  let look = () => {}; // at all, when there is more of it
  for (const out of [child.stdout, child.stderr]) out.on("data", (b) => ((all += b), look()));
  child.stdin.on("error", () => {});
  const ended = new Promise((resolve) => child.once("close", resolve)); // and all that it said is read
  const says = (what, test) => within(20000, what, Promise.race([ended, new Promise((resolve) => {
    look = () => test() && resolve();
    look();
  })]));
  await says("the handshake", () => all.includes("read R BLOCK") || /^---\n$/m.test(all));
  const taken = () => all.match(/^(KEYUPDATE|RENEGOTIATING)$/gm)?.length ?? 0;
  for (const line of typed) {
    const before = taken();
    child.stdin.write(line);
    if (line.length === 2) await says(`openssl to take ${line}`, () => taken() > before);
    await new Promise((resolve) => setTimeout(resolve, ms));
  }
  child.stdin.end();
  await within(20000, "openssl's end", ended);
  return all;
}
await report.run("openssl: a KeyUpdate is answered, and data goes on", async () => {
  const all = await talk(["-tls1_3"], ["K\n", "k\n", request("/secure")], 300);
  assert.match(all, /KEYUPDATE/);
  assert.match(all, /200 OK/);
});
await report.run("openssl: a flood of KeyUpdates ends the connection, renegotiation is refused", async () => {
  const flood = await talk(["-tls1_3"], Array(24).fill("K\n"), 30);
  assert.match(flood, /unexpected message|unexpected_message|alert number 10/);
  const again = await talk(["-tls1_2"], ["R\n", request("/secure")], 200);
  assert.doesNotMatch(again, /200 OK/);
});
await report.run("curl: with the authority, without, in vain", async () => {
  assert.equal((await curl("--cacert", file("first.pem"), `https://localhost:${port}/secure`)).stdout, "true");
  assert.equal((await curl("-k", `https://${address}/secure`)).stdout, "true");
  assert.equal((await curl("--cacert", file("second.pem"), `https://${address}/secure`)).code, 60);
});
await report.run("curl: a large answer, a large body, 30 at once", async () => {
  assert.equal((await curl("-k", `https://${address}/large`)).stdout, "0123456789abcdef".repeat(1 << 16));
  writeFileSync(file("body"), Buffer.alloc(5000000, 1));
  const body = await curl("-k", "--data-binary", `@${file("body")}`, `https://${address}/length`);
  assert.equal(body.stdout, "5000000 <nil>");
  const urls = Array(30).fill(`https://${address}/secure`);
  assert.equal((await curl("-k", "-Z", ...urls)).stdout, "true".repeat(30));
});
await report.run("curl: http on the port of https, and the other way round", async () => {
  const { stdout } = await curl("-i", `http://${address}/`);
  assert.match(stdout, /^HTTP\/1.1 400 Bad Request[^]*This port speaks TLS/);
  assert.equal((await curl("-k", `https://${plain}/`)).code, 35);
});

const ca = readFileSync(file("first.pem"));
function open(options) {
  return io(`https://${address}`, { forceNew: true, reconnection: false, rejectUnauthorized: false, ...options });
}
for (const [name, options] of Object.entries({
  polling: { transports: ["polling"] }, websocket: { transports: ["websocket"] }, upgrade: {},
})) {
  await report.run(`socket.io-client 4.8 over ${name}: acks, 400 kB, binary`, async () => {
    const socket = open({ ...options, ca, rejectUnauthorized: true });
    try {
      await next(socket, "connect");
      const { engine } = socket.io;
      if (name === "upgrade" && engine.transport.name !== "websocket") await next(engine, "upgrade");
      const transport = name === "polling" ? "polling" : "websocket";
      assert.deepEqual(await call(socket, "req", "x"), [`hello world over ${transport}`]);
      const text = "é€😀".repeat(40000);
      assert.deepEqual(await call(socket, "echo", text), [text]);
      const bytes = Buffer.alloc(300000, 7);
      assert.deepEqual(await call(socket, "echo", bytes), [bytes]);
    } finally {
      socket.close();
    }
  });
}
await report.run("certificates are replaced under load, nobody is dropped", async () => {
  const sockets = Array.from({ length: 20 }, (_, i) => open({ transports: [i % 2 ? "websocket" : "polling"] }));
  let going = true;
  const lost = [];
  for (const socket of sockets) socket.on("disconnect", (why) => going && lost.push(why));
  await Promise.all(sockets.map((socket) => next(socket, "connect")));
  let echoes = 0;
  const load = sockets.map(async (socket) => {
    for (; going; echoes++) await call(socket, "echo", "x".repeat(2000));
  });
  const reload = async (good) => {
    const told = next(lines, "line");
    server.kill("SIGHUP");
    assert.equal((await told)[0] === "reloaded <nil>", good);
  };
  for (const name of ["newer", "first", "newer", "first"]) {
    install(name);
    await reload(true);
    const before = echoes;
    const { all } = await sclient(request("/"));
    assert.match(all, new RegExp(`subject=CN ?= ?${name}`));
    while (echoes < before + 100) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  copyFileSync(file("second.key"), file("key.pem"));
  await reload(false);
  assert.match((await sclient(request("/"))).all, /subject=CN ?= ?first/);
  install("first");
  going = false;
  await Promise.all(load);
  for (const socket of sockets) socket.close();
  assert.deepEqual(lost, []);
});
// clientHello is what openssl begins with, caught by a server that says nothing.
async function clientHello() {
  const trap = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => trap.once("listening", resolve));
  const child = spawn("openssl", ["s_client", "-connect", `127.0.0.1:${trap.address().port}`], { stdio: "ignore" });
  const [socket] = await next(trap, "connection");
  socket.on("error", () => {});
  const [hello] = await next(socket, "data");
  child.kill();
  trap.close();
  return hello;
}
await report.run("80 peers that stop amid their handshakes keep nobody out for long", async () => {
  const hello = await clientHello();
  const peers = Array.from({ length: 80 }, (_, i) => {
    const peer = connect(port, "127.0.0.1", () => peer.write(i % 2 ? hello : hello.subarray(0, 40)));
    peer.on("error", () => {});
    return peer;
  });
  await Promise.all(peers.map((peer) => new Promise((resolve) => peer.once("connect", resolve))));
  const began = Date.now();
  assert.equal((await curl("-k", `https://${address}/secure`)).stdout, "true");
  assert.ok(Date.now() - began < 5000, `it took ${Date.now() - began} ms`);
  for (const peer of peers) peer.destroy();
});

const browser = await launch();
for (const [name, query, transport] of [["polling", "?transports=polling", "polling"],
  ["websocket", "?transports=websocket", "websocket"], ["upgrade", "", "websocket"]]) {
  await report.run(`Chromium: the page over ${name}`, async () => {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    page.setDefaultTimeout(10000);
    const errors = [];
    watch(page, errors);
    await page.goto(`https://${address}/${query}`);
    await page.getByText("hello world over").waitFor();
    await page.waitForFunction((t) => socket.io.engine.transport.name === t, transport);
    assert.equal(await page.evaluate(() => location.protocol), "https:");
    assert.deepEqual(errors, []);
    await context.close();
  });
}
await browser.close();

await report.run("the server is alive, and ends on SIGTERM", async () => {
  assert.equal((await curl("-k", `https://${address}/secure`)).stdout, "true");
  server.kill("SIGTERM");
  assert.equal((await within(5000, "its end", exited)).code, 0);
});
server.kill("SIGKILL");
rmSync(dir, { recursive: true });
process.exit(report.close());
