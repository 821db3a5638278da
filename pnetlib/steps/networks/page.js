"use strict";
// What the controls of the page do: they choose genes and edges, and fill the sources that Bokeh
// draws from. Names of genes reach the page as text only, never as HTML.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const PALE = 0.3, DIM = 0.07, ROWS = 20, HEAD = 7, LINE = 12;
  const ruler = document.createElement("canvas").getContext("2d"), widths = new Map();
  const state = { view: data.views[0], gene: -1, hovered: -1 };
  let panels = [], nets = [], waiting = false;

  const set = () => data.sets[state.view.set];
  const fixed = (value) => value.toFixed(3).replace("-", "\u2212");
  const many = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

  function element(tag, text, attributes = {}) {
    const made = Object.assign(document.createElement(tag), attributes);
    made.textContent = text;
    return made;
  }

  // Which edges pass the filters

  function filters() {
    return {
      least: Number($("threshold").value),
      sign: document.querySelector("input[name=sign]:checked").value,
      presence: state.view.set === "groups" ? $("presence").value : "",
      degree: Number($("degree").value) || 0,
    };
  }

  function present(coefficient, edge, wanted) {
    if (!wanted) return true;
    const [st, rs] = coefficient.map((values) => values[edge] !== 0);
    return { one: st !== rs, both: st && rs, 0: st && !rs, 1: rs && !st }[wanted];
  }

  function passing(net, { least, sign, presence, degree }) {
    const { from, to, coefficient, degree: degrees } = set();
    const kept = [];
    coefficient[net].forEach((value, edge) => {
      if (value === 0 || Math.abs(value) < least) return;
      if ((sign === "positive" && value < 0) || (sign === "negative" && value > 0)) return;
      if (degrees[net][from[edge]] < degree || degrees[net][to[edge]] < degree) return;
      if (present(coefficient, edge, presence)) kept.push(edge);
    });
    return kept;
  }

  // Shortest path, breadth first; from every gene the stronger edges come first

  function path(net, edges, start, end, directed) {
    const { from, to, coefficient } = set();
    const size = (edge) => Math.abs(coefficient[net][edge]);
    const next = new Map();
    const add = (gene, edge) => next.has(gene) ? next.get(gene).push(edge) : next.set(gene, [edge]);
    for (const edge of [...edges].sort((a, b) => size(b) - size(a))) {
      add(from[edge], edge);
      if (!directed) add(to[edge], edge);
    }
    const came = new Map([[start, -1]]), queue = [start];
    for (let at = 0; at < queue.length && !came.has(end); at++) {
      for (const edge of next.get(queue[at]) || []) {
        const other = from[edge] === queue[at] ? to[edge] : from[edge];
        if (!came.has(other)) { came.set(other, edge); queue.push(other); }
      }
    }
    if (!came.has(end)) return null;
    const steps = [];
    for (let gene = end; gene !== start;) {
      const edge = came.get(gene);
      steps.unshift(edge);
      gene = from[edge] === gene ? to[edge] : from[edge];
    }
    return steps;
  }

  function route(net, steps, start) {
    const { from, genes, coefficient } = set();
    let gene = start, text = genes[start];
    for (const edge of steps) {
      const forward = from[edge] === gene, value = coefficient[net][edge];
      gene = forward ? set().to[edge] : from[edge];
      text += ` ${forward ? "\u2192" : "\u2190"} (${value > 0 ? "+" : ""}${fixed(value)}) ${genes[gene]}`;
    }
    return text;
  }

  function findPaths(shown) {
    const { genes, networks } = set(), marker = $("marker").value, lines = [];
    const found = state.view.panels.map(() => []);
    if (marker !== "") {
      const end = Number(marker);
      if (state.gene < 0) lines.push("Choose a gene: the path from it to the marker is shown here.");
      else if (state.gene === end) lines.push(`${genes[end]} is the marker itself.`);
      else state.view.panels.forEach((net, number) => {
        const name = networks[net].name;
        const along = path(net, shown[number], state.gene, end, true);
        const any = along || path(net, shown[number], state.gene, end, false);
        found[number] = any || [];
        lines.push(
          any === null
            ? `${name}: the edges drawn do not connect ${genes[state.gene]} and ${genes[end]}; a smaller coefficient draws more edges.`
            : `${name}, ${many(any.length, "edge")}` +
              (along ? ": " : ", as no path follows the direction of the edges: ") +
              route(net, any, state.gene)
        );
      });
    }
    $("path").replaceChildren(...lines.map((line) => element("p", line)));
    return found;
  }

  // Drawing

  function radius(net, gene) {
    const { degree } = set(), groups = state.view.set === "groups";
    const largest = Math.max(...state.view.panels.map((n) => nets[n].largest), 1e-9);
    return Math.sqrt((groups ? 26 : 9) + (groups ? 330 : 110) * degree[net][gene] / largest) / 2;
  }

  function place(x0, y0, x1, y1, unit, start, end, aside) {
    // Ends of a line between the circles of two genes; `aside` keeps mutual edges apart.
    const length = Math.hypot(x1 - x0, y1 - y0) || 1e-9;
    const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length];
    const [sx, sy] = [-uy * aside * unit, ux * aside * unit];
    const [a, b] = [Math.min(start * unit, length / 2), Math.min(end * unit, length / 2)];
    return [x0 + ux * a + sx, y0 + uy * a + sy, x1 - ux * b + sx, y1 - uy * b + sy, ux, uy];
  }

  function geometry(panel, net, edge, gap = 0) {
    const { from, to, x, y } = set(), [a, b] = [from[edge], to[edge]];
    const mutual = nets[net].mutual.has(edge) ? 2.5 : 0;
    return place(x[a], y[a], x[b], y[b], panel.unit, radius(net, a), radius(net, b) + gap, mutual);
  }

  function lineWidth(net, edge) {
    return 0.6 + 3.2 * Math.abs(set().coefficient[net][edge]) / nets[net].strongest;
  }

  function drawEdges(panel, net, edges, focus, steps) {
    const { from, to, genes, coefficient } = set();
    const lines = { edge: [], x0: [], y0: [], x1: [], y1: [], colour: [], alpha: [], width: [],
      dash: [], regulator: [], target: [], coefficient: [] };
    const heads = { x: [], y: [], angle: [], marker: [], size: [], colour: [], alpha: [] };
    const strength = (edge) => Math.abs(coefficient[net][edge]);
    const crowd = Math.min(1, Math.max(0.4, Math.sqrt(400 / Math.max(edges.length, 1))));
    for (const edge of [...edges].sort((a, b) => strength(a) - strength(b))) {
      const value = coefficient[net][edge], positive = value > 0;
      const colour = data.colours[positive ? "activating" : "repressing"];
      const lit = state.gene < 0 || from[edge] === state.gene || to[edge] === state.gene;
      const both = state.view.set === "groups" && coefficient[1 - net][edge] !== 0;
      const alpha = lit || steps.includes(edge) ? (both ? (state.gene < 0 ? PALE : 0.5) : 0.9) * crowd : DIM;
      const width = lineWidth(net, edge) * crowd, tip = HEAD * crowd * (0.7 + 0.12 * width);
      const [x0, y0, x1, y1, ux, uy] = geometry(panel, net, edge, positive ? tip : 2);
      const values = [edge, x0, y0, x1, y1, colour, alpha, width, positive ? "solid" : "dashed",
        genes[from[edge]], genes[to[edge]], value];
      Object.keys(lines).forEach((key, at) => lines[key].push(values[at]));
      const ahead = positive ? tip / 2 : 0, turn = positive ? -Math.PI / 2 : Math.PI / 2;
      const head = [x1 + ux * ahead * panel.unit, y1 + uy * ahead * panel.unit,
        Math.atan2(uy, ux) + turn, positive ? "triangle" : "dash", tip, colour, alpha];
      Object.keys(heads).forEach((key, at) => heads[key].push(head[at]));
    }
    panel.edges.data = lines;
    panel.heads.data = heads;
  }

  function drawGenes(panel, net, visible, near, counts) {
    const { genes, x, y, degree, networks } = set();
    const nodes = { gene: [], number: [], x: [], y: [], size: [], fill: [], line: [], width: [],
      alpha: [], degree: [], shown: [] };
    for (const gene of visible) {
      const marker = nets[net].markers.has(gene), linked = degree[net][gene] > 0;
      const colour = marker ? networks[net].colour : "#d0d0d0";
      const picked = gene === state.gene;
      const values = [genes[gene], gene, x[gene], y[gene], 2 * radius(net, gene),
        linked ? colour : "white", picked || linked && marker ? "black" : linked ? "#777777" : colour,
        picked ? 3 : 1, near && !near.has(gene) ? 0.2 : 1, degree[net][gene], counts.get(gene) || 0];
      Object.keys(nodes).forEach((key, at) => nodes[key].push(values[at]));
    }
    panel.genes.data = nodes;
  }

  function textWidth(text, bold) {
    const key = `${bold ? "bold " : ""}11px Helvetica, Arial, sans-serif`;
    if (!widths.has(key + text)) {
      ruler.font = key;
      widths.set(key + text, ruler.measureText(text).width);
    }
    return widths.get(key + text);
  }

  function drawNames(panel, net, visible, near) {
    // Names in order of importance; one that would cover another is left out until one zooms in.
    const { genes, x, y, degree } = set(), markers = nets[net].markers;
    const weight = (gene) => (gene === state.gene || gene === state.hovered ? 4e6 : 0)
      + (near && near.has(gene) ? 2e6 : 0) + (markers.has(gene) ? 1e6 : 0) + degree[net][gene];
    const range = panel.figure.x_range, boxes = [], room = state.view.set === "groups" ? 0 : 7;
    const out = { x: [], y: [], offset: [], text: [], style: [], alpha: [] };
    for (const gene of [...visible].sort((a, b) => weight(b) - weight(a))) {
      const lit = !near || near.has(gene) || gene === state.hovered;
      if (!lit && state.view.set === "drugs") continue;
      const bold = markers.has(gene) || gene === state.gene;
      const up = radius(net, gene) + 1.5, half = textWidth(genes[gene], bold) / 2 + 2;
      const [low, high] = [range.start / panel.unit + half, range.end / panel.unit - half];
      let [cx, cy] = [x[gene] / panel.unit, y[gene] / panel.unit + up];
      if (x[gene] > range.start && x[gene] < range.end) cx = Math.max(low, Math.min(high, cx));
      const box = [cx - half - room, cy - room, cx + half + room, cy + LINE + room];
      if (boxes.some((b) => box[0] < b[2] && b[0] < box[2] && box[1] < b[3] && b[1] < box[3])) continue;
      boxes.push(box);
      const values = [cx * panel.unit, y[gene], -up, genes[gene], bold ? "bold" : "normal", lit ? 1 : 0.35];
      Object.keys(out).forEach((key, at) => out[key].push(values[at]));
    }
    panel.names.data = out;
  }

  function drawGlow(panel, net, edges, steps) {
    // A broad line under the edges of the path and under those of the gene pointed at.
    const { from, to } = set(), at = state.hovered;
    const out = { x0: [], y0: [], x1: [], y1: [], colour: [], alpha: [], width: [] };
    const add = (edge, colour, alpha) => {
      const [x0, y0, x1, y1] = geometry(panel, net, edge);
      [x0, y0, x1, y1, colour, alpha, lineWidth(net, edge) + 6]
        .forEach((value, key) => out[Object.keys(out)[key]].push(value));
    };
    steps.forEach((edge) => add(edge, data.colours.path, 0.75));
    if (at >= 0) edges.filter((e) => from[e] === at || to[e] === at).forEach((e) => add(e, "#000000", 0.22));
    panel.glow.data = out;
  }

  function update() {
    waiting = false;
    const { from, to, genes, degree } = set(), wanted = filters();
    const shown = state.view.panels.map((net) => passing(net, wanted));
    const paths = findPaths(shown);
    state.view.panels.forEach((net, number) => {
      const panel = panels[number], counts = new Map(), steps = paths[number];
      const width = panel.figure.inner_width || 500;
      panel.unit = (panel.figure.x_range.end - panel.figure.x_range.start) / width;
      for (const edge of shown[number]) {
        for (const gene of [from[edge], to[edge]]) counts.set(gene, (counts.get(gene) || 0) + 1);
      }
      let near = null;
      if (state.gene >= 0) {
        near = new Set([state.gene]);
        for (const edge of shown[number]) {
          if (from[edge] === state.gene || to[edge] === state.gene || steps.includes(edge)) {
            near.add(from[edge]).add(to[edge]);
          }
        }
      }
      const visible = [...genes.keys()].filter((gene) => gene === state.gene || counts.has(gene)
        || (state.view.set === "groups" && degree[net][gene] >= wanted.degree));
      Object.assign(panel, { shown: shown[number], steps, visible, near });
      drawEdges(panel, net, shown[number], near, steps);
      drawGenes(panel, net, visible, near, counts);
      drawNames(panel, net, visible, near);
      drawGlow(panel, net, shown[number], steps);
    });
    describe(shown);
    list(shown);
  }

  function later() {
    if (!waiting) { waiting = true; requestAnimationFrame(update); }
  }

  // The same in words

  function describe(shown) {
    const { networks, genes } = set();
    const parts = state.view.panels.map((net, number) => {
      const { name, total, listed } = networks[net];
      const rest = listed < total ? ` (the strongest of ${total.toLocaleString("en")})` : "";
      return `${shown[number].length.toLocaleString("en")} of ${many(listed, "edge")}${rest} in ${name}`;
    });
    $("shown").textContent = `Drawn: ${parts.join("; ")}.`;
    $("value").textContent = `at least ${Number($("threshold").value).toFixed(3)}`;
    $("threshold").setAttribute("aria-valuetext", $("threshold").value);
    state.view.panels.forEach((net, number) => {
      $(`title-${number}`).textContent = networks[net].title;
      const edges = many(shown[number].length, "edge"), { from, to } = set();
      const own = shown[number].filter((e) => from[e] === state.gene || to[e] === state.gene);
      $(`note-${number}`).textContent = state.gene < 0
        ? `${edges} drawn; the strongest are listed below.`
        : `${genes[state.gene]}: ${own.length} of ${edges} drawn.`;
    });
  }

  function list(shown) {
    const { from, to, genes, coefficient, networks } = set();
    const nets = state.view.panels;
    const size = (edge) => Math.max(...nets.map((net) => Math.abs(coefficient[net][edge])));
    let edges = [...new Set(shown.flat())];
    if (state.gene >= 0) edges = edges.filter((e) => from[e] === state.gene || to[e] === state.gene);
    edges.sort((a, b) => size(b) - size(a));
    const all = edges.length;
    if (state.gene < 0) edges = edges.slice(0, ROWS);
    $("caption").textContent = state.gene >= 0
      ? `${genes[state.gene]}: coefficients of ${many(all, "edge")} drawn`
      : all > ROWS ? `Coefficients of the ${ROWS} strongest of ${many(all, "edge")} drawn`
        : `Coefficients of ${many(all, "edge")} drawn`;
    $("head").replaceChildren(element("th", "Regulator", { scope: "col" }), element("th", "Target", { scope: "col" }),
      ...nets.map((net) => element("th", networks[net].name, { scope: "col", className: "number" })));
    $("rows").replaceChildren(...edges.map((edge) => {
      const row = document.createElement("tr");
      for (const gene of [from[edge], to[edge]]) {
        const cell = document.createElement("td"), button = element("button", genes[gene], { type: "button" });
        button.addEventListener("click", () => select(gene));
        cell.append(button);
        row.append(cell);
      }
      for (const net of nets) {
        const value = coefficient[net][edge];
        row.append(element("td", value === 0 ? "none" : fixed(value), { className: "number" }));
      }
      return row;
    }));
  }

  // What the reader does

  function select(gene, typed = false) {
    state.gene = gene;
    if (!typed) $("gene").value = gene < 0 ? "" : set().genes[gene];
    $("found").textContent = "";
    later();
  }

  function search(final) {
    const text = $("gene").value.trim().toLowerCase();
    if (!text) return select(-1, true);
    const names = set().genes.map((name) => name.toLowerCase());
    let gene = names.indexOf(text);
    if (gene < 0 && final) gene = names.findIndex((name) => name.startsWith(text));
    if (gene < 0 && final) gene = names.findIndex((name) => name.includes(text));
    if (gene >= 0) return select(gene, !final);
    if (final) $("found").textContent = `No gene of this network has a name with \u201c${$("gene").value.trim()}\u201d.`;
  }

  function hover(gene) {
    if (gene === state.hovered) return;
    state.hovered = gene;
    state.view.panels.forEach((net, number) => {
      drawGlow(panels[number], net, panels[number].shown, panels[number].steps);
      drawNames(panels[number], net, panels[number].visible, panels[number].near);
    });
  }

  function zoom(factor) {
    const { x_range: x, y_range: y } = panels[0].figure, { x: xs, y: ys } = set();
    const half = factor ? factor * (x.end - x.start) / 2 : panels[0].whole;
    const moved = factor && state.gene >= 0;
    const cx = !factor ? 0 : moved ? xs[state.gene] : (x.start + x.end) / 2;
    const cy = !factor ? 0 : moved ? ys[state.gene] : (y.start + y.end) / 2;
    x.setv({ start: cx - half, end: cx + half });
    y.setv({ start: cy - half, end: cy + half });
  }

  function choose(view) {
    const name = state.gene >= 0 ? set().genes[state.gene] : null;
    const marker = $("marker").value === "" ? null : set().genes[Number($("marker").value)];
    state.view = view;
    const { genes, markers, coefficient, from, to, degree } = set();
    state.gene = name === null ? -1 : genes.indexOf(name);
    state.hovered = -1;
    $("gene").value = state.gene < 0 ? "" : name;
    $("found").textContent = name !== null && state.gene < 0 ? `${name} is not in this network.` : "";
    $("genes").replaceChildren(...[...genes].sort().map((gene) => element("option", "", { value: gene })));
    $("marker").replaceChildren(element("option", "no path", { value: "" }),
      ...markers.map((gene) => element("option", genes[gene], { value: String(gene), selected: genes[gene] === marker })));
    const keys = new Map(from.map((gene, edge) => [`${gene} ${to[edge]}`, edge]));
    nets = coefficient.map((values, net) => ({
      markers: new Set(markers),
      largest: degree[net].reduce((a, b) => Math.max(a, b), 0),
      strongest: values.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-9),
      mutual: new Set([...values.keys()].filter((edge) => {
        const back = keys.get(`${to[edge]} ${from[edge]}`);
        return back !== undefined && values[edge] !== 0 && values[back] !== 0;
      })),
    }));
    const sizes = from.map((_, e) => Math.max(...view.panels.map((net) => Math.abs(coefficient[net][e]))));
    const falling = sizes.filter((value) => value > 0).sort((a, b) => b - a);
    const first = falling.length > data.first[view.set] ? falling[data.first[view.set] - 1] : 0;
    Object.assign($("threshold"), { min: 0, max: Math.ceil((falling[0] || 0) * 200) / 200, step: 0.005 });
    $("threshold").value = Math.floor(first * 200) / 200;
    const single = view.panels.length === 1;
    $("panels").classList.toggle("single", single);
    $("plot-1").closest("figure").hidden = single;
    for (const part of [$("presences"), ...document.querySelectorAll(".pair")]) part.hidden = view.set === "drugs";
    zoom(0);
    later();
  }

  function listen() {
    $("view").replaceChildren(...data.views.map((view, at) => element("option", view.label, { value: String(at) })));
    $("view").addEventListener("change", () => choose(data.views[Number($("view").value)]));
    for (const id of ["threshold", "degree"]) $(id).addEventListener("input", later);
    for (const id of ["presence", "marker"]) $(id).addEventListener("change", later);
    document.querySelectorAll("input[name=sign]").forEach((radio) => radio.addEventListener("change", later));
    $("gene").addEventListener("input", () => search(false));
    $("gene").addEventListener("change", () => search(true));
    $("controls").addEventListener("submit", (event) => { event.preventDefault(); search(true); });
    $("gene").addEventListener("keydown", (event) => {
      if (event.key === "Enter") { event.preventDefault(); search(true); }
    });
    $("clear").addEventListener("click", () => select(-1));
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") select(-1); });
    $("in").addEventListener("click", () => zoom(0.6));
    $("out").addEventListener("click", () => zoom(1 / 0.6));
    $("whole").addEventListener("click", () => zoom(0));
    window.addEventListener("beforeprint", () => panels.forEach((panel, number) => {
      const view = Bokeh.index.get_by_id(panel.figure.id);
      if (view && number < state.view.panels.length) {
        $(`print-${number}`).src = view.export("png").canvas.toDataURL();
      }
    }));
  }

  function connect(document, number) {
    const named = (name) => document.get_model_by_name(`${name} ${number}`);
    const panel = { figure: named("panel"), unit: 0.004, shown: [], steps: [], visible: [], near: null };
    for (const name of ["glow", "edges", "heads", "genes", "names"]) panel[name] = named(name);
    panel.whole = panel.figure.x_range.end;
    const pick = () => {
      const [at] = panel.genes.selected.indices;
      if (at === undefined) return;
      const gene = panel.genes.data.number[at];
      panel.genes.selected.indices = [];
      select(gene);
    };
    panel.genes.selected.properties.indices.change.connect(pick);
    panel.genes.inspect.connect(() => {
      const [at] = panel.genes.inspected.indices;
      hover(at === undefined ? -1 : panel.genes.data.number[at]);
    });
    for (const range of [panel.figure.x_range, panel.figure.y_range]) range.change.connect(later);
    panel.figure.properties.inner_width.change.connect(later);
    // Dragging would keep a finger from scrolling the page.
    if (matchMedia("(pointer: coarse)").matches) panel.figure.toolbar.active_drag = null;
    return panel;
  }

  async function start() {
    const roots = data.bokeh.roots.map((root) => root.id);
    const targets = Object.fromEntries(roots.map((id, number) => [id, $(`plot-${number}`)]));
    await Bokeh.embed.embed_items({ networks: data.bokeh }, [{ docid: "networks", roots: targets, root_ids: roots }]);
    panels = [0, 1].map((number) => connect(Bokeh.documents[0], number));
    listen();
    choose(data.views[0]);
    requestAnimationFrame(() => requestAnimationFrame(() => { document.body.dataset.ready = "true"; }));
  }

  start();
})();
