// Archives of the service: ZIP files whose entries are stored as they are.

const ENTRY = 0x04034b50; // begins the header of a file

/** The files of an archive by name, in order. */
export function unzipped(archive: ArrayBuffer): Map<string, Blob> {
  const view = new DataView(archive);
  const files = new Map<string, Blob>();
  for (let at = 0; at + 30 <= view.byteLength && view.getUint32(at, true) === ENTRY; ) {
    const [size, name, extra] = [view.getUint32(at + 18, true), view.getUint16(at + 26, true), view.getUint16(at + 28, true)];
    const begin = at + 30 + name + extra;
    files.set(new TextDecoder().decode(new Uint8Array(archive, at + 30, name)), new Blob([archive.slice(begin, begin + size)]));
    at = begin + size;
  }
  return files;
}
