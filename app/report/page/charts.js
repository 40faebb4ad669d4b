// Frames for charts, and what all charts share. The library is there as Plot; without it frames say so and stay empty.
import {button, el, save} from "./dom.js";
import {say} from "./words.js";

export const library = () => (typeof globalThis.Plot === "object" ? globalThis.Plot : null);

// Okabe and Ito's colours, told apart with any colour vision; the style sheet has a lighter set for dark pages.
export const series = ["var(--c1)", "var(--c2)", "var(--c3)", "var(--c4)", "var(--c5)", "var(--c6)", "var(--c7)", "var(--c8)"];
export const verdictColour = {better: "var(--better)", worse: "var(--worse)", undecided: "var(--muted)", equal: "var(--muted)"};
export const verdictMark = {better: "▲", worse: "▼", undecided: "○", equal: "="};

const drawn = new Set();

// Colours of a map from least to most, of the page as it is now.
const rampEnds = () => ["--ramp0", "--ramp1"].map((name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim());
export const ramp = () => window.d3.interpolateLab(...rampEnds());

// Room for labels on the left, by the longest of them.
export function leftMargin(labels, width) {
  const wide = (text) => Array.from(text).reduce((sum, c) => sum + (c.codePointAt(0) > 0x2e80 ? 12 : 6.6), 0);
  return Math.min(Math.max(40, ...labels.map((label) => wide(label) + 14)), Math.max(110, width * 0.46));
}

// draw(width) gives options of Plot.plot. alt says in words what the chart shows.
export function chart(lang, name, title, alt, draw, options = {}) {
  const room = el("div", {class: "plot"});
  const figure = el("figure", {class: "chart", id: options.id ?? null},
                    el("figcaption", {}, el("span", {class: "title", text: title}),
                       el("span", {class: "tools"},
                          button(say(lang, "save_svg"), () => save(name + ".svg", "image/svg+xml", svgText(room))),
                          button(say(lang, "save_png"), () => savePng(room, name + ".png")))),
                    room);
  let width = 0;
  const again = () => {
    const plot = library();
    if (!plot || !room.isConnected) return;
    const now = Math.floor(room.clientWidth);
    if (now < 50) return;
    width = now;
    const chosen = draw(width);
    const node = plot.plot({
      width, marginTop: 24, marginBottom: 42, ...chosen, x: {labelOffset: 35, ...chosen.x},
      style: {background: "transparent", fontFamily: "inherit", fontSize: "12px", overflow: "visible", ...chosen.style},
    });
    const svg = node.tagName === "svg" ? node : [...node.querySelectorAll("svg")].pop();
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", `${title}. ${alt}`);
    svg.classList.add("main");
    for (const mark of svg.querySelectorAll("g")) mark.setAttribute("aria-hidden", "true");
    room.replaceChildren(node);
    options.after?.(svg, node);
  };
  figure.redraw = again;
  if (library()) {
    new ResizeObserver(() => {
      if (Math.floor(room.clientWidth) !== width) again();
    }).observe(room);
    drawn.add(figure);
  } else {
    figure.classList.add("empty");
  }
  return figure;
}

// A light or dark page, or paper: colours follow the style sheet by themselves; sizes do too.
export function redrawAll() {
  for (const figure of drawn) figure.isConnected ? figure.redraw() : drawn.delete(figure);
}

// The chart as a file of its own: colours of the page as it is now, and the font of the reader's system.
function svgText(room) {
  const shown = room.querySelector("svg.main"), copy = shown.cloneNode(true);
  const style = getComputedStyle(document.documentElement);
  const resolved = (text) => text.replace(/var\((--[\w-]+)\)/g, (_, name) => style.getPropertyValue(name).trim());
  const all = [copy, ...copy.querySelectorAll("*")];
  for (const node of all) {
    for (const attribute of [...node.attributes])
      if (attribute.value.includes("var(")) node.setAttribute(attribute.name, resolved(attribute.value));
    if (node.tagName === "style") node.textContent = resolved(node.textContent);
  }
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("style", `color:${style.getPropertyValue("--ink")};background:${style.getPropertyValue("--page")};` +
                    "font:12px system-ui,sans-serif");
  return '<?xml version="1.0" encoding="UTF-8"?>\n' + new XMLSerializer().serializeToString(copy);
}

function savePng(room, name) {
  const shown = room.querySelector("svg.main"), image = new Image();
  const width = shown.clientWidth, height = shown.clientHeight;
  image.onload = () => {
    const canvas = el("canvas", {width: 2 * width, height: 2 * height});
    const context = canvas.getContext("2d");
    context.scale(2, 2);
    context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--page");
    context.fillRect(0, 0, width, height);
    context.drawImage(image, 0, 0, width, height);
    canvas.toBlob((blob) => save(name, "image/png", blob));
  };
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(svgText(room));
}
