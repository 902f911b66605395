/** A pupil's own device in a lesson: the code, who answers, the poll that is open, and what was sent. */
import { ApiError } from "$lib/api/client";
import { answerPupilPoll, getPupilPoll, type PupilPoll } from "$lib/api/polls";
import { rememberedHere, rememberHere } from "./preferences";
import { Submission } from "./submission.svelte";

/** How often the open poll is asked for; a wrong code is asked once. */
const ASK_EVERY_MS = 3_000;

export interface Pupil {
  classroom: string;
  seat: number;
}

export class PupilDevice {
  code = $state<string | null>(null);
  shown = $state.raw<PupilPoll | null>(null);
  pupil = $state.raw<Pupil | null>(null);
  /** What was sent for which poll. */
  sent = $state.raw<{ poll: string; answer: number } | null>(null);
  readonly entering = new Submission();
  readonly sending = new Submission();

  enter(code: string): Promise<void> {
    return this.entering.run(async () => {
      this.shown = await getPupilPoll(code);
      this.code = code;
      this.pupil = remembered(code);
    });
  }

  become(pupil: Pupil | null): void {
    this.pupil = pupil;
    this.sending.failure = null;
    if (this.code !== null) rememberHere(`pupil.${this.code}`, pupil === null ? null : JSON.stringify(pupil));
  }

  answer(answer: number): Promise<void> {
    const { code, pupil } = this;
    const poll = this.shown?.poll?.id;
    return this.sending.run(async () => {
      if (code === null || pupil === null || poll === undefined) return;
      await answerPupilPoll(code, { ...pupil, answer });
      this.sent = { poll, answer };
    });
  }

  /** Follows the lesson; run inside an effect. Returns how to stop. */
  follow(): () => void {
    const handle = setInterval(() => void this.#ask(), ASK_EVERY_MS);
    return () => clearInterval(handle);
  }

  async #ask(): Promise<void> {
    if (this.code === null) return;
    try {
      const before = this.shown?.poll?.id;
      this.shown = await getPupilPoll(this.code);
      if (this.shown.poll?.id !== before) this.sending.failure = null;
    } catch (error) {
      // The lesson is over: its code is nobody's. A broken line is asked again.
      if (error instanceof ApiError && error.status === 404) {
        this.code = null;
        this.entering.failure = error;
      }
    }
  }
}

function remembered(code: string): Pupil | null {
  try {
    const { classroom, seat } = JSON.parse(rememberedHere(`pupil.${code}`) ?? "null") as Pupil;
    return typeof classroom === "string" && typeof seat === "number" ? { classroom, seat } : null;
  } catch {
    return null;
  }
}
