// A sparkline of the last minute in plain SVG: one or two series that grow to the left.
const space = "http://www.w3.org/2000/svg";
const length = 60;
const pad = 3; // for the dot at the end

export class Sparkline {
  // floor is the least top of the scale, so that small values look small.
  constructor(svg, floor) {
    Object.assign(this, { svg, floor, series: [] });
    new ResizeObserver(() => this.draw()).observe(svg);
  }

  // add takes one point for each series; null is a gap that the line begins after.
  add(points) {
    points.forEach((v, i) => {
      const s = (this.series[i] ??= []);
      if (v != null) s.push(v);
      if (s.length > length) s.shift();
    });
    this.draw();
  }

  draw() {
    const { width, height } = this.svg.getBoundingClientRect();
    if (!width) return;
    const peak = Math.max(this.floor, ...this.series.flat());
    const top = peak > this.floor ? peak * 1.1 : peak;
    const x = (s, i) => width - pad - ((s.length - 1 - i) * (width - 2 * pad)) / (length - 1);
    const y = (v) => height - 1 - (v / top) * (height - 1 - pad);
    const node = (name, className, attributes) => {
      const e = document.createElementNS(space, name);
      e.setAttribute("class", className);
      for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
      return e;
    };
    const all = [0.5, height - 0.5].map((at) => node("line", "grid-line", { x1: 0, x2: width, y1: at, y2: at }));
    this.series.forEach((s, n) => {
      if (!s.length) return;
      const name = n ? " two" : "";
      const line = s.map((v, i) => `${x(s, i).toFixed(1)},${y(v).toFixed(1)}`).join(" ");
      const [first, last] = [x(s, 0), x(s, s.length - 1)];
      all.push(node("polygon", "area" + name, { points: `${first},${height} ${line} ${last},${height}` }));
      all.push(node("polyline", "line" + name, { points: line }));
      all.push(node("circle", "end" + name, { cx: last, cy: y(s.at(-1)), r: pad }));
    });
    this.svg.replaceChildren(...all);
  }
}
