// A link that carries a piece: the ABC notation after "#abc=" is opened as a work of one's own.

const CARRIED = /^#abc=(.+)$/s;

/** The piece that a link carries, as a file; null where it carries none, or a damaged one. */
export function linked(hash: string): File | null {
  const text = CARRIED.exec(hash)?.[1];
  if (text === undefined) return null;
  try {
    const notation = decodeURIComponent(text);
    const title = /^T:(.+)$/m.exec(notation)?.[1]?.trim() || "abc";
    return new File([notation], `${title}.abc`, { type: "text/vnd.abc" });
  } catch {
    return null;
  }
}
