/**
 * A class list, and how a spreadsheet that somebody pasted becomes one. Pure. Every line of the paste gets its own
 * verdict, so that the page can show what will be read before anything is stored.
 */

export interface Pupil {
  number: number;
  name: string;
  group: string | null;
}

/** What the server takes; the page says so before it asks. */
export const SEATS_MAX = 120;
export const NUMBER_MAX = 999;
export const NAME_LETTERS_MAX = 64;
export const GROUP_LETTERS_MAX = 16;
/** A paste beyond this is no class; its rest is not read. */
const LINES_MAX = 500;

export type Problem =
  | "no_number"
  | "bad_number"
  | "number_twice"
  | "no_name"
  | "name_too_long"
  | "group_too_long"
  | "too_many";

/** One line of a paste: a pupil, or why it is none. */
export interface ReadLine {
  /** As a spreadsheet counts, from 1. */
  line: number;
  raw: string;
  pupil: Pupil | null;
  problem: Problem | null;
}

export interface ReadList {
  lines: ReadLine[];
  pupils: Pupil[];
  /** The first line named the columns and is no pupil. */
  header: boolean;
  /** No column held numbers: the pupils are numbered in their order. */
  numbered: boolean;
  /** Lines that were left unread because there were too many. */
  unread: number;
}

type Column = "number" | "name" | "group";

/** Names of columns, the best first. A student number counts only where there is nothing better. */
const COLUMN_NAMES: readonly (readonly [Column, RegExp])[] = [
  ["number", /^(座号|座位号?|座次|seat( ?(no\.?|number))?)$/i],
  ["number", /^(号数?|编号|班内序号|no\.?|number|#)$/i],
  ["number", /^(序号|学号|index|student (no\.?|number|id)|id)$/i],
  ["name", /^(姓名|学生姓名|名字|学生|(full |student |pupil )?name|pupil|student)$/i],
  ["group", /^(小?组|组别|分组|小组名称?|group|team)$/i],
];

/** Reads pasted cells: tabs as spreadsheets copy them, commas or semicolons as they save them, or plain lines. */
export function readTable(text: string): ReadList {
  const all = cellsOf(text.replace(/^\uFEFF/, ""));
  const filled = all.filter(({ cells }) => cells.some((cell) => cell !== ""));
  const rows = filled.slice(0, LINES_MAX).map(splitLoneCell);
  const titles = rows[0] === undefined ? null : headerOf(rows[0].cells);
  const body = titles === null ? rows : rows.slice(1);
  const columns = columnsOf(titles, body);
  const seen = new Set<number>();
  const lines = body.map((row, index) => readLine(row, columns, index, seen));
  return {
    lines,
    pupils: lines.flatMap(({ pupil }) => (pupil === null ? [] : [pupil])),
    header: titles !== null,
    numbered: columns.number === null && lines.length > 0,
    unread: filled.length - rows.length,
  };
}

/** What is wrong with a list that was typed by hand: for each pupil, in order, the first problem or null. */
export function problemsOf(pupils: readonly { number: number | null; name: string; group: string | null }[]): (Problem | null)[] {
  const seen = new Set<number>();
  return pupils.map(({ number, name, group }, index) => {
    if (number === null) return "no_number";
    return problemOf({ number, name, group }, index, seen);
  });
}

/** `pasted` laid over `before` by number; everybody else stays. By number. */
export function merged(before: readonly Pupil[], pasted: readonly Pupil[]): Pupil[] {
  const byNumber = new Map([...before, ...pasted].map((pupil) => [pupil.number, pupil]));
  return [...byNumber.values()].sort((a, b) => a.number - b.number);
}

/** Bytes of a saved file as text: UTF-8, or the GBK that spreadsheets in Chinese save by default. */
export function decodeFile(bytes: Uint8Array): string {
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (utf16) return new TextDecoder(bytes[0] === 0xff ? "utf-16le" : "utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}

interface Row {
  line: number;
  cells: string[];
}

interface Columns {
  number: number | null;
  name: number | null;
  group: number | null;
}

/** Cells with their line; quotes as in RFC 4180, so that a cell may hold the separator or a line break. */
function cellsOf(text: string): Row[] {
  const separator = separatorOf(text);
  const rows: Row[] = [];
  let cells: string[] = [];
  let cell = "";
  let quoted = false;
  let line = 1;
  let begun = 1;
  const endCell = () => {
    cells.push(tidy(cell));
    cell = "";
  };
  const endRow = () => {
    endCell();
    rows.push({ line: begun, cells });
    cells = [];
    begun = line + 1;
  };
  const letters = text.replace(/\r\n?/g, "\n");
  for (let at = 0; at < letters.length; at += 1) {
    const letter = letters[at] ?? "";
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (letters[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
    } else if (letter === '"' && cell.trim() === "") quoted = true;
    else if (letter === separator) endCell();
    else if (letter === "\n") endRow();
    else cell += letter;
    if (letter === "\n") line += 1;
  }
  endRow();
  return rows;
}

/** The separator that splits most lines; a tab wins, because only a spreadsheet writes it. */
function separatorOf(text: string): string {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const splits = (separator: string) => lines.filter((line) => line.includes(separator)).length;
  if (splits("\t") > 0) return "\t";
  const [best] = [",", "，", ";", "；"].map((separator) => ({ separator, count: splits(separator) })).sort((a, b) => b.count - a.count);
  return best !== undefined && best.count * 2 > lines.length ? best.separator : "\t";
}

/** `12 王芳 第一组`, `12、王芳`: lines that were typed rather than copied from cells. */
function splitLoneCell(row: Row): Row {
  const filled = row.cells.filter((cell) => cell !== "");
  const [only] = filled;
  if (filled.length !== 1 || only === undefined) return row;
  const found = /^(\d+)\s*(?:[.．、:：)）号]\s*|\s+)(\S.*)$/.exec(halfWidth(only));
  if (found === null) return row;
  const [, number = "", rest = ""] = found;
  const [name = "", group] = splitGroup(rest);
  return { line: row.line, cells: group === undefined ? [number, name] : [number, name, group] };
}

/** A Chinese name has no space in it, so what follows one is the group; other names may have many. */
function splitGroup(rest: string): string[] {
  const found = /^(\p{Script=Han}+)\s+(\S.*)$/u.exec(rest);
  return found === null ? [rest] : [found[1] ?? "", found[2] ?? ""];
}

function headerOf(cells: readonly string[]): string[] | null {
  const named = cells.filter((cell) => COLUMN_NAMES.some(([, pattern]) => pattern.test(cell)));
  return named.length > 0 && !cells.some((cell) => wholeNumber(cell) !== null) ? [...cells] : null;
}

function columnsOf(titles: readonly string[] | null, body: readonly Row[]): Columns {
  const width = Math.max(0, ...body.map(({ cells }) => cells.length));
  const indices = Array.from({ length: width }, (_, index) => index);
  const numbers = (index: number) => body.filter(({ cells }) => inRange(cells[index]));
  const holdsNumbers = (index: number) => numbers(index).length * 2 > body.length;
  const titled = (wanted: Column, fits: (index: number) => boolean) => {
    for (const [column, pattern] of COLUMN_NAMES) {
      if (column !== wanted) continue;
      const found = indices.find((index) => pattern.test(titles?.[index] ?? "") && fits(index));
      if (found !== undefined) return found;
    }
    return null;
  };
  if (titles !== null) {
    const number = titled("number", holdsNumbers);
    const name = titled("name", () => true) ?? indices.find((index) => index !== number && !holdsNumbers(index)) ?? null;
    return { number, name, group: titled("group", (index) => index !== name) };
  }
  const number = indices.find(holdsNumbers) ?? null;
  const rest = indices.filter((index) => index !== number && body.some(({ cells }) => (cells[index] ?? "") !== ""));
  const [name = null, group = null] = rest.filter((index) => index !== number);
  return { number, name, group };
}

function readLine({ line, cells }: Row, columns: Columns, index: number, seen: Set<number>): ReadLine {
  const raw = cells.join("  ").trim();
  const at = (column: number | null) => (column === null ? "" : (cells[column] ?? ""));
  const typed = at(columns.number);
  const number = columns.number === null ? index + 1 : wholeNumber(typed);
  if (number === null) return { line, raw, pupil: null, problem: typed === "" ? "no_number" : "bad_number" };
  const group = at(columns.group);
  const pupil = { number, name: at(columns.name), group: group === "" ? null : group };
  const problem = problemOf(pupil, seen.size, seen);
  return { line, raw, pupil: problem === null ? pupil : null, problem };
}

function problemOf({ number, name, group }: Pupil, before: number, seen: Set<number>): Problem | null {
  if (!Number.isInteger(number) || number < 1 || number > NUMBER_MAX) return "bad_number";
  if (seen.has(number)) return "number_twice";
  if (name.trim() === "") return "no_name";
  if ([...name].length > NAME_LETTERS_MAX) return "name_too_long";
  if (group !== null && [...group].length > GROUP_LETTERS_MAX) return "group_too_long";
  if (before >= SEATS_MAX) return "too_many";
  seen.add(number);
  return null;
}

function inRange(cell: string | undefined): boolean {
  const number = wholeNumber(cell ?? "");
  return number !== null && number >= 1 && number <= NUMBER_MAX;
}

function wholeNumber(cell: string): number | null {
  const digits = /^(\d{1,15})(?:号|\.0+)?$/.exec(halfWidth(cell));
  return digits === null ? null : Number(digits[1]);
}

/** Full-width digits and letters as people type them with a Chinese keyboard. */
function halfWidth(text: string): string {
  return text.replace(/[！-～]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0xfee0)).replace(/\u3000/g, " ");
}

/** Control characters and bidi overrides go, runs of white space become one space. */
function tidy(cell: string): string {
  return cell
    .replace(/[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, "")
    .replace(/\s+/g, " ")
    .trim()
    .normalize("NFC");
}
