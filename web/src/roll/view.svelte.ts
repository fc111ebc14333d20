// What a piano roll shows: a span of time and of pitch. The lanes above it share its axis of time.

export const GUTTER = 56; // pixels of the piano keys left of the notes
const [CLOSEST, WIDEST] = [2, 0.004]; // pixels a tick
const [LOWEST_ROW, HIGHEST_ROW] = [5, 32]; // pixels a semitone
const PITCHES = 128;

export type Box = { x: number; y: number; width: number; height: number };
type Shape = { start: number; duration: number; pitch: number };

const bounded = (value: number, low: number, high: number) => Math.min(Math.max(value, low), Math.max(low, high));

export class RollView {
  /** Tick at the left edge of the notes. */
  left = $state(0);
  /** Pixels a tick. */
  scale = $state(0.12);
  /** Highest pitch that is seen, with a fraction. */
  top = $state(84);
  /** Pixels a semitone. */
  row = $state(12);
  width = $state(800);
  height = $state(400);

  x(tick: number): number {
    return GUTTER + (tick - this.left) * this.scale;
  }

  tick(x: number): number {
    return this.left + (x - GUTTER) / this.scale;
  }

  /** Upper edge of a pitch's row. */
  y(pitch: number): number {
    return (this.top - pitch) * this.row;
  }

  pitch(y: number): number {
    return bounded(Math.ceil(this.top - y / this.row), 0, PITCHES - 1);
  }

  box(note: Shape): Box {
    return { x: this.x(note.start), y: this.y(note.pitch), width: note.duration * this.scale, height: this.row };
  }

  /** Whether some of a note is to be seen. */
  shows(note: Shape): boolean {
    const { x, y, width, height } = this.box(note);
    return x + width >= GUTTER && x <= this.width && y + height >= 0 && y <= this.height;
  }

  pan(x: number, y: number, end: number): void {
    this.left = bounded(this.left + x / this.scale, 0, end - (this.width - GUTTER) / this.scale / 4);
    this.top = bounded(this.top - y / this.row, Math.min(PITCHES - 1, this.height / this.row - 1), PITCHES - 1);
  }

  /** Zoom in time about a place that stays where it is. */
  zoom(factor: number, x = this.width / 2): void {
    const fixed = this.tick(x);
    this.scale = bounded(this.scale * factor, WIDEST, CLOSEST);
    this.left = Math.max(0, fixed - (x - GUTTER) / this.scale);
  }

  zoomPitch(factor: number, y = this.height / 2): void {
    const fixed = this.top - y / this.row;
    this.row = bounded(this.row * factor, LOWEST_ROW, HIGHEST_ROW);
    this.top = bounded(fixed + y / this.row, this.height / this.row - 1, PITCHES - 1);
  }

  /** Show all of some notes, and the whole piece in time up to a scale at which it can be read. */
  fit(notes: readonly Shape[], end: number): void {
    this.left = 0;
    this.scale = bounded((this.width - GUTTER - 16) / Math.max(end, 1), 0.045, 0.35);
    const [low, high] = notes.length
      ? [Math.min(...notes.map((note) => note.pitch)), Math.max(...notes.map((note) => note.pitch))]
      : [55, 79];
    this.row = bounded(Math.floor(this.height / (high - low + 4)), 5, 18);
    const spare = this.height / this.row - (high - low + 1);
    this.top = bounded(high + spare / 2, this.height / this.row - 1, PITCHES - 1);
  }

  /** Bring a tick into sight, as a playhead turns the page. */
  follow(tick: number): void {
    const x = this.x(tick);
    if (x < GUTTER || x > this.width - 24) this.left = Math.max(0, tick - 40 / this.scale);
  }
}

export const rollView = new RollView();
