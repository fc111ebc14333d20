// Work that a panel waits for: buttons are off meanwhile, and what goes wrong is reported.
import { studio } from "../studio.svelte.ts";

export class Working {
  busy = $state(false);

  async do(work: () => Promise<void>): Promise<void> {
    this.busy = true;
    try {
      await work();
    } catch (error) {
      studio.report(error);
    } finally {
      this.busy = false;
    }
  }
}
