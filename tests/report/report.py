"""Reports as a reader sees them: opened in headless Chromium, asked, and compared with the files they were made from.

Usage: report.py NADC SCENARIOS CASE...        (no CASE: all of them)
"""
import csv
import io
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import browser as browsers

try:
    import h5py
    import numpy
    from scipy import optimize
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

NADC = os.path.abspath(sys.argv[1])
SCENARIOS = os.path.abspath(sys.argv[2])
CLI = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli")
LONG = "x" * 10000
HOSTILE = ["plain", "<script>window.hit=1</script>", "\"quoted\" 'and' `so`, =1+1", LONG,
           "\u202eabc \u05e2\u05d1\u05e8\u05d9\u05ea \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
           "</script><img src=http://x.invalid/a.png onerror=window.hit=1>"]


def nadc(*arguments):
    done = subprocess.run([NADC, *map(str, arguments)], capture_output=True, text=True, timeout=240,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 0, (arguments, done.returncode, done.stderr[-2000:])
    return done


def sound(page, what):
    """No message, no request but for the file itself, every chart drawn with marks and a name, nothing wider than the page."""
    assert not page.messages, (what, page.messages)
    outside = [url for url in page.requests if not url.startswith(("file:", "data:", "blob:"))]
    assert not outside and sum(url.startswith("file:") for url in page.requests) <= 1, (what, page.requests)
    charts = page.evaluate("""[...document.querySelectorAll('figure.chart')].map((f) => {
      const svg = f.querySelector('svg.main');
      return {title: f.querySelector('.title').textContent, name: svg?.getAttribute('aria-label') ?? '', role: svg?.getAttribute('role'),
              marks: svg ? svg.querySelectorAll('[aria-label] circle, [aria-label] path, [aria-label] rect, [aria-label] line').length : 0};
    })""")
    assert charts, what
    for chart in charts:
        assert chart["marks"] > 0 and chart["role"] == "img" and len(chart["name"]) > len(chart["title"]), (what, chart)
    for control in page.evaluate("""[...document.querySelectorAll('button, select, input, a')].map((e) =>
      e.textContent.trim() || e.getAttribute('aria-label') || '')"""):
        assert control, (what, "a control has no name")
    # A phone widens its window to what overflows: the width asked for is what counts.
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= page.width, (what, wide, page.width)
    return charts


def tables(page):
    """Of every table: what its CSV says, and what stands in its cells (data-value where there is one)."""
    return page.evaluate("""[...document.querySelectorAll('.table')].map((t) => ({csv: t.csv(),
      rows: [...t.querySelectorAll('tbody tr')].map((r) => [...r.children].map((c) => c.dataset.value ?? c.textContent)),
      shown: [...t.querySelectorAll('tbody tr')].map((r) => [...r.children].map((c) => c.textContent)),
      number: [...t.querySelectorAll('thead th')].map((h) => h.className === 'number')}))""")


def csv_equals_tables(page, what):
    for table in tables(page):
        rows = list(csv.reader(io.StringIO(table["csv"])))[1:]
        assert len(rows) == len(table["rows"]), (what, table["csv"][:300])
        for said, cells, shown in zip(rows, table["rows"], table["shown"]):
            for c, (a, b) in enumerate(zip(said, cells)):
                if table["number"][c]:
                    assert a == b, (what, a, b)
                    if a not in ("", "0") and shown[c][:1] not in "–<>":  # what is shown is what is meant, rounded
                        text = shown[c].replace(",", "").replace("\u2212", "-").replace("+", "")
                        if "%" not in text and all(not u.isalpha() or u == "e" for u in text):
                            assert abs(float(text) - float(a)) <= 0.06 * abs(float(a)), (what, a, shown[c])


def set_slider(page, path, value):
    """What the slider says then: values come in steps."""
    page.evaluate(f"""window.slider = [...document.querySelectorAll('input[type=range]')].find((s) => s.dataset.path === {json.dumps(path)});
      window.slider.value = {value}; window.slider.dispatchEvent(new Event('input'))""")
    page.settle()
    return page.evaluate("Number(window.slider.value)")


def ranking(page):
    return page.evaluate("""({list: [...document.querySelectorAll('.ranking li')].map((l) => [l.dataset.lever, Number(l.dataset.mean)]),
      effective: Number(document.querySelector('.effective').dataset.effective)})""")


def weights_of(values, target):
    """Of one belief: w ~ exp(l x) with the believed mean; l by bracketing."""
    z = (values - values.mean()) / values.std()
    tau = (target - values.mean()) / values.std()

    def off(l):
        w = numpy.exp(l * z - (l * z).max())
        return (w * z).sum() / w.sum() - tau
    l = optimize.brentq(off, -60, 60, xtol=1e-13)
    w = numpy.exp(l * z - (l * z).max())
    return w / w.sum()


def study(page, folder):
    """A sweep: numbers are the file's, a slider gives the ranking that weighing outside gives, languages and files."""
    file, html = os.path.join(folder, "s.h5"), os.path.join(folder, "s.html")
    nadc("sweep", os.path.join(CLI, "studies", "tiny.yaml"), "--samples", 24, "--replicas", 2, "--series", 12, "-o", file, "-q")
    done = nadc("report", file, "-o", html)
    assert "wrote" in done.stderr and os.path.getsize(html) < 3e6, done.stderr
    page.open(html)
    sound(page, "study")
    csv_equals_tables(page, "study")
    assert page.evaluate("document.querySelectorAll('#bands figure svg.main path').length") >= 4  # two bands, two medians
    levers, outcomes = ["small", "large"], ["utilization", "wait_mean_s", "node_failures"]
    with h5py.File(file) as h5:
        means = {o: h5[o][:].mean(axis=2) for o in outcomes}
        rate = h5["point_workload_jobs_per_day"][0]
    outcome_rows = [t for t in tables(page) if len(t["rows"]) == len(outcomes) * len(levers)][0]["rows"]
    for i, row in enumerate(outcome_rows):
        want = means[outcomes[i // 2]][i % 2].mean()
        assert row[1] == levers[i % 2] and abs(float(row[2]) - want) <= 1e-12 * abs(want), (row, want)

    # Decisions: shares and regrets are those of nadc decide.
    decided = json.loads(nadc("decide", file, "--format", "json").stdout)
    shown = [t for t in tables(page) if t["csv"].startswith("\ufeffOption,best in") or t["csv"].startswith("Option,best in")][0]["rows"]
    for row, lever in zip(shown, decided["outcomes"][0]["by_lever"]):
        assert row[0] == lever["lever"] and float(row[1]) == lever["p_best"] and float(row[2]) == lever["regret"]["mean"], (row, lever)

    page.evaluate("""(() => { const s = document.querySelector('#beliefs select'); s.value = 1; s.dispatchEvent(new Event('change')); })()""")
    page.settle()
    at_rest = ranking(page)
    assert at_rest["effective"] == 24, at_rest
    orders = set()
    for share in (0.02, 0.35, 0.9):
        low, high = numpy.quantile(rate, [0.05, 0.95])
        believed = set_slider(page, "workload.jobs_per_day", low + share * (high - low))
        w = weights_of(rate, believed)
        seen = ranking(page)
        expected = {lever: float((means["wait_mean_s"][i] * w).sum()) for i, lever in enumerate(levers)}
        assert [l for l, _ in seen["list"]] == sorted(expected, key=expected.get), (seen, expected)
        for lever, mean in seen["list"]:
            assert abs(mean - expected[lever]) <= 2e-5 * abs(expected[lever]), (believed, lever, mean, expected)
        assert abs(seen["effective"] - 1 / (w ** 2).sum()) < 1e-3 * seen["effective"], seen
        orders.add(tuple(round(mean) for _, mean in seen["list"]))
    assert len(orders) == 3, orders  # it does move

    english = page.evaluate("document.body.innerText")
    page.evaluate("document.getElementById('language').click()")
    page.settle()
    korean = page.evaluate("document.body.innerText")
    assert page.evaluate("document.documentElement.lang") == "ko" and "결론" in korean and "결론" not in english
    sound(page, "study in Korean")
    assert ranking(page)["list"] == seen["list"], "the language changes words alone"
    page.evaluate("document.getElementById('theme').click(); document.querySelector('.sort').click()")
    for width in (390, 1280):
        page.size(width, 844)
        page.settle()
        sound(page, f"study at {width}")
    # A chart as a file of its own has no colour left to look up.
    svg = page.evaluate("""new Promise((done) => { const make = URL.createObjectURL; URL.createObjectURL = (blob) => { blob.text().then(done); return make(blob); };
      document.querySelector('figure.chart .tools button').click(); })""")
    assert svg.startswith("<?xml") and "<svg" in svg and "var(" not in svg, svg[:300]
    nadc("report", file, "-o", html, "--lang", "ko")
    page.open(html)
    assert page.evaluate("document.documentElement.lang") == "ko" and "결론" in page.evaluate("document.body.innerText")


def flips(page, folder):
    """A study whose best option depends on the belief: the slider changes the order, where the page says it does."""
    file, html = os.path.join(folder, "f.h5"), os.path.join(folder, "f.html")
    with open(os.path.join(folder, "f.yaml"), "w", encoding="utf-8") as text:
        text.write(f"name: flips\nscenario: {os.path.join(CLI, 'common', 'small.yaml')}\n"
                   "levers:\n  fixed: {workload.jobs_per_day: 100}\n  open: {fleet.gpus: 64}\n"
                   "uncertainties: {workload.jobs_per_day: {uniform: {low: 60, high: 140}}}\n"
                   "design: {samples: 24, replicas: 1}\noutcomes: [{metric: jobs_submitted, better: higher}]\n")
    nadc("sweep", os.path.join(folder, "f.yaml"), "-o", file, "-q")
    nadc("report", file, "-o", html)
    page.open(html)
    sound(page, "flips")
    with h5py.File(file) as h5:
        names = [n.decode() if isinstance(n, bytes) else n for n in h5["lever"][:]]
        jobs, points = h5["jobs_submitted"][:].mean(axis=2), h5["point_workload_jobs_per_day"][:]
    rate = points[names.index("open")]
    flip = float(page.evaluate("document.querySelector('.flip').dataset.at"))
    first, seen = ranking(page)["list"][0][0], []
    for believed in (flip - 3, flip + 3):
        at = set_slider(page, "workload.jobs_per_day", believed)
        w = weights_of(rate, at)
        best = names[int(numpy.argmax(jobs @ w))]
        seen.append(ranking(page)["list"][0][0])
        assert seen[-1] == best, (believed, seen, best)
    assert seen[0] != seen[1] and first in seen, (flip, seen)


def run(page, folder):
    """One run: metrics are the file's, series keep their extremes, the zoom redraws."""
    file, html = os.path.join(folder, "r.h5"), os.path.join(folder, "r.html")
    nadc("run", os.path.join(SCENARIOS, "korea-2025-10k.yaml"), "horizon=45 d", "-o", file, "--series", "10 min", "--jobs", "-q")
    nadc("report", file, "-o", html)
    assert os.path.getsize(html) < 3e6
    page.open(html)
    charts = sound(page, "run")
    assert len(charts) >= 7, [c["title"] for c in charts]
    csv_equals_tables(page, "run")
    with h5py.File(file) as h5:
        tiles = page.evaluate("[...document.querySelectorAll('[data-metric]')].map((e) => [e.dataset.metric, Number(e.dataset.value)])")
        assert len(tiles) > 8
        for name, value in tiles:
            assert value == h5[name][()], (name, value)
        data = page.evaluate("JSON.parse(document.getElementById('data').textContent).pages[0]")
        for column in data["series"]["columns"]:
            whole = h5[column["name"]][:]
            assert len(column["v"]) < len(whole)
            assert min(column["v"]) == whole.min() and max(column["v"]) == whole.max(), column["name"]
            every = data["series"]["every_s"]
            assert all(whole[t // every] == v for t, v in zip(column["t"], column["v"])), column["name"]
        waits, gpus = h5["jobs_wait"][:], h5["jobs_gpus"][:]
        for row in data["jobs"]["waits_by_size"]:
            low, high = {"1": (1, 1), "2–8": (2, 8), "9–64": (9, 64), "65–512": (65, 512), "513–4,096": (513, 4096),
                         "> 4,096": (4097, 1 << 40)}[row["name"]]
            of = waits[(gpus >= low) & (gpus <= high)]
            assert row["jobs"] == len(of)
            for key, p in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
                assert abs(row[key] - numpy.quantile(of, p)) <= 1e-9 * max(1, abs(row[key])), (row, key)
        power = h5["ts_it_power_mw"][:]
        integral = sum(m["integral_h"] for m in data["series"]["power"])
        assert abs(integral - power[:-1].sum() * every / 3600) < 1e-6 * integral
    before = page.evaluate("document.querySelector('#timeline svg.main').outerHTML")
    page.evaluate("document.querySelectorAll('.zoom button')[1].click()")
    page.settle()
    assert page.evaluate("document.querySelector('#timeline svg.main').outerHTML") != before
    sound(page, "run, closer")
    page.size(390, 844)
    page.settle()
    sound(page, "run at 390")


def network(page, folder):
    """Topologies: counts are those of nadc network size."""
    html, spec = os.path.join(folder, "n.html"), os.path.join(SCENARIOS, "topologies", "fat-tree-18k-2to1.yaml")
    dragonfly = os.path.join(SCENARIOS, "topologies", "dragonfly-18k.yaml")
    nadc("report", "--network", spec + "," + dragonfly, "-o", html)
    page.open(html)
    sound(page, "network")
    csv_equals_tables(page, "network")
    sizes = json.loads(nadc("network", "size", "--topology", spec + "," + dragonfly, "--format", "json").stdout)
    rows = page.evaluate("[...document.querySelectorAll('#sizing tbody tr')].map((r) => [...r.children].map((c) => c.dataset.value))")
    assert [[int(r[1]), int(r[2])] for r in rows] == [[s["gpus"], s["switches"]] for s in sizes], rows


def loads(page, folder):
    """All-to-all sprayed over a fabric without oversubscription: by symmetry every NIC is full. NVLink carries what stays in a
    node of 8, so of what the NICs of a leaf with n GPUs send, N - n of N - 8 parts leave the leaf."""
    html = os.path.join(folder, "l.html")
    for gpus in (64, 128):
        nadc("report", "--network", "fat-tree", "--gpus", gpus, "--pattern", "all-to-all", "--routing", "spray", "-o", html)
        with open(html, encoding="utf-8") as file:
            row = json.loads(re.search(r'id="data">(.*?)</script>', file.read(), re.S)[1])["pages"][0]["rows"][0]
        n, leaves = row["gpus"] // row["leaves"], row["leaves"]
        expected = {"host": 1.0, "leaf_spine": (gpus - n) / (gpus - 8)}
        for line in row["load"]["map"]["rows"]:
            for cell in line["cells"]:
                assert abs(cell["mean"] - expected[line["kind"]]) < 1e-9, (line["kind"], cell, expected)
        assert len(row["load"]["map"]["columns"]) == leaves, row["load"]["map"]["columns"]
    page.open(html)
    assert page.evaluate("document.querySelectorAll('#loads figure').length") == 2
    sound(page, "loads")
    csv_equals_tables(page, "loads")


def hostile(page, folder):
    """Names that would be markup, formulas, very long, or right to left."""
    text = 'name: "<b onclick=\\"window.hit=1\\">bold</b>"\n'
    text += 'description: "</script><script>window.hit=1</script> why? \\u2028 \\u202e"\n'
    text += f"scenario: {os.path.join(CLI, 'common', 'small.yaml')}\nlevers:\n"
    for i, name in enumerate(HOSTILE):
        text += f"  ? {json.dumps(name)}\n  : {{fleet.gpus: {64 + 8 * i}}}\n"
    text += "uncertainties:\n  workload.jobs_per_day: {uniform: {low: 60, high: 140}}\ndesign: {samples: 8, replicas: 1}\n"
    text += "outcomes: [{metric: utilization, better: higher}, {metric: wait_mean_s, better: lower}]\n"
    with open(os.path.join(folder, "h.yaml"), "w", encoding="utf-8") as file:
        file.write(text)
    nadc("sweep", os.path.join(folder, "h.yaml"), "-o", os.path.join(folder, "h.h5"), "-q")
    html = os.path.join(folder, "h.html")
    nadc("report", os.path.join(folder, "h.h5"), "-o", html)
    for width in (1280, 390):
        page.open(html, width, 844)
        sound(page, f"hostile at {width}")
        assert page.evaluate("window.hit") is None
        assert page.evaluate("document.querySelectorAll('main img, main script, main b[onclick]').length") == 0
        csv_equals_tables(page, "hostile")
        names = page.evaluate("[...document.querySelectorAll('.ranking li')].map((l) => l.dataset.lever)")
        assert sorted(names) == sorted(HOSTILE), "names stand in full, as text"
        assert page.evaluate("document.title").startswith("<b onclick")
    formulas = [line for table in tables(page) for line in csv.reader(io.StringIO(table["csv"])) for cell in line
                if cell[:1] in ("=", "@")]
    assert not formulas, formulas


def without(page, folder):
    """A build that could not have the chart library: tables, a sentence that says so, and no error."""
    html = os.path.join(folder, "w.html")
    nadc("sweep", os.path.join(CLI, "studies", "tiny.yaml"), "--samples", 4, "-o", os.path.join(folder, "w.h5"), "-q")
    nadc("report", os.path.join(folder, "w.h5"), "-o", html)
    with open(html, encoding="utf-8") as file:
        text = file.read()
    scripts = list(re.finditer(r"<script>.*?</script>", text, re.S))
    assert len(scripts) == 3
    with open(html, "w", encoding="utf-8") as file:
        file.write(text[:scripts[0].start()] + text[scripts[1].end():])
    page.open(html)
    assert not page.messages, page.messages
    assert page.evaluate("document.querySelectorAll('svg').length") == 0
    assert "no charts" in page.evaluate("document.querySelector('.warning').textContent")
    csv_equals_tables(page, "without")


def main():
    chromium = browsers.find()
    if not chromium:
        print("skipped: chromium is not installed")
        return 77
    cases = {"study": study, "flips": flips, "run": run, "network": network, "loads": loads, "hostile": hostile, "without": without}
    with tempfile.TemporaryDirectory() as folder:
        probe = os.path.join(folder, "probe.html")
        done = nadc("report", "--network", os.path.join(SCENARIOS, "topologies", "fat-tree-10k.yaml"), "-o", probe)
        if "no charts" in done.stderr:
            print("skipped: " + done.stderr.strip())
            return 77
        with browsers.Browser(chromium) as page:
            for name in sys.argv[3:] or cases:
                cases[name](page, folder)
                print("ok", name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
