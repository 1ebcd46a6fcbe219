// The bench application on socket.io with eiows in place of ws. eiows compiles
// parts of Node at installation and so does not install everywhere.
"use strict";

let wsEngine;
try {
  wsEngine = require("eiows").Server;
} catch {
  console.error("eiows is not installed");
  process.exit(3);
}
require("../node-ws/app")({ wsEngine }, require("socket.io").Server);
