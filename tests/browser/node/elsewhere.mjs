// elsewhere.mjs ADDRESS SERVER BODY: a page of another origin plays, with the player and the speech of SERVER.

import { drive, played } from './drive.mjs';

const [address, server, body] = process.argv.slice(2);
await drive(address, (page) => played(page, JSON.parse(body), server), [
  '--autoplay-policy=no-user-gesture-required',
]);
