/** Tells the program that started the browser what happens, in order and each thing once. */

/** One thing that happened; `what` says which, the other fields belong to it. */
export interface Told {
  what: string;
  [field: string]: string | number | null;
}

/** What happened is told so often: also when nothing has, so that silence means that the page hangs. */
const TELL_MS = 500;
/** Things of one message; the program takes no more than a thousand. */
const THINGS_MAX = 500;
/** So many failures in a row, and the program is gone: then the page is of no use any more. */
const FAILURES_MAX = 10;

export class Teller {
  private began_ms = 0;
  private number = 0;
  private waiting: (Told & { t_ms: number })[] = [];
  private failures = 0;

  constructor(private readonly base: string) {}

  async ask<T>(path: string): Promise<T> {
    const response = await fetch(`${this.base}/${path}`, { cache: "no-store" });
    if (!response.ok) throw new Error(`${path}: the program answered ${response.status}`);
    return (await response.json()) as T;
  }

  /** Begins the session: from here on time counts. */
  async begin(hello: Record<string, string>): Promise<void> {
    const response = await fetch(`${this.base}/begin`, { method: "POST", body: JSON.stringify(hello) });
    this.began_ms = performance.now();
    if (!response.ok) throw new Error(`begin: the program answered ${response.status}`);
    this.later();
  }

  /** Notes what happened, `ago_ms` before now. */
  tell(told: Told, ago_ms = 0): void {
    this.waiting.push({ ...told, t_ms: Math.max(0, performance.now() - this.began_ms - ago_ms) });
  }

  private later(): void {
    setTimeout(() => void this.send(), TELL_MS);
  }

  private async send(): Promise<void> {
    const things = this.waiting.slice(0, THINGS_MAX);
    const body = JSON.stringify({ number: this.number, things });
    const sent = await fetch(`${this.base}/events`, { method: "POST", body }).catch(() => null);
    if (sent?.ok) {
      this.number += 1;
      this.waiting.splice(0, things.length);
      this.failures = 0;
    } else {
      this.failures += 1;
    }
    // Without a window, this headless browser ends.
    if (FAILURES_MAX <= this.failures) window.close();
    else this.later();
  }
}
