"use strict";
const at = (id) => document.getElementById(id);
// How often the page looks.
const LOOK_MS = 2000;

function say(text, good) {
  at("status").textContent = text;
  at("status").dataset.good = good ? "yes" : "no";
}

// Sends a change, and shows what has come of it.
async function send(method, path, body) {
  try {
    const headers = { "Content-Type": "application/json" };
    const reply = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
    const told = await reply.json();
    if (!reply.ok) say(`${told.error}. ${told.hint}.`, false);
    else if ("moved" in told) say(`${told.moved} moved; they go when they ask next.`, true);
    else say("Changed; viewers learn of it when they ask next.", true);
  } catch (error) {
    say(`The server cannot be reached: ${error.message}`, false);
  }
  await look(false);
}

function cell(row, ...children) {
  const data = document.createElement("td");
  data.append(...children);
  row.append(data);
}

function field(kind, label, set) {
  const input = document.createElement(kind);
  input.setAttribute("aria-label", label);
  set(input);
  return input;
}

function choice(label, first, ids, chosen, changed) {
  return field("select", label, (select) => {
    select.add(new Option(first, ""));
    for (const id of ids) select.add(new Option(id, id));
    select.value = chosen ?? "";
    if (changed) select.addEventListener("change", () => changed(select.value || null));
  });
}

const seconds = (ms) => `${(ms / 1000).toFixed(0)} s`;

// Says what is known of a pathway by asking it, and whose word counts.
function told({ health, load_by, load_percent }) {
  if (health === null) return load_by === "operator" ? "by your word" : "not asked";
  const parts = [`${health.state} for ${seconds(health.held_ms)}`];
  if (health.why !== null) parts.push(health.why);
  if (health.full_by !== null) parts.push(`${health.full_by} for ${seconds(health.full_ms)}`);
  else if (health.load_percent !== null) parts.push(`load ${health.load_percent} %`);
  if (load_by === "pathway" && load_percent !== (health.load_percent ?? load_percent)) {
    parts.push(`counts as ${load_percent} % for a while`);
  }
  if (load_by === "operator") parts.push("your word counts");
  return parts.join(", ");
}

function pathwayRow(one, count) {
  const row = document.createElement("tr");
  row.dataset.pathway = one.id;
  const put = (body) => send("PUT", `pathways/${one.id}`, body);
  const number = (label, value, max, name) =>
    field("input", `${label} of ${one.id}`, (input) => {
      Object.assign(input, { type: "number", min: 0, max, value });
      input.addEventListener("change", () => put({ [name]: Number(input.value) }));
    });
  cell(row, one.id);
  cell(row, String(one.viewers));
  cell(row, field("meter", `share of ${one.id}`, (meter) => {
    meter.max = Math.max(count, 1);
    meter.value = one.viewers;
  }));
  cell(row, number("weight", one.weight, 1000, "weight"));
  cell(row, field("input", `load of ${one.id}`, (input) => {
    const own = one.load_by !== "operator";
    Object.assign(input, { type: "number", min: 0, max: 100, value: own ? "" : one.load_percent });
    input.placeholder = String(one.load_percent);
    input.addEventListener("change", () => put({ load_percent: input.value === "" ? null : Number(input.value) }));
  }));
  cell(row, told(one));
  cell(row, field("input", `retire ${one.id}`, (input) => {
    Object.assign(input, { type: "checkbox", checked: one.retired });
    input.addEventListener("change", () => put({ retired: input.checked }));
  }));
  cell(row, one.url ?? `${one.clone.base} at ${one.clone.host}`);
  return row;
}

function viewerRow(one, ids) {
  const row = document.createElement("tr");
  row.dataset.viewer = one.id;
  cell(row, one.id);
  cell(row, one.format ?? "");
  cell(row, one.ended ? "ended" : one.pathway ?? "");
  const used = one.used.map(({ pathway, throughput_bps }) =>
    throughput_bps === null ? pathway : `${pathway} ${(throughput_bps / 1e6).toFixed(1)}`);
  cell(row, used.join(", "));
  cell(row, String(one.asks));
  cell(row, (one.silent_ms / 1000).toFixed(0));
  cell(row, choice(`move ${one.id}`, "by weight", ids, one.moved, (pathway) =>
    send("PUT", `viewers/${one.id}`, { pathway })));
  cell(row, field("button", `end the steering of ${one.id}`, (button) => {
    button.textContent = "End";
    button.disabled = one.ended;
    button.addEventListener("click", () => send("DELETE", `viewers/${one.id}`));
  }));
  return row;
}

function options(select, first, ids) {
  const held = select.value;
  select.replaceChildren(new Option(first, ""), ...ids.map((id) => new Option(id, id)));
  select.value = ids.includes(held) ? held : "";
}

async function look(greets = true) {
  let state;
  try {
    state = await (await fetch("state", { cache: "no-store" })).json();
  } catch (error) {
    say(`The server cannot be reached: ${error.message}`, false);
    return;
  }
  if (greets && at("status").dataset.good === undefined) say("", true);
  const ids = state.pathways.map(({ id }) => id);
  // Whoever is at a field is not disturbed.
  const busy = document.activeElement?.closest("tbody, form");
  if (busy !== at("pathways")) {
    at("pathways").replaceChildren(...state.pathways.map((one) => pathwayRow(one, state.viewer_count)));
  }
  if (busy !== at("viewers")) {
    at("viewers").replaceChildren(...state.viewers.map((one) => viewerRow(one, ids)));
  }
  if (busy !== at("move")) {
    options(at("from"), "any pathway", ids);
    options(at("to"), "by weight", ids);
  }
  if (busy !== at("ttl-form")) at("ttl").value = state.ttl_s;
  const more = state.next === null ? "" : `, of which ${state.viewers.length} are shown`;
  at("count").textContent = `${state.viewer_count} known${more}.`;
}

at("move").addEventListener("submit", (event) => {
  event.preventDefault();
  const [from, to] = [at("from").value || null, at("to").value || null];
  send("POST", "move", { from, to, share: Number(at("share").value) / 100 });
});
at("ttl-form").addEventListener("submit", (event) => {
  event.preventDefault();
  send("PUT", "state", { ttl_s: Number(at("ttl").value) });
});
look();
setInterval(look, LOOK_MS);
