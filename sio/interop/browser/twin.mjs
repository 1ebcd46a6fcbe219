// The sample app on the reference server: what boards/gateway is the twin of.
//
//   node twin.mjs -listen 127.0.0.1:8000
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Server } from "socket.io";

const listen = process.argv[process.argv.indexOf("-listen") + 1];
const file = new URL("../../../boards/gateway/page/index.html", import.meta.url);

const http = createServer((req, res) => {
  const page = req.method === "GET" && /^\/index\.[^/?]+(\?|$)/.test(req.url);
  res.setHeader("Content-Type", page ? "text/html; charset=utf-8" : "text/plain; charset=utf-8");
  res.end(page ? readFileSync(file) : "This is socket.io test server.");
});
const io = new Server(http, { allowUpgrades: true, allowEIO3: true });

io.on("connection", (socket) => {
  socket.broadcast.emit("hi", `I'm coming, my name: client_${socket.id}.`);
  socket.on("req", (ack) => ack("hello world"));
  socket.on("chat", (msg) => io.emit("chat", `client_${socket.id} says: ${msg}`));
  socket.on("disconnect", (reason) => console.log("disconnected", socket.id, reason));
});

process.on("SIGTERM", () => io.close(() => process.exit(0)));
const [host, port] = listen.split(":");
http.listen(+port, host, () => console.log(`http://${host}:${http.address().port}/index.html`));
