// The report as one HTML file that needs nothing else: style, data, chart library with its licence, and the modules
// that draw.
//
// The data is one JSON block that no text in it can end (every "<" is escaped); the page shows texts as text, never as
// markup. A content security policy names each script by its SHA-256 and allows nothing to be loaded, so that a name
// out of a results file can neither run nor fetch anything.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace nadc {

// language: en or ko, in which the page opens. title: plain text.
std::string page_html(const nlohmann::ordered_json& data, const std::string& title, const std::string& language);

// Modules as one script: each in a scope of its own, and what it exports ("export" at the start of a line) in the scope
// of all, by its name there; so exported names are unique, and no import renames.
std::string joined_modules();

// A script's source expression in a content security policy: 'sha256-…', base64 of its digest.
std::string script_policy(std::string_view script);

// For text and attribute values of HTML.
std::string html_escaped(std::string_view text);

}  // namespace nadc
