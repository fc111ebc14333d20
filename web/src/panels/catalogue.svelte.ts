// The catalogue: of each piece what is known of it, and fields for its owner to fill, kept in the browser. Its columns
// are those of `firmus catalogue`.

import { isComposed, type Card } from "./rights.ts";

const STORED = "firmus.catalogue";
const KNOWN = ["work", "title", "folder", "written", "verdict", "style", "key", "bars", "seconds", "model", "seed", "composed_by_model", "training"] as const;
export const TO_FILL = ["iswc", "isrc", "writers", "publisher", "licence", "price", "currency", "territory", "terms"] as const;
export type Field = (typeof TO_FILL)[number];
export type Row = Partial<Record<(typeof KNOWN)[number] | Field, string | number>>;

class Catalogue {
  #rows = $state<Record<string, Row>>(JSON.parse(localStorage.getItem(STORED) ?? "{}") as Record<string, Row>);

  of(root: string): Row {
    return this.#rows[root] ?? {};
  }

  get rows(): Row[] {
    return Object.values(this.#rows);
  }

  /** Put down what is known of a piece, or was filled in; what stands there otherwise stays. */
  put(root: string, values: Row): void {
    this.#rows[root] = { ...this.of(root), ...values };
    localStorage.setItem(STORED, JSON.stringify(this.#rows));
  }
}

export const catalogue = new Catalogue();

/** What a rights card says of a work, as the catalogue has it. */
export function known(card: Card): Row {
  const composed = isComposed(card) ? { model: card.model.name, composed_by_model: card.share.model, training: card.training.join("; ") } : {};
  return { work: card.work, title: card.title, ...composed };
}

/** Rows as a table that spreadsheets read, and in which none of them computes anything. */
export function csv(rows: readonly Row[]): string {
  const columns = [...KNOWN, ...TO_FILL];
  const cell = (value: string | number | undefined) => {
    const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value ?? "");
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `\ufeff${[columns.join(","), ...rows.map((row) => columns.map((name) => cell(row[name])).join(","))].join("\n")}\n`;
}

export function json(rows: readonly Row[]): string {
  const empty = Object.fromEntries([...KNOWN, ...TO_FILL].map((name) => [name, ""]));
  return JSON.stringify({ format: "firmus-catalogue", version: 1, works: rows.map((row) => ({ ...empty, ...row })) }, null, 1);
}

/** Whether a text could be such a code: an ISWC by its check digit, an ISRC by its form. Empty ones are. */
export function isPlausible(field: Field, text: string): boolean {
  const bare = text.replace(/[\s.-]/g, "").toUpperCase();
  if (!bare) return true;
  if (field === "isrc") return /^[A-Z]{2}[A-Z0-9]{3}\d{7}$/.test(bare);
  if (field !== "iswc") return true;
  if (!/^T\d{10}$/.test(bare)) return false;
  const sum = [...bare.slice(1, 10)].reduce((total, digit, index) => total + Number(digit) * (index + 1), 1);
  return (10 - (sum % 10)) % 10 === Number(bare[10]);
}
