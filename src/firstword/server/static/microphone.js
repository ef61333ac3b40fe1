// The microphone, as recognizers want it: mono, 16 kHz, 16 bits.

import { Resampler } from './player/resample.js';

export const SAMPLE_RATE = 16_000;

/** A filter that is shut at 8 kHz: what is above would come back as noise below. */
const STEEP = { wings: 48, edge: 0.91 };
const QUIETEST_DB = -60;
/** An audio thread that has not answered by now went with its device. */
const LOST_MS = 500;
const CONSTRAINTS = { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** Why there is no microphone, and what to do about it; `code` tells the cases apart. */
export class MicrophoneError extends Error {
  name = 'MicrophoneError';

  /** @param {'insecure' | 'denied' | 'missing' | 'busy' | 'failed' | 'lost'} code @param {string} message */
  constructor(code, message, options) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Opens the microphone; call it inside a click.
 * @param {object} wanted
 * @param {(samples: Int16Array) => void} wanted.onAudio mono, 16 kHz, in pieces of some 20 ms, each its own
 * @param {(level: number) => void} [wanted.onLevel] of each piece, 0 to 1, for a meter: -60 dB to full scale
 * @param {(why: MicrophoneError) => void} [wanted.onLost] the device is gone; `stop` is still to be called
 * @returns {Promise<{ sampleRate: 16000, stop: () => Promise<void> }>} `stop` gives everything that was
 *   recorded to `onAudio` before it is done
 * @throws {MicrophoneError} there is none to be had
 */
export async function openMicrophone({ onAudio, onLevel = () => {}, onLost = () => {} }) {
  requireDevices();
  // Its rate is the device's own: Firefox connects a microphone to no other. Made before the first `await`,
  // while the click still counts.
  const context = new AudioContext();
  let stream = null;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: CONSTRAINTS });
    await context.audioWorklet.addModule(new URL('capture-worklet.js', import.meta.url).href);
    await context.resume();
    return capturing(context, stream, { onAudio, onLevel, onLost });
  } catch (failure) {
    await closed(context, stream);
    throw told(failure);
  }
}

/** @returns {{ sampleRate: 16000, stop: () => Promise<void> }} */
function capturing(context, stream, { onAudio, onLevel, onLost }) {
  const convert = new Converter(context.sampleRate);
  const source = context.createMediaStreamSource(stream);
  const node = new AudioWorkletNode(context, 'firstword-capture', {
    numberOfOutputs: 0,
    channelCount: 1,
    channelCountMode: 'explicit', // more of them are mixed
  });
  const give = (samples) => samples.length && onAudio(samples);
  const ended = new Promise((end) => {
    node.port.onmessage = ({ data }) => {
      if (data.ended) return end();
      onLevel(level(data.samples));
      give(convert.feed(data.samples));
    };
  });
  const [track] = stream.getAudioTracks();
  track.onended = () => onLost(new MicrophoneError('lost', 'The microphone is gone: connect it and start again.'));
  source.connect(node);

  let stopped = null;
  const stop = async () => {
    node.port.postMessage('end');
    await Promise.race([ended, sleep(LOST_MS)]);
    give(convert.flush());
    await closed(context, stream);
  };
  return { sampleRate: SAMPLE_RATE, stop: () => (stopped ??= stop()) };
}

async function closed(context, stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
  if (context.state !== 'closed') await context.close();
}

/** From a device's rate to 16 kHz, from floats to 16 bits; any cutting gives the same samples. */
export class Converter {
  #resampler;

  /** @param {number} from Hz */
  constructor(from) {
    this.#resampler = new Resampler(from, SAMPLE_RATE, STEEP);
  }

  /** @param {Float32Array} samples @returns {Int16Array} */
  feed(samples) {
    return rounded(this.#resampler.feed(samples));
  }

  /** What the last samples still had to give. @returns {Int16Array} */
  flush() {
    return rounded(this.#resampler.flush());
  }
}

/** @param {Float32Array} samples */
function rounded(samples) {
  // Clipped first: an Int16Array would wrap around.
  return Int16Array.from(samples, (sample) => Math.round(32767 * Math.max(-1, Math.min(1, sample))));
}

/** How loud, from 0 at -60 dB to 1 at full scale. @param {Float32Array} samples */
export function level(samples) {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length);
  return power ? Math.max(0, Math.min(1, 1 - (10 * Math.log10(power)) / QUIETEST_DB)) : 0;
}

function requireDevices() {
  if (!isSecureContext) {
    throw new MicrophoneError(
      'insecure',
      'Browsers lend the microphone only to pages that come over TLS, or from the same machine. Have the server ' +
        'started with TLS (firstword serve --tls-cert cert.pem --tls-key key.pem, or the settings tls_cert and ' +
        `tls_key), or open this page as localhost:${location.port || 80} on the machine that serves it.`,
    );
  }
  if (!navigator.mediaDevices?.getUserMedia || !globalThis.AudioWorkletNode) {
    throw new MicrophoneError('missing', 'This browser has no way to a microphone: use a newer one.');
  }
}

/** In words that say what to do. @param {Error} failure */
function told(failure) {
  const words = {
    NotAllowedError: [
      'denied',
      'The microphone was not allowed: allow it for this page (beside the address, or in the settings of the ' +
        'browser or the system), and start again.',
    ],
    NotFoundError: ['missing', 'No microphone was found: connect one, and start again.'],
    NotReadableError: ['busy', 'The microphone cannot be opened: end the program that uses it, and start again.'],
  };
  words.SecurityError = words.NotAllowedError;
  const [code, message] = words[failure.name] ?? ['failed', `The microphone failed: ${failure.message}`];
  return new MicrophoneError(code, message, { cause: failure });
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
