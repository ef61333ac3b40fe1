// From packets to samples of one rate: raw ones directly, others by WebCodecs.

import { UnplayableAudio } from './bytes.js';
import { samplesOf } from './pcm.js';
import { Resampler } from './resample.js';

/** What `response_format` is called in WebCodecs. Source: the WebCodecs codec registry. */
const CODECS = {
  opus: { codec: 'opus', sampleRate: 48000 },
  mp3: { codec: 'mp3', sampleRate: 24000 },
  aac: { codec: 'mp4a.40.2', sampleRate: 48000 },
  flac: { codec: 'flac', sampleRate: 24000, description: streamInfo() },
};

/** Packets. */
const MOST_QUEUED = 100;

/** Whether this browser, on this page, can decode a format itself. @param {string} format @returns {Promise<boolean>} */
export async function decodes(format) {
  if (format === 'pcm' || format === 'wav') return true;
  return format in CODECS && supports({ numberOfChannels: 1, ...CODECS[format] });
}

/** Whether this browser, on this page, can make samples of a track. @param {import('./demux.js').Track} track */
export async function decodable(track) {
  return track.codec.startsWith('pcm') || supports(configuration(track));
}

function configuration({ codec, sampleRate, channels: numberOfChannels, description }) {
  return { codec, sampleRate, numberOfChannels, ...(description && { description }) };
}

async function supports(wanted) {
  if (!('AudioDecoder' in globalThis)) return false;
  const answer = await AudioDecoder.isConfigSupported(wanted).catch(() => null);
  return Boolean(answer?.supported);
}

/** Decodes one stream. `give` gets its samples, mono, in order. */
export class Decoding {
  #track;
  #give;
  #rate;
  #decoder = null;
  #resampler = null;
  #skip;
  #total = Infinity;
  #seen = 0;
  #sent = 0;
  #failure = null;
  #wake = () => {};

  /**
   * @param {import('./demux.js').Track} track
   * @param {object} wanted
   * @param {number} wanted.sampleRate Hz of what is given
   * @param {number} wanted.delay frames that the encoder put in front
   * @param {(samples: Float32Array) => void} give
   */
  constructor(track, { sampleRate, delay }, give) {
    this.#track = track;
    this.#rate = sampleRate;
    this.#give = give;
    this.#skip = track.skip + delay;
    if (!track.codec.startsWith('pcm')) this.#decoder = this.#open();
  }

  /** How the samples are made, for people. */
  get way() {
    return this.#decoder ? 'WebCodecs' : 'raw samples';
  }

  /** @param {import('./demux.js').Packet} packet */
  decode({ data, total }) {
    if (this.#failure) throw this.#failure;
    this.#total = total === undefined ? Infinity : total + this.#track.skip;
    if (!this.#decoder) return this.#take(samplesOf(data, this.#track), this.#track.sampleRate);
    const timestamp = this.#sent++ * 20_000; // any that rise will do: nobody asks for them
    this.#decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp, data }));
  }

  /** Until the decoder has little left to do: what it has not begun is kept in memory. */
  async ready() {
    while (this.#decoder?.state === 'configured' && this.#decoder.decodeQueueSize > MOST_QUEUED) {
      await new Promise((resolve) => {
        this.#wake = resolve;
        this.#decoder.addEventListener('dequeue', resolve, { once: true });
      });
    }
  }

  /** Until all of it has been given. */
  async flush() {
    await this.#decoder?.flush().catch((failure) => {
      this.#failure ??= undecodable(failure);
    });
    if (this.#failure) throw this.#failure;
    this.close();
    const rest = this.#resampler?.flush();
    if (rest?.length) this.#give(rest);
  }

  close() {
    if (this.#decoder && this.#decoder.state !== 'closed') this.#decoder.close();
    this.#wake();
  }

  #open() {
    const decoder = new AudioDecoder({
      output: (audio) => this.#heard(audio),
      error: (failure) => (this.#failure = undecodable(failure)),
    });
    decoder.configure(configuration(this.#track));
    return decoder;
  }

  #heard(audio) {
    const mono = new Float32Array(audio.numberOfFrames);
    const plane = new Float32Array(audio.numberOfFrames);
    for (let planeIndex = 0; planeIndex < audio.numberOfChannels; planeIndex++) {
      audio.copyTo(plane, { planeIndex, format: 'f32-planar' });
      for (let i = 0; i < plane.length; i++) mono[i] += plane[i] / audio.numberOfChannels;
    }
    const { sampleRate } = audio;
    audio.close();
    this.#take(mono, sampleRate);
  }

  /** Leaves out what is no sound, in front and behind. */
  #take(samples, sampleRate) {
    const from = Math.min(this.#skip, samples.length);
    this.#skip -= from;
    const to = Math.min(samples.length, this.#total - this.#seen);
    this.#seen += samples.length;
    if (to <= from) return;
    this.#resampler ??= new Resampler(sampleRate, this.#rate);
    const given = this.#resampler.feed(samples.subarray(from, to));
    if (given.length) this.#give(given);
  }
}

/** @param {DOMException} failure */
function undecodable({ message }) {
  return new UnplayableAudio(`It could not be decoded: ${message}`);
}

/** A STREAMINFO as our streams have it, to ask with: `fLaC`, then one block of 34 bytes. */
function streamInfo() {
  const block = new Uint8Array(42);
  block.set([0x66, 0x4c, 0x61, 0x43, 0x80, 0, 0, 34, 0x01, 0xe0, 0x01, 0xe0]);
  block.set([0x05, 0xdc, 0x00, 0xf0], 18); // 24000 Hz, mono, 16 bits
  return block;
}
