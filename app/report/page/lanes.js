// A day of jobs as blocks: time across, GPUs up.

// Gives each job {start, end, gpus} a place [from, from + gpus) that nobody else holds while it runs: the lowest gap that
// fits, jobs in the order of their starts, larger ones first. Results keep no places of their own; these are drawn.
export function places(jobs) {
  const order = jobs.map((_, i) => i).sort((a, b) => jobs[a].start - jobs[b].start || jobs[b].gpus - jobs[a].gpus || a - b);
  const from = new Array(jobs.length).fill(0);
  let running = [];  // by place
  for (const i of order) {
    running = running.filter((k) => jobs[k].end > jobs[i].start);
    let at = 0, place = 0;
    for (; place < running.length; ++place) {
      if (from[running[place]] - at >= jobs[i].gpus) break;
      at = from[running[place]] + jobs[running[place]].gpus;
    }
    from[i] = at;
    running.splice(place, 0, i);
  }
  return from;
}
