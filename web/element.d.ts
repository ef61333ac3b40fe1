import type { Figures, PlayerEvents, Source } from './index.js';

/** `<firstword-player src autoplay media-type>`: a button that plays, and stops. Parts: `button`, `error`. */
export class FirstwordPlayer extends HTMLElement {
  src: string;
  autoplay: boolean;
  mediaType: string;
  /** What is sent to `src`: method, headers, body. */
  request: RequestInit;
  /** How it goes, or went. */
  figures: Figures | null;
  /** Whether it is asking, or speaking. */
  readonly playing: boolean;
  /** Plays `src` from its beginning, or what is given. */
  play(source?: Source): Promise<Figures>;
  stop(): void;
  addEventListener<K extends keyof PlayerEvents>(
    kind: K,
    listener: (event: PlayerEvents[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener<K extends Exclude<keyof HTMLElementEventMap, keyof PlayerEvents>>(
    kind: K,
    listener: (event: HTMLElementEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

/** Makes `<firstword-player>` known, which importing this module does already. */
export function defineElement(name?: string): void;

declare global {
  interface HTMLElementTagNameMap {
    'firstword-player': FirstwordPlayer;
  }
}
