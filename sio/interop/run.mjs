// The interop suite: every stock client x every transport x every case, against a server given as a command.
//
//   node run.mjs [--only REGEXP] [--] COMMAND [ARGUMENT ...]
//
// COMMAND follows the line protocol that reference.mjs describes; node reference.mjs is the oracle.
import { cases } from "./lib/cases.mjs";
import { clients, modes, msgpackClients, Peers } from "./lib/clients.mjs";
import { Report } from "./lib/report.mjs";
import { Server } from "./lib/server.mjs";
import { Bystander, chatTogether } from "./lib/together.mjs";
import { deflateCases } from "./lib/deflate.mjs";
import { heartbeatCases, restartCases } from "./lib/lifetime.mjs";
import { eosCases } from "./lib/eos.mjs";
import { recoveryCases } from "./lib/recovery.mjs";

const argv = process.argv.slice(2);
let only = /./;
if (argv[0] === "--only") only = new RegExp(argv.splice(0, 2)[1]);
if (argv[0] === "--") argv.shift();
if (argv.length === 0) throw new Error("usage: node run.mjs [--only REGEXP] [--] COMMAND [ARGUMENT ...]");

const report = new Report(only);
const server = new Server(argv);
await server.start();
const bystanders = [];
for (const client of clients) bystanders.push(await Bystander.start(server, client));

await allCases(clients, server);
await report.run("all versions in one room", () => chatTogether(server));
for (const bystander of bystanders) {
  await report.run(`bystander ${bystander.label} was answered all along`, () => bystander.finish());
}
await report.run("the server ends on SIGTERM, every disconnect told once", async () => {
  const how = await server.stop();
  if (how.code !== 0) throw new Error(`ended with ${JSON.stringify(how)}`);
  if (server.unsettled().length) throw new Error(`not told once: ${server.unsettled().join(", ")}`);
});

const packed = new Server(argv, ["-parser", "msgpack"]);
await packed.start();
await allCases(msgpackClients, packed);
await packed.stop();
await deflateCases(report, argv);
await heartbeatCases(report, argv);
await restartCases(report, argv);
await recoveryCases(report, argv);
if (!argv.some((word) => word.endsWith("reference.mjs"))) await eosCases(report, argv);
process.exit(report.close());

// allCases runs every case for every client and transport against one server.
async function allCases(clients, server) {
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
}
