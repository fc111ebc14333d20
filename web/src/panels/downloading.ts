// Files that the page hands over.

/** A name that every file system takes. */
export function fileName(title: string, ending: string): string {
  return `${title.replace(/[\\/:*?"<>|]/g, " ").trim() || "piece"}.${ending}`;
}

/** Save bytes or a text as a file. */
export function download(content: Blob | string, type: string, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(typeof content === "string" ? new Blob([content], { type }) : content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
