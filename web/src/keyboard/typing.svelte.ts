// The keys of the computer as a piano: A W S E D F T G Y H U J K O L P ; from C, Z and X an octave down and up.

import { keyboard } from "./keyboard.svelte.ts";

const KEYS = ["KeyA", "KeyW", "KeyS", "KeyE", "KeyD", "KeyF", "KeyT", "KeyG", "KeyY", "KeyH", "KeyU", "KeyJ", "KeyK", "KeyO", "KeyL", "KeyP", "Semicolon"];
const DEVICE = "computer";
const VELOCITY = 84;

class Typing {
  isOn = $state(false);
  /** The octave that begins with A: 4 is that of middle C. */
  octave = $state(4);
  #down = new Map<string, number>();

  toggle(): void {
    this.isOn = !this.isOn;
    if (this.isOn) keyboard.isOpen = true;
    else this.leave();
  }

  shift(octaves: number): void {
    this.octave = Math.min(7, Math.max(1, this.octave + octaves));
  }

  /** Take a key that goes down; false where it is not one of the piano. */
  press(event: KeyboardEvent): boolean {
    if (!this.isOn || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.code === "Escape") this.toggle();
    else if (event.code === "KeyZ" || event.code === "KeyX") this.shift(event.code === "KeyX" ? 1 : -1);
    else if (KEYS.includes(event.code)) {
      if (!event.repeat && !this.#down.has(event.code)) this.#begin(event);
    } else return false;
    event.preventDefault();
    return true;
  }

  release(event: KeyboardEvent): void {
    const pitch = this.#down.get(event.code);
    if (pitch === undefined) return;
    this.#down.delete(event.code);
    keyboard.off(DEVICE, pitch, event.timeStamp);
  }

  /** The page does not have the keys any more. */
  leave(): void {
    this.#down.clear();
    keyboard.releaseAll(DEVICE);
  }

  #begin(event: KeyboardEvent): void {
    const pitch = 12 * (this.octave + 1) + KEYS.indexOf(event.code);
    this.#down.set(event.code, pitch);
    keyboard.on(DEVICE, pitch, VELOCITY, event.timeStamp);
  }
}

export const typing = new Typing();
