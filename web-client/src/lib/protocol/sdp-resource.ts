/**
 * The HTTP half of WHIP (RFC 9725) and WHEP: an offer is POSTed, the answer comes back with a resource URL, and that
 * resource is PATCHed for an ICE restart and DELETEd at the end. Knows no RTCPeerConnection.
 */

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** The server said no. */
export class MediaRefused extends Error {
  override readonly name = "MediaRefused";

  constructor(
    readonly status: number,
    /** The server's stable code, e.g. `bad_sdp`. */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }

  /** Whether the same offer would be refused again: what we sent, or what we are, is the reason. */
  get lasting(): boolean {
    return [400, 403, 406, 413, 415, 422].includes(this.status);
  }
}

export interface SdpEndpoint {
  fetch: Fetch;
  /** Where offers go, e.g. `/whip/{lesson}?source=screen`. */
  url: string;
  /** Read anew for every request: a fresh snapshot may have brought a fresh token. */
  token: () => string;
}

export class SdpResource {
  #gone = false;

  private constructor(
    private readonly endpoint: SdpEndpoint,
    readonly url: string,
  ) {}

  /** POSTs the offer. Throws {@link MediaRefused}, or whatever `fetch` throws when the server is away. */
  static async create(
    endpoint: SdpEndpoint,
    offer: string,
    signal?: AbortSignal,
  ): Promise<{ resource: SdpResource; answer: string }> {
    const response = await endpoint.fetch(endpoint.url, {
      method: "POST",
      headers: headers(endpoint, "application/sdp"),
      body: offer,
      ...(signal === undefined ? {} : { signal }),
    });
    if (response.status !== 201) throw await refusal(response);
    const location = response.headers.get("location");
    if (location === null) throw new MediaRefused(response.status, "no_location", "the answer names no resource");
    const url = resolved(location, endpoint.url);
    return { resource: new SdpResource(endpoint, url), answer: await response.text() };
  }

  /** Sends an ICE restart (`If-Match: *`, as RFC 9725 wants for one) and returns the server's fragment. Throws {@link MediaRefused}; 404 means it is gone. */
  async restart(fragment: string): Promise<string> {
    const response = await this.endpoint.fetch(this.url, {
      method: "PATCH",
      headers: { ...headers(this.endpoint, "application/trickle-ice-sdpfrag"), "If-Match": "*" },
      body: fragment,
    });
    if (response.status === 404) this.#gone = true;
    if (response.status !== 200) throw await refusal(response);
    return response.text();
  }

  /**
   * Ends the session; also works while the page is being closed. Never throws: a lost resource expires by itself. One the
   * server does not know any more is left alone: a browser prints every 404 on its console.
   */
  async remove(): Promise<void> {
    if (this.#gone) return;
    this.#gone = true;
    const init: RequestInit = { method: "DELETE", headers: headers(this.endpoint), keepalive: true };
    await this.endpoint.fetch(this.url, init).catch(() => undefined);
  }
}

function headers(endpoint: SdpEndpoint, contentType?: string): Record<string, string> {
  const authorization = { Authorization: `Bearer ${endpoint.token()}` };
  return contentType === undefined ? authorization : { ...authorization, "Content-Type": contentType };
}

async function refusal(response: Response): Promise<MediaRefused> {
  const body: unknown = await response.json().catch(() => null);
  const { code, message } = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  return new MediaRefused(
    response.status,
    typeof code === "string" ? code : "unknown",
    typeof message === "string" ? message : `HTTP ${response.status}`,
  );
}

/** `Location` may be relative to the endpoint (RFC 9725, section 4.2). */
function resolved(location: string, endpointUrl: string): string {
  if (/^[a-z]+:/i.test(location)) return location;
  const base = new URL(endpointUrl, "http://relative.invalid");
  const url = new URL(location, base);
  return base.host === "relative.invalid" ? `${url.pathname}${url.search}` : url.href;
}
