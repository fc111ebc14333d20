// A file that was dropped or chosen becomes a work; what is no music is refused in a line.

import { composing } from "./composing.svelte.ts";
import { saving } from "./saving.svelte.ts";
import { service } from "./service/service.ts";
import { studio } from "./studio.svelte.ts";
import { t } from "./translation/translation.svelte.ts";

export async function importFile(file: File): Promise<void> {
  try {
    await saving.flush();
    const work = await service.works.upload(file);
    await composing.open(work.id);
    studio.notify(t("import.done", { name: file.name }));
  } catch (error) {
    studio.report(error);
  }
}
