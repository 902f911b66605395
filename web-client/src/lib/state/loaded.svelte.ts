/** Something that is fetched: loading, there, or failed; a later reload keeps what is there on the page. */
import { ApiError } from "$lib/api/client";
import { session } from "./account.svelte";

export class Loaded<T> {
  value = $state.raw<T | null>(null);
  error = $state.raw<unknown>(null);
  loading = $state(false);

  constructor(private readonly fetchIt: () => Promise<T>) {}

  async load(): Promise<void> {
    this.loading = true;
    try {
      this.value = await this.fetchIt();
      this.error = null;
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) session.expire();
      this.error = error;
    } finally {
      this.loading = false;
    }
  }
}
