// Elements of the page. Texts are set as text: nothing out of a file becomes markup.
import {csv, number} from "./format.js";
import {say} from "./words.js";

// tag; attributes (on… are listeners, null is left out); children: nodes and texts.
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "text") node.textContent = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat()) if (child !== null && child !== undefined) node.append(child);
  return node;
}

// A name out of a file: its direction is its own, and a long one breaks.
export const named = (text) => el("bdi", {class: String(text).length > 300 ? "name long" : "name", text: String(text)});

export function section(id, title, note, ...children) {
  return el("section", {id, "aria-labelledby": id + "-title"}, el("h2", {id: id + "-title", text: title}),
            note ? el("p", {class: "note", text: note}) : null, ...children);
}

export function button(text, act, attributes = {}) {
  return el("button", {type: "button", onclick: act, ...attributes, text});
}

export function save(name, type, content) {
  const link = el("a", {download: name, href: URL.createObjectURL(new Blob([content], {type}))});
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Pages from a disk may not reach the clipboard: the old way.
    const area = el("textarea", {class: "away"});
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

// columns: [{key, title, unit?, number?, show?(value, row), class?(row)}]; rows: objects. The CSV has the same rows in the
// same order, and numbers with all their digits.
export function table(lang, title, columns, rows, options = {}) {
  let order = rows.map((_, i) => i), sorted = null, up = true;
  const body = el("tbody");
  const label = (c) => (c.unit ? `${c.title} [${c.unit}]` : c.title);
  const heads = columns.map((column, c) => {
    const head = el("th", {scope: "col", class: column.number ? "number" : null, "aria-sort": "none"},
                    button(label(column), () => sort(c), {class: "sort"}));
    return head;
  });
  const raw = (column, row) => (column.csv ? column.csv(row[column.key], row) : row[column.key]);
  const data = () => csv(columns.map(label), order.map((i) => columns.map((c) => raw(c, rows[i]))));
  // For a spreadsheet: a table's texts hold no tabs or line ends then.
  const tabbed = () => [columns.map(label), ...order.map((i) => columns.map((c) => raw(c, rows[i]) ?? ""))]
    .map((row) => row.map((cell) => String(cell).replace(/[\t\r\n]+/g, " ")).join("\t")).join("\n") + "\n";
  function sort(c) {
    up = sorted === c ? !up : true;
    sorted = c;
    const key = columns[c].key;
    order.sort((a, b) => {
      const x = rows[a][key], y = rows[b][key];
      const gone = (v) => v === null || v === undefined || v === "";
      if (gone(x) || gone(y)) return gone(x) - gone(y) || a - b;
      const way = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y));
      return (up ? way : -way) || a - b;
    });
    heads.forEach((head, i) => head.setAttribute("aria-sort", i === c ? (up ? "ascending" : "descending") : "none"));
    fill();
  }
  function fill() {
    body.replaceChildren(...order.map((i) => {
      const row = rows[i];
      return el("tr", {}, columns.map((column, c) => {
        const value = row[column.key];
        const shown = column.show ? column.show(value, row) : column.number ? number(value, column.digits ?? 4) : value ?? "";
        const attributes = {class: [column.number ? "number" : "", column.class ? column.class(row) : ""].join(" ").trim() || null};
        if (column.number) attributes["data-value"] = raw(column, row) ?? "";
        const content = shown instanceof Node ? shown : column.number ? String(shown) : named(shown);
        return c === 0 ? el("th", {scope: "row", ...attributes}, content) : el("td", attributes, content);
      }));
    }));
  }
  fill();
  const copied = button(say(lang, "copy"), async () => {
    await copyText(tabbed());
    copied.textContent = say(lang, "copied");
  });
  const tools = el("span", {class: "tools"}, copied,
                   button(say(lang, "download_csv"), () => save((options.file ?? "table") + ".csv", "text/csv", "\ufeff" + data())));
  const whole = el("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": title},
                   el("table", {}, el("caption", {text: title}), el("thead", {}, el("tr", {}, heads)), body));
  const box = el("div", {class: "table"}, tools, whole);
  box.csv = data;  // for tests of the page
  return box;
}

export function choose(label, choices, chosen, act) {
  const select = el("select", {onchange: () => act(Number(select.value))},
                    choices.map((text, i) => el("option", {value: i, selected: i === chosen, text})));
  return el("label", {class: "choose"}, el("span", {text: label}), select);
}

// A table that opens under its chart.
export const folded = (title, content) => el("details", {}, el("summary", {text: title}), content);
