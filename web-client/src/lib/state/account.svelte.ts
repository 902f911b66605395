/** Who this browser is: somebody signed in, a paired classroom screen, or nobody. */
import { ApiError, getIdentity, signIn, signOut } from "$lib/api/client";
import type { Account, Device, Identity as Known } from "$lib/api/types";

export type Identity =
  | { state: "unknown" }
  | { state: "offline" }
  | { state: "signed_out" }
  | { state: "signed_in"; account: Account }
  | { state: "device"; device: Device };

function knownAs({ account, device }: Known): Identity {
  if (account !== null) return { state: "signed_in", account };
  return device === null ? { state: "signed_out" } : { state: "device", device };
}

class Session {
  identity = $state.raw<Identity>({ state: "unknown" });

  get account(): Account | null {
    return this.identity.state === "signed_in" ? this.identity.account : null;
  }

  /** The paired screen that this browser is. */
  get device(): Device | null {
    return this.identity.state === "device" ? this.identity.device : null;
  }

  /** Asks the server whose cookie we hold. */
  async load(): Promise<void> {
    try {
      this.identity = knownAs(await getIdentity());
    } catch (error) {
      const signedOut = error instanceof ApiError && error.status === 401;
      this.identity = signedOut ? { state: "signed_out" } : { state: "offline" };
    }
  }

  async signIn(name: string, password: string): Promise<void> {
    this.identity = { state: "signed_in", account: await signIn(name, password) };
  }

  async signOut(): Promise<void> {
    await signOut().catch(() => undefined);
    this.identity = { state: "signed_out" };
  }

  /** A call was answered 401: the cookie no longer counts. */
  expire(): void {
    this.identity = { state: "signed_out" };
  }
}

export const session = new Session();
