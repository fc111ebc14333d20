// What the service can do: read once when the page opens, and again when the service is back.

import { service } from "./service/service.ts";
import type { Described as Kind } from "./uses/fields.ts";

type Field = { minimum?: number; exclusiveMinimum?: number; maximum?: number; description?: string };
type Described = {
  styles: Record<string, string>;
  kinds: Record<string, { models: string[] } & Kind>;
  brief: { properties: Record<string, Field> };
  formats: { uploads: string[]; files: Record<string, string> };
  limits: { piece_seconds: number };
};

class Capabilities {
  known = $state.raw<Described | null>(null);

  async read(): Promise<void> {
    this.known = (await (await service.fetch("GET", "/v1/capabilities")).json()) as Described;
  }

  /** Range and meaning of a number of a brief. */
  field(name: string): Field {
    return this.known?.brief.properties[name] ?? {};
  }
}

export const capabilities = new Capabilities();
