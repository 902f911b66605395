/** The names of our own class, which this page fetches for itself: the lesson knows seat numbers only. */
import { type Classroom, getClassroom } from "$lib/api/classrooms";
import { Loaded } from "./loaded.svelte";

export class ClassNames {
  readonly list: Loaded<Classroom>;
  readonly #names: ReadonlyMap<number, string>;

  constructor(classroom: string) {
    this.list = new Loaded(() => getClassroom(classroom));
    this.#names = $derived(new Map((this.list.value?.seats ?? []).map(({ number, name }) => [number, name])));
  }

  /** Null while it is not known. */
  of(seat: number): string | null {
    return this.#names.get(seat) ?? null;
  }

  /** The list did not come; the numbers do. */
  get missing(): boolean {
    return this.list.error !== null && this.list.value === null;
  }

  load(): void {
    void this.list.load();
  }
}
