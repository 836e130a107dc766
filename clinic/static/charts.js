// Draws the charts with plotly.js, from the JSON blocks of the page. The tables beside the charts
// show the same numbers.
"use strict";
(() => {
  const WORDS = JSON.parse(document.getElementById("script-words").textContent);
  const css = getComputedStyle(document.documentElement);
  const colour = (name) => css.getPropertyValue(name).trim();
  const INK = colour("--ink"), SOFT = colour("--soft"), LINE = colour("--line");
  const FONT = { family: css.fontFamily, size: 13, color: INK };
  const CONFIG = { displayModeBar: false, responsive: true, scrollZoom: false, showTips: false };
  const narrow = () => innerWidth < 700;

  const base = () => ({
    font: FONT, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", autosize: true, dragmode: false,
    margin: { l: narrow() ? 44 : 56, r: narrow() ? 8 : 16, t: 10, b: 40 }, hoverlabel: { font: { family: css.fontFamily } },
    legend: { orientation: "h", traceorder: "normal", x: 0, y: -0.16, yanchor: "top", font: { size: 12 }, itemclick: false, itemdoubleclick: false },
  });
  const axis = (title, more) => ({ title: { text: title, font: { size: 12, color: SOFT } }, gridcolor: LINE, zeroline: false, linecolor: LINE, tickfont: { size: 12 }, fixedrange: true, ...more });
  const band = (y0, y1, fill, opacity) => ({ type: "rect", layer: "below", xref: "paper", x0: 0, x1: 1, yref: "y", y0, y1, fillcolor: fill, opacity, line: { width: 0 } });

  function weeks(data) {
    const x = data.weeks;
    const every = Math.ceil(x.length / (narrow() ? 6 : 16));
    const shown = (_, n) => (x.length - 1 - n) % every === 0;
    const bars = data.zones.map((zone) => ({
      type: "bar", name: zone.name, x, y: zone.minutes, hovertemplate: "%{y:.0f} " + WORDS.minutes_short + "<extra>" + zone.name + "</extra>",
      marker: zone.key === "unknown"
        ? { color: "#e6eaed", line: { width: 1, color: "#8a99a6" }, pattern: { shape: "/", fgcolor: "#8a99a6", size: 6, solidity: 0.25 } }
        : { color: colour(`--z-${zone.key}`), line: { width: 0.8, color: "#5b6b78" } },
    }));
    const prescribed = {
      type: "scatter", mode: "markers", name: WORDS.prescribed_minutes, x, y: data.due_min, hovertemplate: `%{y:.0f} ${WORDS.minutes_short}<extra>${WORDS.prescribed}</extra>`,
      marker: { symbol: "line-ew-open", size: narrow() ? 16 : 34, color: INK, line: { width: 3, color: INK } },
    };
    const dose = {
      type: "scatter", mode: "lines+markers", name: WORDS.dose_long, x, y: data.dose, hovertemplate: `%{y:.0f} ${WORDS.minutes_short}<extra>${WORDS.dose}</extra>`,
      line: { color: "#a0400a", width: 2 }, marker: { size: 7, symbol: "diamond", color: "#a0400a" },
    };
    const traces = [...bars, prescribed, dose];
    if (data.has_dose) {
      traces.push({ type: "scatter", mode: "lines", name: WORDS.prescribed_dose, x, y: data.due_dose, line: { color: "#a0400a", width: 1.5, dash: "dash", shape: "hvh" }, hovertemplate: `%{y:.0f} ${WORDS.minutes_short}<extra>${WORDS.prescribed_dose}</extra>` });
    }
    // A week without a figure says so in words, on a hatched ground where nothing is known.
    const marked = x.map((_, n) => n).filter((n) => data.marks[n]);
    const words = marked.map((n) => ({ xref: "x", yref: "paper", x: n, y: 0.02, yanchor: "bottom", text: data.marks[n], textangle: -90, showarrow: false, font: { size: 12, color: SOFT } }));
    const grounds = marked.map((n) => ({ type: "rect", layer: "below", xref: "x", x0: n - 0.42, x1: n + 0.42, yref: "paper", y0: 0, y1: 1, fillcolor: "#eceff2", opacity: data.marks[n] === "running" ? 0.45 : 0.9, line: { width: 1, color: "#c3cad0", dash: "dot" } }));
    const layout = { ...base(), showlegend: false, barmode: "stack", bargap: 0.35, hovermode: "x unified", annotations: words, shapes: grounds,
      xaxis: axis("", { type: "category", gridcolor: "rgba(0,0,0,0)", tickvals: x.filter(shown), ticktext: data.short.filter(shown), tickangle: 0, automargin: true }),
      yaxis: axis(WORDS.minutes, { rangemode: "tozero" }) };
    return [traces, layout];
  }

  const PHASES = { before: ["triangle-up", "#5b6b78"], during: ["circle", "#1c5a94"], after: ["square", "#a0400a"], next_morning: ["diamond", "#4b2a7b"], none: ["circle-open", "#14212b"] };
  function pain(data) {
    const traces = data.phases.map((phase) => {
      const [symbol, fill] = PHASES[phase.key] || PHASES.none;
      return { type: "scatter", mode: "markers", name: phase.name, x: phase.at, y: phase.value, cliponaxis: false,
        marker: { symbol, size: 10, color: fill, line: { width: 1, color: "#fff" } }, hovertemplate: "%{x|%a %d %b %H:%M}<br>NRS %{y}<extra>" + phase.name + "</extra>" };
    });
    const fills = ["#e6f4eb", "#fff4e0", "#fdecec"];
    const edges = [[-0.5, 2.5], [2.5, 5.5], [5.5, 10.5]];
    const shapes = data.bands.map((_, n) => band(edges[n][0], edges[n][1], fills[n], 1));
    const annotations = data.bands.map((one, n) => ({ xref: "paper", x: 1.005, xanchor: "left", y: (edges[n][0] + edges[n][1]) / 2, yanchor: "middle", yref: "y", text: one.name, showarrow: false, font: { size: 11, color: SOFT } }));
    const layout = { ...base(), margin: { l: narrow() ? 44 : 56, r: 54, t: 10, b: 40 }, shapes, annotations, hovermode: "closest", showlegend: true,
      xaxis: axis("", { type: "date", tickformat: "%d %b", automargin: true, nticks: narrow() ? 5 : 12, gridcolor: "rgba(0,0,0,0)" }),
      yaxis: axis(WORDS.pain, { range: [-0.5, 10.5], dtick: 2 }) };
    return [traces, layout];
  }

  const clock = (s) => {
    const whole = Math.round(s), h = Math.floor(whole / 3600), m = Math.floor(whole / 60) % 60, rest = String(whole % 60).padStart(2, "0");
    return h ? `${h}:${String(m).padStart(2, "0")}:${rest}` : `${m}:${rest}`;
  };
  const STEPS = [60, 120, 300, 600, 900, 1200, 1800, 3600, 7200];
  function heart(data) {
    const known = data.v.filter((one) => one !== null);
    const low = Math.floor((Math.min(...known, ...data.edges.slice(0, 1)) - 8) / 10) * 10;
    const high = Math.ceil((Math.max(...known, ...data.edges.slice(2, 3)) + 8) / 10) * 10;
    const bounds = data.edges.length ? [low, ...data.edges, high] : [];
    const inside = (n) => bounds[n + 1] > low && bounds[n] < high;
    const bands = data.zones.filter((_, n) => bounds.length && inside(n));
    const at = (zone) => data.zones.indexOf(zone);
    const shapes = bands.map((zone) => band(Math.max(bounds[at(zone)], low), Math.min(bounds[at(zone) + 1], high), colour(`--z-${zone.key}`), 0.34));
    for (const edge of data.edges) shapes.push({ type: "line", layer: "below", xref: "paper", x0: 0, x1: 1, yref: "y", y0: edge, y1: edge, line: { width: 1, color: "#8a99a6", dash: "dot" } });
    const annotations = bands.map((zone) => ({ xref: "paper", x: 0.998, xanchor: "right", yref: "y", y: Math.min(bounds[at(zone) + 1], high), yanchor: "top", text: zone.name, showarrow: false, font: { size: 11, color: INK } }));
    const spans = (name, pairs, marker) => ({ type: "bar", name, showlegend: pairs.length > 0, x: pairs.map(([a, b]) => (a + b) / 2), width: pairs.map(([a, b]) => b - a), y: pairs.map(() => high - low), base: low,
      hovertemplate: pairs.map(([a, b]) => `${clock(a)}–${clock(b)}<extra>${name}</extra>`), marker: { line: { width: 0 }, ...marker } });
    const holes = spans(WORDS.no_data, data.gaps, { color: "rgba(236,239,242,0.85)", pattern: { shape: "/", fgcolor: "#9aa5ae", size: 7, solidity: 0.2 } });
    const pauses = spans(WORDS.paused, data.pauses, { color: "#ffffff" });
    const line = { type: "scatter", mode: data.v.length < 40 ? "lines+markers" : "lines", name: WORDS.heart_rate, x: data.t, y: data.v, connectgaps: false, line: { color: "#a31d4b", width: 1.8 },
      customdata: data.t.map(clock), hovertemplate: "%{customdata}<br>%{y:.0f} /min<extra></extra>" };
    const step = STEPS.find((one) => data.length / one <= (narrow() ? 6 : 12)) || 14400;
    const tickvals = Array.from({ length: Math.floor(data.length / step) + 1 }, (_, n) => n * step);
    const layout = { ...base(), shapes, annotations, hovermode: "closest", showlegend: true, bargap: 0,
      xaxis: axis(WORDS.since_start, { range: [0, data.length], tickvals, ticktext: tickvals.map(clock), automargin: true }),
      yaxis: axis(WORDS.beats, { range: [low, high] }) };
    layout.legend.y = -0.24;
    return [[holes, pauses, line], layout];
  }

  const KINDS = { weeks, pain, heart };
  function draw(root) {
    for (const place of root.querySelectorAll("[data-chart]")) {
      const data = JSON.parse(document.getElementById(place.dataset.source).textContent);
      const [traces, layout] = KINDS[place.dataset.chart](data);
      Plotly.newPlot(place, traces, layout, CONFIG).then(() => { place.dataset.drawn = "yes"; });
    }
  }
  document.addEventListener("kadens:replaced", (event) => draw(event.target));
  draw(document);
})();
