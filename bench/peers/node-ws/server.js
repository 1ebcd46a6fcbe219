// The bench application on socket.io with its usual WebSocket engine, ws.
"use strict";

require("./app")({});
