// Metrics of the machine and of money: of the whole, and by period.
#include "models/metrics/notes.hpp"
#include "models/metrics/scope.hpp"

namespace nadc::metrics {
namespace {

// The machine, of the whole or a period.
const Metric of_machine[] = {
    {{"gpus_installed_mean", "1", "Mean GPUs delivered."},
     [](const Scope& s) { return ratio(s.machine[installed_ticks] / ticks_an_hour, s.hours); }},
    {{"gpu_hours_installed", "hour", "GPU-hours delivered to the site; down and available."},
     [](const Scope& s) { return s.machine[installed_ticks] / ticks_an_hour; }},
    {{"gpu_hours_down", "hour", "GPU-hours of nodes under repair."},
     [](const Scope& s) { return s.machine[down_ticks] / ticks_an_hour; }},
    {{"gpu_hours_spare", "hour", "GPU-hours of nodes that stand by; part of the idle."},
     [](const Scope& s) { return s.machine[spare_ticks] / ticks_an_hour; }},
    {{"gpu_hours_available", "hour", "GPU-hours that are not down: held and idle."},
     [](const Scope& s) { return available(s.machine) / ticks_an_hour; }},
    {{"gpu_hours_idle", "hour", "GPU-hours in service that no job held."},
     [](const Scope& s) { return (available(s.machine) - s.jobs[busy_ticks]) / ticks_an_hour; }},
    {{"stranded_gpu_hours", "hour", "GPU-hours idle for want of access or of power; the sum of the causes."},
     [](const Scope& s) {
       return (s.machine[stranded_ticks] + s.machine[walled_ticks] + s.machine[dark_ticks]) / ticks_an_hour;
     }},
    {{"stranded_gpu_hours_access", "hour",
      "Of these, idle while a waiting job that fits was held back by a rule of access."},
     [](const Scope& s) { return (s.machine[stranded_ticks] + s.machine[walled_ticks]) / ticks_an_hour; }},
    {{"stranded_gpu_hours_power", "hour", "Of these, delivered but not switched on for want of a grid connection."},
     [](const Scope& s) { return s.machine[dark_ticks] / ticks_an_hour; }},
    {{"utilization", "1", "GPU-hours held by jobs over GPU-hours available."},
     [](const Scope& s) { return ratio(s.jobs[busy_ticks], available(s.machine)); }},
    {{"window_full_share", "1",
      "Share of the time in which jobs that might start stood behind scheduler.window, unseen: waits then depend on "
      "its "
      "depth."},
     [](const Scope& s) { return ratio(s.machine[hidden_ticks] / ticks_an_hour, s.hours); }},
    {{"node_failures", "1", "Failures of nodes."}, [](const Scope& s) { return s.machine[node_failures]; }},
    {{"it_energy_mwh", "MW hour", "Energy of all nodes, exact integral."}, [](const Scope& s) { return s.it_mwh; }},
    {{"outages", "1", "Outages that took several nodes at once, planned ones included."},
     [](const Scope& s) { return s.machine[outages]; }},
    {{"facility_energy_mwh", "MW hour", "Energy of the sites."}, [](const Scope& s) { return s.use.facility_mwh; }},
    {{"pue_mean", "1", "Facility over IT energy."}, [](const Scope& s) { return ratio(s.use.facility_mwh, s.it_mwh); }},
    {{"it_power_peak_mw", "MW", "Greatest IT power."}, [](const Scope& s) { return s.it_peak_mw; }},
    {{"facility_power_peak_mw", "MW",
      "Greatest power at the meters: of a demand interval's mean by site where energy is metered."},
     [](const Scope& s) { return s.use.peak_mw; }},
    {{"job_power_swing_mw", "MW", "Greatest draw of one job above idle: the swing of synchronous training."},
     [](const Scope& s) { return s.swing_mw; }},
    {{"power_capped_hours", "hour", "Hours in which a power limit slowed or held back work, summed over the limits."},
     [](const Scope& s) { return s.capped_hours; }},
    {{"energy_cost_krw", "KRW", "Cost of energy: tariff, demand charge, emissions and water."},
     [](const Scope& s) { return s.use.won; }},
    {{"carbon_tco2e", "t", "Carbon of the energy used."}, [](const Scope& s) { return s.use.tco2; }},
    {{"embodied_tco2e", "t", "Carbon of making the GPUs and their hosts, for the hours that they are installed."},
     [](const Scope& s) { return s.embodied_t; }},
    {{"water_m3", "m3", "Water evaporated and blown down; 0 with a constant plant."},
     [](const Scope& s) { return s.use.water_m3; }},
};

// Running cost, of the whole or a period.
const Metric of_cost[] = {
    {{"stranded_gpu_hours_quota", "hour", "Of stranded_gpu_hours_access, those idle because of a quota."},
     [](const Scope& s) { return s.machine[stranded_ticks] / ticks_an_hour; }},
    {{"stranded_gpu_hours_partition", "hour",
      "Of these, idle while a waiting job that they fit may not enter their cluster."},
     [](const Scope& s) { return s.machine[walled_ticks] / ticks_an_hour; }},
    {{"jobs_deterred", "1", "Jobs that their users did not send, because of the wait or the price."},
     [](const Scope& s) { return s.jobs[deterred]; }},
    {{"opex_krw", "KRW", "Energy, maintenance, rent and leases."},
     [](const Scope& s) { return won(s.upkeep.total()); }},
    {{"capex_paid_krw", "KRW", "Prices, or their instalments, paid in the time measured, or the period."},
     [](const Scope& s) { return won(s.capex_paid); }},
    {{"cash_krw", "KRW", "Cash: what is paid in that time, and running cost."},
     [](const Scope& s) { return won(s.capex_paid + s.upkeep.total()); }},
    {{"capital_charge_krw", "KRW", "Capital recovery over the lifetime at the discount rate, for that time."},
     [](const Scope& s) { return won(s.capital_charge); }},
    {{"cost_per_gpu_hour_krw", "KRW hour-1", "Capital charge and running cost for a GPU-hour delivered."},
     [](const Scope& s) { return ratio(s.cost, delivered_hours(s.jobs)); }},
    {{"cost_per_h100e_hour_krw", "KRW hour-1", "The same for an H100-equivalent hour."},
     [](const Scope& s) { return ratio(s.cost, s.h100e_hours); }},
};

constexpr std::string_view extrapolation_leaves_out =
    "Years unlike the one measured: growth of demand, prices that fall, nodes that come later.";

const Metric of_site_only[] = {
    {{"jobs_running_end", "1", "Jobs running at the end."}, [](const Scope& s) { return s.running; }},
    {{"jobs_waiting_end", "1", "Jobs waiting at the end."}, [](const Scope& s) { return s.waiting; }},
    {{"gpus_installed_end", "1", "GPUs delivered by the end."}, [](const Scope& s) { return s.installed_end; }},
    {{"h100e_installed_end", "1", "The same in H100-equivalents."}, [](const Scope& s) { return s.h100e_end; }},
    {{"days_to_target_gpus", "day",
      "From the start until the promised GPUs are delivered, by the deliveries drawn after the end too; at least until "
      "the "
      "end where they never are.",
      "", "target_missed"},
     [](const Scope& s) { return s.days_to_target; }},
    {{"target_missed", "1",
      "1 when all deliveries together never make up the promised GPUs: days_to_target_gpus is then a lower bound."},
     [](const Scope& s) { return s.target_missed; }},
    {{"target_reached", "1",
      "1 when the promised GPUs are there by the promised date, or without one by the end; its mean is a probability."},
     [](const Scope& s) { return s.target_reached; }},
    {{"h100e_hours_delivered", "hour",
      "GPU-hours of useful work as long as it takes undisturbed where it ran, in H100-equivalents of these GPUs."},
     [](const Scope& s) { return s.h100e_hours; }},
    {{"demand_swing", "1",
      "Greatest over least demand of a group that answers, trend taken off, over the last third: near 1 when settled."},
     [](const Scope& s) { return s.demand_swing; }},
    {{"demand_loop_gain", "1",
      "(1 - memory) |wait elasticity| rho / (1 - rho), the greatest of a group; rho: utilization, which "
      "swings lower. Much above 2 it swings."},
     [](const Scope& s) { return s.loop_gain; }},
    {{"startups_served", "1", "Start-ups whose results came back in time: members_served of their groups.",
      served_leaves_out},
     [](const Scope& s) { return s.startups; }},
    {{"capex_krw", "KRW", "Price of all that is bought before the end, building and substation among it."},
     [](const Scope& s) { return won(s.account->capex); }},
    {{"capex_before_krw", "KRW", "Prices, or their instalments, paid before what is measured."},
     [](const Scope& s) { return won(s.account->capex_before); }},
    {{"public_cash_krw", "KRW",
      "Cash, capital as it is paid: the state's part of capital and running cost, tax forgone and subsidies."},
     [](const Scope& s) { return won(s.account->public_cash()); }},
    {{"private_cash_krw", "KRW", "Cash: the rest of capital and running cost."},
     [](const Scope& s) { return won(s.account->private_cash()); }},
    {{"total_cash_krw", "KRW", "Cash, capital as it is paid: capital and running cost, public and private."},
     [](const Scope& s) { return won(s.account->paid + s.account->opex); }},
    {{"annual_cost_krw", "KRW year-1", "Annualised: capital charge and running cost a year, public and private."},
     [](const Scope& s) { return s.account->annual_cost(); }},
    {{"public_annual_cost_krw", "KRW year-1",
      "Annualised: the state's part of capital charge and running cost, tax forgone and subsidies a year."},
     [](const Scope& s) { return s.account->public_annual_cost(); }},
    {{"private_annual_cost_krw", "KRW year-1", "Annualised: the rest."},
     [](const Scope& s) { return s.account->annual_cost() - s.account->public_annual_cost(); }},
    {{"programme_cost_krw", "KRW",
      "Present value of annual_cost_krw over policy.cost.programme: what is measured repeated as a steady year, nodes "
      "replaced at their price.",
      extrapolation_leaves_out},
     [](const Scope& s) { return s.account->annual_cost() * s.account->programme_years; }},
    {{"programme_public_cost_krw", "KRW", "The same of public_annual_cost_krw.", extrapolation_leaves_out},
     [](const Scope& s) { return s.account->public_annual_cost() * s.account->programme_years; }},
    {{"programme_net_benefit_krw", "KRW", "The same of benefit_krw a year less annual_cost_krw.",
      extrapolation_leaves_out},
     [](const Scope& s) {
       return (s.account->a_year(s.account->worth) - s.account->annual_cost()) * s.account->programme_years;
     }},
    {{"trigger_acts", "1", "How often triggers (policy.triggers) acted."},
     [](const Scope& s) { return static_cast<double>(s.triggers->acts()); }},
    {{"trigger_first_day", "day", "From the start until the first of them acted; none when none did."},
     [](const Scope& s) {
       const Tick first = s.triggers->first();
       return first < never ? static_cast<double>(first) / static_cast<double>(ticks_per_day) : nan;
     }},
    {{"gpus_ordered", "1", "GPUs that triggers ordered, delivered by the end or not."},
     [](const Scope& s) { return won(s.triggers->gpus_ordered()); }},
    {{"ordered_krw", "KRW", "Price of these, paid by the end or not; capex_krw holds what is paid by then."},
     [](const Scope& s) { return won(s.triggers->ordered_krw()); }},
    {{"fees_krw", "KRW", "Price of the GPU-hours delivered, subsidies included."},
     [](const Scope& s) { return won(s.account->income); }},
    {{"subsidy_krw", "KRW", "What the state pays of it."}, [](const Scope& s) { return won(s.account->subsidy); }},
    {{"benefit_krw", "KRW", "Worth of the GPU-hours delivered, at what they are worth to their users."},
     [](const Scope& s) { return won(s.fees.worth); }},
    {{"benefit_cost_ratio", "1", "The same over capital charge and running cost; none without a worth.",
      "Benefits beyond the users' own."},
     [](const Scope& s) { return s.fees.worth > 0 ? ratio(won(s.fees.worth), s.cost) : nan; }},
    {{"npv_krw", "KRW",
      "Present value of fees less capital and running cost from the start, with the book value at the end."},
     [](const Scope& s) { return won(s.account->npv); }},
    {{"budget_envelope_krw", "KRW", "Public money of all years of the budget."},
     [](const Scope& s) { return won(s.money->envelope_krw); }},
    {{"budget_spent_krw", "KRW", "What of it was spent on purchases or kept for operation."},
     [](const Scope& s) { return won(s.money->spent_krw + s.money->reserved_krw); }},
    {{"budget_unspent_krw", "KRW", "The rest."}, [](const Scope& s) { return won(s.money->unspent_krw); }},
    {{"budget_overrun_krw", "KRW",
      "Price of what did not fit into the envelope, and public running cost beyond what is kept for it."},
     [](const Scope& s) {
       if (s.money->envelope_krw == 0) return 0.0;
       const std::int64_t beyond = s.account->state_opex - s.money->reserved_krw;
       return won(s.money->short_krw + (beyond > 0 ? beyond : 0));
     }},
    {{"gpus_not_bought", "1", "Planned GPUs that the envelope did not pay for."},
     [](const Scope& s) { return won(s.money->gpus_not_bought); }},
    {{"coinvestment_krw", "KRW", "What private investors pay before the end."},
     [](const Scope& s) { return won(s.account->coinvestment); }},
    {{"gpus_coinvested", "1", "GPUs that it buys: baseline and added."},
     [](const Scope& s) { return won(s.account->coinvested_gpus); }},
    {{"gpus_coinvested_baseline", "1", "Of these, what would come at the credit of before."},
     [](const Scope& s) { return won(s.account->coinvested_baseline_gpus); }},
    {{"gpus_coinvested_added", "1", "The rest, which the credit adds."},
     [](const Scope& s) { return won(s.account->coinvested_gpus - s.account->coinvested_baseline_gpus); }},
    {{"tax_forgone_krw", "KRW", "Tax credits on all of the co-investment."},
     [](const Scope& s) { return won(s.account->tax_forgone); }},
    {{"tax_forgone_added_krw", "KRW", "What of it goes beyond the tax forgone at the credit of before."},
     [](const Scope& s) { return won(s.account->tax_forgone - s.account->tax_forgone_baseline); }},
    {{"tax_forgone_per_gpu_krw", "KRW", "Tax forgone beyond that of before, for a GPU that the credit adds."},
     [](const Scope& s) {
       return ratio(won(s.account->tax_forgone - s.account->tax_forgone_baseline),
                    won(s.account->coinvested_gpus - s.account->coinvested_baseline_gpus));
     }},
};

}  // namespace

std::span<const Metric> machine_metrics() { return of_machine; }
std::span<const Metric> cost_metrics() { return of_cost; }
std::span<const Metric> site_only_metrics() { return of_site_only; }

}  // namespace nadc::metrics
