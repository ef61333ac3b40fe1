/** How it goes; the detail of `start`, `progress` and `end`. */
export interface Figures {
  /** From the call of `play` to the first sample heard. */
  firstSoundMs: number | null;
  /** Audio in hand. */
  bufferedMs: number;
  /** Audio that was played. */
  playedMs: number;
  /** Audio that has left the loudspeaker: `playedMs`, less what is on its way there. */
  heardMs: number;
  /** How often it ran dry. */
  underruns: number;
  /** Silence added to pauses because audio came too slowly. */
  heldMs: number;
  /** Received. */
  bytes: number;
  /** Whether the answer is all there. */
  complete: boolean;
  /** How it is played: codec, decoder, output. */
  way: string;
  /** What a chat tells besides its audio. */
  answer: Answer | null;
}

export interface Answer {
  transcript: string;
  /** Of its audio, by which a later request can refer to it. */
  id: string | null;
  /** Unix seconds until which the id is good. */
  expiresAt: number | null;
  finishReason: string | null;
  usage: object | null;
  /** Whether it was told to its end. */
  done: boolean;
}

/** A word with its times in the audio, as firstword's events tell them. */
export interface Word {
  text: string;
  start_ms: number;
  end_ms: number;
  [more: string]: unknown;
}

/** A server's refusal, an answer that broke off (`code` is then `broken_off`), or none (`unreachable`). */
export class SpeechError extends Error {
  code?: string;
  param?: string;
  /** Of HTTP. */
  status?: number;
}

/** It is no audio that can be played here. */
export class UnplayableAudio extends Error {}

export interface PlayerEvents {
  start: CustomEvent<Figures>;
  progress: CustomEvent<Figures>;
  end: CustomEvent<Figures>;
  /** A word, as it is heard. */
  word: CustomEvent<Word>;
  /** More of what a chat writes. */
  text: CustomEvent<string>;
  /** What was said in the recordings of a chat's request, by firstword's `transcripts`. */
  heard: CustomEvent<{ field: string; text: string }[]>;
  error: CustomEvent<Error>;
}

export interface PlayerOptions {
  /** Hz of the device's stream: that of what is mostly played; 24000 unless told. */
  sampleRate?: number;
  /** Gets the samples that are played, as they are played; not what a media element plays. */
  tap?: (samples: Float32Array) => void;
  /** Where `ring-worklet.js` is, if not beside the module that plays: for bundlers. */
  worklet?: string | URL;
}

export interface PlayOptions {
  /** What comes is, if its bytes tell nothing and nobody else does: `audio/pcm; rate=16000`. */
  mediaType?: string;
}

/** An address to be fetched, or what came of a fetch of your own. */
export type Source = string | URL | Request | Response | ReadableStream<Uint8Array>;

export class SpeechPlayer extends EventTarget {
  /** To be called inside a click or a key press, or the browser stays silent. Make one and keep it. */
  constructor(options?: PlayerOptions);
  /** The same, kept when it is ready to sound. */
  static create(options?: PlayerOptions): Promise<SpeechPlayer>;
  /** Whether a `response_format` becomes samples here; pcm and wav always do. */
  static decodes(format: string): Promise<boolean>;
  /** Kept when the browser lets it sound. */
  readonly allowed: Promise<void>;
  /** Plays until the last sample has been heard, or `stop` is called, or the signal of `init` aborts. */
  play(source: Source, init?: RequestInit, options?: PlayOptions): Promise<Figures>;
  /** Silent at once; the request is given up. */
  stop(): void;
  /** Gives the device back. */
  close(): Promise<void>;
  addEventListener<K extends keyof PlayerEvents>(
    kind: K,
    listener: (event: PlayerEvents[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    kind: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

/** The player of the page; to be called for the first time inside a click or a key press. */
export function player(options?: PlayerOptions): SpeechPlayer;
/** Plays with the page's player. */
export function play(source: Source, init?: RequestInit, options?: PlayOptions): Promise<Figures>;
/** Silences the page's player. */
export function stop(): void;
