/** The controls of the link between this page and its edge. */

import { byId, make, setText } from "./dom";
import { percent, rate } from "./format";
import { OPEN_LINK, type Link } from "./viewer";

const PRESETS: { label: string; rate_bps: number | null }[] = [
  { label: "Open", rate_bps: null },
  { label: "3 M", rate_bps: 3_000_000 },
  { label: "1 M", rate_bps: 1_000_000 },
  { label: "700 k", rate_bps: 700_000 },
  { label: "300 k", rate_bps: 300_000 },
];

/** The slider's ends: slower than any ladder's lowest rung, faster than most ladders' highest. */
const RATE_BPS_MIN = 100_000;
const RATE_BPS_MAX = 20_000_000;
/** The slider's last notch leaves the rate open. */
const NOTCHES = 100;
/** A dragged slider fires for every pixel; the edge hears of it once it rests this long. */
const REST_MS = 150;

export class LinkPanel {
  private link: Link = { ...OPEN_LINK };
  private timer = 0;
  private readonly form = byId("link-form", HTMLFormElement);
  private readonly rateInput = byId("rate", HTMLInputElement);
  private readonly latencyInput = byId("latency", HTMLInputElement);
  private readonly lossInput = byId("loss", HTMLInputElement);
  private readonly note = byId("link-state", HTMLElement);
  private readonly buttons: HTMLButtonElement[];

  constructor(private readonly changed: (link: Link) => void) {
    this.buttons = PRESETS.map((preset) => this.presetButton(preset.label, preset.rate_bps));
    byId("presets", HTMLElement).append(...this.buttons);
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.rateInput.addEventListener("input", () => {
      this.choose({ ...this.link, rate_bps: rateOf(Number(this.rateInput.value)) });
    });
    this.latencyInput.addEventListener("input", () => {
      this.choose({ ...this.link, latency_ms: Number(this.latencyInput.value) });
    });
    this.lossInput.addEventListener("input", () => {
      this.choose({ ...this.link, loss_ratio: Number(this.lossInput.value) / 100 });
    });
    this.draw();
  }

  get wanted(): Link {
    return this.link;
  }

  /** Sets the rate without telling anyone, for a preset in the page's address. */
  preset(rate_bps: number | null): void {
    this.link = { ...this.link, rate_bps };
    this.draw();
  }

  /** Says why the link cannot be held to anything, or, with null, that it can. */
  setUnavailable(reason: string | null): void {
    for (const control of this.form.querySelectorAll("input, button")) {
      (control as HTMLInputElement | HTMLButtonElement).disabled = reason !== null;
    }
    this.form.classList.toggle("unavailable", reason !== null);
    if (reason !== null) setText(this.note, reason);
  }

  setInForce(link: Link): void {
    const parts = [link.rate_bps === null ? "rate open" : rate(link.rate_bps)];
    if (0 < link.latency_ms) parts.push(`${link.latency_ms} ms`);
    if (0 < link.loss_ratio) parts.push(`${percent(link.loss_ratio)} loss`);
    setText(this.note, `In force: ${parts.join(" · ")}`);
  }

  setWaiting(): void {
    setText(this.note, "Takes effect when playback starts");
  }

  setFailed(cause: unknown): void {
    const why = cause instanceof Error ? cause.message : String(cause);
    setText(this.note, `The edge did not take the change: ${why}`);
  }

  private presetButton(label: string, rate_bps: number | null): HTMLButtonElement {
    const button = make("button", "preset", label);
    button.type = "button";
    button.dataset.rateBps = rate_bps === null ? "open" : String(rate_bps);
    button.setAttribute("aria-label", rate_bps === null ? "Open rate" : rate(rate_bps));
    button.addEventListener("click", () => this.choose({ ...this.link, rate_bps }));
    return button;
  }

  private choose(link: Link): void {
    this.link = link;
    this.draw();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.changed(this.link), REST_MS);
  }

  private draw(): void {
    const { rate_bps, latency_ms, loss_ratio } = this.link;
    const rateText = rate_bps === null ? "Open" : rate(rate_bps);
    // Dragging must not move the thumb under the pointer to the notch nearest to the rounded rate.
    if (rateOf(Number(this.rateInput.value)) !== rate_bps) this.rateInput.value = String(notchOf(rate_bps));
    this.latencyInput.value = String(latency_ms);
    this.lossInput.value = String(Math.round(loss_ratio * 100));
    this.rateInput.setAttribute("aria-valuetext", rateText);
    setText(byId("rate-value", HTMLOutputElement), rateText);
    setText(byId("latency-value", HTMLOutputElement), `${latency_ms} ms`);
    setText(byId("loss-value", HTMLOutputElement), percent(loss_ratio));
    PRESETS.forEach((preset, index) => {
      this.buttons[index]?.setAttribute("aria-pressed", String(preset.rate_bps === rate_bps));
    });
  }
}

/** A notch's rate: even steps on a logarithmic scale, rounded to two figures. */
function rateOf(notch: number): number | null {
  if (NOTCHES <= notch) return null;
  const exact_bps = RATE_BPS_MIN * (RATE_BPS_MAX / RATE_BPS_MIN) ** (notch / (NOTCHES - 1));
  return Number(exact_bps.toPrecision(2));
}

function notchOf(rate_bps: number | null): number {
  if (rate_bps === null) return NOTCHES;
  const share = Math.log(rate_bps / RATE_BPS_MIN) / Math.log(RATE_BPS_MAX / RATE_BPS_MIN);
  return Math.round(Math.min(1, Math.max(0, share)) * (NOTCHES - 1));
}
