// Undo and redo: the states of a piece before and after each command.

export type Command<State> = { name: string; before: State; after: State };

const MOST = 500; // commands that are remembered

export class History<State> {
  #done: Command<State>[] = [];
  #undone: Command<State>[] = [];

  /** Record a command. Those with one `group` that follow one another are one: a drag, a slider. */
  record(name: string, before: State, after: State, group = ""): void {
    const last = this.#done.at(-1);
    if (group && last && last.name === group + name && last.after === before) last.after = after;
    else this.#done.push({ name: group + name, before, after });
    if (this.#done.length > MOST) this.#done.shift();
    this.#undone = [];
  }

  /** The state before the last command; null where there is none. */
  undo(): State | null {
    const command = this.#done.pop();
    if (!command) return null;
    this.#undone.push(command);
    return command.before;
  }

  /** The state after the command that was undone last; null where there is none. */
  redo(): State | null {
    const command = this.#undone.pop();
    if (!command) return null;
    this.#done.push(command);
    return command.after;
  }

  get canUndo(): boolean {
    return this.#done.length > 0;
  }

  get canRedo(): boolean {
    return this.#undone.length > 0;
  }

  clear(): void {
    this.#done = [];
    this.#undone = [];
  }
}
