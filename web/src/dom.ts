/** The few DOM operations the page needs, typed. */

type Constructor<T> = new (...args: never[]) => T;

/** Returns the element with this id; the page is broken if it is missing or of another kind. */
export function byId<T extends Element>(id: string, kind: Constructor<T>): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return found;
}

/** Makes an element with a class and children; strings become text, never markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  element.append(...children);
  return element;
}

/** Writes text only when it changed, so that assistive technology and layout are left in peace. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export interface Choice {
  value: string;
  label: string;
  group?: string;
}

/**
 * Replaces the options of a select and keeps `selected` chosen where it is among them. A choice
 * without a value only says why there is nothing to choose.
 */
export function setChoices(select: HTMLSelectElement, choices: Choice[], selected: string): void {
  const groups = new Map<string, HTMLOptGroupElement>();
  const nodes: Node[] = [];
  for (const { value, label, group } of choices) {
    const option = new Option(label, value, false, value === selected);
    if (group === undefined) {
      nodes.push(option);
      continue;
    }
    let parent = groups.get(group);
    if (parent === undefined) {
      parent = document.createElement("optgroup");
      parent.label = group;
      groups.set(group, parent);
      nodes.push(parent);
    }
    parent.append(option);
  }
  select.replaceChildren(...nodes);
  select.disabled = choices.every(({ value }) => value === "");
}
