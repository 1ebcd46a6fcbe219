// A gateway program as a child process; its standard output tells the address of the page.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { within } from "../lib/wait.mjs";

export class Gateway {
  constructor(command) {
    this.command = command;
    this.listen = "127.0.0.1:0";
    this.told = []; // lines of standard output
  }

  async start() {
    const [file, ...args] = this.command;
    this.child = spawn(file, [...args, "-listen", this.listen], { stdio: ["ignore", "pipe", "inherit"] });
    this.exited = new Promise((resolve) => this.child.once("exit", (code, signal) => resolve({ code, signal })));
    const told = new Promise((resolve, reject) => {
      this.child.once("error", reject);
      this.exited.then((how) => reject(new Error(`the gateway ended early: ${JSON.stringify(how)}`)));
      this.told = [];
      createInterface({ input: this.child.stdout }).on("line", (line) => {
        this.told.push(line);
        const [url] = /https?:\S+/.exec(line) ?? [];
        if (url) resolve(url);
      });
    });
    this.page = await within(20000, "the gateway to listen", told);
    this.listen = new URL(this.page).host;
  }

  stop(signal = "SIGTERM") {
    this.child.kill(signal);
    return within(10000, `the gateway to end after ${signal}`, this.exited);
  }
}
