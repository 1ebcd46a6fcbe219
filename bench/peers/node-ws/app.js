// The application of the bench on Node's socket.io: the events of bench/app.go,
// on a free port of 127.0.0.1. It prints where it listens and answers /stats
// with what the runtime tells of its heap.
"use strict";

const http = require("node:http");

function app(options, Server = require("socket.io").Server) {
  const server = http.createServer((req, res) => {
    if (req.url.startsWith("/stats")) {
      const m = process.memoryUsage();
      res.setHeader("Content-Type", "application/json");
      res.end(JSON.stringify({ heapBytes: m.heapUsed + m.external }));
      return;
    }
    res.statusCode = 404;
    res.end();
  });
  const io = new Server(server, { allowEIO3: true, ...options });
  io.on("connection", (socket) => {
    const echo = (value, ack) => ack(value);
    socket.on("echo", echo);
    socket.on("binary", echo);
    socket.on("chat", (value) => io.emit("chat", value));
    socket.on("join", (room, ack) => {
      socket.join(room);
      ack();
    });
    socket.on("room", (room, value) => io.to(room).emit("room", value));
    socket.on("telemetry", (room, value) => io.to(room).volatile.emit("telemetry", value));
  });
  server.listen(0, "127.0.0.1", 4096, () => {
    const at = "127.0.0.1:" + server.address().port;
    console.log("listening " + at + " stats " + at);
  });
}

module.exports = app;
