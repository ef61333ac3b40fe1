// Something to see in each tab: what people do there first, up to the moment when there is most to be seen.

import { until } from './waiting.mjs';

/**
 * By the tab's name; each takes Playwright's page, in which the tab is open.
 * @param {{ text: string, recording: string, question: string }} given
 */
export function scenes({ text, recording, question }) {
  return {
    async speak(page) {
      await until(page, () => document.querySelector('#speak [name=voice]').value);
      await page.fill('#speak [name=input]', text);
      await page.click('#speak [type=submit]');
      await page.waitForSelector('#reading mark');
    },
    async listen(page) {
      await until(page, () => document.querySelector('#listen [name=model]').value);
      await page.setInputFiles('#listen [name=file]', recording);
      await until(page, () => document.getElementById('listen-said').textContent.startsWith('Done'));
    },
    async converse(page) {
      await until(page, () => document.querySelector('#converse [name=voice]').value);
      await page.fill('#converse [name=message]', question);
      await page.click('#converse [type=submit]');
      await page.waitForSelector('#answering mark');
    },
    async status(page) {
      await until(page, () => document.querySelectorAll('#models tr').length);
    },
  };
}
