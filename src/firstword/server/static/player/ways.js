// How a stream is played, by what this browser can do on this page: the first of these that works.

import { UnplayableAudio } from './bytes.js';
import { decodable } from './decoding.js';
import { ElementWay } from './media-element.js';
import { MediaSourceWay, takes } from './media-source.js';
import { remuxed } from './remux.js';
import { SamplesWay } from './samples.js';

/**
 * @typedef {object} Device
 * @property {AudioContext} context
 * @property {Promise<import('./outputs.js').WorkletOutput | import('./outputs.js').ScheduledOutput>} output
 */

/**
 * @typedef {object} Way
 * @property {string} name for people
 * @property {boolean} [asksItself] it fetches the answer by itself: nobody else need read on
 * @property {Promise<void>} heard kept when all has been heard or it was stopped, broken when it cannot be played
 * @property {(packets: import('./demux.js').Packet[]) => void} feed
 * @property {() => Promise<void>} ready until more may be fed, or nothing more is wanted
 * @property {() => Promise<void>} flush until nothing is held back of what was fed
 * @property {() => void} end nothing more will come; what was fed is played to its end
 * @property {() => void} stop silent at once
 */

/**
 * @typedef {object} WayProgress
 * @property {number} playedMs
 * @property {number} heardMs
 * @property {number} bufferedMs
 * @property {number} underruns
 * @property {number} heldMs
 * @property {number | null} soundedAt when the first sample was heard, on the clock of `performance.now`
 * @property {boolean} [done]
 */

/**
 * Samples of our own wherever they can be made; else a media element, that is given the stream while it
 * comes, or asks for it itself, or gets the whole of it.
 * @param {import('./demux.js').Track} track
 * @param {Device} device
 * @param {{delay: number, address: string | URL | null, stopped: () => boolean}} wanted
 * @param {(progress: WayProgress) => void} told
 * @returns {Promise<Way | null>} null if it was stopped meanwhile
 */
export async function chosen(track, device, { delay, address, stopped }, told) {
  const sampled = await decodable(track);
  const output = sampled ? await device.output : null;
  if (stopped()) return null;
  if (sampled) return new SamplesWay(track, { context: device.context, output, delay }, told);
  const media = remuxed(track);
  if (!media) throw new UnplayableAudio('This browser decodes no such audio on this page; ask for pcm or wav.');
  return takes(media.type) ? new MediaSourceWay(media, told) : new ElementWay(media, address, told);
}
