/** What this browser remembers for its user. Storage may be switched off; then nothing is remembered, and that is all. */

const PREFIX = "airclass.";

export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + key, value);
  } catch {
    // Private windows refuse storage.
  }
}

/** As {@link remembered}, for this tab only: survives a reload, not a new tab. */
export function rememberedHere(key: string): string | null {
  try {
    return sessionStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}

export function rememberHere(key: string, value: string | null): void {
  try {
    if (value === null) sessionStorage.removeItem(PREFIX + key);
    else sessionStorage.setItem(PREFIX + key, value);
  } catch {
    // As above.
  }
}
