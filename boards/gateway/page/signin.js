import { $, api, fresh, keep, pair, refusal, signedIn, signOut } from "./app.js";

const form = $("signin");

function show() {
  const s = signedIn();
  form.hidden = !!s;
  $("me").hidden = !s;
  if (!s) return;
  $("nickname").textContent = s.user.nickname;
  $("group").textContent = s.user.group;
  $("acoid").textContent = s.user.acoid;
  $("expires").textContent = new Date(s.expires).toLocaleTimeString();
}

for (const button of form.querySelectorAll("[data-name]")) {
  button.addEventListener("click", () => {
    form.elements.name.value = button.dataset.name;
    form.elements.password.focus();
  });
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  $("go").disabled = true;
  $("answer").replaceChildren();
  try {
    const { name, password } = Object.fromEntries(new FormData(form));
    const res = await fetch("/signin", { method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ name, password }) });
    const body = await res.json();
    if (res.ok) {
      keep(body);
      form.reset();
      show();
      $("h-me").tabIndex = -1;
      $("h-me").focus();
    } else {
      $("answer").append(refusal(body));
    }
  } catch {
    $("answer").append(refusal({ error: "No answer", reason: "The gateway is away." }));
  }
  $("go").disabled = false;
});

$("out").addEventListener("click", () => {
  signOut();
  show();
  form.elements.name.focus();
});

// spoil changes one character in the middle, which keeps the form of a token.
function spoil(text = "") {
  const at = text.length >> 1;
  return text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
}

const tries = {
  mine: fresh,
  none: () => ({}),
  forged: () => ({ ...pair(), "edger-token": spoil(pair()["edger-token"]) }),
  stale: () => ({ ...pair(), "edger-srand": spoil(pair()["edger-srand"]) }),
};

for (const button of document.querySelectorAll("[data-try]")) {
  button.addEventListener("click", async () => {
    const { status, body } = await api("/api/me", await tries[button.dataset.try]());
    $("tried").hidden = false;
    $("tried").textContent = `GET /api/me  ${status}\n${JSON.stringify(body, null, 2)}`;
    show();
  });
}

show();
