#include "app/report/page.hpp"

#include <nlohmann/json.hpp>

#include "app/io/digest.hpp"
#include "app/report/assets.hpp"

namespace nadc {
namespace {

std::string without_less_than(std::string text) {
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    if (c == '<')
      safe += "\\u003c";
    else
      safe += c;
  }
  return safe;
}

}  // namespace

std::string script_policy(std::string_view script) {
  const std::string hex = sha256_hex(script);
  static constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string base64;
  const auto byte = [&](std::size_t i) {
    return i < hex.size() / 2 ? static_cast<unsigned>(std::stoul(hex.substr(2 * i, 2), nullptr, 16)) : 0u;
  };
  for (std::size_t i = 0; i < hex.size() / 2; i += 3) {
    const unsigned three = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    for (int shift = 18; shift >= 0; shift -= 6) base64 += alphabet[three >> shift & 63];
  }
  base64.back() = '=';  // 32 bytes leave one to pad
  return "'sha256-" + base64 + "'";
}

std::string html_escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

std::string joined_modules() {
  std::string script = "\"use strict\";\n(() => {\n";
  for (const std::string_view module : page_modules()) {
    std::string body, names;
    std::size_t at = 0;
    while (at < module.size()) {
      const std::size_t end = std::min(module.find('\n', at), module.size());
      std::string_view line = module.substr(at, end - at);
      at = end + 1;
      if (line.starts_with("import ")) continue;
      if (line.starts_with("export ")) {
        line.remove_prefix(7);
        const std::size_t name = line.find(' ') + 1, after = line.find_first_of(" (", name);
        names += (names.empty() ? "" : ", ") + std::string(line.substr(name, after - name));
      }
      body.append(line).append("\n");
    }
    script += "const {" + names + "} = (() => {\n" + body + "return {" + names + "};\n})();\n";
  }
  return script + "})();\n";
}

std::string page_html(const nlohmann::ordered_json& data, const std::string& title, const std::string& language) {
  using Handler = nlohmann::ordered_json::error_handler_t;
  const std::vector<ChartLibrary> libraries = chart_libraries();
  const std::string modules = joined_modules();
  std::string policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; script-src";
  for (const ChartLibrary& library : libraries) policy += " " + script_policy(library.script);
  policy += " " + script_policy(modules);

  std::string html = "<!doctype html>\n<html lang=\"" + language + "\">\n<head>\n<meta charset=\"utf-8\">\n";
  html += "<meta http-equiv=\"Content-Security-Policy\" content=\"" + policy + "\">\n";
  html += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  html += "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n";
  html += "<title>" + html_escaped(title) + "</title>\n<style>\n" + std::string(page_style()) + "</style>\n";
  for (const ChartLibrary& library : libraries) {
    std::string licence(library.licence);  // an HTML comment ends at "--" and ">"
    for (std::size_t i; (i = licence.find("--")) != std::string::npos;) licence.replace(i, 2, "- ");
    html += "<!--\n" + licence + "-->\n";
  }
  html +=
      "</head>\n<body>\n<main id=\"report\"><noscript><p>This report draws itself with a script; the browser runs none."
      "</p></noscript></main>\n";
  html += "<script type=\"application/json\" id=\"data\">" +
          without_less_than(data.dump(-1, ' ', false, Handler::replace)) + "</script>\n";
  for (const ChartLibrary& library : libraries) html += "<script>" + std::string(library.script) + "</script>\n";
  html += "<script>" + modules + "</script>\n</body>\n</html>\n";
  return html;
}

}  // namespace nadc
