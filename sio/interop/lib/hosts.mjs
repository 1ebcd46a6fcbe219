// Three hosts on one machine, as network namespaces: a server and a client behind a router that can stop passing packets
// on, without a word to either, as an unplugged cable or a dead access point does. Needs root and iproute2.
import { execFileSync } from "node:child_process";

const names = ["server", "router", "client"];

export class Hosts {
  constructor() {
    this.prefix = `edgesio-${process.pid}`;
    this.server = "10.199.1.1";
    this.made = [];
  }

  ns(host) {
    return `${this.prefix}-${host}`;
  }

  // open makes the hosts; close removes them, whatever was made.
  open() {
    for (const host of names) {
      ip("netns", "add", this.ns(host));
      this.made.push(host);
      ip("-n", this.ns(host), "link", "set", "lo", "up");
    }
    this.#cable("server", 1);
    this.#cable("client", 2);
    this.plug(true);
  }

  #cable(host, net) {
    const [near, far] = [`up${net}`, `down${net}`];
    ip("-n", this.ns(host), "link", "add", near, "type", "veth", "peer", "name", far, "netns", this.ns("router"));
    ip("-n", this.ns(host), "addr", "add", `10.199.${net}.1/24`, "dev", near);
    ip("-n", this.ns("router"), "addr", "add", `10.199.${net}.2/24`, "dev", far);
    ip("-n", this.ns(host), "link", "set", near, "up");
    ip("-n", this.ns("router"), "link", "set", far, "up");
    ip("-n", this.ns(host), "route", "add", "default", "via", `10.199.${net}.2`);
  }

  // plug tells the router to pass packets on, or to drop them.
  plug(on) {
    const set = `echo ${on ? 1 : 0} > /proc/sys/net/ipv4/ip_forward`;
    execFileSync("ip", ["netns", "exec", this.ns("router"), "sh", "-c", set]);
  }

  // on is a command that runs on a host.
  on(host, ...command) {
    return ["ip", "netns", "exec", this.ns(host), ...command];
  }

  close() {
    for (const host of this.made.splice(0)) ip("netns", "del", this.ns(host));
  }
}

function ip(...args) {
  execFileSync("ip", args);
}
