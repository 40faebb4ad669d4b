// What metrics are called; those that are not here go by the name that files have.

const names = {
  utilization: ["utilisation", "가동률"],
  wait_mean_s: ["mean wait", "평균 대기"],
  wait_p50_s: ["median wait", "대기 중앙값"],
  wait_p90_s: ["90 % wait", "대기 90 % 분위"],
  wait_p99_s: ["99 % wait", "대기 99 % 분위"],
  wait_restricted_mean_s: ["restricted mean wait", "제한 평균 대기"],
  time_to_result_mean_s: ["mean time to result", "평균 결과 도달 시간"],
  time_to_result_p50_s: ["median time to result", "결과 도달 시간 중앙값"],
  facility_energy_mwh: ["facility energy", "시설 전력량"],
  it_energy_mwh: ["IT energy", "IT 전력량"],
  job_interruptions: ["job interruptions", "작업 중단"],
  jobs_submitted: ["jobs submitted", "제출된 작업"],
  jobs_completed: ["jobs completed", "완료된 작업"],
  jobs_failed: ["jobs failed", "실패한 작업"],
  jobs_dropped: ["jobs dropped", "버려진 작업"],
  jobs_preempted: ["jobs preempted", "선점된 작업"],
  jobs_deterred: ["jobs deterred", "포기된 작업"],
  waits_censored: ["jobs still waiting", "아직 대기 중인 작업"],
  node_failures: ["node failures", "노드 고장"],
  outages: ["outages", "정전과 정지"],
  gpu_hours_installed: ["GPU-hours installed", "설치 GPU시간"],
  gpu_hours_delivered: ["GPU-hours delivered", "제공된 GPU시간"],
  gpu_hours_held: ["GPU-hours held", "점유 GPU시간"],
  gpu_hours_lost: ["GPU-hours lost", "손실 GPU시간"],
  gpu_hours_idle: ["GPU-hours idle", "유휴 GPU시간"],
  gpu_hours_down: ["GPU-hours under repair", "수리 중 GPU시간"],
  gpu_time_share: ["share of GPU time", "GPU시간 비중"],
  members_served: ["members served", "서비스 받은 구성원"],
  startups_served: ["start-ups served", "서비스 받은 스타트업"],
  ettr: ["effective training time", "유효 학습 시간 비율"],
  bounded_slowdown_mean: ["mean slow-down", "평균 감속"],
  comm_slowdown_mean: ["slow-down by the network", "네트워크 감속"],
  pue_mean: ["mean PUE", "평균 PUE"],
  it_power_peak_mw: ["peak IT power", "최대 IT 전력"],
  facility_power_peak_mw: ["peak facility power", "최대 시설 전력"],
  carbon_tco2e: ["carbon", "탄소 배출"],
  embodied_tco2e: ["embodied carbon", "내재 탄소"],
  water_m3: ["water", "물"],
  energy_cost_krw: ["cost of energy", "에너지 비용"],
  opex_krw: ["running cost", "운영비"],
  annual_cost_krw: ["annual cost", "연간 비용"],
  public_annual_cost_krw: ["public annual cost", "연간 공공 비용"],
  private_annual_cost_krw: ["private annual cost", "연간 민간 비용"],
  capital_charge_krw: ["capital charge", "자본 비용"],
  cost_per_gpu_hour_krw: ["cost of a GPU-hour", "GPU시간당 비용"],
  capex_krw: ["capital expenditure", "자본 지출"],
  subsidy_krw: ["subsidies", "보조금"],
  fees_krw: ["fees", "이용료"],
  days_to_target_gpus: ["days to the target", "목표까지 일수"],
  gpus_installed_mean: ["mean GPUs installed", "평균 설치 GPU"],
  gpus_installed_end: ["GPUs at the end", "종료 시 GPU"],
  ts_jobs_waiting: ["waiting", "대기"],
  ts_jobs_running: ["running", "실행"],
  ts_gpus_busy: ["held by jobs", "작업이 점유"],
  ts_gpus_in_service: ["in service", "가동 가능"],
  ts_gpus_down: ["under repair", "수리 중"],
  ts_gpus_dark: ["not switched on", "켜지 않음"],
  ts_gpus_spare: ["standing by", "예비"],
  ts_it_power_mw: ["IT power", "IT 전력"],
};

// Also of "metric of group", as outcomes of one group are called.
export function metricName(name, lang) {
  const [metric, ...group] = name.split(" of ");
  const known = names[metric];
  const called = known ? known[lang === "ko" ? 1 : 0] : metric;
  return group.length ? `${called} – ${group.join(" of ")}` : called;
}

export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
