// key.mjs ADDRESS KEY TEXT: without a key, with one, after a reload; then speaks and stops in the middle.

import { drive } from './drive.mjs';

const [address, key, text] = process.argv.slice(2);

await drive(address, async (page) => {
  const problem = page.locator('#speak-problem');
  await problem.filter({ hasText: /./ }).waitFor();
  const refused = await problem.textContent();
  await page.getByLabel('API key').fill(key);
  await page.getByLabel('API key').press('Tab');
  await page.waitForFunction(() => document.querySelector('[name=voice]').options.length);
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
  return { refused, code, leaked: Object.values(code).some((one) => one.includes(key)) };
});
