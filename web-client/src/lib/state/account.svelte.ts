/** Who is signed in here. */
import { ApiError, getSession, signIn, signOut } from "$lib/api/client";
import type { Account } from "$lib/api/types";

export type Identity =
  | { state: "unknown" }
  | { state: "offline" }
  | { state: "signed_out" }
  | { state: "signed_in"; account: Account };

class Session {
  identity = $state.raw<Identity>({ state: "unknown" });

  get account(): Account | null {
    return this.identity.state === "signed_in" ? this.identity.account : null;
  }

  /** Asks the server whose cookie we hold. */
  async load(): Promise<void> {
    try {
      this.identity = { state: "signed_in", account: await getSession() };
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
