/** One form on its way to the server: under way, gone wrong, or through. */
export class Submission {
  busy = $state(false);
  failure = $state.raw<unknown>(null);

  /** Runs `work`, and keeps what it throws for the page to say. */
  async run(work: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.failure = null;
    try {
      await work();
    } catch (error) {
      this.failure = error;
    } finally {
      this.busy = false;
    }
  }
}
