// The admin UI of Socket.IO, as it is published, looks at the gateway in Chromium: signed in, in both modes, read-only.
// Its page comes from another origin, as it does in life.
//
//   node admin.mjs COMMAND [ARGUMENT ...]
//
// Screenshots are kept in .artifacts/.
import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { hostname } from "node:os";
import { dirname, extname, join, normalize } from "node:path";
import { io } from "client4";
import { Report } from "../lib/report.mjs";
import { next } from "../lib/wait.mjs";
import { artifacts, launch } from "./chromium.mjs";
import { Gateway } from "./gateway.mjs";

const root = join(dirname(createRequire(import.meta.url).resolve("@socket.io/admin-ui")), "../ui/dist");
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png" };
const files = createServer((req, res) => {
  const path = normalize(new URL(req.url, "http://a").pathname);
  const name = join(root, path === "/" ? "index.html" : path);
  res.setHeader("Content-Type", types[extname(name)] ?? "application/octet-stream");
  createReadStream(name).on("error", () => res.writeHead(404).end()).pipe(res);
});
await new Promise((resolve) => files.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${files.address().port}`;

const report = new Report(/./);
const browser = await launch();

// visit starts a gateway and opens the page, which asks for a server.
async function visit(mode) {
  const gateway = new Gateway([...process.argv.slice(2), "-admin", mode, "-admin-origin", origin]);
  await gateway.start();
  const url = new URL(gateway.page).origin;
  const [, password] = /^sign in as admin +with (\S+)$/m.exec(gateway.told.join("\n"));
  const [, guest] = /^sign in as guest +with (\S+)$/m.exec(gateway.told.join("\n"));
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(10000);
  // What the page wants from the internet (fonts) it does not get; everything else must work.
  await context.route((u) => u.hostname !== "127.0.0.1", (route) => route.fulfill({ status: 204 }));
  const errors = [];
  page.on("pageerror", (err) => errors.push(err.message));
  await page.goto(origin);
  await page.getByLabel("Server URL").fill(url);
  const close = async () => {
    await context.close();
    await gateway.stop();
  };
  return { gateway, url, password, guest, page, errors, close };
}

// look runs fn with a page, and fails on an error in it.
const look = (name, mode, fn) => report.run(name, async () => {
  const visitor = await visit(mode);
  try {
    await fn(visitor);
  } finally {
    await visitor.close();
  }
  assert.deepStrictEqual(visitor.errors, []);
});

async function signIn(page, name, password) {
  await page.getByLabel("Username").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Connect", exact: true }).click();
}

const menu = (page, name) => page.locator("nav").getByText(name, { exact: true }).click();
const shot = (page, name) => page.screenshot({ path: `${artifacts}admin-${name}.png` });
const total = (page, card) => page.locator(".v-card").filter({ has: page.locator(".v-card__title", { hasText: card }) });
const client = async (url, nsp = "/") => {
  const socket = io(url + nsp, { forceNew: true });
  await next(socket, "connect");
  return socket;
};
// websockets is what the dashboard's card says of clients over WebSocket.
const websockets = (page, n) => total(page, "Clients").locator("tr", { hasText: "WebSocket" }).locator("h2")
  .filter({ hasText: new RegExp(`^\\s*${n}\\s*$`) }).waitFor();

await look("a wrong password, and a user who is no admin, are refused", "production", async ({ page, guest }) => {
  await signIn(page, "admin", "not-it");
  await page.getByText("Invalid credentials").waitFor();
  await shot(page, "refused");
  await signIn(page, "guest", guest);
  await page.getByText("Invalid credentials").waitFor();
  assert.equal(await page.getByLabel("Password").isVisible(), true);
});
await look("production: the server, its namespaces and clients, and nothing of what they say", "production", async ({ page, url, password }) => {
  await signIn(page, "admin", password);
  await websockets(page, 1); // the page itself
  const a = await client(url), b = await client(url);
  await websockets(page, 3);
  await total(page, "Namespaces").locator("tr", { hasText: "/device" }).waitFor();
  b.disconnect();
  await websockets(page, 2);
  assert.equal(await page.locator("nav").getByText("Sockets", { exact: true }).count(), 0);
  await menu(page, "Servers");
  await page.locator("tbody tr").filter({ hasText: hostname() }).waitFor();
  await shot(page, "production-servers");
  await page.reload(); // the session holds, without the password
  await menu(page, "Dashboard");
  await websockets(page, 2);
  await shot(page, "production");
  a.disconnect();
});
await look("development: sockets, rooms and events, live, and no button that would change anything", "development", async ({ page, url, password }) => {
  const a = await client(url), watcher = await client(url, "/device");
  await signIn(page, "admin", password);
  await menu(page, "Sockets");
  await page.getByRole("cell", { name: a.id }).waitFor(); // it was there before us
  const b = await client(url);
  const row = page.getByRole("row").filter({ hasText: b.id });
  await row.filter({ hasText: "WebSocket" }).waitFor(); // upgraded
  assert.equal(await page.locator("table button").filter({ has: page.locator(".mdi-logout") }).count(), 0);
  await shot(page, "sockets");
  await row.click();
  await page.getByText("user-agent").waitFor(); // a header of the handshake
  await shot(page, "socket");
  assert.equal(await page.locator(".mdi-logout").count(), 0);

  await watcher.emitWithAck("watch", "memory");
  await menu(page, "Rooms");
  await page.locator("main .v-select").first().click();
  await page.locator(".v-menu__content").getByText("/device", { exact: true }).click();
  await page.getByRole("cell", { name: "memory" }).waitFor();
  await shot(page, "rooms");

  await menu(page, "Events");
  await page.locator("tr").filter({ hasText: "watch" }).first().waitFor();
  await page.locator("main .v-select").first().click();
  await page.locator(".v-menu__content").getByText("/", { exact: true }).click();
  a.emit("chat", "hello admin");
  const said = page.locator("tr").filter({ hasText: "chat" });
  await said.first().waitFor();
  await page.waitForFunction(() => document.querySelectorAll("tr code").length >= 4); // received once, sent to both
  await shot(page, "events");

  await menu(page, "Clients");
  const clients = () => page.locator("tbody tr").count();
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 4); // a, b, watcher, the page
  const gone = b.id;
  b.disconnect();
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 3);
  assert.equal(await clients(), 3);
  await shot(page, "clients");
  await menu(page, "Sockets");
  await page.getByRole("cell", { name: a.id }).waitFor();
  assert.equal(await page.getByRole("cell", { name: gone }).count(), 0);
  for (const s of [a, watcher]) s.disconnect();
});
await look("a page of another origin cannot connect", "production", async ({ gateway, url }) => {
  for (const [from, ok] of [[origin, true], [url, true], ["http://evil.example", false], [undefined, true]]) {
    const s = io(url, { forceNew: true, reconnection: false, transports: ["websocket"],
      extraHeaders: from ? { Origin: from } : {} });
    const [what] = await Promise.race([next(s, "connect").then(() => [true]), next(s, "connect_error").then(() => [false])]);
    assert.equal(what, ok, `from ${from}`);
    s.disconnect();
  }
  assert(gateway.told.length > 0);
});
await browser.close();
files.close();
process.exit(report.close());
