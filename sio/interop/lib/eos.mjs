// Users, policy and tokens that end, as stock clients see them. The reference has nothing of the kind.
import assert from "node:assert/strict";
import { clients, modes, Peers } from "./clients.mjs";
import { Server } from "./server.mjs";
import { call, next, within } from "./wait.mjs";

const denied = (action, name, group) => ({ code: "denied", action, name, group });

// sign fetches the pair of a user, as an app does from its gateway; more says what is wrong with it.
async function sign(server, user, more = "") {
  const answer = await fetch(`${server.url}/token?user=${user}${more}`);
  return answer.json();
}

// query is the pair as clients carry it.
const query = ({ token, srand }) => ({ "edger-token": token, "edger-srand": srand });

const forge = ({ token, srand }) => ({ token: token.slice(0, -6) + "AAAAAA", srand });

// refusal tells the status and body of a refused handshake, as far as the client's generation shows them.
function refusal([error]) {
  const text = error.context?.responseText;
  const code = /Unexpected server response: (\d+)/i.exec(error.description?.message)?.[1];
  const status = typeof error.description === "number" ? error.description : code && +code;
  return { status, body: text && JSON.parse(text) };
}

// handshakeRefused: the client is told connect_error, and the server has no session.
async function handshakeRefused(peers, options, reason) {
  const manager = peers.manager(options);
  const socket = peers.client.socket(manager);
  const source = peers.client.major >= 3 ? socket : manager;
  // The client takes the answer back as soon as its handlers have run.
  const told = new Promise((resolve) => source.once("connect_error", (...args) => resolve(refusal(args))));
  const got = await within(5000, "connect_error", told);
  // The WebSocket of 1.x keeps what it was answered to itself.
  if (got.status !== undefined || peers.mode !== "websocket") assert.equal(got.status, 401);
  if (got.body) assert.deepStrictEqual(got.body, { code: 4, message: `Not verified: ${reason}` });
  if (peers.client.major >= 4 && peers.mode !== "websocket") assert.ok(got.body);
}

const cases = {
  "a forged token, a stale srand and identity headers are refused": async (peers, server) => {
    const good = await sign(server, "ada");
    await handshakeRefused(peers, { query: query(forge(good)) }, "forged");
    await handshakeRefused(peers, { query: { "edger-token": good.token } }, "stale srand");
    await handshakeRefused(peers, { query: query(await sign(server, "ada", "&age=120")) }, "stale srand");
    await handshakeRefused(peers, { extraHeaders: { "edger-acoid": "ada" } }, "untrusted address");
  },

  "a namespace outside the policy is an error with data": async (peers, server) => {
    const { client } = peers;
    for (const [user, group] of [["bob", "user"], ["", "guest"]]) {
      const options = user ? { query: query(await sign(server, user)) } : {};
      const chat = client.socket(peers.manager(options), "/chat");
      assert.deepStrictEqual(client.seenRefusal(await next(chat, client.refused)),
        client.refusal(`eos: group ${group} may not connect "/chat"`, denied("connect", "/chat", group)));
    }
    const ada = await peers.connect({ nsp: "/chat", options: { query: query(await sign(server, "ada")) } });
    assert.deepStrictEqual(await call(ada, "who"), [{ acoid: "ada", group: "admin" }]);
  },

  "a room, an event and a broadcast outside the policy": async (peers, server) => {
    const bob = await peers.connect({ options: { query: query(await sign(server, "bob")) } });
    assert.deepStrictEqual((await call(bob, "join", "vault"))[0], { error: denied("join", "vault", "user") });
    assert.deepStrictEqual(await call(bob, "rooms"), [[]]);
    await call(bob, "join", "room:a");
    assert.deepStrictEqual(await call(bob, "rooms"), [["room:a"]]);
    assert.deepStrictEqual(await call(bob, "echo", 1), [{ error: denied("emit", "echo", "user") }]);
    const told = next(bob, "eos_denied");
    bob.on("echo", () => assert.fail("a handler ran"));
    bob.emit("echo", Buffer.from([1]));
    assert.deepStrictEqual(await told, [denied("emit", "echo", "user")]);
    bob.on("announced", () => assert.fail("bob may not have this"));
    assert.deepStrictEqual(await call(bob, "who"), [{ acoid: "bob", group: "user" }]);
    const ada = await peers.connect({ options: { query: query(await sign(server, "ada")) } });
    const heard = next(ada, "announced");
    await call(ada, "who");
    assert.deepStrictEqual(await heard, ["ada"]);
    assert.deepStrictEqual(await call(ada, "echo", 1), [1]);
    await call(bob, "rooms");
  },

  "the reconnect hook renews the pair": async (peers, server) => {
    const fast = { reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 60, randomizationFactor: 0 };
    const stale = query(await sign(server, "ada", "&age=120"));
    const ada = await peers.connect({ options: { ...fast, query: query(await sign(server, "ada")) } });
    const manager = ada.io;
    manager.opts.query = stale; // a minute goes by
    const again = next(ada, "connect", 10000);
    let refused = 0;
    const fresh = query(await sign(server, "ada"));
    manager.on("reconnect_error", () => {
      if (++refused === 2) manager.opts.query = fresh;
    });
    ada.emit("drop");
    await again;
    assert.equal(refused, 2, "without the hook it would have been let in, or with it not");
    assert.deepStrictEqual(await call(ada, "who"), [{ acoid: "ada", group: "admin" }]);
    await peers.settled(ada);
  },

  "a token that ends during the connection": async (peers, server) => {
    const connect = async (life) => peers.connect({ options: { query: query(await sign(server, "bob", `&life=${life}`)) } });
    const s = await connect(1).catch(() => connect(4)); // a busy machine may need more than a second
    const gone = next(s, "disconnect", 10000);
    assert.deepStrictEqual(await next(s, "eos_expired", 10000), [{ reason: "expired" }]);
    await gone;
  },
};

async function overHTTP(server) {
  const me = async (headers, body) => {
    const answer = await fetch(`${server.url}/api/me`, { headers, method: body ? "POST" : "GET", body });
    return [answer.status, await answer.json()];
  };
  const no = (reason) => [401, { status: 401, error: "Unauthorized", reason }];
  const good = await sign(server, "ada");
  assert.deepStrictEqual(await me(query(good)), [200, { acoid: "ada", group: "admin" }]);
  assert.deepStrictEqual(await me({}), no("none"));
  assert.deepStrictEqual(await me({}, "x".repeat(100000)), no("none"));
  assert.deepStrictEqual(await me(query(forge(good))), no("forged"));
  assert.deepStrictEqual(await me(query(await sign(server, "ada", "&age=120"))), no("stale srand"));
  assert.deepStrictEqual(await me({ "edger-acoid": "ada" }), no("untrusted address"));
}

export async function eosCases(report, command) {
  const server = new Server(command, ["-eos"]);
  await server.start();
  await report.run("HTTP: only users get below /api/", () => overHTTP(server));
  for (const client of clients) {
    for (const mode of Object.keys(modes)) {
      for (const [name, run] of Object.entries(cases)) {
        await report.run(`${client.label} ${mode}: ${name}`, async () => {
          const peers = new Peers(server, client, mode);
          try {
            await run(peers, server);
          } finally {
            peers.close();
          }
        });
      }
    }
  }
  await server.stop();
}
