import { FrameDemuxer } from './frames.js';

const RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];

/** AAC frames with their ADTS headers, which the decoder wants too. Source: ISO 14496-3 1.A.2.2. */
export class AdtsDemuxer extends FrameDemuxer {
  constructor() {
    super(7, adtsHeader);
  }
}

/** @param {Uint8Array} header */
export function adtsHeader([a, b, c, d, e, f]) {
  const sampleRate = RATES[(c >> 2) & 15];
  const channels = ((c & 1) << 2) | (d >> 6);
  const length = ((d & 3) << 11) | (e << 3) | (f >> 5);
  if (a !== 0xff || (b & 0xf6) !== 0xf0 || !sampleRate || !channels || length < 8) return null;
  const codec = `mp4a.40.${(c >> 6) + 1}`;
  return { length, track: { codec, sampleRate, channels, skip: 0 } };
}
