import { make } from './elements.js';
import { begins } from './player/bytes.js';

/**
 * A streamed file, now that it is whole: a WAV was begun before anybody knew its size.
 * @param {Uint8Array} file as it came; it is changed
 */
export function completed(file) {
  if (file.length < 44 || !begins(file, 'RIFF')) return file;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  view.setUint32(4, file.length - 8, true);
  for (let at = 12; at + 8 <= file.length; ) {
    const size = view.getUint32(at + 4, true);
    if (begins(file.subarray(at), 'data')) {
      view.setUint32(at + 4, file.length - at - 8, true);
      break;
    }
    at += 8 + size + (size & 1);
  }
  return file;
}

/** Has the browser save something. @param {Blob} blob @param {string} name */
export function offer(blob, name) {
  const url = URL.createObjectURL(blob);
  make('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser may not have begun to save it yet
}
