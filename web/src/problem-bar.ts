/** The bar at the top of the page that says what went wrong and offers to try again. */

import { byId, setText } from "./dom";
import type { Problem } from "./problems";

/** Shows a problem with a way to try again, or with null takes the bar away. */
export function showProblem(problem: Problem | null, retry: () => void = () => undefined): void {
  byId("problem", HTMLElement).hidden = problem === null;
  setText(byId("problem-title", HTMLElement), problem?.title ?? "");
  setText(byId("problem-advice", HTMLElement), problem?.advice ?? "");
  byId("problem-retry", HTMLButtonElement).onclick = retry;
}
