// A program that uses the package: its types, and how they compare with what the modules themselves tell.

import { SpeechError, SpeechPlayer, UnplayableAudio, play, player, stop } from 'firstword-player';
import type { Figures, PlayOptions, PlayerOptions } from 'firstword-player';
import { FirstwordPlayer, defineElement } from 'firstword-player/element';
import type * as Made from './made/index.js';
import type * as MadeElement from './made/element.js';

export async function used(response: Response): Promise<number> {
  const own = new SpeechPlayer({ sampleRate: 48000, tap: (samples) => samples.length });
  own.addEventListener('word', ({ detail }) => detail.text.toUpperCase());
  own.addEventListener('error', ({ detail }) => detail.message);
  await own.play(new Request('/speech'));
  await play('/speech', { method: 'POST', body: '{}' }, { mediaType: 'audio/pcm' });
  const figures: Figures = await play(response);
  // @ts-expect-error: a number is no address
  await play(42);
  stop();
  await player().close();
  try {
    await play(response.body!);
  } catch (failure) {
    if (failure instanceof SpeechError) return failure.status ?? 0;
    if (failure instanceof UnplayableAudio) return -1;
  }
  defineElement();
  const element: FirstwordPlayer = document.querySelector('firstword-player')!;
  element.request = { method: 'POST', body: '{}' };
  element.addEventListener('end', ({ detail }) => detail.underruns);
  element.addEventListener('click', (event) => event.clientX);
  return element.figures?.firstSoundMs ?? figures.bytes;
}

/** `true` where two types have the same meaning, else `false`, which is no `true`. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
const holds = <T extends true>(): T | void => {};

/** What is declared by hand is what the modules have: names, figures, options, arguments. */
holds<Same<keyof typeof import('firstword-player'), keyof typeof Made>>();
holds<Same<keyof typeof import('firstword-player/element'), keyof typeof MadeElement>>();
holds<Same<keyof SpeechPlayer, keyof Made.SpeechPlayer>>();
holds<Same<keyof typeof SpeechPlayer, keyof typeof Made.SpeechPlayer>>();
holds<Same<Figures, Awaited<ReturnType<Made.SpeechPlayer['play']>>>>();
holds<Same<Parameters<SpeechPlayer['play']>, Parameters<Made.SpeechPlayer['play']>>>();
holds<Same<Parameters<typeof play>, Parameters<typeof Made.play>>>();
holds<Same<PlayOptions, NonNullable<Parameters<Made.SpeechPlayer['play']>[2]>>>();
holds<Same<PlayerOptions, NonNullable<ConstructorParameters<typeof Made.SpeechPlayer>[0]>>>();
holds<Same<Exclude<keyof FirstwordPlayer, keyof HTMLElement>, Exclude<keyof MadeElement.FirstwordPlayer, keyof HTMLElement | 'connectedCallback' | 'disconnectedCallback' | 'attributeChangedCallback'>>>();
holds<Same<Parameters<FirstwordPlayer['play']>, Parameters<MadeElement.FirstwordPlayer['play']>>>();
