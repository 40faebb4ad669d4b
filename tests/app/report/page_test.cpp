#include "app/report/page.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "app/report/assets.hpp"

namespace nadc {
namespace {

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

TEST(ReportPage, NoTextOfTheDataEndsItsBlock) {
  const nlohmann::ordered_json plain = {{"name", "plain"}}, hostile = {{"name", "</script><script>hit()</script><!--"}};
  const std::string one = page_html(plain, "plain", "en"), other = page_html(hostile, "</title><script>hit()", "en");
  EXPECT_EQ(count(one, "<script"), count(other, "<script"));
  EXPECT_EQ(count(one, "</script"), count(other, "</script"));
  EXPECT_EQ(count(one, "<!--"), count(other, "<!--"));
  EXPECT_EQ(count(other, "</title>"), 1u);
  const std::string open = "id=\"data\">";
  const std::size_t from = other.find(open) + open.size();
  EXPECT_EQ(nlohmann::ordered_json::parse(other.substr(from, other.find("</script>", from) - from)), hostile);
}

TEST(ReportPage, LoadsNothingAndCarriesEveryLicence) {
  const std::string html = page_html({{"pages", nlohmann::ordered_json::array()}}, "t", "ko");
  EXPECT_NE(html.find("<html lang=\"ko\">"), std::string::npos);
  EXPECT_NE(html.find("default-src 'none'"), std::string::npos);
  for (const std::string tag : {"<link", "<img", "<iframe", " src=\"http"}) EXPECT_EQ(count(html, tag), 0u) << tag;
  for (const ChartLibrary& library : chart_libraries())
    EXPECT_NE(html.find(std::string(library.licence.substr(0, 40))), std::string::npos) << library.name;
  EXPECT_EQ(chart_libraries().empty(), !charts_missing().empty());
}

// Base64 of the well-known SHA-256 of "abc", by hand: ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=.
TEST(ReportPage, PolicyNamesEachScript) {
  const std::string html = page_html({{"a", 1}}, "t", "en");
  EXPECT_EQ(count(html, "'sha256-"), chart_libraries().size() + 1);
  EXPECT_EQ(script_policy("abc"), "'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='");
}

TEST(ReportPage, EscapesMarkup) {
  EXPECT_EQ(html_escaped("<a b='c' d=\"e\">&"), "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;");
}

}  // namespace
}  // namespace nadc
