/** Small ways of making and keeping elements. Text is only ever set as text, so that a port's name stays a name. */

type Attributes = Readonly<Record<string, string | boolean | undefined>>;
type Child = Node | string;

/** A new HTML element. An attribute that is `true` stands without a value, one that is `false` not at all. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** A new SVG element. */
export function s<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Node[]
): SVGElementTagNameMap[Tag] {
  const element = document.createElementNS(SVG, tag);
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

/** The element of the page's own HTML that has this id. */
export function byId<Kind extends HTMLElement>(id: string): Kind {
  return document.getElementById(id) as Kind;
}

/** Sets the text if it is another one: an unchanged node costs no layout, and keeps a selection. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element: Element, name: string, value: string | boolean): void {
  if (value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== (value === true ? "" : value))
    element.setAttribute(name, value === true ? "" : value);
}

function setAttributes(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined) setAttribute(element, name, value);
}

/** One element for each item: those that stay are kept and updated, with their focus. */
export class KeyedList<Item, Made extends { readonly element: Element }> {
  readonly #parent: Element;
  readonly #keyOf: (item: Item) => string;
  readonly #make: (item: Item) => Made;
  readonly #made = new Map<string, Made>();

  constructor(parent: Element, keyOf: (item: Item) => string, make: (item: Item) => Made) {
    this.#parent = parent;
    this.#keyOf = keyOf;
    this.#make = make;
  }

  /** Shows these items in this order. `update` fills each one's element. */
  show(items: readonly Item[], update: (made: Made, item: Item) => void): void {
    const wanted = new Set(items.map(this.#keyOf));
    for (const [key, { element }] of this.#made) {
      if (wanted.has(key)) continue;
      element.remove();
      this.#made.delete(key);
    }
    let next = this.#parent.firstElementChild;
    for (const item of items) {
      const made = this.#take(item);
      update(made, item);
      if (made.element === next) next = next.nextElementSibling;
      else this.#parent.insertBefore(made.element, next);
    }
  }

  #take(item: Item): Made {
    const key = this.#keyOf(item);
    const made = this.#made.get(key) ?? this.#make(item);
    this.#made.set(key, made);
    return made;
  }
}
