// What a visitor does with the gateway in Chromium: sign in, watch the device, be refused, be allowed; on a phone and on a
// desktop, in light and dark.
//
//   node device.mjs COMMAND [ARGUMENT ...]
//
// Screenshots are kept in .artifacts/. DEVICE_POINTS says how many readings they show.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Report } from "../lib/report.mjs";
import { artifacts, launch, watch } from "./chromium.mjs";
import { Gateway } from "./gateway.mjs";

const points = Number(process.env.DEVICE_POINTS || 3);
const report = new Report(/./);
const scratch = mkdtempSync(join(tmpdir(), "gateway-"));
const key = join(scratch, "key");
writeFileSync(key, randomBytes(32), { mode: 0o600 });
const gateway = new Gateway([...process.argv.slice(2), "-key", key]);
await gateway.start();
const browser = await launch();

const desktop = { viewport: { width: 1280, height: 900 } };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const dark = (look) => ({ ...look, colorScheme: "dark" });

const password = (name) => {
  const [, text] = new RegExp(`^sign in as ${name} +with (\\S+)$`, "m").exec(gateway.told.join("\n"));
  return text;
};
const url = (path) => new URL(path, gateway.page).href;

async function open(path, look) {
  const context = await browser.newContext(look);
  const page = await context.newPage();
  page.setDefaultTimeout(10000);
  const errors = [];
  watch(page, errors);
  await page.goto(url(path));
  return { page, errors, close: () => context.close() };
}

async function signIn(page, name, text = password(name)) {
  await page.goto(url("/signin.html"));
  await page.getByRole("button", { name, exact: true }).click();
  await page.getByLabel("Password").fill(text);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

async function visit(path, name, look) {
  const visitor = await open("/signin.html", look);
  await signIn(visitor.page, name);
  await visitor.page.getByText("You are signed in").waitFor();
  await visitor.page.goto(url(path));
  return visitor;
}

const topic = (page, name) => page.locator(`[data-topic=${name}]`);
const live = (page) => page.getByText(/^live, /).waitFor();

// moved waits until a topic's sparkline has so many points.
const moved = (page, name, count = points) => page.waitForFunction(([name, count]) =>
  document.querySelector(`[data-topic=${name}] polyline`)?.points.numberOfItems >= count, [name, count], { timeout: 90000 });

const contrast = (page) => page.evaluate(() => {
  const style = getComputedStyle(document.documentElement);
  const channel = (c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const light = (name) => {
    let hex = style.getPropertyValue(name).trim().slice(1);
    if (hex.length === 3) hex = [...hex].map((c) => c + c).join("");
    const [r, g, b] = [0, 2, 4].map((i) => channel(parseInt(hex.slice(i, i + 2), 16) / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return [["--ink", "--ground"], ["--ink", "--card"], ["--soft", "--card"], ["--soft", "--ground"], ["--mine-ink", "--mine"],
    ["--bad", "--bad-tint"], ["--bad", "--ground"], ["--good", "--card"], ["--good", "--ground"], ["--ink", "--tint"]]
    .map(([a, b]) => [light(a), light(b), `${a} on ${b}`])
    .map(([a, b, what]) => [what, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)])
    .filter(([, ratio]) => ratio < 4.5);
});

// looks checks what every page must be, and keeps a picture of it.
async function looks(page, name) {
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "no sideways scroll");
  const bare = await page.evaluate(() => [...document.querySelectorAll("input, button")].filter((e) =>
    !(e.getAttribute("aria-label") || e.labels?.[0]?.textContent.trim() || e.textContent.trim())).map((e) => e.outerHTML));
  assert.deepStrictEqual(bare, [], "controls without a name");
  if (!/chat/.test(name)) assert.deepStrictEqual(await contrast(page), [], "contrast below 4.5");
  await page.screenshot({ path: `${artifacts}device-${name}.png`, fullPage: true });
}

await report.run("nobody sees load and memory move, and is refused the network's room", async () => {
  const { page, errors, close } = await open("/telemetry.html", phone);
  await live(page);
  await moved(page, "load");
  await moved(page, "memory");
  await topic(page, "network").getByRole("alert").getByText("guest").waitFor();
  assert.equal(await topic(page, "network").locator("polyline").count(), 0);
  assert.equal(await page.locator("#who").textContent(), "not signed in");
  await looks(page, "phone-nobody");
  assert.deepStrictEqual(errors, []);
  await close();
});
await report.run("a wrong password is refused, the right one is not", async () => {
  const { page, close } = await open("/signin.html", phone);
  await looks(page, "phone-signin");
  await signIn(page, "user", "not-it");
  await page.getByRole("alert").getByText("wrong name or password").waitFor();
  await signIn(page, "user");
  await page.getByText("You are signed in").waitFor();
  assert.equal(await page.locator("#group").textContent(), "user");
  await looks(page, "phone-signed-in");
  await page.getByRole("button", { name: "Sign out" }).click();
  assert.equal(await page.locator("#who").textContent(), "not signed in");
  await close();
});
await report.run("the guard answers a true pair, and turns nothing, a forged token and another srand away", async () => {
  const { page, close } = await visit("/signin.html", "guest", dark(desktop));
  for (const [button, told] of [["With my pair", /200[^]*"Gus"/], ["With nothing", /401/], ["With a forged token", /401[^]*forged/],
    ["With another srand", /401[^]*srand/]]) {
    await page.getByRole("button", { name: button }).click();
    await page.locator("#tried").filter({ hasText: told }).waitFor();
  }
  await looks(page, "desktop-guard-dark");
  await close();
});
await report.run("a user sees everything move, joins and leaves a topic, and is refused the notice", async () => {
  const { page, errors, close } = await visit("/telemetry.html", "user", desktop);
  await live(page);
  for (const name of ["load", "memory", "network", "sockets", "events"]) await moved(page, name);
  await page.getByLabel("Text of the notice").fill("Hello from a user");
  await page.getByRole("button", { name: "Send notice" }).click();
  await page.locator("#notice-answer").getByRole("alert").getByText("PolicyError").waitFor();
  await page.getByRole("button", { name: "Show sockets" }).click();
  await page.locator("#list-answer").getByRole("alert").getByText("PolicyError").waitFor();
  assert.equal(await page.locator("#notices .notice").count(), 0);
  await looks(page, "desktop-user");
  const drawn = () => topic(page, "memory").locator("polyline").evaluate((e) => e.points.numberOfItems);
  await topic(page, "memory").getByRole("switch").uncheck();
  await moved(page, "load", points + 2);
  const before = await drawn();
  await moved(page, "load", points + 5);
  assert.equal(await drawn(), before, "a topic that was left stands still");
  await topic(page, "memory").getByRole("switch").check();
  await moved(page, "memory", before + 2);
  assert.deepStrictEqual(errors, []);
  await close();
});
await report.run("an admin's notice reaches everybody, and a socket is disconnected and comes back", async () => {
  const user = await visit("/telemetry.html", "user", phone);
  const admin = await visit("/telemetry.html", "admin", desktop);
  await Promise.all([live(user.page), live(admin.page)]);
  await admin.page.getByLabel("Text of the notice").fill("The gateway restarts at noon.");
  await admin.page.getByRole("button", { name: "Send notice" }).click();
  for (const { page } of [user, admin]) await page.locator("#notices").getByText("Ada (admin): The gateway restarts at noon.").waitFor();
  const id = await user.page.evaluate(() => edgerSocket.id);
  await admin.page.getByRole("button", { name: "Show sockets" }).click();
  await moved(admin.page, "load");
  await looks(admin.page, "desktop-admin");
  await admin.page.getByRole("button", { name: `Disconnect ${id}` }).click();
  await user.page.getByText("The gateway disconnected this page").waitFor();
  await live(user.page);
  await moved(user.page, "network");
  assert.notEqual(await user.page.evaluate(() => edgerSocket.id), id);
  await looks(user.page, "phone-user");
  for (const { errors, close } of [user, admin]) {
    assert.deepStrictEqual(errors, []);
    await close();
  }
});
await report.run("a restart: the page proves itself again, who it was stays true", async () => {
  const { page, close } = await visit("/telemetry.html", "user", dark(phone));
  await live(page);
  await gateway.stop();
  await page.getByText(/^offline/).waitFor();
  await gateway.start();
  await live(page);
  await moved(page, "network", points);
  assert.equal(await topic(page, "network").getByRole("alert").count(), 0);
  await looks(page, "phone-user-dark");
  await close();
});
await report.run("the permission page shows every row and finds one", async () => {
  for (const [name, look] of [["desktop", desktop], ["phone-dark", dark(phone)]]) {
    const { page, errors, close } = await open("/permissions.html", look);
    await page.getByText("User Mode", { exact: true }).first().waitFor();
    await page.locator("summary", { hasText: "socket.io" }).waitFor();
    await looks(page, `permissions-${name}`);
    assert.equal(await page.locator("details", { hasText: "socket.io" }).locator("tbody tr").count(), 40);
    await page.getByLabel("Filter the APIs").fill("process.kill");
    assert.equal(await page.locator("tbody tr:visible").count(), 1);
    assert.deepStrictEqual(errors, []);
    await close();
  }
});
await report.run("the chat has the same bar", async () => {
  for (const [name, look] of [["desktop-chat", desktop], ["phone-chat-dark", dark(phone)]]) {
    const { page, errors, close } = await open("/index.html", look);
    await page.getByText("Answer to req: hello world").waitFor();
    await looks(page, name);
    await page.getByRole("link", { name: "Telemetry" }).click();
    await live(page);
    assert.deepStrictEqual(errors, []);
    await close();
  }
});

await gateway.stop();

// From here on a gateway with its own policy, and a key that ends with it.
const policy = join(scratch, "policy");
writeFileSync(policy, `default deny
allow connect admin,user /device
allow emit user /device watch
allow join user /device load
allow receive user /device load
`);
gateway.command = [...process.argv.slice(2), "-policy", policy];
await gateway.start();
await report.run("a namespace that the policy keeps from guests is a connect_error with data", async () => {
  const { page, errors, close } = await open("/telemetry.html", phone);
  await page.getByText("refused", { exact: true }).waitFor();
  await page.locator("#notices").getByText("Group guest may not connect /device.").waitFor();
  // The client polls again and only then ends its session, on another connection: the poll may come second, to a 400.
  const poll = errors.find((error) => /^400 .*transport=polling.*&sid=/.test(error));
  const late = poll ? [poll, ...errors.filter((error) => /^console: .* status of 400 /.test(error)).slice(0, 1)] : [];
  assert.deepStrictEqual(errors.filter((error) => !late.includes(error)), []);
  await close();
});
await report.run("a token ends with its key: who was a user is nobody after the restart", async () => {
  const { page, close } = await visit("/telemetry.html", "user", desktop);
  await live(page);
  await moved(page, "load", 2);
  await gateway.stop();
  await page.getByText(/^offline/).waitFor();
  await gateway.start();
  await page.locator("#notices").getByText("Group guest may not connect /device.").waitFor({ timeout: 20000 });
  assert.equal(await page.locator("#who").textContent(), "not signed in");
  await close();
});

await browser.close();
await gateway.stop();
rmSync(scratch, { recursive: true });
process.exit(report.close());
