/**
 * Which layers of a picture go out. The server says which of them somebody takes; the others are paused, so that the
 * uplink and the encoder of a studio do not work for nobody.
 */

/** The part of an encoding that decides. */
export interface Encoding {
  rid?: string;
  active?: boolean;
}

/**
 * Whether each of `encodings` (low to high) goes out when the server wants the rids `wanted`; null before it has said
 * anything about this publication. A picture in one size is never paused. When nobody takes any layer the lowest stays:
 * the first classroom to come sees something at once, and the browser's bandwidth estimate stays awake.
 */
export function activeLayers(encodings: readonly Encoding[], wanted: readonly string[] | null): boolean[] {
  const all = encodings.map(() => true);
  if (wanted === null || encodings.length < 2) return all;
  if (wanted.length === 0) return encodings.map((_, index) => index === 0);
  const taken = encodings.map(({ rid }) => rid !== undefined && wanted.includes(rid));
  // Rids of a publication that is no more: better too much than a black picture.
  return taken.includes(true) ? taken : all;
}

/** As much of an `RTCRtpSender` as a switch needs. */
export interface LayeredSender {
  getParameters(): RTCRtpSendParameters;
  setParameters(parameters: RTCRtpSendParameters): Promise<void>;
}

/** What one layer of a sender does now. */
export interface LayerState {
  rid: string | null;
  active: boolean;
}

/** A browser forgets the parameters it handed out when something else changed meanwhile; then they are read anew. */
const ATTEMPTS = 3;

/**
 * Keeps a sender's layers as the server last wanted them. Every change of that sender takes its turn here, because
 * `setParameters` fails while another one is under way; of wishes that wait for their turn only the last is carried out.
 */
export class LayerSwitch {
  #sender: LayeredSender | null = null;
  #wanted: readonly string[] | null = null;
  #planned = false;
  #last: Promise<unknown> = Promise.resolve();

  /** A new publication begins: all its layers go out until the server has said something about it. */
  reset(): void {
    this.#sender = null;
    this.#wanted = null;
  }

  /** The publication has its sender; what was wanted since {@link reset} holds for it. */
  attach(sender: LayeredSender | null): void {
    this.#sender = sender;
    this.#plan();
  }

  /** The rids that somebody takes, as the server names them. */
  want(rids: readonly string[]): void {
    this.#wanted = rids;
    this.#plan();
  }

  /** Runs `change` when no other change of the sender is under way. */
  inTurn(change: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(change);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  get layers(): LayerState[] {
    const encodings = this.#sender?.getParameters().encodings ?? [];
    return encodings.map(({ rid = null, active = true }) => ({ rid, active }));
  }

  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    void this.inTurn(async () => {
      this.#planned = false;
      await this.#apply();
    });
  }

  async #apply(): Promise<void> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const sender = this.#sender;
      if (sender === null) return;
      const parameters = sender.getParameters();
      const active = activeLayers(parameters.encodings, this.#wanted);
      if (parameters.encodings.every((encoding, index) => (encoding.active ?? true) === active[index])) return;
      parameters.encodings.forEach((encoding, index) => (encoding.active = active[index] ?? true));
      try {
        return await sender.setParameters(parameters);
      } catch {
        // The sender stays as it was: what is not paused costs bandwidth, never a picture.
      }
    }
  }
}
