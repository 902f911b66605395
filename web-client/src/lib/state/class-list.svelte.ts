/** A class list while somebody edits it: rows as typed, what is wrong with each, and what the server said last. */
import { ApiError } from "$lib/api/client";
import { type Classroom, getClassroom, putSeats } from "$lib/api/classrooms";
import { merged, type Problem, problemsOf, type Pupil, SEATS_MAX } from "$lib/class-list";
import { Loaded } from "./loaded.svelte";
import { Submission } from "./submission.svelte";

/** A row as it is typed; `key` stays its own while others come and go. */
export interface Row {
  key: number;
  number: string;
  name: string;
  group: string;
}

export class ClassListEditor {
  readonly loaded: Loaded<Classroom>;
  readonly saving = new Submission();
  rows = $state<Row[]>([]);
  /** The list was stored and nothing has changed since. */
  saved = $state(false);
  /** Index of a row that the server did not take. */
  refused = $state<number | null>(null);
  #keys = 0;
  #before = $state("");

  constructor(private readonly classroom: string) {
    this.loaded = new Loaded(() => getClassroom(classroom));
  }

  get pupils(): { number: number | null; name: string; group: string | null }[] {
    return this.rows.map(({ number, name, group }) => ({
      number: number.trim() === "" ? null : Number(number.normalize("NFKC")),
      name: name.trim(),
      group: group.trim() === "" ? null : group.trim(),
    }));
  }

  get problems(): (Problem | null)[] {
    return problemsOf(this.pupils);
  }

  get changed(): boolean {
    return JSON.stringify(this.pupils) !== this.#before;
  }

  get full(): boolean {
    return this.rows.length >= SEATS_MAX;
  }

  async load(): Promise<void> {
    await this.loaded.load();
    if (this.loaded.value !== null) this.#show(this.loaded.value);
  }

  /** Asks again for what stands above the list; rows that are being typed stay. */
  async renew(): Promise<void> {
    await this.loaded.load();
  }

  /** A new row with the next free number. */
  add(): void {
    if (this.full) return;
    const highest = Math.max(0, ...this.pupils.map(({ number }) => number ?? 0).filter(Number.isInteger));
    this.rows = [...this.rows, this.#row({ number: highest + 1, name: "", group: null })];
  }

  remove(key: number): void {
    this.rows = this.rows.filter((row) => row.key !== key);
    this.refused = null;
  }

  /** Puts what was pasted in the place of the list, or lays it over it by number. */
  take(pasted: readonly Pupil[], how: "replace" | "merge"): void {
    const before = this.pupils.filter((pupil): pupil is Pupil => pupil.number !== null);
    this.#use(how === "replace" ? pasted : merged(before, pasted));
  }

  discard(): void {
    if (this.loaded.value !== null) this.#show(this.loaded.value);
  }

  save(): Promise<void> {
    const seats = this.pupils.filter((pupil): pupil is Pupil => pupil.number !== null);
    return this.saving.run(async () => {
      this.refused = null;
      try {
        this.#show(await putSeats(this.classroom, seats));
        this.saved = true;
      } catch (error) {
        this.refused = error instanceof ApiError ? refusedRow(error.field) : null;
        throw error;
      }
    });
  }

  #show(classroom: Classroom): void {
    this.loaded.value = classroom;
    this.#use(classroom.seats);
    this.#before = JSON.stringify(this.pupils);
    this.refused = null;
  }

  #use(pupils: readonly Pupil[]): void {
    this.rows = pupils.map((pupil) => this.#row(pupil));
    this.saved = false;
  }

  #row({ number, name, group }: Pupil): Row {
    this.#keys += 1;
    return { key: this.#keys, number: String(number), name, group: group ?? "" };
  }
}

/** `seats.12.number` is about the thirteenth row. */
function refusedRow(field: string | null): number | null {
  const found = /^seats\.(\d+)\b/.exec(field ?? "");
  return found === null ? null : Number(found[1]);
}
