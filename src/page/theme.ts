/** Light, dark, or as the system has it. */
import { byId, setText } from "./dom.js";

const THEMES = ["auto", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
const KEY = "theme";

/** Makes the switch work; `changed` is called after each change. */
export function startTheme(changed: () => void): void {
  const button = byId<HTMLButtonElement>("theme");
  let theme = THEMES.find((one) => one === localStorage.getItem(KEY)) ?? "auto";
  show(theme, button);
  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
    localStorage.setItem(KEY, theme);
    show(theme, button);
    changed();
  });
}

function show(theme: Theme, button: HTMLElement): void {
  document.documentElement.dataset["theme"] = theme;
  setText(button, `Theme: ${theme}`);
}
