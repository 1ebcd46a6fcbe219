import { $, api, element, fresh, pair, refusal, renew, signedIn, signOut } from "./app.js";
import { Sparkline } from "./sparkline.js";

const bytes = (n) => {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let i = 0;
  for (; n >= 999.5 && i < units.length - 1; i++) n /= 1000;
  return [n.toFixed(i === 0 || n >= 99.95 ? 0 : 1), units[i]];
};
const text = (n) => (n == null ? "–" : bytes(n).join(" "));
const small = (value, unit) => [value, " ", element("small", "", unit)];
const rate = (name, n) => element("span", name, ...(n == null ? ["–"] : small(bytes(n)[0], bytes(n)[1] + "/s")));
const count = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;
const one = (n) => (n == null ? "–" : n < 99.95 ? n.toFixed(1) : String(Math.round(n)));

// How each topic shows a reading: the large value, a line of detail, and the points for its sparkline.
const topics = {
  load: { floor: 100, show: (r) => ({ value: small(one(r.cpu), "% of " + count(r.cores, "core")),
    detail: `load ${r.one.toFixed(2)}  ${r.five.toFixed(2)}  ${r.fifteen.toFixed(2)}, ${r.tasks} tasks`, points: [r.cpu] }) },
  memory: { floor: 100, show: (r) => ({ value: small(...bytes(r.total - r.available)),
    detail: `of ${text(r.total)}, this gateway ${text(r.gateway)}`, points: [100 - (100 * r.available) / r.total] }) },
  temperature: { floor: 60, show: (r) => ({ value: small(r.celsius.toFixed(1), "°C"),
    detail: r.sensors === 1 ? "one sensor" : `the hottest of ${r.sensors} sensors`, points: [r.celsius] }) },
  network: { floor: 1000, show: (r) => ({ value: [rate("one", r.in), rate("two pair", r.out)],
    detail: `${text(r.received)} in, ${text(r.sent)} out since the start`, points: [r.in, r.out] }) },
  sockets: { floor: 4, show: (r) => ({ value: small(r.sockets, r.sockets === 1 ? "socket" : "sockets"),
    detail: `${count(r.clients, "client")}, ${count(r.connections, "connection")}, ${count(r.rooms, "room")}`, points: [r.sockets] }) },
  events: { floor: 4, show: (r) => ({ value: small(one(r.events), "a second"),
    detail: `${text(r.in)}/s in, ${text(r.out)}/s out, ${one(r.turns)} turns/s`, points: [r.events] }) },
};

for (const card of document.querySelectorAll("[data-topic]")) {
  const topic = topics[card.dataset.topic];
  Object.assign(topic, { card, toggle: card.querySelector("input"), spark: new Sparkline(card.querySelector("svg"), topic.floor) });
  topic.toggle.addEventListener("change", () => (topic.toggle.checked ? watch(card.dataset.topic) : leave(card.dataset.topic)));
}

function state(words, on) {
  $("state").textContent = words;
  $("state").classList.toggle("on", on);
}

if (!window.io) {
  state("client missing: run make, which brings it, and build again", false);
  throw new Error("no client");
}

const socket = io("/device", { query: await fresh() });
window.edgerSocket = socket; // for whoever looks with the developer tools

// Each attempt to come back opens a new session, which is verified again: it needs a srand of the last minute.
const prove = async () => (socket.io.opts.query = await renew());
socket.io.on("reconnect_attempt", prove);
socket.on("disconnect", prove);

socket.on("connect", () => {
  const engine = socket.io.engine;
  const show = () => state(`live, ${engine.transport.name}`, true);
  engine.on("upgrade", show);
  show();
  for (const name of Object.keys(topics)) if (topics[name].toggle.checked) watch(name);
});
socket.on("disconnect", (reason) => {
  state(`offline: ${reason}`, false);
  for (const name of Object.keys(topics)) dim(name, true);
  if (reason === "io server disconnect") again();
});
socket.on("connect_error", (err) => {
  state("offline, trying again", false);
  if (!err.data) return prove(); // the gateway is away, or does not believe the pair
  state("refused", false); // by the policy: the namespace is not for us
  $("notices").replaceChildren(refusal(err.data));
});

// again comes back after the gateway ended the socket: an admin pressed a button, or the token has expired.
async function again() {
  notice("The gateway disconnected this page; it comes back by itself.");
  await prove();
  setTimeout(() => socket.connect(), 1500);
}

const dim = (name, off) => topics[name].card.classList.toggle("off", off);

// ask emits an event and resolves with its answer; a refused event's answer is a typed error.
const ask = (...args) => new Promise((resolve) => socket.timeout(5000).emit(...args, (late, answer) =>
  resolve(late ? { error: { error: "Timeout", message: "no answer" } } : answer)));

async function watch(name) {
  const { card, toggle } = topics[name];
  card.querySelector(".error")?.remove();
  const { error } = await ask("watch", name);
  dim(name, !!error);
  card.classList.toggle("closed", !!error);
  if (!error) return;
  toggle.checked = false;
  card.querySelector(".detail").textContent = "";
  if (error.error === "NotOnThisBoard") {
    card.classList.add("absent");
    card.querySelector(".detail").textContent = error.message;
    return;
  }
  const box = refusal(error);
  if (!signedIn()) {
    const link = element("a", "", "Sign in");
    link.href = "/signin.html";
    box.append(" ", link);
  }
  card.append(box);
}

function leave(name) {
  dim(name, true);
  socket.emit("leave", name);
}

for (const [name, topic] of Object.entries(topics)) {
  socket.on(name, (reading) => {
    const { value, detail, points } = topic.show(reading);
    topic.card.querySelector(".value").replaceChildren(...value.map((v) => v instanceof Node ? v : String(v)));
    topic.card.querySelector(".detail").textContent = detail;
    topic.spark.add(points);
    dim(name, !topic.toggle.checked);
  });
}

function notice(words) {
  const close = element("button", "plain small", "Dismiss");
  const box = element("div", "notice", element("span", "", words), close);
  close.addEventListener("click", () => box.remove());
  $("notices").prepend(box);
  while ($("notices").children.length > 3) $("notices").lastElementChild.remove();
}
socket.on("eos_expired", () => {
  signOut();
  notice("Your sign-in has ended. You are nobody until you sign in again.");
});
socket.on("eos_denied", (err) => $("notices").prepend(refusal(err)));
socket.on("notice", (from, words) => notice(`${from}: ${words}`));

$("notice").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = event.target.elements.text;
  const words = field.value.trim() || field.placeholder;
  const { error } = await ask("notice", words);
  $("notice-answer").replaceChildren(...(error ? [refusal(error)] : []));
  if (!error) field.value = "";
});

async function list() {
  const { error, sockets } = await ask("sockets");
  if (error) return $("list-answer").replaceChildren(refusal(error));
  const body = element("tbody", "");
  for (const s of sockets) {
    const kick = element("button", "plain small", "Disconnect");
    kick.setAttribute("aria-label", `Disconnect ${s.id}`);
    kick.addEventListener("click", async () => {
      const answer = await ask("kick", s.namespace, s.id);
      if (answer.error) $("list-answer").prepend(refusal(answer.error));
      else list();
    });
    body.append(element("tr", "", element("td", "id", s.id), element("td", "", s.namespace),
      element("td", "who", s.user || "nobody"),
      element("td", "last", s.id === socket.id ? element("span", "badge", "this page") : kick)));
  }
  const head = element("tr", "", ...["Socket", "Namespace", "User", ""].map((t) => element("th", "", t)));
  $("list").textContent = "Refresh";
  $("list-answer").replaceChildren(element("div", "scroll", element("table", "stack", element("thead", "", head), body)));
}
$("list").addEventListener("click", list);

if (signedIn()) {
  const { status, body } = await api("/api/device", pair());
  if (status === 200) $("device").textContent = `${body.host}: ${body.system}, ${body.program}, up since ${new Date(body.started).toLocaleString()}`;
}
