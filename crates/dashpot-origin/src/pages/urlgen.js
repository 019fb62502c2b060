"use strict";
const at = (id) => document.getElementById(id);
const form = at("form");
let asked = new AbortController();

// Shows the options of the service that is chosen, and the URL that they come to.
function build() {
  const [service, kind] = at("kind").value.split("/");
  let options = "";
  for (const fields of form.querySelectorAll("fieldset")) {
    fields.hidden = fields.dataset.service !== service;
    if (fields.hidden) continue;
    for (const input of fields.querySelectorAll("input")) {
      let value = input.value.trim();
      if (value === "") continue;
      if (input.dataset.unit !== "" && /^[0-9.]+$/.test(value)) value += input.dataset.unit;
      options += `${input.name}_${encodeURIComponent(value)}/`;
    }
  }
  const file = kind === "hls" ? "hls.m3u8" : `${kind}.mpd`;
  return `${location.origin}/${service}/${at("asset").value}/${options}${file}`;
}

// Asks the server for the manifest: it alone knows what fits.
async function validate(url) {
  asked.abort();
  asked = new AbortController();
  const signal = asked.signal;
  let good = false, text;
  try {
    const reply = await fetch(url, { signal, cache: "no-store" });
    good = reply.ok;
    const body = await reply.text();
    const what = url.endsWith(".mpd") ? "MPD" : "playlist";
    text = good ? `The ${what} is there: ${body.length} characters.` : `${reply.status}: ${body.trim()}`;
  } catch (error) {
    text = `The server cannot be reached: ${error.message}`;
  }
  if (signal.aborted) return;
  at("state").dataset.good = good ? "yes" : "no";
  at("state").textContent = text;
}

function show() {
  const url = build(), player = form.dataset.player;
  at("url").href = at("url").textContent = url;
  at("copy").textContent = "Copy";
  // Neither the page nor the command plays HLS.
  const is_mpd = url.endsWith(".mpd");
  at("play").hidden = !is_mpd || player === "";
  at("command").textContent = is_mpd && player === "" ? `dashpot play ${url}` : "";
  if (player !== "") {
    at("play").href = `${player}${player.includes("?") ? "&" : "?"}mpd=${encodeURIComponent(url)}`;
  }
  validate(url);
}

at("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(at("url").textContent);
    at("copy").textContent = "Copied";
  } catch {
    // Without leave to write, people can still copy what is selected.
    getSelection().selectAllChildren(at("url"));
    at("copy").textContent = "Selected";
  }
});
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", show);
show();
