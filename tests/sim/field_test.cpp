#include "sim/field.hpp"

#include <gtest/gtest.h>

namespace nadc {
namespace {

using namespace spec;

enum class Cooling : std::uint8_t { air, liquid };

struct Leaf {
  std::string label;
  double weight = 1;
  static const FieldTable& fields();
};
const FieldTable& Leaf::fields() {
  static const FieldTable table{
      "leaf",
      "A leaf.",
      {name(&Leaf::label, "Its name."), number(&Leaf::weight, "weight", positive, "1", "Its weight.", "assumption")}};
  return table;
}

struct Params {
  double penalty = 0.05;
  static const FieldTable& fields();
};
const FieldTable& Params::fields() {
  static const FieldTable table{
      "params",
      "Parameters.",
      {quantity(&Params::penalty, "penalty", Dimension::ratio, fraction, "5 %", "The penalty.", "assumption")}};
  return table;
}

std::span<const Alternative> orders() {
  static const Alternative all[] = {alternative("fifo", "As they come."), alternative<Params>("spread", "Apart.")};
  return all;
}

struct Site {
  bool open = false;
  Watts grid;
  Tick outage = 0;
  int crews = 0;
  Cooling cooling = Cooling::air;
  Leaf leaf;
  std::optional<Leaf> spare;
  std::vector<Leaf> leaves;
  ChoiceValue order;
  static const FieldTable& fields();
};
void leaves_need_crews(const Site& site, std::vector<Complaint>& complaints) {
  if (!site.leaves.empty() && site.crews == 0) complaints.push_back({"crews", "leaves need crews", ""});
}
const FieldTable& Site::fields() {
  static const FieldTable table{
      "site",
      "A site.",
      {boolean(&Site::open, "open", "false", "Open.", "definition"),
       quantity(&Site::grid, "grid", positive, "40 MW", "Connection.", "assumption"),
       duration(&Site::outage, "outage", not_negative, optional, "Outage.", "assumption"),
       integer(&Site::crews, "crews", at_least(0), required, "Crews.", ""),
       choice(&Site::cooling, "cooling", {"air", "liquid"}, "air", "Cooling.", "assumption"),
       object(&Site::leaf, "leaf", "{}", "A leaf."), object(&Site::spare, "spare", "Another."),
       map(&Site::leaves, "leaves", anything, "{}", "All leaves."),
       one_of(&Site::order, "order", orders, "fifo", "The order.", "assumption")},
      check_with<&leaves_need_crews>};
  return table;
}

TEST(FieldTable, ReachesEveryMemberByItsOffset) {
  Site site;
  const FieldTable& table = Site::fields();
  table.find("grid")->as<double>(&site) = 5.0;
  table.find("crews")->as<int>(&site) = 3;
  table.find("cooling")->as<std::uint8_t>(&site) = 1;
  EXPECT_EQ(site.grid.value, 5.0);
  EXPECT_EQ(site.crews, 3);
  EXPECT_EQ(site.cooling, Cooling::liquid);
  EXPECT_EQ(table.find("grid")->dimension, Dimension::power);
  EXPECT_EQ(table.find("cooling")->width, 1);
  EXPECT_EQ(table.find("nothing"), nullptr);
}

TEST(FieldTable, TellsRequiredFromOptionalFromAssumed) {
  const FieldTable& table = Site::fields();
  EXPECT_TRUE(table.find("crews")->is_required());
  EXPECT_TRUE(table.find("outage")->is_optional());
  EXPECT_TRUE(table.find("grid")->is_assumption());
  EXPECT_FALSE(table.find("open")->is_assumption());
}

TEST(FieldTable, GrowsListsAndOptionalObjects) {
  Site site;
  const Field& leaves = *Site::fields().find("leaves");
  static_cast<Leaf*>(leaves.nested.grow(leaves.in(&site)))->label += "a";
  ASSERT_EQ(site.leaves.size(), 1u);
  EXPECT_EQ(leaves.nested.at(leaves.in(&site), 0), &site.leaves[0]);
  EXPECT_EQ(leaves.nested.table().name_field()->as<std::string>(&site.leaves[0]), "a");
  const Field& spare = *Site::fields().find("spare");
  EXPECT_EQ(spare.nested.size(spare.in(&site)), 0u);
  spare.nested.grow(spare.in(&site));
  EXPECT_TRUE(site.spare.has_value());
}

TEST(FieldTable, KeepsParametersOfAnAlternativeByValue) {
  ChoiceValue value;
  orders()[1].construct(value.params);
  EXPECT_EQ(value.as<Params>().penalty, 0.05);
  value.set(1, Params{0.25});
  EXPECT_EQ(value.as<Params>().penalty, 0.25);
}

TEST(FieldTable, RunsTheRuleThatSpansFields) {
  Site site;
  std::vector<Complaint> complaints;
  Site::fields().check(&site, complaints);
  EXPECT_TRUE(complaints.empty());
  site.leaves.emplace_back();
  Site::fields().check(&site, complaints);
  ASSERT_EQ(complaints.size(), 1u);
  EXPECT_EQ(complaints[0].key, "crews");
}

TEST(Range, OpenAndClosedEndsDiffer) {
  EXPECT_TRUE(not_negative.contains(0));
  EXPECT_FALSE(positive.contains(0));
  EXPECT_TRUE(fraction.contains(1));
  EXPECT_FALSE(anything.contains(std::numeric_limits<double>::quiet_NaN()));
}

}  // namespace
}  // namespace nadc
