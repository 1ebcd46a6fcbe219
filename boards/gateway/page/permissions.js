import { $, element } from "./app.js";

const { mode, rows, policy } = await (await fetch("/permissions.json")).json();

function mark(allowed) {
  const cell = element("td", allowed ? "mark" : "mark no");
  const sign = element("span", "", allowed ? "●" : "–");
  sign.setAttribute("aria-hidden", "true");
  cell.append(sign, element("span", "seen-by-readers", allowed ? "allowed" : "denied"));
  return cell;
}

function heading() {
  const row = element("tr", "");
  for (const [text, name] of [["API", ""], ["User Mode", "mark"], ["Privilege Mode", "mark"]]) {
    const cell = element("th", name, text);
    cell.scope = "col";
    row.append(cell);
  }
  return element("thead", "", row);
}

const modules = new Map();
for (const r of rows) modules.set(r.module, [...(modules.get(r.module) ?? []), r]);

const shown = [];
for (const [name, list] of modules) {
  const body = element("tbody", "");
  for (const r of list) {
    const label = element("td", "id", r.api);
    if (!r.counterpart) label.append(" ", element("span", "soft", "(not in this project)"));
    const row = element("tr", "", label, mark(r.user), mark(r.privilege));
    body.append(row);
    shown.push({ row, text: `${name} ${r.api}`.toLowerCase() });
  }
  const both = list.filter((r) => r.user && r.privilege).length;
  const tell = both === list.length ? `${list.length} in both modes`
    : list.every((r) => r.privilege && !r.user) ? `${list.length} in Privilege Mode only` : `${both} of ${list.length} in both modes`;
  const fold = element("details", "", element("summary", "", name, element("span", "soft", tell)));
  fold.append(element("table", "", heading(), body));
  $("matrix").append(fold);
}
$("matrix").querySelector("details").open = matchMedia("(min-width: 50rem)").matches;

$("filter").addEventListener("input", () => {
  const want = $("filter").value.trim().toLowerCase();
  for (const { row, text } of shown) row.hidden = !text.includes(want);
  for (const fold of $("matrix").querySelectorAll("details")) {
    const any = [...fold.querySelectorAll("tbody tr")].some((row) => !row.hidden);
    fold.hidden = !any;
    if (want) fold.open = any;
  }
});

$("mode").textContent = mode;
$("policy").textContent = policy;
