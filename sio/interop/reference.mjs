// The interop test app on the reference server. server/main.go is the same app on ours; the suite must pass with both.
//
//   node reference.mjs -listen 127.0.0.1:0 [-ping-interval-ms 25000] [-ping-timeout-ms 20000] [-recovery=true] [-parser msgpack]
//     [-deflate-threshold 1024]
//
// It prints "listening ADDR", then "opened NSP ID" and "closed NSP ID REASON" for every socket. SIGTERM stops it.
import { createServer } from "node:http";
import { Server } from "socket.io";
import msgpack from "socket.io-msgpack-parser";

const flags = { listen: "127.0.0.1:0", "ping-interval-ms": "25000", "ping-timeout-ms": "20000" };
const words = process.argv.slice(2).flatMap((word) => word.split("="));
for (let i = 0; i < words.length; i += 2) flags[words[i].replace(/^-+/, "")] = words[i + 1];

const http = createServer((req, res) => {
  res.setHeader("Content-Type", "text/html; charset=utf-8");
  res.end("<!doctype html><title>interop</title>");
});
const io = new Server(http, {
  allowEIO3: true,
  maxHttpBufferSize: 1e6,
  pingInterval: +flags["ping-interval-ms"],
  pingTimeout: +flags["ping-timeout-ms"],
  ...(flags.recovery && { connectionStateRecovery: {} }),
  ...(flags["deflate-threshold"] && { perMessageDeflate: { threshold: +flags["deflate-threshold"] } }),
  ...(flags.parser && { parser: msgpack }),
});

function serve(nsp) {
  nsp.on("connection", (s) => {
    console.log("opened", nsp.name, s.id);
    s.on("disconnect", (reason) => console.log("closed", nsp.name, s.id, reason));
    s.use((event, next) => next(event[0] === "forbidden" ? new Error("not allowed") : undefined));

    s.on("who", (ack) => ack({ id: s.id, nsp: nsp.name, transport: s.conn.transport.name, eio: s.conn.protocol }));
    s.on("echo", (...args) => {
      if (typeof args.at(-1) === "function") args.pop()(...args);
      else s.emit("echo", ...args);
    });
    s.on("ask", (...args) => {
      const ack = args.pop();
      s.emit("question", ...args, (...answer) => ack(...answer));
    });
    s.on("ask in vain", (ack) => s.timeout(50).emit("silence", (err) => ack(err ? "timed out" : "answered")));
    s.on("binary", () => {
      s.emit("binary", { a: Buffer.from([0, 1, 254, 255]), b: ["x", Buffer.from([7])] }, Buffer.alloc(0), "end");
    });
    s.on("forbidden", () => s.emit("leaked"));

    s.on("join", (room, ack) => (s.join(room), ack()));
    s.on("leave", (room, ack) => (s.leave(room), ack()));
    s.on("rooms", (ack) => ack([...s.rooms].filter((room) => room !== s.id).sort()));
    s.on("say", (room, text, ack) => (s.to(room).emit("said", text), ack()));
    s.on("announce", (room, text, ack) => (nsp.to(room).emit("announced", text), ack()));
    s.on("announce except", (room, other, text, ack) => (nsp.to(room).except(other).emit("announced", text), ack()));
    s.on("shout", (text, ack) => (s.broadcast.emit("shouted", text), ack()));
    s.on("show", (data, ack) => (s.broadcast.emit("shown", data), ack()));

    s.on("kick", () => s.disconnect());
    s.on("kick out", () => s.disconnect(true));
  });
}
serve(io.of("/"));
serve(io.of("/chat"));
serve(io.of("/deny"));
serve(io.of("/auth"));
io.of("/deny").use((s, next) => next(Object.assign(new Error("no entry"), { data: { code: "E1", list: [1, 2] } })));
io.of("/auth").use((s, next) => next(s.handshake.auth.token === "sesame" ? undefined : new Error("wrong token")));

process.stdout.on("error", () => process.exit(1)); // the suite is gone
process.on("SIGTERM", () => io.close(() => process.exit(0)));
const [host, port] = flags.listen.split(":");
http.listen(+port, host, () => console.log("listening", `${host}:${http.address().port}`));
