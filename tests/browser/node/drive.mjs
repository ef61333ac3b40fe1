// A page in Debian's Chromium, watched: what it asks for, and what its policy forbids.

import { chromium } from 'playwright-core';

/**
 * Opens an address, lets `act` use the page, and prints what it gives back, as one line of JSON.
 * @param {string} address
 * @param {(page: import('playwright-core').Page) => Promise<object>} act
 * @param {string[]} [args] more of Chromium's own flags
 */
export async function drive(address, act, args = []) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ['--no-sandbox', ...args], // the tests may run as root
    ignoreDefaultArgs: ['--mute-audio'],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
    page.setDefaultTimeout(30_000);
    const hosts = new Set();
    const problems = [];
    page.on('request', (request) => hosts.add(new URL(request.url()).host));
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.exposeFunction('forbidden', (what) => problems.push(what));
    await page.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => {
        window.forbidden(`${event.violatedDirective}: ${event.blockedURI}`);
      });
    });
    await page.goto(address);
    const told = await act(page);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    console.log(JSON.stringify({ ...told, hosts: [...hosts], problems, wide }));
  } finally {
    await browser.close();
  }
}

/**
 * Plays through the player itself, and records what the device was given.
 * @param {import('playwright-core').Page} page
 * @param {object} body of the speech request
 * @param {string} [server] where the player comes from, and the speech
 */
export function played(page, body, server = page.url()) {
  return page.evaluate(async ({ body, server }) => {
    const { SpeechPlayer } = await import(new URL('static/player/player.js', server).href);
    const pieces = [];
    const player = await SpeechPlayer.create({ tap: (samples) => pieces.push(samples) });
    const words = [];
    let early = null;
    player.addEventListener('start', ({ detail }) => (early = !detail.complete));
    player.addEventListener('word', ({ detail }) => words.push(detail.text));
    const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
    const figures = await player.play(new URL('/v1/audio/speech', server), init, { mediaType: `audio/${body.response_format}` });
    await player.close();
    const samples = pieces.flatMap((piece) => [...piece]);
    const raw = new Uint8Array(Int16Array.from(samples, (sample) => Math.round(sample * 32768)).buffer);
    let text = '';
    for (const byte of raw) text += String.fromCharCode(byte);
    return { ...figures, early, words, frames: samples.length, samples: btoa(text) };
  }, { body, server });
}
