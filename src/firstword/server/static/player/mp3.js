import { FrameDemuxer } from './frames.js';

const RATES = [44100, 48000, 32000];
const KBPS_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const KBPS_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

/** MP3 frames (layer III of MPEG 1, 2 and 2.5). Source: ISO 11172-3 2.4.2.3, ISO 13818-3. */
export class Mp3Demuxer extends FrameDemuxer {
  constructor() {
    super(4, mp3Header);
  }
}

/** @param {Uint8Array} header */
export function mp3Header([a, b, c, d]) {
  const version = (b >> 3) & 3; // 3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5
  const layer3 = ((b >> 1) & 3) === 1;
  const rate = RATES[(c >> 2) & 3];
  const kbps = (version === 3 ? KBPS_1 : KBPS_2)[c >> 4];
  if (a !== 0xff || b < 0xe0 || version === 1 || !layer3 || !rate || !kbps) return null;
  const sampleRate = version === 3 ? rate : version === 2 ? rate / 2 : rate / 4;
  const samples = version === 3 ? 1152 : 576;
  const length = Math.floor((samples / 8) * ((kbps * 1000) / sampleRate)) + ((c >> 1) & 1);
  return { length, track: { codec: 'mp3', sampleRate, channels: d >> 6 === 3 ? 1 : 2, skip: 0 } };
}
