/** A written answer on a screen that nobody can scroll: pages of so many letters, each as long as reading takes. Pure. */

/** What fits into the strip below the picture. */
export const SHORT_LETTERS = 52;
/** What fits into the place of the large picture, at a size that is read from five metres. */
const PAGE_LETTERS = 140;
/** Finding the place, and looking up from the exercise book. */
const SETTLE_MS = 6_000;

/** Chinese characters are twice as wide as Latin letters, and take longer to read. */
const CJK = /[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uff60]/u;

/** Width of a text in Chinese letters. */
export function widthOf(text: string): number {
  let width = 0;
  for (const letter of text) width += CJK.test(letter) ? 1 : 0.55;
  return width;
}

export const readingMs = (text: string): number => SETTLE_MS + widthOf(text) * 220;

/** Cut behind sentences where there are any, else behind words, else anywhere. */
export function pagesOf(text: string, letters = PAGE_LETTERS): string[] {
  const pages: string[] = [];
  let page = "";
  const put = (piece: string) => {
    if (page !== "" && widthOf(page + piece) > letters) {
      pages.push(page.trim());
      page = "";
    }
    page += piece;
  };
  for (const sentence of text.match(/[^。！？；.!?;\n]+[。！？；.!?;\n]*\s*|[。！？；.!?;\n]+\s*/gu) ?? []) {
    if (widthOf(sentence) <= letters) put(sentence);
    else for (const piece of words(sentence, letters)) put(piece);
  }
  if (page.trim() !== "") pages.push(page.trim());
  return pages;
}

function words(sentence: string, letters: number): string[] {
  return (sentence.match(/\S+\s*|\s+/gu) ?? []).flatMap((word) => {
    if (widthOf(word) <= letters) return [word];
    const all = [...word];
    return Array.from({ length: Math.ceil(all.length / letters) }, (_, at) =>
      all.slice(at * letters, (at + 1) * letters).join(""),
    );
  });
}
