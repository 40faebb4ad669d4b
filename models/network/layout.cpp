// Which layout a step runs with: the degrees that are given, and for the others the shortest step among those that fit.
#include <algorithm>
#include <cmath>
#include <limits>

#include "models/network/steptime.hpp"
#include "models/network/text.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

void reject(const std::string& problem, const std::string& hint) { throw Error(ErrorKind::input, problem, hint); }

constexpr std::int64_t most_gpus = 10'000'000, most_batch = 1'000'000'000, most_seq = 100'000'000;

void check_model(const TransformerModel& m) {
  if (m.layers <= 0 || m.hidden <= 0 || m.heads <= 0 || m.kv_heads <= 0 || m.ffn <= 0 || m.vocabulary <= 0) {
    reject("the model has a dimension that is not positive",
           "give layers, hidden, heads, kv_heads, ffn and vocabulary");
  }
  if (m.experts > 0 && (m.top_k <= 0 || m.top_k > m.experts))
    reject("a token meets " + std::to_string(m.top_k) + " of " + std::to_string(m.experts) + " experts",
           "give top_k between 1 and the experts");
  if (m.dense_layers < 0 || m.dense_layers > m.layers || (m.dense_layers > 0 && m.dense_ffn <= 0))
    reject(std::to_string(m.dense_layers) + " of " + std::to_string(m.layers) + " layers without experts",
           "give at most the layers, and dense_ffn");
}

void check(const StepRequest& r) {
  const TransformerModel& m = r.model;
  check_model(m);
  if (r.gpus <= 0) reject("a step needs at least one GPU", "give --gpus");
  if (r.batch <= 0) reject("a step needs at least one sequence", "give --batch, the sequences of the whole job");
  if (r.seq <= 0) reject("a sequence needs at least one token", "give --seq");
  if (r.gpus > most_gpus) reject(grouped(r.gpus) + " GPUs are more than " + grouped(most_gpus), "give fewer --gpus");
  if (r.batch > most_batch)
    reject(grouped(r.batch) + " sequences are more than " + grouped(most_batch), "give a smaller --batch");
  if (r.seq > most_seq) reject(grouped(r.seq) + " tokens are more than " + grouped(most_seq), "give a shorter --seq");
  if (r.gpu.peak(r.precision) <= 0.0) {
    reject("a " + r.gpu.name + " has no " + std::string(name_of(r.precision)) + " matrix units",
           r.gpu.fp8 > 0.0 ? "use fp8, or a b200, gb200, b300 or gb300" : "use bf16");
  }
  if (r.tensor_overlap && !(*r.tensor_overlap >= 0.0 && *r.tensor_overlap <= 1.0))
    reject("a tensor overlap outside 0 to 1", "it is the share of that communication which may hide");
  if (!(r.capacity >= 1.0 && r.capacity <= 100.0))
    reject("a capacity factor outside 1 to 100", "1 is even experts; 1.25 pads each by a quarter");
  const Layout& l = r.layout;
  if (std::min({l.tp, l.pp, l.cp, l.dp, l.ep, l.vp, l.micro_batch}) < 0)
    reject("a negative degree of parallelism", "leave it out to have it chosen");
  if (l.ep > 1 && m.experts == 0) reject("EP is of models with experts, and " + m.name + " has none", "leave EP out");
  if (l.ep > 0 && m.experts > 0 && m.experts % l.ep != 0)
    reject("EP " + std::to_string(l.ep) + " does not divide " + std::to_string(m.experts) + " experts",
           "use a divisor of them");
  if (l.tp > 0 && m.heads % l.tp != 0)
    reject("TP " + std::to_string(l.tp) + " does not divide " + std::to_string(m.heads) + " heads", "use 1, 2, 4 or 8");
  if (l.pp > m.layers)
    reject("PP " + std::to_string(l.pp) + " is more than the " + std::to_string(m.layers) + " layers",
           "at most one stage a layer");
  if (r.schedule == PipelineSchedule::interleaved && (l.vp == 1 || l.pp == 1))
    reject("an interleaved schedule needs a pipeline of two chunks a stage or more", "give --pp and --vp above 1");
  if ((r.schedule == PipelineSchedule::plain || r.schedule == PipelineSchedule::zero_bubble) && l.vp > 1)
    reject("VP " + std::to_string(l.vp) + " has no effect on a schedule without chunks",
           "leave it out, or use --schedule interleaved");
}

// With a pipeline at least 4,096 tokens a micro-batch, while it keeps four rounds, and one sequence when that needs too
// much memory; without one the largest up to 16,384 tokens that divides, and down to one sequence.
std::vector<int> micro_batches_of(const StepRequest& r, std::int64_t per_rank, int cp, int pp) {
  if (r.layout.micro_batch > 0) return {r.layout.micro_batch};
  const double seq = static_cast<double>(r.seq);
  std::vector<int> sizes{1};
  std::int64_t size = 1;
  if (pp > 1) {
    while (2.0 * static_cast<double>(size) * seq / cp <= 4096.0 && per_rank % (2 * size) == 0 &&
           per_rank / (2 * size) >= 4 * pp)
      size *= 2;
    if (size > 1) sizes.insert(sizes.begin(), static_cast<int>(size));
    return sizes;
  }
  while (2.0 * static_cast<double>(size) * seq / cp <= 16384.0 && per_rank % (2 * size) == 0)
    sizes.push_back(static_cast<int>(size *= 2));
  return sizes;
}

class LayoutSearch {
 public:
  explicit LayoutSearch(const StepRequest& request) : r_(request) { best_.step_s = infinity; }

  void run() {
    for (int tp : degrees(r_.layout.tp, {1, 2, 4, 8})) {
      if (r_.model.heads % tp != 0) continue;
      for (int pp : degrees(r_.layout.pp, stages())) {
        const bool all_given = r_.layout.tp > 0 && r_.layout.pp > 0 && r_.layout.dp > 0;
        for (int cp : degrees(r_.layout.cp, all_given ? std::vector<int>{1} : std::vector<int>{1, 2, 4, 8, 16}))
          try_degrees(tp, pp, cp);
      }
    }
  }
  StepTime best() { return std::move(best_); }
  bool any() const { return any_; }
  bool plain_only() const { return plain_; }

 private:
  static constexpr double infinity = std::numeric_limits<double>::infinity();

  static std::vector<int> degrees(int given, std::vector<int> free) {
    return given > 0 ? std::vector<int>{given} : free;
  }
  // Those that divide the layers, or with the embedding and the vocabulary as one each; and powers of two.
  std::vector<int> stages() const {
    std::vector<int> found;
    const int layers = r_.model.layers;
    for (int pp = 1; pp <= std::min(layers, 32); ++pp)
      if (layers % pp == 0 || (layers + 2) % pp == 0 || (pp & (pp - 1)) == 0) found.push_back(pp);
    return found;
  }
  std::vector<int> expert_degrees(int tp, std::int64_t ranks) const {
    if (r_.model.experts == 0) return {1};
    std::vector<int> found;
    if (r_.layout.ep > 0) {
      if (ranks % r_.layout.ep == 0) found.push_back(r_.layout.ep);
      return found;
    }
    for (int ep = 1; ep <= r_.model.experts && ep <= ranks; ep *= 2)
      if (r_.model.experts % ep == 0 && ranks % ep == 0 && (ep == 1 || ep * tp <= 1024)) found.push_back(ep);
    return found;
  }

  void try_degrees(int tp, int pp, int cp) {
    const std::int64_t inner = static_cast<std::int64_t>(tp) * pp * cp;
    if (r_.gpus % inner != 0 || r_.seq % cp != 0) return;
    const std::int64_t dp = r_.gpus / inner;
    if ((r_.layout.dp > 0 && r_.layout.dp != dp) || r_.batch % dp != 0) return;
    const std::int64_t per_rank = r_.batch / dp;
    for (int ep : expert_degrees(tp, dp * cp)) {
      for (int micro_batch : micro_batches_of(r_, per_rank, cp, pp)) {
        if (per_rank % micro_batch != 0) continue;
        const bool rounds = pp > 1 && per_rank / micro_batch % pp == 0;
        if ((r_.layout.vp > 1 || r_.schedule == PipelineSchedule::interleaved) && !rounds) {
          plain_ = true;
          continue;
        }
        any_ = true;
        offer({tp, pp, cp, static_cast<int>(dp), ep, r_.layout.vp, micro_batch});
      }
    }
  }

  void offer(const Layout& layout) {
    StepTime time;
    for (Recompute recompute : {Recompute::none, Recompute::selective, Recompute::full}) {
      if (r_.recompute != Recompute::automatic && r_.recompute != recompute) continue;
      time = timed_step(r_, layout, recompute);
      if (time.fits) break;
    }
    // Sequences are cut only where memory asks for it.
    const bool cut = time.layout.cp != best_.layout.cp && r_.layout.cp == 0;
    const bool better = time.fits != best_.fits ? time.fits
                        : !time.fits            ? time.memory.total() < best_.memory.total()
                        : cut                   ? time.layout.cp < best_.layout.cp
                                                : time.step_s < best_.step_s;
    if (std::isinf(best_.step_s) || better) best_ = std::move(time);
  }

  const StepRequest& r_;
  StepTime best_;
  bool any_ = false, plain_ = false;
};

[[noreturn]] void explain(const StepRequest& r, bool plain_only) {
  const Layout& asked = r.layout;
  const auto refuse = [](const std::string& problem, const std::string& hint) {
    throw Error(ErrorKind::input, problem, hint);
  };
  if (plain_only)
    refuse("VP " + std::to_string(asked.vp) + " needs a pipeline, and micro-batches in multiples of PP",
           "give --pp above 1 and a batch of DP × PP × micro-batch times a whole number, or leave VP out");
  const std::int64_t inner = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::max(asked.tp, 1)) * std::max(asked.pp, 1) * std::max(asked.cp, 1));
  const std::int64_t product = inner * std::max(asked.dp, 1);
  if (asked.dp > 0 && asked.tp > 0 && asked.pp > 0 && product != r.gpus) {
    refuse("TP×PP×CP×DP = " + grouped(product) + " and there are " + grouped(r.gpus) + " GPUs",
           "use " + grouped(product) + " GPUs" + (r.gpus % inner == 0 ? ", or DP " + grouped(r.gpus / inner) : ""));
  }
  if (r.gpus % inner != 0) {
    refuse(grouped(r.gpus) + " GPUs are no multiple of TP×PP×CP = " + grouped(inner),
           "use " + grouped(std::max<std::int64_t>(1, (r.gpus + inner / 2) / inner) * inner) + " GPUs");
  }
  const std::int64_t dp = r.gpus / inner;
  if (r.batch % dp != 0) {
    refuse("a batch of " + grouped(r.batch) + " sequences does not divide over DP " + grouped(dp),
           "use " + grouped(std::max<std::int64_t>(1, (r.batch + dp / 2) / dp) * dp) + " sequences");
  }
  throw Error(ErrorKind::input,
              "no layout of " + grouped(r.gpus) + " GPUs holds this batch and the degrees that are given",
              "leave degrees out, or use a batch that is a multiple of the data-parallel ranks");
}

std::string degrees_of(const TransformerModel& model, const StepTime& t) {
  const Layout& l = t.layout;
  return "TP " + std::to_string(l.tp) + " PP " + std::to_string(l.pp) + " CP " + std::to_string(l.cp) +
         (model.experts > 0 ? " EP " + std::to_string(l.ep) : "");
}

// What is too large, and what would fit.
[[noreturn]] void refuse_size(const StepRequest& r, const StepTime& least) {
  const bool chosen = r.layout.tp == 0 || r.layout.pp == 0;
  std::string hint = "use more GPUs, or GPUs with more memory";
  StepRequest open = r;
  open.layout = {};
  open.recompute = Recompute::automatic;
  open.schedule = PipelineSchedule::automatic;
  LayoutSearch search(open);
  search.run();
  const StepTime other = search.best();
  if (search.any() && other.fits) {
    hint = degrees_of(r.model, other) + " fits";
    if (other.recompute != Recompute::none) hint += " with --recompute " + std::string(name_of(other.recompute));
  }
  throw Error(ErrorKind::input,
              (chosen ? "no layout of " + grouped(r.gpus) + " " + r.gpu.name + " holds " + r.model.name + ": " : "") +
                  degrees_of(r.model, least) + " needs about " + shortened(least.memory.total() / 1e9, 3) +
                  " GB a GPU of " + shortened(r.gpu.memory / 1e9, 3) + " GB, recomputing " +
                  (least.recompute == Recompute::none ? "nothing" : std::string(name_of(least.recompute))),
              hint);
}

}  // namespace

StepTime step_time(const StepRequest& request) {
  check(request);
  LayoutSearch search(request);
  search.run();
  if (!search.any()) explain(request, search.plain_only());
  StepTime best = search.best();
  if (!best.fits) refuse_size(request, best);
  std::string chosen;
  const auto name = [&](const char* what, int given, int used) {
    if (given == 0) chosen += (chosen.empty() ? "chosen: " : " ") + std::string(what) + " " + std::to_string(used);
  };
  const Layout& asked = request.layout;
  name("TP", asked.tp, best.layout.tp);
  name("PP", asked.pp, best.layout.pp);
  name("CP", asked.cp, best.layout.cp);
  name("DP", asked.dp, best.layout.dp);
  if (request.model.experts > 0) name("EP", asked.ep, best.layout.ep);
  name("VP", asked.vp, best.layout.vp);
  name("micro-batch", asked.micro_batch, best.layout.micro_batch);
  if (!chosen.empty()) best.notes.push_back(chosen);
  if (request.recompute == Recompute::automatic && best.recompute != Recompute::none)
    best.notes.push_back("activations are recomputed (" + std::string(name_of(best.recompute)) +
                         "): they do not fit otherwise");
  return best;
}

}  // namespace nadc
