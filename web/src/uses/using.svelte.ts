// Which use is open in place of the piece; what is lazy-loaded starts from here.

import type { UseName } from "./uses.ts";

class Using {
  /** The use that is seen; null where the piece is. */
  chosen = $state<UseName | null>(null);
  /** Whether the uses are listed. */
  isListed = $state(false);

  list(): void {
    this.isListed = true;
  }

  choose(name: UseName | null): void {
    this.chosen = name;
  }
}

export const using = new Using();
