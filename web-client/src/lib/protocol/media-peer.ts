/**
 * One RTCPeerConnection and its WHIP or WHEP resource: offers, takes the answer, restarts ICE, closes. What is in the
 * offer is decided by [`publisher`](./publisher.ts) and [`receiver`](./receiver.ts).
 */
import { restartedAnswer, restartFragment } from "./ice-restart";
import { type SdpEndpoint, SdpResource } from "./sdp-resource";

export type CreatePeer = (configuration: RTCConfiguration) => RTCPeerConnection;

export class MediaPeer {
  #answer: string;
  #restart: Promise<void> | null = null;

  private constructor(
    readonly connection: RTCPeerConnection,
    private readonly resource: SdpResource,
    answer: string,
  ) {
    this.#answer = answer;
  }

  /**
   * Offers what `connection` holds and takes the answer; closes `connection` when that fails. `worded` may change what
   * the server reads of the offer: only things whose answer decides, because the browser keeps its own.
   */
  static async open(
    connection: RTCPeerConnection,
    endpoint: SdpEndpoint,
    signal?: AbortSignal,
    worded: (offer: string) => string = (offer) => offer,
  ): Promise<MediaPeer> {
    try {
      await connection.setLocalDescription();
      // The server is ICE-lite and learns our address from our own checks: nothing to gather for.
      const offer = worded(connection.localDescription?.sdp ?? "");
      const { resource, answer } = await SdpResource.create(endpoint, offer, signal);
      const peer = new MediaPeer(connection, resource, answer);
      try {
        await connection.setRemoteDescription({ type: "answer", sdp: answer });
      } catch (error) {
        void resource.remove();
        throw error;
      }
      return peer;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  get answer(): string {
    return this.#answer;
  }

  /** New ICE credentials on the same session. Throws when the server no longer knows it. */
  restartIce(): Promise<void> {
    this.#restart ??= this.#restartOnce().finally(() => {
      this.#restart = null;
    });
    return this.#restart;
  }

  async #restartOnce(): Promise<void> {
    const offer = await this.connection.createOffer({ iceRestart: true });
    await this.connection.setLocalDescription(offer);
    const fragment = restartFragment(this.connection.localDescription?.sdp ?? "");
    this.#answer = restartedAnswer(this.#answer, await this.resource.restart(fragment));
    await this.connection.setRemoteDescription({ type: "answer", sdp: this.#answer });
  }

  /** Ends the session here, and unless the `server` has ended it already, there. */
  close(server: "tell" | "knows" = "tell"): void {
    if (this.connection.connectionState === "closed") return;
    this.connection.close();
    if (server === "tell") void this.resource.remove();
  }
}
