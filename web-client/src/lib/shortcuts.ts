/** Single-key shortcuts (WCAG 2.1.4): they can be switched off and do nothing where people type. */

export type Shortcuts = Readonly<Record<string, (event: KeyboardEvent) => void>>;

/** Inputs whose keys mean something to themselves. */
const TYPING = "input:not([type=checkbox]):not([type=button]), textarea, select, [contenteditable=true]";

/** Calls what `shortcuts` has for a key: `m`, `shift+f`, `arrowup`, `?`. Returns how to stop listening. */
export function listen(shortcuts: Shortcuts, enabled: () => boolean): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const key = event.key.toLowerCase();
    if (key.length === 1 && !enabled()) return;
    const { target } = event;
    if (target instanceof Element && (target.matches(TYPING) || target.closest("dialog") !== null)) return;
    // A focused button or link answers to Enter itself.
    if (key === "enter" && target instanceof Element && target.matches("button, a")) return;
    const letter = /^[a-z]$/.test(key);
    const run = shortcuts[event.shiftKey && letter ? `shift+${key}` : key];
    if (run === undefined) return;
    event.preventDefault();
    run(event);
  };
  addEventListener("keydown", onKey);
  return () => removeEventListener("keydown", onKey);
}
