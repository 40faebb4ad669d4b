// Starts the page: reads the data block, and draws all pages in the language asked for.
import {say} from "./words.js";
import {button, el, folded, named, section, table} from "./dom.js";
import {library, redrawAll} from "./charts.js";
import {studyFacts, studySections} from "./study.js";
import {beliefs} from "./beliefs.js";
import {decideSections} from "./decide.js";
import {bandSection} from "./bands.js";
import {runFacts, runSections} from "./run.js";
import {networkFacts, networkSections} from "./network.js";

// "path = value: doc (source)" as files keep it, in its parts; another line is a whole.
export function assumptionParts(line) {
  const found = /^(\S+) = (.*?): (.*?)(?: \((.*)\))?$/s.exec(line);
  return found ? {key: found[1], value: found[2], meaning: found[3], source: found[4] ?? ""} : {key: "", value: "", meaning: line, source: ""};
}

function assumptions(page, lang) {
  const plain = page.assumptions.filter((line) => !line.startsWith("not modelled: "));
  const missing = page.assumptions.filter((line) => line.startsWith("not modelled: "));
  const children = [];
  if (page.sampled?.length) children.push(el("h3", {text: say(lang, "sampled")}), el("ul", {}, page.sampled.map((line) => el("li", {}, named(line)))));
  if (missing.length)
    children.push(el("h3", {text: say(lang, "not_modelled")}), el("ul", {}, missing.map((line) => el("li", {}, named(line.slice(14))))));
  if (plain.length)
    children.push(folded(`${say(lang, "assumptions")} (${plain.length})`, table(lang, say(lang, "assumptions"), [
      {key: "key", title: say(lang, "key")}, {key: "value", title: say(lang, "value")}, {key: "meaning", title: say(lang, "meaning")},
      {key: "source", title: say(lang, "source")}], plain.map(assumptionParts), {file: "assumptions"})));
  return children.length ? section("assumptions", say(lang, "assumptions"), null, ...children) : null;
}

function provenance(page, lang, made) {
  const files = (page.provenance ?? []).map((p) => el("dl", {class: "provenance"},
    Object.entries(p).filter(([key]) => key !== "command_line" && key !== "title").flatMap(([key, value]) => [el("dt", {text: key}), el("dd", {}, named(value))])));
  const commands = [...(page.provenance ?? []).map((p) => p.command_line), made.command_line].filter((c) => c);
  return section("provenance", say(lang, "provenance"), null, el("h3", {text: say(lang, "reproduce")}),
                 el("pre", {tabindex: 0}, el("code", {text: commands.join("\n")})), ...files);
}

const kinds = {
  study: {facts: studyFacts, sections: (page, lang, state) => studySections(page, lang, state, [beliefs(page, lang, state), ...decideSections(page, lang, state), bandSection(page, lang, state)])},
  run: {facts: runFacts, sections: runSections},
  network: {facts: networkFacts, sections: networkSections},
};

function draw(root, data, lang, states) {
  document.documentElement.lang = lang;
  const nav = [], bodies = data.pages.map((page, i) => {
    const kind = kinds[page.kind];
    const title = page.description || page.name;
    const all = [...kind.sections(page, lang, states[i]), page.assumptions ? assumptions(page, lang) : null, provenance(page, lang, data.made)].filter((s) => s);
    for (const part of all) {
      if (i > 0 && part.id) part.id += "-" + i;
      const heading = part.querySelector?.("h2");
      if (part.tagName !== "SECTION" || !heading) continue;
      heading.id = part.id + "-title";
      part.setAttribute("aria-labelledby", heading.id);
      nav.push(el("a", {href: "#" + part.id, text: heading.textContent}));
    }
    return el("article", {class: page.kind}, el("header", {}, el("p", {class: "kicker", text: kind.facts(page, lang).join(" · ")}),
                                               el(i === 0 ? "h1" : "h1", {}, named(title)), title === page.name ? null : el("p", {class: "sub"}, named(page.name))),
              all);
  });
  const themes = ["auto", "light", "dark"];
  const theme = button("", () => {
    const next = themes[(themes.indexOf(document.documentElement.dataset.theme ?? "auto") + 1) % 3];
    document.documentElement.dataset.theme = next;
    label();
    redrawAll();
  }, {id: "theme"});
  const label = () => (theme.textContent = `${say(lang, "theme")}: ${say(lang, "theme_" + (document.documentElement.dataset.theme ?? "auto"))}`);
  label();
  const bar = el("div", {class: "bar"}, el("nav", {"aria-label": say(lang, "contents")}, nav),
                 el("div", {class: "controls"},
                    button(say(lang, "language"), () => draw(root, data, lang === "en" ? "ko" : "en", states), {id: "language", lang: lang === "en" ? "ko" : "en"}),
                    theme, button(say(lang, "print"), () => window.print(), {id: "print"})));
  const missing = data.charts_missing || (library() ? "" : "?");
  const at = data.made.at.replace("T", " ").replace("Z", " UTC");
  root.replaceChildren(bar, missing ? el("p", {class: "warning", role: "note", text: say(lang, "charts_missing", {why: missing})}) : "", ...bodies,
                       el("footer", {}, el("p", {text: say(lang, "made", {version: data.made.version, at})}),
                          missing ? null : el("p", {text: say(lang, "libraries")})));
  redrawAll();
}

if (typeof document !== "undefined" && document.getElementById("data")) {
  const data = JSON.parse(document.getElementById("data").textContent);
  draw(document.getElementById("report"), data, document.documentElement.lang === "ko" ? "ko" : "en",
       data.pages.map(() => ({outcome: 0, scope: 0, uncertainty: 0})));
  // On paper: what the result rests on, and the tables that the reader has opened.
  window.addEventListener("beforeprint", () => document.querySelectorAll("[id^=assumptions] details").forEach((d) => (d.open = true)));
}
