// One line per case and the closing count.

export class Report {
  constructor(only) {
    this.only = only;
    this.passed = 0;
    this.failed = [];
    this.began = Date.now();
  }

  wants(name) {
    return this.only.test(name);
  }

  async run(name, fn) {
    if (!this.wants(name)) return;
    const began = Date.now();
    try {
      await fn();
      this.passed++;
      console.log(`ok   ${name} (${Date.now() - began} ms)`);
    } catch (err) {
      this.failed.push(name);
      console.log(`FAIL ${name}\n     ${String(err.stack ?? err).replaceAll("\n", "\n     ")}`);
    }
  }

  // close prints the summary and returns the exit code.
  close() {
    for (const name of this.failed) console.log(`failed: ${name}`);
    console.log(`interop took ${((Date.now() - this.began) / 1000).toFixed(1)} s`);
    console.log(`${this.passed} passed, ${this.failed.length} failed`);
    return this.failed.length || !this.passed ? 1 : 0;
  }
}
