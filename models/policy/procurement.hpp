// What is planned and what is bought. Planned: the tranches of the scenario (with the domestic share split off each),
// what investors add, what the fund adds, and what triggers may order. Bought: what of it the yearly envelope, the
// incentive and the fund pay for at the sample's prices. Pure functions of the scenario, on the host, in whole won and
// whole nodes.
//
// A year's envelope, less what is kept for operation, buys the public part of the tranches whose planned date lies in
// the year, by date and then in the order of the file, each as many nodes as still fit. What did not fit is recorded
// and not bought later. Rented and leased tranches and those that investors own take nothing from the envelope. Payment
// is on the planned date, whatever the delay.
//
// What triggers order is paid besides the envelope (orders.hpp), and nothing of it is split off for domestic makers.
//
// Neglected: instalments under an envelope, prices that depend on the quantity, buying in a later year what did not
// fit.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "models/scenario.hpp"

namespace nadc {

// Exact shares of whole won: parts per million, rounded down, so that part + rest = whole.
inline constexpr std::int64_t million = 1'000'000;
std::int64_t parts_of(double share);                            // [ppm]
std::int64_t share_of_won(std::int64_t won, std::int64_t ppm);  // rounded down

enum class Origin : std::uint8_t { schedule, investors, fund, order };

struct PlannedTranche {
  std::string site, cluster, kind;
  std::string path;                  // of its node kind, for messages
  std::int64_t gpus = 0;             // a node
  std::int64_t most = 0;             // nodes: the most that any sample of the scenario brings
  std::int64_t nodes = 0;            // that are wanted
  std::int64_t date = 0;             // [s since 1970] planned; at or before the start: there from the start
  const LawSpec* delay = nullptr;    // of the scenario; null: none
  std::uint32_t entity = 0;          // of its random delay
  std::int64_t state_ppm = million;  // the state's part of its price
  bool rented = false;               // or leased: nothing is paid for it
  bool leased = false;
  Origin origin = Origin::schedule;
  std::string trigger;    // of an order
  std::uint32_t act = 0;  // of the trigger, that gives it
  Tick lead = 0;          // from then to the planned delivery; the date is open
};

// In the order in which a partition numbers its nodes. Throws Error (input).
std::vector<PlannedTranche> planned_tranches(const Scenario& scenario);

struct BoughtTranche {
  std::int64_t nodes = 0, missing = 0;
  std::int64_t node_krw = 0;   // price of a node, network and installation included
  std::int64_t krw = 0;        // of its nodes; 0 when rented
  std::int64_t state_krw = 0;  // of it
};

struct YearAccount {
  int year = 0;
  std::int64_t envelope_krw = 0;
  std::int64_t reserved_krw = 0;  // for operation
  std::int64_t carried_krw = 0;   // from the year before
  std::int64_t spent_krw = 0;     // on purchases
  std::int64_t unspent_krw = 0;   // lapsed, or left at the end
  std::int64_t short_krw = 0;     // price of what did not fit, the state's part
};

// envelope = reserved + spent + unspent over the years, to the won.
struct FirmAccount {
  std::string size;
  std::int64_t investment_krw = 0;
  std::int64_t qualifying_krw = 0;   // share_of_won(investment, qualifying)
  std::int64_t tax_forgone_krw = 0;  // share_of_won(qualifying, credit)
};

struct Procurement {
  std::vector<BoughtTranche> tranches;  // (planned tranche)
  std::vector<YearAccount> years;       // ascending; none without an envelope
  std::vector<FirmAccount> firms;
  // What the same firms would have bought, and what tax would have been forgone, at the credit of before: that against
  // which the credit adds.
  std::int64_t baseline_nodes = 0;
  std::vector<FirmAccount> baseline_firms;
};

// Throws Error (input): a kind that has to be bought without a price.
Procurement procure(const Scenario& scenario, const std::vector<PlannedTranche>& planned);

// Price of a node of the kind in a calendar year [KRW]; 0 without a price.
std::int64_t node_price_krw(const Scenario& scenario, const std::string& kind, int year);
int year_of(std::int64_t date);  // [s since 1970]

}  // namespace nadc
