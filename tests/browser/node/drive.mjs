// A page in a real browser, watched: what it asks for, and what its policy forbids.
// FIREFOX names Debian's Firefox, which is then driven; otherwise CHROMIUM names Debian's Chromium.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';

const SIZE = { width: 390, height: 844 };
const PATIENCE_MS = 30_000;
const STUCK_S = 10;
const GONE_MS = 10_000;
/** What the process gives back where sound got stuck: it is worth another try. */
const TRY_AGAIN = 75;

/**
 * Opens an address, lets `act` use the page, and prints what it gives back, as one line of JSON.
 *
 * Chromium's page is Playwright's, Firefox's is Puppeteer's. A script for both keeps to what they share:
 * `evaluate`, `keyboard`, `locator(css).click()` and `.fill()`, and `until` of waiting.mjs.
 * @param {string} address
 * @param {(page: import('playwright-core').Page) => Promise<object>} act
 * @param {string[]} [args] more of Chromium's own flags
 */
export async function drive(address, act, args = []) {
  const browser = process.env.FIREFOX ? await firefox() : await chromium(args);
  try {
    const page = await browser.newPage({ viewport: SIZE });
    page.setDefaultTimeout(PATIENCE_MS);
    const hosts = new Set();
    const problems = [];
    page.on('request', (request) => hosts.add(new URL(request.url()).host));
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.exposeFunction('forbidden', (what) => problems.push(what));
    await (page.addInitScript ?? page.evaluateOnNewDocument).call(page, () => {
      addEventListener('securitypolicyviolation', (event) => {
        window.forbidden(`${event.violatedDirective}: ${event.blockedURI}`);
      });
    });
    await page.evaluateOnNewDocument?.(listContexts);
    await page.goto(address);
    const told = await Promise.race([act(page), stuck(page)]);
    if (!told) {
      console.error('The browser lost its sound.');
      process.exitCode = TRY_AGAIN;
      return;
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    hosts.delete(''); // of blank pages
    console.log(JSON.stringify({ ...told, hosts: [...hosts], problems, wide }));
  } finally {
    await Promise.race([browser.close(), setTimeout(GONE_MS, null, { ref: false })]);
    browser.process?.()?.kill('SIGKILL'); // Firefox may not want to go
  }
}

/** Runs in the page. */
function listContexts() {
  window.contexts = [];
  window.AudioContext = class extends AudioContext {
    constructor(options) {
      super(options);
      window.contexts.push(this);
    }
  };
}

/**
 * Gives null when time stands still for the page's sound. On a busy machine Firefox and its sound server
 * may come to wait for each other, and nothing moves any more; nobody's page can help it.
 * @param {import('playwright-core').Page} page
 */
async function stuck(page) {
  if (!process.env.FIREFOX) return new Promise(() => {});
  const look = () =>
    page.evaluate(() => window.contexts.filter(({ state }) => state !== 'closed').map(({ currentTime }) => currentTime).join());
  let before = '';
  for (let still = 0; still < STUCK_S; ) {
    await setTimeout(1000, null, { ref: false });
    const now = await look().catch(() => '');
    still = now && now === before ? still + 1 : 0;
    before = now;
  }
  return null;
}

async function chromium(args) {
  const { chromium } = await import('playwright-core');
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', ...args], // the tests may run as root
    ignoreDefaultArgs: ['--mute-audio'],
  });
}

async function firefox() {
  const { default: puppeteer } = await import('puppeteer-core');
  return puppeteer.launch({
    browser: 'firefox', // over WebDriver BiDi, which Debian's own Firefox speaks
    executablePath: process.env.FIREFOX,
    defaultViewport: SIZE,
    env: { ...process.env, MOZ_DISABLE_CONTENT_SANDBOX: '1' }, // or the page does not reach the sound server
    extraPrefsFirefox: {
      'media.autoplay.default': 0, // nobody clicks here
      'media.autoplay.blocking_policy': 0,
      'media.navigator.permission.disabled': true, // nobody answers
    },
  });
}

/**
 * Plays a file where the microphone of the sound server hears it, to its end.
 * @param {string} file
 */
export async function spoken(file) {
  const [code] = await once(spawn('paplay', ['--device=mouth', file], { stdio: 'inherit' }), 'exit');
  if (code !== 0) throw new Error(`paplay ended with ${code}.`);
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
    player.addEventListener('start', () => window.sounds?.(init.body));
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
