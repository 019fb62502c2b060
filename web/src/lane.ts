/** This page's way through an edge: its viewer there, and what its link is held to. */

import type { Edge } from "./config";
import { LinkPanel } from "./link-panel";
import { closeViewer, limitViewer, openViewer, type Link, type Viewer } from "./viewer";

export class Lane {
  /** What the edge confirmed; null while there is no viewer. */
  inForce: Link | null = null;
  private viewer: Viewer | null = null;
  private readonly panel: LinkPanel;

  constructor(rate_bps: number | null, changed: (rate_bps: number | null) => void) {
    this.panel = new LinkPanel((link) => {
      changed(link.rate_bps);
      void this.limit();
    });
    this.panel.preset(rate_bps);
    addEventListener("pagehide", () => this.close());
  }

  get viewerId(): string | null {
    return this.viewer?.id ?? null;
  }

  get rate_bps(): number | null {
    return this.panel.wanted.rate_bps;
  }

  /** Opens a viewer on an edge with a lab and limits its link; returns the prefix of its URLs. */
  async open(edge: Edge, isCurrent: () => boolean): Promise<string> {
    const viewer = await openViewer(edge);
    if (!isCurrent()) {
      closeViewer(viewer);
      return "";
    }
    this.viewer = viewer;
    await this.limit();
    return viewer.prefix;
  }

  close(): void {
    if (this.viewer !== null) closeViewer(this.viewer);
    this.viewer = null;
    this.inForce = null;
  }

  /** Shows whether links can be limited with these choices; `edge` is undefined for a foreign MPD. */
  offer(edge: Edge | undefined): void {
    if (edge === undefined) {
      this.panel.setUnavailable("An MPD from the address bar does not pass through an edge's lab.");
    } else if (!edge.lab) {
      this.panel.setUnavailable("This edge runs without --lab, so its links cannot be limited.");
    } else {
      this.panel.setUnavailable(null);
      if (this.viewer === null) this.panel.setWaiting();
    }
  }

  private async limit(): Promise<void> {
    const { viewer } = this;
    if (viewer === null) return;
    try {
      const inForce = await limitViewer(viewer, this.panel.wanted);
      if (viewer !== this.viewer) return;
      this.inForce = inForce;
      this.panel.setInForce(inForce);
    } catch (cause) {
      if (viewer === this.viewer) this.panel.setFailed(cause);
    }
  }
}
