/** Moving about with a remote control: its arrows walk over the buttons, its OK key presses the one with the focus. */
import type { Shortcuts } from "./shortcuts";

function step(by: 1 | -1): void {
  const buttons = [...document.querySelectorAll<HTMLElement>("main button:not(:disabled), main a[href]")];
  if (buttons.length === 0) return;
  const at = buttons.findIndex((button) => button === document.activeElement);
  const next = at < 0 ? (by > 0 ? 0 : buttons.length - 1) : (at + by + buttons.length) % buttons.length;
  buttons[next]?.focus({ focusVisible: true } as FocusOptions);
}

/** Arrow keys, to be joined with a page's own shortcuts. */
export function focusByArrows(): Shortcuts {
  const forward = () => step(1);
  const back = () => step(-1);
  return { arrowright: forward, arrowdown: forward, arrowleft: back, arrowup: back };
}
