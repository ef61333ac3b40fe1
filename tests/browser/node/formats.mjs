// formats.mjs ADDRESS BODY...: plays each of the speech requests, one after the other.

import { drive, played } from './drive.mjs';

const [address, ...bodies] = process.argv.slice(2);
const args = [
  '--autoplay-policy=no-user-gesture-required', // nobody clicks here
  '--host-resolver-rules=MAP firstword.test 127.0.0.1',
];
await drive(
  address,
  async (page) => {
    const runs = [];
    for (const body of bodies) runs.push(await played(page, JSON.parse(body)));
    const secure = await page.evaluate(() => isSecureContext);
    return { runs, secure };
  },
  args,
);
