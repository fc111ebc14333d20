// Colours of the roll, from the style sheet, so that light and dark are written in one place.

export type Colours = {
  background: string;
  row: string;
  line: string;
  bar: string;
  text: string;
  accent: string;
  note: string;
};

const NAMES: (keyof Colours)[] = ["background", "row", "line", "bar", "text", "accent", "note"];
const HUES = [214, 28, 145, 280, 350, 185, 55, 320, 100, 240];

/** Blue to yellow, as cividis: to be told apart without red and green. */
const CIVIDIS = [[0, 34, 78], [53, 69, 108], [102, 105, 112], [148, 142, 119], [200, 184, 102], [254, 232, 56]] as const;

/** Colours as they are now. */
export function colours(element: Element): Colours {
  const style = getComputedStyle(element);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--roll-${name}`).trim()])) as Colours;
}

/** Colour of a part. */
export function partColour(place: number, lightness = 52, alpha = 1): string {
  return `hsl(${HUES[place % HUES.length]} 62% ${lightness}% / ${alpha})`;
}

/** Colour of a negative log-likelihood in bits: from 0 (expected) to 10 and more (surprising). */
export function heatColour(bits: number): string {
  const place = Math.min(Math.max(bits / 10, 0), 1) * (CIVIDIS.length - 1);
  const [low, high] = [CIVIDIS[Math.floor(place)]!, CIVIDIS[Math.ceil(place)]!];
  const mixed = low.map((value, index) => Math.round(value + (high[index]! - value) * (place % 1)));
  return `rgb(${mixed.join(" ")})`;
}
