// A recording that the page was given, heard again from any of its moments.

/** Recordings are decoded whole, and so only so long ones: 60 MB for each channel. */
export const MOST_MS = 600_000;
const RATE = 24_000;

/** Plays one recording; nothing is decoded before it is asked for. */
export class Replay {
  #file;
  #told;
  #context = null;
  #decoded = null;
  #source = null;
  #turn = 0;

  /**
   * @param {Blob} file
   * @param {{ onTime: (ms: number) => void, onEnd: () => void }} told where it is, at every frame of the screen
   */
  constructor(file, told) {
    this.#file = file;
    this.#told = told;
  }

  get playing() {
    return this.#source !== null;
  }

  /**
   * Plays from a moment to the end; call it inside a click.
   * @param {number} from ms
   * @throws {Error} the browser cannot decode it
   */
  async play(from) {
    this.stop();
    const turn = ++this.#turn;
    this.#context ??= new AudioContext();
    this.#decoded ??= decoded(this.#file);
    const buffer = await this.#decoded;
    if (turn !== this.#turn) return;
    const source = this.#context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.#context.destination);
    source.onended = () => source === this.#source && this.stop();
    this.#source = source;
    source.start(0, from / 1000);
    this.#follow(source, from, this.#context.currentTime);
  }

  stop() {
    this.#turn++;
    if (!this.#source) return;
    const source = this.#source;
    this.#source = null;
    source.stop();
    this.#told.onEnd();
  }

  /** Stops, and lets go of the device. */
  close() {
    this.stop();
    this.#context?.close();
    this.#context = null;
  }

  #follow(source, from, begun) {
    if (source !== this.#source) return;
    const { currentTime, outputLatency = 0 } = this.#context;
    this.#told.onTime(from + 1000 * Math.max(0, currentTime - outputLatency - begun));
    requestAnimationFrame(() => this.#follow(source, from, begun));
  }
}

async function decoded(file) {
  try {
    const decoder = new OfflineAudioContext(1, 1, RATE); // it decodes to its own rate
    return await decoder.decodeAudioData(await file.arrayBuffer());
  } catch (failure) {
    throw new Error('This browser cannot decode the recording, so that it cannot be played here.', { cause: failure });
  }
}
