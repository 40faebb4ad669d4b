// Which GPUs of a partition are free: one byte a node, and for every number of free GPUs a bit mask over the nodes.
// A node that is down or not yet delivered stands in no mask. A job that needs more than one node owns whole nodes;
// its node set is a bit mask too, so that starting and ending it are word operations of the lane group.
//
// Costs: a job on a part of a node O(1) through the summary words; a job on whole nodes O(nodes / 64).
#pragma once
#include <cstddef>
#include <cstdint>

#include "models/ids.hpp"
#include "sim/contract.hpp"
#include "sim/lanes.hpp"
#include "sim/platform.hpp"

namespace nadc {

// Where a job runs. Whole nodes: a node set within words [first, last]; else a part of node `first`.
struct Placement {
  PartitionId partition;
  std::uint32_t first = 0;  // node, or first word of the node set
  std::uint32_t last = 0;   // last word of the node set
  std::uint32_t nodes = 0;  // whole nodes owned; 0: a part of one node, or of a pool
  std::uint32_t pods = 1;   // pods spanned
  std::uint32_t gpus = 0;   // GPUs held, whole nodes rounded up
  SetId set;                // of its nodes; only with nodes > 0

  NADC_HD NodeId node() const { return NodeId(first); }  // of which it holds a part
};

// Sizes of one partition's map.
struct NodeMapShape {
  std::uint32_t nodes = 0;  // the most that any lever installs
  std::uint32_t gpus_per_node = 1;
  std::uint32_t pod_nodes = 1;

  NADC_HD std::uint32_t words() const { return (nodes + 63) / 64; }
  NADC_HD std::uint32_t summary_words() const { return (words() + 63) / 64; }
  NADC_HD std::uint32_t pods() const { return (nodes + pod_nodes - 1) / pod_nodes; }
  NADC_HD std::uint32_t levels() const { return gpus_per_node + 1; }
  NADC_HD NodeId end() const { return NodeId(nodes); }
  NADC_HD PodId pod_of(NodeId node) const { return PodId(node.value / pod_nodes); }
  // The first node of a pod, and the one behind its last.
  NADC_HD NodeId begin_of(PodId pod) const { return NodeId(pod.value * pod_nodes); }
  NADC_HD NodeId end_of(PodId pod) const {
    const NodeId stop = begin_of(pod) + pod_nodes;
    return stop < end() ? stop : end();
  }
};

template <int Width> class NodeMap {
 public:
  NADC_HD static std::size_t bytes(const NodeMapShape& shape) {
    const std::size_t masks = (static_cast<std::size_t>(shape.words()) + shape.summary_words()) * shape.levels() * 8;
    return align(masks) + align(std::size_t{4} * shape.levels()) + align(std::size_t{4} * shape.pods()) +
           align(shape.words() * std::size_t{8}) + align(shape.words() * std::size_t{64});
  }

  // No node is installed yet.
  NADC_HD void init(Lanes<Width> lanes, void* memory, const NodeMapShape& shape) {
    const std::uint32_t words = shape.words(), summaries = shape.summary_words();
    lanes.once([&] {
      shape_ = shape;
      std::byte* at = static_cast<std::byte*>(memory);
      level_ = reinterpret_cast<std::uint64_t*>(at);
      summary_ = level_ + static_cast<std::size_t>(words) * shape.levels();
      at += align((static_cast<std::size_t>(words) + summaries) * shape.levels() * 8);
      count_ = reinterpret_cast<std::uint32_t*>(at);
      at += align(std::size_t{4} * shape.levels());
      pod_idle_ = {reinterpret_cast<std::uint32_t*>(at)};
      at += align(std::size_t{4} * shape.pods());
      present_ = reinterpret_cast<std::uint64_t*>(at);
      at += align(words * std::size_t{8});
      free_ = {reinterpret_cast<std::uint8_t*>(at)};
      for (std::uint64_t& word : filled_) word = 0;
    });
    lanes.for_each((words + summaries) * shape.levels(), [&](std::uint32_t i) { level_[i] = 0; });
    lanes.for_each(shape.levels(), [&](std::uint32_t i) { count_[i] = 0; });
    lanes.for_each(range<PodId>(shape.pods()), [&](PodId i) { pod_idle_[i] = 0; });
    lanes.for_each(words, [&](std::uint32_t i) { present_[i] = 0; });
    lanes.for_each(range<NodeId>(words * 64), [&](NodeId i) { free_[i] = 0; });
  }

  NADC_HD const NodeMapShape& shape() const { return shape_; }
  // Nodes with exactly this many free GPUs that are in service.
  NADC_HD std::uint32_t count(std::uint32_t level) const { return count_[level]; }
  NADC_HD std::uint32_t idle_nodes() const { return count_[shape_.gpus_per_node]; }
  NADC_HD std::uint32_t idle_in_pod(PodId pod) const { return pod_idle_[pod]; }
  // In service: delivered and not down.
  NADC_HD bool present(NodeId node) const { return has_bit(present_, node); }
  NADC_HD std::uint32_t free_gpus(NodeId node) const { return free_[node]; }

  // The least number of free GPUs, at least `gpus`, that some node has; levels() when there is none.
  NADC_HD std::uint32_t best_level(std::uint32_t gpus) const {
    std::uint64_t above = ~std::uint64_t{0} << (gpus % 64);
    for (std::uint32_t word = gpus / 64; word < level_words; ++word, above = ~std::uint64_t{0})
      if (const std::uint64_t bits = filled_[word] & above)
        return word * 64 + static_cast<std::uint32_t>(lowest_bit(bits));
    return shape_.levels();
  }

  // The greatest number of free GPUs, below `gpus`, that some node has; 0 when there is none.
  NADC_HD std::uint32_t level_below(std::uint32_t gpus) const {
    std::uint64_t below = (std::uint64_t{1} << (gpus % 64)) - 1;
    for (std::uint32_t word = gpus / 64 + 1; word-- > 0; below = ~std::uint64_t{0})
      if (const std::uint64_t bits = filled_[word] & below)
        return word * 64 + static_cast<std::uint32_t>(highest_bit(bits));
    return 0;
  }

  // The lowest node of a level that is not empty.
  NADC_HD NodeId lowest(Lanes<Width> lanes, std::uint32_t level) const {
    const std::uint64_t* summary = summary_ + static_cast<std::size_t>(level) * shape_.summary_words();
    const std::uint32_t s =
        lanes.find_first(0, shape_.summary_words(), [&](std::uint32_t i) { return summary[i] != 0; });
    const std::uint32_t word = s * 64 + static_cast<std::uint32_t>(lowest_bit(summary[s]));
    return node_of(word, mask(level)[word]);
  }

  // The node enters service, all its GPUs free; or leaves it (its GPUs must be free).
  NADC_HD void enter(Lanes<Width> lanes, NodeId node) {
    NADC_EXPECT(node < shape_.end() && !present(node));
    lanes.once([&] {
      present_[word_of(node)] |= bit_of(node);
      free_[node] = static_cast<std::uint8_t>(shape_.gpus_per_node);
      insert(shape_.gpus_per_node, node);
    });
  }
  NADC_HD void leave(Lanes<Width> lanes, NodeId node) {
    NADC_EXPECT(node < shape_.end() && present(node) && free_[node] == shape_.gpus_per_node);
    lanes.once([&] {
      present_[word_of(node)] &= ~bit_of(node);
      erase(free_[node], node);
      free_[node] = 0;
    });
  }

  // As if every node with a number f(node) > 0 entered and had that many free GPUs. Of a map without nodes.
  template <class F> NADC_HD void fill(Lanes<Width> lanes, F&& f) {
    lanes.once([&] {
      for (const NodeId node : range<NodeId>(shape_.nodes)) {
        const std::uint32_t level = f(node);
        if (level == 0) continue;
        present_[word_of(node)] |= bit_of(node);
        free_[node] = static_cast<std::uint8_t>(level);
        insert(level, node);
      }
    });
  }

  // Takes or gives back GPUs of one node.
  NADC_HD void take(Lanes<Width> lanes, NodeId node, std::uint32_t gpus) {
    NADC_EXPECT(present(node) && free_[node] >= gpus);
    lanes.once([&] { move(node, free_[node] - gpus); });
  }
  NADC_HD void give(Lanes<Width> lanes, NodeId node, std::uint32_t gpus) {
    NADC_EXPECT(present(node) && free_[node] + gpus <= shape_.gpus_per_node);
    lanes.once([&] { move(node, free_[node] + gpus); });
  }

  // Moves the `need` lowest idle nodes of [begin, end) into the node set; there are that many. Returns the words
  // touched.
  struct Words {
    std::uint32_t first, last;
  };
  NADC_HD Words take_idle(Lanes<Width> lanes, NodeId begin, NodeId end, std::uint32_t need, std::uint64_t* set) {
    const std::uint32_t full = shape_.gpus_per_node, base = word_of(begin), words = word_of(end + 63) - base;
    std::uint64_t* idle = mask(full);
    const auto bits = [&](std::uint32_t i) {
      return static_cast<std::uint64_t>(count_bits(idle[base + i] & window(base + i, begin, end)));
    };
    const std::uint32_t first = lanes.find_first(0, words, [&](std::uint32_t i) { return bits(i) != 0; });
    const PrefixAt stop = lanes.find_prefix(words, need, bits);
    lanes.for_each(stop.index + 1 - first, [&](std::uint32_t i) {
      const std::uint32_t word = base + first + i;
      std::uint64_t taken = idle[word] & window(word, begin, end);
      if (first + i == stop.index) taken = lowest_bits(taken, need - static_cast<std::uint32_t>(stop.before));
      idle[word] &= ~taken;
      mask(0)[word] |= taken;
      set[word] |= taken;
      for (std::uint64_t left = taken; left; left &= left - 1) free_[node_of(word, left)] = 0;
    });
    lanes.once([&] {
      add(full, -static_cast<std::int32_t>(need));
      add(0, static_cast<std::int32_t>(need));
      for (std::uint32_t i = first; i <= stop.index; ++i) {
        summarise(full, base + i);
        summarise(0, base + i);
      }
    });
    count_pods(lanes, base + first, base + stop.index);
    return {base + first, base + stop.index};
  }

  // Takes the nodes of a set, which are idle.
  NADC_HD void take_set(Lanes<Width> lanes, std::uint32_t first, std::uint32_t last, std::uint32_t nodes,
                        const std::uint64_t* set) {
    const std::uint32_t full = shape_.gpus_per_node;
    lanes.for_each(last + 1 - first, [&](std::uint32_t i) {
      const std::uint32_t word = first + i;
      mask(full)[word] &= ~set[word];
      mask(0)[word] |= set[word];
      for (std::uint64_t left = set[word]; left; left &= left - 1) free_[node_of(word, left)] = 0;
    });
    lanes.once([&] {
      add(full, -static_cast<std::int32_t>(nodes));
      add(0, static_cast<std::int32_t>(nodes));
      for (std::uint32_t w = first; w <= last; ++w) {
        summarise(full, w);
        summarise(0, w);
      }
    });
    count_pods(lanes, first, last);
  }

  // Gives back whole nodes and empties the set.
  NADC_HD void give_set(Lanes<Width> lanes, std::uint32_t first, std::uint32_t last, std::uint32_t nodes,
                        std::uint64_t* set) {
    const std::uint32_t full = shape_.gpus_per_node;
    lanes.for_each(last + 1 - first, [&](std::uint32_t i) {
      const std::uint32_t word = first + i;
      const std::uint64_t given = set[word];
      set[word] = 0;
      mask(0)[word] &= ~given;
      mask(full)[word] |= given;
      for (std::uint64_t left = given; left; left &= left - 1)
        free_[node_of(word, left)] = static_cast<std::uint8_t>(full);
    });
    lanes.once([&] {
      add(full, static_cast<std::int32_t>(nodes));
      add(0, -static_cast<std::int32_t>(nodes));
      for (std::uint32_t w = first; w <= last; ++w) {
        summarise(full, w);
        summarise(0, w);
      }
    });
    count_pods(lanes, first, last);
  }

 private:
  static constexpr std::uint32_t level_words = 2;  // a node has at most 72 GPUs (models/site/spec.cpp)

  NADC_HD static std::size_t align(std::size_t n) { return (n + 15) / 16 * 16; }
  NADC_HD static NodeId node_of(std::uint32_t word, std::uint64_t bits) {
    return NodeId(word * 64 + static_cast<std::uint32_t>(lowest_bit(bits)));
  }
  NADC_HD std::uint64_t* mask(std::uint32_t level) { return level_ + static_cast<std::size_t>(level) * shape_.words(); }
  NADC_HD const std::uint64_t* mask(std::uint32_t level) const {
    return level_ + static_cast<std::size_t>(level) * shape_.words();
  }

  // The bits of a word that belong to nodes [begin, end).
  NADC_HD static std::uint64_t window(std::uint32_t word, NodeId begin, NodeId end) {
    std::uint64_t bits = ~std::uint64_t{0};
    if (word * 64 < begin.value) bits &= ~std::uint64_t{0} << (begin.value - word * 64);
    if (end.value < word * 64 + 64) bits &= (std::uint64_t{1} << (end.value - word * 64)) - 1;
    return bits;
  }
  NADC_HD static std::uint64_t lowest_bits(std::uint64_t bits, std::uint32_t n) {
    std::uint64_t rest = bits;
    for (std::uint32_t i = 0; i < n; ++i) rest &= rest - 1;
    return bits & ~rest;
  }
  NADC_HD void summarise(std::uint32_t level, std::uint32_t word) {
    std::uint64_t* summary = summary_ + static_cast<std::size_t>(level) * shape_.summary_words() + word / 64;
    const std::uint64_t bit = std::uint64_t{1} << (word % 64);
    *summary = mask(level)[word] ? *summary | bit : *summary & ~bit;
  }
  // Counts the idle nodes of all pods that have some nodes among these words.
  NADC_HD void count_pods(Lanes<Width> lanes, std::uint32_t first_word, std::uint32_t last_word) {
    const std::uint64_t* idle = mask(shape_.gpus_per_node);
    const PodId first = shape_.pod_of(NodeId(first_word * 64)), last = shape_.pod_of(NodeId(last_word * 64 + 63)),
                end{shape_.pods()};
    lanes.for_each(Ids<PodId>{first, last < end ? last + 1 : end}, [&](PodId pod) {
      const NodeId begin = shape_.begin_of(pod), stop = shape_.end_of(pod);
      std::uint32_t total = 0;
      for (std::uint32_t w = word_of(begin); w * 64 < stop.value; ++w)
        total += static_cast<std::uint32_t>(count_bits(idle[w] & window(w, begin, stop)));
      pod_idle_[pod] = total;
    });
  }
  NADC_HD void add(std::uint32_t level, std::int32_t nodes) {
    count_[level] += static_cast<std::uint32_t>(nodes);
    const std::uint64_t bit = std::uint64_t{1} << (level % 64);
    filled_[level / 64] = count_[level] ? filled_[level / 64] | bit : filled_[level / 64] & ~bit;
  }
  NADC_HD void insert(std::uint32_t level, NodeId node) {
    mask(level)[word_of(node)] |= bit_of(node);
    if (level == shape_.gpus_per_node) ++pod_idle_[shape_.pod_of(node)];
    add(level, 1);
    summarise(level, word_of(node));
  }
  NADC_HD void erase(std::uint32_t level, NodeId node) {
    mask(level)[word_of(node)] &= ~bit_of(node);
    if (level == shape_.gpus_per_node) --pod_idle_[shape_.pod_of(node)];
    add(level, -1);
    summarise(level, word_of(node));
  }
  NADC_HD void move(NodeId node, std::uint32_t level) {
    erase(free_[node], node);
    free_[node] = static_cast<std::uint8_t>(level);
    insert(level, node);
  }

  NodeMapShape shape_;
  std::uint64_t* level_ = nullptr;     // (level, word): nodes with that many free GPUs
  std::uint64_t* summary_ = nullptr;   // (level, summary word): which words of a level are not 0
  std::uint32_t* count_ = nullptr;     // (level)
  std::uint64_t filled_[level_words];  // bit (level): count_ is not 0
  By<PodId, std::uint32_t> pod_idle_;  // idle nodes
  std::uint64_t* present_ = nullptr;   // (word)
  By<NodeId, std::uint8_t> free_;
};

}  // namespace nadc
