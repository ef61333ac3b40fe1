// What an Opus packet tells by itself. Source: RFC 6716 section 3.1, RFC 7845 section 5.1.

import { UnplayableAudio, begins } from './bytes.js';

/** Opus counts in 48 kHz, whatever went in. */
export const OPUS_CLOCK = 48000;

const SILK_MS = [10, 20, 40, 60];
const HYBRID_MS = [10, 20];
const CELT_MS = [2.5, 5, 10, 20];

/** Frames of audio in a packet, at 48 kHz. @param {Uint8Array} packet */
export function packetFrames(packet) {
  if (!packet.length) return 0;
  const kind = packet[0] >> 3;
  const ms =
    kind < 12 ? SILK_MS[kind & 3] : kind < 16 ? HYBRID_MS[kind & 1] : CELT_MS[kind & 3];
  const counts = [1, 2, 2, (packet[1] ?? 0) & 63];
  return (counts[packet[0] & 3] * ms * OPUS_CLOCK) / 1000;
}

/**
 * The track that an OpusHead describes. The decoder is given no description, so that leaving out the
 * pre-skip is ours alone, in every browser.
 * @param {Uint8Array} head
 * @returns {import('./demux.js').Track}
 */
export function opusTrack(head) {
  if (!begins(head, 'OpusHead') || head.length < 19) throw new UnplayableAudio('The OpusHead is broken.');
  if (head[18] !== 0) throw new UnplayableAudio('Only mono and stereo Opus can be played.');
  return { codec: 'opus', sampleRate: OPUS_CLOCK, channels: head[9], skip: head[10] | (head[11] << 8) };
}
