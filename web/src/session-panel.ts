/** The form that chooses what is played, through which edge, and how. */

import type { MediaInfo } from "dashjs";
import { FORMS, formsOf, sourcesOf, STRATEGIES, type Choices, type Strategy } from "./choices";
import type { Config } from "./config";
import { byId, setChoices, setText, type Choice } from "./dom";
import { language } from "./format";
import type { Session } from "./session";

export interface SessionPanelEvents {
  /** Something that needs a session of its own: edge, asset or form. */
  restart(): void;
  /** Something a running session takes over: strategy or buffer. */
  adjust(): void;
}

export class SessionPanel {
  private readonly edge = byId("edge", HTMLSelectElement);
  private readonly asset = byId("asset", HTMLSelectElement);
  private readonly form = byId("form", HTMLSelectElement);
  private readonly abr = byId("abr", HTMLSelectElement);
  private readonly buffer = byId("buffer", HTMLInputElement);
  private readonly audio = byId("audio", HTMLSelectElement);
  private readonly subtitles = byId("subtitles", HTMLSelectElement);
  private session: Session | null = null;
  /** What was chosen last, so that it outlives a restart; null is the MPD's own choice, or none. */
  private wanted: Record<"audio" | "text", string | null> = { audio: null, text: null };

  constructor(
    private readonly config: Config,
    private readonly choices: Choices,
    events: SessionPanelEvents,
  ) {
    this.fill();
    this.showTracks(null);
    this.showTold(null);
    byId("session-form", HTMLFormElement).addEventListener("submit", (event) => event.preventDefault());
    for (const select of [this.edge, this.asset, this.form]) {
      select.addEventListener("change", () => {
        this.read();
        this.fill();
        events.restart();
      });
    }
    this.abr.addEventListener("change", () => {
      this.read();
      events.adjust();
    });
    this.buffer.addEventListener("input", () => {
      this.read();
      this.showBuffer();
      events.adjust();
    });
    this.audio.addEventListener("change", () => {
      this.wanted.audio = this.session?.tracks("audio")[Number(this.audio.value)]?.lang ?? null;
      this.session?.chooseAudio(Number(this.audio.value));
    });
    this.subtitles.addEventListener("change", () => {
      this.wanted.text = this.session?.tracks("text")[Number(this.subtitles.value)]?.lang ?? null;
      this.session?.chooseSubtitles(Number(this.subtitles.value));
    });
  }

  /** Offers the tracks of a session, and chooses what was chosen before; null while there is none. */
  showTracks(session: Session | null): void {
    this.session = session;
    const audio = session?.tracks("audio") ?? [];
    const none: Choice = { value: "", label: session === null ? "Known once playing" : "None" };
    const current = session?.currentAudio()?.lang ?? null;
    const at = Math.max(0, indexOf(audio, this.wanted.audio ?? current));
    setChoices(this.audio, audio.length === 0 ? [none] : audio.map(toChoice), String(at));
    if (this.wanted.audio !== null && 0 < audio.length) session?.chooseAudio(at);
    const text = session?.tracks("text") ?? [];
    const shown = indexOf(text, this.wanted.text);
    setChoices(this.subtitles, [{ value: "-1", label: "Off" }, ...text.map(toChoice)], String(shown));
    if (shown !== -1) session?.chooseSubtitles(shown);
  }

  /** Offers the MPD's address without this page's own link in it, for use elsewhere. */
  showAddress(url: string | null): void {
    const link = byId("mpd", HTMLAnchorElement);
    if (url === null) link.removeAttribute("href");
    else link.href = url;
    link.title = url ?? "";
    // The marks keep the address in order although the box cuts it off at its beginning.
    setText(link, url === null ? "–" : `\u2068${url}\u2069`);
  }

  /** Leads to what the player has told of this session; null while it tells nothing. */
  showTold(page: string | null): void {
    const link = byId("told", HTMLAnchorElement);
    if (page === null) link.removeAttribute("href");
    else link.href = page;
    setText(link, page === null ? "–" : "What the player tells (CMCD)");
  }

  private read(): void {
    this.choices.edge = this.edge.value;
    this.choices.source = this.asset.value;
    if (this.form.value !== "") this.choices.form = this.form.value;
    this.choices.strategy = this.abr.value as Strategy;
    this.choices.buffer_s = Number(this.buffer.value);
  }

  private fill(): void {
    const { config, choices } = this;
    setChoices(
      this.edge,
      config.edges.map(({ name }) => ({ value: name, label: name })),
      choices.edge,
    );
    const sources = sourcesOf(config).map((source) => this.sourceChoice(source));
    if (choices.mpdUrl !== null) sources.unshift({ value: "address", label: "MPD in the address bar" });
    setChoices(this.asset, sources, choices.source);
    const forms = formsOf(choices, config);
    if (forms.length === 0) {
      setChoices(this.form, [{ value: "", label: "As the MPD is" }], "");
    } else {
      if (!forms.includes(choices.form)) choices.form = forms[0] ?? "";
      setChoices(
        this.form,
        forms.map((form) => ({ value: form, label: FORMS[form] ?? form })),
        choices.form,
      );
    }
    const strategies = Object.entries(STRATEGIES).map(([value, label]) => ({ value, label }));
    setChoices(this.abr, strategies, choices.strategy);
    this.buffer.value = String(choices.buffer_s);
    this.showBuffer();
  }

  private sourceChoice(source: string): Choice {
    if (source === "proxied") return { value: source, label: "The proxied MPD" };
    const [kind, name] = source.split(":");
    const asset = this.config.assets.find((entry) => entry.name === name);
    if (kind === "asset") return { value: source, label: asset?.title ?? source };
    const manifest = this.config.manifests.find((entry) => entry.name === name);
    return { value: source, label: manifest?.title ?? source, group: "Hand-written MPDs" };
  }

  private showBuffer(): void {
    setText(byId("buffer-value", HTMLOutputElement), `${this.buffer.value} s`);
  }
}

/** Returns the place of the track in this language, or -1. */
function indexOf(tracks: MediaInfo[], language: string | null): number {
  return language === null ? -1 : tracks.findIndex(({ lang }) => lang === language);
}

function toChoice(track: MediaInfo, index: number): Choice {
  const label = track.labels[0]?.text;
  return { value: String(index), label: label ?? language(track.lang) };
}
