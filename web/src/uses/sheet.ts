// The cue sheet as a table for editors of pictures.

export type CueRow = {
  number: number; mood: string; start: string; end: string; start_seconds: number; end_seconds: number; start_frame: number;
  first_bar: number; bars: number; bpm: number; key: string; valence: number; arousal: number; hit: string;
};

/** The sheet as CSV (RFC 4180), with the columns of `cues.csv` that `firmus produce` writes. */
export function cueCsv(rows: readonly CueRow[]): string {
  const columns = Object.keys(rows[0]!) as (keyof CueRow)[];
  const cell = (value: string | number) => (/[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
  return [columns.join(","), ...rows.map((row) => columns.map((name) => cell(row[name])).join(","))].map((line) => `${line}\r\n`).join("");
}
