// key.mjs ADDRESS KEY TEXT: without a key, with one no header can have, with the right one, after a reload; then
// speaks and stops in the middle. At last in a browser that keeps nothing for pages.

import { drive } from './drive.mjs';

const [address, key, text] = process.argv.slice(2);

await drive(address, async (page) => {
  const problem = page.locator('#speak-problem');
  await problem.filter({ hasText: /./ }).waitFor();
  const refused = await problem.textContent();
  const give = async (key) => {
    await page.getByLabel('API key').fill(key);
    await page.getByLabel('API key').press('Tab');
  };
  await give(`${key}–`);
  await problem.filter({ hasText: /copy/ }).waitFor();
  await give(key);
  await page.waitForFunction(() => document.querySelector('[name=voice]').options.length);
  const left = await problem.textContent();
  await page.reload();
  await page.waitForFunction(() => document.querySelector('[name=voice]').options.length);
  await page.getByLabel('Text').fill(text);
  await page.getByRole('button', { name: 'Play' }).click();
  await page.waitForFunction(() => document.getElementById('speak-said').textContent === 'Speaking.');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.getElementById('speak-said').textContent === 'Stopped.');
  const code = {};
  for (const language of ['curl', 'Python', 'JavaScript']) {
    await page.locator('#panel-speak details').evaluate((details) => (details.open = true));
    await page.getByRole('button', { name: `Copy as ${language}` }).click();
    code[language] = await page.locator('#code').textContent();
  }
  await page.addInitScript(() => {
    const refuse = () => {
      throw new DOMException('Nothing is kept here.', 'SecurityError');
    };
    Object.defineProperty(window, 'sessionStorage', { get: refuse });
  });
  await page.reload();
  await problem.filter({ hasText: /./ }).waitFor();
  await give(key);
  await page.waitForFunction(() => document.querySelector('[name=voice]').options.length);
  return { refused, left, code, leaked: Object.values(code).some((one) => one.includes(key)) };
});
