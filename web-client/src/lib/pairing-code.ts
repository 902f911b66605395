/** The code on a screen that wants to be paired, as people type it. Pure. */

/** Three and three letters, without those that are read for one another. */
const LENGTH = 6;

/** `7k4 2mx`, `７Ｋ４－２ＭＸ` and `7K42MX` are all `7K4-2MX`; null while it is not whole. */
export function pairingCode(typed: string): string | null {
  const letters = lettersOf(typed);
  return letters.length === LENGTH ? `${letters.slice(0, 3)}-${letters.slice(3)}` : null;
}

/** What the field shows while somebody types. */
export function asTyped(typed: string): string {
  const letters = lettersOf(typed).slice(0, LENGTH);
  return letters.length > 3 ? `${letters.slice(0, 3)}-${letters.slice(3)}` : letters;
}

function lettersOf(typed: string): string {
  return typed
    .normalize("NFKC")
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, "");
}
