// The test app on the reference server with the reference's instrument(). server/main.go is the same app on ours.
//
//   node reference.mjs -listen 127.0.0.1:0 [-mode production|development]
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { Server } from "socket.io";

const require = createRequire(import.meta.url);
const { instrument } = require("@socket.io/admin-ui");

const flags = { listen: "127.0.0.1:0", mode: "production" };
for (let i = 2; i < process.argv.length; i += 2) flags[process.argv[i].replace(/^-+/, "")] = process.argv[i + 1];

const http = createServer();
const io = new Server(http);
for (const nsp of [io.of("/"), io.of("/chat")]) {
  nsp.on("connection", (s) => {
    s.join("all");
    s.on("echo", (...args) => {
      const ack = typeof args.at(-1) === "function" ? args.pop() : () => {};
      s.emit("echo", ...args);
      ack("done");
    });
    s.on("leave", (room) => s.leave(room));
    s.on("tell", (...args) => nsp.emit("told", ...args));
  });
}
// bcrypt of "changeit"
const password = require("bcryptjs").hashSync("changeit", 4);
instrument(io, { auth: { type: "basic", username: "admin", password }, readonly: true, mode: flags.mode });

const [host, port] = flags.listen.split(":");
http.listen(+port, host, () => console.log("listening", `${host}:${http.address().port}`));
process.on("SIGTERM", () => io.close(() => process.exit(0)));
