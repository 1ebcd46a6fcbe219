// Two people chat through the gateway's page in Chromium, over polling only and with the upgrade.
//
//   node chat.mjs COMMAND [ARGUMENT ...]
//
// Screenshots are kept in .artifacts/.
import assert from "node:assert/strict";
import { Report } from "../lib/report.mjs";
import { artifacts, launch, watch } from "./chromium.mjs";
import { Gateway } from "./gateway.mjs";

const report = new Report(/./);
const gateway = new Gateway(process.argv.slice(2));
await gateway.start();
const browser = await launch();

const desktop = { viewport: { width: 1280, height: 800 } };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const dark = { ...phone, colorScheme: "dark" };

async function open(name, look, query, errors) {
  const context = await browser.newContext(look);
  const page = await context.newPage();
  page.setDefaultTimeout(10000);
  watch(page, errors);
  await page.goto(gateway.page + query);
  await page.getByText("Answer to req: hello world").waitFor();
  const id = (await page.locator("#id").textContent()).replace("client_", "");
  assert.match(id, /^[\w-]{20}$/);
  await page.getByText(`Connected, my id: ${id}`).waitFor();
  return { name, page, id, close: () => context.close() };
}

async function say(from, to, text) {
  await from.page.locator("#m").fill(text);
  await from.page.getByRole("button", { name: "Send" }).click();
  for (const { page } of [from, to]) {
    const line = page.locator("#messages li.chat").filter({ hasText: text });
    await line.waitFor();
    assert.equal(await line.textContent(), `client_${from.id} says: ${text}`);
  }
}

async function chat(name, query, transport, looks) {
  const errors = [];
  const first = await open("first", looks[0], query, errors);
  const second = await open("second", looks[1], query, errors);
  await first.page.getByText(`I'm coming, my name: client_${second.id}.`).waitFor();
  for (const { page } of [first, second]) {
    await page.getByText(`connected, ${transport}`).waitFor();
    assert.equal(await page.evaluate(() => socket.io.engine.transport.name), transport);
  }
  await say(first, second, "Hello from the first page");
  await say(second, first, "And hello back, with <b>no markup</b>, é € 😀");
  await say(first, second, "The kitchen sensor says 21.5 °C; the door at the back was opened twice since noon.");
  await say(second, first, "Good.");
  for (const { name: which, page } of [first, second]) {
    assert.equal(await page.getByText(/I'm coming/).count(), which === "first" ? 1 : 0);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "no sideways scroll");
    await page.screenshot({ path: `${artifacts}${name}-${which}.png` });
  }
  assert.deepStrictEqual(errors, []);
  return [first, second];
}

await report.run("index.html, / and the client bundle are served", async () => {
  const get = async (path) => {
    const res = await fetch(new URL(path, gateway.page));
    return [res.status, await res.text()];
  };
  assert.deepStrictEqual(await get("/"), [200, "This is socket.io test server."]);
  assert.match((await get("/index.html"))[1], /^<!doctype html>/);
  for (const file of ["socket.io.js", "socket.io.min.js", "socket.io.esm.min.js", "socket.io.msgpack.min.js"]) {
    const [status, text] = await get(`/socket.io/${file}`);
    assert.equal(status, 200, file);
    assert.match(text.slice(0, 200), /Socket\.IO v4\.8/);
  }
});
await report.run("chat over polling only", async () => {
  const pages = await chat("polling", "?transports=polling", "polling", [desktop, phone]);
  await Promise.all(pages.map((p) => p.close()));
});
await report.run("chat with the upgrade to websocket, and after the gateway came back", async () => {
  const [first, second] = await chat("upgrade", "", "websocket", [desktop, dark]);
  const how = await gateway.stop();
  assert.equal(how.code, 0, JSON.stringify(how));
  await first.page.getByText("Disconnected: transport close").waitFor();
  await first.page.getByText("offline, trying again").waitFor();
  await first.page.screenshot({ path: `${artifacts}offline-first.png` });
  await gateway.start();
  for (const p of [first, second]) {
    await p.page.getByText("connected, websocket").waitFor();
    p.id = (await p.page.locator("#id").textContent()).replace("client_", "");
  }
  await say(second, first, "Here again");
  await Promise.all([first.close(), second.close()]);
});

await browser.close();
await gateway.stop();
process.exit(report.close());
