/** Single-key shortcuts (WCAG 2.1.4): they can be switched off and do nothing where people type. */

export type Shortcuts = Readonly<Record<string, (event: KeyboardEvent) => void>>;

/** Inputs whose keys mean something to themselves. */
const TYPING = "input:not([type=checkbox]):not([type=button]), textarea, select, [contenteditable=true]";

/** Whether a key of the page may act on this event: not where people type or in a dialog. */
function isFree({ target }: KeyboardEvent): boolean {
  return !(target instanceof Element && (target.matches(TYPING) || target.closest("dialog") !== null));
}

/** Calls what `shortcuts` has for a key: `m`, `shift+f`, `arrowup`, `?`. Returns how to stop listening. */
export function listen(shortcuts: Shortcuts, enabled: () => boolean): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const key = event.key.toLowerCase();
    if (key.length === 1 && !enabled()) return;
    if (!isFree(event)) return;
    const { target } = event;
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

/** As {@link listen}, for one key that acts as long as it is held. A page that is left lets go of it. */
export function listenHeld(key: string, press: () => void, release: () => void, enabled: () => boolean): () => void {
  let held = false;
  const onDown = (event: KeyboardEvent) => {
    if (event.key.toLowerCase() !== key || event.ctrlKey || event.metaKey || event.altKey || !isFree(event)) return;
    if (event.repeat || held || !enabled()) return;
    event.preventDefault();
    held = true;
    press();
  };
  const letGo = () => {
    if (held) release();
    held = false;
  };
  const onUp = (event: KeyboardEvent) => {
    if (event.key.toLowerCase() === key) letGo();
  };
  addEventListener("keydown", onDown);
  addEventListener("keyup", onUp);
  addEventListener("blur", letGo);
  return () => {
    removeEventListener("keydown", onDown);
    removeEventListener("keyup", onUp);
    removeEventListener("blur", letGo);
    letGo();
  };
}
