// Prometheus' text format, and the few figures in it that people ask for.

/**
 * The sum of each series over its labels. Source: Prometheus' text exposition format 0.0.4.
 * @param {string} text
 * @returns {Map<string, number>}
 */
export function sums(text) {
  const found = new Map();
  for (const line of text.split('\n')) {
    const match = /^([A-Za-z_:][\w:]*)(?:\{.*\})? (\S+)/.exec(line);
    if (match) found.set(match[1], (found.get(match[1]) ?? 0) + Number(match[2]));
  }
  return found;
}

/** @param {string} text of `/metrics` @returns {[string, string][]} a name and a value each */
export function figures(text) {
  const all = sums(text);
  const of = (name) => all.get(`firstword_${name}`) ?? 0;
  const mean = (name) => (of(`${name}_count`) ? of(`${name}_sum`) / of(`${name}_count`) : null);
  const ms = (seconds) => (seconds === null ? '–' : `${Math.round(seconds * 1000)} ms`);
  const perSecond = mean('real_time_factor');
  return [
    ['Responses now', String(of('active_streams'))],
    ['Responses ended', String(of('streams_total'))],
    ['First audio made after, on average', ms(mean('ttfa_seconds'))],
    ['Audio made', `${of('audio_seconds_total').toFixed(1)} s`],
    ['Work for a second of audio', perSecond === null ? '–' : `${Math.round(perSecond * 1000)} ms`],
    ['Silence a listener would have heard', `${of('predicted_underrun_seconds_total').toFixed(2)} s`],
    ['Sessions heard now', String(of('active_sessions'))],
    ['Audio heard', `${of('audio_in_seconds_total').toFixed(1)} s`],
    ['Transcripts written after, on average', ms(mean('transcript_seconds'))],
  ];
}
