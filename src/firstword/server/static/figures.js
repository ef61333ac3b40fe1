import { byId } from './elements.js';

/**
 * How the answer comes, under the conversation.
 * @param {{ firstText: number | null } | null} turn
 * @param {{ firstSoundMs: number | null, bufferedMs: number, underruns: number }} figures
 */
export function showFigures(turn, { firstSoundMs, bufferedMs, underruns }) {
  const ms = (value) => (value === null ? '–' : `${Math.round(value)} ms`);
  const shown = {
    words: ms(turn?.firstText ?? null),
    sound: ms(firstSoundMs),
    buffered: `${(bufferedMs / 1000).toFixed(1)} s`,
    underruns: String(underruns),
  };
  for (const [name, text] of Object.entries(shown)) {
    const place = byId(`converse-${name}`);
    if (place.textContent !== text) place.textContent = text;
  }
}
