// What the pages share: who is signed in, and the pair of token and srand that proves it.
//
// The token says who it is. The srand says that its bearer was here within the last minute; POST /srand makes a new one
// for who has the renewal secret, which never stands in a URL. All three stay in this tab and end with it, so that two
// tabs may be two users.
export const $ = (id) => document.getElementById(id);

const key = "edger";
const renewAfter = 30_000; // ms

export function signedIn() {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}

export function keep(session) {
  sessionStorage.setItem(key, JSON.stringify({ ...session, at: Date.now() }));
  showWho();
}

export function signOut() {
  sessionStorage.removeItem(key);
  showWho();
}

// pair is what goes with a request, as headers or in a query; {} for nobody.
export function pair() {
  const s = signedIn();
  return s ? { "edger-token": s.token, "edger-srand": s.srand } : {};
}

// renew gets a new srand. A token that the gateway does not believe any more is forgotten: it was restarted with another
// key, or the token has expired. Without an answer the old srand stays.
export async function renew() {
  const s = signedIn();
  if (!s) return pair();
  try {
    const res = await fetch("/srand", { method: "POST", headers: { "edger-token": s.token, "edger-renewal": s.renewal } });
    if (res.ok) keep({ ...s, ...(await res.json()) });
    else if (res.status === 401) signOut();
  } catch { /* the gateway is away */ }
  return pair();
}

// fresh is a pair that is good for a while.
export async function fresh() {
  const s = signedIn();
  return s && Date.now() - s.at > renewAfter ? renew() : pair();
}

export async function api(path, headers) {
  const res = await fetch(path, { headers: headers ?? (await fresh()) });
  return { status: res.status, body: await res.json().catch(() => null) };
}

export function element(name, className, ...content) {
  const e = document.createElement(name);
  if (className) e.className = className;
  e.append(...content);
  return e;
}

// refusal shows a typed error of the gateway: a PolicyError of a socket, or the answer of a guarded route.
export function refusal(err) {
  const box = element("p", "error");
  box.setAttribute("role", "alert");
  if (err.action) box.append(element("b", "", "PolicyError"), `Group ${err.group} may not ${err.action} ${err.name}.`);
  else box.append(element("b", "", err.error ?? "Error"), err.message ?? err.reason ?? String(err));
  return box;
}

export function showWho() {
  const s = signedIn();
  if ($("who")) $("who").textContent = s ? `${s.user.nickname} (${s.user.group})` : "not signed in";
}

showWho();
